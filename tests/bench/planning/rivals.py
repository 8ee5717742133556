"""The other methods, each at the best settings found for it on towns that are not measured.

Settings were chosen for the share of cells within 10 % of the target on the towns of seeds 10 to
12, never on those of the seeds measured.
"""

from __future__ import annotations

import contextlib
import itertools
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial

import geopandas as gpd
import networkx
import numpy as np
import pymetis
from gerrychain import Graph
from gerrychain.partition import recursive_tree_part
from gerrychain.tree import bipartition_tree
from gerrychain.tree.bipartition_tree import PopulationBalanceError

from tests.bench.planning.pieces import Ints, Problem

with warnings.catch_warnings():  # what these libraries import has been deprecated here and there
    warnings.simplefilter("ignore")
    from k_means_constrained import KMeansConstrained
    from libpysal.weights import W
    from spopt.region import MaxPHeuristic

#: Divides a problem, given a seed and the seconds it may take; None where it finds no division.
Rival = Callable[[Problem, int, float], Ints | None]

#: How much of its cost an edge of METIS saves by lying on a street.
EASE = 0.8
#: Points of k-means differ in number by this share between clusters.
POINTS_SLACK = 0.02
#: Fewest households of a region of max-p as a share of the mean, for its regions overshoot; and
#: how many first divisions it makes, of which it anneals the best.
THRESHOLD, CONSTRUCTIONS = 0.9, 8
#: Tolerances GerryChain tries in turn, and spanning trees it draws for one cell.
EPSILONS, TREES = (0.35, 0.25, 0.2, 0.15, 0.12, 0.1, 0.08, 0.06), 300


def metis_kway(problem: Problem, seed: int, _: float) -> Ints:
    """METIS k-way: unit edges, connected parts, best of 20 cuts."""
    options = pymetis.Options(seed=seed, ncuts=20, ufactor=60, contig=True)
    # With all edges one METIS is better balanced than with none named or any other number.
    return _metis(problem, np.ones(len(problem.length), dtype=np.int64), options, recursive=False)


def metis_recursive(problem: Problem, seed: int, _: float) -> Ints:
    """METIS recursive bisection: edges by their length and cheaper on streets, best of 20 cuts."""
    eased = (problem.length - EASE * problem.eased) / problem.length.max()
    edges = np.maximum(1 + 99 * eased, 1).astype(np.int64)
    options = pymetis.Options(seed=seed, ncuts=20, ufactor=10)
    return _metis(problem, edges, options, recursive=True)


def _metis(problem: Problem, edges: Ints, options: pymetis.Options, *, recursive: bool) -> Ints:
    adjacency = pymetis.CSRAdjacency(problem.first, problem.neighbour)
    part = pymetis.part_graph(
        problem.k,
        adjacency,
        vweights=problem.weight,
        eweights=edges,
        recursive=recursive,
        options=options,
    ).vertex_part
    return np.asarray(part, dtype=np.int64)


def k_means(problem: Problem, seed: int, _: float) -> Ints:
    """k-means-constrained on one point per household, clusters of equal size up to 2 %.

    The points of an atom lie on its centroid. It joins the cluster that most of them joined, or
    the nearest one if it has none.
    """
    points = np.repeat(problem.centre, problem.weight, axis=0)
    atom = np.repeat(np.arange(len(problem.weight)), problem.weight)
    size = len(points) / problem.k
    low, high = int(size * (1 - POINTS_SLACK)), int(np.ceil(size * (1 + POINTS_SLACK)))
    clusters = KMeansConstrained(
        problem.k, size_min=low, size_max=high, n_init=1, max_iter=100, random_state=seed
    )
    joined = clusters.fit_predict(points)
    votes = np.zeros((len(problem.weight), problem.k))
    np.add.at(votes, (atom, joined), 1)
    away = problem.centre[:, None, :] - clusters.cluster_centers_[None, :, :]
    nearest = (away**2).sum(axis=2).argmin(axis=1)
    return np.where(problem.weight > 0, votes.argmax(axis=1), nearest)


def max_p(problem: Problem, seed: int, seconds: float) -> Ints:
    """Max-p regions of spopt on centroids, the best balanced of as many as there is time for.

    Its annealing goes on for ever where no area may move, so every run has a limit of its own;
    land on which no run ends stays one region.
    """
    east, north = problem.centre.T
    frame = gpd.GeoDataFrame(
        {"x": east, "y": north, "h": problem.weight},
        geometry=gpd.points_from_xy(*problem.centre.T),
    )
    near = np.split(problem.neighbour, problem.first[1:-1])
    weights = W({row: others.tolist() for row, others in enumerate(near)}, silence_warnings=True)
    mean = problem.weight.sum() / problem.k
    np.random.seed(seed)
    best: tuple[float, Ints] | None = None
    end = time.perf_counter() + seconds
    for constructions in itertools.chain([1], itertools.repeat(CONSTRUCTIONS)):
        left = end - time.perf_counter()
        if left <= 0:
            break
        one = MaxPHeuristic(
            frame, weights, ["x", "y"], "h", THRESHOLD * mean, 2, constructions, max_iterations_sa=1
        )
        with contextlib.suppress(TimeoutError), no_longer_than(left / (1 + (best is None))):
            one.solve()
            found = np.unique(one.labels_, return_inverse=True)[1]
            off = float(np.abs(np.bincount(found, problem.weight) - mean).mean())
            if best is None or off < best[0]:
                best = off, found
    return best[1] if best else np.zeros(len(problem.weight), dtype=np.int64)


@contextlib.contextmanager
def no_longer_than(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the block after so many seconds."""

    def over(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def gerrychain(problem: Problem, seed: int, seconds: float) -> Ints | None:
    """Recursive tree partition of GerryChain, the tolerance made tighter while there is time."""
    n = len(problem.weight)
    plain = networkx.Graph()
    plain.add_nodes_from((node, {"h": int(problem.weight[node])}) for node in range(n))
    row = np.repeat(np.arange(n), np.diff(problem.first))
    plain.add_edges_from(zip(row.tolist(), problem.neighbour.tolist(), strict=True))
    graph = Graph.from_networkx(plain)
    divide = partial(
        recursive_tree_part,
        graph,
        range(problem.k),
        problem.weight.sum() / problem.k,
        "h",
        bipartition_tree_fn=partial(bipartition_tree, max_attempts=TREES),
    )
    end = time.perf_counter() + seconds
    best = None
    for epsilon in EPSILONS:
        found = None
        while found is None and time.perf_counter() < end:
            seed += 1
            try:
                found = divide(epsilon, rng=seed)
            except (RuntimeError, PopulationBalanceError):  # no tree had a cut: begin anew
                continue
        if found is None:
            break
        best = np.array([found[node] for node in range(n)], dtype=np.int64)
    return best


RIVALS: dict[str, Rival] = {
    "METIS k-way": metis_kway,
    "METIS recursive": metis_recursive,
    "k-means-constrained": k_means,
    "spopt MaxP": max_p,
    "GerryChain": gerrychain,
}
