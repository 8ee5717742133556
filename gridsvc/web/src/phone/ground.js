// A map of streets, waters and grids that the service itself draws from what it holds: nothing of
// it comes from outside. Where nothing is loaded it stays blank, and places can be told all the same.

import OlMap from 'ol/Map.js';
import View from 'ol/View.js';
import Attribution from 'ol/control/Attribution.js';
import ScaleLine from 'ol/control/ScaleLine.js';
import Zoom from 'ol/control/Zoom.js';
import GeoJSON from 'ol/format/GeoJSON.js';
import VectorLayer from 'ol/layer/Vector.js';
import { fromLonLat, toLonLat, transformExtent } from 'ol/proj.js';
import VectorSource from 'ol/source/Vector.js';
import Fill from 'ol/style/Fill.js';
import Stroke from 'ol/style/Stroke.js';
import Style from 'ol/style/Style.js';

import { ask } from '../parts/api.js';
import { say } from '../parts/words.js';

/** Degrees WGS-84 of the boxes in which the ground is asked for; the same box is asked for once. */
const BOX = 0.03;
/** Metres a pixel from which streets are too dense to be asked for. */
const COARSEST = 20;
/** After this a box that did not come is asked for again, when the map is drawn. */
const AGAIN_MS = 15_000;
const WIDTHS = { motorway: 5, trunk: 5, primary: 4.5, secondary: 4, tertiary: 3.5, residential: 2.5 };
const GRID = new Style({
  stroke: new Stroke({ color: '#7a8fa6', width: 1, lineDash: [6, 4] }),
  fill: new Fill({ color: 'rgba(13,60,122,0.04)' }),
});
const made = new Map([['grid', GRID]]);

/** @param {string} kind class of a street or water, or `grid` */
function styleOf(kind) {
  let style = made.get(kind);
  if (!style) {
    const water = /river|canal|stream|water|drain/.test(kind);
    const rail = /rail/.test(kind);
    const color = water ? '#8fbbd9' : rail ? '#8a8a8a' : '#c9b48a';
    const width = water ? 4 : WIDTHS[kind] ?? 2;
    style = new Style({ stroke: new Stroke({ color, width, lineDash: rail ? [8, 4] : undefined }) });
    made.set(kind, style);
  }
  return style;
}

/** The boxes, of a fixed lattice, that a window needs. */
function boxes(extent) {
  const [west, south, east, north] = transformExtent(extent, 'EPSG:3857', 'EPSG:4326');
  const found = [];
  for (let i = Math.floor(west / BOX); i * BOX < east; i++) {
    for (let j = Math.floor(south / BOX); j * BOX < north; j++) {
      const box = [i * BOX, j * BOX, (i + 1) * BOX, (j + 1) * BOX];
      found.push(transformExtent(box, 'EPSG:4326', 'EPSG:3857'));
    }
  }
  return found;
}

function groundLayer() {
  const source = new VectorSource({
    strategy: boxes,
    loader: async (extent, _resolution, _projection, success, failure) => {
      const bbox = transformExtent(extent, 'EPSG:3857', 'EPSG:4326').map((one) => one.toFixed(5));
      try {
        const told = await ask(`/api/public/ground?bbox=${bbox}`);
        const features = new GeoJSON({ featureProjection: 'EPSG:3857' }).readFeatures(told);
        source.addFeatures(features);
        success?.(features);
      } catch {
        // Not at once: a map that draws itself anew would ask as fast as it draws.
        setTimeout(() => source.removeLoadedExtent(extent), AGAIN_MS);
        failure?.();
      }
    },
  });
  return new VectorLayer({
    source,
    maxResolution: COARSEST,
    style: (feature) => styleOf(feature.get('kind')),
  });
}

/**
 * @param {HTMLElement} target named and focusable; arrow keys and +/- move the map
 * @param {[number, number]} middle longitude and latitude, WGS-84
 * @param {number} [zoom]
 */
export function groundMap(target, middle, zoom = 16) {
  return new OlMap({
    target,
    layers: [groundLayer()],
    controls: [
      new Zoom({ zoomInTipLabel: say('放大'), zoomOutTipLabel: say('缩小') }),
      new ScaleLine(),
      new Attribution({ collapsible: false }),
    ],
    view: new View({ center: fromLonLat(middle), zoom, minZoom: 9, maxZoom: 20, enableRotation: false }),
  });
}

/**
 * Where the middle of a map is.
 *
 * @param {OlMap} map
 * @returns {[number, number]} longitude and latitude, WGS-84, to the decimetre
 */
export function middleOf(map) {
  const [lon, lat] = toLonLat(map.getView().getCenter() ?? [0, 0]);
  return [Number(lon.toFixed(6)), Number(lat.toFixed(6))];
}
