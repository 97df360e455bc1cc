// One number: the cells that it is made of, what they are multiplied with, the sum, and what follows.

import { get } from "./api.js";
import { h, show } from "./dom.js";
import { grid, mapView } from "./maps.js";
import { mapsOf, pictureOf } from "./maps_of.js";
import { to } from "./route.js";
import { cellOf, indexOf, madeBy, unravel } from "./shapes.js";
import { by, full, number, t } from "./text.js";

const NAMED = 12;

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
      h("a", { href: to.address({ ...route, view: "derivation" }) }, t("number.derivation"))));
  const draw = DRAWN[unit.kind] ?? inputsPart;
  await draw(parts, unit, route);
  parts.prepend(await inputPart(unit, route));
}

/** @param {any} unit @param {any} route @param {number} k place among what it reads */
function openRead(unit, route, k) {
  const flat = unit.reads?.[k];
  if (flat === undefined || flat < 0 || !unit.origin) return;
  openMade(madeBy(unit.origin, unravel(flat, unit.origin.shape)), unit, route);
}

/** @param {{layer: string, index: number[]}[]} made @param {any} unit @param {any} route */
function openMade(made, unit, route) {
  if (!made.length) return;
  const [first] = made;
  const trail = [...route.trail, `${route.layer}:${unit.index.join(",")}`].slice(-12);
  if (made.length > 1) {
    to({ ...route, view: "sum", layer: route.layer, at: unit.index, trail });
    return;
  }
  to({ ...route, view: first.layer === "input" ? "pixel" : "number", layer: first.layer, at: first.index, trail });
}

/** @type {Record<string, (parts: HTMLElement, unit: any, route: any) => Promise<void>>} */
const DRAWN = {
  convolution: convolutionPart, pointwise: convolutionPart, fully_connected: connectedPart,
  max_pool: poolPart, average_pool: poolPart, adaptive_pool: poolPart, adaptive_max_pool: poolPart,
  relu: functionPart, flatten: movedPart,
};

/** Patch ⊙ kernel = products, channel by channel; then their sum. */
async function convolutionPart(/** @type {HTMLElement} */ parts, /** @type {any} */ unit, /** @type {any} */ route) {
  const order = unit.channel_sums.map((/** @type {number} */ _, /** @type {number} */ c) => c)
    .sort((/** @type {number} */ a, /** @type {number} */ b) => Math.abs(unit.channel_sums[b]) - Math.abs(unit.channel_sums[a]));
  const place = h("div", { class: "products" });
  const choose = (/** @type {number} */ c) => {
    show(place, oneChannel(unit, route, c));
    for (const row of sums.querySelectorAll("tr[data-channel]")) {
      row.classList.toggle("chosen", /** @type {HTMLElement} */ (row).dataset.channel === String(c));
    }
    showPatch(figure, unit, route, c);
  };
  const figure = h("figure", { class: "patch" });
  const shown = order.slice(0, NAMED);
  const rest = order.slice(NAMED).reduce((/** @type {number} */ sum, /** @type {number} */ c) => sum + unit.channel_sums[c], 0);
  const sums = h("table", { class: "sums" }, h("caption", {}, t("number.sums")),
    h("tbody", {},
      shown.map((/** @type {number} */ c) => h("tr", { data: { channel: c } },
        h("th", { scope: "row" }, h("button", { onclick: () => choose(c) }, t("channel", { channel: unit.channels[0] + c }))),
        h("td", { class: "product", data: { value: unit.channel_sums[c] }, title: full(unit.channel_sums[c]) }, number(unit.channel_sums[c])))),
      order.length > NAMED ? h("tr", {}, h("th", { scope: "row" }, t("others", { count: order.length - NAMED })), h("td", { class: "product" }, number(rest))) : null,
      h("tr", {}, h("th", { scope: "row" }, weightLink(route, `bias:${filterOf(unit)}`, t("bias"))), h("td", { class: "weight", data: { value: unit.bias } }, number(unit.bias))),
      h("tr", { class: "total" }, h("th", { scope: "row" }, t("sum")), h("td", { data: { value: unit.value } }, number(unit.value, 6)))));
  parts.append(figure, h("div", { class: "sum" }, place, sums));
  choose(order[0]);
}

/** @param {any} unit */
function filterOf(unit) {
  return unit.index[1];
}

/** @param {any} route @param {string} weight @param {string} text */
function weightLink(route, weight, text) {
  return h("a", { class: "weight", href: to.address({ ...route, view: "weight", weight }) }, text);
}

/** @param {any} unit @param {any} route @param {number} c */
function oneChannel(unit, route, c) {
  const planes = (/** @type {any} */ array) => (Array.isArray(array[0]?.[0]) ? array : Array.isArray(array[0]) ? [array] : [[array]]);
  const [patch, kernel, products, outside] = [unit.patch[c], unit.kernel[c], unit.products[c], unit.in_padding].map(planes);
  const [height, width] = [patch[0].length, patch[0][0].length];
  const first = c * patch.length * height * width;
  const spot = (/** @type {number} */ p, /** @type {number} */ y, /** @type {number} */ x) => (p * height + y) * width + x;
  return patch.map((/** @type {any} */ _, /** @type {number} */ p) => h("div", { class: "equation" },
    patch.length > 1 ? h("p", { class: "faint" }, t("kernel_frame", { frame: p })) : null,
    grid(patch[p], { caption: t("patch"), kind: "input", open: (y, x) => openRead(unit, route, first + spot(p, y, x)),
      opens: (y, x) => !outside[p][y][x], marked: (y, x) => (outside[p][y][x] ? "padding" : "") }),
    h("span", { class: "sign" }, "⊙"),
    grid(kernel[p], { caption: t("kernel"), kind: "weight", open: (y, x) =>
      to({ ...route, view: "weight", weight: [filterOf(unit), c, ...(unit.cells.length === 3 ? [p] : []), ...(unit.cells.length === 1 ? [x] : [y, x])].join(",") }) }),
    h("span", { class: "sign" }, "="),
    grid(products[p], { caption: t("products"), kind: "product" })));
}

/** The map that the patch lies in, with the patch in it, and the map that the number lies in. */
async function showPatch(/** @type {HTMLElement} */ figure, /** @type {any} */ unit, /** @type {any} */ route, /** @type {number} */ c) {
  if (!unit.origin) return;
  const cells = unit.cells.slice(-2).map((/** @type {any} */ axis) => axis.flat(3));
  const rows = cells.length === 2 ? cells : [[0], cells[0]];
  const mark = { top: Math.min(...rows[0]), bottom: Math.max(...rows[0]), left: Math.min(...rows[1]), right: Math.max(...rows[1]), kind: "input" };
  const frame = unit.cells.length === 3 ? Math.max(0, unit.cells[0].flat(3)[Math.floor(unit.cells[0].flat(3).length / 2)]) : unit.index.length === 4 ? unit.index[0] : 0;
  const channel = unit.channels[0] + c;
  const made = madeBy(unit.origin, unit.index.length === 5 ? [0, channel, frame, 0, 0] : [unit.index[0], channel, 0, 0]);
  const views = [];
  for (const one of made.slice(0, 2)) {
    const cell = cellOf(one.index);
    views.push(await sourceMap(one.layer, cell.c, cell.f, [mark], route, unit));
  }
  views.push(await ownMap(unit, route));
  show(figure, views);
}

/** @param {string} layer @param {number} c @param {number} f @param {import("./maps.js").Mark[]} marks @param {any} route @param {any} unit */
async function sourceMap(layer, c, f, marks, route, unit) {
  const maps = await mapsOf(route.state, layer, "", c);
  const frame = Math.min(f, maps.size[1] - 1);
  const open = (/** @type {number} */ y, /** @type {number} */ x) => {
    const shape = unit.origin.makers.find((/** @type {any} */ one) => one.layer === layer)?.shape ?? unit.origin.shape;
    openMade([{ layer, index: indexOf(shape, { c, f: frame, y, x }) }], unit, route);
  };
  const label = layer === "input" ? t("input_map", { map: c }) : t("map", { layer, map: c });
  return h("div", { class: "labelled" }, h("p", {}, label), mapView(maps.map(c, frame), { label, open, marks, size: 200 }));
}

/** @param {any} unit @param {any} route */
async function ownMap(unit, route) {
  const cell = cellOf(unit.index);
  const maps = await mapsOf(route.state, route.layer, "", cell.c);
  const mark = { top: cell.y, bottom: cell.y, left: cell.x, right: cell.x, kind: "output" };
  const label = t("map", { layer: route.layer, map: cell.c });
  const open = (/** @type {number} */ y, /** @type {number} */ x) => to({ ...route, at: indexOf(unit.output_shape, { ...cell, y, x }) });
  return h("div", { class: "labelled" }, h("p", {}, label), mapView(maps.map(cell.c, cell.f), { label, marks: [mark], size: 200, cursor: [cell.y, cell.x], open }));
}

/** Inputs times weights, those that count most. */
async function connectedPart(/** @type {HTMLElement} */ parts, /** @type {any} */ unit, /** @type {any} */ route) {
  const order = unit.products.map((/** @type {number} */ _, /** @type {number} */ i) => i)
    .sort((/** @type {number} */ a, /** @type {number} */ b) => Math.abs(unit.products[b]) - Math.abs(unit.products[a]));
  const shown = order.slice(0, 2 * NAMED);
  const rest = order.slice(2 * NAMED).reduce((/** @type {number} */ sum, /** @type {number} */ i) => sum + unit.products[i], 0);
  const rows = shown.map((/** @type {number} */ i) => h("tr", {},
    h("th", { scope: "row" }, i),
    h("td", { class: "input", data: { value: unit.inputs[i] } }, h("button", { class: "number", onclick: () => openRead(unit, route, i) }, number(unit.inputs[i]))),
    h("td", { class: "weight", data: { value: unit.weights[i] } }, weightLink(route, `${unit.output},${i}`, number(unit.weights[i]))),
    h("td", { class: "product", data: { value: unit.products[i] } }, number(unit.products[i]))));
  parts.append(h("table", { class: "sums" }, h("caption", {}, t("number.inputs", { count: order.length })),
    h("thead", {}, h("tr", {}, [t("input_number"), "x", "w", "w·x"].map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, rows,
      order.length > shown.length ? h("tr", {}, h("th", { scope: "row", colspan: 3 }, t("others", { count: order.length - shown.length })), h("td", { class: "product" }, number(rest))) : null,
      h("tr", {}, h("th", { scope: "row", colspan: 3 }, weightLink(route, `bias:${unit.output}`, t("bias"))), h("td", { class: "weight", data: { value: unit.bias } }, number(unit.bias))),
      h("tr", { class: "total" }, h("th", { scope: "row", colspan: 3 }, t("sum")), h("td", { data: { value: unit.value } }, number(unit.value, 6))))));
}

/** The window, and who won. */
async function poolPart(/** @type {HTMLElement} */ parts, /** @type {any} */ unit, /** @type {any} */ route) {
  const planes = Array.isArray(unit.values[0]?.[0]) ? unit.values : [Array.isArray(unit.values[0]) ? unit.values : [unit.values]];
  const cells = unit.cells.map((/** @type {any} */ axis) => axis.flat(3));
  const [height, width] = [planes[0].length, planes[0][0].length];
  const spot = (/** @type {number} */ p, /** @type {number} */ y, /** @type {number} */ x) => (p * height + y) * width + x;
  const won = (/** @type {number} */ k) => unit.winner && unit.winner.every((/** @type {number} */ one, /** @type {number} */ a) => cells[a][k] === one);
  const figure = h("figure", { class: "patch" });
  parts.append(figure, ...planes.map((/** @type {any} */ plane, /** @type {number} */ p) =>
    grid(plane, { caption: planes.length > 1 ? t("kernel_frame", { frame: p }) : t("window"), kind: "input",
      open: (y, x) => openRead(unit, route, spot(p, y, x)), marked: (y, x) => (won(spot(p, y, x)) ? "won" : "") })),
    h("p", {}, unit.winner ? t("number.winner", { cell: unit.winner.join(",") }) : t("number.mean", { divisor: unit.divisor ?? "" })));
  if (!unit.origin) return;
  const rows = cells.length >= 2 ? cells.slice(-2) : [[0], cells[0]];
  const mark = { top: Math.min(...rows[0]), bottom: Math.max(...rows[0]), left: Math.min(...rows[1]), right: Math.max(...rows[1]), kind: "input" };
  const made = madeBy(unit.origin, unravel(unit.reads.find((/** @type {number} */ one) => one >= 0), unit.origin.shape));
  if (made.length === 1) show(figure, await sourceMap(made[0].layer, cellOf(made[0].index).c, cellOf(made[0].index).f, [mark], route, unit), await ownMap(unit, route));
}

/** f(x). */
async function functionPart(/** @type {HTMLElement} */ parts, /** @type {any} */ unit, /** @type {any} */ route) {
  parts.append(h("p", { class: "formula" }, `${unit.function ?? "ReLU"}(`,
    h("button", { class: "number input", data: { value: unit.input }, onclick: () => openRead(unit, route, 0) }, number(unit.input, 6)), ") = ",
    h("span", { data: { value: unit.value } }, number(unit.value, 6))));
}

/** Where a number was before it was moved. */
async function movedPart(/** @type {HTMLElement} */ parts, /** @type {any} */ unit, /** @type {any} */ route) {
  parts.append(h("p", { class: "formula" }, t("number.moved"), " ",
    h("button", { class: "number input", data: { value: unit.value }, onclick: () => openRead(unit, route, 0) },
      `[${(unit.source ?? []).join(", ")}]`)));
}

/** Any other kind: what it says of itself, and its inputs. */
async function inputsPart(/** @type {HTMLElement} */ parts, /** @type {any} */ unit, /** @type {any} */ route) {
  const found = await get("document", { state: route.state, layer: route.layer, at: unit.index.join(","), language: route.language });
  parts.append(document_(found.html));
  if (!unit.reads) return;
  const shown = unit.reads.slice(0, 4 * NAMED);
  parts.append(h("p", {}, t(unit.reads.length === 1 ? "number.read" : "number.reads", { count: unit.reads.length }), " ",
    shown.map((/** @type {number} */ flat, /** @type {number} */ k) => (flat < 0 || !unit.origin ? null
      : h("button", { class: "number input", onclick: () => openRead(unit, route, k) }, `[${unravel(flat, unit.origin.shape).join(", ")}]`)))));
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
    h("a", { href: to.address({ ...route, layer: one.layer, at: one.index }) }, `${one.layer} = ${number(one.value, 5)}`), " "]));
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
    h("th", { scope: "row" }, h("button", { class: "number gradient", onclick: () => open(part) }, `δ ${part.layer}[${part.place.join(", ")}]`)),
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
    const value = maps.map(c, f).value(y, x);
    rows.push(h("tr", {}, h("th", { scope: "row" }, h("button", { class: "number input", onclick: () => to({ ...route, view: one.layer === "input" ? "pixel" : "number", layer: one.layer, at: one.index }) },
      `${one.layer}[${one.index.join(", ")}]`)), h("td", { class: "input", data: { value } }, number(value, 6))));
  }
  show(main, h("h1", {}, t("sum.title", { layer: route.layer ?? "" })), h("p", {}, t("sum.text")),
    h("table", { class: "sums" }, h("tbody", {}, rows, h("tr", { class: "total" }, h("th", { scope: "row" }, t("sum")), h("td", {}, number(unit.input ?? unit.torch, 6))))));
}

/** A pixel: the end of every way. @param {HTMLElement} main @param {import("./route.js").Route} route */
export async function pixelView(main, route) {
  const [picture, overview] = await Promise.all([pictureOf(route.state), get("overview", { state: route.state, language: route.language })]);
  const { c, f, y, x } = cellOf(route.at ?? [0, 0, 0, 0]);
  const maps = await mapsOf(route.state, "input", "", c);
  const value = maps.map(c, Math.min(f, maps.size[1] - 1)).value(y, x);
  const mark = { top: y, bottom: y, left: x, right: x, kind: "input" };
  const own = picture?.frame(Math.min(f, picture.frames - 1));
  const move = (/** @type {number} */ row, /** @type {number} */ column) => to({ ...route, at: indexOf(overview.input_shape, { c, f, y: row, x: column }) });
  /** @type {any[]} */
  const said = [];
  if (own && picture?.exact && picture.normalisation) {
    const raw = own.bytes[Math.min(c, picture.channels - 1) * picture.height * picture.width + y * picture.width + x];
    const { mean, std } = picture.normalisation;
    said.push(h("p", { class: "formula" }, "(", h("span", { class: "input", data: { value: raw } }, raw), ` − ${number(mean[c])}) / ${number(std[c])} = `,
      h("output", { class: "value", data: { value } }, number(value, 6))), h("p", {}, t("pixel.text", { mean: number(mean[c]), std: number(std[c]) })));
  } else said.push(h("p", { class: "formula" }, h("output", { class: "value", data: { value } }, number(value, 6))), h("p", {}, t("pixel.number")));
  show(main, h("h1", {}, t("pixel.title", { channel: c, row: y, column: x })),
    own ? mapView(own, { label: t("input"), marks: [mark], size: 300, cursor: [y, x], open: move }) : null, said,
    h("p", { class: "links" }, h("a", { href: to.address({ ...route, view: "what-if", layer: null, at: null, trail: [] }) }, t("pixel.change"))));
}

/** Everything that `explain` tells of it. @param {HTMLElement} main @param {import("./route.js").Route} route */
export async function derivationView(main, route) {
  const found = await get("document", { state: route.state, layer: route.layer, at: route.at?.join(","), weight: route.weight,
    delta: route.at ? 1 : null, language: route.language });
  show(main, document_(found.html));
}
