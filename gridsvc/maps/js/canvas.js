// The canvas below every layer of a compact map, kept over the visible part.

globalThis.gridsvc ??= {};

(() => {
  'use strict';

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
      this._container.remove();
      delete this._container;
      delete this.painted;
    },

    // Leaflet would scale by one here and shift by a part of a pixel, which blurs lines.
    _reset() {
      this._update();
    },

    _update() {
      L.Renderer.prototype._update.call(this);
      L.DomUtil.setPosition(this._container, this._bounds.min);
      const view = this.view(this._bounds.getSize());
      // Leaflet asks twice after a jump.
      if (this.table && this.painted !== view.key) this.repaint(view);
    },

    repaint(view) {
      const density = globalThis.devicePixelRatio || 1;
      const canvas = this._container;
      canvas.width = view.width * density;
      canvas.height = view.height * density;
      canvas.style.width = `${view.width}px`;
      canvas.style.height = `${view.height}px`;
      const context = canvas.getContext('2d');
      context.scale(density, density);
      this.paint(context, view);
      this.painted = view.key;
      this._map.getContainer().dataset.drawn = this._map.getZoom();
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
