// Sentences in the reader's language, and numbers as all of striate writes them.

import { get } from "./api.js";

/** @type {Record<string, string>} */
let sentences = {};
/** The terms in the reader's language; the page does not wait for them. @type {Promise<Record<string, {name: string, text: string}>>} */
export let glossary = Promise.resolve({});
export let language = "en";

/** @param {string} wanted */
export async function speak(wanted) {
  language = wanted;
  const own = /** @type {any} */ (window).striateTexts;
  sentences = own ? own[wanted] : await (await fetch(`/page/${wanted}.json`)).json();
  glossary = get("glossary", { language });
  glossary.catch(() => {});
  document.documentElement.lang = wanted;
}

/** @param {string} key @param {Record<string, string | number>} [facts] */
export function t(key, facts = {}) {
  const text = sentences[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(facts[name] ?? ""));
}

/**
 * So many significant digits, half to even, a true minus sign: "−0.01235", "2", "1.5e-07".
 * @param {number | null | undefined} value
 * @param {number} [digits]
 */
export function number(value, digits = 4) {
  if (value === null || value === undefined) return "–";
  if (!Number.isFinite(value)) return String(value).replace("-", "−");
  if (value === 0) return "0";
  const [all, power] = Math.abs(value).toExponential(60).split("e");
  let exponent = Number(power);
  let kept = BigInt(all.replace(".", "").slice(0, digits));
  const rest = all.replace(".", "").slice(digits);
  const half = `5${"0".repeat(rest.length - 1)}`;
  if (rest > half || (rest === half && kept % 2n === 1n)) kept += 1n;
  let text = String(kept);
  if (text.length > digits) {
    text = text.slice(0, digits);
    exponent += 1;
  }
  const sign = value < 0 ? "−" : "";
  if (exponent < -4 || exponent >= digits) {
    const tail = text.slice(1).replace(/0+$/, "");
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${text[0]}${tail ? `.${tail}` : ""}e${exponent < 0 ? "−" : "+"}${size}`;
  }
  if (exponent < 0) text = "0".repeat(-exponent) + text;
  const whole = Math.max(exponent, 0) + 1;
  const tail = text.slice(whole).replace(/0+$/, "");
  return `${sign}${text.slice(0, whole)}${tail ? `.${tail}` : ""}`;
}

/** All digits that a number has. @param {number} value */
export function full(value) {
  return String(value).replace("-", "−");
}

/** @param {number} value */
export function percent(value) {
  return `${(100 * value).toFixed(2)} %`;
}

/** @param {number} value */
export function count(value) {
  return value.toLocaleString("en");
}

/** @param {(number | string)[]} lengths */
export function by(lengths) {
  return lengths.join("×");
}
