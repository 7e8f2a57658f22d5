"""API keys."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "keys",
        sa.Column("id", sa.String, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("digest", "organization", "project", "user")),
        sa.Column("admin", sa.Boolean, nullable=False),
        sa.Column("access", sa.String, nullable=False),
        *(sa.Column(name, sa.Double) for name in ("expires", "revoked", "used")),
        sa.PrimaryKeyConstraint("id", name="pk_keys"),
        sa.UniqueConstraint("digest", name="uq_keys_digest"),
    )
    op.create_index("ix_keys_place", "keys", ["organization", "project", "user"])


def downgrade() -> None:
    op.drop_table("keys")
