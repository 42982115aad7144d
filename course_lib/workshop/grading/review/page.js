// @ts-check
// The review page: answers one after the other, each marked with a few keys. What students wrote is only ever text.

/** @param {string} id @returns {any} */
const at = (id) => document.getElementById(id);
const state = { overview: null, piles: [], now: 0, chosen: new Set(), nothing: false };

/**
 * Make an element that holds text or other elements.
 *
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...(string | Node)} content
 */
function element(tag, properties = {}, ...content) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...content);
  return made;
}

/** Say something below the answer, to those who listen too. */
function say(words, refused = false) {
  at("status").textContent = words;
  at("status").className = refused ? "refused" : "";
}

/** Ask the server; where it refuses, say why and return null. */
async function ask(what, form) {
  const options = form && { method: "POST", body: JSON.stringify(form) };
  try {
    const response = await fetch(what, options || undefined);
    const told = await response.json().catch(() => ({ refused: `The server answers ${response.status}.` }));
    if (!told.refused) return told;
    say(told.refused, true);
  } catch {
    say("The server does not answer. Is `course review` still running? Nothing was kept.", true);
  }
  return null;
}

const question = () => state.overview.questions.find((one) => one.name === at("question").value);
const pile = () => state.piles[state.now];
const students = (count) => (count === 1 ? "one student" : `${count} students in the same words`);

/** Read the overview and fill in the header and the requests. */
async function overview(told) {
  const fresh = told || (await ask("overview"));
  if (!fresh) return;
  state.overview = { ...state.overview, ...fresh };
  at("title").textContent = `Review: ${fresh.title}`;
  document.title = at("title").textContent;
  if (fresh.assistant) at("who").textContent = `You are ${fresh.assistant}.`;
  for (const id of ["question", "about"]) {
    const before = at(id).value;
    const listed = state.overview.questions.filter((one) => id === "about" || one.piles);
    const waiting = (one) => (one.waiting ? ` (${one.waiting} to mark)` : "");
    at(id).replaceChildren(...listed.map((one) => element("option", { value: one.name }, one.title + waiting(one))));
    const first = listed.find((one) => one.waiting) || listed[0];
    at(id).value = listed.some((one) => one.name === before) ? before : first?.name || "";
  }
  showRequests();
}

/** Read one question's answers and begin where this assistant begins. */
async function open() {
  if (!at("question").value) return say("There is no answer to look at.");
  const told = await ask(`piles?question=${encodeURIComponent(at("question").value)}`);
  if (!told) return;
  state.piles = told.piles;
  const { place = 0, assistants = 1 } = state.overview;
  state.now = Math.floor((told.piles.length * place) / assistants) - 1;
  step(1);
}

/** Go to the next answer that is to be seen, in either direction, around the end. */
function step(direction) {
  const wanted = (one) => at("all").checked || question().kind === "code" || one.waits;
  const count = state.piles.length;
  for (let far = 1; far <= count; far++) {
    const place = (((state.now + direction * far) % count) + count) % count;
    if (wanted(state.piles[place])) {
      state.now = place;
      return show();
    }
  }
  at("answer").hidden = true;
  progress();
  at("question").focus();
}

function progress() {
  const waiting = state.piles.filter((one) => one.waits);
  const people = waiting.reduce((sum, one) => sum + one.count, 0);
  const left = people ? `${waiting.length} answers of ${people} students wait` : "No answer waits";
  at("progress").textContent = `${left}; ${state.piles.length} different answers in all.`;
}

/** Show the present answer. */
function show() {
  const one = pile();
  at("answer").hidden = false;
  const like = one.similar ? `, ${one.similar} similar` : "";
  at("place").textContent = `Answer ${state.now + 1} of ${state.piles.length}: ${students(one.count)}${like}`;
  at("text").textContent = one.text;
  at("text").className = question().kind === "code" ? "code" : "";
  at("sentence").textContent = one.sentence && `${one.status}, ${one.computed} points: ${one.sentence}`;
  at("example").textContent = one.example;
  at("example").hidden = !one.example;
  state.chosen = new Set(one.mark?.keys || []);
  const sum = question().rubric.reduce((all, line) => all + (state.chosen.has(line.key) ? line.points : 0), 0);
  const given = one.mark?.points ?? null;
  state.nothing = given === 0 && !state.chosen.size;
  at("points").value = given === null || given === sum ? "" : given;
  at("points").max = question().points;
  at("comment").value = one.mark?.comment || "";
  at("reason").value = "";
  at("why").hidden = one.waits;
  at("history").replaceChildren(...one.history.map((line) => element("li", {}, past(line))));
  at("past").hidden = !one.history.length;
  showRubric();
  progress();
  at("place").focus();
}

function past(line) {
  const points = line.points === null ? "" : `, ${line.points} points`;
  return `${line.at}, ${line.by}: ${line.kind}${points}. ${line.comment} ${line.reason && `(${line.reason})`}`;
}

/** Show which lines are chosen, and what they come to. */
function showRubric() {
  const { rubric, points } = question();
  const lines = rubric.map((line, place) =>
    choice(`${place + 1}`, `${line.sentence} (${line.points})`, state.chosen.has(line.key), () => choose(place)),
  );
  if (rubric.length) lines.push(choice("0", "nothing of this (0)", state.nothing, () => choose(-1)));
  at("rubric").replaceChildren(...lines);
  const sum = rubric.reduce((all, line) => all + (state.chosen.has(line.key) ? line.points : 0), 0);
  at("sum").textContent = `${at("points").value || sum} of ${points} points`;
}

function choice(key, words, pressed, press) {
  const button = element("button", { type: "button", onclick: press }, element("kbd", {}, key), ` ${words}`);
  button.setAttribute("aria-pressed", String(pressed));
  return button;
}

/** Choose a line of the rubric, or leave it again; -1 says that the answer holds none of them. */
function choose(place) {
  const line = question().rubric[place];
  const focused = [...at("rubric").children].indexOf(document.activeElement);
  if (line) {
    if (!state.chosen.delete(line.key)) state.chosen.add(line.key);
    state.nothing = false;
  } else if (place === -1) {
    state.nothing = !state.nothing;
    state.chosen.clear();
  }
  showRubric();
  if (focused >= 0) at("rubric").children[focused].focus();
}

/** Keep the mark, and go to the next answer. */
async function keep() {
  const one = pile();
  if (!one || at("answer").hidden || state.busy) return;
  const points = at("points").value === "" ? (state.nothing ? 0 : null) : Number(at("points").value);
  const form = { question: question().name, code: one.code, seen: one.seen, keys: [...state.chosen], points };
  state.busy = true;
  const told = await ask("mark", { ...form, comment: at("comment").value, reason: at("reason").value });
  state.busy = false;
  if (!told) return refused(one);
  state.piles[state.piles.indexOf(one)] = { ...told, similar: one.similar };
  say(`Kept: ${told.mark.points} points for ${students(told.count)}.`);
  step(1);
}

/** After a refusal: show what another assistant did meanwhile, or where the reason is missing. */
async function refused(one) {
  const words = at("status").textContent;
  const told = await ask(`piles?question=${encodeURIComponent(question().name)}`);
  const same = told?.piles.findIndex((other) => other.code === one.code);
  if (told && told.piles[same]?.seen !== one.seen) {
    state.piles = told.piles;
    state.now = Math.max(0, same);
    show();
  } else if (!at("why").hidden && !at("reason").value) {
    at("reason").focus();
  }
  say(words, true);
}

function showRequests() {
  const asked = state.overview.requests.map(request);
  at("requests").replaceChildren(...(asked.length ? asked : [element("p", {}, "Nobody waits for an answer.")]));
}

/** Return a request with its answer, what failed, and the form that answers it. */
function request(one) {
  const reply = element("textarea", { rows: 2 });
  const points = element("input", { type: "number", min: 0, max: one.out_of, step: "any" });
  const form = element(
    "form",
    {},
    element("p", {}, element("label", {}, "What the student reads ", reply)),
    element(
      "p",
      { className: "row" },
      element("label", {}, "New points, where they change ", points),
      element("button", { type: "submit" }, "Answer"),
    ),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const value = points.value === "" ? null : Number(points.value);
    const told = await ask("answer", { number: one.number, reply: reply.value, points: value });
    if (told) {
      await overview(told);
      say("Answered, and written down.");
    }
  });
  const lines = one.history.map((line) => element("li", {}, past(line)));
  return element(
    "article",
    {},
    element("h3", {}, `${one.code}, ${one.question}: ${one.points} of ${one.out_of} points`),
    element("p", {}, `Asks: ${one.asks}`),
    element("pre", { className: "code" }, one.text || "Nothing was handed in."),
    element("p", {}, one.sentence),
    ...(one.example ? [element("pre", { className: "code" }, one.example)] : []),
    ...(lines.length ? [element("ol", {}, ...lines)] : []),
    form,
  );
}

const KEYS = {
  n: () => step(1),
  p: () => step(-1),
  c: () => at("comment").focus(),
  r: () => at("reason").focus(),
  Enter: keep,
};

document.addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const writes = target.matches("textarea, input, select");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && target.closest("#marking")) {
    event.preventDefault();
    keep();
  } else if (event.key === "Escape" && writes) {
    at("place").focus();
  }
  if (writes || event.ctrlKey || event.metaKey || event.altKey || !at("keys").checked || at("answer").hidden) return;
  const digit = /^[0-9]$/.test(event.key);
  const presses = event.key === "Enter" && target.matches("button, summary");
  if (presses || !(digit || event.key in KEYS)) return;
  event.preventDefault();
  if (digit) choose(Number(event.key) - 1);
  else KEYS[event.key]();
});
at("marking").addEventListener("submit", (event) => {
  event.preventDefault();
  keep();
});
at("asking").addEventListener("submit", async (event) => {
  event.preventDefault();
  const told = await ask("ask", { student: at("student").value, question: at("about").value, asks: at("asks").value });
  if (!told) return;
  at("asking").reset();
  await overview(told);
  say("Written down.");
});
at("next").addEventListener("click", () => step(1));
at("previous").addEventListener("click", () => step(-1));
at("points").addEventListener("input", showRubric);
at("question").addEventListener("change", open);
at("all").addEventListener("change", open);
overview().then(() => state.overview && open());
