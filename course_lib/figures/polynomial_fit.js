// @ts-check
// A polynomial of growing degree: it meets its own points ever better, and new points ever worse.

import {
  axes,
  checkbox,
  createFigure,
  dataPoint,
  digits,
  legendPoint,
  paint,
  path,
  shape,
  showBeside,
  slider,
  whole,
  withLegend,
} from "./js/toolkit.js";

/**
 * Least squares with polynomials that are orthogonal on the inputs: each degree adds one term and leaves
 * the others as they are, and no large numbers meet. Returns a function of the degree.
 */
function fitPolynomials(inputs, targets, degrees) {
  const dot = (u, v) => u.reduce((sum, value, i) => sum + value * v[i], 0);
  const terms = [];
  let rest = targets;
  for (let k = 0; k <= degrees; k += 1) {
    const last = terms.at(-1);
    const before = terms.at(-2);
    const middle = last
      ? dot(
          inputs.map((x, i) => x * last.values[i]),
          last.values,
        ) / last.size
      : 0;
    const weight = before ? last.size / before.size : 0;
    const values = inputs.map((x, i) =>
      last ? (x - middle) * last.values[i] - weight * (before ? before.values[i] : 0) : 1,
    );
    const size = dot(values, values);
    const share = dot(rest, values) / size;
    rest = rest.map((r, i) => r - share * values[i]);
    terms.push({ middle, weight, values, size, share });
  }
  return (degree) => (x) => {
    let [before, now, sum] = [0, 1, terms[0].share];
    for (let k = 1; k <= degree; k += 1) {
      const { middle, weight, share } = terms[k];
      [before, now] = [now, (x - middle) * now - weight * before];
      sum += share * now;
    }
    return sum;
  };
}

function meanSquaredError(curve, inputs, targets) {
  return inputs.reduce((sum, x, i) => sum + (curve(x) - targets[i]) ** 2, 0) / inputs.length;
}

/** The error on the training and on the new points for each degree, and the curve's values at the new points. */
function compute({ inputs, targets, test_inputs: newInputs, test_targets: newTargets, degree, highest }) {
  const fit = fitPolynomials(inputs, targets, highest);
  const degrees = Array.from({ length: highest + 1 }, (_, k) => k);
  return {
    train: degrees.map((k) => meanSquaredError(fit(k), inputs, targets)),
    test: degrees.map((k) => meanSquaredError(fit(k), newInputs, newTargets)),
    predictions: newInputs.map(fit(degree)),
  };
}

function drawCurve(state, width) {
  const all = [...state.inputs, ...state.test_inputs];
  const heights = [...state.targets, ...state.test_targets];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const [bottom, top] = [Math.min(...heights), Math.max(...heights)];
  const air = (top - bottom || 1) * 0.12;
  const plot = axes({
    width,
    height: Math.min(320, width * 0.85),
    x: [low - 0.1, high + 0.1],
    y: [bottom - air, top + air],
    xLabel: "x",
    yLabel: "y",
    label: `${state.inputs.length} points and a polynomial of degree ${state.degree} through them.`,
  });
  if (state.show_test)
    state.test_inputs.forEach((x, i) => plot.area.append(dataPoint(plot.x(x), plot.y(state.test_targets[i]), 0, 3)));
  const curve = fitPolynomials(state.inputs, state.targets, state.highest)(state.degree);
  plot.area.append(
    path(
      Array.from({ length: 301 }, (_, i) => low - 0.1 + ((high - low + 0.2) * i) / 300).map((x) => [
        plot.x(x),
        plot.y(Math.max(bottom - 50 * air, Math.min(top + 50 * air, curve(x)))),
      ]),
      { "stroke-width": 2.5 },
    ),
  );
  state.inputs.forEach((x, i) => plot.area.append(dataPoint(plot.x(x), plot.y(state.targets[i]), 1, 5.5)));
  return withLegend(plot.svg, [legendPoint(1), " fitted to"], state.show_test ? [legendPoint(0), " new"] : "");
}

function drawErrors({ degree, highest }, { train, test }, width) {
  const log = (error) => Math.log10(Math.min(Math.max(error, 1e-4), 1e4));
  const heights = [...train, ...test].map(log);
  const [low, high] = [Math.min(...heights) - 0.1, Math.max(...heights) + 0.1];
  const powers = [-4, -3, -2, -1, 0, 1, 2, 3, 4]
    .filter((p) => p >= low && p <= high)
    .map((p) => ({ value: p, text: String(10 ** p) }));
  const plot = axes({
    width,
    height: Math.min(320, width * 0.85),
    x: [-0.4, highest + 0.4],
    y: [low, high],
    xLabel: "degree",
    yLabel: "error (each line is a factor)",
    yTicks: powers,
    left: 60,
    label:
      `Errors by degree. Training: ${train.map((e) => digits(e, 2)).join(", ")}. New points: ` +
      `${test.map((e) => digits(e, 2)).join(", ")}.`,
  });
  plot.area.append(
    shape("line", {
      x1: plot.x(degree),
      x2: plot.x(degree),
      y1: plot.top,
      y2: plot.height - plot.bottom,
      stroke: paint("mark"),
      "stroke-width": 2,
      "stroke-dasharray": "5 3",
    }),
  );
  plot.area.append(
    path(
      test.map((e, k) => [plot.x(k), plot.y(log(e))]),
      { stroke: paint("zero"), "stroke-width": 2.5, "stroke-dasharray": "7 4" },
    ),
  );
  plot.area.append(
    path(
      train.map((e, k) => [plot.x(k), plot.y(log(e))]),
      { stroke: paint("one"), "stroke-width": 2.5 },
    ),
  );
  plot.area.append(
    dataPoint(plot.x(degree), plot.y(log(train[degree])), 1, 6),
    dataPoint(plot.x(degree), plot.y(log(test[degree])), 0, 6),
  );
  return withLegend(plot.svg, "— fitted to", "– – new");
}

function render({ model, el }) {
  const figure = createFigure({
    model,
    el,
    title: "Learning by heart",
    traits: ["inputs", "targets", "test_inputs", "test_targets", "degree", "highest", "show_test"],
    draw: (stage, width, state) => {
      const outcome = compute(state);
      showBeside(
        stage,
        width,
        (half) => drawCurve(state, half),
        (half) => drawErrors(state, outcome, half),
      );
      const [train, test] = [outcome.train[state.degree], outcome.test[state.degree]];
      const sentence =
        `Degree ${state.degree}: the error is ${digits(train)} on the ${state.inputs.length} ` +
        `points it was fitted to and ${digits(test)} on ${state.test_inputs.length} new ones.`;
      const best = outcome.test.indexOf(Math.min(...outcome.test));
      const why =
        state.degree < best
          ? "It is too stiff: both errors are still falling. It underfits."
          : state.degree === best
            ? "No other degree does better on new points."
            : "It bends towards its own points and away from new ones. It overfits.";
      return { lines: [sentence, why], mood: state.degree === best ? "one" : "" };
    },
  });
  const degrees = { label: "Degree", min: 0, max: model.get("highest"), step: 1, format: whole };
  figure.controls.append(
    figure.control("degree", slider, degrees),
    figure.control("show_test", checkbox, { label: "Show the new points" }),
  );
  return figure.begin();
}

export default { render, compute };
