"""Whistle calls without HTTP, for tests of what the office does with them."""

from datetime import date

import pytest

from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import PERMISSIONS, Role
from gridsvc.audit.actor import Actor, acting
from gridsvc.db import transaction
from gridsvc.dispatch import calling, whistling
from gridsvc.dispatch.whistle_schemas import (
    CheckInIn,
    ClosingIn,
    JudgementIn,
    SignatureIn,
    WhistleIn,
    WhistleNoteIn,
)
from gridsvc.mandates import service as mandates
from tests.flows.test_whistle import a_unit, there
from tests.towns import COMMUNITY, COUNTY
from tests.who import open_account

#: Who there is: login, role, area.
PEOPLE = {
    "desk": (Role.DISPATCHER, COMMUNITY),
    "leader": (Role.SUPERVISOR, COMMUNITY),
    "department": (Role.DEPARTMENT, COUNTY),
    "stranger": (Role.DEPARTMENT, "990102000000"),
    "colleague": (Role.DISPATCHER, "990102000000"),
}


@pytest.fixture
async def units_listed(town):
    """A government, departments below it, a street, an enterprise and a team; and accounts."""
    departments = [a_unit(f"D{n:02}", parent="GOV") for n in range(6)]
    async with transaction(town) as session:
        await mandates.load_units(
            session,
            [
                a_unit("GOV"),
                *departments,
                a_unit("ST", "street", "street", COMMUNITY),
                a_unit("EN", "enterprise", "community", COMMUNITY),
                a_unit("TEAM", "team", "street", COMMUNITY),
                a_unit("OLD") | {"valid_to": date(2021, 1, 1)},
            ],
        )
        return {
            login: await open_account(session, login, [role], [area])
            for login, (role, area) in PEOPLE.items()
        }


def caller(login="desk"):
    """Somebody who calls or is called."""
    role, area = PEOPLE[login]
    return Identity(0, login, (role,), PERMISSIONS[role], (area,), None, None, None, "token")


async def by(town, login, deed, *given, **named):
    """A deed of somebody in a transaction of its own."""
    ids = {name: number for number, name in enumerate(PEOPLE, start=2)}
    async with transaction(town) as session:
        with acting(session, Actor(ids[login], login)):
            return await deed(session, *given, caller(login), **named)


async def blow(town, told, login="desk"):
    return await by(town, login, calling.call, WhistleIn(**told), usual_h=24.0)


async def come(town, number, unit, login="department", **columns):
    return await by(town, login, whistling.check_in, number, CheckInIn(**there(unit, **columns)))


async def sign(town, number, unit, login):
    return await by(town, login, whistling.sign, number, SignatureIn(unit=unit))


async def write(town, number, unit, login):
    line = WhistleNoteIn(unit=unit, note="已处置")
    return await by(town, login, whistling.note, number, line)


async def judge(town, number, resolved, login="desk"):
    word = JudgementIn(resolved=resolved, note="评定")
    return await by(town, login, whistling.judge, number, word)


async def close(town, number, told, login="desk"):
    return await by(town, login, whistling.close, number, ClosingIn(**told))


async def withdraw(town, number, login="desk"):
    return await by(town, login, whistling.withdraw, number, "误吹")
