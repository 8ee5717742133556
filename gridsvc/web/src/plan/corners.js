// What a drag changed: corners moved, put in and taken away, told once for all cells that share them.

const same = (a, b) => a[0] === b[0] && a[1] === b[1];

/** The place on a side nearest to another, not quite at its ends. */
function onSide(a, b, at) {
  const dx = b[0] - a[0], dy = b[1] - a[1];
  const whole = dx * dx + dy * dy || 1;
  const share = ((at[0] - a[0]) * dx + (at[1] - a[1]) * dy) / whole;
  const kept = Math.min(Math.max(share, 0.02), 0.98);
  return [a[0] + kept * dx, a[1] + kept * dy];
}

/** Changes of one ring. @param {number[][]} before @param {number[][]} after closed rings */
function ofRing(before, after) {
  const was = before.slice(0, -1), now = after.slice(0, -1);
  const n = was.length;
  if (now.length === n) {
    return was.flatMap((start, k) => (same(start, now[k]) ? [] : [{ start, end: now[k] }]));
  }
  let k = 0;
  while (k < Math.min(n, now.length) && same(was[k], now[k])) k += 1;
  if (now.length === n + 1) {
    return [{ start: onSide(was[(k - 1 + n) % n], was[k % n], now[k]), end: now[k] }];
  }
  if (now.length === n - 1) return [{ start: was[k], end: null }];
  return [];
}

/**
 * @param {Map<any, number[][][]>} before rings of each cell before the drag
 * @param {(cell: any) => number[][][]} ringsOf rings now
 * @returns {{start: number[], end: number[] | null}[]}
 */
export function changedCorners(before, ringsOf) {
  const told = new Map();
  for (const [cell, rings] of before) {
    const now = ringsOf(cell);
    rings.forEach((ring, k) => {
      for (const corner of ofRing(ring, now[k] ?? [])) {
        const key = (corner.end ?? corner.start).map((v) => v.toFixed(3)).join();
        if (!told.has(key)) told.set(key, corner);
      }
    });
  }
  return [...told.values()];
}
