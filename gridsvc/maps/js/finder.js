// Finding a cell, a person or an event by code or name, and telling about it without a mouse.

globalThis.gridsvc ??= {};

(() => {
  'use strict';

  const MOST_FOUND = 8;
  const FOUND_ZOOM = 17;
  const NAMES = ['name', 'code', 'label', 'event_id', 'matter'];

  /** Rows of layers that tell something, whose code or name has the words, codes first. */
  function search(map, words) {
    const wanted = words.trim().toLowerCase();
    if (!wanted) return [];
    const found = [];
    const seen = new Set();
    for (const layer of gridsvc.inspector(map).layers) {
      if (!layer.table || !layer.options.facts || seen.has(layer.table)) continue;
      seen.add(layer.table);
      const { columns, count } = layer.table;
      const searched = NAMES.filter((name) => columns[name]);
      for (let row = 0; row < count; row += 1) {
        const texts = searched.map((name) => String(columns[name][row] ?? ''));
        const ranks = texts.map((text) => rank(text.toLowerCase(), wanted));
        const best = Math.min(...ranks);
        if (best < 3) found.push({ layer, row, text: texts.filter(Boolean).join(' · '), best });
      }
    }
    return found.sort((a, b) => a.best - b.best).slice(0, MOST_FOUND);
  }

  const rank = (text, wanted) => {
    if (text === wanted) return 0;
    if (text.startsWith(wanted)) return 1;
    return text.includes(wanted) ? 2 : 3;
  };

  /** Bring a row into view and open its details. */
  function show(map, { layer, row }) {
    const { cells, points } = layer.table;
    const { x, y } = points ? { x: points.x[row], y: points.y[row] } : cells.labels(row)[0];
    const at = gridsvc.latLng(x, y);
    map.setView(at, Math.max(map.getZoom(), Math.min(FOUND_ZOOM, map.getMaxZoom())), {
      animate: false,
    });
    const outline = cells ? () => cells.latLngs(row) : null;
    gridsvc.inspector(map).open({ layer, row, outline }, at);
  }

  class Finder {
    constructor(map) {
      this.map = map;
      this.found = [];
      this.chosen = -1;
      this.box = L.DomUtil.create('div', 'gridsvc-finder gridsvc-panel');
      this.input = L.DomUtil.create('input', '', this.box);
      Object.assign(this.input, { type: 'search', maxLength: 80, autocomplete: 'off' });
      gridsvc.named(this.input, '按编码或名称查找', 'Find by code or name', 'placeholder');
      this.list = L.DomUtil.create('ul', '', this.box);
      this.list.id = 'gridsvc-found';
      this.list.hidden = true;
      const roles = {
        role: 'combobox', 'aria-controls': this.list.id, 'aria-expanded': 'false',
        'aria-autocomplete': 'list',
      };
      for (const [name, value] of Object.entries(roles)) this.input.setAttribute(name, value);
      this.list.setAttribute('role', 'listbox');
      this.input.addEventListener('input', () => this.look());
      this.input.addEventListener('keydown', (event) => this.key(event));
      this.list.addEventListener('mousedown', (event) => {
        event.preventDefault();
        const item = event.target.closest('li');
        if (item?.dataset.number) this.take(Number(item.dataset.number));
      });
      this.input.addEventListener('blur', () => this.close());
    }

    look() {
      this.found = search(this.map, this.input.value);
      this.chosen = this.found.length ? 0 : -1;
      const items = this.found.map(({ text }, number) => {
        const item = document.createElement('li');
        Object.assign(item, { id: `gridsvc-found-${number}`, textContent: text, dir: 'auto' });
        item.dataset.number = number;
        item.setAttribute('role', 'option');
        return item;
      });
      if (!items.length && this.input.value.trim()) {
        const none = document.createElement('li');
        none.textContent = gridsvc.say('没有找到', 'Nothing found');
        items.push(none);
      }
      this.list.replaceChildren(...items);
      this.mark();
    }

    mark() {
      const open = this.list.childElementCount > 0;
      this.list.hidden = !open;
      this.input.setAttribute('aria-expanded', String(open));
      this.input.setAttribute('aria-activedescendant',
        this.chosen < 0 ? '' : `gridsvc-found-${this.chosen}`);
      for (const item of this.list.querySelectorAll('[role=option]')) {
        item.setAttribute('aria-selected', String(Number(item.dataset.number) === this.chosen));
      }
    }

    key(event) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      event.stopPropagation();
      if (step && this.found.length) {
        this.chosen = (this.chosen + step + this.found.length) % this.found.length;
        this.mark();
        event.preventDefault();
      } else if (event.key === 'Enter' && this.chosen >= 0) {
        this.take(this.chosen);
      } else if (event.key === 'Escape') {
        this.close();
        this.map.getContainer().focus();
      }
    }

    take(number) {
      const found = this.found[number];
      this.close();
      show(this.map, found);
    }

    close() {
      this.list.replaceChildren();
      this.found = [];
      this.chosen = -1;
      this.mark();
    }
  }

  /** A box to search in, in a corner of the map. */
  gridsvc.finder = (map, position) => {
    const control = L.control({ position });
    const finder = new Finder(map);
    control.onAdd = () => {
      L.DomEvent.disableClickPropagation(finder.box);
      L.DomEvent.disableScrollPropagation(finder.box);
      return finder.box;
    };
    control.addTo(map);
  };
})();
