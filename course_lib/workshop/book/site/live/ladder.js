// @ts-check
// Two rungs before the blank page: a solution's lines to put in order, and the solution with gaps to fill in.

import { button, make } from "./elements.js";

/** @typedef {{ head: string, lines: string[], gaps: string[] }} Ladder */
/**
 * @typedef {object} Rung
 * @property {string} words what the learner chooses it by
 * @property {HTMLElement} element
 * @property {() => string} code
 * @property {() => string[]} work what is kept of it
 * @property {(work: any) => void} take
 * @property {() => string} missing a sentence, where there is nothing to check yet
 * @property {string} wrong what to say below a verdict that is not "right"
 */

/** @type {[string, string, number][]} */
const ARROWS = [
  ["↑", "up", -1],
  ["↓", "down", 1],
];

/**
 * @param {Ladder} ladder
 * @param {() => void} changed
 * @param {(words: string) => void} say
 * @returns {Object<string, Rung>}
 */
export const rungsOf = (ladder, changed, say) => ({
  order: orderLines(ladder, changed, say),
  gaps: fillGaps(ladder, changed),
});

/** @param {Ladder} ladder @param {() => void} changed @param {(words: string) => void} say @returns {Rung} */
function orderLines({ head, lines }, changed, say) {
  const list = make("ol", { class: "live-lines" });
  const places = () => /** @type {HTMLElement[]} */ ([...list.children]);
  const text = (/** @type {HTMLElement} */ line) => line.dataset.code ?? "";
  const work = () => places().map(text);
  /** @param {HTMLElement} line @param {number} steps */
  const move = (line, steps) => {
    const place = places().indexOf(line) + steps;
    if (place < 0 || place >= list.childElementCount) return;
    if (steps < 0) places()[place].before(line);
    else places()[place].after(line);
    changed();
    say(`Line ${place + 1} of ${list.childElementCount}: ${text(line).trim()}`);
  };
  /** @param {string} code */
  const add = (code) => {
    const grip = make("span", { class: "live-grip", "aria-hidden": "true" }, "⠿");
    const indent = code.search(/\S/);
    const shown = make("code", {}, code.replaceAll(new RegExp(`^ {${indent}}`, "gm"), ""));
    shown.style.paddingLeft = `${indent}ch`; // so that a line that is broken on a phone stays indented
    const line = make("li", { "data-code": code }, grip, shown);
    for (const [sign, words, steps] of ARROWS) {
      const arrow = button(sign, () => {
        move(line, steps);
        arrow.focus();
      });
      arrow.setAttribute("aria-label", `Move ${words}: ${code.trim().split("\n")[0]}`);
      line.append(arrow);
    }
    drag(line, changed);
    list.append(line);
  };
  const take = (/** @type {any} */ kept) => {
    const fits = Array.isArray(kept) && String([...kept].sort()) === String([...lines].sort());
    list.replaceChildren();
    for (const code of fits ? kept : lines) add(code);
  };
  take(null);
  const begins = make("pre", { tabindex: "0", "aria-label": "How it begins" }, head);
  return {
    words: "Order the lines",
    element: make("div", { class: "live-rung" }, begins, list),
    code: () => [head, ...work(), ""].join("\n"),
    work,
    take,
    missing: () => "",
    wrong: "Every line is a right one, indented as it has to be. What is not right yet is their order.",
  };
}

/**
 * Let a line be dragged by its grip, with a mouse or a finger.
 * @param {HTMLElement} line
 * @param {() => void} changed
 */
function drag(line, changed) {
  const grip = /** @type {HTMLElement} */ (line.firstElementChild);
  grip.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    grip.setPointerCapture(event.pointerId);
    line.classList.add("live-dragged");
  });
  grip.addEventListener("pointermove", ({ clientY, pointerId }) => {
    if (!grip.hasPointerCapture(pointerId)) return;
    const { previousElementSibling: above, nextElementSibling: below } = line;
    const middle = (/** @type {Element} */ one) => one.getBoundingClientRect().top + one.clientHeight / 2;
    if (above && clientY < middle(above)) above.before(line);
    else if (below && clientY > middle(below)) below.after(line);
    else return;
    grip.setPointerCapture(pointerId); // a moved element loses it
  });
  grip.addEventListener("lostpointercapture", () => {
    line.classList.remove("live-dragged");
    changed();
  });
}

/** @param {Ladder} ladder @param {() => void} changed @returns {Rung} */
function fillGaps({ gaps: parts }, changed) {
  const element = make("pre", { class: "live-rung live-gaps", tabindex: "0", "aria-label": "The code with gaps" });
  let line = 1;
  const inputs = parts.slice(1).map((_, place) => {
    line += parts[place].split("\n").length - 1;
    const label = `Gap ${place + 1} of ${parts.length - 1}, in line ${line}`;
    const input = make("input", {
      type: "text",
      size: "6",
      "aria-label": label,
      autocapitalize: "off",
      spellcheck: "false",
    });
    input.setAttribute("autocomplete", "off");
    element.append(parts[place], input);
    return /** @type {HTMLInputElement} */ (input);
  });
  element.append(parts[parts.length - 1]);
  const fit = () => {
    for (const input of inputs) input.size = Math.max(6, input.value.length + 1);
  };
  element.addEventListener("input", () => {
    fit();
    changed();
  });
  return {
    words: "Fill the gaps",
    element,
    code: () => parts.map((part, place) => part + (inputs[place]?.value ?? "")).join(""),
    work: () => [...inputs.map((input) => input.value), parts.join("")],
    take: (kept) => {
      const fits = Array.isArray(kept) && kept[inputs.length] === parts.join("");
      inputs.forEach((input, place) => {
        input.value = fits ? String(kept[place]) : "";
      });
      fit();
    },
    missing: () => {
      const empty = inputs.find((input) => !input.value.trim());
      empty?.focus();
      return empty ? `Nothing is written here yet: ${empty.getAttribute("aria-label")}.` : "";
    },
    wrong: "What stands outside the gaps is right. What is not right yet stands in one of them.",
  };
}
