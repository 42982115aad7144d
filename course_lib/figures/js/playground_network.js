// @ts-check
// The playground's network: a button with a map for each unit, a line for each weight, and fields to edit them.

import { paintValues } from "./heat_map.js";
import { CELLS, unitValues } from "./playground_map.js";
import { FEATURES } from "./playground_data.js";
import { MOST_UNITS } from "./playground_address.js";
import { button, checkbox, element, group, identifier, shape } from "./toolkit.js";

export class NetworkView {
  constructor(game) {
    this.game = game;
    this.node = element("div", { class: "play-network" });
    this.editor = element("div", { class: "play-editor" });
    this.steppers = element("div", {}); // a minus and a plus below each hidden layer
    this.lines = []; // of the weights, with their places among the parameters
    this.units = []; // the buttons
    this.selected = null; // the unit whose map and weights are shown large: { layer, unit }
    this.hovered = null; // the unit under the pointer
    this.pointedAt = null; // the weight under the pointer: { at, name }
  }

  /** Lay the network out anew. */
  build() {
    const { trainer } = this.game;
    const places = layOut(trainer.sizes, Math.max(260, this.node.clientWidth || 640));
    const { width, height } = places;
    const svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    this.lines = trainer.network.layers.flatMap((layer, l) =>
      Array.from({ length: layer.units * layer.inputs }, (_, k) => {
        const [j, i] = [Math.floor(k / layer.inputs), k % layer.inputs];
        return this.edge(places, l, i, j, layer.weights + k);
      }),
    );
    svg.append(...this.lines.flatMap(({ line, reach }) => [line, reach]), ...titlesOf(trainer.sizes, places));
    this.units = trainer.sizes.flatMap((count, l) => Array.from({ length: count }, (_, j) => this.unit(places, l, j)));
    this.node.style.height = `${height}px`;
    const active = /** @type {HTMLElement | null} */ (document.activeElement);
    const focused = this.steppers.contains(active) ? active.dataset.step : undefined;
    this.node.replaceChildren(svg, ...this.units.map(({ node }) => node), this.steppers);
    this.buildSteppers(places, focused);
    this.showEditor();
  }

  /** A minus and a plus for each hidden layer; the one that was pressed keeps the focus. */
  buildSteppers({ width, height, side, x, stacked }, focused) {
    const { hidden } = this.game.trainer.settings;
    const buttons = hidden.flatMap((units, l) => {
      const middle = x(l + 1) + side / 2;
      return [-1, 1].map((change) => {
        const isMore = change > 0;
        const left = Math.min(width - 24, Math.max(0, middle + (stacked ? -12 : isMore ? 1 : -25)));
        const top = height - 25 - (stacked && isMore ? 26 : 0);
        const node = button(isMore ? "+" : "−", () => this.game.changeUnits(l, change));
        node.className = "play-stepper";
        node.setAttribute("aria-label", `One unit ${isMore ? "more" : "less"} in layer ${l + 1}`);
        node.setAttribute("style", `left: ${left}px; top: ${top}px`);
        node.dataset.step = `${l} ${change}`;
        node.disabled = isMore ? units >= MOST_UNITS : units <= 1;
        return node;
      });
    });
    this.steppers.replaceChildren(...buttons);
    const again = buttons.find(({ dataset }) => dataset.step === focused);
    const other = again?.disabled ? buttons[buttons.indexOf(again) + (again.textContent === "+" ? -1 : 1)] : again;
    other?.focus({ preventScroll: true });
  }

  forget() {
    this.selected = this.hovered = this.pointedAt = null;
  }

  /** The line of one weight. A thin line is hard to hit: a wide invisible one takes the pointer in its place. */
  edge({ x, y, side }, l, i, j, at) {
    const [x1, y1, x2, y2] = [x(l) + side, y(l, i) + side / 2, x(l + 1), y(l + 1, j) + side / 2];
    const bend = (x2 - x1) / 2;
    const d = `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
    const line = shape("path", { d, class: "play-edge" });
    const reach = shape("path", { d, class: "play-edge-reach" });
    reach.addEventListener("click", () => {
      if (!this.isSelected(l + 1, j)) this.select(l + 1, j);
      /** @type {HTMLElement | null} */ (this.editor.querySelector(`[type="number"][data-at="${at}"]`))?.focus();
    });
    const point = (place) => () => {
      this.pointedAt = place;
      this.game.show();
    };
    reach.addEventListener("pointerenter", point({ at, name: `${this.nameOf(l, i)} to ${this.nameOf(l + 1, j)}` }));
    reach.addEventListener("pointerleave", point(null));
    return { line, reach, at, width: "", positive: null, frozen: false };
  }

  /** The button of one unit. */
  unit({ x, y, side }, l, j) {
    const canvas = element("canvas", { width: CELLS / 3, height: CELLS / 3 });
    const name = this.nameOf(l, j);
    const style = `left: ${x(l)}px; top: ${y(l, j)}px; width: ${side}px; height: ${side}px`;
    const attributes = { type: "button", class: "play-unit", "aria-label": name, title: name, "aria-pressed": "false" };
    const node = element("button", { ...attributes, style }, canvas);
    const feature = FEATURES[this.game.trainer.settings.features[j]];
    if (l === 0 && side > 26) node.append(element("span", { class: "play-name" }, feature.name));
    node.addEventListener("click", () => this.select(l, j));
    const look = (unit) => () => {
      this.hovered = unit;
      this.game.show();
    };
    for (const event of ["pointerenter", "focus"]) node.addEventListener(event, look({ layer: l, unit: j }));
    for (const event of ["pointerleave", "blur"]) node.addEventListener(event, look(null));
    return { node, canvas, layer: l, unit: j };
  }

  nameOf(l, j) {
    const { trainer } = this.game;
    if (l === 0) return `input ${FEATURES[trainer.settings.features[j]].name}`;
    return l === trainer.sizes.length - 1 ? "output" : `layer ${l}, unit ${j + 1}`;
  }

  isSelected(layer, unit) {
    return this.selected !== null && this.selected.layer === layer && this.selected.unit === unit;
  }

  select(layer, unit) {
    this.selected = this.isSelected(layer, unit) ? null : { layer, unit };
    this.showEditor();
    this.game.show();
  }

  /** The unit whose map is shown large. */
  get shown() {
    return this.hovered ?? this.selected ?? { layer: this.game.trainer.sizes.length - 1, unit: 0 };
  }

  /** The weights and the bias of the selected unit, as numbers to edit. */
  showEditor() {
    const { trainer } = this.game;
    for (const { node, layer, unit } of this.units) {
      node.setAttribute("aria-pressed", String(this.isSelected(layer, unit)));
    }
    if (!this.selected || this.selected.layer === 0) {
      const hint = this.selected
        ? "An input has no weights of its own."
        : "Select a unit to see its map large and to edit its weights.";
      this.editor.replaceChildren(element("p", { class: "play-hint" }, hint));
      return;
    }
    const { layer, unit } = this.selected;
    const { inputs, weights, biases } = trainer.network.layers[layer - 1];
    const fields = [this.field(biases + unit, "bias")];
    for (let i = 0; i < inputs; i += 1) {
      fields.push(this.field(weights + unit * inputs + i, `from ${this.nameOf(layer - 1, i)}`));
    }
    const title = `Weights of ${this.nameOf(layer, unit)}`;
    const places = [biases + unit, ...Array.from({ length: inputs }, (_, i) => weights + unit * inputs + i)];
    const isFrozen = () => places.every((k) => this.game.model.get("frozen").includes(k));
    const all = button("Freeze all of them, or none", () => this.game.freeze(places, !isFrozen()));
    const buttons = element("div", { class: "figure-buttons" }, all);
    this.editor.replaceChildren(group(title, element("div", { class: "play-fields" }, fields), buttons));
  }

  field(at, name) {
    const id = identifier();
    const text = () => this.game.trainer.network.parameters[at].toPrecision(4);
    const input = element("input", { type: "number", id, step: "0.1", value: text() });
    input.addEventListener("change", () => {
      const value = Number(input.value);
      if (input.value === "" || !Number.isFinite(value)) input.value = text();
      else this.game.setParameter(at, value);
    });
    const onInput = (on) => this.game.freeze([at], on);
    const frozen = checkbox({ label: "frozen", value: this.game.model.get("frozen").includes(at), onInput });
    frozen.input.setAttribute("aria-label", `${name}: frozen`);
    for (const { dataset } of [input, frozen.input]) dataset.at = String(at);
    return element("div", { class: "figure-choice" }, element("label", { for: id }, name), input, frozen.node);
  }

  /** Show what the weights are now. */
  draw(maps, colours, steps) {
    const { trainer } = this.game;
    const { parameters } = trainer.network;
    const held = new Set(trainer.settings.frozen);
    for (const { canvas, layer, unit } of this.units) {
      paintValues(canvas, unitValues(trainer, maps, layer, unit, 3).values, CELLS / 3, colours, steps);
    }
    for (const edge of this.lines) {
      const weight = parameters[edge.at];
      const width = (0.4 + Math.min(7, 2.2 * Math.abs(weight || 0))).toFixed(1);
      if (edge.width !== width) edge.line.setAttribute("stroke-width", width);
      if (edge.positive !== weight > 0) edge.line.classList.toggle("positive", weight > 0);
      if (edge.frozen !== held.has(edge.at)) edge.line.classList.toggle("frozen", held.has(edge.at));
      Object.assign(edge, { width, positive: weight > 0, frozen: held.has(edge.at) });
    }
    for (const input of this.editor.querySelectorAll("input")) {
      const at = Number(input.dataset.at);
      if (input.type === "checkbox") input.checked = held.has(at);
      // What the reader is typing stays.
      else if (input !== document.activeElement) input.value = parameters[at].toPrecision(4);
    }
  }
}

/** Where units stand: large enough for a finger, rows 26 apart or more, however many there are. */
function layOut(sizes, width) {
  const most = Math.max(...sizes.slice(0, -1), 1);
  const side = Math.max(15, Math.min(44, width / (sizes.length * 1.75), Math.max(22, 330 / most - 4)));
  const gap = Math.max(26 - side, 4, Math.min(14, (330 - most * side) / most));
  const middle = Math.max(110, most * (side + gap) + 24);
  const x = (l) => 4 + ((width - side - 8) * l) / (sizes.length - 1);
  const y = (l, j) => 22 + (middle - 22 - sizes[l] * (side + gap) + gap) / 2 + j * (side + gap);
  // Below the units, a minus and a plus: beside each other if there is room.
  const stacked = x(1) - x(0) < 56;
  const height = middle + (sizes.length === 2 ? 0 : stacked ? 56 : 30);
  return { width, height, side, x, y, stacked };
}

function titlesOf(sizes, { width, side, x }) {
  const last = sizes.length - 1;
  const short = sizes.length > 6 || width < 420;
  const words = sizes.map((_, l) => (l === 0 ? "inputs" : l === last ? "output" : short ? String(l) : `layer ${l}`));
  return words.map((word, l) => {
    const middle = Math.min(width - 2, Math.max(2, x(l) + side / 2));
    const place = l === 0 ? 2 : l === last ? width - 2 : middle;
    const anchor = l === 0 ? "start" : l === last ? "end" : "middle";
    return shape("text", { x: place, y: 13, class: "soft", style: "font-size: 11px", "text-anchor": anchor }, word);
  });
}
