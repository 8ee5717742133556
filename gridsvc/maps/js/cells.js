// Geometry of cells made of shared arcs: what is on screen, what lies under the pointer, and
// where a cell's label sits.

globalThis.gridsvc ??= {};

(() => {
  'use strict';

  // Points nearer than this to the one drawn before are left out; ends of arcs never are.
  const LEAST_STEP_PX = 0.75;
  const LABEL_SCANS = 7;

  // Asked of every cell and arc for every tile: no array is taken apart here.
  const meets = (boxes, i, box) =>
    boxes[4 * i] <= box[2] && boxes[4 * i + 2] >= box[0] &&
    boxes[4 * i + 1] <= box[3] && boxes[4 * i + 3] >= box[1];

  const emptyBoxes = (count) => {
    const boxes = new Float64Array(4 * count);
    for (let i = 0; i < boxes.length; i += 1) boxes[i] = i % 4 < 2 ? Infinity : -Infinity;
    return boxes;
  };

  const widen = (boxes, i, west, north, east, south) => {
    boxes[4 * i] = Math.min(boxes[4 * i], west);
    boxes[4 * i + 1] = Math.min(boxes[4 * i + 1], north);
    boxes[4 * i + 2] = Math.max(boxes[4 * i + 2], east);
    boxes[4 * i + 3] = Math.max(boxes[4 * i + 3], south);
  };

  Object.assign(gridsvc, { emptyBoxes, widen });

  /** Borders kept once: `x`, `y` in world coordinates, arc `i` from `starts[i]`. */
  gridsvc.Arcs = class {
    constructor({ x, y }, starts) {
      Object.assign(this, { x, y, starts, count: starts.length - 1 });
      this.boxes = emptyBoxes(this.count);
      for (let arc = 0; arc < this.count; arc += 1) {
        for (let i = starts[arc]; i < starts[arc + 1]; i += 1) {
          widen(this.boxes, arc, x[i], y[i], x[i], y[i]);
        }
      }
    }

    visible(arc, view) {
      return meets(this.boxes, arc, view.box);
    }

    /** The arcs in pixels of a view, thinned to what can be seen; shared by all layers. */
    onScreen(view) {
      this.screen ??= {
        x: new Float32Array(this.x.length),
        y: new Float32Array(this.y.length),
        starts: new Int32Array(this.starts.length),
        view: null,
      };
      if (this.screen.view !== view.key) {
        let at = 0;
        for (let arc = 0; arc < this.count; arc += 1) {
          this.screen.starts[arc] = at;
          at = this.thin(arc, at, view);
        }
        this.screen.starts[this.count] = at;
        this.screen.view = view.key;
      }
      return this.screen;
    }

    thin(arc, start, { scale, left, top, box }) {
      const { x: outX, y: outY } = this.screen;
      const last = this.starts[arc + 1] - 1;
      // Out of view an arc's chord serves: it stays inside the arc's box, hence out of view.
      const step = meets(this.boxes, arc, box) ? 1 : last - this.starts[arc];
      let at = start;
      for (let i = this.starts[arc]; i <= last; i += step) {
        const x = this.x[i] * scale - left;
        const y = this.y[i] * scale - top;
        const near = at > start &&
          Math.abs(x - outX[at - 1]) + Math.abs(y - outY[at - 1]) < LEAST_STEP_PX;
        if (!near || i === last) {
          outX[at] = x;
          outY[at] = y;
          at += 1;
        }
      }
      return at;
    }
  };

  /** Polygons of one table: rings of references to arcs, `~i` meaning arc `i` backwards. */
  gridsvc.Cells = class {
    constructor(arcs, references, firstReference, firstRing) {
      Object.assign(this, { arcs, references, firstReference, firstRing });
      this.count = firstRing.length - 1;
      this.boxes = emptyBoxes(this.count);
      const used = new Set();
      for (let cell = 0; cell < this.count; cell += 1) {
        this.eachReference(cell, (arc) => {
          used.add(arc);
          widen(this.boxes, cell, ...arcs.boxes.subarray(4 * arc, 4 * arc + 4));
        });
      }
      this.borders = Int32Array.from(used);
      this.places = new Map();
    }

    eachReference(cell, visit) {
      const end = this.firstReference[this.firstRing[cell + 1]];
      for (let r = this.firstReference[this.firstRing[cell]]; r < end; r += 1) {
        const reference = this.references[r];
        visit(reference < 0 ? ~reference : reference);
      }
    }

    visible(cell, view) {
      return meets(this.boxes, cell, view.box);
    }

    /** Add a cell's rings to a canvas path, from arcs on screen. */
    trace(path, cell, screen) {
      for (let ring = this.firstRing[cell]; ring < this.firstRing[cell + 1]; ring += 1) {
        const begin = this.firstReference[ring];
        for (let r = begin; r < this.firstReference[ring + 1]; r += 1) {
          this.follow(path, this.references[r], screen, r === begin);
        }
        path.closePath();
      }
    }

    follow(path, reference, screen, first) {
      const back = reference < 0;
      const arc = back ? ~reference : reference;
      const [head, tail] = [screen.starts[arc], screen.starts[arc + 1] - 1];
      const step = back ? -1 : 1;
      let i = back ? tail : head;
      if (first) path.moveTo(screen.x[i], screen.y[i]);
      for (let left = tail - head; left > 0; left -= 1) {
        i += step;
        path.lineTo(screen.x[i], screen.y[i]);
      }
    }

    /** Where borders of a cell cross the horizontal line at `y`, in ascending order. */
    crossings(cell, y) {
      const { x: xs, y: ys, starts } = this.arcs;
      const found = [];
      this.eachReference(cell, (arc) => {
        for (let i = starts[arc] + 1; i < starts[arc + 1]; i += 1) {
          const [y0, y1] = [ys[i - 1], ys[i]];
          if (y0 > y !== y1 > y) found.push(xs[i - 1] + ((y - y0) / (y1 - y0)) * (xs[i] - xs[i - 1]));
        }
      });
      return found.sort((a, b) => a - b);
    }

    contains(cell, x, y) {
      const b = 4 * cell;
      const { boxes } = this;
      if (x < boxes[b] || x > boxes[b + 2] || y < boxes[b + 1] || y > boxes[b + 3]) return false;
      return this.crossings(cell, y).filter((crossing) => crossing < x).length % 2 === 1;
    }

    /** The cell at a world coordinate, or -1. */
    at(x, y) {
      this.bins ??= new gridsvc.Bins(this.boxes);
      return this.bins.near(x, y).find((cell) => this.contains(cell, x, y)) ?? -1;
    }

    width(cell) {
      return this.boxes[4 * cell + 2] - this.boxes[4 * cell];
    }

    /** West, north, east and south of all cells together. */
    extent() {
      this.bins ??= new gridsvc.Bins(this.boxes);
      return this.bins.extent;
    }

    /** Side of the square a cell has on average. */
    spacing() {
      const [west, north, east, south] = this.extent();
      return Math.sqrt(((east - west) * (south - north)) / this.count);
    }

    /** Places for a level line of text, roomiest first: `{x, y, room}` in world coordinates. */
    labels(cell) {
      if (!this.places.has(cell)) this.places.set(cell, this.findPlaces(cell));
      return this.places.get(cell);
    }

    findPlaces(cell) {
      const [, north, , south] = this.boxes.subarray(4 * cell, 4 * cell + 4);
      const places = [];
      for (let scan = 1; scan <= LABEL_SCANS; scan += 1) {
        const share = scan / (LABEL_SCANS + 1);
        const y = north + (south - north) * share;
        const xs = this.crossings(cell, y);
        for (let i = 1; i < xs.length; i += 2) {
          const room = xs[i] - xs[i - 1];
          // Places near the middle win over slightly roomier ones at the edge.
          const worth = room * (1 - Math.abs(share - 0.5));
          places.push({ x: (xs[i] + xs[i - 1]) / 2, y, room, worth });
        }
      }
      return places.sort((a, b) => b.worth - a.worth);
    }

    /** Rings of a cell as Leaflet wants them. */
    latLngs(cell) {
      const rings = [];
      const pen = { moveTo: (x, y) => rings.push([gridsvc.latLng(x, y)]) };
      pen.lineTo = (x, y) => rings.at(-1).push(gridsvc.latLng(x, y));
      pen.closePath = () => {};
      this.trace(pen, cell, this.arcs);
      return rings;
    }
  };

  gridsvc.latLng = (x, y) => L.CRS.EPSG3857.pointToLatLng(L.point(x, y), 0);

  /** A square index over boxes, so that looking under the pointer takes no time. */
  gridsvc.Bins = class {
    constructor(boxes) {
      this.side = Math.max(1, Math.ceil(Math.sqrt(boxes.length / 4)));
      this.bins = new Map();
      this.extent = [Infinity, Infinity, -Infinity, -Infinity];
      for (let b = 0; b < boxes.length; b += 4) {
        widen(this.extent, 0, ...boxes.subarray(b, b + 4));
      }
      for (let b = 0; b < boxes.length; b += 4) this.insert(b / 4, boxes.subarray(b, b + 4));
    }

    place(x, y) {
      const [west, north, east, south] = this.extent;
      const bin = (value, low, high) => Math.floor(((value - low) / (high - low || 1)) * this.side);
      return [bin(x, west, east), bin(y, north, south)];
    }

    insert(item, [west, north, east, south]) {
      const [column0, row0] = this.place(west, north);
      const [column1, row1] = this.place(east, south);
      for (let row = row0; row <= row1; row += 1) {
        for (let column = column0; column <= column1; column += 1) {
          const bin = row * (this.side + 1) + column;
          if (!this.bins.has(bin)) this.bins.set(bin, []);
          this.bins.get(bin).push(item);
        }
      }
    }

    near(x, y) {
      const [column, row] = this.place(x, y);
      if (column < 0 || column > this.side || row < 0 || row > this.side) return [];
      return this.bins.get(row * (this.side + 1) + column) ?? [];
    }
  };
})();
