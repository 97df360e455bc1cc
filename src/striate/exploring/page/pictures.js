// Pictures of the kinds that are no patch and no window: functions, norms, shares, states, shifts, sums of cells.

import { h, show } from "./dom.js";
import { grid, mapView } from "./maps.js";
import { mapsOf } from "./maps_of.js";
import { bar, histogram, scatter } from "./plots.js";
import { openMade, openRead, opensMade, opensRead, opensTo, ownMap, readButton, sourceMap, weightLink } from "./sources.js";
import { to } from "./route.js";
import { cellOf, madeBy, ravel, unravel } from "./shapes.js";
import { count, full, number, t } from "./text.js";

const NAMED = 12, MOST = 4096;

/** The maps that a number's own map was made of, cell by cell. @param {any} unit @param {any} route */
async function pairs(unit, route) {
  const same = unit.origin && String(unit.origin.shape) === String(unit.output_shape);
  const flat = same ? ravel(unit.index, unit.output_shape) : unit.reads?.find((/** @type {number} */ one) => one >= 0);
  const cell = cellOf(unit.index), own = (await mapsOf(route.state, route.layer, "", cell.c)).map(cell.c, cell.f);
  const made = unit.origin && flat !== undefined ? madeBy(unit.origin, unravel(flat, unit.origin.shape)) : [];
  /** @type {number[]} */
  const ys = [], xs = [];
  const from = made.length === 1 ? cellOf(made[0].index) : null;
  const before = from && (await mapsOf(route.state, made[0].layer, "", from.c)).map(from.c, from.f);
  if (own.missing || before?.missing) return { xs: null, ys, source: made.length === 1 ? made[0] : null };
  const step = Math.max(1, Math.floor((own.height * own.width) / MOST));
  for (let i = 0; i < own.height * own.width; i += step) {
    const [y, x] = [Math.floor(i / own.width), i % own.width];
    ys.push(own.value(y, x) ?? 0);
    if (before && before.height === own.height && before.width === own.width) xs.push(before.value(y, x) ?? 0);
  }
  return { xs: xs.length === ys.length ? xs : null, ys, source: made.length === 1 ? made[0] : null };
}

/** f(x), among all numbers of the map. */
export async function functionPart(/** @type {HTMLElement} */ parts, /** @type {any} */ unit, /** @type {any} */ route) {
  parts.append(h("p", { class: "formula" }, `${unit.function ?? "ReLU"}(`, inputButton(unit, route), ") = ", h("span", { data: { value: unit.value } }, number(unit.value, 6))));
  await around(parts, unit, route);
}

/** The map before, the map now, and each number against the one that it became. @param {HTMLElement} parts @param {any} unit @param {any} route */
async function around(parts, unit, route) {
  const { xs, ys, source } = await pairs(unit, route);
  const figure = h("figure", { class: "patch" });
  parts.append(figure);
  const views = [];
  if (source) {
    const { c, f, y, x } = cellOf(source.index);
    views.push(await sourceMap(source.layer, c, f, [{ top: y, bottom: y, left: x, right: x, kind: "input" }], route, unit));
  }
  views.push(await ownMap(unit, route));
  if (xs) views.push(scatter(xs, ys, { x: unit.input, y: unit.value, label: t("number.of_map") }));
  show(figure, views);
}

/** @param {any} unit @param {any} route */
function inputButton(unit, route) {
  const made = unit.origin ? madeBy(unit.origin, unit.index) : [];
  const own = unit.reads?.length === 1 ? () => openRead(unit, route, 0) : () => openMade(made, unit, route);
  if (!(unit.reads?.length === 1 ? opensRead(unit, route, 0) : opensMade(made, route))) return h("span", { class: "input", data: { value: unit.input } }, number(unit.input, 6));
  return h("button", { class: "number input", data: { value: unit.input }, onclick: own }, number(unit.input, 6));
}

/** γ·(x − μ)/√(v + ε) + β: the numbers that share μ and v, before and after. */
export async function normPart(/** @type {HTMLElement} */ parts, /** @type {any} */ unit, /** @type {any} */ route) {
  const scale = 1 / Math.sqrt(unit.variance + unit.epsilon), std = Math.sqrt(unit.variance);
  const learnt = (/** @type {string} */ name, /** @type {number} */ value) => h("span", { class: "weight", data: { value }, title: full(value) }, name, " ", number(value));
  const given = (/** @type {string} */ name, /** @type {number} */ value) => h("span", { class: "product", data: { value }, title: full(value) }, name, " ", number(value));
  parts.append(h("section", {}, h("p", { class: "formula" }, unit.centred ? "y = γ·(x − μ)/√(v + ε) + β" : "y = γ·x/√(v + ε)"),
    h("p", { class: "formula" }, h("span", {}, "x "), inputButton(unit, route), " ", unit.centred ? given("μ", unit.mean) : null, " ", given("v", unit.variance), " ", given("ε", unit.epsilon), " ", learnt("γ", unit.weight), " ", unit.centred ? learnt("β", unit.bias) : null),
    h("ol", {}, unit.centred ? h("li", {}, `x − μ = ${number(unit.input - unit.mean)}`) : null,
      h("li", {}, `${unit.centred ? "(x − μ)" : "x"}/√(v + ε) = ${number((unit.input - (unit.centred ? unit.mean : 0)) * scale)}`),
      h("li", {}, "y = ", h("span", { class: "value", data: { value: unit.value } }, number(unit.value, 6)))),
    h("p", {}, t(unit.of_batch ? "norm.of_input" : "norm.gathered", { count: count(unit.of_batch) }))));
  const { xs, ys } = await pairs(unit, route);
  const before = unit.centred ? [{ at: unit.mean, text: "μ", kind: "product" }, { at: unit.mean - std, text: "μ − √v", kind: "product" }, { at: unit.mean + std, text: "μ + √v", kind: "product" }] : [];
  const after = unit.centred ? [{ at: unit.bias, text: "β", kind: "weight" }, { at: unit.bias - unit.weight, text: "β − γ", kind: "weight" }, { at: unit.bias + unit.weight, text: "β + γ", kind: "weight" }] : [];
  const places = h("figure", { class: "patch" });
  if (xs) places.append(histogram(xs, [...before, { at: unit.input, text: "x", kind: "input" }], t("norm.before")), h("span", { class: "sign" }, "→"));
  if (ys.length) places.append(histogram(ys, [...after, { at: unit.value, text: "y", kind: "gradient" }], t("norm.after")));
  parts.append(places);
  await around(parts, unit, route);
}

/** Each number of the axis, its exponential, its share. */
export async function softmaxPart(/** @type {HTMLElement} */ parts, /** @type {any} */ unit, /** @type {any} */ route) {
  const largest = Math.max(...unit.inputs), powers = unit.inputs.map((/** @type {number} */ x) => Math.exp(x - largest));
  const sum = powers.reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b, 0);
  const order = unit.inputs.map((/** @type {number} */ _, /** @type {number} */ i) => i).sort((/** @type {number} */ a, /** @type {number} */ b) => powers[b] - powers[a]);
  const shown = [...new Set([...order.slice(0, NAMED), unit.at])];
  const each = unit.reads?.length === unit.inputs.length;
  const rows = shown.map((i) => h("tr", { class: i === unit.at ? "right chosen" : "" }, h("th", { scope: "row" }, i),
    h("td", { class: "input", data: { value: unit.inputs[i] } }, each ? readButton(unit, route, i, number(unit.inputs[i])) : number(unit.inputs[i])),
    h("td", { data: { value: powers[i] } }, number(powers[i])), h("td", { class: "product", data: { value: powers[i] / sum } }, number(powers[i] / sum)),
    h("td", { class: "wide" }, bar(powers[i], sum, "product")), unit.log ? h("td", {}, number(Math.log(powers[i] / sum))) : null));
  parts.append(h("table", { class: "sums" }, h("caption", {}, t("softmax.text", { count: unit.inputs.length, largest: number(largest) })),
    h("thead", {}, h("tr", {}, ["", "x", `e^(x − ${number(largest, 3)})`, t("softmax.share"), " ", ...(unit.log ? ["log"] : [])].map((head) => (head.trim() ? h("th", { scope: "col" }, head) : h("td", {}))))),
    h("tbody", {}, rows, h("tr", { class: "total" }, h("th", { scope: "row", colspan: 2 }, t("sum")), h("td", { data: { value: sum } }, number(sum)), h("td", {}, "1"), h("td", {})))));
}

/** @type {Record<string, string[]>} */
const GATES = { RNN: ["h"], LSTM: ["i", "f", "g", "o"], GRU: ["r", "z", "n"] };

/** The layer unrolled: its state at every step, and the gates of this one. */
export async function recurrentPart(/** @type {HTMLElement} */ parts, /** @type {any} */ unit, /** @type {any} */ route) {
  const steps = unit.over_time, last = steps.length - 1, [sample, , place] = unit.index;
  const maps = await mapsOf(route.state, route.layer, "", 0);
  const own = (/** @type {number} */ f) => maps.map(0, f).value(0, place);
  const forward = unit.index[1] === unit.step && (unit.step !== last - unit.step || Math.abs((own(0) ?? 0) - steps[0]) <= Math.abs((own(last) ?? 0) - steps[0]));
  const open = (/** @type {number} */ k) => to({ ...route, at: [sample, forward ? k : last - k, place], trail: [...route.trail, `${route.layer}:${unit.index.join(",")}`].slice(-12) });
  const limit = Math.max(...steps.map(Math.abs), 1e-30);
  const boxes = steps.flatMap((/** @type {number} */ value, /** @type {number} */ k) => [k ? h("span", { class: "sign", "aria-hidden": "true" }, "→") : null,
    h("button", { class: `state ${k === unit.step ? "now" : ""}`, data: { step: k, value }, "aria-current": k === unit.step ? "step" : null, disabled: !opensTo(route.layer, [sample, forward ? k : last - k, place], route), onclick: () => open(k) },
      h("span", { class: "faint" }, t("recurrent.step", { step: k })), h("br"), `h = ${number(value, 3)}`, bar(value, limit, "product"))]);
  const gate = (/** @type {string} */ name, /** @type {number} */ i) => {
    const sum = unit.from_input[i] + unit.from_state[i], squash = name === "g" || name === "n" || name === "h" ? "tanh" : "σ";
    const kept = unit.cell === "GRU" && name === "n" ? null : sum;  // the reset gate stands inside this one
    return h("tr", {}, h("th", { scope: "row" }, `${name} `, h("span", { class: "faint" }, t(`gate.${name}`))),
      h("td", { class: "input", data: { value: unit.from_input[i] } }, number(unit.from_input[i])), h("td", { class: "weight", data: { value: unit.from_state[i] } }, number(unit.from_state[i])),
      h("td", {}, kept === null ? "r ⊙" : number(kept)), h("td", {}, squash), h("td", { class: "product", data: { value: unit.gates[i] } }, number(unit.gates[i])), h("td", { class: "wide" }, bar(unit.gates[i], 1, "product")));
  };
  parts.append(h("section", {}, h("h2", {}, t("recurrent.time")), h("div", { class: "equation scroll", tabindex: 0, role: "region", "aria-label": t("recurrent.time") }, boxes),
    h("h2", {}, t("recurrent.gates", { step: unit.step })),
    h("table", { class: "sums" }, h("thead", {}, h("tr", {}, [t("recurrent.gate"), "W·x + b", "U·h + b", t("sum"), "f", t("recurrent.opens")].map((head) => h("th", { scope: "col" }, head)), h("td", {}))), h("tbody", {}, GATES[unit.cell].map(gate))),
    h("p", { class: "formula" }, newState(unit)), h("p", {}, t("recurrent.before", { before: number(unit.before) }))));
  inputs(parts, unit, route);
}

/** The new state in numbers. @param {any} unit */
function newState(unit) {
  const g = unit.gates.map((/** @type {number} */ one) => number(one, 3));
  if (unit.cell === "LSTM") return `c = f·c + i·g = ${g[1]}·${number(unit.cell_before, 3)} + ${g[0]}·${g[2]} = ${number(unit.cell_now)};  h = o·tanh(c) = ${number(unit.value, 6)}`;
  if (unit.cell === "GRU") return `h = (1 − z)·n + z·h = (1 − ${g[1]})·${g[2]} + ${g[1]}·${number(unit.before, 3)} = ${number(unit.value, 6)}`;
  return `h = f(${number(unit.from_input[0])} + ${number(unit.from_state[0])}) = ${number(unit.value, 6)}`;
}

/** What else it is made of, each number a way on. @param {HTMLElement} parts @param {any} unit @param {any} route */
export function inputs(parts, unit, route) {
  if (!unit.reads || !unit.origin) return;
  parts.append(h("p", {}, t(unit.reads.length === 1 ? "number.read" : "number.reads", { count: unit.reads.length }), " ",
    unit.reads.slice(0, 4 * NAMED).map((/** @type {number} */ flat, /** @type {number} */ k) => (flat < 0 || !unit.origin ? null
      : readButton(unit, route, k, `[${unravel(flat, unit.origin.shape).join(", ")}]`, { class: "number input" })))));
}

/** Which frame every channel came from: a row a channel, a column a frame. */
export async function shiftPart(/** @type {HTMLElement} */ parts, /** @type {any} */ unit, /** @type {any} */ route) {
  const rows = unit.source_frames, shown = rows.length > 64 ? rows.filter((/** @type {any} */ row, /** @type {number} */ c) => c === unit.channel || c % Math.ceil(rows.length / 48) === 0) : rows;
  const numbers = shown.map((/** @type {any} */ row) => rows.indexOf(row));
  const word = (/** @type {number} */ from, /** @type {number} */ now) => (from < 0 ? "zero" : from < now ? "past" : from > now ? "future" : "same");
  const arrow = { zero: "0", past: "→", future: "←", same: "·" };
  const cell = (/** @type {number} */ from, /** @type {number} */ now, /** @type {number} */ c) => h("td", { class: `${word(from, now)} ${c === unit.channel && now === unit.frame ? "lit" : ""}`, title: t(`shift.${word(from, now)}`, { from }) }, arrow[word(from, now)]);
  parts.append(h("section", {}, h("p", {}, t("shift.here", { channel: unit.channel, frame: unit.frame }), " ", h("strong", {}, t(`shift.${word(unit.came_from, unit.frame)}`, { from: unit.came_from }))),
    unit.came_from >= 0 ? h("p", { class: "formula" }, t("number.moved"), " ", readButton(unit, route, 0, number(unit.value, 6), { class: "number input", data: { value: unit.value } })) : null,
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("shift.table") }, h("table", { class: "shift" }, h("caption", {}, t("shift.table")),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("channel_word")), rows[0].map((/** @type {number} */ _, /** @type {number} */ f) => h("th", { scope: "col" }, t("frame", { frame: f }))))),
      h("tbody", {}, shown.map((/** @type {number[]} */ row, /** @type {number} */ i) => h("tr", {}, h("th", { scope: "row" }, numbers[i]), row.map((from, now) => cell(from, now, numbers[i])))))))));
  const cells = cellOf(unit.index), maps = await mapsOf(route.state, route.layer, "", cells.c);
  const of = (/** @type {any} */ all, /** @type {number} */ f, /** @type {string} */ name) => h("div", { class: "labelled" }, h("p", {}, `${name}, ${t("frame", { frame: f })}`), mapView(all.map(cells.c, f), { label: `${name} ${f}`, size: 96,
    marks: f === (name === route.layer ? unit.frame : unit.came_from) ? [{ top: cells.y, bottom: cells.y, left: cells.x, right: cells.x, kind: name === route.layer ? "output" : "input" }] : [] }));
  const maker = unit.origin?.makers.length === 1 ? unit.origin.makers[0].layer : null;
  const before = maker ? await mapsOf(route.state, maker, "", cells.c) : null;
  const frames = Array.from({ length: Math.min(16, maps.size[1]) }, (_, f) => f);
  parts.append(h("div", {}, before && before.size[1] === maps.size[1] ? h("div", { class: "equation" }, frames.map((f) => of(before, f, maker ?? ""))) : null, h("div", { class: "equation" }, frames.map((f) => of(maps, f, route.layer)))));
}

/** A sum of cells, each with its weight: channel by channel as a patch and what it is multiplied with. */
export async function cellsPart(/** @type {HTMLElement} */ parts, /** @type {any} */ unit, /** @type {any} */ route) {
  /** @type {Map<number, number[]>} */
  const channels = new Map();
  unit.cells.forEach((/** @type {number[]} */ cell, /** @type {number} */ k) => channels.set(cell[1], [...(channels.get(cell[1]) ?? []), k]));
  const sum = (/** @type {number[]} */ all) => all.reduce((total, k) => total + unit.inputs[k] * unit.weights[k], 0);
  const order = [...channels.keys()].sort((a, b) => Math.abs(sum(channels.get(b) ?? [])) - Math.abs(sum(channels.get(a) ?? [])));
  const place = h("div", { class: "products" }), figure = h("figure", { class: "patch" });
  const choose = async (/** @type {number} */ c) => {
    const all = channels.get(c) ?? [], frames = [...new Set(all.map((k) => unit.cells[k].slice(2, -2).join(",")))];
    show(place, frames.map((frame) => planes(all.filter((k) => unit.cells[k].slice(2, -2).join(",") === frame), unit, route, frame)));
    const made = unit.origin && all.length ? madeBy(unit.origin, unit.cells[all[0]]) : [];
    const ends = (/** @type {number} */ axis) => all.map((k) => unit.cells[k].at(axis));
    const mark = { top: Math.min(...ends(-2)), bottom: Math.max(...ends(-2)), left: Math.min(...ends(-1)), right: Math.max(...ends(-1)), kind: "input" };
    const views = made.length === 1 && unit.cells[0].length > 3 ? [await sourceMap(made[0].layer, cellOf(made[0].index).c, cellOf(made[0].index).f, [mark], route, unit)] : [];
    show(figure, views, await ownMap(unit, route));
  };
  const rest = order.slice(NAMED).reduce((total, c) => total + sum(channels.get(c) ?? []), 0);
  const row = (/** @type {number} */ c) => h("tr", { data: { channel: c } }, h("th", { scope: "row" }, h("button", { onclick: () => choose(c) }, t("channel", { channel: c }))), h("td", { class: "product", data: { value: sum(channels.get(c) ?? []) } }, number(sum(channels.get(c) ?? []))));
  const biased = unit.kind === "transposed_convolution";
  const sums = h("table", { class: "sums" }, h("caption", {}, t("number.sums")), h("tbody", {}, order.slice(0, NAMED).map(row),
    order.length > NAMED ? h("tr", {}, h("th", { scope: "row" }, t("others", { count: order.length - NAMED })), h("td", { class: "product" }, number(rest))) : null,
    biased ? h("tr", {}, h("th", { scope: "row" }, weightLink(route, `bias:${unit.index[1]}`, t("bias"))), h("td", { class: "weight", data: { value: unit.bias } }, number(unit.bias))) : null,
    h("tr", { class: "total" }, h("th", { scope: "row" }, t("sum")), h("td", { data: { value: unit.value } }, number(unit.value, 6)))));
  parts.append(figure, h("div", { class: "sum" }, place, sums));
  if (order.length) await choose(order[0]);
}

/** Cells of one frame in rows and columns. @param {number[]} all @param {any} unit @param {any} route @param {string} frame */
function planes(all, unit, route, frame) {
  const along = (/** @type {number} */ axis) => [...new Set(all.map((k) => unit.cells[k].at(axis)))].sort((a, b) => a - b);
  const rows = unit.cells[0].length > 3 ? along(-2) : [0], columns = along(-1);
  const at = new Map(all.map((k) => [`${rows.length > 1 || unit.cells[0].length > 3 ? unit.cells[k].at(-2) : 0},${unit.cells[k].at(-1)}`, k]));
  const of = (/** @type {(k: number) => number} */ value) => rows.map((y) => columns.map((x) => { const k = at.get(`${y},${x}`); return k === undefined ? null : value(k); }));
  const open = (/** @type {number} */ y, /** @type {number} */ x) => { const k = at.get(`${rows[y]},${columns[x]}`); if (k !== undefined) openMade(made(k), unit, route); };
  const made = (/** @type {number} */ k) => (unit.origin ? madeBy(unit.origin, unit.cells[k]) : []);
  const opens = (/** @type {number} */ y, /** @type {number} */ x) => { const k = at.get(`${rows[y]},${columns[x]}`); return k !== undefined && opensMade(made(k), route); };
  return h("div", { class: "equation" }, frame ? h("p", { class: "faint" }, t("frame", { frame })) : null,
    grid(of((k) => unit.inputs[k]), { caption: t("patch"), kind: "input", open, opens }), h("span", { class: "sign" }, "⊙"),
    grid(of((k) => unit.weights[k]), { caption: t("cells.weights"), kind: "weight" }), h("span", { class: "sign" }, "="),
    grid(of((k) => unit.inputs[k] * unit.weights[k]), { caption: t("products"), kind: "product" }));
}

/** A 1×1 convolution: a fully connected layer at this pixel, and the same one at every other. */
export async function pointwisePart(/** @type {HTMLElement} */ parts, /** @type {any} */ unit, /** @type {any} */ route) {
  const flat = (/** @type {any} */ array) => array.map((/** @type {any} */ one) => [one].flat(5)[0]);
  const [xs, ws, products] = [flat(unit.patch), flat(unit.kernel), flat(unit.products)];
  const order = products.map((/** @type {number} */ _, /** @type {number} */ c) => c).sort((/** @type {number} */ a, /** @type {number} */ b) => Math.abs(products[b]) - Math.abs(products[a]));
  const shown = order.slice(0, NAMED), limit = Math.max(...products.map(Math.abs), 1e-30);
  const rest = order.slice(NAMED).reduce((/** @type {number} */ sum, /** @type {number} */ c) => sum + products[c], 0);
  const figure = h("figure", { class: "patch" });
  const weightAt = (/** @type {number} */ c) => [unit.index[1], c, ...unit.cells.map(() => 0)].join(",");
  const rows = shown.map((/** @type {number} */ c) => h("tr", {}, h("th", { scope: "row" }, t("channel", { channel: unit.channels[0] + c })),
    h("td", { class: "input", data: { value: xs[c] } }, readButton(unit, route, c, number(xs[c]))),
    h("td", { class: "weight", data: { value: ws[c] } }, weightLink(route, weightAt(c), number(ws[c]))),
    h("td", { class: "product", data: { value: products[c] } }, number(products[c])), h("td", { class: "wide" }, bar(products[c], limit, "product"))));
  parts.append(h("p", {}, t("pointwise.text", { channels: xs.length, filters: unit.output_shape[1] })), figure,
    h("table", { class: "sums" }, h("caption", {}, t("number.inputs", { count: xs.length })), h("thead", {}, h("tr", {}, [t("channel_word"), "x", "w", "w·x"].map((head) => h("th", { scope: "col" }, head)), h("td", {}))),
      h("tbody", {}, rows, order.length > NAMED ? h("tr", {}, h("th", { scope: "row", colspan: 3 }, t("others", { count: order.length - NAMED })), h("td", { class: "product" }, number(rest))) : null,
        h("tr", {}, h("th", { scope: "row", colspan: 3 }, weightLink(route, `bias:${unit.index[1]}`, t("bias"))), h("td", { class: "weight", data: { value: unit.bias } }, number(unit.bias))),
        h("tr", { class: "total" }, h("th", { scope: "row", colspan: 3 }, t("sum")), h("td", { data: { value: unit.value } }, number(unit.value, 6))))));
  if (!unit.origin) return;
  const [y, x] = [unit.cells.at(-2)?.flat(3)[0] ?? 0, unit.cells.at(-1).flat(3)[0]];
  const views = await Promise.all(shown.slice(0, 6).map(async (/** @type {number} */ c) => {
    const [made] = madeBy(unit.origin, unravel(unit.reads[c], unit.origin.shape));
    return made ? sourceMap(made.layer, cellOf(made.index).c, cellOf(made.index).f, [{ top: y, bottom: y, left: x, right: x, kind: "input" }], route, unit, 110) : null;
  }));
  show(figure, views, h("span", { class: "sign" }, "→"), await ownMap(unit, route));
}
