"""spot checks of what was said to be done, and stars of grids."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0033"
down_revision = "0032"
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
#: What the service may do, beside reading.
WRITES = {
    "photo_hash": "INSERT, DELETE",
    "spot_check": "INSERT, UPDATE (verdict, judged_by, judged_at, note)",
    "star_rule": "INSERT",
    "star_rating": "INSERT, UPDATE",
}
KINDS = "('no_track', 'elsewhere', 'instant', 'reused_photo', 'unchanged_photo')"


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _code(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(collation="C"), nullable=False)


def _now(name: str) -> sa.Column:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        server_default=sa.text("clock_timestamp()"),
        nullable=False,
    )


def _time(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _big(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=nullable)


def _to(table: str, column: str, target: str, **more: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), **more)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _checks() -> None:
    op.create_table(
        "photo_hash",
        _big("media_id"),
        _big("event_id"),
        _code("division_code"),
        _big("hash"),
        sa.PrimaryKeyConstraint("media_id", name=op.f("pk_photo_hash")),
        _to("photo_hash", "media_id", "event_media.id", ondelete="CASCADE"),
        _to("photo_hash", "event_id", "event.id", ondelete="CASCADE"),
    )
    op.create_index("ix_photo_hash_event_id", "photo_hash", ["event_id"])
    op.create_index("ix_photo_hash_division_code", "photo_hash", ["division_code"])
    op.create_table(
        "spot_check",
        _id(),
        _big("event_id"),
        _code("division_code"),
        _text("kind"),
        _big("person_id", nullable=True),
        sa.Column("detail", JSONB(), nullable=False),
        _now("found_at"),
        _text("verdict", nullable=True),
        _text("judged_by", nullable=True),
        _time("judged_at", nullable=True),
        _text("note"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spot_check")),
        _to("spot_check", "event_id", "event.id", ondelete="CASCADE"),
        _to("spot_check", "person_id", "person.id"),
        sa.UniqueConstraint("event_id", "kind", name=op.f("uq_spot_check_event_id_kind")),
        _check("spot_check", "kind", f"kind IN {KINDS}"),
        _check("spot_check", "verdict", "verdict IN ('confirmed', 'dismissed')"),
        _check(
            "spot_check",
            "judged",
            "(verdict IS NULL) = (judged_by IS NULL) AND (verdict IS NULL) = (judged_at IS NULL)",
        ),
    )
    op.create_index("ix_spot_check_division_code", "spot_check", ["division_code", "found_at"])


def _stars() -> None:
    op.create_table(
        "star_rule",
        _id(),
        _code("division_code"),
        _code("code"),
        _text("name"),
        sa.Column("criteria", JSONB(), nullable=False),
        sa.Column("thresholds", sa.ARRAY(sa.Double()), nullable=False),
        sa.Column("least_cases", sa.Integer(), nullable=False),
        sa.Column("most_with_sham", sa.Integer(), nullable=False),
        _now("laid_down_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_star_rule")),
        sa.UniqueConstraint("division_code", "code", name=op.f("uq_star_rule_division_code_code")),
        _check("star_rule", "thresholds", "cardinality(thresholds) = 4"),
        _check("star_rule", "most_with_sham", "most_with_sham BETWEEN 1 AND 5"),
    )
    op.create_table(
        "star_rating",
        _id(),
        _big("rule_id"),
        _big("grid_id"),
        _code("division_code"),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=True),
        sa.Column("points", sa.Double(), nullable=True),
        sa.Column("measures", JSONB(), nullable=False),
        _now("rated_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_star_rating")),
        _to("star_rating", "rule_id", "star_rule.id"),
        _to("star_rating", "grid_id", "grid.id"),
        sa.UniqueConstraint(
            "rule_id",
            "grid_id",
            "since",
            "until",
            name=op.f("uq_star_rating_rule_id_grid_id_since_until"),
        ),
        _check("star_rating", "stars", "stars BETWEEN 1 AND 5"),
        _check("star_rating", "in_order", "until > since"),
    )
    op.create_index("ix_star_rating_division_code", "star_rating", ["division_code", "since"])


def upgrade() -> None:
    _checks()
    _stars()
    for table, privileges in WRITES.items():
        op.execute(f"GRANT SELECT, {privileges} ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} USING ({VISIBLE})")
    op.execute(f"CREATE POLICY from_above ON star_rule FOR SELECT USING ({FROM_ABOVE})")


def downgrade() -> None:
    for table in reversed(WRITES):
        op.drop_table(table)
