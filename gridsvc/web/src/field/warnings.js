// Risk warnings to check on the spot. The list tells neither whom nor where exactly; that is read
// for a purpose, every time from the service, which records it, and is never kept in the phone.

import { Problem, ask } from '../parts/api.js';
import { say } from '../parts/words.js';
import { byId, element } from '../parts/elements.js';
import { moment, whyNot } from '../phone/telling.js';
import { choice, openDialog, words } from './dialog.js';
import { spot } from './spot.js';

const HOUR_MS = 3_600_000;

let drawn = '';

/** How long until a limit, in words. @param {string} due */
function left(due) {
  const ms = Date.parse(due) - Date.now();
  const hours = Math.floor(Math.abs(ms) / HOUR_MS);
  const minutes = Math.floor((Math.abs(ms) % HOUR_MS) / 60_000);
  return ms < 0 ? say('已超时 %(h)s 小时 %(m)s 分', { h: hours, m: minutes }) : say('剩 %(h)s 小时 %(m)s 分', { h: hours, m: minutes });
}

function card(page, one) {
  const late = Date.parse(one.due_at) < Date.now();
  const waits = one.sent === 'waiting' || one.sent === 'done';
  return element(
    'article',
    { class: 'card', 'data-warning': one.id },
    element('h3', { text: one.scene_name }),
    element(
      'p',
      {},
      element('span', { class: late ? 'state late' : 'state', text: left(one.due_at) }),
      ' ',
      element('span', { class: 'hint', text: say('微网格 %(code)s · %(at)s 前核查', { code: (one.micro_grid_code ?? '').slice(-5), at: moment(one.due_at) }) }),
      ...(one.sent ? [' ', element('span', { class: 'state late', text: one.sent === 'refused' ? say('被退回，见待发送') : say('待发送') })] : []),
    ),
    ...(waits
      ? []
      : [
          element(
            'div',
            { class: 'row' },
            element('button', { type: 'button', text: say('登记核查结果'), click: () => openCheck(page, one) }),
            element('button', { type: 'button', class: 'second', text: say('查看详情'), click: () => openReading(page, one) }),
          ),
        ]),
  );
}

/** @param {object} page @param {any[]} warnings of the cells the worker answers for */
export function drawWarnings(page, warnings) {
  // Sent just now: gone, though the service has not told so yet.
  const open = warnings.filter((one) => one.sent !== 'done');
  const stamp = JSON.stringify([open, open.map((one) => left(one.due_at))]);
  if (stamp === drawn) return;
  drawn = stamp;
  byId('warnings').replaceChildren(...(open.length ? [element('h2', { text: say('风险预警：待核查 %(n)s 条', { n: open.length }) }), ...open.map((one) => card(page, one))] : []));
}

function openCheck(page, one) {
  const { line, place } = spot();
  const outcomes = one.outcomes.map(({ code, name, escalates }) => [code, escalates ? say('%(name)s（报上级）', { name }) : name]);
  const fields = [choice(say('核查结果'), 'outcome', outcomes), words(say('核查情况'), 'note', 2000), line];
  openDialog(say('登记核查结果：%(name)s', { name: one.scene_name }), fields, say('保存'), async ({ outcome, note }) => {
    if (!note.trim()) return say('请写明情况。');
    const at = await place;
    if (!at) return say('没有手机定位，核查要在现场登记。');
    await page.act('check', { warning: one.id, lane: `warning ${one.id}`, title: one.scene_name, body: { outcome, note: note.trim(), ...at } });
    page.note(say('已记下，联网时自动发送。'));
    return null;
  });
}

function openReading(page, one) {
  const purpose = element('label', {}, say('用途（会被记录）'), element('input', { name: 'purpose', maxlength: 200, value: say('上门核查') }));
  const told = element('dl', { class: 'told' });
  const fields = [element('p', { class: 'hint', text: say('只在核查时看；谁看过、为什么看，都有记录。') }), purpose, told];
  openDialog(say('查看详情：%(name)s', { name: one.scene_name }), fields, say('查看'), async ({ purpose: what }) => {
    if (what.trim().length < 4) return say('请写明用途，至少 4 个字。');
    try {
      const found = await ask(`/api/warnings/${one.id}/reading`, { json: { purpose: what.trim() }, headers: await page.proof() });
      const line = (name, text) => [element('dt', { text: name }), element('dd', { text: text ?? '—' })];
      told.replaceChildren(...line(say('地址编码'), found.address), ...line(say('对象'), found.subject), ...line(say('内容'), found.detail));
      return '';
    } catch (fault) {
      if (!(fault instanceof Problem)) throw fault;
      return whyNot(fault);
    }
  });
}
