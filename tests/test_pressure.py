"""Under pressure and under attack: refused at once with the reason, never a 500, others pass."""

import asyncio
import json
import socket
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
import uvicorn
from sqlalchemy import text

from gridsvc.config import Settings
from gridsvc.pressure import BodyLimit
from gridsvc.serving import server_config
from tests.conftest import service_of
from tests.flows.test_report_to_close import assert_problem, body
from tests.loglines import caught, lines_of
from tests.towns import a_person, middle, staff
from tests.who import ALL_ROUND, KEYRING

#: Upper bound for anything that must happen by itself; nothing here measures speed.
PATIENCE_S = 60


async def until(happened):
    """Wait for something that must come true by itself."""
    async with asyncio.timeout(PATIENCE_S):
        while not await happened():
            await asyncio.sleep(0.02)


async def in_flight(client):
    figures = (await client.get("/metrics")).text.splitlines()
    (line,) = [line for line in figures if line.startswith("gridsvc_in_flight ")]
    return float(line.split()[1])


class TestWorkLimit:
    async def test_sixty_slow_requests_on_a_limit_of_five(self, town, town_url, client_of):
        """Each report waits for the one worker, whom somebody else holds."""
        await staff(town, a_person("a", middle(0, 0), capacity=100))
        async with (
            client_of(town_url, max_in_flight=5, pool_size=6) as client,
            town.begin() as holder,
        ):
            await holder.execute(text("SELECT FROM workload FOR UPDATE"))
            slow = [asyncio.create_task(client.post("/api/events", json=body())) for _ in range(60)]

            async def refused_all_but_five():
                return sum(task.done() for task in slow) == 55

            await until(refused_all_but_five)
            assert await in_flight(client) == 5
            assert (await client.get("/health/live")).status_code == 200
            assert (await client.get("/health/ready")).status_code == 200
            assert_problem(await client.get("/api/grids"), 503)
            await holder.rollback()
            answers = await asyncio.gather(*slow)
            assert await in_flight(client) == 0
            assert (await client.get("/api/grids")).status_code == 200
            assert (await client.get("/api/events")).json()["total"] == 5
        assert sorted(answer.status_code for answer in answers) == [201] * 5 + [503] * 55
        for answer in answers:
            if answer.status_code == 503:
                assert_problem(answer, 503)
                assert int(answer.headers["retry-after"]) > 0

    async def test_a_bug_frees_its_place(self, client_of, town_url):
        async def raise_a_bug():
            raise ValueError

        async with client_of(town_url, max_in_flight=1) as client:
            client._transport.app.add_api_route("/api/bug", raise_a_bug)
            for _ in range(3):
                assert_problem(await client.get("/api/bug"), 500)
            assert (await client.get("/api/grids")).status_code == 200


def a_scope(**headers):
    named = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
    return {
        "type": "http",
        "method": "POST",
        "path": "/api/events",
        "query_string": b"",
        "headers": named,
        "server": ("gridsvc", 80),
        "scheme": "http",
    }


class Conversation:
    """A body sent in parts to a limit of 100 bytes, 150 together; what came of it."""

    def __init__(self, most_s=PATIENCE_S):
        self.arrived = []
        self.answer = []
        self.limit = BodyLimit(
            self._app, most_bytes=100, most_photo_bytes=100, most_s=most_s, most_held_bytes=150
        )
        self.meanwhile = asyncio.Event()
        self.meanwhile.set()

    async def _app(self, scope, receive, send):
        self.arrived.append((await receive())["body"])
        await self.meanwhile.wait()

    async def send(self, parts, *, then="end", **headers):
        """Send parts, then end, stall, or go; the status of the refusal, or none."""
        coming = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
        if then == "end":
            coming.append({"type": "http.request", "body": b"", "more_body": False})
        elif then == "go":
            coming.append({"type": "http.disconnect"})
        answer = []

        async def receive():
            if coming:
                return coming.pop(0)
            return await asyncio.Event().wait()

        async def hear(message):
            answer.append(message)

        async with asyncio.timeout(PATIENCE_S):
            await self.limit(a_scope(**headers), receive, hear)
        self.left = coming
        if not answer:
            return None
        assert (b"connection", b"close") in answer[0]["headers"]
        assert json.loads(answer[1]["body"])["status"] == answer[0]["status"]
        return answer[0]["status"]


class TestBodyLimit:
    async def test_what_fits_arrives_whole(self):
        told = Conversation()
        assert await told.send([b"a" * 60, b"b" * 40]) is None
        assert await told.send([]) is None
        assert told.arrived == [b"a" * 60 + b"b" * 40, b""]

    async def test_one_byte_more_is_refused_without_reading_on(self):
        told = Conversation()
        assert await told.send([b"a" * 100, b"b", *[b"c" * 100] * 50]) == 413
        assert len(told.left) == 51
        assert told.arrived == []

    @pytest.mark.parametrize("length", [b"101", b"9" * 5000, b"000000000000000000000101"])
    async def test_a_declared_length_is_believed_when_too_large(self, length):
        told = Conversation()
        assert await told.send([b"a"], content_length=length) == 413
        assert len(told.left) == 2

    async def test_a_declared_length_is_not_believed_when_small(self):
        assert await Conversation().send([b"a" * 101], content_length=b"1") == 413

    @pytest.mark.parametrize("length", [b"-1", b"1e3", b"", b"0x10", "１".encode(), b"1, 1"])
    async def test_a_length_that_is_none(self, length):
        assert await Conversation().send([b"a"], content_length=length) == 400

    @pytest.mark.parametrize("parts", [[], [b"a"], [b"a" * 100]])
    async def test_a_body_that_never_ends(self, parts):
        told = Conversation(most_s=0.05)
        assert await told.send(parts, then="stall") == 408
        assert told.arrived == []

    async def test_whoever_goes_is_not_answered(self):
        told = Conversation()
        assert await told.send([b"a"], then="go") is None
        assert told.arrived == []

    async def test_all_bodies_together_are_bounded_until_they_are_answered(self):
        told = Conversation()
        told.meanwhile.clear()
        first = asyncio.create_task(told.send([b"a" * 100]))
        while not told.arrived:
            await asyncio.sleep(0)
        assert await told.send([b"b" * 51]) == 503
        small = asyncio.create_task(told.send([b"c" * 50]))
        told.meanwhile.set()
        assert await first is None
        assert await small is None
        for then in ("end", "go"):  # nothing that was refused or went is still counted
            for _ in range(5):
                assert await told.send([b"d" * 100], then=then) is None
                assert await told.send([b"d" * 100, b"e"]) == 413


@asynccontextmanager
async def served(url, **settings):
    """The service behind its real server; the port it listens on."""
    given = Settings(sweep_s=3600, second_factor="optional", jobs=False, **settings)
    server = uvicorn.Server(server_config(given, service_of(url), KEYRING))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.create_task(server.serve(sockets=[listener]))

        async def started():
            return server.started

        await until(started)
        yield listener.getsockname()[1]
        server.should_exit = True
        await running


def head(*lines):
    first = ["POST /api/events HTTP/1.1", "Host: gridsvc", "Content-Type: application/json"]
    return "\r\n".join([*first, *lines, "", ""]).encode()


class Wire:
    """A connection on which anything at all may be sent."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer

    async def send(self, *parts):
        # A server that has refused closes, perhaps before all was sent.
        with suppress(ConnectionError):
            for part in parts:
                self._writer.write(part)
                await self._writer.drain()

    async def status(self):
        async with asyncio.timeout(PATIENCE_S):
            line = await self._reader.readline()
        return int(line.split()[1])


@asynccontextmanager
async def wire(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


class TestOverTheWire:
    async def test_the_innocent_pass_while_slow_bodies_hang(self, town_url):
        """Twice as many connections trickle as may be worked on at a time."""
        async with served(town_url, max_in_flight=4) as port:
            hanging = [wire(port) for _ in range(8)]
            wires = [await one.__aenter__() for one in hanging]
            for one in wires:
                await one.send(head("Content-Length: 1000"), b"{")
            async with httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", headers=ALL_ROUND
            ) as client:
                for _ in range(5):
                    answer = await client.post("/api/events", json=body())
                    assert answer.status_code == 201
                    assert "server" not in answer.headers
            for one in hanging:
                await one.__aexit__(None, None, None)

    async def test_hostile_bodies_are_refused_and_the_innocent_pass(self, town_url):
        hostile = {
            "slow": ([head("Content-Length: 10"), b"{"], 408),
            "never begun": ([head("Content-Length: 10")], 408),
            "slow and chunked": ([head("Transfer-Encoding: chunked"), chunk(b"{")], 408),
            "chunked": (
                [head("Transfer-Encoding: chunked"), *[chunk(b" " * 50_000)] * 5],
                413,
            ),
            "declared": ([head("Content-Length: 200001"), b"{"], 413),
            "expecting": ([head("Content-Length: 200001", "Expect: 100-continue")], 413),
            "lying": ([head("Content-Length: -5"), b"{}"], 400),
            "lying twice": ([head("Content-Length: 2", "Content-Length: 3"), b"{}"], 400),
            "forged": ([b"\x00\r\n\r\n"], 400),
        }
        with caught() as log:
            async with (
                served(town_url, max_in_flight=4, max_body_bytes=200_000, max_body_s=0.5) as port,
                httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=ALL_ROUND) as client,
            ):

                async def attack(parts):
                    async with wire(port) as one:
                        await one.send(*parts)
                        return await one.status()

                attacks = [
                    asyncio.create_task(attack(parts))
                    for parts, _ in hostile.values()
                    for _ in range(3)
                ]
                while not all(task.done() for task in attacks):
                    answer = await client.post("/api/events", json=body())
                    assert answer.status_code == 201
                statuses = [task.result() for task in attacks]
        expected = {name: [status] * 3 for name, (_, status) in hostile.items()}
        assert {name: statuses[3 * n : 3 * n + 3] for n, name in enumerate(hostile)} == expected
        told = [line["status"] for line in lines_of(log) if line["message"] == "request"]
        assert set(told) == {201, 408, 413}
        assert told.count(408) == told.count(413) == 9
