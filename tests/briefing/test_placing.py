"""Labels: none lies on another, none leaves the frame, whatever the areas are."""

import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridsvc.briefing.placing import Label, Placer, extent
from gridsvc.briefing.scene import Box, Words

FRAME = Box(10, 20, 120, 90)
LIKE = Words(0, 0, "", 3.0)
AREAS = st.lists(
    st.tuples(st.floats(0, 140), st.floats(0, 120), st.floats(0.5, 40), st.floats(0.5, 30)),
    max_size=25,
)


def labels(areas, *, inside=False):
    return [
        Label(f"l{i}", f"第{i}社区居民委员会", shapely.box(x, y, x + w, y + h), 25, inside, str(i))
        for i, (x, y, w, h) in enumerate(areas)
    ]


@given(AREAS, AREAS)
def test_no_label_lies_on_another_or_leaves_the_frame(first, second):
    plate = Box(10, 20, 30, 10)
    placer = Placer(FRAME, [plate])
    placed = [*placer.place(labels(first), LIKE), *placer.place(labels(second, inside=True), LIKE)]
    boxes = [extent(words).shape for words in placed]
    assert all(FRAME.shape.buffer(1e-9).covers(box) for box in boxes)
    everything = [plate.shape, *boxes]
    for i, box in enumerate(everything):
        assert all(box.intersection(other).area < 1e-9 for other in everything[:i])


@given(AREAS)
def test_what_must_lie_in_its_area_does(areas):
    asked = labels(areas, inside=True)
    area_of = {label.key: label.area for label in asked}
    for words in Placer(FRAME).place(asked, LIKE):
        assert area_of[words.key].contains(extent(words).shape)


def test_the_larger_area_comes_first_and_the_other_gets_its_short_label_or_none():
    large, small = shapely.box(20, 30, 80, 80), shapely.box(45, 50, 60, 58)
    asked = [Label("s", "小社区", small, 40, short="2"), Label("l", "大社区", large, 40)]
    placed = {words.key: words for words in Placer(FRAME).place(asked, LIKE)}
    assert placed["l"].text == "大社区"
    assert abs(placed["l"].x - large.centroid.x) < 5
    alone = Placer(FRAME, [Box(0, 0, 200, 200)]).place(asked, LIKE)
    assert alone == []


def test_a_long_name_is_clipped_and_kept_in_full():
    (words,) = Placer(FRAME).place([Label("l", "名" * 200, FRAME.shape, 30)], LIKE)
    assert words.text.endswith("…")
    assert words.full == "名" * 200
