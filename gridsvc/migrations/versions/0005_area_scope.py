"""row-level security: what is outside a transaction's scope is not there."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SERVICE = "gridsvc_service"

# What a transaction may see stands in settings that end with it. A setting that is missing, or
# '' as one becomes that was once set locally, shows nothing. The two bounds are compared as plain
# text, so that the planner knows their values and an index can use them; only a scope of several
# ranges needs the multirange, read once for a statement.
TYPES = """
CREATE TYPE code_range AS RANGE (subtype = text, collation = "C")
"""
SCOPE_AREAS = """
CREATE FUNCTION scope_areas() RETURNS code_multirange LANGUAGE sql STABLE PARALLEL SAFE
RETURN CAST(nullif(nullif(current_setting('gridsvc.areas', true), ''), '*') AS code_multirange)
"""


def likely(*, unless: str = "false", always: str, otherwise: str) -> str:
    """A condition that the planner takes to be true for nearly every row.

    Of OR, CASE or a comparison with a setting it would guess that one row in hundreds passes, and
    sort a county's people instead of walking the spatial index; of IS NOT NULL it guesses 99.5 %.
    """
    return (
        f"CASE WHEN {unless} THEN NULL WHEN {always} THEN true"
        f" ELSE nullif({otherwise}, false) END IS NOT NULL"
    )


def inside(column: str) -> str:
    """Condition that a code lies in the scope."""
    return (
        f"{column} >= nullif(current_setting('gridsvc.low', true), '')"
        f" AND {column} < nullif(current_setting('gridsvc.high', true), '') AND "
    ) + likely(
        # No code comes after '9…': a bound that does is none.
        unless="current_setting('gridsvc.high', true) COLLATE \"C\" > ':'",
        always="current_setting('gridsvc.areas', true) = '*'",
        otherwise=f"{column} <@ (SELECT scope_areas())",
    )


_REPORTER = "current_setting('gridsvc.reporter', true)"
_MATTERS = "current_setting('gridsvc.matters', true)"
_OWN_AND_COMPETENT = " AND ".join(
    (
        likely(always=f"{_REPORTER} = '*'", otherwise=f"reported_by::text = {_REPORTER}"),
        likely(
            always=f"{_MATTERS} = '*'",
            otherwise=f"matter_code = ANY (string_to_array({_MATTERS}, ','))",
        ),
    )
)
_OF_VISIBLE_EVENT = likely(
    always=f"{_REPORTER} = '*' AND {_MATTERS} = '*'",
    otherwise="EXISTS (SELECT FROM event e WHERE e.id = event_id)",
)

#: Tables and what of them a transaction may see.
POLICIES = {
    # Names and borders of what an area lies in are no secret to it.
    "division": f"({inside('code')})"
    " OR code = ANY (string_to_array(current_setting('gridsvc.above', true), ','))",
    **{
        table: inside("division_code")
        for table in (
            *("building", "household", "barrier", "site", "plan", "grid", "micro_grid"),
            *("person", "person_power", "workload", "position", "account"),
        )
    },
    "event": f"{inside('division_code')} AND {_OWN_AND_COMPETENT}",
    **{
        table: f"{inside('division_code')} AND {_OF_VISIBLE_EVENT}"
        for table in ("event_history", "event_media", "assignment")
    },
    **{
        f"{level}_{table}": f"EXISTS (SELECT FROM {level} c WHERE c.id = {level}_id)"
        for level in ("grid", "micro_grid")
        for table in ("post", "predecessor")
    },
    **dict.fromkeys(
        ("account_area", "account_matter", "login_session", "api_key"),
        "EXISTS (SELECT FROM account a WHERE a.id = account_id)",
    ),
}

#: What the service may do, beside reading; plans and lists are loaded by the owner.
WRITES = {
    "person": "UPDATE",
    "person_power": "DELETE",
    "workload": "UPDATE",
    "position": "INSERT, UPDATE, DELETE",
    "grid_post": "DELETE",
    "micro_grid_post": "DELETE",
    "event": "INSERT, UPDATE",
    "event_history": "INSERT, UPDATE",
    "event_media": "INSERT, DELETE",
    "assignment": "INSERT, UPDATE",
    "account": "INSERT, UPDATE",
    "account_area": "INSERT, DELETE",
    "account_matter": "INSERT, DELETE",
    "login_session": "INSERT, UPDATE, DELETE",
    "api_key": "INSERT, UPDATE",
}
READ_ONLY = ("matter", "power", "event_move", "code_scheme", "alembic_version")

# Guards must see the whole of what they guard, whoever is asking: they widen the scope for their
# look and put it back.
SCOPE_WIDENED = """
CREATE FUNCTION scope_widened() RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    names text[] := '{gridsvc.low,gridsvc.high,gridsvc.areas,gridsvc.reporter,gridsvc.matters}';
    everything text[] := ARRAY['0', ':', '*', '*', '*'];
    seen text[] := '{}';
BEGIN
    FOR n IN 1 .. array_length(names, 1) LOOP
        seen := seen || coalesce(current_setting(names[n], true), '');
        PERFORM set_config(names[n], everything[n], true);
    END LOOP;
    RETURN seen;
END $$
"""
SCOPE_RESTORED = """
CREATE FUNCTION scope_restored(seen text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    names text[] := '{gridsvc.low,gridsvc.high,gridsvc.areas,gridsvc.reporter,gridsvc.matters}';
BEGIN
    FOR n IN 1 .. array_length(names, 1) LOOP
        PERFORM set_config(names[n], seen[n], true);
    END LOOP;
END $$
"""

OVERLAP_ALLOWED_M2 = 1
CELL_IN_PLACE = f"""
CREATE OR REPLACE FUNCTION cell_in_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    fits boolean;
    other text;
    leaves boolean;
    seen text[];
BEGIN
    IF NEW.valid IS NULL THEN
        RETURN NULL;
    END IF;
    seen := scope_widened();
    fits := left(NEW.code, 12) = NEW.division_code AND EXISTS (
        SELECT 1 FROM code_scheme s WHERE s.name = NEW.scheme AND s.level = TG_TABLE_NAME
        AND NEW.code ~ s.pattern);
    EXECUTE format(
        'SELECT o.code FROM %I o WHERE o.id <> $1.id AND o.valid && $1.valid
         AND o.geom && $1.geom AND ST_Relate(o.geom, $1.geom, ''2********'')
         AND ST_Area(ST_Intersection(o.geom, $1.geom)::geography) > {OVERLAP_ALLOWED_M2}
         LIMIT 1', TG_TABLE_NAME) USING NEW INTO other;
    leaves := EXISTS (SELECT 1 FROM division d
        WHERE d.code = NEW.division_code AND d.geom IS NOT NULL
          AND NOT ST_Covers(d.geom, NEW.geom) AND ST_Area(
              ST_Difference(NEW.geom, d.geom)::geography) > {OVERLAP_ALLOWED_M2});
    PERFORM scope_restored(seen);
    IF NOT fits THEN
        RAISE EXCEPTION 'cell code % does not fit scheme % of community %',
            NEW.code, NEW.scheme, NEW.division_code USING ERRCODE = 'check_violation';
    END IF;
    IF other IS NOT NULL THEN
        RAISE EXCEPTION 'published cell % overlaps %', NEW.code, other
            USING ERRCODE = 'exclusion_violation';
    END IF;
    IF leaves THEN
        RAISE EXCEPTION 'cell % leaves its community %', NEW.code, NEW.division_code
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""
EVENT_HAS_HISTORY = """
CREATE OR REPLACE FUNCTION event_has_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last text;
    now_state text;
    seen text[] := scope_widened();
BEGIN
    SELECT h.to_state INTO last FROM event_history h
        WHERE h.event_id = NEW.id ORDER BY h.id DESC LIMIT 1;
    SELECT e.state INTO now_state FROM event e WHERE e.id = NEW.id;
    PERFORM scope_restored(seen);
    IF now_state IS NOT NULL AND last IS DISTINCT FROM now_state THEN
        RAISE EXCEPTION 'event % is % but its history ends with %', NEW.id, now_state, last
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""
# Note and reporter of a case that was anonymised may be blanked; nothing else of the past changes.
HISTORY_CHAINED = """
CREATE OR REPLACE FUNCTION history_chained() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last text;
    anonymised boolean;
    but_for_its_words record;
    seen text[] := scope_widened();
BEGIN
    SELECT h.to_state INTO last FROM event_history h
        WHERE TG_OP = 'INSERT' AND h.event_id = NEW.event_id ORDER BY h.id DESC LIMIT 1;
    anonymised := TG_OP = 'UPDATE' AND EXISTS (
        SELECT FROM event e WHERE e.id = OLD.event_id AND e.anonymised_at IS NOT NULL);
    PERFORM scope_restored(seen);
    IF anonymised THEN
        but_for_its_words := NEW;
        but_for_its_words.note := OLD.note;
        but_for_its_words.actor := OLD.actor;
        IF NEW.note = '' AND NEW.actor IN (OLD.actor, '')
           AND but_for_its_words IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'history is append-only' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.from_state IS DISTINCT FROM last THEN
        RAISE EXCEPTION 'event % is %, not %', NEW.event_id, last, NEW.from_state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    for statement in (TYPES, SCOPE_AREAS, SCOPE_WIDENED, SCOPE_RESTORED):
        op.execute(statement)
    for statement in (CELL_IN_PLACE, EVENT_HAS_HISTORY, HISTORY_CHAINED):
        op.execute(statement)
    for table in READ_ONLY:
        op.execute(f"GRANT SELECT ON {table} TO {SERVICE}")
    for table, visible in POLICIES.items():
        op.execute(f"GRANT SELECT ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} USING ({visible})")
    for table, privileges in WRITES.items():
        op.execute(f"GRANT {privileges} ON {table} TO {SERVICE}")


def downgrade() -> None:
    for table in POLICIES:
        op.execute(f"DROP POLICY scope ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")
    for table in (*POLICIES, *READ_ONLY):
        op.execute(f"REVOKE ALL ON {table} FROM {SERVICE}")
    # Without policies there is nothing to look beyond.
    for guard in (CELL_IN_PLACE, EVENT_HAS_HISTORY, HISTORY_CHAINED):
        unwidened = guard.replace("scope_widened()", "'{}'").replace(
            "PERFORM scope_restored(seen);", ""
        )
        op.execute(unwidened)
    op.execute("DROP FUNCTION scope_widened(), scope_restored(text[])")
    op.execute("DROP FUNCTION scope_areas()")
    op.execute("DROP TYPE code_range")
