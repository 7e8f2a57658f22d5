"""Calls that the front door has let in."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "calls",
        sa.Column("seq", serial, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Double, nullable=False),
        *(
            sa.Column(name, sa.String, nullable=False)
            for name in ("organization", "key", "request_id", "route", "model")
        ),
        sa.Column("params", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text) for name in ("prompt", "output")),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("latency_us", "prompt_tokens", "completion_tokens")
        ),
        sa.Column("cached", sa.Boolean, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("error", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_calls"),
    )
    op.create_index("ix_calls_at", "calls", ["organization", "at", "seq"])
    op.create_index("ix_calls_key", "calls", ["organization", "key", "at"])


def downgrade() -> None:
    op.drop_table("calls")
