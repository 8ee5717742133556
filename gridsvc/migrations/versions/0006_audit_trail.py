"""the audit trail: appended to by everybody, changed by nobody, chained in lanes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SERVICE = "gridsvc_service"
LANES = 64
#: As migration 0005 has it for every table.
INSIDE = (
    "division_code >= nullif(current_setting('gridsvc.low', true), '')"
    " AND division_code < nullif(current_setting('gridsvc.high', true), '')"
    " AND CASE WHEN current_setting('gridsvc.high', true) COLLATE \"C\" > ':' THEN NULL"
    " WHEN current_setting('gridsvc.areas', true) = '*' THEN true"
    " ELSE nullif(division_code <@ (SELECT scope_areas()), false) END IS NOT NULL"
)

# Every column but the digest itself, in a form that has one reading only.
DIGEST = """
CREATE FUNCTION audit_digest(e audit_entry) RETURNS bytea LANGUAGE sql STABLE
SET timezone = 'UTC'
RETURN sha256(convert_to((to_jsonb(e) - 'digest')::text, 'UTF8'))
"""

# Runs as the owner: nobody else may write the heads. The lane's head is locked until the commit,
# and a server process works on one transaction at a time, so lanes cannot wait in a circle.
APPEND = f"""
CREATE FUNCTION audit_append() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    NEW.lane := pg_backend_pid() % {LANES};
    SELECT sequence + 1, digest INTO STRICT NEW.sequence, NEW.previous_digest
        FROM audit_head WHERE lane = NEW.lane FOR UPDATE;
    NEW.at := clock_timestamp();
    NEW.digest := ''::bytea;
    NEW.digest := audit_digest(NEW);
    UPDATE audit_head SET sequence = NEW.sequence, digest = NEW.digest WHERE lane = NEW.lane;
    RETURN NEW;
END $$
"""

KEPT = """
CREATE FUNCTION audit_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('gridsvc.pruning', true) = 'on'
       AND OLD.at < now() - interval '184 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'check_violation';
END $$
"""

# Only whole beginnings of chains are removed, and where they ended is remembered.
PRUNE = """
CREATE FUNCTION audit_prune(keep_days integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    older_than timestamptz := now() - make_interval(days => keep_days);
    removed bigint;
BEGIN
    IF keep_days < 184 THEN
        RAISE EXCEPTION 'audit entries are kept for 184 days' USING ERRCODE = 'check_violation';
    END IF;
    UPDATE audit_head h SET pruned_sequence = last.sequence, pruned_digest = last.digest
    FROM (
        SELECT DISTINCT ON (e.lane) e.lane, e.sequence, e.digest FROM audit_entry e
        WHERE e.at < older_than AND NOT EXISTS (
            SELECT FROM audit_entry younger
            WHERE younger.lane = e.lane AND younger.sequence < e.sequence AND younger.at >= older_than)
        ORDER BY e.lane, e.sequence DESC) last
    WHERE h.lane = last.lane;
    PERFORM set_config('gridsvc.pruning', 'on', true);
    DELETE FROM audit_entry e USING audit_head h
        WHERE h.lane = e.lane AND e.sequence <= h.pruned_sequence;
    GET DIAGNOSTICS removed = ROW_COUNT;
    PERFORM set_config('gridsvc.pruning', '', true);
    RETURN removed;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("lane", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("person_code", sa.Text(), nullable=True),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("after", postgresql.JSONB(), nullable=True),
        sa.Column("previous_digest", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("lane", "sequence", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"])
    op.create_index("ix_audit_entry_login", "audit_entry", ["login", "at"])
    op.create_index("ix_audit_entry_object", "audit_entry", ["kind", "object_id", "at"])
    op.create_index("ix_audit_entry_division_code", "audit_entry", ["division_code", "at"])
    op.create_table(
        "audit_head",
        sa.Column("lane", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("pruned_sequence", sa.BigInteger(), nullable=False),
        sa.Column("pruned_digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("lane", name=op.f("pk_audit_head")),
    )
    op.execute(
        "INSERT INTO audit_head (lane, sequence, digest, pruned_sequence, pruned_digest)"
        f" SELECT n, 0, ''::bytea, 0, ''::bytea FROM generate_series(0, {LANES - 1}) n"
    )
    for statement in (DIGEST, APPEND, KEPT, PRUNE):
        op.execute(statement)
    op.execute("REVOKE EXECUTE ON FUNCTION audit_prune(integer) FROM public")
    op.execute(
        "CREATE TRIGGER audit_append BEFORE INSERT ON audit_entry"
        " FOR EACH ROW EXECUTE FUNCTION audit_append()"
    )
    op.execute(
        "CREATE TRIGGER audit_kept BEFORE UPDATE OR DELETE ON audit_entry"
        " FOR EACH ROW EXECUTE FUNCTION audit_kept()"
    )
    op.execute(
        "CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_kept()"
    )
    op.execute("ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    # Whoever acts may write of it, wherever it belongs; only the area's auditors read it.
    op.execute("CREATE POLICY append ON audit_entry FOR INSERT WITH CHECK (true)")
    op.execute(f"CREATE POLICY scope ON audit_entry FOR SELECT USING ({INSIDE})")
    op.execute("CREATE POLICY prune ON audit_entry FOR DELETE USING (true)")
    op.execute(f"GRANT SELECT, INSERT ON audit_entry TO {SERVICE}")
    op.execute(f"GRANT SELECT ON audit_head TO {SERVICE}")


def downgrade() -> None:
    op.execute("DROP FUNCTION audit_digest(audit_entry)")
    op.drop_table("audit_entry")
    op.execute("DROP FUNCTION audit_append(), audit_kept(), audit_prune(integer)")
    op.drop_table("audit_head")
