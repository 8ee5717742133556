"""who may and who must: units, versions of lists, delegations, limits, policies, duties."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SERVICE = "gridsvc_service"

MATTER_KIND = "kind IN ('grid', 'enforcement')"
UNIT_KIND = "IN ('department', 'street', 'centre', 'enterprise', 'team')"
LEVEL = "level IN ('province', 'city', 'county', 'street', 'community')"
VALIDITY = "valid_to > valid_from"

_HIGH = "nullif(current_setting('gridsvc.high', true), '')"
# As in revision 0005, so that the planner takes both bounds for values it knows.
INSIDE = (
    f"division_code >= nullif(current_setting('gridsvc.low', true), '') AND division_code < {_HIGH}"
    " AND CASE WHEN current_setting('gridsvc.high', true) COLLATE \"C\" > ':' THEN NULL"
    " WHEN current_setting('gridsvc.areas', true) = '*' THEN true"
    " ELSE nullif(division_code <@ (SELECT scope_areas()), false) END IS NOT NULL"
)
# What holds for an area, and who is in charge above it, is no secret to it; what holds
# everywhere is none to anybody who sees anything.
CONCERNING = (
    f"({INSIDE}) OR division_code = ANY (string_to_array("
    "current_setting('gridsvc.above', true), ','))"
    f" OR (division_code = '{'0' * 12}' AND {_HIGH} IS NOT NULL)"
)

WITH_AREA = ("unit", "unit_entry", "delegation", "list_version")
PUBLIC = (
    *("power_entry", "matter_entry", "time_limit", "dispatch_policy", "duty", "calendar_day"),
)
#: What is there already becomes the first version of its list: it held as long as anybody knows.
LISTED = {
    "powers": ("power", "code, name, legal_basis, valid_from, valid_to"),
    "matters": ("matter", "code, name, parent_code, kind, power_code, valid_to"),
}


def code(name: str, *constraints: sa.ForeignKey, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(collation="C"), *constraints, nullable=nullable)


def to(table: str, of: str, column: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{of}.code", name=op.f(f"fk_{table}_{column}"))


def version(table: str) -> sa.Column:
    return sa.Column(
        "version_id",
        sa.BigInteger(),
        sa.ForeignKey("list_version.id", name=op.f(f"fk_{table}_version_id"), ondelete="CASCADE"),
        nullable=False,
    )


def upgrade() -> None:
    op.add_column("matter", sa.Column("valid_to", sa.Date(), nullable=True))
    _versions()
    _registries()
    _entries()
    for kind, (table, columns) in LISTED.items():
        op.execute(
            "INSERT INTO list_version (kind, division_code, begins, source, entries, digest)"
            f" SELECT '{kind}', '{'0' * 12}', '1970-01-01Z', 'before versions were kept',"
            f" count(*), '' FROM {table} HAVING count(*) > 0"
        )
        op.execute(
            f"INSERT INTO {table}_entry (version_id, {columns})"
            f" SELECT v.id, {', '.join(f't.{c}' for c in columns.split(', '))}"
            f" FROM {table} t CROSS JOIN list_version v WHERE v.kind = '{kind}'"
        )
    for table in (*WITH_AREA, *PUBLIC):
        op.execute(f"GRANT SELECT ON {table} TO {SERVICE}")
    for table in WITH_AREA:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} USING ({CONCERNING})")


def _versions() -> None:
    op.create_table(
        "list_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        code("division_code"),
        sa.Column("begins", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column(
            "loaded_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.CheckConstraint(
            "kind IN ('powers', 'matters', 'units', 'delegations', 'limits', 'policies',"
            " 'duties', 'calendars')",
            name=op.f("ck_list_version_kind"),
        ),
        sa.CheckConstraint(
            "division_code ~ '^[0-9]{12}$'", name=op.f("ck_list_version_twelve_digits")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_version")),
    )
    op.create_index(
        "ix_list_version_kind", "list_version", ["kind", "division_code", "begins", "id"]
    )


def _unit_columns() -> list[sa.Column]:
    return [
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
    ]


def _validity() -> list[sa.Column]:
    return [
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
    ]


def _registries() -> None:
    op.create_table(
        "unit",
        code("code"),
        *_unit_columns(),
        code("parent_code", to("unit", "unit", "parent_code"), nullable=True),
        code("division_code", to("unit", "division", "division_code")),
        *_validity(),
        sa.CheckConstraint(f"kind {UNIT_KIND}", name=op.f("ck_unit_kind")),
        sa.CheckConstraint(LEVEL, name=op.f("ck_unit_level")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name=op.f("ck_unit_name_length")),
        sa.CheckConstraint(VALIDITY, name=op.f("ck_unit_validity")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_unit")),
    )
    op.create_index("ix_unit_division_code", "unit", ["division_code"])
    op.create_table(
        "unit_entry",
        version("unit_entry"),
        code("code"),
        *_unit_columns(),
        code("parent_code", nullable=True),
        code("division_code"),
        *_validity(),
        sa.PrimaryKeyConstraint("version_id", "code", name=op.f("pk_unit_entry")),
    )
    op.create_table(
        "power_entry",
        version("power_entry"),
        code("code"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        *_validity(),
        sa.PrimaryKeyConstraint("version_id", "code", name=op.f("pk_power_entry")),
    )
    op.create_table(
        "matter_entry",
        version("matter_entry"),
        code("code"),
        sa.Column("name", sa.Text(), nullable=False),
        code("parent_code", nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        code("power_code", nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("version_id", "code", name=op.f("pk_matter_entry")),
    )


def _entries() -> None:
    op.create_table(
        "delegation",
        version("delegation"),
        code("power_code", to("delegation", "power", "power_code")),
        code("division_code", to("delegation", "division", "division_code")),
        sa.Column("from_unit", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        *_validity(),
        sa.CheckConstraint(VALIDITY, name=op.f("ck_delegation_validity")),
        sa.PrimaryKeyConstraint(
            "version_id", "power_code", "division_code", name=op.f("pk_delegation")
        ),
    )
    op.create_table(
        "time_limit",
        version("time_limit"),
        code("matter_code", to("time_limit", "matter", "matter_code")),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("sequence", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount", sa.Double(), nullable=False),
        sa.Column("time_unit", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "stage IN ('file', 'dispatch', 'accept', 'arrive', 'handle', 'verify', 'close')",
            name=op.f("ck_time_limit_stage"),
        ),
        sa.CheckConstraint(
            "time_unit IN ('hours', 'working_hours', 'working_days')",
            name=op.f("ck_time_limit_time_unit"),
        ),
        sa.CheckConstraint("amount > 0 AND amount <= 10000", name=op.f("ck_time_limit_amount")),
        sa.CheckConstraint("sequence BETWEEN 1 AND 99", name=op.f("ck_time_limit_sequence")),
        sa.PrimaryKeyConstraint(
            *("version_id", "matter_code", "stage", "sequence"), name=op.f("pk_time_limit")
        ),
    )
    op.create_table(
        "dispatch_policy",
        version("dispatch_policy"),
        code("matter_code", to("dispatch_policy", "matter", "matter_code")),
        sa.Column("first", sa.Text(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("max_radius_m", sa.Double(), nullable=True),
        sa.Column("max_position_age_s", sa.Double(), nullable=True),
        sa.Column("accept_within_s", sa.Double(), nullable=False),
        sa.Column("travel_mode", sa.Text(), nullable=False),
        sa.Column("rest_s", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "first IN ('own_grid', 'nearest', 'own_then_nearest')",
            name=op.f("ck_dispatch_policy_first"),
        ),
        sa.CheckConstraint(
            "reach IN ('grid', 'street', 'county', 'anywhere')",
            name=op.f("ck_dispatch_policy_reach"),
        ),
        sa.CheckConstraint(
            "travel_mode IN ('walk', 'ebike', 'car')", name=op.f("ck_dispatch_policy_travel_mode")
        ),
        sa.CheckConstraint(
            "max_radius_m > 0 AND max_position_age_s > 0 AND accept_within_s > 0 AND rest_s >= 0",
            name=op.f("ck_dispatch_policy_amounts"),
        ),
        sa.PrimaryKeyConstraint("version_id", "matter_code", name=op.f("pk_dispatch_policy")),
    )
    _duties_and_calendars()


def _duties_and_calendars() -> None:
    op.create_table(
        "duty",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        version("duty"),
        code("matter_code", to("duty", "matter", "matter_code")),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("unit_kind", sa.Text(), nullable=False),
        code("unit_code", to("duty", "unit", "unit_code"), nullable=True),
        sa.Column("task", sa.Text(), nullable=False),
        sa.CheckConstraint(LEVEL, name=op.f("ck_duty_level")),
        sa.CheckConstraint("part IN ('lead', 'assist')", name=op.f("ck_duty_part")),
        sa.CheckConstraint(f"unit_kind {UNIT_KIND}", name=op.f("ck_duty_unit_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty")),
        sa.UniqueConstraint(
            *("version_id", "matter_code", "level", "part", "unit_kind", "unit_code"),
            name=op.f("uq_duty_once"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "calendar_day",
        version("calendar_day"),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('hours', 'off', 'make_up')", name=op.f("ck_calendar_day_kind")
        ),
        sa.CheckConstraint("last >= first", name=op.f("ck_calendar_day_order")),
        sa.CheckConstraint(
            "(kind = 'hours') = (hours IS NOT NULL)", name=op.f("ck_calendar_day_hours")
        ),
        sa.CheckConstraint(
            "date_part('year', first) = date_part('year', last)",
            name=op.f("ck_calendar_day_within_a_year"),
        ),
        sa.PrimaryKeyConstraint("version_id", "first", "kind", name=op.f("pk_calendar_day")),
    )


def downgrade() -> None:
    for table in (*PUBLIC, "delegation", "unit_entry", "unit", "list_version"):
        op.drop_table(table)
    op.drop_column("matter", "valid_to")
