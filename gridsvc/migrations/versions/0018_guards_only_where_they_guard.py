"""the guard of history looks only at moves it has something to say of: most lines cost nothing."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

#: Moves of which `history_guarded` asks something.
GUARDED = "NEW.to_state IN ('VERIFIED', 'SUSPENDED', 'REJECTED', 'RETURNED')"


def _guard(when: str) -> None:
    op.execute("DROP TRIGGER event_history_history_guarded ON event_history")
    op.execute(
        "CREATE TRIGGER event_history_history_guarded BEFORE INSERT ON event_history"
        f" FOR EACH ROW {when} EXECUTE FUNCTION history_guarded()"
    )


def upgrade() -> None:
    _guard(f"WHEN ({GUARDED})")


def downgrade() -> None:
    _guard("")
