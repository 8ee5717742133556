"""The service as a whole: its map data, its documentation, its health, and its database gone."""

import asyncio

import pytest
import shapely
from sqlalchemy import text

from gridsvc.app import create_app
from gridsvc.config import Settings
from gridsvc.db import Login, transaction
from gridsvc.dispatch import assigning
from tests.conftest import on_server
from tests.flows.test_report_to_close import assert_problem, body, query
from tests.towns import COMMUNITY, SIDE, SOUTH, WEST, a_person, an_officer, middle, staff
from tests.who import KEYRING, open_all_round


@pytest.mark.parametrize("layer", ["divisions", "grids", "micro-grids"])
async def test_layers_are_geojson_that_gis_reads(client, layer):
    answer = await client.get(f"/api/{layer}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/geo+json"
    told = answer.json()
    assert told["type"] == "FeatureCollection"
    assert told["numberReturned"] == told["numberMatched"] == len(told["features"]) > 0
    for feature in told["features"]:
        assert feature["type"] == "Feature"
        assert shapely.geometry.shape(feature["geometry"]).is_valid
        assert "crs" not in feature


async def test_layers_are_cut_by_box_and_division(client):
    everywhere = (await client.get("/api/micro-grids")).json()["numberMatched"]
    corner = f"{WEST},{SOUTH},{WEST + SIDE / 2},{SOUTH + SIDE / 2}"
    some = (await client.get("/api/micro-grids", params={"bbox": corner})).json()
    assert 0 < some["numberMatched"] < everywhere
    none = (await client.get("/api/micro-grids", params={"division": "110000000000"})).json()
    assert none["features"] == []
    here = (await client.get("/api/micro-grids", params={"division": COMMUNITY})).json()
    assert here["numberMatched"] == everywhere


async def test_the_coverage_map_is_a_page(town, client):
    await staff(town, a_person("a", middle(0, 0), name="<script>alert(1)</script>"))
    await client.post("/api/events", json=body(description="<img src=x onerror=alert(1)>"))
    answer = await client.get("/maps/coverage")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "alert(1)</script>" not in answer.text
    assert "<img src=x" not in answer.text


async def test_that_a_map_was_drawn_is_in_the_trail(client, town):
    await client.get("/maps/coverage", params={"division": COMMUNITY})
    async with town.connect() as connection:
        row = await connection.execute(
            text("SELECT login, object_id FROM audit_entry WHERE action = 'map_drawn'")
        )
    assert tuple(row.one()) == ("all-round", COMMUNITY)


async def test_the_landing_page_stands_with_a_town_and_without(
    client, client_of, database_url, engine
):
    assert (await client.get("/")).status_code == 200
    async with transaction(engine) as session:
        await open_all_round(session)
    async with client_of(database_url) as empty:
        assert (await empty.get("/")).status_code == 200
        assert_problem(await empty.get("/maps/coverage"), 404)


class TestDocumentation:
    @pytest.fixture
    def document(self):
        return create_app(Settings(), Login("postgresql://nowhere"), KEYRING).openapi()

    def operations(self, document):
        return [
            (f"{method.upper()} {path}", operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        ]

    def test_every_route_says_what_it_does_and_answers(self, document):
        assert len(self.operations(document)) >= 12
        for name, operation in self.operations(document):
            assert operation["description"], name
            good = [told for status, told in operation["responses"].items() if status[0] == "2"]
            for media, told in good[0].get("content", {}).items():
                assert media == "text/html" or told.get("schema") or told.get("itemSchema"), name
            assert len(good) == 1, name

    def test_what_is_sent_has_examples(self, document):
        report = document["components"]["schemas"]["EventIn"]
        assert set(report["examples"][0]) >= set(report["required"])
        for name, operation in self.operations(document):
            for parameter in operation.get("parameters", []):
                if parameter["required"] and parameter["name"] in {"lon", "lat", "matter"}:
                    assert parameter["schema"].get("examples"), f"{name} {parameter['name']}"

    def test_errors_are_documented_as_problems(self, document):
        for name, operation in self.operations(document):
            for status, told in operation["responses"].items():
                if status[0] in "45":
                    assert set(told["content"]) == {"application/problem+json"}, f"{name} {status}"

    async def test_the_example_can_be_sent(self, client, document):
        report = document["components"]["schemas"]["EventIn"]["examples"][0]
        answer = await client.post("/api/events", json=report)
        # Well formed: refused only because its matter is not on this town's list.
        assert "unknown matter" in assert_problem(answer, 422)["detail"]

    async def test_it_is_served(self, client):
        assert (await client.get("/openapi.json")).status_code == 200
        assert (await client.get("/docs")).status_code == 200


class TestHealth:
    async def test_alive_and_ready(self, client):
        assert (await client.get("/health/live")).json()["status"] == "alive"
        ready = (await client.get("/health/ready")).json()
        assert ready["status"] == "ready"
        assert ready["schema_revision"]

    async def test_an_old_schema_is_not_ready(self, town, client):
        async with town.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        answer = await client.get("/health/ready")
        assert "gridsvc db upgrade" in assert_problem(answer, 503)["detail"]
        assert (await client.get("/health/live")).status_code == 200

    async def test_without_its_database_every_door_says_later(self, cluster, town_url, client):
        assert (await client.get("/health/ready")).status_code == 200
        name = town_url.split("/")[-1].split("?")[0]
        await on_server(cluster, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await on_server(
            cluster,
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )
        for answer in (
            await client.get("/health/ready"),
            await client.get("/api/grids"),
            await client.get("/api/micro-grids/at", params=query()),
            await client.post("/api/events", json=body()),
            await client.get("/"),
        ):
            assert_problem(answer, 503)
            assert int(answer.headers["retry-after"]) > 0
        assert (await client.get("/health/live")).status_code == 200
        await on_server(cluster, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        assert (await client.get("/health/ready")).status_code == 200
        assert (await client.post("/api/events", json=body())).status_code == 201

    async def test_a_connection_lost_in_the_midst_says_later_and_stores_nothing(
        self, cluster, town_url, town, client
    ):
        """The report waits for a row somebody holds; meanwhile its connection is cut."""
        await staff(town, *(a_person(f"w{n}") for n in range(9)))
        async with town.connect() as holder:
            await holder.execute(text("SELECT FROM workload FOR UPDATE"))
            waiting = asyncio.create_task(client.post("/api/events", json=body()))
            for _ in range(100):
                await asyncio.sleep(0.05)
                # Within a transaction PostgreSQL shows the activity it saw first.
                await holder.execute(text("SELECT pg_stat_clear_snapshot()"))
                cut = await holder.scalar(
                    text(
                        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
                    )
                )
                if cut:
                    break
            answer = await waiting
        assert_problem(answer, 503)
        assert (await client.get("/api/events")).json()["total"] == 0

    async def test_more_requests_than_connections_all_get_their_turn(
        self, town, town_url, client_of
    ):
        await staff(town, an_officer("o", middle(0, 0), capacity=100))
        async with client_of(town_url, pool_size=2) as client:
            answers = await asyncio.gather(
                *(client.post("/api/events", json=body(matter="E02")) for _ in range(30))
            )
        assert {answer.status_code for answer in answers} == {201}


async def test_waiting_events_are_swept_while_the_service_runs(town, town_url, client_of):
    async with client_of(town_url, sweep_s=0.05) as client:
        event = (await client.post("/api/events", json=body(matter="E02"))).json()
        await staff(town, an_officer("o", middle(0, 0)))
        for _ in range(100):
            told = (await client.get(f"/api/events/{event['id']}")).json()
            if told["handler"]:
                break
            await asyncio.sleep(0.05)
    assert told["handler"]["code"] == "o"


async def test_the_sweeper_outlives_a_lost_database(town, cluster, town_url, client_of):
    name = town_url.split("/")[-1].split("?")[0]
    async with client_of(town_url, sweep_s=0.05) as client:
        event = (await client.post("/api/events", json=body(matter="E02"))).json()
        await on_server(cluster, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await on_server(
            cluster,
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )
        await asyncio.sleep(0.3)
        await on_server(cluster, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await staff(town, an_officer("o", middle(0, 0)))
        for _ in range(100):
            told = (await client.get(f"/api/events/{event['id']}")).json()
            if told["handler"]:
                break
            await asyncio.sleep(0.05)
    assert told["handler"]["code"] == "o"
    assert await assigning.sweep(town) == 0
