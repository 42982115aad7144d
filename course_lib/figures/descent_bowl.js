// @ts-check
// Gradient descent on the cost bowl of a line: learning rate, momentum, batch size, and the bound beyond which it
// diverges.

import { bestLine, curvature, drawBowl, lineCost, mean } from "./js/line_cost.js";
import {
  axes,
  choice,
  createFigure,
  digits,
  paint,
  path,
  randomGenerator,
  shape,
  showBeside,
  slider,
  standpoint,
  stepButtons,
  steppedSlider,
  whole,
  withLegend,
} from "./js/toolkit.js";

/** The order in which an epoch visits the examples: a shuffle that seed and epoch alone decide. */
function epochOrder(seed, epoch, count) {
  const random = randomGenerator(seed * 1000003 + epoch);
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** All places that descent visits in `steps` steps, the cost at each, and the largest rate that converges. */
function compute({ inputs, targets, start, learning_rate: rate, momentum, batch_size: batch, steps, seed }) {
  const count = inputs.length;
  const size = batch > 0 ? Math.min(batch, count) : count;
  const perEpoch = Math.ceil(count / size);
  let [slope, intercept] = start;
  let velocity = [0, 0];
  let order = [];
  const places = [[slope, intercept]];
  for (let step = 0; step < steps; step += 1) {
    const turn = step % perEpoch;
    if (turn === 0) order = size === count ? inputs.map((_, i) => i) : epochOrder(seed, step / perEpoch, count);
    const chosen = order.slice(turn * size, (turn + 1) * size);
    const errors = chosen.map((i) => slope * inputs[i] + intercept - targets[i]);
    const gradient = [2 * mean(errors.map((e, k) => e * inputs[chosen[k]])), 2 * mean(errors)];
    velocity = velocity.map((v, k) => momentum * v - rate * gradient[k]);
    slope += velocity[0];
    intercept += velocity[1];
    places.push([slope, intercept]);
    if (!(Math.abs(slope) + Math.abs(intercept) < 1e12)) break;
  }
  const costs = places.map(([m, b]) => lineCost(inputs, targets, m, b).cost);
  return { places, costs, bound: (2 * (1 + momentum)) / curvature(inputs).largest, best: bestLine(inputs, targets) };
}

function judge(state, { costs, bound, best }) {
  const cost = costs.at(-1);
  const full = state.batch_size <= 0 || state.batch_size >= state.inputs.length;
  const beyond = state.learning_rate > bound;
  const now =
    `After ${costs.length - 1} ${costs.length === 2 ? "step" : "steps"} the cost is ` +
    `${digits(cost)}; the least possible is ${digits(best.cost)}.`;
  const why = beyond
    ? `The learning rate is above ${digits(bound)}, the bound for this bowl: each step lands higher on ` +
      `the other side, and the cost grows without end.`
    : full
      ? `The learning rate is below ${digits(bound)}, the bound for this bowl, so with enough steps they ` +
        `come to rest at its lowest point.`
      : `With ${state.batch_size} of ${state.inputs.length} points a step, each step follows a different ` +
        `bowl: it jitters around the lowest point. With all points the bound for the rate is ${digits(bound)}.`;
  return { now, why, diverges: beyond };
}

function drawDescent(state, { places, costs, best }, width) {
  const m = 1.25 * Math.max(Math.abs(state.start[0] - best.slope), 0.5);
  const b = 1.25 * Math.max(Math.abs(state.start[1] - best.intercept), 0.5);
  const plot = axes({
    width,
    height: Math.min(340, width * 0.85),
    x: [best.slope - m, best.slope + m],
    y: [best.intercept - b, best.intercept + b],
    xLabel: "slope",
    yLabel: "intercept",
    label:
      `The bowl from above with ${places.length - 1} steps of gradient descent, from a cost of ` +
      `${digits(costs[0])} to ${digits(costs.at(-1))}.`,
  });
  const highest = costs[0] - best.cost || 1;
  drawBowl(
    plot,
    state.inputs,
    best,
    Array.from({ length: 12 }, (_, i) => (highest * 2) / 2 ** (11 - i)),
  );
  const spots = places.map(([slope, intercept]) => [plot.x(slope), plot.y(intercept)]);
  plot.area.append(path(spots, { stroke: paint("zero"), "stroke-width": 2 }));
  spots.forEach(([x, y], i) => {
    if (i) plot.area.append(shape("circle", { cx: x, cy: y, r: 3, fill: paint("zero") }));
  });
  plot.area.append(
    shape("path", {
      d: `M${plot.x(best.slope) - 6} ${plot.y(best.intercept)}h12m-6 -6v12`,
      stroke: paint("good"),
      "stroke-width": 3,
    }),
  );
  plot.area.append(
    shape("rect", {
      x: spots[0][0] - 5,
      y: spots[0][1] - 5,
      width: 10,
      height: 10,
      fill: paint("paper"),
      stroke: paint("ink"),
      "stroke-width": 2,
    }),
  );
  plot.area.append(standpoint(spots.at(-1)[0], spots.at(-1)[1]));
  return withLegend(plot.svg, "□ start", "● now", "+ lowest point");
}

const RATES = [
  0.001, 0.003, 0.01, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 1, 1.2, 1.5, 2, 3,
];
const MOST_STEPS = 200;

function render({ model, el }) {
  const figure = createFigure({
    model,
    el,
    title: "Gradient descent on the cost bowl",
    traits: ["inputs", "targets", "start", "learning_rate", "momentum", "batch_size", "steps", "seed"],
    draw: (stage, width, state) => {
      const outcome = compute(state);
      showBeside(
        stage,
        width,
        (half) => drawDescent(state, outcome, half),
        (half) => drawCosts(outcome, half),
      );
      const words = judge(state, outcome);
      return { lines: [words.now, words.why], mood: words.diverges ? "zero" : "" };
    },
  });
  const count = model.get("inputs").length;
  const sizes = [1, 2, 4, 8, 16, 32].filter((size) => size < count).map((size) => [String(size), `${size}`]);
  const batches = { label: "Points a step", options: [...sizes, ["0", `all ${count}`]] };
  figure.controls.append(
    stepButtons(figure, MOST_STEPS, 10),
    figure.control("learning_rate", steppedSlider, { label: "Learning rate", values: RATES }),
    figure.control("momentum", slider, { label: "Momentum", min: 0, max: 0.95, step: 0.05 }),
    figure.control("steps", slider, { label: "Steps", min: 0, max: MOST_STEPS, step: 1, format: whole }),
    figure.control("batch_size", choice, batches, { show: String, take: Number }),
  );
  return figure.begin();
}

/** The cost after each step, on a scale where equal distances are equal factors. */
function drawCosts({ costs, best }, width) {
  const tiny = Math.max(best.cost, 1e-9);
  const log = (cost) => Math.log10(Math.min(Math.max(cost, tiny * 1e-3), 1e15));
  const heights = costs.map(log);
  const low = Math.min(log(best.cost), ...heights) - 0.1;
  const high = Math.max(log(best.cost) + 1, ...heights) + 0.15;
  const stride = Math.max(1, Math.ceil((high - low) / 6));
  const powers = Array.from({ length: 40 }, (_, i) => i - 12).filter((p) => p >= low && p <= high && p % stride === 0);
  const marks =
    powers.length > 1
      ? powers.map((p) => ({ value: p, text: digits(10 ** p, 1) }))
      : [low + 0.1, high - 0.15].map((v) => ({ value: v, text: digits(10 ** v, 2) }));
  const length = Math.max(10, costs.length - 1);
  const plot = axes({
    width,
    height: Math.min(340, width * 0.85),
    x: [0, length],
    y: [low, high],
    xLabel: "step",
    yLabel: "cost (each line is a factor)",
    yTicks: marks,
    left: 62,
    label: `The cost falls or grows from ${digits(costs[0])} to ${digits(costs.at(-1))} in ${costs.length - 1} steps.`,
  });
  plot.area.append(
    path(
      [
        [plot.x(0), plot.y(log(best.cost))],
        [plot.x(length), plot.y(log(best.cost))],
      ],
      { stroke: paint("good"), "stroke-dasharray": "7 5" },
    ),
  );
  plot.area.append(
    path(
      costs.map((_, i) => [plot.x(i), plot.y(heights[i])]),
      { stroke: paint("zero"), "stroke-width": 2.5 },
    ),
  );
  plot.area.append(
    shape("circle", { cx: plot.x(costs.length - 1), cy: plot.y(heights.at(-1)), r: 5, fill: paint("one") }),
  );
  return withLegend(plot.svg, "dashed: the least possible cost");
}

export default { render, compute, epochOrder };
