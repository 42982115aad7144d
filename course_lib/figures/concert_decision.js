// @ts-check
// The concert decision: answers times weights, added up, compared with a threshold.

import {
  button,
  buttons,
  checkbox,
  createFigure,
  element,
  group,
  item,
  number,
  paint,
  shape,
  slider,
  ticks,
} from "./js/toolkit.js";

/** What a perceptron computes. A sum equal to the threshold is a "no". */
function compute({ answers, weights, threshold }) {
  const contributions = answers.map((answer, i) => answer * weights[i]);
  const sum = contributions.reduce((total, value) => total + value, 0);
  // 0.1 + 0.2 is 0.30000000000000004 in a computer: such crumbs must not decide.
  return { contributions, sum, decision: Number(sum.toFixed(9)) > Number(threshold.toFixed(9)) ? 1 : 0 };
}

/** A row for each question: is it true tonight, and what is it worth? */
function addRows(figure, questions) {
  const answer = (i) => ({ show: (answers) => answers[i] === 1, take: (yes, answers) => answers.with(i, yes ? 1 : 0) });
  const worth = { min: -1, max: 1, step: 0.1, format: (v) => number(v, 1) };
  return questions.map((question, i) => {
    const label = element("span", {}, "worth", element("span", { class: "figure-voice" }, ` of “${question}”`));
    return element(
      "div",
      { class: "concert-row" },
      figure.control("answers", checkbox, { label: question }, answer(i)),
      figure.control("weights", slider, { label, ...worth }, item(i)),
    );
  });
}

function render({ model, el }) {
  const questions = model.get("questions");
  const figure = createFigure({
    model,
    el,
    title: "The concert decision",
    traits: ["answers", "weights", "threshold"],
    draw: (stage, width, { answers, weights, threshold }) => {
      const outcome = compute({ answers, weights, threshold });
      const sum = answers.map((answer, i) => `${answer} × ${number(weights[i], 1)}`).join(" + ");
      const verdict = outcome.decision ? "more than" : "not more than";
      const sentence =
        `The sum is ${number(outcome.sum, 1)}, ${verdict} ${number(threshold, 1)}: ` +
        `${outcome.decision ? "you go out" : "you stay at home"}.`;
      stage.replaceChildren(
        drawUnit(questions, answers, weights, outcome, width),
        drawSum(questions, outcome, threshold, weights, width),
      );
      const written = element("p", { class: "number" }, `${sum} = ${number(outcome.sum, 1)}`);
      return { lines: [written, sentence], mood: outcome.decision ? "one" : "zero" };
    },
  });
  const first = figure.read();
  const bar = { label: "Threshold: go out for more than", min: -1, max: 3, step: 0.1, format: (v) => number(v, 1) };
  const rows = element("div", { class: "concert-rows" }, addRows(figure, questions));
  figure.controls.classList.add("single");
  figure.controls.append(
    group("Tick what is true tonight, and say what it is worth", rows),
    figure.control("threshold", slider, bar),
    buttons(button("Start again", () => figure.set(first))),
  );
  return figure.begin();
}

/** The unit with its inputs: a line is as thick as its weight, dashed if the weight is negative. */
function drawUnit(questions, answers, weights, outcome, width) {
  const rowHeight = 38;
  const height = questions.length * rowHeight + 8;
  const narrow = width < 440;
  const inputX = narrow ? 168 : 210;
  const unitX = width - (narrow ? 86 : 170);
  const outX = width - (narrow ? 24 : 60);
  const middle = height / 2;
  const svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  const nodes = [];
  questions.forEach((question, i) => {
    const y = 4 + rowHeight * (i + 0.5);
    const on = answers[i] === 1;
    svg.append(
      shape("line", {
        x1: inputX,
        y1: y,
        x2: unitX,
        y2: middle,
        "stroke-width": 1 + 7 * Math.min(1, Math.abs(weights[i])),
        "stroke-dasharray": weights[i] < 0 ? "7 5" : undefined,
        stroke: on ? paint(weights[i] < 0 ? "zero" : "one") : paint("line"),
      }),
    );
    nodes.push(
      shape("text", { x: inputX - 22, y: y + 4, "text-anchor": "end" }, question),
      shape("circle", {
        cx: inputX,
        cy: y,
        r: 13,
        fill: on ? paint("one") : paint("paper"),
        stroke: on ? paint("one") : paint("soft"),
        "stroke-width": 2,
      }),
      shape(
        "text",
        {
          x: inputX,
          y: y + 4.5,
          "text-anchor": "middle",
          class: "strong",
          style: `fill: ${on ? paint("paper") : paint("ink")}`,
        },
        String(answers[i]),
      ),
    );
    const along = narrow ? 0.36 : 0.3;
    const labelX = inputX + (unitX - inputX) * along;
    const labelY = y + (middle - y) * along;
    nodes.push(
      shape("rect", { x: labelX - 17, y: labelY - 10, width: 34, height: 20, rx: 5, fill: paint("paper") }),
      shape("text", { x: labelX, y: labelY + 4.5, "text-anchor": "middle", class: "number" }, number(weights[i], 1)),
    );
  });
  svg.append(...drawOutcome(outcome, { unitX, outX, middle }, nodes));
  return svg;
}

/** The unit, its line to the outcome below what stands before it, and the outcome. */
function drawOutcome(outcome, { unitX, outX, middle }, nodes) {
  const fired = outcome.decision === 1;
  return [
    shape("line", {
      x1: unitX,
      y1: middle,
      x2: outX,
      y2: middle,
      stroke: fired ? paint("one") : paint("line"),
      "stroke-width": 4,
    }),
    ...nodes,
    shape("circle", { cx: unitX, cy: middle, r: 29, fill: paint("panel"), stroke: paint("ink"), "stroke-width": 2 }),
    shape("text", { x: unitX, y: middle - 5, "text-anchor": "middle", class: "soft" }, "sum"),
    shape(
      "text",
      { x: unitX, y: middle + 13, "text-anchor": "middle", class: "strong number", style: "font-size: 16px" },
      number(outcome.sum, 1),
    ),
    shape("circle", {
      cx: outX,
      cy: middle,
      r: 18,
      fill: fired ? paint("one") : paint("paper"),
      stroke: fired ? paint("one") : paint("zero"),
      "stroke-width": 3,
    }),
    shape(
      "text",
      {
        x: outX,
        y: middle + 5,
        "text-anchor": "middle",
        class: "strong",
        style: `font-size: 16px; fill: ${fired ? paint("paper") : paint("ink")}`,
      },
      String(outcome.decision),
    ),
    shape("text", { x: outX, y: middle + 38, "text-anchor": "middle", class: "strong" }, fired ? "go" : "stay"),
  ];
}

/** The sum as steps along a line: each contribution starts where the one before it ended. */
function drawSum(questions, { contributions, sum, decision }, threshold, weights, width) {
  const rowHeight = 13;
  const height = questions.length * rowHeight + 62;
  const reach = (sign) => weights.reduce((total, w) => total + Math.max(0, sign * w), 0);
  const low = Math.min(-0.2, -reach(-1), sum, threshold - 0.1);
  const high = Math.max(2.2, reach(1), threshold + 0.2);
  const place = (value) => 14 + ((value - low) / (high - low)) * (width - 28);
  const base = height - 34;
  const svg = shape("svg", {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-label": `The weighted sum ${number(sum, 1)} on a line with the threshold at ${number(threshold, 1)}.`,
  });
  svg.append(
    shape("rect", {
      x: place(threshold),
      y: 18,
      width: Math.max(0, width - place(threshold)),
      height: base - 18,
      fill: paint("one-wash"),
    }),
  );
  for (const tick of ticks(low, high, Math.max(4, width / 80))) {
    svg.append(
      shape("line", { x1: place(tick.value), x2: place(tick.value), y1: base, y2: base + 5, stroke: paint("soft") }),
    );
    svg.append(
      shape("text", { x: place(tick.value), y: base + 19, "text-anchor": "middle", class: "soft number" }, tick.text),
    );
  }
  svg.append(shape("line", { x1: 6, x2: width - 6, y1: base, y2: base, stroke: paint("soft"), "stroke-width": 1.5 }));
  let total = 0;
  contributions.forEach((value, i) => {
    const from = place(total);
    total += value;
    const y = 22 + i * rowHeight;
    if (value !== 0)
      svg.append(
        shape("rect", {
          x: Math.min(from, place(total)),
          y,
          width: Math.abs(place(total) - from),
          height: rowHeight - 4,
          rx: 2,
          fill: paint(value > 0 ? "one" : "zero"),
        }),
      );
    svg.append(
      shape("line", { x1: place(total), x2: place(total), y1: y, y2: y + rowHeight + 2, stroke: paint("soft") }),
    );
  });
  svg.append(...drawEnds(place, base, width, threshold, sum, decision));
  return svg;
}

/** The threshold, and the place where the sum ends. */
function drawEnds(place, base, width, threshold, sum, decision) {
  const onRight = place(threshold) > width - 120;
  return [
    shape("line", {
      x1: place(threshold),
      x2: place(threshold),
      y1: 4,
      y2: base,
      stroke: paint("mark"),
      "stroke-width": 2.5,
      "stroke-dasharray": "5 3",
    }),
    shape(
      "text",
      { x: place(threshold) + (onRight ? -6 : 6), y: 14, "text-anchor": onRight ? "end" : "start" },
      `threshold ${number(threshold, 1)}`,
    ),
    shape("circle", {
      cx: place(sum),
      cy: base,
      r: 7,
      fill: decision ? paint("one") : paint("paper"),
      stroke: decision ? paint("one") : paint("zero"),
      "stroke-width": 3,
    }),
  ];
}

export default { render, compute };
