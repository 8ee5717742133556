"""late work orders go up; when they are to be planned; doors are booked ahead; what is forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
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


def _time(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column:
    given = None if default is None else sa.text(default)
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=given)


def _code(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(collation="C"), nullable=False)


def _late_orders() -> None:
    op.add_column("village_window", sa.Column("plan_within_h", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_village_window_plan_within_h"), "village_window", "plan_within_h > 0"
    )
    op.execute(f"GRANT UPDATE (plan_within_h) ON village_window TO {SERVICE}")
    op.add_column("work_order", _time("plan_by", nullable=True))
    op.create_index(
        "ix_work_order_awaited",
        "work_order",
        [sa.text("coalesce(due_at, plan_by)")],
        postgresql_where=sa.text("done_at IS NULL"),
    )
    table = "order_escalation"
    op.create_table(
        table,
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("rung", sa.Text(), nullable=False),
        _time("due_at"),
        _code("division_code"),
        _code("told_code"),
        _time("at", default="clock_timestamp()"),
        sa.PrimaryKeyConstraint("order_id", "rung", "due_at", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["work_order.id"], name=op.f(f"fk_{table}_order_id"), ondelete="CASCADE"
        ),
    )
    op.execute(f"GRANT SELECT, INSERT ON {table} TO {SERVICE}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY scope ON {table} USING ({VISIBLE})")


def _doors() -> None:
    op.add_column(
        "village_window",
        sa.Column("door_lead_h", sa.Integer(), server_default="2", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_village_window_door_lead_h"), "village_window", "door_lead_h >= 0"
    )
    op.execute(f"GRANT UPDATE (door_lead_h) ON village_window TO {SERVICE}")


#: A plan names who answers for it; when its case is anonymised, it does no longer.
PLANNED = "(state = 'ISSUED') = (measures IS NULL) AND (measures IS NULL) = (due_at IS NULL) AND "
NAMED = (
    "(measures IS NULL) = (responsible_sealed IS NULL)"
    " AND (measures IS NULL) = (responsible_masked IS NULL)"
)
FORGOTTEN = (
    "(responsible_sealed IS NULL OR measures IS NOT NULL)"
    " AND (responsible_sealed IS NULL) = (responsible_masked IS NULL)"
)


def _names(condition: str) -> None:
    op.drop_constraint(op.f("ck_work_order_planned"), "work_order", type_="check")
    op.create_check_constraint(op.f("ck_work_order_planned"), "work_order", PLANNED + condition)


def upgrade() -> None:
    _late_orders()
    _doors()
    _names(FORGOTTEN)
    op.execute(f"GRANT UPDATE (description, geom, client_key, body_sha256) ON repair TO {SERVICE}")
    op.execute(f"GRANT UPDATE (client_key, body_sha256) ON deliberation TO {SERVICE}")


def downgrade() -> None:
    op.execute(
        f"REVOKE UPDATE (description, geom, client_key, body_sha256) ON repair FROM {SERVICE}"
    )
    op.execute(f"REVOKE UPDATE (client_key, body_sha256) ON deliberation FROM {SERVICE}")
    op.execute(
        "UPDATE work_order SET responsible_sealed = '', responsible_masked = ''"
        " WHERE measures IS NOT NULL AND responsible_sealed IS NULL"
    )
    _names(NAMED)
    op.drop_table("order_escalation")
    op.drop_index("ix_work_order_awaited", "work_order")
    op.drop_column("work_order", "plan_by")
    op.drop_column("village_window", "plan_within_h")
    op.drop_column("village_window", "door_lead_h")
