// The leader's page: figures of an area and its children; each leads down to its cases.

import { Problem, ask } from './parts/api.js';
import { language, say } from './parts/words.js';
import { offerBriefings } from './overview/briefing.js';
import { drawBars, drawTrend } from './overview/charts.js';
import { showCases } from './overview/cases.js';
import { RATES, SHOWN, countOf, percent, rateOf } from './overview/indicators.js';
import { ChildMap } from './overview/map.js';
import { byId, element } from './parts/elements.js';

const DAY_MS = 86_400_000;
/** Windows of the trend, of a day or a week each. */
const MOST_WINDOWS = 31;
const day = new Intl.DateTimeFormat(language, { year: 'numeric', month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit' });

const form = /** @type {HTMLFormElement} */ (byId('asked'));
const rates = /** @type {HTMLSelectElement} */ (byId('rate'));
const start = new URLSearchParams(location.search);
const state = {
  division: byId('overview').dataset.division,
  days: start.get('days') ?? '7',
  matter: start.get('matter') ?? '',
  rate: start.get('rate') ?? RATES[0],
};
let turn = 0;
const map = new ChildMap(byId('map'), byId('legend'), (code) => go({ division: code }));

function span() {
  const since = new Date(Date.now() - (Number(state.days) - 1) * DAY_MS);
  since.setHours(0, 0, 0, 0);
  return { since: since.toISOString(), until: new Date(Date.now() + DAY_MS).toISOString() };
}

function filter(more = {}) {
  const asked = { division: state.division, ...(state.matter ? { matter: state.matter } : {}), ...more };
  return new URLSearchParams(asked);
}

function go(change) {
  Object.assign(state, change);
  const { division, days, matter, rate } = state;
  history.pushState(state, '', `?${new URLSearchParams({ division, days, matter, rate })}`);
  void load();
}

/** A number that leads to its cases. */
function number(text, figure, stage, window, division, className = 'number') {
  return element('button', {
    type: 'button',
    class: className,
    text,
    'data-figure': stage ? `${stage}.${figure}` : figure,
    click: () =>
      void showCases({ figure, stage, since: window.since, until: window.until, division, matter: state.matter, place: byId('cases') }),
  });
}

function tiles(told) {
  const { figures } = told;
  byId('figures').replaceChildren(
    ...SHOWN.map(({ name, label, figure, stage, rate, bad }) => {
      const tile = number('', figure, stage, figures.window, state.division, 'tile');
      const share = rate && rateOf(figures, rate);
      const n = countOf(figures, figure, stage);
      tile.append(
        element('span', { text: label }),
        element('b', { text: share ? percent(share) : String(n) }),
        element('span', { text: share ? say('%(a)s / %(b)s 件', { a: share.numerator, b: share.denominator }) : say('件') }),
      );
      tile.classList.toggle('bad', Boolean(bad && n > 0));
      tile.dataset.tile = name;
      return tile;
    }),
  );
}

function comparison(told) {
  const head = [say('区划'), say('上报件数'), say('办结件数'), say('在办超时'), ...RATES.map((name) => rateOf(told.figures, name)?.label ?? SHOWN.find((one) => one.rate === name)?.label ?? name)];
  const rows = [...told.children, { ...told.place, figures: told.figures, sum: true }].map((child) => {
    const { figures, code } = child;
    const name = child.sum
      ? element('td', { text: say('合计') })
      : element('td', {}, element('a', { href: `?${new URLSearchParams({ ...state, division: code })}`, text: child.name, click: (event) => { event.preventDefault(); go({ division: code }); } }));
    const cell = (figure, stage) => element('td', {}, number(String(countOf(figures, figure, stage)), figure, stage, figures.window, code));
    const share = (rate) => {
      const one = rateOf(figures, rate);
      const shown = SHOWN.find((each) => each.rate === rate);
      const text = one && one.denominator ? `${percent(one)}（${one.numerator}/${one.denominator}）` : '—';
      return element('td', {}, number(text, shown.figure, shown.stage, figures.window, code));
    };
    return element('tr', {}, name, cell('reported'), cell('closed'), cell('pending_overdue', 'case'), ...RATES.map(share));
  });
  byId('children').replaceChildren(
    element('table', {}, element('caption', { text: say('括号内是分子/分母；点数字看案件。') }), element('thead', {}, element('tr', {}, ...head.map((text) => element('th', { scope: 'col', text })))), element('tbody', {}, ...rows)),
  );
}

function trendTable(windows) {
  const names = ['reported', 'dispatched', 'handled', 'closed'];
  const heads = [say('自'), say('上报件数'), say('派遣件数'), say('处置件数'), say('办结件数')].map((text) => element('th', { scope: 'col', text }));
  const rows = windows.map((one) =>
    element('tr', {}, element('td', { text: day.format(new Date(one.window.since)) }), ...names.map((name) => element('td', {}, number(String(one.events[name]), name, null, one.window, state.division)))),
  );
  byId('trend-table').replaceChildren(element('table', {}, element('thead', {}, element('tr', {}, ...heads)), element('tbody', {}, ...rows)));
}

function compare(told) {
  const shown = SHOWN.find((one) => one.rate === state.rate);
  drawBars(byId('bars'), told, state.rate, (child) =>
    void showCases({ figure: shown.figure, stage: shown.stage, ...child.figures.window, division: child.code, matter: state.matter, place: byId('cases') }),
  );
  map.draw(told, state.rate);
}

function draw(told) {
  byId('place').textContent = told.place.name;
  byId('above').replaceChildren(
    ...told.above.flatMap((one) => [element('a', { href: `?${new URLSearchParams({ ...state, division: one.code })}`, text: one.name }), ' / ']),
  );
  const { since, until } = told.figures.window;
  byId('window').textContent = say('统计期 %(since)s 至 %(until)s', { since: day.format(new Date(since)), until: day.format(new Date(until)) });
  rates.replaceChildren(...RATES.map((name) => element('option', { value: name, text: SHOWN.find((one) => one.rate === name).label, selected: name === state.rate })));
  tiles(told);
  comparison(told);
  compare(told);
  rates.onchange = () => {
    state.rate = rates.value;
    compare(told);
  };
}

function fail(fault) {
  const line = byId('fault');
  line.hidden = !fault;
  if (!fault) return;
  const again = fault.status === 401
    ? element('a', { href: `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`, text: say('登录已过期，请重新登录') })
    : element('button', { class: 'number', type: 'button', text: say('再试一次'), click: () => void load() });
  line.replaceChildren(fault.passing ? say('服务暂时没有应答，页面上是之前的数字。') : fault.message, ' ', again);
}

async function load() {
  const mine = ++turn;
  form.elements.namedItem('days').value = state.days;
  form.elements.namedItem('matter').value = state.matter;
  byId('cases').hidden = true;
  try {
    const told = await ask(`/api/overview?${filter(span())}`);
    if (mine !== turn) return;
    draw(told);
    const { since, until } = told.figures.window;
    const days = Math.ceil((Date.parse(until) - Date.parse(since)) / DAY_MS) > MOST_WINDOWS ? 7 : 1;
    const { windows } = await ask(`/api/overview/course?${filter({ since, until, days: String(days) })}`);
    if (mine !== turn) return;
    drawTrend(byId('trend'), windows, (one, figure) =>
      void showCases({ figure, stage: null, ...one.window, division: state.division, matter: state.matter, place: byId('cases') }),
    );
    trendTable(windows);
    fail(null);
  } catch (fault) {
    if (!(fault instanceof Problem)) throw fault;
    if (mine === turn) fail(fault);
  }
}

form.addEventListener('change', () => go({ days: form.elements.namedItem('days').value, matter: form.elements.namedItem('matter').value }));
window.addEventListener('popstate', ({ state: before }) => {
  if (before) Object.assign(state, before);
  void load();
});
history.replaceState(state, '');
if (document.getElementById('briefing')) offerBriefings(() => state.division ?? '');
void load();
