"""A place's ways of working, as one file of data: what towns do differently."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.appraisal import judging
from gridsvc.appraisal.round_schemas import AppraisalSchemeIn
from gridsvc.errors import BadInput
from gridsvc.outreach import reception_service, visiting, warning_service, window_service
from gridsvc.outreach.reception_schemas import CycleIn
from gridsvc.outreach.schemas import ProgrammeIn
from gridsvc.outreach.warning_schemas import SceneIn
from gridsvc.outreach.window_schemas import WindowIn
from gridsvc.registers import group_service, project_service, repair_service, standard_service
from gridsvc.registers.project_schemas import ProjectProgrammeIn
from gridsvc.registers.repair_schemas import RepairPackIn
from gridsvc.registers.schemas import GroupIn
from gridsvc.registers.standard_schemas import StandardIn


class Practices(BaseModel):
    """What a file of practices holds; entries as the API takes them, without the division."""

    model_config = ConfigDict(extra="forbid")

    visit_programmes: list[dict[str, Any]] = Field(default=[], max_length=1000)
    warning_scenes: list[dict[str, Any]] = Field(default=[], max_length=1000)
    windows: list[dict[str, Any]] = Field(default=[], max_length=1000)
    reception_cycles: list[dict[str, Any]] = Field(default=[], max_length=1000)
    groups: list[dict[str, Any]] = Field(default=[], max_length=1000)
    standards: list[dict[str, Any]] = Field(default=[], max_length=1000)
    project_programmes: list[dict[str, Any]] = Field(default=[], max_length=1000)
    repair_packs: list[dict[str, Any]] = Field(default=[], max_length=1000)
    appraisal_schemes: list[dict[str, Any]] = Field(default=[], max_length=1000)


async def _set_group(session: AsyncSession, told: GroupIn) -> list[int]:
    return await group_service.put(session, [told])


#: How an entry of each sort is read, and how it is set.
_SORTS: dict[str, tuple[type[BaseModel], Callable[[AsyncSession, Any], Awaitable[object]]]] = {
    "visit_programmes": (ProgrammeIn, visiting.set_programme),
    "warning_scenes": (SceneIn, warning_service.set_scene),
    "windows": (WindowIn, window_service.set_window),
    "reception_cycles": (CycleIn, reception_service.set_cycle),
    "groups": (GroupIn, _set_group),
    "standards": (StandardIn, standard_service.put),
    "project_programmes": (ProjectProgrammeIn, project_service.put_programme),
    "repair_packs": (RepairPackIn, repair_service.put_pack),
    "appraisal_schemes": (AppraisalSchemeIn, judging.set_scheme),
}


async def load(session: AsyncSession, content: bytes, *, division: str) -> dict[str, int]:
    """Set every practice of a file for a division; loading it again changes nothing.

    Parameters
    ----------
    content
        JSON, UTF-8. An entry that names a division of its own holds there.

    Returns
    -------
    dict
        How many of each kind.

    Raises
    ------
    BadInput
        If it is no such file, naming the entry.
    """
    try:
        told = Practices.model_validate_json(content)
        entries = {
            sort: [schema(**{"division": division} | one) for one in getattr(told, sort)]
            for sort, (schema, _) in _SORTS.items()
        }
    except ValidationError as failure:
        first = failure.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BadInput(f"practices: {where}: {first['msg']}") from failure
    for sort, (_, put) in _SORTS.items():
        for one in entries[sort]:
            await put(session, one)
    return {sort: len(found) for sort, found in entries.items()}
