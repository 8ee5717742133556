"""What a division code says by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsvc.codes import DIGITS, checked, code_range, level_of
from gridsvc.errors import BadInput

DIVISION_CODES = st.builds(
    lambda digits, significant: digits[:significant].ljust(12, "0"),
    st.text("0123456789", min_size=12, max_size=12),
    st.sampled_from(sorted(DIGITS.values())),
)


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("320000000000", "province"),
        ("320100000000", "city"),
        ("320106000000", "county"),
        ("320106001000", "street"),
        ("320106001001", "community"),
        ("320106001010", "community"),
    ],
)
def test_trailing_zeros_tell_the_level(code, level):
    assert level_of(code) == level


@given(code=DIVISION_CODES, other=DIVISION_CODES)
def test_the_range_holds_what_begins_with_the_same_digits(code, other):
    low, high = code_range(code)
    digits = DIGITS.get(level_of(code), 0)
    # Compared bytewise, as the database compares them.
    inside = low.encode() <= other.encode() < high.encode()
    assert inside == (other[:digits] == code[:digits])


@given(code=st.text(max_size=14))
def test_twelve_digits_or_a_refusal(code):
    if len(code) == 12 and code.isascii() and code.isdigit():
        assert checked(code) == code
    else:
        with pytest.raises(BadInput, match="12 digits"):
            checked(code)


@pytest.mark.parametrize("code", ["３２０１０６００１００１", "320106001001\n", " 320106001001"])
def test_digits_of_other_scripts_and_blanks_are_no_code(code):
    with pytest.raises(BadInput):
        checked(code)
