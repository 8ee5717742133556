"""A place's ways of working, as one file of data: what towns do differently."""

from __future__ import annotations

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


class Practices(BaseModel):
    """What a file of practices holds; entries as the API takes them, without the division."""

    model_config = ConfigDict(extra="forbid")

    visit_programmes: list[dict[str, Any]] = Field(default=[], max_length=1000)
    warning_scenes: list[dict[str, Any]] = Field(default=[], max_length=1000)
    windows: list[dict[str, Any]] = Field(default=[], max_length=1000)
    reception_cycles: list[dict[str, Any]] = Field(default=[], max_length=1000)
    appraisal_schemes: list[dict[str, Any]] = Field(default=[], max_length=1000)


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
        programmes = [ProgrammeIn(**_at(division, one)) for one in told.visit_programmes]
        scenes = [SceneIn(**_at(division, one)) for one in told.warning_scenes]
        windows = [WindowIn(**_at(division, one)) for one in told.windows]
        cycles = [CycleIn(**_at(division, one)) for one in told.reception_cycles]
        schemes = [AppraisalSchemeIn(**_at(division, one)) for one in told.appraisal_schemes]
    except ValidationError as failure:
        first = failure.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BadInput(f"practices: {where}: {first['msg']}") from failure
    for one in programmes:
        await visiting.set_programme(session, one)
    for scene in scenes:
        await warning_service.set_scene(session, scene)
    for window in windows:
        await window_service.set_window(session, window)
    for cycle in cycles:
        await reception_service.set_cycle(session, cycle)
    for scheme in schemes:
        await judging.set_scheme(session, scheme)
    return {
        "visit_programmes": len(programmes),
        "warning_scenes": len(scenes),
        "windows": len(windows),
        "reception_cycles": len(cycles),
        "appraisal_schemes": len(schemes),
    }


def _at(division: str, entry: dict[str, Any]) -> dict[str, Any]:
    return {"division": division} | entry
