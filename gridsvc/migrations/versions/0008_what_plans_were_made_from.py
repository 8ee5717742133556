"""what plans were made from: a digest of settings, input and method."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # None for plans made before this was written down.
    op.add_column("plan", sa.Column("made_from", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_plan_made_from_digest"), "plan", "made_from ~ '^[0-9a-f]{64}$'"
    )


def downgrade() -> None:
    op.drop_column("plan", "made_from")
