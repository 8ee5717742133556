"""What places measure and ask, from CSV and XLSX: indicators, surveys, rules for stars."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.appraisal import rating, service, surveying
from gridsvc.appraisal.schemas import Code, IndicatorIn
from gridsvc.appraisal.star_schemas import CriterionIn, StarRuleIn
from gridsvc.appraisal.survey_schemas import SchemeIn
from gridsvc.config import FileLimits
from gridsvc.errors import BadInput
from gridsvc.exchange.tables import Kind, Name, read_lines, refuse


def _listed(value: object) -> object:
    return value.split() if isinstance(value, str) else value or []


Terms = Annotated[list[str], BeforeValidator(_listed)]


class IndicatorRow(BaseModel):
    """An indicator; terms of its formula are separated by blanks."""

    code: Code
    name: Name
    numerator: Terms
    denominator: Terms = []
    share: bool = True
    higher_is_better: bool = True
    per: Literal["day", "week", "month", "quarter", "year"] = "month"
    source: Name
    responsible_role: str
    target: float | None = None


class SurveyRow(BaseModel):
    """One question of a survey, with the dimension and the survey it belongs to."""

    scheme: Code
    scheme_name: Name
    dimension: Code
    dimension_name: Name
    dimension_weight: float
    indicator: Code
    indicator_name: Name
    weight: float
    question: Annotated[str, Field(min_length=1, max_length=300)]


class StarRow(BaseModel):
    """One criterion of a rule for stars; thresholds are separated by blanks."""

    rule: Code
    rule_name: Name
    thresholds: Annotated[list[float], BeforeValidator(_listed)]
    least_cases: int
    most_with_sham: int
    measure: str
    bad: float
    good: float
    weight: float


KINDS: dict[str, Kind] = {
    "stars": (StarRow, frozenset({"rule", "thresholds", "measure"})),
    "indicators": (IndicatorRow, frozenset({"numerator", "denominator"})),
    "surveys": (SurveyRow, frozenset({"scheme", "dimension", "weight"})),
}


async def load(
    session: AsyncSession, kind: str, path: Path, limits: FileLimits, division: str
) -> int:
    """Load what a file lays down for a division and all in it; how much it was.

    Raises
    ------
    BadInput
        If a row cannot be used, or does not fit the others; each with its line or name.
    """
    rows = read_lines(path, KINDS[kind][0], limits)
    return await _LOADERS[kind](session, path, rows, division)


async def _indicators(
    session: AsyncSession, path: Path, rows: Mapping[int, BaseModel], division: str
) -> int:
    bad: list[str] = []
    for line, row in rows.items():
        told = row.model_dump()
        code = told.pop("code")
        try:
            new = IndicatorIn(division=division, **told)
            await service.lay_down(session, code, new)
        except (ValidationError, BadInput) as failure:
            bad.append(f"line {line}: {_reason(failure)}")
    if bad:
        refuse(path.name, bad)
    return len(rows)


async def _surveys(
    session: AsyncSession, path: Path, rows: Mapping[int, BaseModel], division: str
) -> int:
    schemes: dict[str, dict[str, Any]] = {}
    for row in rows.values():
        told = row.model_dump()
        scheme = schemes.setdefault(
            told["scheme"],
            {"code": told["scheme"], "name": told["scheme_name"], "dimensions": {}},
        )
        side = scheme["dimensions"].setdefault(
            told["dimension"],
            {
                "code": told["dimension"],
                "name": told["dimension_name"],
                "weight": told["dimension_weight"],
                "indicators": [],
            },
        )
        question = {name: told[name] for name in ("weight", "question")}
        named = {"code": told["indicator"], "name": told["indicator_name"]}
        side["indicators"].append(named | question)
    bad: list[str] = []
    for code, scheme in schemes.items():
        sides = list(scheme["dimensions"].values())
        try:
            new = SchemeIn.model_validate(scheme | {"division": division, "dimensions": sides})
            await surveying.write_down(session, new)
        except ValidationError as failure:
            bad.append(f"{code}: {_reason(failure)}")
    if bad:
        refuse(path.name, bad)
    return len(schemes)


async def _stars(
    session: AsyncSession, path: Path, rows: Mapping[int, BaseModel], division: str
) -> int:
    rules: dict[str, dict[str, Any]] = {}
    for row in rows.values():
        told = row.model_dump()
        bounds = {name: told[name] for name in ("thresholds", "least_cases", "most_with_sham")}
        named = {"division": division, "code": told["rule"], "name": told["rule_name"]}
        rule = rules.setdefault(told["rule"], named | bounds | {"criteria": []})
        rule["criteria"].append({name: told[name] for name in CriterionIn.model_fields})
    bad: list[str] = []
    for code, rule in rules.items():
        try:
            await rating.write_down(session, StarRuleIn.model_validate(rule))
        except ValidationError as failure:
            bad.append(f"{code}: {_reason(failure)}")
    if bad:
        refuse(path.name, bad)
    return len(rules)


def _reason(failure: ValidationError | BadInput) -> str:
    if isinstance(failure, BadInput):
        return failure.detail
    return "; ".join(error["msg"] for error in failure.errors())


_Loader = Callable[[AsyncSession, Path, Mapping[int, BaseModel], str], Coroutine[Any, Any, int]]
_LOADERS: dict[str, _Loader] = {
    "indicators": _indicators,
    "surveys": _surveys,
    "stars": _stars,
}
