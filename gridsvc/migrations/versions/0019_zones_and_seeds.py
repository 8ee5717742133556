"""zones no cell crosses, seeds that get a cell of their own, barriers nobody may cross."""

import geoalchemy2
import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

SERVICE = "gridsvc_service"
#: As migration 0005 has it for every table.
INSIDE = (
    "division_code >= nullif(current_setting('gridsvc.low', true), '')"
    " AND division_code < nullif(current_setting('gridsvc.high', true), '')"
    " AND CASE WHEN current_setting('gridsvc.high', true) COLLATE \"C\" > ':' THEN NULL"
    " WHEN current_setting('gridsvc.areas', true) = '*' THEN true"
    " ELSE nullif(division_code <@ (SELECT scope_areas()), false) END IS NOT NULL"
)
#: Like all that stands in a community they are loaded by the owner; the service reads them.
SHAPES = {"zone": "MULTIPOLYGON", "seed_point": "POINT"}


def upgrade() -> None:
    op.add_column(
        "barrier", sa.Column("never", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    for table, shape in SHAPES.items():
        op.create_table(
            table,
            sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
            sa.Column("division_code", sa.Text(collation="C"), nullable=False),
            sa.Column("name", sa.Text(), nullable=True),
            sa.Column(
                "geom", geoalchemy2.Geometry(shape, 4326, spatial_index=False), nullable=False
            ),
            sa.CheckConstraint(
                "ST_IsValid(geom) AND NOT ST_IsEmpty(geom)"
                " AND ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180"
                " AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90",
                name=op.f(f"ck_{table}_sound_geom"),
            ),
            sa.ForeignKeyConstraint(
                ["division_code"],
                ["division.code"],
                name=op.f(f"fk_{table}_division_code"),
            ),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        )
        op.create_index(op.f(f"ix_{table}_division_code"), table, ["division_code"])
        op.create_index(f"idx_{table}_geom", table, ["geom"], postgresql_using="gist")
        op.execute(f"GRANT SELECT ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} USING ({INSIDE})")


def downgrade() -> None:
    for table in reversed(SHAPES):
        op.drop_table(table)
    op.drop_column("barrier", "never")
