// Short words on what was done or refused, at the foot of the page; they go by themselves.

import { Problem } from '../parts/api.js';
import { say } from '../parts/words.js';

const STAYS_MS = 8000;
const MOST = 4;

/** @param {string} text @param {'good' | 'bad'} [kind] */
export function tell(text, kind = 'good') {
  const box = /** @type {HTMLElement} */ (document.getElementById('told'));
  const line = document.createElement('p');
  line.className = kind;
  line.textContent = text;
  // An open dialog lies above everything else.
  const above = document.querySelector('dialog[open]') ?? document.querySelector('main');
  if (box.parentElement !== above) above?.append(box);
  box.append(line);
  while (box.children.length > MOST) box.firstElementChild?.remove();
  window.setTimeout(() => line.remove(), STAYS_MS);
}

/** @param {unknown} failure @returns {string} what somebody can do about it */
export function reason(failure) {
  if (!(failure instanceof Problem)) throw failure;
  if (failure.status === 0 || failure.status === 503) return say('服务暂时联系不上，没有办成；填写的内容还在，请稍后再试。');
  if (failure.status === 401) return say('登录已过期，没有办成；请在新窗口登录后再试，填写的内容还在。');
  if (failure.status === 409) return say('情况已变化，没有办成：%(why)s', { why: failure.message });
  return say('没有办成：%(why)s', { why: failure.message });
}

/** @param {unknown} failure */
export function complain(failure) {
  tell(reason(failure), 'bad');
}
