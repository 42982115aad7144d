// @ts-check
// The elements that the live parts of a page are made of.

/**
 * @param {string} tag
 * @param {Object<string, string>} [attributes]
 * @param {(Node | string)[]} children
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** @param {string} words @param {() => void} action @param {string} [kind] */
export function button(words, action, kind = "") {
  const made = make("button", { type: "button", class: `live-button ${kind}`.trim() }, words);
  made.addEventListener("click", action);
  return /** @type {HTMLButtonElement} */ (made);
}
