// @ts-check
// The reader's own points: drawn on the map, or pasted.

import { MOST_IN_ADDRESS } from "./playground_address.js";
import { REACH } from "./playground_map.js";
import { button, choice, element } from "./toolkit.js";

const HOW =
  "Draw on the map with the pointer, paste lines of three numbers, or choose a file with such lines: x₁, x₂ " +
  "(from −6 to 6) and a target. The first line may name the columns. Targets of 1 and −1 (or 1 and 0) are classes, " +
  "other numbers are heights.";
const POINTER = { 0: "does nothing", 1: "adds points of class 1 (blue)", "-1": "adds points of class −1 (orange)" };

export class OwnPoints {
  constructor(game) {
    this.game = game;
    this.drawing = 0; // the class that the pointer draws, or 0
    this.last = null; // where it drew last: a press draws a point, a drag a trail of them
    this.message = element("p", { class: "play-hint", role: "status" });
    this.pasted = element("textarea", {
      rows: 5,
      "aria-label": "Your points: x1, x2 and target in each line",
      placeholder: "1.5, -2, 1\n-3, 0.5, -1",
    });
    const kinds = { type: "file", accept: ".csv,.tsv,.txt,text/*", "aria-label": "A file of points" };
    this.file = element("input", kinds);
    this.file.addEventListener("change", () => this.useFile());
    const pointer = choice({
      label: "Pointer on the map",
      options: ["0", "1", "-1"].map((key) => [key, POINTER[key]]),
      value: "0",
      onInput: (v) => this.choosePointer(Number(v)),
    });
    const use = button("Use these points", () => this.usePasted());
    const remove = button("Remove my points", () => this.remove());
    const buttons = element("div", { class: "figure-buttons" }, use, remove);
    const summary = element("summary", {}, "Your own data");
    const parts = [summary, element("p", {}, HOW), pointer.node, this.file, this.pasted, buttons, this.message];
    this.node = element("details", { class: "play-details" }, parts);
    this.listen(game.map.dots);
  }

  choosePointer(target) {
    this.drawing = target;
    this.game.map.output.classList.toggle("drawing", target !== 0);
  }

  listen(dots) {
    dots.addEventListener("pointerdown", (event) => {
      if (!this.drawing || event.button !== 0) return;
      dots.setPointerCapture(event.pointerId);
      this.last = null;
      this.drawAt(event);
    });
    dots.addEventListener("pointermove", (event) => {
      if (this.last) this.drawAt(event);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      dots.addEventListener(end, () => {
        this.last = null;
      });
    }
  }

  drawAt(event) {
    const [x, y] = this.game.map.placeOf(event);
    const isNear = this.last !== null && Math.hypot(x - this.last[0], y - this.last[1]) < 0.6;
    if (Math.max(Math.abs(x), Math.abs(y)) > REACH || isNear) return;
    this.last = [x, y];
    const { model } = this.game;
    const before = model.get("kind") === "own" ? model.get("own") : [];
    const point = [Number(x.toFixed(2)), Number(y.toFixed(2)), this.drawing];
    this.game.change({ own: [...before, point], kind: "own" });
    this.sayCount();
  }

  async useFile() {
    const [file] = this.file.files;
    if (!file) return;
    this.pasted.value = await file.text();
    this.usePasted();
  }

  usePasted() {
    const { points, problem } = readPoints(this.pasted.value);
    if (problem) {
      this.message.textContent = problem;
      return;
    }
    const share = points.length < 20 ? 90 : this.game.model.get("train_share");
    this.game.change({ own: points, kind: "own", train_share: share });
    this.sayCount();
  }

  remove() {
    this.game.change({ own: [], kind: "own" });
    this.message.textContent = "Your points are removed.";
  }

  sayCount() {
    const own = this.game.model.get("own");
    const words = [`You have ${own.length} ${own.length === 1 ? "point" : "points"}.`];
    const outside = own.filter(([x, y]) => Math.max(Math.abs(x), Math.abs(y)) > REACH).length;
    if (outside) {
      const lie = outside === 1 ? "lies" : "lie";
      const what = `${outside} of them ${lie} outside the map, which ends at −6 and 6`;
      words.push(`${what}: divide your numbers until they fit.`);
    }
    if (own.length > MOST_IN_ADDRESS) {
      words.push("They are too many for the page's address: keep them elsewhere too.");
    }
    this.message.textContent = words.join(" ");
  }
}

/**
 * Read lines of three numbers, below a line of names or not; says which line is wrong.
 * @param {string} text
 * @returns {{ points?: number[][], problem?: string }}
 */
export function readPoints(text) {
  const points = [];
  for (const [i, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\r|\n/)
    .entries()) {
    const words = line.trim();
    if (words === "") continue;
    const parts = words.split(/[\s,;]+/);
    const values = parts.map(Number);
    if (values.length !== 3 || !values.every(Number.isFinite)) {
      // A file's first line may name its columns.
      if (i === 0 && parts.length > 1 && values.every(Number.isNaN)) continue;
      return { problem: `Line ${i + 1} is not three numbers: “${words.slice(0, 40)}”. Nothing was changed.` };
    }
    points.push(values);
  }
  if (points.length === 0) return { problem: "There are no points in the field." };
  // Classes may be written 0 and 1; the network knows them as -1 and 1.
  const classes = points.every((point) => point[2] === 0 || point[2] === 1);
  return { points: classes ? points.map(([x, y, t]) => [x, y, t === 1 ? 1 : -1]) : points };
}
