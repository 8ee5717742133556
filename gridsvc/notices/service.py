"""What the office does with notices: tell, keep channels, show what was told and what was not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import OWN_REPORTS_ONLY, Permission, Role, roles_with
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.codes import WHOLE, ancestors
from gridsvc.db import EVERYWHERE, widened
from gridsvc.errors import Conflict, Forbidden, NotFound
from gridsvc.keyring import Keyring
from gridsvc.notices import addresses, kinds, queries
from gridsvc.notices.kinds import Kind
from gridsvc.notices.schemas import (
    ChannelIn,
    ChannelOut,
    NoticeOut,
    NoticePage,
    SubscriptionItem,
    UndeliveredOut,
)
from gridsvc.outbound import Network

#: Of one account or unit.
MOST_CHANNELS = 8
#: Roles that may be told of any event of their areas because they want to be; a department, which
#: sees some matters only, is told what is meant for it.
_LISTENERS = sorted(set(roles_with(Permission.VIEW_EVENTS)) - OWN_REPORTS_ONLY - {Role.DEPARTMENT})


@dataclass(frozen=True)
class Recipients:
    """Whom a notice is for.

    Attributes
    ----------
    accounts, people
        Database ids; somebody without an account is told nothing.
    cell, without
        Code of a micro-grid in force: whoever answers for it or its grid, but for one person.
    units
        Codes of units, told over their channels.
    households
        Database ids; told on the phones that they agreed to.
    roles
        Whoever has one of these roles in `area`.
    but
        Account that is not told for its role: whose own deed it is.
    area
        Division that must be among their areas by itself, such as a county's code for what is
        escalated to the county; none = any that holds the division told of.
    """

    accounts: Sequence[int] = ()
    people: Sequence[int] = ()
    cell: str | None = None
    without: int | None = None
    units: Sequence[str] = ()
    households: Sequence[int] = ()
    roles: Sequence[Role] = ()
    but: int | None = None
    area: str | None = None


NOBODY = Recipients()


async def tell(
    session: AsyncSession,
    *,
    kind: Kind,
    subject_type: str,
    subject_id: object,
    recipients: Recipients,
    division_code: str,
    facts: Mapping[str, str],
    occasion: str = "",
) -> int:
    """Tell somebody something, in the caller's transaction: sent if, and once, it is committed.

    Whoever subscribed to the kind in the division is told, too. The same kind, subject and
    occasion are told to each only once.

    Parameters
    ----------
    subject_type, subject_id
        What it is about, such as ``event`` and its number.
    division_code
        Where it happened.
    facts
        What the words are made of, as `kinds.FACTS` allows: nothing personal.
    occasion
        Tells apart what may be told again of one subject, such as the number of an assignment.

    Returns
    -------
    int
        How many were told who had not been.

    Raises
    ------
    BadInput
        If a fact may not be told.
    """
    areas = [WHOLE, *ancestors(division_code), division_code]
    async with widened(session, EVERYWHERE):  # accounts are kept in areas of their own
        return await queries.tell(
            session,
            kind=kind.value,
            subject_type=subject_type,
            subject_id=str(subject_id),
            occasion=occasion,
            facts=kinds.checked(facts),
            accounts=list(recipients.accounts),
            people=list(recipients.people),
            cell=recipients.cell,
            without=recipients.without,
            units=list(recipients.units),
            households=list(recipients.households),
            named_roles=[role.value for role in recipients.roles],
            but=recipients.but,
            named_areas=areas if recipients.area is None else [recipients.area],
            division=division_code,
            areas=areas,
            roles=[role.value for role in _LISTENERS],
        )


async def page(session: AsyncSession, caller: Identity, *, unread: bool, limit: int) -> NoticePage:
    """The caller's own notices, newest first."""
    async with widened(session, EVERYWHERE):  # kept where the account is, which it may not see
        rows, waiting = await queries.page(session, caller.account_id, unread=unread, limit=limit)
    return NoticePage(notices=[_shown(row) for row in rows], unread=waiting)


def _shown(row: RowMapping) -> NoticeOut:
    kind = Kind(row["kind"])
    told = kinds.words(kind, row["facts"], row["subject_id"], language="zh", chat=False)
    known = {name: row[name] for name in NoticeOut.model_fields if name in row}
    return NoticeOut(**known, title=told.title, text=told.text)


async def mark_read(session: AsyncSession, caller: Identity, notice_id: int, *, only: bool) -> None:
    """Mark one of the caller's notices as read, or all up to it.

    Raises
    ------
    NotFound
        If the caller has no such notice.
    """
    async with widened(session, EVERYWHERE):
        marked = await queries.mark_read(session, caller.account_id, up_to=notice_id, only=only)
    if not marked:
        raise NotFound(f"you have no notice {notice_id}")


async def add_channel(
    session: AsyncSession,
    new: ChannelIn,
    caller: Identity,
    keyring: Keyring,
    allowed: Sequence[Network],
) -> ChannelOut:
    """Keep a channel of the caller's own or, for who keeps accounts, of a unit.

    Raises
    ------
    BadInput
        If its address is none that is kept, or leads inside.
    Forbidden
        If it is a unit's and the caller may not keep these, or not there.
    Conflict
        If there are as many as may be.
    """
    address = addresses.read(new.url)
    await addresses.check(address, allowed)
    account_id, division = await _owner(session, new, caller)
    async with widened(session, EVERYWHERE):
        known = await queries.channels(session, account_id=account_id, unit_code=new.unit)
        if len(known) >= MOST_CHANNELS:
            raise Conflict(f"there are {MOST_CHANNELS} channels, which is the most; remove one")
        channel_id = await queries.add_channel(
            session,
            division_code=division,
            account_id=account_id,
            unit_code=new.unit,
            service=address.service,
            url_sealed=keyring.seal(new.url),
            settings=new.settings(),
        )
        rows = await queries.channels(session, account_id=account_id, unit_code=new.unit)
    after = {"service": address.service, "unit": new.unit}
    await audit.record(
        session, Action.CHANNEL_ADDED, "channel", channel_id, division_code=division, after=after
    )
    return ChannelOut(**next(row for row in rows if row["id"] == channel_id))


async def _owner(session: AsyncSession, new: ChannelIn, caller: Identity) -> tuple[int | None, str]:
    """Account that a channel belongs to, none for a unit's, and the division it is kept in."""
    if new.unit is None and new.division is None:
        async with widened(session, EVERYWHERE):
            return caller.account_id, await queries.account_division(session, caller.account_id)
    if new.unit is None or new.division is None:
        raise Forbidden("give both unit and division for a unit's channel, or neither")
    if not caller.may(Permission.MANAGE_ACCOUNTS):
        raise Forbidden("channels of units are kept by who keeps accounts; ask an administrator")
    _check_area(new.division, caller)
    return None, new.division


def _check_area(division: str, caller: Identity) -> None:
    if not caller.answers_for(division):
        raise Forbidden(f"{division} lies outside your own areas; give a division within them")


async def channels(session: AsyncSession, caller: Identity) -> list[ChannelOut]:
    """The caller's own channels, without their addresses."""
    async with widened(session, EVERYWHERE):
        rows = await queries.channels(session, account_id=caller.account_id)
    return [ChannelOut(**row) for row in rows]


async def unit_channels(session: AsyncSession) -> list[ChannelOut]:
    """Channels of every unit within the caller's areas."""
    return [ChannelOut(**row) for row in await queries.unit_channels(session)]


async def remove_channel(session: AsyncSession, channel_id: int, caller: Identity) -> None:
    """Take away a channel of the caller's own or, for who keeps accounts, of a unit there.

    Raises
    ------
    NotFound
        If there is no such channel.
    """
    of_units = caller.may(Permission.MANAGE_ACCOUNTS)
    removed = await queries.remove_channel(
        session, channel_id, account_id=caller.account_id, of_units=of_units
    )
    if not removed:
        async with widened(session, EVERYWHERE):  # its own may be kept where it cannot look
            removed = await queries.remove_channel(
                session, channel_id, account_id=caller.account_id, of_units=False
            )
    if not removed:
        raise NotFound(f"you have no channel {channel_id}")
    await audit.record(session, Action.CHANNEL_REMOVED, "channel", channel_id)


async def subscriptions(session: AsyncSession, caller: Identity) -> list[SubscriptionItem]:
    """What the caller wants to be told of."""
    async with widened(session, EVERYWHERE):
        rows = await queries.subscriptions(session, caller.account_id)
    return [SubscriptionItem(**row) for row in rows]


async def subscribe(
    session: AsyncSession, wanted: Sequence[SubscriptionItem], caller: Identity
) -> list[SubscriptionItem]:
    """Replace what the caller wants to be told of.

    Raises
    ------
    Forbidden
        If a division lies outside the caller's areas, or the caller sees only some events.
    """
    if wanted and not set(caller.roles) & set(_LISTENERS):
        raise Forbidden("you are told what is meant for you; nothing else can be subscribed to")
    for one in wanted:
        _check_area(one.division, caller)
    async with widened(session, EVERYWHERE):
        await queries.set_subscriptions(
            session, caller.account_id, [(one.kind.value, one.division) for one in wanted]
        )
    return await subscriptions(session, caller)


async def undelivered(session: AsyncSession, *, limit: int) -> list[UndeliveredOut]:
    """What could not be delivered in the caller's areas, newest first."""
    return [UndeliveredOut(**row) for row in await queries.undelivered(session, limit=limit)]


async def try_again(session: AsyncSession, delivery_id: int) -> None:
    """Send again what was given up.

    Raises
    ------
    NotFound
        If there is no such delivery in the caller's areas.
    """
    if not await queries.try_again(session, delivery_id):
        raise NotFound(f"there is no delivery {delivery_id} that was given up")
