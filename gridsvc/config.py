"""Settings of one running gridsvc, read from the environment with prefix ``GRIDSVC_``.

Built in ``create_app`` or the command line and passed on; nothing reads it at import.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    time_zone: str = Field("Asia/Shanghai", description="zone in which times are shown")
