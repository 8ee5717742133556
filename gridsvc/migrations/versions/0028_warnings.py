"""warnings from outside models: scenes, warnings, history, escalations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
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
#: How an area above goes about it is known to those in it, who must keep to it.
FROM_ABOVE = (
    f"({VISIBLE}) OR (current_setting('gridsvc.reporter', true) = '*' AND division_code ="
    " ANY (string_to_array(current_setting('gridsvc.above', true), ',')))"
)
KNOWN_BELOW = ("warning_scene",)
#: What the service may do, beside reading. What was warned of is never changed.
WRITES = {
    "warning_scene": "INSERT, UPDATE (name, limit_h, outcomes)",
    "risk_warning": "INSERT, DELETE, UPDATE (division_code, household_id, micro_grid_code,"
    " address_sealed, subject_sealed, detail_sealed, state, outcome, due_at, checked_at,"
    " closed_at)",
    "warning_history": "INSERT, UPDATE (division_code, note_sealed)",
    "warning_escalation": "INSERT",
}
STATES = "('UNROUTED', 'OPEN', 'ESCALATED', 'CLOSED')"


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _text(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=nullable, server_default=default)


def _code(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(collation="C"), nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _key(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _time(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column:
    given = None if default is None else sa.text(default)
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=given)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _to(table: str, column: str, target: str, **options: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), **options)


def _scenes() -> None:
    table = "warning_scene"
    op.create_table(
        table,
        _id(),
        _code("division_code"),
        _code("code"),
        _text("name"),
        _number("limit_h"),
        sa.Column("outcomes", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _to(table, "division_code", "division.code"),
        sa.UniqueConstraint("division_code", "code", name=op.f(f"uq_{table}_division_code_code")),
        _check(table, "code_length", "length(code) BETWEEN 1 AND 64"),
        _check(table, "name_length", "length(name) BETWEEN 1 AND 200"),
        _check(table, "limit_h", "limit_h BETWEEN 1 AND 8760"),
    )


def _warnings() -> None:
    table = "risk_warning"
    op.create_table(
        table,
        _id(),
        _code("division_code"),
        _key("scene_id"),
        _key("household_id", nullable=True),
        sa.Column("micro_grid_code", sa.Text(collation="C"), nullable=True),
        _text("address_sealed"),
        _text("subject_sealed", nullable=True),
        _text("detail_sealed"),
        _text("state"),
        _text("outcome", nullable=True),
        _time("received_at", default="now()"),
        _time("due_at", nullable=True),
        _time("checked_at", nullable=True),
        _time("closed_at", nullable=True),
        _key("account_id"),
        _text("source_ref"),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _to(table, "division_code", "division.code"),
        _to(table, "scene_id", "warning_scene.id"),
        _to(table, "household_id", "household.id", ondelete="SET NULL"),
        _to(table, "account_id", "account.id"),
        sa.UniqueConstraint(
            "account_id", "source_ref", name=op.f(f"uq_{table}_account_id_source_ref")
        ),
        _check(table, "state", f"state IN {STATES}"),
        _check(
            table,
            "routed",
            "(state = 'UNROUTED') <= (micro_grid_code IS NULL) AND (state = 'OPEN') <="
            " (micro_grid_code IS NOT NULL AND due_at IS NOT NULL)",
        ),
        _check(table, "closed", "(state = 'CLOSED') = (closed_at IS NOT NULL)"),
    )
    op.create_index("ix_risk_warning_division_code", table, ["division_code", "received_at"])
    op.create_index("ix_risk_warning_micro_grid_code", table, ["micro_grid_code"])
    op.create_index(op.f("ix_risk_warning_household_id"), table, ["household_id"])
    op.create_index(
        "ix_risk_warning_open", table, ["due_at"], postgresql_where=sa.text("state = 'OPEN'")
    )


def _deeds() -> None:
    table = "warning_history"
    op.create_table(
        table,
        _id(),
        _key("warning_id"),
        _code("division_code"),
        _text("deed"),
        _text("from_state", nullable=True),
        _text("to_state"),
        _text("actor"),
        _key("account_id", nullable=True),
        _text("note_sealed", nullable=True),
        _time("captured_at", nullable=True),
        _text("client_key", nullable=True),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=True),
        _time("at", default="clock_timestamp()"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _to(table, "warning_id", "risk_warning.id", ondelete="CASCADE"),
        _to(table, "account_id", "account.id"),
        sa.UniqueConstraint(
            "warning_id",
            "account_id",
            "client_key",
            name=op.f(f"uq_{table}_warning_id_account_id_client_key"),
        ),
        _check(table, "deed", "deed IN ('receive', 'route', 'check', 'close')"),
        _check(table, "to_state", f"to_state IN {STATES}"),
        _check(table, "begins_received", "(from_state IS NULL) = (deed = 'receive')"),
        _check(table, "client_key", "(client_key IS NULL) = (body_sha256 IS NULL)"),
    )
    table = "warning_escalation"
    op.create_table(
        table,
        _key("warning_id"),
        _text("rung"),
        _code("division_code"),
        _code("told_code"),
        _time("at", default="clock_timestamp()"),
        sa.PrimaryKeyConstraint("warning_id", "rung", name=op.f(f"pk_{table}")),
        _to(table, "warning_id", "risk_warning.id", ondelete="CASCADE"),
    )


def upgrade() -> None:
    _scenes()
    _warnings()
    _deeds()
    for table, privileges in WRITES.items():
        op.execute(f"GRANT SELECT, {privileges} ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        seen = FROM_ABOVE if table in KNOWN_BELOW else VISIBLE
        op.execute(f"CREATE POLICY scope ON {table} USING ({seen}) WITH CHECK ({VISIBLE})")


def downgrade() -> None:
    for table in reversed(WRITES):
        op.drop_table(table)
