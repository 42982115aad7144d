// @ts-check
// An activation and its gradient side by side, and what is left of a gradient after several layers.

import {
  axes,
  choice,
  createFigure,
  digits,
  number,
  paint,
  path,
  showBeside,
  slider,
  standpoint,
  whole,
  withLegend,
} from "./js/toolkit.js";

const FUNCTIONS = {
  relu: { name: "ReLU", value: (z) => Math.max(0, z), slope: (z) => (z > 0 ? 1 : 0) },
  tanh: { name: "tanh", value: Math.tanh, slope: (z) => 1 - Math.tanh(z) ** 2 },
  sigmoid: {
    name: "sigmoid",
    value: (z) => 1 / (1 + Math.exp(-z)),
    slope: (z) => {
      const s = 1 / (1 + Math.exp(-z));
      return s * (1 - s);
    },
  },
  linear: { name: "linear", value: (z) => z, slope: () => 1 },
};

/** The activation's value and gradient at a sum, and that gradient multiplied once for each layer. */
function compute({ activation, total, layers }) {
  const { value, slope } = FUNCTIONS[activation];
  return { value: value(total), gradient: slope(total), product: slope(total) ** layers };
}

function curve(width, values, label, description) {
  const plot = axes({
    width,
    height: Math.min(270, width * 0.8),
    x: [-5, 5],
    y: values,
    xLabel: "weighted sum",
    yLabel: label,
    label: description,
  });
  plot.area.append(
    path(
      [
        [plot.x(-5), plot.y(0)],
        [plot.x(5), plot.y(0)],
      ],
      { "stroke-width": 1, stroke: paint("soft") },
    ),
  );
  plot.area.append(
    path(
      [
        [plot.x(0), plot.y(values[0])],
        [plot.x(0), plot.y(values[1])],
      ],
      { "stroke-width": 1, stroke: paint("soft") },
    ),
  );
  return plot;
}
const sums = Array.from({ length: 401 }, (_, i) => -5 + i / 40);
function drawFunction({ activation, total }, { value, gradient }, width) {
  const { name, value: f } = FUNCTIONS[activation];
  const bounds = activation === "sigmoid" || activation === "tanh" ? [-1.5, 1.5] : [-5, 5];
  const plot = curve(width, bounds, "output", `${name} at ${digits(total)} is ${digits(value)}.`);
  plot.area.append(
    path(
      sums.map((z) => [plot.x(z), plot.y(f(z))]),
      { stroke: paint("one"), "stroke-width": 3 },
    ),
  );
  const reach = 1.3;
  plot.area.append(
    path(
      [-reach, reach].map((d) => [plot.x(total + d), plot.y(value + d * gradient)]),
      { stroke: paint("zero"), "stroke-width": 2.5 },
    ),
  );
  plot.area.append(standpoint(plot.x(total), plot.y(value)));
  return withLegend(plot.svg, "orange: the tangent");
}
function drawGradient({ activation, total }, { gradient }, width) {
  const { name, slope } = FUNCTIONS[activation];
  const plot = curve(
    width,
    [-0.2, 1.2],
    "gradient",
    `The gradient of ${name} at ${digits(total)} is ${digits(gradient)}.`,
  );
  const parts = activation === "relu" ? [sums.filter((z) => z <= 0), sums.filter((z) => z > 0)] : [sums];
  for (const part of parts)
    plot.area.append(
      path(
        part.map((z) => [plot.x(z), plot.y(slope(z))]),
        { stroke: paint("zero"), "stroke-width": 3 },
      ),
    );
  plot.area.append(
    path(
      [
        [plot.x(total), plot.y(0)],
        [plot.x(total), plot.y(gradient)],
      ],
      { stroke: paint("zero"), "stroke-width": 1.5, "stroke-dasharray": "4 3" },
    ),
  );
  plot.area.append(standpoint(plot.x(total), plot.y(gradient), "zero"));
  return withLegend(plot.svg, "the tangent's slope, at every sum");
}

function render({ model, el }) {
  const figure = createFigure({
    model,
    el,
    title: "An activation and its gradient",
    traits: ["activation", "total", "layers"],
    draw: (stage, width, state) => {
      const outcome = compute(state);
      showBeside(
        stage,
        width,
        (half) => drawFunction(state, outcome, half),
        (half) => drawGradient(state, outcome, half),
      );
      const sentence =
        `${FUNCTIONS[state.activation].name}: a sum of ${digits(state.total)} gives ` +
        `${digits(outcome.value)}; the gradient there is ${digits(outcome.gradient)}.`;
      const left =
        outcome.product === 0
          ? ": nothing is left to learn from"
          : outcome.product < 0.01
            ? ": almost nothing is left"
            : "";
      const depth =
        `Through ${state.layers} such ${state.layers === 1 ? "layer" : "layers"} a gradient is ` +
        `multiplied by ${digits(outcome.product)}${left}.`;
      return { lines: [sentence, depth] };
    },
  });
  const options = Object.entries(FUNCTIONS).map(([key, f]) => [key, f.name]);
  const sum = { label: "Weighted sum", min: -5, max: 5, step: 0.1, format: (v) => number(v, 1) };
  figure.controls.append(
    figure.control("activation", choice, { label: "Activation", options }),
    figure.control("total", slider, sum),
    figure.control("layers", slider, { label: "Layers", min: 1, max: 20, step: 1, format: whole }),
  );
  return figure.begin();
}

export default { render, compute };
