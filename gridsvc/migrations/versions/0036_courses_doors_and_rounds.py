"""courses of people; windows that serve beyond their area; rounds in which units judge."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0036"
down_revision = "0035"
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
KNOWN_BELOW = ("appraisal_scheme", "appraisal_round")
#: A round that is closed stays as it was told, with every score in it.
ROUND_STAYS = """
CREATE FUNCTION closed_round_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'appraisal_round' THEN
        IF OLD.state = 'CLOSED' THEN
            RAISE EXCEPTION 'round % is closed; nothing of it changes', OLD.id
                USING ERRCODE = 'check_violation';
        END IF;
    ELSIF EXISTS (SELECT FROM appraisal_round WHERE id = NEW.round_id AND state = 'CLOSED') THEN
        RAISE EXCEPTION 'round % is closed; nothing of it changes', NEW.round_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""
#: What the service may do, beside reading.
WRITES = {
    "training": "INSERT, DELETE",
    "appraisal_scheme": "INSERT, UPDATE (name, sides, laid_down_at)",
    "appraisal_round": "INSERT, UPDATE (state, results, closed_at)",
    "appraisal_score": "INSERT, UPDATE (score)",
    "appraisal_history": "INSERT",
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


def _now(name: str) -> sa.Column:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        server_default=sa.text("clock_timestamp()"),
        nullable=False,
    )


def _rounds() -> None:
    op.create_table(
        "appraisal_scheme",
        _id(),
        _code("division_code"),
        _code("code"),
        _text("name"),
        sa.Column("sides", JSONB(), nullable=False),
        _now("laid_down_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_scheme")),
        sa.UniqueConstraint(
            "division_code", "code", name=op.f("uq_appraisal_scheme_division_code_code")
        ),
    )
    op.create_table(
        "appraisal_round",
        _id(),
        _code("division_code"),
        _code("scheme_code"),
        _text("name"),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("sides", JSONB(), nullable=False),
        sa.Column("state", sa.Text(), server_default="OPEN", nullable=False),
        sa.Column("results", JSONB(), nullable=True),
        _now("opened_at"),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_round")),
        sa.UniqueConstraint(
            *("division_code", "scheme_code", "since"),
            name=op.f("uq_appraisal_round_division_code_scheme_code_since"),
        ),
        _check("appraisal_round", "in_order", "until > since"),
        _check("appraisal_round", "state", "state IN ('OPEN', 'CLOSED')"),
        _check(
            "appraisal_round",
            "closed",
            "(state = 'CLOSED') = (closed_at IS NOT NULL)"
            " AND (closed_at IS NULL) = (results IS NULL)",
        ),
    )
    op.create_table(
        "appraisal_score",
        _big("round_id"),
        _code("side_code"),
        _code("rater"),
        _code("ratee"),
        _code("aspect_code"),
        _code("division_code"),
        sa.Column("score", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint(
            *("round_id", "side_code", "rater", "ratee", "aspect_code"),
            name=op.f("pk_appraisal_score"),
        ),
        _to("appraisal_score", "round_id", "appraisal_round.id"),
        _to("appraisal_score", "rater", "unit.code"),
        _check("appraisal_score", "score", "score BETWEEN 0 AND 100"),
        _check("appraisal_score", "not_itself", "rater <> ratee"),
    )
    op.create_index("ix_appraisal_score_division_code", "appraisal_score", ["division_code"])
    op.create_table(
        "appraisal_history",
        _id(),
        _big("round_id"),
        _code("division_code"),
        _text("deed"),
        _code("unit_code", nullable=True),
        sa.Column("scores", JSONB(), nullable=True),
        _text("actor"),
        _now("at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_history")),
        _to("appraisal_history", "round_id", "appraisal_round.id"),
        _check("appraisal_history", "deed", "deed IN ('open', 'score', 'close')"),
    )
    op.create_index("ix_appraisal_history_round_id", "appraisal_history", ["round_id", "id"])
    op.create_index("ix_appraisal_history_division_code", "appraisal_history", ["division_code"])
    op.execute(ROUND_STAYS)
    for table, when in {"appraisal_round": "UPDATE", "appraisal_score": "INSERT OR UPDATE"}.items():
        op.execute(
            f"CREATE TRIGGER {table}_closed_round_stays BEFORE {when} ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION closed_round_stays()"
        )


def upgrade() -> None:
    _courses()
    _windows()
    _rounds()
    for table, privileges in WRITES.items():
        op.execute(f"GRANT SELECT, {privileges} ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} USING ({VISIBLE})")
    for table in KNOWN_BELOW:
        op.execute(f"CREATE POLICY from_above ON {table} FOR SELECT USING ({FROM_ABOVE})")


def downgrade() -> None:
    for table in reversed(WRITES):
        op.drop_table(table)
    op.execute("DROP FUNCTION closed_round_stays()")
    op.drop_column("registration", "at_door")
    op.drop_column("registration", "item_code")
    op.drop_column("village_window", "serves")
