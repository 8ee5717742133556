"""Photos of strangers made safe: only the picture is kept, drawn anew.

What is sent is judged by its content, decoded by one of three decoders, and encoded again: nothing
that was hidden in, before or behind the picture survives, nor where and by what it was taken.
When and where the camera says it was taken is read first, and handed back beside the picture.
"""

from __future__ import annotations

import hashlib
import io
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from gridsvc.errors import BadInput

#: What phones and browsers send.
FORMATS = ("JPEG", "PNG", "WEBP")
MEDIA_TYPE = "image/jpeg"
_QUALITY = 85
_EXIF_IFD, _TAKEN_AT, _OFFSET = 0x8769, 0x9003, 0x9011
_GPS_IFD, _LAT_SIDE, _LAT, _LON_SIDE, _LON, _MAP_DATUM = 0x8825, 1, 2, 3, 4, 18
#: How cameras write the datum of EXIF, which is WGS-84 unless they say otherwise (EXIF 2.3).
_WGS84_NAMES = {"", "WGS84", "WGS 84", "WGS-84"}
_HEIC = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc")
#: What Pillow lets through from damaged or hostile files.
_DAMAGE = (
    *(UnidentifiedImageError, OSError, ValueError),
    *(SyntaxError, EOFError, IndexError, KeyError, TypeError, AttributeError, OverflowError),
    *(ZeroDivisionError, RuntimeError, MemoryError),
)


@dataclass(frozen=True)
class PhotoLimits:
    """What a photo may be.

    Attributes
    ----------
    most_bytes
        Length of the file.
    most_pixels
        Width times height, as its head says; read before anything is decoded.
    longest_side_px
        Longer side of what is kept.
    """

    most_bytes: int = 12_000_000
    most_pixels: int = 50_000_000
    longest_side_px: int = 1920


@dataclass(frozen=True)
class Photo:
    """A photo drawn anew as JPEG.

    Attributes
    ----------
    captured_at
        What the camera said, if it named its zone.
    place
        Longitude and latitude at which the camera says it stood, degrees WGS-84 as EXIF has it;
        none where it does not say, or says another datum.
    """

    content: bytes
    width_px: int
    height_px: int
    sha256: bytes
    captured_at: datetime | None
    place: tuple[float, float] | None


def clean_photo(content: bytes, limits: PhotoLimits = PhotoLimits()) -> Photo:
    """Draw a photo anew, upright, without anything but its picture.

    Takes a moment of computing: call it off the event loop.

    Raises
    ------
    BadInput
        If it is no JPEG, PNG or WebP, is moving, damaged, or larger than the limits.
    """
    if len(content) > limits.most_bytes:
        raise BadInput(f"the photo has over {limits.most_bytes} bytes; send a smaller one")
    if any(mark in content[:32] for mark in _HEIC):
        raise BadInput("the photo is in the HEIC format; let the phone send JPEG")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sizes, which are checked here
            return _redrawn(content, limits)
    except Image.DecompressionBombError as failure:
        raise _too_many(limits) from failure
    except _DAMAGE as failure:
        raise BadInput(
            "this is no JPEG, PNG or WebP picture, or it is damaged; take the photo again"
        ) from failure


def _redrawn(content: bytes, limits: PhotoLimits) -> Photo:
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        _check_head(image, limits)
        captured_at, place = _captured_at(image), _place(image)
        side = limits.longest_side_px
        # JPEG is decoded at an eighth, a quarter or half its size where that is enough.
        image.draft("RGB", (side, side))
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((side, side))
        picture = _on_white(upright)
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=_QUALITY, optimize=True)
    kept = encoded.getvalue()
    digest = hashlib.sha256(kept).digest()
    return Photo(kept, picture.width, picture.height, digest, captured_at, place)


def _check_head(image: Image.Image, limits: PhotoLimits) -> None:
    if image.width * image.height > limits.most_pixels:
        raise _too_many(limits)
    if getattr(image, "n_frames", 1) > 1:
        raise BadInput("the picture moves; send a photo")


def _too_many(limits: PhotoLimits) -> BadInput:
    most = limits.most_pixels // 1_000_000
    return BadInput(f"the photo has more than {most} million pixels; send a smaller one")


def _on_white(image: Image.Image) -> Image.Image:
    """The bare picture in a new image: what was transparent is white."""
    bare = Image.new("RGB", image.size, "white")
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        shown = image.convert("RGBA")
        bare.paste(shown, mask=shown.getchannel("A"))
    else:
        bare.paste(image.convert("RGB"))
    return bare


def _captured_at(image: Image.Image) -> datetime | None:
    """When the camera says it was taken; none without a zone, or if that cannot be."""
    details = image.getexif().get_ifd(_EXIF_IFD)
    told, zone = str(details.get(_TAKEN_AT, "")), str(details.get(_OFFSET, ""))
    try:
        taken = datetime.strptime(f"{told} {zone}", "%Y:%m:%d %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return taken if 2000 <= taken.year < 2100 else None


def _place(image: Image.Image) -> tuple[float, float] | None:
    """Where the camera says it stood; none if it does not, in another datum, or nowhere."""
    told = image.getexif().get_ifd(_GPS_IFD)
    if str(told.get(_MAP_DATUM, "")).strip(" \0").upper() not in _WGS84_NAMES:
        return None
    try:
        lat = _degrees(told, _LAT, _LAT_SIDE, "NS")
        lon = _degrees(told, _LON, _LON_SIDE, "EW")
    except (KeyError, ValueError, TypeError, ZeroDivisionError, OverflowError):
        return None
    # Cameras without a fix write zeros.
    known = math.isfinite(lon + lat) and abs(lon) <= 180 and abs(lat) <= 90 and (lon or lat)
    return (lon, lat) if known else None


def _degrees(told: Mapping[int, Any], tag: int, side_tag: int, sides: str) -> float:
    degrees, minutes, seconds = (float(part) for part in told[tag])
    value = degrees + minutes / 60 + seconds / 3600
    side = str(told[side_tag]).strip(" \0").upper()
    return value if sides.index(side or "?") == 0 else -value
