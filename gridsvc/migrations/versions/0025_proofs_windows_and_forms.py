"""proofs that may be asked for, service items at windows, and what forms ask."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

SERVICE = "gridsvc_service"
BEFORE = "'powers', 'matters', 'units', 'delegations', 'limits', 'policies', 'duties', 'calendars'"
ADDED = "'proofs', 'items', 'windows', 'offers', 'forms'"
TABLES = ("proof", "service_item", "service_window", "service_offer", "form_field")


def code(name: str, *constraints: sa.ForeignKey) -> sa.Column:
    return sa.Column(name, sa.Text(collation="C"), *constraints, nullable=False)


def listed(table: str, *columns: sa.Column, key: tuple[str, ...], **checks: str) -> None:
    op.create_table(
        table,
        sa.Column(
            "version_id",
            sa.BigInteger(),
            sa.ForeignKey(
                "list_version.id", name=op.f(f"fk_{table}_version_id"), ondelete="CASCADE"
            ),
            nullable=False,
        ),
        *columns,
        *(
            sa.CheckConstraint(told, name=op.f(f"ck_{table}_{name}"))
            for name, told in checks.items()
        ),
        sa.PrimaryKeyConstraint("version_id", *key, name=op.f(f"pk_{table}")),
    )
    op.execute(f"GRANT SELECT ON {table} TO {SERVICE}")


def unit(table: str, column: str) -> sa.Column:
    return code(column, sa.ForeignKey("unit.code", name=op.f(f"fk_{table}_{column}")))


def kinds(allowed: str) -> None:
    op.drop_constraint(op.f("ck_list_version_kind"), "list_version", type_="check")
    op.create_check_constraint(op.f("ck_list_version_kind"), "list_version", f"kind IN ({allowed})")


def upgrade() -> None:
    kinds(f"{BEFORE}, {ADDED}")
    text, truth = sa.Text(), sa.Boolean()
    listed(
        "proof",
        code("code"),
        sa.Column("name", text, nullable=False),
        sa.Column("allowed", truth, nullable=False),
        sa.Column("basis", text, nullable=False),
        sa.Column("instead", text, nullable=False),
        key=("code",),
        instead="allowed OR instead <> ''",
    )
    listed(
        "service_item",
        code("code"),
        sa.Column("name", text, nullable=False),
        sa.Column("kind", text, nullable=False),
        unit("service_item", "unit_code"),
        sa.Column("by_agent", truth, nullable=False),
        key=("code",),
        kind="kind IN ('approval', 'public')",
    )
    listed(
        "service_window",
        code("code"),
        code("point_code"),
        sa.Column("name", text, nullable=False),
        sa.Column("kind", text, nullable=False),
        sa.Column("opens", text, nullable=False),
        sa.Column("hours", text, nullable=False),
        key=("code",),
        kind="kind IN ('approval', 'public', 'agent')",
        opens="opens IN ('working_days', 'daily')",
    )
    listed(
        "service_offer", code("window_code"), code("item_code"), key=("window_code", "item_code")
    )
    listed(
        "form_field",
        code("form_code"),
        sa.Column("form_name", text, nullable=False),
        unit("form_field", "unit_code"),
        sa.Column("role", text, nullable=False),
        sa.Column("every", text, nullable=False),
        sa.Column("field", text, nullable=False),
        key=("form_code", "field"),
        role="role IN ('grid_worker', 'liaison', 'officer')",
        every="every IN ('once', 'day', 'week', 'month', 'quarter', 'year')",
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.execute(f"DELETE FROM list_version WHERE kind IN ({ADDED})")
    kinds(BEFORE)
