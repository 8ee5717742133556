"""Who comes first among those who may take an event, and why; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from gridsvc.people.candidates import Candidate
from gridsvc.people.names import ROLES


@dataclass(frozen=True)
class Ranked:
    """A candidate in order, with the reason a dispatcher reads."""

    candidate: Candidate
    reason: str


def rank(candidates: Iterable[Candidate]) -> list[Ranked]:
    """Candidates best first: the grid's own workers, then by distance, ties by code.

    Parameters
    ----------
    candidates
        Eligible people; ``distance_m`` in metres, none where no position is known.

    Returns
    -------
    list of Ranked
        Every candidate once. The order depends on nothing else than the candidates.
    """
    ordered = sorted(candidates, key=_precedence)
    return [Ranked(candidate, _reason(candidate)) for candidate in ordered]


def _precedence(candidate: Candidate) -> tuple[bool, float, str]:
    distance_m = inf if candidate.distance_m is None else candidate.distance_m
    return (not candidate.own_grid, distance_m, candidate.code)


def _reason(candidate: Candidate) -> str:
    who = "本网格网格员" if candidate.own_grid else ROLES[candidate.role]
    far = "位置未知" if candidate.distance_m is None else f"直线距离 {candidate.distance_m:.0f} 米"
    return f"{who}，在岗，{far}，在办 {candidate.open_count}/{candidate.capacity}"
