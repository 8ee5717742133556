"""Room of texts: what is shortened fits, what is broken loses nothing but blanks."""

from hypothesis import given
from hypothesis import strategies as st

from gridsvc.briefing.typesetting import ELLIPSIS, clean, shortened, width_of, wrapped


@given(st.text(max_size=60), st.floats(2, 60), st.floats(0.5, 6))
def test_what_is_shortened_fits_and_keeps_the_whole(text, room, size):
    told = shortened(text, room, size)
    # The ellipsis alone may be wider than a room that is narrower than one character.
    assert width_of(told.text, size) <= max(room, size)
    if told.full:
        assert told.text.endswith(ELLIPSIS)
        assert told.full.startswith(told.text[:-1])
        assert width_of(told.full, size) > room
    else:
        assert told.text == clean(text)


@given(st.text(max_size=120), st.floats(8, 60), st.integers(1, 5))
def test_lines_fit_and_together_tell_all_they_can(text, room, most):
    lines = wrapped(text, room, 2.0, most=most)
    assert len(lines) <= most
    assert all(width_of(line, 2.0) <= room for line in lines)
    told = "".join(lines).replace(" ", "")
    whole = clean(text).replace(" ", "")
    assert told == whole or (told.endswith(ELLIPSIS) and whole.startswith(told[:-1]))


def test_closing_marks_do_not_begin_a_line():
    lines = wrapped("网格员岗位十二个，网格住户三千户，当前在任", 10 * 3.0, 3.0, most=5)
    assert len(lines) > 1
    assert not [line for line in lines if line[0] in "，。"]


def test_what_turns_the_direction_of_others_is_gone():
    assert clean("甲\u202e乙\u2066\x00\r\n丙\ud800") == "甲乙 丙"
