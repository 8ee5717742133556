// A layer of thousands of points that move: drawn straight onto one canvas from plain arrays, so
// that nothing is made or thrown away per point and frame.

import Layer from 'ol/layer/Layer.js';
import { fromLonLat } from 'ol/proj.js';

/** Pixels around a point within which a click means it. */
const REACH_PX = 12;

export class PointsLayer extends Layer {
  /**
   * @param {{sprites: Sprite[], zIndex: number, className: string}} how one sprite for each look,
   *   drawn in their order
   */
  constructor({ sprites, zIndex, className }) {
    super({ zIndex, className });
    this.sprites = sprites;
    this.canvas = document.createElement('canvas');
    this.canvas.className = className;
    this.canvas.style.position = 'absolute';
    /** @type {Map<string | number, number>} place of each point in the arrays */
    this.places = new Map();
    /** @type {(string | number)[]} */
    this.keys = [];
    this.x = new Float64Array(1024);
    this.y = new Float64Array(1024);
    this.look = new Uint8Array(1024);
    /** @type {ImageData | null} */
    this.image = null;
    this.view = '';
    this.stale = true;
    /** @type {import('ol/Map.js').FrameState | null} */
    this.frameState = null;
  }

  get count() {
    return this.keys.length;
  }

  /**
   * Put a point somewhere, or move it; `changed` shows it.
   *
   * @param {string | number} key @param {number} lon degrees, WGS-84 @param {number} lat
   * @param {number} look number of a sprite
   */
  put(key, lon, lat, look) {
    let place = this.places.get(key);
    this.stale = true;
    if (place === undefined) {
      place = this.keys.push(key) - 1;
      this.places.set(key, place);
      if (place >= this.x.length) this.grow();
    }
    [this.x[place], this.y[place]] = fromLonLat([lon, lat]);
    this.look[place] = look;
  }

  /** @param {string | number} key */
  remove(key) {
    const place = this.places.get(key);
    const last = this.keys.pop();
    if (place === undefined || last === undefined) {
      if (last !== undefined) this.keys.push(last);
      return;
    }
    this.stale = true;
    this.places.delete(key);
    if (last === key) return;
    const from = this.keys.length;
    this.keys[place] = last;
    this.places.set(last, place);
    this.x[place] = this.x[from];
    this.y[place] = this.y[from];
    this.look[place] = this.look[from];
  }

  clear() {
    this.stale = true;
    this.places.clear();
    this.keys.length = 0;
  }

  grow() {
    for (const name of /** @type {const} */ (['x', 'y'])) {
      const wider = new Float64Array(this[name].length * 2);
      wider.set(this[name]);
      this[name] = wider;
    }
    const wider = new Uint8Array(this.look.length * 2);
    wider.set(this.look);
    this.look = wider;
  }

  /** @param {import('ol/Map.js').FrameState} frameState */
  render(frameState) {
    this.frameState = frameState;
    const view = [...frameState.coordinateToPixelTransform, ...frameState.size, frameState.pixelRatio].join();
    if (this.stale || view !== this.view) {
      this.view = view;
      this.stale = false;
      this.draw(frameState);
    }
    return this.canvas;
  }

  /** @param {import('ol/Map.js').FrameState} frameState */
  draw({ size, pixelRatio, coordinateToPixelTransform: [a, b, c, d, e, f] }) {
    const width = Math.max(1, Math.round(size[0] * pixelRatio));
    const height = Math.max(1, Math.round(size[1] * pixelRatio));
    const { canvas } = this;
    if (canvas.width !== width || canvas.height !== height || !this.image) {
      [canvas.width, canvas.height] = [width, height];
      canvas.style.width = `${size[0]}px`;
      canvas.style.height = `${size[1]}px`;
      this.image = new ImageData(width, height);
    }
    // Pixels are set by hand: eight thousand calls to the canvas take many times as long where no
    // graphics card helps.
    const pixels = new Uint32Array(this.image.data.buffer);
    pixels.fill(0);
    for (let look = 0; look < this.sprites.length; look += 1) {
      const { side, ink } = this.sprites[look].at(pixelRatio);
      const half = side >> 1;
      for (let n = 0; n < this.keys.length; n += 1) {
        if (this.look[n] !== look) continue;
        const left = Math.round((a * this.x[n] + c * this.y[n] + e) * pixelRatio) - half;
        const top = Math.round((b * this.x[n] + d * this.y[n] + f) * pixelRatio) - half;
        if (left <= -side || top <= -side || left >= width || top >= height) continue;
        const last = Math.min(side, width - left);
        for (let row = Math.max(0, -top); row < Math.min(side, height - top); row += 1) {
          const line = (top + row) * width + left;
          for (let column = Math.max(0, -left); column < last; column += 1) {
            const one = ink[row * side + column];
            if (one) pixels[line + column] = one;
          }
        }
      }
    }
    canvas.getContext('2d')?.putImageData(this.image, 0, 0);
  }

  /** @param {number[]} pixel @returns {string | number | null} key of the nearest point there */
  at(pixel) {
    if (!this.frameState) return null;
    const [a, b, c, d, e, f] = this.frameState.coordinateToPixelTransform;
    let best = REACH_PX ** 2;
    let found = null;
    for (let n = 0; n < this.keys.length; n += 1) {
      const dx = a * this.x[n] + c * this.y[n] + e - pixel[0];
      const dy = b * this.x[n] + d * this.y[n] + f - pixel[1];
      if (dx * dx + dy * dy > best) continue;
      best = dx * dx + dy * dy;
      found = this.keys[n];
    }
    return found;
  }
}

/** A mark, drawn once for each density of pixels there is. */
export class Sprite {
  /** @param {{radius: number, fill: string, line: string, square?: boolean}} look radius in pixels */
  constructor(look) {
    this.look = look;
    /** @type {Map<number, {side: number, ink: Uint32Array}>} */
    this.drawn = new Map();
  }

  /** @param {number} pixelRatio @returns {{side: number, ink: Uint32Array}} its pixels, row by row */
  at(pixelRatio) {
    const known = this.drawn.get(pixelRatio);
    if (known) return known;
    const { radius, fill, line, square = false } = this.look;
    const side = Math.ceil(2 * (radius + 2) * pixelRatio);
    const canvas = document.createElement('canvas');
    canvas.width = side;
    canvas.height = side;
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    pen.translate(side / 2, side / 2);
    pen.scale(pixelRatio, pixelRatio);
    pen.fillStyle = fill;
    pen.strokeStyle = line;
    pen.lineWidth = 1.5;
    pen.beginPath();
    if (square) pen.rect(-radius, -radius, radius * 2, radius * 2);
    else pen.arc(0, 0, radius, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
    const ink = new Uint32Array(pen.getImageData(0, 0, side, side).data.buffer);
    this.drawn.set(pixelRatio, { side, ink });
    return { side, ink };
  }
}
