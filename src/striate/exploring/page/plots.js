// Small drawings of numbers: points, bars, steps, boxes.

import { h } from "./dom.js";
import { full, number } from "./text.js";

const SPACE = "http://www.w3.org/2000/svg";

/** @param {string} tag @param {Record<string, string | number>} attributes @param {...(Element | string)} children @returns {SVGElement} */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** A drawing with a name. @param {number} width @param {number} height @param {string} label @param {...Element} children */
export function drawing(width, height, label, ...children) {
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label, class: "plot" }, ...children);
}

/** Values across, values up, one of them marked. @param {number[]} xs @param {number[]} ys @param {{x: number, y: number, label: string}} at */
export function scatter(xs, ys, at) {
  const [W, H, edge] = [240, 160, 26];
  const span = (/** @type {number[]} */ all) => {
    const [low, high] = [Math.min(0, ...all), Math.max(0, ...all)];
    return { low, size: high - low || 1 };
  };
  const [across, up] = [span([...xs, at.x]), span([...ys, at.y])];
  const px = (/** @type {number} */ x) => edge + ((x - across.low) / across.size) * (W - 2 * edge);
  const py = (/** @type {number} */ y) => H - edge - ((y - up.low) / up.size) * (H - 2 * edge);
  const axes = [svg("line", { x1: edge, x2: W - edge, y1: py(0), y2: py(0), class: "axis" }), svg("line", { x1: px(0), x2: px(0), y1: edge, y2: H - edge, class: "axis" })];
  const points = xs.map((x, i) => svg("circle", { cx: px(x), cy: py(ys[i]), r: 2, class: "dot" }));
  const lit = svg("circle", { cx: px(at.x), cy: py(at.y), r: 5, class: "lit" });
  const words = [svg("text", { x: W - edge, y: py(0) - 4, "text-anchor": "end" }, "x"), svg("text", { x: px(0) + 4, y: edge - 6 }, "y"),
    svg("text", { x: Math.min(px(at.x) + 8, W - 90), y: Math.max(12, py(at.y) - 8) }, `${number(at.x, 3)} → ${number(at.y, 3)}`)];
  return h("figure", { class: "labelled" }, drawing(W, H, `${at.label}: ${full(at.x)} → ${full(at.y)}`, ...axes, ...points, lit, ...words), h("figcaption", {}, at.label));
}

/** How often values come, with lines at some. @param {number[]} values @param {{at: number, text: string, kind: string}[]} lines @param {string} label */
export function histogram(values, lines, label) {
  const [W, H, edge, bins] = [260, 150, 18, 32];
  const all = [...values, ...lines.map((one) => one.at)];
  const low = Math.min(...all), size = Math.max(...all) - low || 1;
  const counts = new Array(bins).fill(0);
  for (const value of values) counts[Math.min(bins - 1, Math.floor(((value - low) / size) * bins))] += 1;
  const most = Math.max(1, ...counts), px = (/** @type {number} */ x) => edge + ((x - low) / size) * (W - 2 * edge);
  const bars = counts.map((count, i) => svg("rect", { x: px(low + (size * i) / bins), width: (W - 2 * edge) / bins, y: H - 20 - (count / most) * (H - 64), height: (count / most) * (H - 64), class: "dot" }));
  const marks = lines.flatMap((one, i) => [svg("line", { x1: px(one.at), x2: px(one.at), y1: 14 + 12 * (i % 3), y2: H - 20, class: `line ${one.kind}` }),
    svg("text", { x: Math.max(2, Math.min(px(one.at) + 2, W - 60)), y: 12 + 12 * (i % 3), class: one.kind }, one.text)]);
  const ends = [svg("text", { x: edge, y: H - 4 }, number(low, 3)), svg("text", { x: W - edge, y: H - 4, "text-anchor": "end" }, number(low + size, 3))];
  return h("figure", { class: "labelled" }, drawing(W, H, `${label}: ${lines.map((one) => `${one.text} ${number(one.at)}`).join(", ")}`, ...bars, ...marks, ...ends), h("figcaption", {}, label));
}

/** A bar for a number between two limits. @param {number} value @param {number} limit @param {string} kind */
export function bar(value, limit, kind) {
  const share = (100 * Math.abs(value)) / (limit || 1);
  return h("div", { class: `meter ${kind} ${value < 0 ? "below" : ""}`, "aria-hidden": "true" }, h("div", { style: { width: `${Math.min(100, share)}%` } }));
}

/** A kernel as a block of frames × rows × columns. @param {number} frames @param {number} rows @param {number} columns @param {string} label */
export function block(frames, rows, columns, label) {
  const cell = 11, back = 6, width = columns * cell + frames * back + 4, height = rows * cell + frames * back + 4;
  const faces = [];
  for (let f = frames - 1; f >= 0; f--) {
    for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++)
      faces.push(svg("rect", { x: 2 + f * back + x * cell, y: 2 + (frames - 1 - f) * back + y * cell, width: cell, height: cell, class: "face" }));
  }
  return drawing(width, height, label, ...faces);
}
