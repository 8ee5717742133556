"""whistle calls: calls, called units, history, escalations."""

import geoalchemy2
import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

SERVICE = "gridsvc_service"
STATES = "('CALLED', 'SIGNED_OFF', 'CHECKED_IN', 'RESOLVED', 'UNRESOLVED', 'CLOSED', 'WITHDRAWN')"


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
#: What the service may do, beside reading. Of the past only words and names are ever blanked.
WRITES = {
    "whistle_call": "INSERT, UPDATE",
    "whistle_unit": "INSERT, UPDATE",
    "whistle_history": "INSERT, UPDATE (note, actor)",
    "whistle_escalation": "INSERT",
}

# The pure table of moves (dispatch/calls.py) again: a test compares the two.
MOVES = {
    "ordinary": {
        "CALLED": ("CHECKED_IN", "UNRESOLVED", "WITHDRAWN"),
    },
    "tackling": {
        "CALLED": ("SIGNED_OFF", "UNRESOLVED", "WITHDRAWN"),
        "SIGNED_OFF": ("CHECKED_IN", "UNRESOLVED", "WITHDRAWN"),
    },
}
COMMON = {
    "CHECKED_IN": ("CHECKED_IN", "RESOLVED", "UNRESOLVED"),
    "RESOLVED": ("CLOSED",),
    "UNRESOLVED": ("RESOLVED", "CLOSED"),
}
ALLOWED = ", ".join(
    f"('{kind}', '{now}', '{then}')"
    for kind, moves in MOVES.items()
    for now, targets in (moves | COMMON).items()
    for then in targets
)
WHISTLE_MOVED = f"""
CREATE FUNCTION whistle_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state AND (NEW.kind, OLD.state, NEW.state) NOT IN ({ALLOWED}) THEN
        RAISE EXCEPTION 'call % is %, it cannot become %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""
WHISTLE_HAS_HISTORY = """
CREATE FUNCTION whistle_has_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last text;
    now_state text;
    seen text[] := scope_widened();
BEGIN
    SELECT h.to_state INTO last FROM whistle_history h
        WHERE h.call_id = NEW.id ORDER BY h.id DESC LIMIT 1;
    SELECT c.state INTO now_state FROM whistle_call c WHERE c.id = NEW.id;
    PERFORM scope_restored(seen);
    IF now_state IS NOT NULL AND last IS DISTINCT FROM now_state THEN
        RAISE EXCEPTION 'call % is % but its history ends with %', NEW.id, now_state, last
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""


def _now(name: str, default: str = "clock_timestamp()") -> sa.Column:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text(default), nullable=False
    )


def _time(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _code(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(collation="C"), nullable=nullable)


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _to(table: str, column: str, target: str, **options: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), **options)


def _calls() -> None:
    op.create_table(
        "whistle_call",
        _id(),
        _code("division_code"),
        _code("unit_code"),
        _text("kind"),
        _text("channel"),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        _text("matter_code", nullable=True),
        sa.Column("geom", geoalchemy2.Geometry("POINT", 4326, spatial_index=False), nullable=False),
        _text("datum"),
        _text("description"),
        _text("state"),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        _text("client_key"),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        _now("called_at", "now()"),
        _time("signed_at"),
        _time("judged_at"),
        sa.Column("resolved", sa.Boolean(), nullable=True),
        _time("anonymised_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_whistle_call")),
        _to("whistle_call", "division_code", "division.code"),
        _to("whistle_call", "unit_code", "unit.code"),
        _to("whistle_call", "event_id", "event.id", ondelete="CASCADE"),
        _to("whistle_call", "matter_code", "matter.code"),
        _to("whistle_call", "account_id", "account.id"),
        sa.UniqueConstraint(
            "account_id",
            "client_key",
            name=op.f("uq_whistle_call_account_id_client_key"),
            postgresql_nulls_not_distinct=True,
        ),
        _check("whistle_call", "kind", "kind IN ('ordinary', 'tackling')"),
        _check("whistle_call", "state", f"state IN {STATES}"),
        _check(
            "whistle_call",
            "channel",
            "channel IN ('desk', 'public_account', 'grid_worker', 'governance', 'enterprise')",
        ),
        _check("whistle_call", "datum", "datum IN ('wgs84', 'gcj02', 'bd09', 'cgcs2000')"),
        _check(
            "whistle_call",
            "description_length",
            "length(description) >= 1 AND length(description) <= 4000",
        ),
        _check(
            "whistle_call",
            "client_key_length",
            "length(client_key) >= 1 AND length(client_key) <= 100",
        ),
        _check("whistle_call", "signed", "signed_at IS NULL OR kind = 'tackling'"),
        _check("whistle_call", "judged", "(judged_at IS NULL) = (resolved IS NULL)"),
        _check(
            "whistle_call",
            "sound_geom",
            "ST_IsValid(geom) AND NOT ST_IsEmpty(geom)"
            " AND ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180"
            " AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90",
        ),
    )
    op.create_index(
        "ix_whistle_call_division_called", "whistle_call", ["division_code", "called_at"]
    )
    op.create_index("ix_whistle_call_event_id", "whistle_call", ["event_id"])


def _called_units() -> None:
    op.create_table(
        "whistle_unit",
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        _code("unit_code"),
        _code("division_code"),
        sa.Column("place", sa.Integer(), nullable=False),
        _time("due_at", nullable=False),
        _text("due_by"),
        _time("signed_at"),
        _time("checked_in_at"),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("call_id", "unit_code", name=op.f("pk_whistle_unit")),
        _to("whistle_unit", "call_id", "whistle_call.id", ondelete="CASCADE"),
        _to("whistle_unit", "unit_code", "unit.code"),
        _check("whistle_unit", "due_by", "due_by IN ('given', 'limit', 'usual')"),
        _check("whistle_unit", "score", "score >= 1 AND score <= 5"),
    )
    op.create_index("ix_whistle_unit_unit_code", "whistle_unit", ["unit_code", "due_at"])
    op.create_index(
        "ix_whistle_unit_awaited",
        "whistle_unit",
        ["due_at"],
        postgresql_where=sa.text("checked_in_at IS NULL"),
    )


def _deeds() -> None:
    op.create_table(
        "whistle_history",
        _id(),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        _code("division_code"),
        _text("deed"),
        _text("from_state", nullable=True),
        _text("to_state"),
        _code("unit_code"),
        _text("actor"),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        _text("note"),
        _text("client_key", nullable=True),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=True),
        _now("at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_whistle_history")),
        _to("whistle_history", "call_id", "whistle_call.id", ondelete="CASCADE"),
        _to("whistle_history", "account_id", "account.id"),
        _check("whistle_history", "to_state", f"to_state IN {STATES}"),
        _check("whistle_history", "begins_called", "from_state IS NOT NULL OR to_state = 'CALLED'"),
        _check("whistle_history", "client_key", "(client_key IS NULL) = (body_sha256 IS NULL)"),
    )
    op.create_index("ix_whistle_history_call_id", "whistle_history", ["call_id", "id"])
    op.create_index(
        "uq_whistle_history_client_key",
        "whistle_history",
        ["call_id", "account_id", "client_key"],
        unique=True,
        postgresql_where=sa.text("client_key IS NOT NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "whistle_escalation",
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        _code("unit_code"),
        _text("rung"),
        _code("division_code"),
        _code("told_unit", nullable=True),
        _time("due_at", nullable=False),
        _now("at"),
        sa.PrimaryKeyConstraint("call_id", "unit_code", "rung", name=op.f("pk_whistle_escalation")),
        _to("whistle_escalation", "call_id", "whistle_call.id", ondelete="CASCADE"),
    )


def upgrade() -> None:
    _calls()
    _called_units()
    _deeds()
    op.execute(WHISTLE_MOVED)
    op.execute(WHISTLE_HAS_HISTORY)
    op.execute(
        "CREATE TRIGGER whistle_call_whistle_moved BEFORE UPDATE OF state ON whistle_call"
        " FOR EACH ROW EXECUTE FUNCTION whistle_moved()"
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER whistle_call_whistle_has_history"
        " AFTER INSERT OR UPDATE OF state ON whistle_call DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION whistle_has_history()"
    )
    for table, privileges in WRITES.items():
        op.execute(f"GRANT SELECT, {privileges} ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} USING ({VISIBLE})")


def downgrade() -> None:
    for table in reversed(WRITES):
        op.drop_table(table)
    op.execute("DROP FUNCTION whistle_moved(), whistle_has_history()")
