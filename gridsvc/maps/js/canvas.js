// The canvas below every layer of a compact map, kept over the visible part.

globalThis.gridsvc ??= {};

(() => {
  'use strict';

  /** Pixels of a canvas for each pixel of the page. */
  gridsvc.canvasDensity = () => gridsvc.density ?? (globalThis.devicePixelRatio || 1);

  /** A canvas kept over the visible map; layers fill in `paint(context, view)`. */
  gridsvc.CanvasLayer = L.Renderer.extend({
    initialize(data, options) {
      this.ready = data;
      L.Renderer.prototype.initialize.call(this, { padding: 0.2, ...options });
    },

    beforeAdd(map) {
      const pane = map.getPane(this.options.pane) ?? map.createPane(this.options.pane);
      pane.style.zIndex = this.options.zIndex;
      pane.style.pointerEvents = 'none';
    },

    onAdd(map) {
      L.Renderer.prototype.onAdd.call(this, map);
      gridsvc.inspector(map).layers.add(this);
      this.ready.then(
        (data) => {
          this.data = data;
          this.table = data.tables[this.options.table];
          if (this._map) this._update();
        },
        (failure) => gridsvc.fail(map, failure),
      );
    },

    onRemove(map) {
      gridsvc.inspector(map).layers.delete(this);
      L.Renderer.prototype.onRemove.call(this, map);
    },

    _initContainer() {
      this._container = L.DomUtil.create('canvas', 'gridsvc-canvas');
    },

    _destroyContainer() {
      this.stop();
      this._container.remove();
      delete this._container;
      delete this.painted;
      delete this.shown;
    },

    // Leaflet would scale by one here and shift by a part of a pixel, which blurs lines.
    _reset() {
      this._update();
    },

    _update() {
      L.Renderer.prototype._update.call(this);
      const view = this.view(this._bounds.getSize());
      // Leaflet asks twice after a jump.
      if (this.table && this.painted !== view.key && this.job?.key !== view.key) this.repaint(view);
      this.align();
    },

    // While a new picture is drawn, the one before stands for it where it belongs.
    _updateTransform(centre, zoom) {
      if (!this.shown) return;
      const scale = 2 ** zoom;
      const corner = L.point(this.shown.left, this.shown.top).divideBy(this.shown.scale);
      const at = corner.multiplyBy(scale).subtract(this._map._getNewPixelOrigin(centre, zoom));
      L.DomUtil.setTransform(this._container, at, scale / this.shown.scale);
    },

    align() {
      if (!this.shown) return;
      const { scale, left, top } = this.shown;
      const now = 2 ** this._zoom;
      if (now === scale) {
        const at = L.point(left, top).subtract(this._map.getPixelOrigin());
        L.DomUtil.setPosition(this._container, at);
      } else {
        this._updateTransform(this._map.getCenter(), this._zoom);
      }
    },

    /** Paint at once, whatever it takes: a printer does not wait. */
    repaintNow() {
      if (!this.table) return;
      const view = this.view(this._bounds.getSize());
      this.stop();
      this.show(view);
    },

    repaint(view) {
      this.stop();
      if (!this.isLarge()) {
        this.show(view);
        return;
      }
      const canvas = this._container.cloneNode();
      const pieces = this.pieces(this.prepare(canvas, view), view);
      const finish = () => {
        delete this.job;
        this._container.replaceWith(canvas);
        this._container = canvas;
        this.tell(view);
      };
      this.job = { pieces, finish, key: view.key };
      gridsvc.draw(this.job);
    },

    stop() {
      if (this.job) gridsvc.withdraw(this.job);
      delete this.job;
    },

    show(view) {
      this.paint(this.prepare(this._container, view), view);
      this.tell(view);
    },

    tell(view) {
      this.painted = view.key;
      this.shown = view;
      this.align();
      this._map.getContainer().dataset.drawn = this._map.getZoom();
    },

    prepare(canvas, view) {
      const density = gridsvc.canvasDensity();
      canvas.width = view.width * density;
      canvas.height = view.height * density;
      canvas.style.width = `${view.width}px`;
      canvas.style.height = `${view.height}px`;
      const context = canvas.getContext('2d');
      context.scale(density, density);
      return context;
    },

    /** Whether drawing takes longer than a frame. */
    isLarge() {
      return false;
    },

    /** Draw a large picture in pieces; one piece unless a layer knows better. */
    *pieces(context, view) {
      yield;
      this.paint(context, view);
    },

    view(size) {
      const scale = 2 ** this._zoom;
      const corner = this._map.getPixelOrigin().add(this._bounds.min);
      const box = [corner.x, corner.y, corner.x + size.x, corner.y + size.y].map((v) => v / scale);
      const key = [scale, corner.x, corner.y, size.x, size.y].join();
      return { scale, left: corner.x, top: corner.y, width: size.x, height: size.y, box, key };
    },

    /** Which of several layers under the pointer is told about: the highest. */
    prominence() {
      return this.options.zIndex;
    },

    /** What lies at a world coordinate: `{row, outline}` or null. */
    hit() {
      return null;
    },
  });
})();
