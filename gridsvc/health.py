"""Whether the process lives, and whether it can do its work."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel

from gridsvc import migrations
from gridsvc.accounts.access import public
from gridsvc.errors import Unavailable

router = APIRouter(
    prefix="/health",
    tags=["health"],
    dependencies=[public("whoever keeps the service running has no account; it tells no data")],
)


class Health(BaseModel):
    """State of the service."""

    status: str
    schema_revision: str | None = None


@router.get("/live")
async def live() -> Health:
    """Answer as long as the process can answer at all."""
    return Health(status="alive")


@router.get("/ready")
async def ready(request: Request) -> Health:
    """Answer 200 when the database is there and its schema is the newest, else 503."""
    schema = await migrations.status(request.app.state.engine)
    if not schema.current:
        raise Unavailable(
            f"the database is at revision {schema.revision}, not {schema.newest}; "
            "run gridsvc db upgrade"
        )
    return Health(status="ready", schema_revision=schema.revision)
