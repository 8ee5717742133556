// The quiet background: roads, water and buildings below the borders of cells.

globalThis.gridsvc ??= {};

(() => {
  'use strict';

  const LARGE_POINTS = 60_000;
  const STREET_ZOOM = 16;
  const LINES_PER_STROKE = 50;
  const LEAST_STEP_PX = 0.75;

  const GroundLayer = gridsvc.CanvasLayer.extend({
    isLarge() {
      return this.table.lines.x.length > LARGE_POINTS;
    },

    paint(context, view) {
      this.options.kinds.forEach((kind, number) => {
        if (this._zoom >= kind.from_zoom) this.paintKind(context, view, kind, number);
      });
    },

    paintKind(context, view, kind, number) {
      const { columns, lines, count } = this.table;
      // Lines grow with the view, but slower: a road stays a line when the town is small.
      const width = kind.width_px * Math.min(1.6, 2 ** ((this._zoom - STREET_ZOOM) / 2.5));
      Object.assign(context, {
        fillStyle: kind.colour, strokeStyle: kind.colour, lineWidth: Math.max(0.4, width),
        lineJoin: 'round', lineCap: 'round',
      });
      const draw = () => (kind.width_px ? context.stroke() : context.fill('evenodd'));
      let waiting = 0;
      context.beginPath();
      for (let row = 0; row < count; row += 1) {
        if (columns.kind[row] === number && lines.visible(row, view)) {
          this.follow(context, row, view);
          waiting += 1;
          if (waiting % LINES_PER_STROKE === 0) {
            draw();
            context.beginPath();
          }
        }
      }
      draw();
    },

    follow(context, row, { scale, left, top }) {
      const { x, y, starts } = this.table.lines;
      const last = starts[row + 1] - 1;
      let [px, py] = [NaN, NaN];
      for (let i = starts[row]; i <= last; i += 1) {
        const [cx, cy] = [x[i] * scale - left, y[i] * scale - top];
        if (i === starts[row]) context.moveTo(cx, cy);
        else if (i === last || Math.abs(cx - px) + Math.abs(cy - py) >= LEAST_STEP_PX) {
          context.lineTo(cx, cy);
        } else continue;
        [px, py] = [cx, cy];
      }
    },
  });

  gridsvc.ground = (data, options) => new GroundLayer(data, options);
})();
