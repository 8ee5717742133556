"""a ledger in double entry, and rewards for people who report."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
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
#: What the service may do, beside reading. What was booked is never changed; balances follow it.
WRITES = {
    "ledger_account": "INSERT, UPDATE (balance)",
    "ledger_transaction": "INSERT",
    "ledger_entry": "INSERT",
    "reward_rule": "INSERT, UPDATE (until)",
    "reward": "INSERT, UPDATE (state, reference, paid_at)",
}
# Who books sees both accounts, or the entry is refused; the balance moves with it in one row, so
# that two at once wait for each other.
ENTRY_BOOKED = """
CREATE FUNCTION ledger_entry_booked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'what was booked is not changed; book the reverse'
            USING ERRCODE = 'check_violation';
    END IF;
    UPDATE ledger_account SET balance = balance + NEW.amount
        WHERE id = NEW.account_id AND division_code = NEW.division_code AND unit = NEW.unit;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'account % of % in % is not there', NEW.account_id, NEW.division_code,
            NEW.unit USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END $$
"""
IN_BALANCE = """
CREATE FUNCTION ledger_in_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    total numeric;
    units bigint;
    entries bigint;
    seen text[] := scope_widened();
BEGIN
    SELECT coalesce(sum(amount), 0), count(DISTINCT unit), count(*) INTO total, units, entries
        FROM ledger_entry WHERE transaction_id =
            CASE TG_TABLE_NAME WHEN 'ledger_entry' THEN (to_jsonb(NEW)->>'transaction_id')::bigint
                               ELSE (to_jsonb(NEW)->>'id')::bigint END;
    PERFORM scope_restored(seen);
    IF total <> 0 OR units <> 1 OR entries < 2 THEN
        RAISE EXCEPTION 'a transaction of % entries in % units sums to %, not to 0',
            entries, units, total USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""


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


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _big(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _ledger() -> None:
    op.create_table(
        "ledger_account",
        _id(),
        _code("division_code"),
        _code("code"),
        _text("name"),
        _text("kind"),
        _text("unit"),
        sa.Column("balance", sa.BigInteger(), server_default="0", nullable=False),
        _now("opened_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_account")),
        _to("ledger_account", "division_code", "division.code"),
        sa.UniqueConstraint(
            "division_code", "code", name=op.f("uq_ledger_account_division_code_code")
        ),
        _check("ledger_account", "kind", "kind IN ('asset', 'liability', 'income', 'expense')"),
        _check("ledger_account", "unit", "unit IN ('fen', 'point')"),
        _check(
            "ledger_account",
            "not_overdrawn",
            "CASE kind WHEN 'asset' THEN balance >= 0 WHEN 'liability' THEN balance <= 0"
            " ELSE true END",
        ),
    )
    op.create_table(
        "ledger_transaction",
        _id(),
        _code("division_code"),
        _text("memo"),
        _big("reverses", nullable=True),
        _text("made_by"),
        _text("client_key"),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        _now("made_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transaction")),
        _to("ledger_transaction", "division_code", "division.code"),
        _to("ledger_transaction", "reverses", "ledger_transaction.id"),
        sa.UniqueConstraint("reverses", name=op.f("uq_ledger_transaction_reverses")),
        sa.UniqueConstraint(
            "made_by", "client_key", name=op.f("uq_ledger_transaction_made_by_client_key")
        ),
    )
    op.create_index("ix_ledger_transaction_division_code", "ledger_transaction", ["division_code"])
    op.create_table(
        "ledger_entry",
        _id(),
        _big("transaction_id"),
        _big("account_id"),
        _code("division_code"),
        _text("unit"),
        _big("amount"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        _to("ledger_entry", "transaction_id", "ledger_transaction.id"),
        _to("ledger_entry", "account_id", "ledger_account.id"),
        _check("ledger_entry", "something", "amount <> 0"),
    )
    op.create_index("ix_ledger_entry_transaction_id", "ledger_entry", ["transaction_id"])
    op.create_index("ix_ledger_entry_account_id", "ledger_entry", ["account_id", "id"])


def _rewards() -> None:
    op.create_table(
        "reward_rule",
        _id(),
        _code("division_code"),
        _code("code"),
        _text("name"),
        _text("at_state"),
        _text("unit"),
        _big("amount"),
        sa.Column("daily_cap", sa.Integer(), nullable=False),
        sa.Column("most_untrue", sa.Integer(), nullable=False),
        sa.Column("matter_code", sa.Text(), nullable=True),
        _now("since"),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reward_rule")),
        _to("reward_rule", "division_code", "division.code"),
        _to("reward_rule", "matter_code", "matter.code"),
        sa.UniqueConstraint(
            "division_code", "code", name=op.f("uq_reward_rule_division_code_code")
        ),
        _check("reward_rule", "at_state", "at_state IN ('FILED', 'VERIFIED', 'CLOSED')"),
        _check("reward_rule", "unit", "unit IN ('fen', 'point')"),
        _check("reward_rule", "limits", "amount > 0 AND daily_cap > 0 AND most_untrue >= 0"),
    )
    op.create_table(
        "reward",
        _id(),
        _big("rule_id"),
        _big("event_id"),
        _big("account_id"),
        _code("division_code"),
        _text("unit"),
        _big("amount"),
        _text("state"),
        _text("refused_because", nullable=True),
        _big("transaction_id", nullable=True),
        _text("reference", nullable=True),
        _now("decided_at"),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reward")),
        _to("reward", "rule_id", "reward_rule.id"),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_reward_event_id"), ondelete="CASCADE"
        ),
        _to("reward", "account_id", "account.id"),
        _to("reward", "transaction_id", "ledger_transaction.id"),
        sa.UniqueConstraint("rule_id", "event_id", name=op.f("uq_reward_rule_id_event_id")),
        _check("reward", "state", "state IN ('GRANTED', 'PAID', 'REFUSED')"),
        _check("reward", "refused", "(state = 'REFUSED') = (refused_because IS NOT NULL)"),
        _check("reward", "booked", "(state = 'REFUSED') = (transaction_id IS NULL)"),
        _check("reward", "paid", "(state = 'PAID') = (paid_at IS NOT NULL)"),
    )
    op.create_index("ix_reward_account_id", "reward", ["account_id", "decided_at"])


def upgrade() -> None:
    _ledger()
    _rewards()
    op.execute(ENTRY_BOOKED)
    op.execute(IN_BALANCE)
    op.execute(
        "CREATE TRIGGER ledger_entry_ledger_entry_booked"
        " BEFORE INSERT OR UPDATE OR DELETE ON ledger_entry"
        " FOR EACH ROW EXECUTE FUNCTION ledger_entry_booked()"
    )
    for table in ("ledger_entry", "ledger_transaction"):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {table}_ledger_in_balance AFTER INSERT ON {table}"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_in_balance()"
        )
    for table, privileges in WRITES.items():
        op.execute(f"GRANT SELECT, {privileges} ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} USING ({VISIBLE})")


def downgrade() -> None:
    for table in reversed(WRITES):
        op.drop_table(table)
    op.execute("DROP FUNCTION ledger_entry_booked(), ledger_in_balance()")
