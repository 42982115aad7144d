// @ts-check
// A two-layer network whose hidden units can be seen: each draws its own soft line, the output combines them.

import { heatMap } from "./js/heat_map.js";
import { Network, createOptimiser, initialise, lossGradient, meanLoss } from "./js/network_engine.js";
import {
  axes,
  button,
  buttons,
  choice,
  createFigure,
  dataPoint,
  digits,
  element,
  paint,
  slider,
  steppedSlider,
  whole,
} from "./js/toolkit.js";

/** The network's outputs, its loss and how many points it gets right. `parameters` is flat, layer by layer. */
function compute({ inputs, targets, hidden, activation, parameters }) {
  const network = twoLayers(hidden, activation, parameters);
  const flat = Float64Array.from(inputs.flat());
  const logits = [...network.forward(flat, inputs.length)];
  return {
    logits,
    loss: meanLoss(network, "cross_entropy", flat, targets, inputs.length),
    right: logits.filter((logit, i) => (logit > 0 ? 1 : 0) === targets[i]).length,
  };
}

/** Train for some epochs, each one step of gradient descent on all points. Returns the new parameters. */
function train({ inputs, targets, hidden, activation, parameters, learning_rate: rate }, epochs) {
  const network = twoLayers(hidden, activation, parameters);
  const optimiser = createOptimiser(network, "sgd");
  const flat = Float64Array.from(inputs.flat());
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    lossGradient(network, "cross_entropy", flat, targets, inputs.length);
    optimiser.step(rate);
  }
  return [...network.parameters];
}

function twoLayers(hidden, activation, parameters) {
  const network = new Network([2, hidden, 1], [activation, "linear"]);
  network.parameters.set(parameters);
  return network;
}

/** The weights before training: the same for the same seed, here and in Python. */
function startParameters({ hidden, activation, seed }) {
  const network = new Network([2, hidden, 1], [activation, "linear"]);
  initialise(network, "glorot", seed);
  return [...network.parameters];
}

function drawOutput(state, outcome, size, reach, frame) {
  const plot = axes({
    width: size,
    height: size,
    x: [-reach, reach],
    y: [-reach, reach],
    xLabel: "x₁",
    yLabel: "x₂",
    left: 42,
    bottom: 40,
    right: 6,
    top: 6,
    label:
      `The network's answer over the plane, and ${state.inputs.length} points, of which ` +
      `${outcome.right} are right.`,
  });
  const network = twoLayers(state.hidden, state.activation, state.parameters);
  const canvas = heatMap((grid, count) => network.forward(grid, count).map((z) => Math.tanh(z / 2)), 60, reach, frame);
  canvas.setAttribute(
    "style",
    `position: absolute; left: 42px; top: 6px; width: ${size - 48}px; height: ${size - 46}px`,
  );
  state.inputs.forEach(([x, y], i) => plot.area.append(dataPoint(plot.x(x), plot.y(y), state.targets[i], 4)));
  plot.svg.style.position = "relative";
  return element(
    "div",
    { class: "hidden-output", style: `width: ${size}px; height: ${size}px; position: relative` },
    canvas,
    plot.svg,
  );
}

function drawHidden(state, size, reach, frame) {
  const network = twoLayers(state.hidden, state.activation, state.parameters);
  return Array.from({ length: state.hidden }, (_, j) => {
    const out = state.parameters[3 * state.hidden + j];
    const canvas = heatMap(
      (grid, count) => {
        network.forward(grid, count);
        const all = network.outputs[0];
        return Float64Array.from(
          { length: count },
          (_, e) => all[e * state.hidden + j] * (state.activation === "relu" ? 0.5 : 1),
        );
      },
      30,
      reach,
      frame,
    );
    canvas.setAttribute(
      "style",
      `width: ${size}px; height: ${size}px; border-color: ${paint(out > 0 ? "one" : "zero")}`,
    );
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `What hidden unit ${j + 1} says over the plane.`);
    return element(
      "figure",
      { style: `width: ${size}px` },
      canvas,
      element("figcaption", { class: "number" }, `unit ${j + 1}: `, element("span", {}, `× ${digits(out)}`)),
    );
  });
}

/** The controls; a changed network starts anew. */
function addControls(figure, model) {
  const fresh = (changes = {}) =>
    figure.set({ ...changes, epoch: 0, parameters: startParameters({ ...figure.read(), ...changes }) });
  const forward = (epochs) =>
    figure.set({ parameters: train(figure.read(), epochs), epoch: model.get("epoch") + epochs });
  const play = figure.play({
    label: "Train",
    step: () => {
      forward(10);
      return model.get("epoch") < 3000;
    },
    rate: 20,
  });
  const anew = (changes) => {
    play.stop();
    fresh(changes);
  };
  const count = { label: "Hidden units", min: 1, max: 8, step: 1, format: whole };
  const kinds = [
    ["tanh", "tanh"],
    ["relu", "ReLU"],
    ["sigmoid", "sigmoid"],
    ["linear", "linear"],
  ];
  figure.controls.append(
    buttons(
      play.node,
      button("10 epochs", () => forward(10)),
      button("Other start weights", () => anew({ seed: model.get("seed") + 1 })),
      button("Start again", () => anew()),
    ),
    figure.control("hidden", slider, { ...count, onInput: (hidden) => fresh({ hidden }) }),
    figure.control("learning_rate", steppedSlider, { label: "Learning rate", values: [0.01, 0.03, 0.1, 0.3, 1, 3] }),
    figure.control("activation", choice, {
      label: "Activation of the hidden units",
      options: kinds,
      onInput: (activation) => fresh({ activation }),
    }),
  );
}

function render({ model, el }) {
  const reach = Math.max(...model.get("inputs").flat().map(Math.abs)) * 1.1;
  const figure = createFigure({
    model,
    el,
    title: "What the hidden units see",
    traits: ["inputs", "targets", "hidden", "activation", "parameters", "learning_rate", "epoch", "seed"],
    draw: (stage, width, state) => {
      if (state.parameters.length !== 4 * state.hidden + 1) return ""; // size and weights change one after the other
      const outcome = compute(state);
      const large = Math.min(width > 560 ? width * 0.46 : width, 330);
      const room = width > 560 ? width - large - 40 : width;
      const small = Math.min(118, Math.floor(room / (state.hidden > 6 ? 4 : 3)) - 12);
      // Two rows always have room: the slider below stays where it is.
      const rows = `min-height: ${2 * (Math.min(118, Math.floor(room / 3) - 12) + 50)}px`;
      stage.replaceChildren(
        element(
          "div",
          { class: "hidden-units" },
          drawOutput(state, outcome, large, reach, figure.frame),
          element("div", { class: "hidden-maps", style: rows }, drawHidden(state, small, reach, figure.frame)),
        ),
      );
      const sentence =
        `After ${state.epoch} ${state.epoch === 1 ? "epoch" : "epochs"} the loss is ` +
        `${digits(outcome.loss)} and ${outcome.right} of ${state.inputs.length} points are right.`;
      return { lines: [sentence], mood: outcome.right === state.inputs.length ? "one" : "" };
    },
  });
  addControls(figure, model);
  return figure.begin();
}

export default { render, compute, train, startParameters };
