// What the desk looks at. It is kept in the address, so that a view can be bookmarked and shared.

const NAMES = ['division', 'matter', 'state', 'order', 'overdue'];

export class Filters {
  /** @param {HTMLFormElement} form @param {() => void} onChange */
  constructor(form, onChange) {
    this.form = form;
    this.read();
    form.addEventListener('change', () => {
      this.write();
      onChange();
    });
    form.addEventListener('submit', (event) => event.preventDefault());
    window.addEventListener('popstate', () => {
      this.read();
      onChange();
    });
  }

  /** The form as the address says; what it does not offer is left out. */
  read() {
    const told = new URLSearchParams(location.search);
    for (const name of NAMES) {
      const field = /** @type {HTMLInputElement | HTMLSelectElement} */ (this.form.elements.namedItem(name));
      const value = told.get(name) ?? '';
      if (field instanceof HTMLInputElement) field.checked = value === field.value;
      else field.value = [...field.options].some((option) => option.value === value) ? value : '';
    }
  }

  write() {
    const told = new URLSearchParams(location.search);
    const data = new FormData(this.form);
    for (const name of NAMES) {
      const value = String(data.get(name) ?? '');
      if (value) told.set(name, value);
      else told.delete(name);
    }
    const query = told.toString();
    history.pushState(null, '', query ? `?${query}` : location.pathname);
  }

  /** @param {string} name @returns {string} */
  get(name) {
    return String(new FormData(this.form).get(name) ?? '');
  }

  /** @returns {URLSearchParams} for the list */
  ofList() {
    const told = new URLSearchParams();
    for (const name of NAMES) if (this.get(name)) told.set(name, this.get(name));
    return told;
  }

  /** @returns {URLSearchParams} for the stream: what it cannot choose by, the list does */
  ofStream() {
    const told = new URLSearchParams();
    for (const name of ['division', 'matter']) if (this.get(name)) told.set(name, this.get(name));
    return told;
  }
}
