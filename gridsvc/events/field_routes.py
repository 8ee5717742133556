"""HTTP door of the field page: one answer that a phone keeps for when it is offline."""

from __future__ import annotations

from fastapi import APIRouter

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.errors import Forbidden
from gridsvc.events import field_queries
from gridsvc.events.field_schemas import FieldCell, FieldDay, FieldTask
from gridsvc.people.service import known_person

router = APIRouter(prefix="/api/field", tags=["field"])


@router.get("", dependencies=[may(Permission.HANDLE_EVENTS)])
async def day(session: Session, caller: Caller) -> FieldDay:
    """The caller's own day: duty, what they have in hand, the cells they answer for."""
    if caller.person_id is None or caller.person_code is None:
        raise Forbidden("this account stands for nobody in the field; ask an administrator")
    person = await known_person(session, caller.person_code)
    return FieldDay(
        login=caller.login,
        person=caller.person_code,
        on_duty=person["on_duty"],
        csrf=caller.csrf,
        tasks=[FieldTask(**row) for row in await field_queries.tasks(session, caller.person_id)],
        cells=[FieldCell(**row) for row in await field_queries.cells(session, caller.person_id)],
    )
