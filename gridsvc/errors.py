"""Every error gridsvc raises on purpose, and how each reaches the user.

Over HTTP an error becomes an RFC 9457 ``application/problem+json`` document; on the
command line it becomes one line on standard error and an exit code::

    GridsvcError            500
    ├── BadInput            422   what was sent cannot be used; the message says what to do
    ├── Unauthenticated     401   nobody knows who is asking
    ├── Forbidden           403   known, but not entitled
    ├── TooMany             429   too often; see Retry-After
    ├── NotFound            404   nothing has this code or id
    ├── Conflict            409   right in itself, but not in the present state
    ├── Unavailable         503   a part the service needs is missing or busy
    ├── ImproperPlan        409   a cell plan failed its checks (exit code 1)
    └── Infeasible          409   something wished for cannot be; the nearest plan was made (1)
"""

from __future__ import annotations

from typing import Any, ClassVar


class GridsvcError(Exception):
    """Base of all errors meant for users.

    Parameters
    ----------
    detail
        One sentence that says what was wrong and what to do about it.
    **members
        Further members of the problem document, JSON-serialisable, for programs.
    """

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"
    exit_code: ClassVar[int] = 2

    def __init__(self, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = members


class BadInput(GridsvcError):
    """The data or the arguments cannot be used as they are."""

    status = 422
    title = "Input cannot be used"


class Unauthenticated(GridsvcError):
    """Whoever asks did not say, or could not prove, who they are."""

    status = 401
    title = "Sign in first"


class Forbidden(GridsvcError):
    """Whoever asks is known and not entitled to this."""

    status = 403
    title = "Not allowed"


class TooMany(GridsvcError):
    """Somebody asks more often than they may; ``retry_after_s`` tells when to come again."""

    status = 429
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class NotFound(GridsvcError):
    """Nothing has the code or id that was asked for."""

    status = 404
    title = "Not found"


class Conflict(GridsvcError):
    """The request does not fit the present state of what it touches."""

    status = 409
    title = "Conflict with the present state"


class Unavailable(GridsvcError):
    """Something the service depends on is missing, too old or not reachable."""

    status = 503
    title = "Service not available"


class ImproperPlan(GridsvcError):
    """A cell plan is not a proper coverage; the failed checks are in ``members``."""

    status = 409
    title = "The plan failed its checks"
    exit_code = 1


class Infeasible(GridsvcError):
    """Something a planner wished for cannot be met; which, and what can, is in ``members``."""

    status = 409
    title = "The wish cannot be met"
    exit_code = 1
