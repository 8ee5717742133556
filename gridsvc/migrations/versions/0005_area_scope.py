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


def _inside(column: str) -> str:
    return (
        f"{column} >= nullif(current_setting('gridsvc.low', true), '')"
        f" AND {column} < nullif(current_setting('gridsvc.high', true), '')"
        f" AND (current_setting('gridsvc.areas', true) = '*' OR {column} <@ (SELECT scope_areas()))"
    )


_EVERY_REPORTER = "current_setting('gridsvc.reporter', true) = '*'"
_EVERY_MATTER = "current_setting('gridsvc.matters', true) = '*'"
_OWN_AND_COMPETENT = (
    f"({_EVERY_REPORTER} OR CAST(reported_by AS text) = current_setting('gridsvc.reporter', true))"
    f" AND ({_EVERY_MATTER} OR matter_code ="
    " ANY (string_to_array(current_setting('gridsvc.matters', true), ',')))"
)
_OF_VISIBLE_EVENT = (
    f"(({_EVERY_REPORTER} AND {_EVERY_MATTER})"
    " OR EXISTS (SELECT FROM event e WHERE e.id = event_id))"
)

#: Tables and what of them a transaction may see.
POLICIES = {
    # Names and borders of what an area lies in are no secret to it.
    "division": f"({_inside('code')})"
    " OR code = ANY (string_to_array(current_setting('gridsvc.above', true), ','))",
    **{
        table: _inside("division_code")
        for table in (
            *("building", "household", "barrier", "site", "plan", "grid", "micro_grid"),
            *("person", "person_power", "workload", "position", "account"),
        )
    },
    "event": f"{_inside('division_code')} AND {_OWN_AND_COMPETENT}",
    **{
        table: f"{_inside('division_code')} AND {_OF_VISIBLE_EVENT}"
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

#: Guards must see the whole of what they guard, whoever is asking.
GUARDS = ("cell_in_place", "cell_kept", "event_has_history", "history_chained")
_EVERYTHING = {
    "gridsvc.low": "'0'",
    "gridsvc.high": "':'",
    "gridsvc.areas": "'*'",
    "gridsvc.reporter": "'*'",
    "gridsvc.matters": "'*'",
}

# Note and reporter of a case that was anonymised may be blanked; nothing else of the past changes.
HISTORY_CHAINED = """
CREATE OR REPLACE FUNCTION history_chained() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last text;
    but_for_its_words record;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        but_for_its_words := NEW;
        but_for_its_words.note := OLD.note;
        but_for_its_words.actor := OLD.actor;
        IF NEW.note = '' AND NEW.actor IN (OLD.actor, '') AND but_for_its_words IS NOT DISTINCT FROM OLD AND EXISTS (
            SELECT FROM event e WHERE e.id = NEW.event_id AND e.anonymised_at IS NOT NULL) THEN
            RETURN NEW;
        END IF;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'history is append-only' USING ERRCODE = 'check_violation';
    END IF;
    SELECT h.to_state INTO last FROM event_history h
        WHERE h.event_id = NEW.event_id ORDER BY h.id DESC LIMIT 1;
    IF NEW.from_state IS DISTINCT FROM last THEN
        RAISE EXCEPTION 'event % is %, not %', NEW.event_id, last, NEW.from_state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute(TYPES)
    op.execute(SCOPE_AREAS)
    op.execute(HISTORY_CHAINED)
    for guard in GUARDS:
        settings = " ".join(f"SET {name} = {value}" for name, value in _EVERYTHING.items())
        op.execute(f"ALTER FUNCTION {guard}() {settings}")
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
    for guard in GUARDS:
        op.execute(f"ALTER FUNCTION {guard}() RESET ALL")
    op.execute("DROP FUNCTION scope_areas()")
    op.execute("DROP TYPE code_range")
