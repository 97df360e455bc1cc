// Convolutions that work together: a bottleneck, a (2+1)D pair, depthwise and pointwise; and the fields of view.

import { get } from "./api.js";
import { h, show } from "./dom.js";
import { mapView } from "./maps.js";
import { pictureOf } from "./maps_of.js";
import { bar, block } from "./plots.js";
import { to } from "./route.js";
import { opensTo } from "./sources.js";
import { by, count, number, t } from "./text.js";

/** @param {string} name */
const above = (name) => name.split(".").slice(0, -1).join(".");
/** @param {any} layer */
const kernelOf = (layer) => (layer.parameters.weight ?? []).slice(2);
/** @param {any} layer */
const size = (layer) => layer.parameters.weight.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1);
/** @param {any} layer */
const groups = (layer) => layer.input_shape[1] / layer.parameters.weight[1];
/** @param {any[]} layers */
const convolutions = (layers) => layers.filter((one) => (one.parameters.weight ?? []).length > 2 && one.kind !== "transposed_convolution");

/** Parts of the network with two convolutions or more; the whole where it has no parts. @param {any} network */
export function blocksOf(network) {
  const all = convolutions(network.layers);
  const names = [...new Set(all.flatMap((/** @type {any} */ one) => [above(one.name), above(above(one.name))]))].filter(Boolean);
  const found = names.filter((name) => { const own = inside(all, name).length; return own > 1 && own <= 6; });
  return found.length || all.length < 2 ? found : [""];
}

/** @param {any[]} layers @param {string} name */
const inside = (layers, name) => layers.filter((one) => !name || one.name.startsWith(`${name}.`));

/** The block that a layer stands in. @param {any} network @param {string} layer */
export function blockOf(network, layer) {
  return blocksOf(network).filter((one) => layer.startsWith(`${one}.`)).sort((a, b) => b.length - a.length)[0] ?? null;
}

/** @param {HTMLElement} main @param {import("./route.js").Route} route */
export async function blockView(main, route) {
  const [network, figures] = await Promise.all([get("overview", { state: route.state, language: route.language }), get("figures", { state: route.state })]);
  const blocks = blocksOf(network), name = route.layer ?? blocks[0] ?? "";
  const own = convolutions(inside(network.layers, name));
  const pick = blocks.length > 1 ? h("p", {}, h("label", { for: "block" }, t("block.choose"), " "), h("select", { id: "block", onchange: (/** @type {any} */ event) => to({ ...route, layer: event.target.value }) },
    blocks.map((one) => h("option", { value: one, selected: one === name }, one)))) : null;
  if (!own.length) return show(main, h("h1", {}, t("block")), h("p", {}, t("block.none")));
  const widest = Math.max(...own.flatMap((one) => [one.input_shape[1], one.shape[1]]));
  const most = Math.max(...own.map(size));
  show(main, h("h1", {}, t("block"), name ? `: ${name}` : ""), pick, h("p", { class: "hint" }, t("block.text")),
    h("div", { class: "equation scroll", tabindex: 0, role: "region", "aria-label": t("block") }, own.flatMap((one, i) => [i ? h("span", { class: "sign", "aria-hidden": "true" }, "→") : channels(one.input_shape[1], widest), card(one, route, figures, most), channels(one.shape[1], widest)])),
    comparisons(own).map((one) => compared(one)),
    own.length && !comparisons(own).length ? h("p", {}, t("block.plain", { parameters: count(own.reduce((sum, one) => sum + size(one), 0)) })) : null);
}

/** So many channels, as a column. @param {number} own @param {number} widest */
function channels(own, widest) {
  return h("div", { class: "channels" }, h("div", { style: { height: `${Math.max(4, (120 * own) / widest)}px` } }), h("p", {}, count(own)));
}

/** @param {any} layer @param {any} route @param {any} figures @param {number} most */
function card(layer, route, figures, most) {
  const kernel = kernelOf(layer), [frames, rows, columns] = kernel.length === 3 ? kernel : [1, ...(kernel.length === 2 ? kernel : [1, kernel[0]])];
  const found = figures.layers[layer.name];
  return h("section", { class: "card convolution", "aria-label": layer.name }, h("h2", {}, h("a", { href: to.address({ ...route, view: "layer", layer: layer.name, at: null, trail: [] }) }, layer.name)),
    h("p", {}, `${by(kernel)}${groups(layer) > 1 ? `, ${t("block.groups", { groups: groups(layer) })}` : ""}`), block(frames, rows, columns, t("block.kernel", { size: by(kernel) })),
    bar(size(layer), most, "weight"), h("p", { class: "figures" }, h("span", { class: "weight" }, found?.formula ?? count(size(layer)))), found?.macs ? h("p", { class: "figures" }, t("block.macs", { macs: count(found.macs) })) : null);
}

/** What could stand in a row of convolutions' place, worked out. @param {any[]} own @returns {{key: string, own: number, other: number, formula: string, facts: any}[]} */
function comparisons(own) {
  const found = [];
  for (let i = 0; i + 1 < own.length; i++) {
    const [a, b, c] = [own[i], own[i + 1], own[i + 2]], [first, second] = [kernelOf(a), kernelOf(b)];
    const [from, mid, into] = [a.input_shape[1], a.shape[1], b.shape[1]];
    const next = mid === b.input_shape[1], one = (/** @type {number[]} */ kernel) => kernel.every((side) => side === 1);
    if (!next) continue;
    if (first.length === 3 && first[0] === 1 && second[0] > 1 && second[1] === 1 && second[2] === 1 && first[1] > 1) {
      const other = from * into * second[0] * first[1] * first[2];
      found.push({ key: "two_plus_one", own: size(a) + size(b), other, formula: `${second[0]}·${first[1]}·${first[2]}·${from}·${into} = ${count(other)}`, facts: { own: `${by(first)} + ${by(second)}`, other: by([second[0], first[1], first[2]]), mid } });
    } else if (groups(a) > 1 && groups(a) === from && one(second)) {
      const other = from * into * first.reduce((/** @type {number} */ x, /** @type {number} */ y) => x * y, 1);
      found.push({ key: "depthwise", own: size(a) + size(b), other, formula: `${first.join("·")}·${from}·${into} = ${count(other)}`, facts: { other: by(first) } });
    } else if (c && one(first) && !one(second) && one(kernelOf(c)) && mid < c.shape[1] && groups(b) === 1) {
      const wide = c.shape[1], other = 2 * wide * wide * second.reduce((/** @type {number} */ x, /** @type {number} */ y) => x * y, 1);
      found.push({ key: "bottleneck", own: size(a) + size(b) + size(c), other, formula: `2·${second.join("·")}·${wide}·${wide} = ${count(other)}`, facts: { narrow: mid, wide, other: by(second) } });
    }
  }
  return found;
}

/** @param {{key: string, own: number, other: number, formula: string, facts: any}} one */
function compared(one) {
  const most = Math.max(one.own, one.other);
  const row = (/** @type {string} */ name, /** @type {number} */ value, /** @type {string} */ told) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "weight", data: { value } }, told), h("td", { class: "wide" }, bar(value, most, "weight")));
  return h("section", {}, h("h2", {}, t(`block.${one.key}`, one.facts)), h("p", {}, t(`block.${one.key}.text`, one.facts)),
    h("table", { class: "sums" }, h("caption", {}, t("block.weights")), h("tbody", {}, row(t("block.here"), one.own, count(one.own)), row(t(`block.${one.key}.other`, one.facts), one.other, one.formula))),
    h("p", {}, t("block.ratio", { ratio: number(one.other / one.own, 3) })));
}

const NESTED = 14;

/** What one number of each layer sees, each layer's around that of the one before. @param {HTMLElement} main @param {import("./route.js").Route} route */
export async function fieldView(main, route) {
  const [network, picture] = await Promise.all([get("overview", { state: route.state, language: route.language }), pictureOf(route.state)]);
  const placed = network.layers.filter((/** @type {any} */ one) => one.kind && one.shape.length > 3 && one.shape.at(-1) > 1);
  const step = Math.max(1, Math.ceil(placed.length / NESTED));
  const layers = placed.filter((/** @type {any} */ _, /** @type {number} */ i) => i % step === 0 || i === placed.length - 1);
  const units = await Promise.all(layers.map((/** @type {any} */ one) => {
    const at = one.shape.map((/** @type {number} */ side, /** @type {number} */ axis) => (axis === 1 ? 0 : axis === 0 && one.shape.length !== 4 ? 0 : axis ? Math.floor(side / 2) : 0));
    return get("field", { state: route.state, layer: one.name, at: at.join(",") }).catch(() => null);
  }));
  const seen = layers.flatMap((/** @type {any} */ one, /** @type {number} */ i) => {
    const clipped = units[i]?.receptive_field?.clipped;
    const [rows, columns] = clipped ? clipped.slice(-2) : [];
    return rows && columns ? [{ layer: one, unit: units[i], clipped, mark: { top: rows[0], bottom: rows[1], left: columns[0], right: columns[1], kind: "field" } }] : [];
  });
  const at = Math.max(0, Math.min(seen.length - 1, route.step ?? seen.length - 1));
  const open = (/** @type {any} */ one) => to.address({ ...route, view: "number", layer: one.layer.name, at: one.unit.index, step: null, trail: [] });
  const row = (/** @type {any} */ one, /** @type {number} */ i) => h("tr", { class: i === at ? "chosen" : "" }, h("th", { scope: "row" }, h("button", { onclick: () => to({ ...route, step: i }) }, one.layer.name)),
    h("td", {}, one.layer.kind_name), h("td", { class: "gradient" }, by(one.clipped.map((/** @type {any} */ span) => (span ? span[1] - span[0] + 1 : "?")))), h("td", {}, opensTo(one.layer.name, one.unit.index, route) ? h("a", { href: open(one) }, `[${one.unit.index.join(", ")}]`) : `[${one.unit.index.join(", ")}]`));
  show(main, h("h1", {}, t("fields")), h("p", { class: "hint" }, t("fields.text")), h("div", { class: "parts" },
    picture && seen.length ? mapView(picture.frame(Math.floor(picture.frames / 2)), { label: t("number.sees"), marks: seen.slice(0, at + 1).map((/** @type {any} */ one) => one.mark), size: 360 }) : null,
    h("table", { class: "sums" }, h("thead", {}, h("tr", {}, [t("layer"), t("fields.kind"), t("fields.size"), t("fields.number")].map((head) => h("th", { scope: "col" }, head)))), h("tbody", {}, seen.map(row)))));
}
