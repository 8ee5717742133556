// The live stream: read by fetch, so that a refusal can be told from silence, and begun again from
// the last event read, so that nothing is missed and nothing told twice.

import { createParser } from 'eventsource-parser';

/** @typedef {'connecting' | 'live' | 'away' | 'expired'} LinkState */

/** Milliseconds between two tries, doubled up to the longest. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 10_000;
/** The server says something every ten seconds; after so long a silence it is away. */
const SILENCE_MS = 25_000;

export class Stream {
  /**
   * @param {{onEvent: (kind: string, data: any) => void, onState: (state: LinkState) => void,
   *   parameters: () => URLSearchParams}} how
   */
  constructor({ onEvent, onState, parameters }) {
    this.onEvent = onEvent;
    this.onState = onState;
    this.parameters = parameters;
    this.cursor = '';
    this.waitMs = FIRST_WAIT_MS;
    /** @type {AbortController | null} */
    this.attempt = null;
    this.timer = 0;
    window.addEventListener('online', () => this.begin());
    window.addEventListener('pagehide', () => this.attempt?.abort());
  }

  /** Connect anew, from where was read; what was asked for may have changed. */
  begin() {
    clearTimeout(this.timer);
    this.attempt?.abort();
    const attempt = new AbortController();
    this.attempt = attempt;
    this.read(attempt).then(
      (state) => this.ended(attempt, state),
      () => this.ended(attempt, 'away'),
    );
  }

  /** @param {AbortController} attempt @param {LinkState} state */
  ended(attempt, state) {
    if (this.attempt !== attempt) return;
    this.onState(state);
    this.timer = window.setTimeout(() => this.begin(), this.waitMs * (0.75 + Math.random() / 2));
    this.waitMs = Math.min(this.waitMs * 2, LONGEST_WAIT_MS);
  }

  /**
   * @param {AbortController} attempt
   * @returns {Promise<LinkState>} why it ended
   */
  async read(attempt) {
    let silence = 0;
    const listen = () => {
      clearTimeout(silence);
      silence = window.setTimeout(() => attempt.abort(), SILENCE_MS);
    };
    listen();
    try {
      const answer = await fetch(`/api/live?${this.parameters()}`, {
        headers: { Accept: 'text/event-stream', ...(this.cursor ? { 'Last-Event-ID': this.cursor } : {}) },
        cache: 'no-store',
        signal: attempt.signal,
      });
      if (answer.status === 401 || answer.status === 403) return 'expired';
      if (answer.status === 422) this.cursor = ''; // of a database that is no more
      if (!answer.ok || !answer.body) return 'away';
      return await this.follow(answer.body, listen);
    } finally {
      clearTimeout(silence);
    }
  }

  /** @param {ReadableStream<Uint8Array>} body @param {() => void} listen */
  async follow(body, listen) {
    /** @type {LinkState} */
    let end = 'away';
    const parser = createParser({
      onEvent: ({ id, event, data }) => {
        if (id) this.cursor = id;
        if (event === 'ended') end = 'expired';
        else if (event === 'ready') this.arrived();
        else if (event) this.onEvent(event, JSON.parse(data));
      },
    });
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return end;
      listen();
      parser.feed(value);
    }
  }

  arrived() {
    this.waitMs = FIRST_WAIT_MS;
    this.onState('live');
  }
}
