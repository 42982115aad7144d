// @ts-check
// Answers stay in this browser, one entry for each exercise, under names that outlive a version of the book.

/** @typedef {{ answer: string, outcome?: string, rung?: string, [rung: string]: any }} Entry */

const START = "neural-networks-course/answer/";
const ASIDE = "neural-networks-course/unreadable/";

/**
 * What is kept of an exercise; what cannot be read is put aside, never deleted.
 * @param {string} name
 * @returns {{ entry: Entry | null, trouble: string }}
 */
export function kept(name) {
  try {
    const text = localStorage.getItem(START + name);
    if (text === null) return { entry: null, trouble: "" };
    try {
      const entry = JSON.parse(text);
      if (typeof entry?.answer === "string") return { entry, trouble: "" };
    } catch {}
    localStorage.setItem(ASIDE + name, text);
    return {
      entry: null,
      trouble: "What this browser had kept of this answer cannot be read. It is put aside, unchanged.",
    };
  } catch {
    return { entry: null, trouble: NOT_KEPT };
  }
}

export const NOT_KEPT =
  "This browser keeps nothing for this page (a private window, or no room left): download your answers in time.";

/**
 * Keep an answer; return a sentence where that is not possible.
 * @param {string} name
 * @param {Entry} entry
 * @returns {string}
 */
export function keep(name, entry) {
  try {
    localStorage.setItem(START + name, JSON.stringify(entry));
    return "";
  } catch {
    return NOT_KEPT;
  }
}

/**
 * Call back when another tab has changed an answer.
 * @param {(name: string, entry: Entry) => void} tell
 */
export function onChangeElsewhere(tell) {
  addEventListener("storage", ({ key, newValue }) => {
    if (!key?.startsWith(START) || newValue === null) return;
    try {
      tell(key.slice(START.length), JSON.parse(newValue));
    } catch {}
  });
}

/**
 * Return an answer, or an exported entry without its outcomes, as an entry.
 * @param {any} one
 * @returns {Entry | null}
 */
export function asEntry(one) {
  if (typeof one === "string") return { answer: one };
  if (typeof one?.answer !== "string") return null;
  const kept = Object.entries(one).filter(([key]) => !/outcome$/i.test(key));
  return { answer: one.answer, ...Object.fromEntries(kept) };
}

/** Everything that is kept here, of all pages. @returns {Object<string, Entry>} */
export function all() {
  /** @type {Object<string, Entry>} */
  const entries = {};
  try {
    for (const key of Object.keys(localStorage)) {
      const { entry } = key.startsWith(START) ? kept(key.slice(START.length)) : { entry: null };
      if (entry) entries[key.slice(START.length)] = entry;
    }
  } catch {}
  return entries;
}
