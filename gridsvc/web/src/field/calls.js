// Whom the worker is to visit, which warnings to check, and their own figures: asked for when
// the page is opened and when somebody looks, and kept in the phone for the account that asked.

import { Problem, ask } from '../parts/api.js';
import { PATIENCE_MS } from '../phone/outbox.js';

/** A round holds for so long; it is asked for anew sooner when a visit was taken. */
const HOLDS_MS = 600_000;

export class Calls {
  /** @param {import('idb').IDBPDatabase} db @param {import('./day.js').Day} day */
  constructor(db, day) {
    this.db = db;
    this.day = day;
    this.kept = { login: '', at: '', visits: null, warnings: null, scenes: [], figures: null };
    this.asking = false;
  }

  async recall() {
    const kept = await this.db.get('shelf', 'calls');
    if (kept) this.kept = kept;
  }

  /** What is known for who is signed in; none before it was asked for. */
  get told() {
    return this.kept.login === this.day.told?.login ? this.kept : null;
  }

  /** @param {boolean} now whether what was told is out of date */
  async ask(now = false) {
    const { told } = this;
    const old = !told || Date.now() - Date.parse(told.at) > HOLDS_MS;
    if (this.asking || !this.day.proven || !(now || old)) return;
    this.asking = true;
    const { login } = this.day.told;
    const at = new Date().toISOString();
    const get = (path) => ask(path, { signal: AbortSignal.timeout(PATIENCE_MS) });
    try {
      const visits = await get('/api/field/visits');
      const figures = await get('/api/field/figures');
      const listed = visits.sees_warnings ? await get('/api/warnings?state=OPEN') : null;
      const scenes = listed?.total ? await get('/api/warning-scenes') : [];
      this.kept = { login, at, visits, warnings: listed?.warnings ?? null, scenes, figures };
      await this.db.put('shelf', this.kept, 'calls');
    } catch (fault) {
      if (!(fault instanceof Problem)) throw fault;
    } finally {
      this.asking = false;
    }
  }

  /**
   * Programmes with what became of their doors in this phone since they were told.
   *
   * @param {any[]} items of the outbox
   */
  programmes(items) {
    const { told } = this;
    const sent = items.filter((one) => one.what === 'visit' && (one.state !== 'done' || one.done_at > told?.at));
    return (told?.visits.programmes ?? []).map((one) => ({
      ...one,
      households: one.households.map((home) => ({
        ...home,
        state: sent.filter((item) => item.body.programme === one.id && item.body.household === home.household).at(-1)?.state,
      })),
    }));
  }

  /**
   * Warnings that wait for a check, with what can be found and what became of it in this phone.
   *
   * @param {any[]} items of the outbox
   */
  warnings(items) {
    const { told } = this;
    const sent = items.filter((one) => one.what === 'check' && (one.state !== 'done' || one.done_at > told?.at));
    return (told?.warnings ?? []).map((one) => ({
      ...one,
      // The nearest area's scene is the last one: they come by the codes of their areas.
      outcomes: told.scenes.filter((scene) => scene.code === one.scene && one.division_code.startsWith(scene.division_code.replace(/0+$/, ''))).at(-1)?.outcomes ?? [],
      sent: sent.filter((item) => item.warning === one.id).at(-1)?.state,
    }));
  }
}
