// A tour of the chain from pixels to an update, on the reader's own network; and questions made from it.

import { forget, get, offline, post } from "./api.js";
import { h, show } from "./dom.js";
import { layerView } from "./layer.js";
import { lossView } from "./loss.js";
import { grid, planesOf } from "./maps.js";
import { numberView, pixelView } from "./number.js";
import { overview } from "./overview.js";
import { to } from "./route.js";
import { by, count, number, t } from "./text.js";
import { weightView } from "./weight.js";

/** What each view is called in addresses. @type {Map<any, string>} */
const NAMES = new Map([[overview, "overview"], [pixelView, "pixel"], [layerView, "layer"], [numberView, "number"], [lossView, "loss"], [weightView, "weight"]]);

/** @param {HTMLElement} main @param {import("./route.js").Route} route */
export async function tour(main, route) {
  const network = await get("overview", { state: route.state, language: route.language });
  const stops = stopsOf(network);
  const at = Math.max(0, Math.min(stops.length - 1, route.step ?? 0));
  const stop = stops[at];
  const go = (/** @type {number} */ step) => to.address({ ...route, step: Math.max(0, Math.min(stops.length - 1, step)) });
  const inside = h("div", { class: "inside" });
  show(main, h("h1", {}, `${at + 1}. ${t(`tour.${stop.key}`)}`), h("p", { class: "tour" }, t(`tour.${stop.key}.text`, { layer: stop.change.layer ?? "" })),
    h("p", { class: "links" }, at ? h("a", { href: go(at - 1) }, `← ${t("steps.before")}`) : null, at < stops.length - 1 ? h("a", { href: go(at + 1) }, `${t("steps.next")} →`) : null), inside);
  await stop.view(inside, { ...route, layer: null, at: null, weight: null, trail: [], side: "", step: null, ...stop.change, view: NAMES.get(stop.view) ?? "overview" });
  main.addEventListener("drawn", () => inside.dispatchEvent(new CustomEvent("drawn")));
  const heading = inside.querySelector("h1");
  if (heading) heading.outerHTML = heading.outerHTML.replace(/^<h1/, "<h2").replace(/h1>$/, "h2>");
}

/** @param {any} network @returns {{key: string, view: (main: HTMLElement, route: any) => any, change: any}[]} */
function stopsOf(network) {
  const of = (/** @type {string[]} */ kinds, skip = 0) => network.layers.filter((/** @type {any} */ one) => kinds.includes(one.kind))[skip];
  const convolution = of(["convolution", "pointwise"]), second = of(["convolution", "pointwise"], 1);
  const last = [...network.layers].reverse().find((/** @type {any} */ one) => one.kind === "fully_connected");
  const weight = (/** @type {any} */ layer) => layer.parameters.weight.map((/** @type {number} */ side, /** @type {number} */ i) => (i < 2 ? 0 : Math.floor(side / 2))).join(",");
  /** @type {any[]} */
  const all = [
    ["network", overview, {}], ["pixel", pixelView, { layer: "input", at: network.input_shape.map((/** @type {number} */ side, /** @type {number} */ i) => (i < 2 ? 0 : Math.floor(side / 2))) }],
    convolution && ["kernels", layerView, { layer: convolution.name }], convolution && ["convolution", numberView, { layer: convolution.name }],
    of(["relu"]) && ["relu", numberView, { layer: of(["relu"])?.name }], of(["max_pool"]) && ["pool", numberView, { layer: of(["max_pool"])?.name }],
    second && ["again", numberView, { layer: second.name }], of(["flatten"]) && ["flatten", numberView, { layer: of(["flatten"])?.name }],
    last && ["classes", numberView, { layer: last.name }], network.loss && ["loss", lossView, {}],
    network.loss && convolution && ["back", numberView, { layer: convolution.name, side: "back" }],
    network.loss && convolution && ["weight", weightView, { layer: convolution.name, weight: weight(convolution) }],
  ];
  return all.filter(Boolean).map(([key, view, change]) => ({ key, view, change }));
}

/** @param {HTMLElement} main @param {import("./route.js").Route} route */
export async function quiz(main, route) {
  const [network, figures] = await Promise.all([get("overview", { state: route.state, language: route.language }), get("figures", { state: route.state })]);
  const at = route.step ?? 0;
  const asked = await question(at, network, figures, route);
  const told = h("p", { role: "status", class: "told" });
  const choose = (/** @type {string} */ choice) => () => {
    const right = choice === asked.right;
    told.textContent = right ? t("quiz.right", { why: asked.why }) : t("quiz.wrong", { why: asked.why, right: asked.right });
    told.className = `told ${right ? "won" : "problem"}`;
  };
  show(main, h("h1", {}, `${t("quiz")}, ${at + 1}`), h("p", { class: "formula" }, asked.text), asked.shown ?? null,
    h("div", { class: "buttons choices" }, asked.choices.map((choice) => h("button", { onclick: choose(choice), data: { choice } }, choice))), told,
    h("p", { class: "links" }, h("a", { href: to.address({ ...route, step: at + 1 }) }, t("quiz.next")), asked.where ? h("a", { href: to.address(asked.where) }, t("quiz.look")) : null));
}

/** @typedef {{text: string, right: string, choices: string[], why: string, where?: any, shown?: HTMLElement}} Question */

/** @param {number} at @param {any} network @param {any} figures @param {any} route @returns {Promise<Question>} */
async function question(at, network, figures, route) {
  const convolutions = network.layers.filter((/** @type {any} */ one) => one.kind === "convolution");
  const learning = network.layers.filter((/** @type {any} */ one) => figures.layers[one.name]?.formula);
  const round = Math.floor(at / 4);
  const plain = { ...route, step: null, trail: [], at: null };
  if (at % 4 === 0 && convolutions.length) {
    const layer = convolutions[round % convolutions.length];
    const unit = await get("unit", { state: route.state, layer: layer.name, language: route.language });
    const c = unit.channel_sums.indexOf(Math.max(...unit.channel_sums));
    const right = number(unit.channel_sums[c]);
    const others = [unit.channel_sums[c] + unit.bias, unit.patch[c].flat(3).reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b, 0), unit.kernel[c].flat(3).reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b, 0), -unit.channel_sums[c], 2 * unit.channel_sums[c]].map((one) => number(one));
    const [patch, kernel] = [planesOf(unit.patch[c]), planesOf(unit.kernel[c])];
    const shown = h("div", { class: "scroll", tabindex: 0 }, patch.map((frame, f) => h("div", { class: "equation" },
      grid(frame, { caption: t("patch"), kind: "input" }), h("span", { class: "sign" }, "⊙"), grid(kernel[f], { caption: t("kernel"), kind: "weight" }))));
    return { text: t("quiz.cell", { layer: layer.name }), right, choices: mixed([right, ...others], at), why: t("quiz.cell.why"), shown, where: { ...plain, view: "number", layer: layer.name, at: unit.index } };
  }
  if (at % 4 === 1 && learning.length) {
    const layer = learning[round % learning.length], one = figures.layers[layer.name];
    const right = count(one.parameters);
    const bias = layer.parameters.bias ? layer.parameters.bias[0] : 0;
    return { text: t("quiz.parameters", { layer: layer.name, kind: layer.kind_name, input: by(layer.input_shape.slice(1)), output: by(layer.shape.slice(1)) }), right,
      choices: mixed([right, count(one.parameters - bias || one.parameters + 1), count(layer.shape.slice(1).reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1)), count(2 * one.parameters), count(3 * one.parameters), count(4 * one.parameters)], at), why: one.formula, where: { ...plain, view: "layer", layer: layer.name } };
  }
  if (at % 4 === 2) {
    const seeing = network.layers.filter((/** @type {any} */ one) => figures.layers[one.name]?.field && one.shape.length > 2);
    const layer = seeing[(2 * round + 3) % seeing.length], right = figures.layers[layer.name].field;
    const others = seeing.map((/** @type {any} */ one) => figures.layers[one.name].field);
    return { text: t("quiz.field", { layer: layer.name }), right, choices: mixed([right, ...others, "1×1"], at), why: t("quiz.field.why"), where: { ...plain, view: "layer", layer: layer.name } };
  }
  const layer = network.layers[(round + 1) % network.layers.length];
  const right = by(layer.shape.slice(1));
  return { text: t("quiz.shape", { layer: layer.name, kind: layer.kind_name, input: by(layer.input_shape.slice(1)) }), right,
    choices: mixed([right, ...network.layers.map((/** @type {any} */ one) => by(one.shape.slice(1))), by(layer.input_shape.slice(1))], at), why: layer.text, where: { ...plain, view: "layer", layer: layer.name } };
}

/** Four different choices, the right one first given, in an order that the question's number decides. @param {string[]} all @param {number} at */
function mixed(all, at) {
  const four = [...new Set(all)].slice(0, 4);
  return four.map((one, i) => [(i * 7 + at * 5) % 11, one]).sort((a, b) => Number(a[0]) - Number(b[0])).map(([, one]) => String(one));
}

/** Another network, by its name or its run, on the same input. @param {import("./route.js").Route} route */
function another(route) {
  const name = /** @type {HTMLInputElement} */ (h("input", { type: "text", id: "other-network", placeholder: "runs/…, mobilenet_v2", size: 18, maxlength: 300 }));
  const note = h("span", { class: "problem", role: "alert" });
  const open = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      const { state } = await post("open", { network: name.value });
      forget();
      to({ ...route, other: state });
    } catch (problem) {
      note.textContent = /** @type {Error} */ (problem).message;
    }
  };
  return h("form", { onsubmit: open }, h("label", { for: "other-network" }, t("compare.network"), " "), name, " ", h("button", {}, t("input.open")), " ", note);
}

/** Two states on one page. @param {HTMLElement} main @param {import("./route.js").Route} route */
export async function compare(main, route) {
  const lab = await get("lab");
  const other = route.other ?? lab.states.find((/** @type {any} */ one) => one.state !== route.state)?.state ?? route.state;
  const top = h("section", {}), bottom = h("section", {});
  await Promise.all([overview(top, { ...route, other }), overview(bottom, { ...route, state: other, other: null })]);
  const names = await Promise.all([route.state, other].map((state) => get("overview", { state, language: route.language })));
  const listed = lab.states.some((/** @type {any} */ one) => one.state === other) ? lab.states : [...lab.states, { state: other, title: `${names[1].title} ${names[1].note}` }];
  const pick = h("select", { id: "other-state", onchange: (/** @type {any} */ event) => to({ ...route, other: Number(event.target.value) }) },
    listed.map((/** @type {any} */ one) => h("option", { value: one.state, selected: one.state === other }, one.title)));
  show(main, h("h1", {}, t("compare")), h("p", {}, h("label", { for: "other-state" }, t("compare.other"), " "), pick), offline ? null : another(route),
    h("h2", {}, `${names[0].subject} · ${names[0].title}${names[0].note ? ` · ${names[0].note}` : ""}`), top, h("h2", {}, `${names[1].subject} · ${names[1].title}${names[1].note ? ` · ${names[1].note}` : ""}`), bottom);
  main.addEventListener("drawn", () => [top, bottom].forEach((one) => one.dispatchEvent(new CustomEvent("drawn"))));
}
