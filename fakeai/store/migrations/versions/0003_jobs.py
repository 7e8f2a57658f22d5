"""Work to be done, and answered lines of batches."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_COUNTS = ("input", "cached", "output", "reasoning")


def upgrade() -> None:
    serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "jobs",
        sa.Column("seq", serial, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("kind", "key", "owner")),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("run_at", sa.Double, nullable=False),
        sa.Column("lease_until", sa.Double, nullable=False),
        sa.Column("worker", sa.String, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_jobs"),
        sa.UniqueConstraint("kind", "key", name="uq_jobs_kind_key"),
    )
    op.create_index("ix_jobs_run_at", "jobs", ["run_at"])
    op.create_table(
        "batch_lines",
        sa.Column("batch", sa.String, nullable=False),
        sa.Column("line", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("failed", sa.Boolean, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in _COUNTS),
        sa.Column("data", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("batch", "line", name="pk_batch_lines"),
    )


def downgrade() -> None:
    op.drop_table("batch_lines")
    op.drop_table("jobs")
