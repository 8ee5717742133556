// What lies under a draft by the installation's own settings: the surroundings out of its background
// file, and an orthophoto of its own network, which is asked for only once somebody switches it on.

import GeoJSON from 'ol/format/GeoJSON.js';
import TileLayer from 'ol/layer/Tile.js';
import VectorImageLayer from 'ol/layer/VectorImage.js';
import { transformExtent } from 'ol/proj.js';
import VectorSource from 'ol/source/Vector.js';
import XYZ from 'ol/source/XYZ.js';
import { Stroke, Style } from 'ol/style.js';

import { Problem, ask } from '../parts/api.js';

const KEPT = 'plan-imagery';
const ROUND = 0.6; // of the community's size, on every side
const MOST = 0.28; // degrees, a little less than the service gives at once
const INKS = {
  water: ['#a9cfe6', 1], river: ['#a9cfe6', 4], stream: ['#a9cfe6', 2], rail: ['#b5b5b5', 1.5],
  trunk: ['#d8c7a2', 4], primary: ['#d8c7a2', 3.4], secondary: ['#dccdad', 2.8],
  tertiary: ['#dfd3b8', 2.2], street: ['#e2d8c2', 1.6], lane: ['#e6dece', 1], building: ['#dcd7d0', 0.8],
};
const looks = Object.fromEntries(Object.entries(INKS).map(
  ([kind, [color, width]]) => [kind, new Style({ stroke: new Stroke({ color, width }) })],
));

/**
 * @param {import('./map.js').DraftMap} view with its ground drawn
 * @param {{basemap?: string, imagery?: string, imageryGrid?: string}} has what the installation set
 */
export async function layUnder(view, { basemap, imagery, imageryGrid }) {
  const box = document.getElementById('imagery');
  if (imagery && box instanceof HTMLInputElement) {
    // Degrees of CGCS2000 and of WGS-84 are the same to centimetres.
    const projection = imageryGrid === 'geographic' ? 'EPSG:4326' : 'EPSG:3857';
    const photo = new TileLayer({ zIndex: -2, source: new XYZ({ url: imagery, projection }) });
    const fit = () => {
      photo.setVisible(box.checked);
      view.seeThrough(box.checked);
      localStorage.setItem(KEPT, box.checked ? 'yes' : '');
    };
    box.checked = localStorage.getItem(KEPT) === 'yes';
    box.addEventListener('change', fit);
    fit();
    view.map.addLayer(photo);
  }
  if (!basemap) return;
  const inner = view.sources.boundary.getExtent();
  const [west, south, east, north] = transformExtent(inner, 'EPSG:3857', 'EPSG:4326');
  const wide = (low, high) => {
    const half = Math.min((high - low) * (0.5 + ROUND), MOST / 2);
    return [(low + high) / 2 - half, (low + high) / 2 + half];
  };
  const [[x0, x1], [y0, y1]] = [wide(west, east), wide(south, north)];
  const bbox = [x0, y0, x1, y1].map((side) => side.toFixed(5)).join(',');
  let told;
  try {
    told = await ask(`/api/maps/basemap?bbox=${bbox}`);
  } catch (failure) {
    if (failure instanceof Problem) return; // a draft can be worked on without its surroundings
    throw failure;
  }
  const features = new GeoJSON({ featureProjection: 'EPSG:3857' }).readFeatures(told);
  view.map.addLayer(new VectorImageLayer({
    zIndex: -1, imageRatio: 1.5, source: new VectorSource({ features }),
    style: (feature) => looks[feature.get('kind')],
  }));
}
