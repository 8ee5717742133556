// Fills static/vendor, which is all that the service serves and the exported maps inline, from
// node_modules, and bundles the pages' modules of src/ into static/vendor/desk. Run after `npm ci`.

import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const vendor = join(here, 'static', 'vendor');

const WANTED = [
  ['htmx.org/dist/htmx.min.js', 'htmx/htmx.min.js'],
  ['htmx.org/LICENSE', 'htmx/LICENSE'],
  ['ol/ol.css', 'ol/ol.css'],
  ['ol/LICENSE.md', 'ol/LICENSE.md'],
  ['leaflet/dist/leaflet.js', 'leaflet/leaflet.js'],
  ['leaflet/dist/leaflet.css', 'leaflet/leaflet.css'],
  ['leaflet/dist/images', 'leaflet/images'],
  ['leaflet/LICENSE', 'leaflet/LICENSE'],
  ['ol/ol.css', 'ol/ol.css'],
  ['ol/LICENSE.md', 'ol/LICENSE.md'],
  ['swagger-ui-dist/swagger-ui-bundle.js', 'swagger-ui/swagger-ui-bundle.js'],
  ['swagger-ui-dist/swagger-ui.css', 'swagger-ui/swagger-ui.css'],
  ['swagger-ui-dist/LICENSE', 'swagger-ui/LICENSE'],
  ['swagger-ui-dist/NOTICE', 'swagger-ui/NOTICE'],
];

// Filled aside and renamed: an interrupted build leaves no half-filled folder.
const fresh = join(here, 'node_modules', '.vendor');
await rm(fresh, { recursive: true, force: true });
for (const [source, target] of WANTED) {
  await mkdir(dirname(join(fresh, target)), { recursive: true });
  await cp(join(here, 'node_modules', source), join(fresh, target), { recursive: true });
}

// Each file directly in src/ is a page; what pages share becomes chunks they load once.
const pages = (await readdir(join(here, 'src')))
  .filter((name) => name.endsWith('.js'))
  .map((name) => join(here, 'src', name));
await build({
  entryPoints: pages,
  outdir: join(fresh, 'desk'),
  bundle: true,
  splitting: true,
  format: 'esm',
  define: { 'process.env.NODE_ENV': '"production"' },
  target: ['chrome109', 'firefox115'],
  minify: true,
  legalComments: 'linked',
  logLevel: 'warning',
});

// A service worker is one classic script: the browser loads it by itself, apart from the pages.
await build({
  entryPoints: { 'phone-worker': join(here, 'src', 'workers', 'phone.js') },
  outdir: join(fresh, 'desk'),
  bundle: true,
  format: 'iife',
  target: ['chrome109', 'firefox115'],
  define: { 'process.env.NODE_ENV': '"production"' },
  minify: true,
  legalComments: 'linked',
  logLevel: 'warning',
});

await rm(vendor, { recursive: true, force: true });
await rename(fresh, vendor);
