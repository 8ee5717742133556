// What went wrong, in a sentence for whoever holds the phone; and times as they read them.

import { language, say } from '../parts/words.js';
import { byId } from '../parts/elements.js';

/**
 * Why nothing is being sent at the moment.
 *
 * @param {import('../parts/api.js').Problem} fault
 */
export function whyHeld(fault) {
  if (fault.status === 429) return say('发送得太频繁，稍后自动再发。');
  if (fault.status === 401) return say('登录已过期。做过的都留在手机里，重新登录后自动发送。');
  if (!navigator.onLine) return say('没有网络。已做的都存在手机里，联网后自动发送。');
  return say('服务暂时没有应答。已做的都存在手机里，稍后自动再发。');
}

/**
 * Why something was refused. The service's own words follow: they say what to change.
 *
 * @param {{status: number, detail: string}} problem
 */
export function whyRefused({ status, detail }) {
  const known = {
    403: say('您没有权限做这件事。'),
    404: say('服务里找不到。'),
    409: say('情况已经变了，这一步现在做不了。'),
    413: say('文件太大。'),
    422: say('内容不符合要求。'),
  };
  if (detail.includes('outside every')) return say('这个位置不在任何网格内，本服务不受理。');
  const sentence = known[status] ?? say('服务没有接受。');
  return `${sentence} ${detail}`;
}

/** @param {import('../parts/api.js').Problem} fault a refusal of something asked for directly */
export function whyNot(fault) {
  return fault.passing ? whyHeld(fault) : whyRefused({ status: fault.status, detail: fault.message });
}

/** Show or hide the line under the page's head. @param {string | null} sentence */
export function tellHeld(sentence, ...more) {
  const line = byId('held');
  line.hidden = sentence === null;
  line.replaceChildren(...(sentence === null ? [] : [sentence, ' ', ...more]));
}

const MOMENT = new Intl.DateTimeFormat(language, { month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit' });

/** @param {string} at ISO 8601 */
export function moment(at) {
  return MOMENT.format(new Date(at));
}
