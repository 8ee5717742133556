// Figures of cells while somebody drags: households counted from the buildings' units.

/**
 * @typedef {{x: number, y: number, n: number}} Unit
 * a stairwell unit or building: place in map units, and its households
 */

/** Units by squares of the map, so that a cell looks only at those near it. */
export class Homes {
  /** @param {Unit[]} units @param {number} side of a square, map units */
  constructor(units, side = 100) {
    this.side = side;
    /** @type {Map<string, Unit[]>} */
    this.squares = new Map();
    for (const unit of units) {
      const key = `${Math.floor(unit.x / side)},${Math.floor(unit.y / side)}`;
      const square = this.squares.get(key);
      if (square) square.push(unit);
      else this.squares.set(key, [unit]);
    }
  }

  /** Households in a polygon. @param {number[][][]} rings @returns {number} */
  within(rings) {
    let west = Infinity, south = Infinity, east = -Infinity, north = -Infinity;
    for (const [x, y] of rings[0]) {
      west = Math.min(west, x); east = Math.max(east, x);
      south = Math.min(south, y); north = Math.max(north, y);
    }
    let count = 0;
    const { side } = this;
    for (let i = Math.floor(west / side); i <= Math.floor(east / side); i += 1) {
      for (let j = Math.floor(south / side); j <= Math.floor(north / side); j += 1) {
        for (const unit of this.squares.get(`${i},${j}`) ?? []) {
          if (rings.reduce((inside, ring) => inside !== crosses(ring, unit), false)) count += unit.n;
        }
      }
    }
    return count;
  }
}

/** Whether a ray from a place crosses a ring an odd number of times. */
function crosses(ring, { x, y }) {
  let odd = false;
  for (let k = 0, before = ring.length - 1; k < ring.length; before = k, k += 1) {
    const [x1, y1] = ring[k];
    const [x2, y2] = ring[before];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) odd = !odd;
  }
  return odd;
}

/** Polsby-Popper compactness; a map projection that keeps angles does not change it. */
export function compactness(rings) {
  let area = 0, length = 0;
  for (const ring of rings) {
    for (let k = 0; k + 1 < ring.length; k += 1) {
      const [x1, y1] = ring[k];
      const [x2, y2] = ring[k + 1];
      area += (x1 - rings[0][0][0]) * (y2 - rings[0][0][1])
        - (x2 - rings[0][0][0]) * (y1 - rings[0][0][1]);
      length += Math.hypot(x2 - x1, y2 - y1);
    }
  }
  return length ? (2 * Math.PI * Math.abs(area)) / length ** 2 : 0;
}
