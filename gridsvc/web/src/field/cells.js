// The cells somebody answers for, on a map and as a list, with the tasks in them.

import Feature from 'ol/Feature.js';
import GeoJSON from 'ol/format/GeoJSON.js';
import Point from 'ol/geom/Point.js';
import VectorLayer from 'ol/layer/Vector.js';
import { fromLonLat } from 'ol/proj.js';
import VectorSource from 'ol/source/Vector.js';
import Circle from 'ol/style/Circle.js';
import Fill from 'ol/style/Fill.js';
import Stroke from 'ol/style/Stroke.js';
import Style from 'ol/style/Style.js';
import Text from 'ol/style/Text.js';

import { say } from '../parts/words.js';
import { byId, element } from '../parts/elements.js';
import { groundMap } from '../phone/ground.js';

const KINDS = { ordinary: say('普通'), dedicated: say('专属') };
const format = new GeoJSON({ featureProjection: 'EPSG:3857' });
/** @type {{map: import('ol/Map.js').default, source: VectorSource} | null} */
let drawn = null;

function styleOf(feature) {
  if (feature.get('task')) {
    return new Style({ image: new Circle({ radius: 8, fill: new Fill({ color: '#c1121f' }), stroke: new Stroke({ color: '#fff', width: 2 }) }) });
  }
  return new Style({
    stroke: new Stroke({ color: '#0d3c7a', width: 2 }),
    fill: new Fill({ color: 'rgba(13,60,122,0.12)' }),
    text: new Text({ text: feature.get('label'), font: '600 13px sans-serif', fill: new Fill({ color: '#0d3c7a' }), stroke: new Stroke({ color: '#fff', width: 3 }) }),
  });
}

/** @param {any} told as `/api/field` tells it @param {any[]} tasks @param {[number, number]} middle */
export function drawCells(told, tasks, middle) {
  if (!drawn) {
    const source = new VectorSource();
    const map = groundMap(byId('cells-map'), middle, 15);
    map.addLayer(new VectorLayer({ source, style: styleOf, declutter: false }));
    drawn = { map, source };
  }
  const { map, source } = drawn;
  const empty = source.isEmpty();
  source.clear();
  for (const cell of told.cells) {
    const feature = new Feature({ geometry: format.readGeometry(cell.outline), label: cell.code.slice(-5) });
    source.addFeature(feature);
  }
  for (const task of tasks.filter((one) => !one.over)) {
    source.addFeature(new Feature({ geometry: new Point(fromLonLat([task.lon, task.lat])), task: task.id }));
  }
  if (empty && !source.isEmpty()) map.getView().fit(source.getExtent(), { padding: [30, 30, 30, 30], maxZoom: 18 });
  const households = told.cells.reduce((sum, cell) => sum + cell.households, 0);
  byId('cells-sum').textContent = say('我负责 %(n)s 个微网格，%(households)s 户。', { n: told.cells.length, households });
  const rows = told.cells.map((cell) =>
    element('tr', {}, element('td', { text: cell.code.slice(-8) }), element('td', { text: cell.division_name }), element('td', { text: KINDS[cell.kind] ?? cell.kind }), element('td', { text: cell.households })),
  );
  const heads = [say('微网格'), say('社区'), say('类别'), say('户数')].map((text) => element('th', { scope: 'col', text }));
  byId('cells-list').replaceChildren(element('table', {}, element('thead', {}, element('tr', {}, ...heads)), element('tbody', {}, ...rows)));
}
