"""drafts being edited at the planner's desk: cells, revisions, comments, long tasks."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

SERVICE = "gridsvc_service"
TABLES = ("plan_draft", "draft_cell", "draft_revision", "draft_comment", "draft_task")


def likely(*, unless: str = "false", always: str, otherwise: str) -> str:
    """A condition the planner takes to be true for nearly every row; see migration 0005."""
    return (
        f"CASE WHEN {unless} THEN NULL WHEN {always} THEN true"
        f" ELSE nullif({otherwise}, false) END IS NOT NULL"
    )


#: Rows of the scope's areas.
VISIBLE = " AND ".join(
    (
        "division_code >= nullif(current_setting('gridsvc.low', true), '')",
        "division_code < nullif(current_setting('gridsvc.high', true), '')",
        likely(
            unless="current_setting('gridsvc.high', true) COLLATE \"C\" > ':'",
            always="current_setting('gridsvc.areas', true) = '*'",
            otherwise="division_code <@ (SELECT scope_areas())",
        ),
    )
)
#: A draft comes into force by the service itself, which could only read plans before.
WRITES = {
    "plan": "INSERT, UPDATE",
    "grid": "INSERT, UPDATE",
    "micro_grid": "INSERT, UPDATE",
    "grid_predecessor": "INSERT",
    "micro_grid_predecessor": "INSERT",
    "grid_post": "INSERT",
    "micro_grid_post": "INSERT",
}
# To lock a row takes the right to change it, which the service has not of divisions.
COMMUNITY_LOCKED = """
CREATE FUNCTION community_locked(community text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT 1 FROM division WHERE code = community FOR NO KEY UPDATE
$$
"""


def _column(name: str, kind: sa.types.TypeEngine, default: str | None = None, **told) -> sa.Column:
    return sa.Column(name, kind, server_default=default and sa.text(default), **told)


def _code() -> sa.Column:
    return sa.Column("division_code", sa.Text(collation="C"), nullable=False)


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False)


def _at(name: str = "at", default: str = "clock_timestamp()") -> sa.Column:
    return _column(name, sa.DateTime(timezone=True), default, nullable=False)


def _of_draft(table: str) -> tuple[sa.Column | sa.Constraint, ...]:
    return (
        _id(),
        sa.Column("draft_id", sa.BigInteger(), nullable=False),
        _code(),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["plan_draft.id"],
            name=op.f(f"fk_{table}_draft_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _drafts() -> None:
    text, whole = sa.Text(), sa.Integer()
    op.create_table(
        "plan_draft",
        _id(),
        _code(),
        _column("name", text, nullable=False),
        _column("state", text, "'open'", nullable=False),
        _column("target", whole, nullable=False),
        _column("grid_target", whole, nullable=False),
        _column("in_force", sa.BigInteger(), nullable=True),
        *(_column(name, whole, "0", nullable=False) for name in ("version", "head", "last_cell")),
        _column("actor", text, nullable=False),
        _at("created_at", "now()"),
        _at("changed_at", "now()"),
        _column("asked_by", text, nullable=True),
        _column("decided_by", text, nullable=True),
        _column("decision_note", text, "''", nullable=False),
        _column("effective_on", sa.Date(), nullable=True),
        _column("plan_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'submitted', 'approved', 'published', 'discarded')",
            name=op.f("ck_plan_draft_state"),
        ),
        sa.CheckConstraint("target > 0 AND grid_target > 0", name=op.f("ck_plan_draft_targets")),
        sa.CheckConstraint(
            "length(name) BETWEEN 1 AND 200", name=op.f("ck_plan_draft_name_length")
        ),
        sa.CheckConstraint(
            "(state = 'published') = (plan_id IS NOT NULL)", name=op.f("ck_plan_draft_published")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_plan_draft_division_code")
        ),
        *(
            sa.ForeignKeyConstraint(
                [name], ["plan.id"], name=op.f(f"fk_plan_draft_{name}"), ondelete="SET NULL"
            )
            for name in ("in_force", "plan_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_draft")),
    )
    op.create_index("ix_plan_draft_division_code", "plan_draft", ["division_code"])


def _cells() -> None:
    op.create_table(
        "draft_cell",
        *_of_draft("draft_cell"),
        _column("number", sa.Integer(), nullable=False),
        _column("kind", sa.Text(), nullable=False),
        _column("locked", sa.Boolean(), nullable=False),
        _column("alive", sa.Boolean(), nullable=False),
        sa.Column("geom", Geometry("POLYGON", 4326, spatial_index=False), nullable=False),
        sa.CheckConstraint("kind IN ('ordinary', 'dedicated')", name=op.f("ck_draft_cell_kind")),
        sa.CheckConstraint(
            "ST_IsValid(geom) AND NOT ST_IsEmpty(geom)"
            " AND ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180"
            " AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90",
            name=op.f("ck_draft_cell_sound_geom"),
        ),
    )
    op.create_index("idx_draft_cell_geom", "draft_cell", ["geom"], postgresql_using="gist")
    op.create_index(
        "ix_draft_cell_alive", "draft_cell", ["draft_id"], postgresql_where=sa.text("alive")
    )


def _revisions() -> None:
    op.create_table(
        "draft_revision",
        *_of_draft("draft_revision"),
        _column("version", sa.Integer(), nullable=False),
        _column("parent", sa.Integer(), nullable=False),
        _column("action", sa.Text(), nullable=False),
        _column("asked", JSONB(), nullable=False),
        _column("taken", ARRAY(sa.BigInteger()), nullable=False),
        _column("given", ARRAY(sa.BigInteger()), nullable=False),
        _column("actor", sa.Text(), nullable=False),
        _column("client_key", sa.Text(), nullable=True),
        _at(),
        sa.UniqueConstraint("draft_id", "version", name=op.f("uq_draft_revision_draft_id_version")),
    )
    op.create_index(
        "uq_draft_revision_client_key",
        "draft_revision",
        ["draft_id", "client_key"],
        unique=True,
        postgresql_where=sa.text("client_key IS NOT NULL"),
    )


def _said() -> None:
    op.create_table(
        "draft_comment",
        *_of_draft("draft_comment"),
        _column("note", sa.Text(), nullable=False),
        _column("cell", sa.Integer(), nullable=True),
        _column("actor", sa.Text(), nullable=False),
        _at(),
        sa.CheckConstraint(
            "length(note) BETWEEN 1 AND 1000", name=op.f("ck_draft_comment_note_length")
        ),
    )
    op.create_index("ix_draft_comment_draft_id", "draft_comment", ["draft_id"])
    op.create_table(
        "draft_task",
        *_of_draft("draft_task"),
        _column("version", sa.Integer(), nullable=False),
        _column("asked", JSONB(), nullable=False),
        _column("state", sa.Text(), "'waiting'", nullable=False),
        _column("step", sa.Text(), "''", nullable=False),
        _column("progress", sa.Float(), "0", nullable=False),
        _column("failure", sa.Text(), "''", nullable=False),
        _column("cancel_asked", sa.Boolean(), "false", nullable=False),
        _column("actor", sa.Text(), nullable=False),
        _at(),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed', 'cancelled')",
            name=op.f("ck_draft_task_state"),
        ),
        sa.CheckConstraint("progress BETWEEN 0 AND 1", name=op.f("ck_draft_task_progress_range")),
    )
    op.create_index("ix_draft_task_draft_id", "draft_task", ["draft_id"])


def upgrade() -> None:
    _drafts()
    _cells()
    _revisions()
    _said()
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} USING ({VISIBLE})")
    for table, privileges in WRITES.items():
        op.execute(f"GRANT {privileges} ON {table} TO {SERVICE}")
    op.execute(COMMUNITY_LOCKED)
    op.execute("REVOKE ALL ON FUNCTION community_locked(text) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION community_locked(text) TO {SERVICE}")


def downgrade() -> None:
    op.execute("DROP FUNCTION community_locked(text)")
    for table, privileges in WRITES.items():
        op.execute(f"REVOKE {privileges} ON {table} FROM {SERVICE}")
    for table in reversed(TABLES):
        op.drop_table(table)
