"""What is removed when it is too old to be needed."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.config import Settings
from gridsvc.privacy import retention_queries as queries

#: Browsers that were not seen for so long are forgotten; they were signed out long before.
SESSION_DAYS = 7
#: Days within which a batch of positions may be sent again.
BATCH_DAYS = 7


async def apply(session: AsyncSession, settings: Settings) -> dict[str, int]:
    """Remove what is older than the settings say, table by table; how many rows of each.

    Positions and photos are deleted, ended cases anonymised. The audit trail is not touched.
    """
    counts = {
        "positions": await queries.remove(session, "positions", days=settings.keep_positions_days),
        "batches": await queries.remove(session, "batches", days=BATCH_DAYS),
        "media": await queries.remove(session, "media", days=settings.keep_media_days),
        "notices": await queries.remove(session, "notices", days=settings.keep_notices_days),
        "sessions": await queries.remove(session, "sessions", days=SESSION_DAYS),
        "cases": await queries.anonymise_cases(session, days=settings.keep_cases_days),
        "contacts": await queries.remove(session, "contacts", days=settings.keep_cases_days),
        "handovers": await queries.remove(session, "handovers", days=settings.keep_cases_days),
        "warnings": await queries.remove(session, "warnings", days=settings.keep_cases_days),
        "mediations": await queries.remove(session, "mediations", days=settings.keep_cases_days),
        "repairs": await queries.remove(session, "repairs", days=settings.keep_cases_days),
        "deliberations": await queries.remove(
            session, "deliberations", days=settings.keep_cases_days
        ),
        "visits": await queries.remove(session, "visits", days=settings.keep_cases_days),
        "calls": await queries.anonymise_calls(session, days=settings.keep_cases_days),
        "tracks": await queries.remove_tracks(session, days=settings.keep_positions_days),
    }
    await audit.record(session, Action.RETENTION_APPLIED, "tables", "", after=counts)
    return counts
