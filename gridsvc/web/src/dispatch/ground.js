// What lies under the points: borders of the cells as vector tiles, and close by the streets and
// waters, asked for square by square and kept a while.

import MVT from 'ol/format/MVT.js';
import GeoJSON from 'ol/format/GeoJSON.js';
import VectorLayer from 'ol/layer/Vector.js';
import VectorTileLayer from 'ol/layer/VectorTile.js';
import { transformExtent } from 'ol/proj.js';
import VectorSource from 'ol/source/Vector.js';
import VectorTileSource from 'ol/source/VectorTile.js';
import { Fill, Stroke, Style } from 'ol/style.js';

import { Problem, ask } from '../parts/api.js';

/** Side of a square in degrees, squares kept, and metres per pixel from which streets are shown. */
const SQUARE = 0.05;
const MOST_SQUARES = 24;
const CLOSE = 20;

/** @param {boolean} dark */
const inks = (dark) => dark
  ? { cell: '#35506b', grid: '#4d7396', road: '#22384d', water: '#1d4566', land: '#101d2b' }
  : { cell: '#c3ccd3', grid: '#8fa0ad', road: '#d9cdb6', water: '#a9cfe6', land: '#f7f8f9' };

/** @param {boolean} [dark] for the wall */
export function cellsLayer(dark = false) {
  const ink = inks(dark);
  const looks = {
    micro_grids: new Style({ stroke: new Stroke({ color: ink.cell, width: 0.7 }), fill: new Fill({ color: ink.land }) }),
    grids: new Style({ stroke: new Stroke({ color: ink.grid, width: 1 }), fill: new Fill({ color: ink.land }) }),
  };
  return new VectorTileLayer({
    zIndex: 1,
    renderMode: 'hybrid',
    source: new VectorTileSource({ format: new MVT(), url: '/api/tiles/{z}/{x}/{y}', maxZoom: 13, cacheSize: 64 }),
    style: (feature) => looks[/** @type {'grids'} */ (feature.get('layer'))],
  });
}

/** @param {boolean} [dark] */
export function streetsLayer(dark = false) {
  const ink = inks(dark);
  const look = (/** @type {string} */ color, /** @type {number} */ width) => new Style({ stroke: new Stroke({ color, width }) });
  const looks = { grid: look(ink.grid, 1.6), water: look(ink.water, 3), road: look(ink.road, 2) };
  const waters = new Set(['river', 'stream', 'canal', 'water', 'waterway']);
  return new VectorLayer({
    zIndex: 2,
    maxResolution: CLOSE,
    source: new VectorSource(),
    style: (feature) => {
      const kind = feature.get('kind');
      if (kind === 'grid') return looks.grid;
      return waters.has(kind) ? looks.water : looks.road;
    },
  });
}

/** Fill the streets as the map moves. @param {import('ol/Map.js').default} map @param {VectorLayer<any>} layer */
export function followStreets(map, layer) {
  /** @type {Map<string, import('ol/Feature.js').default[] | null>} squares by name; null = on its way */
  const kept = new Map();
  const source = layer.getSource();
  const format = new GeoJSON({ featureProjection: map.getView().getProjection() });

  const fetchSquare = async (/** @type {string} */ name, /** @type {number[]} */ box) => {
    kept.set(name, null);
    try {
      const told = await ask(`/api/public/ground?bbox=${box.map((side) => side.toFixed(5)).join(',')}`);
      const features = format.readFeatures(told);
      if (!kept.has(name)) return;
      kept.set(name, features);
      source.addFeatures(features);
    } catch (failure) {
      kept.delete(name); // asked for again when the map moves
      if (!(failure instanceof Problem)) throw failure;
    }
  };

  map.on('moveend', () => {
    const view = map.getView();
    if ((view.getResolution() ?? Infinity) > CLOSE) return;
    const [west, south, east, north] = transformExtent(view.calculateExtent(map.getSize()), view.getProjection(), 'EPSG:4326');
    for (let x = Math.floor(west / SQUARE); x * SQUARE < east; x += 1) {
      for (let y = Math.floor(south / SQUARE); y * SQUARE < north; y += 1) {
        const name = `${x},${y}`;
        const there = kept.get(name);
        if (there !== undefined) {
          kept.delete(name); // the one used last goes last
          kept.set(name, there);
        } else fetchSquare(name, [x * SQUARE, y * SQUARE, (x + 1) * SQUARE, (y + 1) * SQUARE]);
      }
    }
    for (const [name, features] of kept) {
      if (kept.size <= MOST_SQUARES) break;
      kept.delete(name);
      if (features) source.removeFeatures(features);
    }
  });
}
