"""Work that was done and work that was only said to be done, for tests and figures."""

import io
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter
from sqlalchemy import text

from tests.towns import COMMUNITY

BEGIN = datetime.now(UTC).replace(microsecond=0) - timedelta(days=8)
M_PER_DEGREE = 111_320.0
#: Ways of cheating, and honest work that looks a little odd.
CHEATS = ("no_track", "elsewhere", "instant", "reused_photo", "unchanged_photo")


def a_scene(rng):
    """A picture of somewhere: walls, sky and things, like no other one."""
    noise = np.random.default_rng(rng.randrange(2**32)).integers(0, 256, (9, 12, 3))
    picture = Image.fromarray(noise.astype(np.uint8)).resize((640, 480), Image.Resampling.BICUBIC)
    drawing = ImageDraw.Draw(picture)
    for _ in range(12):
        x, y = rng.randrange(600), rng.randrange(440)
        colour = tuple(rng.randrange(256) for _ in range(3))
        drawing.rectangle((x, y, x + rng.randrange(20, 200), y + rng.randrange(20, 200)), colour)
    return picture


def jpeg(picture, quality=85):
    """A picture as a phone sends it."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def tampered(picture, rng):
    """The same picture made to look like another file."""
    way = rng.randrange(6)
    if way == 0:
        return jpeg(picture, 35)
    if way == 1:
        return jpeg(picture.resize((400, 300)))
    if way == 2:
        return jpeg(ImageEnhance.Brightness(picture).enhance(1.15))
    if way == 3:
        return jpeg(picture.crop((6, 5, 634, 475)).resize((640, 480)))
    if way == 4:
        drawing = ImageDraw.Draw(picture := picture.copy())
        drawing.rectangle((0, 455, 640, 480), (255, 255, 255))
        drawing.text((8, 460), "2026-11-27 09:30", (0, 0, 0))
        return jpeg(picture)
    return jpeg(picture.filter(ImageFilter.GaussianBlur(1.5)), 70)


@dataclass
class Work:
    """One event said to be handled: how it cheats, how long it took, fixes, photos."""

    cheat: str | None
    place: tuple[float, float]
    minutes: float
    fixes: list[tuple[float, float, float]]
    before: bytes
    after: bytes


def works(seed, honest, cheating):
    """So much honest work, and so much of each way of cheating, mixed."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    told = [None] * honest + [cheat for cheat in CHEATS for _ in range(cheating)]
    rng.shuffle(told)
    scenes, found = [], []
    for cheat in told:
        place = 118.7005 + 0.003 * rng.random(), 32.0005 + 0.003 * rng.random()
        minutes = rng.uniform(6, 90) if cheat != "instant" else rng.uniform(0.05, 0.6)
        off_m = rng.uniform(0, 90) if cheat != "elsewhere" else rng.uniform(900, 3000)
        fixes = [
            (minutes * share, place[0], place[1] + off_m / M_PER_DEGREE)
            for share in (0.2, 0.6, 0.95)
        ]
        here = a_scene(rng)
        after = jpeg(a_scene(rng))
        if cheat == "unchanged_photo":
            after = jpeg(here, 80)
        if cheat == "reused_photo" and scenes:
            after = tampered(rng.choice(scenes), rng)
        scenes.append(here)
        found.append(
            Work(cheat, place, minutes, [] if cheat == "no_track" else fixes, jpeg(here), after)
        )
    return found


_EVENT = text("""
INSERT INTO event (division_code, grid_id, micro_grid_id, matter_code, geom, datum, description,
                   client_key, body_sha256, state, captured_at, received_at, handler_id)
SELECT m.division_code, m.grid_id, m.id, 'E01', ST_SetSRID(ST_MakePoint(:lon, :lat), 4326),
       'wgs84', 'x', gen_random_uuid()::text, '', 'HANDLED', :at, :at, :person
FROM micro_grid m WHERE m.valid IS NOT NULL ORDER BY m.id LIMIT 1 RETURNING id
""")
_TRACK = text("""
INSERT INTO track (person_id, at, division_code, captured_at, geog, datum, source)
VALUES (:person, :at, :division, :at,
        CAST(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geography), 'wgs84', 'api')
""")
_MEDIA = text("""
INSERT INTO event_media (event_id, division_code, purpose, media_type, width_px, height_px, sha256,
                         content)
VALUES (:event, :division, :purpose, 'image/jpeg', 640, 480, sha256(:content), :content)
""")


async def write(session, told):
    """Put work into the database as if it had gone through every door; event ids in order."""
    await session.execute(text("SET LOCAL session_replication_role = replica"))
    person = await session.scalar(
        text("SELECT id FROM person WHERE role = 'grid_worker' ORDER BY id LIMIT 1")
    )
    found = []
    for number, work in enumerate(told):
        begins = BEGIN + timedelta(minutes=100 * number)
        ends = begins + timedelta(minutes=work.minutes)
        common = {"division": COMMUNITY, "person": person}
        place = {"lon": work.place[0], "lat": work.place[1]}
        event = await session.scalar(_EVENT, place | {"at": begins, "person": person})
        await session.execute(
            text(
                "INSERT INTO assignment (event_id, division_code, person_id, person_code,"
                " person_name, person_role, reason, accept_by, assigned_at)"
                " SELECT :event, :division, id, code, name_masked, role, '', :at, :at"
                " FROM person WHERE id = :person"
            ),
            common | {"event": event, "at": begins},
        )
        for now, then, at in (("FILED", "DISPATCHED", begins), ("DISPATCHED", "HANDLED", ends)):
            await session.execute(
                text(
                    "INSERT INTO event_history (event_id, division_code, from_state, to_state,"
                    " actor, note, at) VALUES (:event, :division, :now, :then, 'x', '', :at)"
                ),
                {"event": event, "division": COMMUNITY, "now": now, "then": then, "at": at},
            )
        for minutes, lon, lat in work.fixes:
            at = begins + timedelta(minutes=minutes)
            await session.execute(_TRACK, common | {"at": at, "lon": lon, "lat": lat})
        for purpose, content in (("before", work.before), ("after", work.after)):
            media = {"event": event, "division": COMMUNITY, "purpose": purpose}
            await session.execute(_MEDIA, media | {"content": content})
        found.append(event)
    await session.execute(text("SET LOCAL session_replication_role = origin"))
    return found
