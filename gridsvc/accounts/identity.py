"""Who is asking, and what they may do and see; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gridsvc.accounts.roles import OWN_REPORTS_ONLY, Permission, Role
from gridsvc.codes import ancestors, checked, code_range
from gridsvc.db import Scope


@dataclass(frozen=True)
class Identity:
    """An account that proved itself, for the length of one request.

    Attributes
    ----------
    login
        Name the account signs in by.
    roles, permissions
        What it is for, and what it may do: fewer with an API key that is limited.
    areas
        Codes of the divisions it may see.
    matters
        Codes of the matters whose events it may see, sub-matters included; none = every one.
    person_id, person_code
        Grid worker, liaison or officer the account stands for, if any.
    via
        How it proved itself: session, token or api_key.
    csrf
        What unsafe requests of a browser session must repeat.
    key
        Database id of the API key, if it came with one.
    unit
        Code of the unit it acts for; none = every one of its areas.
    """

    account_id: int
    login: str
    roles: tuple[Role, ...]
    permissions: frozenset[Permission]
    areas: tuple[str, ...]
    matters: tuple[str, ...] | None
    person_id: int | None
    person_code: str | None
    via: str
    csrf: str | None = None
    key: int | None = None
    unit: str | None = None

    def may(self, permission: Permission) -> bool:
        """Whether something is among what this account may do."""
        return permission in self.permissions

    def answers_for(self, division: str) -> bool:
        """Whether a division, and all in it, is among this account's areas."""
        low, high = code_range(checked(division))
        return any(first <= low and high <= last for first, last in merged(self.areas))

    def limited_to(self, permissions: frozenset[Permission], *, key: int) -> Identity:
        """The same account by one of its keys, which may do no more than these permissions."""
        return replace(self, permissions=self.permissions & permissions, key=key)

    @property
    def scope(self) -> Scope:
        """Rows the database is to show to this account."""
        own = set(self.roles) <= OWN_REPORTS_ONLY
        return Scope(
            ranges=tuple(merged(self.areas)),
            above=tuple(sorted({code for area in self.areas for code in ancestors(area)})),
            reporter=str(self.account_id) if own else "*",
            matters=("*",) if self.matters is None else self.matters,
        )


def merged(areas: tuple[str, ...]) -> list[tuple[str, str]]:
    """Ranges of the divisions, lowest first, without those that lie in another or touch it."""
    ranges: list[tuple[str, str]] = []
    for low, high in sorted(code_range(area) for area in areas):
        if ranges and low <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(high, ranges[-1][1]))
        else:
            ranges.append((low, high))
    return ranges
