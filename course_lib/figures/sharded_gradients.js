// @ts-check
// Several workers share one batch: the average of their gradients is the gradient of the whole.

import {
  axes,
  button,
  buttons,
  checkbox,
  createFigure,
  digits,
  paint,
  path,
  shape,
  showBeside,
  slider,
  whole,
  withLegend,
} from "./js/toolkit.js";

/** Cut the points into shards, one a worker, and compute the gradient of the mean squared error on each. */
function compute({ inputs, targets, workers, slope, weighted }) {
  const size = Math.ceil(inputs.length / workers);
  const gradientOf = (from, to) =>
    (2 * inputs.slice(from, to).reduce((sum, x, i) => sum + x * (slope * x - targets[from + i]), 0)) / (to - from);
  const shards = [];
  for (let from = 0; from < inputs.length; from += size) {
    const to = Math.min(inputs.length, from + size);
    shards.push({ count: to - from, gradient: gradientOf(from, to) });
  }
  const share = (shard) => (weighted ? shard.count / inputs.length : 1 / shards.length);
  return {
    counts: shards.map((shard) => shard.count),
    gradients: shards.map((shard) => shard.gradient),
    averaged: shards.reduce((sum, shard) => sum + share(shard) * shard.gradient, 0),
    whole: gradientOf(0, inputs.length),
  };
}

/** Whether the gradients agree, and both in words. */
function inWords(state, outcome) {
  const equal = Math.abs(outcome.averaged - outcome.whole) < 1e-9;
  const count = outcome.counts.length;
  const whose = count === 1 ? "One worker's gradient" : `The average of ${count} workers' gradients`;
  const sentence =
    `${whose} is ${digits(outcome.averaged, 4)}; ` +
    `the gradient of all ${state.inputs.length} points is ${digits(outcome.whole, 4)}.`;
  const reason = equal
    ? "They agree, so the step is the same as on one machine."
    : "They differ: the last worker has fewer points, yet counts as much as the others. Weight each " +
      "worker by its points.";
  return { equal, sentence, reason };
}

function render({ model, el }) {
  const figure = createFigure({
    model,
    el,
    title: "Many workers, one gradient",
    traits: ["inputs", "targets", "workers", "slope", "weighted", "learning_rate"],
    draw: (stage, width, state) => {
      const outcome = compute(state);
      showBeside(
        stage,
        width,
        (half) => drawShards(state, outcome, half),
        (half) => drawBars(outcome, half),
      );
      const { equal, sentence, reason } = inWords(state, outcome);
      return { lines: [sentence, reason], mood: equal ? "one" : "zero" };
    },
  });
  const first = figure.read();
  const step = () => {
    const state = figure.read();
    figure.set({ slope: state.slope - state.learning_rate * compute(state).averaged });
  };
  const again = () => figure.set({ workers: first.workers, slope: first.slope, weighted: first.weighted });
  figure.controls.append(
    figure.control("workers", slider, { label: "Workers", min: 1, max: 8, step: 1, format: whole }),
    figure.control("slope", slider, { label: "Slope of the line", min: -2, max: 5, step: 0.1, format: digits }),
    figure.control("weighted", checkbox, { label: "Weight each worker by its points" }),
    buttons(button("All take one step", step, { primary: true }), button("Start again", again)),
  );
  return figure.begin();
}

const WORKER_COLOURS = ["one", "zero", "mark", "good"];

function drawShards({ inputs, targets, slope }, { counts }, width) {
  const [low, high] = [Math.min(...inputs), Math.max(...inputs)];
  const tall = Math.max(...targets.map(Math.abs)) * 1.15;
  const plot = axes({
    width,
    height: Math.min(300, width * 0.8),
    x: [low - 0.15, high + 0.15],
    y: [-tall, tall],
    xLabel: "x",
    yLabel: "y",
    label: `${inputs.length} points, shared among ${counts.length} workers, and the line of slope ${digits(slope)}.`,
  });
  plot.area.append(
    path(
      [low - 0.15, high + 0.15].map((x) => [plot.x(x), plot.y(slope * x)]),
      { "stroke-width": 2.5 },
    ),
  );
  let i = 0;
  counts.forEach((count, worker) => {
    for (let k = 0; k < count; k += 1, i += 1) {
      const name = WORKER_COLOURS[worker % 4];
      plot.area.append(
        shape("circle", {
          cx: plot.x(inputs[i]),
          cy: plot.y(targets[i]),
          r: 8.5,
          fill: paint("paper"),
          stroke: paint(name),
          "stroke-width": 2,
        }),
        shape(
          "text",
          {
            x: plot.x(inputs[i]),
            y: plot.y(targets[i]) + 4,
            "text-anchor": "middle",
            style: "font-size: 11px",
            class: "strong",
          },
          String(worker + 1),
        ),
      );
    }
  });
  return withLegend(plot.svg, "number: the worker that holds the point");
}

function drawBars({ gradients, counts, averaged, whole }, width) {
  const rows = [
    ...gradients.map((g, i) => ({ name: `worker ${i + 1} (${counts[i]})`, value: g, fill: WORKER_COLOURS[i % 4] })),
    { name: "average", value: averaged, fill: "ink" },
    { name: "whole batch", value: whole, fill: "ink" },
  ];
  const reach = Math.max(...rows.map((row) => Math.abs(row.value)), 1e-9) * 1.05;
  const height = 300; // the same for any number of workers: the slider below stays where it is
  const [left, right] = [102, 62];
  const place = (v) => left + ((v + reach) / (2 * reach)) * (width - left - right);
  const svg = shape("svg", {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-label": rows.map((row) => `${row.name}: ${digits(row.value)}`).join("; "),
  });
  const step = (height - 30) / rows.length;
  rows.forEach((row, i) => {
    const y = 6 + i * step;
    svg.append(
      shape(
        "text",
        { x: left - 8, y: y + step / 2 + 4, "text-anchor": "end", class: row.fill === "ink" ? "strong" : undefined },
        row.name,
      ),
      shape("rect", {
        x: Math.min(place(0), place(row.value)),
        y: y + 3,
        width: Math.abs(place(row.value) - place(0)),
        height: step - 6,
        rx: 3,
        fill: paint(row.fill),
      }),
      shape("text", { x: width - 4, y: y + step / 2 + 4, "text-anchor": "end", class: "number" }, digits(row.value)),
    );
  });
  svg.append(
    shape("line", { x1: place(0), x2: place(0), y1: 2, y2: height - 24, stroke: paint("soft") }),
    shape("text", { x: place(0), y: height - 7, "text-anchor": "middle", class: "soft" }, "gradient 0"),
  );
  return svg;
}

export default { render, compute };
