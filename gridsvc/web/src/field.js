// The field worker's page: tasks, reports, cells, duty; all of it without a network too.

import { say } from './parts/words.js';
import { byId, element } from './parts/elements.js';
import { Outbox } from './phone/outbox.js';
import { Retry } from './phone/retry.js';
import { openStore } from './phone/store.js';
import { moment, tellHeld, whyHeld, whyNot } from './phone/telling.js';
import { keepForOffline } from './phone/worker.js';
import { Calls } from './field/calls.js';
import { drawCells } from './field/cells.js';
import { Day } from './field/day.js';
import { drawMine } from './field/mine.js';
import { reportForm } from './field/report.js';
import { sender } from './field/sending.js';
import { drawTasks } from './field/tasks.js';
import { drawVisits } from './field/visits.js';
import { drawWaiting } from './field/waiting.js';
import { drawWarnings } from './field/warnings.js';

const VIEWS = ['tasks', 'visits', 'report', 'cells', 'mine', 'left'];
/** Views that show what is asked for when somebody looks. */
const CALLS = new Set(['visits', 'mine']);
const ASK_EVERY_MS = 60_000;
const KEEP_DONE_MS = 7 * 86_400_000;

const { lon, lat } = document.body.dataset;
const middle = /** @type {[number, number]} */ ([Number(lon ?? 116.39), Number(lat ?? 39.91)]);
const db = await openStore('gridsvc-field');
const day = new Day(db);
const calls = new Calls(db, day);
const outbox = new Outbox(db, {
  send: sender(day),
  mine: (item) => item.login === day.told?.login,
  changed: () => void draw(),
  sent: () => void askDay().then(() => look(true)),
});
const again = new Retry(() => void renew());
/** @type {ReturnType<typeof reportForm> | null} a map is made when it is first looked at */
let form = null;
let sentence = '';

const page = {
  async act(what, told) {
    sentence = '';
    await outbox.add({ what, login: day.told.login, ...told });
  },
  note(text) {
    sentence = text;
    void draw();
  },
  fail(text) {
    page.note(text);
  },
  proof: () => day.proof(day.told.login),
};

function view() {
  const wanted = location.hash.slice(1);
  return VIEWS.includes(wanted) ? wanted : 'tasks';
}

const signIn = () => element('a', { href: '/sign-in?next=/field', text: say('登录') });

function tellWhatHolds() {
  const fault = day.fault && !day.fault.passing ? day.fault : (outbox.held ?? day.fault);
  if (fault?.status === 401) return tellHeld(day.told ? whyHeld(fault) : say('请先登录。'), signIn());
  if (fault && !fault.passing) return tellHeld(fault.status === 403 ? say('这个账号不是网格工作人员，请换账号登录。') : whyNot(fault), signIn());
  if (fault) return tellHeld((sentence && `${sentence} `) + whyHeld(fault) + (day.told ? ' ' + say('任务更新于 %(at)s', { at: moment(day.at) }) : ''));
  return tellHeld(sentence || null);
}

async function draw() {
  const items = await outbox.all();
  const left = items.filter((one) => one.state !== 'done').length;
  const badge = byId('waiting');
  badge.hidden = !left;
  badge.textContent = String(left);
  tellWhatHolds();
  for (const name of VIEWS) {
    byId(`view-${name}`).hidden = name !== view();
    const tab = document.querySelector(`.tabs [href="#${name}"]`);
    if (name === view()) tab?.setAttribute('aria-current', 'page');
    else tab?.removeAttribute('aria-current');
  }
  drawWaiting(outbox, items, day.told?.login);
  if (!day.told) return;
  const onDuty = day.onDuty(items);
  const duty = byId('duty');
  duty.hidden = false;
  duty.setAttribute('aria-checked', String(onDuty));
  duty.textContent = onDuty ? say('在岗') : say('离岗');
  const tasks = day.tasks(items);
  drawTasks(page, tasks, items);
  drawWarnings(page, calls.warnings(items));
  drawVisits(page, calls.programmes(items), calls.told?.at);
  if (view() === 'mine') drawMine(calls.told?.figures);
  if (view() === 'cells') drawCells(day.told, tasks, middle);
  if (view() === 'report') form ??= reportForm(page, middle);
}

/** Ask for what the view shows, unless it was asked for a moment ago. */
async function look(now = false) {
  if (CALLS.has(view())) await calls.ask(now);
  await draw();
}

/** Ask how the day stands; what the network loses of that is asked for again. */
async function askDay() {
  again.stop();
  const fault = await day.ask();
  if (fault?.passing) again.later();
  else again.reset();
}

/** Send what waits, then ask how the day stands: in this order what was done is not undone. */
async function renew() {
  if (!day.proven) await askDay();
  await outbox.flush();
  if (!outbox.held) await askDay();
  await look();
}

async function forget() {
  const old = Date.now() - KEEP_DONE_MS;
  for (const item of await outbox.all()) {
    if (item.state === 'done' && Date.parse(item.at) < old) await db.delete('outbox', item.number);
  }
}

byId('duty').addEventListener('click', () => {
  const on_duty = byId('duty').getAttribute('aria-checked') !== 'true';
  void page.act('duty', { lane: 'duty', person: day.told.person, body: { on_duty } });
});
window.addEventListener('hashchange', () => {
  sentence = ''; // it was of the view that was left
  void draw().then(() => look());
  scrollTo(0, 0);
});
const begin = () => {
  again.reset();
  void renew();
};
window.addEventListener('online', begin);
document.addEventListener('visibilitychange', () => document.hidden || begin());
setInterval(() => void renew(), ASK_EVERY_MS);

await day.recall();
await calls.recall();
await draw();
await forget();
await renew();
void keepForOffline('/field', ['/field']);
// Known from the first look on, be it where there is no network.
await calls.ask();
await draw();
