// How every desk asks the service: with the session's CSRF mark, and with the service's own words
// when it refuses.

/** The service's refusal (RFC 9457), or its silence. */
export class Problem extends Error {
  /**
   * @param {number} status HTTP status; 0 when nobody answered
   * @param {{title?: string, detail?: string, [name: string]: unknown}} told
   */
  constructor(status, told) {
    super(told.detail ?? told.title ?? `HTTP ${status}`);
    this.status = status;
    this.told = told;
  }

  /** Whether asking again later may help: nobody answered, or the service is too busy. */
  get passing() {
    return this.status === 0 || this.status === 503 || this.status === 429;
  }
}

/** The session's mark; a page that stays open over a new sign-in is given the new one. */
const csrf = () => document.querySelector('meta[name="csrf"]')?.getAttribute('content') ?? '';

/**
 * @param {string} path
 * @param {{method?: string, json?: unknown, body?: BodyInit, headers?: Record<string, string>,
 *   signal?: AbortSignal, raw?: boolean}} [how] `json` makes it a POST unless a method is given;
 *   `raw` gives the answer as it is, whatever its type
 * @returns {Promise<any>} the answer, parsed when it is JSON
 * @throws {Problem}
 */
export async function ask(path, { method, json, body, headers = {}, signal, raw } = {}) {
  const mark = csrf();
  const sent = json === undefined ? body : JSON.stringify(json);
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(path, {
      method: method ?? (sent === undefined ? 'GET' : 'POST'),
      headers: {
        Accept: 'application/json',
        ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(mark ? { 'X-CSRF-Token': mark } : {}),
        ...headers,
      },
      body: sent,
      signal,
    });
  } catch (fault) {
    if (fault instanceof DOMException && fault.name === 'AbortError') throw fault;
    throw new Problem(0, { title: String(fault) });
  }
  if (raw && answer.ok) return answer;
  const told = answer.headers.get('Content-Type')?.includes('json') ? await answer.json() : null;
  if (!answer.ok) throw new Problem(answer.status, told ?? { title: answer.statusText });
  return told ?? answer;
}
