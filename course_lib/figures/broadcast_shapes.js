// @ts-check
// Broadcasting: what happens when two arrays of different shapes are added.

import { choice, createFigure, paint, shape } from "./js/toolkit.js";

/** The shape of the sum, or why there is none; and for two-dimensional results its values. */
function compute({ left, right }) {
  const size = Math.max(left.length, right.length);
  const padded = [left, right].map((s) => [...Array(size - s.length).fill(1), ...s]);
  const shape = [];
  for (let axis = 0; axis < size; axis += 1) {
    const [a, b] = [padded[0][axis], padded[1][axis]];
    if (a !== b && a !== 1 && b !== 1) return { shape: null, clash: axis - size, values: null };
    shape.push(a === 1 ? b : a);
  }
  const [rows, columns] = shape.length === 2 ? shape : [1, shape[0]];
  const values = Array.from({ length: rows }, (_, r) =>
    Array.from({ length: columns }, (_, c) => cell(left, 10, r, c) + cell(right, 1, r, c)),
  );
  return { shape, clash: null, values };
}

/** The number that an array, filled with multiples of `unit`, has where the result has row r and column c. */
function cell(size, unit, r, c) {
  const [rows, columns] = size.length === 2 ? size : [1, size[0]];
  return unit * ((rows === 1 ? 0 : r) * columns + (columns === 1 ? 0 : c));
}

const shapeText = (size) => (size.length === 1 ? `(${size[0]},)` : `(${size.join(", ")})`);

/** Why two shapes fit, or do not. */
function why({ left, right }, { shape, clash }) {
  if (!shape)
    return (
      `Compare the shapes from the right: ${left.at(clash)} meets ${right.at(clash)}. Sizes must be ` +
      `equal, or one of them 1.`
    );
  if (left.join() === right.join()) return "The shapes are equal: each number meets its partner.";
  return (
    "Compare the shapes from the right: where one size is 1 or missing, that array is repeated along " +
    "the axis. Pale cells are such repeats."
  );
}

/** How a choice shows the rows, or the columns, of a shape; a shape without rows has one axis. */
const ROWS = {
  show: (size) => String(size.length === 2 ? size[0] : 0),
  take: (rows, size) => (rows === "0" ? [size.at(-1)] : [Number(rows), size.at(-1)]),
};
const COLUMNS = {
  show: (size) => String(size.at(-1)),
  take: (columns, size) => [...size.slice(0, -1), Number(columns)],
};

function render({ model, el }) {
  const figure = createFigure({
    model,
    el,
    title: "Adding arrays of different shapes",
    traits: ["left", "right"],
    draw: (stage, width, state) => {
      const outcome = compute(state);
      stage.replaceChildren(drawArrays(state, outcome, width));
      const sum = `${shapeText(state.left)} + ${shapeText(state.right)}`;
      const sentence = outcome.shape ? `${sum} gives ${shapeText(outcome.shape)}.` : `${sum} is an error.`;
      return { lines: [sentence, why(state, outcome)], mood: outcome.shape ? "one" : "zero" };
    },
  });
  const sizes = ["1", "2", "3", "4"].map((size) => [size, size]);
  const rows = [["0", "no such axis"], ...sizes];
  for (const [name, label] of [
    ["left", "a"],
    ["right", "b"],
  ])
    figure.controls.append(
      figure.control(name, choice, { label: `Rows of ${label}`, options: rows }, ROWS),
      figure.control(name, choice, { label: `Columns of ${label}`, options: sizes }, COLUMNS),
    );
  return figure.begin();
}

/** Both arrays, stretched to the result's shape, and the result. */
function drawArrays({ left, right }, { shape: size, values }, width) {
  const [rows, columns] = size ? (size.length === 2 ? size : [1, size[0]]) : [4, 4];
  const gap = 26;
  const side = Math.min(38, (width - 2 * gap - 8) / 12);
  const height = 4 * side + 40;
  const svg = shape("svg", {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-label": size ? `a, b and their sum ${JSON.stringify(values)}.` : "The shapes of a and b do not fit.",
  });
  const block = 4 * side;
  const start = Math.max(2, (width - 3 * block - 2 * gap) / 2);
  const draw = (x, title, own, unit, name) => {
    const [ownRows, ownColumns] = own ? (own.length === 2 ? own : [1, own[0]]) : [rows, columns];
    const [r, c] = size ? [rows, columns] : [ownRows, ownColumns];
    svg.append(shape("text", { x: x + block / 2, y: 14, "text-anchor": "middle", class: "strong" }, title));
    for (let i = 0; i < r; i += 1) {
      for (let j = 0; j < c; j += 1) {
        const repeat = own && (i >= ownRows || j >= ownColumns);
        const value = own ? cell(own, unit, i, j) : values[i][j];
        svg.append(
          shape("rect", {
            x: x + j * side + 1,
            y: 24 + i * side,
            width: side - 2,
            height: side - 2,
            rx: 4,
            fill: repeat ? paint("paper") : paint(`${name}-wash`),
            stroke: paint(name),
            "stroke-dasharray": repeat ? "3 3" : undefined,
            "stroke-opacity": repeat ? 0.6 : 1,
          }),
          shape(
            "text",
            {
              x: x + (j + 0.5) * side,
              y: 24 + (i + 0.5) * side + 3,
              "text-anchor": "middle",
              class: repeat ? "soft number" : "number",
              style: side < 30 ? "font-size: 11px" : undefined,
            },
            String(value),
          ),
        );
      }
    }
  };
  draw(start, "a", left, 10, "one");
  draw(start + block + gap, "b", right, 1, "zero");
  svg.append(
    shape("text", { x: start + block + gap / 2, y: 24 + 2 * side, "text-anchor": "middle", class: "strong" }, "+"),
  );
  svg.append(
    shape(
      "text",
      { x: start + 2 * block + 1.5 * gap, y: 24 + 2 * side, "text-anchor": "middle", class: "strong" },
      "=",
    ),
  );
  if (size) draw(start + 2 * (block + gap), "a + b", null, 0, "mark");
  else
    svg.append(
      shape(
        "text",
        {
          x: start + 2.5 * block + 2 * gap,
          y: 24 + 2 * side,
          "text-anchor": "middle",
          style: `fill: ${paint("zero")}`,
          class: "strong",
        },
        "no sum",
      ),
    );
  return svg;
}

export default { render, compute };
