"""the first tables."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geography, Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "code_scheme",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_code_scheme")),
    )
    op.create_geospatial_table(
        "division",
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "level",
            sa.Text(),
            sa.Computed(
                "CASE WHEN code ~ '^[0-9]{2}0{10}$' THEN 'province' WHEN code ~ '^[0-9]{4}0{8}$' THEN 'city' WHEN code ~ '^[0-9]{6}0{6}$' THEN 'county' WHEN code ~ '^[0-9]{9}0{3}$' THEN 'street' ELSE 'community' END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(collation="C"), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.CheckConstraint("code ~ '^[0-9]{12}$'", name=op.f("ck_division_twelve_digits")),
        sa.CheckConstraint(
            "ST_IsValid(geom) AND NOT ST_IsEmpty(geom) AND ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90",
            name=op.f("ck_division_sound_geom"),
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name=op.f("ck_division_name_length")),
        sa.CheckConstraint("parent_code < code", name=op.f("ck_division_parent_before_child")),
        sa.ForeignKeyConstraint(
            ["parent_code"], ["division.code"], name=op.f("fk_division_parent_code")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_division")),
    )
    op.create_geospatial_index(
        "idx_division_geom",
        "division",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_table(
        "event_move",
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("from_state", "to_state", name=op.f("pk_event_move")),
    )
    op.create_table(
        "power",
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_power_validity")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_power")),
    )
    op.create_geospatial_table(
        "barrier",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="LINESTRING",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.CheckConstraint(
            "ST_IsValid(geom) AND NOT ST_IsEmpty(geom) AND ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90",
            name=op.f("ck_barrier_sound_geom"),
        ),
        sa.CheckConstraint("weight > 0", name=op.f("ck_barrier_weight_positive")),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_barrier_division_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_barrier")),
    )
    op.create_geospatial_index(
        "idx_barrier_geom",
        "barrier",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(op.f("ix_barrier_division_code"), "barrier", ["division_code"], unique=False)
    op.create_geospatial_table(
        "building",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("levels", sa.SmallInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.CheckConstraint(
            "ST_IsValid(geom) AND NOT ST_IsEmpty(geom) AND ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90",
            name=op.f("ck_building_sound_geom"),
        ),
        sa.CheckConstraint("households >= 0", name=op.f("ck_building_households_not_negative")),
        sa.CheckConstraint("levels BETWEEN 0 AND 300", name=op.f("ck_building_levels_range")),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_building_division_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_building")),
        sa.UniqueConstraint(
            "division_code", "source_id", name=op.f("uq_building_division_code_source_id")
        ),
    )
    op.create_geospatial_index(
        "idx_building_geom",
        "building",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_table(
        "matter",
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(collation="C"), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("power_code", sa.Text(collation="C"), nullable=True),
        sa.CheckConstraint(
            "kind = 'enforcement' OR power_code IS NULL", name=op.f("ck_matter_power_to_enforce")
        ),
        sa.CheckConstraint("kind IN ('grid', 'enforcement')", name=op.f("ck_matter_kind")),
        sa.ForeignKeyConstraint(
            ["parent_code"], ["matter.code"], name=op.f("fk_matter_parent_code")
        ),
        sa.ForeignKeyConstraint(["power_code"], ["power.code"], name=op.f("fk_matter_power_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_matter")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("on_duty", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "role IN ('grid_worker', 'liaison', 'officer')", name=op.f("ck_person_role")
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 100", name=op.f("ck_person_name_length")),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_person_division_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("code", name=op.f("uq_person_code")),
    )
    op.create_index(op.f("ix_person_division_code"), "person", ["division_code"], unique=False)
    op.create_table(
        "plan",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("grid_target", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'draft') = (published_at IS NULL)", name=op.f("ck_plan_published_at")
        ),
        sa.CheckConstraint(
            "(state = 'superseded') = (superseded_at IS NOT NULL)", name=op.f("ck_plan_superseded")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'published', 'superseded')", name=op.f("ck_plan_state")
        ),
        sa.CheckConstraint("target > 0 AND grid_target >= target", name=op.f("ck_plan_targets")),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_plan_division_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    op.create_index(op.f("ix_plan_division_code"), "plan", ["division_code"], unique=False)
    op.create_index(
        "uq_plan_one_published",
        "plan",
        ["division_code"],
        unique=True,
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_geospatial_table(
        "site",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.CheckConstraint(
            "ST_IsValid(geom) AND NOT ST_IsEmpty(geom) AND ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90",
            name=op.f("ck_site_sound_geom"),
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_site_division_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
    )
    op.create_geospatial_index(
        "idx_site_geom", "site", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("ix_site_division_code"), "site", ["division_code"], unique=False)
    op.create_geospatial_table(
        "grid",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("valid", postgresql.TSTZRANGE(), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        postgresql.ExcludeConstraint(
            (sa.column("code"), "="),
            (sa.column("valid"), "&&"),
            using="gist",
            name="ex_grid_code_once_at_a_time",
        ),
        sa.CheckConstraint("kind IN ('ordinary', 'dedicated')", name=op.f("ck_grid_kind")),
        sa.CheckConstraint(
            "ST_IsValid(geom) AND NOT ST_IsEmpty(geom) AND ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90",
            name=op.f("ck_grid_sound_geom"),
        ),
        sa.CheckConstraint("households >= 0", name=op.f("ck_grid_households_not_negative")),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_grid_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_grid_plan_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["scheme"], ["code_scheme.name"], name=op.f("fk_grid_scheme")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid")),
        sa.UniqueConstraint("plan_id", "code", name=op.f("uq_grid_plan_id_code")),
    )
    op.create_geospatial_index(
        "idx_grid_geom", "grid", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("ix_grid_division_code"), "grid", ["division_code"], unique=False)
    op.create_table(
        "household",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("building_id", sa.BigInteger(), nullable=False),
        sa.Column("address_code", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("floor", sa.SmallInteger(), nullable=True),
        sa.Column("room", sa.Text(), nullable=True),
        sa.Column("residents", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "residents BETWEEN 0 AND 100", name=op.f("ck_household_residents_range")
        ),
        sa.ForeignKeyConstraint(
            ["building_id"],
            ["building.id"],
            name=op.f("fk_household_building_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_household_division_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
        sa.UniqueConstraint(
            "division_code", "address_code", name=op.f("uq_household_division_code_address_code")
        ),
    )
    op.create_index(op.f("ix_household_building_id"), "household", ["building_id"], unique=False)
    op.create_table(
        "person_power",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("power_code", sa.Text(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_power_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["power_code"], ["power.code"], name=op.f("fk_person_power_power_code")
        ),
        sa.PrimaryKeyConstraint("person_id", "power_code", name=op.f("pk_person_power")),
    )
    op.create_index(
        op.f("ix_person_power_power_code"), "person_power", ["power_code"], unique=False
    )
    op.create_geospatial_table(
        "position",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "geog",
            Geography(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeogFromText",
                name="geography",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("datum", sa.Text(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "datum IN ('wgs84', 'gcj02', 'bd09', 'cgcs2000')", name=op.f("ck_position_datum")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_position_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_position")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_geospatial_index(
        "idx_position_geog",
        "position",
        ["geog"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_table(
        "workload",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("open_count", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "open_count BETWEEN 0 AND capacity", name=op.f("ck_workload_within_capacity")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_workload_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_workload")),
    )
    op.create_table(
        "grid_post",
        sa.Column("grid_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["grid_id"], ["grid.id"], name=op.f("fk_grid_post_grid_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_grid_post_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("grid_id", "person_id", name=op.f("pk_grid_post")),
    )
    op.create_index(op.f("ix_grid_post_person_id"), "grid_post", ["person_id"], unique=False)
    op.create_table(
        "grid_predecessor",
        sa.Column("grid_id", sa.BigInteger(), nullable=False),
        sa.Column("predecessor_id", sa.BigInteger(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["grid_id"], ["grid.id"], name=op.f("fk_grid_predecessor_grid_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["predecessor_id"], ["grid.id"], name=op.f("fk_grid_predecessor_predecessor_id")
        ),
        sa.PrimaryKeyConstraint("grid_id", "predecessor_id", name=op.f("pk_grid_predecessor")),
    )
    op.create_index(
        op.f("ix_grid_predecessor_predecessor_id"),
        "grid_predecessor",
        ["predecessor_id"],
        unique=False,
    )
    op.create_geospatial_table(
        "micro_grid",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.BigInteger(), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("valid", postgresql.TSTZRANGE(), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        postgresql.ExcludeConstraint(
            (sa.column("code"), "="),
            (sa.column("valid"), "&&"),
            using="gist",
            name="ex_micro_grid_code_once_at_a_time",
        ),
        sa.CheckConstraint("kind IN ('ordinary', 'dedicated')", name=op.f("ck_micro_grid_kind")),
        sa.CheckConstraint(
            "ST_IsValid(geom) AND NOT ST_IsEmpty(geom) AND ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90",
            name=op.f("ck_micro_grid_sound_geom"),
        ),
        sa.CheckConstraint("households >= 0", name=op.f("ck_micro_grid_households_not_negative")),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_micro_grid_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["grid_id"], ["grid.id"], name=op.f("fk_micro_grid_grid_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_micro_grid_plan_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["scheme"], ["code_scheme.name"], name=op.f("fk_micro_grid_scheme")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_micro_grid")),
        sa.UniqueConstraint("plan_id", "code", name=op.f("uq_micro_grid_plan_id_code")),
    )
    op.create_geospatial_index(
        "idx_micro_grid_geom",
        "micro_grid",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(
        op.f("ix_micro_grid_division_code"), "micro_grid", ["division_code"], unique=False
    )
    op.create_index(op.f("ix_micro_grid_grid_id"), "micro_grid", ["grid_id"], unique=False)
    op.create_geospatial_table(
        "event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("grid_id", sa.BigInteger(), nullable=False),
        sa.Column("micro_grid_id", sa.BigInteger(), nullable=False),
        sa.Column("matter_code", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("datum", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("client_key", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("waiting_reason", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("handler_id", sa.BigInteger(), nullable=True),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(state IN ('DISPATCHED', 'ACCEPTED', 'ON_SITE')) <= (handler_id IS NOT NULL)",
            name=op.f("ck_event_in_hand_has_handler"),
        ),
        sa.CheckConstraint(
            "datum IN ('wgs84', 'gcj02', 'bd09', 'cgcs2000')", name=op.f("ck_event_datum")
        ),
        sa.CheckConstraint(
            "ST_IsValid(geom) AND NOT ST_IsEmpty(geom) AND ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90",
            name=op.f("ck_event_sound_geom"),
        ),
        sa.CheckConstraint(
            "length(client_key) BETWEEN 1 AND 100", name=op.f("ck_event_client_key_length")
        ),
        sa.CheckConstraint(
            "length(description) BETWEEN 1 AND 4000", name=op.f("ck_event_description_length")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_event_division_code")
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_event_grid_id")),
        sa.ForeignKeyConstraint(["handler_id"], ["person.id"], name=op.f("fk_event_handler_id")),
        sa.ForeignKeyConstraint(
            ["matter_code"], ["matter.code"], name=op.f("fk_event_matter_code")
        ),
        sa.ForeignKeyConstraint(
            ["micro_grid_id"], ["micro_grid.id"], name=op.f("fk_event_micro_grid_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_event_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("client_key", name=op.f("uq_event_client_key")),
    )
    op.create_geospatial_index(
        "idx_event_geom",
        "event",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(
        "ix_event_division_received", "event", ["division_code", "received_at"], unique=False
    )
    op.create_index(op.f("ix_event_grid_id"), "event", ["grid_id"], unique=False)
    op.create_index(op.f("ix_event_handler_id"), "event", ["handler_id"], unique=False)
    op.create_index(op.f("ix_event_micro_grid_id"), "event", ["micro_grid_id"], unique=False)
    op.create_index(
        "ix_event_waiting",
        "event",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('FILED', 'RETURNED', 'REOPENED')"),
    )
    op.create_table(
        "micro_grid_post",
        sa.Column("micro_grid_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["micro_grid_id"],
            ["micro_grid.id"],
            name=op.f("fk_micro_grid_post_micro_grid_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_micro_grid_post_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("micro_grid_id", "person_id", name=op.f("pk_micro_grid_post")),
    )
    op.create_index(
        op.f("ix_micro_grid_post_person_id"), "micro_grid_post", ["person_id"], unique=False
    )
    op.create_table(
        "micro_grid_predecessor",
        sa.Column("micro_grid_id", sa.BigInteger(), nullable=False),
        sa.Column("predecessor_id", sa.BigInteger(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["micro_grid_id"],
            ["micro_grid.id"],
            name=op.f("fk_micro_grid_predecessor_micro_grid_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["predecessor_id"],
            ["micro_grid.id"],
            name=op.f("fk_micro_grid_predecessor_predecessor_id"),
        ),
        sa.PrimaryKeyConstraint(
            "micro_grid_id", "predecessor_id", name=op.f("pk_micro_grid_predecessor")
        ),
    )
    op.create_index(
        op.f("ix_micro_grid_predecessor_predecessor_id"),
        "micro_grid_predecessor",
        ["predecessor_id"],
        unique=False,
    )
    op.create_table(
        "assignment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("distance_m", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "assigned_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_as", sa.Text(), nullable=True),
        sa.CheckConstraint("distance_m >= 0", name=op.f("ck_assignment_distance_not_negative")),
        sa.CheckConstraint(
            "(released_at IS NULL) = (released_as IS NULL)",
            name=op.f("ck_assignment_released_as"),
        ),
        sa.CheckConstraint("released_at >= assigned_at", name=op.f("ck_assignment_released_after")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_assignment_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_assignment_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(op.f("ix_assignment_event_id"), "assignment", ["event_id"], unique=False)
    op.create_index(
        "ix_assignment_person_id", "assignment", ["person_id", "assigned_at"], unique=False
    )
    op.create_index(
        "uq_assignment_one_open",
        "assignment",
        ["event_id"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "event_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "from_state IS NOT NULL OR to_state = 'REPORTED'",
            name=op.f("ck_event_history_begins_reported"),
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_history_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["from_state", "to_state"],
            ["event_move.from_state", "event_move.to_state"],
            name=op.f("fk_event_history_from_state_to_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_history")),
    )
    op.create_index("ix_event_history_event_id", "event_history", ["event_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_event_history_event_id", table_name="event_history")
    op.drop_table("event_history")
    op.drop_index(
        "uq_assignment_one_open",
        table_name="assignment",
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.drop_index("ix_assignment_person_id", table_name="assignment")
    op.drop_index(op.f("ix_assignment_event_id"), table_name="assignment")
    op.drop_table("assignment")
    op.drop_index(
        op.f("ix_micro_grid_predecessor_predecessor_id"), table_name="micro_grid_predecessor"
    )
    op.drop_table("micro_grid_predecessor")
    op.drop_index(op.f("ix_micro_grid_post_person_id"), table_name="micro_grid_post")
    op.drop_table("micro_grid_post")
    op.drop_index(
        "ix_event_waiting",
        table_name="event",
        postgresql_where=sa.text("state IN ('FILED', 'RETURNED', 'REOPENED')"),
    )
    op.drop_index(op.f("ix_event_micro_grid_id"), table_name="event")
    op.drop_index(op.f("ix_event_handler_id"), table_name="event")
    op.drop_index(op.f("ix_event_grid_id"), table_name="event")
    op.drop_index("ix_event_division_received", table_name="event")
    op.drop_geospatial_index(
        "idx_event_geom", table_name="event", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("event")
    op.drop_index(op.f("ix_micro_grid_grid_id"), table_name="micro_grid")
    op.drop_index(op.f("ix_micro_grid_division_code"), table_name="micro_grid")
    op.drop_geospatial_index(
        "idx_micro_grid_geom", table_name="micro_grid", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("micro_grid")
    op.drop_index(op.f("ix_grid_predecessor_predecessor_id"), table_name="grid_predecessor")
    op.drop_table("grid_predecessor")
    op.drop_index(op.f("ix_grid_post_person_id"), table_name="grid_post")
    op.drop_table("grid_post")
    op.drop_table("workload")
    op.drop_geospatial_index(
        "idx_position_geog", table_name="position", postgresql_using="gist", column_name="geog"
    )
    op.drop_geospatial_table("position")
    op.drop_index(op.f("ix_person_power_power_code"), table_name="person_power")
    op.drop_table("person_power")
    op.drop_index(op.f("ix_household_building_id"), table_name="household")
    op.drop_table("household")
    op.drop_index(op.f("ix_grid_division_code"), table_name="grid")
    op.drop_geospatial_index(
        "idx_grid_geom", table_name="grid", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("grid")
    op.drop_index(op.f("ix_site_division_code"), table_name="site")
    op.drop_geospatial_index(
        "idx_site_geom", table_name="site", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("site")
    op.drop_index(
        "uq_plan_one_published", table_name="plan", postgresql_where=sa.text("state = 'published'")
    )
    op.drop_index(op.f("ix_plan_division_code"), table_name="plan")
    op.drop_table("plan")
    op.drop_index(op.f("ix_person_division_code"), table_name="person")
    op.drop_table("person")
    op.drop_table("matter")
    op.drop_geospatial_index(
        "idx_building_geom", table_name="building", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("building")
    op.drop_index(op.f("ix_barrier_division_code"), table_name="barrier")
    op.drop_geospatial_index(
        "idx_barrier_geom", table_name="barrier", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("barrier")
    op.drop_table("power")
    op.drop_table("event_move")
    op.drop_geospatial_index(
        "idx_division_geom", table_name="division", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("division")
    op.drop_table("code_scheme")
