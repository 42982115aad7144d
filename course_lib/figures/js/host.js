// @ts-check
// Starts the figures of a static page: no kernel, no network, also from a file that was double-clicked.
// A figure is <div class="course-figure" data-figure="NAME" data-state="JSON">picture</div>; its module
// stands once a page in <script type="text/plain" data-figure-module="NAME" data-parts="FILES">, and each of the
// files that it shares with other figures in <script type="text/plain" data-figure-part="FILE">.
(() => {
  const modules = new Map();

  /** A figure's own file behind those that it shares with others: one module without imports. */
  function joined(script) {
    const files = script.dataset.parts.split(" ").filter(Boolean);
    const parts = files.map((file) => document.querySelector(`script[data-figure-part="${file}"]`).textContent);
    return [...parts, script.textContent].join("\n");
  }

  function load(name) {
    if (!modules.has(name)) {
      const script = document.querySelector(`script[data-figure-module="${name}"]`);
      if (!script) return Promise.reject(new Error(`The page holds no module for the figure ${name}.`));
      const url = URL.createObjectURL(new Blob([joined(script)], { type: "text/javascript" }));
      modules.set(
        name,
        import(url).finally(() => URL.revokeObjectURL(url)),
      );
    }
    return modules.get(name);
  }

  /** What a figure expects of a widget's model, for a page where nobody else listens. */
  function createModel(state) {
    const listeners = new Map();
    const call = (event, ...values) => [...(listeners.get(event) ?? [])].forEach((listener) => listener(...values));
    return {
      get: (name) => state[name],
      set: (name, value) => {
        if (state[name] === value) return;
        state[name] = value;
        call(`change:${name}`);
        call("change");
      },
      save_changes: () => {},
      send: () => {},
      on: (event, listener) => {
        if (!listeners.has(event)) listeners.set(event, new Set());
        listeners.get(event).add(listener);
      },
      off: (event, listener) => {
        if (!event) listeners.clear();
        else if (listener) listeners.get(event)?.delete(listener);
        else listeners.delete(event);
      },
      page: true, // the figure may keep its state in the page's address
    };
  }

  async function start(place) {
    if (place.dataset.started) return;
    place.dataset.started = "loading";
    const picture = [...place.childNodes];
    try {
      const module = await load(place.dataset.figure);
      const model = createModel(JSON.parse(place.dataset.state || "{}"));
      const el = document.createElement("div");
      place.replaceChildren(el);
      await module.default.render({ model, el });
      place.model = model;
      place.dataset.started = "yes";
    } catch (error) {
      place.replaceChildren(...picture); // a still picture beats an empty place
      place.dataset.started = "failed";
      console.error(`The figure ${place.dataset.figure} did not start.`, error);
    }
  }

  /** Start what is on the screen at once, before anything is seen to move, and the rest when the screen comes near. */
  function startNear() {
    const waiting = places().filter((place) => !place.dataset.started);
    const isSeenSoon = waiting.map((place) => place.getBoundingClientRect().top < 1.5 * innerHeight);
    waiting.forEach((place, index) => (isSeenSoon[index] ? start(place) : nearness.observe(place)));
  }
  const places = () => {
    /** @type {NodeListOf<HTMLElement>} */
    const found = document.querySelectorAll(".course-figure[data-figure]");
    return [...found];
  };
  const nearness = new IntersectionObserver(
    (changes) => changes.forEach(({ target, isIntersecting }) => isIntersecting && start(target)),
    { rootMargin: "100% 0%" },
  );

  /** A reader who does something soon gets to all of them: each starts when the page has nothing else to do. */
  async function startAll() {
    const idle = globalThis.requestIdleCallback ?? setTimeout;
    for (const place of places()) {
      await new Promise((done) => idle(done));
      await start(place);
    }
  }
  for (const deed of ["keydown", "pointerdown", "scroll"])
    addEventListener(deed, startAll, { once: true, passive: true, capture: true });

  // This script stands behind the figures: they start before the rest of the page is read.
  startNear();
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startNear);
})();
