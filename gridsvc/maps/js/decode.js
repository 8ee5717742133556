// Unpacks the data block of a compact map: gzip + base64 around a JSON header with the columns
// of every table, and after it the geometry as integers (see packing.py).
// A border that several cells share is one arc, here as there.

globalThis.gridsvc ??= {};

(() => {
  'use strict';

  const STEPS_PER_DEGREE = 1e6;
  // World coordinates are Web Mercator pixels at zoom 0, as Leaflet counts them.
  const WORLD = 256;

  async function inflate(base64) {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  /** Reads signed integers whose lowest bytes stand first, then all second ones, and so on. */
  function integers(bytes, start, total) {
    let at = start;
    return (count) => {
      const values = new Int32Array(count);
      for (let i = 0; i < count; i += 1, at += 1) {
        const value = bytes[at] | (bytes[at + total] << 8) |
          (bytes[at + 2 * total] << 16) | (bytes[at + 3 * total] << 24);
        values[i] = (value >>> 1) ^ -(value & 1);
      }
      return values;
    };
  }

  /** Arcs along rings, each given as the step to its number and whether it runs backwards. */
  function references(steps) {
    let arc = 0;
    return steps.map((step) => {
      arc += step >> 1;
      return step & 1 ? ~arc : arc;
    });
  }

  function offsets(sizes) {
    const starts = new Int32Array(sizes.length + 1);
    for (let i = 0; i < sizes.length; i += 1) starts[i + 1] = starts[i] + sizes[i];
    return starts;
  }

  /** Longitude and latitude steps, each given as the difference to the one before. */
  function world(lonSteps, latSteps) {
    const x = new Float64Array(lonSteps.length);
    const y = new Float64Array(latSteps.length);
    let lon = 0;
    let lat = 0;
    for (let i = 0; i < x.length; i += 1) {
      lon += lonSteps[i];
      lat += latSteps[i];
      const sine = Math.sin((lat / STEPS_PER_DEGREE) * (Math.PI / 180));
      x[i] = WORLD * (lon / STEPS_PER_DEGREE / 360 + 0.5);
      y[i] = WORLD * (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI));
    }
    return { x, y };
  }

  /**
   * The promise of `{arcs, tables}` unpacked from the text of a data block; `tables[name]` has
   * `columns`, `count` and either `cells` (polygons) or `points`.
   */
  gridsvc.decode = async (base64) => {
    const bytes = await inflate(base64);
    const headerSize = new DataView(bytes.buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + headerSize)));
    const read = integers(bytes, 4 + headerSize, header.integers);
    const sizes = header.arcs;
    const arcs = new gridsvc.Arcs(
      world(read(sizes.points), read(sizes.points)),
      offsets(read(sizes.arcs)),
    );
    const along = references(read(sizes.references));
    const firstReference = offsets(read(sizes.rings));
    const tables = {};
    let ring = 0;
    for (const [name, table] of Object.entries(header.tables)) {
      tables[name] = table;
      if (table.shape === 'points') {
        table.points = world(read(table.count), read(table.count));
      } else if (table.shape === 'lines') {
        const corners = world(read(table.corners), read(table.corners));
        table.lines = new gridsvc.Arcs(corners, offsets(read(table.count)));
      } else {
        const firstRing = offsets(read(table.count)).map((n) => n + ring);
        ring = firstRing[table.count];
        table.cells = new gridsvc.Cells(arcs, along, firstReference, firstRing);
      }
    }
    return { arcs, tables };
  };
})();
