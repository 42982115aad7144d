// @ts-check
// The editor: CodeMirror with Python, and no more of it than an answer of ten lines needs.

import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

/**
 * @typedef {object} Options
 * @property {string} label
 * @property {string} describedBy
 * @property {(text: string) => void} change
 * @property {() => void} run
 * @property {() => void} check
 */

/**
 * @param {HTMLElement} parent
 * @param {string} text
 * @param {Options} options
 */
export function makeEditor(parent, text, { label, describedBy, change, run, check }) {
  const press = (/** @type {() => void} */ action) => () => {
    action();
    return true;
  };
  const view = new EditorView({
    parent,
    doc: text,
    extensions: [
      lineNumbers(),
      history(),
      drawSelection(),
      indentOnInput(),
      indentUnit.of("    "),
      EditorState.tabSize.of(4),
      bracketMatching(),
      closeBrackets(),
      highlightActiveLine(),
      python(),
      syntaxHighlighting(classHighlighter),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({
        "aria-label": label,
        "aria-describedby": describedBy,
        autocapitalize: "off",
        autocorrect: "off",
        spellcheck: "false",
      }),
      keymap.of([
        { key: "Shift-Enter", run: press(run) },
        { key: "Mod-Enter", run: press(check) },
        ...closeBracketsKeymap,
        ...defaultKeymap,
        ...historyKeymap,
        indentWithTab,
      ]),
      EditorView.updateListener.of((update) => update.docChanged && change(update.state.doc.toString())),
    ],
  });
  return {
    view,
    text: () => view.state.doc.toString(),
    /** Replace the whole text; undo brings the old one back. @param {string} now */
    replace: (now) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: now } }),
    focus: () => view.focus(),
  };
}
