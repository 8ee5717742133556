// Cells out to files of other programs, and in from them.

import { ask } from '../parts/api.js';
import { byId } from '../parts/elements.js';
import { say } from '../parts/words.js';

const SUFFIXES = {
  gpkg: 'gpkg', zip: 'shp', geojson: 'geojson', json: 'geojson', kml: 'kml', dxf: 'dxf',
};
/** Formats that know WGS-84 only. */
const ALWAYS_WGS84 = ['geojson', 'kml'];
/** Hand a file over to the browser's downloads. */
async function save(answer) {
  const told = answer.headers.get('Content-Disposition') ?? '';
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await answer.blob());
  link.download = /filename="([^"]+)"/.exec(told)?.[1] ?? '';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/**
 * @param {number} id
 * @param {{version: () => number, busy: () => boolean, took: Function, failed: Function}} desk
 */
export function wireFiles(id, desk) {
  const path = `/api/drafts/${id}/file`;
  const status = byId('files-state');
  const out = byId('export');
  const { format, datum } = out.elements;
  const fit = () => {
    const fixed = ALWAYS_WGS84.includes(format.value);
    if (fixed) datum.value = 'wgs84';
    datum.disabled = fixed;
  };
  format.addEventListener('change', fit);
  fit();
  out.addEventListener('submit', async (event) => {
    event.preventDefault();
    const asked = new URLSearchParams({ format: format.value, datum: datum.value });
    try {
      await save(await ask(`${path}?${asked}`, { raw: true }));
      status.textContent = say('已导出。');
    } catch (problem) {
      desk.failed(problem);
    }
  });

  document.getElementById('import')?.addEventListener('submit', async (event) => {
    event.preventDefault();
    const form = event.target;
    const [file] = form.elements.file.files;
    const kind = SUFFIXES[file.name.split('.').pop().toLowerCase()];
    if (!kind) {
      status.textContent = say('请选 GeoPackage、Shapefile（ZIP）、GeoJSON、KML 或 DXF 文件。');
      return;
    }
    if (desk.busy()) {
      status.textContent = say('上一步还在处理，请稍候。');
      return;
    }
    const asked = new URLSearchParams({
      format: kind, version: String(desk.version()),
      client_key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`,
    });
    if (form.elements.datum.value) asked.set('datum', form.elements.datum.value);
    const button = form.querySelector('button');
    button.disabled = true;
    status.textContent = say('正在导入…');
    try {
      const told = await ask(`${path}?${asked}`, {
        body: file, headers: { 'Content-Type': 'application/octet-stream' },
      });
      form.reset();
      status.textContent = say('已导入，可用“撤销”退回。');
      desk.took(told);
    } catch (problem) {
      status.textContent = '';
      desk.failed(problem);
    } finally {
      button.disabled = false;
    }
  });
}
