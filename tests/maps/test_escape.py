from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsvc.maps.escape import escape

DANGEROUS = "<>\"'`${\\"


@given(st.text())
def test_the_reader_sees_the_text_as_it_was_written(text):
    shown = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    assert unescape(escape(shown)) == shown


@given(st.text(alphabet=st.sampled_from(DANGEROUS + "&a#;/{%}\n")))
def test_nothing_that_means_something_is_left(text):
    assert not set(escape(text)) & set(DANGEROUS)


@pytest.mark.parametrize("text", ["\ud800", "a\0b", "\udfff<"])
def test_characters_no_document_can_hold_are_replaced(text):
    safe = escape(text)
    safe.encode("utf-8")
    assert "\0" not in safe
