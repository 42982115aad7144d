// @ts-check
// The playground's settings, and how the page's address keeps them.

import { ACTIVATIONS, INITIALISERS, LOSSES, SCHEDULES } from "./network_engine.js";
import { FEATURES, KINDS } from "./playground_data.js";
import { DEFAULTS, PRESETS } from "./playground_presets.js";

export const SETTING_NAMES = [
  ...["kind", "noise", "train_share", "seed", "own", "features", "hidden", "activations", "loss", "optimiser"],
  ...["momentum", "learning_rate", "schedule", "period", "penalty", "penalty_rate", "batch_size", "initialiser"],
  ...["dropout", "frozen", "stop_at", "stop_loss", "stop_accuracy"],
];
// How the pictures are shown, and how it is usually.
export const VIEW = { show_test: false, discretise: false, log_loss: false, speed: "rising" };
// What Python keeps of a run.
export const RUN_NAMES = ["epoch", "parameters", "memory", "steps", "history"];
// A change of one of these leaves the weights as they are; a change of any other starts the network anew.
export const LIVE = new Set([
  ...["learning_rate", "schedule", "period", "penalty", "penalty_rate", "batch_size", "dropout", "frozen"],
  ...["stop_at", "stop_loss", "stop_accuracy"],
]);
// Of these, what says when to stop and changes nothing before.
export const STOPS = new Set(["stop_at", "stop_loss", "stop_accuracy"]);
export const MOST_DROPPED = 0.9;
export const MOST_LAYERS = 8;
export const MOST_UNITS = 16;
export const MOST_IN_ADDRESS = 1000; // own points

// How many epochs may be done so many seconds after the start.
export const SPEEDS = {
  rising: {
    name: "slowly at first, then as fast as it can",
    epochs: (t) => (8 * (2 ** (3 * Math.min(t, 9)) - 1)) / 3 + (t > 9 ? Infinity : 1),
  },
  full: { name: "as fast as it can", epochs: () => Infinity },
  ten: { name: "10 epochs a second", epochs: (t) => 1 + 10 * t },
  one: { name: "one epoch a second", epochs: (t) => 1 + t },
};

// What a page without a stored state begins with.
const EMPTY = { own: [], hide: [], epoch: 0, parameters: [], memory: [], steps: 0, history: [] };

/** Give a model whatever it has no value for yet. */
export function fillIn(model) {
  for (const [name, value] of Object.entries(structuredClone({ ...DEFAULTS, ...VIEW, ...EMPTY }))) {
    if (model.get(name) === undefined) model.set(name, value);
  }
}

/** A preset's name as an address has it: "Too fast: not-a-number" is too-fast-not-a-number. */
const slugOf = (name) =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Settings and view as text; what is as usual is left out. */
export function settingsToText(settings, view = {}) {
  const all = { ...settings, ...view };
  const parts = Object.entries({ ...DEFAULTS, ...VIEW })
    .filter(([name, value]) => name in all && !same(all[name], value))
    .map(([name]) => `${name}=${encodeURIComponent([all[name]].flat().join(","))}`);
  if (settings.kind === "own" && settings.own.length <= MOST_IN_ADDRESS) {
    parts.push(`own=${encodeURIComponent(settings.own.map((point) => point.join(",")).join(";"))}`);
  }
  return parts.join("&");
}

const ALLOWED = {
  __proto__: null, // so that nobody's "constructor" is found among the names
  kind: [...Object.keys(KINDS), "own"],
  loss: Object.keys(LOSSES),
  optimiser: ["sgd", "momentum", "adam"],
  schedule: Object.keys(SCHEDULES),
  penalty: ["none", "l1", "l2"],
  initialiser: Object.keys(INITIALISERS),
};
const BOUNDS = {
  __proto__: null,
  noise: [0, 50],
  train_share: [1, 100],
  seed: [0, 1e9],
  momentum: [0, 1],
  learning_rate: [0, 1e3],
  period: [1, 1e6],
  penalty_rate: [0, 1e3],
  batch_size: [0, 1e6],
  stop_at: [0, 1e9],
  stop_loss: [0, 1e9],
  stop_accuracy: [0, 100],
  dropout: [0, MOST_DROPPED],
};
const WHOLE = new Set(["seed", "period", "batch_size", "stop_at"]);

function isInBounds(name, text) {
  const value = Number(text);
  if (!BOUNDS[name] || text === "" || (WHOLE.has(name) && !Number.isInteger(value))) return false;
  return value >= BOUNDS[name][0] && value <= BOUNDS[name][1];
}

/** Settings from such text; what is unknown or wrong in it is left out. */
export function settingsFromText(text) {
  const found = new URLSearchParams(text);
  const preset = PRESETS.find(({ name }) => slugOf(name) === found.get("preset"));
  const settings = { ...structuredClone(DEFAULTS), ...structuredClone(preset?.settings ?? {}) };
  const list = (name) => (found.get(name) ?? "").split(",").filter(Boolean);
  for (const [name, value] of found) {
    if (ALLOWED[name]?.includes(value)) settings[name] = value;
    else if (isInBounds(name, value)) settings[name] = Number(value);
  }
  const features = Object.keys(FEATURES).filter((name) => list("features").includes(name));
  if (features.length) settings.features = features;
  if (found.has("hidden")) {
    settings.hidden = list("hidden")
      .map(Number)
      .filter((n) => Number.isInteger(n) && n >= 1 && n <= 2 * MOST_UNITS)
      .slice(0, 2 * MOST_LAYERS);
  }
  const kinds = found.has("activations") ? list("activations") : settings.activations;
  settings.activations = settings.hidden.map((_, l) =>
    Object.hasOwn(ACTIVATIONS, kinds[l] ?? "") ? kinds[l] : "tanh",
  );
  const most = countParameters([settings.features.length, ...settings.hidden, 1]);
  const frozen = list("frozen").map(Number);
  if (frozen.every((k) => Number.isInteger(k) && k >= 0 && k < most)) settings.frozen = frozen;
  const own = (found.get("own") ?? "").split(";").filter(Boolean);
  const points = own.map((point) => point.split(",").map(Number));
  const fits = points.length <= MOST_IN_ADDRESS && points.every((p) => p.length === 3 && p.every(Number.isFinite));
  settings.own = fits ? points : [];
  return { settings, view: viewFrom(found), hide: list("hide") };
}

const countParameters = (sizes) => sizes.slice(1).reduce((sum, units, l) => sum + units * (sizes[l] + 1), 0);

function viewFrom(found) {
  const speed = found.get("speed") ?? "";
  const view = { ...VIEW, speed: Object.hasOwn(SPEEDS, speed) ? speed : VIEW.speed };
  for (const name of ["show_test", "discretise", "log_loss"]) view[name] = found.get(name) === "true";
  return view;
}

const URL_MARK = "#playground&";

export function settingsFromUrl() {
  return location.hash.startsWith(URL_MARK) ? settingsFromText(location.hash.slice(URL_MARK.length)) : null;
}

export function writeUrl(settings, view) {
  const isOurs = location.hash.startsWith(URL_MARK);
  const hide = isOurs ? new URLSearchParams(location.hash.slice(URL_MARK.length)).get("hide") : null;
  const end = hide ? `&hide=${encodeURIComponent(hide)}` : "";
  history.replaceState(null, "", `${URL_MARK}${settingsToText(settings, view)}${end}`);
}
