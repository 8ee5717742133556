// Building pages out of what people wrote: it enters as text nodes only.

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [given] attributes; `text` is its text, a function a listener
 * @param {...(Node | string)} inside
 */
export function element(tag, given = {}, ...inside) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === 'text') node.textContent = String(value);
    else if (typeof value === 'function') node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...inside);
  return node;
}

/**
 * An element with a text and a class, where there is no more to it.
 *
 * @param {string} tag
 * @param {string | number} [text]
 * @param {string} [className]
 */
export const worded = (tag, text, className) => element(tag, { text, class: className });

/** @param {string} id */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`no element #${id}`);
  return node;
}
