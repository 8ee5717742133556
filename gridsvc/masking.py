"""Names and numbers of people as they are shown by default."""

from __future__ import annotations


def masked(name: str) -> str:
    """Family name followed by stars, as public notices write it.

    Examples
    --------
    >>> masked("王小明")
    '王**'
    """
    return name[:1] + "*" * max(len(name) - 1, 1)


def masked_number(number: str) -> str:
    """A phone or identity number with its first three and last two characters.

    Examples
    --------
    >>> masked_number("13812345678")
    '138******78'
    """
    hidden = len(number) - 5
    return number[:3] + "*" * hidden + number[-2:] if hidden >= 3 else "*" * len(number)
