// One's reports: those of this phone, and any by its number. How it goes, rating, reopening.

import { Problem, ask } from '../parts/api.js';
import { say } from '../parts/words.js';
import { byId, element } from '../parts/elements.js';
import { stateName } from '../phone/states.js';
import { moment, whyNot, whyRefused } from '../phone/telling.js';

const KINDS = { problem: say('问题'), suggestion: say('建议'), praise: say('表扬') };
/** Of so many the phone asks by itself how they go. */
const MOST_ASKED = 5;

export async function showMine({ outbox }) {
  /** @type {Map<string, HTMLElement>} cards that hold what somebody may be typing */
  const cards = new Map();

  byId('look-up').addEventListener('submit', async (event) => {
    event.preventDefault();
    const number = String(new FormData(event.target).get('number')).trim();
    await fill(byId('found'), number);
  });

  return async function draw() {
    const items = (await outbox.all()).reverse();
    const drawn = items.map((item, n) => {
      const stamp = `${item.number} ${item.state} ${item.tracking ?? ''} ${item.unsent.length}`;
      if (!cards.has(stamp)) cards.set(stamp, card(item, n, outbox));
      return cards.get(stamp);
    });
    byId('mine').replaceChildren(...(drawn.length ? drawn : [element('p', { class: 'hint', text: say('还没有上报过。') })]));
  };
}

function card(item, n, outbox) {
  const title = item.way === 'follows' ? say('关注的事项') : item.body.description;
  const place = element('article', { class: 'card' }, element('h3', { text: title }), element('p', { class: 'hint', text: moment(item.at) }));
  if (item.state === 'refused') {
    place.append(
      element('p', { class: 'failure', text: whyRefused(item.problem) }),
      element(
        'div',
        { class: 'row' },
        element('button', { class: 'second', text: say('再试一次'), click: () => void outbox.again(item) }),
        element('button', { class: 'second', text: say('删除'), click: () => void outbox.drop(item) }),
      ),
    );
    return place;
  }
  if (item.state === 'waiting') {
    place.append(element('p', { class: 'state', text: item.tracking ? say('照片等待发送') : say('等待发送') }));
    if (!item.tracking) return place;
  }
  for (const { detail } of item.unsent) {
    place.append(element('p', { class: 'failure', text: say('有一个附件没有被接受：') + detail }));
  }
  const progress = element('div', {});
  const ask_ = element('button', { class: 'second', text: say('看进度'), click: () => void fill(progress, item.tracking) });
  progress.append(element('p', { class: 'number', text: item.tracking }), ask_);
  place.append(progress);
  if (n < MOST_ASKED) void fill(progress, item.tracking, { quiet: true });
  return place;
}

/** Ask how a report goes and show it in a place. */
async function fill(place, number, { quiet = false } = {}) {
  try {
    show(place, await ask(`/api/public/reports/${encodeURIComponent(number)}`));
  } catch (fault) {
    if (!(fault instanceof Problem)) throw fault;
    if (quiet) return;
    const why = fault.status === 404 || fault.status === 422 ? say('没有这个查询码，请逐个字母核对。') : whyNot(fault);
    place.replaceChildren(element('p', { class: 'failure card', role: 'alert', text: why }));
  }
}

function show(place, report) {
  const steps = report.steps.map(({ state, at }) => element('li', {}, stateName(state), ' ', element('time', { datetime: at, text: moment(at) })));
  const facts = say('%(kind)s · %(matter)s · 照片 %(photos)s · 录音 %(voices)s', {
    kind: KINDS[report.kind] ?? report.kind,
    matter: report.matter,
    photos: report.photos,
    voices: report.voices,
  });
  place.replaceChildren(
    element('p', { class: 'number', text: report.number }),
    element('p', {}, element('span', { class: 'state', text: stateName(report.state) }), ' ', facts),
    element('ol', { class: 'steps', 'aria-label': say('办理经过') }, ...steps),
    ...(report.may_rate ? [rating(place, report)] : []),
    ...(report.may_reopen ? [reopening(place, report)] : []),
  );
}

function rating(place, report) {
  let score = report.score;
  const stars = [1, 2, 3, 4, 5].map((n) =>
    element('button', {
      type: 'button',
      text: '★',
      'aria-label': say('%(n)s 星', { n }),
      'aria-pressed': score !== null && n <= score ? 'true' : 'false',
      click: () => {
        score = n;
        for (const [i, star] of stars.entries()) star.setAttribute('aria-pressed', String(i < n));
      },
    }),
  );
  return asking(place, {
    title: report.score === null ? say('您满意吗？') : say('您的评价（可以修改）'),
    before: [element('div', { class: 'stars', role: 'group', 'aria-label': say('评分') }, ...stars)],
    label: say('想说的话（可不填）'),
    button: say('提交评价'),
    send: (comment) => {
      if (score === null) throw new Problem(422, { title: say('请先点选几颗星。') });
      return ask(`/api/public/reports/${report.number}/rating`, { json: { score, comment } });
    },
  });
}

function reopening(place, report) {
  return asking(place, {
    title: say('没有解决？'),
    before: [],
    label: say('说明还有什么问题'),
    required: true,
    button: say('要求重新办理'),
    send: (note) => ask(`/api/public/reports/${report.number}/reopening`, { json: { note } }),
  });
}

function asking(place, { title, before, label, button, send, required = false }) {
  const words = element('textarea', { rows: 2, maxlength: 1000, required });
  const failure = element('p', { class: 'failure', role: 'alert' });
  const form = element(
    'form',
    {
      submit: async (event) => {
        event.preventDefault();
        try {
          show(place, await send(words.value.trim()));
        } catch (fault) {
          if (!(fault instanceof Problem)) throw fault;
          failure.textContent = whyNot(fault);
        }
      },
    },
    element('h3', { text: title }),
    ...before,
    element('label', {}, label, words),
    failure,
    element('button', { type: 'submit', class: 'second', text: button }),
  );
  return form;
}
