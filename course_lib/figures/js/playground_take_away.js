// @ts-check
// Taking the network away: a program that repeats the run.

import { ENGINES, exportCode } from "./playground_export.js";
import { button, choice, element } from "./toolkit.js";

const WHAT =
  "A program with the data, the first weights and the order of the batches in it. It repeats this curve, " +
  "epoch by epoch.";
const TOUCHED =
  "You changed weights or settings after the start. The code repeats a run with these settings from the start; " +
  "press Reset to see its curve here.";

export class TakeAway {
  constructor(game) {
    this.game = game;
    const attributes = { rows: 10, readonly: true, "aria-label": "Python code", spellcheck: "false" };
    this.code = element("textarea", attributes);
    this.message = element("span", { role: "status" });
    const onInput = () => {
      this.code.value = "";
    };
    this.engine = choice({ label: "Code for", options: Object.entries(ENGINES), value: "course_lib", onInput });
    const write = button("Write the code", () => {
      this.write();
      this.code.focus();
    });
    const copy = button("Copy", () => this.copy());
    const buttons = element("div", { class: "figure-buttons" }, write, copy, this.message);
    const parts = [element("summary", {}, "Take it with you"), element("p", {}, WHAT), this.engine.node, buttons];
    this.node = element("details", { class: "play-details" }, parts, this.code);
  }

  /** Forget a program for the settings before. */
  forget() {
    this.code.value = this.message.textContent = "";
  }

  write() {
    const { trainer } = this.game;
    if (trainer.trainCount === 0) {
      this.message.textContent = "There are no points to train on yet.";
      return;
    }
    this.code.value = exportCode(trainer, this.engine.input.value, Math.max(1, trainer.epoch || 100));
    this.message.textContent = trainer.touched ? TOUCHED : "";
  }

  copy() {
    if (this.code.value === "") this.write();
    if (this.code.value === "") return;
    const say = (words) => () => {
      this.message.textContent = words;
    };
    const select = () => {
      this.code.select();
      say("Press Ctrl+C to copy.")();
    };
    if (navigator.clipboard) navigator.clipboard.writeText(this.code.value).then(say("Copied."), select);
    else select();
  }
}
