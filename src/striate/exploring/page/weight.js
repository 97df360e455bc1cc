// One weight: its gradient as a sum of terms, as an entry of a product of matrices, and its update.

import { get, offline } from "./api.js";
import { h, show } from "./dom.js";
import { grid, mapView } from "./maps.js";
import { to } from "./route.js";
import { opensTo } from "./sources.js";
import { count, full, number, t } from "./text.js";

/** @param {HTMLElement} main @param {import("./route.js").Route} route */
export async function weightView(main, route) {
  const found = await get("weight", { state: route.state, layer: route.layer, weight: route.weight, language: route.language });
  const name = `${found.parameter === "weight" ? "w" : found.parameter}[${found.weight.join(", ")}]`;
  show(main,
    h("h1", {}, `${route.layer} `, h("span", { class: "weight" }, name), " = ", h("output", { class: "value weight", data: { value: found.value }, title: full(found.value) }, number(found.value, 6))),
    h("p", { class: "formula" }, `∂L/∂${found.parameter === "weight" ? "w" : "b"} = `, h("output", { class: "value gradient", data: { value: found.total }, title: full(found.total) }, number(found.total, 6))),
    h("p", { class: "faint" }, t("weight.checked", { difference: number(found.checks[0].difference, 2) })),
    terms(found, route),
    termsMap(found, route),
    found.matrix_entry ? matrix(found.matrix_entry) : null,
    found.update ? update(found.update) : h("p", { class: "faint" }, t("update.none")),
    h("p", { class: "links" },
      offline ? null : h("a", { href: to.address({ ...route, view: "derivation", at: null }) }, t("number.derivation")),
      h("a", { href: to.address({ ...route, view: "layer", weight: null, at: null }) }, t("number.layer", { layer: route.layer ?? "" }))));
}

/** @param {any} found @param {any} route */
function terms(found, route) {
  const rest = found.total - found.largest.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.value, 0);
  const trail = [...route.trail, `${route.layer}:w${found.weight.join(",")}`].slice(-12);
  const rows = found.largest.map((/** @type {any} */ one) => {
    const output = [one.sample, found.weight[0], ...one.output_position];
    const open = () => to({ ...route, view: "number", side: "back", layer: one.layer, at: output, weight: null, trail });
    const conv = one.output_position.length > 0;
    return h("tr", {}, h("th", { scope: "row" }, conv && opensTo(one.layer, output, route) ? h("button", { class: "number gradient", onclick: open }, `δ[${output.join(", ")}]`) : `δ[${one.sample}, ${found.weight[0]}]`),
      h("td", { class: "gradient", data: { value: one.upstream } }, number(one.upstream)),
      h("td", { class: "input", data: { value: one.seen } }, number(one.seen)),
      h("td", { class: "product", data: { value: one.value } }, number(one.value)));
  });
  return h("table", { class: "sums" }, h("caption", {}, t("weight.terms", { shown: found.largest.length, count: count(found.count) })),
    h("thead", {}, h("tr", {}, [t("weight.where"), "δ", "x", "δ·x"].map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, rows,
      found.count > found.largest.length ? h("tr", {}, h("th", { scope: "row", colspan: 3 }, t("others", { count: count(found.count - found.largest.length) })), h("td", { class: "product" }, number(rest))) : null,
      h("tr", { class: "total" }, h("th", { scope: "row", colspan: 3 }, t("sum")), h("td", { class: "gradient", data: { value: found.total } }, number(found.total, 6)))));
}

/** δ ⊙ what the weight met = terms, place by place. @param {any} found @param {any} route */
function termsMap(found, route) {
  const use = found.uses[0];
  const two = use?.terms && Array.isArray(use.terms[0]?.[0]) && !Array.isArray(use.terms[0][0][0]);
  if (!two) return null;
  const views = [["δ", use.upstream, "gradient"], ["x", use.input, "input"], ["δ·x", use.terms, "product"]].map(([name, all, kind]) => {
    const plane = all[0];
    const limit = Math.max(1e-30, ...plane.flat().map(Math.abs));
    const drawn = { height: plane.length, width: plane[0].length, limit, value: (/** @type {number} */ y, /** @type {number} */ x) => plane[y]?.[x] ?? null };
    const open = name === "δ" && found.weight.length > 2
      ? (/** @type {number} */ y, /** @type {number} */ x) => to({ ...route, view: "number", side: "back", layer: use.layer, at: [0, found.weight[0], y, x], weight: null }) : undefined;
    return h("div", { class: `labelled ${kind}` }, h("p", {}, String(name)), mapView(drawn, { label: String(name), size: 200, open }));
  });
  return h("section", {}, h("h2", {}, t("weight.places")), h("div", { class: "equation" },
    views[0], h("span", { class: "sign" }, "⊙"), views[1], h("span", { class: "sign" }, "="), views[2]));
}

/** δ · U, the row and the column lit. @param {any} form */
function matrix(form) {
  const [row, , column] = form.starts;
  const [y, x] = [form.row - row, form.column - column];
  return h("section", {}, h("h2", {}, "∂L/∂W = δ · U"),
    h("p", {}, t("weight.matrix", { row: form.row, column: form.column, delta: form.delta_shape.join("×"), patches: form.patches_shape.join("×") })),
    h("div", { class: "equation scroll", tabindex: 0 },
      grid(form.delta, { caption: "δ", kind: "gradient", digits: 2, marked: (r) => (r === y ? "lit" : "") }),
      h("span", { class: "sign" }, "·"),
      grid(form.patches, { caption: "U", kind: "input", digits: 2, marked: (_, c) => (c === x ? "lit" : "") }),
      h("span", { class: "sign" }, "="),
      grid(form.product, { caption: "∂L/∂W", kind: "product", digits: 2, marked: (r, c) => (r === y && c === x ? "lit" : "") })));
}

/** @param {any} change */
function update(change) {
  const planes = Array.isArray(change.kernel_old?.[0]?.[0]) ? null : Array.isArray(change.kernel_old?.[0]) ? change.kernel_old : null;
  return h("section", { class: "update" }, h("h2", {}, t("update", { rule: change.rule })),
    h("p", { class: "formula" }, h("span", { class: "weight", data: { value: change.old } }, number(change.old, 8)), " → ",
      h("output", { class: "value weight", data: { value: change.new } }, number(change.new, 8))),
    h("p", {}, t("update.text", { change: number(change.new - change.old), rate: number(change.settings.rate) })),
    planes ? h("div", { class: "equation" },
      grid(change.kernel_old, { caption: t("update.old"), kind: "weight" }), h("span", { class: "sign" }, "→"),
      grid(change.kernel_new, { caption: t("update.new"), kind: "weight" })) : null);
}
