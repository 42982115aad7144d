// @ts-check
// A place of the page where code runs: its progress, what it prints, draws and ends with, and how it is stopped.

import { button, make } from "./elements.js";
import { megabytes, Trouble } from "./python.js";

/** @typedef {{ png: string, title: string }} Picture */
/** @typedef {{ error: string, pictures: Picture[], shown: string[] }} Done */

/** @type {any} */
const course = /** @type {any} */ (globalThis).courseLive;

export class Place {
  /**
   * @param {import("./python.js").Python} python
   * @param {(state: boolean) => void} busy called when something here begins and ends
   */
  constructor(python, busy) {
    this.python = python;
    this.busy = busy;
    this.isRunning = false;
    this.state = make("p", { class: "live-state", role: "status" });
    this.bar = make("progress", { max: "1", value: "0", "aria-label": "How much of Python is loaded", hidden: "" });
    this.printed = make("pre", { class: "live-printed", tabindex: "0", "aria-label": "What your code printed" });
    this.printed.hidden = true;
    this.pictures = make("div", { class: "live-pictures" });
    this.verdict = make("div", { class: "live-verdict", role: "status" });
    this.outputs = [this.bar, this.state, this.printed, this.pictures, this.verdict];
    this.stopButton = button("Stop", () => python.stop(), "live-stop");
    this.stopButton.hidden = true;
  }

  /** Show a sentence below the buttons. @param {string} words @param {number} [share] */
  say(words, share) {
    this.state.textContent = words;
    this.bar.hidden = share === undefined;
    if (share !== undefined) /** @type {HTMLProgressElement} */ (this.bar).value = share;
  }

  /**
   * Do one thing with Python: alone, stoppable, and with every failure in a sentence.
   * @param {() => Promise<void>} action
   */
  async alone(action) {
    if (this.isRunning) return;
    this.say(this.python.worker ? "" : `Loading Python: ${megabytes("python")} MB, once`);
    this.busy(true);
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
      this.busy(false);
    }
  }

  clear() {
    this.printed.textContent = "";
    this.printed.hidden = true;
    this.pictures.replaceChildren();
    this.verdict.replaceChildren();
  }

  /**
   * Run code, and show what comes of it; return whether it came to its end.
   * @param {string} name
   * @param {string} code
   * @param {number} [seconds]
   */
  async runHere(name, code, seconds) {
    /** @type {Done} */
    const done = await this.python.ask("run", { name, code, seconds }, (text) => {
      this.printed.hidden = false;
      this.printed.append(text);
    });
    for (const { png, title } of done.pictures) {
      const alt = title ? `What your code drew: ${title}` : "What your code drew";
      this.pictures.append(make("img", { src: `data:image/png;base64,${png}`, alt }));
    }
    for (const html of done.shown) {
      const shown = make("div");
      shown.innerHTML = html;
      this.pictures.append(shown);
    }
    // As in the book: a dark page turns light and dark of a picture round, unless its words speak of them.
    for (const picture of this.pictures.querySelectorAll("img"))
      picture.classList.toggle("keeps-colours", new RegExp(course.brightness).test(picture.alt));
    if (done.error) this.verdict.append(make("pre", { class: "live-error" }, done.error));
    this.say("");
    return !done.error;
  }
}
