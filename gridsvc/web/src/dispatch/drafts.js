// What somebody has begun to write in a card's forms: kept while the card is drawn anew, while
// another one is open, and while the session is renewed.

const PREFIX = 'dispatch-draft-';
/** Drafts of so many events are kept; the oldest go. */
const MOST = 50;

/** @typedef {Record<string, string[]>} Draft by form and field */

/** @param {HTMLFormElement} form @param {Element} field */
const nameOf = (form, field) => `${form.dataset.act}/${/** @type {HTMLInputElement} */ (field).name}`;

/** @param {HTMLElement} card @param {number} id */
export function keep(card, id) {
  /** @type {Draft} */
  const draft = {};
  for (const form of card.querySelectorAll('form[data-act]')) {
    for (const field of /** @type {HTMLFormElement} */ (form).elements) {
      const values = valuesOf(field);
      if (values.length) draft[nameOf(/** @type {HTMLFormElement} */ (form), field)] = values;
    }
  }
  for (const one of card.querySelectorAll('details[id]')) {
    draft[`open/${one.id}`] = [/** @type {HTMLDetailsElement} */ (one).open ? 'yes' : ''];
  }
  if (Object.keys(draft).length) sessionStorage.setItem(PREFIX + id, JSON.stringify(draft));
  const kept = Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX)).sort(byNumber);
  for (const key of kept.slice(0, Math.max(0, kept.length - MOST))) sessionStorage.removeItem(key);
}

/** @param {string} one @param {string} other */
const byNumber = (one, other) => Number(one.slice(PREFIX.length)) - Number(other.slice(PREFIX.length));

/** @param {Element} field @returns {string[]} */
function valuesOf(field) {
  if (field instanceof HTMLSelectElement) return [...field.selectedOptions].map((option) => option.value);
  if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) return field.value ? [field.value] : [];
  return [];
}

/** Fill the forms in as they were left. @param {ParentNode} part of a card @param {number} id */
export function restore(part, id) {
  const written = sessionStorage.getItem(PREFIX + id);
  if (!written) return;
  /** @type {Draft} */
  const draft = JSON.parse(written);
  for (const form of part.querySelectorAll('form[data-act]')) {
    for (const field of /** @type {HTMLFormElement} */ (form).elements) {
      const values = draft[nameOf(/** @type {HTMLFormElement} */ (form), field)];
      if (!values) continue;
      if (field instanceof HTMLSelectElement) {
        for (const option of field.options) option.selected = values.includes(option.value);
      } else if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) {
        [field.value] = values;
      }
    }
  }
  for (const one of part.querySelectorAll('details[id]')) {
    const state = draft[`open/${one.id}`];
    if (state) /** @type {HTMLDetailsElement} */ (one).open = state[0] === 'yes';
  }
}

/** @param {number} id */
export function forget(id) {
  sessionStorage.removeItem(PREFIX + id);
}
