"""Pages as one HTML document that asks nobody for anything: to be read, or to be printed from."""

from __future__ import annotations

from collections.abc import Iterable

from gridsvc.briefing.page import approval_words, page_words
from gridsvc.briefing.papers import Paper, layout
from gridsvc.briefing.scene import Scene
from gridsvc.briefing.sheet import Sheet, by_place
from gridsvc.briefing.svg import svg
from gridsvc.maps.escape import escape
from gridsvc.maps.inline import with_policy
from gridsvc.maps.moments import moment

_BODY = "<!--pages-->"
_PRINTED = """
@page{{size:{width}mm {height}mm;margin:0}}
*{{box-sizing:border-box}}
html,body{{margin:0;padding:0}}
svg{{display:block;width:{width}mm;height:{height}mm;break-after:page}}
svg:last-of-type{{break-after:auto}}
"""
_READ = """
@page{{size:{width}mm {height}mm;margin:0}}
*{{box-sizing:border-box}}
body{{margin:0;background:#e7e9ea;color:#1d2b36;
 font:15px/1.6 'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif}}
main{{max-width:1600px;margin:0 auto;padding:16px}}
section{{background:#fff;box-shadow:0 1px 6px #0004;margin:0 0 24px}}
svg{{display:block;width:100%;height:auto}}
details{{padding:8px 20px 14px;border-top:1px solid #d5d9dc}}
summary{{cursor:pointer;font-weight:700}}
table{{border-collapse:collapse;width:100%;margin-top:8px}}
th,td{{padding:4px 8px;border-bottom:1px solid #d5d9dc;text-align:right;
 font-variant-numeric:tabular-nums}}
th:first-child,td:first-child,th:nth-child(2),td:nth-child(2){{text-align:left;
 overflow-wrap:anywhere}}
@media print{{
 body{{background:#fff}} main{{padding:0;max-width:none}} details{{display:none}}
 section{{box-shadow:none;margin:0;break-after:page}} section:last-child{{break-after:auto}}
 svg{{width:{width}mm;height:{height}mm}}
}}
"""


def printed(scenes: Iterable[Scene]) -> str:
    """Scenes of one size as a document to print or to photograph: nothing but the pages."""
    drawn = list(scenes)
    width, height = drawn[0].width, drawn[0].height
    before, after = _frame(drawn[0].title, _PRINTED.format(width=width, height=height))
    body = "".join(svg(scene, prefix=f"p{i}") for i, scene in enumerate(drawn))
    return f"{before}{body}{after}"


def frame(title: str, paper: Paper) -> tuple[str, str]:
    """What stands before and after the pages of the document that somebody reads."""
    parts = layout(paper)
    style = _READ.format(width=parts.width, height=parts.height)
    before, after = _frame(title, style)
    return f"{before}<main>", f"</main>{after}"


def section(sheet: Sheet, scene: Scene, number: int) -> str:
    """One page of that document, with every name in full below it.

    Parameters
    ----------
    number
        Tells the page from the others of the document.
    """
    return f"<section>{svg(scene, prefix=f'p{number}')}{_in_full(sheet)}</section>"


def _frame(title: str, style: str) -> tuple[str, str]:
    page = (
        '<!doctype html>\n<html><head>\n<meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{style}</style></head>"
        f"<body>{_BODY}</body></html>\n"
    )
    before, after = with_policy(page).split(_BODY)
    return before, after


def _in_full(sheet: Sheet) -> str:
    """What the page had to shorten: names, notes and the figures of every place."""
    heads = [
        *("编码", "名称", "微网格", "户数"),
        *(f"微网格：{label}" for label in sheet.theme.labels),
    ]
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(str(value))}</td>' for value in row)}</tr>"
        for row in by_place(sheet).drop(columns="label").itertuples(index=False)
    )
    told = [
        sheet.theme.note,
        *(f"{label} {figure}" for label, figure in sheet.theme.rows),
        f"统计时间 {moment(sheet.imprint.made_at)}",
        sheet.imprint.source,
        approval_words(sheet.imprint.approval),
        page_words(sheet),
    ]
    said = "".join(f"<p>{escape(one)}</p>" for one in told if one)
    return (
        f"<details><summary>附表：{escape(sheet.title)}</summary>{said}<table><thead><tr>"
        f"{''.join(f'<th>{escape(head)}</th>' for head in heads)}</tr></thead>"
        f"<tbody>{rows}</tbody></table></details>"
    )
