"""What kinds, states and the like are called on the page of registers."""

from __future__ import annotations

from gridsvc.registers.repairs import RepairState
from gridsvc.web.languages import marked

VIEWS = {
    "groups": marked("组织"),
    "standards": marked("标准"),
    "projects": marked("项目"),
    "sittings": marked("调解与议事"),
    "repairs": marked("应急小修"),
    "services": marked("办事窗口"),
    "burden": marked("证明与填表"),
}
#: Kinds the practices use; a place may have further ones, which are shown as they are.
KINDS = {
    "volunteer_team": marked("志愿队"),
    "centre": marked("综治中心"),
    "studio": marked("工作室"),
    "council": marked("议事会"),
    "mediation": marked("调解组织"),
    "crew": marked("维修队"),
    "team": marked("队伍"),
}
LEVELS = {
    "community": marked("社区（村）"),
    "street": marked("街道"),
    "grid": marked("网格"),
    "micro_grid": marked("微网格"),
}
SUBJECTS = {
    "division": marked("区划"),
    "grid": marked("网格"),
    "micro_grid": marked("微网格"),
    "group": marked("组织"),
}
MEDIATIONS = {
    "OPEN": marked("调解中"),
    "SETTLED": marked("调解成功"),
    "FAILED": marked("调解不成"),
}
REPAIRS = {
    RepairState.CALLED: marked("已报修"),
    RepairState.SURVEYED: marked("已查看"),
    RepairState.BOOKED: marked("已派队"),
    RepairState.DONE: marked("已修好"),
    RepairState.SETTLED: marked("已结算"),
    RepairState.CANCELLED: marked("已取消"),
}
WINDOWS = {
    "approval": marked("审批"),
    "public": marked("公共服务"),
    "agent": marked("代办"),
}
OPENS = {"working_days": marked("工作日"), "daily": marked("每天")}
ROLES = {
    "grid_worker": marked("网格员"),
    "liaison": marked("微网格联络员"),
    "officer": marked("执法人员"),
}
