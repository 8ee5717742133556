// The service worker of the phones' pages: what they are made of is kept, so that they open without
// a network. What people send is none of its business: that waits in the outbox (phone/outbox.js).

import { ExpirationPlugin } from 'workbox-expiration';
import { registerRoute, setDefaultHandler } from 'workbox-routing';
import { NetworkFirst, NetworkOnly, StaleWhileRevalidate } from 'workbox-strategies';

/** Seconds after which what is kept is shown instead of waiting on. */
const PATIENCE_S = 4;
const pages = new NetworkFirst({
  cacheName: 'gridsvc-pages',
  networkTimeoutSeconds: PATIENCE_S,
  matchOptions: { ignoreSearch: true },
  plugins: [new ExpirationPlugin({ maxEntries: 80, matchOptions: { ignoreSearch: true } })],
});
const ground = new StaleWhileRevalidate({
  cacheName: 'gridsvc-ground',
  plugins: [new ExpirationPlugin({ maxEntries: 60, purgeOnQuotaError: true })],
});
const ours = new URL(self.registration.scope).pathname;

// Another page's navigation never comes here: the scope is this page's path.
registerRoute(({ request, url }) => request.mode === 'navigate' && url.pathname.startsWith(ours), pages);
registerRoute(({ url }) => url.origin === self.location.origin && url.pathname.startsWith('/static/'), pages);
registerRoute(({ url }) => url.pathname.startsWith(ours) && url.pathname.endsWith('.webmanifest'), pages);
registerRoute(({ url }) => url.pathname === '/api/public/ground', ground);
// The pages themselves when they are named to be kept (CACHE_URLS), which is no navigation.
registerRoute(({ request, url }) => request.destination === '' && url.pathname.startsWith(ours) && !url.pathname.endsWith('.js'), pages);
setDefaultHandler(new NetworkOnly());

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
