// The worker's day as the service last told it, with what was done since and waits in the phone.

import { Problem, ask } from '../parts/api.js';
import { PATIENCE_MS } from '../phone/outbox.js';

/** Where a worker's moves lead when they are taken. */
const OVER = new Set(['HANDLED', 'RETURNED']);

export class Day {
  /** @param {import('idb').IDBPDatabase} db */
  constructor(db) {
    this.db = db;
    /** @type {any} as `/api/field` tells it, and when; none before the first time */
    this.told = null;
    this.at = '';
    /** @type {Problem | null} why it could not be asked for */
    this.fault = null;
    /** Whether who is signed in was asked since this page was opened. */
    this.proven = false;
    this.asked = 0;
    this.answered = 0;
  }

  async recall() {
    const kept = await this.db.get('shelf', 'day');
    if (kept) Object.assign(this, kept);
  }

  /** Ask for it anew. What was known before stays when that fails. */
  async ask() {
    const at = new Date().toISOString();
    const turn = ++this.asked;
    try {
      const told = await ask('/api/field', { signal: AbortSignal.timeout(PATIENCE_MS) });
      if (turn < this.answered) return this.fault; // overtaken: how the day stands is known better
      this.answered = turn;
      this.told = told;
      this.at = at;
      this.fault = null;
      this.proven = true;
      await this.db.put('shelf', { told: this.told, at: this.at }, 'day');
    } catch (fault) {
      if (!(fault instanceof Problem)) throw fault;
      this.fault = fault;
      if (!fault.passing) this.proven = false;
    }
    return this.fault;
  }

  /**
   * Headers that prove that a thing is sent by whoever did it.
   *
   * @param {string} login of whoever did it
   */
  async proof(login) {
    if (!this.proven) {
      const fault = await this.ask();
      if (fault) throw fault.status === 403 ? new Problem(401, fault.told) : fault;
    }
    if (this.told.login !== login) throw new Problem(401, { title: 'another account' });
    return this.told.csrf ? { 'X-CSRF-Token': this.told.csrf } : {};
  }

  /** Whether the service's last answer cannot know of an item yet. */
  fresh(item) {
    return item.state === 'waiting' || (item.state === 'done' && item.done_at > this.at);
  }

  /**
   * Tasks with the states they have once everything that waits has been sent.
   *
   * @param {any[]} items of the outbox
   */
  tasks(items) {
    const moves = items.filter((one) => one.what === 'move' && this.fresh(one));
    return (this.told?.tasks ?? []).map((task) => {
      const last = moves.filter((one) => one.event === task.id).at(-1);
      const state = last?.body.to_state ?? task.state;
      return { ...task, state, waits: last?.state === 'waiting', over: OVER.has(state) };
    });
  }

  /** Whether they are on duty, as they last chose. @param {any[]} items */
  onDuty(items) {
    const last = items.filter((one) => one.what === 'duty' && this.fresh(one)).at(-1);
    return last ? last.body.on_duty : Boolean(this.told?.on_duty);
  }
}
