// @ts-check
// Loss curves of one small network under different learning rates, healthy or with a fault.

import { Network, createOptimiser, epochOrder, initialise, lossGradient, meanLoss } from "./js/network_engine.js";
import {
  axes,
  button,
  buttons,
  choice,
  createFigure,
  digits,
  item,
  paint,
  path,
  shape,
  steppedSlider,
} from "./js/toolkit.js";

const FAULTS = {
  none: {
    name: "nothing is wrong",
    why:
      "Too small a rate wastes epochs, too large a rate jumps about or ends in not-a-number. Between " +
      "them lies a factor of ten or so that works.",
  },
  zeros: {
    name: "all weights start at zero",
    why:
      "All hidden units start equal, get equal gradients and stay equal. Here their gradients are even " +
      "zero: only the last bias learns, and the curve lies flat at the spread of the targets.",
  },
  unscaled: {
    name: "inputs are 100 times too large",
    why:
      "The bowl is steep in one direction and flat in another. Rates that worked before now explode; " +
      "those that do not explode crawl.",
  },
  shuffled: {
    name: "targets belong to other inputs",
    why:
      "There is nothing left to learn but the mean, so the curve falls a little and then rests near the " +
      "spread of the targets. Look at your data, not at your rate.",
  },
  uphill: {
    name: "the step goes up the slope",
    why: "A plus where a minus should be. The loss grows at every rate: smaller rates only make it grow more slowly.",
  },
};

/** One loss curve for each rate; an entry for the start and one after each epoch. */
function compute({ inputs, targets, hidden, rates, epochs, seed, fault }) {
  const flat = Float64Array.from(inputs, (x) => (fault === "unscaled" ? 100 * x : x));
  const wanted = fault === "shuffled" ? [...epochOrder(seed, 0, targets.length)].map((i) => targets[i]) : targets;
  const curves = rates.map((rate) => {
    const network = new Network([1, hidden, 1], ["relu", "linear"]);
    initialise(network, fault === "zeros" ? "zeros" : "glorot", seed);
    const optimiser = createOptimiser(network, "sgd");
    const losses = [meanLoss(network, "squared", flat, wanted, inputs.length)];
    for (let epoch = 0; epoch < epochs; epoch += 1) {
      lossGradient(network, "squared", flat, wanted, inputs.length);
      optimiser.step(fault === "uphill" ? -rate : rate);
      losses.push(meanLoss(network, "squared", flat, wanted, inputs.length));
      if (!(losses.at(-1) < 1e30)) break;
    }
    return losses;
  });
  return { curves };
}

function render({ model, el }) {
  const figure = createFigure({
    model,
    el,
    title: "Loss curves under different learning rates",
    traits: ["inputs", "targets", "hidden", "rates", "epochs", "seed", "fault"],
    draw: (stage, width, state) => {
      const { curves } = compute(state);
      stage.replaceChildren(drawCurves(state, curves, width));
      const words = curves.map((losses, i) => `rate ${state.rates[i]}: ${ending(losses)}`).join("; ");
      return { lines: [`After ${state.epochs} epochs, ${words}.`, FAULTS[state.fault].why] };
    },
  });
  const first = figure.read();
  const values = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.2, 0.3, 1];
  const places = ["First", "Second", "Third", "Fourth", "Fifth", "Sixth"];
  const rates = first.rates.map((_, i) =>
    figure.control("rates", steppedSlider, { label: `${places[i] ?? i + 1} learning rate`, values }, item(i)),
  );
  const faults = Object.entries(FAULTS).map(([key, { name }]) => [key, name]);
  figure.controls.append(
    ...rates,
    figure.control("fault", choice, { label: "What is wrong?", options: faults }),
    buttons(
      button("Other start weights", () => figure.set({ seed: model.get("seed") + 1 })),
      button("Start again", () => figure.set({ rates: first.rates, fault: first.fault, seed: first.seed })),
    ),
  );
  return figure.begin();
}

function ending(losses) {
  const last = losses.at(-1);
  return last < 1e30 ? digits(last) : `not-a-number soon after epoch ${losses.length - 1}`;
}

const DASHES = [undefined, "8 4", "3 3", "12 4 3 4", "1 4", "16 6"];
const CURVE_COLOURS = ["one", "zero", "mark", "good", "ink", "soft"];

/** The curves on a scale where equal distances are equal factors; each is labelled at its end. */
function drawCurves({ rates, epochs }, curves, width) {
  const log = (loss) => Math.log10(Math.min(Math.max(loss, 1e-4), 1e8));
  const all = curves.flat().filter(Number.isFinite).map(log);
  const start = log(curves[0][0]);
  const low = Math.min(...all, start - 0.6) - 0.1;
  const high = Math.max(Math.min(Math.max(...all), start + 1.2), start) + 0.1;
  const height = Math.min(360, Math.max(280, width * 0.5));
  const powers = [];
  for (let p = -4; p <= 8; p += 1)
    for (const factor of high - low < 1.5 ? [1, 2, 5] : [1])
      powers.push({ value: p + Math.log10(factor), text: digits(factor * 10 ** p, 1) });
  const plot = axes({
    width,
    height,
    x: [0, epochs],
    y: [low, high],
    xLabel: "epoch",
    yLabel: "loss (each line is a factor)",
    right: 62,
    left: 56,
    yTicks: powers.filter(({ value }) => value >= low && value <= high),
    label:
      `Loss curves over ${epochs} epochs: ` + `${curves.map((losses, i) => inWords(rates[i], losses)).join("; ")}.`,
  });
  const ends = [];
  curves.forEach((losses, i) => {
    const kind = paint(CURVE_COLOURS[i % CURVE_COLOURS.length]);
    plot.area.append(
      path(
        losses.map((loss, e) => [plot.x(e), plot.y(Number.isFinite(loss) ? log(loss) : 9)]),
        { stroke: kind, "stroke-width": 2.5, "stroke-dasharray": DASHES[i % DASHES.length] },
      ),
    );
    ends.push({
      place: Math.max(plot.top + 8, plot.y(Number.isFinite(losses.at(-1)) ? log(losses.at(-1)) : 9)),
      text: String(rates[i]),
      kind,
    });
  });
  ends.sort((a, b) => a.place - b.place);
  // Labels that would cover each other move apart.
  for (let i = 1; i < ends.length; i += 1) ends[i].place = Math.max(ends[i].place, ends[i - 1].place + 15);
  const over = Math.max(0, (ends.at(-1)?.place ?? 0) - (height - plot.bottom));
  for (const { place, text, kind } of ends)
    plot.svg.append(
      shape("text", { x: width - 57, y: place - over + 4, style: `fill: ${kind}`, class: "strong number" }, text),
    );
  return plot.svg;
}

function inWords(rate, losses) {
  return `with rate ${rate} from ${digits(losses[0])} to ${digits(losses.at(-1))}`;
}

export default { render, compute };
