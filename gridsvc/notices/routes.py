"""HTTP doors of notices: one's own, their channels, what could not be delivered."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.notices import service
from gridsvc.notices.schemas import (
    ChannelIn,
    ChannelOut,
    NoticePage,
    SubscriptionItem,
    SubscriptionsIn,
    UndeliveredOut,
)

router = APIRouter(prefix="/api", tags=["notices"])

#: One's own notices are for everybody who has an account.
_ANYBODY = may(*Permission)
_MANAGE = may(Permission.MANAGE_ACCOUNTS)
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/notices", dependencies=[_ANYBODY])
async def notices(
    session: Session,
    caller: Caller,
    unread: bool = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> NoticePage:
    """What the caller was told, newest first, whatever other channels there are."""
    return await service.page(session, caller, unread=unread, limit=limit)


@router.post("/notices/{notice_id}/read", status_code=204, dependencies=[_ANYBODY])
async def read(
    session: Session,
    caller: Caller,
    notice_id: RowId,
    older: Annotated[bool, Query(description="everything before it, too")] = False,
) -> Response:
    """Mark a notice as read."""
    await service.mark_read(session, caller, notice_id, only=not older)
    return Response(status_code=204)


@router.get("/channels", dependencies=[_ANYBODY])
async def channels(session: Session, caller: Caller) -> list[ChannelOut]:
    """Where the caller is told, beside this service; addresses are not shown."""
    return await service.channels(session, caller)


@router.post("/channels", status_code=201, dependencies=[_ANYBODY])
async def add_channel(
    request: Request, session: Session, caller: Caller, new: ChannelIn
) -> ChannelOut:
    """Add a channel of the caller's own or, for administrators, of a unit."""
    state = request.app.state
    return await service.add_channel(
        session, new, caller, state.keyring, state.settings.outbound_networks
    )


@router.delete("/channels/{channel_id}", status_code=204, dependencies=[_ANYBODY])
async def remove_channel(session: Session, caller: Caller, channel_id: RowId) -> Response:
    """Take a channel away; what waits for it is not sent."""
    await service.remove_channel(session, channel_id, caller)
    return Response(status_code=204)


@router.get("/channels/of-units", dependencies=[_MANAGE])
async def unit_channels(session: Session) -> list[ChannelOut]:
    """Channels of units in the administrator's areas; addresses are not shown."""
    return await service.unit_channels(session)


@router.get("/subscriptions", dependencies=[may(Permission.VIEW_EVENTS)])
async def subscriptions(session: Session, caller: Caller) -> list[SubscriptionItem]:
    """What the caller wants to be told of, beside what is meant for them anyway."""
    return await service.subscriptions(session, caller)


@router.put("/subscriptions", dependencies=[may(Permission.VIEW_EVENTS)])
async def subscribe(
    session: Session, caller: Caller, wanted: SubscriptionsIn
) -> list[SubscriptionItem]:
    """Replace what the caller wants to be told of."""
    return await service.subscribe(session, wanted.subscriptions, caller)


@router.get("/undelivered", dependencies=[_MANAGE])
async def undelivered(
    session: Session, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[UndeliveredOut]:
    """Notices of the administrator's areas that channels did not take, newest first."""
    return await service.undelivered(session, limit=limit)


@router.post("/undelivered/{delivery_id}/again", status_code=204, dependencies=[_MANAGE])
async def try_again(session: Session, delivery_id: RowId) -> Response:
    """Send a notice again that was given up."""
    await service.try_again(session, delivery_id)
    return Response(status_code=204)
