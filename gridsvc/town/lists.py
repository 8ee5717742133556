"""A town's lists: units and delegated powers of its own, and the hand-written rest."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from gridsvc.codes import DIGITS
from gridsvc.town.codes import CodeLists

#: Since when the town's units exist.
FOUNDED = "2020-01-01"
#: Department that gives powers away, by the letters of their codes.
GIVER = {"CG": "CGJ", "YL": "ZJJ", "JS": "ZJJ", "HB": "HBJ", "YJ": "YJJ", "NS": "NYJ"}
#: Powers over fields and village roads, which only towns have.
OF_TOWNS = "NS"
#: A power that was given for a time only; what was given to streets is over.
ON_TRIAL, TRIAL_ENDED = "YJ06", "2026-06-30"
_BASIS = "省人民政府关于赋予街道（乡镇）部分县级行政执法权的决定（示例表述）"


def lists_of(codes: CodeLists, divisions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tables of lists by the name of their file; columns as in geodata/README.md.

    Parameters
    ----------
    divisions
        code (12 digits), name and level, of one county or several in one city.
    """
    return {
        "units": _units(codes, divisions),
        "delegations": _delegations(codes, divisions),
        "limits": codes.limits,
        "policies": codes.policies,
        "duties": codes.duties,
        "calendars": codes.calendars,
        "proofs": codes.proofs,
        "items": codes.items,
        "forms": codes.forms,
    }


def _seat(divisions: pd.DataFrame) -> pd.Series:
    """The division whose departments the town has: its county, the city of several."""
    counties = divisions[divisions["level"] == "county"]
    if len(counties) == 1:
        return counties.iloc[0]
    return divisions[divisions["level"] == "city"].iloc[0]


def _streets(divisions: pd.DataFrame) -> Iterator[tuple[str, str, bool]]:
    """Code, name and whether it is a town, of every street and town, by code."""
    for row in divisions[divisions["level"] == "street"].sort_values("code").itertuples():
        yield str(row.code), str(row.name), str(row.name).endswith("镇")


def _units(codes: CodeLists, divisions: pd.DataFrame) -> pd.DataFrame:
    seat = _seat(divisions)
    departments = codes.departments
    rows = [
        (one.code, f"{seat['name']}{one.name}", one.kind, seat["level"], "", seat["code"])
        for one in departments.itertuples(index=False)
    ]
    for code, name, is_town in _streets(divisions):
        digits = code[: DIGITS["street"]]
        office = f"JB{digits}"
        rows += [
            (office, name + ("人民政府" if is_town else "办事处"), "street", "street", "", code),
            (f"WG{digits}", f"{name}网格化服务中心", "centre", "street", office, code),
            (f"ZF{digits}", f"{name}综合行政执法队", "team", "street", office, code),
        ]
    columns = ["code", "name", "kind", "level", "parent", "division_code"]
    return pd.DataFrame(rows, columns=columns).assign(valid_from=FOUNDED)


def _delegations(codes: CodeLists, divisions: pd.DataFrame) -> pd.DataFrame:
    seat = _seat(divisions)
    names = dict(zip(codes.departments["code"], codes.departments["name"], strict=True))
    rows = [
        (
            power.code,
            code,
            f"{seat['name']}{names[GIVER[power.code[:2]]]}",
            _BASIS,
            power.valid_from,
            TRIAL_ENDED if power.code == ON_TRIAL and not is_town else "",
        )
        for code, _, is_town in _streets(divisions)
        for power in codes.powers.itertuples(index=False)
        if is_town or not power.code.startswith(OF_TOWNS)
    ]
    columns = ["power_code", "division_code", "from_unit", "legal_basis", "valid_from", "valid_to"]
    return pd.DataFrame(rows, columns=columns)
