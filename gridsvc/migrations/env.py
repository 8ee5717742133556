"""Alembic's entry: runs the migrations on the connection it is given."""

from alembic import context
from geoalchemy2 import alembic_helpers

from gridsvc.accounts import models as accounts
from gridsvc.appraisal import models as appraisal
from gridsvc.appraisal import reward_models as rewards
from gridsvc.appraisal import round_models as rounds
from gridsvc.appraisal import star_models as stars
from gridsvc.appraisal import survey_models as surveys
from gridsvc.audit import models as audit
from gridsvc.briefing import models as briefing
from gridsvc.db import Base
from gridsvc.dispatch import models as dispatch
from gridsvc.drafts import models as drafts
from gridsvc.events import citizen_models as citizens
from gridsvc.events import models as events
from gridsvc.grids import models as grids
from gridsvc.ledger import models as ledger
from gridsvc.mandates import models as mandates
from gridsvc.mandates import office_models as offices
from gridsvc.notices import models as notices
from gridsvc.outreach import device_models as devices
from gridsvc.outreach import models as outreach
from gridsvc.outreach import reception_models as receptions
from gridsvc.outreach import warning_models as warnings
from gridsvc.outreach import window_models as windows
from gridsvc.people import models as people
from gridsvc.registers import models as registers
from gridsvc.registers import project_models as projects
from gridsvc.registers import repair_models as repairs
from gridsvc.registers import sitting_models as sittings
from gridsvc.roads import models as roads

#: Rooms whose tables alembic compares with the database.
ROOMS = (
    *(accounts, audit, grids, mandates, offices, roads, people),
    *(events, citizens, dispatch, notices, drafts, briefing),
    *(outreach, warnings, windows, receptions, devices),
    *(registers, projects, sittings, repairs),
    *(appraisal, surveys, rewards, stars, rounds, ledger),
)


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
