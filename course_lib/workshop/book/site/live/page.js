// @ts-check
// What a press on "Answer here" loads: every exercise of the page becomes an editor, and Python is fetched.

import { openChapter } from "./chapter.js";
import { button, make } from "./elements.js";
import { Exercise } from "./exercise.js";
import { answersIn, download, withAnswers } from "./notebooks.js";
import { Python, runScript } from "./python.js";
import { all, asEntry, keep, kept, onChangeElsewhere } from "./store.js";

/** @typedef {import("./exercise.js").Given} Given */
/** @typedef {import("./store.js").Entry} Entry */
/** @typedef {{ name: string, imports: string, exercises: Given[], notebook: import("./notebooks.js").Notebook }} Set */

/** @type {any} */
const course = /** @type {any} */ (globalThis).courseLive;
const SIGNS = { right: "✓", "right so far": "◐", written: "◐", "not attempted": "○" };
const RUNGS = { order: "the lines in order", gaps: "the gaps filled" };
/** @type {Promise<LivePage> | null} */
let opened = null;

class LivePage {
  /** @param {Set} set @param {HTMLElement[]} offers */
  constructor(set, offers) {
    this.set = set;
    this.python = new Python(({ words, share }) => this.active?.say(words, share));
    /** @type {Exercise | null} */
    this.active = null;
    this.preparedFor = null;
    this.exercises = offers.flatMap((offer) => {
      const given = set.exercises.find(({ name }) => name === offer.dataset.exercise);
      return given ? [this.exercise(given, offer)] : [];
    });
    this.glance = make("ul", { class: "live-glance" });
    this.note = make("p", { class: "live-state", role: "status" });
    document.querySelector("article h1")?.after(this.panel());
    onChangeElsewhere((name, entry) => this.takeFromElsewhere(name, entry));
    this.show();
  }

  /** @param {Given} given @param {HTMLElement} offer */
  exercise(given, offer) {
    /** @type {Exercise} */
    const made = new Exercise(given, offer, {
      python: this.python,
      prepare: () => this.prepare(),
      changed: () => this.show(),
      busy: (state) => this.busy(made, state),
    });
    return made;
  }

  /** While one exercise runs, the others wait. @param {Exercise} exercise @param {boolean} state */
  busy(exercise, state) {
    this.active = state ? exercise : this.active;
    for (const { buttons } of this.exercises)
      for (const one of buttons) one.setAttribute("aria-disabled", String(state));
  }

  /** Run the notebook's first cell in a Python that has just been started. */
  async prepare() {
    const worker = await this.python.start();
    if (this.preparedFor === worker) return;
    await this.python.ask("run", { name: "imports", code: this.set.imports });
    this.preparedFor = worker;
  }

  panel() {
    const choose = /** @type {HTMLInputElement} */ (
      make("input", { type: "file", accept: ".ipynb,.json", hidden: "" })
    );
    choose.addEventListener("change", async () => {
      if (choose.files?.[0]) await this.take(choose.files[0]);
      choose.value = "";
    });
    addEventListener("dragover", (event) => event.preventDefault());
    addEventListener("drop", (event) => {
      const file = event.dataTransfer?.files[0];
      if (!file) return;
      event.preventDefault();
      this.take(file);
    });
    const bar = make("div", { class: "live-bar", role: "group", "aria-label": "Your answers" });
    bar.append(
      button("Download as notebook", () => download(`${this.set.name}.ipynb`, this.notebook())),
      button("Export all answers", () => download("answers.json", JSON.stringify(all(), null, 1))),
      button("Read answers from a file", () => choose.click()),
      choose,
    );
    const words = "Your answers stay in this browser. A notebook with answers can be dropped on this page.";
    return make(
      "section",
      { class: "live-panel", "aria-label": "Your answers on this page" },
      this.glance,
      bar,
      this.note,
      make("p", { class: "live-help" }, words),
    ); // prettier-ignore
  }

  notebook() {
    const answers = Object.fromEntries(this.exercises.map(({ name, editor }) => [name, editor.text()]));
    return withAnswers(this.set.notebook, this.set.exercises, answers);
  }

  /** Read answers from a notebook or an export; what stood in an editor comes back with undo. @param {File} file */
  async take(file) {
    try {
      const text = await file.text();
      const isNotebook = Array.isArray(JSON.parse(text)?.cells);
      const found = Object.entries(isNotebook ? answersIn(text) : JSON.parse(text));
      const good = found.flatMap(([name, one]) => (asEntry(one) ? [{ name, entry: asEntry(one) }] : []));
      for (const { name, entry } of good) if (!this.replace(name, entry)) keep(name, { ...kept(name).entry, ...entry });
      const many = good.length === 1 ? "1 answer" : `${good.length} answers`;
      this.note.textContent = good.length
        ? `Read ${many} from ${file.name}. Control and Z in an editor brings back what stood there.`
        : `${file.name} holds no answers to the course's exercises. Nothing was changed.`;
    } catch {
      this.note.textContent = `${file.name} is no notebook and no export of answers. Nothing was changed.`;
    }
  }

  /** @param {string} name @param {Entry} entry */
  replace(name, entry) {
    const exercise = this.exercises.find((one) => one.name === name);
    if (exercise?.take(entry)) exercise.keep();
    return Boolean(exercise);
  }

  /** @param {string} name @param {Entry} entry */
  takeFromElsewhere(name, entry) {
    const exercise = this.exercises.find((one) => one.name === name);
    if (exercise?.take(entry))
      exercise.say("Another tab has changed this answer. Control and Z in the editor brings back what stood here.");
  }

  /** How far each exercise is. */
  show() {
    if (!this.glance) return;
    this.glance.replaceChildren(
      ...this.exercises.map(({ given, outcome, box, rungs, judged }) => {
        const link = make("a", { href: `#${box.closest("section")?.id ?? ""}` }, given.title);
        const climbed = Object.keys(rungs).filter((rung) => judged[rung].outcome === "right");
        const words = [outcome || "not checked yet", ...climbed.map((rung) => `${RUNGS[rung]}: right`)].join("; ");
        return make("li", {}, `${SIGNS[outcome] ?? (outcome ? "✗" : "○")} `, link, ` ${words}`);
      }),
    );
  }
}

/** @param {HTMLElement} offer */
async function openPage(offer) {
  /** @type {Promise<Set>} */
  const set = new Promise((resolve) => {
    course.notebook = resolve;
  });
  await runScript(`notebooks/${offer.dataset.notebook}.js`);
  document.head.append(make("style", {}, course.style));
  const offers = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-exercise]"));
  return new LivePage(await set, [...offers]);
}

/** Make the page live; the exercise whose button was pressed gets the cursor, and Python begins to load. */
course.open = async (/** @type {HTMLElement} */ offer) => {
  if (offer.dataset.chapter) return openChapter(offer);
  opened ??= openPage(offer);
  const page = await opened;
  const exercise = page.exercises.find(({ name }) => name === offer.dataset.exercise);
  if (!exercise) return;
  exercise.editor.focus();
  await exercise.alone(() => page.prepare().then(() => exercise.say("Python is ready.")));
  page.python.warm(exercise.name);
};
