"""an account may be a unit's: two departments of one county are told apart."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("unit_code", sa.Text(collation="C"), nullable=True))


def downgrade() -> None:
    op.drop_column("account", "unit_code")
