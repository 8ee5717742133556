"""shifts of the dispatcher's desk that are handed over, and an index of what is open."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

SERVICE = "gridsvc_service"


def likely(*, unless: str = "false", always: str, otherwise: str) -> str:
    """A condition the planner takes to be true for nearly every row; see migration 0005."""
    return (
        f"CASE WHEN {unless} THEN NULL WHEN {always} THEN true"
        f" ELSE nullif({otherwise}, false) END IS NOT NULL"
    )


#: Rows of the scope's areas; whoever sees their own reports only has none here.
VISIBLE = (
    "division_code >= nullif(current_setting('gridsvc.low', true), '')"
    " AND division_code < nullif(current_setting('gridsvc.high', true), '') AND "
    + likely(
        unless="current_setting('gridsvc.high', true) COLLATE \"C\" > ':'",
        always="current_setting('gridsvc.areas', true) = '*'",
        otherwise="division_code <@ (SELECT scope_areas())",
    )
    + " AND current_setting('gridsvc.reporter', true) = '*'"
)


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _count(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=False)


def _check(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_handover_{name}"))


def upgrade() -> None:
    op.create_table(
        "handover",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        _text("written_by"),
        _text("name"),
        _text("notes"),
        _count("open_events"),
        _count("waiting_events"),
        _count("overdue_events"),
        sa.Column("urgent_events", sa.ARRAY(sa.BigInteger()), nullable=False),
        _text("client_key"),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        sa.Column(
            "written_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        _text("taken_by", nullable=True),
        _text("taken_name", nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_handover_division_code")
        ),
        sa.UniqueConstraint(
            "written_by", "client_key", name=op.f("uq_handover_written_by_client_key")
        ),
        _check("notes_length", "length(notes) <= 4000"),
        _check("name_length", "length(name) BETWEEN 1 AND 50"),
        _check(
            "taken_whole",
            "(taken_at IS NULL) = (taken_by IS NULL) AND (taken_at IS NULL) = (taken_name IS NULL)",
        ),
    )
    op.create_index(
        "ix_event_open",
        "event",
        ["division_code", "received_at"],
        postgresql_where=sa.text("state NOT IN ('CLOSED', 'REJECTED')"),
    )
    op.create_index("ix_handover_division_code", "handover", ["division_code", "written_at"])
    op.execute(
        f"GRANT SELECT, INSERT, DELETE, UPDATE (taken_by, taken_name, taken_at) ON handover"
        f" TO {SERVICE}"
    )
    op.execute("ALTER TABLE handover ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY scope ON handover USING ({VISIBLE})")


def downgrade() -> None:
    op.drop_index("ix_event_open", "event")
    op.drop_table("handover")
