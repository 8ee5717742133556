// The photos taken for one thing, before it is sent.

import { say } from '../parts/words.js';
import { element } from '../parts/elements.js';
import { photoOf } from './pictures.js';
import { packed, unpacked } from './store.js';

const MOST = 3;

export class Tray {
  /**
   * @param {HTMLElement} list
   * @param {HTMLInputElement[]} inputs that take or choose a photo
   * @param {{taken?: () => void, changed: () => void, failed: (sentence: string) => void}} how
   */
  constructor(list, inputs, { taken = () => {}, changed, failed }) {
    /** @type {{bytes: ArrayBuffer, type: string}[]} */
    this.photos = [];
    this.list = list;
    this.inputs = inputs;
    this.changed = changed;
    for (const input of inputs) {
      input.addEventListener('change', async () => {
        const file = input.files?.[0];
        input.value = '';
        if (!file) return;
        try {
          this.photos.push(await packed(await photoOf(file)));
        } catch {
          failed(say('这张照片读不出来，请重拍一张。'));
          return;
        }
        taken();
        this.draw();
        changed();
      });
    }
  }

  /** @param {{bytes: ArrayBuffer, type: string}[]} photos */
  fill(photos) {
    this.photos = photos;
    this.draw();
  }

  draw() {
    const rows = this.photos.map((photo, n) => {
      const src = URL.createObjectURL(unpacked(photo));
      const drop = () => {
        this.photos.splice(n, 1);
        this.draw();
        this.changed();
      };
      return element(
        'li',
        {},
        element('img', { src, alt: say('照片 %(n)s', { n: n + 1 }), load: () => URL.revokeObjectURL(src) }),
        element('button', {
          type: 'button',
          class: 'second',
          text: say('删除'),
          'aria-label': say('删除照片 %(n)s', { n: n + 1 }),
          click: drop,
        }),
      );
    });
    this.list.replaceChildren(...rows);
    for (const input of this.inputs) input.disabled = this.photos.length >= MOST;
  }
}
