// The children of an area, coloured by the share that is compared; a click goes down into one.

import Feature from 'ol/Feature.js';
import OlMap from 'ol/Map.js';
import View from 'ol/View.js';
import Zoom from 'ol/control/Zoom.js';
import GeoJSON from 'ol/format/GeoJSON.js';
import VectorLayer from 'ol/layer/Vector.js';
import VectorSource from 'ol/source/Vector.js';
import Fill from 'ol/style/Fill.js';
import Stroke from 'ol/style/Stroke.js';
import Style from 'ol/style/Style.js';
import Text from 'ol/style/Text.js';

import { say } from '../parts/words.js';
import { element } from '../parts/elements.js';
import { NOTHING, classOf, classesOf, percent, rateOf } from './indicators.js';

const format = new GeoJSON({ featureProjection: 'EPSG:3857' });
const SVG = 'http://www.w3.org/2000/svg';

function styleOf(feature) {
  return new Style({
    fill: new Fill({ color: feature.get('colour') }),
    stroke: new Stroke({ color: '#33424d', width: 1.5 }),
    text: new Text({ text: feature.get('label'), font: '600 13px sans-serif', overflow: true, fill: new Fill({ color: '#1d2b36' }), stroke: new Stroke({ color: '#fff', width: 3 }) }),
  });
}

function swatch(colour) {
  const svg = document.createElementNS(SVG, 'svg');
  const rect = document.createElementNS(SVG, 'rect');
  for (const [name, value] of Object.entries({ width: 14, height: 14 })) svg.setAttribute(name, String(value));
  for (const [name, value] of Object.entries({ width: 14, height: 14, fill: colour, stroke: '#55636d' })) rect.setAttribute(name, String(value));
  svg.setAttribute('aria-hidden', 'true');
  svg.append(rect);
  return svg;
}

export class ChildMap {
  /** @param {HTMLElement} target @param {HTMLElement} legend @param {(code: string) => void} chosen */
  constructor(target, legend, chosen) {
    this.legend = legend;
    this.source = new VectorSource();
    this.map = new OlMap({
      target,
      controls: [new Zoom({ zoomInTipLabel: say('放大'), zoomOutTipLabel: say('缩小') })],
      layers: [new VectorLayer({ source: this.source, style: styleOf })],
      view: new View({ center: [0, 0], zoom: 2, enableRotation: false }),
    });
    this.map.on('singleclick', ({ pixel }) => {
      const code = this.map.forEachFeatureAtPixel(pixel, (one) => one.get('code'));
      if (code) chosen(code);
    });
  }

  /** @param {any} told @param {string} rate */
  draw(told, rate) {
    const outlined = told.children.filter((child) => child.outline);
    this.map.getTargetElement().closest('section').hidden = !outlined.length;
    this.source.clear();
    if (!outlined.length) return;
    this.source.addFeatures(
      outlined.map(
        (child) =>
          new Feature({
            geometry: format.readGeometry(child.outline),
            code: child.code,
            colour: classOf(child.figures, rate).colour,
            label: `${child.name}\n${percent(rateOf(child.figures, rate))}`,
          }),
      ),
    );
    this.map.updateSize();
    this.map.getView().fit(this.source.getExtent(), { padding: [20, 20, 20, 20] });
    this.legend.replaceChildren(
      ...[...classesOf(rate), NOTHING].map(({ colour, label }) => element('span', {}, swatch(colour), label)),
    );
  }
}
