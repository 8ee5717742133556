// How what a worker did is sent. The service takes each once: moves, reports, visits and
// checks by their keys, photos by their content; duty is what it was last set to.

import { Problem, ask } from '../parts/api.js';
import { PATIENCE_MS } from '../phone/outbox.js';

/** @param {import('./day.js').Day} day */
export function sender(day) {
  async function post(item, path, sent, type) {
    const headers = { ...(await day.proof(item.login)), ...(type ? { 'Content-Type': type } : {}) };
    const how = type ? { method: 'POST', body: sent } : { json: sent };
    try {
      return await ask(path, { ...how, headers, signal: AbortSignal.timeout(PATIENCE_MS) });
    } catch (fault) {
      // The session is another one than when the page was opened: ask who is signed in, once more.
      if (fault instanceof Problem && fault.status === 403 && fault.message.includes('out of date')) {
        day.proven = false;
        throw new Problem(0, { title: fault.message });
      }
      if (fault instanceof Problem && fault.status === 401) day.proven = false;
      throw fault;
    }
  }

  async function report(item, keep) {
    if (!item.event) {
      const told = await post(item, '/api/events', { ...item.body, client_key: item.key, captured_at: item.at });
      item.event = told.id;
      await keep();
    }
    while (item.photos.length) {
      const [{ bytes, type }] = item.photos;
      await post(item, `/api/events/${item.event}/photos?purpose=report`, bytes, type);
      item.photos.shift();
      await keep();
    }
  }

  return async function send(item, keep) {
    if (item.what === 'report') {
      await report(item, keep);
    } else if (item.what === 'move') {
      const told = { ...item.body, client_key: item.key, captured_at: item.at };
      await post(item, `/api/events/${item.event}/moves`, told);
    } else if (item.what === 'photo') {
      await post(item, `/api/events/${item.event}/photos?purpose=${item.purpose}`, item.photo.bytes, item.photo.type);
      item.photo = null;
    } else if (item.what === 'visit' || item.what === 'check') {
      const path = item.what === 'visit' ? '/api/visits' : `/api/warnings/${item.warning}/check`;
      await post(item, path, { ...item.body, client_key: item.key, captured_at: item.at });
      // What was written of people at home stays in the phone no longer than it must.
      delete item.body.note;
    } else {
      await post(item, `/api/people/${encodeURIComponent(item.person)}/duty`, item.body);
    }
  };
}
