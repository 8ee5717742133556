"""Which communities make a batch; pure."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heapify, heapreplace
from math import ceil

#: Households of a batch: about ten seconds of one core. More would be long to lose.
MOST = 20_000
#: Batches for each worker, so that the last ones end at about the same time.
EACH = 4
#: What a community takes beyond its households, in households.
FIXED = 100

Batch = tuple[str, ...]


def batches_of(households: Mapping[str, int], workers: int) -> list[Batch]:
    """Communities in batches of about equal work, the longest first.

    Parameters
    ----------
    households
        Households of each community, by its code.
    workers
        How many will share the work.
    """
    work = {code: count + FIXED for code, count in households.items()}
    most = min(MOST, ceil(sum(work.values()) / (EACH * workers)))
    number = min(len(work), ceil(sum(work.values()) / most)) if work else 0
    # Each community, the largest first, goes to what has the least work yet.
    heap: list[tuple[int, int]] = [(0, at) for at in range(number)]
    heapify(heap)
    batches: list[list[str]] = [[] for _ in range(number)]
    for code in sorted(work, key=lambda code: (-work[code], code)):
        load, at = heap[0]
        heapreplace(heap, (load + work[code], at))
        batches[at].append(code)
    batches.sort(key=lambda codes: (-sum(work[code] for code in codes), codes))
    return [tuple(sorted(codes)) for codes in batches]
