"""Finds PostgreSQL and PostGIS as the operating system's packages installed them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gridsvc.errors import Unavailable

MINIMUM_POSTGRESQL = 15
MINIMUM_POSTGIS = (3, 3)
#: Where Debian installs: one folder per major version.
DEBIAN_ROOT = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Binaries:
    """One installed PostgreSQL.

    Attributes
    ----------
    folder
        Holds ``initdb``, ``pg_ctl`` and ``postgres``.
    postgresql
        Major version.
    postgis
        Major and minor version of the PostGIS installed for it; ``None`` without PostGIS.
    """

    folder: Path
    postgresql: int
    postgis: tuple[int, int] | None

    @property
    def package(self) -> str:
        """Debian package that brings PostGIS for this PostgreSQL."""
        return postgis_package(self.postgresql)


def postgis_package(postgresql: int) -> str:
    """Debian package that brings PostGIS, and PostgreSQL with it."""
    return f"postgresql-{postgresql}-postgis-3"


def find_binaries(major: int | None = None, folders: Iterable[Path] | None = None) -> Binaries:
    """Find the newest PostgreSQL that carries a PostGIS we can use.

    Parameters
    ----------
    major
        Only this major version, because a data directory was made by it.
    folders
        Folders to look in; those of Debian's packages and of ``PATH`` by default.

    Raises
    ------
    Unavailable
        If nothing fits; the line names the package to install.
    """
    searched = _usual_folders() if folders is None else folders
    found = sorted(filter(None, map(_inspect, searched)), key=lambda each: -each.postgresql)
    if major is not None:
        found = [each for each in found if each.postgresql == major]
    for each in found:
        if each.postgis is not None and _suits(each):
            return each
    raise Unavailable(_shortcoming(found, major))


def _suits(found: Binaries) -> bool:
    return (
        found.postgresql >= MINIMUM_POSTGRESQL
        and found.postgis is not None
        and found.postgis >= MINIMUM_POSTGIS
    )


def _shortcoming(found: list[Binaries], major: int | None) -> str:
    """One line on why none of the installed versions will do."""
    least = ".".join(map(str, MINIMUM_POSTGIS))
    remedy = f"install it with: apt-get install {postgis_package(major or MINIMUM_POSTGRESQL)}"
    if not found:
        wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {MINIMUM_POSTGRESQL} or newer"
        return f"{wanted} with PostGIS is not installed; {remedy}"
    newest = found[0]
    if newest.postgresql < MINIMUM_POSTGRESQL:
        return (
            f"PostgreSQL {newest.postgresql} is too old, {MINIMUM_POSTGRESQL} or newer is "
            f"needed; {remedy}"
        )
    if newest.postgis is None:
        return (
            f"PostgreSQL {newest.postgresql} has no PostGIS; install it with: "
            f"apt-get install {newest.package}"
        )
    return (
        f"PostGIS {'.'.join(map(str, newest.postgis))} is too old, {least} or newer is needed; "
        f"upgrade it with: apt-get install {newest.package}"
    )


def _usual_folders() -> list[Path]:
    """Folders in which packages put PostgreSQL's server binaries."""
    folders = sorted(DEBIAN_ROOT.glob("*/bin"))
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    return list(dict.fromkeys(folders))


def _inspect(folder: Path) -> Binaries | None:
    """Versions of the PostgreSQL in a folder, or none where it is not complete."""
    needed = ("postgres", "initdb", "pg_ctl", "pg_config")
    if not all((folder / name).is_file() for name in needed):
        return None
    version = re.search(r"\) (\d+)", _output(folder / "postgres", "--version"))
    if version is None:
        return None
    share = Path(_output(folder / "pg_config", "--sharedir").strip())
    return Binaries(folder, int(version[1]), _postgis_version(share))


def _postgis_version(share: Path) -> tuple[int, int] | None:
    """Version that the extension's control file announces."""
    try:
        control = (share / "extension" / "postgis.control").read_text("utf-8")
    except OSError:
        return None
    version = re.search(r"^default_version\s*=\s*'(\d+)\.(\d+)", control, re.MULTILINE)
    return (int(version[1]), int(version[2])) if version else None


def _output(*command: Path | str) -> str:
    """Whatever a command prints; nothing where it cannot run."""
    try:
        done = subprocess.run(  # noqa: S603 - PostgreSQL's own binaries, no shell
            [str(part) for part in command],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
    except OSError:
        return ""
    return done.stdout
