// Exact places of people are shown for a purpose only, which the service records.

export class Places {
  /** @param {HTMLButtonElement | null} button @param {() => void} onChange */
  constructor(button, onChange) {
    this.button = button;
    this.onChange = onChange;
    this.dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById('purpose'));
    this.purpose = sessionStorage.getItem('dispatch-purpose') ?? '';
    button?.addEventListener('click', () => (this.purpose ? this.set('') : this.dialog?.showModal()));
    this.dialog?.addEventListener('close', () => {
      const field = /** @type {HTMLInputElement} */ (this.dialog?.querySelector('input'));
      if (this.dialog?.returnValue === 'show') this.set(field.value.trim());
    });
    this.draw();
  }

  /** @param {string} purpose none = by micro-grid */
  set(purpose) {
    this.purpose = purpose;
    sessionStorage.setItem('dispatch-purpose', purpose);
    this.draw();
    this.onChange();
  }

  draw() {
    this.button?.setAttribute('aria-pressed', String(Boolean(this.purpose)));
  }
}
