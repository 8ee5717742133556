"""What must follow the password before somebody is signed in; pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from gridsvc.accounts.roles import STAFF, Role


class Step(StrEnum):
    """What is left to do; `DONE` when nothing is."""

    CODE = "code"
    PASSWORD = "password"  # noqa: S105 - the step's name
    ENROL = "enrol"
    DONE = "done"


def next_step(row: Any, second_factor: str, *, code_given: bool = True) -> Step:
    """What an account must do next.

    Parameters
    ----------
    row
        roles, must_change_password, has_second_factor, openid, demonstration.
    second_factor
        ``required`` where staff must have one; not the demonstration's accounts, nor those whose
        OpenID provider looks after it.
    code_given
        Whether a code of the second factor was given already.
    """
    if row["has_second_factor"] and not code_given:
        return Step.CODE
    if row["must_change_password"]:
        return Step.PASSWORD
    staff = not STAFF.isdisjoint(Role(role) for role in row["roles"])
    elsewhere = row["demonstration"] or row["openid"]
    needed = second_factor == "required" and staff and not elsewhere
    return Step.ENROL if needed and not row["has_second_factor"] else Step.DONE
