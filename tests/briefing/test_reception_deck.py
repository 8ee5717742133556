import io

import pytest
from pptx import Presentation

from tests.events.test_photos import a_photo
from tests.outreach.receptions import A_RESOLUTION, begun_cycle, begun_month, held
from tests.outreach.windows import opened, registered
from tests.towns import a_person, middle, staff


@pytest.fixture
async def month(client, town):
    """A month with two matters on its agenda, the more urgent one with a photo and a decision."""
    await staff(town, *(a_person(f"w{n}", middle(n, n), capacity=9) for n in range(2)))
    window = await opened(client)
    urgent = await registered(client, window, "ji-nan", description="村道缺护栏")
    await registered(client, window, "cao-xin")
    added = await client.post(
        f"/api/events/{urgent}/photos", content=a_photo(), headers={"Content-Type": "image/jpeg"}
    )
    assert added.is_success, added.text
    begun = (await begun_month(client, await begun_cycle(client))).json()
    await held(client, begun["id"], "2026-05-06", "2026-05-05")
    path = f"/api/receptions/{begun['id']}/items/{urgent}/decision"
    assert (await client.put(path, json=A_RESOLUTION)).status_code == 200
    return begun["id"]


async def test_a_deck_has_who_must_come_the_agenda_and_a_slide_for_each_matter(client, month):
    answer = await client.get(f"/api/receptions/{month}/deck")
    assert answer.status_code == 200, answer.text
    slides = Presentation(io.BytesIO(answer.content)).slides
    assert len(slides) == 4
    texts = [
        "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)
        for slide in slides
    ]
    assert "党委主要负责人、政府主要负责人" in texts[0]
    assert "已于 05月05日 开展" in texts[0]
    assert texts[1].count("紧急度") == 2
    assert "村道缺护栏" in texts[2]
    assert "赞成 21，反对 2" in texts[2]
    assert "86,500.00 元" in texts[2]
    assert "待议" in texts[3]
    pictures = [sum(shape.shape_type == 13 for shape in slide.shapes) for slide in slides]
    assert pictures == [0, 0, 1, 0]
    deck = Presentation(io.BytesIO(answer.content))
    for slide in deck.slides:
        for shape in slide.shapes:
            assert 0 <= shape.left <= shape.left + shape.width <= deck.slide_width
            assert 0 <= shape.top <= shape.top + shape.height <= deck.slide_height
