"""What states, stages and the like are called on the dispatcher's pages."""

from __future__ import annotations

from gridsvc.dispatch.calls import CallState
from gridsvc.events.stages import Stage
from gridsvc.events.states import State
from gridsvc.web.languages import marked

STATES = {
    State.REPORTED: marked("待立案"),
    State.FILED: marked("待派遣"),
    State.DISPATCHED: marked("已派遣"),
    State.ACCEPTED: marked("已接单"),
    State.ON_SITE: marked("已到场"),
    State.HANDLED: marked("待核查"),
    State.VERIFIED: marked("待结案"),
    State.CLOSED: marked("已结案"),
    State.REJECTED: marked("不立案"),
    State.RETURNED: marked("已退回"),
    State.SUSPENDED: marked("挂账"),
    State.REOPENED: marked("重新立案"),
}
#: States a filter offers: whatever is open.
OPEN = tuple(one for one in STATES if one not in {State.CLOSED, State.REJECTED})
STAGES = {
    Stage.FILE: marked("立案"),
    Stage.DISPATCH: marked("派遣"),
    Stage.ACCEPT: marked("接单"),
    Stage.ARRIVE: marked("到场"),
    Stage.HANDLE: marked("处置"),
    Stage.VERIFY: marked("核查"),
    Stage.CLOSE: marked("结案"),
    Stage.CASE: marked("全程"),
}
ROLES = {
    "grid_worker": marked("网格员"),
    "liaison": marked("微网格联络员"),
    "officer": marked("执法人员"),
}
PHOTOS = {
    "report": marked("上报照片"),
    "before": marked("处置前"),
    "after": marked("处置后"),
}
CALLS = {
    CallState.CALLED: marked("已吹哨"),
    CallState.SIGNED_OFF: marked("已签批"),
    CallState.CHECKED_IN: marked("已报到"),
    CallState.RESOLVED: marked("已解决"),
    CallState.UNRESOLVED: marked("未解决"),
    CallState.CLOSED: marked("已办结"),
    CallState.WITHDRAWN: marked("已撤回"),
}
SENDING_BACK = {
    "not_done": marked("处置不到位"),
    "came_back": marked("问题反弹"),
    "not_shown": marked("照片不能证明"),
}
PUTTING_OFF = {
    "weather": marked("天气原因"),
    "materials": marked("等待材料"),
    "funds": marked("等待资金"),
    "dispute": marked("权属争议"),
    "other_works": marked("等待其他工程"),
}
#: What the page's modules call the same codes, handed over as data.
TERMS = {"states": STATES, "stages": STAGES, "roles": ROLES}
