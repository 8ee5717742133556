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
KEPT_DAYS = 184

# Each value in its place, whatever columns come later and whatever a session has set: no text of
# a time or of bytes, which depend on settings, and JSON as text, lest no value and null be one.
DIGEST = """
CREATE FUNCTION audit_digest(e audit_entry) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(convert_to(CAST(jsonb_build_array(
    encode(e.previous_digest, 'hex'), e.lane, e.sequence, extract(epoch FROM e.at), e.account_id,
    e.login, CAST(e.roles AS text), e.person_code, e.via, e.address, e.request_id, e.action, e.kind,
    e.object_id, e.division_code, e.purpose, CAST(e.before AS text), CAST(e.after AS text)
) AS text), 'UTF8'))
"""

# Runs as the owner: nobody else may write the heads. A lane's head stays locked until the commit,
# among other locks of the transaction, taken before and after. A lane that another transaction is
# on is therefore passed over: who waited for it could wait in a circle. Only when all are taken
# there is nothing left but to wait.
APPEND = f"""
CREATE FUNCTION audit_append() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    usual CONSTANT smallint := pg_backend_pid() % {LANES};
    head audit_head;
BEGIN
    SELECT * INTO head FROM audit_head WHERE lane = usual FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        SELECT * INTO head FROM audit_head ORDER BY lane LIMIT 1 FOR UPDATE SKIP LOCKED;
    END IF;
    IF NOT FOUND THEN
        SELECT * INTO STRICT head FROM audit_head WHERE lane = usual FOR UPDATE;
    END IF;
    NEW.lane := head.lane;
    NEW.sequence := head.sequence + 1;
    NEW.previous_digest := head.digest;
    NEW.at := clock_timestamp();
    NEW.digest := audit_digest(NEW);
    UPDATE audit_head SET sequence = NEW.sequence, digest = NEW.digest WHERE lane = NEW.lane;
    RETURN NEW;
END $$
"""

REFUSED = """
CREATE FUNCTION audit_refused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'check_violation';
END $$
"""

# Only the beginning of a lane goes, after the head was told where it ends, which the service may
# not; and never what is young by the database's clock.
KEPT = f"""
CREATE FUNCTION audit_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF current_user = '{SERVICE}' OR OLD.at >= clock_timestamp() - interval '{KEPT_DAYS} days'
       OR NOT EXISTS (SELECT FROM audit_head h
                      WHERE h.lane = OLD.lane AND h.pruned_sequence >= OLD.sequence) THEN
        RAISE EXCEPTION 'the audit trail is append-only; audit entries are kept for {KEPT_DAYS} days'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN OLD;
END $$
"""

TRIGGERS = {
    "audit_append": "BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_append()",
    "audit_refused": "BEFORE UPDATE OR TRUNCATE ON audit_entry"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_refused()",
    "audit_kept": "BEFORE DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_kept()",
    "audit_head_refused": "BEFORE DELETE OR TRUNCATE ON audit_head"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_refused()",
}


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
        sa.CheckConstraint(f"lane >= 0 AND lane < {LANES}", name=op.f("ck_audit_entry_lane_known")),
        sa.PrimaryKeyConstraint("lane", "sequence", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"])
    op.create_index("ix_audit_entry_action", "audit_entry", ["action", "at"])
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
        sa.CheckConstraint(f"lane >= 0 AND lane < {LANES}", name=op.f("ck_audit_head_lane_known")),
        sa.PrimaryKeyConstraint("lane", name=op.f("pk_audit_head")),
    )
    op.execute(
        "INSERT INTO audit_head (lane, sequence, digest, pruned_sequence, pruned_digest)"
        f" SELECT n, 0, ''::bytea, 0, ''::bytea FROM generate_series(0, {LANES - 1}) n"
    )
    for statement in (DIGEST, APPEND, REFUSED, KEPT):
        op.execute(statement)
    for name, rest in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {rest}")
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
    op.drop_table("audit_head")
    op.execute("DROP FUNCTION audit_append(), audit_kept(), audit_refused()")
