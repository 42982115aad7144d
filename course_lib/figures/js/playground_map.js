// @ts-check
// The playground's large map: what one unit says over the plane, and the points on it.

import { paintValues } from "./heat_map.js";
import { colour, digits, element } from "./toolkit.js";

export const REACH = 6; // the plane is shown from -6 to 6
export const CELLS = 60; // places along each side of a map

/**
 * One unit's values over every `every`-th place of the grid, scaled to lie between -1 and 1 for the eye, and
 * the value that stands for 1.
 */
export function unitValues(trainer, maps, layer, unit, every) {
  const wide = trainer.sizes[layer];
  const cells = CELLS / every;
  const middle = Math.floor(every / 2);
  const values = new Float64Array(cells * cells);
  const last = layer === trainer.sizes.length - 1;
  let top = 1;
  for (let row = 0; row < cells; row += 1) {
    for (let column = 0; column < cells; column += 1) {
      const place = (row * every + middle) * CELLS + column * every + middle;
      const value = last ? trainer.shown(maps[layer][place]) : maps[layer][place * wide + unit];
      values[row * cells + column] = value;
      if (!last && Math.abs(value) > top) top = Math.abs(value);
    }
  }
  if (top > 1) for (let k = 0; k < values.length; k += 1) values[k] /= top;
  return { values, top };
}

export class MapView {
  constructor(game) {
    this.game = game;
    this.heat = element("canvas", { width: CELLS, height: CELLS, class: "play-heat", "aria-hidden": "true" });
    this.dots = element("canvas", { class: "play-dots", role: "img", "aria-label": "The output over the plane." });
    const axis = (words, style) => element("span", { class: "play-axis", style }, words);
    const ends = [axis("x₁ → 6", "right: 0; bottom: 0"), axis("x₂ ↑ 6", "left: 0; top: 0")];
    this.output = element("div", { class: "play-output" }, this.heat, this.dots, ends);
    this.caption = element("p", { class: "play-caption" });
    this.lowest = element("span", {});
    this.highest = element("span", {});
    const words = "from orange over the paper's colour to blue";
    const bar = element("span", { class: "play-colours", role: "img", "aria-label": words });
    const scale = element("p", { class: "play-scale number" }, this.lowest, bar, this.highest);
    this.node = element("div", { class: "play-map" }, this.caption, this.output, scale);
  }

  /** Show the network's output, or the unit that the reader looks at. */
  draw(maps, colours, steps) {
    const { trainer, network } = this.game;
    const { layer, unit } = network.shown;
    const { values, top } = unitValues(trainer, maps, layer, unit, 1);
    paintValues(this.heat, values, CELLS, colours, steps);
    const isOutput = layer === trainer.sizes.length - 1;
    const what = isOutput ? "What the network says over the plane" : `What ${network.nameOf(layer, unit)} says`;
    const weight = network.pointedAt;
    const frozen = weight && trainer.settings.frozen.includes(weight.at) ? "Frozen weight" : "Weight";
    this.caption.textContent = weight
      ? `${frozen} ${digits(trainer.network.parameters[weight.at])}, ${weight.name}`
      : what;
    this.lowest.textContent = `−${digits(top, 2)}`;
    this.highest.textContent = digits(top, 2);
  }

  /** Fit the points' canvas to the screen. */
  resize() {
    const side = Math.max(160, this.dots.clientWidth || 260);
    const scale = Math.min(2, devicePixelRatio || 1);
    this.dots.width = side * scale;
    this.dots.height = side * scale;
    this.drawDots();
  }

  drawDots() {
    const { trainer, model, frame } = this.game;
    const context = this.dots.getContext("2d");
    context.clearRect(0, 0, this.dots.width, this.dots.width);
    const paints = {};
    for (const name of ["one", "zero", "paper", "ink"]) paints[name] = colour(frame, name);
    const withTest = model.get("show_test");
    const shown = withTest ? trainer.points : trainer.points.slice(0, trainer.trainCount);
    const regression = trainer.task === "regression";
    shown.forEach((point, i) => drawSpot(context, point, i >= trainer.trainCount, regression, paints));
    const test = withTest ? ` and ${trainer.points.length - trainer.trainCount} test points` : "";
    const words = `The output over the plane, and ${trainer.trainCount} training points${test}.`;
    this.dots.setAttribute("aria-label", words);
  }

  /** The place on the plane under a pointer. */
  placeOf(event) {
    const box = this.dots.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * 2 * REACH - REACH;
    const y = REACH - ((event.clientY - box.top) / box.height) * 2 * REACH;
    return [x, y];
  }
}

/** Draw one point: class 1 is a blue disc, the other class an orange square; a test point has a dark edge. */
function drawSpot(context, [x, y, target], isTest, regression, paints) {
  const side = context.canvas.width;
  const unit = side / 260;
  const [px, py] = [((x + REACH) / (2 * REACH)) * side, ((REACH - y) / (2 * REACH)) * side];
  const r = (regression ? 2.2 : 3.1) * unit;
  context.beginPath();
  if (target > 0) context.arc(px, py, r, 0, 2 * Math.PI);
  else context.rect(px - r * 0.9, py - r * 0.9, 1.8 * r, 1.8 * r);
  context.globalAlpha = regression ? 0.25 + 0.75 * Math.min(1, Math.abs(target)) : 1;
  context.fillStyle = target > 0 ? paints.one : paints.zero;
  context.strokeStyle = isTest ? paints.ink : paints.paper;
  context.lineWidth = (isTest ? 1.4 : 0.9) * unit;
  context.fill();
  context.stroke();
  context.globalAlpha = 1;
}
