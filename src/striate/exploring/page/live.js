// Live: the browser's camera, a video that it plays, or the lab's own source, through the run, frame by frame.

import { bytesOf, get, offline } from "./api.js";
import { h, show } from "./dom.js";
import { draw } from "./maps.js";
import { drawing, svg } from "./plots.js";
import { number, percent, t } from "./text.js";

const KEPT = 150, WIDE = 320;
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#a0a000", "#777777"];

/** @param {HTMLElement} main */
export async function live(main) {
  if (offline) return show(main, h("p", {}, t("what_if.offline")));
  const { source } = await get("lab");
  const video = /** @type {HTMLVideoElement} */ (h("video", { playsinline: true, muted: true, loop: true, hidden: true, "aria-label": t("live.video") }));
  video.muted = true;
  const told = h("p", { role: "status" }), problem = h("p", { class: "problem", role: "alert" }), scores = h("div", { class: "scores" }), bars = h("div", {});
  const seen = h("figure", { class: "labelled seen", hidden: true });
  const cam = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox", id: "cam" }));
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
  const hear = (/** @type {any} */ found) => {
    if (found.error) { problem.textContent = found.error; return stop(); }
    if (found.ended) return show(told, t("live.ended"));
    problem.textContent = "";
    past.push(found.classes);
    if (past.length > KEPT) past.shift();
    show(told, t("live.told", { rate: number(found.rate, 3), lag: number(1000 * found.lag, 3), step: number(1000 * found.step_seconds, 3) }), found.dropped ? ` ${t("live.dropped", { count: found.dropped })}` : "", found.note ? ` ${found.note}` : "");
    told.dataset.frames = String(Number(told.dataset.frames ?? 0) + 1);
    show(bars, table(found.classes));
    show(scores, lines(past));
    if (found.seen) frame(seen, found);
  };
  const listen = (/** @type {boolean} */ here) => {
    past.length = 0;
    socket?.close();
    video.hidden = here;
    seen.hidden = !here && !cam.checked;
    socket = here ? pull(cam, hear) : push(video, cam, hear);
  };
  const start = async () => {
    await video.play();
    listen(false);
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
  const fromHere = () => { stop(); listen(true); };
  show(main, h("h1", {}, t("live")), h("p", { class: "hint" }, t("live.text")),
    h("p", { class: "buttons" }, source ? h("button", { onclick: fromHere, id: "from-source" }, t("live.source", { source })) : null, h("button", { onclick: fromCamera }, t("live.camera")), h("label", { for: "video-file" }, t("live.file"), " "), file, h("button", { onclick: stop }, t("live.stop")),
      h("span", {}, cam, " ", h("label", { for: "cam" }, t("live.cam")))),
    problem, h("div", { class: "parts live" }, video, seen, bars, scores), told);
  if (source) fromHere();
}

/** The frame as the network sees it, and over it where it sees the class. @param {HTMLElement} place @param {any} found */
function frame(place, found) {
  const [channels, height, width] = found.seen.shape, pixels = bytesOf(found.seen.data);
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { class: "cells" }));
  draw(canvas, { height, width, limit: 255, picture: pixels.subarray(0, (channels >= 3 ? 3 : 1) * height * width), value: () => 0 });
  canvas.style.width = canvas.style.maxWidth = "320px";
  const shown = h("div", { class: "map" }, canvas);
  if (found.cam) shown.append(heat(found.cam));
  place.hidden = false;
  if (found.cam || !place.querySelector(".heat") || !place.dataset.cam) place.dataset.cam = found.cam ? "1" : "";
  show(place, shown, h("figcaption", {}, found.cam ? t("live.cam_of", { class: found.cam.class }) : t("live.seen")));
}

/** Where the class is seen, brighter where more. @param {any} cam */
function heat(cam) {
  const [height, width] = cam.shape, shares = bytesOf(cam.data);
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { class: "heat" }));
  [canvas.width, canvas.height] = [width, height];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")), image = context.createImageData(width, height);
  for (let i = 0; i < height * width; i++) image.data.set([255, 190, 0, 0.75 * shares[i]], 4 * i);
  context.putImageData(image, 0, 0);
  return canvas;
}

/** @param {string} query */
function opened(query) {
  return new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/live${query}`);
}

/** The next frame of the lab's source is asked for when the last was drawn. @param {HTMLInputElement} cam @param {(found: any) => void} hear */
function pull(cam, hear) {
  const socket = opened("?source=1");
  let last = 0;
  const ask = () => socket.readyState === WebSocket.OPEN && socket.send(cam.checked ? "cam" : "next");
  socket.addEventListener("open", ask);
  socket.addEventListener("message", (message) => {
    const found = JSON.parse(message.data), now = performance.now();
    hear({ ...found, rate: last ? 1000 / (now - last) : 0 });
    last = now;
    if (!found.error && !found.ended) ask();
  });
  return socket;
}

/** One frame in flight: the next is taken when the last was answered. @param {HTMLVideoElement} video @param {HTMLInputElement} cam @param {(found: any) => void} hear */
function push(video, cam, hear) {
  const socket = opened("");
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
    canvas.toBlob((blob) => {
      if (!blob || socket.readyState !== WebSocket.OPEN) return;
      if (cam.checked) socket.send("cam");
      socket.send(blob);
    }, "image/jpeg", 0.9);
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
  const names = Object.keys(past[0] ?? {}).slice(0, COLOURS.length);
  const drawn = names.map((name, i) => svg("polyline", { points: past.map((one, x) => `${x},${59 - 58 * one[name]}`).join(" "), stroke: COLOURS[i] }, svg("title", {}, name)));
  const whole = drawing(KEPT, 60, t("live.scores"), ...drawn);
  whole.setAttribute("width", "420");
  whole.removeAttribute("height");
  return [whole, h("p", {}, names.map((name, i) => [h("span", { style: { color: COLOURS[i] } }, "■ "), name, " "]))];
}
