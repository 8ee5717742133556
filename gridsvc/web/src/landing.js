// The form that locates a point: its micro-grid, and who would take a matter there.
// What the service answers enters the page as text nodes only.

import { ask } from './parts/api.js';
import { worded } from './parts/elements.js';
import { say } from './parts/words.js';

const KINDS = { ordinary: say('普通'), dedicated: say('专属') };
const ROLES = { grid_worker: say('网格员'), liaison: say('微网格联络员'), officer: say('执法人员') };
const MOST_CANDIDATES = 5;

const form = document.getElementById('locate');
const answer = document.getElementById('answer');

function cellFacts(cell) {
  const list = worded('dl', undefined, 'facts');
  for (const [label, value] of [
    [say('社区'), `${cell.division_name} (${cell.division_code})`],
    [say('网格'), cell.grid_code],
    [say('微网格'), cell.micro_grid_code],
    [say('类别'), KINDS[cell.kind] ?? cell.kind],
    [say('户数'), say('%(n)s 户', { n: cell.households })],
  ]) {
    list.append(worded('dt', label), worded('dd', value));
  }
  return list;
}

function candidateTable({ candidates, shortfall }) {
  if (!candidates.length) return worded('p', shortfall ?? say('附近无人可派'), 'notice');
  const table = worded('table');
  table.append(worded('caption', say('可派人员（按先后）')));
  const head = table.createTHead().insertRow();
  for (const label of [say('次序'), say('姓名'), say('岗位'), say('到达'), say('理由')]) head.append(worded('th', label));
  const body = table.createTBody();
  for (const person of candidates) {
    const row = body.insertRow();
    const minutes = person.eta_s === null ? '—' : say('%(n)s 分钟', { n: (person.eta_s / 60).toFixed(1) });
    const role = ROLES[person.role] ?? person.role;
    for (const text of [person.rank, person.name, role, minutes, person.reason]) {
      row.append(worded('td', text));
    }
  }
  return table;
}

async function locate() {
  const { matter, ...point } = Object.fromEntries(new FormData(form));
  const parts = [cellFacts(await ask(`/api/micro-grids/at?${new URLSearchParams(point)}`))];
  if (matter) {
    parts.push(candidateTable(await ask(`/api/nearest?${new URLSearchParams({ ...point, matter, k: MOST_CANDIDATES })}`)));
  }
  return parts;
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  answer.replaceChildren(worded('p', say('查询中…')));
  try {
    answer.replaceChildren(...(await locate()));
  } catch (failure) {
    answer.replaceChildren(worded('p', failure.message, 'failure'));
  }
});
