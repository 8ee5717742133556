"""the job queue: procrastinate's own tables, in a schema of their own."""

from hashlib import sha256

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SERVICE = "gridsvc_service"
#: Of the script this migration was written for. A procrastinate with another one needs its own
#: migrations run in a migration of ours.
SCRIPT_SHA256 = "c70ec4b400a60ad9592787653aae5ae77ae41bf801d56b5bd2712751a07f2009"

GRANTS = f"""
GRANT USAGE ON SCHEMA jobs TO {SERVICE};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jobs TO {SERVICE};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA jobs TO {SERVICE};
"""


def upgrade() -> None:
    script = SchemaManager.get_schema()
    if sha256(script.encode()).hexdigest() != SCRIPT_SHA256:
        raise RuntimeError("procrastinate brings other tables than migration 0007 knows")
    _run(f"CREATE SCHEMA jobs; SET LOCAL search_path = jobs; {script}; {GRANTS}")
    op.execute("SET LOCAL search_path = DEFAULT")


def _run(script: str) -> None:
    """Run many statements at once, which only the driver itself does."""
    op.get_bind().connection.dbapi_connection.run_async(lambda driver: driver.execute(script))


def downgrade() -> None:
    op.execute("DROP SCHEMA jobs CASCADE")
