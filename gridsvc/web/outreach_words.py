"""What states and the like are called on the outreach desk."""

from __future__ import annotations

from gridsvc.outreach.doubts import Doubt
from gridsvc.outreach.orders import OrderState
from gridsvc.web.desk_words import STATES
from gridsvc.web.languages import marked

VIEWS = {
    "visits": marked("走访"),
    "warnings": marked("风险预警"),
    "windows": marked("五事窗口"),
    "receptions": marked("接访"),
    "devices": marked("设备与广播"),
}
EVENTS = STATES
DOUBTS = {
    Doubt.OUTSIDE_CELL: marked("不在微网格内"),
    Doubt.TOO_FAST: marked("移动过快"),
}
WARNINGS = {
    "UNROUTED": marked("待定位"),
    "OPEN": marked("待核查"),
    "ESCALATED": marked("已上报待处置"),
    "CLOSED": marked("已销"),
}
ORDERS = {
    OrderState.ISSUED: marked("已交办"),
    OrderState.PLANNED: marked("已排期"),
    OrderState.DONE: marked("待核验"),
    OrderState.VERIFIED: marked("已核验"),
}
LEVELS = {
    "street": marked("街道"),
    "county": marked("区县"),
    "city": marked("市级"),
}
DEVICES = {
    "alarm": marked("报警器"),
    "camera": marked("摄像机"),
    "loudspeaker": marked("大喇叭"),
    "conference": marked("视频会商"),
}
