"""Alembic's entry: runs the migrations on the connection it is given."""

from alembic import context
from geoalchemy2 import alembic_helpers

from gridsvc.accounts import models as accounts
from gridsvc.audit import models as audit
from gridsvc.db import Base
from gridsvc.dispatch import models as dispatch
from gridsvc.events import models as events
from gridsvc.grids import models as grids
from gridsvc.mandates import models as mandates
from gridsvc.notices import models as notices
from gridsvc.people import models as people
from gridsvc.roads import models as roads

#: Rooms whose tables alembic compares with the database.
ROOMS = (accounts, audit, grids, mandates, roads, people, events, dispatch, notices)


def run() -> None:
    """Run the migrations inside the caller's transaction."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        include_object=alembic_helpers.include_object,
        process_revision_directives=alembic_helpers.writer,
        render_item=alembic_helpers.render_item,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
