// @ts-check
// The playground's losses: a chart, and in words.

import { axes, digits, element, paint, path, shape } from "./toolkit.js";

const DASHES = { train: {}, test: { "stroke-dasharray": "7 4" }, total: { "stroke-dasharray": "2 3" } };
const COLOURS = { train: "one", test: "zero", total: "mark" };

export const hasTest = (trainer) => trainer.trainCount < trainer.points.length;

/** Draw the losses of a run; on a scale of factors if `logarithmic`. */
export function drawChart(chart, trainer, logarithmic) {
  const { epochs, train, test, penalty } = trainer.history;
  const curves = { test, train };
  if (trainer.settings.penalty !== "none") curves.total = train.map((v, i) => v + penalty[i]);
  const scale = logarithmic ? (v) => Math.log10(Math.max(v, 1e-12)) : (v) => v;
  const [low, high] = limits(Object.values(curves).flat(), train, logarithmic, scale);
  const powers = Array.from({ length: 30 }, (_, i) => i - 14);
  const step = Math.ceil((high - low) / 6);
  const shown = powers.filter((p) => p >= low && p <= high && p % step === 0);
  const plot = axes({
    width: Math.max(220, chart.clientWidth || 300),
    height: 230,
    left: 58,
    x: [0, Math.max(10, epochs.at(-1))],
    y: [low, high],
    xLabel: "epoch",
    yLabel: logarithmic ? "loss (factors)" : "loss",
    yTicks: logarithmic ? shown.map((p) => ({ value: p, text: digits(10 ** p, 1) })) : undefined,
    label: chartInWords(trainer),
  });
  const place = (v) => (Number.isFinite(v) ? plot.y(Math.min(scale(v), high + (high - low))) : NaN);
  for (const name of ["total", "test", "train"].filter((one) => one in curves)) {
    const points = curves[name].map((v, i) => [plot.x(epochs[i]), place(v)]);
    const width = name === "train" ? 2.5 : 2;
    plot.area.append(path(points, { stroke: paint(COLOURS[name]), "stroke-width": width, ...DASHES[name] }));
  }
  chart.replaceChildren(plot.svg, legend(trainer, "total" in curves));
}

/** The lowest and the highest loss that the chart shows. */
function limits(values, train, logarithmic, scale) {
  const finite = [...train, ...values].filter((v) => Number.isFinite(v) && v < 1e12);
  const top = Math.min(Math.max(...finite, 1e-6), 3 * Math.max(finite[0] ?? 1, 0.1));
  if (!logarithmic) return [0, top * 1.05];
  return [Math.min(...finite.map(scale), scale(top) - 1) - 0.1, scale(top) + 0.1];
}

function legend(trainer, withTotal) {
  const entry = (name, words) => {
    const line = { x1: 1, x2: 29, y1: 5, y2: 5, "stroke-width": 2.5, stroke: paint(COLOURS[name]), ...DASHES[name] };
    const frame = { width: 30, height: 10, viewBox: "0 0 30 10", "aria-hidden": "true" };
    return element("span", {}, shape("svg", frame, shape("line", line)), ` ${words}`);
  };
  const entries = [entry("train", "training")];
  if (hasTest(trainer)) entries.push(entry("test", "test"));
  if (withTotal) entries.push(entry("total", "training with penalty"));
  return element("p", { class: "figure-legend" }, entries);
}

function chartInWords(trainer) {
  const { train, test } = trainer.history;
  if (trainer.trainCount === 0) return "No loss yet: there are no points.";
  const added = hasTest(trainer) ? `, test ${digits(test.at(-1))}` : "";
  return `Loss over ${trainer.epoch} epochs: training ${digits(train.at(-1))}${added}.`;
}

/** The state of a run, for a screen reader. */
export function runInWords(trainer) {
  if (trainer.failed) return failureInWords(trainer);
  if (trainer.trainCount === 0) return "There are no points yet. Draw or paste some.";
  const { train, test } = trainer.losses();
  const added = Number.isNaN(test) ? "" : `, test loss ${digits(test)}`;
  return `Epoch ${trainer.epoch}: training loss ${digits(train)}${added}.`;
}

/** The state of a run, part by part. */
export function readoutParts(trainer, playing, speed) {
  const parts = [`Epoch ${trainer.epoch}`];
  if (trainer.trainCount === 0) return [...parts, "there are no points yet"];
  const { train, test, penalty } = trainer.losses();
  parts.push(`training loss ${digits(train)}`);
  if (hasTest(trainer)) parts.push(`test loss ${digits(test)}`);
  if (trainer.settings.penalty !== "none") parts.push(`training loss with penalty ${digits(train + penalty)}`);
  if (trainer.settings.schedule !== "constant") parts.push(`rate now ${digits(trainer.rate())}`);
  if (playing && speed) parts.push(`${speed} epochs a second`);
  else if (!playing && !trainer.failed && trainer.over) parts.push("it stops here, as you set");
  return parts;
}

/** Why the numbers failed, and what to do. */
export function failureInWords(trainer) {
  const { epoch, rate } = trainer.failure;
  if (epoch === 0) {
    return (
      "The loss is not a number before the first step: the points, their targets or the weights are so large " +
      "that the computer cannot write their squares down. Make them smaller."
    );
  }
  return (
    `At epoch ${epoch} the loss stopped being a number. With learning rate ${rate} each step jumped over the ` +
    "valley and landed higher than before, so the weights grew until the computer could no longer write them " +
    "down. They are lost: choose a smaller rate, a tenth or less, and press Reset."
  );
}

/** Whether the answers of a run can be counted as right or wrong. */
export const hasAnswers = (trainer) => trainer.task === "classification" && !trainer.failed && trainer.trainCount > 0;

/** How many training and test points are on their own side: class by class in a table, and as shares in words. */
export function countAnswers(trainer) {
  const parts = { training: trainer.train, test: trainer.test };
  const counted = Object.entries(parts)
    .filter(([, part]) => part.count > 0)
    .map(([name, part]) => ({ name, counts: trainer.confusion(part), count: part.count }));
  const heads = ["points", "class", "called −1", "called 1"].map((text) => element("th", { scope: "col" }, text));
  const rows = counted.flatMap(({ name, counts }) => ["−1", "1"].map((own, k) => answerRow(name, own, counts[k])));
  const head = element("thead", {}, element("tr", {}, heads));
  const table = element("table", { class: "figure-table number" }, head, element("tbody", {}, rows));
  const shares = counted.map(
    ({ name, counts, count }) => `${Math.floor((100 * (counts[0][0] + counts[1][1])) / count)} % ${name}`,
  );
  return { table, words: `Right: ${shares.join(", ")}` };
}

function answerRow(name, own, counts) {
  const cells = counts.map((n) => element("td", {}, String(n)));
  return element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, own), cells);
}
