"""What axe-core finds on a page."""

from pathlib import Path

_AXE = Path(__file__).resolve().parents[2] / "gridsvc/web/node_modules/axe-core/axe.min.js"


async def serious(page) -> list[str]:
    """Serious and critical findings: rule, and where."""
    # Evaluated, not added as an element: the pages' policy lets no other script in.
    await page.evaluate(_AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]
