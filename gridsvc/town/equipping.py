"""What stands at places of a demonstration town, what it alarmed, and what was said to cells."""

from __future__ import annotations

from uuid import uuid4

from gridsvc.accounts.digests import digest_of
from gridsvc.accounts.roles import Role
from gridsvc.audit.actor import Actor, acting
from gridsvc.geo import Datum
from gridsvc.outreach import broadcasting, device_queries, device_service
from gridsvc.outreach.device_schemas import AlarmIn, BroadcastIn, PlaceDeviceIn
from gridsvc.town.calling import Hand, homes_of

_VIDEO = "https://video.example/live/"
#: Code, name, kind, matter of its alarms.
_DEVICES = (
    ("PA-01", "平安乡村机顶盒", "alarm", "E0601"),
    ("PA-02", "独居老人报警按钮", "alarm", "E0602"),
    ("YG-01", "仓库烟感报警器", "alarm", "E0605"),
    ("CAM-01", "村口高点摄像机", "camera", None),
    ("CAM-02", "河堤摄像机", "camera", None),
    ("LB-01", "文化广场大喇叭", "loudspeaker", None),
    ("LB-02", "村委会大喇叭", "loudspeaker", None),
    ("HY-01", "调解室视频会商", "conference", None),
)
_MESSAGE = "今晚八点至明早六点检修停水，请提前储水"


async def equip(hand: Hand) -> dict[str, int]:
    """Set devices up over the town, raise two alarms, and say something to the first cells."""
    session = hand.session
    keeper = await hand.identity(Role.ADMINISTRATOR)
    homes = await homes_of(hand)
    keys = []
    for n, (code, name, kind, matter) in enumerate(_DEVICES):
        home = homes[(n + 1) * len(homes) // (len(_DEVICES) + 1)]
        told = PlaceDeviceIn(
            **{"code": code, "name": name, "kind": kind, "matter": matter},
            **{"lon": home["lon"], "lat": home["lat"], "datum": Datum.WGS84},
            video_url=_VIDEO + code if kind in {"camera", "conference"} else None,
        )
        made = await device_service.set_device(session, told, keeper)
        keys += [made.key] if made.key else []
    for key, note in zip(keys, ("一键求助", "按钮报警"), strict=False):
        device = await device_queries.by_digest(session, digest_of(key))
        if device is not None:
            with acting(session, Actor(None, f"device {device['code']}", via="device")):
                alarm = AlarmIn(client_key=uuid4().hex, note=note)
                await device_service.raise_alarm(session, device, alarm, hand.keyring)
    supervisor = await hand.identity(Role.SUPERVISOR)
    cells = sorted({one["micro_grid_code"] for one in homes})[:3]
    said = BroadcastIn(cells=cells, message=_MESSAGE, client_key="demo-broadcast")
    with acting(session, Actor(supervisor.account_id, supervisor.login)):
        await broadcasting.send(session, said, supervisor)
    return {"devices": len(_DEVICES), "alarms": len(keys[:2]), "broadcasts": 1}
