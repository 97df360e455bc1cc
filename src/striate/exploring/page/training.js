// A training as it goes: loss and accuracy, pause, one step; and what else the server has to tell.

import { LabError, post } from "./api.js";
import { byId, h, show } from "./dom.js";
import { here, to } from "./route.js";
import { number, percent, t } from "./text.js";

/** @type {{step: number, loss: number}[]} */
const points = [];
/** States of the training's moments. @type {{state: number, step: number}[]} */
const checkpoints = [];
/** @type {any} */
let last = {};
let latest = 0;
let running = false, paused = false, total = 0;

/** Listens; ready: is called when a network has come or has changed. @param {number} after @param {boolean} opened @param {() => void} ready */
export function news(after, opened, ready) {
  const source = new EventSource("/api/news?after=0");
  let seen = 0;
  source.onmessage = (message) => {
    const event = JSON.parse(message.data);
    if (event.number <= seen) return;
    seen = event.number;
    if (event.kind === "opened") latest = event.state;
    if (event.kind === "opened" && (!opened || event.number > after)) ready();
    hear(event);
    trainingBar();
  };
}

/** @param {any} event */
function hear(event) {
  if (event.kind === "begin") {
    points.length = 0;
    last = {};
    [running, paused, total] = [true, false, event.steps ?? 0];
  } else if (event.kind === "step") {
    points.push({ step: event.step, loss: event.loss });
    last = { ...last, ...event };
    running = true;
  } else if (event.kind === "checkpoint") {
    if (!event.step) checkpoints.length = 0;
    checkpoints.push({ state: event.state, step: event.step });
  } else if (event.kind === "epoch") last = { ...last, ...event };
  else if (event.kind === "paused") paused = true;
  else if (event.kind === "finished" || event.kind === "failed") {
    running = false;
    last = { ...last, ...event, said: event.kind === "failed" ? event.text : t("training.finished", { run: event.run }) };
  }
}

export function trainingBar() {
  let bar = document.getElementById("training");
  if (!running && !last.said && !points.length) return;
  if (!bar) {
    bar = h("section", { id: "training", "aria-label": t("training") });
    byId("crumbs").before(bar);
  }
  const act = (/** @type {string} */ action) => async () => {
    try {
      await post("train", { action });
      if (action === "go-on") paused = false;
      if (action === "pause" || action === "step") paused = true;
    } catch (problem) {
      if (problem instanceof LabError) last.said = problem.message;
    }
    trainingBar();
  };
  const buttons = running
    ? [h("button", { onclick: act(paused ? "go-on" : "pause") }, t(paused ? "training.go_on" : "training.pause")), h("button", { onclick: act("step") }, t("training.step"))] : [];
  show(bar, h("strong", {}, t("training")), curve(),
    total ? h("span", {}, t("training.step_of", { step: last.step ?? 0, steps: total })) : null,
    last.loss !== undefined ? h("span", {}, t("loss"), " ", number(last.loss, 3)) : null,
    last.top1 !== undefined && last.top1 !== null ? h("span", {}, t("accuracy"), " ", percent(last.top1)) : null,
    last.val_top1 ? h("span", {}, t("validation"), " ", percent(last.val_top1)) : null,
    checkpoints.length > 1 ? scrub() : null, buttons, last.said ? h("span", { role: "status" }, last.said) : null);
}

/** Where a training is begun. @param {HTMLElement} main */
export function trainView(main) {
  const data = /** @type {HTMLInputElement} */ (h("input", { id: "train-data", value: "digits", size: 14 }));
  const epochs = /** @type {HTMLInputElement} */ (h("input", { id: "train-epochs", type: "number", min: 1, max: 1000, value: 6 }));
  const problem = h("p", { class: "problem", role: "alert" });
  const begin = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      await post("train", { action: "start", data: data.value, epochs: epochs.value });
      problem.textContent = "";
    } catch (refused) {
      problem.textContent = /** @type {Error} */ (refused).message;
    }
  };
  show(main, h("h1", {}, t("train")), h("p", { class: "hint" }, t("train.text")),
    h("form", { class: "buttons", onsubmit: begin }, h("span", {}, h("label", { for: "train-data" }, t("training.data")), " ", data), h("span", {}, h("label", { for: "train-epochs" }, t("training.epochs")), " ", epochs), h("button", {}, t("training.begin"))), problem);
}

/** Back and forth through what the network was after some of its steps; at the end what it is now. */
function scrub() {
  const found = checkpoints.findIndex((one) => one.state === here().state), at = found < 0 ? checkpoints.length : found;
  const slide = h("input", { type: "range", id: "moment", min: 0, max: checkpoints.length, value: at,
    onchange: (/** @type {any} */ event) => to({ ...here(), state: checkpoints[Number(event.target.value)]?.state ?? latest }) });
  return h("span", {}, h("label", { for: "moment" }, found < 0 ? t("training.now") : t("training.moment", { step: checkpoints[at].step }), " "), slide);
}

function curve() {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("viewBox", "0 0 120 30");
  drawing.setAttribute("class", "curve");
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", t("loss"));
  if (points.length > 1) {
    const most = Math.max(...points.map((one) => one.loss)), width = Math.max(total, points[points.length - 1].step);
    const line = document.createElementNS(space, "polyline");
    line.setAttribute("points", points.map((one) => `${(120 * one.step) / width},${29 - (28 * one.loss) / most}`).join(" "));
    drawing.append(line);
  }
  return drawing;
}
