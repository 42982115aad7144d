// @ts-check
// Answers as a notebook, out and in: what is downloaded is what is handed in, and it can be read back.

/** @typedef {{ cell_type: string, source: string | string[] }} Cell */
/** @typedef {{ cells: Cell[], metadata: object, nbformat: number, nbformat_minor: number }} Notebook */
/** @typedef {{ name: string, stub: string, cell: number }} Place */

const text = (/** @type {Cell} */ cell) => (Array.isArray(cell.source) ? cell.source.join("") : (cell.source ?? ""));

/**
 * Return the exercise notebook with answers in their cells.
 * @param {Notebook} notebook
 * @param {Place[]} places
 * @param {Object<string, string>} answers
 * @returns {string}
 */
export function withAnswers(notebook, places, answers) {
  const cells = notebook.cells.map((cell) => ({ ...cell }));
  for (const { name, cell } of places) if (name in answers) cells[cell].source = answers[name];
  return JSON.stringify({ ...notebook, cells }, null, 1);
}

/**
 * Return the answers that a notebook holds: for each exercise the cell in front of its `check`.
 * @param {string} content
 * @returns {Object<string, string>}
 */
export function answersIn(content) {
  const { cells } = JSON.parse(content);
  if (!Array.isArray(cells)) throw new SyntaxError("no notebook");
  /** @type {Object<string, string>} */
  const answers = {};
  let before = "";
  for (const cell of cells) {
    if (cell?.cell_type !== "code") continue;
    const match = /^check\(\s*["']([\w.]+)["']\s*\)\s*$/m.exec(text(cell));
    if (match && before) answers[match[1]] = before;
    else before = text(cell);
  }
  return answers;
}

/** Let the browser save a text as a file. @param {string} name @param {string} content */
export function download(name, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
