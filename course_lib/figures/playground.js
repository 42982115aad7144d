// @ts-check
// The playground: a network to build, train, look into and take away.

import { heatColours } from "./js/heat_map.js";
import { LIVE, RUN_NAMES, SETTING_NAMES, STOPS, VIEW, fillIn } from "./js/playground_address.js";
import { settingsFromText, settingsFromUrl, settingsToText, writeUrl } from "./js/playground_address.js";
import {
  countAnswers,
  drawChart,
  failureInWords,
  hasAnswers,
  readoutParts,
  runInWords,
} from "./js/playground_chart.js";
import { Clock } from "./js/playground_clock.js";
import { Controls } from "./js/playground_controls.js";
import { exportCode } from "./js/playground_export.js";
import { CELLS, MapView, REACH } from "./js/playground_map.js";
import { NetworkView } from "./js/playground_network.js";
import { OwnPoints, readPoints } from "./js/playground_points.js";
import { DEFAULTS, PRESETS } from "./js/playground_presets.js";
import { TakeAway } from "./js/playground_take_away.js";
import { Trainer } from "./js/playground_trainer.js";
import { button, createFigure, element, traitsOf } from "./js/toolkit.js";

const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** One playground on a page: the run, its pictures and its controls, and what passes between them. */
class Game {
  constructor({ model, el }) {
    this.model = model;
    this.el = el;
    this.mine = false; // true while this script itself changes traits
    this.savedAt = 0; // when the run was handed to Python last
    this.pending = false; // whether Python's changes wait to be taken up
    this.runChanged = false; // whether the run is among them
    this.hiddenByAddress = [];
    this.revealed = false; // whether what the author hid is shown
    this.speech = 0;
    fillIn(model);
    // The page's address belongs to its first playground.
    const page = /** @type {any} */ (globalThis);
    if (model.page === true) page.courseAddressOwner ??= el;
    this.ownsAddress = model.page === true && page.courseAddressOwner === el;
    this.start();
    this.network = new NetworkView(this);
    this.map = new MapView(this);
    this.clock = new Clock(this);
    this.controls = new Controls(this);
    this.takeAway = new TakeAway(this);
    this.points = new OwnPoints(this);
    this.assemble();
    this.listeners = this.listenToPython();
    this.followAddress = () => this.goToAddress();
    if (this.ownsAddress) addEventListener("hashchange", this.followAddress);
    this.network.build();
    this.showControls();
    this.figure.redraw(false);
  }

  /** Begin with what the address says, else with the run that Python holds. */
  start() {
    const { model } = this;
    const found = this.ownsAddress ? settingsFromUrl() : null;
    if (found) {
      for (const [name, value] of Object.entries({ ...found.settings, ...found.view })) model.set(name, value);
      this.hiddenByAddress = found.hide;
      requestAnimationFrame(() => this.el.scrollIntoView({ block: "start" }));
    }
    this.trainer = new Trainer(this.settings());
    if (model.get("parameters").length && !found) this.trainer.restore(traitsOf(model, RUN_NAMES));
  }

  assemble() {
    const { clock, controls } = this;
    this.chart = element("div", { class: "play-chart" });
    this.readout = element("p", { class: "play-readout number", role: "group", "aria-label": "State of the training" });
    this.failure = element("div", { class: "figure-result", hidden: true });
    this.accuracy = element("p", { class: "play-accuracy number" });
    this.answers = element("div", { class: "play-answers" });
    const counted = element("summary", {}, "Right and wrong answers, counted");
    this.matrix = element("details", { class: "play-details play-matrix" }, counted, this.answers);
    const toggle = () => (clock.playing ? clock.pause() : clock.play());
    this.buttons = {
      play: button("Play", toggle, { primary: true }),
      step: button("One epoch", () => clock.stepOnce()),
      reset: button("Reset", () => this.reset()),
    };
    // What an author hid stays within reach: whatever a preset or a link sets can be set back.
    this.more = button("More controls", () => {
      this.revealed = !this.revealed;
      this.showControls();
    });
    const results = element("div", { class: "play-results" }, this.map.node, this.chart);
    const layout = element("div", { class: "play-layout" }, this.network.node, results, controls.view, this.matrix);
    const draw = () => {
      this.network.build();
      this.map.resize();
      controls.drawKinds(this.frame);
      this.draw();
      return "";
    };
    const { model, el } = this;
    this.figure = createFigure({ model, el, title: "Playground", traits: [], wide: true, draw });
    const row = element("div", { class: "figure-buttons" }, Object.values(this.buttons), this.more);
    const top = element("div", { class: "play-top" }, controls.preset.node, row);
    this.figure.stage.append(layout);
    this.figure.stage.before(top, controls.reason, this.readout, this.accuracy, this.failure);
    this.figure.controls.classList.add("play-controls");
    const groups = [controls.data, controls.network, controls.training, this.points.node, this.takeAway.node];
    this.figure.controls.append(...groups);
  }

  get frame() {
    return this.figure.frame;
  }

  settings() {
    return traitsOf(this.model, SETTING_NAMES);
  }

  // ---------- changes ----------

  setTraits(values) {
    this.mine = true;
    for (const [name, value] of Object.entries(values)) this.model.set(name, value);
    this.model.save_changes();
    this.mine = false;
  }

  /** Hand the run to Python. */
  sync() {
    this.savedAt = performance.now();
    this.trainer.finishEpoch();
    this.setTraits(this.trainer.save());
  }

  /** Change settings, and start the network anew if one of them asks for it. */
  change(values) {
    const fresh = Object.keys(values).some((name) => !LIVE.has(name));
    // Which weight is which depends on the layers: of other layers none is frozen yet.
    this.setTraits("hidden" in values || "features" in values ? { frozen: [], ...values } : values);
    if (fresh) this.restart();
    else {
      Object.assign(this.trainer.settings, values);
      if (this.trainer.epoch > 0 && !Object.keys(values).every((name) => STOPS.has(name))) this.trainer.touched = true;
    }
    this.afterChange();
  }

  changeView(values) {
    this.setTraits(values);
    this.keepAddress();
  }

  changeSpeed(speed) {
    this.changeView({ speed });
    if (this.clock.playing) this.clock.restart();
  }

  /** Give one weight or bias another value. */
  setParameter(at, value) {
    const { trainer } = this;
    trainer.network.parameters[at] = value;
    if (trainer.epoch > 0) trainer.touched = true;
    else {
      trainer.start = trainer.network.parameters.slice();
      trainer.history = { epochs: [], train: [], test: [], penalty: [] };
      trainer.note();
    }
    this.sync();
    this.show();
    this.speak();
  }

  /** Freeze parameters, or let them go. */
  freeze(places, on) {
    const others = this.model.get("frozen").filter((k) => !places.includes(k));
    this.change({ frozen: [...others, ...(on ? places : [])].sort((a, b) => a - b) });
  }

  changeUnits(layer, change) {
    const hidden = this.model.get("hidden");
    this.change({ hidden: hidden.with(layer, hidden[layer] + change) });
  }

  /** Take up a network that was saved, with its settings and its run. */
  load(settings, run) {
    this.clock.pause();
    this.setTraits(settings);
    this.startTrainer();
    this.trainer.restore(run);
    this.sync();
    this.afterChange();
  }

  reset() {
    this.clock.pause();
    this.restart();
    this.afterChange();
  }

  restart() {
    this.startTrainer();
    this.sync();
  }

  startTrainer() {
    this.network.forget();
    this.trainer = new Trainer(this.settings());
    if (this.clock.playing) this.clock.restart();
    this.network.build();
    this.map.resize();
  }

  afterChange() {
    this.takeAway.forget();
    this.showControls();
    this.show();
    this.keepAddress();
    if (!this.clock.playing) this.speak();
  }

  // ---------- the address ----------

  keepAddress() {
    if (this.ownsAddress) writeUrl(this.settings(), traitsOf(this.model, Object.keys(VIEW)));
  }

  /** A link to another state was followed, or an address written: the page stays, its end changes. */
  goToAddress() {
    const found = settingsFromUrl();
    if (!found) return;
    this.hiddenByAddress = found.hide;
    this.clock.pause();
    this.setTraits(found.view);
    this.change(found.settings);
    this.el.scrollIntoView({ block: "start" });
  }

  // ---------- pictures and words ----------

  /** Draw at once; while it trains, with the next frame, before it trains on. */
  show() {
    if (this.clock.playing) this.clock.stale = true;
    else this.draw();
  }

  draw() {
    const colours = heatColours(this.frame);
    const maps = this.trainer.maps(CELLS, REACH);
    const steps = this.model.get("discretise") ? 2 : 0;
    this.network.draw(maps, colours, steps);
    this.map.draw(maps, colours, steps);
    drawChart(this.chart, this.trainer, this.model.get("log_loss"));
    this.showRun();
  }

  /** The run came to rest: save it, show it, say it. */
  rest() {
    this.sync();
    this.draw();
    this.speak();
  }

  showRun() {
    const { trainer, clock, buttons } = this;
    // Each part keeps its place while the numbers change, and nothing below jumps.
    const parts = readoutParts(trainer, clock.playing, clock.speed());
    this.readout.replaceChildren(...parts.flatMap((part) => [element("span", {}, part), " "]));
    buttons.play.textContent = clock.playing ? "Pause" : "Play";
    buttons.play.disabled = !clock.playing && trainer.over;
    buttons.step.disabled = trainer.failed || trainer.trainCount === 0;
    this.showAnswers();
    this.failure.hidden = !trainer.failed;
    const words = trainer.failed ? failureInWords(trainer) : "";
    if (this.failure.textContent !== words) this.failure.replaceChildren(element("p", {}, words));
  }

  showAnswers() {
    const counts = hasAnswers(this.trainer);
    this.matrix.hidden = !counts;
    const { table, words } = counts ? countAnswers(this.trainer) : { table: "", words: "" };
    this.answers.replaceChildren(table);
    this.accuracy.textContent = words;
  }

  showControls() {
    const { buttons, controls, network, points, takeAway } = this;
    const parts = {
      ...buttons,
      ...{ data: controls.data, network: controls.network, training: controls.training, view: controls.view },
      ...{ layers: controls.layerList, editor: network.editor, preset: controls.preset.node },
      ...{ own: points.node, export: takeAway.node },
    };
    const hidden = [...this.hiddenByAddress, ...this.model.get("hide")];
    this.more.hidden = hidden.length === 0;
    this.more.textContent = this.revealed ? "Fewer controls" : "More controls";
    controls.show(parts, new Set(this.revealed ? [] : hidden));
    network.steppers.hidden = controls.layerList.hidden;
  }

  say(words) {
    this.figure.voice.textContent = words;
  }

  /** Say how the run stands, once changes rest. */
  speak() {
    clearTimeout(this.speech);
    this.speech = setTimeout(() => this.say(runInWords(this.trainer)), 400);
  }

  // ---------- Python ----------

  listenToPython() {
    const settings = [...SETTING_NAMES, ...Object.keys(VIEW), "hide"];
    const listeners = settings.map((name) => [name, () => this.hear(name)]);
    listeners.push(...RUN_NAMES.map((name) => [name, () => this.hearRun()]));
    for (const [name, listener] of listeners) this.model.on(`change:${name}`, listener);
    return listeners;
  }

  hear(name) {
    if (this.mine) return;
    if (LIVE.has(name)) {
      this.trainer.settings[name] = this.model.get(name);
      if (this.trainer.epoch > 0 && !STOPS.has(name)) this.trainer.touched = true;
    }
    this.later();
  }

  hearRun() {
    if (this.mine) return;
    this.runChanged = true;
    this.later();
  }

  /** Python often changes several traits at once; take them up together. */
  later() {
    if (this.pending) return;
    this.pending = true;
    queueMicrotask(() => {
      this.pending = false;
      if (this.el.isConnected) this.takeUp();
    });
  }

  takeUp() {
    const { model, trainer } = this;
    const settings = this.settings();
    const wasReset = model.get("parameters").length === 0 && trainer.epoch > 0;
    const differs = (name) => !LIVE.has(name) && !isSame(settings[name], trainer.settings[name]);
    const fresh = wasReset || SETTING_NAMES.some(differs);
    if (fresh) this.startTrainer();
    if ((fresh || this.runChanged) && model.get("parameters").length) {
      // Other weights in the midst of the run.
      if (!fresh && trainer.epoch > 0 && trainer.epoch === model.get("epoch")) trainer.touched = true;
      this.trainer.restore(traitsOf(model, RUN_NAMES));
      if (this.clock.playing) this.clock.restart();
    }
    this.runChanged = false;
    this.takeAway.forget();
    this.showControls();
    this.map.drawDots();
    this.show();
    if (!this.clock.playing) this.speak();
  }

  close() {
    this.clock.close();
    removeEventListener("hashchange", this.followAddress);
    for (const [name, listener] of this.listeners) this.model.off(`change:${name}`, listener);
    this.figure.close();
  }
}

function render({ model, el }) {
  const game = new Game({ model, el });
  return () => game.close();
}

// ---------- for tests: everything that is computed, without the page ----------

/** Losses before training and after each of so many epochs. */
function trainingCurve(settings, epochs) {
  const trainer = new Trainer(structuredClone(settings));
  trainer.trainEpochs(epochs);
  const { start, points, trainCount } = trainer;
  return { ...trainer.save(), start: [...start], points, trainCount };
}

function codeOf(settings, engine, epochs) {
  return exportCode(new Trainer(structuredClone(settings)), engine, epochs);
}

function presets() {
  const whole = (settings) => ({ own: [], ...structuredClone(DEFAULTS), ...structuredClone(settings) });
  return PRESETS.map(({ name, why, settings }) => ({ name, why, settings: whole(settings) }));
}

export default { render, trainingCurve, codeOf, presets, settingsToText, settingsFromText, readPoints };
