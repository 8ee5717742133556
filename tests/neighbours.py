"""Two counties side by side, each with everything in it: ours, and a foreign one.

Whatever belongs to the foreign one says so in words that nobody sends: if they come back in an
answer, something leaked.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shapely.affinity import translate
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc.accounts import queries as accounts
from gridsvc.accounts import sign_in_queries
from gridsvc.accounts.roles import FIELD, Role
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import Actor, acting
from gridsvc.db import transaction
from gridsvc.dispatch import service as dispatch
from gridsvc.events.schemas import EventIn, MoveIn
from gridsvc.grids import service as grids
from gridsvc.grids.area_queries import AreaFrames
from gridsvc.notices import queries as notice_queries
from gridsvc.notices import service as notices
from gridsvc.notices.kinds import Kind
from gridsvc.notices.service import Recipients
from gridsvc.people import service as people
from tests.towns import COMMUNITY, COUNTY, a_person, an_officer, middle, paper_area
from tests.who import KEYRING, open_account

FOREIGN_COUNTY, FOREIGN_COMMUNITY = "990201000000", "990201001001"
#: Degrees by which the foreign community lies further east.
EAST = 0.1
#: Words of the foreign county that no request of the tests holds.
MARKS = ("外县机密", "外县某", "外**")


@dataclass
class Side:
    """One county: where it is, and what can be asked for in it."""

    community: str
    county: str
    place: tuple[float, float]
    person: str
    other_person: str
    login: str = ""
    key: int = 0
    event: int = 0
    others_event: int = 0
    plan: int = 0
    channel: int = 0
    notice: int = 0
    delivery: int = 0
    accounts: dict[Role, int] = field(default_factory=dict)


def foreign_area() -> AreaFrames:
    """The paper community again, further east, under another code."""
    here = paper_area()

    def moved(frame):
        there = frame.copy()
        there["geometry"] = [translate(shape, EAST) for shape in frame.geometry]
        return there

    boundary = moved(here.boundary).assign(code=FOREIGN_COMMUNITY, name="外县机密社区")
    buildings = moved(here.buildings)
    buildings["building_id"] = "f" + buildings["building_id"]
    return AreaFrames(boundary, buildings, moved(here.barriers), moved(here.special))


async def settle_foreign(session: AsyncSession) -> None:
    """The foreign community, planned and published."""
    area = foreign_area()
    outline = area.boundary.geometry.iloc[0]
    await grids.load_divisions(
        session,
        [
            grids.DivisionRow(FOREIGN_COUNTY, "外县机密县"),
            grids.DivisionRow(FOREIGN_COMMUNITY, "外县机密社区", outline),
        ],
    )
    await grids.load_area(session, area)
    draft = await grids.draft_plan(session, FOREIGN_COMMUNITY)
    await grids.publish_plan(session, draft.plan_id)


async def make_neighbours(engine: AsyncEngine) -> tuple[Side, Side]:
    """Fill both counties with everything there is; ours and the foreign one."""
    lon, lat = middle(0, 0)
    own = Side(COMMUNITY, COUNTY, (lon, lat), "own-w0", "own-w1")
    foreign = Side(FOREIGN_COMMUNITY, FOREIGN_COUNTY, (lon + EAST, lat), "far-w0", "far-w1")
    async with transaction(engine) as session:
        await settle_foreign(session)
        await _fill(session, own, "own", "自己人")
        await _fill(session, foreign, "far", "外县某人")
    return own, foreign


async def _fill(session: AsyncSession, side: Side, prefix: str, name: str) -> None:
    common: dict[str, Any] = {"division_code": side.community, "name": name, "capacity": 50}
    numbers = {"phone": "13800000000", "id_number": "1" * 18}
    rows = [a_person(f"{prefix}-w{n}", side.place, **common, **numbers) for n in range(3)]
    rows.append(an_officer(f"{prefix}-o0", side.place, **common))
    rows.append(a_person(f"{prefix}-l0", side.place, role="liaison", **common))
    await people.load_people(session, rows, KEYRING)
    await people.post_to_cells(session, side.community)
    await session.execute(
        text(
            "INSERT INTO household (division_code, building_id, address_code, residents)"
            " SELECT division_code, id, source_id || '-1', 3 FROM building"
            " WHERE division_code = :code ORDER BY id LIMIT 3"
        ),
        {"code": side.community},
    )
    await session.execute(
        text(
            "INSERT INTO site (division_code, kind, name, geom)"
            " SELECT division_code, 'park', :name, geom FROM building"
            " WHERE division_code = :code ORDER BY id LIMIT 1"
        ),
        {"code": side.community, "name": f"{name}公园"},
    )
    side.plan = await session.scalar(
        text("SELECT max(id) FROM plan WHERE division_code = :code"), {"code": side.community}
    )
    await _open_accounts(session, side, prefix, name)
    side.event = await _report(session, side, name, side.accounts[Role.CITIZEN])
    side.others_event = await _report(session, side, name, None)
    closed = await _report(session, side, name, None)
    for state in ("ACCEPTED", "HANDLED", "VERIFIED", "CLOSED"):
        await dispatch.move(session, closed, MoveIn(to_state=state, note=f"{name}处置"))
    await session.execute(
        text(
            "INSERT INTO event_media (event_id, division_code, purpose, media_type, width_px,"
            " height_px, sha256, content) SELECT id, division_code, 'report', 'image/jpeg', 1, 1,"
            " '', '' FROM event WHERE id = :id"
        ),
        {"id": side.event},
    )
    await audit.record(
        session, Action.UNMASKED, "person", side.person, division_code=side.community, purpose=name
    )
    await _listen(session, side, name)
    for level in ("grid", "micro_grid"):
        await session.execute(
            text(
                f"INSERT INTO {level}_predecessor SELECT id, id, 1 FROM {level}"
                " WHERE division_code = :code"
            ),
            {"code": side.community},
        )


async def _open_accounts(session: AsyncSession, side: Side, prefix: str, name: str) -> None:
    codes = {Role.GRID_WORKER: "w0", Role.LIAISON: "l0", Role.OFFICER: "o0"}
    for role in Role:
        person_id = None
        if role in FIELD:
            person_id = await accounts.person_id_of(session, f"{prefix}-{codes[role]}")
        side.accounts[role] = await open_account(
            session,
            f"{prefix}-{role.value.replace('_', '-')}",
            [role],
            [side.county],
            person_id=person_id,
            matters=["E01"] if role is Role.DEPARTMENT else [],
        )
    side.login = f"{prefix}-appraiser"
    account = side.accounts[Role.APPRAISER]
    side.key = await accounts.add_key(
        session,
        digest=prefix.encode(),
        beginning="gsk_",
        account_id=account,
        label=f"{name}的设备",
        permissions=["view_cells"],
        expires_at=None,
    )
    await sign_in_queries.add_session(
        session, account, f"{prefix} browser".encode(), "csrf", step="done"
    )


async def _listen(session: AsyncSession, side: Side, name: str) -> None:
    """Channels of an account and of a unit, and something that each was told."""
    account = side.accounts[Role.DISPATCHER]
    common = {"url_sealed": KEYRING.seal("wecombot://x"), "service": "wecom"}
    settings = {"kinds": None, "language": "zh", "quiet_from": None, "quiet_to": None}
    for account_id, unit_code in ((account, None), (None, f"{side.community}-u")):
        side.channel = await notice_queries.add_channel(
            session,
            division_code=side.community,
            account_id=account_id,
            unit_code=unit_code,
            settings=settings,
            **common,
        )
    await session.execute(
        text(
            "INSERT INTO subscription (division_code, account_id, kind)"
            " VALUES (:division, :account, 'escalated')"
        ),
        {"division": side.community, "account": account},
    )
    await notices.tell(
        session,
        kind=Kind.WHISTLE,
        subject_type="call",
        subject_id=1,
        recipients=Recipients(accounts=[account], units=[f"{side.community}-u"]),
        division_code=side.community,
        facts={"caller": name},
    )
    await session.execute(
        text("UPDATE delivery SET state = 'dead' WHERE division_code = :division"),
        {"division": side.community},
    )
    side.delivery, side.notice = (
        await session.execute(
            text("SELECT id, notice_id FROM delivery WHERE division_code = :d ORDER BY id DESC"),
            {"d": side.community},
        )
    ).first()


async def _report(session: AsyncSession, side: Side, name: str, account: int | None) -> int:
    lon, lat = side.place
    number = await session.scalar(text("SELECT count(*) FROM event"))
    event = EventIn(
        matter="E01",
        lon=lon,
        lat=lat,
        datum="wgs84",
        description=f"{name}门前垃圾",
        client_key=f"{side.community}-{number}",
        captured_at=datetime(2026, 11, 1, tzinfo=UTC),
        contact_name=name,
        contact_phone="13812345678",
    )
    with acting(session, Actor(account, "somebody")):
        return (await dispatch.report(session, event, KEYRING)).id
