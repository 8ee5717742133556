"""dispatch by road and in time: minutes, by when to answer, why it was let go, rests."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("workload", sa.Column("resting_until", _WHEN, nullable=True))
    op.add_column("assignment", sa.Column("released_by", sa.Text(), nullable=True))
    op.add_column("assignment", sa.Column("eta_s", sa.Double(), nullable=True))
    op.add_column(
        "assignment", sa.Column("eta_by", sa.Text(), server_default="none", nullable=False)
    )
    op.add_column("assignment", sa.Column("road_m", sa.Double(), nullable=True))
    op.add_column("assignment", sa.Column("accept_by", _WHEN, nullable=True))
    # Given before there was a time to answer by: what is open now has a quarter of an hour.
    op.execute(
        """
        UPDATE assignment SET
            released_by = CASE WHEN released_as = 'RETURNED' THEN 'declined'
                               WHEN released_as IS NOT NULL THEN 'moved' END,
            accept_by = CASE WHEN released_at IS NULL THEN now() ELSE assigned_at END
                        + interval '15 minutes'
        """
    )
    op.alter_column("assignment", "accept_by", nullable=False)
    for name, rule in (
        ("released_by", "(released_at IS NULL) = (released_by IS NULL)"),
        ("cause", "released_by IN ('moved', 'declined', 'timed_out', 'overridden')"),
        ("eta_by", "eta_by IN ('road', 'line', 'none')"),
    ):
        op.create_check_constraint(op.f(f"ck_assignment_{name}"), "assignment", rule)
    op.create_index(
        "ix_assignment_accept_by",
        "assignment",
        ["accept_by"],
        postgresql_where=sa.text("released_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_assignment_accept_by", "assignment")
    for name in ("accept_by", "road_m", "eta_by", "eta_s", "released_by"):
        op.drop_column("assignment", name)
    op.drop_column("workload", "resting_until")
