"""Who comes first among those who may take an event, and why; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite

from gridsvc.people.candidates import Candidate
from gridsvc.people.names import ROLES

#: How a mode of travel is told.
MODES = {"walk": "步行", "ebike": "骑行", "car": "驾车"}


@dataclass(frozen=True)
class Ranked:
    """A candidate in order.

    Attributes
    ----------
    eta_s
        Seconds to the event; inf where nobody knows where they are, or no open road leads there.
    by
        What the time goes by: ``road``, ``line`` or ``none``.
    which
        Place among the candidates as they were given.
    """

    candidate: Candidate
    eta_s: float
    by: str
    which: int


def rank(
    candidates: Sequence[Candidate], eta_s: Sequence[float], by: Sequence[str]
) -> list[Ranked]:
    """Candidates best first: the grid's own workers, then by time, ties by code.

    Parameters
    ----------
    candidates
        Eligible people.
    eta_s, by
        Seconds each takes to the event, and what they go by; inf for an unknown position.

    Returns
    -------
    list of Ranked
        Every candidate once. The order depends on nothing else than the candidates and times.
    """
    ranked = [
        Ranked(candidate, float(seconds), way, which)
        for which, (candidate, seconds, way) in enumerate(zip(candidates, eta_s, by, strict=True))
    ]
    return sorted(ranked, key=_precedence)


def certain(ranked: Sequence[Ranked], looked_m: float, fastest_mps: float) -> list[Ranked]:
    """Those in front whom nobody who was not looked at can be quicker than.

    Whoever stands farther away than `looked_m` in a straight line needs at least that distance at
    the highest speed there is (Papadias et al., "Query processing in spatial network databases",
    VLDB 2003: incremental Euclidean restriction).

    Parameters
    ----------
    ranked
        In order.
    looked_m
        Everybody nearer than this was looked at; inf = everybody.
    fastest_mps
        Metres per second nobody exceeds.
    """
    at_least_s = looked_m / fastest_mps
    front = []
    for one in ranked:
        if not one.candidate.own_grid and one.eta_s > at_least_s:
            break
        front.append(one)
    return front


def reason(ranked: Ranked, mode: str, road_m: float | None) -> str:
    """Why somebody stands where they stand, as a dispatcher reads it.

    Parameters
    ----------
    mode
        walk, ebike or car.
    road_m
        Metres of the way, for those whose time goes by the road.
    """
    candidate = ranked.candidate
    who = "本网格网格员" if candidate.own_grid else ROLES[candidate.role]
    load = f"在办 {candidate.open_count}/{candidate.capacity}"
    return f"{who}，在岗，{_way(ranked, MODES[mode], road_m)}，{load}"


def _way(ranked: Ranked, going: str, road_m: float | None) -> str:
    line_m = ranked.candidate.distance_m
    if line_m is None:
        return "位置未知"
    if not isfinite(ranked.eta_s):
        return f"直线距离 {line_m:.0f} 米，道路不通"
    minutes = ranked.eta_s / 60
    if ranked.by == "road" and road_m is not None:
        return f"{going}约 {minutes:.1f} 分钟（道路 {road_m:.0f} 米，直线 {line_m:.0f} 米）"
    return f"{going}约 {minutes:.1f} 分钟（按直线 {line_m:.0f} 米估算）"


def _precedence(ranked: Ranked) -> tuple[bool, float, float, str]:
    candidate = ranked.candidate
    line_m = inf if candidate.distance_m is None else candidate.distance_m
    # Where no road leads, the straight line still tells who is near.
    behind = 0.0 if isfinite(ranked.eta_s) else line_m
    return (not candidate.own_grid, ranked.eta_s, behind, candidate.code)
