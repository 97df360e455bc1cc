// What a saved page holds, and what it says where it holds nothing.

import { get, held, MissingError, offline } from "./api.js";
import { h, show } from "./dom.js";
import { to } from "./route.js";
import { cellOf } from "./shapes.js";
import { count, t } from "./text.js";

const LISTED = 60;

/** @type {Map<string, number[][]> | null} */
let known = null;

/** The numbers of a layer that open, in the order in which they count. @param {number} state @param {string} layer @returns {number[][]} */
export function heldOf(state, layer) {
  if (!known) {
    known = new Map();
    for (const one of held("unit")) {
      const key = `${one.state}:${one.layer}`;
      known.set(key, [...(known.get(key) ?? []), one.at.split(",").map(Number)]);
    }
  }
  return known.get(`${state}:${layer}`) ?? [];
}

/** @param {import("./maps.js").Drawn} map */
function cellsOn(map) {
  const { at } = map;
  if (!at) return [];
  return heldOf(at.state, at.layer).map(cellOf).filter((one) => one.c === at.c && one.f === at.f);
}

/** Those that lie on a map, to be marked there; none where all numbers open. @param {import("./maps.js").Drawn} map @returns {import("./maps.js").Mark[]} */
export function heldOn(map) {
  const cells = offline && map.at ? cellsOn(map) : [];
  const [down, right] = map.at?.step ?? [1, 1];
  if (cells.length >= map.height * map.width) return [];
  return cells.map((one) => [Math.floor(one.y / down), Math.floor(one.x / right)]).map(([y, x]) => ({ top: y, bottom: y, left: x, right: x, kind: "held" }));
}

/** The number that a cell of a small map stands for: its first, or one that opens. @param {import("./maps.js").Drawn} map @param {number} y @param {number} x @returns {{y: number, x: number}} */
export function standsFor(map, y, x) {
  const [down, right] = map.at?.step ?? [1, 1];
  const cells = offline ? cellsOn(map) : [];
  return cells.find((one) => Math.floor(one.y / down) === y && Math.floor(one.x / right) === x) ?? { y: y * down, x: x * right };
}

/** What opens on this page, and how to get more. @param {any} lab */
export function savedNote(lab) {
  return lab?.saved ? h("p", { class: "hint saved" }, t("saved.note", { numbers: count(lab.saved.numbers), megabytes: lab.saved.megabytes })) : null;
}

/** In place of a view whose numbers the page does not hold: those of the layer that it does. @param {HTMLElement} main @param {any} route @param {unknown} problem */
export async function missing(main, route, problem) {
  if (!(problem instanceof MissingError)) return false;
  const lab = await get("lab");
  const numbers = heldOf(route.state, route.layer ?? "");
  const near = (/** @type {number[]} */ one) => one.reduce((sum, i, axis) => sum + (axis === 1 ? 1e3 : 1) * Math.abs(i - (route.at?.[axis] ?? i)), 0);
  const shown = [...numbers].sort((a, b) => near(a) - near(b)).slice(0, LISTED);
  const weights = held("weight").filter((one) => one.layer === route.layer && one.state === String(route.state));
  const links = [
    ...shown.map((one) => h("a", { href: to.address({ ...route, view: "number", at: one, weight: null, step: null }) }, `${route.layer}[${one.join(", ")}]`)),
    ...weights.map((one) => h("a", { class: "weight", href: to.address({ ...route, view: "weight", at: null, weight: one.weight, step: null }) }, `w[${one.weight.replaceAll(",", ", ")}]`))];
  show(main, h("p", { class: "problem", role: "alert" }, t("saved.missing")), savedNote(lab),
    links.length ? h("p", {}, t("saved.instead", { layer: route.layer ?? "" })) : null, h("p", { class: "links" }, links));
  return true;
}
