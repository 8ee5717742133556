"""Folders for the clusters that tests start."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

#: Where Linux keeps files in memory.
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
#: What must be free there and of the machine's memory: several times what a run fills, byte.
PLENTY = 4 * 2**30


@contextmanager
def cluster_folder() -> Iterator[Path]:
    """An empty folder that PostgreSQL's user may enter, which ``tmp_path`` is not; removed after.

    In memory where there is plenty: every test that writes gets a database of its own, which is
    1,300 files to copy and remove, and takes a disk's file system three to ten times as long.
    """
    folder = Path(tempfile.mkdtemp(prefix="gridsvc-test-", dir=_in_memory()))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _in_memory() -> Path | None:
    roomy = IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > PLENTY
    return IN_MEMORY if roomy and psutil.virtual_memory().available > PLENTY else None
