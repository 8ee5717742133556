// The tools a planner draws with; each ends in one operation for the service.

import Draw from 'ol/interaction/Draw.js';
import Modify from 'ol/interaction/Modify.js';
import Snap from 'ol/interaction/Snap.js';
import { altKeyOnly, singleClick } from 'ol/events/condition.js';

import { say } from '../parts/words.js';
import { changedCorners } from './corners.js';
import { toDegrees, toMap } from './map.js';

const KEYS = { v: 'select', e: 'corner', x: 'split', r: 'redraw', d: 'carve', b: 'building', k: 'block' };
const SNAP_PX = 12;

export class Tools {
  /**
   * @param {import('./map.js').DraftMap} view
   * @param {{operate: Function, chosen: () => number[], choose: Function, hint: Function,
   *   dragged: Function, put_back: Function, keep: string}} desk what they work for
   */
  constructor(view, desk) {
    this.view = view;
    this.desk = desk;
    this.now = 'select';
    this.interactions = [];
    this.view.map.on('singleclick', (event) => this.click(event));
    this.view.map.on('pointermove', () => { if (this.drawing) this.remember(); });
  }

  /** Cell at a pixel. */
  cellAt(pixel) {
    const found = this.view.map.forEachFeatureAtPixel(pixel, (f) => f.get('cell')?.number, {
      layerFilter: (layer) => layer.getSource() === this.view.cells,
    });
    return found ?? null;
  }

  click(event) {
    if (!['select', 'building', 'block'].includes(this.now)) return;
    const number = this.cellAt(event.pixel);
    if (this.now === 'select') {
      const more = event.originalEvent.shiftKey || event.originalEvent.ctrlKey;
      this.desk.choose(number, more);
      return;
    }
    const [to] = this.desk.chosen();
    if (to === undefined) {
      this.desk.choose(number, false);
      this.use(this.now);
      return;
    }
    const [at] = toDegrees([event.coordinate]);
    this.desk.operate({ kind: 'hand_over', what: this.now, at, to });
  }

  /** Take a tool in hand. @param {string} name */
  use(name) {
    for (const one of this.interactions) this.view.map.removeInteraction(one);
    this.interactions = [];
    this.now = name;
    for (const button of document.querySelectorAll('[data-tool]')) {
      button.setAttribute('aria-pressed', String(button.dataset.tool === name));
    }
    this.desk.hint(this.told());
    if (name === 'corner') this.withModify();
    if (['split', 'redraw', 'carve'].includes(name)) this.withDraw();
  }

  told() {
    const [first, second] = this.desk.chosen();
    const one = first ?? '?';
    return {
      select: say('点选格子，按住 Shift 多选；拖动平移，滚轮缩放。'),
      corner: say('拖动界线上的点，相邻格子一起变；点在线段上会加点，按住 Alt 点击删点。'),
      split: say('从边界到边界画一条线，双击结束；会自动绕开楼栋。退格键去掉一点。'),
      redraw: second
        ? say('画出 %(a)s 与 %(b)s 之间的新界线，双击结束。', { a: first, b: second })
        : say('先选择两个相邻的格子，再画它们之间的新界线。'),
      carve: say('画出新格的范围，双击结束；大部分在内的楼栋归新格。'),
      building: first ? say('点一栋楼，移交给第 %(n)s 格。', { n: one }) : say('先点选接收的格子。'),
      block: first ? say('点一个街块，移交给第 %(n)s 格。', { n: one }) : say('先点选接收的格子。'),
    }[this.now];
  }

  add(...interactions) {
    for (const one of interactions) this.view.map.addInteraction(one);
    this.interactions.push(...interactions);
  }

  snaps() {
    return [this.view.streets, this.view.cells].map(
      (source) => new Snap({ source, pixelTolerance: SNAP_PX, intersection: false }),
    );
  }

  withModify() {
    const modify = new Modify({
      source: this.view.cells,
      pixelTolerance: 12,
      deleteCondition: (event) => altKeyOnly(event) && singleClick(event),
    });
    let before = new Map();
    modify.on('modifystart', ({ features }) => {
      before = new Map(features.getArray().map((f) => [f, f.getGeometry().getCoordinates()]));
      this.desk.dragged([...before.keys()], true);
    });
    modify.on('modifyend', () => {
      const corners = changedCorners(before, (f) => f.getGeometry().getCoordinates());
      this.desk.dragged([...before.keys()], false);
      if (!corners.length) return;
      this.desk.operate(
        {
          kind: 'move',
          corners: corners.map(({ start, end }) => ({
            start: toDegrees([start])[0],
            end: end && toDegrees([end])[0],
          })),
        },
        [...before.keys()].map((f) => f.get('cell').number),
      );
    });
    this.add(modify, ...this.snaps());
  }

  withDraw() {
    const area = this.now === 'carve';
    const draw = new Draw({ type: area ? 'Polygon' : 'LineString', stopClick: true });
    draw.on('drawstart', ({ feature }) => {
      this.drawing = feature;
    });
    draw.on('drawabort', () => { this.drawing = null; });
    draw.on('drawend', ({ feature }) => {
      this.drawing = null;
      sessionStorage.removeItem(this.desk.keep);
      const drawn = feature.getGeometry().getCoordinates();
      this.finish(toDegrees(area ? drawn[0].slice(0, -1) : drawn));
    });
    this.draw = draw;
    this.add(draw, ...this.snaps());
  }

  /** Keep what is being drawn, should the page go. The last place follows the pointer. */
  remember() {
    const drawn = this.drawing.getGeometry().getCoordinates();
    const places = (this.now === 'carve' ? drawn[0] : drawn).slice(0, -1);
    sessionStorage.setItem(
      this.desk.keep,
      JSON.stringify({ tool: this.now, chosen: this.desk.chosen(), places }),
    );
  }

  /** Go on drawing what a page before this one left. */
  resume() {
    const kept = sessionStorage.getItem(this.desk.keep);
    if (!kept) return false;
    const { tool, chosen, places } = JSON.parse(kept);
    chosen.forEach((number, k) => this.desk.choose(number, k > 0));
    this.use(tool);
    if (this.draw && places.length) this.draw.appendCoordinates(places);
    return true;
  }

  finish(places) {
    const chosen = this.desk.chosen();
    if (this.now === 'carve') {
      this.desk.operate({ kind: 'carve', ring: places, dedicated: false });
    } else if (this.now === 'redraw') {
      if (chosen.length !== 2) this.desk.hint(say('先选择两个相邻的格子，再画它们之间的新界线。'));
      else this.desk.operate({ kind: 'redraw', cells: chosen, line: places });
    } else {
      const cell = chosen.length === 1 ? chosen[0] : this.cellUnder(places);
      if (cell === null) this.desk.hint(say('画的线没有经过这一格，请横穿它画。'));
      else this.desk.operate({ kind: 'split', cell, line: places });
    }
  }

  /** The cell a drawn line runs through most. */
  cellUnder(degrees) {
    const view = this.view;
    const counts = new Map();
    for (let k = 0; k + 1 < degrees.length; k += 1) {
      for (let share = 0.02; share < 1; share += 0.04) {
        const at = degrees[k].map((v, axis) => v + share * (degrees[k + 1][axis] - v));
        const [x, y] = toMap(at);
        for (const feature of view.cells.getFeaturesAtCoordinate([x, y])) {
          const { number } = feature.get('cell');
          counts.set(number, (counts.get(number) ?? 0) + 1);
        }
      }
    }
    const best = [...counts].sort((a, b) => b[1] - a[1])[0];
    return best ? best[0] : null;
  }

  /** @returns {boolean} whether the key was a tool's */
  key(event) {
    if (event.key === 'Escape') {
      this.draw?.abortDrawing();
      sessionStorage.removeItem(this.desk.keep);
      this.use('select');
      return true;
    }
    if (event.key === 'Backspace' && this.draw) {
      this.draw.removeLastPoint();
      return true;
    }
    const name = KEYS[event.key.toLowerCase()];
    if (name) this.use(name);
    return Boolean(name);
  }
}
