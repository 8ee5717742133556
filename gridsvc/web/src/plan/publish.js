// From draft to plan in force: submit, decide, withdraw; and the draft's name.

import { ask } from '../parts/api.js';
import { byId } from '../parts/elements.js';
import { say } from '../parts/words.js';
import { reason } from './reasons.js';

const STATES = {
  open: say('编辑中'), submitted: say('待审批'), approved: say('已批准，待生效'), published: say('已发布'),
};
/** Show what can be done with a draft as it stands. */
export function drawState(draft, { editor, approver, login }) {
  byId('state').textContent = STATES[draft.state] ?? draft.state;
  byId('name').textContent = draft.name;
  const told = [STATES[draft.state] ?? draft.state];
  if (draft.asked_by && draft.state !== 'open') told.push(say('提交人 %(who)s', { who: draft.asked_by }));
  if (draft.decided_by) told.push(say('审批人 %(who)s', { who: draft.decided_by }));
  if (draft.effective_on) told.push(say('生效日期 %(day)s', { day: draft.effective_on }));
  if (draft.decision_note) told.push(say('意见：%(note)s', { note: draft.decision_note }));
  if (draft.outdated) told.push(say('现行方案已变；请以此草案新建草案并与现行方案比较。'));
  byId('publish-state').textContent = told.join(' · ');
  const open = draft.state === 'open';
  byId('rename').hidden = !editor;
  byId('submit').hidden = !(editor && open);
  byId('decide').hidden = !(approver && draft.state === 'submitted' && draft.asked_by !== login);
  byId('withdraw').hidden = !(editor && ['submitted', 'approved'].includes(draft.state));
}

/** @param {number} id @param {{version: () => number, changed: Function, failed: Function}} desk */
export function wirePublish(id, desk) {
  const post = async (path, json) => {
    try {
      desk.changed(await ask(`/api/drafts/${id}/${path}`, { json }));
    } catch (problem) {
      desk.failed(reason(problem), problem);
    }
  };
  byId('submit').addEventListener('submit', (event) => {
    event.preventDefault();
    post('submission', {
      version: desk.version(),
      effective_on: event.target.elements.effective_on.value || null,
    });
  });
  byId('decide').addEventListener('submit', (event) => {
    event.preventDefault();
    post('decision', {
      version: desk.version(),
      approve: event.submitter?.value === 'yes',
      note: event.target.elements.note.value,
    });
  });
  byId('withdraw').addEventListener('click', () => post('withdrawal', { version: desk.version() }));
  byId('rename').addEventListener('submit', (event) => {
    event.preventDefault();
    post('name', { name: event.target.elements.name.value });
  });
}
