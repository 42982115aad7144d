"""Every formula says itself: a speech engine puts KaTeX's MathML into words while the book is built.

The words are the formula's name for a screen reader that reads no MathML; PDF and EPUB have them too.
"""

import json
import os
import re
import subprocess
from functools import partial
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from course_lib.workshop.book.problems import BookError, Problem
from course_lib.workshop.book.site import web_packages
from course_lib.workshop.book.site.extension.light_files import cached

_MATH = re.compile(r"<math\b(?P<attributes>[^>]*)>.*?</math>", re.DOTALL)
# Loading the engine's rules takes a second: one process answers for the whole build, a line for each page.
_SCRIPT = """
const path = require("path"), engine = require("speech-rule-engine");
const json = path.join(path.dirname(require.resolve("speech-rule-engine")), "mathmaps");
const ready = engine.setupEngine({ locale: "en", domain: "clearspeak", modality: "speech", json })
  .then(() => engine.engineReady());
require("readline").createInterface({ input: process.stdin }).on("line", (line) =>
  ready.then(() => console.log(JSON.stringify(JSON.parse(line).map((math) => engine.toSpeech(math))))));
"""


class Speaker:
    """The speech engine: a process that starts when it is first asked."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def say(self, formulas: list[str]) -> list[str]:
        """Return the words of each formula, given as MathML.

        Raises
        ------
        BookError
            If the engine does not answer.
        """
        if self._process is None:
            self._process = subprocess.Popen(
                [str(web_packages.node_program()), "-e", _SCRIPT],
                env=os.environ | {"NODE_PATH": str(web_packages.CACHE / "node_modules")},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(formulas), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise BookError(
                Problem(
                    "speech-rule-engine",
                    "stopped while it put formulas into words.",
                    f"Remove {web_packages.CACHE.name}/ in .course, so that it is installed again.",
                )
            )
        return [str(words) for words in json.loads(answer)]

    def stop(self) -> None:
        """End the process, if it was ever needed."""
        if self._process is not None:
            assert self._process.stdin
            self._process.stdin.close()
            self._process.wait()
            self._process = None


def with_spoken_formulas(html: str, speaker: Speaker) -> str:
    """Return a page's text whose formulas carry their words.

    Parameters
    ----------
    html
        HTML with formulas in MathML.
    speaker
        What puts those into words that no earlier build has asked for.
    """
    formulas = sorted({match[0] for match in _MATH.finditer(html)})
    if not formulas:
        return html
    engine = (web_packages.HERE / "package-lock.json").read_bytes() + _SCRIPT.encode()
    made = cached(".json", partial(_words, formulas, speaker), engine, "\n".join(formulas).encode())
    words: dict[str, str] = json.loads(made)

    def named(match: re.Match[str]) -> str:
        name = escape(words[match[0]])
        return match[0].replace("<math", f'<math alttext="{name}" aria-label="{name}"', 1)

    return _MATH.sub(named, html)


def _words(formulas: list[str], speaker: Speaker) -> bytes:
    return json.dumps(dict(zip(formulas, speaker.say(formulas), strict=True))).encode()


def setup(app: Sphinx) -> None:
    """Register the step, after all that brings formulas into a page's text."""
    speaker = Speaker()

    def speak(
        app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document
    ) -> None:
        if "body" in context:
            context["body"] = with_spoken_formulas(context["body"], speaker)

    app.connect("html-page-context", speak, priority=850)
    app.connect("build-finished", lambda *_: speaker.stop())
