"""A town's folder: complete, the same bytes each time, the committed one up to date."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal

from gridsvc.errors import BadInput
from gridsvc.town.generate import Town, build_town
from gridsvc.town.write import write_town

COMMITTED = Path(__file__).parents[2] / "geodata" / "town"
HOUSEHOLDS, SEED = 2400, 4
LAYERS = ("boundary", "buildings", "units", "barriers", "special")


@pytest.fixture(scope="module")
def small_town() -> Town:
    return build_town(HOUSEHOLDS, SEED)


def test_the_same_town_gives_the_same_bytes(small_town: Town, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_town(small_town, tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == sorted(path.name for path in COMMITTED.iterdir())
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_committed_town_is_what_the_generator_makes(small_town: Town, tmp_path: Path) -> None:
    write_town(small_town, tmp_path)
    for path in COMMITTED.glob("*.gpkg"):
        for layer, _ in pyogrio.list_layers(path):
            old, new = (gpd.read_file(p, layer=layer) for p in (path, tmp_path / path.name))
            # Another version of PROJ may move the last digit, a millimetre.
            assert_geodataframe_equal(old, new, check_less_precise=True)
    for path in COMMITTED.glob("*.csv"):
        old, new = (pd.read_csv(p, dtype=str) for p in (path, tmp_path / path.name))
        places = [name for name in ("lon", "lat") if name in old]
        assert_frame_equal(old.drop(columns=places), new.drop(columns=places))
        assert_frame_equal(old[places].astype(float), new[places].astype(float), atol=2e-7)


def test_the_committed_town_is_small() -> None:
    assert sum(path.stat().st_size for path in COMMITTED.parent.rglob("*.*")) < 3_000_000


def test_files_read_back_as_the_frames(small_town: Town, tmp_path: Path) -> None:
    write_town(small_town, tmp_path)
    for layer in LAYERS:
        back = gpd.read_file(tmp_path / "prepared.gpkg", layer=layer)
        assert_geodataframe_equal(back, getattr(small_town, layer), check_dtype=False)
    people = pd.read_csv(tmp_path / "people.csv", dtype={"division_code": str})
    assert people["on_duty"].dtype == bool
    assert people["division_code"].tolist() == small_town.people["division_code"].tolist()


def test_an_earlier_town_is_replaced(small_town: Town, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("old")
    write_town(small_town, tmp_path)
    assert (tmp_path / "people.csv").read_text(encoding="utf-8").startswith("code,name,role")
    assert not list(tmp_path.glob(".*"))


def test_a_file_in_place_of_the_folder_is_refused(small_town: Town, tmp_path: Path) -> None:
    taken = tmp_path / "town"
    taken.write_text("")
    with pytest.raises(BadInput, match="choose another folder"):
        write_town(small_town, taken)
    assert taken.read_text() == ""
