"""tables sent to the service: it registers households and takes people in by itself."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

SERVICE = "gridsvc_service"
#: What only the owner could write, by `gridsvc load`; the policies hold for these too.
WRITES = {
    "household": "INSERT, DELETE",
    "building": "UPDATE (households, estimated)",
    "person": "INSERT",
    "person_power": "INSERT",
    "workload": "INSERT",
}


def upgrade() -> None:
    for table, privileges in WRITES.items():
        op.execute(f"GRANT {privileges} ON {table} TO {SERVICE}")


def downgrade() -> None:
    for table, privileges in WRITES.items():
        op.execute(f"REVOKE {privileges} ON {table} FROM {SERVICE}")
