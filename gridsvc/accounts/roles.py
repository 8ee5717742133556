"""Roles, and what each of them may do; pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """What an account is for; an account may have several roles."""

    PLANNER = "planner"
    DISPATCHER = "dispatcher"
    GRID_WORKER = "grid_worker"
    LIAISON = "liaison"
    OFFICER = "officer"
    DEPARTMENT = "department"
    SUPERVISOR = "supervisor"
    APPRAISER = "appraiser"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    PARTNER = "partner"
    CITIZEN = "citizen"


class Permission(StrEnum):
    """What a route lets somebody do."""

    VIEW_CELLS = "view_cells"
    VIEW_MAP = "view_map"
    REPORT_EVENTS = "report_events"
    VIEW_EVENTS = "view_events"
    HANDLE_EVENTS = "handle_events"
    DIRECT_EVENTS = "direct_events"
    APPROVE_SUSPENSIONS = "approve_suspensions"
    VIEW_FIGURES = "view_figures"
    APPRAISE = "appraise"
    KEEP_LEDGER = "keep_ledger"
    CALL_UNITS = "call_units"
    ANSWER_CALLS = "answer_calls"
    SIGN_CALLS = "sign_calls"
    VISIT_HOUSEHOLDS = "visit_households"
    DIRECT_VISITS = "direct_visits"
    SEND_WARNINGS = "send_warnings"
    CHECK_WARNINGS = "check_warnings"
    DIRECT_WARNINGS = "direct_warnings"
    REGISTER_AT_WINDOW = "register_at_window"
    DIRECT_RECEPTIONS = "direct_receptions"
    VIEW_REGISTERS = "view_registers"
    KEEP_REGISTERS = "keep_registers"
    BROADCAST = "broadcast"
    VIEW_DRAFTS = "view_drafts"
    EDIT_DRAFTS = "edit_drafts"
    APPROVE_DRAFTS = "approve_drafts"
    LOAD_TABLES = "load_tables"
    FIND_NEAREST = "find_nearest"
    CLOSE_ROADS = "close_roads"
    TELL_POSITION = "tell_position"
    TELL_POSITIONS_OF_OTHERS = "tell_positions_of_others"
    SET_DUTY = "set_duty"
    SET_DUTY_OF_OTHERS = "set_duty_of_others"
    VIEW_PEOPLE = "view_people"
    UNMASK = "unmask"
    EXPORT_PERSON = "export_person"
    ERASE_PERSON = "erase_person"
    MANAGE_ACCOUNTS = "manage_accounts"
    VIEW_AUDIT = "view_audit"


_OWN_WORK = {
    Permission.VIEW_CELLS,
    Permission.REPORT_EVENTS,
    Permission.VIEW_EVENTS,
    Permission.HANDLE_EVENTS,
    Permission.TELL_POSITION,
    Permission.SET_DUTY,
    Permission.VISIT_HOUSEHOLDS,
    Permission.VIEW_REGISTERS,
}
#: Whoever answers for cells: they sit at the windows of their villages, too.
_IN_CELLS = _OWN_WORK | {Permission.CHECK_WARNINGS, Permission.REGISTER_AT_WINDOW}
_DESK = {
    Permission.VIEW_CELLS,
    Permission.VIEW_MAP,
    Permission.REPORT_EVENTS,
    Permission.VIEW_EVENTS,
    Permission.DIRECT_EVENTS,
    Permission.CALL_UNITS,
    Permission.DIRECT_VISITS,
    Permission.DIRECT_RECEPTIONS,
    Permission.VIEW_REGISTERS,
    Permission.KEEP_REGISTERS,
    Permission.REGISTER_AT_WINDOW,
    Permission.VIEW_FIGURES,
    Permission.FIND_NEAREST,
    Permission.CLOSE_ROADS,
    Permission.SET_DUTY_OF_OTHERS,
    Permission.VIEW_PEOPLE,
    Permission.UNMASK,
}

#: What each role may do; who keeps the accounts and who reads the audit trail see no events.
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.PLANNER: frozenset(
        {
            Permission.VIEW_CELLS,
            Permission.VIEW_MAP,
            Permission.VIEW_PEOPLE,
            Permission.VIEW_DRAFTS,
            Permission.EDIT_DRAFTS,
            Permission.APPROVE_DRAFTS,
            Permission.LOAD_TABLES,
        }
    ),
    Role.DISPATCHER: frozenset(_DESK),
    Role.GRID_WORKER: frozenset(_IN_CELLS),
    Role.LIAISON: frozenset(_IN_CELLS),
    Role.OFFICER: frozenset(_OWN_WORK),
    Role.DEPARTMENT: frozenset(
        {
            Permission.VIEW_CELLS,
            Permission.REPORT_EVENTS,
            Permission.VIEW_EVENTS,
            Permission.ANSWER_CALLS,
            Permission.VIEW_FIGURES,
            Permission.VIEW_REGISTERS,
        }
    ),
    Role.SUPERVISOR: frozenset(
        _DESK
        | {
            Permission.APPROVE_SUSPENSIONS,
            Permission.SIGN_CALLS,
            Permission.DIRECT_WARNINGS,
            Permission.BROADCAST,
            Permission.KEEP_LEDGER,
            Permission.VIEW_DRAFTS,
            Permission.APPROVE_DRAFTS,
        }
    ),
    Role.APPRAISER: frozenset(
        {
            Permission.VIEW_CELLS,
            Permission.VIEW_MAP,
            Permission.VIEW_EVENTS,
            Permission.VIEW_FIGURES,
            Permission.APPRAISE,
            Permission.VIEW_REGISTERS,
            Permission.VIEW_PEOPLE,
            Permission.VIEW_DRAFTS,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.MANAGE_ACCOUNTS,
            Permission.EXPORT_PERSON,
            Permission.ERASE_PERSON,
        }
    ),
    Role.AUDITOR: frozenset({Permission.VIEW_AUDIT}),
    Role.PARTNER: frozenset(
        {
            Permission.VIEW_CELLS,
            Permission.REPORT_EVENTS,
            Permission.VIEW_EVENTS,
            Permission.TELL_POSITIONS_OF_OTHERS,
            Permission.SEND_WARNINGS,
        }
    ),
    Role.CITIZEN: frozenset(
        {Permission.VIEW_CELLS, Permission.REPORT_EVENTS, Permission.VIEW_EVENTS}
    ),
}

#: Roles whose accounts need a second factor: they see more than their own work.
STAFF = frozenset(
    {
        Role.PLANNER,
        Role.DISPATCHER,
        Role.DEPARTMENT,
        Role.SUPERVISOR,
        Role.APPRAISER,
        Role.ADMINISTRATOR,
        Role.AUDITOR,
    }
)
#: Roles that see their own reports only.
OWN_REPORTS_ONLY = frozenset({Role.PARTNER, Role.CITIZEN})
#: Roles of accounts that stand for somebody who works in the grids.
FIELD = frozenset({Role.GRID_WORKER, Role.LIAISON, Role.OFFICER})

NAMES: dict[Role, str] = {
    Role.PLANNER: "规划员",
    Role.DISPATCHER: "调度员",
    Role.GRID_WORKER: "网格员",
    Role.LIAISON: "微网格联络员",
    Role.OFFICER: "执法人员",
    Role.DEPARTMENT: "职能部门",
    Role.SUPERVISOR: "督办员",
    Role.APPRAISER: "考评员",
    Role.ADMINISTRATOR: "系统管理员",
    Role.AUDITOR: "审计员",
    Role.PARTNER: "对接系统",
    Role.CITIZEN: "市民",
}


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Everything that somebody with these roles may do."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))


def roles_with(permission: Permission) -> list[Role]:
    """Roles that may do something, in the order of `Role`."""
    return [role for role in Role if permission in PERMISSIONS[role]]
