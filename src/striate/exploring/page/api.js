// Questions to the server. An answer about a state never changes, so each is asked for once.

/** Answers that came with the page, in one that was saved: compressed, or where else they stand. @type {Record<string, string> | null} */
const saved = /** @type {any} */ (window).striateSaved ?? null;
/** @type {Map<string, Promise<any>>} */
const known = new Map();

export const offline = saved !== null;

export class LabError extends Error {}

/**
 * @param {string} name
 * @param {Record<string, string | number | boolean | null | undefined>} [asked]
 * @returns {Promise<any>}
 */
export function get(name, asked = {}) {
  const address = addressOf(name, asked);
  let found = known.get(address);
  if (!found) {
    found = saved ? fromSaved(name, asked) : answer(fetch(address, { headers: reader() }));
    known.set(address, found);
    found.catch(() => known.delete(address));
    if (known.size > 400) known.delete(/** @type {string} */ (known.keys().next().value));
  }
  return found;
}

/** @param {string} name @param {Record<string, any>} asked */
export function addressOf(name, asked) {
  const words = Object.entries(asked).filter(([, value]) => value !== null && value !== undefined);
  words.sort(([a], [b]) => (a < b ? -1 : 1));
  const query = new URLSearchParams(words.map(([key, value]) => [key, String(value)]));
  return `/api/${name}${words.length ? `?${query}` : ""}`;
}

/** An answer that came with another one. @param {string} name @param {Record<string, any>} asked @param {any} found */
export function keep(name, asked, found) {
  known.set(addressOf(name, asked), Promise.resolve(found));
}

/** What was answered so far holds no more: the network has learnt. */
export function forget() {
  known.clear();
}

/** In which language refusals are told. */
function reader() {
  return { "accept-language": document.documentElement.lang || "en" };
}

/** @param {string} name @param {any} body @returns {Promise<any>} */
export function post(name, body) {
  if (saved) return Promise.reject(new LabError("this saved page answers only what was worked out when it was saved"));
  const headers = { "content-type": "application/json", ...reader() };
  return answer(fetch(`/api/${name}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

/** @param {File} file @returns {Promise<any>} */
export function postFile(file) {
  return answer(fetch(`/api/open?name=${encodeURIComponent(file.name)}`, { method: "POST", headers: reader(), body: file }));
}

/** @param {Promise<Response>} asked */
async function answer(asked) {
  /** @type {Response} */
  let response;
  try {
    response = await asked;
  } catch {
    throw new LabError("the lab has gone: start it again");
  }
  const text = await response.text();
  /** @type {any} */
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    throw new LabError(text.slice(0, 300) || `answer ${response.status}`);
  }
  if (!response.ok) throw new LabError(found.error ?? `answer ${response.status}`);
  return found;
}

/** Of these, what is said is the same in every language. */
const SILENT = ["unit", "weight"];

/** What a saved page has of an answer. @param {string} name @param {Record<string, any>} asked */
function savedAt(name, asked) {
  const words = Object.entries(asked).filter(([key, value]) => value !== null && value !== undefined && !(key === "language" && SILENT.includes(name)));
  const found = saved?.[`${name}?${words.map(([key, value]) => `${key}=${value}`).sort().join("&")}`];
  return found?.includes("?") ? saved?.[found] : found;
}

/** Whether a question can be answered. @param {string} name @param {Record<string, any>} asked */
export function holds(name, asked) {
  return !saved || savedAt(name, asked) !== undefined;
}

/** The questions of a kind that a saved page answers, as what each asks. @param {string} name @returns {Record<string, string>[]} */
export function held(name) {
  return Object.entries(saved ?? {}).filter(([key, text]) => key.startsWith(`${name}?`) && !text.includes("?"))
    .map(([key]) => Object.fromEntries(key.slice(name.length + 1).split("&").map((one) => [one.slice(0, one.indexOf("=")), one.slice(one.indexOf("=") + 1)])));
}

export class MissingError extends LabError {}

/** @param {string} name @param {Record<string, any>} asked */
async function fromSaved(name, asked) {
  const found = savedAt(name, asked);
  if (found === undefined) throw new MissingError("this was not worked out when the page was saved");
  const unpacked = new Blob([bytesOf(found)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return whole(await new Response(unpacked).json());
}

/** Single-precision numbers as they are in double precision, and products of their factors. @param {any} found */
function whole(found) {
  for (const name of found.singles ?? []) found[name] = each(Math.fround, found[name]);
  const [one, other] = found.products ?? [];
  if (typeof one === "string") found.products = each((a, b) => a * b, found[one], found[other]);
  return found;
}

/** @param {(a: number, b: number) => number} f @param {any} a @param {any} [b] @returns {any} */
function each(f, a, b) {
  return Array.isArray(a) ? a.map((one, i) => each(f, one, b?.[i])) : f(a, b);
}

/** @param {string} text */
export function bytesOf(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/** @param {string} text */
export function floatsOf(text) {
  return new Float32Array(bytesOf(text).buffer);
}
