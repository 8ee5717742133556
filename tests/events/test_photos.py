"""Strangers' photos: the picture is kept and nothing else, or the refusal says why."""

import io
import struct
import zipfile
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gridsvc.errors import BadInput
from gridsvc.events.photos import PhotoLimits, clean_photo

PAYLOAD = b"<script>alert('payload')</script><?php system('id') ?>"


def a_photo(kind="JPEG", size=(640, 480), colour=(200, 60, 40), **options):
    """A picture whose left half has a colour of its own."""
    image = Image.new(options.pop("mode", "RGB"), size, colour)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def exif(*, orientation=1, taken="2026:09:16 08:30:00", offset="+08:00", gps=True):
    data = Image.Exif()
    data[0x0112] = orientation
    data[0x010E] = PAYLOAD.decode()
    details = data.get_ifd(0x8769)
    details[0x9003], details[0x9011] = taken, offset
    if gps:
        place = data.get_ifd(0x8825)
        place[1], place[2] = "N", (32.0, 3.0, 36.0)
        place[3], place[4] = "E", (118.0, 46.0, 48.0)
    return data


def shown(photo):
    return Image.open(io.BytesIO(photo.content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_picture_is_kept(kind):
    photo = clean_photo(a_photo(kind))
    kept = shown(photo)
    assert (kept.format, kept.size) == ("JPEG", (640, 480))
    assert (photo.width_px, photo.height_px) == kept.size
    assert all(
        abs(a - b) < 12 for a, b in zip(kept.getpixel((320, 240)), (200, 60, 40), strict=True)
    )


def test_nothing_but_the_picture_is_kept():
    hidden = a_photo(exif=exif(), comment=PAYLOAD, icc_profile=PAYLOAD * 20) + PAYLOAD
    photo = clean_photo(hidden)
    assert dict(shown(photo).getexif()) == {}
    assert not set(shown(photo).info) & {"exif", "comment", "icc_profile", "xmp"}
    for start in range(len(PAYLOAD) - 8):
        assert PAYLOAD[start : start + 8] not in photo.content


def test_it_stands_upright_and_the_time_is_read_first():
    sideways = a_photo(size=(400, 200), exif=exif(orientation=6))
    photo = clean_photo(sideways)
    assert (photo.width_px, photo.height_px) == (200, 400)
    assert photo.captured_at == datetime(2026, 9, 16, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("taken", "offset"),
    [("", ""), ("2026:09:16 08:30:00", ""), ("0000:00:00 00:00:00", "+08:00"), ("x" * 99, "y"),
     ("1980:01:01 00:00:00", "+00:00"), ("9999:12:31 23:59:59", "-14:00")],
)  # fmt: skip
def test_a_time_that_cannot_be_is_none(taken, offset):
    assert clean_photo(a_photo(exif=exif(taken=taken, offset=offset))).captured_at is None


def test_a_large_one_is_made_smaller():
    photo = clean_photo(a_photo(size=(6000, 4000)))
    assert (photo.width_px, photo.height_px) == (1920, 1280)


def test_what_is_transparent_is_white():
    photo = clean_photo(a_photo("PNG", mode="RGBA", colour=(0, 0, 0, 0)))
    assert min(shown(photo).getpixel((5, 5))) > 250


def png_head(width, height):
    """A PNG of any size in a few bytes: only its head says how large."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )  # fmt: skip


def zipped():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../../evil.sh", "rm -rf /")
    return file.getvalue()


def moving(kind):
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:])
    return file.getvalue()


HOSTILE = {
    "nothing": (b"", "no JPEG"),
    "text": (b"hello", "no JPEG"),
    "HTML": (b"<html><script>alert(1)</script></html>", "no JPEG"),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "no JPEG"),
    "ZIP": (zipped(), "no JPEG"),
    "ZIP that begins like a JPEG": (b"\xff\xd8\xff\xe0" + zipped(), "no JPEG"),
    "GIF": (a_photo("GIF"), "no JPEG"),
    "BMP": (a_photo("BMP"), "no JPEG"),
    "TIFF": (a_photo("TIFF"), "no JPEG"),
    "PDF": (a_photo("PDF"), "no JPEG"),
    "EPS": (a_photo("EPS"), "no JPEG"),
    "ICO": (a_photo("ICO", size=(64, 64)), "no JPEG"),
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
    "moving WebP": (moving("WEBP"), "moves"),
    "moving PNG": (moving("PNG"), "moves"),
    "a JPEG cut short": (a_photo()[:200], "no JPEG"),
    "a PNG of 3,600 million pixels in 100 bytes": (png_head(60_000, 60_000), "million pixels"),
    "a PNG of 2 by 2,000 million": (png_head(2, 2_000_000_000), "million pixels"),
    "a PNG of no width": (png_head(0, 10), "no JPEG"),
    "a PNG with too little data": (png_head(4000, 4000), "no JPEG"),
    "too many bytes": (a_photo() + b"\0" * 12_000_000, "bytes"),
}


@pytest.mark.parametrize(("content", "says"), HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_photo_is_refused_with_the_reason(content, says):
    with pytest.raises(BadInput, match=says):
        clean_photo(content)


def test_limits_are_settings():
    with pytest.raises(BadInput, match="million pixels"):
        clean_photo(a_photo(size=(1200, 1000)), PhotoLimits(most_pixels=1_000_000))
    assert clean_photo(a_photo(), PhotoLimits(longest_side_px=100)).width_px == 100


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from(["JPEG", "PNG", "WEBP"]),
    changes=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=8),
    cut=st.integers(0, 60),
)
def test_whatever_is_changed_in_a_photo_it_is_one_or_refused(kind, changes, cut):
    content = bytearray(
        a_photo(kind, size=(48, 32), **({"exif": exif()} if kind != "WEBP" else {}))
    )
    for place, value in changes:
        content[place % len(content)] = value
    try:
        photo = clean_photo(bytes(content[: len(content) - cut]))
    except BadInput:
        return
    assert shown(photo).format == "JPEG"


def placed(lat=(32.0, 3.0, 36.0), lon=(118.0, 46.0, 48.0), sides="NE", datum=None):
    data = Image.Exif()
    told = data.get_ifd(0x8825)
    told[1], told[2], told[3], told[4] = sides[0], lat, sides[1], lon
    if datum is not None:
        told[18] = datum
    return clean_photo(a_photo(exif=data)).place


def test_where_it_was_taken_is_read_before_it_is_stripped():
    assert placed() == pytest.approx((118.78, 32.06))
    assert placed(sides="SW") == pytest.approx((-118.78, -32.06))
    assert placed(datum="WGS-84") == pytest.approx((118.78, 32.06))
    assert clean_photo(a_photo()).place is None


@pytest.mark.parametrize(
    "told",
    [{"lat": (0.0, 0.0, 0.0), "lon": (0.0, 0.0, 0.0)}, {"lat": (91.0, 0.0, 0.0)},
     {"lon": (181.0, 0.0, 0.0)}, {"lat": (32.0, 3.0)}, {"lat": 32.0}, {"sides": "XE"},
     {"sides": "N\0"}, {"lat": (1e38, 0.0, 0.0)}, {"datum": "GCJ-02"}, {"datum": "TOKYO"}],
)  # fmt: skip
def test_a_place_that_cannot_be_or_has_another_datum_is_none(told):
    assert placed(**told) is None


def test_a_fifty_megapixel_photo_is_taken_and_one_more_is_too_many():
    """The sensor of a present phone; one row more is over the limit."""
    at_the_limit = a_photo(size=(10_000, 5_000))
    assert (clean_photo(at_the_limit).width_px, clean_photo(at_the_limit).height_px) == (1920, 960)
    with pytest.raises(BadInput, match="million pixels"):
        clean_photo(a_photo(size=(10_000, 5_001)))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize(
    ("kind", "before"),
    [(b"zTXt", b"Comment\0\0"), (b"iCCP", b"icc\0\0"), (b"iTXt", b"k\0\1\0\0\0")],
)
def test_what_is_packed_beside_the_picture_is_never_unpacked_whole(kind, before):
    """64 MB in 64 kB of a PNG's text or profile: refused, or left out, in no memory to speak of."""
    bomb = chunk(kind, before + zlib.compress(b"\0" * 64_000_000, 9))
    plain = a_photo("PNG")
    try:
        photo = clean_photo(plain[:33] + bomb + plain[33:])
    except BadInput:
        return
    assert len(photo.content) < 100_000
