// @ts-check
// A picture of what a function says over the plane: orange for low, the paper's colour for zero, blue for high.

import { colour, element } from "./toolkit.js";

/** The inputs of a square grid of cells, row by row from the top, and how many there are. */
export function gridInputs(cells, reach) {
  const grid = new Float64Array(2 * cells * cells);
  for (let row = 0; row < cells; row += 1) {
    for (let column = 0; column < cells; column += 1) {
      grid[2 * (row * cells + column)] = -reach + (2 * reach * (column + 0.5)) / cells;
      grid[2 * (row * cells + column) + 1] = reach - (2 * reach * (row + 0.5)) / cells;
    }
  }
  return grid;
}

/** Colours from the page's theme as numbers: [low, zero, high]. */
export function heatColours(node) {
  return ["zero", "paper", "one"].map((name) => {
    const hex = colour(node, name).slice(1);
    return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
  });
}

/**
 * Paint values between -1 and 1 onto a canvas of cells x cells.
 * @param {number[][]} colours
 */
export function paintValues(canvas, values, cells, colours, steps = 0) {
  const [low, zero, high] = colours;
  const context = canvas.getContext("2d");
  const image = context.createImageData(cells, cells);
  for (let k = 0; k < cells * cells; k += 1) {
    let value = Math.max(-1, Math.min(1, values[k]));
    if (steps) value = value > 0 ? 1 : -1;
    if (Number.isNaN(value)) value = 0;
    const end = value > 0 ? high : low;
    const share = Math.abs(value) * 0.8;
    for (let c = 0; c < 3; c += 1) image.data[4 * k + c] = zero[c] + (end[c] - zero[c]) * share;
    image.data[4 * k + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** A new canvas that shows what `say(grid, count)` returns for each cell of the plane. */
export function heatMap(say, cells, reach, node) {
  const canvas = element("canvas", { width: cells, height: cells, class: "heat-map" });
  paintValues(canvas, say(gridInputs(cells, reach), cells * cells), cells, heatColours(node));
  return canvas;
}
