// @ts-check
// One exercise on its page: the editor in the place of its cell, the buttons, and what came of them.

import { makeEditor } from "./editor.js";
import { button, make } from "./elements.js";
import { rungsOf } from "./ladder.js";
import { Place } from "./place.js";
import { keep, kept } from "./store.js";

/** @typedef {import("./python.js").Python} Python */
/** @typedef {import("./ladder.js").Rung} Rung */
/** @typedef {import("./store.js").Entry} Entry */
/**
 * @typedef {object} Given
 * @property {string} name
 * @property {string} title
 * @property {string[]} given
 * @property {string} stub
 * @property {number} cell
 * @property {import("./ladder.js").Ladder} [ladder]
 */
/** @typedef {(state: boolean) => void} Busy */
/** @typedef {{ python: Python, prepare: () => Promise<void>, changed: () => void, busy: Busy }} PageOfIt */

const DRAWS = /\b(?:import|from)\s+(?:matplotlib|course_lib\.(?:plots|figures))\b|\bplt\./;
const SECONDS = 30; // a check ends by itself after a few; this is for code that never comes back from C
const BLANK = "The blank page";
const HELP = "Escape, then Tab leaves the editor. Shift and Enter runs, Control and Enter checks.";

/** One exercise. */
export class Exercise extends Place {
  /**
   * @param {Given} given
   * @param {HTMLElement} offer
   * @param {PageOfIt} page
   */
  constructor(given, offer, page) {
    super(page.python, page.busy);
    this.given = given;
    this.page = page;
    this.name = given.name;
    const { entry, trouble } = kept(this.name);
    this.say(trouble);
    this.cell = /** @type {HTMLElement} */ (offer.nextElementSibling);
    this.build(offer);
    const id = `live-help-${this.name.replace(/\W/g, "-")}`;
    this.help = make("p", { class: "live-help", id }, HELP);
    this.box.append(this.help);
    this.editor = makeEditor(this.place, entry?.answer ?? given.stub, {
      label: `Your answer to: ${given.title}`,
      describedBy: id,
      change: () => this.keep(),
      run: () => this.run(),
      check: () => this.check(),
    });
    /** @type {Object<string, Rung>} */
    this.rungs = given.ladder
      ? rungsOf(
          given.ladder,
          () => this.keep(),
          (words) => this.say(words),
        )
      : {};
    for (const [rung, { take }] of Object.entries(this.rungs)) take(entry?.[rung]);
    this.rung = "";
    /** @type {Object<string, { outcome: string, code: string }>} */
    this.judged = { "": { outcome: entry?.outcome ?? "", code: this.code() } };
    for (const [rung, { code }] of Object.entries(this.rungs))
      this.judged[rung] = { outcome: entry?.[`${rung}Outcome`] ?? "", code: code() };
    if (given.ladder) this.buildLadder();
    if (entry?.rung && this.rungs[entry.rung]) this.choose(entry.rung);
  }

  /** The row by which a rung is chosen, and the rungs. */
  buildLadder() {
    const row = make("div", { class: "live-bar live-ladder", role: "group", "aria-label": "Where to begin" });
    for (const [rung, words] of [
      ...Object.entries(this.rungs).map(([name, { words }]) => [name, words]),
      ["", BLANK],
    ]) {
      const chosen = button(words, () => {
        if (this.isRunning) return;
        this.choose(rung);
        this.keep();
      });
      chosen.dataset.rung = rung;
      row.append(chosen);
    }
    this.place.before(row, ...Object.values(this.rungs).map(({ element }) => element));
    this.choose("");
  }

  /** Show a rung, or the blank page. @param {string} rung */
  choose(rung) {
    this.rung = rung;
    this.clear();
    this.say("");
    this.place.hidden = rung !== "";
    this.help.hidden = rung !== "";
    for (const [name, { element }] of Object.entries(this.rungs)) element.hidden = name !== rung;
    for (const one of this.box.querySelectorAll("[data-rung]"))
      one.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (one).dataset.rung === rung));
  }

  /** What is to run: of the rung that is chosen. */
  code() {
    return this.rung ? this.rungs[this.rung].code() : this.editor.text();
  }

  /** @param {HTMLElement} offer */
  build(offer) {
    this.place = make("div", { class: "live-editor" });
    this.buttons = [
      button("Run", () => this.run()),
      button("Check", () => this.check(), "live-first"),
      button("Hint", () => this.hint()),
      button("Reset", () => this.reset()),
    ];
    const bar = make("div", { class: "live-bar", role: "group", "aria-label": this.given.title }, ...this.buttons);
    bar.append(this.stopButton);
    this.box = make("div", { class: "live-exercise" }, this.place, bar, ...this.outputs);
    this.cell.hidden = true;
    const asking = /** @type {HTMLElement | null} */ (this.cell.nextElementSibling);
    if (asking?.textContent.trim().startsWith(`check("${this.name}")`)) asking.hidden = true;
    offer.replaceWith(this.box);
  }

  /** Keep what stands in the editor and on the rungs. */
  keep() {
    if (!this.judged) return; // the editor is being made
    /** @type {Entry} */
    const entry = { answer: this.editor.text(), ...(this.rung ? { rung: this.rung } : {}) };
    if (this.outcome) entry.outcome = this.outcome;
    for (const [rung, { work, code }] of Object.entries(this.rungs)) {
      entry[rung] = work();
      const { outcome, code: judged } = this.judged[rung];
      if (outcome && judged === code()) entry[`${rung}Outcome`] = outcome;
    }
    const trouble = keep(this.name, entry);
    if (trouble) this.say(trouble);
    this.page.changed();
  }

  /** How far the answer on the blank page is, in the words of `progress`. */
  get outcome() {
    return this.judged[""].code === this.editor.text() ? this.judged[""].outcome : "";
  }

  /** Take an answer and the work on the rungs from elsewhere; return whether anything differs. @param {Entry} entry */
  take(entry) {
    const before = JSON.stringify([this.editor.text(), ...Object.values(this.rungs).map(({ work }) => work())]);
    if (this.editor.text() !== entry.answer) this.editor.replace(entry.answer);
    for (const [rung, { take }] of Object.entries(this.rungs)) if (entry[rung]) take(entry[rung]);
    return before !== JSON.stringify([this.editor.text(), ...Object.values(this.rungs).map(({ work }) => work())]);
  }

  /** Run the cell; return whether it came to its end. @returns {Promise<boolean>} */
  async perform() {
    this.clear();
    const code = this.code();
    await this.page.prepare();
    if (DRAWS.test([...this.given.given, code].join("\n"))) await this.python.loadPictures();
    for (const cell of this.given.given) await this.python.ask("run", { name: "given", code: cell });
    return this.runHere(this.name, code);
  }

  run() {
    return this.alone(async () => {
      if ((await this.perform()) && this.printed.hidden && !this.pictures.childElementCount)
        this.say("It ran, and printed nothing.");
    });
  }

  check() {
    const missing = this.rungs[this.rung]?.missing();
    if (missing) {
      this.say(missing);
      return;
    }
    return this.alone(async () => {
      const { rung } = this;
      const code = this.code();
      const isRight = (await this.perform()) && (await this.judge(rung, code)) === "right";
      if (rung && !isRight) this.verdict.append(make("p", {}, this.rungs[rung].wrong));
      else if (rung)
        this.say(`That rung is climbed. The next one: ${rung === "order" ? this.rungs.gaps.words : BLANK}.`);
    });
  }

  /** Let `check` judge what has run; return the outcome. @param {string} rung @param {string} code */
  async judge(rung, code) {
    const late = setTimeout(() => this.python.end("did not come back"), SECONDS * 1000);
    try {
      const { html, outcome } = await this.python.ask("check", { name: this.name });
      this.verdict.innerHTML = html;
      this.judged[rung] = { outcome, code };
      this.keep();
      return outcome;
    } finally {
      clearTimeout(late);
    }
  }

  hint() {
    return this.alone(async () => {
      const { html } = await this.python.ask("hint", { name: this.name });
      this.say("");
      this.verdict.innerHTML = html;
    });
  }

  reset() {
    if (this.rung) {
      this.rungs[this.rung].take(null);
      this.keep();
      this.say("As at the beginning.");
      return;
    }
    if (this.editor.text().trim() === this.given.stub.trim()) return;
    this.editor.replace(this.given.stub);
    this.say("As at the beginning. Control and Z in the editor brings your answer back.");
    this.editor.focus();
  }
}
