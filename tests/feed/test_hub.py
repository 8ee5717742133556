"""The live stream over a real wire: nothing lost, nothing twice, nothing that is not one's own."""

import asyncio
import random
import socket
from contextlib import suppress

import httpx
import pytest
from sqlalchemy import text

from gridsvc.accounts import tokens
from gridsvc.accounts.roles import Role
from gridsvc.db import EVERYWHERE, make_engine, transaction
from gridsvc.dispatch import service as dispatch
from gridsvc.events.schemas import MoveIn
from gridsvc.feed import hub, streams
from tests.conftest import on_server
from tests.dispatch.test_service import a_report
from tests.feed.listening import listening, missed
from tests.live import served
from tests.neighbours import MARKS, make_neighbours
from tests.towns import COUNTY, a_person, middle, staff
from tests.who import ALL_ROUND, ALL_ROUND_ID, KEYRING, bearer, open_account


@pytest.fixture
def address(town_url):
    with served(town_url, live_s=0.05) as address:
        yield address


async def report(engine, column=0, row=0, **columns):
    async with transaction(engine) as session:
        return (await dispatch.report(session, a_report(column, row, **columns), KEYRING)).id


async def history(engine):
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT event_id, coalesce(from_state, '') AS f, to_state FROM event_history")
        )
        return sorted(tuple(row) for row in rows)


def moves(told):
    return sorted(
        (one.data["event_id"], one.data["from_state"] or "", one.data["to_state"])
        for one in told
        if one.kind in {"event", "move", "assignment"}
    )


class TestWhatIsTold:
    async def test_an_event_is_told_as_it_happens(self, town, address):
        await staff(town, a_person("w0", middle(0, 0)))
        kinds = ["event", "move", "assignment"]
        async with listening(address, ALL_ROUND, kind=kinds) as listener:
            assert await listener.until("ready") == []
            event_id = await report(town)
            told = [await listener.next() for _ in range(3)]
            assert [one.kind for one in told] == kinds
            assert {one.data["event_id"] for one in told} == {event_id}
            assert told[2].data["handler"] == "w0"
            assert told[2].data["handler_name"] == "张**"
            assert told[0].data["handler"] is None
            async with transaction(town) as session:
                await dispatch.move(session, event_id, MoveIn(to_state="ACCEPTED"))
            moved = await listener.next()
            assert (moved.kind, moved.data["to_state"]) == ("move", "ACCEPTED")

    async def test_only_what_was_asked_for(self, town, address):
        async with (
            listening(address, ALL_ROUND, kind="event", matter="E02") as matter,
            listening(address, ALL_ROUND, kind="event", matter="E") as class_of_it,
            listening(address, ALL_ROUND, division="990101001002") as elsewhere,
        ):
            for listener in (matter, class_of_it, elsewhere):
                await listener.until("ready")
            await report(town, matter="E01")
            second = await report(town, matter="E02")
            assert (await matter.next()).data["event_id"] == second
            assert [(await class_of_it.next()).kind for _ in range(2)] == ["event"] * 2
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await elsewhere.next()

    @pytest.mark.parametrize(
        ("asked", "role", "status"),
        [
            ({"kind": "position"}, Role.CITIZEN, 403),
            ({"kind": "event"}, Role.PLANNER, 403),
            ({"purpose": "找人"}, Role.PLANNER, 403),
            ({"purpose": "找人", "kind": "event"}, Role.DISPATCHER, 403),
            ({}, Role.ADMINISTRATOR, 403),
            ({"matter": "E99"}, Role.DISPATCHER, 422),
            ({"division": "x"}, Role.DISPATCHER, 422),
            ({"kind": "everything"}, Role.DISPATCHER, 422),
            ({"for_s": -1}, Role.DISPATCHER, 422),
        ],
    )
    async def test_what_may_not_be_asked_for(self, town, address, asked, role, status):
        async with transaction(town) as session:
            account = await open_account(session, "somebody", [role])
        async with httpx.AsyncClient(base_url=address) as client:
            answer = await client.get("/api/live", params=asked, headers=bearer(account))
            assert answer.status_code == status, answer.text
            odd = await client.get("/api/live", headers=ALL_ROUND | {"Last-Event-ID": "7"})
            assert odd.status_code == 422


class TestNothingIsLost:
    async def test_transactions_that_commit_in_another_order_than_they_wrote(self, town, address):
        """The one that wrote first commits last; a reader of highest numbers would miss it."""
        async with listening(address, ALL_ROUND, kind="event") as listener:
            await listener.until("ready")
            async with transaction(town) as early:
                first = (await dispatch.report(early, a_report(0, 0), KEYRING)).id
                second = await report(town, 1, 1)
                assert second > first
                assert (await listener.next()).data["event_id"] == second
                _, since = await missed(address, ALL_ROUND)
            assert (await listener.next()).data["event_id"] == first
            late, _ = await missed(address, ALL_ROUND, since=since, kind="event")
            assert [one.data["event_id"] for one in late] == [first]

    async def test_listeners_that_come_and_go_while_everybody_writes(self, town, address):
        """Six writers with pauses of chance, a listener cut off again and again at any line."""
        chance = random.Random(7)  # noqa: S311 - pauses, no secrets
        await staff(town, *(a_person(f"w{n}", middle(n, n), capacity=200) for n in range(4)))
        told, over = [], asyncio.Event()

        async def write(number):
            for turn in range(12):
                async with transaction(town) as session:
                    at = a_report((number + turn) % 4, turn % 4)
                    await dispatch.report(session, at, KEYRING)
                    await asyncio.sleep(chance.random() / 20)

        async def listen(since):
            while True:
                last_round = over.is_set()
                for_s = 0 if last_round else 60
                async with listening(address, ALL_ROUND, since=since, for_s=for_s) as listener:
                    if last_round:
                        told.extend(await listener.rest())
                        return
                    with suppress(TimeoutError):
                        for _ in range(chance.randrange(1, 12)):
                            async with asyncio.timeout(1):
                                told.append(await listener.next())
                    since = listener.last_id or since

        async with transaction(town) as session:
            beginning = str(await hub.queries.now(session))
        listener = asyncio.create_task(listen(beginning))
        await asyncio.gather(*(write(number) for number in range(6)))
        over.set()
        await listener
        expected = await history(town)
        assert len(expected) >= 72 * 3
        heard = moves(told)
        assert len(heard) == len(set(heard)), "something was told twice"
        assert set(expected) - set(heard) == set()

    async def test_a_restart_of_the_database_is_outlived(
        self, cluster, town, town_url, address, caplog
    ):
        name = town_url.split("/")[-1].split("?")[0]
        async with listening(address, ALL_ROUND, kind="event") as listener:
            await listener.until("ready")
            await town.dispose()
            await on_server(
                cluster,
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
            )
            event_id = await report(town)
            assert (await listener.next()).data["event_id"] == event_id

    async def test_who_missed_too_much_is_told_to_read_anew(self, town, address, monkeypatch):
        monkeypatch.setattr(hub, "MOST_MISSED", 3)
        _, since = await missed(address, ALL_ROUND)
        for _ in range(4):
            await report(town)
        told, since = await missed(address, ALL_ROUND, since=since)
        assert [one.kind for one in told] == ["reset"]
        assert (await missed(address, ALL_ROUND, since=since))[0] == []

    @pytest.mark.parametrize("since", ["1_5:9:", "99999999999_99999999999:99999999999:"])
    async def test_ids_of_another_day_or_another_database(self, address, since):
        told, _ = await missed(address, ALL_ROUND, since=since)
        assert [one.kind for one in told] == ["reset"]


class TestWhoSeesWhat:
    async def test_nobody_is_told_what_a_query_would_not_show(self, town, town_url, address):
        """Every role of our county listens while both counties are filled with everything."""
        own, foreign = await make_neighbours(town)
        told = {}
        async with transaction(town) as session:
            start = str(await hub.queries.now(session))
        for side in (own, foreign):
            async with transaction(town) as session:
                event = a_report(0, 0, lon=side.place[0], lat=side.place[1])
                await dispatch.report(session, event, KEYRING)
        for role in Role:
            if role in {Role.ADMINISTRATOR, Role.AUDITOR, Role.PLANNER}:
                continue
            told[role], _ = await missed(address, bearer(own.accounts[role]), since=start)
        assert told[Role.DISPATCHER]
        assert told[Role.DEPARTMENT]  # of E01, which it was
        assert told[Role.CITIZEN] == told[Role.PARTNER] == []  # somebody else's reports
        for role, events in told.items():
            for one in events:
                assert one.data["division_code"].startswith(COUNTY[:6]), role
                assert not any(mark in str(one.data) for mark in MARKS)
        async with transaction(town, EVERYWHERE) as session:
            await session.execute(text("DELETE FROM account_matter"))
        none, _ = await missed(address, bearer(own.accounts[Role.DEPARTMENT]), since=start)
        assert none == []

    async def test_rights_that_end_end_the_stream(self, town, address, monkeypatch):
        monkeypatch.setattr(hub, "HEARTBEAT_S", 0.1)
        ends = {
            "closed": "UPDATE account SET disabled_at = now() WHERE id = :id",
            "other areas": "UPDATE account_area SET division_code = '990100000000'"
            " WHERE account_id = :id",
            "other roles": "UPDATE account SET roles = '{citizen}' WHERE id = :id",
        }
        for login, statement in ends.items():
            async with transaction(town) as session:
                account = await open_account(
                    session, login.replace(" ", "-"), [Role.DISPATCHER], [COUNTY]
                )
            async with listening(address, bearer(account)) as listener:
                await listener.until("ready")
                await asyncio.sleep(0.3)
                async with transaction(town) as session:
                    await session.execute(text(statement), {"id": account})
                assert [one.kind for one in await listener.rest()] == ["ended"], login

    async def test_a_token_that_runs_out_ends_the_stream(self, address, monkeypatch):
        monkeypatch.setattr(hub, "HEARTBEAT_S", 0.1)
        token = tokens.issue(KEYRING, ALL_ROUND_ID, lives_s=2)
        short = {"Authorization": f"Bearer {token}"}
        async with listening(address, short) as listener:
            assert [one.kind for one in await listener.rest()] == ["ready", "ended"]


class TestPositions:
    async def ping(self, address, *people, times=1, start=0):
        async with httpx.AsyncClient(base_url=address, headers=ALL_ROUND) as client:
            for turn in range(times):
                for person in people:
                    lon, lat = middle((turn + start) % 4, 1)
                    place = {"person": person, "lon": lon, "lat": lat, "datum": "wgs84"}
                    (await client.post("/api/positions", json=place)).raise_for_status()

    @pytest.fixture
    async def accounts(self, town):
        async with transaction(town) as session:
            return {
                role: await open_account(
                    session, f"a-{role.value.replace('_', '-')}", [role], [COUNTY]
                )
                for role in Role
            }

    async def test_people_are_told_by_micro_grid_and_seldom(self, town, address, accounts):
        await staff(town, a_person("w0"), a_person("off", on_duty=False))
        async with listening(
            address, bearer(accounts[Role.APPRAISER]), kind="position"
        ) as listener:
            await listener.until("ready")
            await self.ping(address, "off")
            await self.ping(address, "w0", times=30)
            told = [await listener.next()]
            while told[-1].data[-1]["micro_grid_code"] is None:
                told.append(await listener.next())
            assert len(told) < 10  # of thirty
            for one in told:
                assert one.kind == "position"
                assert one.id is None
                for person in one.data:
                    assert person["person"] == "w0"
                    assert person["name"] == "张**"
                    assert "lon" not in person
                    assert "lat" not in person

    async def test_places_take_a_purpose_that_is_recorded(self, town, address, accounts):
        await staff(town, a_person("w0"))
        desk = bearer(accounts[Role.DISPATCHER])
        async with (
            listening(address, desk, kind="position", purpose="抢险调度") as exact,
            listening(address, desk, kind="position") as coarse,
        ):
            await exact.until("ready")
            await coarse.until("ready")
            await self.ping(address, "w0")
            (seen,) = (await exact.next()).data
            assert (seen["lon"], seen["lat"]) == pytest.approx(middle(0, 1))
            (same,) = (await coarse.next()).data
            assert "lon" not in same
        async with town.connect() as connection:
            trail = await connection.execute(
                text("SELECT division_code, purpose FROM audit_entry WHERE kind = 'live'")
            )
            assert [tuple(row) for row in trail] == [(COUNTY, "抢险调度")]


class TestUnderPressure:
    async def test_streams_hold_no_place_and_no_connection(self, town_url, town):
        with served(town_url, live_s=0.05, max_in_flight=2, pool_size=2) as address:
            listeners = [listening(address, ALL_ROUND) for _ in range(hub.MOST_OF_ONE)]
            opened = [await one.__aenter__() for one in listeners]
            for one in opened:
                await one.until("ready")
            async with httpx.AsyncClient(base_url=address, headers=ALL_ROUND) as client:
                assert (await client.get("/api/events")).status_code == 200
                more = await client.get("/api/live")
                assert more.status_code == 429
                assert int(more.headers["retry-after"]) > 0
                figures = (await client.get("/metrics")).text
                assert f"gridsvc_live_streams {float(hub.MOST_OF_ONE)}" in figures
                assert "gridsvc_in_flight 0.0" in figures
            event_id = await report(town)
            for one in opened:
                assert (await one.next()).data["event_id"] == event_id
            for one in listeners:
                await one.__aexit__(None, None, None)

    async def test_a_server_that_stops_ends_them(self, town_url):
        with served(town_url) as address:
            stream = listening(address, ALL_ROUND)
            listener = await stream.__aenter__()
            await listener.until("ready")
            ended = asyncio.create_task(listener.rest())
            await asyncio.sleep(0)
            # The server's thread is waited for, which must not wait for the stream's client.
        assert await ended == []
        await stream.__aexit__(None, None, None)

    async def test_more_than_may_be_open_are_refused(self, town_url):
        with served(town_url, live_streams=1) as address:
            async with listening(address, ALL_ROUND) as listener:
                await listener.until("ready")
                async with httpx.AsyncClient(base_url=address, headers=ALL_ROUND) as client:
                    answer = await client.get("/api/live")
                    assert answer.status_code == 503
                    assert "retry-after" in answer.headers

    async def test_a_client_that_reads_nothing_is_let_go(
        self, town, town_url, address, monkeypatch
    ):
        """It opens a stream, reads none of it, and is told more than any buffer holds."""
        monkeypatch.setattr("gridsvc.pressure._STALLED_S", 0.5)
        monkeypatch.setattr(streams, "MOST_WAITING", 4)
        await staff(town, *(a_person(f"p{n:04}", middle(0, 0)) for n in range(2000)))
        host, port = address.removeprefix("http://").split(":")
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect((host, int(port)))
        proof = ALL_ROUND["Authorization"]
        deaf.sendall(
            b"GET /api/live?kind=position HTTP/1.1\r\nHost: x\r\n"
            + f"Authorization: {proof}\r\n\r\n".encode()
        )
        async with httpx.AsyncClient(base_url=address) as client:

            async def open_streams():
                lines = (await client.get("/metrics")).text.splitlines()
                (line,) = [one for one in lines if one.startswith("gridsvc_live_streams ")]
                return float(line.split()[1])

            async with asyncio.timeout(30):
                while await open_streams() == 0:
                    await asyncio.sleep(0.05)
            engine = make_engine(town_url)
            async with asyncio.timeout(90):
                while await open_streams() == 1:
                    async with engine.begin() as connection:
                        await connection.execute(
                            text(
                                "UPDATE position SET captured_at = clock_timestamp(),"
                                " received_at = clock_timestamp()"
                            )
                        )
                    await asyncio.sleep(0.5)
            await engine.dispose()
            assert (await client.get("/health/ready")).status_code == 200
        deaf.close()
