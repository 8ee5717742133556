// Lists of households and people into the service: choose a file, say which column is what, see
// every bad row, and only then store it, whole. The file stays in the browser in between.

import { ask } from '../parts/api.js';
import { byId, element, worded } from '../parts/elements.js';
import { say } from '../parts/words.js';
import { FIELDS, refusal, why } from './words.js';

/** Option of a field that has one value for all rows instead of a column. */
const SAME = '=';
/** What most lists of a community leave out, and what it then is. */
const usual = (division) => ({ division_code: division, on_duty: say('是'), capacity: '3' });

/** @param {HTMLFormElement} form */
export function wireTables(form) {
  const { division } = form.dataset;
  const { kind, file } = form.elements;
  const mapping = byId('table-mapping');
  const status = byId('table-state');
  const faults = byId('table-faults');
  const check = byId('table-check');
  const store = byId('table-store');
  let sent = 0;

  const forget = () => {
    sent += 1;
    store.hidden = true;
    faults.replaceChildren();
    status.textContent = '';
    status.className = '';
  };

  /** Ask with the file; null where another file or column was chosen meanwhile. */
  async function send(step) {
    const mine = sent;
    const asked = new URLSearchParams({ division });
    for (const [name, value] of chosen()) asked.append(...pair(name, value));
    for (const button of [check, store]) button.disabled = true;
    try {
      const told = await ask(`/api/tables/${kind.value}${step}?${asked}`, {
        method: 'POST', body: file.files[0], headers: { 'Content-Type': 'application/octet-stream' },
      });
      return mine === sent ? told : null;
    } catch (problem) {
      if (mine === sent) {
        status.textContent = refusal(problem);
        status.className = 'failure';
      }
      return null;
    } finally {
      for (const button of [check, store]) button.disabled = false;
    }
  }

  const chosen = () => [...mapping.querySelectorAll('select')]
    .filter((select) => select.value)
    .map((select) => [select.name, select.value]);
  const pair = (name, value) => {
    if (value !== SAME) return ['column', `${name}:${value.slice(1)}`];
    return ['value', `${name}:${form.elements[`${name}-same`].value}`];
  };

  function drawMapping({ columns, fields }) {
    const common = kind.value === 'people' ? usual(division) : {};
    mapping.replaceChildren(...fields.map(({ name, needed, column }) => {
      const guessed = column ? `:${column}` : name in common && needed ? SAME : '';
      const select = element('select', { name, required: needed, 'aria-label': FIELDS[name] },
        worded('option', needed ? say('请选一列') : say('不导入')),
        ...columns.map((one) => element('option', {
          value: `:${one.name}`, selected: guessed === `:${one.name}`,
          text: one.samples.length
            ? say('%(name)s（如 %(samples)s）', { name: one.name, samples: one.samples.join('、') })
            : one.name,
        })),
        element('option', { value: SAME, selected: guessed === SAME, text: say('每行都一样') }));
      select.options[0].value = '';
      const same = element('input', {
        name: `${name}-same`, value: common[name] ?? '', maxlength: 100,
        'aria-label': say('%(field)s，每行都一样', { field: FIELDS[name] }),
      });
      const fit = () => { same.hidden = select.value !== SAME; };
      select.addEventListener('change', () => { fit(); forget(); });
      same.addEventListener('input', forget);
      fit();
      return element('tr', {},
        worded('th', FIELDS[name] + (needed ? ' *' : '')), element('td', {}, select, same));
    }));
    mapping.closest('table').hidden = false;
    check.hidden = false;
  }

  async function look() {
    forget();
    mapping.replaceChildren();
    mapping.closest('table').hidden = true;
    check.hidden = true;
    if (!file.files.length) return;
    const told = await send('/columns');
    if (told) drawMapping(told);
  }
  kind.addEventListener('change', look);
  file.addEventListener('change', look);

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    forget();
    status.textContent = say('正在检查…');
    const told = await send('/check');
    if (!told) return;
    status.className = told.bad ? 'failure' : '';
    status.textContent = told.bad
      ? say('共 %(rows)s 行，其中 %(bad)s 行有问题；请改好文件后重新选择，现在什么都没有写入。', told)
      : say('共 %(rows)s 行，全部可用；将更新已有的 %(replaced)s 条。', told);
    faults.replaceChildren(...told.faults.map((fault) => element('tr', {},
      worded('td', fault.line, 'number'), worded('td', FIELDS[fault.field] ?? ''),
      worded('td', fault.cell), worded('td', why(fault)))));
    faults.closest('table').hidden = !told.faults.length;
    store.hidden = told.bad > 0;
  });
  store.addEventListener('click', async () => {
    const told = await send('');
    if (!told) return;
    forget();
    status.textContent = say('已写入 %(loaded)s 行。', told);
  });
}
