"""tracks by month, devices that tell positions, shifts, history of duty, postings to units."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geography
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SERVICE = "gridsvc_service"
#: As migration 0005 has it for every table.
INSIDE = (
    "division_code >= nullif(current_setting('gridsvc.low', true), '')"
    " AND division_code < nullif(current_setting('gridsvc.high', true), '')"
    " AND CASE WHEN current_setting('gridsvc.high', true) COLLATE \"C\" > ':' THEN NULL"
    " WHEN current_setting('gridsvc.areas', true) = '*' THEN true"
    " ELSE nullif(division_code <@ (SELECT scope_areas()), false) END IS NOT NULL"
)
DATUM = "datum IN ('wgs84', 'gcj02', 'bd09', 'cgcs2000')"
POLICIES = {
    **dict.fromkeys(("track", "device", "shift", "duty_change", "posting"), INSIDE),
    "position_batch": "EXISTS (SELECT FROM account a WHERE a.id = account_id)",
}
WRITES = {
    "track": "INSERT, DELETE",
    "device": "INSERT, UPDATE, DELETE",
    "shift": "INSERT, UPDATE, DELETE",
    "duty_change": "INSERT",
    "posting": "INSERT, UPDATE",
    "position_batch": "INSERT, UPDATE, DELETE",
}

# Months are made and dropped by their owner alone; the service may ask for it. What comes where
# no month was made, because no job ran for long, lies in `other` until its month is.
TRACKS_AHEAD = """
CREATE FUNCTION tracks_ahead(months integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    month timestamptz;
    name text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(7246002);
    FOR month IN SELECT generate_series(date_trunc('month', now() - interval '8 days'),
                                        now() + make_interval(months => months),
                                        interval '1 month') LOOP
        name := to_char(month, '"y"YYYY"m"MM');
        CONTINUE WHEN to_regclass('tracks.' || name) IS NOT NULL;
        EXECUTE format('CREATE TABLE tracks.%I (LIKE track INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
        EXECUTE format('WITH moved AS (DELETE FROM tracks.other WHERE at >= $1 AND at < $2 RETURNING *)
                        INSERT INTO tracks.%I SELECT * FROM moved', name)
            USING month, month + interval '1 month';
        EXECUTE format('ALTER TABLE track ATTACH PARTITION tracks.%I FOR VALUES FROM (%L) TO (%L)',
                       name, month, month + interval '1 month');
        made := made + 1;
    END LOOP;
    RETURN made;
END $$
"""
TRACKS_REMOVED = """
CREATE FUNCTION tracks_removed(days integer) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    name text;
    rows bigint;
    removed bigint := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(7246002);
    FOR name IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'track'::regclass AND c.relname ~ '^y[0-9]{4}m[0-9]{2}$'
                  AND to_timestamp(c.relname, '"y"YYYY"m"MM') + interval '1 month'
                      <= now() - make_interval(days => days) LOOP
        EXECUTE format('SELECT count(*) FROM tracks.%I', name) INTO rows;
        EXECUTE format('DROP TABLE tracks.%I', name);
        removed := removed + rows;
    END LOOP;
    DELETE FROM tracks.other WHERE at < now() - make_interval(days => days);
    GET DIAGNOSTICS rows = ROW_COUNT;
    RETURN removed + rows;
END $$
"""


def _geog(name: str, **column: object) -> sa.Column:
    return sa.Column(
        name,
        Geography(
            geometry_type="POINT",
            srid=4326,
            dimension=2,
            spatial_index=False,
            from_text="ST_GeogFromText",
            name="geography",
        ),
        **column,
    )


def _at(name: str, *, now: str | None = None, nullable: bool = False) -> sa.Column:
    default = sa.text(now) if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable)


def _of_person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["person_id", "division_code"],
        ["person.id", "person.division_code"],
        name=op.f(f"fk_{table}_person_id_division_code"),
        ondelete="CASCADE",
        onupdate="CASCADE",
    )


def _tracks() -> None:
    op.add_column("position", _geog("exact", nullable=True))
    op.create_table(
        "track",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        _at("at"),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        _at("captured_at"),
        _at("received_at", now="now()"),
        _geog("geog", nullable=False),
        sa.Column("datum", sa.Text(), nullable=False),
        sa.Column("accuracy_m", sa.REAL(), nullable=True),
        sa.Column("speed_mps", sa.REAL(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("unused", sa.Text(), nullable=True),
        sa.CheckConstraint(DATUM, name=op.f("ck_track_datum")),
        sa.CheckConstraint(
            "source IN ('api', 'osmand', 'traccar', 'owntracks')", name=op.f("ck_track_source")
        ),
        sa.CheckConstraint(
            "unused IN ('no_fix', 'clock_ahead', 'clock_behind', 'outside', 'inaccurate',"
            " 'too_fast', 'older')",
            name=op.f("ck_track_unused"),
        ),
        sa.PrimaryKeyConstraint("person_id", "at", "division_code", name=op.f("pk_track")),
        postgresql_partition_by="RANGE (at)",
    )
    op.create_index("ix_track_at", "track", ["at"], postgresql_using="brin")
    op.execute("CREATE SCHEMA tracks")
    op.execute("CREATE TABLE tracks.other PARTITION OF track DEFAULT")
    for statement in (TRACKS_AHEAD, TRACKS_REMOVED):
        op.execute(statement)
    for call in ("tracks_ahead(integer)", "tracks_removed(integer)"):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {call} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {call} TO {SERVICE}")
    op.execute("SELECT tracks_ahead(3)")
    op.create_table(
        "position_batch",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("client_key", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("answer", postgresql.JSONB(), nullable=True),
        _at("received_at", now="now()"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_position_batch_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "client_key", name=op.f("pk_position_batch")),
    )
    op.create_index(op.f("ix_position_batch_received_at"), "position_batch", ["received_at"])


def _devices() -> None:
    op.create_table(
        "device",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("beginning", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("datum", sa.Text(), nullable=False),
        _at("created_at", now="now()"),
        _at("revoked_at", nullable=True),
        _at("used_at", nullable=True),
        sa.CheckConstraint(DATUM, name=op.f("ck_device_datum")),
        sa.CheckConstraint("length(label) BETWEEN 1 AND 100", name=op.f("ck_device_label_length")),
        _of_person("device"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("digest", name=op.f("uq_device_digest")),
    )
    op.create_index(op.f("ix_device_person_id"), "device", ["person_id"])


def _shifts() -> None:
    op.create_table(
        "shift",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        _at("begun_at", nullable=True),
        _at("ended_at", nullable=True),
        sa.CheckConstraint(
            "lower(during) < upper(during) AND upper(during) <= lower(during) + interval '1 day'",
            name=op.f("ck_shift_at_most_a_day"),
        ),
        postgresql.ExcludeConstraint(
            ("person_id", "="), ("during", "&&"), name="ex_shift_overlap", using="gist"
        ),
        _of_person("shift"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
    )
    op.create_index(
        "ix_shift_open", "shift", ["ended_at"], postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_table(
        "duty_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        _at("at", now="clock_timestamp()"),
        sa.Column("on_duty", sa.Boolean(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("cause IN ('shift', 'hand')", name=op.f("ck_duty_change_cause")),
        _of_person("duty_change"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_change")),
    )
    op.create_index("ix_duty_change_person_id", "duty_change", ["person_id", "at"])


def _postings() -> None:
    op.create_table(
        "posting",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("home_unit", sa.Text(collation="C"), nullable=False),
        sa.Column("commanding_unit", sa.Text(collation="C"), nullable=False),
        sa.Column("during", postgresql.DATERANGE(), nullable=False),
        sa.CheckConstraint(
            "NOT isempty(during) AND NOT lower_inf(during)", name=op.f("ck_posting_begins")
        ),
        postgresql.ExcludeConstraint(
            ("person_id", "="), ("during", "&&"), name="ex_posting_one_at_a_time", using="gist"
        ),
        sa.ForeignKeyConstraint(["home_unit"], ["unit.code"], name=op.f("fk_posting_home_unit")),
        sa.ForeignKeyConstraint(
            ["commanding_unit"], ["unit.code"], name=op.f("fk_posting_commanding_unit")
        ),
        _of_person("posting"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
    )


def upgrade() -> None:
    _tracks()
    _devices()
    _shifts()
    _postings()
    for table, visible in POLICIES.items():
        op.execute(f"GRANT SELECT, {WRITES[table]} ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} USING ({visible})")


def downgrade() -> None:
    op.execute("DROP FUNCTION tracks_ahead(integer), tracks_removed(integer)")
    for table in POLICIES:
        op.drop_table(table)
    op.execute("DROP SCHEMA tracks")
    op.drop_column("position", "exact")
