"""HTTP doors of warnings from outside models: taken in, seen by who must, checked, closed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.accounts.schemas import PurposeIn
from gridsvc.codes import range_within
from gridsvc.grids.routes import Within
from gridsvc.keyring import Keyring
from gridsvc.outreach import warning_intake, warning_service
from gridsvc.outreach.visit_routes import Id
from gridsvc.outreach.warning_schemas import (
    ConclusionIn,
    RoutingIn,
    SceneIn,
    SceneOut,
    State,
    WarningCheckIn,
    WarningInFull,
    WarningPage,
    WarningsIn,
    WarningsTaken,
)

router = APIRouter(prefix="/api", tags=["warnings"])

_SEND = may(Permission.SEND_WARNINGS)
_SEE = may(Permission.CHECK_WARNINGS, Permission.DIRECT_WARNINGS)
_DIRECT = may(Permission.DIRECT_WARNINGS)
_BINARY = {"type": "string", "format": "binary"}
_UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": _BINARY}},
    }
}


def _keys(request: Request) -> Keyring:
    keyring: Keyring = request.app.state.keyring
    return keyring


@router.put("/warning-scenes", dependencies=[_DIRECT])
async def set_scene(session: Session, caller: Caller, told: SceneIn) -> SceneOut:
    """Begin a scene, or change the one of that code."""
    return await warning_service.set_scene(session, told, caller)


@router.get("/warning-scenes", dependencies=[_SEE])
async def scenes(session: Session, division: Within = None) -> list[SceneOut]:
    """Scenes of the caller's areas."""
    low, high = range_within(division)
    return await warning_service.scenes(session, low, high)


@router.post("/warnings", status_code=201, dependencies=[_SEND])
async def take_in(
    request: Request, session: Session, caller: Caller, told: WarningsIn
) -> WarningsTaken:
    """Send warnings for an area; of each is told what became of it.

    One with an unknown address is kept and routed by hand. What was sent is not shown again.
    """
    sent = warning_intake.numbered(told.warnings)
    return await warning_intake.take_in(session, told.division, sent, [], caller, _keys(request))


@router.post("/warnings/file", status_code=201, dependencies=[_SEND], openapi_extra=_UPLOAD)
async def take_in_file(
    request: Request,
    session: Session,
    caller: Caller,
    division: Annotated[str, Query(pattern=r"^[0-9]{12}$", examples=["320104000000"])],
) -> WarningsTaken:
    """Send warnings as CSV (UTF-8) with the columns ref, scene, address, subject, detail."""
    good, bad = warning_intake.read_file(await request.body())
    return await warning_intake.take_in(session, division, good, bad, caller, _keys(request))


@router.get("/warnings", dependencies=[_SEE])
async def warnings(
    session: Session,
    caller: Caller,
    division: Within = None,
    state: State | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> WarningPage:
    """Warnings of the caller's own cells, or of the area who supervises; recorded."""
    low, high = range_within(division)
    return await warning_service.page(session, caller, low=low, high=high, state=state, limit=limit)


@router.post("/warnings/{warning_id}/reading", dependencies=[_SEE])
async def read(
    request: Request, session: Session, caller: Caller, warning_id: Id, wanted: PurposeIn
) -> WarningInFull:
    """A warning in full, for a purpose; every reading is recorded."""
    return await warning_service.read(
        session, warning_id, caller, _keys(request), purpose=wanted.purpose
    )


@router.post("/warnings/{warning_id}/check", dependencies=[may(Permission.CHECK_WARNINGS)])
async def check(
    request: Request, session: Session, caller: Caller, warning_id: Id, found: WarningCheckIn
) -> WarningInFull:
    """Tell what was found on the spot; the same key and body are the same check."""
    return await warning_service.check(session, warning_id, found, caller, _keys(request))


@router.post("/warnings/{warning_id}/routing", dependencies=[_DIRECT])
async def route(
    request: Request, session: Session, caller: Caller, warning_id: Id, routing: RoutingIn
) -> WarningInFull:
    """Say where a warning with an unknown address belongs."""
    return await warning_service.route(session, warning_id, routing, caller, _keys(request))


@router.post("/warnings/{warning_id}/closing", dependencies=[_DIRECT])
async def close(
    request: Request, session: Session, caller: Caller, warning_id: Id, word: ConclusionIn
) -> WarningInFull:
    """Close a warning that went up, or one that belongs nowhere."""
    return await warning_service.close(session, warning_id, word, caller, _keys(request))
