"""What measures, kinds and the like are called on the appraisal page."""

from __future__ import annotations

from gridsvc.web.desk_words import STAGES
from gridsvc.web.languages import marked

__all__ = ["COUNTERS", "KINDS", "QUOTED", "ROUNDS", "STAGES", "VERDICTS", "VIEWS"]

VIEWS = {
    "indicators": marked("指标"),
    "declared": marked("通报数字"),
    "surveys": marked("满意度调查"),
    "stars": marked("星级与抽查"),
    "rounds": marked("互评与擂台"),
    "trends": marked("诉求趋势"),
}
ROUNDS = {
    "OPEN": marked("进行中"),
    "CLOSED": marked("已结束"),
}
KINDS = {
    "no_track": marked("没有轨迹"),
    "elsewhere": marked("轨迹不在现场"),
    "instant": marked("办结过快"),
    "reused_photo": marked("照片重复使用"),
    "unchanged_photo": marked("处置前后照片一样"),
}
VERDICTS = {
    "confirmed": marked("属实（虚假处置）"),
    "dismissed": marked("不属实"),
}
QUOTED = {
    "rounded": marked("与数字相符"),
    "truncated": marked("相符（截尾）"),
    "not_quoted": marked("由系统计算"),
    "open": marked("数字不确切，无法核对"),
}
#: Counters of a stage, `gridsvc.appraisal.counters.COUNTERS`.
COUNTERS = {
    "begun": marked("开始数"),
    "done": marked("办理数"),
    "sent_back": marked("退回数"),
    "wrong": marked("错误数"),
    "put_off": marked("挂账数"),
    "due": marked("应办数"),
    "on_time": marked("按期数"),
    "late": marked("超期办理数"),
    "unfinished": marked("超期未办数"),
    "overdue_hours": marked("超期小时"),
    "overdue_multiple": marked("超时倍数"),
}
