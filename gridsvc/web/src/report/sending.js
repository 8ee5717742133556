// How a report, or a following, is sent: first itself, which gives its number, then what belongs to
// it. Each part that was taken is noted before the next is sent, so nothing is sent for new.

import { Problem, ask } from '../parts/api.js';
import { PATIENCE_MS } from '../phone/outbox.js';

/**
 * @typedef {import('../phone/outbox.js').Item & {
 *   way: 'reports' | 'follows', body: Record<string, unknown>, tracking?: string,
 *   media: {part: 'photos' | 'voice', bytes: ArrayBuffer, type: string}[],
 *   unsent: {part: string, detail: string}[]}} Sending
 */

/** @param {Sending} item @param {() => Promise<void>} keep */
export async function sendReport(item, keep) {
  if (!item.tracking) {
    const json = { ...item.body, client_key: item.key };
    const told = await ask(`/api/public/${item.way}`, { json, signal: AbortSignal.timeout(PATIENCE_MS) });
    item.tracking = told.number;
    await keep();
  }
  while (item.media.length) {
    const [{ part, bytes, type }] = item.media;
    try {
      await ask(`/api/public/reports/${item.tracking}/${part}`, {
        method: 'POST',
        body: bytes,
        headers: { 'Content-Type': type.split(';')[0] || 'application/octet-stream' },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
    } catch (fault) {
      // A picture that cannot be taken must not hold up the others.
      if (!(fault instanceof Problem) || fault.passing) throw fault;
      item.unsent.push({ part, detail: fault.message });
    }
    item.media.shift();
    await keep();
  }
}
