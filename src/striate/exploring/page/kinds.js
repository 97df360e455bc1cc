// What a number of each kind of layer is made of, drawn: patch and kernel, window, weights, function.

import { holds } from "./api.js";
import { h, show } from "./dom.js";
import { grid, planesOf } from "./maps.js";
import { openRead, opensRead, ownMap, readButton, sourceMap, weightLink } from "./sources.js";
import { to } from "./route.js";
import { cellOf, madeBy, unravel } from "./shapes.js";
import { full, number, t } from "./text.js";

export const NAMED = 12;

/** Patch ⊙ kernel = products, channel by channel; then their sum. */
export async function convolutionPart(/** @type {HTMLElement} */ parts, /** @type {any} */ unit, /** @type {any} */ route) {
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

/** @param {any} unit @param {any} route @param {number} c */
function oneChannel(unit, route, c) {
  const [patch, kernel, products, outside] = [unit.patch[c], unit.kernel[c], unit.products[c], unit.in_padding].map(planesOf);
  const [height, width] = [patch[0].length, patch[0][0].length];
  const first = c * patch.length * height * width;
  const spot = (/** @type {number} */ p, /** @type {number} */ y, /** @type {number} */ x) => (p * height + y) * width + x;
  const weight = (/** @type {number} */ p, /** @type {number} */ y, /** @type {number} */ x) => [filterOf(unit), c, ...(unit.cells.length === 3 ? [p] : []), ...(unit.cells.length === 1 ? [x] : [y, x])].join(",");
  return patch.map((/** @type {any} */ _, /** @type {number} */ p) => h("div", { class: "equation" },
    patch.length > 1 ? h("p", { class: "faint" }, t("kernel_frame", { frame: p })) : null,
    grid(patch[p], { caption: t("patch"), kind: "input", open: (y, x) => openRead(unit, route, first + spot(p, y, x)),
      opens: (y, x) => !outside[p][y][x] && opensRead(unit, route, first + spot(p, y, x)), marked: (y, x) => (outside[p][y][x] ? "padding" : "") }),
    h("span", { class: "sign" }, "⊙"),
    grid(kernel[p], { caption: t("kernel"), kind: "weight", open: (y, x) => to({ ...route, view: "weight", weight: weight(p, y, x) }),
      opens: (y, x) => holds("weight", { state: route.state, layer: route.layer, weight: weight(p, y, x) }) }),
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

/** Inputs times weights, those that count most. */
export async function connectedPart(/** @type {HTMLElement} */ parts, /** @type {any} */ unit, /** @type {any} */ route) {
  const order = unit.products.map((/** @type {number} */ _, /** @type {number} */ i) => i)
    .sort((/** @type {number} */ a, /** @type {number} */ b) => Math.abs(unit.products[b]) - Math.abs(unit.products[a]));
  const shown = order.slice(0, 2 * NAMED);
  const rest = order.slice(2 * NAMED).reduce((/** @type {number} */ sum, /** @type {number} */ i) => sum + unit.products[i], 0);
  const rows = shown.map((/** @type {number} */ i) => h("tr", {},
    h("th", { scope: "row" }, i),
    h("td", { class: "input", data: { value: unit.inputs[i] } }, readButton(unit, route, i, number(unit.inputs[i]))),
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
export async function poolPart(/** @type {HTMLElement} */ parts, /** @type {any} */ unit, /** @type {any} */ route) {
  const planes = planesOf(unit.values);
  const cells = unit.cells.map((/** @type {any} */ axis) => axis.flat(3));
  const [height, width] = [planes[0].length, planes[0][0].length];
  const spot = (/** @type {number} */ p, /** @type {number} */ y, /** @type {number} */ x) => (p * height + y) * width + x;
  const won = (/** @type {number} */ k) => unit.winner && unit.winner.every((/** @type {number} */ one, /** @type {number} */ a) => cells[a][k] === one);
  const figure = h("figure", { class: "patch" });
  parts.append(figure, ...planes.map((/** @type {any} */ plane, /** @type {number} */ p) =>
    grid(plane, { caption: planes.length > 1 ? t("kernel_frame", { frame: p }) : t("window"), kind: "input",
      open: (y, x) => openRead(unit, route, spot(p, y, x)), opens: (y, x) => opensRead(unit, route, spot(p, y, x)), marked: (y, x) => (won(spot(p, y, x)) ? "won" : "") })),
    h("p", {}, unit.winner ? t("number.winner", { cell: unit.winner.join(",") }) : t("number.mean", { divisor: unit.divisor ?? "" })));
  if (!unit.origin) return;
  const rows = cells.length >= 2 ? cells.slice(-2) : [[0], cells[0]];
  const mark = { top: Math.min(...rows[0]), bottom: Math.max(...rows[0]), left: Math.min(...rows[1]), right: Math.max(...rows[1]), kind: "input" };
  const made = madeBy(unit.origin, unravel(unit.reads.find((/** @type {number} */ one) => one >= 0), unit.origin.shape));
  if (made.length === 1) show(figure, await sourceMap(made[0].layer, cellOf(made[0].index).c, cellOf(made[0].index).f, [mark], route, unit), await ownMap(unit, route));
}

/** Where a number was before it was moved. */
export async function movedPart(/** @type {HTMLElement} */ parts, /** @type {any} */ unit, /** @type {any} */ route) {
  parts.append(h("p", { class: "formula" }, t("number.moved"), " ",
    readButton(unit, route, 0, `[${(unit.source ?? []).join(", ")}]`, { class: "number input", data: { value: unit.value } })));
}
