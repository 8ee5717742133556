"""Reports taken in: each is one event, located, dated and filed by one statement."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import client_keys
from gridsvc.audit.actor import SYSTEM, actor_of
from gridsvc.codes import code_range
from gridsvc.db import NOWHERE, Scope, widened
from gridsvc.errors import BadInput
from gridsvc.events import filing_queries, stages, timing
from gridsvc.events.filing_queries import Filing
from gridsvc.events.queries import Brief
from gridsvc.events.schemas import EventIn
from gridsvc.events.stage_queries import Held, Line, Moment
from gridsvc.events.states import State
from gridsvc.geo import to_wgs84
from gridsvc.grids.queries import Located, cell_at
from gridsvc.keyring import Keyring
from gridsvc.mandates.queries import MatterRow
from gridsvc.mandates.service import reportable_matter


@dataclass(frozen=True)
class Filed:
    """A report that was taken in.

    Attributes
    ----------
    event_id
        Its event.
    brief, held
        What dispatch needs to know of it, and its moment; none when it had been taken in before.
    """

    event_id: int
    brief: Brief | None = None
    held: Held | None = None


async def report(session: AsyncSession, event: EventIn, keyring: Keyring) -> Filed:
    """Take a report in and file it.

    A report with a client key that is known and the same body is the same event again. How to
    reach whoever saw it is sealed.

    Raises
    ------
    BadInput
        If the matter is unknown, the point lies in no published micro-grid, or the client key
        was used with another body.
    """
    digest = client_keys.digest_of(event)
    # Before anything else: what was right when it was sent first stays so, whatever was
    # published or struck off the list since.
    arrived = await filing_queries.arrived(
        session, client_key=event.client_key, reported_by=actor_of(session).account_id
    )
    if arrived.event_id is not None and arrived.body_sha256 is not None:
        used = f"for event {arrived.event_id} with another body"
        client_keys.check_same(event.client_key, arrived.body_sha256, digest, used=used)
        return Filed(arrived.event_id)
    matter = await reportable_matter(session, event.matter)
    place = to_wgs84(event.lon, event.lat, event.datum)
    located = await cell_at(session, lon=place[0], lat=place[1])
    if located is None:
        raise BadInput(
            f"{event.lon}, {event.lat} ({event.datum}) lies outside every published grid of your "
            "area; check the datum, or publish a plan for that community"
        )
    moment = Moment(arrived.at, arrived.judged_at, matter.code, located.division_code)
    filing = await _filing(session, event, digest, moment, located, place, keyring)
    async with widened(session, _all_of(session, located.division_code)):
        event_id = await filing_queries.file(session, filing)
    if event_id is None:  # the same client was quicker by another way
        return await report(session, event, keyring)
    held = Held(State.FILED, None, located.division_code, actor_of(session).account_id, moment)
    return Filed(event_id, brief_of(event_id, matter, located, place), held)


def _all_of(session: AsyncSession, division_code: str) -> Scope:
    """What the caller sees, and every event of a division besides.

    Who sees only some events sees none that is not there yet, nor may its lines be written.
    """
    seen: Scope = session.info.get("scope", NOWHERE)
    return Scope((*seen.ranges, code_range(division_code)), above=seen.above)


async def _filing(
    session: AsyncSession,
    event: EventIn,
    digest: bytes,
    moment: Moment,
    located: Located,
    place: tuple[float, float],
    keyring: Keyring,
) -> Filing:
    actor = actor_of(session)
    reported = stages.changes(None, State.REPORTED)
    filed = stages.changes(State.REPORTED, State.FILED)
    starts = await timing.starts(session, moment, [*reported.begun, *filed.begun])
    return Filing(
        columns={
            "division_code": located.division_code,
            "grid_id": located.grid_id,
            "micro_grid_id": located.micro_grid_id,
            "matter_code": moment.matter_code,
            "lon": place[0],
            "lat": place[1],
            "datum": event.datum.value,
            "description": event.description,
            "contact_name_sealed": event.contact_name and keyring.seal(event.contact_name),
            "contact_phone_sealed": event.contact_phone and keyring.seal(event.contact_phone),
            "reported_by": actor.account_id,
            "client_key": event.client_key,
            "body_sha256": digest,
            "captured_at": event.captured_at,
        },
        lines=(
            (State.REPORTED, Line(actor.shown, "上报")),
            (State.FILED, Line(SYSTEM.shown, f"自动立案：{located.micro_grid_code}")),
        ),
        starts=starts,
        done=filed.done,
        at=moment.at,
    )


def brief_of(
    event_id: int, matter: MatterRow, located: Located, place: tuple[float, float]
) -> Brief:
    """What dispatch needs to know of an event of a matter at a place (degrees, WGS-84)."""
    return Brief(
        id=event_id,
        matter=matter.code,
        matter_name=matter.name,
        matter_kind=matter.kind,
        power_code=matter.power_code,
        division_code=located.division_code,
        grid_id=located.grid_id,
        micro_grid_code=located.micro_grid_code,
        lon=place[0],
        lat=place[1],
    )
