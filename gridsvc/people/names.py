"""What people are called by what they do."""

from __future__ import annotations

ROLES = {"grid_worker": "网格员", "liaison": "微网格联络员", "officer": "执法人员"}
