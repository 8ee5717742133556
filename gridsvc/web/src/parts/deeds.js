// Forms of server-drawn registers: each names the service's path it is sent to. What was done is
// seen on the page drawn anew; what is refused says why and stays as it was written.

import { Problem, ask } from './api.js';
import { element } from './elements.js';
import { say } from './words.js';

/** @type {Record<string, (text: string) => unknown>} */
const READ = {
  number: Number,
  truth: (text) => text === 'true',
  moment: (text) => new Date(text).toISOString(),
  // The day begins where the reader is.
  midnight: (text) => new Date(`${text}T00:00`).toISOString(),
};

/** @param {HTMLFormElement} form @returns {Record<string, unknown>} what is empty is left out */
function bodyOf(form) {
  /** @type {Record<string, unknown>} */
  const told = {};
  for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll('[name]'))) {
    const { name, value } = field;
    const type = field.dataset.type ?? '';
    if (type === 'list') {
      const list = /** @type {string[]} */ (told[name] ??= []);
      if (field.checked) list.push(value);
    } else if (value.trim()) {
      told[name] = (READ[type] ?? String)(value.trim());
    }
  }
  return told;
}

/**
 * @param {HTMLElement} box in which the forms lie
 * @param {Record<string, (told: any) => [string, string][]>} [shown] what is shown of an answer, as
 *   names and texts, by the form's `data-shows`; the page of others is drawn anew
 * @param {Record<string, (body: any, form: HTMLFormElement) => any>} [shaped] bodies that are no flat list of
 *   fields, by the form's `data-shape`
 */
export function takeDeeds(box, shown = {}, shaped = {}) {
  box.addEventListener('submit', async (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.dataset.path) return;
    event.preventDefault();
    const failure = /** @type {HTMLElement} */ (form.querySelector('.failure'));
    const button = /** @type {HTMLButtonElement} */ (form.querySelector('[type=submit]'));
    failure.hidden = true;
    button.disabled = true;
    try {
      const body = bodyOf(form);
      const json = shaped[form.dataset.shape ?? '']?.(body, form) ?? body;
      const told = await ask(form.dataset.path, { method: form.dataset.method ?? 'POST', json });
      const lines = shown[form.dataset.shows ?? ''];
      if (!lines) return location.reload();
      form.querySelector('.told')?.replaceChildren(...lines(told).flatMap(([name, text]) => [element('dt', { text: name }), element('dd', { text })]));
    } catch (fault) {
      if (!(fault instanceof Problem)) throw fault;
      const faults = /** @type {string[]} */ (fault.told.faults ?? []);
      failure.replaceChildren(fault.passing ? say('服务暂时没有应答，请稍后再试。') : fault.message);
      if (faults.length) failure.replaceChildren(say('这些数字不能成立：'), element('ul', {}, ...faults.map((text) => element('li', { text }))));
      failure.hidden = false;
    }
    button.disabled = false;
  });
}
