"""indicators, daily counts of stages, and figures that places declare."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0030"
down_revision = "0029"
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
#: What holds for an area, whoever laid it down above it.
FROM_ABOVE = (
    "(division_code = ANY (string_to_array(current_setting('gridsvc.above', true), ','))"
    f" OR division_code = '{'0' * 12}')"
    " AND nullif(current_setting('gridsvc.high', true), '') IS NOT NULL"
    " AND current_setting('gridsvc.reporter', true) = '*'"
)
#: What the service may do, beside reading.
WRITES = {
    "indicator": "INSERT, UPDATE, DELETE",
    "declaration": "INSERT",
    "daily_count": "INSERT, DELETE",
    "counted_event": "INSERT, UPDATE, DELETE",
}
STAGE_CHANGED = """
CREATE FUNCTION stage_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.xid := CAST(CAST(pg_current_xact_id() AS text) AS bigint);
    RETURN NEW;
END $$
"""


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _code(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(collation="C"), nullable=False)


def _day(name: str) -> sa.Column:
    return sa.Column(name, sa.Date(), nullable=False)


def _number(name: str, kind: type = sa.Integer) -> sa.Column:
    return sa.Column(name, kind(), server_default="0", nullable=False)


def _now(name: str) -> sa.Column:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        server_default=sa.text("clock_timestamp()"),
        nullable=False,
    )


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _division(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["division_code"], ["division.code"], name=op.f(f"fk_{table}_division_code")
    )


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _indicators() -> None:
    op.create_table(
        "indicator",
        _id(),
        _code("division_code"),
        _code("code"),
        _text("name"),
        sa.Column("numerator", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("denominator", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("share", sa.Boolean(), nullable=False),
        sa.Column("higher_is_better", sa.Boolean(), nullable=False),
        _text("per"),
        _text("source"),
        _text("responsible_role"),
        sa.Column("target", sa.Double(), nullable=True),
        _now("changed_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator")),
        sa.UniqueConstraint("division_code", "code", name=op.f("uq_indicator_division_code_code")),
        _check("indicator", "per", "per IN ('day', 'week', 'month', 'quarter', 'year')"),
        _check("indicator", "has_numerator", "cardinality(numerator) > 0"),
        _check("indicator", "share_of_something", "NOT share OR cardinality(denominator) > 0"),
    )
    op.create_table(
        "declaration",
        _id(),
        _code("division_code"),
        _text("title"),
        _text("source"),
        _day("since"),
        _day("until"),
        sa.Column("counts", JSONB(), nullable=False),
        sa.Column("rates", JSONB(), nullable=False),
        _text("declared_by"),
        _text("client_key"),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        _now("declared_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration")),
        _division("declaration"),
        sa.UniqueConstraint(
            "declared_by", "client_key", name=op.f("uq_declaration_declared_by_client_key")
        ),
        _check("declaration", "in_order", "until > since"),
    )
    op.create_index("ix_declaration_division_code", "declaration", ["division_code", "since"])


def _counts() -> None:
    op.create_table(
        "daily_count",
        _code("division_code"),
        _day("day"),
        _text("stage"),
        _text("role"),
        _code("unit_code"),
        *(_number(name) for name in ("begun", "done", "sent_back", "wrong", "put_off")),
        *(_number(name) for name in ("due", "on_time", "late")),
        *(_number(name, sa.Double) for name in ("overdue_hours", "overdue_multiple")),
        sa.PrimaryKeyConstraint(
            "division_code", "day", "stage", "role", "unit_code", name=op.f("pk_daily_count")
        ),
        _check("daily_count", "of_what_was_due", "on_time + late <= due"),
    )
    op.create_table(
        "counted_event",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        _code("division_code"),
        sa.Column("days", sa.ARRAY(sa.Date()), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_counted_event")),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["event.id"],
            name=op.f("fk_counted_event_event_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "count_mark",
        sa.Column("one", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("counted_xid", sa.BigInteger(), nullable=False),
        _text("time_zone"),
        _now("counted_at"),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_count_mark")),
        _check("count_mark", "only", "one"),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON count_mark TO {SERVICE}")


def upgrade() -> None:
    _indicators()
    _counts()
    # A new column with a default that is no constant would write the whole table anew.
    op.add_column("event_stage", sa.Column("xid", sa.BigInteger(), nullable=True))
    op.alter_column(
        "event_stage",
        "xid",
        server_default=sa.text("CAST(CAST(pg_current_xact_id() AS text) AS bigint)"),
    )
    op.create_index("ix_event_stage_xid", "event_stage", ["xid"])
    # What began on a day is counted day by day; what is due has its index already.
    op.create_index(
        "ix_event_stage_division_started", "event_stage", ["division_code", "started_at"]
    )
    op.execute(STAGE_CHANGED)
    op.execute(
        "CREATE TRIGGER event_stage_stage_changed BEFORE UPDATE ON event_stage"
        " FOR EACH ROW EXECUTE FUNCTION stage_changed()"
    )
    for table, privileges in WRITES.items():
        op.execute(f"GRANT SELECT, {privileges} ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} USING ({VISIBLE})")
    op.execute(f"CREATE POLICY from_above ON indicator FOR SELECT USING ({FROM_ABOVE})")


def downgrade() -> None:
    op.execute("DROP TRIGGER event_stage_stage_changed ON event_stage")
    op.execute("DROP FUNCTION stage_changed()")
    op.drop_index("ix_event_stage_division_started", "event_stage")
    op.drop_index("ix_event_stage_xid", "event_stage")
    op.drop_column("event_stage", "xid")
    for table in ("count_mark", "counted_event", "daily_count", "declaration", "indicator"):
        op.drop_table(table)
