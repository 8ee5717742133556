"""A storm around the real service: its live stream, list, people and figures are made up.

Everything else the pages ask for, they get from the service itself.
"""

import asyncio
import heapq
import json
import math
import random
import re
from datetime import UTC, datetime, timedelta
from time import monotonic
from urllib.parse import parse_qs

from tests.towns import BLOCKS, COMMUNITY, SIDE, SOUTH, WEST

#: What becomes of an event, and after which share of its life.
LIFE = ((0.0, "FILED"), (0.02, "DISPATCHED"), (0.1, "ACCEPTED"), (0.3, "ON_SITE"), (0.6, "HANDLED"),
        (0.9, "VERIFIED"), (1.0, "CLOSED"))  # fmt: skip
#: Degrees of the square around the paper town in which everything happens.
WIDE = 0.05
EDGE = (BLOCKS * SIDE - WIDE) / 2
MOST = 2000
LOOK_S = 0.05


class Storm:
    """An ASGI application in front of another.

    Parameters
    ----------
    events_per_s
        Reported in a second of the storm's time.
    life_s
        Seconds of the storm's time from report to closing.
    people, positions_every_s
        Who moves, all of them, and how often they are told.
    speed
        How many times faster than others' the storm's clock runs.
    """

    def __init__(self, app, *, events_per_s, life_s, people, positions_every_s=1.0, speed=1.0):
        self.app = app
        self.events_per_s, self.life_s, self.speed = events_per_s, life_s, speed
        self.positions_every_s = positions_every_s
        self.dice = random.Random(1)  # noqa: S311 - no secret
        self.walkers = [
            [f"P{n:05}", *somewhere(self.dice), self.dice.random() * math.tau]
            for n in range(people)
        ]
        self.began, self.began_at = monotonic(), datetime.now(UTC)
        # Some are open when it begins.
        self.first = -int(events_per_s * life_s)
        self.told, self.over = 0, False

    @property
    def now_s(self):
        return (monotonic() - self.began) * self.speed

    def at(self, seconds):
        return (self.began_at + timedelta(seconds=seconds)).isoformat()

    def born_s(self, number):
        return (number + self.first) / self.events_per_s

    def state_of(self, number, now_s):
        age = (now_s - self.born_s(number)) / self.life_s
        return next((state for share, state in reversed(LIFE) if age >= share), None)

    @property
    def newest(self):
        return int(self.now_s * self.events_per_s) - self.first

    def row(self, number):
        now_s = self.now_s
        state = self.state_of(number, now_s)
        due_s = self.born_s(number) + self.life_s * 0.8
        lon, lat = somewhere(random.Random(number))  # noqa: S311 - no secret
        handler = None if state == "FILED" else f"P{number % 97:05}"
        return {
            "id": number + 1, "state": state, "matter": "E01", "matter_name": "暴露垃圾",
            "description": f"第 {number} 件：路口堆放垃圾，影响通行",
            "lon": lon, "lat": lat,
            "division_code": COMMUNITY, "division_name": "纸上社区",
            "micro_grid_code": f"{COMMUNITY}00101", "handler": handler,
            "handler_name": handler and "张**", "waiting_reason": None,
            "received_at": self.at(self.born_s(number)), "due_stage": "handle",
            "due_at": self.at(due_s), "overdue": due_s < now_s, "urgent": number % 50 == 0,
        }  # fmt: skip

    def listed(self, query):
        asked = [int(one) - 1 for one in query.get("id", [])]
        newest = self.newest
        numbers = asked or range(newest, max(-1, newest - MOST), -1)
        rows = [self.row(n) for n in numbers if 0 <= n <= newest]
        rows = [row for row in rows if row["state"] not in (None, "CLOSED")]
        counts = {"total": len(rows), "waiting": 0, "overdue": 0, "at": self.at(self.now_s)}
        return {"events": rows} | counts

    def seen(self):
        return [
            {"person": who, "name": "张**", "role": "grid_worker", "division_code": COMMUNITY,
             "micro_grid_code": None, "lon": lon, "lat": lat, "captured_at": self.at(self.now_s)}
            for who, lon, lat, _ in self.walkers
        ]  # fmt: skip

    def walk(self):
        for walker in self.walkers:
            walker[3] += (self.dice.random() - 0.5) * 0.5
            walker[1] += math.cos(walker[3]) * 2e-5
            walker[2] += math.sin(walker[3]) * 2e-5

    def figures(self):
        count = self.dice.randint
        return {
            "since": self.at(0), "at": self.at(self.now_s), "open": count(500, 900),
            "waiting": count(0, 50), "in_hand": count(0, 500), "overdue": count(0, 40),
            "states": {}, "reported": count(0, 5000), "closed": count(0, 5000),
            "handled": 4000, "handled_in_time": count(3000, 4000),
            "people": [{"role": "grid_worker", "on_duty": count(100, 300), "everybody": 300}],
            "hours": [{"hour": self.at(3600 * n), "reported": count(0, 300),
                       "closed": count(0, 300)} for n in range(24)],
            "areas": [{"code": str(n), "name": f"第{n}社区", "events": count(20, 90),
                       "overdue": count(0, 20)} for n in range(12)],
        }  # fmt: skip

    async def __call__(self, scope, receive, send):
        path = scope.get("path")
        query = parse_qs(scope.get("query_string", b"").decode())
        answers = {
            "/api/desk/events": lambda: self.listed(query),
            "/api/desk/people": self.seen,
            "/api/desk/figures": self.figures,
        }
        if scope["type"] == "http" and path in answers:
            await _begin(send, b"application/json")
            body = json.dumps(answers[path]()).encode()
            await send({"type": "http.response.body", "body": body})
        elif scope["type"] == "http" and path == "/api/live":
            await self.live(receive, send)
        else:
            if scope["type"] == "http":
                # Whichever card is opened, it is that of the one event there really is.
                scope = scope | {"path": re.sub(r"(?<=/events/)[0-9]+", "1", path)}
            await self.app(scope, receive, send)

    async def live(self, receive, send):
        left = asyncio.create_task(_left(receive))
        await _begin(send, b"text/event-stream")
        await _tell(send, [("ready", {}, "1")])
        waiting, number, positions_s = [], self.newest, 0.0
        for known in range(max(0, number - int(self.events_per_s * self.life_s)), number):
            self._plan(waiting, known)
        while not (self.over or left.done()):
            await asyncio.sleep(LOOK_S)
            now_s, newest, batch = self.now_s, self.newest, []
            for fresh in range(number, newest):
                self._plan(waiting, fresh)
                batch.append(("event", self.change(fresh, None, "REPORTED"), str(fresh)))
            number = newest
            while waiting and waiting[0][0] <= now_s:
                _, one, step = heapq.heappop(waiting)
                before = LIFE[step - 1][1] if step else "REPORTED"
                kind = "assignment" if LIFE[step][1] == "DISPATCHED" else "move"
                batch.append((kind, self.change(one, before, LIFE[step][1]), str(one)))
            if now_s - positions_s >= self.positions_every_s:
                positions_s = now_s
                self.walk()
                batch.append(("position", self.seen(), None))
            self.told += len(batch)
            await _tell(send, batch)
        left.cancel()

    def _plan(self, waiting, number):
        now_s = self.now_s
        for step, (share, _) in enumerate(LIFE):
            at_s = self.born_s(number) + share * self.life_s
            if at_s >= now_s - 1:
                heapq.heappush(waiting, (at_s, number, step))

    def change(self, number, before, state):
        return {"event_id": number + 1, "from_state": before, "to_state": state, "matter": "E01",
                "division_code": COMMUNITY, "at": self.at(self.now_s)}  # fmt: skip


def somewhere(dice):
    """A place in the square, degrees."""
    return WEST + EDGE + dice.random() * WIDE, SOUTH + EDGE + dice.random() * WIDE


async def _begin(send, media_type):
    headers = [(b"content-type", media_type), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _tell(send, batch):
    lines = [
        f"event: {kind}\ndata: {json.dumps(told)}\n" + (f"id: {mark}\n" if mark else "") + "\n"
        for kind, told, mark in batch
    ]
    body = "".join(lines) or ": still here\n\n"
    await send({"type": "http.response.body", "body": body.encode(), "more_body": True})


async def _left(receive):
    while (await receive())["type"] != "http.disconnect":
        pass
