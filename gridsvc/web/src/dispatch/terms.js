// What codes of the service are called.

import { say } from '../parts/words.js';

/** @type {Record<string, string>} */
export const STATES = {
  REPORTED: say('待立案'), FILED: say('待派遣'), DISPATCHED: say('已派遣'), ACCEPTED: say('已接单'),
  ON_SITE: say('已到场'), HANDLED: say('待核查'), VERIFIED: say('待结案'), CLOSED: say('已结案'),
  REJECTED: say('不立案'), RETURNED: say('已退回'), SUSPENDED: say('挂账'), REOPENED: say('重新立案'),
};

/** @type {Record<string, string>} */
export const STAGES = {
  file: say('立案'), dispatch: say('派遣'), accept: say('接单'), arrive: say('到场'),
  handle: say('处置'), verify: say('核查'), close: say('结案'), case: say('全程'),
};

/** @type {Record<string, string>} */
export const ROLES = { grid_worker: say('网格员'), liaison: say('微网格联络员'), officer: say('执法人员') };

export const OPEN = new Set(Object.keys(STATES).filter((state) => state !== 'CLOSED' && state !== 'REJECTED'));
const WAITING = new Set(['REPORTED', 'FILED', 'RETURNED', 'REOPENED']);
const IN_HAND = new Set(['DISPATCHED', 'ACCEPTED', 'ON_SITE']);

/** @param {string} state @returns {'waiting' | 'in-hand' | 'done'} */
export function group(state) {
  if (WAITING.has(state)) return 'waiting';
  return IN_HAND.has(state) ? 'in-hand' : 'done';
}
