"""The static code lists of geodata/codes: who may, who must, by when, and how people tell."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from gridsvc.errors import Unavailable

#: The lists lie in the source tree, beside the package, so that planners can edit them.
FOLDER = Path(__file__).resolve().parents[2] / "geodata" / "codes"


@dataclass(frozen=True)
class CodeLists:
    """Code lists as text columns, empty cells as empty text.

    powers: code, name, legal_basis, valid_from. matters: code, name, parent, kind, power_code.
    descriptions: matter_code, place, text with ``{place}`` where the place's name belongs.
    departments: code, name without that of the place, kind. The others as `gridsvc load` takes
    them.
    """

    powers: pd.DataFrame
    matters: pd.DataFrame
    descriptions: pd.DataFrame
    departments: pd.DataFrame
    limits: pd.DataFrame
    policies: pd.DataFrame
    duties: pd.DataFrame
    calendars: pd.DataFrame
    proofs: pd.DataFrame
    items: pd.DataFrame
    forms: pd.DataFrame


def read_codes(folder: Path = FOLDER) -> CodeLists:
    """Read the lists.

    Raises
    ------
    Unavailable
        If a list is missing.
    """
    frames = []
    for field in fields(CodeLists):
        path = folder / f"{field.name}.csv"
        if not path.is_file():
            raise Unavailable(
                f"the code list {path} is missing; run gridsvc from its source tree, "
                "where geodata/codes lies beside the package"
            )
        frames.append(pd.read_csv(path, dtype=str, keep_default_na=False))
    return CodeLists(*frames)
