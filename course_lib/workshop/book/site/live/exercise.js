// @ts-check
// One exercise on its page: the editor in the place of its cell, the buttons, and what came of them.

import { makeEditor } from "./editor.js";
import { megabytes, Trouble } from "./python.js";
import { keep, kept } from "./store.js";

/** @typedef {import("./python.js").Python} Python */
/** @typedef {{ name: string, title: string, given: string[], stub: string, cell: number }} Given */
/** @typedef {(state: boolean) => void} Busy */
/** @typedef {{ python: Python, prepare: () => Promise<void>, changed: () => void, busy: Busy }} PageOfIt */

const DRAWS = /\b(?:import|from)\s+(?:matplotlib|course_lib\.(?:plots|figures))\b|\bplt\./;
const SECONDS = 30; // a check ends by itself after a few; this is for code that never comes back from C
const HELP = "Escape, then Tab leaves the editor. Shift and Enter runs, Control and Enter checks.";

/**
 * @param {string} tag
 * @param {Object<string, string>} [attributes]
 * @param {(Node | string)[]} children
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** @param {string} words @param {() => void} action @param {string} [kind] */
export function button(words, action, kind = "") {
  const made = make("button", { type: "button", class: `live-button ${kind}`.trim() }, words);
  made.addEventListener("click", action);
  return /** @type {HTMLButtonElement} */ (made);
}

/** One exercise. */
export class Exercise {
  /**
   * @param {Given} given
   * @param {HTMLElement} offer
   * @param {PageOfIt} page
   */
  constructor(given, offer, page) {
    Object.assign(this, { ...given });
    this.given = given;
    this.page = page;
    this.name = given.name;
    const { entry, trouble } = kept(this.name);
    this.outcome = entry?.outcome ?? "";
    this.judged = entry?.answer; // what the outcome belongs to
    this.isRunning = false;
    this.cell = /** @type {HTMLElement} */ (offer.nextElementSibling);
    this.state = make("p", { class: "live-state", role: "status" }, trouble);
    this.printed = make("pre", { class: "live-printed", tabindex: "0", "aria-label": "What your code printed" });
    this.pictures = make("div", { class: "live-pictures" });
    this.verdict = make("div", { class: "live-verdict", role: "status" });
    this.build(offer);
    const id = `live-help-${this.name.replace(/\W/g, "-")}`;
    this.box.append(make("p", { class: "live-help", id }, HELP));
    this.editor = makeEditor(this.place, entry?.answer ?? given.stub, {
      label: `Your answer to: ${given.title}`,
      describedBy: id,
      change: (text) => this.keep(text),
      run: () => this.run(),
      check: () => this.check(),
    });
  }

  /** @param {HTMLElement} offer */
  build(offer) {
    this.place = make("div", { class: "live-editor" });
    this.stopButton = button("Stop", () => this.page.python.stop(), "live-stop");
    this.stopButton.hidden = true;
    this.buttons = [
      button("Run", () => this.run()),
      button("Check", () => this.check(), "live-first"),
      button("Hint", () => this.hint()),
      button("Reset", () => this.reset()),
    ];
    const bar = make("div", { class: "live-bar", role: "group", "aria-label": this.given.title }, ...this.buttons);
    bar.append(this.stopButton);
    this.bar = make("progress", { max: "1", value: "0", "aria-label": "How much of Python is loaded" });
    this.bar.hidden = true;
    const outputs = [this.bar, this.state, this.printed, this.pictures, this.verdict];
    this.box = make("div", { class: "live-exercise" }, this.place, bar, ...outputs);
    this.printed.hidden = true;
    this.cell.hidden = true;
    const asking = /** @type {HTMLElement | null} */ (this.cell.nextElementSibling);
    if (asking?.textContent.trim().startsWith(`check("${this.name}")`)) asking.hidden = true;
    offer.replaceWith(this.box);
  }

  /** Keep what stands in the editor. @param {string} text */
  keep(text) {
    if (text !== this.judged) this.outcome = "";
    const trouble = keep(this.name, { answer: text, ...(this.outcome ? { outcome: this.outcome } : {}) });
    if (trouble) this.say(trouble);
    this.page.changed();
  }

  /** Show a sentence below the buttons. @param {string} words @param {number} [share] */
  say(words, share) {
    this.state.textContent = words;
    this.bar.hidden = share === undefined;
    if (share !== undefined) /** @type {HTMLProgressElement} */ (this.bar).value = share;
  }

  /** Whether something was written here. */
  isAnswered() {
    return this.editor.text().trim() !== this.given.stub.trim();
  }

  /**
   * Do one thing with Python: alone, stoppable, and with every failure in a sentence.
   * @param {() => Promise<void>} action
   */
  async alone(action) {
    if (this.isRunning) return;
    this.keep(this.editor.text());
    this.say(this.page.python.worker ? "" : `Loading Python: ${megabytes("python")} MB, once`);
    this.page.busy(true);
    this.isRunning = true;
    this.stopButton.hidden = false;
    try {
      await action();
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      this.say(error.message);
    } finally {
      this.isRunning = false;
      this.stopButton.hidden = true;
      this.page.busy(false);
    }
  }

  clear() {
    this.printed.textContent = "";
    this.printed.hidden = true;
    this.pictures.replaceChildren();
    this.verdict.replaceChildren();
  }

  /** Run the cell; return whether it came to its end. @returns {Promise<boolean>} */
  async perform() {
    this.clear();
    const code = this.editor.text();
    await this.page.prepare();
    if (DRAWS.test([...this.given.given, code].join("\n"))) await this.page.python.loadPictures();
    for (const cell of this.given.given) await this.page.python.ask("run", { name: "given", code: cell });
    const done = await this.page.python.ask("run", { name: this.name, code }, (text) => this.print(text));
    for (const { png, title } of done.pictures) {
      const alt = title ? `What your code drew: ${title}` : "What your code drew";
      this.pictures.append(make("img", { src: `data:image/png;base64,${png}`, alt }));
    }
    if (done.error) this.verdict.append(make("pre", { class: "live-error" }, done.error));
    this.say("");
    return !done.error;
  }

  /** @param {string} text */
  print(text) {
    this.printed.hidden = false;
    this.printed.append(text);
  }

  run() {
    return this.alone(async () => {
      if ((await this.perform()) && this.printed.hidden && !this.pictures.childElementCount)
        this.say("It ran, and printed nothing.");
    });
  }

  check() {
    return this.alone(async () => {
      const code = this.editor.text();
      if (!(await this.perform())) return;
      const late = setTimeout(() => this.page.python.end("did not come back"), SECONDS * 1000);
      try {
        const { html, outcome } = await this.page.python.ask("check", { name: this.name });
        this.verdict.innerHTML = html;
        Object.assign(this, { outcome, judged: code });
        this.keep(this.editor.text());
      } finally {
        clearTimeout(late);
      }
    });
  }

  hint() {
    return this.alone(async () => {
      const { html } = await this.page.python.ask("hint", { name: this.name });
      this.say("");
      this.verdict.innerHTML = html;
    });
  }

  reset() {
    if (!this.isAnswered()) return;
    this.editor.replace(this.given.stub);
    this.say("As at the beginning. Control and Z in the editor brings your answer back.");
    this.editor.focus();
  }
}
