"""The demonstration's accounts: one for each role, each with what its role needs."""

from sqlalchemy import text

from gridsvc.accounts import passwords
from gridsvc.accounts.roles import FIELD, Role
from gridsvc.db import transaction
from gridsvc.town.accounts import PASSWORD, PREFIX, open_accounts
from tests.towns import COMMUNITY, COUNTY, a_person, an_officer, middle, staff
from tests.who import KEYRING


async def test_each_role_has_one_that_can_sign_in(town):
    await staff(
        town,
        a_person("w", middle(0, 0)),
        a_person("l", middle(0, 0), role="liaison"),
        an_officer("o", middle(1, 1)),
    )
    async with transaction(town) as session:
        opened = await open_accounts(session, KEYRING)
    assert len(opened) == len(Role)
    async with town.connect() as connection:
        rows = list(
            await connection.execute(
                text(
                    "SELECT a.*, ARRAY(SELECT division_code FROM account_area"
                    " WHERE account_id = a.id) AS areas FROM account a WHERE demonstration"
                )
            )
        )
    assert sorted(role for row in rows for role in row.roles) == sorted(Role)
    for row in rows:
        (role,) = row.roles
        assert row.login == PREFIX + role.replace("_", "-")
        assert (row.person_id is not None) == (role in FIELD)
        assert row.areas == [COMMUNITY if role in FIELD else COUNTY]
        assert not row.must_change_password
    assert await passwords.matches(PASSWORD, rows[0].password_hash)
    async with transaction(town) as session:
        assert await open_accounts(session, KEYRING) == []
