"""Names of people as strangers may see them."""

from __future__ import annotations

ROLES = {"grid_worker": "网格员", "liaison": "微网格联络员", "officer": "执法人员"}


def masked(name: str) -> str:
    """Family name followed by stars, as public notices write it.

    Examples
    --------
    >>> masked("王小明")
    '王**'
    """
    return name[:1] + "*" * max(len(name) - 1, 1)
