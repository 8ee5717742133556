// A dialog with a form, over the page.

import { say } from '../parts/words.js';
import { element } from '../parts/elements.js';

/**
 * @param {string} title
 * @param {Node[]} fields
 * @param {string} label of what sends it
 * @param {(told: Record<string, any>) => string | null | Promise<string | null>} send gets what was
 *   filled in, and says why it cannot be; none closes the dialog
 */
export function openDialog(title, fields, label, send) {
  const failure = element('p', { class: 'failure', role: 'alert' });
  const submit = element('button', { type: 'submit', text: label });
  const form = element(
    'form',
    { method: 'dialog' },
    element('h2', { text: title }),
    ...fields,
    failure,
    element('div', { class: 'row' }, submit, element('button', { type: 'button', class: 'second', text: say('取消'), click: () => dialog.close() })),
  );
  const dialog = /** @type {HTMLDialogElement} */ (element('dialog', { 'aria-label': title }, form));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    submit.disabled = true;
    const wrong = await send(Object.fromEntries(new FormData(form)));
    submit.disabled = false;
    if (wrong === null) return dialog.close();
    failure.textContent = wrong;
  });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * @param {string} label
 * @param {string} name
 * @param {[string, string][]} choices codes and what they are called
 */
export function choice(label, name, choices) {
  return element('label', {}, label, element('select', { name }, ...choices.map(([value, text]) => element('option', { value, text }))));
}

/** @param {string} label @param {string} name @param {number} maxlength */
export function words(label, name, maxlength) {
  return element('label', {}, label, element('textarea', { name, rows: 3, maxlength }));
}
