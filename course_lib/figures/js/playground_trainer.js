// @ts-check
// One training run of the playground: data, network, optimiser, and the losses on the way.

import { gridInputs } from "./heat_map.js";
import {
  Network,
  SCHEDULES,
  addPenaltyGradient,
  createOptimiser,
  epochOrder,
  initialise,
  lossGradient,
  meanLoss,
  penalty,
} from "./network_engine.js";
import { drawPoints, featuresOf, taskOf } from "./playground_data.js";
import { randomGenerator } from "./toolkit.js";

const LONGEST_HISTORY = 600; // losses kept of a long run

/** Whether the reader's click or key waits; browsers that cannot tell say no. */
function isInputPending() {
  const { scheduling } = /** @type {any} */ (globalThis.navigator ?? {});
  return scheduling?.isInputPending?.() === true;
}

export class Trainer {
  constructor(settings) {
    this.settings = settings;
    this.grid = null; // the inputs of the maps
    this.task = taskOf(settings);
    this.loss = this.task === "regression" ? "squared" : settings.loss;
    this.points = drawPoints(settings);
    const count = this.points.length;
    this.trainCount = count === 0 ? 0 : Math.max(1, Math.min(count, Math.round((count * settings.train_share) / 100)));
    this.train = this.examples(this.points.slice(0, this.trainCount));
    this.test = this.examples(this.points.slice(this.trainCount));
    const output = this.task === "classification" && this.loss === "squared" ? "tanh" : "linear";
    this.sizes = [settings.features.length, ...settings.hidden, 1];
    this.activations = [...settings.hidden.map((_, l) => settings.activations[l] ?? "tanh"), output];
    this.network = new Network(this.sizes, this.activations);
    this.network.reserve(Math.max(this.points.length, 1));
    initialise(this.network, settings.initialiser, settings.seed);
    this.start = this.network.parameters.slice();
    this.optimiser = createOptimiser(this.network, settings.optimiser, { momentum: settings.momentum });
    this.shuffled = { inputs: new Float64Array(this.train.inputs.length), targets: new Float64Array(this.trainCount) };
    this.epoch = 0;
    this.cursor = 0;
    this.chance = null; // what decides in this epoch which units are dropped
    this.stride = 1;
    this.failed = false;
    this.failure = null; // where the loss stopped being a number, and under which rate
    this.touched = false; // true once weights or live settings changed on the way
    this.history = { epochs: [], train: [], test: [], penalty: [] };
    this.note();
  }

  examples(points) {
    return {
      inputs: featuresOf(this.settings.features, Float64Array.from(points.flatMap((point) => point.slice(0, 2)))),
      targets: Float64Array.from(points, (point) => point[2]),
      count: points.length,
    };
  }

  /** The losses now: of the training data, of the test data, and what the penalty adds. */
  losses() {
    const { network, loss, train, test, settings } = this;
    return {
      train: meanLoss(network, loss, train.inputs, train.targets, train.count),
      test: meanLoss(network, loss, test.inputs, test.targets, test.count),
      penalty: penalty(network, settings.penalty, settings.penalty_rate),
    };
  }

  /** How many examples of each class are answered with which: [[−1 as −1, −1 as 1], [1 as −1, 1 as 1]]. */
  confusion({ inputs, targets, count }) {
    const outputs = this.network.forward(inputs, count);
    const counts = [
      [0, 0],
      [0, 0],
    ];
    for (let e = 0; e < count; e += 1) counts[targets[e] > 0 ? 1 : 0][outputs[e] > 0 ? 1 : 0] += 1;
    return counts;
  }

  /** The share of the training points that stand on their own side, in per cent. */
  accuracy() {
    const [[low], [, high]] = this.confusion(this.train);
    return (100 * (low + high)) / this.trainCount;
  }

  /** Write the losses of this epoch down; of a long run, only every second, fourth, eighth ... epoch. */
  note() {
    const now = this.losses();
    const { history } = this;
    history.epochs.push(this.epoch);
    for (const name of ["train", "test", "penalty"]) history[name].push(now[name]);
    this.checkFailure();
    if (history.epochs.length <= LONGEST_HISTORY) return;
    this.stride *= 2;
    const kept = history.epochs.map((epoch) => epoch % this.stride === 0);
    for (const name of Object.keys(history)) history[name] = history[name].filter((_, i) => kept[i]);
  }

  checkFailure() {
    const { epochs, train } = this.history;
    this.failed = this.trainCount > 0 && !Number.isFinite(train.at(-1));
    if (this.failed) this.failure = { epoch: epochs.at(-1), rate: this.settings.learning_rate };
  }

  rate() {
    const { schedule, learning_rate: rate, period } = this.settings;
    return SCHEDULES[schedule](rate, this.epoch, period);
  }

  /** Take one step on one batch; the last batch of an epoch takes what is left. */
  step() {
    const { settings, network, shuffled, trainCount } = this;
    if (this.cursor === 0) this.shuffle();
    const size = settings.batch_size > 0 ? settings.batch_size : trainCount;
    const count = Math.min(size, trainCount - this.cursor);
    const dropout = settings.dropout > 0 ? { share: settings.dropout, random: this.chance } : null;
    lossGradient(network, this.loss, shuffled.inputs, shuffled.targets, count, this.cursor, dropout);
    addPenaltyGradient(network, settings.penalty, settings.penalty_rate);
    this.takeStep(settings.frozen);
    this.cursor += count;
    if (this.cursor < trainCount) return;
    this.cursor = 0;
    this.epoch += 1;
    if (this.epoch % this.stride === 0) this.note();
  }

  /** Take the optimiser's step; what is frozen feels no slope, and does not move by an older momentum either. */
  takeStep(frozen) {
    const { parameters, gradient } = this.network;
    if (frozen.length === 0) {
      this.optimiser.step(this.rate());
      return;
    }
    const held = frozen.map((k) => parameters[k]);
    for (const k of frozen) gradient[k] = 0;
    this.optimiser.step(this.rate());
    frozen.forEach((k, i) => {
      parameters[k] = held[i];
    });
  }

  shuffle() {
    const wide = this.sizes[0];
    this.chance = randomGenerator(this.settings.seed * 999983 + this.epoch + 500009);
    const order = epochOrder(this.settings.seed, this.epoch, this.trainCount);
    const { inputs, targets } = this.train;
    for (let e = 0; e < this.trainCount; e += 1) {
      const from = order[e];
      for (let f = 0; f < wide; f += 1) this.shuffled.inputs[e * wide + f] = inputs[from * wide + f];
      this.shuffled.targets[e] = targets[from];
    }
  }

  /** True if the run is over: a goal is reached, the numbers have failed, or there is no data. */
  get over() {
    const { stop_at: epoch, stop_loss: loss, stop_accuracy: accuracy } = this.settings;
    if (this.failed || this.trainCount === 0) return true;
    if (this.cursor > 0) return false;
    if ((epoch > 0 && this.epoch >= epoch) || (loss > 0 && this.history.train.at(-1) <= loss)) return true;
    return accuracy > 0 && this.task === "classification" && this.accuracy() >= accuracy;
  }

  /** Train whole epochs. */
  trainEpochs(epochs) {
    const last = this.epoch + epochs;
    while (this.epoch < last && !this.failed && this.trainCount > 0) this.step();
  }

  /** Go on to the end of the epoch that has begun: what is kept, and handed to Python, is never half an epoch. */
  finishEpoch() {
    while (this.cursor > 0 && !this.failed) this.step();
  }

  /**
   * Train for some milliseconds, but not beyond `limit`, nor beyond the epoch to stop at, and not while
   * the reader's click or key waits for an answer (browsers that cannot tell go on to the end).
   */
  trainFor(milliseconds, limit = Infinity) {
    const end = performance.now() + milliseconds;
    // Looking at the clock costs time too: as many steps between two looks as take a fraction of a millisecond.
    const work = (this.settings.batch_size || this.trainCount) * this.network.parameters.length;
    const steps = Math.max(1, Math.min(50, Math.floor(20000 / work)));
    while (!this.over && this.epoch < limit) {
      for (let i = 0; i < steps && !this.over && this.epoch < limit; i += 1) this.step();
      if (performance.now() >= end || isInputPending()) break;
    }
  }

  /** What Python keeps, so that either side can go on where the other stopped. */
  save() {
    const { memory } = this.optimiser;
    const { epochs, train, test, penalty: added } = this.history;
    const plain = (values) => values.map((v) => (Number.isFinite(v) ? v : null));
    return {
      epoch: this.epoch,
      parameters: [...this.network.parameters],
      memory: [...memory.first, ...memory.second],
      steps: memory.steps,
      history: [epochs, plain(train), plain(test), plain(added)],
    };
  }

  restore({ epoch, parameters, memory, steps, history }) {
    const size = this.network.parameters.length;
    if (parameters.length !== size) return;
    this.network.parameters.set(parameters.map((v) => v ?? NaN));
    if (memory.length === 2 * size) {
      this.optimiser.memory.first.set(memory.slice(0, size));
      this.optimiser.memory.second.set(memory.slice(size));
    }
    this.optimiser.memory.steps = steps;
    this.epoch = epoch;
    this.cursor = 0;
    if (epoch === 0) this.start = this.network.parameters.slice();
    if (history.length !== 4 || history[0].length === 0) return;
    const numbers = (values) => values.map((v) => v ?? NaN);
    this.history = {
      epochs: [...history[0]],
      train: numbers(history[1]),
      test: numbers(history[2]),
      penalty: numbers(history[3]),
    };
    this.stride = Math.max(1, history[0].length > 1 ? history[0][1] - history[0][0] : 1);
    this.checkFailure();
  }

  /** What every unit says on a grid over the plane: one array a layer, inputs first. */
  maps(cells, reach) {
    this.grid ??= featuresOf(this.settings.features, gridInputs(cells, reach));
    const { grid } = this;
    this.network.forward(grid, cells * cells);
    return [grid, ...this.network.outputs];
  }

  /** The output as a number from -1 to 1. */
  shown(output) {
    return this.loss === "cross_entropy" ? Math.tanh(output / 2) : output;
  }
}
