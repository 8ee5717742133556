// The appraisal page: the service draws it; here its forms are sent.

import { byId } from './parts/elements.js';
import { takeDeeds } from './parts/deeds.js';

/** A funnel as the service takes it: each count part of the one before, with the rate it quotes. */
function declaration(body) {
  const counts = [];
  const rates = [];
  for (const n of [1, 2, 3]) {
    const { [`label${n}`]: label, [`number${n}`]: number, [`percent${n}`]: percent } = body;
    if (label === undefined || number === undefined) continue;
    if (counts.length) rates.push({ part: `step${n}`, of: counts.at(-1).code, ...(percent ? { percent } : {}) });
    counts.push({ code: `step${n}`, label, number: Number(number) });
  }
  const { division, title, source, since, until } = body;
  return { division, title, source, since, until, counts, rates, client_key: crypto.randomUUID() };
}

/** What one unit thinks of another in every aspect. */
function scores({ side, rater, ratee, ...told }) {
  const given = Object.entries(told).map(([name, score]) => ({ ratee, aspect: name.replace(/^score:/, ''), score }));
  return { side, rater, scores: given };
}

takeDeeds(byId('registers'), {}, { declaration, scores });
