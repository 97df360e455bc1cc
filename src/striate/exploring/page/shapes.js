// Where a number stands: in a layer's whole output, on the maps that are drawn of it, in what made its input.

/** @typedef {{c: number, f: number, y: number, x: number}} Cell map, frame, row, column */

/** The index in the whole output of a cell on the maps. @param {number[]} shape @param {Cell} cell */
export function indexOf(shape, { c, f, y, x }) {
  if (shape.length === 5) return [0, c, f, y, x];
  if (shape.length === 4) return [f, c, y, x];
  if (shape.length === 3) return [0, f, x];
  return shape.length === 2 ? [f, x] : [x];
}

/** @param {number[]} index @returns {Cell} */
export function cellOf(index) {
  if (index.length === 5) return { c: index[1], f: index[2], y: index[3], x: index[4] };
  if (index.length === 4) return { c: index[1], f: index[0], y: index[2], x: index[3] };
  if (index.length === 3) return { c: 0, f: index[1], y: 0, x: index[2] };
  return { c: 0, f: index.length === 2 ? index[0] : 0, y: 0, x: index[index.length - 1] };
}

/** @param {number} flat @param {number[]} shape */
export function unravel(flat, shape) {
  const index = new Array(shape.length);
  let rest = flat;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return index;
}

/** @param {number[]} index @param {number[]} shape */
export function ravel(index, shape) {
  return index.reduce((flat, i, axis) => flat * shape[axis] + i, 0);
}

/** @typedef {{layer: string, shape: number[]}} Maker */
/** @typedef {{how: string, makers: Maker[], shape: number[]}} Origin */

/**
 * Who made a number of a layer's input, and where it stands there: one, or the summands of a sum.
 * @param {Origin | null} origin
 * @param {number[]} index in the layer's input
 * @returns {{layer: string, index: number[]}[]}
 */
export function madeBy(origin, index) {
  if (!origin) return [];
  const [first] = origin.makers;
  if (origin.how === "channels") {
    let channel = index[1];
    for (const maker of origin.makers) {
      if (channel < maker.shape[1]) return [{ layer: maker.layer, index: [index[0], channel, ...index.slice(2)] }];
      channel -= maker.shape[1];
    }
    return [];
  }
  if (origin.how === "shape") return [{ layer: first.layer, index: unravel(ravel(index, origin.shape), first.shape) }];
  if (origin.how === "frames to batch") {
    const frames = first.shape[2];
    const [row, c, y, x] = index;
    return [{ layer: first.layer, index: [Math.floor(row / frames), c, row % frames, y, x] }];
  }
  if (origin.how === "batch to frames") {
    const [n, c, f, y, x] = index;
    return [{ layer: first.layer, index: [n * origin.shape[2] + f, c, y, x] }];
  }
  if (origin.how === "last step") {
    return [{ layer: first.layer, index: [index[0], first.shape[1] - 1, index[1]] }];
  }
  return origin.makers.map((maker) => ({ layer: maker.layer, index }));
}
