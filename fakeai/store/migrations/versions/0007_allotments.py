"""What keys have used of their quotas."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "allotments",
        sa.Column("key", sa.String, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("used", "nano_usd")),
        sa.Column("resets", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_allotments"),
    )


def downgrade() -> None:
    op.drop_table("allotments")
