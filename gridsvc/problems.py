"""How every error leaves over HTTP: one RFC 9457 problem document, never a traceback."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

from asyncpg import InterfaceError as DriverError
from asyncpg import PostgresError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from gridsvc.errors import GridsvcError, TooMany, Unauthenticated

log = logging.getLogger(__name__)

RETRY_AFTER_S = 2
PROBLEM = "application/problem+json"
_HEADERS = {
    401: {"WWW-Authenticate": "Bearer"},
    503: {"Retry-After": str(RETRY_AFTER_S)},
}
#: Classes of SQLSTATE that pass by themselves: connection, rollback (deadlock), resources,
#: intervention by the operator (restart).
_PASSING = ("08", "40", "53", "57")


class Problem(BaseModel):
    """RFC 9457 problem document; some problems have further members."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Input cannot be used"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["unknown matter 'E99'; use a code of the loaded list of matters"])
    instance: str = Field(examples=["/api/events"])


def problem(request: Request, status: int, title: str, detail: str, **members: Any) -> JSONResponse:
    """Problem document for an answer that is not what was asked for."""
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
    }
    return JSONResponse(
        body | members,
        status_code=status,
        headers=_HEADERS.get(status),
        media_type=PROBLEM,
    )


def refusal(request: Request, failure: GridsvcError) -> JSONResponse:
    """Problem document for an error of ours."""
    answer = problem(request, failure.status, failure.title, failure.detail, **failure.members)
    if isinstance(failure, TooMany):
        answer.headers["Retry-After"] = str(failure.retry_after_s)
    return answer


def install(app: FastAPI) -> None:
    """Let an application answer every error with a problem document."""
    app.add_exception_handler(GridsvcError, _on_ours)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(IntegrityError, _on_conflict)
    # SQLAlchemy lets what goes wrong while connecting through as the driver raises it.
    for lost in (
        OperationalError,
        InterfaceError,
        PoolTimeout,
        PostgresError,
        DriverError,
        OSError,
    ):
        app.add_exception_handler(lost, _on_lost_database)
    app.add_exception_handler(DBAPIError, _on_database)
    app.add_exception_handler(Exception, _on_bug)
    _document(app)


def _document(app: FastAPI) -> None:
    """Let the API's documentation say that errors are problem documents."""
    written = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is not None:
            return app.openapi_schema
        document = written()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for replaced in ("HTTPValidationError", "ValidationError"):
            schemas.pop(replaced, None)
        schemas["Problem"] = Problem.model_json_schema()
        told = {"schema": {"$ref": "#/components/schemas/Problem"}}
        for methods in document["paths"].values():
            for operation in methods.values():
                operation["responses"].pop("422", None)
                operation["responses"]["4XX"] = {
                    "description": "What was sent cannot be used, or not now; `detail` says why",
                    "content": {PROBLEM: told},
                }
                operation["responses"]["503"] = {
                    "description": "The service cannot answer now; see Retry-After",
                    "content": {PROBLEM: told},
                }
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _is_page(request: Request) -> bool:
    """Whether a browser asks for a page, rather than a program for data."""
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


async def _on_ours(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, GridsvcError)  # noqa: S101 - what the handler is installed for
    if isinstance(failure, Unauthenticated) and _is_page(request):
        goal = quote(f"{request.url.path}?{request.url.query}".rstrip("?"))
        return RedirectResponse(f"/sign-in?next={goal}", status_code=303)
    return refusal(request, failure)


async def _on_invalid(request: Request, failure: Exception) -> JSONResponse:
    assert isinstance(failure, RequestValidationError)  # noqa: S101
    # The values themselves stay out: they may be NaN, which JSON cannot say, or personal.
    errors = [
        {"where": ".".join(str(part) for part in error["loc"]), "reason": error["msg"]}
        for error in failure.errors()
    ]
    detail = "; ".join(f"{error['where']}: {error['reason']}" for error in errors[:5])
    return problem(request, 422, "Input cannot be used", detail, errors=errors)


async def _on_http(request: Request, failure: Exception) -> JSONResponse:
    assert isinstance(failure, HTTPException)  # noqa: S101
    answer = problem(request, failure.status_code, str(failure.detail), str(failure.detail))
    answer.headers.update(failure.headers or {})
    return answer


async def _on_conflict(request: Request, failure: Exception) -> JSONResponse:
    log.warning("a constraint refused a write", exc_info=failure)
    return problem(
        request,
        409,
        "Conflict with the present state",
        "the database refused this change because it contradicts what is stored; "
        "read the present state and try again",
    )


async def _on_lost_database(request: Request, failure: Exception) -> JSONResponse:
    log.error("the database is not available", exc_info=failure)
    return problem(
        request, 503, "Service not available", "the database is not available; try again shortly"
    )


async def _on_database(request: Request, failure: Exception) -> JSONResponse:
    assert isinstance(failure, DBAPIError)  # noqa: S101
    # Without a statement it happened while connecting.
    passing = str(getattr(failure.orig, "sqlstate", "")).startswith(_PASSING)
    if failure.statement is None or failure.connection_invalidated or passing:
        return await _on_lost_database(request, failure)
    return await _on_bug(request, failure)


async def _on_bug(request: Request, failure: Exception) -> JSONResponse:
    log.error("unexpected error", exc_info=failure)
    return problem(
        request,
        500,
        "Internal error",
        "something went wrong that should not; nothing was changed, and it has been logged",
    )
