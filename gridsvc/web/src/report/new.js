// The form: photo first, place, words or voice. What was begun is kept in the phone, since phones
// close a page behind the camera; what was submitted is in the outbox.

import { say } from '../parts/words.js';
import { byId, element } from '../parts/elements.js';
import { Pinpoint } from '../phone/pinpoint.js';
import { packed, unpacked } from '../phone/store.js';
import { whyRefused } from '../phone/telling.js';
import { Tray } from '../phone/tray.js';
import { lookAround } from './near.js';
import { voiceRecorder } from './recorder.js';

const FIELDS = ['kind', 'matter', 'description', 'phone'];

/** @param {{db: import('idb').IDBPDatabase, outbox: import('../phone/outbox.js').Outbox, middle: [number, number]}} page */
export async function showNew({ db, outbox, middle }) {
  const form = /** @type {HTMLFormElement} */ (byId('report'));
  /** @type {{bytes: ArrayBuffer, type: string} | null} */
  let voice = null;
  /** @type {string | null} when the first photo was taken */
  let at = null;
  let submitted = 0;

  const place = new Pinpoint({
    middle,
    changed: () => {
      void keep();
      if (place.value) void lookAround(place.value, (event, here) => void follow(event, here));
    },
  });
  const showVoice = voiceRecorder((note) => void setVoice(note));

  async function keep() {
    const fields = Object.fromEntries(FIELDS.map((name) => [name, form.elements.namedItem(name)?.value ?? '']));
    await db.put('shelf', { photos: tray.photos, voice, at, fields, place: place.value }, 'draft');
  }

  async function setVoice(note) {
    voice = note && (await packed(note));
    await keep();
  }

  function fail(sentence, node) {
    const line = byId('fault');
    line.hidden = !sentence;
    line.textContent = sentence ?? '';
    node?.focus();
  }

  const tray = new Tray(byId('photos'), [byId('photo'), byId('album')], {
    taken: () => {
      at ??= new Date().toISOString();
      fail(null);
      if (!place.value) place.locate();
    },
    changed: () => void keep(),
    failed: fail,
  });
  form.addEventListener('input', () => void keep());

  async function send(told) {
    const item = await outbox.add(told);
    submitted = (await db.getFromIndex('outbox', 'key', item.key))?.number ?? 0;
    await db.delete('shelf', 'draft');
    await drawSent();
    scrollTo(0, 0);
    byId('sent').focus();
  }

  function follow(event, here) {
    return send({ way: 'follows', lane: crypto.randomUUID(), body: { event, ...here }, media: [], unsent: [] });
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const { kind, matter, description, phone } = Object.fromEntries(new FormData(form));
    if (!place.value) return fail(say('请先定位，或在地图上指出位置。'), byId('map'));
    if (!matter) return fail(say('请选择类别。'), form.elements.namedItem('matter'));
    if (!description.trim() && !voice) return fail(say('请写几个字，或录一段说明。'), form.elements.namedItem('description'));
    if (phone.trim() && !/^[0-9+ -]{5,20}$/.test(phone.trim())) return fail(say('手机号只能有数字、空格、+ 和 -。'), form.elements.namedItem('phone'));
    fail(null);
    const media = tray.photos.map((photo) => ({ part: 'photos', ...photo }));
    if (voice) media.push({ part: 'voice', ...voice });
    await send({
      way: 'reports',
      lane: crypto.randomUUID(),
      body: {
        kind,
        matter,
        ...place.value,
        description: description.trim() || say('（见录音说明）'),
        captured_at: at ?? new Date().toISOString(),
        ...(phone.trim() ? { phone: phone.trim() } : {}),
      },
      media,
      unsent: [],
    });
  });

  async function drawSent() {
    if (!submitted) return;
    const item = await db.get('outbox', submitted);
    const card = byId('sent');
    form.hidden = true;
    card.hidden = false;
    card.tabIndex = -1;
    card.replaceChildren(...sentParts(item));
  }

  const kept = await db.get('shelf', 'draft');
  if (kept) {
    ({ voice, at } = kept);
    tray.fill(kept.photos);
    for (const [name, value] of Object.entries(kept.fields)) {
      const field = form.elements.namedItem(name);
      if (field) field.value = value;
    }
    if (kept.place) place.show(kept.place);
    if (voice) showVoice(unpacked(voice));
  }
  return () => void drawSent();
}

function sentParts(item) {
  const again = element('div', { class: 'row' }, element('a', { class: 'button', href: '/report/mine', text: say('看进度') }), element('a', { class: 'button second', href: '/report', text: say('再报一件') }));
  if (!item || item.state === 'refused') {
    const why = item ? whyRefused(item.problem) : say('已删除。');
    return [element('h2', { text: say('没有被接受') }), element('p', { class: 'failure', text: why }), again];
  }
  if (!item.tracking) {
    return [element('h2', { text: say('已存在手机里') }), element('p', { text: say('正在等待发送，联网后自动完成；可以关掉这个页面，下次打开时继续。') }), again];
  }
  return [
    element('h2', { text: item.state === 'done' ? say('已收到，谢谢') : say('已收到，照片正在发送') }),
    element('p', { text: say('查询码（请记下，凭它查进度、评价）：') }),
    element('p', { class: 'number', text: item.tracking }),
    ...item.unsent.map(({ detail }) => element('p', { class: 'failure', text: say('有一个附件没有被接受：') + detail })),
    again,
  ];
}
