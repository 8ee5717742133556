// Points by the ten thousand: gathered into counted rings or a density while the view is wide,
// every one at its own place once the view is near.

globalThis.gridsvc ??= {};

(() => {
  'use strict';

  const REACH_PX = 44;
  const LEAST_RADIUS_PX = 13;
  const MOST_RADIUS_PX = 26;
  const TURN = 2 * Math.PI;
  const FONT = gridsvc.FONT;
  const DENSITY_STEP_PX = 6;
  const MOST_TOLD = 12;

  /** Number of the one symbol shown of a table's points, as text; missing or empty = all. */
  gridsvc.chosen = new Map();

  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

  /** Rows in squares of `side` pixels, which lie still while the map is moved. */
  function squares(rows, { x, y }, side) {
    const found = new Map();
    for (const row of rows) {
      const [column, line] = [Math.floor(x[row] / side), Math.floor(y[row] / side)];
      const key = line * 2 ** 26 + column;
      const square = found.get(key);
      if (square) square.rows.push(row);
      else found.set(key, { column, line, key, rows: [row] });
    }
    return found;
  }

  /** Squares and what lies around them, fullest first, as groups no two of which overlap. */
  function gather(rows, points, scale) {
    const found = squares(rows, points, REACH_PX / 2 / scale);
    const waiting = [...found.values()].sort((a, b) => b.rows.length - a.rows.length || a.key - b.key);
    const groups = [];
    for (const { column, line, key } of waiting) {
      if (found.has(key)) {
        const members = [];
        for (let dy = -1; dy <= 1; dy += 1) {
          for (let dx = -1; dx <= 1; dx += 1) {
            const other = (line + dy) * 2 ** 26 + column + dx;
            members.push(...(found.get(other)?.rows ?? []));
            found.delete(other);
          }
        }
        groups.push(group(members, points));
      }
    }
    return groups;
  }

  function group(rows, { x, y }) {
    const box = gridsvc.emptyBoxes(1);
    let [sumX, sumY] = [0, 0];
    for (const row of rows) {
      sumX += x[row];
      sumY += y[row];
      gridsvc.widen(box, 0, x[row], y[row], x[row], y[row]);
    }
    return { rows, box, x: sumX / rows.length, y: sumY / rows.length };
  }

  const PointLayer = gridsvc.SymbolLayer.extend({
    paint(context, view) {
      if (this.isNear()) gridsvc.SymbolLayer.prototype.paint.call(this, context, view);
      else if (this.options.far === 'density') this.paintDensity(context, view);
      else this.paintGroups(context, view);
    },

    /** Whether every point is drawn at its own place. */
    isNear() {
      return this._zoom >= this.options.near || this.shownRows().length <= this.options.few;
    },

    shownRows() {
      const symbolOf = this.table.columns[this.options.symbolColumn];
      const only = gridsvc.chosen.get(this.options.table) ?? '';
      if (this.only !== only) {
        Object.assign(this, { only, rows: null, gathered: null, spread: null });
      }
      const counts = (row) => this.options.symbols[symbolOf[row]] &&
        (only === '' || symbolOf[row] === Number(only));
      this.rows ??= Array.from(symbolOf.keys()).filter(counts);
      return this.rows;
    },

    eachShown(visit) {
      const symbolOf = this.table.columns[this.options.symbolColumn];
      for (const row of this.shownRows()) {
        const { x, y } = this.position(row);
        visit(row, x, y, this.options.symbols[symbolOf[row]]);
      }
    },

    /** Symbols are drawn singly only when the view is near: there they keep their size. */
    factor() {
      return this._zoom >= this.options.near
        ? 1 : gridsvc.SymbolLayer.prototype.factor.call(this);
    },

    // ---- groups ------------------------------------------------------------------------

    groups() {
      const rows = this.shownRows();
      if (this.gathered?.zoom !== this._zoom) {
        const found = gather(rows, this.table.points, 2 ** this._zoom);
        this.gathered = { zoom: this._zoom, groups: found };
      }
      return this.gathered.groups;
    },

    radius({ rows }) {
      const most = Math.log(this.shownRows().length);
      return LEAST_RADIUS_PX +
        (MOST_RADIUS_PX - LEAST_RADIUS_PX) * (Math.log(rows.length) / most) ** 2;
    },

    paintGroups(context, { box: [west, north, east, south], scale, left, top }) {
      const margin = MOST_RADIUS_PX / scale;
      for (const found of this.groups()) {
        const { x, y } = found;
        if (x > west - margin && x < east + margin && y > north - margin && y < south + margin) {
          this.paintGroup(context, found, x * scale - left, y * scale - top);
        }
      }
    },

    paintGroup(pen, found, x, y) {
      const symbolOf = this.table.columns[this.options.symbolColumn];
      const { symbols } = this.options;
      if (found.rows.length === 1) {
        gridsvc.drawSymbol(pen, symbols[symbolOf[found.rows[0]]], x, y);
        return;
      }
      const radius = this.radius(found);
      this.paintRing(pen, this.shares(found), x, y, radius);
      const text = found.rows.length < 10000
        ? String(found.rows.length) : `${Math.round(found.rows.length / 1000)}k`;
      pen.fillStyle = '#1d2b36';
      pen.font = `600 ${radius > 17 ? 13 : 11}px ${FONT}`;
      pen.textAlign = 'center';
      pen.textBaseline = 'middle';
      pen.fillText(text, x, y + 0.5);
    },

    /** How many rows of a group have each symbol. */
    shares({ rows }) {
      const symbolOf = this.table.columns[this.options.symbolColumn];
      const counts = this.options.symbols.map(() => 0);
      for (const row of rows) counts[symbolOf[row]] += 1;
      return counts;
    },

    /** A ring parted by the colours of the symbols it stands for. */
    paintRing(pen, counts, x, y, radius) {
      pen.beginPath();
      pen.arc(x, y, radius, 0, TURN);
      pen.fillStyle = '#fffffff2';
      pen.fill();
      const whole = counts.reduce((sum, count) => sum + count, 0);
      let from = -TURN / 4;
      counts.forEach((count, number) => {
        if (!count) return;
        const to = from + (count / whole) * TURN;
        pen.beginPath();
        pen.arc(x, y, radius - 2.5, from, to);
        pen.lineWidth = 5;
        pen.lineCap = 'butt';
        pen.strokeStyle = this.options.symbols[number].fill;
        pen.stroke();
        from = to;
      });
      pen.beginPath();
      pen.arc(x, y, radius, 0, TURN);
      pen.lineWidth = 1;
      pen.strokeStyle = '#24323dcc';
      pen.stroke();
    },

    // ---- density -----------------------------------------------------------------------

    /** Points in each square of the whole layer, spread over the squares around it. */
    density() {
      const shown = this.shownRows();
      if (this.spread?.zoom === this._zoom) return this.spread;
      const side = DENSITY_STEP_PX / 2 ** this._zoom;
      const found = squares(shown, this.table.points, side);
      const amounts = new Map();
      const reach = Math.ceil(REACH_PX / DENSITY_STEP_PX / 1.5);
      for (const { column, line, rows } of found.values()) {
        for (let dy = -reach; dy <= reach; dy += 1) {
          for (let dx = -reach; dx <= reach; dx += 1) {
            const left = 1 - (dx * dx + dy * dy) / (reach * reach);
            if (left > 0) {
              const key = (line + dy) * 2 ** 26 + column + dx;
              amounts.set(key, (amounts.get(key) ?? 0) + rows.length * left * left);
            }
          }
        }
      }
      let most = 0;
      for (const amount of amounts.values()) most = Math.max(most, amount);
      this.spread = { zoom: this._zoom, side, amounts, most };
      return this.spread;
    },

    paintDensity(context, { box: [west, north, east, south], scale, left, top, width, height }) {
      const { side, amounts, most } = this.density();
      if (!most) return;
      const [column0, line0] = [Math.floor(west / side), Math.floor(north / side)];
      const columns = Math.ceil(east / side) - column0 + 1;
      const lines = Math.ceil(south / side) - line0 + 1;
      const image = new ImageData(columns, lines);
      for (let line = 0; line < lines; line += 1) {
        for (let column = 0; column < columns; column += 1) {
          const amount = amounts.get((line0 + line) * 2 ** 26 + column0 + column) ?? 0;
          this.shade(image.data, 4 * (line * columns + column), amount / most);
        }
      }
      const small = new OffscreenCanvas(columns, lines);
      small.getContext('2d').putImageData(image, 0, 0);
      context.imageSmoothingQuality = 'high';
      const at = [column0 * side * scale - left, line0 * side * scale - top];
      context.drawImage(small, ...at, columns * DENSITY_STEP_PX, lines * DENSITY_STEP_PX);
    },

    shade(data, at, share) {
      const { ramp } = this.options;
      const place = Math.sqrt(share) * (ramp.length - 1);
      const low = ramp[Math.floor(place)];
      const high = ramp[Math.ceil(place)];
      for (let i = 0; i < 3; i += 1) data[at + i] = low[i] + (high[i] - low[i]) * (place % 1);
      data[at + 3] = 225 * clamp(4 * Math.sqrt(share) - 0.15, 0, 1);
    },

    // ---- what is told ------------------------------------------------------------------

    hit(x, y) {
      if (this.isNear()) return this.hitPoints(x, y);
      return this.options.far === 'density' ? null : this.hitGroup(x, y);
    },

    /** The nearest point, and with it all that lie at the same place. */
    hitPoints(x, y) {
      const hit = gridsvc.SymbolLayer.prototype.hit.call(this, x, y);
      if (!hit) return null;
      const { x: xs, y: ys } = this.table.points;
      const same = this.shownRows()
        .filter((row) => row !== hit.row && xs[row] === xs[hit.row] && ys[row] === ys[hit.row]);
      return { ...hit, others: same.slice(0, MOST_TOLD), more: Math.max(0, same.length - MOST_TOLD) };
    },

    hitGroup(x, y) {
      const scale = 2 ** this._zoom;
      const near = this.groups()
        .map((found) => ({ found, distance: Math.hypot(found.x - x, found.y - y) * scale }))
        .filter(({ found, distance }) => distance <= this.radius(found))
        .sort((a, b) => a.distance - b.distance)[0];
      if (!near) return null;
      const { found } = near;
      if (found.rows.length === 1) return { row: found.rows[0], outline: null };
      return { row: -1, outline: null, words: this.groupWords(found), act: () => this.enter(found) };
    },

    groupWords(found) {
      const parts = this.shares(found)
        .map((count, number) => (count ? `${this.options.words[number] ?? ''} ${count}` : ''))
        .filter((text) => text && this.options.words.length);
      return [`${found.rows.length}`, ...parts].join(' · ');
    },

    /** Bring a group's points near enough to part. */
    enter({ box: [west, north, east, south] }) {
      const bounds = L.latLngBounds(gridsvc.latLng(west, south), gridsvc.latLng(east, north));
      const zoom = Math.min(this._map.getBoundsZoom(bounds), this._map.getMaxZoom(), this.options.near);
      this._map.setView(bounds.getCenter(), Math.max(zoom, this._map.getZoom() + 1));
    },
  });

  gridsvc.points = (data, options) => new PointLayer(data, options);
})();
