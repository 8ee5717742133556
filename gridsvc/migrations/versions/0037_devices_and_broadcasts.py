"""devices at places with alarms and video links; broadcasts; grids of departments."""

import geoalchemy2
import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
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
LISTS = (
    "'powers', 'matters', 'units', 'delegations', 'limits', 'policies', 'duties', 'calendars',"
    " 'proofs', 'items', 'windows', 'offers', 'forms'"
)
#: What the service may do, beside reading.
WRITES = {
    "place_device": "INSERT, UPDATE",
    "alarm": "INSERT",
    "broadcast": "INSERT, UPDATE (told)",
    "department_grid": "",
}


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _code(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(collation="C"), nullable=False)


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _big(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _bytes(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _number(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=False)


def _time(name: str, *, default: str | None = None) -> sa.Column:
    given = None if default is None else sa.text(default)
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=given, nullable=default is None
    )


def _to(table: str, column: str, target: str, **more: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), **more)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _geom(shape: str) -> sa.Column:
    return sa.Column("geom", geoalchemy2.Geometry(shape, 4326, spatial_index=False), nullable=False)


def _sound(table: str) -> sa.CheckConstraint:
    return _check(
        table,
        "sound_geom",
        "ST_IsValid(geom) AND NOT ST_IsEmpty(geom)"
        " AND ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180"
        " AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90",
    )


def _devices() -> None:
    table = "place_device"
    op.create_table(
        table,
        _id(),
        _code("division_code"),
        _code("code"),
        _text("name"),
        _text("kind"),
        _geom("POINT"),
        _text("matter_code", nullable=True),
        _text("video_url", nullable=True),
        _bytes("digest", nullable=True),
        _time("created_at", default="now()"),
        _time("revoked_at"),
        _time("used_at"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _to(table, "division_code", "division.code"),
        _to(table, "matter_code", "matter.code"),
        sa.UniqueConstraint("code", name=op.f(f"uq_{table}_code")),
        sa.UniqueConstraint("digest", name=op.f(f"uq_{table}_digest")),
        _check(table, "kind", "kind IN ('alarm', 'camera', 'loudspeaker', 'conference')"),
        _check(table, "name_length", "length(name) BETWEEN 1 AND 100"),
        _check(table, "raises_alarms", "(matter_code IS NULL) = (digest IS NULL)"),
        _check(table, "video_url", "video_url LIKE 'https://%'"),
        _sound(table),
    )
    op.create_index("ix_place_device_division_code", table, ["division_code"])
    op.create_index("idx_place_device_geom", table, ["geom"], postgresql_using="gist")
    table = "alarm"
    op.create_table(
        table,
        _id(),
        _big("device_id"),
        _big("event_id"),
        _code("division_code"),
        _text("client_key"),
        _bytes("body_sha256"),
        _time("received_at", default="clock_timestamp()"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _to(table, "device_id", "place_device.id"),
        _to(table, "event_id", "event.id", ondelete="CASCADE"),
        sa.UniqueConstraint(
            "device_id", "client_key", name=op.f(f"uq_{table}_device_id_client_key")
        ),
    )
    op.create_index("ix_alarm_event_id", table, ["event_id"])
    op.create_index("ix_alarm_division_code", table, ["division_code", "received_at"])


def _broadcasts() -> None:
    table = "broadcast"
    op.create_table(
        table,
        _id(),
        _code("division_code"),
        _text("message"),
        sa.Column("cells", sa.ARRAY(sa.Text(collation="C")), nullable=False),
        _number("people"),
        _number("loudspeakers"),
        _number("households"),
        _number("told"),
        _text("actor"),
        _big("account_id"),
        _text("client_key"),
        _bytes("body_sha256"),
        _time("sent_at", default="clock_timestamp()"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _to(table, "account_id", "account.id"),
        sa.UniqueConstraint(
            "account_id", "client_key", name=op.f(f"uq_{table}_account_id_client_key")
        ),
        _check(table, "message_length", "length(message) BETWEEN 1 AND 200"),
    )
    op.create_index("ix_broadcast_division_code", table, ["division_code", "sent_at"])


def _kinds_of_lists(allowed: str) -> None:
    op.drop_constraint(op.f("ck_list_version_kind"), "list_version", type_="check")
    op.create_check_constraint(op.f("ck_list_version_kind"), "list_version", f"kind IN ({allowed})")


def _department_grids() -> None:
    """Loaded by the owner, like all that stands in an area; the service reads them."""
    table = "department_grid"
    op.create_table(
        table,
        _id(),
        _code("division_code"),
        _code("kind"),
        _code("code"),
        _text("name"),
        _geom("MULTIPOLYGON"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _to(table, "division_code", "division.code"),
        sa.UniqueConstraint(
            *("division_code", "kind", "code"),
            name=op.f(f"uq_{table}_division_code_kind_code"),
        ),
        _sound(table),
    )
    op.create_index(f"idx_{table}_geom", table, ["geom"], postgresql_using="gist")
    _kinds_of_lists(f"{LISTS}, 'admissions'")
    table = "admission"
    op.create_table(
        table,
        _big("version_id"),
        _code("code"),
        _text("name"),
        _code("unit_code"),
        _text("admitted_for"),
        sa.PrimaryKeyConstraint("version_id", "code", name=op.f(f"pk_{table}")),
        _to(table, "version_id", "list_version.id", ondelete="CASCADE"),
        _to(table, "unit_code", "unit.code"),
    )
    op.execute(f"GRANT SELECT ON {table} TO {SERVICE}")


def upgrade() -> None:
    _devices()
    _broadcasts()
    _department_grids()
    for table, privileges in WRITES.items():
        given = ", ".join(filter(None, ("SELECT", privileges)))
        op.execute(f"GRANT {given} ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} USING ({VISIBLE})")
    op.execute(f"CREATE POLICY from_above ON department_grid FOR SELECT USING ({FROM_ABOVE})")


def downgrade() -> None:
    for table in ("alarm", "place_device", "broadcast", "department_grid", "admission"):
        op.drop_table(table)
    op.execute("DELETE FROM list_version WHERE kind = 'admissions'")
    _kinds_of_lists(LISTS)
