"""Everything that accompanied an event, beside its moves."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.errors import NotFound
from gridsvc.events import (
    closing_queries,
    duplicate_queries,
    queries,
    stage_queries,
    suspension_queries,
)
from gridsvc.events.life_schemas import (
    EscalationOut,
    Life,
    LinkOut,
    PublicationOut,
    StageOut,
    SuspensionOut,
)


async def show(session: AsyncSession, event_id: int) -> Life:
    """Stages, escalations, suspensions, publications and links of an event.

    Raises
    ------
    NotFound
        If there is no such event.
    """
    if await queries.event(session, event_id) is None:
        raise NotFound(f"there is no event {event_id}")
    return Life(
        stages=[StageOut(**row) for row in await stage_queries.stages(session, event_id)],
        escalations=[
            EscalationOut(**row) for row in await stage_queries.escalations(session, event_id)
        ],
        suspensions=[
            SuspensionOut(**row) for row in await suspension_queries.of_event(session, event_id)
        ],
        publications=[
            PublicationOut(**row) for row in await closing_queries.publications(session, event_id)
        ],
        links=[LinkOut(**row) for row in await duplicate_queries.links(session, event_id)],
    )
