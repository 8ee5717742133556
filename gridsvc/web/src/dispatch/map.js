// The map: cells and streets below, people and events above.

import { defaults } from 'ol/control/defaults.js';
import ScaleLine from 'ol/control/ScaleLine.js';
import Map from 'ol/Map.js';
import { fromLonLat, transformExtent } from 'ol/proj.js';
import View from 'ol/View.js';

import { serverNow } from './clock.js';
import { cellsLayer, followStreets, streetsLayer } from './ground.js';
import { PointsLayer, Sprite } from './points_layer.js';
import { group } from './terms.js';

/** @typedef {import('./store.js').Row} Row */

const LOOKS = ['done', 'in-hand', 'waiting', 'overdue', 'chosen'];

export class DeskMap {
  /**
   * @param {HTMLElement} target
   * @param {{box: string, people?: PointsLayer, dark?: boolean, onChoose?: (id: number) => void}} how
   */
  constructor(target, { box, people, dark = false, onChoose }) {
    const line = dark ? '#0c1622' : '#fff';
    this.events = new PointsLayer({
      className: 'events',
      zIndex: 6,
      sprites: [
        new Sprite({ radius: 5, fill: '#2f8f5b', line }),
        new Sprite({ radius: 6, fill: '#2a6fbf', line }),
        new Sprite({ radius: 7, fill: '#e08214', line }),
        new Sprite({ radius: 7, fill: '#c2183f', line }),
        new Sprite({ radius: 10, fill: 'transparent', line: dark ? '#fff' : '#111' }),
      ],
    });
    const streets = streetsLayer(dark);
    this.map = new Map({
      target,
      layers: [cellsLayer(dark), streets, ...(people ? [people] : []), this.events],
      controls: defaults({ attribution: false, rotate: false }).extend([new ScaleLine()]),
      view: new View({ center: fromLonLat([118.78, 32.04]), zoom: 11, maxZoom: 20, minZoom: 4 }),
    });
    followStreets(this.map, streets);
    this.fit(box);
    this.chosen = 0;
    if (onChoose) {
      this.map.on('singleclick', ({ pixel }) => {
        const id = this.events.at(pixel);
        if (typeof id === 'number') onChoose(id);
      });
    }
  }

  /** @param {string} box west,south,east,north; nothing = stay */
  fit(box) {
    const sides = box.split(',').map(Number);
    if (sides.length !== 4 || !sides.every(Number.isFinite)) return;
    this.map.getView().fit(transformExtent(sides, 'EPSG:4326', 'EPSG:3857'), { padding: [24, 24, 24, 24], maxZoom: 17 });
  }

  /** @param {Row[]} rows */
  show(rows) {
    const now = serverNow();
    this.events.clear();
    for (const row of rows) {
      const late = row.due_at !== null && Date.parse(row.due_at) < now;
      this.events.put(row.id, row.lon, row.lat, LOOKS.indexOf(late ? 'overdue' : group(row.state)));
      if (row.id === this.chosen) this.events.put('chosen', row.lon, row.lat, LOOKS.indexOf('chosen'));
    }
    this.events.changed();
  }

  /** @param {Row | undefined} row @param {boolean} [near] whether to go there */
  choose(row, near = false) {
    this.chosen = row?.id ?? 0;
    this.events.remove('chosen');
    if (row) {
      this.events.put('chosen', row.lon, row.lat, LOOKS.indexOf('chosen'));
      const view = this.map.getView();
      const place = fromLonLat([row.lon, row.lat]);
      const [width, height] = this.map.getSize() ?? [0, 0];
      const [x, y] = this.map.getPixelFromCoordinate(place) ?? [-1, -1];
      if (near) view.animate({ center: place, zoom: Math.max(view.getZoom() ?? 0, 16), duration: 250 });
      else if (x < 20 || y < 20 || x > width - 20 || y > height - 20) view.animate({ center: place, duration: 250 });
    }
    this.events.changed();
  }
}
