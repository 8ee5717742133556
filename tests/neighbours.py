"""Two counties side by side, each with everything in it: ours, and a foreign one.

Whatever belongs to the foreign one says so in words that nobody sends: if they come back in an
answer, something leaked.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
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
from gridsvc.dispatch import whistle_queries
from gridsvc.events.schemas import EventIn, MoveIn
from gridsvc.geo import Datum
from gridsvc.grids import service as grids
from gridsvc.grids.area_queries import AreaFrames
from gridsvc.mandates import service as mandates
from gridsvc.notices import queries as notice_queries
from gridsvc.notices import service as notices
from gridsvc.notices.kinds import Kind
from gridsvc.notices.service import Recipients
from gridsvc.people import devices, postings, shifts, tracking
from gridsvc.people import service as people
from gridsvc.people.pings import USUAL, Ping, Source
from gridsvc.people.schemas import PostingIn, ShiftIn
from gridsvc.people.track_schemas import DeviceIn
from gridsvc.people.tracking import Told
from gridsvc.roads import service as roads
from gridsvc.roads.schemas import ConditionIn
from tests.towns import COMMUNITY, COUNTY, a_person, an_officer, middle, paper_area, paper_roads
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
    device: int = 0
    shift: int = 0
    list_version: int = 0
    condition: str = ""
    channel: int = 0
    notice: int = 0
    delivery: int = 0
    whistle: int = 0
    street: str = ""
    department: str = ""
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
    await _load_lists(session, side, prefix, name)
    await _open_accounts(session, side, prefix, name)
    await _put_on_the_way(session, side, name)
    await _close_a_road(session, side, name)
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
    await _accompany(session, side, name)
    await audit.record(
        session, Action.UNMASKED, "person", side.person, division_code=side.community, purpose=name
    )
    await _whistle(session, side, name)
    await _listen(session, side, name)
    for level in ("grid", "micro_grid"):
        await session.execute(
            text(
                f"INSERT INTO {level}_predecessor SELECT id, id, 1 FROM {level}"
                " WHERE division_code = :code"
            ),
            {"code": side.community},
        )


async def _accompany(session: AsyncSession, side: Side, name: str) -> None:
    """Rows beside the citizen's event that its own way does not leave."""
    for statement in (
        "INSERT INTO suspension (event_id, division_code, until, reason, note, asked_by, approved,"
        " decided_by, decided_at, ended_at) SELECT id, division_code, now() + interval '1 day',"
        " 'weather', :name, 'a', false, 'b', now(), now() FROM event WHERE id = :id",
        "INSERT INTO duplicate_link (event_id, division_code, duplicate_of, linked_by, note,"
        " unlinked_by, unlinked_at) SELECT id, division_code, :other, 'a', :name, 'b', now()"
        " FROM event WHERE id = :id",
        "INSERT INTO escalation (event_id, division_code, stage_id, stage, rung, told_code,"
        " due_at) SELECT event_id, division_code, id, stage, 'overdue', division_code, now()"
        " FROM event_stage WHERE event_id = :id LIMIT 1",
    ):
        told = {"id": side.event, "name": name, "other": side.others_event}
        named = {key: value for key, value in told.items() if f":{key}" in statement}
        await session.execute(text(statement), named)


async def _put_on_the_way(session: AsyncSession, side: Side, name: str) -> None:
    """A phone, a ping, a batch, a shift and a change of duty."""
    lon, lat = side.place
    registered = await devices.register(
        session, DeviceIn(person=side.person, label=f"{name}的手机", datum="wgs84")
    )
    side.device = registered.device.id
    told = [Told(side.person, Ping(lon, lat), Datum.WGS84)]
    await tracking.record(session, told, source=Source.API, limits=USUAL)
    await tracking.earlier_answer(session, side.accounts[Role.PARTNER], name, b"0" * 32)
    begins = datetime.now(UTC) + timedelta(days=1)
    planned = await shifts.plan(
        session, side.person, ShiftIn(begins=begins, ends=begins + timedelta(hours=8))
    )
    side.shift = planned.id
    unit = f"{side.person[:3]}-unit"
    await postings.post(
        session,
        side.person,
        PostingIn(home_unit=unit, commanding_unit=unit, begins=date(2026, 1, 1)),
    )
    for on_duty in (False, True):
        await people.set_duty(session, side.person, on_duty=on_duty)


async def _load_lists(session: AsyncSession, side: Side, prefix: str, name: str) -> None:
    valid: dict[str, Any] = {"valid_from": date(2020, 1, 1), "valid_to": None}
    unit = {"code": f"{prefix}-unit", "name": f"{name}局", "kind": "department", "level": "county"}
    where = {"parent_code": None, "division_code": side.county}
    street = {"code": f"{prefix}-street", "name": f"{name}街道", "kind": "street"}
    there = {"level": "street", "parent_code": None, "division_code": side.community}
    await mandates.load_units(session, [unit | where | valid, street | there | valid])
    side.street, side.department = street["code"], unit["code"]
    given = {"power_code": "CG01", "division_code": side.county, "from_unit": f"{name}局"}
    await mandates.load_list(
        session,
        "delegations",
        [given | valid | {"legal_basis": name}],
        mandates.Edition(division_code=side.county, source=name),
    )
    side.list_version = await session.scalar(
        text("SELECT max(id) FROM list_version WHERE division_code = :code"), {"code": side.county}
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


async def _close_a_road(session: AsyncSession, side: Side, name: str) -> None:
    lon, _ = side.place
    ways = paper_roads(east=lon - middle(0, 0)[0])
    await roads.load(session, side.county, ways, source=f"{name}.osm.pbf")
    closed = ConditionIn(
        division=side.county, way=1, reason=f"{name}门前修路", client_key=side.county
    )
    side.condition = str((await roads.add_condition(session, closed)).id)


async def _whistle(session: AsyncSession, side: Side, name: str) -> None:
    """A call of the street's that the department did not answer."""
    side.whistle = await whistle_queries.add(
        session,
        units=[side.department],
        division_code=side.community,
        unit_code=side.street,
        kind="ordinary",
        channel="desk",
        event_id=None,
        matter_code="E01",
        lon=side.place[0],
        lat=side.place[1],
        datum="wgs84",
        description=f"{name}吹哨",
        account_id=side.accounts[Role.DISPATCHER],
        client_key=name,
        body_sha256=b"",
        called_at=datetime.now(UTC),
        actor="a",
        note=name,
        due_at=datetime.now(UTC) + timedelta(days=1),
        due_by="usual",
    )
    await session.execute(
        text(
            "INSERT INTO whistle_escalation (call_id, unit_code, rung, division_code, due_at)"
            " SELECT call_id, unit_code, 'unanswered', division_code, due_at FROM whistle_unit"
            " WHERE call_id = :id"
        ),
        {"id": side.whistle},
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
