// Live: the browser's camera, or a video that it plays, through the run, a frame at a time.

import { offline } from "./api.js";
import { h, show } from "./dom.js";
import { number, percent, t } from "./text.js";

const KEPT = 150, WIDE = 320;
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#a0a000", "#777777"];

/** @param {HTMLElement} main */
export async function live(main) {
  if (offline) return show(main, h("p", {}, t("what_if.offline")));
  const video = /** @type {HTMLVideoElement} */ (h("video", { playsinline: true, muted: true, loop: true, "aria-label": t("live.video") }));
  video.muted = true;
  const told = h("p", { role: "status" }), problem = h("p", { class: "problem", role: "alert" }), scores = h("div", { class: "scores" }), bars = h("div", {});
  /** @type {MediaStream | null} */
  let camera = null;
  /** @type {WebSocket | null} */
  let socket = null;
  /** @type {Record<string, number>[]} */
  const past = [];
  const stop = () => {
    socket?.close();
    camera?.getTracks().forEach((track) => track.stop());
    [socket, camera] = [null, null];
    video.srcObject = null;
  };
  const start = async () => {
    await video.play();
    past.length = 0;
    socket?.close();
    socket = open(video, (found) => {
      if (found.error) { problem.textContent = found.error; return stop(); }
      problem.textContent = "";
      past.push(found.classes);
      if (past.length > KEPT) past.shift();
      show(told, t("live.told", { rate: number(found.rate, 3), lag: number(1000 * found.lag, 3), step: number(1000 * found.step_seconds, 3) }));
      told.dataset.frames = String(Number(told.dataset.frames ?? 0) + 1);
      show(bars, table(found.classes));
      show(scores, lines(past));
    });
  };
  const fromCamera = async () => {
    try {
      stop();
      camera = await navigator.mediaDevices.getUserMedia({ video: true });
      video.srcObject = camera;
      await start();
    } catch (refused) {
      problem.textContent = t("live.no_camera", { why: /** @type {Error} */ (refused).message });
    }
  };
  const file = /** @type {HTMLInputElement} */ (h("input", { type: "file", accept: "video/*", id: "video-file" }));
  file.addEventListener("change", async () => {
    if (!file.files?.[0]) return;
    stop();
    video.src = URL.createObjectURL(file.files[0]);
    await start().catch((refused) => (problem.textContent = refused.message));
  });
  addEventListener("hashchange", stop, { once: true });
  show(main, h("h1", {}, t("live")), h("p", { class: "hint" }, t("live.text")),
    h("p", { class: "buttons" }, h("button", { onclick: fromCamera }, t("live.camera")), h("label", { for: "video-file" }, t("live.file"), " "), file, h("button", { onclick: stop }, t("live.stop"))),
    problem, h("div", { class: "parts live" }, video, bars, scores), told);
}

/** One frame in flight: the next is taken when the last was answered. @param {HTMLVideoElement} video @param {(found: any) => void} hear */
function open(video, hear) {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/live`);
  const canvas = document.createElement("canvas");
  let sent = 0, last = 0;
  const send = () => {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (!video.videoWidth) return void setTimeout(send, 50);
    const scale = Math.min(1, WIDE / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
    sent = performance.now();
    canvas.toBlob((blob) => blob && socket.readyState === WebSocket.OPEN && socket.send(blob), "image/jpeg", 0.9);
  };
  socket.addEventListener("open", send);
  socket.addEventListener("message", (message) => {
    const found = JSON.parse(message.data), now = performance.now();
    hear({ ...found, lag: (now - sent) / 1000, rate: last ? 1000 / (now - last) : 0 });
    last = now;
    if (!found.error) requestAnimationFrame(send);
  });
  return socket;
}

/** @param {Record<string, number>} classes */
function table(classes) {
  const rows = Object.entries(classes).sort((a, b) => b[1] - a[1]).slice(0, 8).map(([name, share]) => h("tr", {}, h("th", { scope: "row" }, name),
    h("td", { class: "bar" }, h("div", { style: { width: `${100 * share}%` } })), h("td", { data: { value: share } }, percent(share))));
  return h("table", { class: "answer" }, h("tbody", {}, rows));
}

/** Scores over time. @param {Record<string, number>[]} past */
function lines(past) {
  const space = "http://www.w3.org/2000/svg", drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("viewBox", `0 0 ${KEPT} 60`);
  drawing.setAttribute("width", "420");
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", t("live.scores"));
  Object.keys(past[0] ?? {}).slice(0, COLOURS.length).forEach((name, i) => {
    const line = document.createElementNS(space, "polyline"), title = document.createElementNS(space, "title");
    line.setAttribute("points", past.map((one, x) => `${x},${59 - 58 * one[name]}`).join(" "));
    line.setAttribute("stroke", COLOURS[i]);
    title.textContent = name;
    line.append(title);
    drawing.append(line);
  });
  const legend = h("p", {}, Object.keys(past[0] ?? {}).slice(0, COLOURS.length).map((name, i) => [h("span", { style: { color: COLOURS[i] } }, "■ "), name, " "]));
  return [drawing, legend];
}
