"""What measures, kinds and the like are called on the appraisal page."""

from __future__ import annotations

from gridsvc.web.languages import marked

VIEWS = {
    "indicators": marked("指标"),
    "declared": marked("通报数字"),
    "surveys": marked("满意度调查"),
    "stars": marked("星级与抽查"),
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
