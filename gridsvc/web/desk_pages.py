"""The dispatcher's desk and its wall: the pages, and the parts of an event's card."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission
from gridsvc.audit.actor import actor_of
from gridsvc.codes import WHOLE, code_range
from gridsvc.dispatch import calls as whistle_calls
from gridsvc.dispatch import desk_queries, handing_over, whistling
from gridsvc.dispatch import service as dispatch
from gridsvc.errors import GridsvcError
from gridsvc.events import duplicates, life
from gridsvc.events import service as events
from gridsvc.events.routes import EventId
from gridsvc.events.states import IN_HAND, MOVES, WAITING, State
from gridsvc.geo import Datum
from gridsvc.grids.queries import division_name
from gridsvc.mandates import service as mandates
from gridsvc.mandates.schemas import MatterNode
from gridsvc.web import desk_words
from gridsvc.web.drawing import page

router = APIRouter(prefix="/dispatch", include_in_schema=False)

_DESK = may(Permission.DIRECT_EVENTS)
#: Candidates that a card shows, and those passed over.
MOST_CANDIDATES = 8
MOST_AREAS = 2000
MOST_CALLS = 20
MOST_SHIFTS = 10


def _drawn(request: Request, template: str, **context: Any) -> HTMLResponse:
    return page(request, template, words_of=desk_words, **context)


async def _frame(session: Session, caller: Identity) -> dict[str, Any]:
    """What both pages need to know of the place."""
    low, high = code_range(WHOLE)
    box = await desk_queries.box(session, low, high)
    return {
        "visitor": caller,
        "areas": await desk_queries.areas(session, low, high, limit=MOST_AREAS),
        "box": ",".join(f"{side:.6f}" for side in box.values()) if box else "",
        "with_people": caller.may(Permission.VIEW_PEOPLE),
    }


@router.get("", response_class=HTMLResponse, dependencies=[_DESK])
async def desk(request: Request, session: Session, caller: Caller) -> HTMLResponse:
    """The desk: list, map and card. What it shows its address says, so that it can be kept."""
    tree = await mandates.matter_tree(session, None)
    matters = [line for node in tree.matters for line in _flat(node, 0)]
    return _drawn(request, "dispatch.html", matters=matters, **await _frame(session, caller))


def _flat(node: MatterNode, depth: int) -> list[tuple[str, str, int]]:
    below = [line for child in node.matters for line in _flat(child, depth + 1)]
    return [(node.code, node.name, depth), *below]


@router.get("/wall", response_class=HTMLResponse, dependencies=[_DESK])
async def wall(
    request: Request,
    session: Session,
    caller: Caller,
    division: Annotated[str | None, Query(pattern=r"^[0-9]{12}$")] = None,
) -> HTMLResponse:
    """The wall of the command centre: figures and a live map, for days on end."""
    town = await division_name(session, division or caller.areas[0])
    return _drawn(
        request, "dispatch_wall.html", town=town, division=division, **await _frame(session, caller)
    )


@router.get("/events/{event_id}", response_class=HTMLResponse, dependencies=[_DESK])
async def card(
    request: Request, session: Session, caller: Caller, event_id: EventId
) -> HTMLResponse:
    """An event's card: what, where, by when, photos, history."""
    event = await events.show(session, event_id)
    told = await life.show(session, event_id)
    return _drawn(
        request,
        "dispatch_card.html",
        event=event,
        town=await division_name(session, event.division_code),
        life=told,
        photos=await events.photos(session, event_id),
        can_be_given=event.state in WAITING | IN_HAND,
        can_be_put_off=State.SUSPENDED in MOVES[event.state],
        asked_off=next((one for one in told.suspensions if one.approved is None), None),
        may_approve=caller.may(Permission.APPROVE_SUSPENSIONS),
        myself=actor_of(session).shown,
    )


@router.get("/events/{event_id}/candidates", response_class=HTMLResponse, dependencies=[_DESK])
async def candidates(request: Request, session: Session, event_id: EventId) -> HTMLResponse:
    """Who could take an event, ranked, and who was passed over, each with the reason."""
    event = await events.show(session, event_id)
    refused, found = None, None
    try:
        found = await dispatch.nearest(
            session,
            lon=event.lon,
            lat=event.lat,
            datum=Datum.WGS84,
            matter_code=event.matter,
            k=MOST_CANDIDATES,
        )
    except GridsvcError as failure:
        refused = failure.detail
    return _drawn(request, "dispatch_candidates.html", event=event, found=found, refused=refused)


@router.get("/events/{event_id}/nearby", response_class=HTMLResponse, dependencies=[_DESK])
async def nearby(request: Request, session: Session, event_id: EventId) -> HTMLResponse:
    """What was reported near an event and may be the same."""
    event = await events.show(session, event_id)
    found = await duplicates.suggest(session, event_id)
    return _drawn(request, "dispatch_nearby.html", event=event, found=found)


@router.get(
    "/events/{event_id}/whistles",
    response_class=HTMLResponse,
    dependencies=[may(Permission.CALL_UNITS)],
)
async def whistles(request: Request, session: Session, event_id: EventId) -> HTMLResponse:
    """Calls of units about an event, with who checked in."""
    low, high = code_range(WHOLE)
    calls = await whistling.page(
        session, low=low, high=high, state=None, event=event_id, unit=None,
        limit=MOST_CALLS, offset=0,
    )  # fmt: skip
    return _drawn(
        request, "dispatch_whistles.html", calls=calls.whistles, moves=whistle_calls.MOVES
    )


@router.get("/handovers", response_class=HTMLResponse, dependencies=[_DESK])
async def handovers(request: Request, session: Session, caller: Caller) -> HTMLResponse:
    """Shifts handed over, and the forms to hand one over and to take one over."""
    low, high = code_range(WHOLE)
    areas = [(code, await division_name(session, code) or code) for code in caller.areas]
    if any(code == WHOLE for code, _ in areas):
        rows = await desk_queries.areas(session, low, high, limit=MOST_AREAS)
        areas = [(row["code"], row["name"]) for row in rows]
    listed = await handing_over.listed(session, low, high, limit=MOST_SHIFTS)
    return _drawn(request, "dispatch_shifts.html", areas=areas, shifts=listed)
