"""Practices of real places as files: loaded as they lie in geodata, or refused line by line."""

import pytest
from sqlalchemy import text

from gridsvc.errors import BadInput, Conflict
from gridsvc.exchange import load as loading
from tests.flows.seeds.judging import PRACTICES
from tests.towns import COUNTY
from tests.who import KEYRING


async def load(session, *paths, **told):
    return await loading.load(session, loading.jobs(paths), keyring=KEYRING, **told)


async def test_what_comes_with_the_source_loads_twice_and_is_there_once(town_session):
    files = sorted(PRACTICES.glob("*.csv"))
    first = await load(town_session, *files)
    assert first["indicators"]["indicators"] > 20
    assert first["surveys"]["surveys"] == 1
    assert await load(town_session, *files) == first
    told = await town_session.execute(text("SELECT count(*), count(DISTINCT code) FROM indicator"))
    assert len(set(told.one())) == 1


async def test_an_area_has_its_own(town_session):
    await load(town_session, PRACTICES / "indicators.csv", division=COUNTY)
    areas = await town_session.scalars(text("SELECT DISTINCT division_code FROM indicator"))
    assert list(areas) == [COUNTY]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("handle.due", "handle.owed", r"line 14: 'handle.owed' names no counter"),
        ("grid_worker", "postman", "line 8: .*'grid_worker'"),
    ],
)
async def test_a_bad_row_is_named_with_its_line(town_session, tmp_path, old, new, why):
    path = tmp_path / "indicators.csv"
    told = (PRACTICES / "indicators.csv").read_text(encoding="utf-8")
    path.write_text(told.replace(old, new), encoding="utf-8")
    with pytest.raises(BadInput, match=why):
        await load(town_session, path)


async def test_weights_that_do_not_sum_to_one_are_refused(town_session, tmp_path):
    path = tmp_path / "surveys.csv"
    told = (PRACTICES / "surveys.csv").read_text(encoding="utf-8")
    path.write_text(told.replace(",0.25,", ",0.3,", 1), encoding="utf-8")
    with pytest.raises(BadInput, match=r"gulou_17: .*sum to 1\.05"):
        await load(town_session, path)


async def test_another_survey_of_the_same_code_is_refused(town_session, tmp_path):
    await load(town_session, PRACTICES / "surveys.csv")
    path = tmp_path / "surveys.csv"
    told = (PRACTICES / "surveys.csv").read_text(encoding="utf-8")
    path.write_text(told.replace("街面保洁", "路面保洁"), encoding="utf-8")
    with pytest.raises(Conflict, match="another code"):
        await load(town_session, path)
