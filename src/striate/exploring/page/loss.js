// What the network says, how wrong that is, and the gradient at the scores.

import { get } from "./api.js";
import { h, show } from "./dom.js";
import { to } from "./route.js";
import { opensTo } from "./sources.js";
import { number, percent, t } from "./text.js";

/** @param {HTMLElement} main @param {import("./route.js").Route} route */
export async function lossView(main, route) {
  const found = await get("overview", { state: route.state, language: route.language });
  const { answer, loss } = found;
  if (!answer) return show(main, h("p", {}, t("answer.none")));
  const last = found.layers[found.layers.length - 1];
  const names = Object.keys(answer.logits);
  const open = (/** @type {number} */ k, /** @type {string} */ side) => to.address({ ...route, view: "number", side, layer: last.name, at: [0, k], trail: [] });
  const link = (/** @type {number} */ k, /** @type {string} */ side, /** @type {number} */ value) => (opensTo(last.name, [0, k], route) ? h("a", { href: open(k, side) }, number(value)) : number(value));
  const rows = names.map((name, k) => h("tr", { class: name === found.label ? "right" : "" },
    h("th", { scope: "row" }, name),
    h("td", { data: { value: answer.logits[name] } }, link(k, "", answer.logits[name])),
    h("td", { data: { value: answer.probabilities[name] } }, percent(answer.probabilities[name])),
    loss ? [h("td", { data: { value: loss.probabilities[0][k] } }, number(loss.probabilities[0][k])),
      h("td", {}, number(loss.targets[0][k])),
      h("td", { class: "gradient", data: { value: loss.gradient[0][k] } }, link(k, "back", loss.gradient[0][k]))] : null));
  const heads = [t("class"), "z", t("probability"), ...(loss ? ["p = softmax(z)", t("target"), "∂L/∂z = (p − q)/N"] : [])];
  show(main, h("h1", {}, t("loss.title")),
    loss ? h("p", { class: "formula" }, "L = −Σ q·log p = ", h("output", { class: "value gradient", data: { value: loss.value } }, number(loss.value, 6))) : h("p", {}, t("loss.none")),
    answer.temperature !== 1 ? h("p", {}, t("loss.temperature", { temperature: number(answer.temperature) })) : null,
    h("div", { class: "scroll", tabindex: 0 }, h("table", { class: "sums" }, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", {}, rows))));
}
