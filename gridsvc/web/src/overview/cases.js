// The cases behind a figure: asked for with the same filter, so that there are as many as it says.

import { Problem, ask } from '../parts/api.js';
import { language, say } from '../parts/words.js';
import { element } from '../parts/elements.js';
import { stateName } from '../phone/states.js';
import { SHOWN } from './indicators.js';

const PAGE = 50;
const moment = new Intl.DateTimeFormat(language, { month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit' });
const OTHERS = { dispatched: say('派遣件数'), handled: say('处置件数') };
let turn = 0;

const at = (time) => (time ? moment.format(new Date(time)) : '—');

function row(one) {
  return element(
    'tr',
    { 'data-case': one.id },
    element('td', { text: one.id }),
    element('td', { text: one.step ? `${one.matter} · ${one.step}` : one.matter }),
    element('td', { text: one.division }),
    element('td', { class: 'state', text: stateName(one.state) }),
    element('td', { text: at(one.received_at) }),
    element('td', { text: at(one.due_at) }),
    element('td', { text: at(one.done_at) }),
    element('td', { class: 'text', text: one.description }),
  );
}

/**
 * @param {{figure: string, stage: string | null, since: string, until: string,
 *   division: string, matter: string, place: HTMLElement}} wish
 */
export async function showCases({ figure, stage, since, until, division, matter, place }) {
  const mine = ++turn;
  const asked = new URLSearchParams({ figure, since, until, division, limit: String(PAGE) });
  if (stage) asked.set('stage', stage);
  if (matter) asked.set('matter', matter);
  const shown = SHOWN.find((one) => one.figure === figure && one.stage === (stage ?? null));
  const title = element('h2', { text: shown?.label ?? OTHERS[figure] ?? figure });
  const note = element('p', { class: 'quiet', role: 'status', text: say('查询中…') });
  const body = element('tbody');
  const heads = [say('编号'), say('事项'), say('区划'), say('状态'), say('上报时间'), say('应办'), say('实办'), say('内容')];
  const more = element('button', { class: 'more', type: 'button', text: say('再显示一些'), hidden: true, click: () => void next() });
  const table = element('table', {}, element('thead', {}, element('tr', {}, ...heads.map((text) => element('th', { scope: 'col', text })))), body);
  place.hidden = false;
  place.replaceChildren(title, note, element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': say('案件列表') }, table), more);
  place.scrollIntoView({ block: 'start' });
  place.focus({ preventScroll: true });

  async function next() {
    asked.set('offset', String(body.rows.length));
    try {
      const { total, cases } = await ask(`/api/overview/cases?${asked}`);
      if (mine !== turn) return;
      body.append(...cases.map(row));
      const span = { since: at(since), until: at(until) };
      note.textContent = say('共 %(total)s 件，统计期 %(since)s 至 %(until)s', { total, ...span });
      note.dataset.total = String(total);
      more.hidden = body.rows.length >= total || !cases.length;
    } catch (fault) {
      if (!(fault instanceof Problem)) throw fault;
      if (mine !== turn) return;
      note.textContent = fault.passing ? say('服务暂时没有应答，请稍后再试。') : fault.message;
      more.hidden = false;
    }
  }
  await next();
}
