// What waits in the phone, and what the service refused: the person decides what becomes of that.

import { say } from '../parts/words.js';
import { byId, element } from '../parts/elements.js';
import { stateName } from '../phone/states.js';
import { moment, whyRefused } from '../phone/telling.js';
import { openExplanation } from './visits.js';

/** What speaks against a visit, by the service's codes. */
const DOUBTS = {
  outside_cell: say('手机不在这户所在的微网格里'),
  too_fast: say('离上一次走访太远、太快'),
};
const PURPOSES = { before: say('处置前照片'), after: say('处置后照片') };

function titleOf(item) {
  if (item.what === 'move') return say('事件 %(n)s：%(state)s', { n: item.event, state: stateName(item.body.to_state) });
  if (item.what === 'photo') return say('事件 %(n)s：%(photo)s', { n: item.event, photo: PURPOSES[item.purpose] });
  if (item.what === 'duty') return item.body.on_duty ? say('上岗') : say('离岗');
  if (item.what === 'visit') return say('走访：%(name)s', { name: item.title });
  if (item.what === 'check') return say('预警核查：%(name)s', { name: item.title });
  return say('上报：%(text)s', { text: item.body.description });
}

function whyOf(item) {
  const { status, told } = item.problem;
  if (told?.doubts) return say('这次走访不能算数：%(why)s。确实走访了的，说明情况再发，由主管判定。', { why: told.doubts.map((one) => DOUBTS[one] ?? one).join(' · ') });
  if (status === 403 && item.what === 'visit') return say('这户不归您走访，可能已调整。');
  if (status === 404 && item.what === 'visit') return say('这户已不在走访范围内。');
  if (status === 409 && item.what === 'check') return say('这条预警已经核查过，或已由上级处理。');
  if (status === 404 && item.what === 'check') return say('这条预警不归您核查，可能已改派。');
  if (status === 403 && item.event) return say('这件事已经不在您手里，可能已改派。');
  if (status === 409 && item.what === 'move') return say('事件的状态已经变了，这一步现在做不了。请看任务页上的现状，再决定是否删除。');
  return whyRefused(item.problem);
}

/**
 * @param {import('../phone/outbox.js').Outbox} outbox
 * @param {any[]} items
 * @param {string | undefined} login of whoever is signed in
 */
export function drawWaiting(outbox, items, login) {
  const left = items.filter((one) => one.state !== 'done');
  const blocked = new Set(left.filter((one) => one.state === 'refused').map((one) => one.lane));
  const rows = left.map((item) => {
    const card = element('article', { class: 'card' }, element('h3', { text: titleOf(item) }), element('p', { class: 'hint', text: say('%(at)s 做的', { at: moment(item.at) }) }));
    if (item.state === 'refused') {
      card.append(
        element('p', { class: 'failure', text: whyOf(item) }),
        element(
          'div',
          { class: 'row' },
          ...(item.problem.told?.doubts ? [element('button', { text: say('说明情况'), click: () => openExplanation(outbox, item) })] : []),
          element('button', { class: 'second', text: say('再试一次'), click: () => void outbox.again(item) }),
          element('button', { class: 'second', text: say('删除'), click: () => void outbox.drop(item) }),
        ),
      );
    } else if (item.login !== login) {
      card.append(element('p', { text: say('由账号 %(login)s 所做，等该账号登录后发送。', { login: item.login }) }));
    } else {
      card.append(element('p', { text: blocked.has(item.lane) ? say('等前一步有了结果再发。') : say('等待发送') }));
    }
    return card;
  });
  const who = login
    ? [element('p', { class: 'hint' }, say('账号 %(login)s', { login }), ' · ', element('a', { href: '/', text: say('首页（可退出登录）') }))]
    : [];
  byId('left').replaceChildren(...who, ...(rows.length ? rows : [element('p', { class: 'card hint', text: say('都已发送。') })]));
}
