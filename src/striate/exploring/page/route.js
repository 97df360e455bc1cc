// Where the reader is: every view has an address, which the back button and a bookmark know.

/**
 * @typedef {Object} Route
 * @property {string} view
 * @property {number} state
 * @property {string} side "" or "back" or "change"
 * @property {string} language
 * @property {string | null} layer
 * @property {number[] | null} at
 * @property {string | null} weight
 * @property {number | null} frame
 * @property {number | null} step of a tour, or of what is played
 * @property {number | null} other the state that is compared with
 * @property {string[]} trail the numbers that led here, each as layer:index
 */

/** @returns {Route} */
export function here() {
  const [view, query] = location.hash.replace(/^#\/?/, "").split("?");
  const words = new URLSearchParams(query ?? "");
  const whole = (/** @type {string} */ name) => (/^\d{1,9}$/.test(words.get(name) ?? "") ? Number(words.get(name)) : null);
  return {
    view: view || "overview", state: whole("state") ?? 0, side: words.get("side") ?? "",
    language: words.get("language") ?? /** @type {any} */ (window).striateLanguage ?? "en",
    layer: words.get("layer"), at: numbers(words.get("at")), weight: words.get("weight"),
    frame: whole("frame"), step: whole("step"), other: whole("other"),
    trail: (words.get("trail") ?? "").split("~").filter(Boolean),
  };
}

/** @param {string | null} text */
export function numbers(text) {
  return text && /^\d+(,\d+)*$/.test(text) ? text.split(",").map(Number) : null;
}

/** @param {Partial<Route>} route */
function address(route) {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(route)) {
    if (name === "view" || value === null || value === undefined || value === "") continue;
    if (name === "language" && value === (/** @type {any} */ (window).striateLanguage ?? "en")) continue;
    if (name === "state" && value === 0) continue;
    if (Array.isArray(value)) {
      if (value.length) words.set(name, value.join(name === "trail" ? "~" : ","));
    } else words.set(name, String(value));
  }
  const query = words.toString().replaceAll("%2C", ",").replaceAll("%3A", ":").replaceAll("%7E", "~");
  return `#/${route.view}${query ? `?${query}` : ""}`;
}

/** @param {Partial<Route>} route */
export function to(route) {
  location.hash = address(route).slice(1);
}
to.address = address;
