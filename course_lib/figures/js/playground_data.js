// @ts-check
// The playground's data: six kinds drawn from a seed, the reader's own, and what a network may look at.

import { epochOrder } from "./network_engine.js";
import { normalNumber, randomGenerator } from "./toolkit.js";

// Each kind draws one point: its coordinates from -6 to 6, and its target.
export const KINDS = {
  circle: {
    name: "circle",
    task: "classification",
    draw: (random, i, noise) => {
      const inside = i % 2 === 0;
      const radius = inside ? 2.5 * random() : 3.5 + 1.5 * random();
      const angle = 2 * Math.PI * random();
      const [x, y] = [radius * Math.sin(angle), radius * Math.cos(angle)];
      const [nx, ny] = [5 * noise * (2 * random() - 1), 5 * noise * (2 * random() - 1)];
      return [x, y, (x + nx) * (x + nx) + (y + ny) * (y + ny) < 6.25 ? 1 : -1];
    },
  },
  xor: {
    name: "exclusive or",
    task: "classification",
    draw: (random, _i, noise) => {
      const place = () => {
        const v = 5 * (2 * random() - 1);
        return v + (v > 0 ? 0.3 : -0.3);
      };
      const [x, y] = [place(), place()];
      const [nx, ny] = [5 * noise * (2 * random() - 1), 5 * noise * (2 * random() - 1)];
      return [x, y, (x + nx) * (y + ny) >= 0 ? 1 : -1];
    },
  },
  gauss: {
    name: "two clouds",
    task: "classification",
    draw: (random, i, noise) => {
      const target = i % 2 === 0 ? 1 : -1;
      const spread = Math.sqrt(0.5 + 7 * noise);
      return [2 * target + spread * normalNumber(random), 2 * target + spread * normalNumber(random), target];
    },
  },
  spiral: {
    name: "spiral",
    task: "classification",
    draw: (random, i, noise, count) => {
      const share = Math.floor(i / 2) / Math.ceil(count / 2);
      const angle = 1.75 * share * 2 * Math.PI + (i % 2 === 0 ? 0 : Math.PI);
      const [nx, ny] = [2 * noise * (2 * random() - 1), 2 * noise * (2 * random() - 1)];
      return [5 * share * Math.sin(angle) + nx, 5 * share * Math.cos(angle) + ny, i % 2 === 0 ? 1 : -1];
    },
  },
  plane: {
    name: "a slope (numbers)",
    task: "regression",
    draw: (random, _i, noise) => {
      const [x, y] = [6 * (2 * random() - 1), 6 * (2 * random() - 1)];
      const [nx, ny] = [6 * noise * (2 * random() - 1), 6 * noise * (2 * random() - 1)];
      return [x, y, Math.max(-1, Math.min(1, (x + nx + y + ny) / 10))];
    },
  },
  hills: {
    name: "hills (numbers)",
    task: "regression",
    draw: (random, _i, noise) => {
      const [x, y] = [6 * (2 * random() - 1), 6 * (2 * random() - 1)];
      const [nx, ny] = [6 * noise * (2 * random() - 1), 6 * noise * (2 * random() - 1)];
      let target = 0;
      for (const [cx, cy, sign] of PEAKS) {
        const height =
          sign * Math.max(0, 1 - Math.sqrt((x + nx - cx) * (x + nx - cx) + (y + ny - cy) * (y + ny - cy)) / 2);
        if (Math.abs(height) > Math.abs(target)) target = height;
      }
      return [x, y, target];
    },
  },
};
const PEAKS = [
  [-4, 2.5, 1],
  [0, 2.5, -1],
  [4, 2.5, 1],
  [-4, -2.5, -1],
  [0, -2.5, 1],
  [4, -2.5, -1],
];

/** Draw the points of a kind: rows of x, y and target, in an order without meaning. */
export function drawPoints({ kind, noise, seed, own }) {
  // In the order in which they were drawn, the points for training might all be of one class.
  if (kind === "own") return [...epochOrder(seed, -1, own.length)].map((i) => [...own[i]]);
  const { task, draw } = KINDS[kind];
  const count = task === "regression" ? 1200 : 500;
  const random = randomGenerator(seed * 104729 + 7);
  const points = Array.from({ length: count }, (_, i) => draw(random, i, noise / 100, count));
  return [...epochOrder(seed, -1, count)].map((i) => points[i]);
}

/** Own points whose targets are all -1 or 1 are classes; others are numbers. */
export function taskOf({ kind, own }) {
  if (kind !== "own") return KINDS[kind].task;
  return own.every((point) => Math.abs(point[2]) === 1) ? "classification" : "regression";
}

// What a network may look at.
export const FEATURES = {
  x1: { name: "x₁", of: (x) => x, code: "x1" },
  x2: { name: "x₂", of: (_x, y) => y, code: "x2" },
  x1_squared: { name: "x₁²", of: (x) => x * x, code: "x1 * x1" },
  x2_squared: { name: "x₂²", of: (_x, y) => y * y, code: "x2 * x2" },
  product: { name: "x₁x₂", of: (x, y) => x * y, code: "x1 * x2" },
  sin_x1: { name: "sin x₁", of: (x) => Math.sin(x), code: "np.sin(x1)" },
  sin_x2: { name: "sin x₂", of: (_x, y) => Math.sin(y), code: "np.sin(x2)" },
};

/** The features of pairs of coordinates that stand one after the other. */
export function featuresOf(names, pairs) {
  const count = pairs.length / 2;
  const wide = names.length;
  const values = new Float64Array(count * wide);
  names.forEach((name, f) => {
    const { of } = FEATURES[name];
    for (let e = 0; e < count; e += 1) values[e * wide + f] = of(pairs[2 * e], pairs[2 * e + 1]);
  });
  return values;
}
