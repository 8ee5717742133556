"""Keys: what is sealed opens with its ring alone; rotation loses nothing, also when cut short."""

import pytest
from sqlalchemy import text

from gridsvc import keyring
from gridsvc.audit.actor import SYSTEM
from gridsvc.db import transaction
from gridsvc.errors import BadInput, Unavailable
from gridsvc.people import service as people
from gridsvc.privacy import sealing
from tests.towns import COMMUNITY, a_person, middle
from tests.who import KEYRING


async def names_in(engine):
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT code, name_sealed FROM person ORDER BY code"))
        return {row.code: row.name_sealed for row in rows}


@pytest.fixture
async def named(town):
    """A town of people with names, phones and identity numbers."""
    rows = [
        a_person(f"w{n}", middle(0, 0), name=f"张{n}", phone="13800000000", id_number="1" * 18)
        for n in range(5)
    ]
    async with transaction(town) as session:
        await people.load_people(session, rows, KEYRING)
        await people.post_to_cells(session, COMMUNITY)
    return town


async def test_nothing_personal_lies_open_in_the_database(named):
    async with named.connect() as connection:
        row = (await connection.execute(text("SELECT p::text FROM person p LIMIT 1"))).scalar_one()
    for plain in ("张0", "13800000000", "1" * 18):
        assert plain not in row


async def test_a_rotation_leaves_only_the_newest_key_in_use(named):
    ring = KEYRING.with_new_key()
    before = await sealing.in_use(named)
    sealed = sum(before.values())
    assert await sealing.reseal(named, ring, SYSTEM) == sealed > 10
    assert await sealing.in_use(named) == {ring.newest: sealed}
    only_new = ring.with_newest_only()
    opened = {code: only_new.open(name) for code, name in (await names_in(named)).items()}
    assert opened == {f"w{n}": f"张{n}" for n in range(5)}
    with pytest.raises(Unavailable, match="key file"):
        KEYRING.open((await names_in(named))["w0"])
    assert await sealing.reseal(named, ring, SYSTEM) == 0


async def test_one_that_is_cut_short_is_taken_up(named, monkeypatch):
    ring = KEYRING.with_new_key()
    sealed = sum((await sealing.in_use(named)).values())
    monkeypatch.setattr(sealing, "_BATCH", 2)
    steps = []

    def stop(*_):
        steps.append(1)
        if len(steps) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await sealing.reseal(named, ring, SYSTEM, stop)
    # Whatever is sealed with which key: the ring opens all of it.
    assert {ring.open(name) for name in (await names_in(named)).values()} == {
        f"张{n}" for n in range(5)
    }
    assert await sealing.reseal(named, ring, SYSTEM) == sealed - 4


async def test_names_from_before_there_were_keys_are_sealed(named):
    async with named.begin() as connection:
        await connection.execute(text("UPDATE person SET name_sealed = 'plain:' || '王' || code"))
    assert await sealing.reseal(named, KEYRING, SYSTEM) == 5
    sealed = await names_in(named)
    assert all(KEYRING.open(name) == f"王{code}" for code, name in sealed.items())
    assert all("王" not in name for name in sealed.values())


class TestKeyFile:
    def test_it_is_its_owners_alone_and_reads_back(self, tmp_path):
        path = tmp_path / "deep" / "keys.json"
        ring = keyring.load_or_make(path)
        assert path.stat().st_mode & 0o777 == 0o600
        assert keyring.load(path) == ring == keyring.load_or_make(path)
        assert keyring.load(path).open(ring.seal("王小明")) == "王小明"

    def test_the_same_text_is_never_sealed_the_same(self):
        assert KEYRING.seal("王") != KEYRING.seal("王")

    @pytest.mark.parametrize(
        "change", [lambda s: s[:-2] + "AA", lambda s: s[:30] + s[31:], str.lower]
    )
    def test_a_changed_value_does_not_open(self, change):
        with pytest.raises(Unavailable):
            KEYRING.open(change(KEYRING.seal("王小明")))

    @pytest.mark.parametrize(
        "content", ["", "{}", "[]", '{"sealing": {}, "signing": "00"}',
                    '{"sealing": {"k": "short"}, "signing": "00"}']
    )  # fmt: skip
    def test_a_file_that_is_none_is_said(self, tmp_path, content):
        path = tmp_path / "keys.json"
        path.write_text(content, "utf-8")
        path.chmod(0o600)
        with pytest.raises(BadInput, match="key file"):
            keyring.load(path)

    def test_one_that_others_may_read_is_refused(self, tmp_path):
        path = tmp_path / "keys.json"
        keyring.save(KEYRING, path)
        path.chmod(0o644)
        with pytest.raises(BadInput, match="chmod 600"):
            keyring.load(path)

    def test_a_missing_one_is_said(self, tmp_path):
        with pytest.raises(Unavailable, match="put back"):
            keyring.load(tmp_path / "keys.json")


async def test_addresses_of_channels_are_sealed_anew(named):
    async with transaction(named) as session:
        await session.execute(
            text(
                "INSERT INTO channel (division_code, unit_code, service, url_sealed, language)"
                " VALUES (:division, 'U1', 'wecom', :sealed, 'zh')"
            ),
            {"division": COMMUNITY, "sealed": KEYRING.seal("wecombot://secret")},
        )
    ring = KEYRING.with_new_key()
    await sealing.reseal(named, ring, SYSTEM)
    async with named.connect() as connection:
        sealed = await connection.scalar(text("SELECT url_sealed FROM channel"))
    assert ring.with_newest_only().open(sealed) == "wecombot://secret"
