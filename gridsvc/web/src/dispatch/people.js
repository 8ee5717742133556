// People on duty on the map: by micro-grid, or where they stand when that is asked for a purpose.

import { Problem, ask } from '../parts/api.js';
import { PointsLayer, Sprite } from './points_layer.js';

/** @typedef {{person: string, name: string, role: string, micro_grid_code?: string | null, lon?: number | null, lat?: number | null}} Seen */

const LOOKS = ['grid_worker', 'liaison', 'officer'];
/** Who went off duty leaves no word; everybody is read anew so often. */
const ANEW_MS = 5 * 60_000;
/** Degrees around a cell's point over which those told by cell are strewn, so that each is seen. */
const STREWN = 0.0005;

export class People {
  /** @param {{purpose: () => string, division: () => string, dark?: boolean}} how */
  constructor({ purpose, division, dark = false }) {
    this.purpose = purpose;
    this.division = division;
    this.layer = new PointsLayer({
      className: 'people',
      zIndex: 5,
      sprites: (dark ? ['#8db356', '#b3a4e0', '#63a0e6'] : ['#5b7f2b', '#7a6aa8', '#0d3c7a'])
        .map((fill) => new Sprite({ radius: 3, fill, line: dark ? '#0c1622' : '#fff', square: true })),
    });
    /** @type {Map<string, number[]>} */
    this.cells = new Map();
    /** @type {Map<string, Seen>} */
    this.who = new Map();
    window.setInterval(() => this.reload(), ANEW_MS);
  }

  async reload() {
    const told = new URLSearchParams();
    if (this.division()) told.set('division', this.division());
    try {
      if (!this.purpose()) {
        const cells = await ask(`/api/desk/cells?${told}`);
        this.cells = new Map(cells.map((/** @type {any} */ cell) => [cell.code, [cell.lon, cell.lat]]));
      } else told.set('purpose', this.purpose());
      const seen = await ask(`/api/desk/people?${told}`);
      this.layer.clear();
      this.who.clear();
      this.moved(seen);
    } catch (failure) {
      if (!(failure instanceof Problem)) throw failure; // the next round asks again
    }
  }

  /** @param {Seen[]} seen */
  moved(seen) {
    for (const one of seen) {
      const place = this.placeOf(one);
      if (!place) continue;
      this.who.set(one.person, one);
      this.layer.put(one.person, place[0], place[1], Math.max(0, LOOKS.indexOf(one.role)));
    }
    this.layer.changed();
  }

  /** @param {Seen} one @returns {number[] | null} longitude and latitude */
  placeOf(one) {
    if (typeof one.lon === 'number' && typeof one.lat === 'number') return [one.lon, one.lat];
    const middle = one.micro_grid_code ? this.cells.get(one.micro_grid_code) : undefined;
    if (!middle) return null;
    const turn = hash(one.person);
    const far = STREWN * Math.sqrt((turn % 997) / 997);
    return [middle[0] + far * Math.cos(turn), middle[1] + far * Math.sin(turn)];
  }
}

/** @param {string} text @returns {number} */
function hash(text) {
  let sum = 0;
  for (let n = 0; n < text.length; n += 1) sum = (sum * 31 + text.charCodeAt(n)) % 1_000_003;
  return sum;
}
