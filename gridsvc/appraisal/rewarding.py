"""Rewards for people who report (小激励): points and red packets, booked in the ledger.

A citizen's account holds what is owed to them. Points stay there until they are spent; a red
packet leaves it when a payment service says that it was paid, out of the division's fund.
"""

from __future__ import annotations

from collections import Counter
from uuid import uuid4

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.identity import Identity
from gridsvc.appraisal import reward_queries
from gridsvc.appraisal.abuse import Candidate, decide
from gridsvc.appraisal.reward_schemas import (
    GrantedOut,
    PaymentIn,
    RewardOut,
    RewardRuleIn,
    RewardRuleOut,
)
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.codes import WHOLE, code_range
from gridsvc.db import EVERYWHERE, widened
from gridsvc.errors import BadInput, Conflict, NotFound
from gridsvc.grids.own_areas import check_own_area
from gridsvc.ledger import service as ledger
from gridsvc.ledger.service import Booking
from gridsvc.mandates.queries import matter_codes

#: Where what is given away stands as spent, and what red packets are paid from.
EXPENSE, FUND = "reward-expense", "reward-fund"
_NAMES = {"fen": "红包", "point": "积分"}


def account_of(account: int, unit: str) -> str:
    """Code of the ledger account that holds what a citizen earned."""
    return f"citizen-{account}-{unit}"


async def lay_down(session: AsyncSession, new: RewardRuleIn, caller: Identity) -> RewardRuleOut:
    """Lay down what reports earn from now on.

    Raises
    ------
    Conflict
        If the division has a rule of this code.
    BadInput
        If there is no such matter or division.
    """
    await check_own_area(session, new.division, caller, or_whole=True)
    if new.matter is not None and new.matter not in await matter_codes(session):
        raise BadInput(f"there is no matter {new.matter!r}; use a code of the loaded list")
    if not await reward_queries.add_rule(session, new.model_dump()):
        raise Conflict(f"{new.division} has a rule {new.code} already; choose another code")
    await audit.record(
        session,
        Action.REWARDS_CHANGED,
        "rule",
        new.code,
        division_code=new.division,
        after=new.model_dump(include={"unit", "amount", "daily_cap", "most_untrue"}),
    )
    found = await reward_queries.rules(session, *code_range(new.division), new.code)
    return next(RewardRuleOut(**row) for row in found if row["division"] == new.division)


async def grant(session: AsyncSession, low: str, high: str, zone: str) -> GrantedOut:
    """Decide every report that came to the state of a rule; giving twice gives once."""
    granted = refused = 0
    for rule in await reward_queries.rules(session, low, high):
        told = await _grant_by(session, rule, zone)
        granted += sum(because is None for because in told.values())
        refused += sum(because is not None for because in told.values())
    return GrantedOut(granted=granted, refused=refused)


async def _grant_by(session: AsyncSession, rule: RowMapping, zone: str) -> dict[int, str | None]:
    await reward_queries.hold_rule(session, rule["id"])
    low, high = code_range(rule["division"])
    asked = {name: rule[name] for name in ("matter", "at_state", "since", "until")}
    rows = await reward_queries.candidates(
        session, rule=rule["id"], low=low, high=high, zone=zone, **asked
    )
    if not rows:
        return {}
    earned = await reward_queries.earned(session, rule, [row["account"] for row in rows], zone)
    found = [
        Candidate(row["event"], row["account"], row["day"], row["duplicate"], row["untrue"])
        for row in rows
    ]
    told = decide(found, earned, daily_cap=rule["daily_cap"], most_untrue=rule["most_untrue"])
    shares = Counter(one.account for one in found if told[one.event] is None)
    transaction = await _book(session, rule, shares) if shares else None
    kept = [(row["event"], row["account"], row["division"], told[row["event"]]) for row in rows]
    await reward_queries.add(session, rule, kept, transaction)
    return told


async def _book(session: AsyncSession, rule: RowMapping, shares: Counter[int]) -> int:
    unit, division = rule["unit"], rule["division"]
    expense = f"{EXPENSE}-{unit}"
    await ledger.ensure(session, division, "expense", unit, {expense: f"{_NAMES[unit]}支出"})
    owed = {account_of(one, unit): f"市民{_NAMES[unit]}" for one in shares}
    await ledger.ensure(session, division, "liability", unit, owed)
    entries = [(account_of(one, unit), -rule["amount"] * n) for one, n in sorted(shares.items())]
    entries.append((expense, rule["amount"] * shares.total()))
    booked = await ledger.book(session, Booking(division, rule["name"], entries, uuid4().hex))
    return booked.id


async def pay(session: AsyncSession, reward_id: int, told: PaymentIn) -> RewardOut:
    """Book that a red packet was paid; the same number again is the same payment.

    Raises
    ------
    NotFound
        If there is no such reward in the caller's areas.
    Conflict
        If it is none to be paid, or the fund has not so much.
    BadInput
        If the division has no fund.
    """
    row = await reward_queries.reward(session, reward_id)
    if row is None:
        raise NotFound(f"there is no reward {reward_id} in your areas")
    if row["state"] == "PAID" and row["reference"] == told.reference:
        return _shown(row)
    if row["state"] != "GRANTED" or row["unit"] != "fen":
        raise Conflict(f"reward {reward_id} is {row['state']} in {row['unit']}, not to be paid")
    entries = [(account_of(row["account_id"], "fen"), row["amount"]), (FUND, -row["amount"])]
    key = f"payment of reward {reward_id}"
    await ledger.book(session, Booking(row["rule_division"], "红包支付", entries, key))
    await reward_queries.set_paid(session, reward_id, told.reference)
    await audit.record(
        session, Action.REWARDS_CHANGED, "reward", reward_id, division_code=row["division_code"]
    )
    paid = await reward_queries.reward(session, reward_id)
    return _shown(paid or row)


def _shown(row: RowMapping) -> RewardOut:
    return RewardOut(**{name: row[name] for name in RewardOut.model_fields})


async def rewards(session: AsyncSession, low: str, high: str, *, limit: int) -> list[RewardOut]:
    """Rewards in a range of divisions, newest first."""
    rows = await reward_queries.rewards(session, low, high, account=None, limit=limit)
    return [_shown(row) for row in rows]


async def own(session: AsyncSession, caller: Identity, *, limit: int) -> list[RewardOut]:
    """What the caller's own reports earned; they see nothing else of the ledger."""
    async with widened(session, EVERYWHERE):
        rows = await reward_queries.rewards(
            session, *code_range(WHOLE), account=caller.account_id, limit=limit
        )
    return [_shown(row) for row in rows]
