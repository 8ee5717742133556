// Where it is: told by the phone, or pointed at on a map that moves below a pin.

import { fromLonLat } from 'ol/proj.js';

import { say } from '../parts/words.js';
import { byId } from '../parts/elements.js';
import { groundMap, middleOf } from './ground.js';

const NEAR_ZOOM = 18;
/** Metres within which the phone must know where it is for its place to be taken unseen. */
const SURE_M = 50;
const QUIET_MS = 700;

/** Uses the page's `#map`, `#locate` and `#place`. */
export class Pinpoint {
  /** @param {{middle: [number, number], changed: () => void}} how `middle` in WGS-84 */
  constructor({ middle, changed }) {
    this.told = byId('place');
    this.changed = changed;
    this.known = false;
    this.byPhone = false;
    this.map = groundMap(byId('map'), middle);
    this.map.getView().on('change:center', () => this.moved());
    byId('locate').addEventListener('click', () => this.locate());
  }

  /** Longitude, latitude and datum; none before anybody said where. */
  get value() {
    if (!this.known) return null;
    const [lon, lat] = middleOf(this.map);
    // Both the map and, by the W3C's Geolocation specification, the phone's place are WGS-84.
    return { lon, lat, datum: 'wgs84' };
  }

  /** @param {{lon: number, lat: number}} place WGS-84 */
  show({ lon, lat }) {
    this.byPhone = true;
    this.map.getView().setCenter(fromLonLat([lon, lat]));
    this.map.getView().setZoom(NEAR_ZOOM);
    this.byPhone = false;
    this.known = true;
    this.settle();
  }

  locate() {
    if (!navigator.geolocation) {
      this.told.textContent = say('这部手机不提供定位，请在地图上指出位置。');
      return;
    }
    this.told.textContent = say('正在定位…');
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        this.show({ lon: coords.longitude, lat: coords.latitude });
        const n = Math.round(coords.accuracy);
        this.told.textContent =
          coords.accuracy <= SURE_M
            ? say('手机定位（WGS-84），误差约 %(n)s 米。图上不准时，请拖动地图改正。', { n })
            : say('手机定位（WGS-84）误差约 %(n)s 米，请拖动地图，让图钉指准。', { n });
      },
      () => {
        this.told.textContent = say('没有定位成功，请拖动地图，让图钉指到事情所在的地方。');
      },
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 30_000 },
    );
  }

  moved() {
    if (this.byPhone) return;
    this.known = true;
    this.told.textContent = say('位置由地图指定（WGS-84）。');
    this.settle();
  }

  settle() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.changed(), QUIET_MS);
  }
}
