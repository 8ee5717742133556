"""groups and whom they serve, standards and findings, and the registers' history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0033"
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
#: Whom the groups of an area above serve, and what it asks for, is known to those in it.
FROM_ABOVE = (
    f"({VISIBLE}) OR (current_setting('gridsvc.reporter', true) = '*' AND division_code ="
    " ANY (string_to_array(current_setting('gridsvc.above', true), ',')))"
)
KNOWN_BELOW = ("community_group", "group_area", "standard")
#: What the service may do, beside reading.
WRITES = {
    "community_group": "INSERT, UPDATE (kind, name, level, parent_division, parent_code, counts,"
    " ends)",
    "group_area": "INSERT, DELETE",
    "group_member": "INSERT, DELETE",
    "standard": "INSERT, UPDATE (name, subject, kind, items)",
    "finding": "INSERT, UPDATE (note, actor)",
    "register_history": "INSERT, UPDATE (note, actor), DELETE",
}
SUBJECTS = "('group', 'project', 'mediation', 'deliberation', 'repair')"


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=False)


def _code(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(collation="C"), nullable=nullable)


def _key(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _day(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Date(), nullable=nullable)


def _json(name: str) -> sa.Column:
    return sa.Column(name, postgresql.JSONB(), nullable=False)


def _at() -> sa.Column:
    return sa.Column(
        "at",
        sa.DateTime(timezone=True),
        server_default=sa.text("clock_timestamp()"),
        nullable=False,
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


def _groups() -> None:
    table = "community_group"
    op.create_table(
        table,
        _id(),
        _code("division_code"),
        _code("code"),
        _code("kind"),
        _text("name"),
        _text("level"),
        _code("parent_division", nullable=True),
        _code("parent_code", nullable=True),
        _json("counts"),
        _day("begins"),
        _day("ends", nullable=True),
        _primary(table),
        _to(table, "division_code", "division.code"),
        *_named(table),
        _check(table, "ends_after", "ends > begins"),
        _check(table, "parent", "(parent_code IS NULL) = (parent_division IS NULL)"),
        _once(table, "division_code", "code", "begins"),
    )
    op.execute(
        "ALTER TABLE community_group ADD CONSTRAINT ex_community_group_one_at_a_time EXCLUDE USING"
        " gist (division_code WITH =, code WITH =, daterange(begins, ends) WITH &&)"
    )
    op.create_index("ix_community_group_kind", table, ["kind", "division_code"])
    table = "group_area"
    op.create_table(
        table,
        _key("group_id"),
        _code("area_code"),
        _code("division_code"),
        _primary(table, "group_id", "area_code"),
        _to(table, "group_id", "community_group.id", ondelete="CASCADE"),
    )
    op.create_index("ix_group_area_area_code", table, ["area_code"])
    table = "group_member"
    op.create_table(
        table,
        _id(),
        _key("group_id"),
        _code("division_code"),
        _key("person_id"),
        _text("duty"),
        _day("begins"),
        _day("ends", nullable=True),
        _primary(table),
        _to(table, "group_id", "community_group.id", ondelete="CASCADE"),
        _to(table, "person_id", "person.id"),
        _check(table, "ends_after", "ends > begins"),
        _once(table, "group_id", "person_id", "duty", "begins"),
    )
    op.create_index(op.f("ix_group_member_person_id"), table, ["person_id"])


def _standards() -> None:
    table = "standard"
    op.create_table(
        table,
        _id(),
        _code("division_code"),
        _code("code"),
        _text("name"),
        _text("subject"),
        _code("kind", nullable=True),
        _json("items"),
        _primary(table),
        _to(table, "division_code", "division.code"),
        *_named(table),
        _check(table, "subject", "subject IN ('division', 'grid', 'micro_grid', 'group')"),
        _check(table, "level", "subject <> 'division' OR kind IS NOT NULL"),
        _once(table, "division_code", "code"),
    )
    table = "finding"
    op.create_table(
        table,
        _id(),
        _key("standard_id"),
        _code("division_code"),
        _code("subject_code"),
        _code("item"),
        sa.Column("met", sa.Boolean(), nullable=False),
        _day("found_on"),
        _text("note"),
        _text("actor"),
        _at(),
        _primary(table),
        _to(table, "standard_id", "standard.id", ondelete="CASCADE"),
    )
    op.create_index(
        "ix_finding_latest", table, ["standard_id", "subject_code", "item", "found_on", "id"]
    )


def _history() -> None:
    table = "register_history"
    op.create_table(
        table,
        _id(),
        _code("division_code"),
        _text("subject"),
        _key("subject_id"),
        _text("deed"),
        _text("actor"),
        _text("note"),
        _at(),
        _primary(table),
        _check(table, "subject", f"subject IN {SUBJECTS}"),
    )
    op.create_index("ix_register_history_subject_id", table, ["subject", "subject_id", "id"])


def upgrade() -> None:
    _groups()
    _standards()
    _history()
    for table, privileges in WRITES.items():
        op.execute(f"GRANT SELECT, {privileges} ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        seen = FROM_ABOVE if table in KNOWN_BELOW else VISIBLE
        op.execute(f"CREATE POLICY scope ON {table} USING ({seen}) WITH CHECK ({VISIBLE})")


def downgrade() -> None:
    for table in reversed(WRITES):
        op.drop_table(table)
