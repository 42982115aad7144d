// @ts-check
// The toolkit that all figures share: elements, controls, axes, colours.
// It is joined in front of a figure's own file, so that each figure is one module without imports.

// ---------- elements ----------

/** Make an HTML element: element("p", { class: "soft" }, "some text", anotherElement). */
export function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** Make an SVG element: shape("circle", { cx: 10, cy: 10, r: 4 }). */
export function shape(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

// In JupyterLab a key pressed on a control would otherwise also go to the notebook: an arrow would select another
// cell and `d d` would delete one. It looks for the attribute on the element itself.
const takesKeys = (node, attributes) =>
  "tabindex" in attributes || /^(input|select|textarea|button|summary)$/i.test(node.tagName);

export function fill(node, attributes, children) {
  if (takesKeys(node, attributes)) node.setAttribute("data-lm-suppress-shortcuts", "true");
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return node;
}

let lastIdentifier = 0;
/** An id that no other element on the page has: labels and controls find each other by it. */
export function identifier() {
  lastIdentifier += 1;
  return `figure-${lastIdentifier}-${Math.random().toString(36).slice(2, 8)}`;
}

// ---------- numbers as people read them ----------

/** Write a number with a fixed count of decimals and a real minus sign. */
export function number(value, decimals = 2) {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "infinity" : "−infinity";
  if (Math.abs(value) >= 1e6) return value.toExponential(decimals).replace("-", "−").replace("e+", "e");
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/** Write a number with a fixed count of significant digits. */
export function digits(value, count = 3) {
  if (!Number.isFinite(value) || value === 0) return number(value, 0);
  const size = Math.floor(Math.log10(Math.abs(value)));
  if (size < -4 || size > 5)
    return value
      .toExponential(count - 1)
      .replaceAll("-", "−")
      .replace("e+", "e");
  return number(value, Math.max(0, count - 1 - size));
}

/** A whole number, as sliders that count write it. */
export const whole = (value) => number(value, 0);

// ---------- controls: the browser's own, so that keyboard and screen reader work ----------

/** A labelled slider. `format` says how the value reads; `set` moves it without an event. */
export function slider({ label, min, max, step, value, format = (v) => number(v), onInput }) {
  const id = identifier();
  const input = element("input", { type: "range", id, min, max, step });
  const output = element("output", { for: id });
  const set = (v) => {
    // A value that Python set may lie beyond the slider's ends: widen it rather than show another value.
    if (v < Number(input.min)) input.min = v;
    if (v > Number(input.max)) input.max = v;
    if (Number(input.value) !== v) {
      input.step = step;
      input.value = v;
      if (Math.abs(Number(input.value) - v) > 1e-9) {
        input.step = "any";
        input.value = v;
      }
    }
    output.textContent = format(v);
    input.setAttribute("aria-valuetext", format(v));
  };
  input.addEventListener("input", () => {
    const v = Number(input.value);
    output.textContent = format(v);
    input.setAttribute("aria-valuetext", format(v));
    onInput(v);
  });
  set(value);
  return {
    node: element("div", { class: "figure-slider" }, element("label", { for: id }, label), output, input),
    input,
    set,
  };
}

/** A slider over a list of values, such as learning rates that grow by factors. */
export function steppedSlider({ label, values, value, format = (v) => String(v), onInput }) {
  const nearest = (v) => values.reduce((best, x, i) => (Math.abs(x - v) < Math.abs(values[best] - v) ? i : best), 0);
  let shown = value;
  const say = (index) => format(nearest(shown) === index ? shown : values[index]);
  const control = slider({
    label,
    min: 0,
    max: values.length - 1,
    step: 1,
    value: nearest(value),
    format: say,
    onInput: (index) => {
      shown = values[index];
      control.set(index);
      onInput(shown);
    },
  });
  return {
    ...control,
    set: (v) => {
      shown = v;
      control.set(nearest(v));
    },
  };
}

/** A labelled check box. */
export function checkbox({ label, value, onInput }) {
  const input = element("input", { type: "checkbox" });
  input.checked = value;
  input.addEventListener("change", () => onInput(input.checked));
  return {
    node: element("label", { class: "figure-check" }, input, element("span", {}, label)),
    input,
    set: (v) => {
      input.checked = v;
    },
  };
}

/** A labelled choice of one among several: options are [value, text] pairs. */
export function choice({ label, options, value, onInput }) {
  const id = identifier();
  const select = element(
    "select",
    { id },
    options.map(([v, text]) => element("option", { value: v }, text)),
  );
  select.value = value;
  select.addEventListener("change", () => onInput(select.value));
  return {
    node: element("div", { class: "figure-choice" }, element("label", { for: id }, label), select),
    input: select,
    set: (v) => {
      select.value = v;
    },
  };
}

/** A button; `primary` marks the one that most readers want. */
export function button(label, onClick, { primary = false } = {}) {
  return element("button", { type: "button", class: primary ? "primary" : undefined, onclick: onClick }, label);
}

/** A row of buttons. */
export function buttons(...nodes) {
  return element("div", { class: "figure-buttons" }, ...nodes);
}

/** A named group of controls. */
export function group(legend, ...children) {
  return element("fieldset", { class: "figure-group" }, element("legend", {}, legend), ...children);
}

// ---------- the frame of a figure ----------

/** True if the reader asked the system for less motion. */
export function prefersStill() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Call `redraw` whenever the page or the system takes on another theme. Returns a function that stops. */
function followTheme(redraw) {
  const themed = new MutationObserver((changes) => {
    if (
      changes.some(
        ({ target, attributeName, oldValue }) =>
          /** @type {Element} */ (target).getAttribute(attributeName) !== oldValue,
      )
    )
      redraw();
  });
  themed.observe(document.documentElement, {
    attributeOldValue: true,
    attributeFilter: ["data-theme", "theme", "class"],
  });
  themed.observe(document.body, { attributeOldValue: true, attributeFilter: ["data-jp-theme-light", "class"] });
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", redraw);
  return () => {
    themed.disconnect();
    scheme.removeEventListener("change", redraw);
  };
}

/** Hide the picture that a notebook keeps before this figure for the days on which the figure is not alive. */
function hideStillPicture(el) {
  for (let place = el; place?.parentElement; place = place.parentElement) {
    const before = place.previousElementSibling;
    const picture = before?.matches(".course-still-picture") ? before : before?.querySelector(".course-still-picture");
    if (picture) {
      /** @type {HTMLElement} */ (picture).style.display = "none";
      return;
    }
    // Beyond all outputs of one cell, in Jupyter and in VS Code, stand those of other cells.
    if (place.parentElement.matches(".jp-OutputArea, .cell_container")) return;
  }
}

/** Write `lines` below a picture, the first sentence strong, and return what a voice says of it. */
function write(result, stage, { lines, mood = "", said = undefined }) {
  const sentences = lines.filter((line) => typeof line === "string" && line !== "");
  const written = (line) => element("p", {}, line === sentences[0] ? element("strong", {}, line) : line);
  if (!result.isConnected) stage.after(result);
  result.className = `figure-result ${mood}`;
  result.replaceChildren(...lines.filter(Boolean).map((line) => (line instanceof Element ? line : written(line))));
  return said ?? sentences.join(" ");
}

/** @type {(value: any, now?: any) => any} */
const asItIs = (value) => value;
/** For `figure.control`: the control shows one item of a trait that is a list. */
export const item = (i) => ({ show: (list) => list[i], take: (value, list) => list.with(i, value) });

/** What binds a figure to its traits, until it is released. */
function bind(model) {
  const endings = [];
  /** Change traits and tell Python. */
  const set = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  /** Tell `setter` the trait's value whenever Python or the page changes it, until the figure is closed. */
  const follow = (name, setter) => {
    const listener = () => setter(model.get(name));
    model.on(`change:${name}`, listener);
    endings.push(() => model.off(`change:${name}`, listener));
  };
  /**
   * Make a control of the trait `name`, for example control("degree", slider, { label, min, max, step }), and keep
   * the two equal. `show` makes the control's value from the trait's, `take` the trait's from the control's.
   */
  const control = (name, make, options, { show = asItIs, take = asItIs } = {}) => {
    const onInput = (value) => set({ [name]: take(value, model.get(name)) });
    const made = make({ value: show(model.get(name)), onInput, ...options });
    follow(name, (value) => made.set(show(value)));
    return made.node;
  };
  /** A play button that rests when the figure is closed. */
  const play = (options) => {
    const made = player(options);
    endings.push(made.stop);
    return made;
  };
  const release = () => endings.forEach((end) => end());
  return { set, follow, control, play, release };
}

/**
 * Build what every figure has: a title, a stage for the picture, a place for controls, a voice for
 * screen readers. `draw(stage, width, state)` runs from `begin` on, whenever a trait, the width or the theme
 * changes. It returns what the figure shows, in words: `{ lines, mood, said }`, lines to be written below the picture
 * and what a voice says if not their sentences; or only what it says. That is announced once changes rest.
 */
export function createFigure({ model, el, title, traits, draw, wide = false }) {
  el.classList.add("course-figure");
  hideStillPicture(el);
  const stage = element("div", { class: "figure-stage" });
  const controls = element("div", { class: "figure-controls" });
  const voice = element("div", { class: "figure-voice", "aria-live": "polite", role: "status" });
  const frame = element(
    "section",
    { class: wide ? "figure-frame wide" : "figure-frame", "aria-label": title },
    element("p", { class: "figure-title" }, title),
    stage,
    controls,
    voice,
  );
  el.replaceChildren(frame);

  const result = element("div", { class: "figure-result" });
  const read = () => traitsOf(model, traits);
  const bound = bind(model);
  let pending = false;
  let timer = 0;
  let closed = false;
  const redraw = (speak = true) => {
    pending = false;
    if (closed) return;
    const told = draw(stage, Math.max(260, stage.clientWidth || 640), read());
    const sentence = typeof told === "object" ? write(result, stage, told) : told;
    hold();
    if (!speak || !sentence) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (voice.textContent !== sentence) voice.textContent = sentence;
    }, 700);
  };
  // A result that was once tall stays tall: controls below do not jump from under the reader's finger.
  const results = () => frame.querySelectorAll(":scope > .figure-result");
  const hold = () =>
    results().forEach((result) => {
      result.style.minHeight = `${Math.max(parseFloat(result.style.minHeight) || 0, result.offsetHeight)}px`;
    });
  // Several traits often change together; they are drawn once.
  const changed = () => {
    if (pending) return;
    pending = true;
    queueMicrotask(redraw);
  };
  for (const name of traits) model.on(`change:${name}`, changed);

  let width = 0;
  const resized = new ResizeObserver(() => {
    if (Math.abs(stage.clientWidth - width) < 1) return;
    width = stage.clientWidth;
    results().forEach((result) => {
      result.style.minHeight = "";
    });
    redraw(false);
  });
  resized.observe(stage);
  const forgetTheme = followTheme(() => redraw(false));

  const close = () => {
    closed = true;
    clearTimeout(timer);
    resized.disconnect();
    forgetTheme();
    for (const name of traits) model.off(`change:${name}`, changed);
    bound.release();
  };
  /** Draw for the first time, and return what closes the figure. */
  const begin = () => {
    redraw(false);
    return close;
  };
  return { frame, stage, controls, voice, read, redraw, changed, begin, close, ...bound };
}

/** The buttons that walk the trait `steps` up to `most`: one step, play, back to the start. */
export function stepButtons(figure, most, rate) {
  const advance = () => {
    const { steps } = figure.read();
    if (steps >= most) return false;
    figure.set({ steps: steps + 1 });
    return true;
  };
  const play = figure.play({ step: advance, rate });
  const back = button("Back to the start", () => {
    play.stop();
    figure.set({ steps: 0 });
  });
  return buttons(button("One step", advance), play.node, back);
}

/** Put pictures beside each other, or below where there is no room; each is a function of its width. */
export function showBeside(stage, width, ...pictures) {
  const half = width > 640 ? (width - 12) / 2 : width;
  stage.replaceChildren(element("div", { class: "figure-pair" }, ...pictures.map((draw) => draw(half))));
}

/** A picture with the words that explain its signs. */
export function withLegend(picture, ...signs) {
  const words = signs.filter(Boolean).map((sign) => element("span", {}, sign));
  return element("div", {}, picture, element("p", { class: "figure-legend" }, ...words));
}

/** Read one of the figure's colours, e.g. colour(stage, "one"); a canvas cannot use the name itself. */
export function colour(node, name) {
  return getComputedStyle(node).getPropertyValue(`--figure-${name}`).trim();
}

/** The same colour as a style that SVG shapes can use. */
export function paint(name) {
  return `var(--figure-${name})`;
}

// ---------- axes ----------

/** Round values for the ticks of an axis, about `count` of them. */
export function ticks(low, high, count = 5) {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const value = (first + i) * step;
    return { value, text: number(value, decimals) };
  });
}

/** A model's traits by their names. @returns {any} */
export function traitsOf(model, names) {
  return Object.fromEntries(names.map((name) => [name, model.get(name)]));
}

/**
 * A plot with two labelled axes. `x` and `y` turn values into places on the picture, `unX` and `unY`
 * turn places into values; draw into `area`, which hides what lies outside the axes.
 * @param {{ width: number, height: number, x: number[], y: number[], xLabel: string, yLabel: string,
 *   label: string, xTicks?: { value: number, text: string }[], yTicks?: { value: number, text: string }[],
 *   left?: number, right?: number, top?: number, bottom?: number }} options
 */
export function axes({
  width,
  height,
  x: [xLow, xHigh],
  y: [yLow, yHigh],
  xLabel,
  yLabel,
  label,
  xTicks,
  yTicks,
  left = 48,
  right = 12,
  top = 12,
  bottom = 44,
}) {
  const x = (value) => left + ((value - xLow) / (xHigh - xLow)) * (width - left - right);
  const y = (value) => height - bottom - ((value - yLow) / (yHigh - yLow)) * (height - top - bottom);
  const unX = (place) => xLow + ((place - left) / (width - left - right)) * (xHigh - xLow);
  const unY = (place) => yLow + ((height - bottom - place) / (height - top - bottom)) * (yHigh - yLow);
  const clip = identifier();
  const svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  svg.append(
    shape(
      "clipPath",
      { id: clip },
      shape("rect", { x: left, y: top, width: width - left - right, height: height - top - bottom }),
    ),
  );
  for (const tick of xTicks ?? ticks(xLow, xHigh, Math.max(3, width / 110))) {
    svg.append(
      shape("line", { x1: x(tick.value), x2: x(tick.value), y1: top, y2: height - bottom, stroke: paint("line") }),
    );
    svg.append(
      shape(
        "text",
        { x: x(tick.value), y: height - bottom + 17, "text-anchor": "middle", class: "soft number" },
        tick.text,
      ),
    );
  }
  for (const tick of yTicks ?? ticks(yLow, yHigh, Math.max(3, height / 70))) {
    svg.append(
      shape("line", { x1: left, x2: width - right, y1: y(tick.value), y2: y(tick.value), stroke: paint("line") }),
    );
    svg.append(
      shape("text", { x: left - 7, y: y(tick.value) + 4, "text-anchor": "end", class: "soft number" }, tick.text),
    );
  }
  const middle = (top + height - bottom) / 2;
  svg.append(shape("text", { x: (left + width - right) / 2, y: height - 8, "text-anchor": "middle" }, xLabel));
  svg.append(
    shape("text", { x: 13, y: middle, "text-anchor": "middle", transform: `rotate(-90 13 ${middle})` }, yLabel),
  );
  const area = shape("g", { "clip-path": `url(#${clip})` });
  svg.append(area);
  return { svg, area, x, y, unX, unY, left, right, top, bottom, width, height };
}

/** An SVG path through points, broken where a value is not finite. */
export function path(points, attributes = {}) {
  let pen = "M";
  let d = "";
  for (const [px, py] of points) {
    if (!Number.isFinite(px) || !Number.isFinite(py)) {
      pen = "M";
      continue;
    }
    d += `${pen}${px.toFixed(2)} ${py.toFixed(2)}`;
    pen = "L";
  }
  return shape("path", { d, fill: "none", stroke: paint("ink"), "stroke-width": 2, ...attributes });
}

/** A data point: class 1 is a filled blue disc, class 0 an open orange square, so that shape tells them apart too. */
export function dataPoint(px, py, target, size = 4.5, attributes = {}) {
  return target
    ? shape("circle", {
        cx: px,
        cy: py,
        r: size,
        fill: paint("one"),
        stroke: paint("paper"),
        "stroke-width": 1,
        ...attributes,
      })
    : shape("rect", {
        x: px - size * 0.85,
        y: py - size * 0.85,
        width: size * 1.7,
        height: size * 1.7,
        fill: paint("paper"),
        stroke: paint("zero"),
        "stroke-width": 2,
        ...attributes,
      });
}

/** A data point as a legend shows it. */
export function legendPoint(target) {
  return shape("svg", { width: 14, height: 14, "aria-hidden": "true" }, dataPoint(7, 7, target, 5));
}

/** The disc that marks where one stands in a plot. */
export function standpoint(cx, cy, fill = "one", attributes = {}) {
  const edge = { stroke: paint("paper"), "stroke-width": 1.5 };
  return shape("circle", { cx, cy, r: 6.5, fill: paint(fill), ...edge, ...attributes });
}

// ---------- motion ----------

/**
 * A play button that calls `step` some times a second until it is pressed again or `step` returns false.
 * A reader who asked for less motion gets the same steps, at most two a second.
 * @param {{ label?: string, pause?: string, step: () => any, rate?: number,
 *   onChange?: (playing: boolean) => void }} options
 */
export function player({ label = "Play", pause = "Pause", step, rate = 8, onChange = () => {} }) {
  let timer = 0;
  const node = button(label, () => (timer ? stop() : start()), { primary: true });
  function stop() {
    clearInterval(timer);
    timer = 0;
    node.textContent = label;
    onChange(false);
  }
  function start() {
    node.textContent = pause;
    timer = setInterval(
      () => {
        if (step() === false) stop();
      },
      1000 / (prefersStill() ? Math.min(2, rate) : rate),
    );
    onChange(true);
  }
  return {
    node,
    stop,
    start,
    get playing() {
      return timer !== 0;
    },
  };
}

/**
 * Call `onMove(x, y)` in the picture's own coordinates while the reader drags on it. Each move may draw
 * another picture in this one's place, so where it lies is measured once, when the drag begins.
 * @param {SVGSVGElement} svg
 * @param {(x: number, y: number) => void} onMove
 * @param {{ onStart?: (x: number, y: number) => void, onEnd?: () => void }} [more]
 */
export function draggable(svg, onMove, { onStart = () => {}, onEnd = () => {} } = {}) {
  svg.style.touchAction = "none";
  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    const box = svg.getBoundingClientRect();
    const { width, height } = svg.viewBox.baseVal;
    /** @returns {[number, number]} */
    const place = (e) => [((e.clientX - box.left) * width) / box.width, ((e.clientY - box.top) * height) / box.height];
    onStart(...place(event));
    onMove(...place(event));
    const move = (e) => {
      if (e.pointerId === event.pointerId) onMove(...place(e));
    };
    const up = (e) => {
      if (e.pointerId !== event.pointerId) return;
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", up);
      removeEventListener("pointercancel", up);
      onEnd();
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
    addEventListener("pointercancel", up);
  });
}

// ---------- chance that can be repeated ----------

/** A random generator (mulberry32): the same seed gives the same numbers in [0, 1) on every machine. */
export function randomGenerator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Normal random numbers from uniform ones, by the method of Box and Muller. */
export function normalNumber(random) {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}
