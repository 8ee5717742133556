// The outreach desk: the service draws it; here its forms are sent.

import { byId } from './parts/elements.js';
import { takeDeeds } from './parts/deeds.js';
import { say } from './parts/words.js';

/** Codes as they are written, with whatever stands between them. */
const broadcast = ({ cells = '', ...told }) => ({
  ...told,
  cells: cells.split(/[\s,，、;；]+/).filter(Boolean),
  client_key: crypto.randomUUID(),
});

takeDeeds(
  byId('registers'),
  {
    warning: ({ address, subject, detail, history }) => [
      [say('地址编码'), address],
      [say('对象'), subject ?? '—'],
      [say('内容'), detail],
      ...history.filter((deed) => deed.note).map((deed) => [say('%(who)s 记', { who: deed.actor }), deed.note]),
    ],
  },
  { broadcast },
);
