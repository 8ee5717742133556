"""Voice notes of strangers: what they are is told by their first bytes; pure."""

from __future__ import annotations

from gridsvc.errors import BadInput

#: A minute as phones record it has a fifth of that.
MOST_BYTES = 1_000_000
MEDIA_TYPES = ("audio/webm", "audio/ogg", "audio/mp4")


def media_type_of(content: bytes) -> str:
    """Media type of a recording, whatever its sender calls it.

    Nobody but the desk hears it, in a player and never as a page.

    Raises
    ------
    BadInput
        If it is too long, or none that browsers record.
    """
    if len(content) > MOST_BYTES:
        raise BadInput(f"the voice note has over {MOST_BYTES} bytes; record a shorter one")
    if content.startswith(b"\x1a\x45\xdf\xa3"):
        return "audio/webm"
    if content.startswith(b"OggS"):
        return "audio/ogg"
    if content[4:8] == b"ftyp":
        return "audio/mp4"
    raise BadInput("this is no WebM, Ogg or MP4 recording; record the voice note again")
