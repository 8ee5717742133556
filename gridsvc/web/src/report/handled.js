// What was handled and published: a list, and a map on which every grid is one point.

import Feature from 'ol/Feature.js';
import Point from 'ol/geom/Point.js';
import VectorLayer from 'ol/layer/Vector.js';
import { fromLonLat } from 'ol/proj.js';
import VectorSource from 'ol/source/Vector.js';
import Circle from 'ol/style/Circle.js';
import Fill from 'ol/style/Fill.js';
import Stroke from 'ol/style/Stroke.js';
import Style from 'ol/style/Style.js';
import Text from 'ol/style/Text.js';

import { Problem, ask } from '../parts/api.js';
import { say } from '../parts/words.js';
import { byId, element } from '../parts/elements.js';
import { groundMap } from '../phone/ground.js';
import { whyNot } from '../phone/telling.js';

const MOST = 200;

export async function showHandled({ middle }) {
  const map = groundMap(byId('map'), middle, 14);
  await draw(map);
  return undefined;
}

async function draw(map) {
  let events;
  try {
    ({ events } = await ask(`/api/public/events?limit=${MOST}`));
  } catch (fault) {
    if (!(fault instanceof Problem)) throw fault;
    const again = element('button', { class: 'second', text: say('再试一次'), click: () => void draw(map) });
    byId('handled').replaceChildren(element('p', { class: 'failure', role: 'alert', text: whyNot(fault) }), again);
    return;
  }
  const source = new VectorSource({ features: points(events) });
  map.addLayer(new VectorLayer({ source, style: circle }));
  if (events.length) map.getView().fit(source.getExtent(), { padding: [40, 40, 40, 40], maxZoom: 16 });
  map.on('singleclick', ({ pixel }) => {
    const grid = map.forEachFeatureAtPixel(pixel, (one) => one.get('grid'), { hitTolerance: 8 });
    tell(grid ? events.filter((one) => one.grid_code === grid) : events, grid);
  });
  tell(events);
}

function points(events) {
  const grids = grouped(events);
  return [...grids].map(
    ([grid, those]) => new Feature({ geometry: new Point(fromLonLat([those[0].lon, those[0].lat])), grid, n: those.length }),
  );
}

function grouped(events) {
  const found = new Map();
  for (const one of events) found.set(one.grid_code, [...(found.get(one.grid_code) ?? []), one]);
  return found;
}

function circle(feature) {
  const n = feature.get('n');
  return new Style({
    image: new Circle({
      radius: Math.min(12 + Math.sqrt(n) * 2, 26),
      fill: new Fill({ color: 'rgba(13,60,122,0.88)' }),
      stroke: new Stroke({ color: '#fff', width: 2 }),
    }),
    text: new Text({ text: String(n), font: '600 14px sans-serif', fill: new Fill({ color: '#fff' }) }),
  });
}

function tell(events, grid) {
  byId('chosen').replaceChildren(
    grid
      ? say('网格 %(grid)s：%(n)s 件。点空白处看全部。', { grid, n: events.length })
      : say('共 %(n)s 件。点圆点看一个网格的。', { n: events.length }),
  );
  const rows = events.map((one) =>
    element(
      'tr',
      {},
      element('td', { text: one.matter }),
      element('td', { text: one.grid_code.slice(-6) }),
      element('td', { text: one.reported_on }),
      element('td', { text: one.closed_on ?? say('待结案') }),
    ),
  );
  const heads = [say('事项'), say('网格'), say('上报时间'), say('办结')].map((text) => element('th', { scope: 'col', text }));
  byId('handled').replaceChildren(element('table', {}, element('thead', {}, element('tr', {}, ...heads)), element('tbody', {}, ...rows)));
}
