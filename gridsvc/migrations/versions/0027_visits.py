"""visits: programmes, who is linked to which household, visits made."""

import geoalchemy2
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
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
KNOWN_BELOW = ("visit_programme",)
#: What the service may do, beside reading. When a visit was made is never changed; where, only
#: when it is made coarse.
WRITES = {
    "visit_programme": "INSERT, UPDATE (name, every_days, results, least_each, most_each, ends)",
    "visit_link": "INSERT, DELETE, UPDATE (reason_sealed)",
    "visit": "INSERT, UPDATE (state, judged_by, judged_at, judgement, note, explained, geom,"
    " client_key, body_sha256)",
}


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


def _programmes() -> None:
    table = "visit_programme"
    op.create_table(
        table,
        _id(),
        _code("division_code"),
        _code("code"),
        _text("name"),
        _text("whom"),
        _text("visitor"),
        _number("every_days"),
        sa.Column("results", postgresql.JSONB(), nullable=False),
        _number("least_each", nullable=True),
        _number("most_each", nullable=True),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _to(table, "division_code", "division.code"),
        sa.UniqueConstraint("division_code", "code", name=op.f(f"uq_{table}_division_code_code")),
        _check(table, "code_length", "length(code) BETWEEN 1 AND 64"),
        _check(table, "name_length", "length(name) BETWEEN 1 AND 200"),
        _check(table, "whom", "whom IN ('households', 'linked', 'key_people')"),
        _check(table, "visitor", "visitor IN ('grid_worker', 'liaison', 'officer')"),
        _check(table, "every_days", "every_days BETWEEN 1 AND 3660"),
        _check(table, "each", "least_each <= most_each"),
        _check(table, "ends_after", "ends > starts"),
    )


def _links() -> None:
    table = "visit_link"
    op.create_table(
        table,
        _id(),
        _key("programme_id"),
        _key("household_id"),
        _code("division_code"),
        _key("person_id"),
        _text("reason_sealed", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _to(table, "programme_id", "visit_programme.id", ondelete="CASCADE"),
        _to(table, "household_id", "household.id", ondelete="CASCADE"),
        _to(table, "person_id", "person.id", ondelete="CASCADE"),
        sa.UniqueConstraint(
            "programme_id", "household_id", name=op.f(f"uq_{table}_programme_id_household_id")
        ),
    )
    op.create_index(op.f("ix_visit_link_household_id"), table, ["household_id"])
    op.create_index("ix_visit_link_person_id", table, ["person_id", "programme_id"])


def _visits() -> None:
    table = "visit"
    op.create_table(
        table,
        _id(),
        _key("programme_id"),
        _key("household_id", nullable=True),
        _code("division_code"),
        _code("micro_grid_code"),
        _key("person_id"),
        sa.Column("geom", geoalchemy2.Geometry("POINT", 4326, spatial_index=False), nullable=False),
        _text("datum"),
        _time("captured_at"),
        _time("received_at", default="clock_timestamp()"),
        _text("result"),
        _text("note"),
        sa.Column("doubts", sa.ARRAY(sa.Text()), nullable=False),
        _text("explained", nullable=True),
        _text("state"),
        _text("judged_by", nullable=True),
        _time("judged_at", nullable=True),
        _text("judgement", default=""),
        _key("event_id", nullable=True),
        _key("account_id"),
        _text("client_key"),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _to(table, "programme_id", "visit_programme.id"),
        _to(table, "household_id", "household.id", ondelete="SET NULL"),
        _to(table, "person_id", "person.id"),
        _to(table, "event_id", "event.id", ondelete="SET NULL"),
        _to(table, "account_id", "account.id"),
        sa.UniqueConstraint(
            "account_id", "client_key", name=op.f(f"uq_{table}_account_id_client_key")
        ),
        _check(table, "datum", "datum IN ('wgs84', 'gcj02', 'bd09', 'cgcs2000')"),
        _check(table, "state", "state IN ('counted', 'doubted', 'accepted', 'refused')"),
        _check(table, "doubted", "(doubts = '{}') = (state = 'counted')"),
        _check(table, "explained", "(doubts = '{}') = (explained IS NULL)"),
        _check(
            table,
            "judged",
            "(state IN ('accepted', 'refused')) = (judged_at IS NOT NULL)"
            " AND (judged_at IS NULL) = (judged_by IS NULL)",
        ),
        _check(table, "note_length", "length(note) <= 4000"),
        _check(
            table,
            "sound_geom",
            "ST_IsValid(geom) AND NOT ST_IsEmpty(geom)"
            " AND ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180"
            " AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90",
        ),
    )
    op.create_index(
        "ix_visit_programme_household", table, ["programme_id", "household_id", "captured_at"]
    )
    op.create_index("ix_visit_person_id", table, ["person_id", "captured_at"])
    op.create_index("ix_visit_division_code", table, ["division_code", "captured_at"])
    op.create_index(op.f("ix_visit_household_id"), table, ["household_id"])
    op.create_index(op.f("ix_visit_event_id"), table, ["event_id"])


def upgrade() -> None:
    _programmes()
    _links()
    _visits()
    for table, privileges in WRITES.items():
        op.execute(f"GRANT SELECT, {privileges} ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        seen = FROM_ABOVE if table in KNOWN_BELOW else VISIBLE
        op.execute(f"CREATE POLICY scope ON {table} USING ({seen}) WITH CHECK ({VISIBLE})")


def downgrade() -> None:
    for table in reversed(WRITES):
        op.drop_table(table)
