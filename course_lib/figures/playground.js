// The playground: a network to build, train, look into and take away.

const SETTING_NAMES = [
  "kind", "noise", "train_share", "seed", "own", "features", "hidden", "activations", "loss", "optimiser", "momentum",
  "learning_rate", "schedule", "period", "penalty", "penalty_rate", "batch_size", "initialiser", "stop_at",
];
// How the pictures are shown, and how it is usually.
const VIEW = { show_test: false, discretise: false, log_loss: false, speed: "rising" };
const RUN_NAMES = ["epoch", "parameters", "memory", "steps", "history"];
// A change of one of these leaves the weights as they are; a change of any other starts the network anew.
const LIVE = new Set(["learning_rate", "schedule", "period", "penalty", "penalty_rate", "batch_size", "stop_at"]);
const REACH = 6; // the plane is shown from -6 to 6
const CELLS = 60; // places along each side of a map
const MOST_LAYERS = 8;
const MOST_UNITS = 16;
const SLICE = 6; // milliseconds of training at a stretch: a click never waits for longer than that
const DRAWING_GAP = 60; // milliseconds between two pictures of a running network, at least

// How many epochs may be done so many seconds after the start.
const SPEEDS = {
  rising: { name: "slowly at first, then as fast as it can", epochs: (t) => 8 * (2 ** (3 * Math.min(t, 9)) - 1) / 3 + (t > 9 ? Infinity : 1) },
  full: { name: "as fast as it can", epochs: () => Infinity },
  ten: { name: "10 epochs a second", epochs: (t) => 1 + 10 * t },
  one: { name: "one epoch a second", epochs: (t) => 1 + t },
};

function render({ model, el }) {
  const readSettings = () => Object.fromEntries(SETTING_NAMES.map((name) => [name, model.get(name)]));
  // The page's address belongs to its first playground.
  const ownsAddress = model.page === true && (globalThis.courseAddressOwner ??= el) === el;
  let fromUrl = ownsAddress ? settingsFromUrl() : null;
  if (fromUrl) for (const [name, value] of Object.entries({ ...fromUrl.settings, ...fromUrl.view })) model.set(name, value);
  let trainer = new Trainer(readSettings());
  if (model.get("parameters").length && !fromUrl) trainer.restore(Object.fromEntries(RUN_NAMES.map((name) => [name, model.get(name)])));
  let playing = false;
  let mine = false; // true while this script itself changes traits
  let selected = null; // the unit whose map and weights are shown large: { layer, unit }
  let hovered = null; // the unit under the pointer
  let pointedAt = null; // the weight under the pointer: { at, name }
  let stale = false; // true if the reader changed something that the running network has not shown yet
  let drawn = { at: 0, took: 0 }; // when the last picture was made, and how long it took
  let speed = null;
  let lastSync = 0;
  let drawing = 0; // the class that the pointer draws, or 0

  // ---------- the run ----------

  function setOwn(values) {
    mine = true;
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    mine = false;
  }
  function sync() {
    lastSync = performance.now();
    trainer.finishEpoch();
    setOwn(trainer.save());
  }
  function change(values) {
    const fresh = Object.keys(values).some((name) => !LIVE.has(name));
    setOwn(values);
    if (fresh) restart();
    else {
      Object.assign(trainer.settings, values);
      if (trainer.epoch > 0 && !("stop_at" in values)) trainer.touched = true;
    }
    afterChange();
  }
  function restart() {
    startTrainer();
    sync();
  }
  function startTrainer() {
    selected = hovered = pointedAt = null;
    trainer = new Trainer(readSettings());
    if (playing) startClock();
    build();
  }
  /** The speed of the run is counted from here. */
  function startClock() {
    const now = performance.now();
    speed = { time: now, epoch: trainer.epoch, begin: now, beginEpoch: trainer.epoch };
  }
  function afterChange() {
    code.value = copied.textContent = ""; // a program for the settings before
    showControls();
    show();
    keepAddress();
    if (!playing) speak();
  }
  function keepAddress() {
    if (ownsAddress) writeUrl(readSettings(), Object.fromEntries(Object.keys(VIEW).map((name) => [name, model.get(name)])));
  }
  function changeView(values) {
    setOwn(values);
    keepAddress();
  }
  /** A link to another state of this playground was followed, or an address written: the page stays, its end changes. */
  function followAddress() {
    const found = settingsFromUrl();
    if (!found) return;
    fromUrl = found;
    pause();
    setOwn(found.view);
    change(found.settings);
  }
  /** Draw at once; while it trains, with the next frame, before it trains on. */
  function show() {
    if (playing) stale = true;
    else draw();
  }
  function play() {
    if (playing || trainer.over) return;
    playing = true;
    startClock();
    showRun();
    requestAnimationFrame(frame);
  }
  function pause() {
    if (!playing) return;
    playing = false;
    stale = false;
    sync();
    draw();
    speak();
  }
  // Training goes on in slices, one message after the other: between two of them the browser hands over
  // clicks and paints. Frames draw, and start the messages again where they ended.
  const turns = new MessageChannel();
  let turnAsked = false;
  function askForTurn() {
    if (turnAsked) return;
    turnAsked = true;
    turns.port2.postMessage(null);
  }
  turns.port1.onmessage = () => {
    turnAsked = false;
    if (!playing || stale || document.hidden) return;
    const limit = speed.beginEpoch + SPEEDS[model.get("speed") ?? "rising"].epochs((performance.now() - speed.begin) / 1000);
    trainer.trainFor(SLICE, limit);
    if (trainer.over) pause();
    else if (trainer.epoch < limit) askForTurn();
  };
  function frame() {
    if (!playing) return;
    if (!figure.frame.isConnected) { playing = false; return; }
    requestAnimationFrame(frame);
    const now = performance.now();
    // Drawing may take a quarter of the time; a reader who asked for less motion gets two pictures a second.
    if (stale || now - drawn.at > Math.max(prefersStill() ? 500 : DRAWING_GAP, 4 * drawn.took)) {
      stale = false;
      draw();
      drawn = { at: performance.now(), took: performance.now() - now };
    } else if (now - lastSync > 1000) sync();
    askForTurn();
  }
  function stepOnce() {
    pause();
    trainer.trainEpochs(1);
    sync();
    draw();
    speak();
  }

  // ---------- the frame ----------

  const network = element("div", { class: "play-network" });
  const heat = element("canvas", { width: CELLS, height: CELLS, class: "play-heat", "aria-hidden": "true" });
  const dots = element("canvas", { class: "play-dots", role: "img", "aria-label": "The output over the plane, and the points." });
  const output = element("div", { class: "play-output" }, heat, dots,
    element("span", { class: "play-axis", style: "right: 0; bottom: 0" }, "x₁ → 6"), element("span", { class: "play-axis", style: "left: 0; top: 0" }, "x₂ ↑ 6"));
  const [lowest, highest] = [element("span", {}), element("span", {})];
  const scale = element("p", { class: "play-scale number" }, lowest, element("span", { class: "play-colours", role: "img", "aria-label": "from orange over the paper's colour to blue" }), highest);
  const view = element("div", { class: "play-view", role: "group", "aria-label": "What the pictures show" });
  const chart = element("div", { class: "play-chart" });
  const editor = element("div", { class: "play-editor" });
  const readout = element("p", { class: "play-readout number", role: "group", "aria-label": "State of the training" });
  const message = element("div", { class: "figure-result", hidden: true });
  const reason = element("p", { class: "play-reason" });
  const layout = element("div", { class: "play-layout" }, network, element("div", { class: "play-results" }, element("div", { class: "play-map" }, element("p", { class: "play-caption" }), output, scale), chart), view);
  const caption = layout.querySelector(".play-caption");

  const figure = createFigure({
    model, el, title: "Playground", traits: [], wide: true,
    draw: () => { build(); draw(); return ""; },
  });
  figure.stage.append(layout);

  function sentence() {
    if (trainer.trainCount === 0) return "There are no points yet. Draw or paste some.";
    const { train, test } = trainer.losses();
    return `Epoch ${trainer.epoch}: training loss ${digits(train)}${Number.isNaN(test) ? "" : `, test loss ${digits(test)}`}.`;
  }
  function speak() {
    clearTimeout(speak.timer);
    speak.timer = setTimeout(() => { figure.voice.textContent = trainer.failed ? explainFailure() : sentence(); }, 400);
  }

  // ---------- the network ----------

  /** Lay the network out: one button with a map for each unit, one line for each weight. */
  function build() {
    const { sizes } = trainer;
    const width = Math.max(260, network.clientWidth || 640);
    const most = Math.max(...sizes.slice(0, -1), 1);
    const columns = sizes.length;
    // Large enough for a finger: rows are 26 apart or more, however many there are.
    const side = Math.max(15, Math.min(44, width / (columns * 1.75), Math.max(22, 330 / most - 4)));
    const gap = Math.max(26 - side, 4, Math.min(14, (330 - most * side) / most));
    const height = Math.max(110, most * (side + gap) + 24);
    const x = (l) => 4 + ((width - side - 8) * l) / (columns - 1);
    const y = (l, j) => 22 + (height - 22 - sizes[l] * (side + gap) + gap) / 2 + j * (side + gap);
    const svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    build.lines = [];
    trainer.network.layers.forEach(({ inputs, units, weights }, l) => {
      for (let j = 0; j < units; j += 1) {
        for (let i = 0; i < inputs; i += 1) {
          const [x1, y1, x2, y2] = [x(l) + side, y(l, i) + side / 2, x(l + 1), y(l + 1, j) + side / 2];
          const bend = (x2 - x1) / 2;
          const d = `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
          const line = shape("path", { d, class: "play-edge" });
          const at = weights + j * inputs + i;
          // A thin line is hard to hit: a wide invisible one takes the pointer in its place.
          const reach = shape("path", { d, class: "play-edge-reach" });
          reach.addEventListener("click", () => { if (selected?.layer !== l + 1 || selected.unit !== j) select(l + 1, j); editor.querySelectorAll("input")[i + 1]?.focus(); });
          reach.addEventListener("pointerenter", () => { pointedAt = { at, name: `${unitName(l, i)} to ${unitName(l + 1, j)}` }; show(); });
          reach.addEventListener("pointerleave", () => { pointedAt = null; show(); });
          svg.append(line, reach);
          build.lines.push({ line, at });
        }
      }
    });
    const titles = sizes.map((_, l) => shape("text", { x: Math.min(width - 2, Math.max(2, x(l) + side / 2)), y: 13, class: "soft", style: "font-size: 11px", "text-anchor": l === 0 ? "start" : l === columns - 1 ? "end" : "middle" },
      l === 0 ? "inputs" : l === columns - 1 ? "output" : columns > 6 || width < 420 ? String(l) : `layer ${l}`));
    titles[0].setAttribute("x", "2");
    titles.at(-1).setAttribute("x", width - 2);
    svg.append(...titles);
    build.units = [];
    const buttons = sizes.flatMap((count, l) => Array.from({ length: count }, (_, j) => {
      const canvas = element("canvas", { width: CELLS / 3, height: CELLS / 3 });
      const name = unitName(l, j);
      const node = element("button", {
        type: "button", class: "play-unit", "aria-label": name, title: name, "aria-pressed": "false",
        style: `left: ${x(l)}px; top: ${y(l, j)}px; width: ${side}px; height: ${side}px`,
      }, canvas, l === 0 && side > 26 ? element("span", { class: "play-name" }, FEATURES[trainer.settings.features[j]].name) : null);
      node.addEventListener("click", () => select(l, j));
      const look = (on) => () => { hovered = on ? { layer: l, unit: j } : null; show(); };
      node.addEventListener("pointerenter", look(true));
      node.addEventListener("pointerleave", look(false));
      node.addEventListener("focus", look(true));
      node.addEventListener("blur", look(false));
      build.units.push({ node, canvas, layer: l, unit: j });
      return node;
    }));
    network.style.height = `${height}px`;
    network.replaceChildren(svg, ...buttons);
    sizeDots();
    showEditor();
  }
  function unitName(l, j) {
    if (l === 0) return `input ${FEATURES[trainer.settings.features[j]].name}`;
    return l === trainer.sizes.length - 1 ? "output" : `layer ${l}, unit ${j + 1}`;
  }
  function select(layer, unit) {
    selected = selected && selected.layer === layer && selected.unit === unit ? null : { layer, unit };
    showEditor();
    show();
  }

  /** The weights and the bias of the selected unit, as numbers to edit. */
  function showEditor() {
    for (const { node, layer, unit } of build.units ?? []) node.setAttribute("aria-pressed", String(selected?.layer === layer && selected?.unit === unit));
    if (!selected || selected.layer === 0) {
      editor.replaceChildren(element("p", { class: "play-hint" }, selected ? "An input has no weights of its own." : "Select a unit to see its map large and to edit its weights."));
      return;
    }
    const { inputs, weights, biases } = trainer.network.layers[selected.layer - 1];
    const places = [{ at: biases + selected.unit, name: "bias" }, ...Array.from({ length: inputs }, (_, i) => ({ at: weights + selected.unit * inputs + i, name: `from ${unitName(selected.layer - 1, i)}` }))];
    const fields = places.map(({ at, name }) => {
      const id = identifier();
      const input = element("input", { type: "number", id, step: "0.1", value: trainer.network.parameters[at].toPrecision(4) });
      input.addEventListener("change", () => {
        const value = Number(input.value);
        if (input.value === "" || !Number.isFinite(value)) { input.value = trainer.network.parameters[at].toPrecision(4); return; }
        trainer.network.parameters[at] = value;
        if (trainer.epoch > 0) trainer.touched = true;
        else {
          trainer.start = trainer.network.parameters.slice();
          trainer.history = { epochs: [], train: [], test: [], penalty: [] };
          trainer.note();
        }
        sync();
        show();
        speak();
      });
      input.dataset.at = at;
      return element("div", { class: "figure-choice" }, element("label", { for: id }, name), input);
    });
    editor.replaceChildren(group(`Weights of ${unitName(selected.layer, selected.unit)}`, element("div", { class: "play-fields" }, fields)));
  }

  // ---------- drawing ----------

  function draw() {
    const colours = heatColours(figure.frame);
    const maps = trainer.maps(CELLS, REACH);
    const discrete = model.get("discretise") ? 2 : 0;
    for (const { canvas, layer, unit } of build.units ?? []) {
      paintValues(canvas, column(maps, layer, unit, 3), CELLS / 3, colours, discrete);
    }
    const { parameters } = trainer.network;
    for (const edge of build.lines ?? []) {
      const weight = parameters[edge.at];
      const width = (0.4 + Math.min(7, 2.2 * Math.abs(weight || 0))).toFixed(1);
      if (edge.width !== width) edge.line.setAttribute("stroke-width", width);
      if (edge.positive !== weight > 0) edge.line.classList.toggle("positive", weight > 0);
      Object.assign(edge, { width, positive: weight > 0 });
    }
    const shown = hovered ?? selected ?? { layer: trainer.sizes.length - 1, unit: 0 };
    paintValues(heat, column(maps, shown.layer, shown.unit, 1), CELLS, colours, discrete);
    const what = shown.layer === trainer.sizes.length - 1 ? "What the network says over the plane" : `What ${unitName(shown.layer, shown.unit)} says`;
    caption.textContent = pointedAt ? `Weight ${digits(parameters[pointedAt.at])}, ${pointedAt.name}` : what;
    lowest.textContent = `−${digits(column.top, 2)}`;
    highest.textContent = digits(column.top, 2);
    if (document.activeElement?.dataset?.at === undefined) {
      for (const input of editor.querySelectorAll("input[data-at]")) input.value = parameters[Number(input.dataset.at)].toPrecision(4);
    }
    drawChart();
    showRun();
  }
  const hasTest = () => trainer.trainCount < trainer.points.length;
  /** One unit's values over every `every`-th place of the grid, scaled to lie between -1 and 1 for the eye. */
  function column(maps, layer, unit, every) {
    const wide = trainer.sizes[layer];
    const cells = CELLS / every;
    const middle = Math.floor(every / 2);
    const values = new Float64Array(cells * cells);
    const last = layer === trainer.sizes.length - 1;
    let top = 1;
    for (let row = 0; row < cells; row += 1) {
      for (let column = 0; column < cells; column += 1) {
        const place = (row * every + middle) * CELLS + column * every + middle;
        const value = last ? trainer.shown(maps[layer][place]) : maps[layer][place * wide + unit];
        values[row * cells + column] = value;
        if (!last && Math.abs(value) > top) top = Math.abs(value);
      }
    }
    if (top > 1) for (let k = 0; k < values.length; k += 1) values[k] /= top;
    column.top = top;
    return values;
  }
  function sizeDots() {
    const side = Math.max(160, dots.clientWidth || 260);
    const scale = Math.min(2, devicePixelRatio || 1);
    dots.width = side * scale;
    dots.height = side * scale;
    drawDots();
  }
  function drawDots() {
    const context = dots.getContext("2d");
    const side = dots.width;
    const unit = side / 260;
    context.clearRect(0, 0, side, side);
    const regression = trainer.task === "regression";
    const paints = Object.fromEntries(["one", "zero", "paper", "ink"].map((name) => [name, colour(figure.frame, name)]));
    const spot = ([x, y, target], isTest) => {
      const [px, py] = [((x + REACH) / (2 * REACH)) * side, ((REACH - y) / (2 * REACH)) * side];
      const r = (regression ? 2.2 : 3.1) * unit;
      context.beginPath();
      if (target > 0) context.arc(px, py, r, 0, 2 * Math.PI);
      else context.rect(px - r * 0.9, py - r * 0.9, 1.8 * r, 1.8 * r);
      context.globalAlpha = regression ? 0.25 + 0.75 * Math.min(1, Math.abs(target)) : 1;
      context.fillStyle = target > 0 ? paints.one : paints.zero;
      context.strokeStyle = isTest ? paints.ink : paints.paper;
      context.lineWidth = (isTest ? 1.4 : 0.9) * unit;
      context.fill();
      context.stroke();
      context.globalAlpha = 1;
    };
    trainer.points.slice(0, trainer.trainCount).forEach((point) => spot(point, false));
    if (model.get("show_test")) trainer.points.slice(trainer.trainCount).forEach((point) => spot(point, true));
    dots.setAttribute("aria-label", `The output over the plane, and ${trainer.trainCount} training points${model.get("show_test") ? ` and ${trainer.points.length - trainer.trainCount} test points` : ""}.`);
  }
  function drawChart() {
    const { epochs, train, test, penalty: added } = trainer.history;
    const width = Math.max(220, chart.clientWidth || 300);
    const withPenalty = trainer.settings.penalty !== "none";
    const total = train.map((v, i) => v + added[i]);
    const finite = [...train, ...test, ...(withPenalty ? total : [])].filter((v) => Number.isFinite(v) && v < 1e12);
    const logarithmic = model.get("log_loss");
    const scale = logarithmic ? (v) => Math.log10(Math.max(v, 1e-12)) : (v) => v;
    const top = Math.min(Math.max(...finite, 1e-6), 3 * Math.max(finite[0] ?? 1, 0.1));
    const [low, high] = logarithmic ? [Math.min(...finite.map(scale), scale(top) - 1) - 0.1, scale(top) + 0.1] : [0, top * 1.05];
    const powers = Array.from({ length: 30 }, (_, i) => i - 14).filter((p) => p >= low && p <= high && p % Math.ceil((high - low) / 6) === 0);
    const plot = axes({
      width, height: 230, x: [0, Math.max(10, epochs.at(-1))], y: [low, high], xLabel: "epoch", yLabel: logarithmic ? "loss (factors)" : "loss", left: 58,
      yTicks: logarithmic ? powers.map((p) => ({ value: p, text: digits(10 ** p, 1) })) : undefined,
      label: trainer.trainCount === 0 ? "No loss yet: there are no points." : `Loss over ${trainer.epoch} epochs: training ${digits(train.at(-1))}${hasTest() ? `, test ${digits(test.at(-1))}` : ""}.`,
    });
    const curve = (values, attributes) => plot.area.append(path(values.map((v, i) => [plot.x(epochs[i]), Number.isFinite(v) ? plot.y(Math.min(scale(v), high + (high - low))) : NaN]), attributes));
    if (withPenalty) curve(total, { stroke: paint("mark"), "stroke-dasharray": "2 3" });
    curve(test, { stroke: paint("zero"), "stroke-dasharray": "7 4" });
    curve(train, { stroke: paint("one"), "stroke-width": 2.5 });
    const sample = (attributes) => shape("svg", { width: 30, height: 10, viewBox: "0 0 30 10", "aria-hidden": "true" }, shape("line", { x1: 1, x2: 29, y1: 5, y2: 5, "stroke-width": 2.5, ...attributes }));
    const legend = element("p", { class: "figure-legend" },
      element("span", {}, sample({ stroke: paint("one") }), " training"),
      hasTest() ? element("span", {}, sample({ stroke: paint("zero"), "stroke-dasharray": "7 4" }), " test") : null,
      withPenalty ? element("span", {}, sample({ stroke: paint("mark"), "stroke-dasharray": "2 3" }), " training with penalty") : null);
    chart.replaceChildren(plot.svg, legend);
  }
  function showRun() {
    const { train, test, penalty: added } = trainer.losses();
    const parts = [`Epoch ${trainer.epoch}`];
    if (trainer.trainCount === 0) parts.push("there are no points yet");
    else {
      parts.push(`training loss ${digits(train)}`);
      if (hasTest()) parts.push(`test loss ${digits(test)}`);
      if (trainer.settings.penalty !== "none") parts.push(`training loss with penalty ${digits(train + added)}`);
      if (trainer.settings.schedule !== "constant") parts.push(`rate now ${digits(trainer.rate())}`);
    }
    if (playing && performance.now() - speed.time > 800) {
      speed.shown = Math.round(((trainer.epoch - speed.epoch) * 1000) / (performance.now() - speed.time));
      Object.assign(speed, { time: performance.now(), epoch: trainer.epoch });
    }
    if (playing && speed.shown) parts.push(`${speed.shown} epochs a second`);
    else if (!playing && !trainer.failed && trainer.trainCount > 0 && trainer.over) parts.push("it stops here, as you set");
    // Each part keeps its place while the numbers change, and nothing below jumps.
    readout.replaceChildren(...parts.flatMap((part) => [element("span", {}, part), " "]));
    playButton.textContent = playing ? "Pause" : "Play";
    playButton.disabled = !playing && trainer.over;
    stepButton.disabled = trainer.failed || trainer.trainCount === 0;
    message.hidden = !trainer.failed;
    const words = trainer.failed ? explainFailure() : "";
    if (message.textContent !== words) message.replaceChildren(element("p", {}, words));
  }
  function explainFailure() {
    const { epoch, rate } = trainer.failure;
    if (epoch === 0) return "The loss is not a number before the first step: the points, their targets or the weights are so large that the computer cannot write their squares down. Make them smaller.";
    return `At epoch ${epoch} the loss stopped being a number. With learning rate ${rate} each step jumped over the valley and landed higher than before, so the weights grew until the computer could no longer write them down. They are lost: choose a smaller rate, a tenth or less, and press Reset.`;
  }

  // ---------- controls ----------

  const playButton = button("Play", () => (playing ? pause() : play()), { primary: true });
  const stepButton = button("One epoch", stepOnce);
  const resetButton = button("Reset", () => { pause(); restart(); afterChange(); });
  const setters = {};
  const nodes = {};
  const add = (name, control) => { setters[name] = control.set; nodes[name] = control.node; return control.node; };
  const pick = (name, label, options) => add(name, choice({ label, options, value: String(model.get(name)), onInput: (v) => change({ [name]: v }) }));
  const rateOptions = [0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

  const preset = choice({ label: "Preset", options: [["", "choose one"], ...PRESETS.map(({ name }, i) => [String(i), name])], value: "", onInput: (v) => applyPreset(v) });
  function applyPreset(index) {
    if (index === "") { reason.textContent = ""; return; }
    const { why, settings } = PRESETS[Number(index)];
    pause();
    change({ ...structuredClone(DEFAULTS), ...structuredClone(settings) });
    reason.textContent = why;
  }

  const dataGroup = group("Data",
    element("div", { class: "figure-controls" },
      pick("kind", "Points", [...Object.entries(KINDS).map(([key, { name }]) => [key, name]), ["own", "my own"]]),
      add("noise", slider({ label: "Noise", min: 0, max: 50, step: 5, value: model.get("noise"), format: (v) => number(v, 0), onInput: (v) => change({ noise: v }) })),
      add("train_share", slider({ label: "Share for training", min: 10, max: 90, step: 10, value: model.get("train_share"), format: (v) => `${number(v, 0)} %`, onInput: (v) => change({ train_share: v }) })),
      add("batch_size", slider({ label: "Batch size (0: all)", min: 0, max: 30, step: 1, value: model.get("batch_size"), format: (v) => (v === 0 ? "all" : number(v, 0)), onInput: (v) => change({ batch_size: v }) })),
      element("div", { class: "figure-buttons play-seed" },
        add("seed", numberField("Seed", model.get("seed"), (v) => change({ seed: v }))),
        button("New points and weights", () => change({ seed: model.get("seed") + 1 })))));

  view.append(
    add("show_test", checkbox({ label: "Show test points", value: model.get("show_test"), onInput: (v) => { changeView({ show_test: v }); drawDots(); } })),
    add("discretise", checkbox({ label: "Show decisions only", value: model.get("discretise"), onInput: (v) => { changeView({ discretise: v }); show(); } })),
    add("log_loss", checkbox({ label: "Loss on a scale of factors", value: model.get("log_loss"), onInput: (v) => { changeView({ log_loss: v }); show(); } })));

  const featureChecks = Object.entries(FEATURES).map(([key, { name }]) => [key, checkbox({
    label: name, value: model.get("features").includes(key),
    onInput: (on) => {
      const wanted = Object.keys(FEATURES).filter((k) => (k === key ? on : model.get("features").includes(k)));
      if (wanted.length === 0) {
        featureChecks.find(([k]) => k === key)[1].set(true);
        figure.voice.textContent = "A network needs an input: this is the last one.";
        return;
      }
      change({ features: wanted });
    },
  })]);
  const layerList = element("div", { class: "play-layers" });
  const addLayer = button("Add a layer", () => change({ hidden: [...model.get("hidden"), 4], activations: [...model.get("activations"), "tanh"] }));
  const networkGroup = group("Network",
    element("div", { class: "play-features", role: "group", "aria-label": "Inputs" }, featureChecks.map(([, control]) => control.node)),
    layerList, element("div", { class: "figure-buttons" }, addLayer), editor);

  /** One row for each hidden layer. Rows stay while their number stays, so that the keyboard's place is kept. */
  function showLayers() {
    const [hidden, activations] = [model.get("hidden"), model.get("activations")];
    if (layerList.children.length !== hidden.length) {
      showLayers.rows = hidden.map((_, l) => {
        const units = slider({ label: `Units in layer ${l + 1}`, min: 1, max: MOST_UNITS, step: 1, value: hidden[l], format: (v) => number(v, 0), onInput: (v) => change({ hidden: model.get("hidden").with(l, v) }) });
        const kind = choice({ label: `Activation of layer ${l + 1}`, options: ["tanh", "relu", "sigmoid", "linear"].map((k) => [k, k === "relu" ? "ReLU" : k]), value: activations[l], onInput: (v) => change({ activations: model.get("activations").with(l, v) }) });
        const remove = button(`Remove layer ${l + 1}`, () => change({ hidden: model.get("hidden").toSpliced(l, 1), activations: model.get("activations").toSpliced(l, 1) }));
        return { units, kind, node: element("div", { class: "play-layer" }, units.node, kind.node, remove) };
      });
      layerList.replaceChildren(...showLayers.rows.map((row) => row.node));
    }
    showLayers.rows?.forEach(({ units, kind }, l) => { units.set(hidden[l]); kind.set(activations[l]); });
    addLayer.disabled = hidden.length >= MOST_LAYERS;
  }

  const trainingGroup = group("Training",
    element("div", { class: "figure-controls" },
      add("learning_rate", steppedSlider({ label: "Learning rate", values: rateOptions, value: model.get("learning_rate"), onInput: (v) => change({ learning_rate: v }) })),
      pick("optimiser", "Step rule", [["sgd", "gradient descent"], ["momentum", "momentum"], ["adam", "Adam"]]),
      pick("schedule", "Learning-rate schedule", [["constant", "constant"], ["halving", "halved every … epochs"], ["inverse", "one over time"], ["cosine", "cosine, to zero after … epochs"]]),
      add("period", slider({ label: "Epochs of the schedule", min: 10, max: 1000, step: 10, value: model.get("period"), format: (v) => number(v, 0), onInput: (v) => change({ period: v }) })),
      pick("loss", "Loss", [["squared", "squared error"], ["cross_entropy", "cross-entropy"]]),
      pick("initialiser", "First weights", [["glorot", "Glorot"], ["he", "He"], ["small", "very small"], ["large", "large"], ["zeros", "all zero"]]),
      pick("penalty", "Penalty on weights", [["none", "none"], ["l1", "L1: their sizes"], ["l2", "L2: their squares"]]),
      add("penalty_rate", steppedSlider({ label: "Price of the penalty", values: [0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10], value: model.get("penalty_rate"), onInput: (v) => change({ penalty_rate: v }) })),
      add("momentum", slider({ label: "Momentum", min: 0, max: 0.95, step: 0.05, value: model.get("momentum"), onInput: (v) => change({ momentum: v }) })),
      add("speed", choice({ label: "Speed", options: Object.entries(SPEEDS).map(([key, { name }]) => [key, name]), value: model.get("speed"), onInput: (v) => { changeView({ speed: v }); if (playing) startClock(); } })),
      add("stop_at", numberField("Stop at epoch (0: never)", model.get("stop_at"), (v) => change({ stop_at: v })))));

  // ---------- the reader's own data ----------

  const pasted = element("textarea", { rows: 5, "aria-label": "Your points: x1, x2 and target in each line", placeholder: "1.5, -2, 1\n-3, 0.5, -1" });
  const ownMessage = element("p", { class: "play-hint", role: "status" });
  const drawChoice = choice({
    label: "Pointer on the map", options: [["0", "does nothing"], ["1", "adds points of class 1 (blue)"], ["-1", "adds points of class −1 (orange)"]], value: "0",
    onInput: (v) => { drawing = Number(v); output.classList.toggle("drawing", drawing !== 0); },
  });
  // A press draws a point, a drag a trail of them.
  let lastDrawn = null;
  const drawAt = (event) => {
    const box = dots.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * 2 * REACH - REACH;
    const y = REACH - ((event.clientY - box.top) / box.height) * 2 * REACH;
    if (Math.max(Math.abs(x), Math.abs(y)) > REACH || (lastDrawn && Math.hypot(x - lastDrawn[0], y - lastDrawn[1]) < 0.6)) return;
    lastDrawn = [x, y];
    addOwn([[Number(x.toFixed(2)), Number(y.toFixed(2)), drawing]]);
  };
  dots.addEventListener("pointerdown", (event) => {
    if (!drawing || event.button !== 0) return;
    dots.setPointerCapture(event.pointerId);
    lastDrawn = null;
    drawAt(event);
  });
  dots.addEventListener("pointermove", (event) => { if (lastDrawn) drawAt(event); });
  for (const end of ["pointerup", "pointercancel"]) dots.addEventListener(end, () => { lastDrawn = null; });
  function addOwn(points) {
    const before = model.get("kind") === "own" ? model.get("own") : [];
    change({ own: [...before, ...points], kind: "own" });
    sayOwn();
  }
  function sayOwn() {
    const own = model.get("own");
    const outside = own.filter(([x, y]) => Math.max(Math.abs(x), Math.abs(y)) > REACH).length;
    const words = [`You have ${own.length} ${own.length === 1 ? "point" : "points"}.`];
    if (outside) words.push(`${outside} of them ${outside === 1 ? "lies" : "lie"} outside the map, which ends at −6 and 6: divide your numbers until they fit.`);
    if (own.length > MOST_IN_ADDRESS) words.push("They are too many for the page's address: keep them elsewhere too.");
    ownMessage.textContent = words.join(" ");
  }
  function usePasted() {
    const { points, problem } = readPoints(pasted.value);
    if (problem) { ownMessage.textContent = problem; return; }
    change({ own: points, kind: "own", train_share: points.length < 20 ? 90 : model.get("train_share") });
    sayOwn();
  }
  const ownGroup = element("details", { class: "play-details" }, element("summary", {}, "Your own data"),
    element("p", {}, "Draw on the map with the pointer, or paste lines of three numbers: x₁, x₂ (from −6 to 6) and a target. Targets of 1 and −1 (or 1 and 0) are classes, other numbers are heights."),
    drawChoice.node, pasted,
    element("div", { class: "figure-buttons" }, button("Use these points", usePasted), button("Remove my points", () => { change({ own: [], kind: "own" }); ownMessage.textContent = "Your points are removed."; })), ownMessage);

  // ---------- taking it away ----------

  const code = element("textarea", { rows: 10, readonly: true, "aria-label": "Python code", spellcheck: "false" });
  const engine = choice({ label: "Code for", options: Object.entries(ENGINES), value: "course_lib", onInput: () => { code.value = ""; } });
  const copied = element("span", { role: "status" });
  function writeCode() {
    if (trainer.trainCount === 0) {
      copied.textContent = "There are no points to train on yet.";
      return;
    }
    code.value = exportCode(trainer, engine.input.value, Math.max(1, trainer.epoch || 100));
    copied.textContent = trainer.touched ? TOUCHED : "";
  }
  function copyCode() {
    if (code.value === "") writeCode();
    if (code.value === "") return;
    const select = () => { code.select(); copied.textContent = "Press Ctrl+C to copy."; };
    if (!navigator.clipboard) select();
    else navigator.clipboard.writeText(code.value).then(() => { copied.textContent = "Copied."; }, select);
  }
  const exportGroup = element("details", { class: "play-details" }, element("summary", {}, "Take it with you"),
    element("p", {}, "A program with the data, the first weights and the order of the batches in it. It repeats this curve, epoch by epoch."),
    engine.node,
    element("div", { class: "figure-buttons" },
      button("Write the code", () => { writeCode(); code.focus(); }), button("Copy", copyCode), copied),
    code);

  function showControls() {
    for (const name of [...SETTING_NAMES, ...Object.keys(VIEW)]) setters[name]?.(model.get(name));
    for (const [key, control] of featureChecks) control.set(model.get("features").includes(key));
    showLayers();
    // Any control but the preset's own makes the settings no longer that preset.
    const settings = readSettings();
    const index = PRESETS.findIndex(({ settings: s }) => Object.entries({ ...DEFAULTS, ...s }).every(([name, value]) => JSON.stringify(settings[name]) === JSON.stringify(value)));
    preset.set(index < 0 ? "" : String(index));
    reason.textContent = index < 0 ? "" : PRESETS[index].why;
    setters.loss(trainer.loss);
    // What has no effect now is out of the way.
    const hidden = new Set([...(fromUrl?.hide ?? []), ...model.get("hide")]);
    const idle = { momentum: settings.optimiser !== "momentum", period: settings.schedule === "constant", penalty_rate: settings.penalty === "none", loss: trainer.task === "regression" };
    for (const [name, node] of Object.entries(groups)) node.hidden = hidden.has(name) || idle[name] === true;
  }

  const groups = { ...nodes, play: playButton, step: stepButton, reset: resetButton, features: networkGroup.querySelector(".play-features"), layers: layerList, editor, data: dataGroup, network: networkGroup, training: trainingGroup, own: ownGroup, export: exportGroup, preset: preset.node, view };
  figure.stage.before(element("div", { class: "play-top" }, preset.node, element("div", { class: "figure-buttons" }, playButton, stepButton, resetButton)), reason, readout, message);
  figure.controls.classList.add("play-controls");
  figure.controls.append(dataGroup, networkGroup, trainingGroup, ownGroup, exportGroup);

  // ---------- Python ----------

  const listeners = [...SETTING_NAMES, ...Object.keys(VIEW), "hide"].map((name) => {
    const listener = () => {
      if (mine) return;
      if (LIVE.has(name)) {
        trainer.settings[name] = model.get(name);
        if (trainer.epoch > 0 && name !== "stop_at") trainer.touched = true;
      }
      later();
    };
    model.on(`change:${name}`, listener);
    return [name, listener];
  });
  RUN_NAMES.forEach((name) => {
    const listener = () => {
      if (mine) return;
      later.run = true;
      later();
    };
    model.on(`change:${name}`, listener);
    listeners.push([name, listener]);
  });
  /** Python often changes several traits at once; take them up together. */
  function later() {
    if (later.pending) return;
    later.pending = true;
    queueMicrotask(() => {
      later.pending = false;
      if (!el.isConnected) return;
      const settings = readSettings();
      const reset = model.get("parameters").length === 0 && trainer.epoch > 0;
      const fresh = reset || SETTING_NAMES.some((name) => !LIVE.has(name) && JSON.stringify(settings[name]) !== JSON.stringify(trainer.settings[name]));
      if (fresh) startTrainer();
      if ((fresh || later.run) && model.get("parameters").length) {
        if (!fresh && trainer.epoch > 0 && trainer.epoch === model.get("epoch")) trainer.touched = true; // other weights in the midst of the run
        trainer.restore(Object.fromEntries(RUN_NAMES.map((name) => [name, model.get(name)])));
        if (playing) startClock();
      }
      later.run = false;
      code.value = copied.textContent = "";
      showControls();
      drawDots();
      show();
      if (!playing) speak();
    });
  }

  if (ownsAddress) addEventListener("hashchange", followAddress);
  build();
  showControls();
  figure.redraw(false);
  return () => {
    playing = false;
    removeEventListener("hashchange", followAddress);
    turns.port1.close();
    for (const [name, listener] of listeners) model.off(`change:${name}`, listener);
    figure.close();
  };
}

const TOUCHED = "You changed weights or settings after the start. The code repeats a run with these settings from the start; press Reset to see its curve here.";

/** A labelled field for a whole number from 0 on. */
function numberField(label, value, onInput) {
  const id = identifier();
  const input = element("input", { type: "number", id, min: 0, step: 1, value });
  let last = value;
  input.addEventListener("change", () => {
    const v = Number(input.value);
    if (input.value !== "" && Number.isInteger(v) && v >= 0 && v <= 1e9) onInput(v);
    else input.value = last;
  });
  return { node: element("div", { class: "figure-choice" }, element("label", { for: id }, label), input), input, set: (v) => { last = v; input.value = v; } };
}

/** Read pasted lines of three numbers; says which line is wrong. */
function readPoints(text) {
  const points = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const values = line.trim().split(/[\s,;]+/).map(Number);
    if (values.length !== 3 || !values.every(Number.isFinite)) return { problem: `Line ${i + 1} is not three numbers: “${line.trim().slice(0, 40)}”. Nothing was changed.` };
    points.push(values);
  }
  if (points.length === 0) return { problem: "There are no points in the field." };
  // Classes may be written 0 and 1; the network knows them as -1 and 1.
  const classes = points.every((point) => point[2] === 0 || point[2] === 1);
  return { points: classes ? points.map(([x, y, t]) => [x, y, t === 1 ? 1 : -1]) : points };
}

// ---------- the page's address ----------

const MOST_IN_ADDRESS = 200; // own points

/** Settings and view as text; what is as usual is left out. */
function settingsToText(settings, view = {}) {
  const all = { ...settings, ...view };
  const parts = Object.entries({ ...DEFAULTS, ...VIEW }).filter(([name, value]) => name in all && JSON.stringify(all[name]) !== JSON.stringify(value)).map(([name]) => `${name}=${encodeURIComponent([all[name]].flat().join(","))}`);
  if (settings.kind === "own" && settings.own.length <= MOST_IN_ADDRESS) parts.push(`own=${encodeURIComponent(settings.own.map((point) => point.join(",")).join(";"))}`);
  return parts.join("&");
}

/** Settings from such text; what is unknown or wrong in it is left out. */
function settingsFromText(text) {
  const settings = structuredClone(DEFAULTS);
  const found = new URLSearchParams(text);
  const allowed = {
    __proto__: null, // so that nobody's "constructor" is found among the names
    kind: [...Object.keys(KINDS), "own"], loss: Object.keys(LOSSES), optimiser: ["sgd", "momentum", "adam"],
    schedule: Object.keys(SCHEDULES), penalty: ["none", "l1", "l2"], initialiser: Object.keys(INITIALISERS),
  };
  const bounds = { __proto__: null, noise: [0, 50], train_share: [1, 100], seed: [0, 1e9], momentum: [0, 1], learning_rate: [0, 1e3], period: [1, 1e6], penalty_rate: [0, 1e3], batch_size: [0, 1e6], stop_at: [0, 1e9] };
  const whole = new Set(["seed", "period", "batch_size", "stop_at"]);
  for (const [name, value] of found) {
    if (allowed[name]?.includes(value)) settings[name] = value;
    else if (bounds[name] && value !== "" && Number(value) >= bounds[name][0] && Number(value) <= bounds[name][1] && (!whole.has(name) || Number.isInteger(Number(value)))) settings[name] = Number(value);
  }
  const list = (name) => (found.get(name) ?? "").split(",").filter(Boolean);
  if (found.has("features")) {
    const known = Object.keys(FEATURES).filter((name) => list("features").includes(name));
    if (known.length) settings.features = known;
  }
  if (found.has("hidden")) settings.hidden = list("hidden").map(Number).filter((n) => Number.isInteger(n) && n >= 1 && n <= 2 * MOST_UNITS).slice(0, 2 * MOST_LAYERS);
  const kinds = found.has("activations") ? list("activations") : settings.activations;
  settings.activations = settings.hidden.map((_, l) => (Object.hasOwn(ACTIVATIONS, kinds[l] ?? "") ? kinds[l] : "tanh"));
  const own = (found.get("own") ?? "").split(";").filter(Boolean).map((point) => point.split(",").map(Number));
  settings.own = own.length <= MOST_IN_ADDRESS && own.every((point) => point.length === 3 && point.every(Number.isFinite)) ? own : [];
  const view = { ...VIEW, speed: Object.hasOwn(SPEEDS, found.get("speed") ?? "") ? found.get("speed") : VIEW.speed };
  for (const name of ["show_test", "discretise", "log_loss"]) view[name] = found.get(name) === "true";
  return { settings, view, hide: list("hide") };
}

const URL_MARK = "#playground&";

function settingsFromUrl() {
  return location.hash.startsWith(URL_MARK) ? settingsFromText(location.hash.slice(URL_MARK.length)) : null;
}

function writeUrl(settings, view) {
  const hide = location.hash.startsWith(URL_MARK) ? new URLSearchParams(location.hash.slice(URL_MARK.length)).get("hide") : null;
  history.replaceState(null, "", `${URL_MARK}${settingsToText(settings, view)}${hide ? `&hide=${encodeURIComponent(hide)}` : ""}`);
}

// ---------- for tests: everything that is computed, without the page ----------

/** Losses before training and after each of so many epochs. */
function trainingCurve(settings, epochs) {
  const trainer = new Trainer(structuredClone(settings));
  trainer.trainEpochs(epochs);
  return { ...trainer.save(), start: [...trainer.start], points: trainer.points, trainCount: trainer.trainCount };
}

function codeOf(settings, engine, epochs) {
  return exportCode(new Trainer(structuredClone(settings)), engine, epochs);
}

const presets = () => PRESETS.map(({ name, why, settings }) => ({ name, why, settings: { own: [], ...structuredClone(DEFAULTS), ...structuredClone(settings) } }));

export default { render, trainingCurve, codeOf, presets, settingsToText, settingsFromText, readPoints };
