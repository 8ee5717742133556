import pytest

from gridsvc.errors import BadInput
from gridsvc.events.voices import MOST_BYTES, media_type_of

#: Begins as what Chromium records; what follows is nobody's business.
A_VOICE = b"\x1a\x45\xdf\xa3" + b"webm" * 40


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (A_VOICE, "audio/webm"),
        (b"OggS" + b"\0" * 40, "audio/ogg"),
        (b"\0\0\0\x20ftypM4A " + b"\0" * 40, "audio/mp4"),
    ],
)
def test_recordings_are_known_by_their_first_bytes(content, expected):
    assert media_type_of(content) == expected


@pytest.mark.parametrize(
    "content", [b"", b"<script>alert(1)</script>", b"\xff\xd8\xff\xe0", b"RIFF\0\0\0\0WAVE"]
)
def test_what_is_no_recording_is_refused(content):
    with pytest.raises(BadInput, match="no WebM"):
        media_type_of(content)


def test_a_recording_has_a_most():
    assert media_type_of(A_VOICE + b"\0" * (MOST_BYTES - len(A_VOICE))) == "audio/webm"
    with pytest.raises(BadInput, match="shorter"):
        media_type_of(A_VOICE + b"\0" * MOST_BYTES)
