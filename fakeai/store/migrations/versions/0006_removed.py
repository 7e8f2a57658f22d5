"""Places of objects that were deleted not long ago."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "removed",
        *(sa.Column(name, sa.String, nullable=False) for name in ("kind", "owner", "parent", "id")),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("kind", "owner", "parent", "id", name="pk_removed"),
    )
    op.create_index("ix_removed_at", "removed", ["at"])


def downgrade() -> None:
    op.drop_table("removed")
