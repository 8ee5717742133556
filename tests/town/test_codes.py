"""The code lists of geodata/codes fit together."""

from pathlib import Path

import pytest

from gridsvc.errors import Unavailable
from gridsvc.town.codes import CodeLists, read_codes
from gridsvc.town.layers import SPOT_AT_BLOCK, SPOT_AT_HOUSE


@pytest.fixture(scope="module")
def codes() -> CodeLists:
    return read_codes()


def test_matters_form_a_tree_of_all_classes(codes: CodeLists) -> None:
    matters = codes.matters
    assert matters["code"].is_unique
    assert matters["name"].str.fullmatch(r"[一-鿿]+").all()
    roots = matters["parent"] == ""
    assert set(matters.loc[~roots, "parent"]) <= set(matters["code"])
    for root, classes in (("P", 5), ("E", 6)):
        below = matters[matters["parent"] == root]
        assert len(below) == classes
        assert below["code"].isin(matters["parent"]).all()


def test_enforcement_names_its_power_and_every_power_serves(codes: CodeLists) -> None:
    matters, powers = codes.matters, codes.powers
    assert powers["code"].is_unique
    assert len(powers) >= 40
    enforcement = matters["kind"] == "enforcement"
    assert set(matters.loc[~enforcement, "kind"]) == {"grid"}
    assert (enforcement == (matters["power_code"] != "")).all()
    assert set(matters.loc[enforcement, "power_code"]) == set(powers["code"])
    assert powers["valid_from"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    assert (powers[["name", "legal_basis"]] != "").all(axis=None)


def test_every_narrowest_matter_is_described_at_a_known_place(codes: CodeLists) -> None:
    leaves = set(codes.matters["code"]) - set(codes.matters["parent"])
    assert set(codes.descriptions["matter_code"]) == leaves
    places = {"road", *SPOT_AT_HOUSE.values(), *SPOT_AT_BLOCK.values()}
    assert set(codes.descriptions["place"]) <= places
    assert codes.descriptions["text"].str.startswith("{place}").all()


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"powers\.csv is missing"):
        read_codes(tmp_path)
