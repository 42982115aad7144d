// @ts-check
// A chapter made live: its cells become editors that run from top to bottom in one session.

import { makeEditor } from "./editor.js";
import { button, make } from "./elements.js";
import { Place } from "./place.js";
import { Python, runScript } from "./python.js";
import { keep, kept } from "./store.js";

/** @typedef {{ code: string, printed: string, live: boolean }} Given what stays as it is runs too, and shows nothing */
/** @typedef {{ name: string, cells: Given[] }} ChapterGiven */

/** @type {any} */
const course = /** @type {any} */ (globalThis).courseLive;
const NO_LIMIT = 0; // "Stop" ends what takes too long; watching the seconds would make training several times slower
const HELP = "Escape, then Tab leaves the editor. Shift and Enter runs what is above, and this cell.";
const HELP_ID = "live-help";
const squeezed = (/** @type {string} */ text) => text.replace(/\s+/g, " ").trim();

/** One cell of the page. */
class LiveCell extends Place {
  /**
   * @param {Given} given
   * @param {number} number
   * @param {HTMLElement} element
   * @param {Chapter} chapter
   */
  constructor(given, number, element, chapter) {
    super(chapter.python, (state) => chapter.busy(this, state));
    this.given = given;
    this.number = number;
    this.chapter = chapter;
    /** @type {ReturnType<typeof makeEditor> | null} */
    this.editor = null;
    this.run = () => {
      if (!chapter.isBusy) this.alone(() => chapter.runTo(this));
    };
    this.runner = button("Run", this.run, "live-first");
    this.before = /** @type {HTMLElement | null} */ (element.querySelector(".cell_output"));
    this.isMoved = false; // whether a control was moved and is not answered yet
    this.followUp = () => {};
    if (given.live) this.build(element);
    else this.wake(element);
  }

  /**
   * Let the controls of a cell call its function.
   * @param {HTMLElement} element
   */
  wake(element) {
    element.append(this.state, this.verdict); // for what an edited cell above it breaks here
    const controls = element.querySelector(".widget-controls");
    if (!controls) return;
    controls.setAttribute("aria-label", "Controls");
    controls.querySelector(".widget-note")?.replaceWith(this.stopButton);
    /** @type {NodeListOf<HTMLInputElement>} */
    const inputs = controls.querySelectorAll("input, select");
    for (const input of inputs) {
      input.disabled = false;
      input.addEventListener("input", () => {
        const readout = input.parentElement?.querySelector(".widget-readout");
        if (readout) readout.textContent = Number(input.value).toFixed(readout.textContent.split(".")[1]?.length ?? 0);
        this.isMoved = true;
        this.move(controls, inputs);
      });
    }
    this.followUp = () => this.move(controls, inputs);
  }

  /**
   * Call the function of the cell with what its controls say, until it has answered the last of their moves.
   * @param {Element} controls
   * @param {NodeListOf<HTMLInputElement>} inputs
   */
  move(controls, inputs) {
    if (!this.isMoved || this.chapter.isBusy) return;
    this.alone(async () => {
      this.isMoved = false;
      if (!(await this.chapter.runUpTo(this))) return;
      // What the book shows makes room for what comes of the move.
      while (controls.nextSibling) controls.nextSibling.remove();
      controls.after(this.printed, this.pictures);
      do {
        this.isMoved = false;
        this.clear();
        const said = [...inputs].map((input) => [input.name, input.type === "checkbox" ? input.checked : input.value]);
        await this.runHere(`cell ${this.number}`, `%move ${JSON.stringify(Object.fromEntries(said))}`, NO_LIMIT);
      } while (this.isMoved);
    });
  }

  /** @param {HTMLElement} element */
  build(element) {
    const input = /** @type {HTMLElement} */ (element.querySelector(".cell_input"));
    const code = /** @type {HTMLElement} */ (input.firstElementChild);
    code.hidden = true;
    const place = make("div", { class: "live-editor" });
    const bar = make("div", { class: "live-bar", role: "group", "aria-label": `Cell ${this.number}` }, this.runner);
    bar.append(
      button("As in the book", () => this.reset()),
      this.stopButton,
    );
    input.append(place, bar);
    this.now = make("div", { class: "live-now" }, make("p", { class: "live-tag" }, "Now"), this.printed, this.pictures);
    this.now.hidden = true;
    this.tag = make("p", { class: "live-tag" }, this.before ? "Before, in the book" : "Before, in the book: nothing");
    this.tag.hidden = true;
    this.pair = make("div", { class: "live-pair" });
    const left = make("div", {}, this.tag);
    if (this.before) left.append(this.before);
    this.pair.append(left, this.now);
    element.append(this.bar, this.state, this.pair, this.verdict);
    this.editor = makeEditor(place, this.chapter.edits()[this.given.code] ?? this.given.code, {
      label: `Cell ${this.number}`,
      describedBy: HELP_ID,
      change: (text) => this.chapter.keep(this, text),
      run: this.run,
      check: this.run,
    });
  }

  code() {
    return this.editor?.text() ?? this.given.code;
  }

  isChanged() {
    return this.code() !== this.given.code;
  }

  /** Run the cell; show what it prints beside what it printed, where that can differ. @returns {Promise<boolean>} */
  async perform() {
    this.clear();
    const ended = await this.runHere(`cell ${this.number}`, this.code(), NO_LIMIT);
    const differs =
      this.chapter.isChangedUpTo(this) || squeezed(this.printed.textContent) !== squeezed(this.given.printed);
    this.showBoth(differs);
    if (ended && this.given.live) this.say(differs ? "It ran." : "It ran, and printed what stands here.");
    return ended;
  }

  /** @param {boolean} both */
  showBoth(both) {
    if (!this.now || !this.tag || !this.pair) return;
    const isEmpty = this.printed.hidden && !this.pictures.childElementCount;
    if (isEmpty && both) this.printed.append("(nothing)");
    this.printed.hidden = !this.printed.textContent;
    this.now.hidden = !both;
    this.tag.hidden = !both;
    this.pair.classList.toggle("live-both", both);
  }

  reset() {
    if (!this.isChanged()) return;
    this.editor?.replace(this.given.code);
    this.say("As in the book. Control and Z in the editor brings your change back.");
  }
}

/** The cells of a page, and the one session they run in. */
class Chapter {
  /** @param {ChapterGiven} given @param {HTMLElement} offer */
  constructor(given, offer) {
    this.key = `chapter/${given.name}`;
    this.python = new Python(({ words, share }) => this.active?.say(words, share));
    /** @type {Place | null} */
    this.active = null;
    /** @type {string[]} the code of each cell as it ran in this session */
    this.ran = [];
    this.session = null;
    this.isBusy = false;
    const elements = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("article .cell"));
    this.cells = given.cells.map((cell, place) => new LiveCell(cell, place + 1, elements[place], this));
    this.top = new Place(this.python, (state) => this.busy(this.top, state));
    this.runner = button("Run all cells", () => this.runAll(), "live-first");
    const reset = button("All as in the book", () => {
      for (const cell of this.cells) cell.reset();
    });
    const bar = make("div", { class: "live-bar", role: "group", "aria-label": "This page" }, this.runner, reset);
    bar.append(this.top.stopButton);
    const panel = make("section", { class: "live-panel", "aria-label": "This page is live" }, bar, this.top.bar);
    panel.append(this.top.state, make("p", { class: "live-help", id: HELP_ID }, HELP));
    offer.replaceWith(panel);
    const { trouble } = kept(this.key);
    if (trouble) this.top.say(trouble);
  }

  /** The cells that were changed: the book's code, and what stands there instead. @returns {Object<string, string>} */
  edits() {
    return kept(this.key).entry?.cells ?? {};
  }

  /** @param {LiveCell} cell @param {string} text */
  keep(cell, text) {
    const cells = { ...this.edits(), [cell.given.code]: text };
    if (text === cell.given.code) delete cells[cell.given.code];
    const trouble = keep(this.key, { answer: "", cells });
    if (trouble) cell.say(trouble);
  }

  /** While one cell runs, the others wait. @param {Place} place @param {boolean} state */
  busy(place, state) {
    this.active = state ? place : this.active;
    this.isBusy = state;
    for (const { runner } of [...this.cells, this]) runner.setAttribute("aria-disabled", String(state));
    if (!state) for (const cell of this.cells) cell.followUp();
  }

  /** @param {LiveCell} cell */
  isChangedUpTo(cell) {
    return this.cells.slice(0, cell.number).some((one) => one.isChanged());
  }

  /** Start Python where it is not, and forget names where it was started anew. */
  async prepare() {
    const worker = await this.python.start();
    if (this.session === worker) return;
    await this.python.loadPictures();
    await this.python.ask("chapter");
    this.ran = [];
    this.session = worker;
  }

  /** Run a cell, and before it those above that did not run yet or were changed since. @param {LiveCell} last */
  async runTo(last) {
    await this.prepare();
    const codes = this.cells.map((cell) => cell.code());
    let place = codes.findIndex((code, index) => this.ran[index] !== code);
    if (place < 0 || place >= last.number) place = last.number - 1;
    this.ran.length = place;
    for (; place < last.number; place++) {
      this.active?.say(`Cell ${place + 1} of ${last.number} runs`);
      const cell = this.cells[place];
      if (!(await cell.perform())) {
        if (cell !== last) this.active?.say(`Cell ${cell.number} ended with an error: mend it, or take the book's.`);
        return;
      }
      this.ran.push(codes[place]);
    }
    if (this.active === this.top) this.top.say("All cells ran.");
  }

  /** Run what has not run yet, up to a cell; return whether all of it came to its end. @param {LiveCell} cell */
  async runUpTo(cell) {
    const hasRun = () => this.cells.slice(0, cell.number).every((one, index) => this.ran[index] === one.code());
    if (this.session !== (await this.python.start()) || !hasRun()) await this.runTo(cell);
    return hasRun();
  }

  runAll() {
    if (this.isBusy) return;
    this.session = null; // names are forgotten: what runs is what stands on the page, and nothing else
    const last = this.cells[this.cells.length - 1];
    this.top.alone(() => this.runTo(last));
  }
}

/** @type {Promise<Chapter> | null} */
let opened = null;

/** Make a chapter live, and begin to load Python. @param {HTMLElement} offer */
export async function openChapter(offer) {
  opened ??= (async () => {
    /** @type {Promise<ChapterGiven>} */
    const given = new Promise((resolve) => {
      course.notebook = resolve;
    });
    await runScript(`chapters/${offer.dataset.chapter}.js`);
    document.head.append(make("style", {}, course.style));
    return new Chapter(await given, offer);
  })();
  const chapter = await opened;
  chapter.runner.focus();
  await chapter.top.alone(() => chapter.prepare().then(() => chapter.top.say("Python is ready.")));
}
