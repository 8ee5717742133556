// The citizen's page: report something, see how it goes, and what was handled.

import { Outbox } from './phone/outbox.js';
import { openStore } from './phone/store.js';
import { tellHeld, whyHeld } from './phone/telling.js';
import { keepForOffline } from './phone/worker.js';
import { showHandled } from './report/handled.js';
import { showMine } from './report/mine.js';
import { showNew } from './report/new.js';
import { sendReport } from './report/sending.js';

const VIEWS = { new: showNew, mine: showMine, handled: showHandled };

const { view, scope = '/report', lon, lat } = document.body.dataset;
/** @type {(() => void) | undefined} */
let redraw;

const db = await openStore('gridsvc-report');
const outbox = new Outbox(db, { send: sendReport, changed: () => void refresh() });

async function refresh() {
  const waiting = (await outbox.all()).filter((item) => item.state !== 'done').length;
  const badge = document.getElementById('waiting');
  if (badge) {
    badge.hidden = !waiting;
    badge.textContent = String(waiting);
  }
  tellHeld(outbox.held && whyHeld(outbox.held));
  redraw?.();
}

const middle = /** @type {[number, number]} */ ([Number(lon ?? 116.39), Number(lat ?? 39.91)]);
redraw = await VIEWS[view ?? 'new']({ db, outbox, middle });
await refresh();
void outbox.flush();
void keepForOffline(scope, ['/report', '/report/mine', '/report/handled']);
