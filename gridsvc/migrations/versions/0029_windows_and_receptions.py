"""village windows, what was registered there, work orders; reception cycles."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
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
KNOWN_BELOW = ("village_window", "reception_cycle")
#: What the service may do, beside reading.
WRITES = {
    "village_window": "INSERT, UPDATE (name, classes)",
    "registration": "INSERT, DELETE",
    "work_order": "INSERT, UPDATE (state, measures, due_at, responsible_sealed,"
    " responsible_masked, done_at, verified_at)",
    "order_history": "INSERT, UPDATE (note, actor)",
    "reception_cycle": "INSERT, UPDATE (name, milestones, weights)",
    "reception": "INSERT, UPDATE (theme_code)",
    "reception_milestone": "INSERT, UPDATE (held_on, attended, note)",
    "reception_item": "INSERT, UPDATE (decision, votes_for, votes_against, budget_yuan,"
    " lead_unit, passed, satisfaction)",
    "reception_history": "INSERT, UPDATE (note, actor)",
}
ORDER_STATES = "('ISSUED', 'PLANNED', 'DONE', 'VERIFIED')"


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


def _windows() -> None:
    table = "village_window"
    op.create_table(
        table,
        _id(),
        _code("division_code"),
        _code("code"),
        _text("name"),
        sa.Column("classes", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _to(table, "division_code", "division.code"),
        sa.UniqueConstraint("division_code", "code", name=op.f(f"uq_{table}_division_code_code")),
        _check(table, "code_length", "length(code) BETWEEN 1 AND 64"),
        _check(table, "name_length", "length(name) BETWEEN 1 AND 200"),
    )
    table = "registration"
    op.create_table(
        table,
        _key("event_id"),
        _code("division_code"),
        _key("window_id"),
        _code("class_code"),
        _time("registered_at", default="now()"),
        sa.PrimaryKeyConstraint("event_id", name=op.f(f"pk_{table}")),
        _to(table, "event_id", "event.id", ondelete="CASCADE"),
        _to(table, "window_id", "village_window.id"),
    )
    op.create_index("ix_registration_window_id", table, ["window_id", "registered_at"])


def _orders() -> None:
    table = "work_order"
    op.create_table(
        table,
        _id(),
        _key("event_id"),
        _code("division_code"),
        _text("level"),
        _code("unit_code"),
        _text("state"),
        _text("measures", nullable=True),
        _time("due_at", nullable=True),
        _text("responsible_sealed", nullable=True),
        _text("responsible_masked", nullable=True),
        _time("issued_at", default="now()"),
        _time("done_at", nullable=True),
        _time("verified_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _to(table, "event_id", "event.id", ondelete="CASCADE"),
        _to(table, "unit_code", "unit.code"),
        _check(table, "state", f"state IN {ORDER_STATES}"),
        _check(table, "level", "level IN ('street', 'county', 'city')"),
        _check(
            table,
            "planned",
            "(state = 'ISSUED') = (measures IS NULL) AND (measures IS NULL) = (due_at IS NULL)"
            " AND (measures IS NULL) = (responsible_sealed IS NULL)"
            " AND (measures IS NULL) = (responsible_masked IS NULL)",
        ),
        _check(table, "done", "(state IN ('DONE', 'VERIFIED')) = (done_at IS NOT NULL)"),
        _check(table, "verified", "(state = 'VERIFIED') = (verified_at IS NOT NULL)"),
    )
    op.create_index(
        "uq_work_order_one_open",
        table,
        ["event_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'VERIFIED'"),
    )
    op.create_index(op.f("ix_work_order_event_id"), table, ["event_id"])
    op.create_index("ix_work_order_unit_code", table, ["unit_code", "issued_at"])
    op.create_index("ix_work_order_division_code", table, ["division_code", "issued_at"])
    table = "order_history"
    op.create_table(
        table,
        _id(),
        _key("order_id"),
        _code("division_code"),
        _text("from_state", nullable=True),
        _text("to_state"),
        _text("actor"),
        _text("note"),
        _time("at", default="clock_timestamp()"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _to(table, "order_id", "work_order.id", ondelete="CASCADE"),
        _check(table, "to_state", f"to_state IN {ORDER_STATES}"),
        _check(table, "begins_issued", "from_state IS NOT NULL OR to_state = 'ISSUED'"),
    )
    op.create_index("ix_order_history_order_id", table, ["order_id", "id"])


def _cycles() -> None:
    table = "reception_cycle"
    op.create_table(
        table,
        _id(),
        _code("division_code"),
        _code("code"),
        _text("name"),
        sa.Column("milestones", postgresql.JSONB(), nullable=False),
        sa.Column("weights", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _to(table, "division_code", "division.code"),
        sa.UniqueConstraint("division_code", "code", name=op.f(f"uq_{table}_division_code_code")),
        _check(table, "code_length", "length(code) BETWEEN 1 AND 64"),
        _check(table, "name_length", "length(name) BETWEEN 1 AND 200"),
    )
    table = "reception"
    op.create_table(
        table,
        _id(),
        _key("cycle_id"),
        _code("division_code"),
        sa.Column("month", sa.Date(), nullable=False),
        _code("theme_code"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _to(table, "cycle_id", "reception_cycle.id"),
        _to(table, "theme_code", "division.code"),
        sa.UniqueConstraint("cycle_id", "month", name=op.f(f"uq_{table}_cycle_id_month")),
        _check(table, "first_of_month", "extract(day FROM month) = 1"),
    )
    op.create_index("ix_reception_division_code", table, ["division_code", "month"])
    table = "reception_milestone"
    op.create_table(
        table,
        _key("reception_id"),
        sa.Column("planned_on", sa.Date(), nullable=False),
        _code("division_code"),
        _text("name"),
        sa.Column("expected", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("attended", sa.ARRAY(sa.Text()), nullable=True),
        _text("note", default=""),
        sa.PrimaryKeyConstraint("reception_id", "planned_on", name=op.f(f"pk_{table}")),
        _to(table, "reception_id", "reception.id", ondelete="CASCADE"),
        _check(table, "held", "(held_on IS NULL) = (attended IS NULL)"),
    )


def _agendas() -> None:
    table = "reception_item"
    op.create_table(
        table,
        _key("reception_id"),
        _key("event_id"),
        _code("division_code"),
        _number("place"),
        sa.Column("score", sa.Float(), nullable=False),
        _text("decision", nullable=True),
        _number("votes_for", nullable=True),
        _number("votes_against", nullable=True),
        sa.Column("budget_yuan", sa.Numeric(14, 2), nullable=True),
        sa.Column("lead_unit", sa.Text(collation="C"), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        _number("satisfaction", nullable=True),
        sa.PrimaryKeyConstraint("reception_id", "event_id", name=op.f(f"pk_{table}")),
        _to(table, "reception_id", "reception.id", ondelete="CASCADE"),
        _to(table, "event_id", "event.id", ondelete="CASCADE"),
        _to(table, "lead_unit", "unit.code"),
        _check(table, "votes", "votes_for >= 0 AND votes_against >= 0"),
        _check(table, "budget", "budget_yuan >= 0"),
        _check(
            table,
            "decided",
            "(decision IS NULL) = (votes_for IS NULL)"
            " AND (decision IS NULL) = (votes_against IS NULL)",
        ),
        _check(table, "inspected", "passed IS NULL OR decision IS NOT NULL"),
        _check(
            table,
            "satisfaction",
            "satisfaction IS NULL OR (satisfaction >= 1 AND satisfaction <= 5 AND passed IS NOT NULL)",
        ),
    )
    op.create_index(op.f("ix_reception_item_event_id"), table, ["event_id"])
    table = "reception_history"
    op.create_table(
        table,
        _id(),
        _key("reception_id"),
        _code("division_code"),
        _key("event_id", nullable=True),
        _text("deed"),
        _text("actor"),
        _text("note"),
        _time("at", default="clock_timestamp()"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _to(table, "reception_id", "reception.id", ondelete="CASCADE"),
        _to(table, "event_id", "event.id", ondelete="SET NULL"),
        _check(table, "deed", "deed IN ('open', 'hold', 'decide', 'inspect', 'rate')"),
    )
    op.create_index(op.f("ix_reception_history_event_id"), table, ["event_id"])
    op.create_index("ix_reception_history_reception_id", table, ["reception_id", "id"])


def upgrade() -> None:
    _windows()
    _orders()
    _cycles()
    _agendas()
    for table, privileges in WRITES.items():
        op.execute(f"GRANT SELECT, {privileges} ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        seen = FROM_ABOVE if table in KNOWN_BELOW else VISIBLE
        op.execute(f"CREATE POLICY scope ON {table} USING ({seen}) WITH CHECK ({VISIBLE})")


def downgrade() -> None:
    for table in reversed(WRITES):
        op.drop_table(table)
