// The states of an event as people are told them.

import { say } from '../parts/words.js';

const NAMES = {
  REPORTED: say('已上报'),
  FILED: say('已立案'),
  DISPATCHED: say('已派遣'),
  ACCEPTED: say('已接单'),
  ON_SITE: say('已到场'),
  HANDLED: say('已处置'),
  VERIFIED: say('已核查'),
  CLOSED: say('已办结'),
  REJECTED: say('不予受理'),
  RETURNED: say('重新派遣'),
  SUSPENDED: say('暂缓办理'),
  REOPENED: say('重新办理'),
};

/** @param {string} state */
export function stateName(state) {
  return NAMES[state] ?? state;
}
