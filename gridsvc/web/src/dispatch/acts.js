// What a dispatcher does in a card: assign, override, move on, blow the whistle, link duplicates.

import { ask } from '../parts/api.js';
import { say } from '../parts/words.js';
import { complain, tell } from './told.js';

/** @typedef {import('./card.js').Card} Card */

/** @returns {string} a key for one deed, however often it is sent */
export function newKey() {
  const parts = crypto.getRandomValues(new Uint32Array(4));
  return [...parts].map((part) => part.toString(16).padStart(8, '0')).join('');
}

/** @param {Event} event @returns {string} value of the button a form was sent by */
const chosenOf = (event) => {
  const { submitter } = /** @type {SubmitEvent} */ (event);
  return submitter instanceof HTMLButtonElement ? submitter.value : '';
};

export class Acts {
  /** @param {Card} card @param {{open: (id: number) => void, close: () => void}} ways */
  constructor(card, ways) {
    this.card = card;
    this.ways = ways;
    /** @type {Map<string, string>} keys of deeds that were sent and not answered */
    this.sent = new Map();
    this.busy = false;
    card.box.addEventListener('click', (event) => this.clicked(event));
    card.box.addEventListener('submit', (event) => this.submitted(event));
  }

  /** @param {Event} event */
  clicked(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest('button[data-act]');
    if (!(button instanceof HTMLButtonElement)) return;
    const { act, person = '', rank = '', state = '' } = button.dataset;
    const other = Number(button.dataset.event ?? 0);
    if (act === 'assign') this.give(person, say('调度台派遣，推荐人选第 %(n)s 位', { n: rank }));
    else if (act === 'choose') this.choose(person);
    else if (act === 'move') this.move({ to_state: state });
    else if (act === 'open') this.ways.open(other);
    else if (act === 'link') this.link(other);
    else if (act === 'unlink') this.do(`${this.path}/duplicate/removal`, {}, say('已取消关联'), 'POST');
    else if (act === 'close-card') this.ways.close();
  }

  /** @param {Event} event */
  submitted(event) {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.dataset.act) return;
    event.preventDefault();
    const told = new FormData(form);
    const text = (/** @type {string} */ name) => String(told.get(name) ?? '').trim();
    if (form.dataset.act === 'override') this.give(text('person'), text('reason'));
    else if (form.dataset.act === 'send-back') this.move({ to_state: 'RETURNED', reason: text('reason'), note: text('note') });
    else if (form.dataset.act === 'whistle') {
      const units = told.getAll('units').map(String);
      this.whistle({ unit: text('unit'), units, description: text('description') });
    } else if (form.dataset.act === 'suspend') {
      const until = new Date(text('until')).toISOString();
      this.do(`${this.path}/suspensions`, { until, reason: text('reason'), note: text('note') }, say('已申请，等待审批'));
    } else if (form.dataset.act === 'decide-suspension') {
      const approve = chosenOf(event) === 'approve';
      this.do(`${this.path}/suspensions/decision`, { approve, note: text('decided') }, say('已办理'));
    } else if (form.dataset.call) this.settle(form, text(`judged-${form.dataset.call}`), chosenOf(event));
  }

  get path() {
    return `/api/events/${this.card.id}`;
  }

  /** Assign the first candidate, as a click on their button does. */
  giveFirst() {
    const first = this.card.box.querySelector('button[data-act="assign"]');
    if (first instanceof HTMLButtonElement) first.click();
    else tell(say('没有可派的人选'), 'bad');
  }

  /** @param {string} person @param {string} reason */
  give(person, reason) {
    const order = { person, reason, instead_of: this.card.handler };
    return this.do(`${this.path}/assignment`, order, say('已派给 %(person)s', { person }));
  }

  /** Somebody who was passed over goes into the form; the dispatcher says why. @param {string} person */
  choose(person) {
    const details = this.card.box.querySelector('#override');
    if (!(details instanceof HTMLDetailsElement)) return;
    details.open = true;
    const form = /** @type {HTMLFormElement} */ (details.querySelector('form'));
    /** @type {HTMLInputElement} */ (form.elements.namedItem('person')).value = person;
    /** @type {HTMLInputElement} */ (form.elements.namedItem('reason')).focus();
  }

  /** @param {Record<string, string>} change */
  move(change) {
    return this.once(`${this.path}/moves`, change, say('已办理'));
  }

  /** @param {number} of */
  link(of) {
    const note = say('调度台核对为同一事件');
    return this.do(`${this.path}/duplicate`, { of, note }, say('已关联到 #%(n)s', { n: of }));
  }

  /** @param {{unit: string, units: string[], description: string}} call */
  whistle(call) {
    return this.once('/api/whistles', { ...call, event: this.card.id }, say('已吹哨'));
  }

  /** The caller's word on a whistle call, or its end with a score for each unit. @param {HTMLFormElement} form @param {string} note @param {string} deed */
  settle(form, note, deed) {
    const path = `/api/whistles/${form.dataset.call}`;
    if (form.dataset.act === 'close-call') {
      const fields = /** @type {NodeListOf<HTMLSelectElement>} */ (form.querySelectorAll('select[data-unit]'));
      const scores = [...fields].map((field) => ({ unit: field.dataset.unit, score: Number(field.value) }));
      return this.do(`${path}/closing`, { scores }, say('已办结'));
    }
    if (deed === 'withdraw') return this.do(`${path}/withdrawal`, { note }, say('已撤回'));
    return this.do(`${path}/judgement`, { resolved: deed === 'resolved', note }, say('已办理'));
  }

  /** Something that, sent again because no answer came, is the same deed. @param {string} path @param {object} told @param {string} done */
  once(path, told, done) {
    const deed = `${path} ${JSON.stringify(told)}`;
    const key = this.sent.get(deed) ?? newKey();
    this.sent.set(deed, key);
    return this.do(path, { ...told, client_key: key }, done).then((well) => {
      if (well) this.sent.delete(deed);
    });
  }

  /** @param {string} path @param {object} told @param {string} done @param {string} [method] @returns {Promise<boolean>} */
  async do(path, told, done, method) {
    if (this.busy) return false;
    this.busy = true;
    this.card.box.toggleAttribute('aria-busy', true);
    try {
      if (method) await ask(path, { method });
      else await ask(path, { json: told });
      tell(done);
      this.card.forget();
      await this.card.refresh();
      return true;
    } catch (failure) {
      complain(failure);
      if (/** @type {any} */ (failure).status === 409) await this.card.refresh();
      return false;
    } finally {
      this.busy = false;
      this.card.box.removeAttribute('aria-busy');
    }
  }
}
