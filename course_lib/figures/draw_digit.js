// @ts-check
// Draw a digit with pointer or keys; a network that was trained in Python reads it.

import { Network } from "./js/network_engine.js";
import {
  button,
  checkbox,
  choice,
  colour,
  createFigure,
  element,
  follow,
  number,
  paint,
  shape,
  traitsOf,
} from "./js/toolkit.js";

const SIDE = 32; // the drawing is 32 x 32; the network sees 8 x 8 counts of ink, as its training data

/** Move the ink to the middle and stretch it to the full height, as the training data were prepared. */
function centre(bitmap) {
  const inked = bitmap.flatMap((ink, k) => (ink ? [[Math.floor(k / SIDE), k % SIDE]] : []));
  if (inked.length === 0) return bitmap;
  const rows = inked.map(([r]) => r);
  const columns = inked.map(([, c]) => c);
  const [top, left] = [Math.min(...rows), Math.min(...columns)];
  const [height, width] = [Math.max(...rows) - top + 1, Math.max(...columns) - left + 1];
  const size = Math.max(height, width);
  const down = Math.floor((SIDE - (height * SIDE) / size) / 2);
  const right = Math.floor((SIDE - (width * SIDE) / size) / 2);
  return bitmap.map((_, k) => {
    const r = top + Math.floor(((Math.floor(k / SIDE) - down + 0.5) * size) / SIDE);
    const c = left + Math.floor((((k % SIDE) - right + 0.5) * size) / SIDE);
    const inside = r >= top && r < top + height && c >= left && c < left + width;
    return inside && bitmap[r * SIDE + c] ? 1 : 0;
  });
}

/** Count the ink in each of 8 x 8 blocks: 64 numbers from 0 to 16. */
function countInk(bitmap) {
  const image = Array(64).fill(0);
  bitmap.forEach((ink, k) => {
    image[Math.floor(k / (SIDE * 4)) * 8 + Math.floor((k % SIDE) / 4)] += ink;
  });
  return image;
}

/** What the network sees and what it says: one probability for each digit. */
function compute({ bitmap, centred, sizes, activations, parameters, scale }) {
  const image = countInk(centred ? centre(bitmap) : bitmap);
  if (parameters.length === 0) return { image, probabilities: [], answer: null };
  const network = new Network(sizes, activations);
  network.parameters.set(parameters);
  const logits = [
    ...network.forward(
      Float64Array.from(image, (ink) => ink / scale),
      1,
    ),
  ].slice(0, sizes.at(-1));
  const highest = Math.max(...logits);
  const powers = logits.map((z) => Math.exp(z - highest));
  const total = powers.reduce((sum, v) => sum + v, 0);
  const probabilities = powers.map((v) => v / total);
  return { image, probabilities, answer: probabilities.indexOf(Math.max(...probabilities)) };
}

/** Put a round spot of ink, or take ink away. */
function spot(bitmap, row, column, ink = 1, radius = 1.8) {
  return bitmap.map((old, k) =>
    (Math.floor(k / SIDE) - row) ** 2 + ((k % SIDE) - column) ** 2 <= radius ** 2 ? ink : old,
  );
}

function render({ model, el }) {
  const names = ["bitmap", "centred", "sizes", "activations", "parameters", "scale"];
  const read = () => traitsOf(model, names);
  const examples = model.get("examples");
  let pen = { row: 16, column: 16, down: false };
  let erase = false;

  const result = element("div", { class: "figure-result" });
  const figure = createFigure({
    model,
    el,
    title: "Draw a digit",
    traits: names,
    draw: (stage, width) => {
      const state = read();
      const outcome = compute(state);
      const size = width > 620 ? 250 : Math.min(width, 290);
      pad.setAttribute("style", `width: ${size}px; height: ${size}px`);
      paintPad(state.bitmap);
      side.replaceChildren(
        drawSeen(outcome.image, 120),
        drawChances(outcome, width > 620 ? width - size - 160 : Math.min(width - 132, 230)),
      );
      if (!board.isConnected) stage.replaceChildren(board);
      const empty = !state.bitmap.some(Boolean);
      const sure = outcome.answer === null ? 0 : outcome.probabilities[outcome.answer];
      const sentence =
        outcome.answer === null
          ? "No network is loaded yet: pass a trained one from Python."
          : empty
            ? "Draw a digit from 0 to 9 in the square."
            : `The network reads a ${outcome.answer} and is ${number(100 * sure, 0)} % sure.`;
      result.replaceChildren(element("p", {}, element("strong", {}, sentence)));
      return sentence;
    },
  });

  const pad = element("canvas", {
    width: SIDE,
    height: SIDE,
    class: "digit-pad",
    tabindex: "0",
    role: "application",
    "aria-label": "Drawing square. Arrow keys move the pen, the space bar lowers and lifts it, Delete clears.",
  });
  const side = element("div", { class: "digit-side" });
  const board = element("div", { class: "digit-board" }, pad, side);

  function paintPad(bitmap) {
    const context = pad.getContext("2d");
    context.fillStyle = colour(figure.frame, "paper");
    context.fillRect(0, 0, SIDE, SIDE);
    context.fillStyle = colour(figure.frame, "ink");
    bitmap.forEach((ink, k) => {
      if (ink) context.fillRect(k % SIDE, Math.floor(k / SIDE), 1, 1);
    });
    if (document.activeElement !== pad) return;
    context.fillStyle = colour(figure.frame, pen.down ? "one" : "zero");
    context.fillRect(pen.column - 1, pen.row, 3, 1);
    context.fillRect(pen.column, pen.row - 1, 1, 3);
  }
  function drawTo(from, to) {
    let bitmap = model.get("bitmap");
    const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1])));
    for (let i = 0; i <= steps; i += 1)
      bitmap = spot(
        bitmap,
        from[0] + ((to[0] - from[0]) * i) / steps,
        from[1] + ((to[1] - from[1]) * i) / steps,
        erase ? 0 : 1,
      );
    figure.set({ bitmap });
  }
  let last = null;
  const place = (event) => {
    const box = pad.getBoundingClientRect();
    return [
      ((event.clientY - box.top) / box.height) * SIDE - 0.5,
      ((event.clientX - box.left) / box.width) * SIDE - 0.5,
    ];
  };
  pad.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pad.setPointerCapture(event.pointerId);
    last = place(event);
    drawTo(last, last);
  });
  pad.addEventListener("pointermove", (event) => {
    if (!last) return;
    const now = place(event);
    drawTo(last, now);
    last = now;
  });
  for (const end of ["pointerup", "pointercancel"])
    pad.addEventListener(end, () => {
      last = null;
    });
  for (const change of ["focus", "blur"]) pad.addEventListener(change, () => paintPad(model.get("bitmap")));
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  pad.addEventListener("keydown", (event) => {
    if (event.key in moves) {
      const from = [pen.row, pen.column];
      pen = {
        ...pen,
        row: Math.min(31, Math.max(0, pen.row + moves[event.key][0])),
        column: Math.min(31, Math.max(0, pen.column + moves[event.key][1])),
      };
      if (pen.down) drawTo(from, [pen.row, pen.column]);
    } else if (event.key === " ") {
      pen = { ...pen, down: !pen.down };
      figure.voice.textContent = pen.down ? "Pen down" : "Pen up";
      if (pen.down) drawTo([pen.row, pen.column], [pen.row, pen.column]);
    } else if (event.key === "Delete" || event.key === "Backspace") clear();
    else return;
    event.preventDefault();
    paintPad(model.get("bitmap"));
  });

  const clear = () => figure.set({ bitmap: Array(SIDE * SIDE).fill(0) });
  const centred = checkbox({
    label: "Centre and stretch the drawing, as the training data were",
    value: model.get("centred"),
    onInput: (v) => figure.set({ centred: v }),
  });
  const eraser = checkbox({
    label: "Erase instead of draw",
    value: false,
    onInput: (v) => {
      erase = v;
    },
  });
  figure.stage.after(result);
  figure.controls.append(
    element("div", { class: "figure-buttons" }, button("Clear", clear, { primary: true })),
    centred.node,
    eraser.node,
  );
  if (examples.length) {
    const pick = choice({
      label: "Show an image that the network has not trained on",
      options: [["", "choose one"], ...examples.map((_, i) => [String(i), `image ${i + 1}`])],
      value: "",
      onInput: (v) => {
        if (v !== "") figure.set({ bitmap: fromCounts(examples[Number(v)]), centred: false });
      },
    });
    figure.controls.append(pick.node);
  }
  const stop = follow(model, { centred: centred.set });
  figure.redraw(false);
  return () => {
    stop();
    figure.close();
  };
}

// The order in which the 16 points of a block are inked, so that every count looks even (Bayer's matrix).
const BAYER = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5];

/** A drawing whose ink counts are those of an 8 x 8 image. */
function fromCounts(image) {
  return Array.from({ length: SIDE * SIDE }, (_, k) => {
    const [row, column] = [Math.floor(k / SIDE), k % SIDE];
    return BAYER[(row % 4) * 4 + (column % 4)] < image[Math.floor(row / 4) * 8 + Math.floor(column / 4)] ? 1 : 0;
  });
}

/** The 64 numbers that the network sees. */
function drawSeen(image, size) {
  const side = size / 8;
  const svg = shape("svg", {
    width: size,
    height: size + 22,
    viewBox: `0 0 ${size} ${size + 22}`,
    role: "img",
    "aria-label": "What the network sees: 8 times 8 squares of ink.",
  });
  image.forEach((ink, k) =>
    svg.append(
      shape("rect", {
        x: (k % 8) * side,
        y: Math.floor(k / 8) * side,
        width: side + 0.5,
        height: side + 0.5,
        fill: paint("ink"),
        "fill-opacity": ink / 16,
      }),
    ),
  );
  svg.append(
    shape("rect", { x: 0.5, y: 0.5, width: size - 1, height: size - 1, fill: "none", stroke: paint("soft") }),
    shape("text", { x: size / 2, y: size + 17, "text-anchor": "middle", class: "soft" }, "what it sees"),
  );
  return svg;
}

/** One bar for each digit. */
function drawChances({ probabilities, answer }, width) {
  const row = 19;
  const svg = shape("svg", {
    width,
    height: 10 * row + 4,
    viewBox: `0 0 ${width} ${10 * row + 4}`,
    role: "img",
    "aria-label":
      answer === null
        ? "No network."
        : `Probabilities: ${probabilities.map((p, d) => `${d}: ${number(100 * p, 0)} percent`).join(", ")}.`,
  });
  for (let d = 0; d < 10; d += 1) {
    const p = probabilities[d] ?? 0;
    svg.append(
      shape(
        "text",
        { x: 12, y: d * row + 16, "text-anchor": "middle", class: d === answer ? "strong" : undefined },
        String(d),
      ),
      shape("rect", {
        x: 24,
        y: d * row + 4,
        width: Math.max(1, p * (width - 76)),
        height: row - 5,
        rx: 2,
        fill: paint(d === answer ? "one" : "soft"),
      }),
      shape(
        "text",
        { x: width - 2, y: d * row + 16, "text-anchor": "end", class: "soft number" },
        answer === null ? "" : `${number(100 * p, 0)} %`,
      ),
    );
  }
  return svg;
}

export default { render, compute, centre, countInk, fromCounts };
