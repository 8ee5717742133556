"""service points: where people are served, to be reached within so many metres."""

import geoalchemy2
import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

SERVICE = "gridsvc_service"
KINDS = "('party', 'affairs', 'station', 'health', 'elderly', 'canteen', 'police')"


def likely(*, unless: str = "false", always: str, otherwise: str) -> str:
    """A condition the planner takes to be true for nearly every row; see migration 0005."""
    return (
        f"CASE WHEN {unless} THEN NULL WHEN {always} THEN true"
        f" ELSE nullif({otherwise}, false) END IS NOT NULL"
    )


VISIBLE = (
    "division_code >= nullif(current_setting('gridsvc.low', true), '')"
    " AND division_code < nullif(current_setting('gridsvc.high', true), '') AND "
    + likely(
        unless="current_setting('gridsvc.high', true) COLLATE \"C\" > ':'",
        always="current_setting('gridsvc.areas', true) = '*'",
        otherwise="division_code <@ (SELECT scope_areas())",
    )
)


def upgrade() -> None:
    op.create_table(
        "service_point",
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("geom", geoalchemy2.Geometry("POINT", 4326, spatial_index=False), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_service_point")),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_service_point_division_code")
        ),
        sa.CheckConstraint(f"kind IN {KINDS}", name=op.f("ck_service_point_kind")),
        sa.CheckConstraint(
            "length(name) >= 1 AND length(name) <= 200", name=op.f("ck_service_point_name_length")
        ),
        sa.CheckConstraint(
            "ST_IsValid(geom) AND NOT ST_IsEmpty(geom)"
            " AND ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180"
            " AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90",
            name=op.f("ck_service_point_sound_geom"),
        ),
    )
    op.create_index("ix_service_point_division_code", "service_point", ["division_code"])
    op.create_index("idx_service_point_geom", "service_point", ["geom"], postgresql_using="gist")
    op.execute(f"GRANT SELECT ON service_point TO {SERVICE}")
    op.execute("ALTER TABLE service_point ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY scope ON service_point USING ({VISIBLE})")


def downgrade() -> None:
    op.drop_table("service_point")
