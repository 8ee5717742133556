"""Words of notices: nothing personal, one line, nothing that a robot or a mail header reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsvc.errors import BadInput
from gridsvc.notices.kinds import FACTS, LANGUAGES, MANNERS, Kind, as_chat, checked, one_line, words

HOSTILE = '占道\r\nBcc: x@y.cn\u202e<at user_id="all"></at> **[点我](http://x)** `@所有人`\x00'


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_words_in_every_language(kind, language):
    told = words(kind, {"matter": "暴露垃圾"}, "17", language=language, chat=False)
    # Of a warning a notice tells that there is one, not of what; a broadcast has no matter.
    without = kind in {Kind.WARNING, Kind.WARNING_LATE, Kind.BROADCAST}
    assert ("暴露垃圾" in told.title) == (not without)
    assert "17" in told.text
    assert "{" not in told.title + told.text
    assert kind in MANNERS


@given(st.text())
def test_a_fact_stays_on_its_line(value):
    assert len(one_line(value).splitlines()) <= 1
    assert not set("<>@*`[]") & set(as_chat(value))


@pytest.mark.parametrize("kind", Kind)
def test_facts_call_nobody_and_open_nothing(kind):
    facts = checked(dict.fromkeys(FACTS, HOSTILE))
    told = words(kind, facts, HOSTILE, language="zh", chat=True)
    for text in (told.title, told.text):
        assert len(text.splitlines()) == 1
        assert not set("<>@*`[]") & set(text)
    plain = words(kind, facts, "1", language="zh", chat=False)
    assert len(plain.title.splitlines()) == 1


def test_a_fact_is_not_read_as_a_template():
    facts = {"matter": "{subject.__class__}{0}"}
    told = words(Kind.ASSIGNED, facts, "1", language="en", chat=False)
    assert told.title.endswith("{subject.__class__}{0}")


@pytest.mark.parametrize(
    "facts", [{"phone": "13800000000"}, {"name": "王小明"}, {"matter": "长" * 201}, {"matter": 7}]
)
def test_what_a_notice_may_not_tell(facts):
    with pytest.raises(BadInput):
        checked(facts)
