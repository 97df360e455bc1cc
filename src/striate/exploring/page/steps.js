// The whole computation as a play: forward layer by layer, the loss, back again, and the update.

import { get } from "./api.js";
import { h, show } from "./dom.js";
import { filterPart } from "./layer.js";
import { mapView } from "./maps.js";
import { mapsOf, pictureOf, thumbsOf } from "./maps_of.js";
import { to } from "./route.js";
import { standsFor } from "./saved.js";
import { indexOf } from "./shapes.js";
import { by, number, percent, t } from "./text.js";
import { weightView } from "./weight.js";

const SECONDS = 1.6;
/** @type {any} */
let clock = null;

/** @param {HTMLElement} main @param {import("./route.js").Route} route */
export async function steps(main, route) {
  const network = await get("overview", { state: route.state, language: route.language });
  const layers = network.layers.filter((/** @type {any} */ one) => one.kind);
  const back = network.backward ? [...layers].reverse() : [];
  const learns = layers.find((/** @type {any} */ one) => (one.parameters.weight ?? []).length >= 2);
  /** @type {{kind: string, layer?: any}[]} */
  const all = [{ kind: "input" }, ...layers.map((/** @type {any} */ layer) => ({ kind: "forward", layer })), { kind: "loss" },
    ...back.flatMap((layer) => [{ kind: "back", layer }, ...(layer.parameters.weight?.length > 1 ? [{ kind: "gradient", layer }] : [])]), ...(back.length && learns ? [{ kind: "update", layer: learns }] : [])];
  const at = Math.max(0, Math.min(all.length - 1, route.step ?? 0));
  const go = (/** @type {number} */ step) => to({ ...route, step: Math.max(0, Math.min(all.length - 1, step)) });
  const play = () => {
    if (clock) { clearTimeout(clock); clock = null; }
    else if (at < all.length - 1) { clock = setTimeout(() => go(at + 1), 10); }
    show(button, clock ? t("steps.pause") : t("steps.play"));
  };
  const button = h("button", { onclick: play }, clock ? t("steps.pause") : t("steps.play"));
  const stage = h("div", { class: "stage" });
  const bar = h("input", { type: "range", min: 0, max: all.length - 1, value: at, "aria-label": t("steps"), onchange: (/** @type {any} */ event) => go(Number(event.target.value)) });
  show(main, h("h1", {}, t(`steps.${all[at].kind}`, { layer: all[at].layer?.name ?? "" })),
    h("div", { class: "buttons" }, h("button", { onclick: () => go(0), "aria-label": t("steps.first") }, "«"), h("button", { onclick: () => go(at - 1) }, t("steps.before")), button,
      h("button", { onclick: () => go(at + 1) }, t("steps.next")), bar, h("span", {}, `${at + 1} / ${all.length}`)), stage);
  await one(stage, all[at], network, route);
  if (clock) clock = at < all.length - 1 ? setTimeout(() => go(at + 1), 1000 * SECONDS) : null;
}

/** @param {HTMLElement} stage @param {any} what @param {any} network @param {any} route */
async function one(stage, what, network, route) {
  const { layer, kind } = what;
  if (kind === "input") {
    const picture = await pictureOf(route.state);
    return show(stage, h("p", {}, t("steps.input_text", { shape: by(network.input_shape.slice(1)) })), picture ? mapView(picture.frame(0), { label: t("input"), size: 240 }) : null);
  }
  if (kind === "loss") {
    const { answer, loss, label } = network;
    const rows = answer ? Object.entries(answer.probabilities).sort((a, b) => b[1] - a[1]).slice(0, 10).map(([name, share]) =>
      h("tr", { class: name === label ? "right" : "" }, h("th", { scope: "row" }, name), h("td", {}, percent(share)))) : [];
    return show(stage, h("p", {}, t("steps.loss_text")), h("table", { class: "sums" }, h("tbody", {}, rows)), loss ? h("p", { class: "formula gradient" }, `L = ${number(loss.value, 6)}`) : null);
  }
  if (kind === "gradient") {
    const kernels = await filterPart({ ...route, side: "back", frame: 0, step: null, trail: [] }, layer);
    return show(stage, h("p", {}, t("steps.gradient_text", { layer: layer.name })), kernels);
  }
  if (kind === "update") {
    const shape = layer.parameters.weight;
    const place = h("div", {});
    await weightView(place, { ...route, view: "weight", step: null, layer: layer.name, weight: shape.length === 2 ? "0,0" : ["0", "0", ...shape.slice(2).map((/** @type {number} */ side) => Math.floor(side / 2))].join(",") });
    return show(stage, h("p", {}, t("steps.update_text")), place);
  }
  const side = kind === "back" ? "back" : "";
  const makers = layer.origin?.makers ?? [];
  const parts = [];
  if (kind === "forward") for (const maker of makers.slice(0, 2)) parts.push(await small(maker.layer, "", route, network), h("span", { class: "sign" }, "→"));
  parts.push(await small(layer.name, side, route, network));
  if (kind === "back") for (const maker of makers.slice(0, 2)) parts.push(h("span", { class: "sign" }, "→"), await small(maker.layer, "back", route, network));
  show(stage, h("p", {}, layer.text), h("p", {}, kind === "back" ? t("steps.back_text", { layer: layer.name }) : `${by(layer.input_shape.slice(1))} → ${by(layer.shape.slice(1))}`), h("div", { class: "equation" }, parts));
}

/** Some maps of a layer. @param {string} name @param {string} side @param {any} route @param {any} network */
async function small(name, side, route, network) {
  const thumbs = (await thumbsOf(route.state, side))[name];
  const shape = name === "input" ? network.input_shape : network.layers.find((/** @type {any} */ one) => one.name === name)?.shape;
  if (!thumbs) return h("p", { class: "faint" }, t("overview.no_gradient"));
  const row = thumbs.size[2] === 1;
  const open = (/** @type {number} */ c, /** @type {number} */ i) => (/** @type {number} */ y, /** @type {number} */ x) =>
    to({ ...route, view: name === "input" ? "pixel" : "number", layer: name, side, at: indexOf(shape, { c, f: 0, ...standsFor(thumbs.map(i, 0), y, x) }), step: null, trail: [] });
  const maps = await mapsOf(route.state, name, side, 0);
  return h("div", { class: "labelled" }, h("p", {}, side ? `δ ${name}` : name, ` ${by(maps.size.filter((/** @type {number} */ one, /** @type {number} */ i) => i !== 1 || one > 1))}`),
    h("div", { class: row ? "maps row" : "maps" }, thumbs.channels.slice(0, 6).map((c, i) => mapView(thumbs.map(i, 0), { label: `${name} ${c}`, size: row ? 150 : 84, open: open(c, i) }))));
}
