// The events a desk shows: a bounded set, told by the stream, filled in from the service in
// batches, and handed on once per animation frame however much arrives.

import { Problem, ask } from '../parts/api.js';
import { serverNow, setClock } from './clock.js';
import { OPEN } from './terms.js';

/**
 * @typedef {{id: number, state: string, matter: string, matter_name: string, description: string,
 *   lon: number, lat: number, division_code: string, division_name: string,
 *   micro_grid_code: string, handler: string | null, handler_name: string | null,
 *   waiting_reason: string | null, received_at: string, due_stage: string | null,
 *   due_at: string | null, overdue: boolean, urgent: boolean}} Row
 */

/** As many as the service lists; of more, the oldest leave. */
export const MOST = 2000;
/** Milliseconds between two batches, and events in one. */
const EVERY_MS = 400;
const AT_ONCE = 200;
/** Waiting to be asked for; of more than this everything is read anew. */
const MOST_ASKED = 1000;
/** Milliseconds before a refused reading is tried again. */
const AGAIN_MS = 2000;
/** Milliseconds between two drawings of the whole. */
const DRAW_MS = 200;

export class Store {
  /**
   * @param {{parameters: () => URLSearchParams, onRows: (rows: Row[], counts: Counts) => void,
   *   onNew: (rows: Row[]) => void, onFailure: (failure: unknown) => void}} how
   * @typedef {{total: number, waiting: number, overdue: number}} Counts
   */
  constructor({ parameters, onRows, onNew, onFailure }) {
    this.parameters = parameters;
    this.onRows = onRows;
    this.onNew = onNew;
    this.onFailure = onFailure;
    /** @type {Map<number, Row>} */
    this.rows = new Map();
    /** @type {Set<number>} */
    this.asked = new Set();
    /** @type {Set<number>} reported while we listened, to be announced once filled in */
    this.fresh = new Set();
    /** @type {Counts} */
    this.counts = { total: 0, waiting: 0, overdue: 0 };
    this.byDue = false;
    this.reading = false;
    this.anew = false;
    this.timer = 0;
    this.frame = 0;
    this.drawnAt = -Infinity;
    this.generation = 0;
  }

  /** Read everything anew: at first, with other filters, and when too much was missed. */
  reload() {
    this.generation += 1;
    this.anew = true;
    this.asked.clear();
    this.schedule(0);
  }

  /** @param {string} kind @param {{event_id: number, to_state: string}} change */
  changed(kind, change) {
    if (kind === 'event') this.note(this.fresh, change.event_id);
    const row = this.rows.get(change.event_id);
    if (row && row.state !== change.to_state) {
      this.rows.set(row.id, { ...row, state: change.to_state });
      this.draw();
    }
    this.note(this.asked, change.event_id);
    if (this.asked.size > MOST_ASKED) this.reload();
    else this.schedule(EVERY_MS);
  }

  /** @param {Set<number>} set @param {number} id */
  note(set, id) {
    set.add(id);
    if (set === this.fresh && set.size > MOST_ASKED) set.delete(/** @type {number} */ (set.values().next().value));
  }

  /** @param {number} inMs */
  schedule(inMs) {
    if (this.timer || this.reading) return;
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      this.read();
    }, inMs);
  }

  async read() {
    if (this.reading) return;
    this.reading = true;
    const { anew, generation } = this;
    const ids = anew ? [] : [...this.asked].slice(0, AT_ONCE);
    let again = 0;
    try {
      if (anew || ids.length) await this.take(anew, ids, generation);
    } catch (failure) {
      if (!(failure instanceof Problem)) throw failure;
      this.onFailure(failure);
      again = AGAIN_MS;
    } finally {
      this.reading = false;
      if (this.anew || this.asked.size) this.schedule(again || EVERY_MS);
    }
  }

  /** @param {boolean} anew @param {number[]} ids @param {number} generation */
  async take(anew, ids, generation) {
    const parameters = this.parameters();
    for (const id of ids) parameters.append('id', String(id));
    // What is told of these from now on is to be read again.
    for (const id of ids) this.asked.delete(id);
    if (anew) this.anew = false;
    const askedAt = Date.now();
    try {
      const page = await ask(`/api/desk/events?${parameters}`);
      if (generation !== this.generation) return;
      setClock(page.at, askedAt);
      this.fill(anew, ids, page);
    } catch (failure) {
      for (const id of ids) this.asked.add(id);
      this.anew ||= anew;
      throw failure;
    }
  }

  /** @param {boolean} anew @param {number[]} ids @param {any} page */
  fill(anew, ids, page) {
    if (anew) {
      this.rows = new Map();
      this.counts = { total: page.total, waiting: page.waiting, overdue: page.overdue };
    }
    for (const id of ids) this.rows.delete(id);
    /** @type {Row[]} */
    const fresh = [];
    for (const row of page.events) {
      this.rows.set(row.id, row);
      if (this.fresh.delete(row.id)) fresh.push(row);
    }
    for (const id of ids) this.fresh.delete(id);
    this.bound();
    if (fresh.length) this.onNew(fresh);
    this.draw();
  }

  /** Where there is more than is kept, the service counts. */
  async recount() {
    if (this.rows.size < MOST) return;
    const parameters = this.parameters();
    parameters.set('limit', '1');
    try {
      const { total, waiting, overdue } = await ask(`/api/desk/events?${parameters}`);
      this.counts = { total, waiting, overdue };
      this.draw();
    } catch (failure) {
      if (!(failure instanceof Problem)) throw failure;
      this.onFailure(failure);
    }
  }

  /** In a hidden tab there are no frames, and events come all the same. */
  bound() {
    if (this.rows.size < 2 * MOST) return;
    for (const row of this.sorted().slice(MOST)) this.rows.delete(row.id);
  }

  /** Hand on what there is: in the next frame, but not more often than an eye can follow. */
  draw() {
    if (this.frame) return;
    const waitMs = Math.max(0, this.drawnAt + DRAW_MS - performance.now());
    this.frame = window.setTimeout(() => requestAnimationFrame((now) => {
      this.frame = 0;
      this.drawnAt = now;
      const rows = this.sorted();
      for (const row of rows.splice(MOST)) this.rows.delete(row.id);
      this.onRows(rows, this.counted(rows));
    }), waitMs);
  }

  /** @returns {Row[]} */
  sorted() {
    const rows = [...this.rows.values()];
    if (!this.byDue) return rows.sort((a, b) => b.id - a.id);
    const due = (/** @type {Row} */ row) => (row.due_at ? Date.parse(row.due_at) : Infinity);
    return rows.sort((a, b) => due(a) - due(b) || a.id - b.id);
  }

  /** Counts of what is here; the service counted what is beyond the bound. @param {Row[]} rows */
  counted(rows) {
    if (rows.length >= MOST) return this.counts;
    const now = serverNow();
    const open = rows.filter((row) => OPEN.has(row.state));
    return {
      total: rows.length,
      waiting: open.filter((row) => ['FILED', 'RETURNED', 'REOPENED'].includes(row.state)).length,
      overdue: open.filter((row) => row.due_at && Date.parse(row.due_at) < now).length,
    };
  }
}
