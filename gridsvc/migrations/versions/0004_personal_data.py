"""personal data: sealed columns, divisions beside whereabouts, photos, who reported."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

#: Marks what was stored before there were keys; sealed at the next start.
MASKED = """
UPDATE person SET name_sealed = 'plain:' || name,
    name_masked = left(name, 1) || repeat('*', greatest(length(name) - 1, 1))
"""

SHOWN_THEN = """
UPDATE assignment a SET person_code = p.code, person_name = p.name_masked, person_role = p.role
FROM person p WHERE p.id = a.person_id
"""


def _division_of(table: str) -> str:
    return f"UPDATE {table} t SET division_code = p.division_code FROM person p WHERE p.id = t.person_id"


def upgrade() -> None:
    op.add_column("person", sa.Column("name_sealed", sa.Text()))
    op.add_column("person", sa.Column("name_masked", sa.Text()))
    op.execute(MASKED)
    for column in ("name_sealed", "name_masked"):
        op.alter_column("person", column, nullable=False)
    op.add_column("person", sa.Column("phone_sealed", sa.Text(), nullable=True))
    op.add_column("person", sa.Column("id_number_sealed", sa.Text(), nullable=True))
    op.create_unique_constraint(
        op.f("uq_person_id_division_code"), "person", ["id", "division_code"]
    )
    op.drop_column("person", "name")
    op.create_check_constraint(
        op.f("ck_person_name_length"), "person", "length(name_masked) BETWEEN 1 AND 100"
    )
    op.add_column("assignment", sa.Column("person_code", sa.Text(collation="C")))
    op.add_column("assignment", sa.Column("person_name", sa.Text()))
    op.add_column("assignment", sa.Column("person_role", sa.Text()))
    op.execute(SHOWN_THEN)
    for column in ("person_code", "person_name", "person_role"):
        op.alter_column("assignment", column, nullable=False)
    op.add_column("event", sa.Column("contact_name_sealed", sa.Text(), nullable=True))
    op.add_column("event", sa.Column("contact_phone_sealed", sa.Text(), nullable=True))
    op.add_column("event", sa.Column("reported_by", sa.BigInteger(), nullable=True))
    op.add_column("event", sa.Column("anonymised_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("uq_event_client_key"), "event", type_="unique")
    op.create_unique_constraint(
        op.f("uq_event_reported_by_client_key"),
        "event",
        ["reported_by", "client_key"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_foreign_key(op.f("fk_event_reported_by"), "event", "account", ["reported_by"], ["id"])
    op.add_column("person_power", sa.Column("division_code", sa.Text(collation="C")))
    op.execute(_division_of("person_power"))
    op.alter_column("person_power", "division_code", nullable=False)
    op.drop_constraint(op.f("fk_person_power_person_id"), "person_power", type_="foreignkey")
    op.create_foreign_key(
        op.f("fk_person_power_person_id_division_code"),
        "person_power",
        "person",
        ["person_id", "division_code"],
        ["id", "division_code"],
        onupdate="CASCADE",
        ondelete="CASCADE",
    )
    op.add_column("position", sa.Column("division_code", sa.Text(collation="C")))
    op.execute(_division_of("position"))
    op.alter_column("position", "division_code", nullable=False)
    op.drop_constraint(op.f("fk_position_person_id"), "position", type_="foreignkey")
    op.create_foreign_key(
        op.f("fk_position_person_id_division_code"),
        "position",
        "person",
        ["person_id", "division_code"],
        ["id", "division_code"],
        onupdate="CASCADE",
        ondelete="CASCADE",
    )
    op.add_column("workload", sa.Column("division_code", sa.Text(collation="C")))
    op.execute(_division_of("workload"))
    op.alter_column("workload", "division_code", nullable=False)
    op.drop_constraint(op.f("fk_workload_person_id"), "workload", type_="foreignkey")
    op.create_foreign_key(
        op.f("fk_workload_person_id_division_code"),
        "workload",
        "person",
        ["person_id", "division_code"],
        ["id", "division_code"],
        onupdate="CASCADE",
        ondelete="CASCADE",
    )
    op.create_table(
        "event_media",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("division_code", sa.Text(collation="C"), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", sa.BigInteger(), nullable=True),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("media_type = 'image/jpeg'", name=op.f("ck_event_media_media_type")),
        sa.CheckConstraint(
            "purpose IN ('report', 'before', 'after')", name=op.f("ck_event_media_purpose")
        ),
        sa.ForeignKeyConstraint(["added_by"], ["account.id"], name=op.f("fk_event_media_added_by")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_media_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_media")),
        sa.UniqueConstraint("event_id", "sha256", name=op.f("uq_event_media_event_id_sha256")),
    )


def downgrade() -> None:
    # Names stay masked: without the keys there is nothing else to put back.
    op.drop_constraint(op.f("fk_workload_person_id_division_code"), "workload", type_="foreignkey")
    op.create_foreign_key(
        op.f("fk_workload_person_id"),
        "workload",
        "person",
        ["person_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.drop_column("workload", "division_code")
    op.drop_constraint(op.f("fk_position_person_id_division_code"), "position", type_="foreignkey")
    op.create_foreign_key(
        op.f("fk_position_person_id"),
        "position",
        "person",
        ["person_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.drop_column("position", "division_code")
    op.drop_constraint(
        op.f("fk_person_power_person_id_division_code"), "person_power", type_="foreignkey"
    )
    op.create_foreign_key(
        op.f("fk_person_power_person_id"),
        "person_power",
        "person",
        ["person_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.drop_column("person_power", "division_code")
    op.add_column("person", sa.Column("name", sa.Text()))
    op.execute("UPDATE person SET name = name_masked")
    op.alter_column("person", "name", nullable=False)
    op.create_check_constraint("ck_person_name_length", "person", "length(name) BETWEEN 1 AND 100")
    op.drop_constraint(op.f("uq_person_id_division_code"), "person", type_="unique")
    op.drop_column("person", "id_number_sealed")
    op.drop_column("person", "phone_sealed")
    op.drop_constraint(op.f("ck_person_name_length"), "person", type_="check")
    op.drop_column("person", "name_masked")
    op.drop_column("person", "name_sealed")
    op.drop_constraint(op.f("fk_event_reported_by"), "event", type_="foreignkey")
    op.drop_constraint(op.f("uq_event_reported_by_client_key"), "event", type_="unique")
    op.create_unique_constraint(op.f("uq_event_client_key"), "event", ["client_key"])
    op.drop_column("event", "anonymised_at")
    op.drop_column("event", "reported_by")
    op.drop_column("event", "contact_phone_sealed")
    op.drop_column("event", "contact_name_sealed")
    op.drop_column("assignment", "person_role")
    op.drop_column("assignment", "person_name")
    op.drop_column("assignment", "person_code")
    op.drop_table("event_media")
