"""The backup file: written so that it never looks complete too early, read with suspicion."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt

from gridsvc.errors import BadInput
from gridsvc.progress import Progress, silent

MANIFEST = "manifest.json"
DATABASE = "database.dump"

_CHUNK_BYTES = 2**20
_LONGEST_MANIFEST_BYTES = 2**24
#: What reading an archive that is none, or no longer one, may raise.
_DAMAGE = (zipfile.BadZipFile, EOFError, KeyError, NotImplementedError, RuntimeError, ValueError)


class Part(BaseModel):
    """One member of the archive: how long it is and what it must hash to."""

    model_config = ConfigDict(frozen=True)

    size_bytes: NonNegativeInt
    sha256: str


class Manifest(BaseModel):
    """What a backup holds; its presence is what makes a backup complete.

    Attributes
    ----------
    gridsvc
        Version that made the backup.
    revision
        Schema revision of the database.
    postgresql
        Major version of the server.
    rows
        Rows of every table, counted in the snapshot that was dumped; ``schema.table``.
    digests
        Digest of the rows of every table in that snapshot; empty in older backups.
    parts
        Every other member of the archive.
    """

    model_config = ConfigDict(frozen=True)

    format: Literal["gridsvc-backup-1"] = Field("gridsvc-backup-1")
    gridsvc: str
    revision: str
    postgresql: int
    created_at: AwareDatetime
    rows: dict[str, NonNegativeInt]
    digests: dict[str, str] = Field(default_factory=dict)
    parts: dict[str, Part]


class Draft:
    """A backup being written: parts first, then the manifest; made by `new_backup`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._parts: dict[str, Part] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[Callable[[bytes], None]]:
        """Lend a function that writes the next bytes of a part of unknown length."""
        digest, size_bytes = hashlib.sha256(), 0
        with self._archive.open(name, "w", force_zip64=True) as member:

            def write(chunk: bytes) -> None:
                nonlocal size_bytes
                member.write(chunk)
                digest.update(chunk)
                size_bytes += len(chunk)

            yield write
        self._parts[name] = Part(size_bytes=size_bytes, sha256=digest.hexdigest())

    def seal(self, **facts: Any) -> Manifest:
        """Write the manifest, which makes the backup complete."""
        manifest = Manifest(parts=self._parts, **facts)
        self._archive.writestr(MANIFEST, manifest.model_dump_json(indent=2))
        return manifest


def check_new(path: Path) -> None:
    """Make sure that a backup may be written here.

    Raises
    ------
    BadInput
        If the folder is missing or read-only, or the file exists: an old backup is never
        replaced, since it may be the last good one.
    """
    if path.exists():
        raise BadInput(f"{path} exists already; a backup replaces nothing, choose another name")
    if not path.parent.is_dir():
        raise BadInput(f"the folder {path.parent} of the backup does not exist; create it first")
    if not os.access(path.parent, os.W_OK):
        raise BadInput(f"the folder {path.parent} of the backup cannot be written; choose another")


@contextmanager
def new_backup(path: Path) -> Iterator[Draft]:
    """Lend a draft that gets its name when the block succeeds, safe on disk by then.

    The draft ends in ``.part`` and only its owner may read it: it holds personal data. A
    process that is killed leaves it behind, without a manifest.

    Raises
    ------
    BadInput
        As `check_new`, or if the disk is full.
    """
    check_new(path)
    part: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", suffix=".part", dir=path.parent)
        part = Path(name)
        with os.fdopen(handle, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                yield Draft(archive)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
        _sync(path.parent)
    except OSError as failure:
        raise BadInput(
            f"cannot write {path} ({failure.strerror}); free some space or choose another folder"
        ) from failure
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def check(path: Path, progress: Progress = silent) -> Manifest:
    """Read every byte of a backup and compare it with the manifest.

    Raises
    ------
    BadInput
        If there is no such file, it is no backup, or it is not as it was written.
    """
    if not path.is_file():
        raise BadInput(f"there is no file {path}; check the path")
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(archive)
            _compare(archive, manifest, progress)
    except OSError as failure:
        raise BadInput(f"cannot read {path} ({failure.strerror}); mend that first") from failure
    except _DAMAGE as failure:
        raise BadInput(
            f"{path} is no complete gridsvc backup; it is damaged, cut short or something else, "
            "take another one"
        ) from failure
    return manifest


def chunks(path: Path, name: str) -> Iterator[bytes]:
    """Bytes of one part of a checked backup, a piece at a time.

    Raises
    ------
    BadInput
        If the file was changed since it was checked.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open(name) as member:
            while chunk := member.read(_CHUNK_BYTES):
                yield chunk
    except (OSError, *_DAMAGE) as failure:
        raise BadInput(f"{path} changed while it was read; nothing was restored") from failure


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    if archive.getinfo(MANIFEST).file_size > _LONGEST_MANIFEST_BYTES:
        raise ValueError("a manifest of this length is none")
    return Manifest.model_validate_json(archive.read(MANIFEST))


def _compare(archive: zipfile.ZipFile, manifest: Manifest, progress: Progress) -> None:
    """Raise ValueError where the members are not the parts that were written."""
    names = sorted(member.filename for member in archive.infolist())
    # A part that is compressed could unpack to far more than the disk holds.
    packed = any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist())
    if names != sorted([*manifest.parts, MANIFEST]) or DATABASE not in names or packed:
        raise ValueError("the members are not those of the manifest")
    total = sum(part.size_bytes for part in manifest.parts.values()) or 1
    seen = 0
    for name, part in manifest.parts.items():
        digest, before = hashlib.sha256(), seen
        with archive.open(name) as member:
            while chunk := member.read(_CHUNK_BYTES):
                digest.update(chunk)
                seen += len(chunk)
                progress("check", min(seen / total, 1.0))
        if (seen - before, digest.hexdigest()) != (part.size_bytes, part.sha256):
            raise ValueError(f"{name} is not what was written")


def _sync(folder: Path) -> None:
    """Make the rename survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
