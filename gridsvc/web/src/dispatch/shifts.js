// Handing over a shift: written notes stay in the browser until the service has them.

import { ask } from '../parts/api.js';
import { say } from '../parts/words.js';
import { newKey } from './acts.js';
import { localise } from './clock.js';
import { complain, tell } from './told.js';

const NOTES = 'dispatch-shift-notes';
const NAME = 'dispatch-shift-name';

export class Shifts {
  /** @param {HTMLDialogElement} dialog @param {{open: (id: number) => void}} ways */
  constructor(dialog, { open }) {
    this.dialog = dialog;
    this.body = /** @type {HTMLElement} */ (dialog.querySelector('#shift-body'));
    this.key = newKey();
    dialog.addEventListener('input', () => this.keep());
    this.body.addEventListener('submit', (event) => this.submitted(event));
    this.body.addEventListener('click', (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest('[data-act="open"]');
      if (!(button instanceof HTMLElement)) return;
      dialog.close();
      open(Number(button.dataset.event));
    });
  }

  async show() {
    if (!this.dialog.open) this.dialog.showModal();
    await this.refresh();
  }

  async refresh() {
    try {
      const answer = await ask('/dispatch/handovers', { headers: { Accept: '*/*' } });
      this.body.innerHTML = await answer.text(); // drawn by the service, which escapes
    } catch (failure) {
      complain(failure);
      return;
    }
    localise(this.body);
    for (const name of ['name', 'notes']) {
      const field = this.body.querySelector(`form.write [name=${name}]`);
      const kept = localStorage.getItem(name === 'name' ? NAME : NOTES) ?? '';
      if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.value = kept;
    }
  }

  keep() {
    const form = this.body.querySelector('form.write');
    if (!(form instanceof HTMLFormElement)) return;
    const told = new FormData(form);
    localStorage.setItem(NAME, String(told.get('name') ?? ''));
    localStorage.setItem(NOTES, String(told.get('notes') ?? ''));
  }

  /** @param {Event} event */
  async submitted(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const told = Object.fromEntries(new FormData(form));
    try {
      if (form.dataset.act === 'hand-over') {
        await ask('/api/desk/handovers', { json: { ...told, client_key: this.key } });
        this.key = newKey();
        localStorage.removeItem(NOTES);
        tell(say('已交班'));
      } else {
        const shift = /** @type {HTMLElement} */ (form.closest('[data-shift]')).dataset.shift;
        await ask(`/api/desk/handovers/${shift}/taking`, { json: told });
        tell(say('已接班'));
      }
      await this.refresh();
    } catch (failure) {
      complain(failure);
    }
  }
}
