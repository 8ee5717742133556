"""briefings that were ordered, and their files until they expire."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

SERVICE = "gridsvc_service"

#: See migration 0005.
INSIDE = (
    "division_code >= nullif(current_setting('gridsvc.low', true), '')"
    " AND division_code < nullif(current_setting('gridsvc.high', true), '')"
    " AND CASE WHEN current_setting('gridsvc.high', true) COLLATE \"C\" > ':' THEN NULL"
    " WHEN current_setting('gridsvc.areas', true) = '*' THEN true"
    " ELSE nullif(division_code <@ (SELECT scope_areas()), false) END IS NOT NULL"
)


def _moment(name: str, *, now: bool = True) -> sa.Column:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=False)


def upgrade() -> None:
    op.create_table(
        "briefing",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("asked", JSONB(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("share", sa.Float(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        _moment("ordered_at"),
        _moment("seen_at"),
        _moment("expires_at", now=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'drawing', 'done', 'failed', 'cancelled')",
            name=op.f("ck_briefing_state"),
        ),
        sa.CheckConstraint("share >= 0 AND share <= 1", name=op.f("ck_briefing_share")),
        sa.CheckConstraint(
            "(state = 'done') = (content IS NOT NULL)", name=op.f("ck_briefing_done_has_content")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_briefing_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_briefing")),
    )
    op.create_index("ix_briefing_account_id", "briefing", ["account_id", "id"])
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON briefing TO {SERVICE}")
    op.execute("ALTER TABLE briefing ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY scope ON briefing USING ({INSIDE})")


def downgrade() -> None:
    op.drop_table("briefing")
