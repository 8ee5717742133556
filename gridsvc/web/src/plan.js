// The planner's desk: the page of one draft. The service owns the cells; this draws, asks and
// shows what it answers.

import { ask } from './parts/api.js';
import { byId, worded } from './parts/elements.js';
import { say } from './parts/words.js';
import { askNumber } from './plan/asking.js';
import { divideAsTask } from './plan/dividing.js';
import { Homes, compactness } from './plan/figures.js';
import { wireFiles } from './plan/files.js';
import { DraftMap } from './plan/map.js';
import {
  drawCells, drawComments, drawComparison, drawHistory, drawProblems, drawTotals, wireTabs,
} from './plan/panel.js';
import { drawState, wirePublish } from './plan/publish.js';
import { reason } from './plan/reasons.js';
import { Sender } from './plan/sending.js';
import { Tools } from './plan/tools.js';
import { layUnder } from './plan/under.js';

const LOOK_MS = 20_000;
const desk = byId('desk');
const id = Number(desk.dataset.draft);
const path = `/api/drafts/${id}`;
const who = {
  editor: Boolean(desk.dataset.editor),
  approver: Boolean(desk.dataset.approver),
  login: desk.dataset.login,
};

const view = new DraftMap('map');
/** @type {Map<number, any>} */
const cells = new Map();
const chosen = new Set();
let draft = null;
let homes = new Homes([]);
let problemsWanted = 0;

// What is said to the planner.

function banner(text, { bad = false, actions = [] } = {}) {
  const node = byId('banner');
  node.hidden = !text;
  node.className = bad ? 'banner bad' : 'banner';
  node.replaceChildren(worded('span', text ?? ''));
  for (const [label, act] of actions) {
    const button = worded('button', label);
    button.type = 'button';
    button.addEventListener('click', act);
    node.append(button);
  }
}
const dismiss = () => { banner(''); view.mark(undefined); };
const hint = (text) => { byId('hint').textContent = text ?? ''; };
const saved = (text) => { byId('saved').textContent = text; };

// The state on the page.

function redraw() {
  const all = [...cells.values()];
  for (const number of chosen) if (!cells.has(number)) chosen.delete(number);
  drawTotals(all, draft.target);
  drawCells(all, chosen, choose);
  view.choose(chosen);
  drawState(draft, who);
  const sum = [...chosen].reduce((total, number) => total + cells.get(number).households, 0);
  byId('chosen').textContent = chosen.size
    ? say('已选 %(n)s 格，共 %(h)s 户', { n: chosen.size, h: sum })
    : say('未选格子');
  const open = who.editor && draft.state === 'open';
  for (const button of document.querySelectorAll('[data-act], [data-tool]')) {
    const needs = { merge: 2, divide: 1, auto: 1, dedicate: 1, lock: 1 }[button.dataset.act] ?? 0;
    const turn = { undo: draft.can_undo, redo: draft.can_redo }[button.dataset.act] ?? true;
    button.disabled = button.dataset.tool !== 'select' && !(open && turn && chosen.size >= needs);
  }
}

function choose(number, more, go = false) {
  if (!more) {
    const alone = chosen.size === 1 && chosen.has(number);
    chosen.clear();
    if (number !== null && !alone) chosen.add(number);
  } else if (number !== null) {
    if (chosen.has(number)) chosen.delete(number);
    else chosen.add(number);
  }
  const feature = go && view.byNumber.get(number);
  if (feature) {
    view.map.getView().fit(feature.getGeometry().getExtent(), {
      padding: [120, 120, 120, 120], maxZoom: 18.5, duration: 250,
    });
  }
  redraw();
  if (tools.now !== 'select') hint(tools.told());
}

function take(told) {
  draft = { ...draft, version: told.version, can_undo: told.can_undo, can_redo: told.can_redo };
  for (const cell of told.changed) cells.set(cell.number, cell);
  for (const number of told.gone) cells.delete(number);
  view.take(told.gone);
  view.put(told.changed);
  redraw();
  lookForProblems();
}

async function load() {
  const [told, ground] = await Promise.all([ask(path), view.ground ?? ask(`${path}/ground`)]);
  if (!view.ground) {
    view.ground = ground;
    homes = new Homes(view.drawGround(ground));
    layUnder(view, desk.dataset);
  }
  draft = told;
  view.take([...cells.keys()]);
  cells.clear();
  for (const cell of told.cells) cells.set(cell.number, cell);
  view.put(told.cells);
  redraw();
  saved(say('第 %(n)s 版', { n: draft.version }));
  lookForProblems();
}

async function lookForProblems() {
  problemsWanted += 1;
  const mine = problemsWanted;
  try {
    const { problems } = await ask(`${path}/problems`);
    if (mine === problemsWanted) drawProblems(problems, goTo);
  } catch (problem) {
    if (!problem.passing) throw problem;
  }
}

function goTo(problem) {
  chosen.clear();
  for (const number of problem.cells) chosen.add(number);
  view.mark(problem.bbox);
  redraw();
}

// Operations.
const sender = new Sender(id, {
  done(told, body) {
    const mine = told.version === body.version + 1;
    banner('');
    view.mark(undefined);
    take(told);
    saved(say('已保存，第 %(n)s 版', { n: draft.version }));
    if (!mine) load();
  },
  refused(problem) {
    restore();
    banner(reason(problem), { bad: true, actions: [[say('知道了'), dismiss]] });
    view.mark(problem.told.bbox, { go: false });
    saved(say('第 %(n)s 版', { n: draft.version }));
  },
  waiting() {
    banner(say('服务器没有回应。您的操作已留在本机，正在自动重试…'));
  },
  expired() {
    saved(say('第 %(n)s 版', { n: draft.version }));
    const next = encodeURIComponent(`/plan?draft=${id}`);
    banner(say('登录已过期。您的操作已留在本机，登录后会自动完成。'), {
      actions: [[say('去登录'), () => window.location.assign(`/sign-in?next=${next}`)]],
    });
  },
  overtaken(problem, body) {
    const told = say('%(who)s 刚改过这份草案（第 %(n)s 版），没有覆盖任何内容。', {
      who: problem.told.changed_by ?? '', n: problem.told.version,
    });
    banner(told, {
      bad: true,
      actions: [
        [say('载入最新'), async () => { sender.drop(); banner(''); await load(); }],
        [say('在最新版上重做我的操作'), async () => {
          sender.drop();
          await load();
          await sender.send(body.operation, draft.version);
        }],
      ],
    });
    restore();
    saved(say('第 %(n)s 版', { n: draft.version }));
  },
});

/** Put back what was dragged and not taken. */
function restore() {
  view.put([...cells.values()]);
}

function operate(operation) {
  if (sender.busy) {
    restore();
    hint(say('上一步还在处理，请稍候。'));
    return;
  }
  saved(say('正在保存…'));
  sender.send(operation, draft.version);
}

// Figures that change while somebody drags.

let frame = 0;
const watching = new Map();
function dragged(features, begins) {
  for (const [geometry, listener] of watching) geometry.un('change', listener);
  watching.clear();
  if (!begins) return;
  const show = () => {
    frame = 0;
    const told = features.map((feature) => {
      const rings = feature.getGeometry().getCoordinates();
      const { number, kind } = feature.get('cell');
      const households = homes.within(rings);
      const off = Math.round((100 * (households - draft.target)) / draft.target);
      const more = kind === 'dedicated' ? '' : ` (${off > 0 ? '+' : ''}${off}%)`;
      return say('第 %(n)s 格 %(h)s 户%(off)s 紧凑 %(c)s', {
        n: number, h: households, off: more, c: compactness(rings).toFixed(2),
      });
    });
    hint(told.join('　'));
  };
  for (const feature of features) {
    const geometry = feature.getGeometry();
    const listener = () => { frame ||= requestAnimationFrame(show); };
    geometry.on('change', listener);
    watching.set(geometry, listener);
  }
}

const tools = new Tools(view, {
  operate, choose, hint, dragged,
  chosen: () => [...chosen],
  keep: `plan-drawing-${id}`,
});

// Acts on what is chosen.

const ACTS = {
  merge: () => operate({ kind: 'merge', cells: [...chosen] }),
  divide: async () => {
    const target = Math.max(2, Math.round(
      [...chosen].reduce((sum, n) => sum + cells.get(n).households, 0) / draft.target));
    const count = await askNumber(say('分成几格？'), target);
    if (count) operate({ kind: 'divide', cells: [...chosen], count });
  },
  auto: () => divideAsTask(
    path, { version: draft.version, cells: [...chosen], target: draft.target }, { banner, load },
  ),
  dedicate: () => operate({
    kind: 'dedicate', cells: [...chosen],
    dedicated: [...chosen].some((n) => cells.get(n).kind !== 'dedicated'),
  }),
  lock: () => operate({
    kind: 'lock', cells: [...chosen], locked: [...chosen].some((n) => !cells.get(n).locked),
  }),
  undo: () => operate({ kind: 'undo' }),
  redo: () => operate({ kind: 'redo' }),
};
const ACT_KEYS = { m: 'merge', n: 'divide', a: 'auto', g: 'dedicate', l: 'lock' };

function press(name) {
  const button = document.querySelector(`[data-act="${name}"]`);
  if (button && !button.disabled) ACTS[name]();
}

for (const button of document.querySelectorAll('[data-act]')) {
  button.addEventListener('click', () => ACTS[button.dataset.act]());
}
for (const button of document.querySelectorAll('[data-tool]')) {
  button.addEventListener('click', () => tools.use(button.dataset.tool));
}
document.addEventListener('keydown', (event) => {
  if (!who.editor || draft?.state !== 'open') return;
  if (event.target.closest?.('input, textarea, select, dialog')) return;
  const ctrl = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (ctrl && (key === 'z' || key === 'y')) {
    press(key === 'y' || event.shiftKey ? 'redo' : 'undo');
  } else if (ctrl || event.altKey) {
    return;
  } else if (ACT_KEYS[key]) {
    press(ACT_KEYS[key]);
  } else if (!tools.key(event)) {
    return;
  }
  event.preventDefault();
});

// The other tabs.
const NEEDED = {
  comments: async () => drawComments(await ask(`${path}/comments`)),
  history: async () => {
    const division = draft.division_code;
    const [revisions, drafts, plans] = await Promise.all([
      ask(`${path}/history`),
      ask(`/api/drafts?division=${division}`),
      ask(`/api/drafts/plans?division=${division}`),
    ]);
    drawHistory(revisions);
    const others = [
      ...plans.map((plan) => [`plan:${plan.id}`, say('方案 %(n)s', { n: plan.id })]),
      ...drafts.filter((one) => one.id !== id).map((one) => [`draft:${one.id}`, one.name]),
    ];
    byId('compare').elements.other.replaceChildren(...others.map(([value, name]) => {
      const option = worded('option', name);
      option.value = value;
      return option;
    }));
  },
};
wireTabs((name) => NEEDED[name]?.());

byId('comment').addEventListener('submit', async (event) => {
  event.preventDefault();
  const { note } = event.target.elements;
  const [cell] = chosen;
  drawComments(await ask(`${path}/comments`, { json: { note: note.value, cell: cell ?? null } }));
  note.value = '';
});
byId('compare').addEventListener('submit', async (event) => {
  event.preventDefault();
  const [against, other] = event.target.elements.other.value.split(':');
  const told = await ask(`${path}/comparison?against=${against}&other=${other}`);
  drawComparison(told);
  view.compareWith(told.others);
});
wireFiles(id, {
  version: () => draft.version,
  busy: () => sender.busy,
  took(told) {
    dismiss();
    take(told);
    saved(say('已保存，第 %(n)s 版', { n: draft.version }));
  },
  failed(problem) {
    const stale = problem.status === 409 && 'version' in problem.told;
    const newest = [say('载入最新'), async () => { dismiss(); await load(); }];
    banner(reason(problem), { bad: true, actions: [stale ? newest : [say('知道了'), dismiss]] });
    view.mark(problem.told.bbox);
  },
});
wirePublish(id, {
  version: () => draft.version,
  async changed(told) {
    banner('');
    draft = { ...draft, ...told };
    redraw();
    saved(say('第 %(n)s 版', { n: draft.version }));
  },
  failed(text, problem) {
    banner(text, { bad: true });
    const found = problem.told.problems;
    if (found) {
      drawProblems(found, goTo);
      byId('tab-problems').click();
    }
  },
});

/** Tell when somebody else changed the draft, while nothing of ours is on its way. */
async function lookForOthers() {
  if (sender.busy || !draft || document.hidden) return;
  try {
    const drafts = await ask(`/api/drafts?division=${draft.division_code}`);
    const now = drafts.find((one) => one.id === id);
    if (now && now.version !== draft.version && !sender.busy) {
      banner(say('这份草案有新的改动（第 %(n)s 版）。', { n: now.version }), {
        actions: [[say('载入最新'), async () => { banner(''); await load(); }]],
      });
    }
  } catch (problem) {
    if (problem.status !== 401 && !problem.passing) throw problem;
  }
}
setInterval(lookForOthers, LOOK_MS);

async function begin() {
  for (let waited = 1000; ; waited = Math.min(2 * waited, 8000)) {
    try {
      await load();
      break;
    } catch (problem) {
      if (!problem.passing) throw problem;
      banner(say('服务器没有回应，正在重试…'));
      await new Promise((go) => setTimeout(go, waited));
    }
  }
  if (byId('banner').textContent) banner('');
  tools.use('select');
  if (!who.editor) return;
  const left = sender.pending;
  if (left) await sender.deliver(left);
  else tools.resume();
}

begin().then(() => { desk.dataset.ready = 'yes'; }, (problem) => banner(reason(problem), { bad: true }));

// For whoever drives the page by program: places of cells on the screen.
window.planDesk = { view, cells, chosen, tools, sender, version: () => draft.version };
