"""The capabilities of real places, row by row."""

from pathlib import Path

import pytest

from tests.flows.seeds import rows
from tests.flows.seeds.__main__ import table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "capabilities.md"


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.__name__)
async def test_row(row, town, client):
    await row(town, client)


def test_the_page_of_capabilities_is_what_the_tests_say():
    assert PAGE.read_text(encoding="utf-8") == table()
