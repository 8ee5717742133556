// Copies the browser assets gridsvc needs out of node_modules into static/vendor, which is
// all that the service serves and the exported maps inline. Run after `npm ci`.

import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const vendor = join(here, 'static', 'vendor');

const WANTED = [
  ['leaflet/dist/leaflet.js', 'leaflet/leaflet.js'],
  ['leaflet/dist/leaflet.css', 'leaflet/leaflet.css'],
  ['leaflet/dist/images', 'leaflet/images'],
  ['leaflet/LICENSE', 'leaflet/LICENSE'],
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
await rm(vendor, { recursive: true, force: true });
await rename(fresh, vendor);
