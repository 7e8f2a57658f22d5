"""Facts about the database, and objects of every kind."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_meta"),
    )
    op.create_table(
        "objects",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False, autoincrement=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("parent", sa.String, nullable=False, server_default=""),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("tag", sa.String, nullable=False, server_default=""),
        sa.Column("expires", sa.Double),
        sa.Column("data", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_objects"),
        sa.UniqueConstraint("kind", "owner", "parent", "id", name="uq_objects_kind_owner_parent_id"),
    )
    op.create_index("ix_objects_order", "objects", ["kind", "owner", "parent", "seq"])
    op.create_index("ix_objects_tag", "objects", ["kind", "owner", "parent", "tag", "seq"])
    op.create_index("ix_objects_id", "objects", ["kind", "id"])
    op.create_index("ix_objects_expires", "objects", ["expires"])


def downgrade() -> None:
    op.drop_table("objects")
    op.drop_table("meta")
