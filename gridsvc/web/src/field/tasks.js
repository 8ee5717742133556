// Tasks in hand: accept or give back, go there, arrive, show it before and after, handle.

import { say } from '../parts/words.js';
import { byId, element } from '../parts/elements.js';
import { stateName } from '../phone/states.js';
import { photoOf } from '../phone/pictures.js';
import { packed } from '../phone/store.js';
import { moment } from '../phone/telling.js';
import { openDialog } from './dialog.js';

const REASONS = {
  no_power: say('无处置权限'),
  wrong_person: say('派遣错误'),
  out_of_area: say('不在责任区'),
  no_means: say('无处置条件'),
};

let drawn = '';

/**
 * @param {object} page
 * @param {(what: string, told: object) => Promise<void>} page.act
 * @param {any[]} tasks
 * @param {any[]} items of the outbox
 */
export function drawTasks(page, tasks, items) {
  // Drawn only when something changed: somebody may be about to press what is there.
  const photos = items.filter((one) => one.what === 'photo').map((one) => [one.event, one.purpose, one.state]);
  const stamp = JSON.stringify([tasks, photos]);
  if (stamp === drawn) return;
  drawn = stamp;
  const open = tasks.filter((task) => !task.over);
  const over = tasks.filter((task) => task.over);
  const cards = [...open, ...over].map((task) => card(page, task, items));
  byId('tasks').replaceChildren(...(cards.length ? cards : [element('p', { class: 'card hint', text: say('手里没有任务。') })]));
}

function card(page, task, items) {
  const late = task.due_at && new Date(task.due_at) < new Date();
  const due = task.due_at ? say('%(at)s 前', { at: moment(task.due_at) }) : say('没有时限');
  const head = element(
    'p',
    {},
    element('span', { class: 'state', text: stateName(task.state) }),
    ' ',
    element('span', { class: late ? 'state late' : 'hint', text: late ? say('已超时：%(due)s', { due }) : due }),
    ...(task.waits ? [' ', element('span', { class: 'state late', text: say('待发送') })] : []),
  );
  const pictures = task.photos.map((id, n) =>
    element('li', {}, element('img', { src: `/api/events/${task.id}/photos/${id}`, alt: say('上报照片 %(n)s', { n: n + 1 }), loading: 'lazy', error: ({ target }) => target.closest('li').remove() })),
  );
  return element(
    'article',
    { class: 'card', 'data-task': task.id },
    element('h3', { text: task.matter }),
    head,
    element('p', { text: task.description }),
    element('p', { class: 'hint', text: say('%(place)s · 微网格 %(code)s · %(at)s 上报', { place: task.division_name, code: task.micro_grid_code.slice(-5), at: moment(task.captured_at) }) }),
    ...(pictures.length ? [element('ul', { class: 'photos' }, ...pictures)] : []),
    ...(task.over ? [] : deeds(page, task, items)),
  );
}

function deeds(page, task, items) {
  const move = (to_state, more = {}) => page.act('move', { event: task.id, lane: `event ${task.id}`, body: { to_state, ...more } });
  // RFC 5870: a geo URI is WGS-84 unless it says otherwise.
  const where = `${task.lat},${task.lon}`;
  const go = element('a', { class: 'button second', href: `geo:${where}?q=${where}`, text: say('导航') });
  const back = element('button', { class: 'second', text: say('退回'), click: () => openBack(task, move) });
  if (task.state === 'DISPATCHED') {
    return [element('div', { class: 'row' }, element('button', { text: say('接单'), click: () => void move('ACCEPTED') }), go, back)];
  }
  if (task.state === 'ACCEPTED') {
    return [element('div', { class: 'row' }, element('button', { text: say('到场'), click: () => void move('ON_SITE') }), go, back)];
  }
  const done = element('button', { text: say('处置完成'), click: () => openDone(task, items, move) });
  return [photos(page, task, items), element('div', { class: 'row' }, done, go, back)];
}

function taken(items, task, purpose) {
  const of = items.filter((one) => one.what === 'photo' && one.event === task.id && one.purpose === purpose);
  return of.filter((one) => one.state !== 'refused').length;
}

function photos(page, task, items) {
  const one = (purpose, label) => {
    const input = element('input', { type: 'file', accept: 'image/jpeg,image/png,image/webp', capture: 'environment' });
    input.addEventListener('change', async () => {
      const file = input.files?.[0];
      if (!file) return;
      try {
        const photo = await packed(await photoOf(file));
        await page.act('photo', { event: task.id, lane: `event ${task.id}`, purpose, photo });
      } catch {
        page.fail(say('这张照片读不出来，请重拍一张。'));
      }
    });
    const n = taken(items, task, purpose);
    return element('label', { class: 'shoot' }, input, element('span', { text: n ? `${label} (${n})` : label }));
  };
  return element('div', { class: 'row' }, one('before', say('处置前照片')), one('after', say('处置后照片')));
}

function openBack(task, move) {
  const options = Object.entries(REASONS).map(([code, name]) => element('option', { value: code, text: name }));
  const fields = [
    element('label', {}, say('原因'), element('select', { name: 'reason' }, ...options)),
    element('label', {}, say('说明'), element('textarea', { name: 'note', rows: 3, maxlength: 1000 })),
  ];
  openDialog(say('退回：%(matter)s', { matter: task.matter }), fields, say('确定退回'), ({ reason, note }) => {
    if (!note.trim()) return say('请写明情况。');
    void move('RETURNED', { reason, note: note.trim() });
    return null;
  });
}

function openDone(task, items, move) {
  const note = element('label', {}, say('怎样处置的'), element('textarea', { name: 'note', rows: 3, maxlength: 1000 }));
  openDialog(say('处置完成：%(matter)s', { matter: task.matter }), [note], say('确定完成'), (told) => {
    if (task.photo_after && !taken(items, task, 'after')) return say('这类事项要有处置后照片，请先拍照。');
    void move('HANDLED', { note: told.note.trim() });
    return null;
  });
}
