// @ts-check
// A perceptron's decision line among points, and Rosenblatt's rule one point at a time.

import {
  axes,
  button,
  buttons,
  createFigure,
  dataPoint,
  digits,
  element,
  item,
  legendPoint,
  paint,
  path,
  shape,
  slider,
  steppedSlider,
  withLegend,
} from "./js/toolkit.js";

/** The perceptron's sums and answers for all points. */
function compute({ inputs, targets, weights, bias }) {
  const sums = inputs.map(([x, y]) => weights[0] * x + weights[1] * y + bias);
  const answers = sums.map((sum) => (sum > 0 ? 1 : 0));
  return { sums, answers, right: answers.filter((answer, i) => answer === targets[i]).length };
}

/** Look at the next point; after a mistake, move the weights. Returns what changed. */
function lookAtNext({ inputs, targets, weights, bias, learning_rate: rate, next_example: i, epoch, updates }) {
  const [x, y] = inputs[i];
  const answer = weights[0] * x + weights[1] * y + bias > 0 ? 1 : 0;
  const error = targets[i] - answer;
  const last = i + 1 === inputs.length;
  return {
    weights: [weights[0] + rate * error * x, weights[1] + rate * error * y],
    bias: bias + rate * error,
    next_example: last ? 0 : i + 1,
    epoch: epoch + (last ? 1 : 0),
    updates: updates + Math.abs(error),
  };
}

/** Look at points until one is answered wrongly, or all have been right. */
function goToMistake(state) {
  let now = state;
  for (let i = 0; i < state.inputs.length; i += 1) {
    now = { ...now, ...lookAtNext(now) };
    if (now.updates > state.updates) break;
  }
  const { weights, bias, next_example, epoch, updates } = now;
  return { weights, bias, next_example, epoch, updates };
}

function describe(state, outcome) {
  const i = state.next_example;
  return (
    `Next is point ${i + 1}, with a ring: its sum is ${digits(outcome.sums[i])}, so the answer is ` +
    `${outcome.answers[i]}; the target is ${state.targets[i]}.`
  );
}

function tell(before, after) {
  const i = (after.next_example + before.inputs.length - 1) % before.inputs.length;
  if (after.updates === before.updates)
    return after.next_example === before.next_example
      ? "A whole pass without a mistake: the rule has nothing left to do."
      : `Point ${i + 1} is answered rightly: nothing changes.`;
  const sign = before.targets[i] === 1 ? "plus" : "minus";
  return (
    `Point ${i + 1} is answered wrongly: the weights get ${sign} ${digits(before.learning_rate)} × ` +
    `(${before.inputs[i].map((v) => digits(v)).join(", ")}).`
  );
}

const MOVED = ["weights", "bias", "learning_rate", "next_example", "epoch", "updates"];

/** What moves the line: the rule, or the reader's hand, which ends the rule's story. */
function addControls(figure, labels, move, byHand) {
  const first = figure.read();
  const size = Math.max(...first.inputs.flat().map(Math.abs), 1e-9);
  const sliderOf = (name, options, i) =>
    figure.control(
      name,
      slider,
      {
        format: digits,
        onInput: (v) => byHand({ [name]: i === undefined ? v : figure.read()[name].with(i, v) }),
        ...options,
      },
      i === undefined ? undefined : item(i),
    );
  const play = figure.play({ label: "Play", step: () => move(goToMistake), rate: 5 });
  const again = button("Start again", () => {
    play.stop();
    byHand(Object.fromEntries(MOVED.map((name) => [name, first[name]])));
  });
  figure.controls.append(
    buttons(
      button("Next point", () => move(lookAtNext)),
      button("Next mistake", () => move(goToMistake)),
      play.node,
      again,
    ),
    ...labels.map((label, k) => sliderOf("weights", { label: `Weight of ${label}`, min: -3, max: 3, step: 0.05 }, k)),
    sliderOf("bias", { label: "Bias", min: -3 * size, max: 3 * size, step: size / 20 }),
    figure.control("learning_rate", steppedSlider, {
      label: "Learning rate",
      values: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      onInput: (learning_rate) => byHand({ learning_rate }),
    }),
  );
}

function render({ model, el }) {
  const labels = model.get("labels");
  let story = "";
  const figure = createFigure({
    model,
    el,
    title: "A line that decides, and a rule that moves it",
    traits: ["inputs", "targets", ...MOVED],
    draw: (stage, width, state) => {
      const outcome = compute(state);
      const count = state.inputs.length;
      const sentence =
        `${outcome.right} of ${count} points are on the right side after ${state.updates} ` +
        `${state.updates === 1 ? "update" : "updates"}.`;
      stage.replaceChildren(drawLine(state, outcome, labels, width));
      const numbers = element("p", { class: "number" }, story || describe(state, outcome));
      const said = story ? `${story} ${sentence}` : sentence;
      return { lines: [sentence, numbers], mood: outcome.right === count ? "one" : "", said };
    },
  });
  function move(rule) {
    const before = figure.read();
    const after = rule(before);
    story = tell(before, { ...before, ...after });
    figure.set(after);
    figure.changed();
    return after.updates > before.updates;
  }
  addControls(figure, labels, move, (values) => {
    story = "";
    figure.set(values);
  });
  return figure.begin();
}

/** Where the plot begins and ends, with a little air around the points. */
function range(values) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const air = Math.max((high - low) * 0.06, 1e-9);
  return [low - air, high + air];
}

/**
 * The part of a rectangle where the sum is above zero: its corners and the places where the line cuts its sides.
 * @param {number[]} x
 * @param {number[]} y
 */
function sideOfOnes(x, y, weights, bias) {
  const [[x0, x1], [y0, y1]] = [x, y];
  const corners = [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
  ];
  /** @param {number[]} place */
  const sum = ([x, y]) => weights[0] * x + weights[1] * y + bias;
  return corners.flatMap((corner, i) => {
    const next = corners[(i + 1) % 4];
    const [here, there] = [sum(corner), sum(next)];
    const kept = here > 0 ? [corner] : [];
    if (here > 0 === there > 0) return kept;
    const share = here / (here - there);
    return [...kept, [corner[0] + share * (next[0] - corner[0]), corner[1] + share * (next[1] - corner[1])]];
  });
}

function drawLine(state, outcome, labels, width) {
  const side = Math.min(width, 470);
  const xRange = range(state.inputs.map((p) => p[0]));
  const yRange = range(state.inputs.map((p) => p[1]));
  const plot = axes({
    width: side,
    height: side * 0.92,
    x: xRange,
    y: yRange,
    xLabel: labels[0],
    yLabel: labels[1],
    left: 54,
    label:
      `${state.inputs.length} points of two classes and the perceptron's line. ${outcome.right} points ` +
      `are on the right side.`,
  });
  const corners = sideOfOnes(xRange, yRange, state.weights, state.bias);
  const box = {
    x: plot.left,
    y: plot.top,
    width: side - plot.left - plot.right,
    height: side * 0.92 - plot.top - plot.bottom,
  };
  plot.area.append(shape("rect", { ...box, fill: paint("zero-wash"), opacity: 0.75 }));
  if (corners.length > 2)
    plot.area.append(
      shape("polygon", {
        points: corners.map(([x, y]) => `${plot.x(x)},${plot.y(y)}`).join(" "),
        fill: paint("one-wash"),
      }),
    );
  const ends = lineEnds(xRange, yRange, state.weights, state.bias);
  if (ends)
    plot.area.append(
      path(
        ends.map(([x, y]) => [plot.x(x), plot.y(y)]),
        { "stroke-width": 3, class: "decision-line" },
      ),
    );
  const small = state.inputs.length > 150 ? 3 : state.inputs.length > 60 ? 4 : 5.5;
  state.inputs.forEach(([x, y], i) => {
    plot.area.append(dataPoint(plot.x(x), plot.y(y), state.targets[i], small));
    if (outcome.answers[i] === state.targets[i]) return;
    const r = small * 1.7;
    plot.area.append(
      shape("path", {
        d: `M${plot.x(x) - r} ${plot.y(y) - r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`,
        stroke: paint("ink"),
        "stroke-width": 1.6,
      }),
    );
  });
  const [x, y] = state.inputs[state.next_example];
  plot.area.append(
    shape("circle", {
      cx: plot.x(x),
      cy: plot.y(y),
      r: small + 7,
      fill: "none",
      stroke: paint("mark"),
      "stroke-width": 3,
    }),
  );
  return withLegend(plot.svg, [legendPoint(1), " class 1"], [legendPoint(0), " class 0"], "× answered wrongly");
}

/**
 * Where the line of sums equal to zero enters and leaves the picture.
 * @param {number[]} x
 * @param {number[]} y
 */
function lineEnds(x, y, [w1, w2], bias) {
  const [[x0, x1], [y0, y1]] = [x, y];
  if (w1 === 0 && w2 === 0) return null;
  // Take the axis along which the line is less steep, and go a picture's width beyond both sides.
  if (Math.abs(w2) * (y1 - y0) >= Math.abs(w1) * (x1 - x0))
    return [x0, x1].map((one) => [one, -(bias + w1 * one) / w2]);
  return [y0, y1].map((one) => [-(bias + w2 * one) / w1, one]);
}

export default { render, compute, lookAtNext, goToMistake };
