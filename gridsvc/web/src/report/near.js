// What was reported near by already: whoever finds it there may follow it.

import { Problem, ask } from '../parts/api.js';
import { say } from '../parts/words.js';
import { byId, element } from '../parts/elements.js';

const MOST = 3;
let asked = 0;

/**
 * @param {{lon: number, lat: number, datum: string}} place
 * @param {(event: number, place: object) => void} follow
 */
export async function lookAround(place, follow) {
  const turn = ++asked;
  let events = [];
  try {
    ({ events } = await ask(`/api/public/nearby?${new URLSearchParams(place)}`));
  } catch (fault) {
    if (!(fault instanceof Problem)) throw fault; // a help, not a condition
  }
  if (turn !== asked) return;
  byId('nearby').replaceChildren(...(events.length ? list(events.slice(0, MOST), place, follow) : []));
}

function list(events, place, follow) {
  const rows = events.map((one) =>
    element(
      'div',
      { class: 'near' },
      element('p', {
        text: say('%(matter)s，约 %(n)s 米外，%(day)s 上报', {
          matter: one.matter,
          n: one.distance_m,
          day: one.reported_on,
        }),
      }),
      element('button', {
        type: 'button',
        class: 'second',
        text: say('关注'),
        'aria-label': say('关注：%(matter)s', { matter: one.matter }),
        click: () => follow(one.event, place),
      }),
    ),
  );
  const hint = say('附近已有人上报。是同一件事吗？关注它就能看到进度，不必重复上报。');
  return [element('p', { class: 'hint', text: hint }), ...rows];
}
