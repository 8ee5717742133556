"""Settings of one running gridsvc, read from the environment with prefix ``GRIDSVC_``.

Built in ``create_app`` or the command line and passed on; nothing reads it at import.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as failure:
        raise ValueError("unknown time zone, write it as Asia/Shanghai") from failure
    return name


#: What separates directives of a content policy, or ends a host in one, is in no host.
_TILE_ADDRESS = re.compile(r"https?://[0-9A-Za-z.-]+(:[0-9]{1,5})?/[!-~]*")


def _tile_address(address: str | None) -> str | None:
    if address is not None and not (
        _TILE_ADDRESS.fullmatch(address) and all(part in address for part in ("{z}", "{x}", "{y}"))
    ):
        raise ValueError("give http(s)://host/… with {z}, {x} and {y}")
    return address


class FileLimits(BaseModel):
    """How much one file that is read may ask for; `Settings` says what each field means."""

    model_config = ConfigDict(frozen=True)

    file_bytes: int = Field(4 * 2**30, ge=1)
    table_bytes: int = Field(200 * 2**20, ge=1)
    unpacked_ratio: int = Field(200, ge=1)
    rows: int = Field(5_000_000, ge=1)
    vertices: int = Field(100_000_000, ge=1)
    seconds: float = Field(900.0, gt=0)
    memory_bytes: int = Field(8 * 2**30, ge=64 * 2**20)


#: For files that somebody reads without an installation's settings.
USUAL = FileLimits()


class Settings(BaseSettings):
    """What an installation may set; every field is an environment variable."""

    model_config = SettingsConfigDict(env_prefix="GRIDSVC_", frozen=True)

    database_url: str | None = Field(
        None, description="PostgreSQL URL with PostGIS; none = a private cluster in data_dir"
    )
    data_dir: Path = Field(
        Path("/var/lib/gridsvc"), description="where the private cluster keeps its data"
    )
    basemap: Path | None = Field(
        None, description="PMTiles file that maps read their background from"
    )
    tianditu_key: str | None = Field(
        None, pattern="^[0-9A-Za-z]{1,64}$", description="key of Tianditu's tiles below maps"
    )
    imagery_url: Annotated[str | None, AfterValidator(_tile_address)] = Field(
        None,
        description="orthophoto of the own network below the planner's map: address of its tiles "
        "(WMTS or XYZ) with {z}, {x} and {y}",
    )
    imagery_grid: Literal["mercator", "geographic"] = Field(
        "mercator",
        description="how the orthophoto's tiles divide the earth: Web Mercator (EPSG:3857), or "
        "degrees (EPSG:4490 or 4326), two tiles wide at level 1",
    )
    host: str = Field("127.0.0.1", description="address the service listens on")
    port: int = Field(8000, ge=1, le=65535, description="port the service listens on")
    pool_size: int = Field(8, ge=1, le=100, description="database connections kept open")
    sweep_s: float = Field(5.0, gt=0, description="seconds between looks at waiting events")
    whistle_h: float = Field(
        24.0, gt=0, le=8784, description="hours to answer a whistle call without a limit of its own"
    )
    live_s: float = Field(0.5, gt=0, description="seconds between looks for what to tell live")
    live_streams: int = Field(1000, ge=1, description="live streams that may be open")
    notices_s: float = Field(1.0, gt=0, description="seconds between looks for notices to send")
    notices_per_hour: int = Field(60, ge=1, description="notices one channel gets in an hour")
    phone_gateway: str | None = Field(
        None,
        description="jsons:// address that takes messages to phones, each with the number in the "
        "field phone; none = phones are told nothing",
    )
    keep_notices_days: int = Field(90, ge=1, description="days a notice is kept")
    max_in_flight: int = Field(64, ge=1, description="requests worked on at a time")
    max_body_bytes: int = Field(
        262_144, ge=1, description="bytes the body of a request may have, but for photos and files"
    )
    max_body_s: float = Field(15.0, gt=0, description="seconds the body of a request may take")
    max_file_bytes: int = Field(
        USUAL.file_bytes, ge=1, description="bytes a file read may have, packed or unpacked"
    )
    max_table_bytes: int = Field(
        USUAL.table_bytes, ge=1, description="the same of a CSV or XLSX file"
    )
    max_file_ratio: int = Field(
        USUAL.unpacked_ratio, ge=1, description="times an archive may grow when unpacked"
    )
    max_file_rows: int = Field(USUAL.rows, ge=1, description="rows of a layer or table")
    max_file_vertices: int = Field(USUAL.vertices, ge=1, description="vertices of a layer")
    max_file_s: float = Field(USUAL.seconds, gt=0, description="seconds reading a file may take")
    max_file_memory_bytes: int = Field(
        USUAL.memory_bytes, ge=64 * 2**20, description="memory reading a file may take"
    )
    demonstration: bool = Field(False, description="let the demonstration's accounts sign in")
    key_file: Path | None = Field(
        None, description="keys that seal personal data; none = keys.json in data_dir"
    )
    service_database_url: str | None = Field(
        None,
        description="login of the service where database_url is its owner's; none = the owner's "
        "login, working in the role gridsvc_service",
    )
    public_url: str | None = Field(
        None,
        pattern=r"^https?://[^/?#]+$",
        description="address people use, such as https://grid.example.cn, behind a TLS proxy",
    )
    second_factor: Literal["required", "optional"] = Field(
        "required", description="whether staff must have a second factor"
    )
    session_idle_s: int = Field(
        1800, ge=1, description="seconds after which an idle browser is signed out"
    )
    session_most_s: int = Field(43200, ge=60, description="seconds a browser stays signed in")
    token_s: int = Field(900, ge=10, le=86400, description="seconds a token lives")
    lock_after: int = Field(5, ge=1, description="wrong tries after which an account is locked")
    lock_s: int = Field(900, ge=1, description="seconds an account stays locked")
    requests_per_minute: int = Field(1200, ge=1, description="of one account or API key")
    sign_ins_per_minute: int = Field(20, ge=1, description="tries from one network address")
    public_per_minute: int = Field(120, ge=1, description="public requests from one address")
    reports_per_hour: int = Field(
        120, ge=1, description="reports and photos without an account from one address"
    )
    openid_issuer: str | None = Field(
        None, pattern=r"^https?://[^?#]+[^/?#]$", description="OpenID provider people sign in by"
    )
    openid_client_id: str | None = Field(None, description="how the provider knows this service")
    openid_client_secret: str | None = Field(None, description="its secret there")
    openid_login_claim: str = Field(
        "preferred_username", description="claim that is the login of an account"
    )
    outbound_networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        (), description="private networks the service may ask by itself, as JSON: a list"
    )
    max_photo_bytes: int = Field(
        12_000_000, ge=1, description="bytes a photo, or a file sent to a draft, may have"
    )
    max_photo_pixels: int = Field(50_000_000, ge=1, description="pixels a photo may have")
    metrics_token: str | None = Field(
        None, min_length=20, description="what Prometheus sends; none = only from this machine"
    )
    keep_positions_days: int = Field(30, ge=1, description="days a position is kept")
    most_speed_mps: float = Field(
        60.0, gt=0, description="metres per second beyond which a position is a jump of the phone"
    )
    most_inaccuracy_m: float = Field(
        200.0, gt=0, description="metres of inaccuracy beyond which a position is not used"
    )
    positions_within: tuple[float, float, float, float] = Field(
        (73.0, 3.0, 136.0, 54.0),
        description="west, south, east, north (degrees) of where people can be, as JSON: a list",
    )
    track_gap_s: float = Field(
        600.0, gt=0, description="seconds between positions of which nothing is known"
    )
    keep_media_days: int = Field(365, ge=1, description="days photos are kept after the case")
    keep_cases_days: int = Field(1095, ge=1, description="days until a closed case is anonymised")
    browser: str | None = Field(
        None, description="Chromium that draws briefings; none = found by its name, - = never"
    )
    keep_briefings_h: float = Field(
        72.0, gt=0, le=8784, description="hours a briefing that was ordered can be fetched"
    )
    map_approval: str | None = Field(
        None, max_length=60, description="approval number (审图号) printed on briefings"
    )
    jobs: bool = Field(True, description="whether this process works on the job queue")
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        "Asia/Shanghai", description="zone in which times are shown"
    )

    @property
    def file_limits(self) -> FileLimits:
        """How much one file that is read may ask for."""
        return FileLimits(
            file_bytes=self.max_file_bytes,
            table_bytes=self.max_table_bytes,
            unpacked_ratio=self.max_file_ratio,
            rows=self.max_file_rows,
            vertices=self.max_file_vertices,
            seconds=self.max_file_s,
            memory_bytes=self.max_file_memory_bytes,
        )

    @property
    def imagery_origin(self) -> str:
        """The one place beside this service that a page with the orthophoto may ask."""
        parts = urlsplit(self.imagery_url or "")
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

    @property
    def keys_at(self) -> Path:
        """Where the key file is."""
        return self.key_file or self.data_dir / "keys.json"

    @property
    def encrypted(self) -> bool:
        """Whether people reach the service by TLS, so that cookies may insist on it."""
        return (self.public_url or "").startswith("https://")
