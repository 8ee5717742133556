"""Accounts for tests, and the proofs by which they ask."""

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts import queries, tokens
from gridsvc.accounts.roles import Role
from gridsvc.codes import WHOLE
from gridsvc.keyring import Keyring

#: Keys of every test's database, the same in every process.
KEYRING = Keyring({"test": urlsafe_b64encode(bytes(range(32))).decode()}, "5e" * 32)
#: Who tests what has nothing to do with rights: every role that may be together, everywhere.
ALL_ROUND_ID = 1
ALL_ROUND = {"Authorization": f"Bearer {tokens.issue(KEYRING, ALL_ROUND_ID, lives_s=86400)}"}


def bearer(account_id: int) -> dict[str, str]:
    """Headers of somebody with a token."""
    return {"Authorization": f"Bearer {tokens.issue(KEYRING, account_id, lives_s=3600)}"}


async def open_account(
    session: AsyncSession,
    login: str,
    roles: Iterable[Role],
    areas: Sequence[str] = (WHOLE,),
    *,
    person_id: int | None = None,
    matters: Sequence[str] = (),
    password_hash: str | None = None,
) -> int:
    """An account that may work at once; its id."""
    account_id = await queries.add_account(
        session,
        login=login,
        name_sealed=KEYRING.seal("测试员"),
        name_masked="测**",
        roles=sorted(roles),
        division_code=areas[0],
        person_id=person_id,
        password_hash=password_hash,
        must_change_password=False,
        demonstration=False,
    )
    assert account_id is not None
    await queries.set_areas(session, account_id, areas)
    await queries.set_matters(session, account_id, matters)
    return account_id


async def open_all_round(session: AsyncSession) -> None:
    """The account of `ALL_ROUND`, first of its database."""
    roles = set(Role) - {Role.AUDITOR, Role.DEPARTMENT}
    assert await open_account(session, "all-round", roles) == ALL_ROUND_ID
