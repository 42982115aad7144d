// @ts-check
// A network with layers of 2, 2, 2 and 1: one example forward, then its blame handed back, divided and added.

import { heatMap } from "./js/heat_map.js";
import {
  axes,
  button,
  buttons,
  createFigure,
  dataPoint,
  digits,
  element,
  number,
  paint,
  shape,
  steppedSlider,
} from "./js/toolkit.js";

/** @typedef {{ weights: number[][], biases: number[] }} BlameLayer */

const BLAME_SIZES = [2, 2, 2, 1];
const BLAME_NAMES = [["x₁", "x₂"], ["h₁", "h₂"], ["q₁", "q₂"], ["o"]];
const BLAME_STEPS = 7; // three forward, four back

/**
 * The layers in a flat list of parameters: each layer's weights, a row for each value that comes in, then its biases.
 * @param {number[]} parameters
 * @returns {BlameLayer[]}
 */
function blameLayers(parameters) {
  let at = 0;
  const take = (/** @type {number} */ count) => {
    at += count;
    return parameters.slice(at - count, at);
  };
  return BLAME_SIZES.slice(1).map((units, k) => ({
    weights: Array.from({ length: BLAME_SIZES[k] }, () => take(units)),
    biases: take(units),
  }));
}

/**
 * The values of all layers, inputs first.
 * @param {BlameLayer[]} layers
 * @param {number[]} inputs
 */
function blameValues(layers, inputs) {
  const values = [inputs];
  layers.forEach(({ weights, biases }, k) => {
    const sums = biases.map((bias, j) => weights.reduce((sum, row, i) => sum + row[j] * values[k][i], bias));
    values.push(k < layers.length - 1 ? sums.map(Math.tanh) : sums);
  });
  return values;
}

/**
 * All that the figure shows: values, what each way hands back, the blame of each sum, and the weights' slopes.
 * @param {{ points: number[][], targets: number[], example: number, parameters: number[] }} state
 */
function compute({ points, targets, example, parameters }) {
  const layers = blameLayers(parameters);
  const values = blameValues(layers, points[example]);
  const wrong = values[3][0] - targets[example];
  const blames = [[2 * wrong]];
  /** @type {number[][][]} */
  const ways = [];
  for (let k = layers.length - 1; k > 0; k -= 1) {
    const handed = layers[k].weights.map((row) => row.map((weight, j) => weight * blames[0][j]));
    ways.unshift(handed);
    blames.unshift(handed.map((shares, i) => shares.reduce((sum, share) => sum + share, 0) * (1 - values[k][i] ** 2)));
  }
  const gradients = layers.flatMap((_, k) => [
    ...values[k].flatMap((value) => blames[k].map((blame) => value * blame)),
    ...blames[k],
  ]);
  return { values, ways, blames, gradients, error: wrong ** 2 };
}

/** @typedef {ReturnType<typeof compute>} BlameOutcome */

/**
 * One step against the slopes of the present example, and on to the next.
 * @param {{ points: number[][], targets: number[], example: number, parameters: number[],
 *   learning_rate: number }} state
 */
function learn(state) {
  const { gradients } = compute(state);
  return {
    parameters: state.parameters.map((value, k) => value - state.learning_rate * gradients[k]),
    example: (state.example + 1) % state.points.length,
  };
}

/**
 * What happens at a step, a headline first.
 * @param {number} step
 * @param {{ targets: number[], example: number, parameters: number[] }} state
 * @param {BlameOutcome} outcome
 */
function blameWords(step, { targets, example, parameters }, { values, ways, blames, error }) {
  const layers = blameLayers(parameters);
  const s = (/** @type {number} */ value) => digits(value);
  const sum = (/** @type {number} */ k, /** @type {number} */ j) =>
    `${layers[k].weights.map((row, i) => `${s(row[j])} × ${s(values[k][i])}`).join(" + ")} + ${s(layers[k].biases[j])}`;
  const unit = (/** @type {number} */ k, /** @type {number} */ j) =>
    `${BLAME_NAMES[k][j]} = tanh(${sum(k - 1, j)}) = ${s(values[k][j])}.`;
  const back = (/** @type {number} */ k, /** @type {number} */ i) =>
    `${BLAME_NAMES[k][i]}: ${ways[k - 1][i].map(s).join(" and ")}${ways[k - 1][i].length > 1 ? " add up to" : " is"} ` +
    `${s(ways[k - 1][i].reduce((a, b) => a + b, 0))}; ` +
    `times the bend's slope 1 − ${BLAME_NAMES[k][i]}² it is ${s(blames[k - 1][i])}.`;
  const [x1, h1] = [values[0][0], blames[0][0]];
  return [
    [`An example with the target ${s(targets[example])}. Step on: each layer uses the values of the one before.`],
    ["Forward, the first layer.", unit(1, 0), unit(1, 1)],
    ["Forward, the second layer.", unit(2, 0), unit(2, 1)],
    [
      "Forward, the output.",
      `o = ${sum(2, 0)} = ${s(values[3][0])}.`,
      `The target is ${s(targets[example])}, so the error (o − t)² is ${s(error)}.`,
    ],
    ["Back: the output's blame.", `The slope of the square: 2 (o − t) = ${s(blames[2][0])}.`],
    ["Back: the blame is divided, by the weights it came through.", back(2, 0), back(2, 1)],
    ["Back: each h feeds both q, so two ways arrive, and they add.", back(1, 0), back(1, 1)],
    [
      "Every weight's slope: the value that went in, times the blame where it went.",
      `From x₁ to h₁, for example: ${s(x1)} × ${s(h1)} = ${s(x1 * h1)}. Learning takes a step against all fifteen.`,
    ],
  ][step];
}

/** @typedef {{ height: number, x: (k: number) => number, y: (k: number, i: number) => number }} BlamePlaces */

/**
 * Where the neurons stand: neuron i of layer k.
 * @param {number} width
 * @returns {BlamePlaces}
 */
function blamePlaces(width) {
  const height = width < 420 ? 230 : 250;
  return {
    height,
    x: (k) => 34 + (k * (width - 68)) / 3,
    y: (k, i) => (BLAME_SIZES[k] === 1 ? height / 2 : 55 + (height - 120) * i),
  };
}

/**
 * One weight as a line, and its number, or what it hands back, where the present step uses it.
 * @param {BlamePlaces} places
 * @param {number[]} place - layer, neuron that it comes from, neuron that it goes to
 * @param {number} weight
 * @param {{ stage: number, share: number | undefined }} step
 */
function blameLine({ x, y }, [k, i, j], weight, { stage, share }) {
  const active = share !== undefined || stage === k + 1;
  const [x1, y1, x2, y2] = [x(k) + 25, y(k, i), x(k + 1) - 25, y(k + 1, j)];
  const line = shape("line", {
    x1,
    y1,
    x2,
    y2,
    stroke: paint(weight > 0 ? "one" : "zero"),
    "stroke-width": Math.min(9, 0.8 + 2.4 * Math.abs(weight)),
    "stroke-dasharray": weight > 0 ? undefined : "7 4",
    opacity: active || stage === 0 || stage === BLAME_STEPS ? 1 : 0.35,
  });
  if (!active) return [line];
  const at = i === j || BLAME_SIZES[k + 1] === 1 ? 0.5 : 0.26; // labels of crossing lines stand apart
  const label = {
    x: x1 + at * (x2 - x1),
    y: y1 + at * (y2 - y1) + (i ? 15 : -6),
    "text-anchor": "middle",
    class: "number outlined",
    style: "font-size: 11.5px",
  };
  return [line, shape("text", label, share === undefined ? digits(weight, 2) : `∂ ${digits(share, 2)}`)];
}

/**
 * One neuron: its name, its value once it is known, and its blame once that has arrived.
 * @param {BlamePlaces} places
 * @param {number[]} place - layer and neuron
 * @param {number} value
 * @param {{ stage: number, blame: number | undefined }} step
 */
function blameUnit({ x, y }, [k, i], value, { stage, blame }) {
  const lit = stage === k || (stage > 3 && stage < BLAME_STEPS && stage === BLAME_STEPS - k);
  const middle = { x: x(k), "text-anchor": "middle" };
  const look = { fill: paint("panel"), stroke: paint(lit ? "ink" : "soft"), "stroke-width": lit ? 3 : 1.2 };
  const mark = { class: "number", style: `fill: ${paint("mark")}` };
  const parts = [
    shape("circle", { cx: x(k), cy: y(k, i), r: 25, ...look }),
    shape("text", { ...middle, y: y(k, i) - 31, class: "strong" }, BLAME_NAMES[k][i]),
  ];
  if (k <= stage) parts.push(shape("text", { ...middle, y: y(k, i) + 5, class: "number" }, digits(value, 2)));
  if (blame !== undefined) parts.push(shape("text", { ...middle, y: y(k, i) + 42, ...mark }, `∂ ${digits(blame, 2)}`));
  return parts;
}

/**
 * The network as a graph: blue lines for weights above zero, dashed orange ones below, thick ones for large weights.
 * @param {{ stage: number, parameters: number[], targets: number[], example: number }} state
 * @param {BlameOutcome} outcome
 * @param {number} width
 */
function drawBlame({ stage, parameters, targets, example }, { values, ways, blames }, width) {
  const places = blamePlaces(width);
  const back = stage - 3; // 1: blame at the output, 2: at q, 3: at h, 4: slopes
  const lines = blameLayers(parameters).flatMap(({ weights }, k) =>
    weights.flatMap((row, i) =>
      row.map((weight, j) => {
        const share = (back === 2 || back === 3) && k === 4 - back ? ways[k - 1][i][j] : undefined;
        return blameLine(places, [k, i, j], weight, { stage, share });
      }),
    ),
  );
  const units = values.flatMap((layer, k) =>
    layer.flatMap((value, i) => {
      const blame = k > 0 && back >= 4 - k ? blames[k - 1][i] : undefined;
      return blameUnit(places, [k, i], value, { stage, blame });
    }),
  );
  const said = BLAME_NAMES.flat().map((name, n) => `${name} is ${digits(values.flat()[n])}`);
  const below = { x: places.x(3), y: places.height / 2 + 75, "text-anchor": "middle", class: "soft" };
  return shape(
    "svg",
    {
      width,
      height: places.height,
      viewBox: `0 0 ${width} ${places.height}`,
      role: "img",
      "aria-label": `A network with two inputs, two hidden layers of two neurons, and an output. ${said.join(", ")}.`,
    },
    ...lines.map(([line]) => line),
    ...units,
    ...lines.flatMap(([, ...label]) => label),
    shape("text", below, `t = ${digits(targets[example])}`),
  );
}

/**
 * The plane of the two inputs, coloured by the sign of the output, with the four examples.
 * @param {{ points: number[][], targets: number[], example: number, parameters: number[] }} state
 * @param {number} size
 * @param {Element} node
 */
function drawBlameRegion({ points, targets, example, parameters }, size, node) {
  const layers = blameLayers(parameters);
  const outputs = points.map((point) => blameValues(layers, point)[3][0]);
  const right = outputs.filter((output, i) => output * targets[i] > 0).length;
  const plot = axes({
    width: size,
    height: size,
    x: [-1.6, 1.6],
    y: [-1.6, 1.6],
    xLabel: "x₁",
    yLabel: "x₂",
    left: 42,
    bottom: 40,
    right: 6,
    top: 6,
    label: `The output over the plane; ${right} of ${points.length} examples are on the right side.`,
  });
  const canvas = heatMap(
    (/** @type {Float64Array} */ grid, /** @type {number} */ count) =>
      Float64Array.from({ length: count }, (_, e) =>
        Math.tanh(2 * blameValues(layers, [grid[2 * e], grid[2 * e + 1]])[3][0]),
      ),
    40,
    1.6,
    node,
  );
  canvas.setAttribute(
    "style",
    `position: absolute; left: 42px; top: 6px; width: ${size - 48}px; height: ${size - 46}px`,
  );
  points.forEach(([px, py], i) => {
    plot.area.append(dataPoint(plot.x(px), plot.y(py), targets[i] > 0 ? 1 : 0, 6));
    if (i === example)
      plot.area.append(
        shape("circle", {
          cx: plot.x(px),
          cy: plot.y(py),
          r: 12,
          fill: "none",
          stroke: paint("ink"),
          "stroke-width": 2,
        }),
      );
  });
  plot.svg.style.position = "relative";
  const box = element(
    "div",
    { class: "hidden-output", style: `width: ${size}px; height: ${size}px; position: relative` },
    canvas,
    plot.svg,
  );
  return { box, right };
}

/**
 * Draw network and plane, and write down what happens.
 * @param {any} state
 * @param {HTMLElement} stage
 * @param {number} width
 */
function showBlame(state, stage, width) {
  const outcome = compute(state);
  const wide = width > 560;
  const size = wide ? 230 : 150;
  const region = drawBlameRegion(state, size, stage);
  const graph = drawBlame(state, outcome, wide ? width - size - 40 : width);
  stage.replaceChildren(element("div", { class: "hidden-units" }, graph, region.box));
  const words = blameWords(state.stage, state, outcome);
  const count = `${region.right} of ${state.points.length} examples are on the right side.`;
  return { lines: [...words, count], said: words.join(" ") };
}

/** @param {{ model: any, el: HTMLElement }} place */
function render({ model, el }) {
  const figure = createFigure({
    model,
    el,
    title: "Blame, divided and added",
    traits: ["points", "targets", "example", "parameters", "stage", "learning_rate"],
    draw: (/** @type {HTMLElement} */ stage, /** @type {number} */ width, /** @type {any} */ state) => {
      back.disabled = state.stage === 0;
      on.disabled = state.stage === BLAME_STEPS;
      return showBlame(state, stage, width);
    },
  });
  const first = figure.read();
  const go = (/** @type {number} */ change) =>
    figure.set({ stage: Math.min(BLAME_STEPS, Math.max(0, model.get("stage") + change)) });
  const back = button("Step back", () => go(-1));
  const on = button("Step on", () => go(1), { primary: true });
  const step = () => figure.set({ ...learn(figure.read()), stage: BLAME_STEPS });
  let left = 0;
  const play = figure.play({
    label: "Train 50 times through all",
    step: () => {
      step();
      left -= 1;
      return left > 0;
    },
    rate: 40,
    onChange: (/** @type {boolean} */ playing) => {
      left = playing ? 50 * first.points.length : 0;
    },
  });
  const again = button("Start again", () => {
    play.stop();
    figure.set({ ...first, stage: 0 });
  });
  figure.frame.classList.add("stays");
  figure.controls.append(
    buttons(on, back, button("Learn, and take the next example", step), play.node, again),
    figure.control("learning_rate", steppedSlider, { label: "Learning rate", values: [0.01, 0.03, 0.1, 0.3] }),
  );
  return figure.begin();
}

export default { render, compute, learn };
