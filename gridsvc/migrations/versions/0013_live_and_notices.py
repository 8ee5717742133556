"""which transaction wrote a line of history: what the live stream reads on from."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0008"
branch_labels = None
depends_on = None

#: The number of the writing transaction; as bigint, which drivers and indexes know.
OWN_TRANSACTION = "CAST(CAST(pg_current_xact_id() AS text) AS bigint)"


def upgrade() -> None:
    # Without the default at first: lines of the past are no news, and stay as they are.
    op.add_column("event_history", sa.Column("xid", sa.BigInteger(), nullable=True))
    op.execute(f"ALTER TABLE event_history ALTER COLUMN xid SET DEFAULT {OWN_TRANSACTION}")
    op.create_index(op.f("ix_event_history_xid"), "event_history", ["xid"])


def downgrade() -> None:
    op.drop_index(op.f("ix_event_history_xid"), table_name="event_history")
    op.drop_column("event_history", "xid")
