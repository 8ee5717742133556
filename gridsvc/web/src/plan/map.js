// The map of a draft: ground, cells and what is marked on them.

import Feature from 'ol/Feature.js';
import OlMap from 'ol/Map.js';
import View from 'ol/View.js';
import ScaleLine from 'ol/control/ScaleLine.js';
import { defaults as defaultControls } from 'ol/control/defaults.js';
import GeoJSON from 'ol/format/GeoJSON.js';
import Point from 'ol/geom/Point.js';
import { fromExtent } from 'ol/geom/Polygon.js';
import VectorLayer from 'ol/layer/Vector.js';
import VectorImageLayer from 'ol/layer/VectorImage.js';
import { transformExtent } from 'ol/proj.js';
import VectorSource from 'ol/source/Vector.js';
import { Fill, Stroke, Style, Text } from 'ol/style.js';

const FORMAT = new GeoJSON({ featureProjection: 'EPSG:3857' });
const FONT = '"Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", sans-serif';
const STREETS = {
  river: ['#8fb8d8', 5], stream: ['#8fb8d8', 3], canal: ['#8fb8d8', 4], rail: ['#777', 2],
};

const line = (color, width, dash) => new Style({
  stroke: new Stroke({ color, width, lineDash: dash }),
});
const filled = (fill, color, width, dash) => new Style({
  fill: new Fill({ color: fill }),
  stroke: new Stroke({ color, width, lineDash: dash }),
});

/** Fill of a cell by how far it is off its target: blue too few, orange too many. */
function colour(cell) {
  if (cell.kind === 'dedicated') return 'rgba(120,94,160,0.32)';
  const off = cell.deviation_percent;
  if (off === null || cell.households === 0) return 'rgba(150,150,150,0.20)';
  if (Math.abs(off) <= 10) return 'rgba(70,150,90,0.22)';
  if (off > 0) return off > 20 ? 'rgba(214,96,30,0.45)' : 'rgba(240,165,80,0.38)';
  return off < -20 ? 'rgba(33,102,172,0.42)' : 'rgba(120,170,220,0.36)';
}

const styles = new Map();
function cellStyle(feature) {
  const cell = feature.get('cell');
  const key = `${colour(cell)}${cell.locked}`;
  if (!styles.has(key)) {
    styles.set(key, filled(colour(cell), '#26323b', cell.locked ? 2.4 : 1.4,
      cell.locked ? [8, 4] : undefined));
  }
  return styles.get(key);
}

function label(feature) {
  const { number, households, locked } = feature.get('cell');
  return new Style({
    text: new Text({
      text: `${number}${locked ? ' ■' : ''}\n${households}`,
      font: `600 13px ${FONT}`,
      fill: new Fill({ color: '#14202a' }),
      stroke: new Stroke({ color: 'rgba(255,255,255,0.9)', width: 3 }),
    }),
  });
}

export class DraftMap {
  /** @param {string} target id of the element */
  constructor(target) {
    this.cells = new VectorSource({ useSpatialIndex: true });
    this.labels = new VectorSource();
    this.streets = new VectorSource();
    this.chosen = new VectorSource();
    this.marked = new VectorSource();
    this.other = new VectorSource();
    const boundary = new VectorSource();
    const buildings = new VectorSource();
    const sites = new VectorSource();
    this.sources = { boundary, buildings, sites };
    /** Whether an orthophoto lies below: areas are then outlines only. */
    this.photo = false;
    const area = (plain, outline) => () => (this.photo ? outline : plain);
    const image = (source, style) => new VectorImageLayer({ source, style, imageRatio: 1.5 });
    this.map = new OlMap({
      target,
      layers: [
        image(boundary, area(filled('#fffdf8', '#5b4a3a', 3), line('#5b4a3a', 3))),
        image(sites, area(filled('rgba(205,225,190,0.7)', '#8aa676', 1), line('#8aa676', 1.4))),
        image(this.streets, (f) => line(...(STREETS[f.get('kind')] ?? ['#d9c9a8', 3]))),
        image(buildings, area(filled('#c9c3ba', '#958e84', 0.8), line('#f4efe6', 1))),
        new VectorLayer({ source: this.cells, style: cellStyle, updateWhileInteracting: true }),
        new VectorLayer({ source: this.other, style: line('#8a1c7c', 2, [3, 5]) }),
        new VectorLayer({ source: this.chosen, style: filled('rgba(255,214,0,0.20)', '#b35900', 3.4) }),
        new VectorLayer({ source: this.labels, style: label, declutter: true }),
        new VectorLayer({ source: this.marked, style: filled('rgba(192,57,43,0.16)', '#c0392b', 3, [6, 4]) }),
      ],
      view: new View({ center: [0, 0], zoom: 2, maxZoom: 22, enableRotation: false }),
      controls: defaultControls({ attribution: false, rotate: false }).extend([new ScaleLine()]),
    });
    /** @type {Map<number, Feature>} */
    this.byNumber = new Map();
  }

  /** Draw buildings, streets and sites. @returns {{x: number, y: number, n: number}[]} units */
  drawGround(ground) {
    const read = (shapes) => shapes.map((shape) => new Feature({
      geometry: FORMAT.readGeometry({ type: shape.type, coordinates: shape.coordinates }),
      kind: shape.kind,
    }));
    this.sources.boundary.addFeatures(read([ground.boundary]));
    this.sources.buildings.addFeatures(read(ground.buildings));
    this.sources.sites.addFeatures(read(ground.sites));
    this.streets.addFeatures(read(ground.barriers));
    this.map.getView().fit(this.sources.boundary.getExtent(), { padding: [20, 20, 20, 20] });
    return ground.buildings.flatMap(({ units }) => units.map(([lon, lat, n]) => {
      const [x, y] = toMap([lon, lat]);
      return { x, y, n };
    }));
  }

  /** Draw areas as outlines over an orthophoto, or filled again. @param {boolean} photo */
  seeThrough(photo) {
    this.photo = photo;
    for (const source of Object.values(this.sources)) source.changed();
  }

  /** Put cells as the service tells them. */
  put(cells) {
    for (const cell of cells) {
      const geometry = FORMAT.readGeometry(cell.geometry);
      const known = this.byNumber.get(cell.number);
      if (known) {
        known.set('cell', cell, true);
        known.setGeometry(geometry);
      } else {
        const feature = new Feature({ geometry, cell });
        this.byNumber.set(cell.number, feature);
        this.cells.addFeature(feature);
      }
      this.putLabel(this.byNumber.get(cell.number));
    }
  }

  putLabel(feature) {
    const at = feature.getGeometry().getInteriorPoint().getCoordinates().slice(0, 2);
    const known = this.labels.getFeatureById(feature.get('cell').number);
    if (known) {
      known.set('cell', feature.get('cell'));
      known.getGeometry().setCoordinates(at);
      return;
    }
    const text = new Feature({ geometry: new Point(at), cell: feature.get('cell') });
    text.setId(feature.get('cell').number);
    this.labels.addFeature(text);
  }

  take(numbers) {
    for (const number of numbers) {
      const feature = this.byNumber.get(number);
      if (!feature) continue;
      this.cells.removeFeature(feature);
      this.labels.removeFeature(this.labels.getFeatureById(number));
      this.byNumber.delete(number);
    }
  }

  /** Show which cells are chosen. @param {Iterable<number>} numbers */
  choose(numbers) {
    this.chosen.clear(true);
    this.chosen.addFeatures([...numbers].flatMap((number) => {
      const feature = this.byNumber.get(number);
      return feature ? [new Feature(feature.getGeometry().clone())] : [];
    }));
  }

  /** Mark a place and go there. @param {number[] | undefined} bbox degrees */
  mark(bbox, { go = true } = {}) {
    this.marked.clear(true);
    if (!bbox) return;
    const extent = transformExtent(bbox, 'EPSG:4326', 'EPSG:3857');
    this.marked.addFeature(new Feature(fromExtent(extent)));
    if (go) {
      this.map.getView().fit(extent, { padding: [70, 70, 70, 70], maxZoom: 19.5, duration: 250 });
    }
  }

  /** Show the outlines of what a draft is compared with. */
  compareWith(shapes) {
    this.other.clear(true);
    this.other.addFeatures(shapes.map((shape) => new Feature(FORMAT.readGeometry(shape))));
  }
}

/** Longitude and latitude to map units. */
export function toMap([lon, lat]) {
  return FORMAT.readGeometry({ type: 'Point', coordinates: [lon, lat] }).getCoordinates();
}

/** Map units to longitude and latitude. */
export function toDegrees(places) {
  return places.map(([x, y]) => {
    const lon = (x / 20037508.342789244) * 180;
    const lat = (Math.atan(Math.sinh((y / 20037508.342789244) * Math.PI)) * 180) / Math.PI;
    return [lon, lat];
  });
}
