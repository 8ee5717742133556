// The page of registers: the service draws it; here its forms are sent.

import { byId } from './parts/elements.js';
import { takeDeeds } from './parts/deeds.js';
import { say } from './parts/words.js';

/** What was found of one subject, as the service takes many. */
const finding = ({ found_on, ...one }) => ({ found_on, findings: [one] });

/** Sent twice by accident it would be entered twice, but for the key. */
const keyed = (body) => ({ ...body, client_key: crypto.randomUUID() });

/** Answers by the code of their question. */
function survey({ visited_at, ...told }) {
  const answers = Object.fromEntries(Object.entries(told).map(([name, text]) => [name.replace(/^answer:/, ''), text]));
  return { visited_at, answers };
}

const cost = ({ cost_yuan }) => ({ cost_fen: Math.round(100 * cost_yuan) });

takeDeeds(
  byId('registers'),
  {
    mediation: ({ subject, result, parties }) => [
      [say('当事人'), parties.map(({ name, phone }) => (phone ? `${name} ${phone}` : name)).join('、')],
      [say('内容'), subject],
      [say('结果'), result ?? '—'],
    ],
  },
  { finding, keyed, survey, cost },
);
