// Maps drawn cell by cell: blue above 0, orange below, strength by size; pictures as they are.

import { h, noTip, say, tip } from "./dom.js";
import { heldOn } from "./saved.js";
import { full, number, t } from "./text.js";

/** @param {string} name */
function variable(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** @type {Record<string, number[]>} */
let palette = {};

export function readColours() {
  for (const name of ["zero", "plus", "minus"]) {
    const digits = variable(`--${name}`).replace("#", "");
    palette[name] = [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16));
  }
}

/** @param {Uint8ClampedArray} pixels @param {number} at @param {number} share from −1 to 1 */
function colour(pixels, at, share) {
  const end = share < 0 ? palette.minus : palette.plus;
  const part = Math.sqrt(Math.min(1, Math.abs(share)));
  for (let i = 0; i < 3; i++) pixels[at + i] = palette.zero[i] + (end[i] - palette.zero[i]) * part;
  pixels[at + 3] = 255;
}

/** A row of numbers is folded into a block. @param {number} height @param {number} width */
export function folded(height, width) {
  if (height > 1 || width <= 24) return { height: height > 1 ? height : width, width: height > 1 ? width : 1 };
  const columns = Math.ceil(Math.sqrt(width / 2));
  return { height: Math.ceil(width / columns), width: columns };
}

/**
 * @typedef {Object} Drawn
 * @property {number} height of the map, in cells
 * @property {number} width
 * @property {(y: number, x: number) => number | null} value of a cell
 * @property {number} limit what the strongest colour stands for
 * @property {Uint8Array | null} [picture] (3 or 1, H, W) in place of colours
 * @property {boolean} [missing] a saved page is without it
 * @property {boolean} [rough] its numbers are known to two digits
 * @property {{state: number, layer: string, c: number, f: number, step: number[]}} [at] which map it is, and every how many rows and columns
 */

/** @param {HTMLCanvasElement} canvas @param {Drawn} map */
export function draw(canvas, map) {
  const size = folded(map.height, map.width);
  canvas.width = size.width;
  canvas.height = size.height;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(size.width, size.height);
  const row = map.height === 1;
  for (let i = 0; i < size.width * size.height; i++) {
    const [y, x] = row ? [0, i] : [Math.floor(i / size.width), i % size.width];
    if (row && i >= map.width) continue;
    if (map.picture) pixel(image.data, i, map.picture, map.height * map.width);
    else colour(image.data, 4 * i, (map.value(y, x) ?? 0) / map.limit);
  }
  context.putImageData(image, 0, 0);
}

/** @param {Uint8ClampedArray} pixels @param {number} i @param {Uint8Array} picture @param {number} plane */
function pixel(pixels, i, picture, plane) {
  const grey = picture.length === plane;
  for (let c = 0; c < 3; c++) pixels[4 * i + c] = picture[grey ? i : c * plane + i];
  pixels[4 * i + 3] = 255;
}

/** @typedef {{top: number, left: number, bottom: number, right: number, kind: string}} Mark cells, both ends in */

/** How each map that is shown is drawn anew. @type {WeakMap<Element, (map: Drawn) => void>} */
const shown = new WeakMap();

/** Other numbers on the same map. @param {Element} box @param {Drawn} map */
export function mapRedraw(box, map) {
  shown.get(box)?.(map);
}

/**
 * A map whose cells can be pointed at, walked through with the arrows, and opened.
 * @param {Drawn} map
 * @param {{label: string, open?: (y: number, x: number) => void, marks?: Mark[], size?: number,
 *   cursor?: [number, number] | null, group?: string}} options size: of the longer side, in pixels
 */
export function mapView(map, { label, open, marks = [], size = 160, cursor = null, group = "" }) {
  if (map.missing) return h("p", { class: "faint" }, t("saved.no_map"));
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { class: "cells" }));
  draw(canvas, map);
  const cells = folded(map.height, map.width);
  const scale = size / Math.max(cells.height, cells.width);
  canvas.style.width = `${cells.width * scale}px`;
  canvas.style.height = `${cells.height * scale}px`;
  const box = h("div", { class: `map ${open ? "opens" : ""}`, data: { group } }, canvas);
  box.style.width = canvas.style.width;
  shown.set(box, (next) => draw(canvas, (map = next)));
  for (const mark of [...(open ? heldOn(map) : []), ...marks]) box.append(rectangle(mark, cells, map.height === 1));
  const at = { y: cursor ? cursor[0] : 0, x: cursor ? cursor[1] : 0 };
  const point = h("div", { class: "point", hidden: true });
  box.append(point);
  const told = () => {
    const value = map.value(at.y, at.x);
    return `${label} ${at.y},${at.x}: ${value === null ? "–" : map.rough ? `≈ ${number(value, 2)}` : full(value)}`;
  };
  const place = () => {
    const [y, x] = map.height === 1 ? foldedAt(at.x, cells.width) : [at.y, at.x];
    setBox(point, { top: y, left: x, bottom: y, right: x }, cells);
    point.hidden = false;
  };
  /** @param {PointerEvent} event */
  const aim = (event) => {
    const area = canvas.getBoundingClientRect();
    const y = Math.floor(((event.clientY - area.top) / area.height) * cells.height);
    const x = Math.floor(((event.clientX - area.left) / area.width) * cells.width);
    const [row, column] = map.height === 1 ? [0, y * cells.width + x] : [y, x];
    at.y = Math.max(0, Math.min(map.height - 1, row));
    at.x = Math.max(0, Math.min(map.width - 1, column));
  };
  canvas.addEventListener("pointermove", (event) => {
    aim(event);
    place();
    tip(told(), event.clientX, event.clientY);
  });
  canvas.addEventListener("pointerleave", () => {
    noTip();
    point.hidden = document.activeElement !== box;
  });
  if (!open) {
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", label);
    return box;
  }
  canvas.addEventListener("click", (event) => {
    aim(/** @type {any} */ (event));
    noTip();
    open(at.y, at.x);
  });
  box.tabIndex = 0;
  box.setAttribute("role", "button");
  box.setAttribute("aria-label", `${label}, ${map.height}×${map.width}`);
  box.addEventListener("focus", place);
  box.addEventListener("blur", () => (point.hidden = true));
  box.addEventListener("keydown", (event) => {
    /** @type {Record<string, number[]>} */
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const move = moves[event.key];
    if (move) {
      at.y = Math.max(0, Math.min(map.height - 1, at.y + move[0]));
      const step = map.height === 1 && move[0] ? move[0] * cells.width : move[1];
      at.x = Math.max(0, Math.min(map.width - 1, at.x + step));
      place();
      say(told());
      event.preventDefault();
    } else if (event.key === "Enter" || event.key === " ") {
      open(at.y, at.x);
      event.preventDefault();
    }
  });
  return box;
}

/** @param {number} i @param {number} columns @returns {[number, number]} */
function foldedAt(i, columns) {
  return [Math.floor(i / columns), i % columns];
}

/** @param {Mark} mark @param {{height: number, width: number}} cells @param {boolean} row */
function rectangle(mark, cells, row) {
  const box = h("div", { class: `mark ${mark.kind}` });
  if (row) {
    const [y, x] = foldedAt(mark.left, cells.width);
    const whole = mark.right > mark.left;
    setBox(box, whole ? { top: 0, left: 0, bottom: cells.height - 1, right: cells.width - 1 }
                      : { top: y, left: x, bottom: y, right: x }, cells);
  } else setBox(box, mark, cells);
  return box;
}

/**
 * @param {HTMLElement} box
 * @param {{top: number, left: number, bottom: number, right: number}} mark
 * @param {{height: number, width: number}} cells
 */
function setBox(box, mark, cells) {
  const top = Math.max(0, mark.top), left = Math.max(0, mark.left);
  const bottom = Math.min(cells.height - 1, mark.bottom), right = Math.min(cells.width - 1, mark.right);
  box.style.top = `${(100 * top) / cells.height}%`;
  box.style.left = `${(100 * left) / cells.width}%`;
  box.style.height = `${(100 * (bottom - top + 1)) / cells.height}%`;
  box.style.width = `${(100 * (right - left + 1)) / cells.width}%`;
}

/**
 * Numbers in rows and columns, each of which may open.
 * @param {(number | null)[][]} rows
 * @param {{caption: string, kind: string, open?: ((y: number, x: number) => void) | null,
 *   marked?: (y: number, x: number) => string, digits?: number,
 *   opens?: (y: number, x: number) => boolean}} options
 */
export function grid(rows, { caption, kind, open = null, marked = () => "", digits = 4, opens = () => true }) {
  const limit = Math.max(1e-30, ...rows.flat().map((value) => Math.abs(value ?? 0)));
  const line = (/** @type {(number | null)[]} */ row, /** @type {number} */ y) =>
    h("tr", {}, row.map((value, x) => {
      const text = number(value, digits);
      const attributes = {
        class: marked(y, x), title: value === null ? "" : full(value), data: { value: value ?? "" },
        style: { "--share": String(Math.sqrt(Math.abs(value ?? 0) / limit)) },
      };
      const inside = open && value !== null && opens(y, x)
        ? h("button", { class: "number", onclick: () => open(y, x) }, text) : text;
      const cell = h("td", attributes, inside);
      cell.style.setProperty("--share", attributes.style["--share"]);
      if ((value ?? 0) < 0) cell.classList.add("below");
      return cell;
    }));
  return h("table", { class: `grid ${kind}` }, h("caption", {}, caption), h("tbody", {}, rows.map(line)));
}

/** The pictures that numbers over time, height and width are made of, one for each frame. @param {any} array @returns {any[]} */
export function planesOf(array) {
  return Array.isArray(array[0]?.[0]) ? array : Array.isArray(array[0]) ? [array] : [[array]];
}
