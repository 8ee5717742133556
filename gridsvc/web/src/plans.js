// The list of drafts: begin one from a plan, another draft, or one cell.

import { ask } from './parts/api.js';
import { say } from './parts/words.js';
import { wireTables } from './plans/tables.js';

/** @param {Record<string, unknown>} asked */
async function begin(asked) {
  const draft = await ask('/api/drafts', { json: asked });
  window.location.assign(`/plan?draft=${draft.id}`);
}

const form = document.getElementById('new-draft');
form?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const [origin, id] = form.elements.origin.value.split(':');
  const refused = form.querySelector('.failure');
  refused.hidden = true;
  try {
    await begin({
      division: form.dataset.division,
      name: form.elements.name.value,
      origin,
      origin_id: id ? Number(id) : null,
      target: form.elements.target.valueAsNumber,
    });
  } catch (problem) {
    refused.textContent = say('未能新建：%(why)s', { why: problem.message });
    refused.hidden = false;
  }
});

for (const button of document.querySelectorAll('.again')) {
  button.addEventListener('click', () =>
    begin({
      division: button.dataset.division,
      name: say('恢复方案 %(plan)s', { plan: button.dataset.plan }),
      origin: 'plan',
      origin_id: Number(button.dataset.plan),
    }),
  );
}

const table = document.getElementById('table');
if (table instanceof HTMLFormElement) wireTables(table);
