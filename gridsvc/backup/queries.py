"""What a database says of itself before it is dumped and after it was restored."""

from __future__ import annotations

from sqlalchemy import func, select, table, text
from sqlalchemy.ext.asyncio import AsyncSession

#: Tables outside the system's own schemas, and whether an extension made them.
_TABLES = text("""
SELECT n.nspname, c.relname, EXISTS (
    SELECT 1 FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1, 2
""")


_DIGEST = """
SELECT coalesce(sum(CAST(hashtextextended(CAST(t AS text), 0) AS numeric)), 0) FROM {table} t
"""


async def freeze(session: AsyncSession) -> str:
    """See from now on what is committed now, and nothing else; the name pg_dump sees it by.

    For a transaction that reads what its first statement saw. Rows that policies hide make every
    reading fail rather than be left out, and no timeout ends it while pg_dump works.
    """
    for statement in (
        "SET LOCAL row_security = off",
        "SET LOCAL idle_in_transaction_session_timeout = 0",
    ):
        await session.execute(text(statement))
    return str(await session.scalar(text("SELECT pg_export_snapshot()")))


async def sees_everything(session: AsyncSession) -> bool:
    """Whether the login is above policies, so that nothing is hidden from a backup."""
    found = await session.scalar(
        text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
    )
    return bool(found)


async def server_version(session: AsyncSession) -> int:
    """Major version of the server."""
    return int(str(await session.scalar(text("SHOW server_version_num")))) // 10_000


async def tables(session: AsyncSession, *, of_extensions: bool = False) -> list[tuple[str, str]]:
    """Schema and name of every table that is ours to keep, or that extensions made."""
    found = await session.execute(_TABLES)
    return [(schema, name) for schema, name, theirs in found if theirs == of_extensions]


async def row_counts(session: AsyncSession) -> dict[str, int]:
    """Rows of every table that is ours to keep, by ``schema.table``."""
    await session.execute(text("SET LOCAL row_security = off"))
    counts = {}
    for schema, name in await tables(session):
        count = select(func.count()).select_from(table(name, schema=schema))
        counts[f"{schema}.{name}"] = int(await session.scalar(count) or 0)
    return counts


async def row_digests(session: AsyncSession) -> dict[str, str]:
    """Digest of the rows of every table that is ours to keep, by ``schema.table``.

    Each row as text is hashed by itself and the hashes are added up: the order in which rows lie
    does not matter, any row that is lost, doubled or changed does.
    """
    await session.execute(text("SET LOCAL row_security = off"))
    digests = {}
    for schema, name in await tables(session):
        quoted = f'"{schema}"."{name}"'  # names of the catalogue, not of any input
        digest = await session.scalar(text(_DIGEST.format(table=quoted)))
        digests[f"{schema}.{name}"] = str(digest)
    return digests


async def analyze(session: AsyncSession) -> None:
    """Tell the planner what the tables hold; a dump does not carry that."""
    await session.execute(text("ANALYZE"))
