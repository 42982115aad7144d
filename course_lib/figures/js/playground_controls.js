// @ts-check
// The playground's controls: settings of data, network and training, how pictures look, presets.

import { MOST_DROPPED, MOST_LAYERS, MOST_UNITS, SPEEDS } from "./playground_address.js";
import { FEATURES, KINDS, drawPoints } from "./playground_data.js";
import { DEFAULTS, PRESETS } from "./playground_presets.js";
import {
  button,
  checkbox,
  choice,
  colour,
  element,
  group,
  identifier,
  number,
  slider,
  steppedSlider,
  whole,
} from "./toolkit.js";

const RATES = [0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const PRICES = [0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const LOSSES_TO_STOP_AT = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3];
const ACCURACIES_TO_STOP_AT = [0, 60, 70, 80, 90, 95, 98, 99, 100];
const OPTIONS = {
  optimiser: { sgd: "gradient descent", momentum: "momentum", adam: "Adam" },
  schedule: {
    constant: "constant",
    halving: "halved every … epochs",
    inverse: "one over time",
    cosine: "cosine, to zero after … epochs",
  },
  loss: { squared: "squared error", cross_entropy: "cross-entropy" },
  initialiser: { glorot: "Glorot", he: "He", small: "very small", large: "large", zeros: "all zero" },
  penalty: { none: "none", l1: "L1: their sizes", l2: "L2: their squares" },
};
const ACTIVATION_NAMES = {
  ...{ tanh: "tanh", relu: "ReLU", sigmoid: "sigmoid", linear: "linear", sine: "sine" },
  step: "step: 0 or 1, no slope",
};
const percent = (v) => `${whole(v)} %`;

/** All controls by the names of their settings; each keeps the model and shows what it holds. */
export class Controls {
  constructor(game) {
    this.game = game;
    this.model = game.model;
    this.setters = {};
    this.nodes = {};
    this.features = this.featureChecks();
    this.layerList = element("div", { class: "play-layers" });
    this.layers = []; // the rows of the list
    this.addLayer = button("Add a layer", () => {
      const [hidden, activations] = [this.model.get("hidden"), this.model.get("activations")];
      game.change({ hidden: [...hidden, 4], activations: [...activations, "tanh"] });
    });
    this.reason = element("p", { class: "play-reason" });
    const presets = PRESETS.map(({ name }, i) => [String(i), name]);
    const options = [["", "choose one"], ...presets];
    this.preset = choice({ label: "Preset", options, value: "", onInput: (v) => this.applyPreset(v) });
    this.data = this.dataGroup();
    this.network = this.networkGroup(game.network.editor);
    this.training = this.trainingGroup();
    this.view = this.viewGroup();
  }

  // Every control is known by its setting's name.

  add(name, control) {
    this.setters[name] = control.set;
    this.nodes[name] = control.node;
    return control.node;
  }

  pick(name, label, options = OPTIONS[name]) {
    const onInput = (v) => this.game.change({ [name]: v });
    return this.add(name, choice({ label, options: Object.entries(options), value: this.model.get(name), onInput }));
  }

  slide(name, label, [min, max, step], format = whole) {
    const onInput = (v) => this.game.change({ [name]: v });
    return this.add(name, slider({ label, min, max, step, value: this.model.get(name), format, onInput }));
  }

  stepped(name, label, values, format = (v) => String(v)) {
    const onInput = (v) => this.game.change({ [name]: v });
    return this.add(name, steppedSlider({ label, values, value: this.model.get(name), format, onInput }));
  }

  field(name, label) {
    return this.add(
      name,
      numberField(label, this.model.get(name), (v) => this.game.change({ [name]: v })),
    );
  }

  tick(name, label, after) {
    const onInput = (v) => {
      this.game.changeView({ [name]: v });
      after();
    };
    return this.add(name, checkbox({ label, value: this.model.get(name), onInput }));
  }

  // The groups.

  dataGroup() {
    const kinds = Object.fromEntries(Object.entries(KINDS).map(([key, { name }]) => [key, name]));
    const fresh = button("New points and weights", () => this.game.change({ seed: this.model.get("seed") + 1 }));
    const names = this.pick("kind", "Points", { ...kinds, own: "my own" });
    this.pictures = Object.keys(KINDS).map((kind) => this.kindButton(kind, kinds[kind]));
    const pictures = this.pictures.map(({ node }) => node);
    const attributes = { class: "play-kinds", role: "group", "aria-label": "Points, as pictures" };
    this.nodes.kind = element("div", { class: "play-points" }, element("div", attributes, pictures), names);
    const controls = [
      this.nodes.kind,
      this.slide("noise", "Noise", [0, 50, 5]),
      this.slide("train_share", "Share for training", [10, 90, 10], percent),
      this.slide("batch_size", "Batch size (0: all)", [0, 30, 1], (v) => (v === 0 ? "all" : whole(v))),
      element("div", { class: "figure-buttons play-seed" }, this.field("seed", "Seed"), fresh),
    ];
    return group("Data", element("div", { class: "figure-controls" }, controls));
  }

  /** A kind of data as a small picture of its points. */
  kindButton(kind, name) {
    const canvas = element("canvas", { width: 40, height: 40 });
    const onclick = () => this.game.change({ kind });
    const attributes = { type: "button", class: "play-kind", "aria-label": name, title: name, onclick };
    return { kind, canvas, node: element("button", { ...attributes, "aria-pressed": "false" }, canvas) };
  }

  drawKinds(frame) {
    for (const { kind, canvas } of this.pictures) {
      const context = canvas.getContext("2d");
      context.clearRect(0, 0, 40, 40);
      const points = drawPoints({ kind, noise: 0, seed: 0, own: [] });
      for (const [x, y, target] of points.slice(0, 250)) {
        context.fillStyle = colour(frame, target > 0 ? "one" : "zero");
        context.globalAlpha = Math.max(0.15, Math.abs(target));
        context.fillRect(20 + 3.1 * x - 1, 20 - 3.1 * y - 1, 2, 2);
      }
    }
  }

  networkGroup(editor) {
    const checks = this.features.map(([, control]) => control.node);
    this.nodes.features = element("div", { class: "play-features", role: "group", "aria-label": "Inputs" }, checks);
    const buttons = element("div", { class: "figure-buttons" }, this.addLayer);
    return group("Network", this.nodes.features, this.layerList, buttons, editor);
  }

  trainingGroup() {
    const speeds = Object.entries(SPEEDS).map(([key, { name }]) => [key, name]);
    const setSpeed = (v) => this.game.changeSpeed(v);
    const speed = choice({ label: "Speed", options: speeds, value: this.model.get("speed"), onInput: setSpeed });
    const controls = [
      this.stepped("learning_rate", "Learning rate", RATES),
      this.pick("optimiser", "Step rule"),
      this.pick("schedule", "Learning-rate schedule"),
      this.slide("period", "Epochs of the schedule", [10, 1000, 10]),
      this.pick("loss", "Loss"),
      this.pick("initialiser", "First weights"),
      this.pick("penalty", "Penalty on weights"),
      this.stepped("penalty_rate", "Price of the penalty", PRICES),
      this.slide("momentum", "Momentum", [0, 0.95, 0.05], (v) => number(v)),
      this.slide("dropout", "Dropout of hidden units", [0, MOST_DROPPED, 0.1], (v) => percent(100 * v)),
      this.add("speed", speed),
      this.field("stop_at", "Stop at epoch (0: never)"),
      this.stepped("stop_loss", "Stop at training loss (0: never)", LOSSES_TO_STOP_AT),
      this.stepped("stop_accuracy", "Stop at training accuracy (0: never)", ACCURACIES_TO_STOP_AT, percent),
    ];
    return group("Training", element("div", { class: "figure-controls" }, controls));
  }

  viewGroup() {
    const { game } = this;
    const ticks = [
      this.tick("show_test", "Show test points", () => game.map.drawDots()),
      this.tick("discretise", "Show decisions only", () => game.show()),
      this.tick("log_loss", "Loss on a scale of factors", () => game.show()),
    ];
    return element("div", { class: "play-view", role: "group", "aria-label": "What the pictures show" }, ticks);
  }

  featureChecks() {
    return Object.entries(FEATURES).map(([key, { name }]) => {
      const value = this.model.get("features").includes(key);
      return /** @type {[string, any]} */ ([
        key,
        checkbox({ label: name, value, onInput: (on) => this.chooseFeature(key, on) }),
      ]);
    });
  }

  chooseFeature(key, on) {
    const chosen = this.model.get("features");
    const wanted = Object.keys(FEATURES).filter((k) => (k === key ? on : chosen.includes(k)));
    if (wanted.length > 0) this.game.change({ features: wanted });
    else {
      this.features.find(([k]) => k === key)[1].set(true);
      this.game.say("A network needs an input: this is the last one.");
    }
  }

  applyPreset(index) {
    this.reason.textContent = "";
    if (index === "") return;
    const { why, settings } = PRESETS[Number(index)];
    this.game.clock.pause();
    this.game.change({ ...structuredClone(DEFAULTS), ...structuredClone(settings) });
    this.reason.textContent = why;
  }

  /** One row for each hidden layer. Rows stay while their number stays, so that the keyboard's place is kept. */
  showLayers() {
    const [hidden, activations] = [this.model.get("hidden"), this.model.get("activations")];
    if (this.layers.length !== hidden.length) {
      this.layers = hidden.map((_, l) => this.layerRow(l));
      this.layerList.replaceChildren(...this.layers.map((row) => row.node));
    }
    const held = new Set(this.model.get("frozen"));
    this.layers.forEach(({ units, kind, frozen }, l) => {
      units.set(hidden[l]);
      kind.set(activations[l]);
      const places = placesOf(this.game.trainer.network.layers[l]);
      const count = places.filter((k) => held.has(k)).length;
      frozen.set(count === places.length);
      frozen.input.indeterminate = count > 0 && count < places.length;
    });
    this.addLayer.disabled = hidden.length >= MOST_LAYERS;
  }

  layerRow(l) {
    const replace = (name, v) => this.game.change({ [name]: this.model.get(name).with(l, v) });
    const units = slider({
      label: `Units in layer ${l + 1}`,
      ...{ min: 1, max: MOST_UNITS, step: 1, format: whole },
      value: this.model.get("hidden")[l],
      onInput: (v) => replace("hidden", v),
    });
    const kind = choice({
      label: `Activation of layer ${l + 1}`,
      options: Object.entries(ACTIVATION_NAMES),
      value: this.model.get("activations")[l],
      onInput: (v) => replace("activations", v),
    });
    const without = (name) => this.model.get(name).toSpliced(l, 1);
    const remove = button(`Remove layer ${l + 1}`, () =>
      this.game.change({ hidden: without("hidden"), activations: without("activations") }),
    );
    const freeze = (on) => this.game.freeze(placesOf(this.game.trainer.network.layers[l]), on);
    const frozen = checkbox({ label: `Freeze layer ${l + 1}`, value: false, onInput: freeze });
    const node = element("div", { class: "play-layer" }, units.node, kind.node, remove, frozen.node);
    return { units, kind, frozen, node };
  }

  /** Show what the model holds; hide what the author of the page hid and what has no effect now. */
  show(parts, hidden) {
    // Who cannot draw points is not offered points of their own.
    const own = this.nodes.kind.querySelector('option[value="own"]');
    own.hidden = hidden.has("own") && this.model.get("kind") !== "own";
    const { model, game } = this;
    for (const [name, set] of Object.entries(this.setters)) set(model.get(name));
    for (const [key, control] of this.features) control.set(model.get("features").includes(key));
    for (const { kind, node } of this.pictures) node.setAttribute("aria-pressed", String(kind === model.get("kind")));
    this.showLayers();
    const settings = game.settings();
    // Any control but the preset's own makes the settings no longer that preset.
    const index = PRESETS.findIndex((preset) => isPreset(preset, settings));
    this.preset.set(index < 0 ? "" : String(index));
    this.reason.textContent = index < 0 ? "" : PRESETS[index].why;
    this.setters.loss(game.trainer.loss);
    const idle = {
      momentum: settings.optimiser !== "momentum",
      period: settings.schedule === "constant",
      penalty_rate: settings.penalty === "none",
      loss: game.trainer.task === "regression",
      stop_accuracy: game.trainer.task === "regression",
      dropout: settings.hidden.length === 0,
    };
    for (const [name, node] of Object.entries({ ...this.nodes, ...parts })) {
      node.hidden = hidden.has(name) || idle[name] === true;
    }
  }
}

/** The places of a layer's weights and biases among the parameters. */
const placesOf = ({ weights, biases, units }) =>
  Array.from({ length: biases + units - weights }, (_, k) => weights + k);

function isPreset(preset, settings) {
  const wanted = Object.entries({ ...DEFAULTS, ...preset.settings });
  return wanted.every(([name, value]) => JSON.stringify(settings[name]) === JSON.stringify(value));
}

/** A labelled field for a whole number from 0 on. */
function numberField(label, value, onInput) {
  const id = identifier();
  const input = element("input", { type: "number", id, min: 0, step: 1, value });
  let last = value;
  input.addEventListener("change", () => {
    const v = Number(input.value);
    if (input.value !== "" && Number.isInteger(v) && v >= 0 && v <= 1e9) onInput(v);
    else input.value = last;
  });
  const set = (v) => {
    last = v;
    input.value = v;
  };
  return { node: element("div", { class: "figure-choice" }, element("label", { for: id }, label), input), input, set };
}
