"""Kinds of notices, their words, and what each of them allows; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gridsvc.errors import BadInput

Language = str
#: Longest a fact may be; a notice is no letter.
_LONGEST = 200
#: Characters that no line of a notice holds: controls, separators, and those that turn its order.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
#: What chat robots read as markup or as a call of somebody, and what stands for it.
_MARKUP = str.maketrans(
    {"<": "＜", ">": "＞", "@": "＠", "*": "＊", "`": "｀", "[": "［", "]": "］"}
)


class Kind(StrEnum):
    """What a notice is about."""

    NEW_EVENT = "new_event"
    ASSIGNED = "assigned"
    REMINDER = "reminder"
    OVERDUE = "overdue"
    ESCALATED = "escalated"
    WHISTLE = "whistle"
    WHISTLE_UNANSWERED = "whistle_unanswered"
    DRAFT_SUBMITTED = "draft_submitted"
    WARNING = "warning"
    WARNING_LATE = "warning_late"
    BROADCAST = "broadcast"
    ORDER_REMINDER = "order_reminder"
    ORDER_OVERDUE = "order_overdue"
    ORDER_ESCALATED = "order_escalated"


@dataclass(frozen=True)
class Manner:
    """How a kind is told.

    Attributes
    ----------
    again
        Whether it is sent again when nobody knows whether it was sent: to be told twice is then
        better than not at all.
    quiet
        Whether it waits for the end of somebody's quiet hours.
    """

    again: bool
    quiet: bool


#: What somebody must do comes twice rather than never; what is good to know at most once.
MANNERS: dict[Kind, Manner] = {
    Kind.NEW_EVENT: Manner(again=False, quiet=True),
    Kind.ASSIGNED: Manner(again=True, quiet=False),
    Kind.REMINDER: Manner(again=False, quiet=True),
    Kind.OVERDUE: Manner(again=False, quiet=True),
    Kind.ESCALATED: Manner(again=True, quiet=False),
    Kind.WHISTLE: Manner(again=True, quiet=False),
    Kind.WHISTLE_UNANSWERED: Manner(again=True, quiet=False),
    Kind.DRAFT_SUBMITTED: Manner(again=True, quiet=True),
    Kind.WARNING: Manner(again=True, quiet=False),
    Kind.WARNING_LATE: Manner(again=True, quiet=False),
    Kind.BROADCAST: Manner(again=False, quiet=False),
    Kind.ORDER_REMINDER: Manner(again=False, quiet=True),
    Kind.ORDER_OVERDUE: Manner(again=False, quiet=True),
    Kind.ORDER_ESCALATED: Manner(again=True, quiet=False),
}
AGAIN = tuple(kind.value for kind, manner in MANNERS.items() if manner.again)

#: Title and text; `{fact}` stands for a fact, `?` after a name leaves the line out without it.
_WORDS: dict[Kind, dict[Language, tuple[str, str]]] = {
    Kind.NEW_EVENT: {
        "zh": ("新事件：{matter}", "网格 {cell} 有新事件 {subject}。"),
        "en": ("New event: {matter}", "Event {subject} was reported in cell {cell}."),
    },
    Kind.ASSIGNED: {
        "zh": ("派给您：{matter}", "事件 {subject} 已派给您，地点在网格 {cell}，请尽快接单。"),
        "en": ("Assigned to you: {matter}", "Event {subject} in cell {cell} is yours; accept it."),
    },
    Kind.REMINDER: {
        "zh": ("即将到期：{matter}", "事件 {subject} 须在 {due} 前办理，所在网格 {cell}。"),
        "en": ("Due soon: {matter}", "Event {subject} in cell {cell} is due by {due}."),
    },
    Kind.OVERDUE: {
        "zh": ("已超期：{matter}", "事件 {subject} 应在 {due} 前办理，已超期，所在网格 {cell}。"),
        "en": ("Overdue: {matter}", "Event {subject} in cell {cell} was due by {due}."),
    },
    Kind.ESCALATED: {
        "zh": ("升级督办：{matter}", "事件 {subject} 已升级到{level}督办，所在网格 {cell}。"),
        "en": ("Escalated: {matter}", "Event {subject} in cell {cell} was escalated to {level}."),
    },
    Kind.WHISTLE: {
        "zh": ("吹哨：{matter}", "{caller} 吹哨，哨单 {subject}，请在 {due} 前报到。"),
        "en": ("Whistle call: {matter}", "{caller} calls, call {subject}; check in by {due}."),
    },
    Kind.WHISTLE_UNANSWERED: {
        "zh": ("吹哨未报到：{matter}", "哨单 {subject}：{unit} 未在 {due} 前报到。"),
        "en": ("Whistle unanswered: {matter}", "Call {subject}: {unit} did not check in by {due}."),
    },
    Kind.DRAFT_SUBMITTED: {
        "zh": ("待审批草案：{matter}", "草案 {subject} 已提交，须由第二人审批，请在规划台打开。"),
        "en": ("Draft to approve: {matter}", "Draft {subject} awaits a second person's approval."),
    },
    Kind.WARNING: {
        "zh": ("风险预警待核查", "网格 {cell} 有预警 {subject}，请在 {due} 前上门核查。"),
        "en": ("Warning to check", "Warning {subject} in cell {cell}; check it by {due}."),
    },
    Kind.WARNING_LATE: {
        "zh": ("风险预警超期未核查", "网格 {cell} 的预警 {subject} 应在 {due} 前核查。"),
        "en": ("Warning not checked", "Warning {subject} in cell {cell} was due by {due}."),
    },
    Kind.BROADCAST: {
        "zh": ("网格广播", "{message}（广播 {subject}）"),
        "en": ("Broadcast", "{message} (broadcast {subject})"),
    },
    Kind.ORDER_REMINDER: {
        "zh": ("交办单即将到期：{matter}", "交办单 {subject} 须在 {due} 前办理。"),
        "en": ("Work order due soon: {matter}", "Work order {subject} is due by {due}."),
    },
    Kind.ORDER_OVERDUE: {
        "zh": ("交办单已超期：{matter}", "交办单 {subject} 应在 {due} 前办理，已超期。"),
        "en": ("Work order overdue: {matter}", "Work order {subject} was due by {due}."),
    },
    Kind.ORDER_ESCALATED: {
        "zh": (
            "交办单升级督办：{matter}",
            "交办单 {subject} 应在 {due} 前办理，已升级到{level}。",
        ),
        "en": (
            "Work order escalated: {matter}",
            "Work order {subject} was due by {due} and was escalated to {level}.",
        ),
    },
}
#: What a notice may tell: no names of people, no phones, no text of a report, no exact place.
#: A message is what somebody who may broadcast wrote for all to hear.
FACTS = frozenset({"matter", "cell", "due", "level", "caller", "unit", "message"})
LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Words:
    """A notice as it is read."""

    title: str
    text: str


def checked(facts: Mapping[str, str]) -> dict[str, str]:
    """The facts themselves, as one line each, if a notice may tell them.

    Raises
    ------
    BadInput
        If one is unknown, no text, or too long.
    """
    if unknown := sorted(set(facts) - FACTS):
        raise BadInput(f"a notice does not tell {unknown[0]!r}; it may tell {sorted(FACTS)}")
    for name, value in facts.items():
        if not isinstance(value, str) or len(value) > _LONGEST:
            raise BadInput(f"the fact {name!r} of a notice is a text of at most {_LONGEST}")
    return {name: one_line(value) for name, value in facts.items()}


def one_line(value: str) -> str:
    """A text without what could begin another line, header or direction."""
    return _UNSEEN.sub(" ", value).strip()


def as_chat(value: str) -> str:
    """One line in which a chat robot finds no markup and calls nobody."""
    return one_line(value).translate(_MARKUP)


def words(
    kind: Kind, facts: Mapping[str, str], subject: str, *, language: Language, chat: bool
) -> Words:
    """Title and text of a notice; a fact that is missing reads as a dash.

    Parameters
    ----------
    chat
        Whether it goes to a chat robot, which reads markup.
    """
    escape = as_chat if chat else one_line
    told = dict.fromkeys(FACTS, "—") | {n: escape(v) for n, v in facts.items()}
    title, text = _WORDS[kind][language]
    return Words(
        title.format(subject=escape(subject), **told), text.format(subject=escape(subject), **told)
    )
