"""What is done with a batch, in whichever process it is: each community by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc.audit.actor import Actor, acting
from gridsvc.db import make_engine, transaction
from gridsvc.errors import Conflict, GridsvcError
from gridsvc.grids import plan_queries, provenance
from gridsvc.grids import service as grids
from gridsvc.grids.plan_settings import PlanSettings
from gridsvc.people import service as people
from gridsvc.progress import Progress, silent


@dataclass(frozen=True)
class Door:
    """Way to the database; whoever prints or logs it does not see the password."""

    url: str = field(repr=False)


@dataclass(frozen=True)
class Order:
    """What is to be done with every community.

    Attributes
    ----------
    settings
        What each plan is asked to be.
    publish
        Whether to put the plans in force; those that cannot be as wished for stay drafts.
    after
        Plans numbered above this that were made from the same are left as they are: those of
        this run, should a batch come twice, or all there are.
    actor
        Who gave the order.
    method
        Version of the planner it is meant for.
    """

    settings: PlanSettings
    publish: bool
    after: int
    actor: Actor
    method: str = field(default_factory=provenance.method)


@dataclass(frozen=True)
class Planned:
    """A community with a plan as ordered; `kept` if it had one before.

    `limits` is what was wished for and cannot be; the plan is then the nearest there is.
    """

    division: str
    plan: int
    state: str
    kept: bool
    grids: int
    micro_grids: int
    figures: dict[str, Any]
    limits: list[dict[str, Any]]


@dataclass(frozen=True)
class Failed:
    """A community without one: kind of error, and one sentence."""

    division: str
    error: str
    reason: str

    @classmethod
    def by(cls, division: str, failure: Exception) -> Failed:
        """What an error says."""
        if isinstance(failure, GridsvcError):
            told = failure.detail
        else:
            told = str(getattr(failure, "orig", failure)) or "nothing more is known"
        return cls(division, type(failure).__name__, told.splitlines()[0])


Outcome = Planned | Failed


class _MadeTwice(Conflict):
    """Another process made the same plan meanwhile."""


def plan_batch(
    door: Door, order: Order, codes: Sequence[str], stopped: Callable[[], bool]
) -> list[Outcome]:
    """Plan the communities of a batch; what was done and what failed.

    For a process that has nothing else to do: it runs an event loop of its own.

    Parameters
    ----------
    stopped
        Asked before each community; those left then are not in the answer.

    Raises
    ------
    Conflict
        If this process has another version of the planner than ordered.
    """
    if order.method != provenance.method():
        raise Conflict(
            "this worker has another version of gridsvc or its libraries, and might draw other "
            "borders; install the same everywhere"
        )
    return asyncio.run(plan_communities(door, order, codes, stopped=stopped))


async def plan_communities(
    door: Door,
    order: Order,
    codes: Sequence[str],
    *,
    stopped: Callable[[], bool] = lambda: False,
    progress: Progress = silent,
) -> list[Outcome]:
    """Plan communities one after another; whatever goes wrong in one leaves the others alone."""
    engine = make_engine(door.url, pool_size=1)
    outcomes: list[Outcome] = []
    try:
        for code in codes:
            if stopped():
                break
            (told,) = await asyncio.gather(
                _plan(engine, order, code, progress), return_exceptions=True
            )
            if isinstance(told, Planned):
                outcomes.append(told)
            elif isinstance(told, Exception):
                outcomes.append(Failed.by(code, told))
            else:
                raise told
    finally:
        await engine.dispose()
        await asyncio.sleep(0)  # sockets of refused logins are closed by callbacks still to come
    return outcomes


async def _plan(engine: AsyncEngine, order: Order, code: str, progress: Progress) -> Planned:
    try:
        return await _plan_once(engine, order, code, progress)
    except _MadeTwice:
        return await _plan_once(engine, order, code, progress)  # finds it made


async def _plan_once(engine: AsyncEngine, order: Order, code: str, progress: Progress) -> Planned:
    async with transaction(engine) as session:
        found = await grids.plan_at_hand(session, code, order.settings, after=order.after)
        if found:
            plan_id, report = found["id"], found["report"]
            cells = found["grids"], found["micro_grids"]
        else:
            made = await grids.draft_plan(session, code, order.settings, progress=progress)
            await _refuse_twin(session, made, order.after)
            plan_id, report = made.plan_id, made.report
            cells = made.grids, made.micro_grids
        state = found["state"] if found else "draft"
        if order.publish and state == "draft" and not report["limits"]:
            with acting(session, order.actor):
                await grids.publish_plan(session, plan_id)
            await people.post_to_cells(session, code)
            state = "published"
    told = report["figures"], report["limits"]
    return Planned(code, plan_id, state, found is not None, *cells, *told)


async def _refuse_twin(session: AsyncSession, made: grids.Draft, after: int) -> None:
    """Whoever comes second sees it: drafting locks the community until the transaction ends."""
    twin = await plan_queries.usable_plan(
        session, made.division_code, made.made_from, after=after, but=made.plan_id
    )
    if twin:
        raise _MadeTwice(f"plan {twin['id']} of {made.division_code} is the same")
