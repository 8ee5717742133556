"""Every role × every route × own area, foreign area, somebody else's object: nothing leaks.

The routes are read from the OpenAPI document, so that a new one is covered by itself; one with a
parameter or body unknown here fails until it is told what to send.
"""

import re
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from gridsvc.accounts.roles import FIELD, OWN_REPORTS_ONLY, Role
from gridsvc.db import make_engine
from gridsvc.maps.themes import NAMES
from tests.conftest import SETTLED, copy_of
from tests.events.test_photos import a_photo
from tests.events.test_voices import A_VOICE
from tests.flows.test_scope_matrix import AREA_OF
from tests.neighbours import MARKS, make_neighbours
from tests.towns import tile_at
from tests.who import bearer

#: Whose object is asked for.
WHOSE = ("own", "foreign", "other's")
#: Parameters of a path that name a place: whatever lies there may be asked for, and be nothing.
PLACES = {"z", "x", "y"}
PURPOSE = {"purpose": "核查权限矩阵"}


#: For whoever sends a file: refused for what it is, after they were let in.
NO_FILE = b"{}"


@pytest.fixture(scope="module")
async def neighbours(cluster, client_factory):
    async with copy_of(cluster, SETTLED) as url:
        engine = make_engine(url)
        own, foreign = await make_neighbours(engine)
        async with client_factory(
            url, headers=None, requests_per_minute=100_000, public_per_minute=100_000,
            sign_ins_per_minute=100_000, reports_per_hour=100_000,
        ) as client:  # fmt: skip
            yield client, engine, own, foreign
        await engine.dispose()


def parameters(side, whose):
    """What to send for every parameter there is, by its name."""
    others = whose == "other's"
    lon, lat = side.place
    return {
        "event_id": side.others_event if others else side.event,
        "code": side.other_person if others else side.person,
        "login": side.login,
        "key_id": side.key,
        "media_id": 1,
        "plan_id": side.plan,
        "draft_id": side.draft,
        "task_id": side.draft_task,
        "other": side.plan,
        "against": "plan",
        "format": "geojson",
        "kind": "households",
        "client_key": uuid4().hex,
        "version": 10**6,  # of no draft
        "version_id": side.list_version,
        "before": side.list_version,
        "condition_id": side.condition,
        "channel_id": side.channel,
        "contact_id": side.contact,
        "notice_id": side.notice,
        "whistle_id": side.whistle,
        "handover_id": side.handover,
        "indicator": side.indicator,
        "wave_id": side.wave,
        "other_wave": side.wave,
        "rectification_id": side.rectification,
        "secret": side.secret,
        "transaction_id": side.booked,
        "reward_id": side.reward,
        "check_id": side.check,
        "round_id": side.round,
        "by": "area",
        "delivery_id": side.delivery,
        "number": side.number,
        "briefing_id": side.briefing,
        "bbox": f"{lon - 0.01},{lat - 0.01},{lon + 0.01},{lat + 0.01}",
        "lon": lon,
        "lat": lat,
        "datum": "wgs84",
        "matter": "E01",
        "division": side.community,
        "figure": "reported",
        "since": "2026-01-01T00:00:00Z",
        "until": "2100-01-01T00:00:00Z",
        **{"before_since": "2025-01-01", "before_until": "2026-01-01"},
        "device_id": side.device,
        "household_id": side.household,
        "place_device_id": side.place_device,
        **{"programme_id": side.programme, "visit_id": side.visit},
        **{"cycle_id": side.cycle, "reception_id": side.reception, "planned_on": "2026-01-06"},
        **{"warning_id": side.warning, "window_id": side.window, "order_id": side.order},
        **{"group_id": side.group, "standard_id": side.standard, "year": 2026},
        **{"project_programme_id": side.project_programme, "project_id": side.project},
        **{"mediation_id": side.mediation, "deliberation_id": side.deliberation},
        **{"pack_id": side.pack, "repair_id": side.repair},
        "shift_id": side.shift,
        "day": "2026-11-01",
        **{"z": 13, **dict(zip("xy", tile_at(lon, lat, 13), strict=True))},
        **{"layers": ",".join(NAMES), "mode": "ebike", "days": 90},
        "for_s": 0,  # a live stream ends after what there is to tell
    }


def a_shift():
    """An hour at a time of its own, somewhere within the next years."""
    begins = datetime.now(UTC) + timedelta(hours=2 * (uuid4().int % 20_000))
    return {"begins": begins.isoformat(), "ends": (begins + timedelta(hours=1)).isoformat()}


def a_day():
    """A day of its own, long past."""
    return (date(1950, 1, 2) + timedelta(days=uuid4().int % 20_000)).isoformat()


def a_posting():
    """A day of its own, before anybody's posting."""
    day = date(2020, 1, 2) + timedelta(days=uuid4().int % 2000)
    return {
        "home_unit": "own-unit",
        "commanding_unit": "own-unit",
        "begins": day.isoformat(),
        "ends": (day + timedelta(days=1)).isoformat(),
    }


def bodies(side, whose):
    """What to send as every body there is, by the name of its schema."""
    told, others = parameters(side, whose), whose == "other's"
    place = {name: told[name] for name in ("lon", "lat", "datum")}
    return {
        "EventIn": place | {"matter": "E01", "description": "矩阵", "client_key": uuid4().hex},
        "ReportIn": place
        | {
            "kind": "problem",
            "matter": "E01",
            "description": "矩阵",
            "client_key": str(uuid4()),
        },
        "FollowIn": place | {"event": told["event_id"], "client_key": str(uuid4())},
        "RatingIn": {"score": 4},
        "ReopeningIn": {"note": "矩阵"},
        "MoveIn": {"to_state": "ACCEPTED"},
        "DraftIn": {"division": side.community, "name": "矩阵"},
        "OperationIn": {
            "version": 0,
            "client_key": uuid4().hex,
            "datum": "wgs84",
            "operation": {"kind": "lock", "cells": [1], "locked": True},
        },
        "NameIn": {"name": "矩阵"},
        "CommentIn": {"note": "矩阵"},
        "SubmissionIn": {"version": 10**6},
        "WithdrawnIn": {"version": 10**6},
        "DraftDecisionIn": {"version": 10**6, "approve": False},
        "DraftTaskIn": {"version": 10**6, "cells": [1]},
        "PositionIn": place | {"person": told["code"]},
        "PositionBatchIn": {
            "client_key": uuid4().hex,
            "pings": [place | {"person": told["code"], "captured_at": "2026-11-01T08:00:00Z"}],
        },
        "TrackAsked": PURPOSE | {"begins": "2026-11-01T00:00:00Z", "ends": "2026-11-02T00:00:00Z"},
        "DeviceIn": {"person": told["code"], "label": "x", "datum": "wgs84"},
        "ShiftIn": a_shift(),
        "PostingIn": a_posting(),
        "TrainingIn": {"matter": "E01", "course": "矩阵", "trained_on": a_day()},
        "DutyIn": {"on_duty": True},
        "PurposeIn": PURPOSE,
        "TokenIn": {"login": "nobody-here", "password": "x"},
        "AccountIn": {
            "login": f"new-{uuid4().hex[:8]}",
            "name": "新人",
            "roles": ["appraiser"],
            "division": side.community,
            "areas": [side.community],
        },
        "AccountChange": {"roles": ["appraiser"]},
        "OverrideIn": {"person": told["code"], "reason": "矩阵"},
        "ConditionIn": {
            "division": side.county,
            "way": 2,
            "reason": "矩阵",
            "client_key": uuid4().hex,
        },
        "LiftIn": {"note": "矩阵"},
        # An address that needs no look-up.
        "ChannelIn": {"url": "jsons://1.1.1.1/", "unit": "u", "division": side.community},
        "HouseholdContactIn": {
            **{"division": side.community, "address": side.address, "consent": "矩阵"},
            "phone": f"139{uuid4().int % 10**8:08d}",
        },
        "SubscriptionsIn": {
            "subscriptions": [{"kind": "overdue", "division": side.community}],
        },
        "KeyIn": {"label": "x", "permissions": ["view_cells"]},
        "SuspensionIn": {
            "until": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
            "reason": "weather",
            "note": "矩阵",
        },
        "DecisionIn": {"approve": False},
        "WhistleIn": place
        | {
            "unit": side.street,
            "units": [side.department],
            "description": "矩阵",
            "client_key": uuid4().hex,
        },
        "SignatureIn": {"unit": side.department},
        "CheckInIn": {"unit": side.department, "client_key": uuid4().hex},
        "WhistleNoteIn": {"unit": side.department, "note": "矩阵"},
        "JudgementIn": {"resolved": False, "note": "矩阵"},
        "ClosingIn": {"scores": [{"unit": side.department, "score": 3}]},
        "WhistleWithdrawalIn": {"note": "矩阵"},
        "HandoverIn": {
            "division": side.community,
            "name": "矩阵",
            "notes": "矩阵",
            "client_key": uuid4().hex,
        },
        "ProgrammeIn": {
            **{"division": side.community, "code": "matrix", "name": "矩阵", "whom": "linked"},
            **{"visitor": "officer", "every_days": 30, "starts": "2026-01-01"},
            "results": [{"code": "well", "name": "正常"}],
        },
        "LinksIn": {"households": []},
        "VisitIn": place
        | {
            **{"programme": side.programme, "household": side.household, "result": "well"},
            **{"captured_at": "2026-11-01T08:00:00Z", "client_key": uuid4().hex},
        },
        "SceneIn": {
            **{"division": side.community, "code": "matrix", "name": "矩阵", "limit_h": 24},
            "outcomes": [{"code": "safe", "name": "正常"}],
        },
        "WarningsIn": {
            "division": side.community,
            "warnings": [
                {"ref": uuid4().hex, "scene": "rental", "address": "无此地址", "detail": "矩阵"}
            ],
        },
        "WarningCheckIn": place
        | {
            **{"captured_at": "2026-11-01T08:00:00Z", "outcome": "safe", "note": "矩阵"},
            "client_key": uuid4().hex,
        },
        "RoutingIn": {"address": "无此地址", "note": "矩阵"},
        "ConclusionIn": {"note": "矩阵"},
        "WindowIn": {
            **{"division": side.community, "code": "matrix", "name": "矩阵"},
            "classes": [{"code": "worry", "name": "操心事"}],
        },
        "RegistrationIn": {
            "class_code": "worry",
            "event": place | {"matter": "E01", "description": "矩阵", "client_key": uuid4().hex},
        },
        "OrderIn": {
            **{"event": told["event_id"], "unit": side.department, "level": "county"},
            "note": "矩阵",
        },
        "OrderPlanIn": {
            **{"measures": "矩阵", "due_at": "2100-01-01T00:00:00Z", "responsible": "矩阵"},
        },
        "CompletionIn": {"note": "矩阵"},
        "OrderVerificationIn": {"passed": False, "note": "矩阵"},
        "CycleIn": {
            **{"division": side.community, "code": "matrix", "name": "矩阵", "weights": {}},
            "milestones": [{"day": 6, "name": "矩阵", "attendees": ["矩阵"]}],
        },
        "ReceptionIn": {"month": f"{2030 + uuid4().int % 5000}-01-01"},
        "HoldingIn": {"held_on": "2026-01-06", "attended": ["矩阵"], "note": "矩阵"},
        "ResolutionIn": {"decision": "矩阵", "votes_for": 1, "votes_against": 0},
        "InspectionIn": {"passed": True, "note": "矩阵"},
        "SatisfactionIn": {"score": 5},
        "GroupsIn": {
            "groups": [
                {
                    **{"division": side.community, "code": "matrix", "kind": "team"},
                    **{"name": "矩阵", "level": "village", "begins": "2026-01-01"},
                }
            ]
        },
        "StandardIn": {
            **{"division": side.community, "code": "matrix", "name": "矩阵"},
            **{"subject": "grid", "items": [{"code": "a", "name": "矩阵"}]},
        },
        "FindingsIn": {
            "found_on": "2026-01-01",
            "findings": [{"subject": side.community, "item": "a", "met": True}],
        },
        "ProjectProgrammeIn": {"division": side.community, "code": "matrix", "name": "矩阵"},
        "ProjectsIn": {
            "projects": [
                {
                    **{"programme": side.project_programme, "division": side.community},
                    **{"code": "matrix", "name": "矩阵", "begins": "2026-01-01"},
                }
            ]
        },
        "ProjectEntryIn": {"done_on": "2026-03-01", "note": "矩阵", "client_key": uuid4().hex},
        "ProjectScoreIn": {"unit": side.department, "year": 2026, "score": 9},
        "MediationIn": {
            **{"division": side.community, "group": side.group, "kind": "矩阵"},
            **{"subject": "矩阵", "parties": [{"name": "甲方"}, {"name": "乙方"}]},
            "client_key": uuid4().hex,
        },
        "MediationResultIn": {"settled": True, "result": "矩阵"},
        "DeliberationIn": {
            **{"group": side.group, "title": "矩阵", "held_on": "2026-02-01"},
            **{"invited": 1, "attended": 1, "client_key": uuid4().hex},
        },
        "BuildingCaresIn": {
            "division": side.community,
            "buildings": [{"building": side.building, "care": "unowned", "since": "2026-01-01"}],
        },
        "RepairPackIn": {
            **{"division": side.community, "code": "matrix", "name": "矩阵"},
            **{"items": [{"code": "a", "name": "矩阵"}], "fund": "a", "expense": "b"},
        },
        "RepairIn": place
        | {
            **{"pack": side.pack, "item": "pipe", "description": "矩阵"},
            **{"called_at": "2026-11-01T08:00:00Z", "client_key": uuid4().hex},
        },
        "RepairSurveyIn": {"visited_at": "2026-11-01T08:00:00Z", "answers": {}},
        "RepairBookingIn": {
            "crew": side.group,
            **{"begins": "2026-11-01T08:00:00Z", "ends": "2026-11-01T09:00:00Z"},
        },
        "RepairDoneIn": {"done_at": "2026-11-01T10:00:00Z", "note": "矩阵"},
        "RepairCostIn": {"cost_fen": 1},
        "RepairCancelIn": {"note": "矩阵"},
        "VisitJudgementIn": {"accept": True, "note": "矩阵"},
        "HandoverTakingIn": {"name": "矩阵接班"},
        "IndicatorIn": {
            "division": side.community,
            "name": "矩阵",
            "numerator": ["handle.on_time"],
            "denominator": ["handle.due"],
            "responsible_role": "grid_worker",
        },
        "SchemeIn": {
            "division": side.community,
            "code": f"m{uuid4().hex}",
            "name": "矩阵",
            "dimensions": [
                {
                    **{"code": "m", "name": "矩阵", "weight": 1},
                    "indicators": [{"code": "n", "name": "矩阵", "weight": 1, "question": "?"}],
                }
            ],
        },
        "LedgerAccountIn": {
            **{"division": side.community, "code": uuid4().hex, "name": "矩阵"},
            **{"kind": "asset", "unit": "fen"},
        },
        "TransactionIn": {
            **{"division": side.community, "memo": "矩阵", "client_key": uuid4().hex},
            "entries": [
                {"account": "reward-fund", "amount": 1},
                {"account": "grant", "amount": -1},
            ],
        },
        "ReversalIn": {"memo": "矩阵"},
        "RewardRuleIn": {
            **{"division": side.community, "code": f"m{uuid4().hex}", "name": "矩阵"},
            **{"unit": "point", "amount": 1, "daily_cap": 1},
        },
        "PaymentIn": {"reference": "矩阵"},
        "SearchIn": {
            **{"division": side.community, "since": "2026-01-01T00:00:00Z"},
            "until": "2100-01-01T00:00:00Z",
        },
        "AppraisalSchemeIn": {
            **{"division": side.community, "code": f"m{uuid4().hex}", "name": "矩阵"},
            "sides": [
                {
                    **{"code": "m", "name": "矩阵"},
                    **{"raters": {"kind": "street"}, "ratees": {"codes": [side.department]}},
                    "aspects": [{"code": "n", "name": "矩阵", "weight": 1}],
                }
            ],
        },
        "RoundIn": {
            **{"division": side.community, "scheme": "mutual", "name": "矩阵"},
            **{"since": a_day(), "until": "2100-01-01"},
        },
        "ScoresIn": {
            **{"side": "mutual", "rater": side.street},
            "scores": [{"ratee": side.department, "aspect": "help", "score": 70}],
        },
        "PlaceDeviceIn": place
        | {"code": f"{side.community}-a", "name": "矩阵", "kind": "alarm", "matter": "E01"},
        "AlarmIn": {"client_key": uuid4().hex},
        "BroadcastIn": {
            **{"cells": [f"{side.community}001"], "message": "矩阵"},
            "client_key": uuid4().hex,
        },
        "VerdictIn": {"verdict": "dismissed", "note": "矩阵"},
        "StarRuleIn": {
            **{"division": side.community, "code": f"m{uuid4().hex}", "name": "矩阵"},
            "criteria": [{"measure": "closed", "bad": 0, "good": 1, "weight": 1}],
        },
        "StarRatingIn": {
            **{"division": side.community, "rule": "stars"},
            **{"since": "2026-01-01", "until": "2026-03-01"},
        },
        "WaveIn": {
            **{"division": side.community, "scheme": "pleased", "name": "矩阵", "sample": 1},
            **dict.fromkeys(("opens", "closes"), a_day()),
        },
        "SurveyLinksIn": {"division": side.community, "count": 1},
        "AnswerIn": {"scores": {"tidy": 70}},
        "PhoneAnswerIn": {
            "division": side.community,
            "phone": str(uuid4().int)[:11],
            "scores": {"tidy": 70},
        },
        "RectificationIn": {
            **{"division": side.community, "problem": "矩阵", "opinion": "矩阵"},
            **{"responsible": "矩阵", "deadline": "2099-01-01"},
        },
        "RectificationMove": {"to_state": "UNDER_WAY", "note": "矩阵"},
        "DeclarationIn": {
            "division": side.community,
            "title": "矩阵",
            "source": "矩阵",
            "since": "2026-01-01",
            "until": "2026-02-01",
            "counts": [{"code": "filed", "label": "矩阵", "number": 1}],
            "client_key": uuid4().hex,
        },
        "BriefingIn": {"division": side.community, "kind": "open", "format": "xlsx"},
        "WithdrawalIn": {"reason": "wrong", "note": "矩阵"},
        "DuplicateIn": {"of": side.event if others else side.others_event, "note": "矩阵"},
    }


def calls(document, side, whose):
    """Every operation with what to send: method, path, query, body, whether it names an object."""
    known, sendable = parameters(side, whose), bodies(side, whose)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            needed = {p["name"]: p for p in operation.get("parameters", [])}
            query = {
                name: known[name]
                for name, p in needed.items()
                if p["in"] == "query" and (p["required"] or name in known)
            }
            named = re.findall(r"{(\w+)}", path)
            unknown = [n for n in named if n not in known]
            assert not unknown, f"{path} has the parameter {unknown}: tell this test what to send"
            body = None
            if "requestBody" in operation:
                content = operation["requestBody"]["content"]
                if "image/jpeg" in content:
                    body = a_photo()
                elif "audio/webm" in content:
                    body = A_VOICE
                elif "application/octet-stream" in content:
                    body = NO_FILE
                else:
                    reference = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
                    assert reference in sendable, (
                        f"{method} {path} takes a {reference}: tell this test what to send"
                    )
                    body = sendable[reference]
            place = path.format(**known)
            yield method, path, place, query, body, operation, bool(set(named) - PLACES or body)


async def ask(client, method, place, query, body, headers):
    sent = {"content": body} if isinstance(body, bytes) else {"json": body}
    return await client.request(method, place, params=query, headers=headers, **sent)


async def foreign_rows(engine):
    """Everything of the foreign county, as text."""
    found = set()
    async with engine.connect() as connection:
        for table, area in AREA_OF.items():
            found |= set(
                await connection.scalars(
                    text(f"SELECT '{table}' || t::text FROM {table} t WHERE {area} LIKE '9902%'")
                )
            )
    return found


@pytest.mark.parametrize("role", Role)
async def test_nothing_leaks_and_nothing_foreign_changes(neighbours, role):
    client, engine, own, foreign = neighbours
    document = (await client.get("/openapi.json")).json()
    headers = bearer(own.accounts[role])
    before = await foreign_rows(engine)
    leaks, tried, let_in = [], 0, set()
    for whose in WHOSE:
        side = foreign if whose == "foreign" else own
        for method, path, place, query, body, operation, named in calls(document, side, whose):
            if whose == "foreign" and "x-roles" not in operation and method != "get":
                continue  # anybody may report, anywhere
            if "/erasure" in path or path.endswith("/reset"):
                continue  # takes away what the others ask for; has a test of its own below
            answer = await ask(client, method, place, query, body, headers)
            tried += 1
            what = f"{role} {whose} {method} {place}: {answer.status_code} {answer.text[:200]}"
            assert answer.status_code < 500, what
            allowed = operation.get("x-roles")
            if allowed is not None and role not in allowed:
                assert answer.status_code == 403, what
                continue
            if answer.is_success:
                let_in.add((method, path, whose))
            if is_leak(answer, role, path, whose, foreign, named=named and allowed is not None):
                leaks.append(what)
    assert leaks == []
    assert await foreign_rows(engine) == before
    assert tried > 90
    # A matrix of refusals alone would prove nothing.
    assert {whose for _, _, whose in let_in} >= {"own"}


def is_leak(answer, role, path, whose, foreign, *, named):
    """Whether an answer tells, or did, what the caller may not."""
    return (
        any(mark in answer.text for mark in MARKS)
        or (foreign.community.encode() in answer.content and path.startswith("/api/tiles/"))
        or (whose == "foreign" and named and answer.is_success)
        or (whose == "other's" and answer.is_success and is_somebody_elses(role, path))
    )


def is_somebody_elses(role, path):
    """Whether an object on this path, not being the caller's own, is closed to a role."""
    if role in FIELD:
        return path in {
            "/api/events/{event_id}/moves",
            "/api/events/{event_id}/steps",
            "/api/events/{event_id}/suspensions",
            "/api/positions",
            "/api/positions/batch",
            "/api/people/{code}/duty",
        }
    return role in OWN_REPORTS_ONLY and path.startswith("/api/events/{event_id}")


@pytest.mark.parametrize("path", ["/api/people/{code}/erasure", "/api/accounts/{login}/erasure",
                                  "/api/accounts/{login}/reset"])  # fmt: skip
async def test_what_takes_away_is_for_administrators_of_the_area(neighbours, path):
    client, engine, own, foreign = neighbours
    before = await foreign_rows(engine)
    for role in Role:
        answer = await client.post(
            path.format(code=foreign.person, login=foreign.login),
            json=PURPOSE,
            headers=bearer(own.accounts[role]),
        )
        assert answer.status_code == (404 if role is Role.ADMINISTRATOR else 403)
    assert await foreign_rows(engine) == before


@pytest.mark.parametrize("role", Role)
async def test_strangers_and_wrong_proofs_get_nothing(neighbours, role):
    client, _, own, _ = neighbours
    document = (await client.get("/openapi.json")).json()
    for method, _, place, query, body, operation, _ in calls(document, own, "own"):
        if "x-roles" not in operation:
            continue
        answer = await ask(client, method, place, query, body, {})
        assert answer.status_code == 401, f"{method} {place}"
        forged = {"Authorization": bearer(own.accounts[role])["Authorization"][:-4] + "AAAA"}
        answer = await ask(client, method, place, query, body, forged)
        assert answer.status_code == 401, f"{method} {place}"
