"""What a page costs its browser: frames, heap after collection, nodes, listeners."""

import asyncio
import json
from time import monotonic

#: Counts frames by their length in whole milliseconds, in an array that does not grow.
RECORD = """() => {
    const counts = new Uint32Array(5000);
    let last = performance.now();
    const note = (now) => {
        counts[Math.min(4999, Math.round(now - last))] += 1;
        last = now;
        requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
    window.frameCounts = () => [...counts.entries()].filter(([, many]) => many);
    window.frameCountsBegin = () => counts.fill(0);
}"""
#: Lets a page's clock and intervals run faster; what waits for the network keeps its time.
FASTER = """(() => {
    const speed = %d, began = Date.now(), real = Date.now.bind(Date);
    const every = window.setInterval.bind(window);
    Date.now = () => began + (real() - began) * speed;
    window.setInterval = (deed, ms, ...rest) => every(deed, Math.max(4, ms / speed), ...rest);
})()"""


def percentile(counts, share):
    wanted, seen = share * sum(many for _, many in counts), 0
    for milliseconds, many in counts:
        seen += many
        if seen >= wanted:
            return milliseconds
    return None


class Meter:
    """Reads a page's memory through the browser's own tools."""

    def __init__(self, tools):
        self.tools = tools

    @classmethod
    async def of(cls, page):
        tools = await page.context.new_cdp_session(page)
        await tools.send("Performance.enable")
        return cls(tools)

    async def read(self):
        """Megabytes of heap after collection, nodes, listeners."""
        await self.tools.send("HeapProfiler.collectGarbage")
        told = (await self.tools.send("Performance.getMetrics"))["metrics"]
        named = {one["name"]: one["value"] for one in told}
        return {
            "heap_mb": round(named["JSHeapUsedSize"] / 2**20, 2),
            "nodes": int(named["Nodes"]),
            "listeners": int(named["JSEventListeners"]),
        }


async def over(page, seconds, *, every_s, meanwhile=None, read_every_s=0.0):
    """Readings of a page's memory over some seconds, and its frames.

    To read memory stops the page: with `read_every_s` it is done more seldom than `meanwhile`.
    """
    meter = await Meter.of(page)
    await page.evaluate(f"({RECORD})()")
    readings, due = [{"at_s": 0} | await meter.read()], read_every_s
    await page.evaluate("window.frameCountsBegin()")
    began = monotonic()
    while (at := monotonic() - began) < seconds:
        if at >= due:
            readings.append({"at_s": round(at)} | await meter.read())
            due = at + read_every_s
        if meanwhile is not None:
            await meanwhile(page)
        await asyncio.sleep(every_s)
    counts, took_s = await page.evaluate("window.frameCounts()"), monotonic() - began
    readings.append({"at_s": round(took_s)} | await meter.read())
    frames = sum(many for _, many in counts)
    return {
        "frames_per_s": round(frames / took_s, 1),
        "frame_ms": {"p50": percentile(counts, 0.5), "p95": percentile(counts, 0.95),
                     "p99": percentile(counts, 0.99), "worst": counts[-1][0]},
        "memory": readings,
    }  # fmt: skip


def shown(told):
    return json.dumps(told, ensure_ascii=False, indent=1)
