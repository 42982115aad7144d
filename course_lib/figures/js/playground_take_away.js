// @ts-check
// Taking the network away: a program that repeats the run.

import { ENGINES, exportCode } from "./playground_export.js";
import { settingsFromText, settingsToText } from "./playground_address.js";
import { Trainer } from "./playground_trainer.js";
import { button, choice, element } from "./toolkit.js";

const WHAT =
  "A program with the data, the first weights and the order of the batches in it. It repeats this curve, " +
  "epoch by epoch.";
const TOUCHED =
  "You changed weights or settings after the start. The code repeats a run with these settings from the start; " +
  "press Reset to see its curve here.";

const KEEP = "Or keep the network itself, with its weights and settings, and load it here again.";
const FORMAT = "playground network 1";

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
    this.node = element("details", { class: "play-details" }, parts, this.code, this.keeping());
  }

  /** What saves the network to a file and loads it again. */
  keeping() {
    this.kept = element("p", { class: "play-hint", role: "status" });
    const kinds = { type: "file", accept: ".json,application/json", "aria-label": "Load a saved network" };
    const file = element("input", kinds);
    file.addEventListener("change", async () => {
      if (file.files.length > 0) this.load(await file.files[0].text());
      file.value = "";
    });
    const save = button("Save the network", () => this.save());
    return element(
      "div",
      {},
      element("p", {}, KEEP),
      element("div", { class: "figure-buttons" }, save, file),
      this.kept,
    );
  }

  save() {
    const { game } = this;
    game.clock.pause();
    const text = JSON.stringify({ format: FORMAT, settings: game.settings(), run: game.trainer.save() });
    const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    element("a", { href, download: "network.json" }).click();
    URL.revokeObjectURL(href);
    this.kept.textContent = `Saved as network.json, after ${game.trainer.epoch} epochs.`;
  }

  load(text) {
    const { settings, run, problem } = readNetwork(text);
    if (!problem) this.game.load(settings, run);
    this.kept.textContent = problem ?? `Loaded, as it was after ${run.epoch} epochs.`;
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

/**
 * Read a saved network; says what is wrong with a file that is none.
 * @param {string} text
 * @returns {{ settings?: any, run?: any, problem?: string }}
 */
export function readNetwork(text) {
  try {
    const { format, settings, run } = JSON.parse(text);
    if (format !== FORMAT) throw new Error("the format is another");
    const isNumber = (v) => v === null || Number.isFinite(v);
    const own = settings.own.every((point) => point.length === 3 && point.every(Number.isFinite)) ? settings.own : [];
    const read = { ...settingsFromText(settingsToText(settings)).settings, own };
    const size = new Trainer(read).network.parameters.length;
    const { parameters, memory, history, epoch, steps } = run;
    const fits = parameters.length === size && [...parameters, ...memory, ...history.flat()].every(isNumber);
    if (!fits || !Number.isInteger(epoch) || !Number.isInteger(steps)) throw new Error("weights are missing");
    return { settings: read, run };
  } catch {
    return { problem: "This file is no network that the playground saved. Nothing was changed." };
  }
}
