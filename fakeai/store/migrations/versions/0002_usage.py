"""What was used, by the minute."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_NAMES_BEFORE = ("organization", "kind")
_NAMES = ("project_id", "user_id", "api_key_id", "model")
_COUNTS = ("requests", "input", "cached", "output", "input_audio", "output_audio", "amount")


def upgrade() -> None:
    keys: list[sa.Column[Any]] = [
        *(sa.Column(name, sa.String, nullable=False) for name in _NAMES_BEFORE),
        sa.Column("minute", sa.Integer, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in _NAMES),
        sa.Column("batch", sa.Boolean, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("service_tier", "detail", "source")),
    ]
    op.create_table(
        "usage",
        *keys,
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in _COUNTS),
        sa.PrimaryKeyConstraint(*(key.name for key in keys), name="pk_usage"),
    )


def downgrade() -> None:
    op.drop_table("usage")
