"""guards that must hold whatever program writes: cells, event states, history."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

#: Cells of one level may share borders, not ground: re-projected borders of two communities
#: differ by far less than this.
OVERLAP_ALLOWED_M2 = 1

SCHEMES = """
INSERT INTO code_scheme (name, level, pattern, description) VALUES
('community+3', 'grid', '^[0-9]{15}$',
 '社区 12 位代码 + 3 位网格顺序码（自西向东、自北向南）'),
('grid+2', 'micro_grid', '^[0-9]{17}$',
 '网格 15 位代码 + 2 位微网格顺序码（自西向东、自北向南）')
"""

MOVES = """
INSERT INTO event_move (from_state, to_state) VALUES
('REPORTED', 'FILED'), ('REPORTED', 'REJECTED'),
('FILED', 'DISPATCHED'), ('FILED', 'SUSPENDED'), ('FILED', 'REJECTED'),
('DISPATCHED', 'ACCEPTED'), ('DISPATCHED', 'ON_SITE'), ('DISPATCHED', 'HANDLED'),
('DISPATCHED', 'RETURNED'), ('DISPATCHED', 'SUSPENDED'),
('ACCEPTED', 'ON_SITE'), ('ACCEPTED', 'HANDLED'), ('ACCEPTED', 'RETURNED'),
('ACCEPTED', 'SUSPENDED'),
('ON_SITE', 'HANDLED'), ('ON_SITE', 'RETURNED'), ('ON_SITE', 'SUSPENDED'),
('HANDLED', 'VERIFIED'), ('HANDLED', 'RETURNED'),
('VERIFIED', 'CLOSED'),
('CLOSED', 'REOPENED'), ('REJECTED', 'REOPENED'),
('RETURNED', 'DISPATCHED'), ('RETURNED', 'SUSPENDED'),
('SUSPENDED', 'REOPENED'),
('REOPENED', 'DISPATCHED'), ('REOPENED', 'SUSPENDED')
"""

# Deferred to the commit, so that one transaction may end the old plan and begin the new one.
CELL_IN_PLACE = f"""
CREATE FUNCTION cell_in_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    other text;
BEGIN
    IF NEW.valid IS NULL THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM code_scheme s WHERE s.name = NEW.scheme
                   AND s.level = TG_TABLE_NAME AND NEW.code ~ s.pattern)
       OR left(NEW.code, 12) <> NEW.division_code THEN
        RAISE EXCEPTION 'cell code % does not fit scheme % of community %',
            NEW.code, NEW.scheme, NEW.division_code USING ERRCODE = 'check_violation';
    END IF;
    EXECUTE format(
        'SELECT o.code FROM %I o WHERE o.id <> $1.id AND o.valid && $1.valid
         AND o.geom && $1.geom AND ST_Relate(o.geom, $1.geom, ''2********'')
         AND ST_Area(ST_Intersection(o.geom, $1.geom)::geography) > {OVERLAP_ALLOWED_M2}
         LIMIT 1', TG_TABLE_NAME) USING NEW INTO other;
    IF other IS NOT NULL THEN
        RAISE EXCEPTION 'published cell % overlaps %', NEW.code, other
            USING ERRCODE = 'exclusion_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM division d WHERE d.code = NEW.division_code AND d.geom IS NOT NULL
               AND NOT ST_Covers(d.geom, NEW.geom) AND ST_Area(
                   ST_Difference(NEW.geom, d.geom)::geography) > {OVERLAP_ALLOWED_M2}) THEN
        RAISE EXCEPTION 'cell % leaves its community %', NEW.code, NEW.division_code
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""

# A published cell is a fact of its time: only its end may be written, and once.
CELL_KEPT = """
CREATE FUNCTION cell_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    but_for_its_end record;
BEGIN
    IF OLD.valid IS NULL THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        but_for_its_end := NEW;
        but_for_its_end.valid := OLD.valid;
    END IF;
    IF TG_OP = 'DELETE' OR but_for_its_end IS DISTINCT FROM OLD OR NOT upper_inf(OLD.valid)
       OR lower(NEW.valid) IS DISTINCT FROM lower(OLD.valid) THEN
        RAISE EXCEPTION 'published cell % cannot be changed; publish a new plan', OLD.code
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""

EVENT_HAS_HISTORY = """
CREATE FUNCTION event_has_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last text;
    now_state text;
BEGIN
    SELECT h.to_state INTO last FROM event_history h
        WHERE h.event_id = NEW.id ORDER BY h.id DESC LIMIT 1;
    SELECT e.state INTO now_state FROM event e WHERE e.id = NEW.id;
    IF now_state IS NOT NULL AND last IS DISTINCT FROM now_state THEN
        RAISE EXCEPTION 'event % is % but its history ends with %', NEW.id, now_state, last
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""

# Each line begins where the line before it ended.
HISTORY_CHAINED = """
CREATE FUNCTION history_chained() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last text;
BEGIN
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
    for statement in (SCHEMES, MOVES, CELL_IN_PLACE, CELL_KEPT, EVENT_HAS_HISTORY, HISTORY_CHAINED):
        op.execute(statement)
    for table in ("grid", "micro_grid"):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {table}_in_place AFTER INSERT OR UPDATE OF valid, geom"
            f" ON {table} DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION cell_in_place()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION cell_kept()"
        )
    op.execute(
        "CREATE CONSTRAINT TRIGGER event_has_history AFTER INSERT OR UPDATE OF state ON event"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION event_has_history()"
    )
    op.execute(
        "CREATE TRIGGER event_history_chained BEFORE INSERT OR UPDATE OR DELETE"
        " ON event_history FOR EACH ROW EXECUTE FUNCTION history_chained()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER event_history_chained ON event_history")
    op.execute("DROP TRIGGER event_has_history ON event")
    for table in ("grid", "micro_grid"):
        op.execute(f"DROP TRIGGER {table}_kept ON {table}")
        op.execute(f"DROP TRIGGER {table}_in_place ON {table}")
    for function in ("history_chained", "event_has_history", "cell_kept", "cell_in_place"):
        op.execute(f"DROP FUNCTION {function}()")
    op.execute("DELETE FROM event_move")
    op.execute("DELETE FROM code_scheme")
