// @ts-check
// A small neural network that computes fast: all its numbers stand in flat arrays.

import { normalNumber, randomGenerator } from "./toolkit.js";

// Each activation's value at a sum z, and its slope there, from the value a or, for the sine, from the sum.
export const ACTIVATIONS = {
  linear: { value: (z) => z, slope: () => 1 },
  relu: { value: (z) => (z > 0 ? z : 0), slope: (a) => (a > 0 ? 1 : 0) },
  tanh: { value: Math.tanh, slope: (a) => 1 - a * a },
  sigmoid: { value: (z) => 1 / (1 + Math.exp(-z)), slope: (a) => a * (1 - a) },
  sine: { value: Math.sin, slope: Math.cos },
  step: { value: (z) => (z > 0 ? 1 : 0), slope: () => 0 },
};

/**
 * A network of dense layers. `sizes` counts the units of each layer, inputs first; `activations` names one
 * activation for each layer after the inputs. The weights of a layer stand row by row, one row for each of
 * its units, in `parameters`, and its biases behind them.
 */
export class Network {
  constructor(sizes, activations) {
    this.sizes = sizes;
    this.activations = activations;
    this.layers = [];
    let offset = 0;
    for (let l = 1; l < sizes.length; l += 1) {
      const weights = offset;
      const biases = weights + sizes[l] * sizes[l - 1];
      offset = biases + sizes[l];
      this.layers.push({ inputs: sizes[l - 1], units: sizes[l], weights, biases, activation: activations[l - 1] });
    }
    this.parameters = new Float64Array(offset);
    this.gradient = new Float64Array(offset);
    this.capacity = 0;
  }

  /** Make room for the outputs of `count` examples. */
  reserve(count) {
    if (count <= this.capacity) return;
    this.capacity = count;
    const room = () => this.layers.map((layer) => new Float64Array(count * layer.units));
    this.outputs = room();
    this.errors = room();
    this.masks = room(); // of dropout
    this.seen = [...this.outputs]; // what the slopes are told from: the outputs, or what they were made of
    this.spare = room();
  }

  /**
   * Compute what every unit says for `count` examples; `inputs` holds them one after the other, from `start`.
   * With `dropout`, `{ share, random }`, that share of the hidden units' values is dropped, and the others grow.
   */
  forward(inputs, count, start = 0, dropout = null) {
    this.reserve(count);
    const p = this.parameters;
    let from = inputs;
    let offset = start * this.sizes[0];
    for (let l = 0; l < this.layers.length; l += 1) {
      const { inputs: width, units, weights, biases, activation } = this.layers[l];
      const to = this.outputs[l];
      for (let e = 0; e < count; e += 1) {
        const first = offset + e * width;
        let w = weights;
        for (let j = 0; j < units; j += 1) {
          let sum = p[biases + j];
          for (let i = 0; i < width; i += 1) sum += p[w + i] * from[first + i];
          w += width;
          to[e * units + j] = sum;
        }
      }
      const size = count * units;
      const drops = dropout !== null && l < this.layers.length - 1;
      this.seen[l] = drops || activation === "sine" ? this.spare[l] : to;
      if (activation === "sine") this.spare[l].set(to.subarray(0, size));
      activate(activation, to, size);
      if (drops && activation !== "sine") this.spare[l].set(to.subarray(0, size));
      if (drops) drop(to, this.masks[l], size, dropout);
      from = to;
      offset = 0;
    }
    return from;
  }

  /**
   * Backpropagation: turn the loss's derivative by each output, which the caller wrote into the last of
   * `errors`, into the derivative by each parameter, in `gradient`. Call `forward` on the same examples first,
   * with dropout or without.
   */
  backward(inputs, count, start = 0, dropped = false) {
    const p = this.parameters;
    const g = this.gradient;
    g.fill(0);
    for (let l = this.layers.length - 1; l >= 0; l -= 1) {
      const { inputs: width, units, weights, biases, activation } = this.layers[l];
      const error = this.errors[l];
      const mask = this.masks[l];
      if (dropped && l < this.layers.length - 1) for (let i = 0; i < count * units; i += 1) error[i] *= mask[i];
      slopes(activation, this.seen[l], error, count * units);
      const from = l === 0 ? inputs : this.outputs[l - 1];
      const offset = l === 0 ? start * width : 0;
      const before = l === 0 ? null : this.errors[l - 1];
      if (before) before.fill(0, 0, count * width);
      for (let e = 0; e < count; e += 1) {
        const first = offset + e * width;
        const own = e * width;
        for (let j = 0; j < units; j += 1) {
          const d = error[e * units + j];
          if (d === 0) continue;
          g[biases + j] += d;
          const w = weights + j * width;
          for (let i = 0; i < width; i += 1) g[w + i] += d * from[first + i];
          if (before) for (let i = 0; i < width; i += 1) before[own + i] += d * p[w + i];
        }
      }
    }
    return g;
  }
}

function activate(name, values, count) {
  if (name === "linear") return;
  if (name === "relu") {
    for (let i = 0; i < count; i += 1) if (!(values[i] > 0) && !Number.isNaN(values[i])) values[i] = 0;
    return;
  }
  const { value } = ACTIVATIONS[name];
  for (let i = 0; i < count; i += 1) values[i] = value(values[i]);
}

/** Drop a share of the values at random; the others grow, so that the sum stays what it was in the mean. */
function drop(values, mask, count, { share, random }) {
  for (let i = 0; i < count; i += 1) {
    mask[i] = random() < share ? 0 : 1 / (1 - share);
    values[i] *= mask[i];
  }
}

/** Multiply each error by the slope of the activation, told from its output or, for the sine, from its sum. */
function slopes(name, outputs, errors, count) {
  if (name === "tanh") for (let i = 0; i < count; i += 1) errors[i] *= 1 - outputs[i] * outputs[i];
  else if (name === "sigmoid") for (let i = 0; i < count; i += 1) errors[i] *= outputs[i] * (1 - outputs[i]);
  else if (name === "relu") for (let i = 0; i < count; i += 1) errors[i] *= outputs[i] > 0 ? 1 : 0;
  else if (name === "sine") for (let i = 0; i < count; i += 1) errors[i] *= Math.cos(outputs[i]);
  else if (name === "step") errors.fill(0, 0, count);
}

// ---------- losses: the mean over the examples, and its derivative by each output ----------

export const LOSSES = {
  /** The square of the difference. */
  squared: { one: (output, target) => (output - target) ** 2, slope: (output, target) => 2 * (output - target) },
  /** The surprise at the true class; the output is a logit, the target -1 or 1 stands for class 0 or 1. */
  cross_entropy: {
    one: (logit, target) => Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit))) - (target > 0 ? logit : 0),
    slope: (logit, target) => 1 / (1 + Math.exp(-logit)) - (target > 0 ? 1 : 0),
  },
};

/** The mean loss of a network with one output over `count` examples. */
export function meanLoss(network, loss, inputs, targets, count) {
  if (count === 0) return NaN;
  const outputs = network.forward(inputs, count);
  const { one } = LOSSES[loss];
  let total = 0;
  for (let e = 0; e < count; e += 1) total += one(outputs[e], targets[e]);
  return total / count;
}

/** The gradient of the mean loss over the examples from `start` on. */
export function lossGradient(network, loss, inputs, targets, count, start = 0, dropout = null) {
  const outputs = network.forward(inputs, count, start, dropout);
  const errors = network.errors.at(-1);
  const { slope } = LOSSES[loss];
  for (let e = 0; e < count; e += 1) errors[e] = slope(outputs[e], targets[start + e]) / count;
  return network.backward(inputs, count, start, dropout !== null);
}

// ---------- penalties on large weights; biases go free ----------

/** What the penalty adds to the loss. */
export function penalty(network, kind, rate) {
  if (kind === "none" || rate === 0) return 0;
  let total = 0;
  for (const { weights, biases } of network.layers) {
    for (let w = weights; w < biases; w += 1)
      total += kind === "l1" ? Math.abs(network.parameters[w]) : network.parameters[w] ** 2;
  }
  return rate * total;
}

export function addPenaltyGradient(network, kind, rate) {
  if (kind === "none" || rate === 0) return;
  const { parameters, gradient } = network;
  for (const { weights, biases } of network.layers) {
    for (let w = weights; w < biases; w += 1)
      gradient[w] += rate * (kind === "l1" ? Math.sign(parameters[w]) : 2 * parameters[w]);
  }
}

// ---------- optimisers ----------

/**
 * A step rule with its memory: `step(rate)` moves the network's parameters against its gradient.
 * Adam's epsilon is so small that the places where libraries put it make no difference.
 */
export function createOptimiser(network, kind, { momentum = 0.9, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-12 } = {}) {
  const { parameters, gradient } = network;
  const size = parameters.length;
  const memory = { first: new Float64Array(size), second: new Float64Array(size), steps: 0 };
  const { first, second } = memory;
  const rules = {
    sgd: (rate) => {
      for (let k = 0; k < size; k += 1) parameters[k] -= rate * gradient[k];
    },
    momentum: (rate) => {
      for (let k = 0; k < size; k += 1) {
        first[k] = momentum * first[k] - rate * gradient[k];
        parameters[k] += first[k];
      }
    },
    adam: (rate) => {
      const share1 = 1 - beta1 ** memory.steps;
      const share2 = 1 - beta2 ** memory.steps;
      for (let k = 0; k < size; k += 1) {
        first[k] = beta1 * first[k] + (1 - beta1) * gradient[k];
        second[k] = beta2 * second[k] + (1 - beta2) * gradient[k] * gradient[k];
        parameters[k] -= (rate * first[k]) / share1 / (Math.sqrt(second[k] / share2) + epsilon);
      }
    },
  };
  const rule = rules[kind];
  return {
    memory,
    step: (rate) => {
      memory.steps += 1;
      rule(rate);
    },
  };
}

// ---------- learning-rate schedules: the rate of an epoch, counted from 0 ----------

export const SCHEDULES = {
  constant: (rate) => rate,
  halving: (rate, epoch, period) => rate * 0.5 ** Math.floor(epoch / period),
  inverse: (rate, epoch, period) => rate / (1 + epoch / period),
  cosine: (rate, epoch, period) => (epoch < period ? rate * 0.5 * (1 + Math.cos((Math.PI * epoch) / period)) : 0),
};

// ---------- initialisers ----------

export const INITIALISERS = {
  /** Glorot and Bengio 2010: keeps the size of signals through layers with tanh. */
  glorot: (random, inputs, units) => (2 * random() - 1) * Math.sqrt(6 / (inputs + units)),
  /** He and others 2015: the same for ReLU. */
  he: (random, inputs) => normalNumber(random) * Math.sqrt(2 / inputs),
  small: (random) => (2 * random() - 1) * 0.01,
  large: (random) => normalNumber(random) * 3,
  zeros: () => 0,
};

/** Draw a network's weights; biases start at zero. */
export function initialise(network, kind, seed) {
  const random = randomGenerator(seed * 7919 + 17);
  const draw = INITIALISERS[kind];
  for (const { inputs, units, weights, biases } of network.layers) {
    for (let w = weights; w < biases; w += 1) network.parameters[w] = draw(random, inputs, units);
    network.parameters.fill(0, biases, biases + units);
  }
}

/** The order in which an epoch visits the examples: a shuffle that seed and epoch alone decide. */
export function epochOrder(seed, epoch, count) {
  const random = randomGenerator(seed * 1000003 + epoch);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    const held = order[i];
    order[i] = order[j];
    order[j] = held;
  }
  return order;
}
