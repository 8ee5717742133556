"""Hears what WeCom and DingTalk answer: both refuse with status 200 and a number in the body.

Apprise looks at the status alone for these two (for Feishu at the body too). Its plugins send by
the name `requests` of their module; there somebody listens, in the context of each sending.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

import requests
from apprise.plugins import dingtalk, wecombot

from gridsvc.errors import Unavailable

#: More is no answer of theirs.
_MOST_BYTES = 10_000


@dataclass
class _Heard:
    """Number with which a sending was refused; 0 = it was not."""

    errcode: int = 0


_heard: ContextVar[_Heard | None] = ContextVar("heard", default=None)


class _Listening:
    """`requests`, with somebody who listens."""

    def __getattr__(self, name: str) -> Any:
        return getattr(requests, name)

    def post(self, *given: Any, **named: Any) -> requests.Response:
        """Send as `requests.post` does, and note a refusal."""
        answer = requests.post(*given, **named)  # noqa: S113 - the plugins give a timeout
        heard = _heard.get()
        if heard is not None:
            heard.errcode = errcode_of(answer.content)
        return answer


def errcode_of(content: bytes) -> int:
    """The number in an answer; 0 where it says that all is well, or nothing of the kind."""
    if len(content) > _MOST_BYTES:
        return 0
    try:
        told = json.loads(content)
    except ValueError:
        return 0
    code = told.get("errcode", 0) if isinstance(told, dict) else 0
    return code if isinstance(code, int) else -1


@contextmanager
def heard_out() -> Iterator[None]:
    """Let what the block sends be refused where its answer refuses it.

    Raises
    ------
    Unavailable
        If the channel took the message and did not deliver it.
    """
    _listen()
    heard = _Heard()
    token = _heard.set(heard)
    try:
        yield
    finally:
        _heard.reset(token)
    if heard.errcode != 0:
        raise Unavailable(f"the channel refused it with errcode {heard.errcode}")


@cache
def _listen() -> None:
    for plugin in (wecombot, dingtalk):
        vars(plugin)["requests"] = _Listening()
