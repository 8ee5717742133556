"""what plans were asked to be: tolerance, number of cells, weights, beside the target."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TARGETS = "target > 0 AND grid_target >= target"


def upgrade() -> None:
    op.add_column("plan", sa.Column("wish", JSONB(), nullable=True))
    # What every plan made so far was asked to be.
    op.execute(
        """
        UPDATE plan SET wish = jsonb_build_object(
            'target', target, 'cells', NULL, 'tolerance', 0.1, 'least', NULL, 'most', NULL,
            'weigh', jsonb_build_object('households', 1.0))
        """
    )
    op.alter_column("plan", "wish", nullable=False)
    # Where something else weighs, the target is not one of households.
    op.drop_constraint(op.f("ck_plan_targets"), "plan")
    op.create_check_constraint(op.f("ck_plan_targets"), "plan", "target > 0 AND grid_target > 0")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_plan_targets"), "plan")
    # Plans that another measure was taken to cannot be told in the old terms.
    op.execute("UPDATE plan SET grid_target = target WHERE grid_target < target")
    op.create_check_constraint(op.f("ck_plan_targets"), "plan", _TARGETS)
    op.drop_column("plan", "wish")
