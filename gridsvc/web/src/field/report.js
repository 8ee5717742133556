// Reporting an event that a worker sees.

import { say } from '../parts/words.js';
import { byId } from '../parts/elements.js';
import { Pinpoint } from '../phone/pinpoint.js';
import { Tray } from '../phone/tray.js';

/**
 * @param {object} page
 * @param {(what: string, told: object) => Promise<void>} page.act
 * @param {(sentence: string) => void} page.note tells that it was done
 * @param {[number, number]} middle where the map begins, WGS-84
 */
export function reportForm(page, middle) {
  const form = /** @type {HTMLFormElement} */ (byId('report'));
  const place = new Pinpoint({ middle, changed: () => {} });

  function fail(sentence) {
    byId('fault').hidden = !sentence;
    byId('fault').textContent = sentence ?? '';
  }

  const tray = new Tray(byId('photos'), [byId('photo'), byId('album')], {
    taken: () => place.value || place.locate(),
    changed: () => fail(null),
    failed: fail,
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const { matter, description } = Object.fromEntries(new FormData(form));
    if (!place.value) return fail(say('请先定位，或在地图上指出位置。'));
    if (!matter) return fail(say('请选择类别。'));
    if (!description.trim()) return fail(say('请写明情况。'));
    fail(null);
    const body = { matter, description: description.trim(), ...place.value };
    await page.act('report', { lane: crypto.randomUUID(), body, photos: tray.photos });
    form.reset();
    tray.fill([]);
    page.note(say('已记下，联网时自动发送。'));
  });
  return place;
}
