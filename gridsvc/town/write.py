"""A town as the folder of files that ``gridsvc load`` reads."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio

from gridsvc.errors import BadInput
from gridsvc.exchange.layers import write_layers
from gridsvc.exchange.text import disarm
from gridsvc.town.generate import Town

#: Time stamp in the GeoPackages, so that the same town gives the same bytes.
STAMP = "2026-01-01T00:00:00.000Z"
TABLES = ("households", "services", "powers", "matters", "people", "events")


def write_town(town: Town, folder: str | Path) -> None:
    """Write a town; files of an earlier town in the folder are replaced, all at the end.

    Parameters
    ----------
    town
        From `build_town`.
    folder
        Made if missing. Gets divisions.gpkg (layer divisions), prepared.gpkg (layers boundary,
        buildings, units, barriers, special), and one CSV (UTF-8, comma) per table.

    Raises
    ------
    BadInput
        If the folder cannot be made or written.
    """
    with _drafted(Path(folder)) as draft:
        with _fixed_time():
            write_layers(draft / "divisions.gpkg", {"divisions": town.divisions})
            layers = ("boundary", "buildings", "units", "barriers", "special")
            write_layers(draft / "prepared.gpkg", {name: getattr(town, name) for name in layers})
        tables = {name: getattr(town, name) for name in TABLES} | town.lists
        for name, table in tables.items():
            _write_table(table, draft / f"{name}.csv")


def write_tables(tables: Mapping[str, pd.DataFrame], folder: str | Path) -> None:
    """Write tables as CSV files (UTF-8, comma) into a folder, all at the end.

    Raises
    ------
    BadInput
        If the folder cannot be made or written.
    """
    with _drafted(Path(folder)) as draft:
        for name, table in tables.items():
            _write_table(table, draft / f"{name}.csv")


@contextmanager
def _drafted(folder: Path) -> Iterator[Path]:
    """Lend a folder whose files move into the real one when the block succeeds."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".town-", dir=folder) as draft:
            yield Path(draft)
            for file in sorted(Path(draft).iterdir()):
                file.replace(folder / file.name)
    except OSError as failure:
        raise BadInput(
            f"the town cannot be written to {folder}: {failure.strerror or failure}; "
            "choose another folder"
        ) from failure


def _write_table(table: pd.DataFrame, path: Path) -> None:
    truth = table.select_dtypes("bool").columns
    # "true" and "false" are what other programs write and read.
    shown = table.assign(
        **{name: table[name].map({True: "true", False: "false"}) for name in truth}
    )
    texts = [name for name in shown if pd.api.types.is_string_dtype(shown[name])]
    shown = shown.assign(**{name: shown[name].map(_disarmed) for name in texts})
    shown.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def _disarmed(cell: Any) -> Any:
    return disarm(cell) if isinstance(cell, str) else cell


@contextmanager
def _fixed_time() -> Iterator[None]:
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STAMP})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
