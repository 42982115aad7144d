// @ts-check
// A formula whose numbers can be held: dragged, typed or stepped by keys. Picture, sentence and code follow.

import {
  axes,
  button,
  buttons,
  createFigure,
  digits,
  element,
  number,
  paint,
  path,
  shape,
  traitsOf,
} from "./js/toolkit.js";

// A quantity has one colour and one mark wherever it stands; both go by the letter its name begins with.
const HELD_PAINTS = ["one", "zero", "mark", "good"];
const HELD_LINES = ["solid", "dashed", "dotted", "double"];
const HELD_DASHES = [undefined, "8 4", "2 4", "10 3 2 3"];

/** @typedef {Record<string, number>} Numbers */
/** @typedef {[number, number, number, number, string]} HeldLine */
/** @typedef {{ x: number[], y: [number, number], labels: string[], curve?: (t: number) => number,
 *   lines: HeldLine[], points: [number, number, string][] }} HeldPicture */
/** @typedef {{ formula: string, values: Numbers, texts: Record<string, string>,
 *   ranges: Record<string, number[]> }} HeldState */

const squash = (/** @type {number} */ z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));

/** What each formula's numbers come to. @type {Record<string, (v: Numbers) => Numbers>} */
const HELD_RESULTS = {
  weighted_sum: ({ w1, w2, x1, x2, b }) => {
    const z = w1 * x1 + w2 * x2 + b;
    return { z, answer: z > 0 ? 1 : 0 };
  },
  distance: ({ w1, w2, x1, x2, b }) => ({ d: (w1 * x1 + w2 * x2 + b) / Math.hypot(w1, w2) }),
  squared_error: ({ w, b }) => {
    const [first, second] = [w + b - 2, 3 * w + b - 4];
    return { E: (first ** 2 + second ** 2) / 2, slope_w: first + 3 * second, slope_b: first + second };
  },
  step: ({ w, r, c }) => {
    const slope = 2 * c * (w - 3);
    return { slope, after: w - r * slope };
  },
  sigmoid: ({ w, x, b }) => {
    const p = squash(w * x + b);
    return { p, slope: p * (1 - p) };
  },
  surprise: ({ z }) => ({
    p: squash(z),
    E: Math.max(-z, 0) + Math.log1p(Math.exp(-Math.abs(z))),
    slope: squash(z) - 1,
  }),
  chain: ({ x, v, w, y }) => {
    const h = Math.tanh(v * x);
    const wrong = w * h - y;
    return { E: wrong ** 2, slope_w: 2 * wrong * h, slope_v: 2 * wrong * w * (1 - h ** 2) * x };
  },
};

/**
 * A line in the plane, far enough to leave the picture.
 * @param {Numbers} values
 * @returns {HeldLine}
 */
function heldBoundary({ w1, w2, b }) {
  const size = w1 * w1 + w2 * w2 || 1;
  const [nx, ny] = [(-b * w1) / size, (-b * w2) / size];
  const far = 20 / Math.sqrt(size);
  return [nx - far * w2, ny + far * w1, nx + far * w2, ny - far * w1, "b"];
}

/**
 * The weights as an arrow from the origin.
 * @param {Numbers} values
 * @returns {HeldLine[]}
 */
function heldArrow({ w1, w2 }) {
  const [back, side] = [0.15, 0.08];
  /** @type {(turn: number) => HeldLine} */
  const wing = (turn) => [w1, w2, w1 - back * w1 - turn * side * w2, w2 - back * w2 + turn * side * w1, "w"];
  return [[0, 0, w1, w2, "w"], wing(1), wing(-1)];
}

/** What each formula looks like. @type {Record<string, (v: Numbers, r: Numbers) => HeldPicture>} */
const HELD_PICTURES = {
  weighted_sum: (v) => ({
    x: [],
    y: [-3, 3],
    labels: ["first number", "second number"],
    lines: [heldBoundary(v), ...heldArrow(v)],
    points: [[v.x1, v.x2, "x"]],
  }),
  distance: (v, { d }) => {
    const length = Math.hypot(v.w1, v.w2);
    const foot = [v.x1 - (d * v.w1) / length, v.x2 - (d * v.w2) / length];
    return {
      x: [],
      y: [-3, 3],
      labels: ["first number", "second number"],
      lines: [heldBoundary(v), ...heldArrow(v), [v.x1, v.x2, foot[0], foot[1], ""]],
      points: [[v.x1, v.x2, "x"]],
    };
  },
  squared_error: ({ w, b }) => ({
    x: [-0.5, 4],
    y: [-2, 8],
    labels: ["x", "y"],
    curve: (t) => w * t + b,
    lines: [
      [1, 2, 1, w + b, "w"],
      [3, 4, 3, 3 * w + b, "w"],
    ],
    points: [
      [1, 2, ""],
      [3, 4, ""],
      [0, b, "b"],
    ],
  }),
  step: ({ w, c }, { after }) => ({
    x: [-4, 10],
    y: [-4, 50],
    labels: ["weight", "cost"],
    curve: (t) => c * (t - 3) ** 2,
    lines: [[w, c * (w - 3) ** 2, after, c * (after - 3) ** 2, "r"]],
    points: [
      [w, c * (w - 3) ** 2, "w"],
      [after, c * (after - 3) ** 2, ""],
    ],
  }),
  sigmoid: ({ w, x, b }, { p }) => ({
    x: [-6, 6],
    y: [-0.1, 1.1],
    labels: ["input x", "p"],
    curve: (t) => squash(w * t + b),
    lines: [[x, 0, x, p, "x"]],
    points: [[x, p, "x"]],
  }),
  surprise: ({ z }, { E, slope }) => ({
    x: [-6, 6],
    y: [-1, 7],
    labels: ["logit z", "cost"],
    curve: (t) => Math.max(-t, 0) + Math.log1p(Math.exp(-Math.abs(t))),
    lines: [[z - 2, E - 2 * slope, z + 2, E + 2 * slope, "z"]],
    points: [[z, E, "z"]],
  }),
  chain: ({ x, v, w, y }, { E, slope_v: slope }) => ({
    x: [-3, 3],
    y: [-1, 5],
    labels: ["inner weight v", "error"],
    curve: (t) => (w * Math.tanh(t * x) - y) ** 2,
    lines: [[v - 1, E - slope, v + 1, E + slope, "v"]],
    points: [[v, E, "v"]],
  }),
};

/**
 * All results of the formula that a figure shows.
 * @param {{ formula: string, values: Numbers }} state
 */
function compute({ formula, values }) {
  return HELD_RESULTS[formula](values);
}

/**
 * The formula's letters; the place of a letter among them decides its colour and mark.
 * @param {HeldState["ranges"]} ranges
 */
function heldKinds(ranges) {
  return [...new Set(Object.keys(ranges).map((name) => name[0]))].sort();
}

/**
 * An element that shows a quantity in its colour and with its mark.
 * @param {string} tag
 * @param {number} kind
 * @param {Record<string, unknown>} attributes
 * @param {...(string | Node)} children
 * @returns {any}
 */
function heldMark(tag, kind, attributes, ...children) {
  return element(
    tag,
    { ...attributes, style: `--held: ${paint(HELD_PAINTS[kind])}; --held-line: ${HELD_LINES[kind]}` },
    ...children,
  );
}

/**
 * A text with quantities in it: `{w}` is a number that is held, `[z]` a result.
 * @param {string} text
 * @param {(name: string) => Node} held
 * @param {(name: string) => Node} result
 * @returns {Node[]}
 */
function heldText(text, held, result) {
  return text.split(/(\{\w+\}|\[[a-zA-Z]\w*\]|<sup>.*?<\/sup>)/).map((part) => {
    if (/^\{\w+\}$/.test(part)) return held(part.slice(1, -1));
    if (/^\[[a-zA-Z]\w*\]$/.test(part)) return result(part.slice(1, -1));
    if (part.startsWith("<sup>")) return element("sup", {}, ...heldText(part.slice(5, -6), held, result));
    return document.createTextNode(part);
  });
}

/**
 * Write a result: a whole number as it is, any other with three digits.
 * @param {number} value
 */
function heldResult(value) {
  return Number.isInteger(value) ? number(value, 0) : digits(value);
}

/**
 * Let the pointer drag a number to the left and right: a step for every six pixels.
 * @param {HTMLInputElement} input
 * @param {(value: number) => void} change
 */
function heldDrag(input, change) {
  input.addEventListener("pointerdown", (/** @type {PointerEvent} */ down) => {
    const [from, step] = [Number(input.value), Number(input.step)];
    const move = (/** @type {PointerEvent} */ event) => {
      const steps = Math.round((event.clientX - down.clientX) / 6);
      if (steps) change(Math.min(Number(input.max), Math.max(Number(input.min), from + steps * step)));
    };
    const up = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", up);
      removeEventListener("pointercancel", up);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
    addEventListener("pointercancel", up);
  });
}

/**
 * A number of the formula that can be dragged, typed or stepped by keys.
 * @param {string} name
 * @param {number} kind
 * @param {number[]} range
 * @param {() => number} value
 * @param {(value: number) => void} hold
 * @returns {HTMLInputElement}
 */
function heldField(name, kind, [min, max, step], value, hold) {
  const attributes = { type: "number", class: "held", min, max, step, "aria-label": `${name} in the formula` };
  const input = heldMark("input", kind, attributes);
  input.addEventListener("input", () => {
    const typed = Number(input.value);
    if (input.value !== "" && typed >= min && typed <= max) hold(typed);
  });
  input.addEventListener("change", () => {
    input.value = String(value());
  });
  heldDrag(input, hold);
  return input;
}

/**
 * The picture that belongs to a formula.
 * @param {HeldState} state
 * @param {Numbers} results
 * @param {number} width
 */
function drawHeld({ formula, values, ranges }, results, width) {
  const kinds = heldKinds(ranges);
  const { x: across, y, labels, curve, lines, points } = HELD_PICTURES[formula](values, results);
  const said = Object.entries({ ...values, ...results })
    .map(([name, value]) => `${name} is ${digits(value)}`)
    .join(", ");
  const size = Math.min(width, 440);
  // Where no range is given, both axes have one scale: what is square looks square.
  const half = ((size - 60) / (0.62 * size - 56)) * y[1];
  /** @type {[number, number]} */
  const x = [across[0] ?? -half, across[1] ?? half];
  const plot = axes({
    width: size,
    height: 0.62 * size,
    x,
    y,
    xLabel: labels[0],
    yLabel: labels[1],
    label: `The formula as a picture: ${said}.`,
  });
  if (curve) {
    const places = Array.from({ length: 161 }, (_, i) => x[0] + ((x[1] - x[0]) * i) / 160);
    plot.area.append(path(places.map((t) => [plot.x(t), plot.y(curve(t))])));
  }
  const look = (/** @type {string} */ name) => {
    const kind = kinds.indexOf(name);
    return { stroke: paint(HELD_PAINTS[kind] ?? "ink"), "stroke-width": 3, "stroke-dasharray": HELD_DASHES[kind] };
  };
  for (const [x1, y1, x2, y2, name] of lines) {
    plot.area.append(shape("line", { x1: plot.x(x1), y1: plot.y(y1), x2: plot.x(x2), y2: plot.y(y2), ...look(name) }));
  }
  for (const [px, py, name] of points) {
    plot.area.append(
      shape("circle", {
        cx: plot.x(px),
        cy: plot.y(py),
        r: 6,
        ...look(name),
        "stroke-dasharray": undefined,
        fill: paint("paper"),
      }),
    );
  }
  return plot.svg;
}

/** @param {{ model: any, el: HTMLElement }} place */
function render({ model, el }) {
  const names = ["formula", "values", "texts", "ranges"];
  /** @type {() => any} */
  const read = () => traitsOf(model, names);
  const first = read();
  const kinds = heldKinds(first.ranges);
  /** @type {[string, HTMLInputElement][]} */
  const inputs = []; // a number may stand in the formula more than once
  /** @type {Record<string, HTMLElement>} */
  const results = {};
  const hold = (/** @type {string} */ name, /** @type {number} */ value) =>
    figure.set({ values: { ...model.get("values"), [name]: Number(value.toFixed(6)) } });
  const field = (/** @type {string} */ name) => {
    const value = () => model.get("values")[name];
    const input = heldField(name, kinds.indexOf(name[0]), first.ranges[name], value, (now) => hold(name, now));
    inputs.push([name, input]);
    return input;
  };
  const outcome = (/** @type {string} */ name) => {
    results[name] = element("output", { class: "held-result number" });
    return results[name];
  };
  const formula = element("p", { class: "held-formula" }, ...heldText(first.texts.formula, field, outcome));
  const words = element("p", {});
  const code = element("pre", { class: "held-code" });
  const figure = createFigure({
    model,
    el,
    title: first.texts.title,
    traits: names,
    draw: (/** @type {HTMLElement} */ stage, /** @type {number} */ width) => {
      const state = read();
      const found = compute(state);
      const fill = (/** @type {string} */ text, /** @type {string} */ minus) =>
        heldText(
          text,
          (name) =>
            heldMark("span", kinds.indexOf(name[0]), { class: "held" }, String(state.values[name]).replace("-", minus)),
          (name) => element("b", {}, heldResult(found[name]).replace("−", minus)),
        );
      stage.replaceChildren(drawHeld(state, found, width));
      words.replaceChildren(...fill(state.texts.words, "−"));
      code.replaceChildren(...fill(state.texts.code, "-"));
      for (const [name, input] of inputs) {
        if (Number(input.value) !== state.values[name] || input.value === "") input.value = String(state.values[name]);
      }
      for (const [name, output] of Object.entries(results)) output.textContent = heldResult(found[name]);
      return words.textContent;
    },
  });
  figure.stage.before(formula);
  figure.stage.after(element("div", { class: "figure-result" }, words, code));
  figure.controls.append(buttons(button("Start again", () => figure.set({ values: first.values }))));
  return figure.begin();
}

export default { render, compute };
