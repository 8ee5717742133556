"""Sending over real servers: through failures, once, not before it is due, and not lost."""

import asyncio
import multiprocessing
import os
import signal
import threading
import time as clock
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.config import Settings
from gridsvc.db import make_engine, transaction
from gridsvc.notices import queries, sender, service
from gridsvc.notices.kinds import AGAIN, Kind
from gridsvc.notices.service import Recipients
from tests.notices.post import MailServer, Webhook
from tests.notices.test_service import tell
from tests.towns import COUNTY
from tests.who import KEYRING, open_account

LOCAL = ("127.0.0.0/8",)


def settings(**changes):
    return Settings(outbound_networks=LOCAL, **({"notices_s": 0.05} | changes))


@pytest.fixture
def hook():
    with Webhook().open() as hook:
        yield hook


@pytest.fixture
def mail():
    with MailServer().open() as mail:
        yield mail


@pytest.fixture
async def desk(town):
    async with transaction(town) as session:
        return await open_account(session, "desk", [Role.DISPATCHER], [COUNTY])


async def add_channel(engine, account, url, **changes):
    told = {"kinds": None, "language": "zh", "quiet_from": None, "quiet_to": None}
    async with transaction(engine) as session:
        return await queries.add_channel(
            session,
            division_code=COUNTY,
            account_id=account,
            unit_code=None,
            service="mail" if url.startswith("mail") else "webhook",
            url_sealed=KEYRING.seal(url),
            settings=told | changes,
        )


async def tell_desk(engine, account, **changes):
    async with transaction(engine) as session:
        await tell(session, Recipients(accounts=[account]), **changes)


async def rows(engine):
    async with engine.connect() as connection:
        found = await connection.execute(
            text("SELECT state, attempts, failure, next_at, now() AS now FROM delivery ORDER BY id")
        )
        return found.all()


async def run(engine, times=1, **changes):
    """Let a sender look so often; how many deliveries it took in hand."""
    worker = sender.Sender(engine, settings(**changes), KEYRING)
    return [await worker.send_due() for _ in range(times)]


async def make_due(engine):
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE delivery SET next_at = now() - interval '1 s'"))


async def test_a_notice_comes_by_webhook_and_by_mail(town, desk, hook, mail):
    await add_channel(town, desk, hook.url)
    await add_channel(town, desk, mail.url, language="en")
    await tell_desk(town, desk)
    assert await run(town, 2) == [2, 0]
    (posted,), (letter,) = hook.taken, mail.taken
    assert posted["title"] == "升级督办：暴露垃圾"
    assert "99010100100100101" in posted["message"]
    assert letter["subject"] == "Escalated: 暴露垃圾"
    assert letter["to"] == "desk@example.cn"
    assert letter.get_content_type() == "text/plain"
    assert [row.state for row in await rows(town)] == ["sent", "sent"]


async def test_what_fails_is_tried_again_later(town, desk, hook, mail):
    hook.refusals = mail.refusals = 2
    await add_channel(town, desk, hook.url)
    await add_channel(town, desk, mail.url)
    await tell_desk(town, desk)
    for attempt in (1, 2):
        assert await run(town, 2) == [2, 0]  # not again at once
        for row in await rows(town):
            assert (row.state, row.attempts) == ("waiting", attempt)
            wait_s = (row.next_at - row.now).total_seconds()
            assert sender.WAITS_S[attempt - 1] - 10 < wait_s <= sender.WAITS_S[attempt - 1]
        await make_due(town)
    assert await run(town, 2) == [2, 0]
    assert len(hook.taken) == len(mail.taken) == 1
    assert [row.state for row in await rows(town)] == ["sent", "sent"]


async def test_after_the_last_attempt_it_is_given_up_and_seen(town, desk, hook):
    hook.refusals = 99
    await add_channel(town, desk, hook.url)
    await tell_desk(town, desk)
    for _ in range(len(sender.WAITS_S) + 1):
        await make_due(town)
        await run(town)
    (row,) = await rows(town)
    assert (row.state, row.attempts) == ("dead", len(sender.WAITS_S) + 1)
    async with transaction(town) as session:
        (dead,) = await service.undelivered(session, limit=10)
        assert (dead.login, dead.service, dead.kind) == ("desk", "webhook", Kind.ESCALATED)
        hook.refusals = 0
        await service.try_again(session, dead.id)
    assert await run(town) == [1]
    assert len(hook.taken) == 1


async def test_an_address_that_leads_inside_is_given_up_at_once(town, desk, hook):
    await add_channel(town, desk, hook.url)
    await tell_desk(town, desk)
    worker = sender.Sender(town, Settings(), KEYRING)
    await worker.send_due()
    (row,) = await rows(town)
    assert row.state == "dead"
    assert "not public" in row.failure
    assert hook.taken == []


async def test_many_senders_send_each_once(town, desk, hook):
    for _ in range(3):
        await add_channel(town, desk, hook.url)
    for number in range(10):
        await tell_desk(town, desk, subject_id=number)
    workers = [sender.Sender(town, settings(), KEYRING) for _ in range(4)]

    async def work(worker):
        idle = 0
        while idle < 5:
            idle = 0 if await worker.send_due() else idle + 1
            await asyncio.sleep(0.02)

    await asyncio.gather(*map(work, workers))
    assert len(hook.taken) == 30
    assert {row.state for row in await rows(town)} == {"sent"}


async def test_nobody_gets_more_than_so_many_in_an_hour(town, desk, hook):
    await add_channel(town, desk, hook.url)
    for number in range(5):
        await tell_desk(town, desk, subject_id=number)
    assert await run(town, 5, notices_per_hour=2) == [1, 1, 0, 0, 0]
    async with town.begin() as connection:
        await connection.execute(text("UPDATE delivery SET sent_at = sent_at - interval '1 hour'"))
    assert await run(town, 5, notices_per_hour=2) == [1, 1, 0, 0, 0]
    assert len(hook.taken) == 4


async def test_reminders_wait_for_the_morning_and_orders_do_not(town, desk, hook):
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    quiet = {
        "quiet_from": (now - timedelta(hours=1)).time(),
        "quiet_to": (now + timedelta(hours=1)).time(),
    }
    await add_channel(town, desk, hook.url, **quiet)
    await tell_desk(town, desk, kind=Kind.REMINDER)
    await tell_desk(town, desk, kind=Kind.ESCALATED)
    await run(town, 3)
    assert [one["title"][:4] for one in hook.taken] == ["升级督办"]
    reminder, _ = await rows(town)
    assert (reminder.state, reminder.attempts) == ("waiting", 0)
    assert timedelta(minutes=55) < reminder.next_at - reminder.now <= timedelta(hours=1)


def send_for_ever(url):
    """What a process of its own does until it is killed."""

    async def main():
        engine = make_engine(url)
        await sender.Sender(engine, settings(), KEYRING).run()

    asyncio.run(main())


@pytest.mark.parametrize("kind", [Kind.ASSIGNED, Kind.NEW_EVENT])
async def test_a_worker_killed_between_sending_and_settling(town, town_url, desk, hook, kind):
    """It sends, and dies before it can say so: what must be known comes again, the rest not."""
    await add_channel(town, desk, hook.url)
    await tell_desk(town, desk, kind=kind)
    holder = threading.Event()
    # The webhook answers only after the worker is dead, having taken what was sent.
    answer = hook.taken

    class Slow(list):
        def append(self, body):
            super().append(body)
            holder.wait(30)

    hook.taken = slow = Slow(answer)
    process = multiprocessing.get_context("spawn").Process(target=send_for_ever, args=(town_url,))
    process.start()
    try:
        began = clock.monotonic()
        while not slow and clock.monotonic() - began < 60:
            await asyncio.sleep(0.05)
        assert len(slow) == 1
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.join()
        holder.set()
    (row,) = await rows(town)
    assert row.state == "sending"
    hook.taken = []
    assert await run(town, 2) == [0, 0]  # still in hand, for all that is known
    await make_due(town)
    await run(town, 3)
    (row,) = await rows(town)
    if kind.value in AGAIN:
        assert (row.state, len(hook.taken)) == ("sent", 1)
        assert hook.taken[0]["message"] == slow[0]["message"]  # the same number: known as the same
    else:
        assert (row.state, len(hook.taken)) == ("unsure", 0)
        async with transaction(town) as session:
            assert len(await service.undelivered(session, limit=10)) == 1


async def test_a_worker_that_comes_back_late_does_not_overrule(town, desk, hook):
    await add_channel(town, desk, hook.url)
    await tell_desk(town, desk)
    async with transaction(town) as session:
        (late,) = await queries.claim(session, most=1, most_per_hour=9, lease_s=0.0)
    await make_due(town)
    await run(town, 2)
    async with transaction(town) as session:
        await queries.settle(session, late, state="waiting", failure="too late")
    (row,) = await rows(town)
    assert (row.state, row.failure, len(hook.taken)) == ("sent", None, 1)


async def test_an_outage_is_waited_for(town, desk, hook, monkeypatch):
    await add_channel(town, desk, hook.url)
    worker = sender.Sender(town, settings(), KEYRING)
    failing = [OSError("gone"), OSError("gone")]
    look = worker.send_due

    async def flaky():
        if failing:
            raise failing.pop()
        return await look()

    monkeypatch.setattr(worker, "send_due", flaky)
    running = asyncio.create_task(worker.run())
    await tell_desk(town, desk)
    async with asyncio.timeout(30):
        while not hook.taken:
            await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
