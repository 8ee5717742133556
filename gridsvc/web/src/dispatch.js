// The dispatcher's desk: what happens comes by the live stream; list, map and card show it.

import 'ol/ol.css';

import { ask } from './parts/api.js';
import { byId } from './parts/elements.js';
import { say } from './parts/words.js';
import { Acts } from './dispatch/acts.js';
import { Alarm } from './dispatch/alarm.js';
import { Banner, renewMark } from './dispatch/banner.js';
import { Card } from './dispatch/card.js';
import { tick } from './dispatch/clock.js';
import { Filters } from './dispatch/filters.js';
import { listen } from './dispatch/keys.js';
import { List } from './dispatch/list.js';
import { DeskMap } from './dispatch/map.js';
import { People } from './dispatch/people.js';
import { Places } from './dispatch/places.js';
import { Shifts } from './dispatch/shifts.js';
import { Store } from './dispatch/store.js';
import { Stream } from './dispatch/stream.js';
import { complain, tell } from './dispatch/told.js';

const desk = byId('desk');
const withPeople = Boolean(desk.dataset.people);
/** Milliseconds between redrawings for what became overdue meanwhile. */
const REDRAW_MS = 15_000;
/** Milliseconds between readings of everything from the beginning: no doubt lasts longer. */
const ANEW_MS = 900_000;

const filters = new Filters(/** @type {HTMLFormElement} */ (byId('filters')), () => anew());
const alarm = new Alarm(/** @type {HTMLButtonElement} */ (byId('sound')));
const banner = new Banner(byId('banner'), byId('link-state'));
const places = new Places(/** @type {HTMLButtonElement | null} */ (document.getElementById('places')), () => anew());
const people = new People({ purpose: () => places.purpose, division: () => filters.get('division') });
const list = new List(byId('rows'), choose);
const card = new Card(byId('card'));
const map = new DeskMap(byId('map'), { box: desk.dataset.box ?? '', people: people.layer, onChoose: choose });
const acts = new Acts(card, { open: choose, close });

const store = new Store({
  parameters: () => filters.ofList(),
  onRows(rows, { total, waiting, overdue }) {
    list.show(rows);
    map.show(rows);
    byId('counts').textContent = say('共 %(total)s 件 · 待派 %(waiting)s · 超时 %(overdue)s', { total, waiting, overdue });
    desk.dataset.shown = String(rows.length);
  },
  onNew(rows) {
    const urgent = rows.filter((row) => row.urgent);
    if (!urgent.length) return;
    alarm.ring(urgent.length);
    const [{ id, matter_name: matter, division_name: place }] = urgent;
    tell(say('急件 #%(id)s %(matter)s · %(place)s', { id, matter, place }), 'bad');
  },
  onFailure: () => undefined, // the stream says when the service is away; what was asked for is asked again
});

let everConnected = false;
let wasOut = false;
/** @type {import('./dispatch/stream.js').LinkState} */
let heard = 'connecting';
const stream = new Stream({
  parameters() {
    const told = filters.ofStream();
    for (const kind of ['event', 'move', 'assignment']) told.append('kind', kind);
    if (withPeople) told.append('kind', 'position');
    if (withPeople && places.purpose) told.set('purpose', places.purpose);
    return told;
  },
  onEvent(kind, data) {
    if (kind === 'position') people.moved(data);
    else if (kind === 'reset') reload();
    else {
      store.changed(kind, data);
      if (data.event_id === card.id) later(() => card.refresh());
    }
  },
  async onState(state) {
    heard = state;
    if (state === 'expired') wasOut = true;
    // What is sent before the page has the new session's mark is refused.
    if (state === 'live' && wasOut) await renewMark();
    if (heard !== state) return;
    banner.show(state);
    if (state !== 'live') return;
    if (!everConnected || wasOut) reload();
    else if (withPeople) people.reload();
    [everConnected, wasOut] = [true, false];
  },
});

let waiting = 0;
/** Once for all that comes in a moment. @param {() => void} deed */
function later(deed) {
  clearTimeout(waiting);
  waiting = window.setTimeout(deed, 200);
}

function reload() {
  store.byDue = filters.get('order') === 'due';
  store.reload();
  if (withPeople) people.reload();
}

/** What is asked for has changed. */
function anew() {
  reload();
  stream.begin();
}

/** @param {number} id */
function choose(id) {
  if (!id) return;
  list.choose(id);
  map.choose(store.rows.get(id));
  desk.classList.add('open');
  remember(id);
  card.open(id).then(async () => {
    if (store.rows.has(id) || card.id !== id) return;
    map.choose(await ask(`/api/events/${id}`)); // of another view; it is shown all the same
  }).catch(complain);
}

function close() {
  card.close();
  list.choose(0);
  map.choose(undefined);
  desk.classList.remove('open');
  remember(0);
}

/** The open event is part of the address. @param {number} id */
function remember(id) {
  const told = new URLSearchParams(location.search);
  if (id) told.set('event', String(id));
  else told.delete('event');
  history.replaceState(null, '', told.size ? `?${told}` : location.pathname);
}

function mostUrgent() {
  const due = (/** @type {import('./dispatch/store.js').Row} */ row) => (row.due_at ? Date.parse(row.due_at) : Infinity);
  const rows = [...store.rows.values()].filter((row) => row.urgent);
  choose(rows.sort((a, b) => due(a) - due(b))[0]?.id ?? 0);
}

const dialog = (/** @type {string} */ id) => /** @type {HTMLDialogElement} */ (byId(id));
const shifts = new Shifts(dialog('shift'), { open: choose });
byId('hand-over').addEventListener('click', () => shifts.show());
byId('help').addEventListener('click', () => dialog('keys').showModal());

listen({
  j: () => choose(list.beside(1)),
  k: () => choose(list.beside(-1)),
  ArrowDown: () => choose(list.beside(1)),
  ArrowUp: () => choose(list.beside(-1)),
  u: mostUrgent,
  a: () => acts.giveFirst(),
  o: () => acts.choose(''),
  w() {
    const details = document.getElementById('whistle');
    if (!(details instanceof HTMLDetailsElement)) return;
    details.open = true;
    details.querySelector('textarea')?.focus();
  },
  c: () => map.choose(store.rows.get(card.id), true),
  f: () => byId('filters').querySelector('select')?.focus(),
  m: () => alarm.toggle(),
  h: () => shifts.show(),
  '?': () => dialog('keys').showModal(),
  Escape: close,
});

window.setInterval(() => {
  list.tick();
  tick(card.box);
}, 1000);
window.setInterval(() => {
  if (filters.get('overdue')) store.reload();
  else store.draw();
  store.recount();
}, REDRAW_MS);
window.setInterval(reload, ANEW_MS);

const first = Number(new URLSearchParams(location.search).get('event') ?? 0);
if (Number.isSafeInteger(first) && first > 0) choose(first);
stream.begin();
