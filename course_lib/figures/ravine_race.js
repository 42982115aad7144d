// @ts-check
// Six optimisers race down a ravine that the reader can bend; beside it, the sharpness along each run against 2 / rate.

import {
  axes,
  checkbox,
  createFigure,
  digits,
  element,
  group,
  number,
  paint,
  path,
  shape,
  showBeside,
  slider,
  stepButtons,
  steppedSlider,
  whole,
  withLegend,
} from "./js/toolkit.js";

const RULES = ["plain", "momentum", "Nesterov", "RMSprop", "Adam", "AdamW"];
const PAINTS = ["zero", "one", "mark", "good", "ink", "soft"];
const LINES = [undefined, "8 4", "3 3", "12 4 3 4", "1 4", "16 6"];
const GOAL = 2;
const SLOPE = 0.2;
const DECAY = 0.1;
const FAR = 1e6;

/** Each rule as a function of place and gradient that returns the next place and remembers what it needs. */
function ruleOf(name, { rate, adaptive_rate: adaptive, momentum }) {
  const [first, second] = [
    [0, 0],
    [0, 0],
  ];
  let count = 0;
  const heavy = (gradient) =>
    gradient.map((g, i) => {
      first[i] = momentum * first[i] - rate * g;
      return first[i];
    });
  const adam = (place, gradient) => {
    count += 1;
    const [meanShare, squareShare] = [1 - 0.9 ** count, 1 - 0.999 ** count];
    return place.map((p, i) => {
      first[i] = 0.9 * first[i] + (1 - 0.9) * gradient[i];
      second[i] = 0.999 * second[i] + (1 - 0.999) * gradient[i] * gradient[i];
      return p - (adaptive * first[i]) / meanShare / (Math.sqrt(second[i] / squareShare) + 1e-8);
    });
  };
  return {
    plain: (place, gradient) => place.map((p, i) => p - rate * gradient[i]),
    momentum: (place, gradient) => heavy(gradient).map((v, i) => place[i] + v),
    Nesterov: (place, gradient) => heavy(gradient).map((v, i) => place[i] + momentum * v - rate * gradient[i]),
    RMSprop: (place, gradient) =>
      place.map((p, i) => {
        second[i] = 0.9 * second[i] + (1 - 0.9) * gradient[i] * gradient[i];
        return p - (adaptive * gradient[i]) / Math.sqrt(second[i] + 1e-7);
      }),
    Adam: adam,
    AdamW: (place, gradient) =>
      adam(
        place.map((p) => (1 - adaptive * DECAY) * p),
        gradient,
      ),
  }[name];
}

/** Where each optimiser that takes part stood, what it cost there, and how sharply the cost curves there. */
function compute(state) {
  const { bend, steepness, steps, start, rate } = state;
  const above = ([x, y]) => y - bend * x * x;
  const gradient = ([x, y]) => [
    -2 * bend * x * steepness * above([x, y]) + SLOPE * (x - GOAL),
    steepness * above([x, y]),
  ];
  const cost = ([x, y]) => (steepness / 2) * above([x, y]) * above([x, y]) + (SLOPE / 2) * (x - GOAL) * (x - GOAL);
  const sharpnessAt = ([x, y]) => {
    const one = steepness * (4 * bend * bend * x * x - 2 * bend * above([x, y])) + SLOPE;
    const across = -2 * bend * x * steepness;
    const [middle, apart] = [(one + steepness) / 2, (one - steepness) / 2];
    return middle + Math.sqrt(apart * apart + across * across);
  };
  const paths = RULES.filter((name) => state.shown.includes(name)).map((name) => {
    const next = ruleOf(name, state);
    let place = start;
    const places = [place];
    for (let step = 0; step < steps; step += 1) {
      place = next(place, gradient(place));
      if (!(Math.abs(place[0]) + Math.abs(place[1]) < FAR)) break;
      places.push(place);
    }
    return places;
  });
  return {
    paths,
    costs: paths.map((places) => places.map(cost)),
    sharpness: paths.map((places) => places.map(sharpnessAt)),
    bound: 2 / rate,
  };
}

function judge({ costs, sharpness, bound }, racers) {
  const plain = racers.indexOf("plain");
  if (plain < 0) return "";
  const beyond = sharpness[plain].findIndex((value) => value > bound);
  const rises = costs[plain].filter((value, step) => step && value > costs[plain][step - 1]).length;
  const edge =
    beyond < 0
      ? `The sharpness on plain descent's way stays below 2 / rate = ${digits(bound)}`
      : `The sharpness on plain descent's way passes 2 / rate = ${digits(bound)} at step ${beyond}`;
  return `${edge}; its cost has risen at ${rises} of ${costs[plain].length - 1} steps.`;
}

/** Where each of them has come to, in words. */
function standings({ steps }, { costs }, racers) {
  if (racers.length === 0) return "Nobody takes part.";
  const ends = costs.map((own, i) =>
    own.length > steps
      ? `${racers[i]} ${digits(own.at(-1))}`
      : `${racers[i]} has left the ravine at step ${own.length}`,
  );
  return `After ${steps} steps the costs are: ${ends.join("; ")}.`;
}

const RATES = [0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.12, 0.15, 0.18, 0.2, 0.22, 0.25, 0.3, 0.4, 0.5];
const MOST_STEPS = 400;

function addControls(figure) {
  const takesPart = (name) => ({
    show: (shown) => shown.includes(name),
    take: (on, shown) => RULES.filter((other) => (other === name ? on : shown.includes(other))),
  });
  const walls = { label: "Steepness of the walls", min: 0.5, max: 12, step: 0.5, format: (v) => number(v, 1) };
  figure.controls.append(
    stepButtons(figure, MOST_STEPS, 12),
    figure.control("bend", slider, { label: "Bend", min: 0, max: 0.8, step: 0.05 }),
    figure.control("steepness", slider, walls),
    figure.control("rate", steppedSlider, { label: "Rate: plain, momentum, Nesterov", values: RATES }),
    figure.control("adaptive_rate", steppedSlider, { label: "Rate: RMSprop, Adam, AdamW", values: RATES }),
    figure.control("momentum", slider, { label: "Momentum", min: 0, max: 0.95, step: 0.05 }),
    figure.control("steps", slider, { label: "Steps", min: 0, max: MOST_STEPS, step: 1, format: whole }),
    group(
      "Who takes part?",
      ...RULES.map((name) => figure.control("shown", checkbox, { label: name }, takesPart(name))),
    ),
  );
}

function render({ model, el }) {
  const figure = createFigure({
    model,
    el,
    title: model.get("shown").length === 1 ? "One optimiser in a ravine" : "Optimisers in one ravine",
    traits: ["bend", "steepness", "rate", "adaptive_rate", "momentum", "steps", "start", "shown"],
    draw: (stage, width, state) => {
      const outcome = compute(state);
      const racers = RULES.filter((name) => state.shown.includes(name));
      showBeside(
        stage,
        width,
        (half) => drawRavine(state, outcome, racers, half),
        (half) => drawSharpness(state, outcome, racers, half),
      );
      return { lines: [standings(state, outcome, racers), judge(outcome, racers)] };
    },
  });
  addControls(figure);
  return figure.begin();
}

const styleOf = (name) => ({
  stroke: paint(PAINTS[RULES.indexOf(name)]),
  "stroke-dasharray": LINES[RULES.indexOf(name)],
});

/** The names with their lines, as a legend that wraps. */
function raceLegend(racers) {
  return element(
    "p",
    { class: "figure-legend" },
    racers.map((name) => {
      const line = shape(
        "svg",
        { width: 30, height: 10, "aria-hidden": "true" },
        shape("path", { d: "M1 5h28", fill: "none", "stroke-width": 2.5, ...styleOf(name) }),
      );
      return element("span", {}, line, ` ${name}`);
    }),
  );
}

/** The ravine from above, with rings of equal cost, and the paths in it. */
function drawRavine({ bend, steepness, start }, { paths }, racers, width) {
  const floor = bend * GOAL * GOAL;
  const plot = axes({
    width,
    height: Math.min(360, width * 0.85),
    x: [-2, 3.2],
    y: [-1.2, Math.max(2.6, floor + 1)],
    xLabel: "x",
    yLabel: "y",
    label: `The ravine from above with the paths of ${racers.length ? racers.join(", ") : "nobody"}.`,
  });
  for (const level of [3.5, 1.5, 0.6, 0.2, 0.05]) {
    const reach = Math.sqrt((2 * level) / SLOPE);
    const ring = Array.from({ length: 121 }, (_, i) => {
      const turn = (2 * Math.PI * i) / 120;
      const x = GOAL + reach * Math.cos(turn);
      return [plot.x(x), plot.y(bend * x * x + reach * Math.sin(turn) * Math.sqrt(SLOPE / steepness))];
    });
    plot.area.append(
      path(ring, {
        fill: paint("mark"),
        "fill-opacity": 0.07,
        stroke: paint("mark"),
        "stroke-width": 1,
        "stroke-opacity": 0.55,
      }),
    );
  }
  paths.forEach((places, i) => {
    const spots = places.map(([x, y]) => [plot.x(x), plot.y(y)]);
    plot.area.append(path(spots, { ...styleOf(racers[i]), "stroke-width": 2 }));
    plot.area.append(
      shape("circle", {
        cx: spots.at(-1)[0],
        cy: spots.at(-1)[1],
        r: 5,
        fill: styleOf(racers[i]).stroke,
        stroke: paint("paper"),
      }),
    );
  });
  plot.area.append(
    shape("path", { d: `M${plot.x(GOAL) - 6} ${plot.y(floor)}h12m-6 -6v12`, stroke: paint("good"), "stroke-width": 3 }),
  );
  plot.area.append(
    shape("rect", {
      x: plot.x(start[0]) - 5,
      y: plot.y(start[1]) - 5,
      width: 10,
      height: 10,
      fill: paint("paper"),
      stroke: paint("ink"),
      "stroke-width": 2,
    }),
  );
  return element("div", {}, plot.svg, raceLegend(racers));
}

/** How sharply the cost curves under each runner, and the height that a plain step can stand. */
function drawSharpness({ steps }, { sharpness, bound }, racers, width) {
  const all = sharpness.flat();
  const high = Math.min(60, Math.max(8, Math.min(bound * 1.25, 60), ...all) * 1.08);
  const plot = axes({
    width,
    height: Math.min(360, width * 0.85),
    x: [0, Math.max(10, steps)],
    y: [0, high],
    xLabel: "step",
    yLabel: "sharpness",
    label:
      `The sharpness along each run; 2 / rate is ${digits(bound)}. ` +
      `${racers.map((name, i) => `${name} ends at ${digits(sharpness[i].at(-1))}`).join("; ")}.`,
  });
  plot.area.append(
    path(
      [
        [plot.x(0), plot.y(bound)],
        [plot.x(Math.max(10, steps)), plot.y(bound)],
      ],
      { stroke: paint("zero"), "stroke-width": 1.5, "stroke-dasharray": "2 4" },
    ),
  );
  plot.area.append(
    shape("text", { x: plot.x(0) + 6, y: plot.y(bound) - 6, class: "soft" }, "2 / rate, " + "plain descent's bound"),
  );
  sharpness.forEach((values, i) =>
    plot.area.append(
      path(
        values.map((value, step) => [plot.x(step), plot.y(value)]),
        { ...styleOf(racers[i]), "stroke-width": 2 },
      ),
    ),
  );
  return withLegend(plot.svg, "dotted: 2 / rate", "□ start, + lowest point");
}

export default { render, compute };
