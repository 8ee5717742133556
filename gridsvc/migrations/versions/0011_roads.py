"""road graphs, closures and slow hours."""

import geoalchemy2
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
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
#: What the service may do, beside reading; graphs are loaded by the owner.
WRITES = {
    "road_graph": None,
    "road_condition": "INSERT, UPDATE (lifted_at)",
    "road_condition_history": "INSERT",
}


def upgrade() -> None:
    op.create_table(
        "road_graph",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("summary", postgresql.JSONB(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column(
            "made_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_road_graph_digest")),
        sa.CheckConstraint("replaced_at >= made_at", name=op.f("ck_road_graph_replaced_after")),
        sa.CheckConstraint(
            "division_code ~ '^[0-9]{6}0{6}$'", name=op.f("ck_road_graph_of_a_county")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_road_graph_division_code_division")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road_graph")),
    )
    op.create_index(
        "uq_road_graph_in_force",
        "road_graph",
        ["division_code"],
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
    # It is compressed before it gets here; a second try would only take time.
    op.execute("ALTER TABLE road_graph ALTER COLUMN content SET STORAGE EXTERNAL")
    op.create_table(
        "road_condition",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "geom",
            geoalchemy2.Geometry("GEOMETRY", 4326, spatial_index=False),
            nullable=True,
        ),
        sa.Column("way", sa.BigInteger(), nullable=True),
        sa.Column("road_class", sa.Text(), nullable=True),
        sa.Column("modes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("factor", sa.Float(), nullable=True),
        sa.Column("days", sa.ARRAY(sa.SmallInteger()), nullable=True),
        sa.Column("hours_from", sa.Time(), nullable=True),
        sa.Column("hours_to", sa.Time(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("edges", sa.Integer(), nullable=False),
        sa.Column("added_by", sa.BigInteger(), nullable=True),
        sa.Column("client_key", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(geom, way, road_class) > 0", name=op.f("ck_road_condition_somewhere")
        ),
        sa.CheckConstraint(
            "factor > 1 AND factor <= 10", name=op.f("ck_road_condition_factor_slows")
        ),
        sa.CheckConstraint(
            "cardinality(modes) > 0 AND modes <@ ARRAY['walk', 'ebike', 'car']",
            name=op.f("ck_road_condition_modes"),
        ),
        sa.CheckConstraint(
            "cardinality(days) > 0 AND days <@ CAST(ARRAY[1, 2, 3, 4, 5, 6, 7] AS smallint[])",
            name=op.f("ck_road_condition_days_of_week"),
        ),
        sa.CheckConstraint(
            "(hours_from IS NULL) = (hours_to IS NULL) AND hours_to > hours_from",
            name=op.f("ck_road_condition_hours"),
        ),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_road_condition_validity")),
        sa.CheckConstraint(
            "length(reason) BETWEEN 1 AND 500", name=op.f("ck_road_condition_reason_length")
        ),
        sa.CheckConstraint(
            "ST_IsValid(geom) AND NOT ST_IsEmpty(geom)"
            " AND ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180"
            " AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90",
            name=op.f("ck_road_condition_sound_geom"),
        ),
        sa.ForeignKeyConstraint(
            ["division_code"],
            ["division.code"],
            name=op.f("fk_road_condition_division_code_division"),
        ),
        sa.ForeignKeyConstraint(
            ["added_by"], ["account.id"], name=op.f("fk_road_condition_added_by_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road_condition")),
        sa.UniqueConstraint(
            "added_by",
            "client_key",
            name=op.f("uq_road_condition_added_by_client_key"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_road_condition_division_code", "road_condition", ["division_code", "valid_from"]
    )
    op.create_table(
        "road_condition_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("condition_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "change IN ('added', 'lifted')", name=op.f("ck_road_condition_history_change")
        ),
        sa.ForeignKeyConstraint(
            ["condition_id"],
            ["road_condition.id"],
            name=op.f("fk_road_condition_history_condition_id_road_condition"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road_condition_history")),
    )
    op.create_index(
        op.f("ix_road_condition_history_condition_id"), "road_condition_history", ["condition_id"]
    )
    for table, privileges in WRITES.items():
        op.execute(f"GRANT SELECT ON {table} TO {SERVICE}")
        if privileges:
            op.execute(f"GRANT {privileges} ON {table} TO {SERVICE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON {table} USING ({INSIDE})")


def downgrade() -> None:
    for table in reversed(WRITES):
        op.drop_table(table)
