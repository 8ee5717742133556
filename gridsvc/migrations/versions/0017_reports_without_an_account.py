"""reports without an account: who reported or follows, and what they said."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SERVICE = "gridsvc_service"


def likely(*, unless: str = "false", always: str, otherwise: str) -> str:
    """A condition the planner takes to be true for nearly every row; see migration 0005."""
    return (
        f"CASE WHEN {unless} THEN NULL WHEN {always} THEN true"
        f" ELSE nullif({otherwise}, false) END IS NOT NULL"
    )


#: Rows of the scope's areas whose event is seen, as photos are.
VISIBLE = " AND ".join(
    (
        "division_code >= nullif(current_setting('gridsvc.low', true), '')",
        "division_code < nullif(current_setting('gridsvc.high', true), '')",
        likely(
            unless="current_setting('gridsvc.high', true) COLLATE \"C\" > ':'",
            always="current_setting('gridsvc.areas', true) = '*'",
            otherwise="division_code <@ (SELECT scope_areas())",
        ),
        likely(
            always="current_setting('gridsvc.reporter', true) = '*'"
            " AND current_setting('gridsvc.matters', true) = '*'",
            otherwise="EXISTS (SELECT FROM event e WHERE e.id = event_id)",
        ),
    )
)
WRITES = {"citizen_report": "INSERT, UPDATE", "event_voice": "INSERT, UPDATE, DELETE"}


def _table(name: str, *columns: sa.Column | sa.Constraint) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        *columns,
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f(f"fk_{name}_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )


def upgrade() -> None:
    _table(
        "citizen_report",
        sa.Column("number_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("follows", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('problem', 'suggestion', 'praise')", name=op.f("ck_citizen_report_kind")
        ),
        sa.CheckConstraint("score >= 1 AND score <= 5", name=op.f("ck_citizen_report_score")),
        sa.CheckConstraint(
            "length(comment) <= 1000", name=op.f("ck_citizen_report_comment_length")
        ),
        sa.CheckConstraint(
            "(score IS NULL) = (rated_at IS NULL)", name=op.f("ck_citizen_report_rated")
        ),
        sa.UniqueConstraint("number_sha256", name=op.f("uq_citizen_report_number_sha256")),
    )
    op.create_index("ix_citizen_report_event_id", "citizen_report", ["event_id", "id"])
    _table(
        "event_voice",
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("content_sealed", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "media_type IN ('audio/webm', 'audio/ogg', 'audio/mp4')",
            name=op.f("ck_event_voice_media_type"),
        ),
        sa.UniqueConstraint("event_id", "sha256", name=op.f("uq_event_voice_event_id_sha256")),
    )
    for table, privileges in WRITES.items():
        op.execute(f"GRANT SELECT, {privileges} ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} USING ({VISIBLE})")


def downgrade() -> None:
    for table in reversed(WRITES):
        op.drop_table(table)
