// @ts-check
// The playground's clock: it trains between the browser's pictures, so that a click never waits.

import { SPEEDS } from "./playground_address.js";
import { prefersStill } from "./toolkit.js";

const SLICE = 6; // milliseconds of training at a stretch: a click never waits for longer than that
const DRAWING_GAP = 60; // milliseconds between two pictures of a running network, at least

/** Trains `game.trainer` while it plays; draws and saves now and then. */
export class Clock {
  constructor(game) {
    this.game = game;
    this.playing = false;
    this.stale = false; // true if the reader changed something that the running network has not shown yet
    this.drawn = { at: 0, took: 0 }; // when the last picture was made, and how long it took
    this.begun = { at: 0, epoch: 0 }; // from where the speed of the run is counted
    this.seen = { at: 0, epoch: 0, speed: 0 }; // when its speed was measured last
    // Training goes on in slices, one message after the other: between two of them the browser hands over
    // clicks and paints. Frames draw, and start the messages again where they ended.
    this.turns = new MessageChannel();
    this.turnAsked = false;
    this.turns.port1.onmessage = () => this.takeTurn();
  }

  /** Count the speed of the run from here. */
  restart() {
    const [at, epoch] = [performance.now(), this.game.trainer.epoch];
    this.begun = { at, epoch };
    this.seen = { at, epoch, speed: 0 };
  }

  play() {
    if (this.playing || this.game.trainer.over) return;
    this.playing = true;
    this.restart();
    this.game.showRun();
    requestAnimationFrame(() => this.frame());
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.stale = false;
    this.game.rest();
  }

  /** Train one epoch and stop. */
  stepOnce() {
    this.pause();
    this.game.trainer.trainEpochs(1);
    this.game.rest();
  }

  askForTurn() {
    if (this.turnAsked) return;
    this.turnAsked = true;
    this.turns.port2.postMessage(null);
  }

  takeTurn() {
    this.turnAsked = false;
    if (!this.playing || this.stale || document.hidden) return;
    const { trainer, model } = this.game;
    const seconds = (performance.now() - this.begun.at) / 1000;
    const limit = this.begun.epoch + SPEEDS[model.get("speed") ?? "rising"].epochs(seconds);
    trainer.trainFor(SLICE, limit);
    if (trainer.over) this.pause();
    else if (trainer.epoch < limit) this.askForTurn();
  }

  frame() {
    if (!this.playing) return;
    if (!this.game.frame.isConnected) {
      this.playing = false;
      return;
    }
    requestAnimationFrame(() => this.frame());
    const now = performance.now();
    // Drawing may take a quarter of the time; a reader who asked for less motion gets two pictures a second.
    const gap = Math.max(prefersStill() ? 500 : DRAWING_GAP, 4 * this.drawn.took);
    if (this.stale || now - this.drawn.at > gap) {
      this.stale = false;
      this.game.draw();
      this.drawn = { at: performance.now(), took: performance.now() - now };
    } else if (now - this.game.savedAt > 1000) this.game.sync();
    this.askForTurn();
  }

  /** How many epochs it does in a second, 0 while that is not known. */
  speed() {
    if (!this.playing) return 0;
    const [now, epoch] = [performance.now(), this.game.trainer.epoch];
    if (now - this.seen.at > 800) {
      const speed = Math.round(((epoch - this.seen.epoch) * 1000) / (now - this.seen.at));
      this.seen = { at: now, epoch, speed };
    }
    return this.seen.speed;
  }

  close() {
    this.playing = false;
    this.turns.port1.close();
  }
}
