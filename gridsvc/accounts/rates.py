"""How often somebody may ask: moving windows in the memory of one process, by ``limits``."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from gridsvc.accounts.identity import Identity
from gridsvc.errors import TooMany


class Rates:
    """Limits of one service.

    Parameters
    ----------
    requests_per_minute
        Of one account, or of one API key: every device has a key of its own.
    sign_ins_per_minute
        Tries to sign in from one network address.
    public_per_minute
        Requests to public data from one network address.
    reports_per_hour
        Reports, photos and followings without an account from one network address.
    """

    def __init__(
        self,
        *,
        requests_per_minute: int,
        sign_ins_per_minute: int,
        public_per_minute: int,
        reports_per_hour: int,
    ) -> None:
        self._windows = MovingWindowRateLimiter(MemoryStorage())
        self._requests = RateLimitItemPerMinute(requests_per_minute, namespace="requests")
        self._sign_ins = RateLimitItemPerMinute(sign_ins_per_minute, namespace="sign-ins")
        self._public = RateLimitItemPerMinute(public_per_minute, namespace="public")
        self._reports = RateLimitItemPerHour(reports_per_hour, namespace="reports")

    async def count_request(self, identity: Identity) -> None:
        """Count a request of an account or a key.

        Raises
        ------
        TooMany
            If there were too many within the last minute.
        """
        who = f"key {identity.key}" if identity.key else f"account {identity.account_id}"
        await self._count(self._requests, who)

    async def count_device(self, device_id: int) -> None:
        """Count a position of a phone that tells them without an account; raises the same."""
        await self._count(self._requests, f"device {device_id}")

    async def count_place_device(self, device_id: int) -> None:
        """Count an alarm of a device that stands at a place; raises the same."""
        await self._count(self._requests, f"place device {device_id}")

    async def count_sign_in(self, address: str | None) -> None:
        """Count a try to sign in from an address; raises as `count_request`."""
        await self._count(self._sign_ins, address or "unknown")

    async def count_public(self, address: str | None) -> None:
        """Count a request to public data from an address; raises as `count_request`."""
        await self._count(self._public, address or "unknown")

    async def count_report(self, address: str | None) -> None:
        """Count what somebody without an account sends; raises as `count_request`."""
        await self._count(self._reports, address or "unknown")

    async def _count(self, item: RateLimitItem, who: str) -> None:
        if await self._windows.hit(item, who):
            return
        window = await self._windows.get_window_stats(item, who)
        wait_s = max(1, math.ceil(window.reset_time - time.time()))
        raise TooMany(
            f"more than {item.amount} requests within {item.GRANULARITY.name}; wait {wait_s} s",
            retry_after_s=wait_s,
        )
