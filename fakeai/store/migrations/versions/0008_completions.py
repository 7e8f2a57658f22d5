"""Answers that are given again."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "completions",
        *(sa.Column(name, sa.String, nullable=False) for name in ("key", "organization", "model")),
        sa.Column("data", sa.LargeBinary, nullable=False),
        *(sa.Column(name, sa.Double, nullable=False) for name in ("made", "expires")),
        sa.PrimaryKeyConstraint("key", name="pk_completions"),
    )
    op.create_index("ix_completions_made", "completions", ["made"])
    op.create_index("ix_completions_expires", "completions", ["expires"])


def downgrade() -> None:
    op.drop_table("completions")
