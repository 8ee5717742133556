// The units that may blow the whistle and be called.

import { Problem, ask } from '../parts/api.js';

/** @typedef {{code: string, name: string, kind: string, division_code: string}} Unit */

const CALLERS = new Set(['street', 'centre', 'enterprise']);
/** Lists change with a new version, which is seldom; they are asked for again so often. */
const KEPT_MS = 10 * 60_000;

/** @type {{at: number, units: Promise<Unit[]>}} */
let kept = { at: -Infinity, units: Promise.resolve([]) };

function units() {
  const now = performance.now();
  if (now - kept.at > KEPT_MS) {
    const asked = ask('/api/units');
    kept = { at: now, units: asked };
    asked.catch(() => {
      kept = { at: -Infinity, units: Promise.resolve([]) };
    });
  }
  return kept.units;
}

/** @param {HTMLElement | null} box with the form */
export async function fillUnits(box) {
  const form = box?.querySelector('form');
  if (!form) return;
  /** @type {Unit[]} */
  let known;
  try {
    known = await units();
  } catch (failure) {
    if (failure instanceof Problem) return; // the list stays empty; opening the card anew asks again
    throw failure;
  }
  const options = (/** @type {Unit[]} */ listed) => listed.map((unit) => new Option(unit.name, unit.code));
  const [own, called] = ['unit', 'units'].map((name) => /** @type {HTMLSelectElement} */ (form.elements.namedItem(name)));
  if (own.options.length) return;
  own.replaceChildren(...options(known.filter((unit) => CALLERS.has(unit.kind))));
  called.replaceChildren(...options(known));
}
