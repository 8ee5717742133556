"""an event's life: stages with limits, suspensions, cancel numbers, publication, duplicates."""

import geoalchemy2
import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SERVICE = "gridsvc_service"


def likely(*, unless: str = "false", always: str, otherwise: str) -> str:
    """A condition the planner takes to be true for nearly every row; see migration 0005."""
    return (
        f"CASE WHEN {unless} THEN NULL WHEN {always} THEN true"
        f" ELSE nullif({otherwise}, false) END IS NOT NULL"
    )


#: As migration 0005 has it for whatever belongs to an event.
VISIBLE = (
    "division_code >= nullif(current_setting('gridsvc.low', true), '')"
    " AND division_code < nullif(current_setting('gridsvc.high', true), '') AND "
    + likely(
        unless="current_setting('gridsvc.high', true) COLLATE \"C\" > ':'",
        always="current_setting('gridsvc.areas', true) = '*'",
        otherwise="division_code <@ (SELECT scope_areas())",
    )
    + " AND "
    + likely(
        always="current_setting('gridsvc.reporter', true) = '*'"
        " AND current_setting('gridsvc.matters', true) = '*'",
        otherwise="EXISTS (SELECT FROM event e WHERE e.id = event_id)",
    )
)
#: What the service may do with each new table, beside reading.
WRITES = {
    "event_stage": "INSERT, UPDATE",
    "escalation": "INSERT",
    "suspension": "INSERT, UPDATE",
    "cancel_number": "INSERT",
    "publication": "INSERT, UPDATE",
    "duplicate_link": "INSERT, UPDATE",
}

# Who verifies is not who handled, and nothing is put off that nobody else approved: refused here,
# whatever program writes.
HISTORY_GUARDED = """
CREATE FUNCTION history_guarded() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own boolean;
    approved boolean;
    seen text[] := scope_widened();
BEGIN
    own := NEW.to_state = 'VERIFIED' AND EXISTS (
        SELECT FROM event e JOIN person p ON p.id = e.handler_id
        WHERE e.id = NEW.event_id AND p.code = NEW.actor);
    approved := NEW.to_state <> 'SUSPENDED' OR EXISTS (
        SELECT FROM suspension s WHERE s.event_id = NEW.event_id AND s.approved
        AND s.ended_at IS NULL AND s.until > NEW.at);
    PERFORM scope_restored(seen);
    IF own THEN
        RAISE EXCEPTION 'event % is verified by whoever handled it', NEW.event_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT approved THEN
        RAISE EXCEPTION 'event % is suspended without approval', NEW.event_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.to_state IN ('REJECTED', 'RETURNED') AND NEW.reason IS NULL THEN
        RAISE EXCEPTION 'event % becomes % without a reason', NEW.event_id, NEW.to_state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""
OWNER_STAYS = """
CREATE FUNCTION owner_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.owner_id IS NOT NULL AND NEW.owner_id IS DISTINCT FROM OLD.owner_id THEN
        RAISE EXCEPTION 'the first receiver of event % stays', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""
PUBLISHED_AFTER = """
CREATE FUNCTION published_after() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    fits boolean;
    seen text[] := scope_widened();
BEGIN
    fits := EXISTS (SELECT FROM event e WHERE e.id = NEW.event_id
                    AND e.state IN ('VERIFIED', 'CLOSED'));
    PERFORM scope_restored(seen);
    IF NOT fits THEN
        RAISE EXCEPTION 'event % is published before it is verified', NEW.event_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""
TRIGGERS = {
    ("history_guarded", "event_history"): "BEFORE INSERT",
    ("owner_stays", "event"): "BEFORE UPDATE OF owner_id",
    ("published_after", "publication"): "BEFORE INSERT",
}


def _now(name: str) -> sa.Column:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        server_default=sa.text("clock_timestamp()"),
        nullable=False,
    )


def _time(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of_event(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f(f"fk_{table}_event_id"), ondelete="CASCADE"
        ),
    )


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _stages() -> None:
    op.create_table(
        "event_stage",
        *_of_event("event_stage"),
        _text("stage"),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("sequence", sa.Integer(), server_default="1", nullable=False),
        _now("started_at"),
        _time("due_at"),
        _text("undated_because", nullable=True),
        _time("paused_at"),
        sa.Column("paused", sa.Interval(), server_default="0", nullable=False),
        _time("done_at"),
        _text("outcome", nullable=True),
        _check("event_stage", "outcome", "outcome IN ('done', 'void')"),
        _check("event_stage", "ended", "(done_at IS NULL) = (outcome IS NULL)"),
        _check("event_stage", "in_order", "done_at >= started_at AND due_at >= started_at"),
        _check("event_stage", "not_paused_in_the_end", "paused_at IS NULL OR done_at IS NULL"),
    )
    op.create_index("ix_event_stage_event_id", "event_stage", ["event_id", "id"])
    open_ones = sa.text("done_at IS NULL")
    op.create_index(
        "uq_event_stage_one_open",
        "event_stage",
        ["event_id", "stage"],
        unique=True,
        postgresql_where=open_ones,
    )
    op.create_index(
        "ix_event_stage_open_due", "event_stage", ["due_at"], postgresql_where=open_ones
    )
    op.create_index("ix_event_stage_division_due", "event_stage", ["division_code", "due_at"])
    op.create_table(
        "escalation",
        *_of_event("escalation"),
        sa.Column("stage_id", sa.BigInteger(), nullable=False),
        _text("stage"),
        _text("rung"),
        sa.Column("told_code", sa.Text(collation="C"), nullable=False),
        _time("due_at", nullable=False),
        _now("at"),
        sa.ForeignKeyConstraint(
            ["stage_id"],
            ["event_stage.id"],
            name=op.f("fk_escalation_stage_id"),
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("stage_id", "rung", name=op.f("uq_escalation_stage_id_rung")),
    )
    op.create_index("ix_escalation_event_id", "escalation", ["event_id", "id"])


def _deeds() -> None:
    op.create_table(
        "suspension",
        *_of_event("suspension"),
        _time("until", nullable=False),
        _text("reason"),
        _text("note"),
        _text("asked_by"),
        _now("asked_at"),
        sa.Column("approved", sa.Boolean(), nullable=True),
        _text("decided_by", nullable=True),
        _time("decided_at"),
        sa.Column("decision_note", sa.Text(), server_default="", nullable=False),
        _time("ended_at"),
        _check("suspension", "ends_later", "until > asked_at"),
        _check("suspension", "four_eyes", "decided_by <> asked_by"),
        _check(
            "suspension",
            "decided",
            "(approved IS NULL) = (decided_by IS NULL)"
            " AND (approved IS NULL) = (decided_at IS NULL)",
        ),
    )
    op.create_index("ix_suspension_event_id", "suspension", ["event_id", "id"])
    op.create_index(
        "uq_suspension_one_open",
        "suspension",
        ["event_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "cancel_counter",
        sa.Column("county_code", sa.Text(collation="C"), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("county_code", "year", name=op.f("pk_cancel_counter")),
    )
    op.create_table(
        "cancel_number",
        *_of_event("cancel_number"),
        sa.Column("number", sa.Text(collation="C"), nullable=False),
        _now("given_at"),
        sa.UniqueConstraint("number", name=op.f("uq_cancel_number_number")),
    )
    op.create_index("ix_cancel_number_event_id", "cancel_number", ["event_id", "id"])
    op.create_table(
        "publication",
        *_of_event("publication"),
        _text("published_by"),
        _now("published_at"),
        _text("withdrawn_by", nullable=True),
        _time("withdrawn_at"),
        _text("reason", nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        _check(
            "publication",
            "withdrawn",
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)"
            " AND (withdrawn_at IS NULL) = (reason IS NULL)",
        ),
    )
    op.create_index(
        "uq_publication_one_open",
        "publication",
        ["event_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index("ix_publication_event_id", "publication", ["event_id", "id"])
    op.create_table(
        "duplicate_link",
        *_of_event("duplicate_link"),
        sa.Column("duplicate_of", sa.BigInteger(), nullable=False),
        _text("linked_by"),
        _now("linked_at"),
        _text("unlinked_by", nullable=True),
        _time("unlinked_at"),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["duplicate_of"],
            ["event.id"],
            name=op.f("fk_duplicate_link_duplicate_of"),
            ondelete="CASCADE",
        ),
        _check("duplicate_link", "of_another", "duplicate_of <> event_id"),
        _check("duplicate_link", "unlinked", "(unlinked_at IS NULL) = (unlinked_by IS NULL)"),
    )
    op.create_index(
        "uq_duplicate_link_one_open",
        "duplicate_link",
        ["event_id"],
        unique=True,
        postgresql_where=sa.text("unlinked_at IS NULL"),
    )
    op.create_index(
        "ix_duplicate_link_duplicate_of",
        "duplicate_link",
        ["duplicate_of"],
        postgresql_where=sa.text("unlinked_at IS NULL"),
    )


def _moves() -> None:
    for column in (
        _text("reason", nullable=True),
        _time("captured_at"),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        _text("client_key", nullable=True),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=True),
    ):
        op.add_column("event_history", column)
    op.create_foreign_key(
        op.f("fk_event_history_account_id"), "event_history", "account", ["account_id"], ["id"]
    )
    op.create_check_constraint(
        op.f("ck_event_history_client_key"),
        "event_history",
        "length(client_key) >= 1 AND length(client_key) <= 100"
        " AND (client_key IS NULL) = (body_sha256 IS NULL)"
        " AND (client_key IS NULL) = (account_id IS NULL)",
    )
    op.create_index(
        "uq_event_history_client_key",
        "event_history",
        ["event_id", "account_id", "client_key"],
        unique=True,
        postgresql_where=sa.text("client_key IS NOT NULL"),
    )
    op.create_index("ix_event_history_division_at", "event_history", ["division_code", "at"])
    op.add_column(
        "matter",
        sa.Column("photo_after", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def _photos() -> None:
    op.add_column(
        "event_media",
        sa.Column(
            "geom",
            geoalchemy2.Geometry("POINT", 4326, spatial_index=False),
            nullable=True,
        ),
    )
    op.add_column("event_media", sa.Column("away_m", sa.Double(), nullable=True))
    op.create_check_constraint(
        op.f("ck_event_media_sound_geom"),
        "event_media",
        "ST_IsValid(geom) AND NOT ST_IsEmpty(geom)"
        " AND ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180"
        " AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90",
    )
    op.create_check_constraint(
        op.f("ck_event_media_away"), "event_media", "(away_m IS NULL) = (geom IS NULL)"
    )


def upgrade() -> None:
    # Trusted, like btree_gist: the database's owner may create it without being a superuser.
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    _stages()
    _deeds()
    _moves()
    _photos()
    # Metres with an index, and the time beside them: what was reported near, and then.
    op.execute(
        "CREATE INDEX ix_event_place_time ON event USING gist"
        " (CAST(geom AS geography), received_at)"
    )
    for statement in (HISTORY_GUARDED, OWNER_STAYS, PUBLISHED_AFTER):
        op.execute(statement)
    for (function, table), when in TRIGGERS.items():
        op.execute(
            f"CREATE TRIGGER {table}_{function} {when} ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {function}()"
        )
    for table, privileges in WRITES.items():
        op.execute(f"GRANT SELECT, {privileges} ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} USING ({VISIBLE})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON cancel_counter TO {SERVICE}")


def downgrade() -> None:
    for function, table in TRIGGERS:
        op.execute(f"DROP TRIGGER {table}_{function} ON {table}")
        op.execute(f"DROP FUNCTION {function}()")
    op.execute("DROP INDEX ix_event_place_time")
    for column in ("geom", "away_m"):
        op.drop_column("event_media", column)
    op.drop_column("matter", "photo_after")
    op.drop_index("ix_event_history_division_at", "event_history")
    op.drop_index("uq_event_history_client_key", "event_history")
    op.drop_constraint(op.f("ck_event_history_client_key"), "event_history")
    for column in ("reason", "captured_at", "account_id", "client_key", "body_sha256"):
        op.drop_column("event_history", column)
    for table in (*reversed(WRITES), "cancel_counter"):
        op.drop_table(table)
    op.execute("DROP EXTENSION pg_trgm")
