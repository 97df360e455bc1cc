// One number: the cells that it is made of, what they are multiplied with, the sum, and what follows.

import { get, offline } from "./api.js";
import { h, show } from "./dom.js";
import { connectedPart, convolutionPart, movedPart, poolPart } from "./kinds.js";
import { mapView } from "./maps.js";
import { mapsOf, pictureOf } from "./maps_of.js";
import { cellsPart, functionPart, inputs, normPart, pointwisePart, recurrentPart, shiftPart, softmaxPart } from "./pictures.js";
import { to } from "./route.js";
import { opensTo } from "./sources.js";
import { cellOf, indexOf, madeBy, unravel } from "./shapes.js";
import { by, full, number, t } from "./text.js";

/** @typedef {(parts: HTMLElement, unit: any, route: any) => Promise<void>} Part */

/** @type {Record<string, Part>} */
const DRAWN = {
  convolution: convolutionPart, pointwise: pointwisePart, fully_connected: connectedPart,
  max_pool: poolPart, average_pool: poolPart, adaptive_pool: poolPart, adaptive_max_pool: poolPart,
  relu: functionPart, softmax: softmaxPart, recurrent: recurrentPart, temporal_shift: shiftPart,
};
/** Of other kinds by what is told of a number. @type {[string, Part][]} */
const TOLD = [["epsilon", normPart], ["function", functionPart], ["weights", cellsPart], ["source", movedPart]];

/** @param {any} unit @returns {Part} */
function partOf(unit) {
  return DRAWN[unit.kind] ?? TOLD.find(([name]) => name in unit)?.[1] ?? inputsPart;
}

/** @param {HTMLElement} main @param {import("./route.js").Route} route */
export async function numberView(main, route) {
  const { state, layer, at, side } = route;
  const unit = await get("unit", { state, layer, at: at ? at.join(",") : null, language: route.language });
  route = { ...route, at: unit.index };
  const parts = h("div", { class: "parts" });
  const title = `${layer}[${unit.index.join(", ")}]`;
  const value = h("output", { class: "value", data: { value: unit.value }, title: full(unit.value) }, number(unit.value, 6));
  show(main,
    h("h1", {}, title, " = ", value),
    h("p", { class: "faint" }, t("number.checked", { difference: number(unit.check.difference, 2), torch: number(unit.torch, 7) })),
    side === "back" ? deltaPart(unit, route) : null,
    parts,
    followers(unit, route),
    h("p", { class: "links" },
      h("a", { href: to.address({ ...route, side: side === "back" ? "" : "back" }) }, t(side === "back" ? "number.forward" : "number.backward")),
      h("a", { href: to.address({ ...route, view: "layer" }) }, t("number.layer", { layer: layer ?? "" })),
      offline ? null : h("a", { href: to.address({ ...route, view: "derivation" }) }, t("number.derivation"))));
  await partOf(unit)(parts, unit, route);
  parts.prepend(await inputPart(unit, route));
}

/** Any other kind: what it says of itself, and its inputs. */
async function inputsPart(/** @type {HTMLElement} */ parts, /** @type {any} */ unit, /** @type {any} */ route) {
  if (offline) return inputs(parts, unit, route);
  const found = await get("document", { state: route.state, layer: route.layer, at: unit.index.join(","), language: route.language });
  parts.append(document_(found.html));
  inputs(parts, unit, route);
}

/** The page of an explanation inside this one, with a style of its own. @param {string} html */
export function document_(html) {
  const host = h("div", { class: "document" });
  host.attachShadow({ mode: "open" }).innerHTML = html;
  return host;
}

/** What comes next at the same place. @param {any} unit @param {any} route */
function followers(unit, route) {
  if (!unit.after.length) return null;
  return h("p", { class: "after" }, t("number.after"), " ", unit.after.map((/** @type {any} */ one) => [
    opensTo(one.layer, one.index, route) ? h("a", { href: to.address({ ...route, layer: one.layer, at: one.index }) }, `${one.layer} = ${number(one.value, 5)}`) : `${one.layer} = ${number(one.value, 5)}`, " "]));
}

/** The input, with what this number sees of it. @param {any} unit @param {any} route */
async function inputPart(unit, route) {
  const picture = await pictureOf(route.state);
  const field = unit.receptive_field;
  if (!picture || !field) return h("span");
  const spans = field.clipped.slice(-2);
  const marks = spans.length === 2 && spans[0] && spans[1]
    ? [{ top: spans[0][0], bottom: spans[0][1], left: spans[1][0], right: spans[1][1], kind: "field" }] : [];
  const times = field.clipped.length === 3 ? field.clipped[0] : null;
  const shown = times ? Array.from({ length: times[1] - times[0] + 1 }, (_, i) => times[0] + i).filter((f) => f < picture.frames).slice(0, 16) : [Math.min(picture.frames - 1, unit.index.length === 4 && picture.frames > 1 ? unit.index[0] : 0)];
  const size = marks.length ? `${marks[0].bottom - marks[0].top + 1}×${marks[0].right - marks[0].left + 1}` : by(field.clipped.map(() => "?"));
  return h("figure", { class: "field" },
    shown.map((f) => mapView(picture.frame(f), { label: t("number.sees"), marks, size: shown.length > 1 ? 90 : 150 })),
    h("figcaption", {}, t("number.field", { size })));
}

/** δ as its own sum of terms. @param {any} unit @param {any} route */
function deltaPart(unit, route) {
  const delta = unit.delta;
  if (!delta) return h("p", { class: "gradient" }, t("delta.none"));
  if (delta.problem) return h("p", { class: "gradient" }, delta.problem);
  const open = (/** @type {any} */ part) => to({ ...route, layer: part.layer, at: part.place,
    trail: [...route.trail, `${route.layer}:${unit.index.join(",")}`].slice(-12) });
  const rows = delta.parts.map((/** @type {any} */ part) => h("tr", {},
    h("th", { scope: "row" }, opensTo(part.layer, part.place, route) ? h("button", { class: "number gradient", onclick: () => open(part) }, `δ ${part.layer}[${part.place.join(", ")}]`) : `δ ${part.layer}[${part.place.join(", ")}]`),
    h("td", { class: "gradient", data: { value: part.delta } }, number(part.delta)),
    h("td", { class: "weight", data: { value: part.slope } }, number(part.slope)),
    h("td", { class: "product", data: { value: part.delta * part.slope } }, number(part.delta * part.slope))));
  return h("section", { class: "delta" },
    h("h2", {}, "δ = ∂L/∂y = ", h("span", { class: "gradient", data: { value: delta.delta } }, number(delta.delta, 6))),
    delta.parts.length ? h("table", { class: "sums" }, h("caption", {}, t(delta.count === 1 ? "delta.one" : "delta.text", { count: delta.count })),
      h("thead", {}, h("tr", {}, [t("delta.fed"), "δ", "∂y/∂x", "δ·∂y/∂x"].map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, rows,
        delta.count > delta.parts.length ? h("tr", {}, h("th", { scope: "row", colspan: 3 }, t("others", { count: delta.count - delta.parts.length })), h("td", { class: "product" }, number(delta.rest))) : null,
        delta.elsewhere ? h("tr", {}, h("th", { scope: "row", colspan: 3 }, t("delta.elsewhere")), h("td", { class: "product" }, number(delta.elsewhere))) : null))
      : h("p", {}, t("delta.score"), " ", h("a", { href: to.address({ ...route, view: "loss" }) }, t("loss"))));
}

/** A number that several layers made together. @param {HTMLElement} main @param {import("./route.js").Route} route */
export async function sumView(main, route) {
  const unit = await get("unit", { state: route.state, layer: route.layer, at: route.at?.join(","), language: route.language });
  const index = unravel(unit.reads[0], unit.origin.shape);
  const made = madeBy(unit.origin, index);
  const rows = [];
  for (const one of made) {
    const maps = await mapsOf(route.state, one.layer, "", cellOf(one.index).c);
    const { c, f, y, x } = cellOf(one.index);
    const map = maps.map(c, f), value = map.missing ? null : map.value(y, x);
    rows.push(h("tr", {}, h("th", { scope: "row" }, opensTo(one.layer, one.index, route) ? h("button", { class: "number input", onclick: () => to({ ...route, view: one.layer === "input" ? "pixel" : "number", layer: one.layer, at: one.index }) },
      `${one.layer}[${one.index.join(", ")}]`) : `${one.layer}[${one.index.join(", ")}]`), h("td", { class: "input", data: { value: value ?? "" } }, told(map, value))));
  }
  show(main, h("h1", {}, t("sum.title", { layer: route.layer ?? "" })), h("p", {}, t("sum.text")),
    h("table", { class: "sums" }, h("tbody", {}, rows, h("tr", { class: "total" }, h("th", { scope: "row" }, t("sum")), h("td", {}, number(unit.input ?? unit.torch, 6))))));
}

/** A number of a map, to as many digits as are known. @param {import("./maps.js").Drawn} map @param {number | null} value */
function told(map, value) {
  return map.rough && value !== null ? `≈ ${number(value, 2)}` : number(value, 6);
}

/** A pixel: the end of every way. @param {HTMLElement} main @param {import("./route.js").Route} route */
export async function pixelView(main, route) {
  const [picture, overview] = await Promise.all([pictureOf(route.state), get("overview", { state: route.state, language: route.language })]);
  const { c, f, y, x } = cellOf(route.at ?? [0, 0, 0, 0]);
  const maps = await mapsOf(route.state, "input", "", c);
  const map = maps.map(c, Math.min(f, maps.size[1] - 1)), value = map.missing ? null : map.value(y, x);
  const mark = { top: y, bottom: y, left: x, right: x, kind: "input" };
  const own = picture?.frame(Math.min(f, picture.frames - 1));
  const move = (/** @type {number} */ row, /** @type {number} */ column) => to({ ...route, at: indexOf(overview.input_shape, { c, f, y: row, x: column }) });
  /** @type {any[]} */
  const said = [];
  if (own && picture?.exact && picture.normalisation) {
    const raw = own.bytes[Math.min(c, picture.channels - 1) * picture.height * picture.width + y * picture.width + x];
    const { mean, std } = picture.normalisation;
    said.push(h("p", { class: "formula" }, "(", h("span", { class: "input", data: { value: raw } }, raw), ` − ${number(mean[c])}) / ${number(std[c])} = `,
      h("output", { class: "value", data: { value } }, told(map, value))), h("p", {}, t("pixel.text", { mean: number(mean[c]), std: number(std[c]) })));
  } else said.push(h("p", { class: "formula" }, h("output", { class: "value", data: { value } }, told(map, value))), h("p", {}, t("pixel.number")));
  show(main, h("h1", {}, t("pixel.title", { channel: c, row: y, column: x })),
    own ? mapView(own, { label: t("input"), marks: [mark], size: 300, cursor: [y, x], open: move }) : null, said,
    offline ? null : h("p", { class: "links" }, h("a", { href: to.address({ ...route, view: "what-if", layer: null, at: null, trail: [] }) }, t("pixel.change"))));
}

/** Everything that `explain` tells of it. @param {HTMLElement} main @param {import("./route.js").Route} route */
export async function derivationView(main, route) {
  const found = await get("document", { state: route.state, layer: route.layer, at: route.at?.join(","), weight: route.weight,
    delta: route.at && !route.weight ? 1 : null, language: route.language });
  show(main, document_(found.html));
}
