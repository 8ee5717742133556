"""which transaction wrote a line of history, for the live stream; channels, notices, deliveries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SERVICE = "gridsvc_service"
#: The number of the writing transaction; as bigint, which drivers and indexes know.
OWN_TRANSACTION = "CAST(CAST(pg_current_xact_id() AS text) AS bigint)"
#: As migration 0005 has it for every table.
INSIDE = (
    "division_code >= nullif(current_setting('gridsvc.low', true), '')"
    " AND division_code < nullif(current_setting('gridsvc.high', true), '')"
    " AND CASE WHEN current_setting('gridsvc.high', true) COLLATE \"C\" > ':' THEN NULL"
    " WHEN current_setting('gridsvc.areas', true) = '*' THEN true"
    " ELSE nullif(division_code <@ (SELECT scope_areas()), false) END IS NOT NULL"
)
#: What the service may do with each table, beside reading.
WRITES = {
    "channel": "INSERT, UPDATE, DELETE",
    "subscription": "INSERT, DELETE",
    "notice": "INSERT, UPDATE, DELETE",
    "delivery": "INSERT, UPDATE",
}


def upgrade() -> None:
    # Without the default at first: lines of the past are no news, and stay as they are.
    op.add_column("event_history", sa.Column("xid", sa.BigInteger(), nullable=True))
    op.execute(f"ALTER TABLE event_history ALTER COLUMN xid SET DEFAULT {OWN_TRANSACTION}")
    op.create_index(op.f("ix_event_history_xid"), "event_history", ["xid"])
    _make_channels()
    _make_notices()
    for table, privileges in WRITES.items():
        op.execute(f"GRANT SELECT, {privileges} ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} USING ({INSIDE})")


def _owner(table: str) -> list:
    """Columns and constraints of what belongs to an account or a unit."""
    return [
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_code", sa.Text(collation="C"), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(account_id, unit_code) = 1", name=op.f(f"ck_{table}_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f(f"fk_{table}_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _now(name: str) -> sa.Column:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _make_channels() -> None:
    op.create_table(
        "channel",
        *_owner("channel"),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("url_sealed", sa.Text(), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_to", sa.Time(), nullable=True),
        _now("created_at"),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_channel_language")),
        sa.CheckConstraint(
            "service IN ('wecom', 'dingtalk', 'feishu', 'mail', 'webhook')",
            name=op.f("ck_channel_service"),
        ),
    )
    op.create_index("ix_channel_account_id", "channel", ["account_id"])
    op.create_index("ix_channel_unit_code", "channel", ["unit_code"])
    op.create_table(
        "subscription",
        *_owner("subscription"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.UniqueConstraint(
            *("account_id", "unit_code", "kind", "division_code"),
            name=op.f("uq_subscription_account_id_unit_code_kind_division_code"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_subscription_kind_division_code", "subscription", ["kind", "division_code"])


def _make_notices() -> None:
    op.create_table(
        "notice",
        *_owner("notice"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        _now("created_at"),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint(
            *("account_id", "unit_code", "kind", "subject_type", "subject_id", "occasion"),
            name="uq_notice_once",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_notice_account_id", "notice", ["account_id", "id"])
    op.create_index(op.f("ix_notice_created_at"), "notice", ["created_at"])
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        _now("next_at"),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'unsure', 'dead')",
            name=op.f("ck_delivery_state"),
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_delivery_notice_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_delivery_channel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "notice_id", "channel_id", name=op.f("uq_delivery_notice_id_channel_id")
        ),
    )
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["next_at"],
        postgresql_where=sa.text("state IN ('waiting', 'sending')"),
    )
    op.create_index("ix_delivery_channel_id", "delivery", ["channel_id", "sent_at"])


def downgrade() -> None:
    for table in ("delivery", "notice", "subscription", "channel"):
        op.drop_table(table)
    op.drop_index(op.f("ix_event_history_xid"), table_name="event_history")
    op.drop_column("event_history", "xid")
