"""Everything goes wrong that can, and nothing acknowledged is lost or doubled."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from statistics import median
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from gridsvc import migrations
from gridsvc.connect import engine_on
from gridsvc.db import transaction
from gridsvc.postgis import start
from gridsvc.postgis.keeper import kept_running
from tests.flows.test_report_to_close import body
from tests.folders import cluster_folder
from tests.limits import HOURS, load_limits
from tests.live import Killable, served
from tests.phones import PHONE, FlakyNetwork, Ledger, deliver, fault, move, phones, report
from tests.postgis.conftest import kill_postmaster
from tests.soundness import assert_drained, rows
from tests.towns import BLOCKS, a_person, an_officer, middle, settle, staff
from tests.who import open_all_round

WORKERS, OFFICERS = 6, 3


async def staff_all(engine):
    """Workers with room for what phones report, and officers who are soon full."""
    await staff(
        engine,
        *(a_person(f"w{n}", middle(n % BLOCKS, n % BLOCKS), capacity=4) for n in range(WORKERS)),
        *(an_officer(f"o{n}", middle(n, 0), capacity=2) for n in range(OFFICERS)),
    )


@pytest.fixture
def told(request):
    """Print a line of the fault table."""
    plugins = request.config.pluginmanager
    writer, capture = plugins.getplugin("terminalreporter"), plugins.getplugin("capturemanager")

    def tell(found):
        with capture.global_and_fixture_disabled():
            writer.write_line(
                f"\n{request.node.name}: tries {found.tries}, acknowledged {found.acknowledged}, "
                f"lost {found.lost}, doubled {found.doubled}"
            )

    return tell


async def assert_kept(engine, ledger, tries):
    """Every acknowledged event exists once, and all that must hold holds; the fault's figures."""
    found = await fault(engine, ledger, tries)
    assert (found.lost, found.doubled) == (0, 0), found
    await assert_drained(engine)
    return found


async def more(ledger, count):
    """Wait until so many more reports were acknowledged."""
    goal = len(ledger.acknowledged) + count
    while len(ledger.acknowledged) < goal:
        await asyncio.sleep(0.002)


class TestAKilledService:
    """kill -9 while people are being taken and events given."""

    @pytest.mark.parametrize("tries", [3, pytest.param(100, marks=pytest.mark.soak)])
    async def test_loses_nothing(self, town, town_url, tries, told):
        await staff_all(town)
        rng, ledger, cut = random.Random(tries), Ledger(), 0  # noqa: S311
        with Killable(town_url, sweep_s=1) as service:
            async with phones(service.address, ledger):
                for _ in range(tries):
                    await more(ledger, rng.randint(3, 12))
                    await asyncio.sleep(rng.random() / 50)
                    before = ledger.broken
                    await asyncio.to_thread(service.kill)
                    service.start()
                    await more(ledger, 1)
                    cut += ledger.broken > before
        assert cut == tries, "a kill that met nobody at work says nothing"
        told(await assert_kept(town, ledger, tries))


class TestAKilledDatabase:
    """kill -9 of PostgreSQL under a running service, whose keeper brings it back."""

    @pytest.fixture
    async def own(self):
        """A cluster of the test's own that says a commit only when it has left the server."""
        with cluster_folder() as folder:
            # The process dies, never the machine: no waiting for the disk.
            cluster = start(folder / "data", settings={"fsync": "off"})
            async with engine_on(cluster.url) as engine:
                await migrations.upgrade(engine)
                async with transaction(engine) as session:
                    await settle(session)
                    await open_all_round(session)
                await staff_all(engine)
            yield cluster
            cluster.stop()

    @pytest.mark.parametrize("tries", [2, pytest.param(20, marks=pytest.mark.soak)])
    async def test_loses_nothing(self, own, tries, told):
        rng, ledger = random.Random(tries), Ledger()  # noqa: S311
        with served(own.url, sweep_s=1) as address, kept_running(own.ensure_running):
            async with phones(address, ledger):
                for _ in range(tries):
                    await more(ledger, rng.randint(10, 30))
                    before = ledger.refused
                    await asyncio.to_thread(kill_postmaster, own.data_dir)
                    await more(ledger, 10)
                    assert ledger.refused > before
        assert ledger.broken == 0, "the service itself answers all the while"
        async with engine_on(own.url) as engine:
            told(await assert_kept(engine, ledger, tries))


class TestFlakyPhones:
    """Three in ten requests or answers are lost, one in ten arrives twice at once."""

    @pytest.mark.parametrize("tries", [12, pytest.param(400, marks=pytest.mark.soak)])
    async def test_do_everything_once(self, town, town_url, tries, told):
        await staff_all(town)
        ledger, states = Ledger(), ("ACCEPTED", "ON_SITE", "HANDLED")
        with served(town_url) as address:
            async with (
                FlakyNetwork(address) as (network, through),
                httpx.AsyncClient(base_url=through, **PHONE) as client,
            ):

                async def one_phone(number):
                    for _ in range(number, tries, 4):
                        event = await report(client, ledger, column=number)
                        await move(client, ledger, event, *states)
                        await self.tell_where(client, ledger, f"w{number}")

                await asyncio.gather(*(one_phone(number) for number in range(4)))
        assert min(network.fates[fate] for fate in ("request lost", "answer lost", "repeated")) > 0
        moves = await rows(
            town, "SELECT event_id, array_agg(to_state ORDER BY id) AS way FROM event_history"
            " GROUP BY event_id"
        )  # fmt: skip
        assert {tuple(row.way) for row in moves} == {("REPORTED", "FILED", "DISPATCHED", *states)}
        (pings,) = await rows(town, "SELECT count(*) FROM track WHERE source = 'api'")
        assert pings.count == tries * 2
        told(await assert_kept(town, ledger, tries))

    @staticmethod
    async def tell_where(client, ledger, person):
        lon, lat = middle(1, 1)
        now = datetime.now(UTC)
        pings = [
            {
                "person": person,
                "lon": lon,
                "lat": lat,
                "datum": "wgs84",
                "captured_at": (now - timedelta(seconds=n)).isoformat(),
            }
            for n in (1, 0)
        ]
        batch = {"client_key": uuid4().hex, "pings": pings}
        answer = await deliver(client, ledger, "/api/positions/batch", batch)
        assert answer.status_code == httpx.codes.OK, answer.text
        assert answer.json()["repeated"] == 0


class TestTooMuchWork:
    async def test_an_exhausted_pool_turns_away_and_recovers(self, town, town_url, told):
        """Somebody holds what every report needs until connections have run out."""
        await staff_all(town)
        ledger = Ledger()
        with served(town_url, pool_size=2) as address:
            async with httpx.AsyncClient(base_url=address, **PHONE) as client:
                async with town.begin() as holder:
                    await holder.execute(text("LOCK TABLE workload IN ACCESS EXCLUSIVE MODE"))
                    waiting = [
                        asyncio.create_task(report(client, ledger, column=n % BLOCKS))
                        for n in range(6)
                    ]
                    while ledger.refused < 4:
                        assert not any(one.done() for one in waiting)
                        await asyncio.sleep(0.1)
                    assert ledger.acknowledged == {}
                await asyncio.gather(*waiting)
        told(await assert_kept(town, ledger, 6))

    @pytest.mark.parametrize("each", [2, pytest.param(40, marks=pytest.mark.soak)])
    async def test_ten_times_the_load_is_bounded(self, town, town_url, each, told):
        """Beyond what is worked on at a time phones are told at once to come again."""
        await staff_all(town)
        ledger, most = Ledger(), 6
        with served(town_url, max_in_flight=most, pool_size=3) as address:
            async with httpx.AsyncClient(
                base_url=address, limits=httpx.Limits(max_connections=None), **PHONE
            ) as client:

                async def one_phone(number):
                    for _ in range(each):
                        event = await report(client, ledger, column=number % BLOCKS)
                        if event["handler"]:
                            await move(client, ledger, event, "HANDLED")

                quiet = Ledger()
                for number in range(12):
                    await report(client, quiet, column=number % BLOCKS)
                await asyncio.gather(*(one_phone(number) for number in range(10 * most)))
        assert ledger.refused > 0
        # What is worked on shares the machine with so many others, not with ten times as many.
        assert median(ledger.waits_s) < 5 * most * median(quiet.waits_s)
        assert ledger.broken == 0
        ledger.acknowledged |= quiet.acknowledged
        told(await assert_kept(town, ledger, 10 * most * each + 12))


class TestAWrongClock:
    """A phone's clock is off by a day: what it says is kept, and decides nothing."""

    @pytest.mark.parametrize("days", [-1, 1])
    async def test_limits_and_history_run_by_the_databases_clock(self, town, client, days, told):
        await load_limits(town, *HOURS)
        await staff_all(town)
        ledger = Ledger()
        wrong = {"captured_at": (datetime.now(UTC) + timedelta(days=days)).isoformat()}
        event = await report(client, ledger, **wrong)
        await move(client, ledger, event, "ACCEPTED", "ON_SITE", "HANDLED", **wrong)
        (off,) = await rows(
            town,
            """
            SELECT count(*) FROM event_history h JOIN event e ON e.id = h.event_id
            WHERE h.at NOT BETWEEN e.received_at AND clock_timestamp()
            """,
        )
        (stages,) = await rows(
            town,
            """
            SELECT count(*), count(*) FILTER (WHERE s.started_at NOT BETWEEN e.received_at
                AND clock_timestamp() OR s.due_at <= s.started_at) AS wrong
            FROM event_stage s JOIN event e ON e.id = s.event_id
            """,
        )
        assert off.count == 0
        assert (stages.count > 0, stages.wrong) == (True, 0)
        (kept,) = await rows(town, "SELECT captured_at FROM event")
        assert kept.captured_at.isoformat() == wrong["captured_at"]
        told(await assert_kept(town, ledger, 1))

    async def test_a_position_of_tomorrow_moves_nobody(self, town, client):
        await staff(town, an_officer("near", middle(0, 0)), an_officer("far", middle(3, 3)))
        pings = []
        for days, place in ((1, (0, 0)), (0, (3, 2))):
            lon, lat = middle(*place)
            at = (datetime.now(UTC) + timedelta(days=days)).isoformat()
            ping = {"person": "far", "lon": lon, "lat": lat, "datum": "wgs84", "captured_at": at}
            pings.append(ping)
        answer = await client.post(
            "/api/positions/batch", json={"client_key": uuid4().hex, "pings": pings}
        )
        (unused,) = answer.json()["unused"]
        assert (unused["number"], unused["reason"]) == (0, "clock_ahead")
        event = (await client.post("/api/events", json=body(3, 2, matter="E02"))).json()
        assert event["handler"]["code"] == "far"
        assert event["handler"]["distance_m"] < 1
        await assert_drained(town)


class TestTwoDispatchers:
    """Both see the same officer at work and name another one in the same moment."""

    @pytest.mark.parametrize("rounds", [10, pytest.param(300, marks=pytest.mark.soak)])
    async def test_one_is_heard_and_the_other_told(self, town, town_url, rounds, told):
        await staff(town, *(an_officer(f"o{n}", middle(n, 0), capacity=2) for n in range(4)))
        rng, ledger = random.Random(rounds), Ledger()  # noqa: S311
        with served(town_url) as address:
            async with httpx.AsyncClient(base_url=address, **PHONE) as client:
                event = await report(client, ledger, matter="E02")
                has = event["handler"]["code"]
                for _ in range(rounds):
                    named = rng.sample(sorted({f"o{n}" for n in range(4)} - {has}), 2)
                    answers = await asyncio.gather(
                        *(self.override(client, event, person, has) for person in named)
                    )
                    assert sorted(one.status_code for one in answers) == [200, 409]
                    (heard,) = [one.json() for one in answers if one.status_code == 200]
                    has = heard["handler"]["code"]
                    assert has in named
        hands = await rows(town, "SELECT 1 FROM assignment")
        assert len(hands) == rounds + 1
        told(await assert_kept(town, ledger, rounds))

    @staticmethod
    async def override(client, event, person, instead_of):
        order = {"person": person, "reason": "熟悉情况", "instead_of": instead_of}
        return await client.post(f"/api/events/{event['id']}/assignment", json=order)
