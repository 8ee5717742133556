// The card of one event. The service draws it (dispatch_card.html) and HTMX its parts; it is drawn
// anew when the event moves, and what somebody is writing in it stays.

import { localise, tick } from './clock.js';
import { forget, keep, restore } from './drafts.js';
import { complain } from './told.js';
import { fillUnits } from './units.js';
import { Problem } from '../parts/api.js';

export class Card {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    this.id = 0;
    this.empty = box.innerHTML;
    /** @type {AbortController | null} */
    this.asking = null;
    /** @type {ReturnType<typeof focusOf>} where somebody was writing before a part was drawn anew */
    this.focused = null;
    box.addEventListener('htmx:beforeSwap', () => {
      this.keep();
      this.focused = focusOf(box);
    });
    box.addEventListener('htmx:afterSwap', (event) => {
      this.drawn(/** @type {HTMLElement} */ (event.target));
      if (this.focused) focusAgain(box, this.focused);
    });
    window.addEventListener('pagehide', () => this.keep());
  }

  /** @returns {HTMLElement | null} */
  get article() {
    return this.box.querySelector('article');
  }

  /** Who has the event as this card shows it; null = nobody. */
  get handler() {
    return this.article?.dataset.handler || null;
  }

  /** @param {number} id */
  async open(id) {
    this.keep();
    this.id = id;
    this.box.scrollTop = 0;
    await this.refresh();
  }

  close() {
    this.keep();
    this.asking?.abort();
    this.id = 0;
    this.box.innerHTML = this.empty;
  }

  keep() {
    const shown = Number(this.article?.dataset.event ?? 0);
    if (shown) keep(this.box, shown);
  }

  /** What was written has been done. */
  forget() {
    for (const form of this.box.querySelectorAll('form')) form.reset();
    for (const details of this.box.querySelectorAll('details#override, details#whistle, details#suspend')) details.removeAttribute('open');
    forget(this.id);
  }

  async refresh() {
    if (!this.id) return;
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    try {
      const answer = await fetch(`/dispatch/events/${this.id}`, { headers: { 'HX-Request': 'true' }, signal: asking.signal });
      const text = await answer.text();
      if (this.asking !== asking) return;
      if (answer.ok) this.draw(text);
      else complain(new Problem(answer.status, { title: answer.statusText }));
    } catch (fault) {
      if (this.asking === asking) complain(new Problem(0, { title: String(fault) }));
    }
  }

  /** @param {string} html drawn by the service, which escapes */
  draw(html) {
    this.keep();
    const before = this.article;
    const same = Number(before?.dataset.event) === this.id;
    const focused = same ? focusOf(this.box) : null;
    const parts = new Map(same ? [...this.box.querySelectorAll('[hx-get]')].map((part) => [part.id, part.innerHTML]) : []);
    const { scrollTop } = this.box;
    this.box.innerHTML = html;
    // What its parts showed stays until they have been read anew.
    for (const [id, inner] of parts) {
      const part = this.box.querySelector(`#${id}`);
      if (part) part.innerHTML = inner;
    }
    this.box.scrollTop = same ? scrollTop : 0;
    /** @type {any} */ (window).htmx.process(this.box);
    fillUnits(this.box.querySelector('#whistle')).then(() => restore(this.box, this.id));
    this.drawn(this.box);
    if (focused) focusAgain(this.box, focused);
  }

  /** @param {HTMLElement} part */
  drawn(part) {
    localise(part);
    tick(this.box);
    restore(part, this.id);
  }
}

/** @param {HTMLElement} box @returns {{form: string, name: string} | null} the field somebody is in */
function focusOf(box) {
  const field = document.activeElement;
  const form = field?.closest('form[data-act]');
  if (!field || !(form instanceof HTMLFormElement) || !box.contains(field)) return null;
  return { form: form.dataset.act ?? '', name: /** @type {HTMLInputElement} */ (field).name };
}

/** @param {HTMLElement} box @param {{form: string, name: string}} where */
function focusAgain(box, { form, name }) {
  const field = box.querySelector(`form[data-act="${form}"] [name="${name}"]`);
  if (field instanceof HTMLElement) field.focus({ preventScroll: true });
}
