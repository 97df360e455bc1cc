// The numbers of a layer's maps, from the server.

import { bytesOf, floatsOf, get } from "./api.js";

export const PAGE = 64;

/**
 * @typedef {Object} Maps
 * @property {number[]} size C, F, H, W
 * @property {number} limit the largest size of a number in the layer
 * @property {number} first
 * @property {number[] | null} channels of which there are maps, where a page was saved without some
 * @property {(c: number, f: number) => import("./maps.js").Drawn} map
 */

/** As a saved page holds them: 255 levels, as strong as the colours. @param {string} text @param {number} limit */
function fromLevels(text, limit) {
  const numbers = new Float64Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i) - 35, level = code % 2 ? -(code + 1) / 2 : code / 2;
    numbers[i] = Math.sign(level) * (level / 127) ** 2 * limit;
  }
  return numbers;
}

/** @param {number} state @param {string} layer @param {string} side @param {number} channel that is needed @returns {Promise<Maps>} */
export async function mapsOf(state, layer, side, channel = 0) {
  const first = Math.floor(channel / PAGE) * PAGE;
  const found = await get("maps", { state, layer, side: side === "back" ? "back" : null, first });
  const numbers = found.numbers ?? (found.numbers = found.levels === undefined ? floatsOf(found.data) : fromLevels(found.levels, found.limit));
  const [, frames, height, width] = found.size;
  const channels = found.channels ?? null;
  return {
    size: found.size, limit: found.limit, first, channels,
    map: (/** @type {number} */ c, /** @type {number} */ f) => {
      const place = channels ? channels.indexOf(c) : c - first;
      const start = (place * frames + f) * height * width;
      return {
        height, width, limit: found.limit, missing: place < 0, rough: channels !== null, at: { state, layer, c, f, step: [1, 1] },
        value: (/** @type {number} */ y, /** @type {number} */ x) => numbers[start + y * width + x] ?? null,
      };
    },
  };
}

/** The small maps of every layer; of the same channels as of the state `like`. @param {number} state @param {string} side @param {number | null} [like] */
export async function thumbsOf(state, side, like = null) {
  const found = await get("thumbs", { state, side: side === "back" ? "back" : null, like });
  /** @type {Record<string, {channels: number[], frames: number, step: number[], size: number[],
   *   map: (place: number, f: number) => import("./maps.js").Drawn}>} */
  const layers = {};
  for (const [name, one] of Object.entries(found.layers)) {
    const levels = one.levels ?? (one.levels = bytesOf(one.data));
    const [, frames, height, width] = one.shape;
    layers[name] = {
      channels: one.channels, frames, step: one.step, size: one.size,
      map: (place, f) => ({
        height, width, limit: one.limit, at: { state, layer: name, c: one.channels[place], f, step: one.step },
        value: (y, x) => ((levels[(place * frames + f) * height * width + y * width + x] - 128) / 127) * one.limit,
      }),
    };
  }
  return layers;
}

/** The input to look at. @param {number} state */
export async function pictureOf(state) {
  const found = await get("picture", { state });
  if (!found.shape) return null;
  const bytes = found.bytes ?? (found.bytes = bytesOf(found.data));
  const [frames, channels, height, width] = found.shape;
  const plane = channels * height * width;
  return {
    frames, channels, height, width, exact: found.exact, normalisation: found.normalisation,
    /** @param {number} f @returns {import("./maps.js").Drawn & {bytes: Uint8Array}} */
    frame: (f) => {
      const own = bytes.subarray(f * plane, (f + 1) * plane);
      return { height, width, limit: 255, picture: own, bytes: own, value: (y, x) => own[y * width + x] };
    },
  };
}
