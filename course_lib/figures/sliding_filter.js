// @ts-check
// Nine numbers slide over a digit, by hand or by themselves; the 36 sums make a picture, which moves with the digit.

import {
  button,
  buttons,
  choice,
  createFigure,
  digits,
  draggable,
  element,
  group,
  number,
  paint,
  shape,
  slider,
} from "./js/toolkit.js";

const SIDE = 8;
const PLACES = 6;
const NAMES = ["weights", "row", "column", "across", "down", "pictures", "digit"];
const FILTERS = {
  "ink begins, from left to right": [-1, 0, 1, -1, 0, 1, -1, 0, 1],
  "ink ends, from left to right": [1, 0, -1, 1, 0, -1, 1, 0, -1],
  "ink begins, from top to bottom": [-1, -1, -1, 0, 0, 0, 1, 1, 1],
  "a stroke that falls to the right": [1, -1, -1, -1, 1, -1, -1, -1, 1],
  "all nine pixels": [1, 1, 1, 1, 1, 1, 1, 1, 1],
  "the middle alone": [0, 0, 0, 0, 1, 0, 0, 0, 0],
};
const OWN = "nine numbers of your own";

/** The digit, pushed; what comes in from the rim is empty. */
function push({ pictures, digit, across, down }) {
  return Array.from({ length: SIDE * SIDE }, (_, k) => {
    const [r, c] = [Math.floor(k / SIDE) - down, (k % SIDE) - across];
    return r >= 0 && r < SIDE && c >= 0 && c < SIDE ? pictures[digit][r * SIDE + c] : 0;
  });
}

const productsAt = (seen, weights, row, column) =>
  weights.map((value, k) => value * seen[(row + Math.floor(k / 3)) * SIDE + column + (k % 3)]);
const add = (values) => values.reduce((sum, value) => sum + value, 0);

/** The sum of nine products at each of the 36 places. */
const sumsOf = (seen, weights) =>
  Array.from({ length: PLACES * PLACES }, (_, k) => add(productsAt(seen, weights, Math.floor(k / PLACES), k % PLACES)));

/** What the filter answers where it lies, everywhere else, and before the digit was pushed. */
function compute(state) {
  const { weights, row, column } = state;
  const seen = push(state);
  const sums = sumsOf(seen, weights);
  return {
    seen,
    products: productsAt(seen, weights, row, column),
    sums,
    here: sums[row * PLACES + column],
    largest: Math.max(...sums),
    largest_unmoved: Math.max(...sumsOf(push({ ...state, across: 0, down: 0 }), weights)),
  };
}

const signed = (value) => (Number.isInteger(value) ? number(value, 0) : digits(value));

/** The sum where the filter lies, with its parts; zeros are left out. */
function sentenceOf({ weights, row, column }, { seen, here }) {
  const parts = weights.flatMap((value, k) => {
    const ink = seen[(row + Math.floor(k / 3)) * SIDE + column + (k % 3)];
    return value * ink ? [`${value < 0 ? "−" : "+"} ${signed(Math.abs(value))} · ${ink}`] : [];
  });
  if (parts.length === 0) return "Here all nine products are 0, and so is their sum.";
  return `Here: ${parts.join(" ").replace(/^\+ /, "")} = ${signed(here)}.`;
}

function comparison({ across, down }, { largest, largest_unmoved: before }) {
  if (!across && !down) return `The largest of the 36 sums is ${signed(largest)}.`;
  const moved = "All sums have moved with the digit.";
  if (Math.abs(largest - before) < 1e-9) return `${moved} The largest is ${signed(largest)}, as it was before.`;
  const values = `The largest sum is ${signed(largest)}; before the push it was ${signed(before)}`;
  return `${values}: ink at the rim makes the difference.`;
}

const isSame = (one, other) => one.every((value, k) => value === other[k]);
const nameOf = (weights) => Object.keys(FILTERS).find((name) => isSame(FILTERS[name], weights)) ?? OWN;

/** Nine buttons, one for each number of the filter: a press turns -1 into 0, 0 into 1, and 1 into -1. */
function numberButtons(model, set) {
  const next = (value) => (value < 0 ? 0 : value < 1 ? 1 : -1);
  const keys = Array.from({ length: 9 }, (_, k) =>
    button("", () => set({ weights: model.get("weights").map((value, at) => (at === k ? next(value) : value)) })),
  );
  const show = (weights) =>
    keys.forEach((one, k) => {
      one.textContent = signed(weights[k]);
      one.setAttribute("aria-label", `${signed(weights[k])}, row ${Math.floor(k / 3) + 1}, place ${(k % 3) + 1}`);
    });
  const rows = element(
    "div",
    { style: "display: grid; grid-template-columns: repeat(3, 3rem); gap: 0.25rem" },
    ...keys,
  );
  return { node: group("The nine numbers (press to change)", rows), show };
}

function addControls(figure, model) {
  const { set } = figure;
  const filters = choice({
    label: "Filter",
    options: [...Object.keys(FILTERS), OWN].map((name) => [name, name]),
    value: nameOf(model.get("weights")),
    onInput: (name) => {
      if (name === OWN) filters.set(nameOf(model.get("weights")));
      else set({ weights: FILTERS[name] });
    },
  });
  const numbers = numberButtons(model, set);
  const showFilter = (weights) => {
    filters.set(nameOf(weights));
    numbers.show(weights);
  };
  showFilter(model.get("weights"));
  figure.follow("weights", showFilter);
  const play = figure.play({
    label: "Slide",
    rate: 5,
    step: () => {
      const place = (model.get("row") * PLACES + model.get("column") + 1) % (PLACES * PLACES);
      set({ row: Math.floor(place / PLACES), column: place % PLACES });
    },
  });
  const pictures = model.get("pictures").map((_, i) => [String(i), `picture ${i + 1}`]);
  const walk = (name, label, min, max) => figure.control(name, slider, { label, min, max, step: 1, format: signed });
  figure.controls.append(
    buttons(play.node),
    filters.node,
    figure.control("digit", choice, { label: "Picture", options: pictures }, { show: String, take: Number }),
    walk("row", "Row of the filter", 0, PLACES - 1),
    walk("column", "Column of the filter", 0, PLACES - 1),
    walk("across", "Push the digit to the right", -2, 2),
    walk("down", "Push the digit down", -2, 2),
    numbers.node,
  );
}

function render({ model, el }) {
  const figure = createFigure({
    model,
    el,
    title: "Nine numbers slide over a digit",
    traits: NAMES,
    draw: (stage, width, state) => {
      const outcome = compute(state);
      const side = Math.min(30, (width - 24) / (SIDE + PLACES));
      stage.replaceChildren(
        element(
          "div",
          { style: "display: flex; justify-content: center; align-items: flex-end; gap: 20px" },
          drawDigit(state, outcome, side, figure.set),
          drawSums(state, outcome, side, figure.set),
        ),
      );
      return { lines: [sentenceOf(state, outcome), comparison(state, outcome)] };
    },
  });
  addControls(figure, model);
  return figure.begin();
}

/** An empty grid with a heading; cells are added with `cell`. */
function grid(count, side, heading, label) {
  const [width, height] = [count * side + 2, count * side + 24];
  const attributes = { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label };
  const svg = shape("svg", { ...attributes, style: "margin: 0; cursor: grab" });
  svg.append(shape("text", { x: width / 2, y: 14, "text-anchor": "middle", class: "strong" }, heading));
  const cell = (k, fill, share) =>
    svg.append(
      shape("rect", {
        x: 1 + (k % count) * side,
        y: 23 + Math.floor(k / count) * side,
        width: side,
        height: side,
        fill: paint(fill),
        "fill-opacity": share,
        stroke: paint("line"),
      }),
    );
  return { svg, cell };
}

const within = (value) => Math.min(PLACES - 1, Math.max(0, value));

/** The digit with the filter over it, which can be dragged. */
function drawDigit({ weights, row, column }, { seen }, side, lay) {
  const label = `The digit; the filter's corner lies in row ${row} and column ${column}.`;
  const { svg, cell } = grid(SIDE, side, "the digit", label);
  seen.forEach((ink, k) => cell(k, "ink", (0.8 * ink) / 16));
  weights.forEach((value, k) => {
    const [x, y] = [1 + (column + (k % 3)) * side, 23 + (row + Math.floor(k / 3)) * side];
    const sign = value > 0 ? "one" : value < 0 ? "zero" : "paper";
    svg.append(
      shape("rect", { x: x + side / 4, y: y + side / 4, width: side / 2, height: side / 2, rx: 3, fill: paint(sign) }),
    );
  });
  const frame = { x: 1 + column * side, y: 23 + row * side, width: 3 * side, height: 3 * side };
  svg.append(shape("rect", { ...frame, fill: "none", stroke: paint("mark"), "stroke-width": 3 }));
  draggable(svg, (x, y) =>
    lay({ row: within(Math.floor((y - 23) / side) - 1), column: within(Math.floor((x - 1) / side) - 1) }),
  );
  return svg;
}

/** The 36 sums: blue above zero, orange below, paler towards zero. */
function drawSums({ row, column }, { sums }, side, lay) {
  const { svg, cell } = grid(PLACES, side, "36 sums", `The sums, row by row: ${sums.map(signed).join(", ")}.`);
  const most = Math.max(1e-9, ...sums.map(Math.abs));
  sums.forEach((value, k) => cell(k, value > 0 ? "one" : "zero", (0.75 * Math.abs(value)) / most));
  const frame = { x: 1 + column * side, y: 23 + row * side, width: side, height: side };
  svg.append(shape("rect", { ...frame, fill: "none", stroke: paint("mark"), "stroke-width": 3 }));
  draggable(svg, (x, y) =>
    lay({ row: within(Math.floor((y - 23) / side)), column: within(Math.floor((x - 1) / side)) }),
  );
  return svg;
}

export default { render, compute };
