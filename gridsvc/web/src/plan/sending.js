// Sends operations one after another, and loses none: what is on its way lies in sessionStorage
// until the service has answered, over an expired session, a service that is away, and a reload.

import { ask } from '../parts/api.js';

const AGAIN_MS = [1000, 2000, 4000, 8000];

export class Sender {
  /**
   * @param {number} draft
   * @param {{done: Function, refused: Function, waiting: Function, expired: Function,
   *   overtaken: Function}} tell what to do with each answer
   */
  constructor(draft, tell) {
    this.key = `plan-pending-${draft}`;
    this.path = `/api/drafts/${draft}/operations`;
    this.tell = tell;
    this.busy = false;
  }

  /** What waits from before a reload. */
  get pending() {
    const kept = sessionStorage.getItem(this.key);
    return kept ? JSON.parse(kept) : null;
  }

  drop() {
    sessionStorage.removeItem(this.key);
  }

  /** @param {object} operation @param {number} version it is made on */
  async send(operation, version) {
    if (this.busy) return;
    const body = {
      version,
      client_key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`,
      datum: 'wgs84',
      operation,
    };
    sessionStorage.setItem(this.key, JSON.stringify(body));
    await this.deliver(body);
  }

  /** @param {object} body as `send` made it */
  async deliver(body) {
    this.busy = true;
    try {
      for (let attempt = 0; ; attempt += 1) {
        try {
          const told = await ask(this.path, { json: body });
          this.drop();
          this.tell.done(told, body);
          return;
        } catch (problem) {
          if (!problem.passing) {
            this.refuse(problem, body);
            return;
          }
          this.tell.waiting(problem);
          const pause = AGAIN_MS[Math.min(attempt, AGAIN_MS.length - 1)];
          await new Promise((go) => setTimeout(go, pause));
        }
      }
    } finally {
      this.busy = false;
    }
  }

  refuse(problem, body) {
    const stale = problem.status === 403 && /out of date/.test(problem.message);
    if (problem.status === 401 || stale) {
      this.tell.expired(body);
    } else if (problem.status === 409 && 'version' in problem.told) {
      this.tell.overtaken(problem, body);
    } else {
      this.drop();
      this.tell.refused(problem, body);
    }
  }
}
