"""Households of the paper town, people who visit them, and what they send."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from tests.towns import COMMUNITY, COUNTY, a_person, middle, staff
from tests.who import bearer, open_account

RESULTS = [
    {"code": "well", "name": "一切正常"},
    {"code": "danger", "name": "发现隐患", "matter": "E01"},
]


@dataclass
class Home:
    """A household and the middle of its block."""

    id: int
    address: str
    place: tuple[float, float]


async def settle_homes(town: AsyncEngine, each: int = 2) -> list[Home]:
    """So many households in every building, in the order of their addresses."""
    async with transaction(town) as session:
        rows = await session.execute(
            text(
                "INSERT INTO household (division_code, building_id, address_code, residents)"
                " SELECT b.division_code, b.id, b.source_id || '-' || n, 3"
                " FROM building b, generate_series(1, :each) n RETURNING id, address_code"
            ),
            {"each": each},
        )
        homes = [
            Home(row.id, row.address_code, middle(int(row.address_code[1]), int(row[1][2])))
            for row in rows
        ]
    return sorted(homes, key=lambda home: home.address)


async def a_worker(town: AsyncEngine, code: str = "w0", role: str = "grid_worker"):
    """Headers of a person of the paper town who answers for all of its cells."""
    await staff(town, a_person(code, middle(0, 0), role=role))
    async with transaction(town) as session:
        person_id = await session.scalar(
            text("SELECT id FROM person WHERE code = :code"), {"code": code}
        )
        await post_everywhere(session, person_id, role)
        account = await open_account(
            session, f"acc-{code.lower()}", [Role(role)], [COMMUNITY], person_id=person_id
        )
    return bearer(account)


async def post_everywhere(session: AsyncSession, person_id: int, role: str = "grid_worker"):
    """Let somebody answer for all cells of the paper town."""
    for level, of in (("grid", "grid_worker"), ("micro_grid", "liaison")):
        if role == of:
            await session.execute(
                text(
                    f"INSERT INTO {level}_post SELECT id, :id FROM {level} ON CONFLICT DO NOTHING"
                ),
                {"id": person_id},
            )


def a_programme(**columns):
    told = {
        "division": COUNTY,
        "code": "season",
        "name": "每季普访",
        "whom": "households",
        "visitor": "grid_worker",
        "every_days": 90,
        "results": RESULTS,
        "starts": "2026-01-01",
    }
    return told | columns


def a_visit(programme: int, home: Home, ago_s: float = 60, **columns):
    told = {
        "programme": programme,
        "household": home.id,
        "lon": home.place[0],
        "lat": home.place[1],
        "datum": "wgs84",
        "captured_at": (datetime.now(UTC) - timedelta(seconds=ago_s)).isoformat(),
        "result": "well",
        "client_key": uuid4().hex,
    }
    return told | columns


async def begun(client, **columns) -> int:
    """Id of a programme that was begun."""
    answer = await client.put("/api/visit-programmes", json=a_programme(**columns))
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]
