// The area's map as a page for a meeting: ordered here, drawn by the service, fetched when done.

import { Problem, ask } from '../parts/api.js';
import { language, say } from '../parts/words.js';
import { byId, element } from '../parts/elements.js';

const WAIT_MS = 700;
const kilobytes = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });

/** @typedef {{id: number, state: string, percent: number, reason: string, pages: number | null, bytes: number | null, file: string | null}} Order */

/** @param {() => string} division 12 digits of the area that is shown when it is asked for */
export function offerBriefings(division) {
  const form = /** @type {HTMLFormElement} */ (byId('briefing'));
  const place = byId('briefing-state');
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('button'));

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(form));
    const wanted = { ...given, division: division(), atlas: given.atlas || null };
    void run(wanted);
  });

  async function run(wanted) {
    button.disabled = true;
    try {
      await watch(await ask('/api/briefings', { json: wanted }));
    } catch (fault) {
      if (!(fault instanceof Problem)) throw fault;
      const told = fault.status === 401 ? say('登录已过期，请重新登录') : fault.message;
      place.replaceChildren(element('span', { class: 'failure', text: fault.passing ? say('服务暂时没有应答，请稍后再试。') : told }));
    } finally {
      button.disabled = false;
    }
  }

  /** @param {Order} order */
  async function watch(order) {
    const path = `/api/briefings/${order.id}`;
    const bar = element('progress', { max: 100, 'aria-label': say('简报进度') });
    const stop = element('button', { class: 'number', type: 'button', text: say('取消'), click: () => void ask(path, { method: 'DELETE' }) });
    const figure = element('span');
    place.replaceChildren(bar, ' ', figure, ' ', stop);
    for (let now = order; ; now = await ask(path)) {
      bar.setAttribute('value', String(now.percent));
      figure.textContent = `${now.percent} %`;
      if (now.state !== 'waiting' && now.state !== 'drawing') {
        place.replaceChildren(ended(now));
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
  }
}

/** @param {Order} order */
function ended(order) {
  if (order.state === 'cancelled') return element('span', { text: say('已取消') });
  if (order.state !== 'done') return element('span', { class: 'failure', text: order.reason });
  const size = { pages: order.pages ?? 1, size: kilobytes.format((order.bytes ?? 0) / 1000) };
  return element('a', { href: order.file, download: '', text: say('下载简报（%(pages)s 页，%(size)s kB）', size) });
}
