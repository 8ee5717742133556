// Keyboard shortcuts; not while somebody writes.

/** @param {Record<string, () => void>} deeds by key */
export function listen(deeds) {
  document.addEventListener('keydown', (event) => {
    const where = /** @type {HTMLElement} */ (event.target);
    // An open dialog has the keyboard to itself, and is closed by Escape.
    if (document.querySelector('dialog[open]')) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key !== 'Escape' && where.closest('input, select, textarea')) return;
    // The map moves by arrows itself.
    if (event.key.startsWith('Arrow') && where.closest('.map')) return;
    const deed = deeds[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!deed) return;
    event.preventDefault();
    deed();
  });
}
