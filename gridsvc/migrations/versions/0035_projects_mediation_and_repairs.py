"""projects, their entries and scores; mediation, deliberation; small repairs."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0034"
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
#: What an area above has laid down is known to those in it.
FROM_ABOVE = (
    f"({VISIBLE}) OR (current_setting('gridsvc.reporter', true) = '*' AND division_code ="
    " ANY (string_to_array(current_setting('gridsvc.above', true), ',')))"
)
KNOWN_BELOW = ("project_programme", "repair_pack")
STATES = "('CALLED', 'SURVEYED', 'BOOKED', 'DONE', 'SETTLED', 'CANCELLED')"
#: What the service may do, beside reading.
WRITES = {
    "project_programme": "INSERT, UPDATE (name, roles, quotas)",
    "project": "INSERT, UPDATE (name, geom, begins, ends)",
    "project_holder": "INSERT, UPDATE (name_sealed, name_masked), DELETE",
    "project_entry": "INSERT, UPDATE (note, actor)",
    "project_score": "INSERT, UPDATE (score, note, actor)",
    "mediation": "INSERT, UPDATE (group_id, state, raised, subject_sealed, result_sealed,"
    " closed_at), DELETE",
    "mediation_party": "INSERT, UPDATE (name_sealed, phone_sealed), DELETE",
    "deliberation": "INSERT, UPDATE (title)",
    "motion": "INSERT, UPDATE (proposal)",
    "building_care": "INSERT, UPDATE (care, keeper, since)",
    "repair_pack": "INSERT, UPDATE (name, items, questions, covers, fund, expense)",
    "repair": "INSERT, UPDATE (state, visited_at, answers, crew_id, done_at, cost_fen,"
    " transaction_id)",
    "repair_booking": "INSERT, DELETE",
}


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _code(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(collation="C"), nullable=nullable)


def _key(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _day(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Date(), nullable=nullable)


def _json(name: str) -> sa.Column:
    return sa.Column(name, postgresql.JSONB(), nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _at(name: str = "at") -> sa.Column:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        server_default=sa.text("clock_timestamp()"),
        nullable=False,
    )


def _number(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _digest() -> sa.Column:
    return sa.Column("body_sha256", sa.LargeBinary(), nullable=False)


def _ground(shape: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(
        "geom",
        Geometry(
            geometry_type=shape,
            srid=4326,
            dimension=2,
            spatial_index=False,
            from_text="ST_GeomFromEWKT",
            name="geometry",
        ),
        nullable=nullable,
    )


def _sound(table: str) -> sa.CheckConstraint:
    return _check(
        table,
        "sound_geom",
        "ST_IsValid(geom) AND NOT ST_IsEmpty(geom)"
        " AND ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180"
        " AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90",
    )


def _primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*(columns or ("id",)), name=op.f(f"pk_{table}"))


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _named(table: str) -> tuple[sa.CheckConstraint, sa.CheckConstraint]:
    return (
        _check(table, "code_length", "length(code) BETWEEN 1 AND 64"),
        _check(table, "name_length", "length(name) BETWEEN 1 AND 200"),
    )


def _to(table: str, column: str, target: str, **options: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), **options)


def _once(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _projects() -> None:
    table = "project_programme"
    op.create_table(
        table,
        _id(),
        _code("division_code"),
        _code("code"),
        _text("name"),
        _json("roles"),
        _json("quotas"),
        _primary(table),
        _to(table, "division_code", "division.code"),
        *_named(table),
        _once(table, "division_code", "code"),
    )
    table = "project"
    op.create_table(
        table,
        _id(),
        _key("programme_id"),
        _code("division_code"),
        _code("code"),
        _text("name"),
        _ground("POLYGON", nullable=True),
        _day("begins"),
        _day("ends", nullable=True),
        _primary(table),
        _to(table, "programme_id", "project_programme.id"),
        _to(table, "division_code", "division.code"),
        *_named(table),
        _check(table, "ends_after", "ends > begins"),
        _once(table, "programme_id", "division_code", "code"),
        _sound(table),
    )
    op.create_index(op.f("ix_project_division_code"), table, ["division_code"])
    op.create_index("idx_project_geom", table, ["geom"], postgresql_using="gist")
    table = "project_holder"
    op.create_table(
        table,
        _id(),
        _key("project_id"),
        _code("division_code"),
        _code("role"),
        _key("person_id", nullable=True),
        _code("unit_code", nullable=True),
        _key("group_id", nullable=True),
        _text("name_sealed", nullable=True),
        _text("name_masked", nullable=True),
        _day("begins"),
        _day("ends", nullable=True),
        _primary(table),
        _to(table, "project_id", "project.id", ondelete="CASCADE"),
        _to(table, "person_id", "person.id"),
        _to(table, "unit_code", "unit.code"),
        _to(table, "group_id", "community_group.id"),
        _check(
            table, "one_of_four", "num_nonnulls(person_id, unit_code, group_id, name_sealed) = 1"
        ),
        _check(table, "masked", "(name_sealed IS NULL) = (name_masked IS NULL)"),
        _check(table, "ends_after", "ends > begins"),
    )
    op.create_index("ix_project_holder_project_id", table, ["project_id", "role"])
    op.create_index(op.f("ix_project_holder_person_id"), table, ["person_id"])


def _work() -> None:
    table = "project_entry"
    op.create_table(
        table,
        _id(),
        _key("project_id"),
        _code("division_code"),
        _code("quota", nullable=True),
        _number("amount"),
        _day("done_on"),
        _text("note"),
        _text("file_ref", nullable=True),
        _text("actor"),
        _text("client_key"),
        _digest(),
        _at(),
        _primary(table),
        _to(table, "project_id", "project.id", ondelete="CASCADE"),
        _check(table, "amount", "amount >= 0"),
        _once(table, "project_id", "client_key"),
    )
    table = "project_score"
    op.create_table(
        table,
        _id(),
        _key("project_id"),
        _code("division_code"),
        _code("unit_code"),
        _number("year"),
        sa.Column("score", sa.Float(), nullable=False),
        _text("note"),
        _text("actor"),
        _primary(table),
        _to(table, "project_id", "project.id", ondelete="CASCADE"),
        _to(table, "unit_code", "unit.code"),
        _check(table, "not_below", "score >= 0"),
        _check(table, "not_above", "score <= 100"),
        _once(table, "project_id", "unit_code", "year"),
    )


def _mediation() -> None:
    table = "mediation"
    op.create_table(
        table,
        _id(),
        _code("division_code"),
        _key("group_id"),
        _text("kind"),
        _text("subject_sealed"),
        _text("state"),
        _number("raised"),
        _text("result_sealed", nullable=True),
        _at("opened_at"),
        _time("closed_at", nullable=True),
        _text("client_key"),
        _digest(),
        _primary(table),
        _to(table, "division_code", "division.code"),
        _to(table, "group_id", "community_group.id"),
        _check(table, "state", "state IN ('OPEN', 'SETTLED', 'FAILED')"),
        _check(table, "closed", "(state = 'OPEN') = (closed_at IS NULL)"),
        _check(table, "result", "(state = 'OPEN') = (result_sealed IS NULL)"),
        _once(table, "division_code", "client_key"),
    )
    op.create_index("ix_mediation_division_code", table, ["division_code", "opened_at"])
    table = "mediation_party"
    op.create_table(
        table,
        _id(),
        _key("mediation_id"),
        _code("division_code"),
        _text("name_sealed"),
        _text("name_masked"),
        _text("phone_sealed", nullable=True),
        _primary(table),
        _to(table, "mediation_id", "mediation.id", ondelete="CASCADE"),
    )
    op.create_index("ix_mediation_party_mediation_id", table, ["mediation_id", "id"])


def _deliberation() -> None:
    table = "deliberation"
    op.create_table(
        table,
        _id(),
        _code("division_code"),
        _key("group_id"),
        _text("title"),
        _day("held_on"),
        _number("invited"),
        _number("attended"),
        _text("client_key"),
        _digest(),
        _primary(table),
        _to(table, "division_code", "division.code"),
        _to(table, "group_id", "community_group.id"),
        _check(table, "somebody", "attended >= 1"),
        _check(table, "of_those_invited", "attended <= invited"),
        _once(table, "group_id", "client_key"),
    )
    op.create_index("ix_deliberation_division_code", table, ["division_code", "held_on"])
    table = "motion"
    op.create_table(
        table,
        _key("deliberation_id"),
        _number("number"),
        _code("division_code"),
        _text("proposal"),
        _number("votes_for"),
        _number("votes_against"),
        _number("abstained"),
        _key("event_id", nullable=True),
        _primary(table, "deliberation_id", "number"),
        _to(table, "deliberation_id", "deliberation.id", ondelete="CASCADE"),
        _to(table, "event_id", "event.id", ondelete="SET NULL"),
        _check(table, "votes_for", "votes_for >= 0"),
        _check(table, "votes_against", "votes_against >= 0"),
        _check(table, "abstained", "abstained >= 0"),
    )
    op.create_index(op.f("ix_motion_event_id"), table, ["event_id"])


def _packs() -> None:
    table = "building_care"
    op.create_table(
        table,
        _code("division_code"),
        _code("building_code"),
        _text("care"),
        _text("keeper", nullable=True),
        _day("since"),
        _primary(table, "division_code", "building_code"),
        _to(table, "division_code", "division.code"),
        _check(table, "care", "care IN ('unowned', 'unmanaged', 'managed')"),
        _check(table, "keeper", "(care = 'managed') = (keeper IS NOT NULL)"),
    )
    table = "repair_pack"
    op.create_table(
        table,
        _id(),
        _code("division_code"),
        _code("code"),
        _text("name"),
        _json("items"),
        _json("questions"),
        sa.Column("covers", sa.ARRAY(sa.Text()), nullable=False),
        _code("fund"),
        _code("expense"),
        _primary(table),
        _to(table, "division_code", "division.code"),
        *_named(table),
        _once(table, "division_code", "code"),
    )


def _repairs() -> None:
    table = "repair"
    op.create_table(
        table,
        _id(),
        _key("pack_id"),
        _code("division_code"),
        _code("building_code", nullable=True),
        _ground("POINT"),
        _text("datum"),
        _code("item"),
        _text("description"),
        _text("state"),
        _time("called_at"),
        _time("visited_at", nullable=True),
        sa.Column("answers", postgresql.JSONB(), nullable=True),
        _key("crew_id", nullable=True),
        _time("done_at", nullable=True),
        _key("cost_fen", nullable=True),
        _key("transaction_id", nullable=True),
        _text("client_key"),
        _digest(),
        _at("received_at"),
        _primary(table),
        _to(table, "pack_id", "repair_pack.id"),
        _to(table, "crew_id", "community_group.id"),
        _to(table, "transaction_id", "ledger_transaction.id"),
        _check(table, "state", f"state IN {STATES}"),
        _check(table, "datum", "datum IN ('wgs84', 'gcj02', 'bd09', 'cgcs2000')"),
        _check(table, "visited_after_call", "visited_at >= called_at"),
        _check(table, "done_after_visit", "done_at >= visited_at"),
        _check(table, "done", "(state IN ('DONE', 'SETTLED')) = (done_at IS NOT NULL)"),
        _check(table, "surveyed", "(visited_at IS NULL) = (answers IS NULL)"),
        _check(
            table,
            "settled",
            "(state = 'SETTLED') = (cost_fen IS NOT NULL)"
            " AND (cost_fen IS NULL) = (transaction_id IS NULL)",
        ),
        _once(table, "pack_id", "client_key"),
        _sound(table),
    )
    op.create_index("ix_repair_pack_id", table, ["pack_id", "called_at"])
    op.create_index("ix_repair_division_code", table, ["division_code", "called_at"])
    table = "repair_booking"
    op.create_table(
        table,
        _key("repair_id"),
        _code("resource"),
        _code("division_code"),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        _primary(table, "repair_id", "resource"),
        _to(table, "repair_id", "repair.id", ondelete="CASCADE"),
        _check(table, "some_time", "NOT isempty(during)"),
        postgresql.ExcludeConstraint(
            ("resource", "="),
            ("during", "&&"),
            name="ex_repair_booking_nobody_twice",
            using="gist",
        ),
    )


def upgrade() -> None:
    _projects()
    _work()
    _mediation()
    _deliberation()
    _packs()
    _repairs()
    for table, privileges in WRITES.items():
        op.execute(f"GRANT SELECT, {privileges} ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        seen = FROM_ABOVE if table in KNOWN_BELOW else VISIBLE
        op.execute(f"CREATE POLICY scope ON {table} USING ({seen}) WITH CHECK ({VISIBLE})")


def downgrade() -> None:
    for table in reversed(WRITES):
        op.drop_table(table)
