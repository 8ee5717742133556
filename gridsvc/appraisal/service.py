"""What the office does with indicators, counters and figures that places declare."""

from __future__ import annotations

from datetime import date

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import client_keys
from gridsvc.accounts.identity import Identity
from gridsvc.appraisal import counting_queries, declaring, queries
from gridsvc.appraisal.counters import Formula, Place, Value, check_terms, places, value_of
from gridsvc.appraisal.declaring import Quoted, Told
from gridsvc.appraisal.schemas import (
    CheckedRate,
    CountersOut,
    CountsOut,
    DeclarationIn,
    DeclarationOut,
    Group,
    IndicatorIn,
    IndicatorOut,
    SummaryLine,
    ValueOut,
    ValuesOut,
)
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.codes import DIGITS, WHOLE, ancestors, checked, code_range, level_of, range_within
from gridsvc.errors import BadInput, Conflict, NotFound
from gridsvc.grids.own_areas import check_own_area

_LEVELS = list(DIGITS)


async def put_indicator(
    session: AsyncSession, code: str, new: IndicatorIn, caller: Identity
) -> IndicatorOut:
    """Lay down an indicator for a division and all in it, or lay it down anew.

    Raises
    ------
    BadInput
        If a term names no counter, or there is no such division.
    Forbidden
        If the division lies outside the caller's areas.
    """
    await check_own_area(session, new.division, caller, or_whole=True)
    return await lay_down(session, code, new)


async def lay_down(session: AsyncSession, code: str, new: IndicatorIn) -> IndicatorOut:
    """As `put_indicator`, for whoever answers for everything.

    Raises
    ------
    BadInput
        If a term names no counter.
    """
    check_terms((*new.numerator, *new.denominator))
    before = await queries.indicator_of(session, new.division, code)
    row = new.model_dump(mode="json") | {"code": code}
    await queries.put_indicator(session, row)
    formula = ("numerator", "denominator", "share", "target")
    await audit.record(
        session,
        Action.INDICATOR_CHANGED,
        "indicator",
        code,
        division_code=new.division,
        before={name: before[name] for name in formula} if before else None,
        after={name: row[name] for name in formula},
    )
    after = await queries.indicator_of(session, new.division, code)
    return IndicatorOut(**after)  # type: ignore[arg-type] # was put a moment ago


async def remove_indicator(
    session: AsyncSession, code: str, division: str, caller: Identity
) -> None:
    """Take away an indicator; one of a division above holds again.

    Raises
    ------
    NotFound
        If none was laid down for this division.
    """
    await check_own_area(session, division, caller, or_whole=True)
    if await queries.indicator_of(session, division, code) is None:
        raise NotFound(f"no indicator {code} was laid down for {division}")
    await queries.remove_indicator(session, division, code)
    await audit.record(session, Action.INDICATOR_CHANGED, "indicator", code, division_code=division)


def holding(division: str | None) -> list[str]:
    """Divisions whose rules hold for a division: itself, those above, and the whole."""
    if division is None:
        return [WHOLE]
    return [WHOLE, *ancestors(checked(division)), division]


async def indicators(session: AsyncSession, division: str | None) -> list[IndicatorOut]:
    """Indicators that hold for a division: its own, and those of the divisions above."""
    rows = await queries.indicators(session, holding(division))
    return [IndicatorOut(**row) for row in rows]


async def counters(
    session: AsyncSession, *, division: str | None, since: date, until: date, by: Group
) -> CountersOut:
    """Every counter of every stage, over days of a division.

    Raises
    ------
    BadInput
        If the window ends before it begins.
    """
    rows = await _read(session, division=division, since=since, until=until, by=by)
    mark = await counting_queries.mark(session)
    return CountersOut(
        division=division,
        since=since,
        until=until,
        by=by,
        counted_at=mark and mark["counted_at"],
        rows=[
            CountsOut(key=key, stage=stage, counts=dict(counts))
            for key, stages in rows.items()
            for stage, counts in stages.items()
        ],
    )


async def _read(
    session: AsyncSession, *, division: str | None, since: date, until: date, by: Group
) -> dict[str, dict[str, dict[str, float]]]:
    if until <= since:
        raise BadInput("the window ends before it begins; give since before until")
    whole = division or WHOLE
    low, high = code_range(checked(whole))
    found: dict[str, dict[str, dict[str, float]]] = {}
    rows = await counting_queries.read(
        session, by, low=low, high=high, since=since, until=until, digits=digits_below(whole)
    )
    for row in rows:
        counts = {name: row[name] for name in row if name not in {"key", "stage"}}
        found.setdefault(row["key"], {})[row["stage"]] = counts
    return found


def digits_below(division: str) -> int:
    """Significant digits of the divisions right below one."""
    level = level_of(division)
    below = 0 if level == "country" else min(_LEVELS.index(level) + 1, len(_LEVELS) - 1)
    return DIGITS[_LEVELS[below]]


async def values(
    session: AsyncSession,
    code: str,
    *,
    division: str | None,
    since: date,
    until: date,
    by: Group,
) -> ValuesOut:
    """An indicator over days of a division, as a whole or for each of a group.

    Raises
    ------
    NotFound
        If no indicator of this code holds for the division.
    Conflict
        If the formula gives a share that cannot be.
    """
    found = await queries.indicators(session, holding(division), code)
    if not found:
        raise NotFound(f"no indicator {code!r} holds here; lay it down, or ask for those there are")
    indicator = IndicatorOut(**found[0])
    told = await _read(session, division=division, since=since, until=until, by=by)
    formula = Formula(indicator.numerator, indicator.denominator, indicator.share)
    found_values = [value_of(formula, counts) for counts in told.values()]
    league = places(found_values, higher_is_better=indicator.higher_is_better)
    names = await queries.names_of(session, by, told)
    mark = await counting_queries.mark(session)
    return ValuesOut(
        indicator=indicator,
        division=division,
        since=since,
        until=until,
        by=by,
        counted_at=mark and mark["counted_at"],
        values=[
            _shown(key, names.get(key, ""), value, place, indicator)
            for key, value, place in zip(told, found_values, league, strict=True)
        ],
    )


async def summary(
    session: AsyncSession, *, division: str | None, since: date, until: date
) -> list[SummaryLine]:
    """Every indicator that holds for a division, over days of it as a whole.

    One whose share cannot be comes without a value and with the reason.
    """
    rows = await queries.indicators(session, holding(division))
    told = await _read(session, division=division, since=since, until=until, by="none")
    counts = next(iter(told.values()), {})
    lines = []
    for indicator in (IndicatorOut(**row) for row in rows):
        formula = Formula(indicator.numerator, indicator.denominator, indicator.share)
        try:
            value = _shown("", "", value_of(formula, counts), None, indicator)
            lines.append(SummaryLine(indicator=indicator, value=value, refused=None))
        except Conflict as failure:
            lines.append(SummaryLine(indicator=indicator, value=None, refused=failure.detail))
    return lines


def _shown(
    key: str, name: str, value: Value, place: Place | None, indicator: IndicatorOut
) -> ValueOut:
    target, reached = indicator.target, None
    if target is not None and value.value is not None:
        above, below = value.value >= target, value.value <= target
        reached = above if indicator.higher_is_better else below
    return ValueOut(
        key=key,
        name=name,
        best_place=place and place.best,
        worst_place=place and place.worst,
        reached=reached,
        **vars(value),
    )


async def declare(session: AsyncSession, new: DeclarationIn, caller: Identity) -> DeclarationOut:
    """Keep figures that a place gives of itself, if they can be.

    Raises
    ------
    BadInput
        If they cannot; ``faults`` names every reason. Or if the client key was used with others.
    Forbidden
        If the division lies outside the caller's areas.
    """
    actor, digest = actor_of(session), client_keys.digest_of(new)
    known = await queries.declaration_by_key(session, actor.login, new.client_key)
    if known is not None:
        client_keys.check_same(new.client_key, known["body_sha256"], digest, used="with others")
        return _declared(known)
    await check_own_area(session, new.division, caller, or_whole=True)
    counts = [Told(**one.model_dump()) for one in new.counts]
    rates = [Quoted(**one.model_dump()) for one in new.rates]
    faults = declaring.faults(counts, rates)
    if faults:
        raise BadInput("these figures cannot be: " + "; ".join(faults), faults=faults)
    row = new.model_dump() | {
        "rates": [vars(one) for one in declaring.checked(counts, rates)],
        "declared_by": actor.login,
        "body_sha256": digest,
    }
    added = await queries.add_declaration(session, row)
    if added is not None:
        await audit.record(
            session, Action.FIGURES_DECLARED, "declaration", added, division_code=new.division
        )
    kept = await queries.declaration_by_key(session, actor.login, new.client_key)
    if kept is None:
        raise Conflict("the same figures are being declared at this moment; send them again")
    client_keys.check_same(new.client_key, kept["body_sha256"], digest, used="with others")
    return _declared(kept)


def _declared(row: RowMapping) -> DeclarationOut:
    told = dict(row) | {"rates": [CheckedRate(**one) for one in row["rates"]]}
    return DeclarationOut(**told)


async def declarations(
    session: AsyncSession, division: str | None, *, limit: int
) -> list[DeclarationOut]:
    """Declared figures of a division, newest first."""
    low, high = range_within(division)
    return [_declared(row) for row in await queries.declarations(session, low, high, limit=limit)]
