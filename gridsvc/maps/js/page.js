// The sheet around the map: title block, legend, buttons, scale bar, source and notices.

globalThis.gridsvc ??= {};

(() => {
  'use strict';

  // In a smaller window the legend and the layer switch start folded.
  const ROOMY = { width: 760, height: 560 };
  const SWATCH_DENSITY = 2;
  const MARGIN_PX = 24;
  const MOST_OF_HEIGHT = 0.45;

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

  /** Let the legend choose which of a layer's symbols are shown. */
  function choices(map, legend) {
    for (const select of legend.querySelectorAll('select[data-table]')) {
      gridsvc.named(select, '选择事项', 'Choose a matter', 'title');
      select.addEventListener('change', () => {
        gridsvc.chosen.set(select.dataset.table, select.value);
        map.closePopup();
        gridsvc.inspector(map).repaint();
      });
    }
  }

  /** What a layer is called in the legend: its column of classes, or its table. */
  const keyOf = ({ options }) => options.style?.class_column ?? options.table;

  /** Parts of the legend are shown while a layer they explain is. */
  function explain(map, legend) {
    const shown = new Set([...gridsvc.inspector(map).layers].map(keyOf));
    for (const part of legend.querySelectorAll('[data-shown-with]')) {
      part.hidden = !part.dataset.shownWith.split(' ').some((key) => shown.has(key));
    }
  }

  /** Cells have one colour at a time: a layer of colours put on takes the other off. */
  function oneColour(map, layerSwitch, added) {
    if (!added.options.style?.class_column) return;
    for (const other of [...gridsvc.inspector(map).layers]) {
      if (other !== added && other.options.style?.class_column) takeOff(map, layerSwitch, other);
    }
  }

  /** The switch would make all its boxes anew, and who uses keys would lose their place. */
  function takeOff(map, layerSwitch, layer) {
    layerSwitch._handlingClick = true;
    map.removeLayer(layer);
    layerSwitch._handlingClick = false;
    for (const box of layerSwitch.getContainer().querySelectorAll('input')) {
      if (box.layerId === L.stamp(layer)) box.checked = false;
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

  /** With the map in focus, Enter tells about what lies in its middle and Esc ends it. */
  function keys(map) {
    const box = map.getContainer();
    gridsvc.named(box, '地图：方向键移动，加减键缩放，回车查看中心处', 'Map: arrows move, plus and minus zoom, Enter tells about the middle', 'aria-label');
    box.setAttribute('role', 'application');
    box.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && event.target === box) gridsvc.inspector(map).click(map.getCenter());
      if (event.key === 'Escape') {
        map.closePopup();
        box.focus();
      }
    });
  }

  gridsvc.fail = (map, failure) => {
    notify(map, '地图数据无法解开，请用较新的浏览器（Chrome、Edge 103 或 Firefox 113 以上）打开。');
    console.error(failure);
  };

  gridsvc.sheet = (map, layerSwitch, { bounds, source, styles, notice, english }) => {
    map.attributionControl.setPrefix(false).addAttribution(source);
    // A page that was saved has no handbook beside it.
    if (location.pathname === '/maps/coverage') {
      map.attributionControl.addAttribution('<a href="/help/overview" target="_blank">帮助</a>');
    }
    const title = place(map, 'gridsvc-title', 'topleft');
    gridsvc.finder(map, 'topleft');
    L.control.zoom({ zoomInTitle: '放大', zoomOutTitle: '缩小' }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    const legend = place(map, 'gridsvc-legend', 'bottomright');
    legend.querySelector('details').open = isRoomy(map);
    paintSwatches(legend, styles);
    choices(map, legend);
    // A long list of layers would leave the legend no room.
    const long = layerSwitch.getContainer().offsetHeight > MOST_OF_HEIGHT * map.getSize().y;
    if (!isRoomy(map) || long) fold(map, layerSwitch);
    limit(map, legend);
    explain(map, legend);
    // Only after the click: until then the switch puts on again what its boxes say.
    map.on('overlayadd', ({ layer }) => queueMicrotask(() => oneColour(map, layerSwitch, layer)));
    map.on('overlayadd overlayremove', () => explain(map, legend));
    map.on('resize', () => limit(map, legend));
    const credits = map.attributionControl.getContainer();
    const roots = [title, legend, layerSwitch.getContainer(), credits];
    gridsvc.languages(map, 'topleft', english, roots);
    const whole = () => bounds && fit(map, bounds, title, legend);
    whole();
    gridsvc.printing(map, whole);
    keys(map);
    if (notice) notify(map, notice);
  };
})();
