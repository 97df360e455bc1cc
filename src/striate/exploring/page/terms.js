// Words of the glossary wherever they stand: pointed at or focused, they say what they mean.

import { noTip, tip } from "./dom.js";
import { glossary, language } from "./text.js";

const SKIPPED = "a,button,select,option,textarea,input,label,dt,dd,dfn,svg,canvas,script,summary,.document,#tip,[role=img]";

/** The words of each term, the longest first, as they may stand in a sentence. */
async function words() {
  const all = Object.values(await glossary).map((one) => ({ ...one, word: one.name.toLocaleLowerCase(language) }));
  return all.sort((a, b) => b.word.length - a.word.length);
}

/** Where a word stands by itself, plural too. @param {string} text @param {string} word */
function placeOf(text, word) {
  const safe = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const found = new RegExp(`(?<![\\p{L}\\p{N}_.-])${safe}(?:${language === "en" ? "s|es" : ""})?(?![\\p{L}\\p{N}_-])`, "iu").exec(text);
  return found ? { start: found.index, end: found.index + found[0].length } : null;
}

/** Marks the first place of every term. @param {HTMLElement} main */
export async function explainTerms(main) {
  for (const term of await words()) {
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    for (let node = /** @type {Text | null} */ (walker.nextNode()); node; node = /** @type {Text | null} */ (walker.nextNode())) {
      if (!node.data.trim() || node.parentElement?.closest(SKIPPED)) continue;
      const place = placeOf(node.data, term.word);
      if (!place) continue;
      mark(node, place, term.text);
      break;
    }
  }
}

/** @param {Text} node @param {{start: number, end: number}} place @param {string} text */
function mark(node, place, text) {
  const rest = node.splitText(place.start);
  rest.splitText(place.end - place.start);
  const term = document.createElement("dfn");
  term.tabIndex = 0;
  term.setAttribute("aria-description", text);
  rest.replaceWith(term);
  term.append(rest);
  const told = () => { const box = term.getBoundingClientRect(); tip(text, box.left, box.bottom - 12); };
  term.addEventListener("pointerenter", told);
  term.addEventListener("focus", told);
  term.addEventListener("pointerleave", noTip);
  term.addEventListener("blur", noTip);
}
