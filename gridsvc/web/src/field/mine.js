// The worker's own weeks: hours in the grid, visits, events; each share with what it is made of.

import { language, say } from '../parts/words.js';
import { byId, element } from '../parts/elements.js';

const SVG = 'http://www.w3.org/2000/svg';
const day = new Intl.DateTimeFormat(language, { month: 'numeric', day: 'numeric', timeZone: 'UTC' });
const hours = (s) => (s / 3600).toFixed(1);

const FIGURES = [
  { name: say('在格时长'), unit: say('小时'), of: (week) => week.in_grid_s / 3600 },
  { name: say('走访'), unit: say('户'), of: (week) => week.visits },
  { name: say('处置事件'), unit: say('件'), of: (week) => week.handled },
];

/** A bar for each week, the last one strong: it goes on. */
function bars(values) {
  const most = Math.max(...values, 1);
  const svg = document.createElementNS(SVG, 'svg');
  const put = (node, told) => Object.entries(told).forEach(([name, value]) => node.setAttribute(name, String(value)));
  put(svg, { viewBox: `0 0 ${values.length * 16} 40`, 'aria-hidden': 'true' });
  values.forEach((value, n) => {
    const rect = document.createElementNS(SVG, 'rect');
    const height = Math.max((36 * value) / most, 1);
    put(rect, { x: n * 16 + 2, y: 40 - height, width: 12, height, fill: n === values.length - 1 ? '#0d3c7a' : '#9db4d3' });
    svg.append(rect);
  });
  return svg;
}

/** @param {any} figures as `/api/field/figures` tells them; none before the first time */
export function drawMine(figures) {
  if (!figures) {
    byId('mine').replaceChildren(element('p', { class: 'card hint', text: say('数字还没有取到，联网后自动取。') }));
    return;
  }
  const { weeks } = figures;
  const plain = (value) => String(Math.round(10 * value) / 10);
  const tiles = FIGURES.map(({ name, unit, of }) =>
    element('div', { class: 'tile' }, element('span', { text: name }), element('b', { text: plain(of(weeks.at(-1))) }), element('span', { text: say('%(unit)s · 上周 %(n)s', { unit, n: plain(of(weeks.at(-2))) }) }), bars(weeks.map(of))),
  );
  const heads = [say('周'), say('在格 / 有轨迹（小时）'), say('走访'), say('存疑'), say('处置'), say('按期 / 有时限')];
  const rows = weeks.toReversed().map((week) =>
    element(
      'tr',
      {},
      element('td', { text: say('%(at)s 起', { at: day.format(new Date(week.since)) }) }),
      element('td', { text: `${hours(week.in_grid_s)} / ${hours(week.tracked_s)}` }),
      ...[week.visits, week.doubted, week.handled].map((n) => element('td', { text: n })),
      element('td', { text: `${week.on_time} / ${week.limited}` }),
    ),
  );
  byId('mine').replaceChildren(
    element('section', { class: 'card' }, element('h2', { text: say('本周') }), element('div', { class: 'figures' }, ...tiles)),
    element('section', { class: 'card' }, element('h2', { text: say('近 %(n)s 周', { n: weeks.length }) }), element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': say('每周的数字') }, element('table', {}, element('thead', {}, element('tr', {}, ...heads.map((text) => element('th', { scope: 'col', text })))), element('tbody', {}, ...rows)))),
  );
}
