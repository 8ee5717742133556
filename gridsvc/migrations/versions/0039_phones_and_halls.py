"""phones on which households agreed to be told; halls that serve neighbours."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

SERVICE = "gridsvc_service"
SERVICES = "'wecom', 'dingtalk', 'feishu', 'mail', 'webhook'"
OWNERS = "account_id, unit_code"
SUBJECT = "kind, subject_type, subject_id, occasion"


def _owned_by(table: str, owners: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_one_owner"), table, type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_one_owner"), table, f"num_nonnulls({owners}) = 1")


def _told_once(owners: str) -> None:
    op.drop_constraint("uq_notice_once", "notice", type_="unique")
    op.create_unique_constraint(
        "uq_notice_once",
        "notice",
        f"{owners}, {SUBJECT}".split(", "),
        postgresql_nulls_not_distinct=True,
    )


def _services(allowed: str) -> None:
    op.drop_constraint(op.f("ck_channel_service"), "channel", type_="check")
    op.create_check_constraint(op.f("ck_channel_service"), "channel", f"service IN ({allowed})")


def _phones() -> None:
    for table in ("channel", "notice"):
        op.add_column(table, sa.Column("household_id", sa.BigInteger(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_{table}_household_id"),
            *(table, "household", ["household_id"], ["id"]),
            ondelete="CASCADE",
        )
        op.create_index(op.f(f"ix_{table}_household_id"), table, ["household_id"])
        _owned_by(table, f"{OWNERS}, household_id")
    for name in ("consent", "shown"):
        op.add_column("channel", sa.Column(name, sa.Text(), nullable=True))
    _services(f"{SERVICES}, 'phone'")
    for name, condition in {
        "phone": "(service = 'phone') = (household_id IS NOT NULL)",
        "consent": "num_nonnulls(household_id, consent, shown) IN (0, 3)",
    }.items():
        op.create_check_constraint(op.f(f"ck_channel_{name}"), "channel", condition)
    _told_once(f"{OWNERS}, household_id")
    op.add_column(
        "broadcast", sa.Column("phones", sa.Integer(), server_default="0", nullable=False)
    )


# Lists tell by themselves who may see them: their area, and those in it.
SERVES = """
code IN (
    SELECT w.point_code FROM service_window w JOIN list_version v ON v.id = w.version_id
    WHERE v.begins <= now() AND NOT EXISTS (
        SELECT FROM list_version n
        WHERE n.kind = v.kind AND n.division_code = v.division_code AND n.begins <= now()
          AND (n.begins, n.id) > (v.begins, v.id)
    )
)
"""


def upgrade() -> None:
    _phones()
    op.execute(f"CREATE POLICY serves ON service_point FOR SELECT USING ({SERVES})")


def downgrade() -> None:
    op.execute("DROP POLICY serves ON service_point")
    op.drop_column("broadcast", "phones")
    for table in ("notice", "channel"):
        op.execute(f"DELETE FROM {table} WHERE household_id IS NOT NULL")
    for name in ("phone", "consent"):
        op.drop_constraint(op.f(f"ck_channel_{name}"), "channel", type_="check")
    _services(SERVICES)
    _told_once(OWNERS)
    for name in ("consent", "shown"):
        op.drop_column("channel", name)
    for table in ("notice", "channel"):
        _owned_by(table, OWNERS)
        op.drop_column(table, "household_id")
