// One layer: all its maps, and the kernels of one filter.

import { get, holds, offline } from "./api.js";
import { blockOf } from "./blocks.js";
import { h, show } from "./dom.js";
import { grid, mapView, planesOf } from "./maps.js";
import { mapsOf, PAGE } from "./maps_of.js";
import { to } from "./route.js";
import { indexOf } from "./shapes.js";
import { by, count, t } from "./text.js";

/** @param {HTMLElement} main @param {import("./route.js").Route} route */
export async function layerView(main, route) {
  const { state, side } = route;
  const layer = route.layer ?? "";
  const first = Math.floor((route.step ?? 0) / PAGE) * PAGE;
  const network = await get("overview", { state, language: route.language });
  const line = network.layers.find((/** @type {any} */ one) => one.name === layer);
  const maps = await mapsOf(state, layer, side, first);
  const [channels, frames, height] = maps.size;
  const row = height === 1;
  const views = [];
  const shown = maps.channels ?? Array.from({ length: Math.min(channels, first + PAGE) - first }, (_, i) => first + i);
  for (const c of shown) {
    for (let f = 0; f < frames; f++) {
      const open = (/** @type {number} */ y, /** @type {number} */ x) => to({ ...route, view: "number", at: indexOf(line?.shape ?? [], { c, f, y, x }), trail: [] });
      views.push(h("div", { class: "labelled" },
        h("p", {}, row ? "" : frames > 1 ? t("map_frame", { map: c, frame: f }) : String(c)),
        mapView(maps.map(c, f), { label: row ? layer : t("map", { layer, map: c }), open: line?.kind ? open : undefined, size: row ? 320 : frames > 1 ? 72 : 104 })));
    }
  }
  show(main,
    h("h1", {}, layer), h("p", {}, h("strong", {}, line?.kind_name ?? ""), " ", line?.text ?? ""),
    h("p", {}, by(line?.shape.slice(1) ?? []), " ", h("span", { data: { figures: layer }, class: "figures" })),
    maps.channels && shown.length < Math.min(channels, first + PAGE) - first ? h("p", { class: "hint" }, t("saved.maps", { shown: shown.length, count: Math.min(channels, first + PAGE) - first })) : null,
    h("div", { class: "maps all" }, views),
    blockOf(network, layer) !== null ? h("p", { class: "links" }, h("a", { href: to.address({ ...route, view: "block", layer: blockOf(network, layer), at: null }) }, t("block.of", { block: blockOf(network, layer) ?? "" }))) : null,
    channels > PAGE ? pages(route, channels, first) : null,
    line?.parameters.weight && line.parameters.weight.length > 1 ? await filterPart(route, line) : null);
  get("figures", { state }).then((found) => {
    const one = found.layers[layer];
    const place = main.querySelector("[data-figures]");
    if (one && place) show(place, one.formula ? h("span", { class: "weight" }, t("parameters", { formula: one.formula })) : null, " ", t("sees", { field: one.field }));
  }, () => {});
}

/** @param {any} route @param {number} channels @param {number} first */
function pages(route, channels, first) {
  const starts = Array.from({ length: Math.ceil(channels / PAGE) }, (_, i) => i * PAGE);
  return h("nav", { class: "pages", "aria-label": t("maps") }, starts.map((start) =>
    h("a", { href: to.address({ ...route, step: start }), "aria-current": start === first ? "page" : null }, `${start}–${Math.min(channels, start + PAGE) - 1}`)));
}

/** @param {any} route @param {any} line */
export async function filterPart(route, line) {
  const chosen = offline ? 0 : Math.min(route.frame ?? 0, line.parameters.weight[0] - 1);
  const place = h("div", { class: "maps all" });
  const draw = async (/** @type {number} */ filter) => {
    const found = await get("kernels", { state: route.state, layer: line.name, filter });
    const numbers = route.side === "back" && found.gradient ? found.gradient : found.weight;
    show(place, kernelsOf(found, numbers, route, line.name, filter));
  };
  const pick = offline ? h("span", {}, chosen) : h("input", { type: "number", min: 0, max: line.parameters.weight[0] - 1, value: chosen, id: "filter",
    onchange: (/** @type {any} */ event) => draw(Number(event.target.value)) });
  await draw(chosen);
  return h("section", {}, h("h2", {}, t(route.side === "back" ? "kernels.back" : "kernels")),
    h("p", {}, h("label", { for: "filter" }, t("filter"), " "), pick, " ", t("of", { count: count(line.parameters.weight[0]) })), place);
}

/** @param {any} found @param {any} numbers @param {any} route @param {string} layer @param {number} filter */
function kernelsOf(found, numbers, route, layer, filter) {
  const weight = (/** @type {number[]} */ rest) => to({ ...route, view: "weight", layer, weight: [filter, ...rest].join(","), at: null });
  const opens = (/** @type {number[]} */ rest) => holds("weight", { state: route.state, layer, weight: [filter, ...rest].join(",") });
  if (!Array.isArray(numbers[0])) {
    return grid(foldedRows(numbers), { caption: layer, kind: route.side === "back" ? "gradient" : "weight", digits: 2,
      open: (y, x) => weight([y * 16 + x]), opens: (y, x) => opens([y * 16 + x]) });
  }
  return numbers.slice(0, PAGE).map((/** @type {any} */ kernel, /** @type {number} */ c) => {
    const planes = planesOf(kernel);
    const rest = (/** @type {number} */ c, /** @type {number} */ p, /** @type {number} */ y, /** @type {number} */ x) => [c, ...(planes.length > 1 || found.shape.length === 5 ? [p] : []), ...(found.shape.length === 3 ? [x] : [y, x])];
    return planes.map((/** @type {any} */ plane, /** @type {number} */ p) =>
      grid(plane, { caption: planes.length > 1 ? t("map_frame", { map: c, frame: p }) : t("channel", { channel: c }),
        kind: route.side === "back" ? "gradient" : "weight", digits: 2,
        open: (y, x) => weight(rest(c, p, y, x)), opens: (y, x) => opens(rest(c, p, y, x)) }));
  });
}

/** @param {number[]} numbers */
function foldedRows(numbers) {
  return Array.from({ length: Math.ceil(numbers.length / 16) }, (_, i) => numbers.slice(16 * i, 16 * i + 16));
}
