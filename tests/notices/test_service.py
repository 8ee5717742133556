"""Who is told, once, and never before it is committed."""

import asyncio

import pytest
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.db import Scope, transaction
from gridsvc.dispatch import service as dispatch
from gridsvc.dispatch.choosing import county_range
from gridsvc.errors import BadInput
from gridsvc.notices import queries, service
from gridsvc.notices.kinds import Kind
from gridsvc.notices.service import NOBODY, Recipients
from tests.dispatch.test_service import a_report
from tests.towns import COMMUNITY, COUNTY, a_person, middle, staff
from tests.who import KEYRING, open_account

FACTS = {"matter": "暴露垃圾", "cell": "99010100100100101"}


async def tell(session, recipients=NOBODY, **changes):
    told = {
        "kind": Kind.ESCALATED,
        "subject_type": "event",
        "subject_id": 7,
        "division_code": COMMUNITY,
        "facts": FACTS,
    }
    return await service.tell(session, recipients=recipients, **(told | changes))


async def logins(session, kind=Kind.ESCALATED):
    rows = await session.scalars(
        text(
            "SELECT coalesce(a.login, n.unit_code) FROM notice n"
            " LEFT JOIN account a ON a.id = n.account_id WHERE kind = :kind ORDER BY 1"
        ),
        {"kind": kind.value},
    )
    return list(rows)


async def subscribe(session, account_id, division, kind=Kind.ESCALATED):
    await queries.set_subscriptions(session, account_id, [(kind.value, division)])


async def test_each_is_told_once_for_each_occasion(town_session):
    account = await open_account(town_session, "desk", [Role.DISPATCHER], [COUNTY])
    them = Recipients(accounts=[account], units=["U1"])
    assert await tell(town_session, them) == 2
    assert await tell(town_session, them) == 0
    assert await tell(town_session, them, occasion="2") == 2
    assert await tell(town_session, them, subject_id=8) == 2


async def test_who_wants_to_be_told_must_still_be_let(town_session):
    session = town_session
    accounts = {}
    for login, roles, areas in (
        ("county", [Role.SUPERVISOR], [COUNTY]),
        ("elsewhere", [Role.SUPERVISOR], ["990102000000"]),
        ("moved", [Role.SUPERVISOR], ["990102000000"]),
        ("closed", [Role.SUPERVISOR], [COUNTY]),
        ("citizen", [Role.CITIZEN], [COUNTY]),
        ("keeper", [Role.ADMINISTRATOR], [COUNTY]),
    ):
        accounts[login] = await open_account(session, login, roles, areas)
        await subscribe(session, accounts[login], areas[0] if login == "elsewhere" else COUNTY)
    await session.execute(
        text("UPDATE account SET disabled_at = now() WHERE id = :id"), {"id": accounts["closed"]}
    )
    assert await tell(session) == 1
    assert await logins(session) == ["county"]


async def test_roles_of_a_level_are_told(town_session):
    session = town_session
    await open_account(session, "county", [Role.SUPERVISOR], [COUNTY])
    await open_account(session, "community", [Role.SUPERVISOR], [COMMUNITY])
    await open_account(session, "planner", [Role.PLANNER], [COUNTY])
    await tell(session, Recipients(roles=[Role.SUPERVISOR], area=COUNTY))
    assert await logins(session) == ["county"]
    await tell(session, Recipients(roles=[Role.SUPERVISOR]), occasion="2")
    assert await logins(session) == ["all-round", "community", "county", "county"]


async def test_personal_facts_are_refused(town_session):
    with pytest.raises(BadInput, match="phone"):
        await tell(town_session, facts={"phone": "13800000000"})


async def test_a_channel_is_told_the_kinds_it_wants(town_session):
    session = town_session
    account = await open_account(session, "desk", [Role.DISPATCHER], [COUNTY])
    for kinds in (None, ["escalated"], ["overdue"], []):
        await queries.add_channel(
            session,
            division_code=COUNTY,
            account_id=account,
            unit_code=None,
            service="wecom",
            url_sealed=KEYRING.seal("wecombot://x"),
            settings={"kinds": kinds, "language": "zh", "quiet_from": None, "quiet_to": None},
        )
    await tell(session, Recipients(accounts=[account]))
    told = await session.execute(
        text(
            "SELECT c.kinds, d.state FROM delivery d JOIN channel c ON c.id = d.channel_id"
            " ORDER BY d.id"
        )
    )
    assert sorted(map(str, told)) == ["(None, 'waiting')", "(['escalated'], 'waiting')"]


async def test_what_is_rolled_back_told_nobody(town):
    async with transaction(town) as session:
        account = await open_account(session, "desk", [Role.DISPATCHER], [COUNTY])

    async def fail_after_telling():
        async with transaction(town) as session:
            assert await tell(session, Recipients(accounts=[account])) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_telling()
    async with transaction(town) as session:
        assert await logins(session) == []


async def test_two_that_tell_the_same_at_once_tell_it_once(town):
    async with transaction(town) as session:
        account = await open_account(session, "desk", [Role.DISPATCHER], [COUNTY])

    async def once():
        async with transaction(town, Scope((county_range(COMMUNITY),))) as session:
            return await tell(session, Recipients(accounts=[account]))

    assert sorted(await asyncio.gather(*(once() for _ in range(5)))) == [0, 0, 0, 0, 1]


async def test_whoever_has_an_event_and_whoever_answers_for_its_cells_are_told(town):
    people = [a_person(f"w{n}", middle(n, n), capacity=1) for n in range(4)]
    await staff(town, *people, *(a_person(f"l{n}", role="liaison") for n in range(16)))
    async with transaction(town) as session:
        rows = await session.execute(text("SELECT id, code FROM person"))
        for person_id, code in rows.all():
            role = Role.LIAISON if code.startswith("l") else Role.GRID_WORKER
            await open_account(session, f"a-{code}", [role], [COMMUNITY], person_id=person_id)
        shown = await dispatch.report(session, a_report(0, 0), KEYRING)
        second = await dispatch.report(session, a_report(0, 0), KEYRING)
    async with transaction(town) as session:
        assigned = await logins(session, Kind.ASSIGNED)
        told = await logins(session, Kind.NEW_EVENT)
        facts = await session.scalar(text("SELECT facts FROM notice LIMIT 1"))
    assert assigned == sorted(f"a-{one.handler.code}" for one in (shown, second))
    assert f"a-{shown.handler.code}" in told  # of the second, which somebody else has
    assert sum(login.startswith("a-l") for login in told) == 2
    assert facts == {"matter": "暴露垃圾", "cell": shown.micro_grid_code}
