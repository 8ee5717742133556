"""courses of people; windows that serve beyond their area and come to the door."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
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
#: What the service may do, beside reading.
WRITES = {
    "training": "INSERT, DELETE",
}


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _code(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(collation="C"), nullable=nullable)


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _big(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=nullable)


def _to(table: str, column: str, target: str, **more: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), **more)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _courses() -> None:
    columns = ("person_id", "item_code", "matter_code", "trained_on")
    op.create_table(
        "training",
        _id(),
        _big("person_id"),
        _code("division_code"),
        _code("item_code", nullable=True),
        _text("matter_code", nullable=True),
        _text("course"),
        sa.Column("trained_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training")),
        sa.ForeignKeyConstraint(
            ["person_id", "division_code"],
            ["person.id", "person.division_code"],
            name=op.f("fk_training_person_id_division_code"),
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
        _to("training", "matter_code", "matter.code"),
        sa.UniqueConstraint(
            *columns,
            name=op.f(f"uq_training_{'_'.join(columns)}"),
            postgresql_nulls_not_distinct=True,
        ),
        _check("training", "for_one_thing", "(item_code IS NULL) <> (matter_code IS NULL)"),
        _check("training", "course_length", "length(course) BETWEEN 1 AND 200"),
        _check("training", "in_order", "valid_until > trained_on"),
    )


def _windows() -> None:
    op.add_column(
        "village_window",
        sa.Column("serves", sa.ARRAY(sa.Text(collation="C")), server_default="{}", nullable=False),
    )
    op.add_column("registration", _code("item_code", nullable=True))
    op.add_column("registration", sa.Column("at_door", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_registration_at_door_for_something"),
        "registration",
        "item_code IS NOT NULL OR at_door IS NULL",
    )
    op.execute(f"GRANT UPDATE (serves) ON village_window TO {SERVICE}")


def upgrade() -> None:
    _courses()
    _windows()
    for table, privileges in WRITES.items():
        op.execute(f"GRANT SELECT, {privileges} ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} USING ({VISIBLE})")


def downgrade() -> None:
    for table in reversed(WRITES):
        op.drop_table(table)
    op.drop_column("registration", "at_door")
    op.drop_column("registration", "item_code")
    op.drop_column("village_window", "serves")
