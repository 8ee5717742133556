"""What the page of a plan's report says itself: headings, columns, legends, the verdict."""

from __future__ import annotations

from gridsvc.maps.plan_words import Words

PAGE = {
    "kicker": Words("微网格划分方案报告", "Micro-grid plan report"),
    "skip": Words("跳到正文", "Skip to the report"),
    "map": Words("微网格与目标户数之比", "Cells by households against target"),
    "map_note": Words(
        "目标 {target} 户；编号为微网格序号，深色编号者超出允许范围，可点击查看原因",
        "Target {target} households; numbers are cell numbers, dark ones lie outside the "
        "tolerance and lead to the reason",
    ),
    "no_map": Words("方案中没有可绘制的微网格", "The plan holds no cell that could be drawn"),
    "legend": Words("图例", "Legend"),
    "of_target": Words("户数 ÷ 目标", "Households ÷ target"),
    "figures": Words("指标与目标", "Figures against aims"),
    "figure": Words("指标", "Figure"),
    "value": Words("数值", "Value"),
    "aim": Words("目标", "Aim"),
    "result": Words("结果", "Result"),
    "met": Words("达到", "met"),
    "unmet": Words("未达到", "not met"),
    "unknown": Words("无法判定", "cannot tell"),
    "no_data": Words("无数据", "no data"),
    "histogram": Words("户数分布", "Distribution of households"),
    "histogram_note": Words(
        "柱为微网格个数；深色带为目标 ±10 %，浅色带为 ±20 %",
        "Bars count cells; the dark band is the target ±10 %, the pale band ±20 %",
    ),
    "per_cell": Words("每格户数", "Households per cell"),
    "per_cell_of": Words("每格{unit}", "{unit} per cell"),
    "outside": Words("超出允许范围的微网格", "Cells outside the tolerance"),
    "none_outside": Words("没有微网格超出允许范围", "No cell lies outside the tolerance"),
    "cell": Words("微网格", "Cell"),
    "code": Words("编码", "Code"),
    "name": Words("名称", "Name"),
    "households": Words("户数", "Households"),
    "deviation": Words("偏差", "Deviation"),
    "reason": Words("原因", "Reason"),
    "detail": Words("说明", "Detail"),
    "checks": Words("检查", "Checks"),
    "no_checks": Words("没有检查结果", "No check has been made"),
    "passed": Words("通过", "passed"),
    "failed": Words("未通过", "failed"),
    "cells_concerned": Words("涉及微网格", "Cells"),
    "and_more": Words("等 {n} 个", "{n} in all"),
    "data": Words("数据质量", "Data quality"),
    "data_note": Words("划分途中发现并已处理的情况", "Found in the data on the way, and handled"),
    "no_data_notes": Words("未发现数据问题", "Nothing was found amiss in the data"),
    "found": Words("情况", "Found"),
    "count": Words("数量", "Count"),
    "limits": Words("无法满足的要求", "Asked for and not possible"),
    "constraint": Words("要求", "Constraint"),
    "asked": Words("要求值", "Asked"),
    "possible": Words("可行值", "Nearest possible"),
    "further": Words("其他内容", "Further content"),
    "seconds": Words("用时", "Time taken"),
    "made_at": Words("制作时间", "Made at"),
    "zoom_in": Words("放大", "Zoom in"),
    "zoom_out": Words("缩小", "Zoom out"),
    "whole": Words("全图", "Whole map"),
    "map_help": Words(
        "微网格地图；加减号键缩放，方向键移动",
        "Map of the cells; plus, minus and arrow keys move it",
    ),
    "north": Words("北", "N"),
    # ---- changes
    "changes": Words("与上一方案相比", "Compared with the plan before"),
    "changes_map": Words("新旧边界", "Borders before and after"),
    "changes_note": Words(
        "相距不足 1 米的新旧边界视为不变", "Borders less than 1 m apart count as unchanged"
    ),
    "changed_cells": Words("有变化的微网格", "Cells that change"),
    "kind": Words("变化", "Change"),
    "before": Words("原户数", "Before"),
    "after": Words("现户数", "After"),
    "moved_in": Words("转入", "In"),
    "moved_out": Words("转出", "Out"),
    "from": Words("转入来源", "From"),
    "from_one": Words("{code}（{n} 户）", "{code} ({n})"),
    "ended": Words("撤销的编码", "Codes ended"),
    "new": Words("新设的编码", "New codes"),
    "none": Words("无", "none"),
    "workers": Words("受影响的人员", "Workers affected"),
    "worker": Words("人员", "Worker"),
    "loses": Words("减少户数", "Loses"),
    "gains": Words("增加户数", "Gains"),
    "households_moved": Words("改换微网格的住户", "Households that change cell"),
    "unchanged_cells": Words("边界不变的微网格", "Cells unchanged"),
    "kept_codes": Words("保留的编码", "Codes kept"),
    "ended_codes": Words("撤销的编码", "Codes ended"),
    "new_codes": Words("新设的编码", "New codes"),
    "no_changes": Words("没有微网格发生变化", "No cell changes"),
}

#: Classes of the map in the order of `gridsvc.maps.legend.FILLS`, then cells without households.
LEVELS = [
    Words("不足 80 %", "below 80 %"),
    Words("80 % 至不足 90 %", "80 % to below 90 %"),
    Words("90 % – 110 %（达标）", "90 % – 110 % (on target)"),
    Words("110 % 以上至 120 %", "above 110 % to 120 %"),
    Words("120 % 以上", "above 120 %"),
    Words("专属微网格", "dedicated cell"),
    Words("无住户", "no households"),
]

#: What the map of changes shows.
CHANGE_LEGEND = {
    "gained": Words("划入已有微网格的地块", "land that joins an existing cell"),
    "founded": Words("归新设微网格的地块", "land of new cells"),
    "border": Words("不变的边界", "border kept"),
    "opened": Words("新边界", "new border"),
    "closed": Words("撤销的边界", "border ended"),
}

VERDICTS = {
    "empty": Words("方案中没有微网格", "The plan holds no cell"),
    "failed": Words("方案不能采用", "Not fit for use"),
    "unchecked": Words("方案尚未检查", "Not checked yet"),
    "short": Words("方案可用，尚有不足", "Usable, with shortcomings"),
    "good": Words("方案合格", "A sound plan"),
}

CLAUSES = {
    "checks_passed": Words("{n} 项检查全部通过", "all {n} checks passed"),
    "checks_failed": Words(
        "{n} 项检查有 {bad} 项未通过（{names}）", "{bad} of {n} checks failed ({names})"
    ),
    "aims_met": Words("{n} 项目标全部达到", "all {n} aims met"),
    "aims_unmet": Words("{n} 项目标达到 {met} 项", "{met} of {n} aims met"),
    "none_outside": Words("没有微网格超出允许范围", "no cell outside the tolerance"),
    "outside": Words("{n} 个微网格超出允许范围", "cells outside the tolerance: {n}"),
    "unexplained": Words(
        "{n} 个微网格超出允许范围，其中 {unexplained} 个原因未明",
        "cells outside the tolerance: {n}, of which unexplained: {unexplained}",
    ),
    "limits": Words("{n} 项要求无法满足", "requirements that cannot be met: {n}"),
}
