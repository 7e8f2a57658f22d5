"""Passages of the files of vector stores."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "chunks",
        sa.Column("store", sa.String, nullable=False),
        sa.Column("file", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("fresh", sa.Integer, nullable=False),
        *(sa.Column(name, sa.LargeBinary, nullable=False) for name in ("vector", "terms", "counts")),
        sa.Column("words", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("store", "file", "number", name="pk_chunks"),
    )


def downgrade() -> None:
    op.drop_table("chunks")
