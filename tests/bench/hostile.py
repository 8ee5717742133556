"""How long the innocent wait while hostile requests are refused: ``python -m tests.bench.hostile``.

The service runs as a process of its own on a private PostGIS; one client asks innocent questions
all the while, others send one kind of hostile request each, again and again.
"""

import asyncio
import json
import multiprocessing
import shutil
import statistics
import tempfile
from pathlib import Path
from time import perf_counter

import httpx

from gridsvc import migrations
from gridsvc.db import make_engine, transaction
from gridsvc.postgis import start
from tests.events.test_photos import a_photo, png_head
from tests.flows.test_report_to_close import body
from tests.live import served
from tests.towns import a_person, middle, settle, staff
from tests.who import ALL_ROUND, KEYRING, open_all_round

#: Senders of each kind at once, and seconds each kind is tried.
SENDERS, SECONDS = 4, 4.0
JSON = {"content-type": "application/json"}
JPEG = {"content-type": "image/jpeg"}


def kinds(event):
    photos = f"/api/events/{event}/photos"
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    return {
        "nothing hostile": None,
        "NaN, infinity, 1e400": ("/api/events", b'{"lon": NaN, "lat": 1e400}', JSON),
        "100,000 levels of JSON": ("/api/events", deep, JSON),
        "2 MB of numbers": ("/api/events", b"[" + b"1," * 999_000 + b"1]", JSON),
        "a body over the limit": ("/api/events", b"x" * 2_100_000, JSON),
        "a forged token": ("/api/grids", None, {"authorization": "Bearer a.b.c"}),
        "wrong passwords": ("/api/token", b'{"login": "admin", "password": "x"}', JSON),
        "a PNG of 3,600 megapixels": (photos, png_head(60_000, 60_000), JPEG),
        "a PNG of 25 megapixels": (photos, a_photo("PNG", size=(5000, 5000)), JPEG),
        "a photo of 11 MB of noise": (photos, bytes(range(256)) * 43_000, JPEG),
        "a text of 1 MB": (
            "/api/events", json.dumps(body(description="长" * 300_000)).encode(), JSON
        ),
        "a bbox of nonsense": ("/api/grids?bbox=" + "1" * 90, None, {}),
    }  # fmt: skip


async def innocent(client, until):
    waits = []
    lon, lat = middle(0, 0)
    asked = {"lon": lon, "lat": lat, "datum": "wgs84"}
    while perf_counter() < until:
        began = perf_counter()
        answer = await client.get("/api/micro-grids/at", params=asked)
        assert answer.status_code == 200, answer.text
        waits.append((perf_counter() - began) * 1000)
        await asyncio.sleep(0.005)
    return waits


async def attack(client, request, until):
    path, content, headers = request
    statuses = {}
    while perf_counter() < until:
        method = "GET" if content is None else "POST"
        try:
            answer = await client.request(method, path, content=content, headers=headers)
            told = answer.status_code
        except httpx.TransportError:
            told = "closed"  # refused before all of it was sent
        statuses[told] = statuses.get(told, 0) + 1
    return statuses


def hostile_process(address, request, pipe):
    """Attack from a process of its own, so that the innocent client's clock is not held up."""

    async def run():
        async with httpx.AsyncClient(base_url=address, headers=ALL_ROUND, timeout=60) as client:
            until = perf_counter() + SECONDS
            told = await asyncio.gather(*(attack(client, request, until) for _ in range(SENDERS)))
        total = {}
        for one in told:
            for status, count in one.items():
                total[status] = total.get(status, 0) + count
        pipe.send(total)

    asyncio.run(run())


def service_process(url, pipe):
    with served(url) as address:
        pipe.send(address)
        pipe.recv()


async def prepare(url):
    engine = make_engine(url)
    await migrations.upgrade(engine)
    async with transaction(engine) as session:
        await settle(session)
        await open_all_round(session)
    await staff(engine, a_person("a", middle(0, 0), capacity=9))
    await engine.dispose()


async def measure(address):
    async with httpx.AsyncClient(base_url=address, headers=ALL_ROUND, timeout=60) as client:
        event = (await client.post("/api/events", json=body())).json()["id"]
        print("| hostile request | answers | innocent p50 / p99 / slowest, ms |\n|---|---|---|")
        for name, request in kinds(event).items():
            here, there = multiprocessing.Pipe()
            if request is not None:
                process = multiprocessing.get_context("spawn").Process(
                    target=hostile_process, args=(address, request, there)
                )
                process.start()
                await asyncio.sleep(1.5)  # until it has started
            waits = sorted(await innocent(client, perf_counter() + SECONDS - 1))
            answers = "—"
            if request is not None:
                told = await asyncio.to_thread(here.recv)
                process.join()
                answers = ", ".join(f"{count} × {status}" for status, count in told.items())
            p99 = waits[int(len(waits) * 0.99)]
            print(f"| {name} | {answers} | {statistics.median(waits):.0f} / {p99:.0f} / "
                  f"{waits[-1]:.0f} |", flush=True)  # fmt: skip


def main():
    folder = Path(tempfile.mkdtemp(prefix="gridsvc-bench-"))
    folder.chmod(0o755)
    cluster = start(folder / "data")
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    try:
        asyncio.run(prepare(cluster.url))
        assert KEYRING.signing
        service = context.Process(target=service_process, args=(cluster.url, there))
        service.start()
        asyncio.run(measure(here.recv()))
        here.send("stop")
        service.join()
    finally:
        cluster.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
