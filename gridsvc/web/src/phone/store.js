// What a page keeps in the phone: an outbox, and a shelf of named things.

import { openDB } from 'idb';

/**
 * @param {string} name of the database; each page has its own
 * @returns {Promise<import('idb').IDBPDatabase>} stores `outbox` (by number, in order) and `shelf`
 */
export function openStore(name) {
  return openDB(name, 1, {
    upgrade(db) {
      const outbox = db.createObjectStore('outbox', { keyPath: 'number', autoIncrement: true });
      outbox.createIndex('key', 'key', { unique: true });
      db.createObjectStore('shelf');
    },
    // A newer page in another tab wants to change the stores: let it.
    blocking(_now, _then, event) {
      event.target.close();
    },
  });
}

/**
 * A picture or recording as it is kept: bytes, which every browser's store takes.
 *
 * @param {Blob} blob
 * @returns {Promise<{bytes: ArrayBuffer, type: string}>}
 */
export async function packed(blob) {
  return { bytes: await blob.arrayBuffer(), type: blob.type };
}

/** @param {{bytes: ArrayBuffer, type: string}} kept */
export function unpacked({ bytes, type }) {
  return new Blob([bytes], { type });
}
