// @ts-check
// A polynomial of growing degree: it meets its own points ever better, and new points ever worse.

import {
  axes,
  checkbox,
  createFigure,
  dataPoint,
  digits,
  element,
  follow,
  number,
  paint,
  path,
  shape,
  slider,
  traitsOf,
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
  return element(
    "div",
    {},
    plot.svg,
    element(
      "p",
      { class: "figure-legend" },
      element("span", {}, legendDot(1), " fitted to"),
      state.show_test ? element("span", {}, legendDot(0), " new") : "",
    ),
  );
}

function legendDot(target) {
  return shape("svg", { width: 14, height: 14, "aria-hidden": "true" }, dataPoint(7, 7, target, 5));
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
  return element(
    "div",
    {},
    plot.svg,
    element("p", { class: "figure-legend" }, element("span", {}, "— fitted to"), element("span", {}, "– – new")),
  );
}

function render({ model, el }) {
  const names = ["inputs", "targets", "test_inputs", "test_targets", "degree", "highest", "show_test"];
  const read = () => traitsOf(model, names);
  const first = read();
  const result = element("div", { class: "figure-result" });
  const figure = createFigure({
    model,
    el,
    title: "Learning by heart",
    traits: names,
    draw: (stage, width) => {
      const state = read();
      const outcome = compute(state);
      const half = width > 640 ? (width - 12) / 2 : width;
      stage.replaceChildren(
        element("div", { class: "figure-pair" }, drawCurve(state, half), drawErrors(state, outcome, half)),
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
      result.className = `figure-result ${state.degree === best ? "one" : ""}`;
      result.replaceChildren(element("p", {}, element("strong", {}, sentence)), element("p", {}, why));
      return `${sentence} ${why}`;
    },
  });

  const degree = slider({
    label: "Degree",
    min: 0,
    max: first.highest,
    step: 1,
    value: first.degree,
    format: (v) => number(v, 0),
    onInput: (v) => figure.set({ degree: v }),
  });
  const showTest = checkbox({
    label: "Show the new points",
    value: first.show_test,
    onInput: (v) => figure.set({ show_test: v }),
  });
  figure.stage.after(result);
  figure.controls.append(degree.node, showTest.node);
  const stop = follow(model, { degree: degree.set, show_test: showTest.set });
  figure.redraw(false);
  return () => {
    stop();
    figure.close();
  };
}

export default { render, compute };
