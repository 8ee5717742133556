"""What lists there are, and what an entry of each says to whom it may concern; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from gridsvc.mandates.calendar import TimeUnit

#: What the list of a kind is called in messages and on pages.
NAMES = {
    "powers": "权力清单",
    "matters": "事项清单",
    "units": "单位清单",
    "delegations": "赋权清单",
    "limits": "处置时限",
    "policies": "派遣规则",
    "duties": "职责清单",
    "calendars": "工作日历",
    "proofs": "证明事项清单",
    "items": "服务事项清单",
    "windows": "服务窗口",
    "offers": "进窗事项",
    "forms": "填报事项清单",
    "admissions": "网格准入清单",
}
#: Table with the entries of each kind of list.
TABLES = {
    "powers": "power_entry",
    "matters": "matter_entry",
    "units": "unit_entry",
    "delegations": "delegation",
    "limits": "time_limit",
    "policies": "dispatch_policy",
    "duties": "duty",
    "calendars": "calendar_day",
    "proofs": "proof",
    "items": "service_item",
    "windows": "service_window",
    "offers": "service_offer",
    "forms": "form_field",
    "admissions": "admission",
}
#: Columns of a kind that tell its entries apart; for people, too.
KEYS = {
    "powers": ("code",),
    "matters": ("code",),
    "units": ("code",),
    "delegations": ("power_code", "division_code"),
    "limits": ("matter_code", "stage", "sequence"),
    "policies": ("matter_code",),
    "duties": ("matter_code", "level", "part", "unit_kind", "unit_code"),
    "calendars": ("first", "kind"),
    "proofs": ("code",),
    "items": ("code",),
    "windows": ("code",),
    "offers": ("window_code", "item_code"),
    "forms": ("form_code", "field"),
    "admissions": ("code",),
}
#: Kinds whose entries stay until they end by their own dates: events and people refer to them.
LASTING = frozenset({"powers", "matters", "units"})

#: Stages of a case that may have a limit, in their order.
STAGES = ("file", "dispatch", "accept", "arrive", "handle", "verify", "close")
UNIT_KINDS = ("department", "street", "centre", "enterprise", "team")
LEVELS = ("province", "city", "county", "street", "community")


@dataclass(frozen=True)
class Version:
    """A list as it was loaded.

    Attributes
    ----------
    division_code
        Area it holds for, `codes.WHOLE` for everywhere.
    begins
        From when on it holds, until the next of its kind and area begins.
    source
        Where it came from, a file's name for instance.
    """

    id: int
    kind: str
    division_code: str
    begins: datetime
    source: str
    entries: int
    digest: str
    loaded_at: datetime


@dataclass(frozen=True)
class Limit:
    """A time limit of a matter at a stage; several of a stage follow each other by `sequence`.

    Attributes
    ----------
    matter_code
        Matter it was set for: the one asked for, or a class above it.
    name
        What has to be done by then, where a stage has several limits (停工, 罚款, 拆除).
    """

    matter_code: str
    stage: str
    sequence: int
    name: str
    amount: float
    time_unit: TimeUnit


@dataclass(frozen=True)
class DispatchPolicy:
    """How somebody is found for a matter.

    Attributes
    ----------
    matter_code
        Matter it was set for, none where no list says anything.
    first
        own_grid: the grid's worker alone; nearest: whoever is nearest; own_then_nearest.
    reach
        Area whose people may be sent: grid, street, county or anywhere.
    max_radius_m, max_position_age_s
        Farthest somebody may be, and oldest a position may be; none = any.
    accept_within_s
        After so long without an answer it goes to the next.
    travel_mode
        walk, ebike or car.
    rest_s
        Pause after closing one.
    """

    matter_code: str | None = None
    first: str = "own_then_nearest"
    reach: str = "county"
    max_radius_m: float | None = None
    max_position_age_s: float | None = None
    accept_within_s: float = 900.0
    travel_mode: str = "ebike"
    rest_s: float = 0.0


@dataclass(frozen=True)
class Duty:
    """Who leads or assists in a matter at a level.

    Attributes
    ----------
    matter_code
        Matter it was set for: the one asked for, or a class above it.
    unit_code, unit_name
        None where the list names a kind of unit alone and no such unit is known in the area.
    unit_kind
        One of `UNIT_KINDS`.
    part
        lead or assist.
    """

    matter_code: str
    level: str
    part: str
    unit_kind: str
    unit_code: str | None
    unit_name: str | None
    task: str


@dataclass(frozen=True)
class DelegatedPower:
    """A power that a street or town has on a day, from whom and on what ground."""

    power_code: str
    name: str
    division_code: str
    from_unit: str
    legal_basis: str
    valid_from: date
    valid_to: date | None
