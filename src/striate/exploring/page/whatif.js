// What if: the input drawn, erased or shifted, frames in another order, kernels changed, filters switched off.

import { get, keep, LabError, offline, post } from "./api.js";
import { h, show } from "./dom.js";
import { draw } from "./maps.js";
import { pictureOf } from "./maps_of.js";
import { overview, redraw } from "./overview.js";
import { to } from "./route.js";
import { by, number, percent, t } from "./text.js";

/** Classical kernels, three by three. @type {Record<string, number[][]>} */
const CLASSICAL = {
  edge_x: [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], edge_y: [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
  blur: [[1, 2, 1], [2, 4, 2], [1, 2, 1]].map((row) => row.map((one) => one / 16)),
  sharpen: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]], same: [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
  zero: [[0, 0, 0], [0, 0, 0], [0, 0, 0]],
};

/** @param {HTMLElement} main @param {import("./route.js").Route} route */
export async function whatIf(main, route) {
  if (offline) return show(main, h("p", {}, t("what_if.offline")));
  const base = await get("overview", { state: route.state, language: route.language });
  const picture = await pictureOf(route.state);
  const answer = h("div", { class: "answers" }), below = h("div", { class: "below" }), note = h("p", { class: "problem", role: "alert" });
  let asking = false, /** @type {any} */ next = null, latest = route.state;
  const ask = async (/** @type {any} */ change) => {
    if (asking) return void (next = change);
    asking = true;
    const began = performance.now();
    try {
      const found = await post("change", { state: route.state, language: route.language, ...change }), { state } = found;
      keep("overview", { state, language: route.language }, found.overview);
      keep("thumbs", { state, side: null, like: route.state }, found.thumbs);
      keep("picture", { state }, found.picture);
      latest = state;
      note.textContent = "";
      await answers(answer, base, state, route);
      const there = { ...route, view: "overview", state, side: "change" };
      if (below.dataset.state) await redraw(below, there);
      else {
        await overview(below, there);
        below.dispatchEvent(new CustomEvent("drawn"));
      }
      below.dataset.took = String(Math.round(performance.now() - began));
      below.dataset.state = String(state);
    } catch (problem) {
      if (!(problem instanceof LabError)) throw problem;
      note.textContent = problem.message;
    } finally { // also of a problem that nobody foresaw: else no later change would ever be asked
      asking = false;
      if (next) {
        const waiting = next;
        next = null;
        ask(waiting);
      }
    }
  };
  const label = h("select", { id: "label", onchange: (/** @type {any} */ event) => ask({ label: event.target.value, note: t("what_if.label") }) },
    Object.keys(base.answer?.logits ?? {}).map((name) => h("option", { value: name, selected: name === base.label }, name)));
  show(main, h("h1", {}, t("what_if")), h("p", { class: "hint" }, t("what_if.text")), note,
    h("div", { class: "parts" },
      picture && picture.exact && picture.frames === 1 ? editor(picture, ask) : null,
      base.input_shape.length === 5 ? frameOrder(base.input_shape[2], ask) : null,
      kernelEditor(base, route, ask), offPart(base, ask),
      h("section", {}, h("h2", {}, t("answer")), answer,
        h("p", {}, h("label", { for: "label" }, t("what_if.label"), " "), label),
        h("p", {}, h("button", { onclick: () => to({ ...route, view: "overview", state: latest, side: "" }) }, t("what_if.go_on"))))),
    below);
  await answers(answer, base, null, route);
}

/** Probabilities before and after. @param {HTMLElement} place @param {any} base @param {number | null} state @param {any} route */
async function answers(place, base, state, route) {
  if (!base.answer) return;
  const now = state === null ? base : await get("overview", { state, language: route.language });
  const rows = Object.entries(now.answer.probabilities).map(([name, share]) => {
    const before = base.answer.probabilities[name];
    return h("tr", { class: name === base.label ? "right" : "" }, h("th", { scope: "row" }, name),
      h("td", { class: "bar" }, h("div", { class: "before", style: { width: `${100 * before}%` } }), h("div", { style: { width: `${100 * share}%` } })),
      h("td", { data: { value: share } }, percent(share)), h("td", { class: "faint" }, percent(before)));
  });
  show(place, h("table", { class: "answer" }, h("thead", {}, h("tr", {}, [t("class"), null, t("now"), t("before")].map((one) => (one ? h("th", { scope: "col" }, one) : h("td", {}))))), h("tbody", {}, rows)));
}

/** @param {any} picture @param {(change: any) => void} ask */
function editor(picture, ask) {
  const { height, width, channels } = picture;
  const original = new Uint8Array(picture.frame(0).bytes);
  let pixels = new Uint8Array(original), brush = 255;
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { class: "cells editor", tabindex: 0, role: "application", "aria-label": t("what_if.draw") }));
  const scale = Math.max(1, 240 / Math.max(height, width));
  canvas.style.width = `${width * scale}px`;
  const redraw = () => draw(canvas, { height, width, limit: 255, picture: pixels, value: () => 0 });
  const send = (/** @type {string} */ note) => {
    redraw();
    ask({ pixels: base64(pixels), note });
  };
  const put = (/** @type {number} */ y, /** @type {number} */ x) => {
    if (y < 0 || x < 0 || y >= height || x >= width) return;
    for (let c = 0; c < channels; c++) pixels[c * height * width + y * width + x] = brush;
  };
  let down = false, at = { y: Math.floor(height / 2), x: Math.floor(width / 2) };
  const stroke = (/** @type {PointerEvent} */ event) => {
    const area = canvas.getBoundingClientRect();
    const y = Math.floor(((event.clientY - area.top) / area.height) * height), x = Math.floor(((event.clientX - area.left) / area.width) * width);
    const wide = Math.floor(Math.max(height, width) / 24);
    for (let dy = -wide; dy <= wide; dy++) for (let dx = -wide; dx <= wide; dx++) put(y + dy, x + dx);
    send(t("what_if.drawn"));
  };
  canvas.addEventListener("pointerdown", (event) => { down = true; canvas.setPointerCapture(event.pointerId); stroke(event); });
  canvas.addEventListener("pointermove", (event) => down && stroke(event));
  canvas.addEventListener("pointerup", () => (down = false));
  canvas.addEventListener("keydown", (event) => {
    /** @type {Record<string, number[]>} */
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const move = moves[event.key];
    if (move) at = { y: Math.max(0, Math.min(height - 1, at.y + move[0])), x: Math.max(0, Math.min(width - 1, at.x + move[1])) };
    else if (event.key === "Enter" || event.key === " ") { put(at.y, at.x); send(t("what_if.drawn")); }
    else return;
    event.preventDefault();
  });
  const shift = (/** @type {number} */ dy, /** @type {number} */ dx) => () => {
    const moved = new Uint8Array(pixels.length);
    for (let c = 0; c < channels; c++) for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
      const [fy, fx] = [y - dy, x - dx];
      if (fy >= 0 && fx >= 0 && fy < height && fx < width) moved[c * height * width + y * width + x] = pixels[c * height * width + fy * width + fx];
    }
    pixels = moved;
    send(t("what_if.shifted"));
  };
  const button = (/** @type {string} */ text, /** @type {() => void} */ act, /** @type {string} */ name = text) => h("button", { onclick: act, "aria-label": name }, text);
  redraw();
  return h("section", {}, h("h2", {}, t("what_if.draw")), canvas, h("p", { class: "buttons" },
    button(t("what_if.white"), () => (brush = 255)), button(t("what_if.black"), () => (brush = 0)),
    button(t("what_if.clear"), () => { pixels.fill(0); send(t("what_if.clear")); }),
    button(t("what_if.back"), () => { pixels = new Uint8Array(original); send(t("what_if.back")); }),
    button("←", shift(0, -1), t("what_if.left")), button("→", shift(0, 1), t("what_if.right")), button("↑", shift(-1, 0), t("what_if.up")), button("↓", shift(1, 0), t("what_if.down"))));
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  let text = "";
  for (const one of bytes) text += String.fromCharCode(one);
  return btoa(text);
}

/** @param {number} frames @param {(change: any) => void} ask */
function frameOrder(frames, ask) {
  const order = Array.from({ length: frames }, (_, f) => f);
  const field = /** @type {HTMLInputElement} */ (h("input", { id: "order", value: order.join(" "), size: 2 * frames + 4 }));
  const send = () => ask({ frames: field.value.trim().split(/[\s,]+/).map(Number), note: t("what_if.frames") });
  field.addEventListener("change", send);
  return h("section", {}, h("h2", {}, t("what_if.frames")), h("p", {}, h("label", { for: "order" }, t("what_if.order"), " "), field),
    h("p", { class: "buttons" }, h("button", { onclick: () => { field.value = [...order].reverse().join(" "); send(); } }, t("what_if.reverse")),
      h("button", { onclick: () => { field.value = order.join(" "); send(); } }, t("what_if.back"))));
}

/** @param {any} base @param {any} route @param {(change: any) => void} ask */
function kernelEditor(base, route, ask) {
  const layers = base.layers.filter((/** @type {any} */ one) => (one.parameters.weight ?? []).length === 4);
  if (!layers.length) return null;
  const place = h("div", {});
  const pick = /** @type {HTMLSelectElement} */ (h("select", { id: "kernel-layer" }, layers.map((/** @type {any} */ one) => h("option", { value: one.name, selected: one.name === route.layer }, one.name))));
  const spot = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (h("input", { type: "number", min: 0, value: 0, id, size: 3 }));
  const filter = spot("kernel-filter"), channel = spot("kernel-channel");
  const load = async () => {
    const layer = layers.find((/** @type {any} */ one) => one.name === pick.value);
    const [filters, channels] = layer.parameters.weight;
    filter.max = String(filters - 1);
    channel.max = String(channels - 1);
    const found = await get("kernels", { state: route.state, layer: layer.name, filter: Math.min(Number(filter.value), filters - 1) });
    edit(place, found.weight[Math.min(Number(channel.value), channels - 1)], (values) => ask({
      weights: { [`${layer.name.split("#")[0]}.weight`]: { index: [found.filter, Math.min(Number(channel.value), channels - 1)], values } },
      note: t("what_if.kernel_note", { layer: layer.name, filter: found.filter, channel: Number(channel.value) }) }));
  };
  for (const one of [pick, filter, channel]) one.addEventListener("change", load);
  load();
  return h("section", {}, h("h2", {}, t("what_if.kernel")), h("p", {},
    h("label", { for: "kernel-layer" }, t("layer"), " "), pick, " ", h("label", { for: "kernel-filter" }, t("filter"), " "), filter, " ",
    h("label", { for: "kernel-channel" }, t("channel_word"), " "), channel), place);
}

/** @param {HTMLElement} place @param {number[][]} kernel @param {(values: number[][]) => void} send */
function edit(place, kernel, send) {
  const cells = kernel.map((row, y) => row.map((value, x) => /** @type {HTMLInputElement} */ (h("input", { class: "cell", inputmode: "decimal", value: number(value, 3).replace("−", "-"), "aria-label": `${y},${x}` }))));
  const shown = cells.map((row) => row.map((cell) => cell.value));
  const read = () => cells.map((row, y) => row.map((cell, x) => (cell.value === shown[y][x] ? kernel[y][x] : Number(cell.value.replace(",", ".")))));
  for (const cell of cells.flat()) cell.addEventListener("change", () => send(read()));
  const fill = (/** @type {number[][]} */ values) => {
    const [top, left] = [Math.floor((kernel.length - 3) / 2), Math.floor((kernel[0].length - 3) / 2)];
    cells.forEach((row, y) => row.forEach((cell, x) => (cell.value = String(values[y - top]?.[x - left] ?? 0))));
    send(read());
  };
  const presets = kernel.length >= 3 && kernel[0].length >= 3 ? Object.entries(CLASSICAL).map(([name, values]) => h("button", { onclick: () => fill(values) }, t(`what_if.${name}`))) : [];
  show(place, h("table", { class: "grid weight" }, h("tbody", {}, cells.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell)))))), h("p", { class: "buttons" }, presets));
}

/** Filters and shifts that can be switched off. @param {any} base @param {(change: any) => void} ask */
function offPart(base, ask) {
  const layers = base.layers.filter((/** @type {any} */ one) => (one.parameters.weight ?? []).length >= 2);
  const shifts = base.layers.filter((/** @type {any} */ one) => one.shift);
  const layer = /** @type {HTMLSelectElement} */ (h("select", { id: "off-layer" }, layers.map((/** @type {any} */ one) => h("option", { value: one.name }, `${one.name} (${by(one.parameters.weight)})`))));
  const which = /** @type {HTMLInputElement} */ (h("input", { id: "off-filters", placeholder: "0 3 5", size: 10 }));
  const send = () => {
    const filters = which.value.trim().split(/[\s,]+/).filter(Boolean).map(Number);
    const unshifted = [...boxes].filter((one) => one.checked).map((one) => one.value);
    ask({ off: filters.length ? { [layer.value]: filters } : {}, unshifted, note: t("what_if.off") });
  };
  const boxes = shifts.map((/** @type {any} */ one) => /** @type {HTMLInputElement} */ (h("input", { type: "checkbox", value: one.name, id: `shift-${one.name}`, onchange: send })));
  which.addEventListener("change", send);
  return h("section", {}, h("h2", {}, t("what_if.off")), h("p", {}, h("label", { for: "off-layer" }, t("layer"), " "), layer, " ", h("label", { for: "off-filters" }, t("filters"), " "), which),
    boxes.map((/** @type {HTMLInputElement} */ box) => h("p", {}, box, " ", h("label", { for: box.id }, t("what_if.unshifted", { layer: box.value })))));
}
