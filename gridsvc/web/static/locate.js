// The form that locates a point: its micro-grid, and who would take a matter there.
// What the service answers enters the page as text nodes only.

const KINDS = { ordinary: '普通', dedicated: '专属' };
const ROLES = { grid_worker: '网格员', liaison: '微网格联络员', officer: '执法人员' };
const MOST_CANDIDATES = 5;

const form = document.getElementById('locate');
const answer = document.getElementById('answer');

function element(tag, text, className) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}

async function ask(path, query) {
  const reply = await fetch(`${path}?${new URLSearchParams(query)}`);
  const body = await reply.json();
  if (!reply.ok) throw new Error(body.detail ?? reply.statusText);
  return body;
}

function cellFacts(cell) {
  const list = element('dl', undefined, 'facts');
  for (const [label, value] of [
    ['社区', `${cell.division_name}（${cell.division_code}）`],
    ['网格', cell.grid_code],
    ['微网格', cell.micro_grid_code],
    ['类别', KINDS[cell.kind] ?? cell.kind],
    ['户数', `${cell.households} 户`],
  ]) {
    list.append(element('dt', label), element('dd', value));
  }
  return list;
}

function candidateTable({ candidates, shortfall }) {
  if (!candidates.length) return element('p', shortfall ?? '附近无人可派', 'notice');
  const table = element('table');
  table.append(element('caption', '可派人员（按先后）'));
  const head = table.createTHead().insertRow();
  for (const label of ['次序', '姓名', '岗位', '到达', '理由']) head.append(element('th', label));
  const body = table.createTBody();
  for (const person of candidates) {
    const row = body.insertRow();
    const minutes = person.eta_s === null ? '—' : `${(person.eta_s / 60).toFixed(1)} 分钟`;
    const role = ROLES[person.role] ?? person.role;
    for (const text of [person.rank, person.name, role, minutes, person.reason]) {
      row.append(element('td', text));
    }
  }
  return table;
}

async function locate() {
  const { matter, ...point } = Object.fromEntries(new FormData(form));
  const parts = [cellFacts(await ask('/api/micro-grids/at', point))];
  if (matter) {
    parts.push(candidateTable(await ask('/api/nearest', { ...point, matter, k: MOST_CANDIDATES })));
  }
  return parts;
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  answer.replaceChildren(element('p', '查询中…'));
  try {
    answer.replaceChildren(...(await locate()));
  } catch (failure) {
    answer.replaceChildren(element('p', failure.message, 'failure'));
  }
});
