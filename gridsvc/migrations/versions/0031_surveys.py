"""surveys of satisfaction: schemes, waves, samples, links, answers; orders to put right."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0031"
down_revision = "0030"
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
#: What the service may do, beside reading. An answer is never changed.
WRITES = {
    "survey_scheme": "INSERT",
    "survey_wave": "INSERT",
    "survey_stratum": "INSERT",
    "survey_link": "INSERT, UPDATE (used)",
    "survey_caller": "INSERT",
    "survey_answer": "INSERT",
    "rectification": "INSERT, UPDATE",
    "rectification_history": "INSERT",
}
STATES = "('ORDERED', 'UNDER_WAY', 'DONE', 'PUBLISHED')"


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _code(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(collation="C"), nullable=nullable)


def _day(name: str) -> sa.Column:
    return sa.Column(name, sa.Date(), nullable=False)


def _now(name: str) -> sa.Column:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        server_default=sa.text("clock_timestamp()"),
        nullable=False,
    )


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _ref(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=nullable)


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _waves() -> None:
    op.create_table(
        "survey_scheme",
        _id(),
        _code("division_code"),
        _code("code"),
        _text("name"),
        sa.Column("dimensions", JSONB(), nullable=False),
        _now("laid_down_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_scheme")),
        sa.UniqueConstraint(
            "division_code", "code", name=op.f("uq_survey_scheme_division_code_code")
        ),
    )
    op.create_table(
        "survey_wave",
        _id(),
        _code("division_code"),
        _ref("scheme_id"),
        _text("name"),
        _day("opens"),
        _day("closes"),
        _text("made_by"),
        _now("made_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_wave")),
        _to("survey_wave", "division_code", "division.code"),
        _to("survey_wave", "scheme_id", "survey_scheme.id"),
        _check("survey_wave", "in_order", "closes >= opens"),
    )
    op.execute(
        "ALTER TABLE survey_wave ADD CONSTRAINT ex_survey_wave_one_at_a_time EXCLUDE USING gist"
        " (division_code WITH =, scheme_id WITH =, daterange(opens, closes, '[]') WITH &&)"
    )
    op.create_table(
        "survey_stratum",
        _ref("wave_id"),
        _code("division_code"),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("wave_id", "division_code", name=op.f("pk_survey_stratum")),
        _to("survey_stratum", "wave_id", "survey_wave.id"),
        _check("survey_stratum", "planned", "planned BETWEEN 0 AND population"),
    )


def _answers() -> None:
    op.create_table(
        "survey_link",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        _ref("wave_id"),
        _code("division_code"),
        sa.Column("used", sa.Boolean(), server_default="false", nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_survey_link")),
        _to("survey_link", "wave_id", "survey_wave.id"),
    )
    op.create_table(
        "survey_caller",
        _ref("wave_id"),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        _code("division_code"),
        sa.PrimaryKeyConstraint("wave_id", "digest", name=op.f("pk_survey_caller")),
        _to("survey_caller", "wave_id", "survey_wave.id"),
    )
    op.create_table(
        "survey_answer",
        _id(),
        _ref("wave_id"),
        _code("division_code"),
        _text("channel"),
        _text("respondent"),
        sa.Column("scores", JSONB(), nullable=False),
        _day("answered_on"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answer")),
        _to("survey_answer", "wave_id", "survey_wave.id"),
        _check("survey_answer", "channel", "channel IN ('link', 'phone')"),
        _check("survey_answer", "respondent", "respondent IN ('resident', 'unit')"),
    )
    op.create_index("ix_survey_answer_wave_id", "survey_answer", ["wave_id"])


def _orders() -> None:
    op.create_table(
        "rectification",
        _id(),
        _code("division_code"),
        _ref("wave_id", nullable=True),
        _code("indicator_code", nullable=True),
        _text("problem"),
        _text("opinion"),
        _text("responsible"),
        _day("deadline"),
        _text("measures"),
        _text("result"),
        _text("state"),
        _now("ordered_at"),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rectification")),
        _to("rectification", "division_code", "division.code"),
        _to("rectification", "wave_id", "survey_wave.id"),
        _check("rectification", "state", f"state IN {STATES}"),
        _check("rectification", "done", "(state IN ('DONE', 'PUBLISHED')) = (done_on IS NOT NULL)"),
        _check("rectification", "published", "(state = 'PUBLISHED') = (published_at IS NOT NULL)"),
    )
    op.create_index("ix_rectification_division_code", "rectification", ["division_code"])
    op.create_table(
        "rectification_history",
        _id(),
        _ref("rectification_id"),
        _code("division_code"),
        _text("from_state", nullable=True),
        _text("to_state"),
        _text("actor"),
        _text("note"),
        _now("at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rectification_history")),
        _to("rectification_history", "rectification_id", "rectification.id"),
    )
    op.create_index(
        "ix_rectification_history_rectification_id", "rectification_history", ["rectification_id"]
    )


def upgrade() -> None:
    _waves()
    _answers()
    _orders()
    for table, privileges in WRITES.items():
        op.execute(f"GRANT SELECT, {privileges} ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} USING ({VISIBLE})")
    op.execute(f"CREATE POLICY from_above ON survey_scheme FOR SELECT USING ({FROM_ABOVE})")


def downgrade() -> None:
    for table in reversed(WRITES):
        op.drop_table(table)
