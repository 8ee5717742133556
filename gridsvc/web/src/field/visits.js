// Households to visit, in the order of the round: each is recorded at the door, with or without a
// network. What the service refuses lies in the outbox and says why.

import { language, say } from '../parts/words.js';
import { byId, element } from '../parts/elements.js';
import { moment } from '../phone/telling.js';
import { choice, openDialog, words } from './dialog.js';
import { spot } from './spot.js';

/** Doors shown at first; the others on a press. */
const FIRST = 12;
const STATES = { waiting: say('待发送'), refused: say('被退回，见待发送'), done: say('已走访') };

const DAY = new Intl.DateTimeFormat(language, { month: 'numeric', day: 'numeric' });
const day = (at) => DAY.format(new Date(at));

let drawn = '';
const opened = new Set();

/** Where a door is, as people say it, if that is known. */
function roomOf(home) {
  return [home.unit && say('%(n)s 单元', { n: home.unit }), home.room && say('%(n)s 室', { n: home.room })].filter(Boolean).join(' ');
}

function row(page, programme, home, n) {
  const where = `${home.lat},${home.lon}`;
  const due = home.overdue ? say('%(at)s 到期', { at: day(home.due_at) }) : say('%(at)s 前', { at: day(home.due_at) });
  const last = home.last_at ? say('上次 %(at)s', { at: day(home.last_at) }) : say('还没有走访过');
  const cell = say('微网格 %(code)s', { code: home.micro_grid_code.slice(-5) });
  const done = home.state && home.state !== 'refused';
  return element(
    'li',
    { class: 'door', 'data-household': home.household },
    element(
      'div',
      {},
      element('b', { text: `${n}. ${home.address}` }),
      ' ',
      ...(home.state ? [element('span', { class: 'state', text: STATES[home.state] })] : home.overdue ? [element('span', { class: 'state late', text: say('逾期') })] : []),
      element('span', { class: 'hint', text: `${cell} ${roomOf(home)}` }),
      element('span', { class: 'hint', text: `${due} · ${last}` }),
    ),
    element(
      'div',
      { class: 'row' },
      ...(done ? [] : [element('button', { type: 'button', text: say('记录走访'), click: () => openVisit(page, programme, home) })]),
      // RFC 5870: a geo URI is WGS-84 unless it says otherwise.
      element('a', { class: 'button second', href: `geo:${where}?q=${where}`, text: say('导航') }),
    ),
  );
}

function card(page, programme, redraw) {
  const { id, households } = programme;
  const shown = opened.has(id) ? households : households.slice(0, FIRST);
  const minutes = (s) => Math.round(s / 60);
  const way = say('按最短路线排序：步行约 %(n)s 分钟，比按门牌走省 %(saved)s 分钟。', { n: minutes(programme.travel_s), saved: minutes(programme.saved_s) });
  const more = () => {
    opened.add(id);
    redraw();
  };
  return element(
    'section',
    { class: 'card', 'data-programme': id },
    element('h2', { text: programme.name }),
    element('p', {}, say('逾期 %(overdue)s 户，一周内到期 %(due)s 户；每 %(days)s 天走访一次。', { overdue: programme.overdue, due: programme.total - programme.overdue, days: programme.every_days })),
    element('p', { class: 'hint', text: way }),
    element('ol', { class: 'doors' }, ...shown.map((home, n) => row(page, programme, home, n + 1))),
    ...(shown.length < households.length ? [element('button', { type: 'button', class: 'second', text: say('再显示 %(n)s 户', { n: households.length - shown.length }), click: more })] : []),
  );
}

/** @param {object} page @param {any[]} programmes @param {string | undefined} at when they were told */
export function drawVisits(page, programmes, at) {
  const stamp = JSON.stringify([programmes, at]);
  if (stamp === drawn) return;
  drawn = stamp;
  const redraw = () => {
    drawn = '';
    drawVisits(page, programmes, at);
  };
  const none = at ? say('一周内没有要走访的户。') : say('走访任务还没有取到，联网后自动取。');
  const told = at ? [element('p', { class: 'hint', text: say('走访任务更新于 %(at)s', { at: moment(at) }) })] : [];
  const cards = programmes.map((one) => card(page, one, redraw));
  byId('visits').replaceChildren(...(cards.length ? cards : [element('p', { class: 'card hint', text: none })]), ...told);
}

function openVisit(page, programme, home) {
  const { line, place } = spot();
  const choices = programme.results.map(({ code, name, matter }) => [code, matter ? say('%(name)s（随后上报事件）', { name }) : name]);
  const fields = [choice(say('走访结果'), 'result', choices), words(say('情况'), 'note', 4000), line];
  openDialog(say('记录走访：%(name)s', { name: home.address }), fields, say('保存'), async ({ result, note }) => {
    const at = await place;
    if (!at) return say('没有手机定位，走访不能算数。');
    const chosen = programme.results.find((one) => one.code === result);
    if (chosen?.matter && !note.trim()) return say('要随后上报事件，请写明情况。');
    const body = { programme: programme.id, household: home.household, result, note: note.trim(), ...at };
    await page.act('visit', { lane: `visit ${programme.id} ${home.household}`, title: home.address, body });
    page.note(say('已记下，联网时自动发送。'));
    return null;
  });
}

/** A visit that something speaks against: sent again with what explains it. */
export function openExplanation(outbox, item) {
  openDialog(say('说明情况：%(name)s', { name: item.title }), [words(say('为什么这次走访应当算数'), 'explained', 500)], say('再发送'), async ({ explained }) => {
    if (explained.trim().length < 2) return say('请写明情况。');
    await outbox.again({ ...item, body: { ...item.body, explained: explained.trim() } });
    return null;
  });
}
