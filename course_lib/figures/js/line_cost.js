// @ts-check
// A line's mean squared error: its value, its best line, its curvature, and a map of it.

import { paint, path } from "./toolkit.js";

/** What the line says, how far it is off, and the mean of the squared residuals. */
export function lineCost(inputs, targets, slope, intercept) {
  const predictions = inputs.map((x) => slope * x + intercept);
  const residuals = predictions.map((p, i) => p - targets[i]);
  return { predictions, residuals, cost: mean(residuals.map((r) => r * r)) };
}

export function mean(values) {
  return values.reduce((total, v) => total + v, 0) / values.length;
}

/** The line of least squares, from the formula. */
export function bestLine(inputs, targets) {
  const [mx, my] = [mean(inputs), mean(targets)];
  const spread = mean(inputs.map((x) => (x - mx) ** 2));
  const slope = spread === 0 ? 0 : mean(inputs.map((x, i) => (x - mx) * (targets[i] - my))) / spread;
  const intercept = my - slope * mx;
  return { slope, intercept, cost: lineCost(inputs, targets, slope, intercept).cost };
}

/** How steeply the bowl bends: its second derivatives, their eigenvalues, and the direction of the steepest. */
export function curvature(inputs) {
  const a = 2 * mean(inputs.map((x) => x * x));
  const b = 2 * mean(inputs);
  const c = 2;
  const middle = (a + c) / 2;
  const reach = Math.hypot((a - c) / 2, b);
  return { a, b, c, largest: middle + reach, smallest: middle - reach, angle: 0.5 * Math.atan2(2 * b, a - c) };
}

/** The slopes and intercepts at which the cost lies `extra` above its least: an ellipse. */
function costEllipse(inputs, best, extra, count = 73) {
  const { largest, smallest, angle } = curvature(inputs);
  const [r1, r2] = [Math.sqrt((2 * extra) / largest), Math.sqrt((2 * extra) / Math.max(smallest, 1e-9))];
  return Array.from({ length: count }, (_, i) => {
    const t = (2 * Math.PI * i) / (count - 1);
    const [u, v] = [r1 * Math.cos(t), r2 * Math.sin(t)];
    return [
      best.slope + u * Math.cos(angle) - v * Math.sin(angle),
      best.intercept + u * Math.sin(angle) + v * Math.cos(angle),
    ];
  });
}

/** Draw the bowl from above: rings of equal cost, each labelled ring twice as high as the one inside it. */
export function drawBowl(plot, inputs, best, levels) {
  const strongest = levels.length;
  levels.toReversed().forEach((extra, i) => {
    const ring = costEllipse(inputs, best, extra).map(([slope, intercept]) => [plot.x(slope), plot.y(intercept)]);
    plot.area.append(
      path(ring, {
        fill: paint("mark"),
        "fill-opacity": 0.05 + 0.05 * (i / strongest),
        stroke: paint("mark"),
        "stroke-width": 1,
        "stroke-opacity": 0.55,
      }),
    );
  });
}
