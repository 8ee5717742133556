"""Text as it may come in over HTTP."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator


def _no_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("text must not hold NUL characters")
    return value


#: Text that PostgreSQL can hold.
PlainText = Annotated[str, AfterValidator(_no_nul)]
