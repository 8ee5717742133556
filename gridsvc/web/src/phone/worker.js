// Registers the service worker and has it keep what this page is made of.

import { Workbox } from 'workbox-window';

/**
 * @param {string} scope path under which the page and its worker live, as `/report`
 * @param {string[]} pages paths of the pages to keep
 */
export async function keepForOffline(scope, pages) {
  if (!('serviceWorker' in navigator)) return;
  const worker = new Workbox(`${scope}/worker.js`, { scope });
  try {
    await worker.register();
    await navigator.serviceWorker.ready;
  } catch {
    return; // a private window: everything works but opening without a network
  }
  const made = performance
    .getEntriesByType('resource')
    .map((entry) => entry.name)
    .filter((name) => new URL(name).pathname.startsWith('/static/'));
  const styles = [...document.querySelectorAll('link[href], script[src], img[src]')]
    .map((node) => node.href ?? node.src)
    .filter((name) => name && new URL(name).origin === location.origin);
  worker.messageSW({
    type: 'CACHE_URLS',
    payload: { urlsToCache: [...new Set([...made, ...styles, ...pages])] },
  });
}
