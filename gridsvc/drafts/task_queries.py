"""SQL of long tasks on drafts: progress out, the wish to stop in."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession


async def add(session: AsyncSession, *, asked: dict[str, Any], **columns: Any) -> int:
    """Add a task (draft_id, division_code, version, actor); its id."""
    return int(
        await session.scalar(
            text("""
            INSERT INTO draft_task (draft_id, division_code, version, asked, actor)
            VALUES (:draft_id, :division_code, :version, CAST(:asked AS jsonb), :actor)
            RETURNING id
            """),
            columns | {"asked": json.dumps(asked)},
        )
    )


async def one(session: AsyncSession, draft_id: int, task_id: int) -> RowMapping | None:
    """A task of a draft; one that was silent for two minutes died, and nobody took it up."""
    found = await session.execute(
        text("""
        SELECT id, step, progress, failure, CASE
            WHEN state = 'running' AND at < now() - interval '2 minutes'
            THEN 'failed' ELSE state END AS state
        FROM draft_task WHERE id = :id AND draft_id = :draft
        """),
        {"id": task_id, "draft": draft_id},
    )
    return found.mappings().first()


async def take(session: AsyncSession, task_id: int, silent_s: float) -> RowMapping | None:
    """Begin a task that waits, or was left by a process unheard of for so long; else none."""
    found = await session.execute(
        text("""
        UPDATE draft_task SET state = 'running', progress = 0, at = now()
        WHERE id = :id AND NOT cancel_asked AND (state = 'waiting'
            OR state = 'running' AND at < now() - make_interval(secs => :silent_s))
        RETURNING *
        """),
        {"id": task_id, "silent_s": silent_s},
    )
    return found.mappings().first()


async def tell(session: AsyncSession, task_id: int, step: str, progress: float) -> bool:
    """Write how far a task is; whether it is to stop."""
    return bool(
        await session.scalar(
            text(
                "UPDATE draft_task SET step = :step, progress = :progress, at = now()"
                " WHERE id = :id RETURNING cancel_asked"
            ),
            {"id": task_id, "step": step, "progress": progress},
        )
    )


async def end(session: AsyncSession, task_id: int, state: str, failure: str = "") -> None:
    """Write how a task ended."""
    await session.execute(
        text(
            "UPDATE draft_task SET state = :state, failure = :failure,"
            " progress = CASE :state WHEN 'done' THEN 1 ELSE progress END WHERE id = :id"
        ),
        {"id": task_id, "state": state, "failure": failure[:500]},
    )


async def ask_to_stop(session: AsyncSession, task_id: int) -> None:
    """Have a task stop at its next step; one that waits never begins."""
    await session.execute(
        text(
            "UPDATE draft_task SET cancel_asked = true, state = CASE state WHEN 'waiting'"
            " THEN 'cancelled' ELSE state END WHERE id = :id"
        ),
        {"id": task_id},
    )
