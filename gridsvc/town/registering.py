"""What a demonstration town has in its registers: groups, findings, projects, sittings, repairs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Role
from gridsvc.codes import code_range
from gridsvc.geo import Datum
from gridsvc.grids.queries import communities, division_name
from gridsvc.ledger import service as ledger
from gridsvc.ledger.service import Booking
from gridsvc.mandates import queries as mandates
from gridsvc.people import queries as people
from gridsvc.registers import (
    group_service,
    project_service,
    repair_service,
    sitting_service,
    standard_service,
)
from gridsvc.registers.project_schemas import HolderIn, ProjectEntryIn, ProjectIn, ProjectScoreIn
from gridsvc.registers.repair_schemas import (
    RepairBookingIn,
    RepairCostIn,
    RepairDoneIn,
    RepairIn,
    RepairSurveyIn,
)
from gridsvc.registers.schemas import GroupIn, GroupRef, MemberIn
from gridsvc.registers.sitting_schemas import (
    DeliberationIn,
    MediationIn,
    MediationResultIn,
    MotionIn,
    PartyIn,
)
from gridsvc.registers.standard_schemas import FindingIn, FindingsIn
from gridsvc.town.calling import Hand, homes_of

#: Codes of `geodata/codes/practices.json`; its groups began on this day.
_BEGAN = date(2026, 1, 1)
_MEDIATION, _PAIRING = "tai-hua", "shuang-jie-dui"
#: Chance that a cell meets an item, and that somebody looked at it at all.
_MET, _SEEN = 0.97, 0.9
_MISSING = "本季度配齐"
_DISPUTES = (
    ("邻里纠纷", "楼上漏水，天花板受损", ("周建国", "吴秀兰"), "楼上修好水管，赔偿粉刷费用"),
    ("宅基地纠纷", "两家院墙的位置", ("赵大勇", "钱桂英"), "按原有界址重砌，各让半尺"),
    ("物业纠纷", "停车费涨价", ("孙立新", "青松物业"), ""),
    ("劳务纠纷", "装修工钱拖欠", ("郑小龙", "王海波"), None),
)
#: What was moved, and votes for, against and abstained.
_MEETINGS = (
    ("老旧楼栋加装电梯议事会", (("三号楼加装电梯，费用按楼层分摊", 24, 3, 1),)),
    ("村口停车位议事会", (("村口空地划停车位二十个", 18, 2, 0), ("夜间收费两元", 8, 11, 1))),
)
_CALLS = (
    ("pipe", "楼道总水管接头漏水"),
    ("lamp", "三单元楼道灯不亮"),
    ("wall", "北墙瓷砖脱落，已拉警戒线"),
    ("pipe", "地下室排水管堵塞"),
    ("lamp", "楼前路灯闪烁"),
)
_GRANT_FEN, _COSTS_FEN = 5_000_000, (168_000, 32_500)


@dataclass(frozen=True)
class _Registrar:
    """Who keeps the registers, where and when."""

    hand: Hand
    keeper: Identity
    now: datetime
    places: list[str]

    @property
    def today(self) -> date:
        return self.now.astimezone(self.hand.zone).date()

    def days_ago(self, days: int) -> date:
        """So many days back, but not before the registers began."""
        return max(_BEGAN, self.today - timedelta(days=days))


async def register(hand: Hand) -> dict[str, int]:
    """Fill the registers of a town; its practices are loaded, its people posted."""
    registrar = _Registrar(
        hand,
        await hand.identity(Role.SUPERVISOR),
        await mandates.now(hand.session),
        await communities(hand.session),
    )
    groups = await _groups(registrar)
    return {
        "groups": len(groups),
        "findings": await _findings(registrar),
        "projects": await _projects(registrar),
        "mediations": await _mediations(registrar, groups),
        "deliberations": await _meetings(registrar, groups),
        "repairs": await _repairs(registrar),
    }


async def _groups(registrar: _Registrar) -> dict[tuple[str, str], int]:
    """A team of volunteers in all communities but the last, studios of mediation in each.

    Ids by division and code.
    """
    session, county = registrar.hand.session, registrar.hand.county
    streets = sorted({code[:9] + "000" for code in registrar.places})
    told = []
    for street in streets:
        name = await division_name(session, street)
        above = GroupRef(division=county, code=_MEDIATION)
        told.append(_a_group(street, "mediation", f"{name}苔花调解工作室", "街道", parent=above))
    for community in registrar.places:
        name = await division_name(session, community)
        above = GroupRef(division=community[:9] + "000", code=_MEDIATION)
        told.append(_a_group(community, "mediation", f"{name}苔花调解工作室", "社区", parent=above))
        if community == registrar.places[-1]:
            continue
        low, high = code_range(community)
        workers, _ = await people.page(session, low=low, high=high, role=None, limit=6, offset=0)
        members = [
            MemberIn(person=one["code"], duty="成员" if n else "队长", begins=_BEGAN)
            for n, one in enumerate(workers)
        ]
        team = _a_group(community, "volunteer_team", f"{name}红马甲志愿队", "社区", members=members)
        told.append(team)
    ids = await group_service.put(session, told, registrar.keeper)
    return {(one.division, one.code): found for one, found in zip(told, ids, strict=True)}


def _a_group(
    division: str,
    kind: str,
    name: str,
    level: str,
    *,
    parent: GroupRef | None = None,
    members: list[MemberIn] | None = None,
) -> GroupIn:
    code = _MEDIATION if kind == "mediation" else "hong-ma-jia"
    return GroupIn(
        **{"division": division, "code": code, "kind": kind, "name": name, "level": level},
        **{"begins": _BEGAN, "parent": parent, "members": members or []},
    )


async def _findings(registrar: _Registrar) -> int:
    """What was found last month: nearly all of it good, some not looked at yet."""
    hand = registrar.hand
    low, high = code_range(hand.county)
    written = 0
    for standard in await standard_service.standards(hand.session, low, high):
        all_of_them = await standard_service.result(
            hand.session, standard.id, low=low, high=high, on=registrar.today, limit=1000
        )
        findings = []
        for subject in all_of_them.short_of_it:
            if hand.rng.random() > _SEEN:
                continue
            for item in standard.items:
                met = bool(hand.rng.random() < _MET)
                if standard.subject == "division" and item is standard.items[-1]:
                    met = subject is not all_of_them.short_of_it[-1]
                finding = {"subject": subject.code, "item": item.code, "met": met}
                findings.append(FindingIn(**finding, note="" if met else _MISSING))
        if findings:
            # The cells were published today: nothing was there to be looked at before.
            told = FindingsIn(found_on=registrar.today, findings=findings)
            written += await standard_service.add(
                hand.session, standard.id, told, registrar.keeper, today=registrar.today
            )
    return written


async def _projects(registrar: _Registrar) -> int:
    """A department paired with each community; two have done all that is owed, one nothing."""
    hand, today = registrar.hand, registrar.today
    programmes = await project_service.programmes(hand.session, *code_range(hand.county))
    pairing = next(one for one in programmes if one.code == _PAIRING)
    begins = date(today.year, 1, 1)
    units = ("ZJJ", "NYJ", "MZJ", "WJW", "SFJ", "YJJ")
    told = [
        ProjectIn(
            **{"programme": pairing.id, "division": community, "code": "jie-dui"},
            name=f"{await division_name(hand.session, community)}结对",
            begins=begins,
            holders=[HolderIn(role="department", unit=unit, begins=begins)] if n else [],
        )
        for n, (community, unit) in enumerate(zip(registrar.places, units, strict=False))
    ]
    secretary = next(one for one in programmes if one.code == "di-yi-shu-ji")
    told.append(
        ProjectIn(
            **{"programme": secretary.id, "division": registrar.places[-1], "code": "shu-ji"},
            name="驻村第一书记",
            begins=begins,
            holders=[HolderIn(role="secretary", name="马文涛", begins=begins)],
        )
    )
    ids = await project_service.put(hand.session, told, registrar.keeper, hand.keyring)
    for n, project in enumerate(ids[:-1]):
        for quota, amount, note in (
            ("items", 4 * n, "修路灯、清沟渠、送农资"),
            ("households", 2 * n, "结对走访困难户"),
        ):
            if amount:
                entry = ProjectEntryIn(
                    **{"quota": quota, "amount": amount, "note": note},
                    done_on=max(begins, today - timedelta(days=7 * n)),
                    client_key=f"demo-{quota}",
                )
                await project_service.enter(hand.session, project, entry, today=today)
        if n:
            score = ProjectScoreIn(unit=units[n], year=today.year, score=84 + 3 * n)
            await project_service.score(hand.session, project, score, registrar.keeper, today=today)
    return len(ids)


async def _mediations(registrar: _Registrar, groups: dict[tuple[str, str], int]) -> int:
    """Of four disputes two are settled where they began, one failed further up, one goes on."""
    hand, today = registrar.hand, registrar.today
    for n, (kind, subject, parties, result) in enumerate(_DISPUTES):
        place = registrar.places[n % len(registrar.places)]
        told = MediationIn(
            **{"division": place, "group": groups[place, _MEDIATION], "kind": kind},
            **{"subject": subject, "parties": [PartyIn(name=name) for name in parties]},
            client_key=f"demo-dispute-{n}",
        )
        made = await sitting_service.open_mediation(
            hand.session, told, registrar.keeper, hand.keyring, today=today
        )
        if result == "":
            await sitting_service.pass_up(hand.session, made.id, today=today)
        if result is not None:
            ended = MediationResultIn(settled=bool(result), result=result or "双方要求走诉讼")
            await sitting_service.close(hand.session, made.id, ended, hand.keyring)
    return len(_DISPUTES)


async def _meetings(registrar: _Registrar, groups: dict[tuple[str, str], int]) -> int:
    teams = [found for (_, code), found in groups.items() if code != _MEDIATION]
    for n, (title, motions) in enumerate(_MEETINGS):
        told = DeliberationIn(
            group=teams[n % len(teams)],
            title=title,
            held_on=registrar.days_ago(9 + 14 * n),
            **{"invited": 30 + 5 * n, "attended": 28, "client_key": f"demo-meeting-{n}"},
            motions=[
                MotionIn(proposal=said, votes_for=yes, votes_against=no, abstained=none)
                for said, yes, no, none in motions
            ],
        )
        await sitting_service.hold(
            registrar.hand.session, told, registrar.keeper, today=registrar.today
        )
    return len(_MEETINGS)


async def _repairs(registrar: _Registrar) -> int:
    """Calls of the last days: two settled, one done, one booked for tomorrow, one just called."""
    hand, now = registrar.hand, registrar.now
    low, high = code_range(hand.county)
    (pack,) = await repair_service.packs(hand.session, low, high)
    await ledger.ensure(hand.session, hand.county, "income", "fen", {"cai-zheng": "财政拨款"})
    granted = [(pack.fund, _GRANT_FEN), ("cai-zheng", -_GRANT_FEN)]
    await ledger.book(hand.session, Booking(hand.county, "应急包年度拨款", granted, "demo-grant"))
    page = await group_service.page(
        hand.session, low=low, high=high, kind="crew", on=registrar.today, limit=1, offset=0
    )
    homes = await homes_of(hand)
    for n, (item, said) in enumerate(_CALLS):
        home = homes[(n + 1) * len(homes) // (len(_CALLS) + 2)]
        called_at = now - timedelta(days=12 - 3 * n, hours=n)
        told = RepairIn(
            **{"pack": pack.id, "item": item, "description": said, "called_at": called_at},
            **{"lon": home["lon"], "lat": home["lat"], "datum": Datum.WGS84},
            client_key=f"demo-repair-{n}",
        )
        made = await repair_service.call(hand.session, told, hand.zone)
        if n == len(_CALLS) - 1:
            break
        visited_at = min(now, called_at + timedelta(hours=2))
        answers = {one.code: "已查看" for one in pack.questions}
        seen = RepairSurveyIn(visited_at=visited_at, answers=answers)
        await repair_service.survey(hand.session, made.id, seen)
        done = n < len(_CALLS) - 2
        begins = visited_at + timedelta(hours=3) if done else now + timedelta(days=1)
        booking = RepairBookingIn(
            crew=page.groups[0].id, begins=begins, ends=begins + timedelta(hours=2)
        )
        await repair_service.book(hand.session, made.id, booking, hand.zone)
        if done:
            mended = RepairDoneIn(done_at=begins + timedelta(hours=2), note="已修好，现场清理完毕")
            await repair_service.finish(hand.session, made.id, mended)
        if n < len(_COSTS_FEN):
            cost = RepairCostIn(cost_fen=_COSTS_FEN[n])
            await repair_service.settle(hand.session, made.id, cost)
    return len(_CALLS)
