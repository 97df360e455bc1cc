// The network drawn with what it computed in it: layers in columns, branches below one another.

import { get } from "./api.js";
import { h, show } from "./dom.js";
import { mapRedraw, mapView } from "./maps.js";
import { pictureOf, thumbsOf } from "./maps_of.js";
import { to } from "./route.js";
import { standsFor } from "./saved.js";
import { indexOf } from "./shapes.js";
import { by, count, number, percent, t } from "./text.js";

/** @param {HTMLElement} main @param {import("./route.js").Route} route */
export async function overview(main, route) {
  const { state, side } = route;
  const { network, drawn, picture } = await found(route);
  const columns = columnsOf(network.layers);
  const cards = h("div", { class: "network" });
  const called = route.view === "compare" ? `${t("overview.network")}: ${network.subject}, ${network.title} (${state}${route.other === null ? "" : ", 2"})` : t("overview.network");
  cards.append(h("div", { class: "column" }, inputCard(network, picture, drawn, route)));
  for (const column of columns) {
    cards.append(h("div", { class: "column" }, column.map((layer) => card(layer, drawn[layer.name], route))));
  }
  cards.append(h("div", { class: "column" }, answerCard(network, route)));
  show(main, h("h1", { class: "unseen" }, t("overview.title", { subject: network.subject })),
    h("p", { class: "hint" }, t(side === "back" ? "overview.back" : side === "change" ? "overview.change" : "overview.hint")),
    frames(picture, route),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": called }, cards));
  main.addEventListener("drawn", () => edges(cards, network.layers));
  get("figures", { state: network.root ?? state }).then((found) => {
    figures(cards, found);
    if (cards.isConnected) edges(cards, network.layers);
  }, () => {});
}

/** What is drawn of a state: its layers, their maps (or how these have changed), its input. @param {any} route */
async function found({ state, side, language }) {
  const network = await get("overview", { state, language });
  const base = side === "change" ? network.base : null;
  const [thumbs, picture, before] = await Promise.all([thumbsOf(state, side, base), pictureOf(state), base === null ? null : thumbsOf(base, "")]);
  return { network, picture, drawn: before ? differences(thumbs, before) : thumbs };
}

/** The same cards with the numbers of another state of the same network. @param {HTMLElement} main @param {import("./route.js").Route} route */
export async function redraw(main, route) {
  const { network, drawn, picture } = await found(route);
  for (const card of main.querySelectorAll(".card[data-layer]")) {
    const name = /** @type {HTMLElement} */ (card).dataset.layer ?? "";
    const boxes = card.querySelectorAll(`[data-group]:not([data-group=""])`);
    boxes.forEach((box, i) => mapRedraw(box, drawn[name].map(i, Math.min(route.frame ?? 0, drawn[name].frames - 1))));
  }
  main.querySelector(".card.input")?.replaceWith(inputCard(network, picture, drawn, route));
  main.querySelector(".card.answer")?.replaceWith(answerCard(network, route));
}

/** Which frame of a clip the maps are of. @param {any} picture @param {any} route */
function frames(picture, route) {
  if (!picture || picture.frames < 2 || route.view !== "overview") return null;
  const slide = h("input", { type: "range", id: "frame", min: 0, max: picture.frames - 1, value: route.frame ?? 0, onchange: (/** @type {any} */ event) => to({ ...route, frame: Number(event.target.value) }) });
  return h("p", {}, h("label", { for: "frame" }, t("frame", { frame: route.frame ?? 0 }), " "), slide);
}

/** How far each layer is from the input, along the longest way. @param {any[]} layers */
export function columnsOf(layers) {
  /** @type {Map<string, number>} */
  const depth = new Map([["input", 0]]);
  /** @type {any[][]} */
  const columns = [];
  let last = 0;
  for (const layer of layers) {
    const makers = layer.origin ? layer.origin.makers.map((/** @type {any} */ one) => depth.get(one.layer) ?? 0) : [last];
    last = Math.max(...makers) + 1;
    depth.set(layer.name, last);
    (columns[last - 1] ??= []).push(layer);
  }
  return columns.filter(Boolean);
}

/** @param {any} network @param {any} picture @param {any} thumbs @param {any} route */
function inputCard(network, picture, thumbs, route) {
  const open = (/** @type {number} */ f) => (/** @type {number} */ y, /** @type {number} */ x) =>
    to({ ...route, view: "pixel", layer: "input", at: indexOf(network.input_shape, { c: 0, f, y, x }), trail: [] });
  const frames = picture
    ? Array.from({ length: picture.frames }, (_, f) =>
        mapView(picture.frame(f), { label: picture.frames > 1 ? t("frame", { frame: f }) : t("input"), open: open(f), size: picture.frames > 1 ? 64 : 112 }))
    : [];
  if (route.side === "back" && thumbs.input) {
    frames.push(...thumbs.input.channels.map((/** @type {number} */ c, /** @type {number} */ i) =>
      mapView(thumbs.input.map(i, 0), { label: `∂L/∂x ${c}`, size: 96 })));
  }
  return h("section", { class: "card input", data: { layer: "input" }, "aria-label": route.view === "compare" ? `${t("input")} (${route.state}${route.other === null ? ", 2" : ""})` : t("input") },
    h("h2", {}, t("input")), h("p", { class: "name" }, network.inputs[0]),
    h("p", {}, by(network.input_shape.slice(1))), h("div", { class: frames.length > 2 ? "maps" : "maps row" }, frames));
}

/** @param {any} layer @param {any} thumbs @param {any} route */
function card(layer, thumbs, route) {
  const open = { ...route, view: "layer", layer: layer.name, at: null, trail: [] };
  const called = route.view === "compare" ? `${layer.name} (${route.state}${route.other === null ? ", 2" : ""})` : layer.name;
  const maps = thumbs ? layerMaps(layer, thumbs, route) : h("p", { class: "faint" }, t("overview.no_gradient"));
  return h("section", { class: `card ${layer.kind ?? "unknown"}`, data: { layer: layer.name }, "aria-label": called },
    h("h2", {}, h("a", { href: to.address(open) }, layer.name)),
    h("p", { class: "kind", title: layer.text }, layer.kind_name),
    h("p", { class: "shape" }, by(layer.shape.slice(1))),
    h("p", { class: "figures", data: { figures: layer.name } }),
    maps);
}

/** @param {any} layer @param {any} thumbs @param {any} route */
function layerMaps(layer, thumbs, route) {
  const f = Math.min(route.frame ?? 0, thumbs.frames - 1);
  const row = thumbs.size[2] === 1;
  const views = thumbs.channels.map((/** @type {number} */ c, /** @type {number} */ i) => {
    const open = (/** @type {number} */ y, /** @type {number} */ x) =>
      to({ ...route, view: "number", layer: layer.name, trail: [],
           at: indexOf(layer.shape, { c, f, ...standsFor(thumbs.map(i, f), y, x) }) });
    return mapView(thumbs.map(i, f), { label: row ? layer.name : t("map", { layer: layer.name, map: c }),
      open: layer.kind ? open : undefined, size: row ? 112 : 52, group: layer.name });
  });
  const more = thumbs.size[0] - views.length;
  return h("div", { class: row ? "maps row" : "maps" }, views,
    more > 0 ? h("a", { class: "more", href: to.address({ ...route, view: "layer", layer: layer.name, at: null, trail: [] }) }, t("more_maps", { count: count(more) })) : null);
}

/** @param {any} network @param {any} route */
function answerCard(network, route) {
  if (!network.answer) return h("section", { class: "card" }, h("h2", {}, t("answer")), t("answer.none"));
  const shares = Object.entries(network.answer.probabilities).sort((a, b) => b[1] - a[1]).slice(0, 10);
  const rows = shares.map(([name, share]) =>
    h("tr", { class: name === network.label ? "right" : "" }, h("th", { scope: "row" }, name),
      h("td", { class: "bar" }, h("div", { style: { width: `${100 * share}%` } })),
      h("td", { data: { value: share } }, percent(share))));
  const loss = network.loss ? h("p", { class: "gradient" }, t("loss"), " L = ", h("span", { data: { value: network.loss.value } }, number(network.loss.value))) : null;
  return h("section", { class: "card answer", data: { layer: "answer" }, "aria-label": route.view === "compare" ? `${t("answer")} (${route.state}${route.other === null ? ", 2" : ""})` : t("answer") },
    h("h2", {}, h("a", { href: to.address({ ...route, view: "loss" }) }, t("answer"))),
    network.label !== null ? h("p", {}, t("answer.label", { label: network.label })) : null,
    h("table", { class: "answer" }, h("tbody", {}, rows)), loss);
}

/** @param {HTMLElement} cards @param {any} found */
function figures(cards, found) {
  for (const place of cards.querySelectorAll("[data-figures]")) {
    const one = found.layers[/** @type {HTMLElement} */ (place).dataset.figures ?? ""];
    if (!one) continue;
    show(place, one.formula ? h("span", { class: "weight" }, one.formula) : null,
      one.formula && one.field ? h("br") : null, one.field ? t("sees", { field: one.field }) : null);
  }
}

/** Lines from what made a layer's input to the layer. @param {HTMLElement} cards @param {any[]} layers */
function edges(cards, layers) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("class", "edges");
  drawing.setAttribute("aria-hidden", "true");
  drawing.setAttribute("width", String(cards.scrollWidth));
  drawing.setAttribute("height", String(cards.scrollHeight));
  const place = (/** @type {string} */ name) => {
    const card = /** @type {HTMLElement | null} */ (cards.querySelector(`[data-layer="${CSS.escape(name)}"]`));
    return card && { left: card.offsetLeft, right: card.offsetLeft + card.offsetWidth, y: card.offsetTop + 18 };
  };
  const pairs = layers.flatMap((layer) => (layer.origin?.makers ?? []).map((/** @type {any} */ one) => [one.layer, layer.name, layer.origin.how]));
  if (layers.length) pairs.push([layers[layers.length - 1].name, "answer", "same"]);
  for (const [from, into, how] of pairs) {
    const a = place(from), b = place(into);
    if (!a || !b) continue;
    const line = document.createElementNS(space, "path");
    const bend = Math.max(12, (b.left - a.right) / 2);
    const below = b.left - a.right > 60 ? Math.max(a.y, b.y) - 26 : null;
    line.setAttribute("d", below === null
      ? `M${a.right},${a.y} C${a.right + bend},${a.y} ${b.left - bend},${b.y} ${b.left},${b.y}`
      : `M${a.right},${a.y} C${a.right + 20},${below} ${a.right + 20},${below} ${a.right + 40},${below} L${b.left - 40},${below} C${b.left - 20},${below} ${b.left - 20},${below} ${b.left},${b.y}`);
    line.setAttribute("class", how === "sum" ? "sum" : "");
    drawing.append(line);
  }
  cards.querySelector("svg.edges")?.remove();
  cards.prepend(drawing);
}

/** What another state changed, as maps. @param {any} now @param {any} before */
function differences(now, before) {
  /** @type {any} */
  const found = {};
  for (const [name, one] of Object.entries(now)) {
    const was = before[name];
    if (!was) continue;
    found[name] = {
      ...one,
      map: (/** @type {number} */ i, /** @type {number} */ f) => {
        const mine = one.map(i, f);
        const old = was.map(i, f);
        return { ...mine, value: (/** @type {number} */ y, /** @type {number} */ x) => mine.value(y, x) - old.value(y, x) };
      },
    };
  }
  return found;
}
