"""The same key with the same body is the same thing; with another one it is refused."""

import pytest
from pydantic import BaseModel

from gridsvc.client_keys import check_same, digest_of
from gridsvc.errors import BadInput


class Body(BaseModel):
    """Something that is sent."""

    text: str
    number: int | None = None


def test_the_digest_is_that_of_what_was_said():
    assert digest_of(Body(text="a")) == digest_of(Body(text="a", number=None))
    assert digest_of(Body(text="a")) != digest_of(Body(text="a", number=0))


def test_the_same_passes_and_another_body_is_refused_with_what_the_key_was_used_for():
    first, other = digest_of(Body(text="a")), digest_of(Body(text="b"))
    check_same("k", first, first, used="for event 7")
    with pytest.raises(BadInput, match=r"'k' was used for event 7; choose a new key"):
        check_same("k", first, other, used="for event 7")
