"""Handing out: what is lost is tried again once, what fails is named, Ctrl-C is answered."""

import asyncio

import pytest

from gridsvc.batches.crews import Lost
from gridsvc.batches.handing import hand_out
from gridsvc.batches.work import Failed, Planned

BATCHES = [("a", "b"), ("c", "d")]
HOUSEHOLDS = {"a": 10, "b": 20, "c": 30, "d": 40}


class Paper:
    """A crew that only notes what it is given; some codes kill it, so many times."""

    def __init__(self, deadly=None, broken=frozenset()):
        self.hands = self.apart = 2
        self.deadly = dict(deadly or {})
        self.broken = broken
        self.given = []
        self.stopped = asyncio.Event()

    async def do(self, codes):
        self.given.append(codes)
        await asyncio.sleep(0)
        for code in codes:
            if self.deadly.get(code, 0) > 0:
                self.deadly[code] -= 1
                raise Lost
            if code in self.broken:
                raise ModuleNotFoundError("No module named 'gridsvc'")
        return [Planned(code, 1, "draft", False, 1, 1, {}, []) for code in codes]

    async def stop(self):
        self.stopped.set()


def planned(tally):
    return "".join(one.division for one in tally.planned)


async def test_all_is_done_and_progress_counts_households():
    told = []
    tally = await hand_out(BATCHES, Paper(), HOUSEHOLDS, lambda *step: told.append(step))
    assert (planned(tally), tally.failed, tally.left, tally.stopped) == ("abcd", [], [], False)
    assert told == [("planned 2 of 4", 0.3), ("planned 4 of 4", 1.0)]


async def test_a_lost_batch_is_tried_again_community_by_community():
    crew = Paper(deadly={"b": 1})
    tally = await hand_out(BATCHES, crew, HOUSEHOLDS)
    assert planned(tally) == "abcd"
    assert crew.given == [("a", "b"), ("c", "d"), ("a",), ("b",)]


async def test_what_kills_twice_is_named_and_nothing_else_suffers():
    tally = await hand_out(BATCHES, Paper(deadly={"b": 9}), HOUSEHOLDS)
    assert planned(tally) == "acd"
    (failed,) = tally.failed
    assert (failed.division, failed.error) == ("b", "WorkerDied")


async def test_a_batch_that_cannot_even_begin_fails_as_a_whole():
    tally = await hand_out(BATCHES, Paper(broken={"c"}), HOUSEHOLDS)
    assert planned(tally) == "ab"
    reason = "No module named 'gridsvc'"
    assert tally.failed == [Failed(code, "ModuleNotFoundError", reason) for code in "cd"]


@pytest.mark.parametrize("ended", [True, False])
async def test_cancelled_it_begins_nothing_more_and_tells_what_is_done(ended):
    class Slow(Paper):
        async def do(self, codes):
            self.begun.set()
            await self.stopped.wait()
            # Told to stop, a worker ends after the community it is at.
            return await super().do(codes if ended else codes[:1])

    crew = Slow()
    crew.hands, crew.begun = 1, asyncio.Event()
    run = asyncio.create_task(hand_out(BATCHES, crew, HOUSEHOLDS))
    await crew.begun.wait()
    run.cancel()
    tally = await run
    assert tally.stopped
    assert planned(tally) == ("ab" if ended else "a")
    assert tally.left == (["c", "d"] if ended else ["b", "c", "d"])


async def test_cancelled_twice_it_ends():
    class Deaf(Paper):
        async def do(self, codes):
            await asyncio.Event().wait()

    crew = Deaf()
    run = asyncio.create_task(hand_out(BATCHES, crew, HOUSEHOLDS))
    await asyncio.sleep(0)
    run.cancel()
    await crew.stopped.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        if task.get_coro().__qualname__.startswith(("_Run", "test_cancelled_twice")):
            task.cancel()
