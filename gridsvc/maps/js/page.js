// The sheet around the map: title block, legend, buttons, scale bar, source and notices.

globalThis.gridsvc ??= {};

(() => {
  'use strict';

  // In a smaller window the legend and the layer switch start folded.
  const ROOMY = { width: 760, height: 560 };
  const SWATCH_DENSITY = 2;
  const MARGIN_PX = 24;

  const isRoomy = (map) => map.getSize().x >= ROOMY.width && map.getSize().y >= ROOMY.height;

  /** Put an element of the page into a corner of the map. */
  function place(map, id, position) {
    const node = document.getElementById(id);
    const control = L.control({ position });
    control.onAdd = () => {
      L.DomEvent.disableClickPropagation(node);
      L.DomEvent.disableScrollPropagation(node);
      return node;
    };
    control.addTo(map);
    node.hidden = false;
    return node;
  }

  /** Show the whole area clear of the panels, the title above it or beside it. */
  function fit(map, bounds, title, legend) {
    const right = MARGIN_PX + (isRoomy(map) ? legend.offsetWidth : 0);
    const choices = [
      [MARGIN_PX, title.offsetHeight + MARGIN_PX],
      [title.offsetWidth + MARGIN_PX, MARGIN_PX],
    ].map((corner) => {
      const padding = L.point(corner).add([right, MARGIN_PX]);
      return { corner, zoom: map.getBoundsZoom(bounds, false, padding) };
    });
    const { corner } = choices.sort((a, b) => b.zoom - a.zoom)[0];
    map.fitBounds(bounds, {
      animate: false,
      maxZoom: 18,
      paddingTopLeft: corner,
      paddingBottomRight: [right, MARGIN_PX],
    });
  }

  /** Paint the legend's swatches with the pens that paint the map. */
  function paintSwatches(legend, styles) {
    for (const canvas of legend.querySelectorAll('canvas')) {
      const { width, height } = canvas;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      canvas.width *= SWATCH_DENSITY;
      canvas.height *= SWATCH_DENSITY;
      const pen = canvas.getContext('2d');
      pen.scale(SWATCH_DENSITY, SWATCH_DENSITY);
      paintSwatch(pen, styles[canvas.dataset.style], width, height);
    }
  }

  function paintSwatch(pen, style, width, height) {
    if (style.shape) {
      gridsvc.drawSymbol(pen, style, width / 2, height / 2, Math.min(1, 7 / style.radius));
    } else if (style.width) {
      pen.strokeStyle = style.colour;
      pen.lineWidth = style.width;
      pen.moveTo(1, height / 2);
      pen.lineTo(width - 1, height / 2);
      pen.stroke();
    } else {
      pen.fillStyle = gridsvc.paintOf(pen, style);
      pen.fillRect(1, 2, width - 2, height - 4);
      pen.strokeStyle = '#6f7880';
      pen.strokeRect(1.5, 2.5, width - 3, height - 5);
    }
  }

  /** Keep the legend clear of what stands in the corner above it. */
  function limit(map, legend) {
    const above = map.getContainer().querySelector('.leaflet-top.leaflet-right').offsetHeight;
    const below = map.attributionControl.getContainer().offsetHeight;
    legend.style.maxHeight = `${map.getSize().y - above - below - 2 * MARGIN_PX}px`;
  }

  /** Fold the layer switch; Leaflet listens for what opens it when the control is added. */
  function fold(map, layerSwitch) {
    layerSwitch.remove();
    layerSwitch.options.collapsed = true;
    layerSwitch.addTo(map);
  }

  function notify(map, text) {
    if (map.getContainer().querySelector('.gridsvc-notice')) return;
    L.DomUtil.create('p', 'gridsvc-notice', map.getContainer()).textContent = text;
  }

  gridsvc.fail = (map, failure) => {
    notify(map, '地图数据无法解开，请用较新的浏览器（Chrome、Edge 103 或 Firefox 113 以上）打开。');
    console.error(failure);
  };

  gridsvc.sheet = (map, layerSwitch, { bounds, source, styles, notice }) => {
    map.attributionControl.setPrefix(false).addAttribution(source);
    const title = place(map, 'gridsvc-title', 'topleft');
    L.control.zoom({ zoomInTitle: '放大', zoomOutTitle: '缩小' }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    const legend = place(map, 'gridsvc-legend', 'bottomright');
    legend.querySelector('details').open = isRoomy(map);
    paintSwatches(legend, styles);
    if (!isRoomy(map)) fold(map, layerSwitch);
    limit(map, legend);
    map.on('resize', () => limit(map, legend));
    if (bounds) fit(map, bounds, title, legend);
    if (notice) notify(map, notice);
  };
})();
