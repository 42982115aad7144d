// @ts-check
// Guess a line through points, then see its residuals, its place on the cost bowl, and the best line.

import { bestLine, drawBowl, lineCost } from "./js/line_cost.js";
import {
  axes,
  button,
  buttons,
  checkbox,
  createFigure,
  dataPoint,
  digits,
  draggable,
  element,
  paint,
  path,
  shape,
  showBeside,
  slider,
  standpoint,
  traitsOf,
  withLegend,
} from "./js/toolkit.js";

/** Everything the figure shows about the present line, and the best line. */
function compute({ inputs, targets, slope, intercept }) {
  return { ...lineCost(inputs, targets, slope, intercept), best: bestLine(inputs, targets) };
}

/** From each point to the line: a stick, and the square that the cost averages. */
function drawDistances(state, predictions, plot) {
  return state.inputs.flatMap((x, i) => {
    const [px, top, foot] = [plot.x(x), plot.y(state.targets[i]), plot.y(predictions[i])];
    const colours = { stroke: paint("zero"), "stroke-width": 2.5, class: "residual" };
    const stick = shape("line", { x1: px, x2: px, y1: top, y2: foot, ...colours });
    if (!state.squares) return [stick];
    const side = Math.abs(top - foot);
    const left = px + side > plot.width - plot.right ? px - side : px;
    const place = { x: left, y: Math.min(top, foot), width: side, height: side };
    return [shape("rect", { ...place, fill: paint("zero"), "fill-opacity": 0.22, stroke: paint("zero") }), stick];
  });
}

/** Where the line can be held. */
function drawHandles(state, xRange, plot) {
  return [0.12, 0.5, 0.88].map((share) => {
    const x = xRange[0] + share * (xRange[1] - xRange[0]);
    return shape("circle", {
      cx: plot.x(x),
      cy: plot.y(state.slope * x + state.intercept),
      r: 7,
      fill: paint("paper"),
      stroke: paint("ink"),
      "stroke-width": 2.5,
      class: "handle",
    });
  });
}

/** Let the line be held: its ends tilt it, its middle lifts it. */
function hold(plot, xRange, line, set) {
  let held = "middle";
  const third = (plot.width - plot.left - plot.right) / 3;
  const middle = (xRange[0] + xRange[1]) / 2;
  let start = null;
  draggable(
    plot.svg,
    (px, py) => {
      const y = plot.unY(py);
      if (held === "middle") {
        set({ intercept: start.intercept + (y - start.y) });
        return;
      }
      const pivot = held === "left" ? xRange[1] : xRange[0];
      const x = held === "left" ? Math.min(plot.unX(px), middle) : Math.max(plot.unX(px), middle);
      const pivotY = start.slope * pivot + start.intercept;
      const slope = (y - pivotY) / (x - pivot);
      set({ slope, intercept: pivotY - slope * pivot });
    },
    {
      onStart: (px, py) => {
        held = px < plot.left + third ? "left" : px > plot.left + 2 * third ? "right" : "middle";
        start = { ...line(), y: plot.unY(py) };
      },
    },
  );
}

const HOW =
  "Drag the line until it seems right to you: its ends tilt it, its middle lifts it. The sliders do the same. " +
  "No number helps you yet.";

function judge(state, { cost, best }) {
  const guessCost = lineCost(state.inputs, state.targets, ...state.guess).cost;
  return (
    `Your guess has a mean squared error of ${digits(guessCost)}; the best line has ` +
    `${digits(best.cost)}. The line you see now has ${digits(cost)}.`
  );
}

function drawResiduals(state, outcome, width, revealed, { xRange, yRange, xLabel, yLabel, line, set }) {
  const plot = axes({
    width,
    height: Math.min(340, width * 0.85),
    x: xRange,
    y: yRange,
    xLabel,
    yLabel,
    label:
      `${state.inputs.length} points and your line, ${yLabel} = ${digits(state.slope)} times ` +
      `${xLabel} plus ${digits(state.intercept)}.`,
  });
  if (revealed) {
    const { best } = outcome;
    plot.area.append(
      path(
        xRange.map((x) => [plot.x(x), plot.y(best.slope * x + best.intercept)]),
        { stroke: paint("good"), "stroke-dasharray": "7 5", class: "best-line" },
      ),
    );
  }
  if (revealed) plot.area.append(...drawDistances(state, outcome.predictions, plot));
  plot.area.append(
    path(
      xRange.map((x) => [plot.x(x), plot.y(state.slope * x + state.intercept)]),
      { "stroke-width": 3, class: "guess-line" },
    ),
  );
  plot.area.append(...drawHandles(state, xRange, plot));
  state.inputs.forEach((x, i) => plot.area.append(dataPoint(plot.x(x), plot.y(state.targets[i]), 1, 5)));
  hold(plot, xRange, line, set);
  plot.svg.style.cursor = "grab";
  const legend = revealed
    ? element(
        "p",
        { class: "figure-legend" },
        element("span", {}, "solid: your line"),
        element("span", {}, "dashed: the best line"),
        element("span", {}, "sticks: residuals"),
      )
    : "";
  return element("div", {}, plot.svg, legend);
}

function drawMap(state, { cost, best }, width, { reach, seen }) {
  const plot = axes({
    width,
    height: Math.min(340, width * 0.85),
    x: [best.slope - reach.slope, best.slope + reach.slope],
    y: [best.intercept - reach.intercept, best.intercept + reach.intercept],
    xLabel: "slope",
    yLabel: "intercept",
    label:
      `The cost bowl from above. Your line stands at a cost of ${digits(cost)}, the lowest point is ` +
      `${digits(best.cost)}.`,
  });
  const start = Math.max(best.cost / 4, 1e-6);
  drawBowl(
    plot,
    state.inputs,
    best,
    Array.from({ length: 12 }, (_, i) => start * 2 ** i),
  );
  plot.area.append(
    path(
      seen.map(([m, b]) => [plot.x(m), plot.y(b)]),
      { stroke: paint("ink"), "stroke-width": 1.2, "stroke-opacity": 0.5 },
    ),
  );
  plot.area.append(
    shape("path", {
      d: `M${plot.x(best.slope) - 6} ${plot.y(best.intercept)}h12m-6 -6v12`,
      stroke: paint("good"),
      "stroke-width": 3,
    }),
  );
  plot.area.append(
    shape("rect", {
      x: plot.x(state.guess[0]) - 5,
      y: plot.y(state.guess[1]) - 5,
      width: 10,
      height: 10,
      fill: paint("paper"),
      stroke: paint("zero"),
      "stroke-width": 2.5,
    }),
  );
  plot.area.append(standpoint(plot.x(state.slope), plot.y(state.intercept), "one", { class: "here" }));
  return withLegend(plot.svg, "● here", "□ your guess", "+ the best line");
}

/** The sliders of the line, as wide as the map, and what ends the guessing. */
function addControls(figure, model, reach) {
  const first = figure.read();
  const { best } = compute(first);
  const sliderOf = (name, label) => {
    const step = 10 ** Math.floor(Math.log10(reach[name] / 40));
    const [min, max] = [best[name] - reach[name], best[name] + reach[name]].map((end) => round(end, step));
    return figure.control(name, slider, { label, min, max, step, format: digits });
  };
  const guessed = button(
    "This is my guess",
    () => figure.set({ guess: [model.get("slope"), model.get("intercept")] }),
    { primary: true },
  );
  const toBest = button("Go to the best line", () => figure.set(compute(figure.read()).best));
  const { slope, intercept, squares } = first;
  const again = button("Start again", () => figure.set({ slope, intercept, guess: [], squares }));
  figure.controls.append(
    sliderOf("slope", "Slope"),
    sliderOf("intercept", "Intercept"),
    figure.control("squares", checkbox, { label: "Draw the squares that the cost averages" }),
    buttons(guessed, toBest, again),
  );
  return { guessed, toBest };
}

function render({ model, el }) {
  const [xLabel, yLabel] = model.get("labels");
  const [inputs, targets] = [model.get("inputs"), model.get("targets")];
  const xRange = airy(inputs, 0.06);
  const yRange = airy(targets, 0.12);
  const best = bestLine(inputs, targets);
  const away = (name) => Math.abs(model.get(name) - best[name]) * 1.4;
  const reach = {
    slope: Math.max(away("slope"), 2 * Math.abs(best.slope), 0.5),
    intercept: Math.max(away("intercept"), (yRange[1] - yRange[0]) * 0.6),
  };
  let seen = [];
  const line = () => traitsOf(model, ["slope", "intercept"]);
  const frame = { xRange, yRange, xLabel, yLabel, line, set: (values) => figure.set(values) };

  const figure = createFigure({
    model,
    el,
    title: "Guess the line, then see its cost",
    traits: ["inputs", "targets", "slope", "intercept", "guess", "squares"],
    draw: (stage, width, state) => {
      const outcome = compute(state);
      const revealed = state.guess.length === 2;
      if (revealed) {
        const place = [state.slope, state.intercept];
        if (!seen.some((p) => p[0] === place[0] && p[1] === place[1])) seen = [...seen.slice(-60), place];
      } else seen = [];
      const residuals = (room) => drawResiduals(state, outcome, room, revealed, frame);
      const map = (room) => drawMap(state, outcome, room, { reach, seen });
      if (revealed) showBeside(stage, width, residuals, map);
      else stage.replaceChildren(element("div", { class: "figure-pair" }, residuals(Math.min(width, 520))));
      guessed.disabled = revealed;
      toBest.disabled = !revealed;
      const words = revealed ? judge(state, outcome) : HOW;
      return { lines: [element("p", {}, words)], said: words };
    },
  });
  const { guessed, toBest } = addControls(figure, model, reach);
  return figure.begin();
}

function airy(values, share) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const air = (high - low || 1) * share;
  return [low - air, high + air];
}

function round(value, step) {
  return Number((Math.round(value / step) * step).toPrecision(12));
}

export default { render, compute };
