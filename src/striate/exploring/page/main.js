// The frame around the views: where the reader is, the way there, and what can be switched.

import { forget, get, LabError, offline, post, postFile } from "./api.js";
import { blockView, fieldView } from "./blocks.js";
import { byId, h, noTip, show } from "./dom.js";
import { layerView } from "./layer.js";
import { compare, quiz, tour } from "./learning.js";
import { live } from "./live.js";
import { lossView } from "./loss.js";
import { readColours } from "./maps.js";
import { derivationView, numberView, pixelView, sumView } from "./number.js";
import { overview } from "./overview.js";
import { here, numbers, to } from "./route.js";
import { missing, savedNote } from "./saved.js";
import { steps } from "./steps.js";
import { explainTerms } from "./terms.js";
import { glossary, language, speak, t } from "./text.js";
import { news, trainingBar, trainView } from "./training.js";
import { weightView } from "./weight.js";
import { whatIf } from "./whatif.js";

/** @type {Record<string, (main: HTMLElement, route: import("./route.js").Route) => Promise<void> | void>} */
const VIEWS = {
  overview, layer: layerView, number: numberView, weight: weightView, sum: sumView, pixel: pixelView,
  derivation: derivationView, loss: lossView, glossary: glossaryView, "what-if": whatIf, steps, tour, quiz, compare, live,
  train: trainView, block: blockView, fields: fieldView,
};
let drawing = 0;
/** @type {any} */
let lab = null;

async function draw() {
  const turn = ++drawing;
  const route = here();
  noTip();
  if (route.language !== language) await speak(route.language);
  const main = document.createElement("main");
  main.id = "main";
  main.tabIndex = -1;
  head(route);
  const began = performance.now();
  try {
    await (VIEWS[route.view] ?? overview)(main, route);
  } catch (problem) {
    if (!(problem instanceof LabError)) console.error(problem);
    if (!(await missing(main, route, problem))) show(main, h("p", { class: "problem", role: "alert" }, problem instanceof Error ? problem.message : String(problem)),
      h("p", {}, h("a", { href: to.address({ view: "overview", state: route.state, language: route.language }) }, t("back_to_overview"))));
  }
  if (turn !== drawing) return;
  if (route.view === "overview" && offline) main.querySelector(".hint")?.after(savedNote(lab) ?? "");
  const old = byId("main");
  const kept = old.dataset.view === route.view ? window.scrollY : 0;
  old.replaceWith(main);
  main.dataset.view = route.view;
  main.dataset.ready = location.hash;
  main.dataset.took = String(Math.round(performance.now() - began));
  explainTerms(main).catch(() => {});
  crumbs(route);
  main.dispatchEvent(new CustomEvent("drawn"));
  if (route.view !== "overview" && kept === 0) main.focus({ preventScroll: true });
  window.scrollTo(0, kept);
  const heading = main.querySelector("h1");
  document.title = `${heading?.textContent ?? "striate lab"} · striate lab`;
}

/** @param {import("./route.js").Route} route */
function head(route) {
  const link = (/** @type {Partial<import("./route.js").Route>} */ change, /** @type {string} */ text, /** @type {boolean} */ current) =>
    h("a", { href: to.address({ ...route, ...change }), "aria-current": current ? "page" : null }, text);
  const plain = { layer: null, at: null, weight: null, trail: [], step: null };
  const sides = h("div", { class: "switch", role: "group", "aria-label": t("side") },
    link({ side: "" }, t("side.forward"), route.side === ""), link({ side: "back" }, t("side.back"), route.side === "back"),
    route.state > 0 && lab?.states?.every((/** @type {any} */ one) => one.state !== route.state) ? link({ side: "change" }, t("side.change"), route.side === "change") : null);
  const states = (lab?.states ?? []).length > 1
    ? h("select", { "aria-label": t("input"), onchange: (/** @type {any} */ event) => to({ ...route, state: Number(event.target.value) }) },
      lab.states.map((/** @type {any} */ one) => h("option", { value: one.state, selected: one.state === route.state }, one.title)))
    : null;
  show(byId("head"),
    h("a", { class: "brand", href: to.address({ view: "overview", state: route.state, language: route.language }) }, "striate lab"),
    sides, states,
    h("nav", { "aria-label": t("views") }, ["loss", "fields", "block", "steps", ...(offline ? [] : ["what-if", "train", "live"]), "compare", "tour", "quiz", "glossary"].map((view) =>
      link({ ...plain, view }, t(view.replace("-", "_")), route.view === view))),
    offline ? null : inputForm(route),
    h("div", { class: "switch", role: "group", "aria-label": t("language") }, link({ language: "en" }, "English", language === "en"), link({ language: "vi" }, "Tiếng Việt", language === "vi")),
    h("button", { onclick: turnLight, "aria-label": t("light") }, "◐"));
  byId("skip").textContent = t("skip");
}

/** @param {import("./route.js").Route} route */
function inputForm(route) {
  const open = async (/** @type {Promise<any>} */ asked) => {
    try {
      const { state } = await asked;
      to({ ...route, state, side: "" });
    } catch (problem) {
      note.textContent = /** @type {Error} */ (problem).message;
    }
  };
  const name = /** @type {HTMLInputElement} */ (h("input", { type: "text", id: "other", placeholder: "digits/test/23", size: 14, maxlength: 300 }));
  const file = /** @type {HTMLInputElement} */ (h("input", { type: "file", id: "file", accept: "image/*", "aria-label": t("input.file") }));
  const note = h("span", { class: "problem", role: "alert" });
  file.addEventListener("change", () => file.files?.[0] && open(postFile(file.files[0])));
  return h("details", { class: "menu" }, h("summary", {}, t("input.other")), h("div", {},
    h("form", { onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); open(post("open", { input: name.value })); } },
      h("label", { for: "other" }, t("input.name"), " "), name, " ", h("button", {}, t("input.open"))),
    h("p", {}, h("label", { for: "file" }, t("input.file"), " "), file), note));
}

function turnLight() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.light ?? (dark ? "dark" : "light");
  document.documentElement.dataset.light = now === "dark" ? "light" : "dark";
  readColours();
  draw();
}

/** The numbers that led here, each a way back. @param {import("./route.js").Route} route */
function crumbs(route) {
  const links = [h("a", { href: to.address({ view: "overview", state: route.state, side: route.side, language: route.language }) }, t("overview"))];
  route.trail.forEach((one, i) => {
    const [layer, index] = [one.slice(0, one.lastIndexOf(":")), one.slice(one.lastIndexOf(":") + 1)];
    const weight = index.startsWith("w");
    const place = { ...route, layer, trail: route.trail.slice(0, i), view: weight ? "weight" : layer === "input" ? "pixel" : "number",
      at: weight ? null : numbers(index), weight: weight ? index.slice(1) : null };
    links.push(h("a", { href: to.address(place) }, `${layer}[${index.replaceAll(",", ", ")}]`));
  });
  if (route.layer && route.view !== "overview") links.push(h("span", { "aria-current": "page" }, `${route.layer === "input" ? t("input") : route.layer}${route.at ? `[${route.at.join(", ")}]` : route.weight ? ` w[${route.weight}]` : ""}`));
  show(byId("crumbs"), links.flatMap((link, i) => (i ? [h("span", { "aria-hidden": "true" }, " › "), link] : [link])));
  byId("crumbs").hidden = links.length < 2;
}

/** @param {HTMLElement} main */
async function glossaryView(main) {
  show(main, h("h1", {}, t("glossary")), h("dl", {}, Object.values(await glossary).flatMap((one) => [h("dt", {}, one.name), h("dd", {}, one.text)])));
}

function keys(/** @type {KeyboardEvent} */ event) {
  const writes = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLSelectElement;
  if (writes || event.ctrlKey || event.metaKey || event.altKey) return;
  const route = here();
  if (event.key === "b") to({ ...route, side: route.side === "back" ? "" : "back" });
  else if (event.key === "o") to({ view: "overview", state: route.state, side: route.side, language: route.language });
  else if (event.key === "Escape") history.back();
}

async function begin() {
  lab = await get("lab");
  /** @type {any} */ (window).striateLanguage = lab.language;
  await speak(here().language);
  readColours();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); draw(); });
  addEventListener("hashchange", draw);
  addEventListener("keydown", keys);
  head(here());
  trainingBar();
  if (!offline) news(lab.news, lab.ready, async () => {
    forget();
    lab = await get("lab");
    draw();
  });
  if (lab.ready) draw();
  else show(byId("main"), h("p", { class: "problem", role: "status" }, lab.problem ?? t(lab.training ? "training.first" : "opening")));
}

begin();
