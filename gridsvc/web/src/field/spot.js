// Where the phone is while somebody stands at a door. Nobody points there on a map: a visit is
// believed because the phone was there.

import { say } from '../parts/words.js';
import { element } from '../parts/elements.js';

/** A place is good enough that was found so long ago: doors are next to each other. */
const FRESH_MS = 60_000;

/**
 * Begins to look where the phone is, and tells how that goes.
 *
 * @returns {{line: HTMLElement, place: Promise<{lon: number, lat: number, datum: 'wgs84'} | null>}}
 */
export function spot() {
  const line = element('p', { class: 'hint', role: 'status', text: say('正在定位…') });
  const place = new Promise((resolve) => {
    const lost = () => {
      line.textContent = say('没有定位成功。请打开手机定位，到门外空旷处再试。');
      resolve(null);
    };
    if (!navigator.geolocation) return lost();
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        line.textContent = say('已定位，误差约 %(n)s 米。', { n: Math.round(coords.accuracy) });
        // By the W3C's Geolocation specification the phone's place is WGS-84.
        resolve({ lon: coords.longitude, lat: coords.latitude, datum: 'wgs84' });
      },
      lost,
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: FRESH_MS },
    );
  });
  return { line, place };
}
