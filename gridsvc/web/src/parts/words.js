// What a module says, in the reader's language. Texts are written in Chinese; the page's data block
// (gridsvc/web/languages.py) holds the translations, and is empty in Chinese.

const block = document.getElementById('words');
/** @type {Record<string, string>} */
const words = block?.textContent ? JSON.parse(block.textContent) : {};

/** Tag of the page's language, for dates and numbers. */
export const language = document.documentElement.lang || 'zh-CN';

/**
 * A text in the reader's language; `%(name)s` in it stands for a value.
 *
 * @param {string} text the Chinese text, written out where it is said: tests look for it there
 * @param {Record<string, string | number>} [values]
 * @returns {string} text, never markup
 */
export function say(text, values = {}) {
  return (words[text] ?? text).replace(/%\((\w+)\)s/g, (whole, name) =>
    name in values ? String(values[name]) : whole,
  );
}
