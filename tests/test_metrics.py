"""The figures are what Prometheus reads, true, and of bounded size."""

import asyncio

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from tests.conftest import on_server
from tests.flows.test_report_to_close import body
from tests.towns import a_person, middle, staff


async def scraped(client):
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def answered(figures, **labels):
    return figures.get(("gridsvc_request_seconds_count", tuple(sorted(labels.items()))), 0)


async def test_requests_are_counted_by_route_and_status(client):
    for event_id in range(1, 8):
        await client.get(f"/api/events/{event_id}")
    figures = await scraped(client)
    assert answered(figures, method="GET", route="/api/events/{event_id}", status="404") == 7
    assert ("gridsvc_in_flight", ()) in figures


async def test_nothing_a_client_sends_adds_a_label(client):
    async def ask(n):
        await client.get(f"/nowhere-{n}")
        await client.get(f"/static/nothing-{n}")
        await client.request(f"METHOD{n}", f"/api/grids?x={n}")
        await client.get(f"/api/events/{n}", headers={"X-Request-ID": f"id-{n}"})

    await ask(1)
    first = set(await scraped(client))
    for n in range(2, 10):
        await ask(n)
    # The scrape's own series appears only with the second one.
    added = {labels for _, labels in set(await scraped(client)) - first}
    assert all(("route", "/metrics") in labels for labels in added)


async def test_the_desk_and_the_pool(town, client):
    await staff(town, a_person("a", middle(0, 0), capacity=2))
    for _ in range(5):
        assert (await client.post("/api/events", json=body())).status_code == 201
    figures = await scraped(client)
    assert figures["gridsvc_assignments_open", ()] == 2
    assert figures["gridsvc_events_waiting", ()] == 3
    assert figures["gridsvc_database_answers", ()] == 1
    assert figures["gridsvc_pool_in_use", ()] == 0
    assert figures["gridsvc_pool_size", ()] == 8


async def test_an_exhausted_pool_is_seen(town, town_url, client_of):
    await staff(town, a_person("a", middle(0, 0)))
    async with client_of(town_url, pool_size=1) as client, town.begin() as holder:
        await holder.execute(text("SELECT FROM workload FOR UPDATE"))
        waiting = asyncio.create_task(client.post("/api/events", json=body()))
        for _ in range(100):
            figures = await scraped(client)
            if figures["gridsvc_pool_in_use", ()]:
                break
        assert figures["gridsvc_pool_in_use", ()] == figures["gridsvc_pool_size", ()] == 1
        assert figures["gridsvc_in_flight", ()] == 1
        await holder.rollback()
        assert (await waiting).status_code == 201


async def test_without_its_database_the_rest_is_still_told(cluster, town_url, client):
    name = town_url.split("/")[-1].split("?")[0]
    await on_server(cluster, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    await on_server(
        cluster, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    )
    figures = await scraped(client)
    assert figures["gridsvc_database_answers", ()] == 0
    assert ("gridsvc_events_waiting", ()) not in figures
    await on_server(cluster, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert (await scraped(client))["gridsvc_database_answers", ()] == 1
