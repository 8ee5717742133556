"""Two counties side by side, each with everything in it: ours, and a foreign one.

Whatever belongs to the foreign one says so in words that nobody sends: if they come back in an
answer, something leaked.
"""

from base64 import b64encode
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from shapely.affinity import translate
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc.accounts import queries as accounts
from gridsvc.accounts import sign_in_queries
from gridsvc.accounts.digests import digest_of as digest_of_secret
from gridsvc.accounts.digests import new_secret
from gridsvc.accounts.roles import FIELD, Role
from gridsvc.appraisal import (
    counting,
    rectification_queries,
    reward_queries,
    round_queries,
    star_queries,
)
from gridsvc.appraisal import queries as appraisal_queries
from gridsvc.appraisal import survey_queries as surveys
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import Actor, acting
from gridsvc.briefing import order_queries
from gridsvc.db import transaction
from gridsvc.dispatch import handover_queries, whistle_queries
from gridsvc.dispatch import service as dispatch
from gridsvc.dispatch.handover_queries import NewHandover
from gridsvc.drafts import service as drafts
from gridsvc.drafts import starting
from gridsvc.drafts import task_queries as draft_tasks
from gridsvc.drafts.schemas import CommentIn, DraftIn, OperationIn
from gridsvc.events.citizens import digest_of, number_of
from gridsvc.events.schemas import EventIn, MoveIn
from gridsvc.geo import Datum
from gridsvc.grids import service as grids
from gridsvc.grids.area_queries import AreaFrames
from gridsvc.ledger import service as ledger
from gridsvc.ledger.service import Booking
from gridsvc.mandates import service as mandates
from gridsvc.notices import contact_queries
from gridsvc.notices import queries as notice_queries
from gridsvc.notices import service as notices
from gridsvc.notices.kinds import Kind
from gridsvc.notices.service import Recipients
from gridsvc.outreach import (
    device_queries,
    reception_queries,
    visit_queries,
    warning_queries,
    window_queries,
)
from gridsvc.people import devices, postings, shifts, tracking, training
from gridsvc.people import service as people
from gridsvc.people.pings import USUAL, Ping, Source
from gridsvc.people.schemas import PostingIn, ShiftIn, TrainingIn
from gridsvc.people.track_schemas import DeviceIn
from gridsvc.people.tracking import Told
from gridsvc.registers import (
    group_service,
    project_queries,
    repair_queries,
    sitting_queries,
    standard_queries,
)
from gridsvc.registers.schemas import GroupIn
from gridsvc.roads import service as roads
from gridsvc.roads.schemas import ConditionIn
from tests.towns import COMMUNITY, COUNTY, a_person, an_officer, middle, paper_area, paper_roads
from tests.who import KEYRING, open_account

FOREIGN_COUNTY, FOREIGN_COMMUNITY = "990201000000", "990201001001"
#: Degrees by which the foreign community lies further east.
EAST = 0.1
_PARTS = ("raters", "ratees")
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
    number: str = field(default_factory=lambda: number_of(str(uuid4())))
    others_event: int = 0
    plan: int = 0
    draft: int = 0
    draft_task: int = 0
    device: int = 0
    shift: int = 0
    list_version: int = 0
    condition: str = ""
    channel: int = 0
    notice: int = 0
    delivery: int = 0
    whistle: int = 0
    handover: int = 0
    indicator: str = ""
    wave: int = 0
    rectification: int = 0
    secret: str = ""
    booked: int = 0
    reward: int = 0
    check: int = 0
    round: int = 0
    place_device: int = 0
    street: str = ""
    briefing: int = 0
    programme: int = 0
    visit: int = 0
    household: int = 0
    warning: int = 0
    window: int = 0
    cycle: int = 0
    reception: int = 0
    order: int = 0
    contact: int = 0
    address: str = ""
    group: int = 0
    standard: int = 0
    project_programme: int = 0
    project: int = 0
    mediation: int = 0
    deliberation: int = 0
    pack: int = 0
    repair: int = 0
    building: str = ""
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
        await counting.count(session, "Asia/Shanghai")
        await session.execute(
            text(
                "INSERT INTO counted_event (event_id, division_code, days)"
                " SELECT id, division_code, '{2026-01-01}' FROM event"
            )
        )
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
    await session.execute(
        text(
            "INSERT INTO service_point (code, division_code, kind, name, geom)"
            " SELECT source_id || '-s', division_code, 'station', :name, ST_Centroid(geom)"
            " FROM building WHERE division_code = :code ORDER BY id LIMIT 1"
        ),
        {"code": side.community, "name": f"{name}服务站"},
    )
    await session.execute(
        text(
            "INSERT INTO department_grid (division_code, kind, code, name, geom)"
            " SELECT division_code, 'police', 'P1', :name, ST_Multi(geom) FROM building"
            " WHERE division_code = :code ORDER BY id LIMIT 1"
        ),
        {"code": side.community, "name": f"{name}警格"},
    )
    for table, shape in (("zone", "ST_Multi(geom)"), ("seed_point", "ST_Centroid(geom)")):
        await session.execute(
            text(
                f"INSERT INTO {table} (division_code, name, geom)"
                f" SELECT division_code, :name, {shape} FROM building"
                " WHERE division_code = :code ORDER BY id LIMIT 1"
            ),
            {"code": side.community, "name": f"{name}家"},
        )
    side.plan = await session.scalar(
        text("SELECT max(id) FROM plan WHERE division_code = :code"), {"code": side.community}
    )
    await _draft(session, side, name)
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
    await _hand_over(session, side, name)
    await _appraise(session, side, prefix, name)
    await _survey(session, side, name)
    await _reward(session, side, name)
    await _rate(session, side, name)
    await _judge(session, side, name)
    await _stand(session, side, name)
    side.briefing = await _brief(session, side, name)
    await _visit(session, side, name)
    await _warn(session, side, name)
    await _open_window(session, side, name)
    await _receive(session, side, name)
    await _register(session, side, name)
    await _pair(session, side, name)
    await _sit(session, side, name)
    await _mend(session, side, name)
    await _listen(session, side, name)
    for level in ("grid", "micro_grid"):
        await session.execute(
            text(
                f"INSERT INTO {level}_predecessor SELECT id, id, 1 FROM {level}"
                " WHERE division_code = :code"
            ),
            {"code": side.community},
        )


async def _draft(session: AsyncSession, side: Side, name: str) -> None:
    """A draft with a cell, a revision, a comment and a task."""
    asked = DraftIn(division=side.community, name=f"{name}草案")
    side.draft = await starting.start(session, asked, OrderedDict())
    lock = {"kind": "lock", "cells": [1], "locked": True}
    change = OperationIn(version=0, client_key="k", datum="wgs84", operation=lock)
    await drafts.operate(session, side.draft, change, OrderedDict())
    await drafts.comment(session, side.draft, CommentIn(note=f"{name}说"))
    side.draft_task = await draft_tasks.add(
        session,
        draft_id=side.draft,
        division_code=side.community,
        version=1,
        asked={"cells": [1], "target": 100},
        actor=name,
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
        "INSERT INTO citizen_report (event_id, division_code, number_sha256, kind, follows,"
        " comment, score, rated_at) SELECT id, division_code, :digest, 'problem', false, :name, 5,"
        " now() FROM event WHERE id = :id",
        "INSERT INTO event_voice (event_id, division_code, media_type, sha256, content_sealed)"
        " SELECT id, division_code, 'audio/webm', '', :sealed FROM event WHERE id = :id",
        "INSERT INTO escalation (event_id, division_code, stage_id, stage, rung, told_code,"
        " due_at) SELECT event_id, division_code, id, stage, 'overdue', division_code, now()"
        " FROM event_stage WHERE event_id = :id LIMIT 1",
    ):
        told = {"id": side.event, "name": name, "other": side.others_event}
        told |= {
            "digest": digest_of(side.number),
            "sealed": KEYRING.seal(b64encode(name.encode()).decode()),
        }
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
    course: dict[str, Any] = {"matter": "E01", "course": f"{name}培训"}
    learned = TrainingIn(trained_on=date(2026, 1, 1), **course)
    await training.record(session, side.person, learned)
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


async def _brief(session: AsyncSession, side: Side, name: str) -> int:
    """A briefing the planner ordered, and its file."""
    asked = {"division": side.community, "approval": name, "format": "html"}
    found = await order_queries.add(session, side.accounts[Role.PLANNER], side.community, asked, 72)
    await order_queries.take_up(session, found)
    await order_queries.finish(session, found, name.encode(), 1, 72)
    return found


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


async def _visit(session: AsyncSession, side: Side, name: str) -> None:
    """A programme, a household somebody is linked to, and a visit that is doubted."""
    side.programme = await visit_queries.set_programme(
        session,
        {
            **{"division": side.community, "code": "linked", "name": f"{name}联系户"},
            **{"whom": "linked", "visitor": "grid_worker", "every_days": 30},
            "results": [{"code": "well", "name": name, "matter": None}],
            **{"least_each": None, "most_each": None, "starts": date(2026, 1, 1), "ends": None},
        },
    )
    person = await session.scalar(
        text("SELECT id FROM person WHERE code = :code"), {"code": side.person}
    )
    side.household = await session.scalar(
        text("SELECT min(id) FROM household WHERE division_code = :code"), {"code": side.community}
    )
    await visit_queries.set_links(
        session, side.programme, person, [side.household], KEYRING.seal(name)
    )
    side.visit = await visit_queries.add(
        session,
        {
            "programme_id": side.programme,
            "household_id": side.household,
            "division_code": side.community,
            "micro_grid_code": side.community,
            "person_id": person,
            **dict(zip(("lon", "lat"), side.place, strict=True)),
            **{"datum": "wgs84", "captured_at": datetime.now(UTC), "result": "well"},
            **{"note": f"{name}走访", "doubts": ["outside_cell"], "explained": name},
            **{"state": "doubted", "event_id": None, "client_key": name, "body_sha256": b""},
            "account_id": side.accounts[Role.GRID_WORKER],
        },
    )


async def _warn(session: AsyncSession, side: Side, name: str) -> None:
    """A warning that nobody checked in time."""
    scene = await warning_queries.set_scene(
        session,
        {
            **{"division": side.community, "code": "rental", "name": f"{name}预警", "limit_h": 24},
            "outcomes": [{"code": "safe", "name": name, "escalates": False}],
        },
    )
    (home,) = await warning_queries.homes(
        session,
        side.community,
        f"{side.community}0",
        [
            await session.scalar(
                text("SELECT address_code FROM household WHERE id = :id"), {"id": side.household}
            )
        ],
    )
    account = side.accounts[Role.PARTNER]
    added = await warning_queries.add(
        session,
        {
            "division_code": side.community,
            "scene_id": scene,
            "household_id": home["id"],
            "micro_grid_code": home["micro_grid_code"],
            **{f"{of}_sealed": KEYRING.seal(name) for of in ("address", "subject", "detail")},
            **{"state": "OPEN", "limit_h": 24, "account_id": account, "source_ref": name},
            "body_sha256": b"",
        },
    )
    side.warning = added["id"]
    await warning_queries.note(
        session, side.warning, deed="receive", from_state=None, actor=name, account_id=account
    )
    await session.execute(
        text("INSERT INTO warning_escalation VALUES (:id, 'street', :division, :division, now())"),
        {"id": side.warning, "division": side.community},
    )


async def _open_window(session: AsyncSession, side: Side, name: str) -> None:
    """A window, an event that came in there, and its work order."""
    side.window = await window_queries.set_window(
        session,
        {
            **{"division": side.community, "code": "five", "name": f"{name}窗口"},
            **{"classes": [{"code": "worry", "name": name}], "serves": []},
            "plan_within_h": 72,
            "door_lead_h": 2,
        },
    )
    told = {"window_id": side.window, "class_code": "worry", "item": None, "at_door": None}
    await window_queries.register(session, side.others_event, told)
    side.order = await window_queries.issue(
        session,
        {
            **{"event": side.others_event, "division_code": side.community},
            **{"level": "county", "unit": side.department},
        },
    )
    await window_queries.note(session, side.order, from_state=None, actor=name, note=name)
    await session.execute(
        text("INSERT INTO order_escalation VALUES (:id, 'street', now(), :division, :division)"),
        {"id": side.order, "division": side.community},
    )


async def _receive(session: AsyncSession, side: Side, name: str) -> None:
    """A cycle, a month of it, one day of that, and one event on its agenda."""
    side.cycle = await reception_queries.set_cycle(
        session,
        {
            **{"division": side.community, "code": "six", "name": f"{name}接访"},
            "milestones": [{"day": 6, "name": name, "attendees": [name]}],
            "weights": {"days_open": 1},
        },
    )
    month, day = date(2026, 1, 1), date(2026, 1, 6)
    side.reception = await reception_queries.add(
        session, side.cycle, division=side.community, month=month, theme=side.community
    )
    planned = [{"planned_on": day, "name": name, "expected": [name]}]
    await reception_queries.plan(session, side.reception, side.community, planned)
    await reception_queries.put(session, side.reception, side.community, [(side.event, 1.0)])
    await reception_queries.note(
        session, side.reception, event=side.event, deed="open", actor=name, note=name
    )


async def _register(session: AsyncSession, side: Side, name: str) -> None:
    """A group with a member, whom it serves, and a standard that was looked at."""
    group = GroupIn(
        **{"division": side.community, "code": "team", "kind": "team", "name": f"{name}队"},
        **{"level": "village", "begins": date(2026, 1, 1), "areas": [side.community]},
        counts=[{"code": "volunteers", "label": name, "number": 1}],
        members=[{"person": side.person, "duty": name, "begins": date(2026, 1, 1)}],
    )
    (side.group,) = await group_service.put(session, [group])
    side.standard = await standard_queries.put(
        session,
        {
            **{"division": side.community, "code": "strong", "name": name, "subject": "division"},
            **{"kind": "community", "items": [{"code": "a", "name": name, "part": name}]},
        },
    )
    (standard,) = await standard_queries.standards(session, side.community, f"{side.community}0")
    await standard_queries.add(
        session,
        standard,
        [{"subject": side.community, "item": "a", "met": True, "note": name}],
        **{"on": date(2026, 1, 1), "low": side.community, "high": f"{side.community}0"},
        actor=name,
    )


async def _pair(session: AsyncSession, side: Side, name: str) -> None:
    """A project of a programme, somebody who answers for it, what was done, and a score."""
    side.project_programme = await project_queries.put_programme(
        session,
        {
            **{"division": side.community, "code": "pair", "name": f"{name}结对"},
            "roles": [{"code": "leader", "name": name, "needed": True}],
            "quotas": [{"code": "items", "name": name, "least": 1}],
        },
    )
    holder = {"role": "leader", "begins": "2026-01-01", "name_masked": f"{name[:1]}**"}
    told = {"programme": side.project_programme, "division": side.community, "code": "p"}
    row = told | {"name": f"{name}项目", "begins": "2026-01-01"}
    holders = [holder | {"name_sealed": KEYRING.seal(name)}]
    made = await project_queries.put(session, [row | {"holders": holders}])
    (side.project,) = made.values()
    place = {"project": side.project, "division": side.community, "note": name, "actor": name}
    await project_queries.enter(
        session,
        place
        | {"quota": "items", "amount": 1, "done_on": date(2026, 2, 1), "file_ref": name}
        | {"client_key": name, "body_sha256": b""},
    )
    await project_queries.score(
        session, place | {"unit": side.department, "year": 2026, "score": 9.0}
    )


async def _sit(session: AsyncSession, side: Side, name: str) -> None:
    """A dispute with its parties, and a meeting with a motion."""
    place: dict[str, Any] = {"division": side.community, "group": side.group}
    key = {"client_key": name, "body_sha256": b""}
    sealed = KEYRING.seal(name)
    party = {"name_sealed": sealed, "name_masked": f"{name[:1]}**", "phone_sealed": sealed}
    opened = await sitting_queries.open_mediation(
        session, place | key | {"kind": name, "subject_sealed": sealed}, [party, party]
    )
    held = await sitting_queries.hold(
        session,
        place | key | {"title": name, "held_on": date(2026, 1, 1), "invited": 2, "attended": 2},
        [{"number": 1, "proposal": name, "votes_for": 1, "votes_against": 1, "abstained": 0}],
    )
    assert opened
    assert held
    side.mediation, side.deliberation = opened, held


async def _mend(session: AsyncSession, side: Side, name: str) -> None:
    """A pack, a building nobody manages, and a repair that a crew is booked for."""
    side.building = await session.scalar(
        text("SELECT min(source_id) FROM building WHERE division_code = :code"),
        {"code": side.community},
    )
    care = {"building": side.building, "care": "managed", "keeper": name, "since": "2026-01-01"}
    await repair_queries.put_care(session, side.community, [care])
    side.pack = await repair_queries.put_pack(
        session,
        {
            **{"division": side.community, "code": "pack", "name": f"{name}应急包"},
            "items": [{"code": "pipe", "name": name, "months": []}],
            **{"questions": [], "covers": ["managed"], "fund": "reward-fund", "expense": "spent"},
        },
    )
    called = {"called_at": datetime(2026, 1, 1, tzinfo=UTC), "client_key": name}
    place = {"division": side.community, "building": side.building, "datum": "wgs84"}
    added = await repair_queries.call(
        session,
        {"pack": side.pack, "item": "pipe", "description": name, "body_sha256": b""}
        | dict(zip(("lon", "lat"), side.place, strict=True))
        | called
        | place,
    )
    assert added
    side.repair = added
    await repair_queries.survey(session, added, datetime(2026, 1, 2, tzinfo=UTC), {})
    begins = datetime(2026, 1, 3, tzinfo=UTC)
    times = {"begins": begins, "ends": begins + timedelta(hours=1), "day": begins.date()}
    await repair_queries.book(session, added, times | {"crew": side.group})


async def _appraise(session: AsyncSession, side: Side, prefix: str, name: str) -> None:
    """What is measured there, what was counted, and what the place says of itself."""
    side.indicator = f"{prefix}_rate"
    indicator = {"division": side.community, "code": side.indicator, "name": f"{name}的指标"}
    formula = {"numerator": ["handle.on_time"], "denominator": ["handle.due"], "share": True}
    common = {"per": "month", "source": name, "responsible_role": "grid_worker"}
    rest: dict[str, Any] = {"higher_is_better": True, "target": None}
    await appraisal_queries.put_indicator(session, indicator | formula | common | rest)
    await appraisal_queries.add_declaration(
        session,
        {
            "division": side.community,
            "title": f"{name}的数据",
            "source": name,
            "since": date(2026, 1, 1),
            "until": date(2026, 2, 1),
            "counts": [],
            "rates": [],
            "declared_by": "somebody",
            "client_key": name,
            "body_sha256": b"",
        },
    )


async def _survey(session: AsyncSession, side: Side, name: str) -> None:
    """A wave of a survey, somebody who answered, and what is to be put right."""
    today = date.today()
    asked = {"code": "tidy", "name": "整洁", "weight": 1, "question": "整洁吗"}
    sides = [{"code": "order", "name": "秩序", "weight": 1, "indicators": [asked]}]
    scheme = {"division": side.community, "code": "pleased", "name": name, "dimensions": sides}
    await surveys.add_scheme(session, scheme)
    (row,) = await surveys.schemes(session, [side.community], "pleased")
    begun = {"opens": today, "closes": today + timedelta(days=9), "made_by": "somebody"}
    begun |= {"division": side.community, "scheme": row["id"], "name": "第一轮"}
    side.wave = await surveys.add_wave(session, begun, [(side.community, 100, 10)])
    side.secret = new_secret()
    await surveys.add_links(session, side.wave, side.community, [digest_of_secret(side.secret)])
    await surveys.add_caller(session, side.wave, side.community, side.community.encode())
    told: dict[str, Any] = {"channel": "phone", "respondent": "unit", "scores": {"tidy": 50}}
    place = {"wave": side.wave, "division": side.community, "answered_on": today}
    await surveys.add_answer(session, told | place)
    words = dict.fromkeys(("problem", "opinion", "responsible", "actor"), name)
    ordered = {"division": side.community, "wave": side.wave, "indicator": "tidy"}
    side.rectification = await rectification_queries.add(
        session, ordered | words | {"deadline": today}
    )


async def _reward(session: AsyncSession, side: Side, name: str) -> None:
    """A ledger with something in it, and a reward that is to be paid."""
    for code, kind in (("reward-fund", "asset"), ("grant", "income")):
        await ledger.ensure(session, side.community, kind, "fen", {code: name})
    entries = [("reward-fund", 1000), ("grant", -1000)]
    booking = Booking(side.community, name, entries, f"{side.community} budget")
    side.booked = (await ledger.book(session, booking)).id
    rule = {"division": side.community, "code": "each", "name": name, "at_state": "CLOSED"}
    limits = {"unit": "fen", "amount": 5, "daily_cap": 9, "most_untrue": 9, "matter": None}
    await reward_queries.add_rule(session, rule | limits)
    reward = await session.execute(
        text(
            "INSERT INTO reward (rule_id, event_id, account_id, division_code, unit, amount,"
            " state, transaction_id) SELECT u.id, :event, :account, u.division_code, u.unit,"
            " u.amount, 'GRANTED', :booked FROM reward_rule u"
            " WHERE u.division_code = :division RETURNING id"
        ),
        {
            "event": side.event,
            "account": side.accounts[Role.CITIZEN],
            "booked": side.booked,
            "division": side.community,
        },
    )
    side.reward = reward.scalar_one()


async def _rate(session: AsyncSession, side: Side, name: str) -> None:
    """Stars of its grids, and something that looks odd."""
    criteria = [{"measure": "closed", "bad": 0, "good": 1, "weight": 1}]
    rule = {"division": side.community, "code": "stars", "name": name, "criteria": criteria}
    limits = {"thresholds": [1, 2, 3, 4], "least_cases": 1, "most_with_sham": 2}
    await star_queries.add_rule(session, rule | limits)
    asked = {"event": side.event, "division": side.community, "name": name}
    await session.execute(
        text(
            "INSERT INTO star_rating (rule_id, grid_id, division_code, since, until, measures)"
            " SELECT u.id, g.id, g.division_code, '2026-01-01', '2026-02-01', '{}'"
            " FROM star_rule u JOIN grid g USING (division_code) WHERE division_code = :division"
        ),
        {"division": side.community},
    )
    side.check = (
        await session.execute(
            text(
                "INSERT INTO spot_check (event_id, division_code, kind, detail, note)"
                " VALUES (:event, :division, 'instant', '{}', :name) RETURNING id"
            ),
            asked,
        )
    ).scalar_one()
    await session.execute(
        text(
            "INSERT INTO photo_hash (media_id, event_id, division_code, hash)"
            " SELECT id, event_id, division_code, 1 FROM event_media"
            " WHERE division_code = :division"
        ),
        {"division": side.community},
    )


async def _stand(session: AsyncSession, side: Side, name: str) -> None:
    """A device that raised an alarm, and something said to a cell."""
    lon, lat = side.place
    place = {"lon": lon, "lat": lat, "division": side.community}
    told = {"code": f"{side.community}-a", "name": f"{name}报警", "kind": "alarm", "matter": "E01"}
    link = {"video_url": "https://video.example/x", "digest": name.encode()}
    side.place_device = await device_queries.set_device(session, place | told | link)
    raised = {"device": side.place_device, "event": side.event, "division": side.community}
    await device_queries.add_alarm(session, raised | {"client_key": name, "digest": b""})
    numbers = dict.fromkeys(("people", "loudspeakers", "households", "phones"), 1)
    account = side.accounts[Role.SUPERVISOR]
    said = {"division": side.community, "message": name, "cells": [side.community], "actor": name}
    key = {"account": account, "client_key": name, "digest": b""}
    await device_queries.add_broadcast(session, said | numbers | key)


async def _judge(session: AsyncSession, side: Side, name: str) -> None:
    """A round in which the street scored the department."""
    units = [{"code": code, "name": name} for code in (side.street, side.department)]
    aspect = {"code": "help", "name": name, "weight": 1, "source": "raters"}
    scheme = {"code": "mutual", "name": name, "aspects": [aspect]}
    laid_down = {"division": side.community, "code": "mutual", "name": f"{name}考核"}
    told = {part: {"codes": [unit["code"]]} for part, unit in zip(_PARTS, units, strict=True)}
    await round_queries.set_scheme(session, laid_down | {"sides": [scheme | told]})
    told = {part: [unit] for part, unit in zip(_PARTS, units, strict=True)}
    days = {"since": date(2026, 1, 1), "until": date(2027, 1, 1)}
    side.round = await round_queries.add(
        session, laid_down | days | {"scheme": "mutual", "sides": [scheme | told]}
    )
    line = {"round": side.round, "division": side.community}
    scored = {"side": "mutual", "rater": side.street, "ratee": side.department}
    await round_queries.score(session, [line | scored | {"aspect": "help", "score": 80}])
    await round_queries.note(
        session, line | {"deed": "open", "unit": None, "scores": None, "actor": name}
    )


async def _hand_over(session: AsyncSession, side: Side, name: str) -> None:
    side.handover = await handover_queries.add(
        session,
        NewHandover(side.community, "somebody", name, f"{name}的备注", 1, 0, 0, [1], name, b""),
    )


async def _listen(session: AsyncSession, side: Side, name: str) -> None:
    """Channels of an account, a unit and a household, and something that each was told."""
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
    side.contact = await contact_queries.add(
        session,
        {
            **{"household": side.household, "division": side.community, "consent": name},
            **{"sealed": KEYRING.seal("13812345678"), "shown": "138******78"},
        },
    )
    side.address = await session.scalar(
        text("SELECT address_code FROM household WHERE id = :id"), {"id": side.household}
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
