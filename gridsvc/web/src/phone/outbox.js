// What waits in the phone to be sent, in the order in which it was done, each exactly once.
//
// Everything sent has a key of the phone's own, so that the service takes it once however often it
// comes. What was taken is noted before the next thing is sent. Nothing is thrown away that was not
// taken: what the service refuses stays, with its reason, until the person decides.

import { Problem } from '../parts/api.js';
import { Retry } from './retry.js';

/** A request that hangs so long is taken for lost. */
export const PATIENCE_MS = 60_000;

/**
 * @typedef {object} Item
 * @property {number} number order in which it was done
 * @property {string} key random; the same key is the same thing
 * @property {string} lane what may not overtake each other: a refused item holds its lane
 * @property {string} at when it was done, by the phone's clock (ISO 8601, UTC)
 * @property {'waiting' | 'refused' | 'done'} state
 * @property {{status: number, detail: string, told: object} | null} problem as the service told it
 * @property {string} [done_at] when the service had taken it
 */

export class Outbox {
  /**
   * @param {import('idb').IDBPDatabase} db
   * @param {object} how
   * @param {(item: Item, keep: () => Promise<void>) => Promise<void>} how.send sends one item; after
   *   each part that was taken it notes that in the item and calls `keep`
   * @param {(item: Item) => boolean} [how.mine] whether an item may be sent now
   * @param {() => void} how.changed
   * @param {() => void} [how.sent] told when something was taken and nothing more is to be sent now
   */
  constructor(db, { send, mine = () => true, changed, sent = () => {} }) {
    this.db = db;
    this.send = send;
    this.mine = mine;
    this.changed = changed;
    this.sent = sent;
    this.retry = new Retry(() => void this.flush());
    /** @type {Promise<void> | null} a sending that has not begun */
    this.next = null;
    /** @type {Problem | null} why nothing is being sent: no network, too busy, signed out */
    this.held = null;
    const others = new BroadcastChannel(`outbox ${db.name}`);
    others.addEventListener('message', () => this.changed());
    this.others = others;
    // The network is there again, or somebody looks: however long it was away, ask at once and often.
    const again = () => {
      this.retry.reset();
      void this.flush();
    };
    window.addEventListener('online', again);
    document.addEventListener('visibilitychange', () => document.hidden || again());
  }

  /** @returns {Promise<Item[]>} everything, in order */
  all() {
    return this.db.getAll('outbox');
  }

  /** @param {Record<string, unknown>} told what is to be sent; `lane` is among it */
  async add(told) {
    const item = { key: crypto.randomUUID(), at: new Date().toISOString(), state: 'waiting', problem: null, ...told };
    await this.db.add('outbox', item);
    void navigator.storage?.persist?.();
    this.tell();
    void this.flush();
    return item;
  }

  /** Send a refused item again, perhaps changed. @param {Item} item */
  async again(item) {
    await this.db.put('outbox', { ...item, state: 'waiting', problem: null });
    this.tell();
    await this.flush();
  }

  /** @param {Item} item */
  async drop(item) {
    await this.db.delete('outbox', item.number);
    this.tell();
    await this.flush();
  }

  /** Send what waits. Of several tabs one sends at a time; whoever asks twice is served once. */
  async flush() {
    this.retry.stop();
    this.next ??= navigator.locks.request(`outbox ${this.db.name}`, () => {
      this.next = null;
      return this.sendAll();
    });
    await this.next;
  }

  async sendAll() {
    let taken = 0;
    const held = new Set();
    const left = async () =>
      (await this.all()).find((item) => {
        if (item.state === 'refused') held.add(item.lane);
        return item.state === 'waiting' && !held.has(item.lane) && this.mine(item);
      });
    for (let item = await left(); item; item = await left()) {
      try {
        await this.send(item, () => this.db.put('outbox', item));
        item.state = 'done';
        item.done_at = new Date().toISOString();
        taken++;
        this.held = null;
        this.retry.reset();
      } catch (fault) {
        if (!(fault instanceof Problem)) throw fault;
        if (fault.passing || fault.status === 401) {
          this.holdOn(fault);
          if (taken) this.sent();
          return;
        }
        item.state = 'refused';
        item.problem = { status: fault.status, detail: fault.message, told: fault.told };
      }
      await this.db.put('outbox', item);
      this.tell();
    }
    if (this.held) {
      this.held = null;
      this.tell();
    }
    if (taken) this.sent();
  }

  /** @param {Problem} fault */
  holdOn(fault) {
    this.held = fault;
    this.tell();
    if (fault.passing) this.retry.later(); // else whoever signs in begins again
  }

  tell() {
    this.others.postMessage('changed');
    this.changed();
  }
}
