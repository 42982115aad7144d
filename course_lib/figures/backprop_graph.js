// @ts-check
// Backpropagation through a small graph, one operation at a time, with every number shown.

import {
  button,
  buttons,
  createFigure,
  digits,
  element,
  item,
  paint,
  shape,
  slider,
  withLegend,
} from "./js/toolkit.js";

// The graph: each node says what it computes from which others, and how a nudge of each of them moves it.
const GRAPH = [
  { name: "x₁", x: 0, y: 0 },
  { name: "w₁", x: 0, y: 1 },
  { name: "x₂", x: 0, y: 2 },
  { name: "w₂", x: 0, y: 3 },
  { name: "b", x: 0, y: 4 },
  {
    name: "p₁",
    x: 1,
    y: 0.5,
    from: [0, 1],
    formula: "x₁×w₁",
    value: (a, b) => a * b,
    slopes: (a, b) => [b, a],
    rules: ["w₁", "x₁"],
  },
  {
    name: "p₂",
    x: 1,
    y: 2.5,
    from: [2, 3],
    formula: "x₂×w₂",
    value: (a, b) => a * b,
    slopes: (a, b) => [b, a],
    rules: ["w₂", "x₂"],
  },
  {
    name: "z",
    x: 2,
    y: 2,
    from: [5, 6, 4],
    formula: "p₁+p₂+b",
    value: (a, b, c) => a + b + c,
    slopes: () => [1, 1, 1],
    rules: ["1", "1", "1"],
  },
  {
    name: "a",
    x: 3,
    y: 2,
    from: [7],
    formula: "tanh z",
    value: Math.tanh,
    slopes: (z) => [1 - Math.tanh(z) ** 2],
    rules: ["(1 − a²)"],
  },
  {
    name: "E",
    x: 4,
    y: 2,
    from: [8],
    formula: "(a − t)²",
    value: (a, t) => (a - t) ** 2,
    slopes: (a, t) => [2 * (a - t)],
    rules: ["2 (a − t)"],
  },
];
const FIRST = 5; // the nodes before are given, those from here on are computed
const STEPS = 2 * (GRAPH.length - FIRST);

/** All values forward, all gradients backward. */
function compute({ inputs, weights, bias, target }) {
  const values = [inputs[0], weights[0], inputs[1], weights[1], bias];
  for (const node of GRAPH.slice(FIRST)) values.push(node.value(...node.from.map((i) => values[i]), target));
  const gradients = GRAPH.map(() => 0);
  gradients[GRAPH.length - 1] = 1;
  for (let k = GRAPH.length - 1; k >= FIRST; k -= 1) {
    const node = GRAPH[k];
    node.slopes(...node.from.map((i) => values[i]), target).forEach((slope, i) => {
      gradients[node.from[i]] += slope * gradients[k];
    });
  }
  return { values, gradients };
}

function explain({ stage, target }, { values, gradients }) {
  const show = (v) => digits(v);
  if (stage === 0) return ["Five numbers are given. Step forward: each operation uses the results before it."];
  if (stage <= STEPS / 2) {
    const node = GRAPH[FIRST + stage - 1];
    const parts = node.from.map((i) => `${GRAPH[i].name} = ${show(values[i])}`).join(", ");
    return [
      `Forward: ${node.name} = ${node.formula} = ${show(values[FIRST + stage - 1])}.`,
      `From ${parts}${node.name === "E" ? `, t = ${show(target)}` : ""}.`,
    ];
  }
  const k = GRAPH.length - 1 - (stage - STEPS / 2 - 1);
  const node = GRAPH[k];
  const slopes = node.slopes(...node.from.map((i) => values[i]), target);
  return [
    `Backward through ${node.name} = ${node.formula}: multiply the gradient ${show(gradients[k])} that ` +
      `arrives by each local slope.`,
    ...node.from.map(
      (i, n) =>
        `∂E/∂${GRAPH[i].name} = ∂E/∂${node.name} × ${node.rules[n]} = ${show(gradients[k])} × ` +
        `${show(slopes[n])} = ${show(gradients[i])}.`,
    ),
  ];
}

/** The line from one box to another; it is lit while its numbers travel. */
function drawEdge(from, to, { left, top, boxWidth, boxHeight }, light) {
  const [x1, y1] = [left(from) + boxWidth, top(from) + boxHeight / 2];
  const [x2, y2] = [left(to), top(to) + boxHeight / 2];
  const far = to.x - from.x > 1; // runs below the boxes between
  const bend = far ? (x2 - x1) * 0.72 : Math.max(8, (x2 - x1) / 2);
  return shape("path", {
    d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - (far ? 20 : bend)} ${y2} ${x2} ${y2}`,
    fill: "none",
    "stroke-width": light ? 4 : 1.8,
    stroke: light ? paint(light.backward ? "zero" : "one") : paint("soft"),
  });
}

/** A box with its name, and its value and gradient once they are known. */
function drawNode(k, { left, top, boxWidth, boxHeight, narrow }, light, value, gradient) {
  const node = GRAPH[k];
  const [x, y] = [left(node), top(node)];
  const on = k === light.active;
  const small = narrow ? "; font-size: 11px" : "";
  const middle = { x: x + boxWidth / 2, "text-anchor": "middle" };
  const box = { x, y, width: boxWidth, height: boxHeight, rx: 8, "stroke-width": on ? 2.5 : 1.2 };
  const parts = [
    shape("rect", {
      ...box,
      fill: on ? paint(light.backward ? "zero-wash" : "one-wash") : paint("panel"),
      stroke: on ? paint(light.backward ? "zero" : "one") : paint("soft"),
    }),
  ];
  const isLong = node.formula && !narrow;
  const name = { ...middle, y: y + 15, class: "strong", style: isLong ? "font-size: 11.5px" : undefined };
  parts.push(shape("text", name, isLong ? `${node.name} = ${node.formula}` : node.name));
  const number = (words, down, colour) =>
    shape("text", { ...middle, y: y + down, class: "number", style: `fill: ${paint(colour)}${small}` }, words);
  if (value) parts.push(number(value, 32, "one"));
  if (gradient) parts.push(number(gradient, 48, "zero"));
  return parts;
}

function drawGraph({ stage, target }, { values, gradients }, width) {
  const narrow = width < 560;
  const height = narrow ? 396 : 372;
  const boxWidth = narrow ? 56 : 98;
  const boxHeight = narrow ? 58 : 54;
  const columns = narrow ? width - boxWidth - 4 : width - boxWidth - 8;
  const left = (node) => 2 + (columns / 4) * node.x;
  const top = (node) => 6 + ((height - boxHeight - 14) / 4) * node.y;
  const backward = Math.max(0, stage - STEPS / 2);
  const hasValue = (k) => k < FIRST || k - FIRST < stage;
  const lastDone = GRAPH.length - backward; // nodes from here on have passed their gradient on
  const active = stage === 0 ? -1 : stage <= STEPS / 2 ? FIRST + stage - 1 : lastDone;
  const known = (k) =>
    backward > 0 && (k === GRAPH.length - 1 || GRAPH.some((node, n) => n >= lastDone && node.from?.includes(k)));
  const said = GRAPH.map((node, k) =>
    hasValue(k)
      ? `${node.name} is ${digits(values[k])}${known(k) ? `, its gradient ${digits(gradients[k])}` : ""}`
      : "",
  )
    .filter(Boolean)
    .join("; ");
  const svg = shape("svg", {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-label": `A graph of ten numbers. ${said}.`,
  });
  const places = { left, top, boxWidth, boxHeight, narrow };
  const light = { active, backward: backward > 0 };
  GRAPH.forEach((node, k) =>
    node.from?.forEach((i) => svg.append(drawEdge(GRAPH[i], node, places, k === active ? light : null))),
  );
  GRAPH.forEach((_, k) => {
    const value = hasValue(k) ? digits(values[k]) : "";
    const gradient = known(k) ? `∂ ${digits(gradients[k])}` : "";
    svg.append(...drawNode(k, places, light, value, gradient));
  });
  const corner = GRAPH.at(-1);
  svg.append(
    shape(
      "text",
      { x: left(corner) + boxWidth / 2, y: top(corner) + boxHeight + 18, "text-anchor": "middle", class: "soft" },
      `t = ${digits(target)}`,
    ),
  );
  return withLegend(
    svg,
    element("span", { style: `color: ${paint("one")}` }, "blue: value"),
    element("span", { style: `color: ${paint("zero")}` }, "orange, ∂: gradient of the error E"),
  );
}

function render({ model, el }) {
  const result = element("div", { class: "figure-result" });
  const say = (words) =>
    result.replaceChildren(...words.map((text, i) => element("p", {}, i ? text : element("strong", {}, text))));
  const figure = createFigure({
    model,
    el,
    title: "Backpropagation, one operation at a time",
    traits: ["inputs", "weights", "bias", "target", "stage", "learning_rate"],
    draw: (stage, width, state) => {
      const outcome = compute(state);
      stage.replaceChildren(drawGraph(state, outcome, width));
      if (result.style.minHeight === "") {
        // Room for the longest explanation, so that the button stays where it is pressed again and again.
        const heights = Array.from({ length: STEPS + 1 }, (_, k) => {
          say(explain({ ...state, stage: k }, outcome));
          return result.offsetHeight;
        });
        result.style.minHeight = `${Math.max(...heights)}px`;
      }
      const words = explain(state, outcome);
      say(words);
      back.disabled = state.stage === 0;
      forward.disabled = state.stage === STEPS;
      learn.disabled = state.stage < STEPS;
      return words.join(" ");
    },
  });

  const first = figure.read();
  const go = (change) => figure.set({ stage: Math.min(STEPS, Math.max(0, model.get("stage") + change)) });
  const back = button("Step back", () => go(-1));
  const forward = button("Step on", () => go(1), { primary: true });
  const learn = button("Learn: one step of descent", () => {
    const state = figure.read();
    const { gradients } = compute(state);
    const rate = state.learning_rate;
    figure.set({
      weights: [state.weights[0] - rate * gradients[1], state.weights[1] - rate * gradients[3]],
      bias: state.bias - rate * gradients[4],
    });
  });
  const again = button("Start again", () => figure.set({ ...first, stage: 0 }));
  const given = (label, name, which) =>
    figure.control(name, slider, { label, min: -2, max: 2, step: 0.1, format: digits }, which);
  figure.stage.after(result);
  figure.controls.append(
    buttons(forward, back, learn, again),
    given("Input x₁", "inputs", item(0)),
    given("Weight w₁", "weights", item(0)),
    given("Input x₂", "inputs", item(1)),
    given("Weight w₂", "weights", item(1)),
    given("Bias b", "bias"),
    given("Target t", "target"),
  );
  return figure.begin();
}

export default { render, compute };
