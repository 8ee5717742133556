"""Counters by stage: what SQL counts is what plain Python counts; a rate that cannot be is none."""

from datetime import timedelta

import pytest

from gridsvc.errors import Conflict
from gridsvc.events.figures import rate, rates
from gridsvc.events.life_schemas import StageFigures
from gridsvc.events.stages import Stage


def moves_in(history, since, until):
    """Of each event, what it did within a window, by name."""
    did = {}
    for line in history:
        if not since <= line["at"] < until:
            continue
        now, then = line["from_state"], line["to_state"]
        names = {
            "REPORTED": "reported", "FILED": "filed", "REJECTED": "rejected",
            "DISPATCHED": "dispatched", "ACCEPTED": "accepted", "ON_SITE": "arrived",
            "HANDLED": "handled", "VERIFIED": "verified", "CLOSED": "closed",
            "SUSPENDED": "suspended",
        }  # fmt: skip
        found = [names[then]] if then in names else []
        if then == "RETURNED":
            found.append("rework" if now == "HANDLED" else "given_back")
        if then == "REOPENED":
            found += {"CLOSED": ["rework"], "SUSPENDED": ["resumed"]}.get(now, [])
        did.setdefault(line["event_id"], []).extend(found)
    return did


MOVES = ("reported", "filed", "rejected", "dispatched", "accepted", "arrived", "handled",
         "verified", "closed", "given_back", "rework", "suspended", "resumed")  # fmt: skip


def stage_reference(stage, rows, since, until):
    told = {"stage": stage} | dict.fromkeys(StageFigures.model_fields, 0) | {"stage": stage}
    for row in rows:
        start, due, end = row["started_at"], row["due_at"], row["done_at"]
        if start >= until:
            continue
        done = row["outcome"] == "done" and end < until
        told["begun"] += start >= since
        told["finished"] += done and end >= since
        going_on = end is None or end >= until
        told["pending"] += going_on
        standing = row["paused_at"] is not None
        told["pending_overdue"] += bool(going_on and not standing and due and due < until)
        broken_off_in_time = row["outcome"] == "void" and due and end <= due
        if due is None or not since <= due < until or standing or broken_off_in_time:
            continue
        told["due"] += 1
        kind = "unfinished" if not done else "on_time" if end <= due else "late"
        told[kind] += 1
        over = max(min(end or until, until) - due, timedelta())
        told["overdue_hours"] += over / timedelta(hours=1)
        told["overdue_multiple"] += over / (due - start - row["paused"])
    return told


def touched(row, since, until):
    end, due = row["done_at"], row["due_at"]
    return row["started_at"] < until and (
        end is None or end >= since or (due is not None and due >= since)
    )


def reference(answer, history, stages, since, until):
    """The answer with every number counted anew, one by one, without duplicates among them."""
    did = list(moves_in(history, since, until).values())
    moves = {name: sum(one.count(name) for one in did) for name in MOVES}

    def events(*names, without=()):
        return sum(
            all(n in one for n in names) and not any(n in one for n in without) for one in did
        )

    counted = {
        "reported": events("reported"),
        "filed_of_reported": events("reported", "filed", without=["rejected"]),
        "rejected_of_reported": events("reported", "rejected"),
        "duplicates_of_reported": 0,
        "dispatched": events("dispatched"),
        "given_back_of_dispatched": events("dispatched", "given_back"),
        "handled": events("handled"),
        "rework_of_handled": events("handled", "rework"),
        "suspended": events("suspended"),
        "closed": events("closed"),
    }
    by_stage = []
    for stage in Stage:
        rows = [row for row in stages if row["stage"] == stage and touched(row, since, until)]
        if rows:
            by_stage.append(stage_reference(stage, rows, since, until))
    for mine, theirs in zip(by_stage, answer["stages"], strict=True):
        for name in ("overdue_hours", "overdue_multiple"):
            assert mine[name] == pytest.approx(theirs[name], rel=1e-6, abs=1e-6)
            mine[name] = theirs[name]
    shown = [StageFigures(**one) for one in by_stage]
    for one in shown:
        assert one.due == one.on_time + one.late + one.unfinished
    return answer | {
        "moves": moves,
        "events": counted,
        "stages": by_stage,
        "rates": [one.model_dump() for one in rates(counted, shown)],
    }


@pytest.mark.parametrize(("part", "whole"), [(0, 1), (3, 4), (4, 4)])
def test_a_rate_keeps_what_it_is_made_of(part, whole):
    told = rate("x", "率", part, whole)
    assert (told.numerator, told.denominator, told.value) == (part, whole, part / whole)


def test_of_nothing_there_is_no_share():
    assert rate("x", "率", 0, 0).value is None


@pytest.mark.parametrize(("part", "whole"), [(1, 0), (5, 3), (-1, 3)])
def test_a_rate_that_cannot_be_is_refused(part, whole):
    with pytest.raises(Conflict, match=f"cannot be: {part} of {whole}"):
        rate("closing", "结案率", part, whole)


def test_rates_of_stages_are_shares_of_what_was_due():
    """911 of 972 and 737 of 972: published figures of a city."""
    case = StageFigures(
        stage=Stage.CASE, begun=1000, finished=911, due=972, on_time=737, late=174, unfinished=61,
        pending=89, pending_overdue=61, overdue_hours=0, overdue_multiple=0,
    )  # fmt: skip
    counted = dict.fromkeys(
        ("reported", "filed_of_reported", "rejected_of_reported", "duplicates_of_reported",
         "dispatched", "given_back_of_dispatched", "handled", "rework_of_handled"), 0
    )  # fmt: skip
    told = {one.name: one for one in rates(counted, [case])}
    assert round(told["done_case"].value * 100, 2) == 93.72
    assert round(told["on_time_case"].value * 100, 2) == 75.82
