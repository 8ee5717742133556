// The wall of the command centre: figures and a live map. It runs for days, so everything it keeps
// is bounded, and everything it shows is made once and written anew.

import 'ol/ol.css';

import { Problem, ask } from './parts/api.js';
import { byId } from './parts/elements.js';
import { Banner, renewMark } from './dispatch/banner.js';
import { serverNow } from './dispatch/clock.js';
import { DeskMap } from './dispatch/map.js';
import { People } from './dispatch/people.js';
import { Store } from './dispatch/store.js';
import { Stream } from './dispatch/stream.js';
import { Charts } from './wall/charts.js';
import { Latest } from './wall/latest.js';

const wall = byId('wall');
const division = wall.dataset.division ?? '';
const withPeople = Boolean(wall.dataset.people);
/** Milliseconds between readings of the figures, and of everything from the beginning. */
const FIGURES_MS = 20_000;
const ANEW_MS = 3_600_000;

const banner = new Banner(byId('banner'), byId('link-state'));
const people = new People({ purpose: () => '', division: () => division, dark: true });
const map = new DeskMap(byId('map'), { box: wall.dataset.box ?? '', people: people.layer, dark: true });
const latest = new Latest(byId('latest'));
const charts = new Charts(byId('hours'), byId('areas'));

const parameters = () => new URLSearchParams(division ? { division } : {});
const store = new Store({
  parameters,
  onRows(rows) {
    map.show(rows);
    latest.begin(rows);
    latest.show(store.rows);
    wall.dataset.shown = String(rows.length);
  },
  onNew: () => undefined,
  onFailure: () => undefined,
});

let wasOut = true;
const stream = new Stream({
  parameters() {
    const told = parameters();
    for (const kind of ['event', 'move', 'assignment', ...(withPeople ? ['position'] : [])]) told.append('kind', kind);
    return told;
  },
  onEvent(kind, data) {
    if (kind === 'position') people.moved(data);
    else if (kind === 'reset') reload();
    else {
      latest.add(data);
      store.changed(kind, data);
    }
  },
  async onState(state) {
    banner.show(state);
    if (state === 'expired') wasOut = true;
    if (state !== 'live' || !wasOut) return;
    wasOut = false;
    await renewMark();
    reload();
    figures();
  },
});

function reload() {
  store.reload();
  if (withPeople) people.reload();
}

async function figures() {
  try {
    const told = await ask(`/api/desk/figures?${parameters()}`);
    const onDuty = told.people.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.on_duty, 0);
    const everybody = told.people.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.everybody, 0);
    const shown = { ...told, in_time: `${told.handled_in_time} / ${told.handled}`, people: `${onDuty} / ${everybody}` };
    for (const node of document.querySelectorAll('[data-figure]')) {
      const value = shown[/** @type {HTMLElement} */ (node).dataset.figure ?? ''];
      node.textContent = typeof value === 'number' ? value.toLocaleString() : value;
    }
    charts.show(told.hours, told.areas);
  } catch (failure) {
    if (!(failure instanceof Problem)) throw failure; // the banner says it; the next round asks again
  }
}

const clock = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'full', timeStyle: 'medium', hour12: false });
window.setInterval(() => {
  byId('now').textContent = clock.format(serverNow());
}, 1000);
window.setInterval(figures, FIGURES_MS);
window.setInterval(reload, ANEW_MS);
window.setInterval(() => store.draw(), FIGURES_MS);
stream.begin();
