// @ts-check
// Draw a digit with pointer or keys; a network that was trained in Python reads it.

import { Network } from "./js/network_engine.js";
import {
  button,
  buttons,
  checkbox,
  choice,
  colour,
  createFigure,
  element,
  number,
  paint,
  shape,
} from "./js/toolkit.js";

const SIDE = 32; // the drawing is 32 x 32; the network sees 8 x 8 counts of ink, as its training data
const PEN = 2.4; // the radius of the pen with which a drawing is drawn again
const SPOT = 1.8; // the radius of the pen, and of the eraser, in the square
const SURE = 0.6; // a digit that is less probable is not called
const NAMES = ["bitmap", "strokes", "centred", "sizes", "activations", "parameters", "scale"];

// ---------- what the network sees ----------

/** Move the ink to the middle and stretch it to the full height, as the training data were prepared. */
function centre(bitmap) {
  const inked = bitmap.flatMap((ink, k) => (ink ? [[Math.floor(k / SIDE), k % SIDE]] : []));
  if (inked.length === 0) return bitmap;
  const rows = inked.map(([r]) => r);
  const columns = inked.map(([, c]) => c);
  const [top, left] = [Math.min(...rows), Math.min(...columns)];
  const [height, width] = [Math.max(...rows) - top + 1, Math.max(...columns) - left + 1];
  const size = Math.max(height, width);
  const down = Math.floor((SIDE - (height * SIDE) / size) / 2);
  const right = Math.floor((SIDE - (width * SIDE) / size) / 2);
  return bitmap.map((_, k) => {
    const r = top + Math.floor(((Math.floor(k / SIDE) - down + 0.5) * size) / SIDE);
    const c = left + Math.floor((((k % SIDE) - right + 0.5) * size) / SIDE);
    const inside = r >= top && r < top + height && c >= left && c < left + width;
    return inside && bitmap[r * SIDE + c] ? 1 : 0;
  });
}

/** Count the ink in each of 8 x 8 blocks: 64 numbers from 0 to 16. */
function countInk(bitmap) {
  const image = Array(64).fill(0);
  bitmap.forEach((ink, k) => {
    image[Math.floor(k / (SIDE * 4)) * 8 + Math.floor((k % SIDE) / 4)] += ink;
  });
  return image;
}

/** Draw strokes as large as the square allows, in its middle, with one pen: a bitmap. */
function redraw(strokes) {
  const points = strokes.flat();
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const size = Math.max(right - left, bottom - top);
  const stretch = size > 0 ? (SIDE - 2 * PEN) / size : 1;
  const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2];
  const fit = ([x, y]) => [(x - middleX) * stretch + (SIDE - 1) / 2, (y - middleY) * stretch + (SIDE - 1) / 2];
  const lines = strokes.flatMap((stroke) => {
    const fitted = stroke.map(fit);
    return fitted.slice(0, Math.max(1, fitted.length - 1)).map((from, i) => [from, fitted[i + 1] ?? from]);
  });
  return Array.from({ length: SIDE * SIDE }, (_, k) =>
    lines.some(([from, to]) => isNear(k % SIDE, Math.floor(k / SIDE), from, to, PEN)) ? 1 : 0,
  );
}

/** Whether a place lies within so much of a line, which may be a point. */
function isNear(column, row, [x, y], [x2, y2], distance) {
  const [dx, dy] = [x2 - x, y2 - y];
  const length = dx * dx + dy * dy;
  const share = ((column - x) * dx + (row - y) * dy) / (length > 0 ? length : 1);
  const along = Math.min(1, Math.max(0, share));
  const [off, down] = [column - x - along * dx, row - y - along * dy];
  return off * off + down * down <= distance * distance;
}

function seen({ bitmap, strokes, centred }) {
  if (!centred) return countInk(bitmap);
  return countInk(strokes.length ? redraw(strokes) : centre(bitmap));
}

/** What the network sees and what it says: one probability for each digit, and the digit if it is sure enough. */
function compute(state) {
  const { sizes, activations, parameters, scale } = state;
  const image = seen(state);
  if (parameters.length === 0) return { image, probabilities: [], answer: null };
  const network = new Network(sizes, activations);
  network.parameters.set(parameters);
  const inputs = Float64Array.from(image, (ink) => ink / scale);
  const logits = [...network.forward(inputs, 1)].slice(0, sizes.at(-1));
  const highest = Math.max(...logits);
  const powers = logits.map((z) => Math.exp(z - highest));
  const total = powers.reduce((sum, v) => sum + v, 0);
  const probabilities = powers.map((v) => v / total);
  const best = probabilities.indexOf(Math.max(...probabilities));
  return { image, probabilities, answer: best < 10 && probabilities[best] >= SURE ? best : null };
}

const withArticle = (digit) => `${digit === 8 ? "an" : "a"} ${digit}`;

/** What the network says, in a sentence. */
function sentenceOf({ bitmap }, { probabilities, answer }) {
  if (probabilities.length === 0) return "No network is loaded yet: pass a trained one from Python.";
  if (!bitmap.some(Boolean)) return "Draw a digit from 0 to 9 in the square.";
  if (answer !== null) {
    return `The network reads ${withArticle(answer)} and is ${number(100 * probabilities[answer], 0)} % sure.`;
  }
  if (probabilities.indexOf(Math.max(...probabilities)) === 10) return "I do not know: this looks like no digit to me.";
  const digits = Array.from({ length: 10 }, (_, d) => d);
  const [first, second] = digits.sort((a, b) => probabilities[b] - probabilities[a]);
  return `I do not know: it may be ${withArticle(first)}, or ${withArticle(second)}.`;
}

// ---------- drawing ----------

/** Put a round spot of ink, or take ink away. */
function spot(bitmap, column, row, ink) {
  return bitmap.map((old, k) =>
    (Math.floor(k / SIDE) - row) ** 2 + ((k % SIDE) - column) ** 2 <= SPOT ** 2 ? ink : old,
  );
}

/** Places from one to another, a place apart at most; the first is left out. @param {any} from @param {any} to */
function between(from, to) {
  const [[x, y], [x2, y2]] = [from, to];
  const steps = Math.max(1, Math.ceil(Math.hypot(x2 - x, y2 - y)));
  return Array.from({ length: steps }, (_, i) => {
    const share = (i + 1) / steps;
    return [Number((x + (x2 - x) * share).toFixed(2)), Number((y + (y2 - y) * share).toFixed(2))];
  });
}

/** Strokes without the places that an eraser touched. */
function erased(strokes, [column, row]) {
  return strokes.flatMap((stroke) => {
    const parts = [[]];
    for (const place of stroke) {
      if (isNear(column, row, place, place, SPOT)) parts.push([]);
      else parts.at(-1).push(place);
    }
    return parts.filter((part) => part.length > 0);
  });
}

/** The square to draw in, by pointer or by keys. */
class Pad {
  constructor(model, set, say) {
    this.model = model;
    this.set = set;
    this.say = say;
    this.erases = false;
    this.place = [16, 16]; // of the pen that keys move
    this.isDown = false;
    this.byKeys = false; // only then is the pen shown: a mouse shows its own place
    this.last = null; // where the pointer drew last
    const words = "Drawing square. Arrow keys move the pen, the space bar lowers and lifts it, Delete clears.";
    const attributes = { class: "digit-pad", tabindex: "0", role: "application", "aria-label": words };
    this.node = element("canvas", { width: SIDE, height: SIDE, ...attributes });
    this.listen();
  }

  listen() {
    const { node } = this;
    node.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      node.setPointerCapture(event.pointerId);
      this.byKeys = false;
      this.last = this.placeOf(event);
      this.draw([this.last], true);
    });
    node.addEventListener("pointermove", (event) => {
      if (!this.last) return;
      const now = this.placeOf(event);
      this.draw(between(this.last, now), false);
      this.last = now;
    });
    for (const end of ["pointerup", "pointercancel"]) {
      node.addEventListener(end, () => {
        this.last = null;
      });
    }
    for (const change of ["focus", "blur"]) {
      node.addEventListener(change, () => {
        this.byKeys = node.matches(":focus-visible");
        this.show();
      });
    }
    node.addEventListener("keydown", (event) => this.press(event));
  }

  placeOf(event) {
    const box = this.node.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * SIDE - 0.5;
    const y = ((event.clientY - box.top) / box.height) * SIDE - 0.5;
    return [Number(x.toFixed(2)), Number(y.toFixed(2))];
  }

  press(event) {
    const move = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    this.byKeys = true;
    if (move) {
      this.place = this.place.map((v, i) => Math.min(SIDE - 1, Math.max(0, v + move[i])));
      if (this.isDown) this.draw([this.place], false);
    } else if (event.key === " ") {
      this.isDown = !this.isDown;
      this.say(this.isDown ? "Pen down" : "Pen up");
      if (this.isDown) this.draw([this.place], true);
    } else if (event.key === "Delete" || event.key === "Backspace") this.clear();
    else return;
    event.preventDefault();
    this.show();
  }

  /** Draw or erase at places, which begin a new stroke or go on with the last one. */
  draw(places, isNew) {
    const { model, erases } = this;
    const before = model.get("bitmap");
    let strokes = model.get("strokes");
    // An image that was shown has ink that no stroke drew: what is added to it is ink as well.
    const isDrawn = strokes.length > 0 || !before.some(Boolean);
    const bitmap = places.reduce((old, [x, y]) => spot(old, x, y, erases ? 0 : 1), before);
    if (erases) strokes = places.reduce(erased, strokes);
    else if (isDrawn && (isNew || strokes.length === 0)) strokes = [...strokes, places];
    else if (isDrawn) strokes = [...strokes.slice(0, -1), [...strokes.at(-1), ...places]];
    this.set({ bitmap, strokes });
  }

  /** Empty the square; after an image that was shown as it is, drawings are centred again. */
  clear() {
    const centred = this.model.get("centred") || this.model.get("strokes").length === 0;
    this.set({ bitmap: Array(SIDE * SIDE).fill(0), strokes: [], centred });
  }

  show() {
    const context = this.node.getContext("2d");
    context.fillStyle = colour(this.node, "paper");
    context.fillRect(0, 0, SIDE, SIDE);
    context.fillStyle = colour(this.node, "ink");
    this.model.get("bitmap").forEach((ink, k) => {
      if (ink) context.fillRect(k % SIDE, Math.floor(k / SIDE), 1, 1);
    });
    if (!this.byKeys || document.activeElement !== this.node) return;
    const [column, row] = this.place;
    context.fillStyle = colour(this.node, this.isDown ? "one" : "zero");
    context.fillRect(column - 1, row, 3, 1);
    context.fillRect(column, row - 1, 1, 3);
  }
}

// ---------- the figure ----------

function render({ model, el }) {
  const side = element("div", { class: "digit-side" });
  const pad = new Pad(
    model,
    (values) => figure.set(values),
    (words) => {
      figure.voice.textContent = words;
    },
  );
  const board = element("div", { class: "digit-board" }, pad.node, side);
  const draw = (stage, width, state) => {
    const outcome = compute(state);
    const size = width > 620 ? 250 : Math.min(width, 290);
    if (!board.isConnected) stage.replaceChildren(board);
    pad.node.setAttribute("style", `width: ${size}px; height: ${size}px`);
    pad.show();
    const wide = width > 620 ? width - size - 160 : Math.min(width - 132, 230);
    side.replaceChildren(drawSeen(outcome.image, 120), drawChances(outcome, wide));
    return { lines: [sentenceOf(state, outcome)] };
  };
  const figure = createFigure({ model, el, title: "Draw a digit", traits: NAMES, draw });
  addControls(figure, model, pad);
  return figure.begin();
}

function addControls(figure, model, pad) {
  const eraser = checkbox({
    label: "Erase instead of draw",
    value: false,
    onInput: (v) => {
      pad.erases = v;
    },
  });
  figure.controls.append(
    buttons(button("Clear", () => pad.clear(), { primary: true })),
    figure.control("centred", checkbox, { label: "Centre and stretch the drawing, as the training data were" }),
    eraser.node,
  );
  const examples = model.get("examples");
  if (examples.length === 0) return;
  const pick = choice({
    label: "Show an image that the network has not trained on",
    options: [["", "choose one"], ...examples.map((_, i) => [String(i), `image ${i + 1}`])],
    value: "",
    onInput: (v) => {
      if (v !== "") figure.set({ bitmap: fromCounts(examples[Number(v)]), strokes: [], centred: false });
    },
  });
  figure.controls.append(pick.node);
}

// The order in which the 16 points of a block are inked, so that every count looks even (Bayer's matrix).
const BAYER = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5];

/** A drawing whose ink counts are those of an 8 x 8 image. */
function fromCounts(image) {
  return Array.from({ length: SIDE * SIDE }, (_, k) => {
    const [row, column] = [Math.floor(k / SIDE), k % SIDE];
    return BAYER[(row % 4) * 4 + (column % 4)] < image[Math.floor(row / 4) * 8 + Math.floor(column / 4)] ? 1 : 0;
  });
}

/** The 64 numbers that the network sees. */
function drawSeen(image, size) {
  const side = size / 8;
  const svg = shape("svg", {
    width: size,
    height: size + 22,
    viewBox: `0 0 ${size} ${size + 22}`,
    role: "img",
    "aria-label": "What the network sees: 8 times 8 squares of ink.",
  });
  image.forEach((ink, k) =>
    svg.append(
      shape("rect", {
        x: (k % 8) * side,
        y: Math.floor(k / 8) * side,
        width: side + 0.5,
        height: side + 0.5,
        fill: paint("ink"),
        "fill-opacity": ink / 16,
      }),
    ),
  );
  svg.append(
    shape("rect", { x: 0.5, y: 0.5, width: size - 1, height: size - 1, fill: "none", stroke: paint("soft") }),
    shape("text", { x: size / 2, y: size + 17, "text-anchor": "middle", class: "soft" }, "what it sees"),
  );
  return svg;
}

/** One bar for each digit, and one for what is no digit if the network knows such a thing. */
function drawChances({ probabilities, answer }, width) {
  const row = 19;
  const count = Math.max(10, probabilities.length);
  const nameOf = (d) => (d < 10 ? String(d) : "no digit");
  const svg = shape("svg", {
    width,
    height: count * row + 4,
    viewBox: `0 0 ${width} ${count * row + 4}`,
    role: "img",
    "aria-label":
      probabilities.length === 0
        ? "No network."
        : `Probabilities: ${probabilities.map((p, d) => `${nameOf(d)}: ${number(100 * p, 0)} percent`).join(", ")}.`,
  });
  for (let d = 0; d < count; d += 1) {
    const p = probabilities[d] ?? 0;
    svg.append(
      shape(
        "text",
        { x: 12, y: d * row + 16, "text-anchor": "middle", class: d === answer ? "strong" : undefined },
        d < 10 ? String(d) : "?",
      ),
      shape("rect", {
        x: 24,
        y: d * row + 4,
        width: Math.max(1, p * (width - 76)),
        height: row - 5,
        rx: 2,
        fill: paint(d === answer ? "one" : "soft"),
      }),
      shape(
        "text",
        { x: width - 2, y: d * row + 16, "text-anchor": "end", class: "soft number" },
        probabilities.length === 0 ? "" : `${number(100 * p, 0)} %`,
      ),
    );
  }
  return svg;
}

export default { render, compute, centre, countInk, redraw, fromCounts };
