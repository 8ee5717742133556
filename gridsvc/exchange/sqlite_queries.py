"""What a GeoPackage or SQLite file says of itself, read without GDAL."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

_COMPUTED = """
    SELECT type, name FROM sqlite_master
    WHERE type = 'view'
       OR sql LIKE 'create virtual table%' AND NOT (name LIKE 'rtree_%' AND sql LIKE '%rtree%')
    LIMIT 1
"""


def computed_layer(path: Path) -> str | None:
    """First view or foreign virtual table of a database, None where all tables are plain.

    Raises
    ------
    sqlite3.Error, UnicodeDecodeError
        If the file is no sound database.
    """
    # Immutable: nothing is locked or written beside it, as GDAL opens it too.
    with closing(sqlite3.connect(f"file:{quote(str(path))}?immutable=1", uri=True)) as base:
        found = base.execute(_COMPUTED).fetchone()
    return None if found is None else f"{found[0]} {found[1]}"
