// On paper the map fills an A4 sheet laid across, drawn finely, with title and legend.

globalThis.gridsvc ??= {};

(() => {
  'use strict';

  // 297 by 210 mm less margins of 8 mm, in the pixels style sheets count (96 to the inch).
  const SHEET = { width: 1062, height: 733 };

  gridsvc.printing = (map, fit) => {
    const box = map.getContainer();
    const whole = map.getZoom();
    const near = () => Math.abs(before.zoom - whole) > 0.01;
    let before = null;
    window.addEventListener('beforeprint', () => {
      before = { centre: map.getCenter(), zoom: map.getZoom() };
      box.style.width = `${SHEET.width}px`;
      box.style.height = `${SHEET.height}px`;
      gridsvc.density = 3;
      map.invalidateSize({ animate: false });
      // The whole area is fitted to the sheet; a view that somebody chose is kept.
      if (near()) map.setView(before.centre, before.zoom, { animate: false });
      else fit();
      gridsvc.inspector(map).repaint();
    });
    window.addEventListener('afterprint', () => {
      box.style.width = '';
      box.style.height = '';
      delete gridsvc.density;
      map.invalidateSize({ animate: false });
      if (before) map.setView(before.centre, before.zoom, { animate: false });
      gridsvc.inspector(map).repaint();
    });
  };
})();
