// Asks for a number in a dialog of the page, which waits for nobody.

import { say } from '../parts/words.js';

/**
 * @param {string} question
 * @param {number} usual
 * @returns {Promise<number | null>} a whole number from 2 on; null when called off
 */
export function askNumber(question, usual) {
  const dialog = document.createElement('dialog');
  const form = document.createElement('form');
  form.method = 'dialog';
  const label = document.createElement('label');
  const input = document.createElement('input');
  Object.assign(input, { type: 'number', min: '2', max: '50', value: String(usual), required: true });
  label.append(question, input);
  const buttons = [[say('确定'), 'yes'], [say('取消'), '']].map(([text, value]) => {
    const button = document.createElement('button');
    Object.assign(button, { type: 'submit', value, textContent: text, formNoValidate: !value });
    return button;
  });
  form.className = 'stacked';
  form.append(label, ...buttons);
  dialog.append(form);
  document.getElementById('desk').append(dialog);
  dialog.showModal();
  return new Promise((told) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      told(dialog.returnValue === 'yes' ? input.valueAsNumber : null);
    });
  });
}
