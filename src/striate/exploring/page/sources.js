// Where the numbers behind a number are: the maps that they lie in, and the way to open each.

import { holds } from "./api.js";
import { h } from "./dom.js";
import { mapView } from "./maps.js";
import { mapsOf } from "./maps_of.js";
import { to } from "./route.js";
import { cellOf, indexOf, madeBy, unravel } from "./shapes.js";
import { t } from "./text.js";

/** Whether a number opens; not all of a saved page do. @param {string} layer @param {number[]} index @param {any} route */
export function opensTo(layer, index, route) {
  return layer === "input" || holds("unit", { state: route.state, layer, at: index.join(",") });
}

/** Whether one opens of those that a number reads. @param {any} unit @param {any} route @param {number} k */
export function opensRead(unit, route, k) {
  const flat = unit.reads?.[k];
  if (flat === undefined || flat < 0 || !unit.origin) return false;
  return opensMade(madeBy(unit.origin, unravel(flat, unit.origin.shape)), route);
}

/** @param {{layer: string, index: number[]}[]} made @param {any} route */
export function opensMade(made, route) {
  return made.length > 1 || (made.length === 1 && opensTo(made[0].layer, made[0].index, route));
}

/** @param {any} unit @param {any} route @param {number} k place among what it reads */
export function openRead(unit, route, k) {
  const flat = unit.reads?.[k];
  if (flat === undefined || flat < 0 || !unit.origin) return;
  openMade(madeBy(unit.origin, unravel(flat, unit.origin.shape)), unit, route);
}

/** One of the numbers that a number reads, to be opened where it can. @param {any} unit @param {any} route @param {number} k @param {string} text @param {Record<string, any>} [attributes] */
export function readButton(unit, route, k, text, attributes = { class: "number" }) {
  return opensRead(unit, route, k) ? h("button", { ...attributes, onclick: () => openRead(unit, route, k) }, text) : h("span", attributes, text);
}

/** @param {{layer: string, index: number[]}[]} made @param {any} unit @param {any} route */
export function openMade(made, unit, route) {
  if (!made.length) return;
  const [first] = made;
  const trail = [...route.trail, `${route.layer}:${unit.index.join(",")}`].slice(-12);
  if (made.length > 1) {
    to({ ...route, view: "sum", layer: route.layer, at: unit.index, trail });
    return;
  }
  to({ ...route, view: first.layer === "input" ? "pixel" : "number", layer: first.layer, at: first.index, trail });
}

/** @param {string} layer @param {number} c @param {number} f @param {import("./maps.js").Mark[]} marks @param {any} route @param {any} unit @param {number} [size] */
export async function sourceMap(layer, c, f, marks, route, unit, size = 200) {
  const maps = await mapsOf(route.state, layer, "", c);
  const frame = Math.min(f, maps.size[1] - 1);
  const open = (/** @type {number} */ y, /** @type {number} */ x) => {
    const shape = unit.origin.makers.find((/** @type {any} */ one) => one.layer === layer)?.shape ?? unit.origin.shape;
    openMade([{ layer, index: indexOf(shape, { c, f: frame, y, x }) }], unit, route);
  };
  const label = layer === "input" ? t("input_map", { map: c }) : t("map", { layer, map: c });
  return h("div", { class: "labelled" }, h("p", {}, label), mapView(maps.map(c, frame), { label, open, marks, size }));
}

/** @param {any} unit @param {any} route */
export async function ownMap(unit, route) {
  const cell = cellOf(unit.index);
  const maps = await mapsOf(route.state, route.layer, "", cell.c);
  const mark = { top: cell.y, bottom: cell.y, left: cell.x, right: cell.x, kind: "output" };
  const label = t("map", { layer: route.layer, map: cell.c });
  const open = (/** @type {number} */ y, /** @type {number} */ x) => to({ ...route, at: indexOf(unit.output_shape, { ...cell, y, x }) });
  return h("div", { class: "labelled" }, h("p", {}, label), mapView(maps.map(cell.c, cell.f), { label, marks: [mark], size: 200, cursor: [cell.y, cell.x], open }));
}

/** @param {any} route @param {string} weight @param {string} text */
export function weightLink(route, weight, text) {
  if (!holds("weight", { state: route.state, layer: route.layer, weight })) return h("span", { class: "weight" }, text);
  return h("a", { class: "weight", href: to.address({ ...route, view: "weight", weight }) }, text);
}
