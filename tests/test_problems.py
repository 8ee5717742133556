"""Every error leaves as a problem document: right status, no traceback, no secret."""

import httpx
import pytest
from asyncpg import (
    AdminShutdownError,
    CannotConnectNowError,
    DeadlockDetectedError,
    InvalidPasswordError,
    TooManyConnectionsError,
)
from asyncpg import InterfaceError as DriverError
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gridsvc import problems
from gridsvc.errors import BadInput, Conflict, GridsvcError, ImproperPlan, NotFound, Unavailable

#: What a driver may put into a message and no client may read.
PRIVATE = "postgresql://user:geheim@host"


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    x: float


def site(failure: Exception) -> FastAPI:
    app = FastAPI()
    problems.install(app)

    @app.get("/fail")
    async def fail() -> None:
        raise failure

    @app.post("/body")
    async def take(body: Body) -> Body:
        return body

    return app


async def ask(failure=None, method="GET", path="/fail", **request):
    transport = httpx.ASGITransport(site(failure), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        return await client.request(method, path, **request)


def assert_problem(answer, status):
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert {"type", "title", "detail", "instance"} <= body.keys()
    assert "Traceback" not in answer.text
    assert "geheim" not in answer.text
    return body


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (BadInput("x"), 422),
        (NotFound("x"), 404),
        (Conflict("x"), 409),
        (Unavailable("x"), 503),
        (ImproperPlan("x"), 409),
        (GridsvcError("x"), 500),
        (HTTPException(418, "teapot"), 418),
        (IntegrityError("INSERT", {}, Exception(PRIVATE)), 409),
        (OperationalError("SELECT", {}, Exception(PRIVATE)), 503),
        (PoolTimeout(PRIVATE), 503),
        (ConnectionRefusedError(111, PRIVATE), 503),
        (DBAPIError("SELECT", {}, Exception(PRIVATE), connection_invalidated=True), 503),
        (DBAPIError(None, None, Exception(PRIVATE)), 503),
        (DBAPIError("SELECT", {}, DeadlockDetectedError(PRIVATE)), 503),
        (DBAPIError("SELECT", {}, AdminShutdownError(PRIVATE)), 503),
        (CannotConnectNowError(PRIVATE), 503),
        (TooManyConnectionsError(PRIVATE), 503),
        (InvalidPasswordError(PRIVATE), 503),
        (DriverError(PRIVATE), 503),
        (DBAPIError("SELECT", {}, Exception(PRIVATE)), 500),
        (ZeroDivisionError(PRIVATE), 500),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
async def test_each_kind_of_failure_has_its_status(failure, status):
    answer = await ask(failure)
    assert_problem(answer, status)
    assert ("retry-after" in answer.headers) == (status == 503)


async def test_members_of_an_error_reach_the_client():
    body = assert_problem(await ask(BadInput("mend line 3", rows=["line 3: no"])), 422)
    assert body["detail"] == "mend line 3"
    assert body["rows"] == ["line 3: no"]
    assert body["instance"] == "/fail"


@pytest.mark.parametrize(
    "content",
    [
        b'{"x": NaN}x',
        b"\xff\xfe",
        b"",
        b"[" * 100_000,
        b'{"x": ' + b"9" * 5000 + b"}",
    ],
)
async def test_a_body_that_is_no_json_is_a_client_error(content):
    headers = {"content-type": "application/json"}
    answer = await ask(method="POST", path="/body", content=content, headers=headers)
    assert answer.status_code in {400, 422}
    assert_problem(answer, answer.status_code)


@pytest.mark.parametrize(
    "content",
    [
        b'{"x": "\\ud800"}',
        b'{"x": 1, "\\ud800": 2}',
        b'{"x": 1, "\\u0000": 2}',
        b'{"x": null}',
        b'{"x": {"x": 1}}',
        b"3",
    ],
)
async def test_odd_values_are_refused_with_where_and_why(content):
    headers = {"content-type": "application/json"}
    answer = await ask(method="POST", path="/body", content=content, headers=headers)
    body = assert_problem(answer, 422)
    assert body["errors"]
    assert all(error["where"] and error["reason"] for error in body["errors"])


async def test_a_wrong_method_names_the_right_ones():
    answer = await ask(method="DELETE")
    assert_problem(answer, 405)
    assert answer.headers["allow"] == "GET"


async def test_an_unknown_path_is_a_problem_too():
    assert_problem(await ask(path="/nowhere"), 404)
