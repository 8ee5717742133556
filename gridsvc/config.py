"""Settings of one running gridsvc, read from the environment with prefix ``GRIDSVC_``.

Built in ``create_app`` or the command line and passed on; nothing reads it at import.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as failure:
        raise ValueError("unknown time zone, write it as Asia/Shanghai") from failure
    return name


class Settings(BaseSettings):
    """What an installation may set; every field is an environment variable."""

    model_config = SettingsConfigDict(env_prefix="GRIDSVC_", frozen=True)

    database_url: str | None = Field(
        None, description="PostgreSQL URL with PostGIS; none = a private cluster in data_dir"
    )
    data_dir: Path = Field(
        Path("/var/lib/gridsvc"), description="where the private cluster keeps its data"
    )
    host: str = Field("127.0.0.1", description="address the service listens on")
    port: int = Field(8000, ge=1, le=65535, description="port the service listens on")
    pool_size: int = Field(8, ge=1, le=100, description="database connections kept open")
    sweep_s: float = Field(5.0, gt=0, description="seconds between looks at waiting events")
    max_in_flight: int = Field(64, ge=1, description="requests worked on at a time")
    max_body_bytes: int = Field(2_000_000, ge=1, description="bytes the body of a request may have")
    max_body_s: float = Field(15.0, gt=0, description="seconds the body of a request may take")
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        "Asia/Shanghai", description="zone in which times are shown"
    )
