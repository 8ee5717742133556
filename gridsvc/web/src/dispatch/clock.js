// The server's clock: what is due is due by it, however wrong this machine's clock is.

import { say } from '../parts/words.js';

/** Milliseconds before its time from which on something is urgent; as the service has it. */
const SOON_MS = 600_000;

let aheadMs = 0;

/** @param {string} at the server's time in an answer @param {number} askedAtMs when it was asked */
export function setClock(at, askedAtMs) {
  aheadMs = Date.parse(at) - (askedAtMs + Date.now()) / 2;
}

/** @returns {number} milliseconds since 1970 by the server's clock */
export function serverNow() {
  return Date.now() + aheadMs;
}

/** @param {number} ms a span, positive or not @returns {string} it in days, hours, minutes, seconds */
export function span(ms) {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor(seconds / 3600) % 24;
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  const clock = `${two(hours)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return days ? say('%(n)s 天 %(clock)s', { n: days, clock }) : clock;
}

/**
 * @param {string | null} dueAt
 * @returns {{text: string, state: '' | 'soon' | 'late'}}
 */
export function countdown(dueAt) {
  if (!dueAt) return { text: '', state: '' };
  const leftMs = Date.parse(dueAt) - serverNow();
  if (leftMs < 0) return { text: say('超时 %(span)s', { span: span(leftMs) }), state: 'late' };
  return { text: say('剩 %(span)s', { span: span(leftMs) }), state: leftMs < SOON_MS ? 'soon' : '' };
}

/** Write every countdown below an element. @param {ParentNode} root */
export function tick(root) {
  for (const node of root.querySelectorAll('.countdown')) {
    const { text, state } = countdown(/** @type {HTMLElement} */ (node).dataset.due ?? null);
    if (node.textContent !== text) node.textContent = text;
    node.classList.toggle('late', state === 'late');
    node.classList.toggle('soon', state === 'soon');
  }
}

const shown = new Intl.DateTimeFormat(document.documentElement.lang || 'zh-CN', {
  month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hour12: false,
});

/** Show times in the reader's own zone. @param {ParentNode} root */
export function localise(root) {
  for (const node of root.querySelectorAll('time[datetime]')) {
    node.textContent = shown.format(new Date(/** @type {HTMLTimeElement} */ (node).dateTime));
  }
}

/** @param {string} at @returns {string} */
export function local(at) {
  return shown.format(new Date(at));
}
