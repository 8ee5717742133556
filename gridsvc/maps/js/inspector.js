// What the map tells about the thing under the pointer: a line while hovering, a sheet of
// details after a click. Text goes into the page as text nodes only, never as markup.

globalThis.gridsvc ??= {};

(() => {
  'use strict';

  const HALO = { interactive: false, fill: false, color: '#111', weight: 3.5, className: 'gridsvc-halo' };

  function element(tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  }

  const percent = (part, whole) => `${Math.round((100 * part) / whole)} %`;

  /** A field of a row in words; a number with a denominator also as a share of it. */
  function shown(columns, row, field) {
    const value = columns[field.column][row];
    if (value === null || value === '') return '—';
    if (field.words) return gridsvc.say(field.words[value] ?? String(value));
    const whole = field.per ? columns[field.per][row] : null;
    const unit = gridsvc.say(field.unit);
    const text = `${value}${unit}`;
    return whole ? `${text} ÷ ${whole}${unit} = ${percent(value, whole)}` : text;
  }

  /** An address as a link, by the words of its field; anything but https is no link. */
  function link(value, field) {
    if (!field.opens || !/^https:\/\//.test(value ?? '')) return null;
    const node = element('a', '', gridsvc.say(field.opens));
    node.href = value;
    node.target = '_blank';
    node.rel = 'noopener noreferrer';
    return node;
  }

  function section({ title, fields }, columns, row) {
    const part = element('section', 'gridsvc-facts');
    part.append(element('h3', '', gridsvc.say(title)));
    const list = element('dl');
    for (const field of fields) {
      list.append(element('dt', '', gridsvc.say(field.label)));
      const told = element('dd');
      told.append(link(columns[field.column][row], field) ?? shown(columns, row, field));
      list.append(told);
    }
    part.append(list);
    return part;
  }

  class Inspector {
    constructor(map) {
      this.map = map;
      this.layers = new Set();
      this.tip = L.tooltip({ className: 'gridsvc-tip', direction: 'top', offset: [0, -10] });
      this.halo = L.polygon([], HALO);
      this.chosen = L.polygon([], { ...HALO, weight: 5 });
      map.on('mousemove', (event) => this.hover(event.latlng));
      map.on('mouseout movestart zoomstart', () => this.leave());
      map.on('click', (event) => this.click(event.latlng));
      map.on('popupclose', () => this.chosen.remove());
    }

    find(latlng) {
      const { x, y } = L.CRS.EPSG3857.latLngToPoint(latlng, 0);
      const upmost = [...this.layers].sort((a, b) => b.prominence() - a.prominence());
      for (const layer of upmost) {
        const hit = layer.table && layer.options.facts ? layer.hit(x, y) : null;
        if (hit) return { layer, ...hit };
      }
      return null;
    }

    hover(latlng) {
      const found = this.find(latlng);
      this.map.getContainer().classList.toggle('gridsvc-over', Boolean(found));
      if (!found) {
        this.leave();
        return;
      }
      this.outline(this.halo, found);
      const text = found.words ?? this.hint(found);
      this.tip.setLatLng(latlng).setContent(element('span', '', text)).addTo(this.map);
    }

    hint({ layer, row }) {
      const { columns } = layer.table;
      return layer.options.facts.hint.map((field) => shown(columns, row, field)).join(' · ');
    }

    repaint() {
      for (const layer of this.layers) layer.repaintNow();
    }

    leave() {
      this.tip.remove();
      this.halo.remove();
    }

    outline(ring, found) {
      if (found.outline) ring.setLatLngs(found.outline()).addTo(this.map);
      else ring.remove();
    }

    click(latlng) {
      const found = this.find(latlng);
      if (!found) return;
      this.leave();
      if (found.act) {
        found.act();
        return;
      }
      this.open(found, latlng);
    }

    /** Tell about a row in a sheet at a place. */
    open(found, latlng) {
      const sheet = this.sheet(found);
      const roomy = this.map.getSize();
      L.popup({
        className: 'gridsvc-sheet', minWidth: 200, maxWidth: 300,
        maxHeight: Math.max(140, roomy.y - 190), autoPanPaddingTopLeft: [12, 12],
      }).setLatLng(latlng).setContent(sheet).openOn(this.map);
      this.outline(this.chosen, found);
    }

    sheet({ layer, row, others = [], more = 0 }) {
      const { facts } = layer.options;
      const { columns } = layer.table;
      const sheet = element('div');
      sheet.setAttribute('role', 'status');
      for (const told of [row, ...others]) sheet.append(section(facts, columns, told));
      if (more) sheet.append(element('p', '', `+ ${more}`));
      const parentRow = facts.parent ? columns[facts.parent.column][row] : -1;
      if (parentRow >= 0) {
        sheet.append(section(facts.parent, layer.data.tables[facts.parent.table].columns, parentRow));
      }
      return sheet;
    }
  }

  const inspectors = new WeakMap();

  /** The inspector of a map, made when first asked for. */
  gridsvc.inspector = (map) => {
    if (!inspectors.has(map)) inspectors.set(map, new Inspector(map));
    return inspectors.get(map);
  };
})();
