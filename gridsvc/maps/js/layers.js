// Leaflet layers that draw the tables of a compact map on canvas: cells, symbols and labels.

globalThis.gridsvc ??= {};

(() => {
  'use strict';

  // One large path takes seconds to fill; many small ones do not (measured in Chromium).
  const CELLS_PER_FILL = 10;
  const ARCS_PER_STROKE = 50;
  // Tables with less are drawn within a frame; others in so many strips across and down.
  const LARGE_POINTS = 60_000;
  const LARGE_ROWS = 4000;
  const TILES = 4;
  // Lines reach over the edge of the tile their middle lies in.
  const MARGIN_PX = 8;
  const FONT = '"Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif';
  const TURN = 2 * Math.PI;
  // Symbols keep their full size while they have this much room each on average.
  const SYMBOL_ROOM_PX = 36;
  const LEAST_FACTOR = 0.22;
  const LEAST_RIMMED = 0.4;

  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

  // ---- cells ---------------------------------------------------------------------------

  /** Diagonal lines on a plain ground, for classes that colour alone should not tell. */
  function hatching(ground, line) {
    const tile = new OffscreenCanvas(8, 8);
    const pen = tile.getContext('2d');
    pen.fillStyle = ground;
    pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = line;
    pen.lineWidth = 1.2;
    for (const shift of [-8, 0, 8]) {
      pen.moveTo(shift - 2, 10);
      pen.lineTo(shift + 10, -2);
    }
    pen.stroke();
    return tile;
  }

  function paintOf(context, style) {
    if (!style.hatch) return style.colour;
    return context.createPattern(hatching(style.colour, style.hatch), 'repeat');
  }

  const CellLayer = gridsvc.CanvasLayer.extend({
    isLarge() {
      return this.data.arcs.x.length > LARGE_POINTS;
    },

    /** Draw tile after tile, each on a small canvas: only then Chromium paints each in its turn. */
    *pieces(context, view) {
      this.data.arcs.onScreen(view);
      yield;
      const density = gridsvc.canvasDensity();
      const [width, height] = [view.width, view.height].map((side) => Math.ceil(side / TILES));
      const tile = new OffscreenCanvas(Math.ceil(width * density), Math.ceil(height * density));
      const pen = tile.getContext('2d');
      for (let i = 0; i < TILES * TILES; i += 1) {
        const [x, y] = [(i % TILES) * width, Math.floor(i / TILES) * height];
        pen.setTransform(density, 0, 0, density, -x * density, -y * density);
        this.paint(pen, { ...view, box: this.boxAround(view, x, y, width, height) });
        const picture = tile.transferToImageBitmap();
        context.drawImage(picture, x, y, tile.width / density, tile.height / density);
        picture.close();
        yield;
      }
    },

    boxAround({ left, top, scale }, x, y, width, height) {
      const [west, north] = [left + x - MARGIN_PX, top + y - MARGIN_PX];
      const sides = [west, north, west + width + 2 * MARGIN_PX, north + height + 2 * MARGIN_PX];
      return sides.map((side) => side / scale);
    },

    paint(context, view) {
      const screen = this.data.arcs.onScreen(view);
      const { classes, casing, line } = this.options.style;
      if (classes) this.fill(context, view, screen);
      const thickness = clamp((view.scale * this.table.cells.spacing()) / 60, 0.25, 1.15);
      if (casing) this.stroke(context, view, screen, casing, thickness);
      this.stroke(context, view, screen, line, thickness);
    },

    fill(context, view, screen) {
      const { cells, columns } = this.table;
      const classOf = columns[this.options.style.class_column];
      this.options.style.classes.forEach((style, number) => {
        context.fillStyle = paintOf(context, style);
        context.globalAlpha = this.options.fillOpacity;
        let waiting = 0;
        context.beginPath();
        for (let cell = 0; cell < cells.count; cell += 1) {
          if (classOf[cell] === number && cells.visible(cell, view)) {
            cells.trace(context, cell, screen);
            waiting += 1;
            if (waiting % CELLS_PER_FILL === 0) {
              context.fill('evenodd');
              context.beginPath();
            }
          }
        }
        context.fill('evenodd');
        context.globalAlpha = 1;
      });
    },

    stroke(context, view, screen, { colour, width, opacity }, thickness) {
      context.strokeStyle = colour;
      context.globalAlpha = opacity;
      context.lineWidth = width * thickness;
      context.lineJoin = 'round';
      context.lineCap = 'round';
      context.beginPath();
      let waiting = 0;
      for (const arc of this.table.cells.borders) {
        if (this.data.arcs.visible(arc, view)) {
          this.table.cells.follow(context, arc, screen, true);
          waiting += 1;
          if (waiting % ARCS_PER_STROKE === 0) {
            context.stroke();
            context.beginPath();
          }
        }
      }
      context.stroke();
      context.globalAlpha = 1;
    },

    // Outlines are drawn above the cells they group, but the cells are what is pointed at.
    prominence() {
      return this.options.style.classes ? this.options.zIndex : 0;
    },

    hit(x, y) {
      const row = this.table.cells.at(x, y);
      return row < 0 ? null : { row, outline: () => this.table.cells.latLngs(row) };
    },
  });

  // ---- symbols -------------------------------------------------------------------------

  const SHAPES = {
    circle: (pen, x, y, r) => {
      pen.moveTo(x + r, y);
      pen.arc(x, y, r, 0, TURN);
    },
    square: (pen, x, y, r) => pen.rect(x - 0.88 * r, y - 0.88 * r, 1.76 * r, 1.76 * r),
    triangle: (pen, x, y, r) => corners(pen, x, y, 1.2 * r, 3),
    diamond: (pen, x, y, r) => corners(pen, x, y, 1.2 * r, 4),
  };

  function corners(pen, x, y, r, count) {
    for (let i = 0; i < count; i += 1) {
      const turn = (i / count) * TURN;
      const [px, py] = [x + r * Math.sin(turn), y - r * Math.cos(turn)];
      if (i) pen.lineTo(px, py);
      else pen.moveTo(px, py);
    }
    pen.closePath();
  }

  /** Draw one symbol; the legend uses the same. */
  gridsvc.drawSymbol = (pen, symbol, x, y, factor = 1) => {
    const r = symbol.radius * factor;
    pen.beginPath();
    SHAPES[symbol.shape](pen, x, y, r);
    if (factor > LEAST_RIMMED) {
      pen.strokeStyle = '#fff';
      pen.lineWidth = symbol.line + 2.4;
      pen.stroke();
    }
    pen.fillStyle = symbol.fill;
    pen.fill();
    pen.strokeStyle = symbol.colour;
    pen.lineWidth = symbol.line * Math.min(1, 1.4 * factor);
    pen.stroke();
    if (symbol.text && r > 5) {
      pen.fillStyle = symbol.ink;
      pen.font = `600 ${Math.round(1.35 * r)}px ${FONT}`;
      pen.textAlign = 'center';
      pen.textBaseline = 'middle';
      pen.fillText(symbol.text, x, y + 0.08 * r);
    }
  };

  const SymbolLayer = gridsvc.CanvasLayer.extend({
    isLarge() {
      return this.table.count > LARGE_ROWS;
    },

    paint(context, view) {
      const factor = this.factor();
      this.eachVisible(view, (x, y, symbol) => gridsvc.drawSymbol(context, symbol, x, y, factor));
    },

    /** Visit the symbols on screen: centre in pixels, symbol. */
    eachVisible({ box: [west, north, east, south], scale, left, top }, visit) {
      this.eachShown((row, x, y, symbol) => {
        if (x >= west && x <= east && y >= north && y <= south) {
          visit(x * scale - left, y * scale - top, symbol);
        }
      });
    },

    /** Share of their full size symbols get, so that a city's do not bury the map. */
    factor() {
      this.crowd ??= this.measureCrowd();
      return clamp((this.crowd * 2 ** this._zoom) / SYMBOL_ROOM_PX, LEAST_FACTOR, 1);
    },

    measureCrowd() {
      // Marks inside cells are to fit the cells, however few are marked.
      if (this.table.cells) return this.table.cells.spacing();
      const extent = gridsvc.emptyBoxes(1);
      let count = 0;
      this.eachShown((row, x, y) => {
        gridsvc.widen(extent, 0, x, y, x, y);
        count += 1;
      });
      const [west, north, east, south] = extent;
      return count > 1 ? Math.sqrt(((east - west) * (south - north)) / count) : Infinity;
    },

    eachShown(visit) {
      const symbolOf = this.table.columns[this.options.symbolColumn];
      for (let row = 0; row < this.table.count; row += 1) {
        const symbol = this.options.symbols[symbolOf[row]];
        if (symbol) {
          const { x, y } = this.position(row);
          visit(row, x, y, symbol);
        }
      }
    },

    position(row) {
      const { points, cells } = this.table;
      return points ? { x: points.x[row], y: points.y[row] } : cells.labels(row)[0];
    },

    hit(x, y) {
      const reach = 1 / 2 ** this._zoom;
      const factor = this.factor();
      let best = null;
      let least = Infinity;
      this.eachShown((row, px, py, symbol) => {
        const distance = Math.hypot(px - x, py - y);
        if (distance <= reach * (symbol.radius * factor + 2) && distance <= least) {
          least = distance;
          best = { row, outline: null };
        }
      });
      return best;
    },
  });

  // ---- labels --------------------------------------------------------------------------

  const LabelLayer = gridsvc.CanvasLayer.extend({
    isLarge() {
      return this.options.labels.some(({ table }) => this.data.tables[table].count > LARGE_ROWS);
    },

    getEvents() {
      return { ...L.Renderer.prototype.getEvents.call(this), 'layeradd layerremove': this.follow };
    },

    // Symbols switched on or off leave labels less or more room.
    follow({ layer }) {
      if (!this.table || !(layer instanceof SymbolLayer)) return;
      this.repaint(this.view(this._bounds.getSize()));
    },

    paint(context, view) {
      const symbols = this.symbolBoxes(view);
      const written = [];
      for (const label of this.options.labels) this.write(context, view, label, written, symbols);
    },

    symbolBoxes(view) {
      const boxes = [];
      for (const layer of gridsvc.inspector(this._map).layers) {
        if (layer instanceof SymbolLayer && layer.table) {
          const factor = layer.factor();
          layer.eachVisible(view, (x, y, { radius }) => {
            const r = radius * factor;
            boxes.push(L.bounds([x - r, y - r], [x + r, y + r]));
          });
        }
      }
      return boxes;
    },

    write(context, view, label, written, symbols) {
      const { cells, columns, count } = this.data.tables[label.table];
      Object.assign(context, {
        font: `${label.weight} ${label.size}px ${FONT}`, fillStyle: label.colour,
        strokeStyle: '#fffd', lineWidth: 3, lineJoin: 'round',
        textAlign: 'center', textBaseline: 'middle',
      });
      for (let row = 0; row < count; row += 1) {
        const text = columns[label.column][row];
        if (text && cells.visible(row, view)) {
          const box = this.place(context, view, cells, row, label.size, text, written, symbols);
          if (box) {
            written.push(box);
            const { x, y } = box.getCenter();
            context.strokeText(text, x, y);
            context.fillText(text, x, y);
          }
        }
      }
    },

    /** Where a label goes: clear of symbols if it can be, never on another label. */
    place(context, view, cells, row, size, text, written, symbols) {
      // Measuring text is slow: leave out first what cannot fit.
      if (cells.width(row) * view.scale < text.length * size * 0.5) return null;
      const half = context.measureText(text).width / 2 + 2;
      const free = (boxes) => (box) => !boxes.some((other) => other.overlaps(box));
      const boxes = cells.labels(row)
        .filter(({ room }) => room * view.scale > 2 * half + 2)
        .flatMap(({ x, y, room }) => {
          const [px, py] = [x * view.scale - view.left, y * view.scale - view.top];
          const slack = (room * view.scale) / 2 - half;
          return [px, px - 0.8 * slack, px + 0.8 * slack].map((middle) =>
            L.bounds([middle - half, py - 0.6 * size], [middle + half, py + 0.6 * size]));
        })
        .filter(free(written));
      return boxes.find(free(symbols)) ?? boxes[0] ?? null;
    },
  });

  gridsvc.cells = (data, options) => new CellLayer(data, options);
  gridsvc.symbols = (data, options) => new SymbolLayer(data, options);
  gridsvc.labels = (data, options) => new LabelLayer(data, options);
  Object.assign(gridsvc, { paintOf, SymbolLayer, FONT });
})();
