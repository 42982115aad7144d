"""Define an exercise once, and ask everything of it: what authors write with, and what graders read.

For authors
-----------
::

    @exercise("perceptron.update", points=2, title="One step of learning", prompt="...", hints=["..."])
    def update(weights, bias, inputs, target, learning_rate):
        '''Return the weights and the bias after one step.'''
        ...the solution...

    @update.cases
    def _(rng):
        yield rng.normal(size=2).round(2), 0.5, rng.normal(size=2).round(2), 1, 0.1

    @update.mistake("The bias learns too.")
    def _(weights, bias, inputs, target, learning_rate):
        ...a wrong variant...

A case is a tuple of arguments of the (first) function, or a list of calls, for classes and for several
functions: ``[call("Counter", 3), call("0.add", 2), read("0.total")]``. Arguments are plain values, or
`Tensor`, `Variable`, `Generator`, `Given` and `Result` of `course_lib.exercises.plain_values`.

For graders
-----------
``load_exercises(folder=None, chapters=None)`` returns ``{name: Exercise}`` of the course's definitions, of
some chapters or of all, and of a private folder's. Only a trusted process may load them: they hold the
solutions.

- ``exercise.kind`` is ``"code"`` or ``"text"``; ``exercise.defines`` are the names that the learner's
  code defines (of a text: the variable that holds the answer, a string); ``exercise.points``;
  ``exercise.packages`` (``()`` or ``("tensorflow",)``) tells which server runs it;
  ``exercise.forbidden`` the dotted names that would answer it, for
  ``course_lib.exercises.used_imports.answering``.
- ``exercise.hidden_question(seed)`` draws the hidden cases: a ``questions.Question`` whose ``cases`` hold
  ``calls`` and ``expected``, and whose ``mistakes`` hold what each known mistake leads to on the same
  cases. The same seed gives the same cases.
- Send ``[call.to_json() for call in case.calls]`` and ``question.given`` into the sandbox. In there,
  ``running.perform(calls, namespace, given, seconds)`` (part of the learner's wheel; NumPy only)
  runs one case and returns a ``Run``: an outcome for each call, as JSON through
  ``running.outcome_to_json``. Read it back outside with ``outcome_from_json`` (raises `ValueError` on
  anything that is no outcome).
- ``verdicts.judge(question, runs)`` compares outside and returns a ``Judgement``: ``outcome`` (one of
  ``verdicts.OUTCOMES``), ``share`` of the points (1 when every case is right, a known mistake's worth,
  usually 0, otherwise 0), ``sentence`` (for the student: the known mistake or what is wrong), ``case``
  (the first case that is not right) and ``mistake``.
- A stub: ``running.is_blank(thing)`` inside.
- A failing example that may be shown to the student: ``exercise.public_question()``, performed and
  judged in the same way; ``pages.case_lines(question, case, run)`` writes it.
- Free text: ``exercise.rubric`` lists ``RubricItem(key, points, sentence)``; ``exercise.model_answer``
  is what a full answer may say.
"""

import ast
import importlib
import importlib.util
import inspect
import json
import linecache
import pkgutil
import re
import sys
import textwrap
import traceback
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from course_lib.exercises.checking import PLACEHOLDER
from course_lib.exercises.compare.ways import OWN, Comparison
from course_lib.exercises.questions import Case, KnownMistake, Question
from course_lib.exercises.running import Call, Outcome, Raised, Run, call, perform, read
from course_lib.workshop.refusal import RefusalError

__all__ = [
    "Comparison",
    "Exercise",
    "ExerciseError",
    "RubricItem",
    "call",
    "each_student",
    "exercise",
    "free_text",
    "load_exercises",
    "own_comparison",
    "read",
]

HIDDEN_ROUNDS = 3  # how often the generator is asked when hidden cases are drawn
STUB_WIDTH = 76  # characters that fit into the column of a page
SOLUTION_SECONDS = 30.0  # a solution is trusted: its time limit is for an author's accident only

CasesFunction = Callable[[np.random.Generator], Iterable[Any]]


class ExerciseError(RefusalError):
    """A definition that is not complete or not right, with what to do about it."""


class UnreadableDefinitionsError(ExerciseError):
    """A file of definitions that Python cannot read.

    Parameters
    ----------
    path
        The file.
    line
        The line that is at fault.
    what
        What Python says.
    """

    def __init__(self, path: Path, line: int, what: str) -> None:
        super().__init__(f"{path}:{line} could not be read: {what}")
        self.path, self.line, self.what = path, line, what


class MissingPackageError(ExerciseError):
    """Definitions that need a package which is not installed here."""


@dataclass(frozen=True)
class RubricItem:
    """One thing that a free text is marked for."""

    key: str
    points: int
    sentence: str


@dataclass(frozen=True, eq=False)
class Mistake:
    """A wrong variant of a solution, and the sentence that helps whoever made it."""

    sentence: str
    variant: Callable[..., Any]
    of: str
    recognise: Comparison | None
    worth: float


@dataclass(eq=False)
class Exercise:
    """An exercise, written once. Made by `exercise` and `free_text`; see the module's docstring."""

    name: str
    title: str
    points: int
    prompt: str = ""
    kind: str = "code"
    solutions: dict[str, Callable[..., Any]] = field(default_factory=dict)
    hints: tuple[str, ...] = ()
    comparison: Comparison = field(default_factory=lambda: Comparison("close"))
    given: tuple[Any, ...] = ()
    forbidden: tuple[str, ...] = ("course_lib",)
    packages: tuple[str, ...] = ()
    demands: tuple[str, ...] = ()
    seconds: float = 0.8
    equivalent: Mapping[str, str] = field(default_factory=dict)
    rubric: tuple[RubricItem, ...] = ()
    model_answer: str = ""
    section: str = ""
    drawn_by: "Callable[[np.random.Generator], Exercise] | None" = None
    mistakes: list[Mistake] = field(default_factory=list)
    generate: CasesFunction | None = None

    @property
    def task(self) -> str:
        """The prompt, with what must not be used because it would answer the exercise."""
        own = self.forbidden[1:]  # that all of `course_lib` is forbidden, every page says
        names = [name.replace("tensorflow.keras.", "keras.") for name in own]
        names = [re.sub("^numpy", "np", re.sub("^tensorflow", "tf", name)) for name in names]
        if not names:
            return self.prompt
        listed = ", ".join(f"`{name}`" for name in dict.fromkeys(names))
        return f"{self.prompt}\n\nNot allowed, because it would answer the exercise for you: {listed}."

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that it says to a learner, before and after an answer."""
        of_mistakes = (mistake.sentence for mistake in self.mistakes)
        of_rubric = (item.sentence for item in self.rubric)
        return (self.title, self.prompt, self.stub, *self.hints, *of_mistakes, *of_rubric, self.model_answer)

    # What an author writes ---------------------------------------------------------------------------

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call the solution, so that a mistake or a recursion can use the exercise's own name."""
        return self.solution(*arguments, **keywords)

    @property
    def solution(self) -> Any:
        """The (first) function or class of the solution, for a mistake to build on."""
        return next(iter(self.solutions.values()))

    def also(self, solution: Callable[..., Any]) -> Callable[..., Any]:
        """Add another function or class that the learner writes for the same exercise."""
        self.solutions[solution.__name__] = solution
        return solution

    def cases(self, generate: CasesFunction) -> CasesFunction:
        """Take the generator of cases: called with a random generator, it yields cases."""
        self.generate = generate
        return generate

    def mistake(
        self, sentence: str, of: str = "", recognise: Comparison | None = None, worth: float = 0.0
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Add a known mistake.

        Parameters
        ----------
        sentence
            Helps whoever made it, and does not give the answer away.
        of
            Which of several functions the variant replaces; the first where nothing is said.
        recognise
            A comparison by which an answer is this mistake, for exercises with many right answers.
        worth
            The share of the points that the mistake still earns.
        """

        def add(variant: Callable[..., Any]) -> Callable[..., Any]:
            name = of or self.defines[0]
            if name not in self.solutions:
                raise ExerciseError(
                    f"{self.name}: a mistake is of {name!r}, which the exercise does not define."
                )
            self.mistakes.append(Mistake(sentence, variant, name, recognise, worth))
            return variant

        return add

    # Each student's own -------------------------------------------------------------------------------

    def of_student(self, seed: int, student: str) -> "Exercise":
        """Return the exercise as one student gets it; the same for all where nothing in it is drawn.

        Parameters
        ----------
        seed
            The assignment's seed.
        student
            The key of what the student hands in: members of a group work on one draw.
        """
        return self if self.drawn_by is None else self._draw_of([seed, zlib.crc32(student.encode())])

    def draws(self, count: int) -> list["Exercise"]:
        """Return some draws of it, to be proved; the exercise alone where nothing in it is drawn."""
        return [self] if self.drawn_by is None else [self._draw_of([number]) for number in range(count)]

    def _draw_of(self, seed: list[int]) -> "Exercise":
        assert self.drawn_by is not None
        drawn = self.drawn_by(np.random.default_rng([*seed, zlib.crc32(self.name.encode())]))
        if (drawn.name, drawn.defines, drawn.points) != (self.name, self.defines, self.points):
            raise ExerciseError(
                f"{self.name}: every draw has the same name, defines the same and is worth the same."
            )
        return drawn

    # What there is to ask -----------------------------------------------------------------------------

    @property
    def chapter(self) -> str:
        """The part of the name before the dot."""
        return self.name.partition(".")[0]

    @property
    def defines(self) -> tuple[str, ...]:
        """The names that the learner's code defines."""
        return tuple(self.solutions) or (self.name.partition(".")[2],)

    @cached_property
    def solution_source(self) -> str:
        """The source of the solution, without decorators."""
        return "\n\n\n".join(_without_drawn(source_of(one), one) for one in self.solutions.values())

    @cached_property
    def stub(self) -> str:
        """What the learner starts from."""
        if self.kind == "text":
            return f'{self.defines[0]} = """\n{PLACEHOLDER}\n"""'
        return "\n\n\n".join(stub_of(source_of(solution)) for solution in self.solutions.values())

    @cached_property
    def given_source(self) -> str:
        """The source of the code given with the exercise, imports included."""
        if not self.given:
            return ""
        imports = "import numpy as np\n" + ("import tensorflow as tf\n" * ("tensorflow" in self.packages))
        return imports + "\n\n" + "\n\n\n".join(source_of(item) for item in self.given)

    def namespace(self, **replaced: Any) -> dict[str, Any]:
        """Return the learner's names as a right answer would fill them, some of them replaced.

        Functions look names up here, as in a notebook: one that calls another one calls its replacement.
        """
        names: dict[str, Any] = {"np": np, "__name__": "learner"}
        if any(isinstance(item, FunctionType) for item in self.solutions.values()):
            names |= vars(sys.modules[self.solution.__module__])
        for item in self.solutions.values():
            names |= _around(item)
        names |= {item.__name__: item for item in self.given}
        names |= {name: _looking_up_in(names, item) for name, item in self.solutions.items()}
        names |= replaced
        return names

    def public_question(self) -> Question:
        """Return the question with its public cases, from the smallest to the largest."""
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        cases = sorted(
            self._draw(rng, 1), key=lambda calls: len(json.dumps([one.to_json() for one in calls]))
        )
        return self._question(cases)

    def hidden_question(self, seed: int) -> Question:
        """Return the question with hidden cases. The same seed gives the same cases."""
        return self._question(self.hidden_calls(seed))

    def hidden_calls(self, seed: int) -> list[tuple[Call, ...]]:
        """Return the calls of the hidden cases."""
        rng = np.random.default_rng([seed, zlib.crc32(self.name.encode())])
        return self._draw(rng, HIDDEN_ROUNDS)

    def hidden_groups(self, seed: int) -> tuple[int, ...]:
        """Return for each hidden case which of the generator's cases it is: the first, the second, ..."""
        rng = np.random.default_rng([seed, zlib.crc32(self.name.encode())])
        return tuple(group for group, _ in self._drawn(rng, HIDDEN_ROUNDS))

    def _draw(self, rng: np.random.Generator, rounds: int) -> list[tuple[Call, ...]]:
        return [calls for _, calls in self._drawn(rng, rounds)]

    def _drawn(self, rng: np.random.Generator, rounds: int) -> list[tuple[int, tuple[Call, ...]]]:
        """Return cases, each with its place among those that the generator yields in one round."""
        if self.kind == "text":
            return []
        if self.generate is None:
            raise ExerciseError(f"{self.name} has no cases. Add a generator with @{self.defines[0]}.cases.")
        drawn: list[tuple[int, tuple[Call, ...]]] = []
        for _ in range(rounds):
            for group, case in enumerate(self.generate(rng)):
                calls = self._calls(case)
                if calls not in [known for _, known in drawn]:
                    drawn.append((group, calls))
        return drawn

    def _calls(self, case: Any) -> tuple[Call, ...]:
        if isinstance(case, tuple):
            return (Call(self.defines[0], case),)
        if isinstance(case, list) and case and all(isinstance(one, Call) for one in case):
            return tuple(case)
        raise ExerciseError(
            f"{self.name}: a case is a tuple of arguments or a list of calls, and this one is {case!r}. "
            "A single argument is written `yield (argument,)`."
        )

    def _question(self, cases: Sequence[tuple[Call, ...]]) -> Question:
        expected = [self.outcomes(calls, self.namespace()) for calls in cases]
        for calls, outcomes in zip(cases, expected, strict=True):
            if len(outcomes) < len(calls):
                raise ExerciseError(
                    f"{self.name}: the solution ends a case early: {calls} gives {outcomes[-1]}"
                )
        return Question(
            name=self.name,
            title=self.title,
            points=self.points,
            defines=self.defines,
            signatures=tuple(signature_of(name, item) for name, item in self.solutions.items()),
            kind=self.kind,
            comparison=self.comparison,
            cases=tuple(Case(calls, outcomes) for calls, outcomes in zip(cases, expected, strict=True)),
            mistakes=tuple(self._known(mistake, cases, expected) for mistake in self.mistakes),
            hints=self.hints,
            forbidden=self.forbidden,
            given=self.given_source,
            seconds=self.seconds,
            packages=self.packages,
            demands=self.demands,
        )

    def _known(
        self, mistake: Mistake, cases: Sequence[tuple[Call, ...]], expected: Sequence[tuple[Outcome, ...]]
    ) -> KnownMistake:
        if mistake.recognise is not None:
            return KnownMistake(mistake.sentence, (None,) * len(cases), mistake.recognise, mistake.worth)
        names = self.namespace(**{mistake.of: mistake.variant})
        outcomes = [self.outcomes(calls, names) for calls in cases]
        from course_lib.exercises.verdicts import problem

        shell = Question(self.name, "", 0, self.defines, comparison=self.comparison)
        kept = tuple(
            None if problem(shell, Case(calls, right), Run(wrong)) is None else wrong
            for calls, right, wrong in zip(cases, expected, outcomes, strict=True)
        )
        return KnownMistake(mistake.sentence, kept, None, mistake.worth)

    def outcomes(self, calls: Sequence[Call], namespace: Mapping[str, Any]) -> tuple[Outcome, ...]:
        """Return what some calls lead to in a trusted namespace; of an error its class only."""
        outcomes = perform(calls, namespace, self.given_source, SOLUTION_SECONDS).outcomes
        return tuple(Raised(outcome.kind) if isinstance(outcome, Raised) else outcome for outcome in outcomes)


def run_source(source: str, file: str, names: dict[str, Any]) -> None:
    """Run some source as if it stood in a file, so that its lines can be shown and TensorFlow can read it."""
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec"), names)


FLOAT32_WITHIN = Comparison("close", rtol=1e-6, atol=1e-8)


def exercise(
    name: str,
    *,
    points: int,
    title: str,
    prompt: str = "",
    hints: Sequence[str] = (),
    comparison: Comparison | None = None,
    given: Sequence[Any] = (),
    forbidden: Sequence[str] = (),
    packages: Sequence[str] = (),
    demands: Sequence[str] = (),
    seconds: float = 0.8,
    equivalent: Mapping[str, str] | None = None,
    broken: Callable[..., Any] | None = None,
    section: str = "",
) -> Callable[[Callable[..., Any]], Exercise]:
    """Make an exercise of its solution, a function or a class.

    Parameters
    ----------
    name
        `"chapter.name"`; a private exercise's chapter is any word, for example the class's.
    points
        What it is worth.
    title
        A short heading.
    prompt
        Markdown that stands before the stub. What the function returns belongs in its docstring.
    hints
        From a nudge to a plan; never the answer.
    comparison
        How answers are compared; by tolerance where nothing is said. With TensorFlow that tolerance is wider:
        Keras' rates and losses, and `tf.cast` of a Python number, round to float32 on their way to float64.
    given
        Functions and classes that the learner is given, as code in a cell before the stub.
    forbidden
        Dotted names that would answer the exercise, beside all of `course_lib`.
    packages
        What the exercise needs beside NumPy, as it is imported and installed: `["tensorflow"]`, `["scipy"]`.
    demands
        What the prompt demands of the code itself, as `course_lib.exercises.demands` reads it.
    seconds
        The time for all public cases together.
    equivalent
        Mutants of the solution that behave like it, each with the reason: `{"x > 0 -> x >= 0": "..."}`.
    broken
        A function or class that the learner is to repair. Its source, under the solution's name, ends the
        prompt.
    section
        Where it is explained, `"perceptron.md#a-label"` or an address: a student who has it wrong is led
        there. The chapter of its name where nothing is said.
    """
    if name.count(".") != 1:
        raise ExerciseError(f"An exercise's name is chapter.name, and {name!r} is not.")

    def make(solution: Callable[..., Any]) -> Exercise:
        task = textwrap.dedent(prompt).strip()
        if broken is not None:
            listing = source_of(broken).replace(f" {broken.__name__}(", f" {solution.__name__}(", 1)
            task += f"\n\n```python\n{listing}\n```"
        return Exercise(
            name=name,
            title=title,
            points=points,
            prompt=task,
            solutions={solution.__name__: solution},
            hints=tuple(hints),
            comparison=comparison or (FLOAT32_WITHIN if "tensorflow" in packages else Comparison("close")),
            given=tuple(given),
            forbidden=("course_lib", *forbidden),
            packages=tuple(packages),
            demands=tuple(demands),
            seconds=seconds,
            equivalent=dict(equivalent or {}),
            section=section or _chapter_of(name),
        )

    return make


def own_comparison(function: Callable[..., str | None]) -> Comparison:
    """Make a comparison of a function of your own, for what no comparison of the course can say.

    Parameters
    ----------
    function
        Takes the calls of a case, what was expected of each and what came back, and returns None where the
        answer is right, otherwise a sentence for the learner. It stands alone: its source goes into the
        learners' notebook, and beside its own names it knows `np` and `close`, which compares by tolerance.
    """
    return Comparison(OWN, source=source_of(function), function=function.__name__)


def each_student(draw: Callable[[np.random.Generator], Exercise]) -> Exercise:
    """Make an exercise that is drawn for each student: the function makes it from a random generator.

    Everything within may depend on what is drawn, the prompt as well; only the code given with the exercise
    may not, since it is shown as it stands.
    """
    made = draw(np.random.default_rng(0))
    made.drawn_by = draw
    return made


def free_text(
    name: str,
    *,
    title: str,
    prompt: str,
    rubric: Sequence[tuple[str, int, str]],
    model_answer: str,
    hints: Sequence[str] = (),
    section: str = "",
) -> Exercise:
    """Make a question that a person marks.

    Parameters
    ----------
    name
        `"chapter.name"`; the learner assigns the answer, a text, to a variable of this last name.
    title
        A short heading.
    prompt
        Markdown.
    rubric
        For each thing that earns points a key, the points, and what the answer has to say.
    model_answer
        What a full answer may say; never shown to learners before solutions are published.
    hints
        From a nudge to a plan.
    section
        As for `exercise`.
    """
    items = tuple(RubricItem(*item) for item in rubric)
    return Exercise(
        name=name,
        title=title,
        points=sum(item.points for item in items),
        prompt=textwrap.dedent(prompt).strip(),
        kind="text",
        hints=tuple(hints),
        rubric=items,
        model_answer=textwrap.dedent(model_answer).strip(),
        section=section or _chapter_of(name),
    )


def _chapter_of(name: str) -> str:
    """Return the text of an exercise's chapter; nothing for an instructor's own."""
    chapter = name.partition(".")[0]
    return f"{chapter}.md" if chapter in CHAPTERS else ""


def _looking_up_in(names: dict[str, Any], thing: Any) -> Any:
    """Return a function that looks its global names up in other names; a class as it is."""
    if not isinstance(thing, FunctionType):
        return thing
    copy = FunctionType(thing.__code__, names, thing.__name__, thing.__defaults__, thing.__closure__)
    copy.__kwdefaults__ = thing.__kwdefaults__
    copy.__doc__ = thing.__doc__
    return copy


# Sources ----------------------------------------------------------------------------------------------


def source_of(thing: Any) -> str:
    """Return the source of a function or class without its decorators."""
    source = textwrap.dedent(inspect.getsource(thing))
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    return "\n".join(source.splitlines()[node.lineno - 1 :]).rstrip()


def _around(thing: Any) -> Mapping[str, Any]:
    """Return what a function uses of the function around it; a class's methods use none of that."""
    return inspect.getclosurevars(thing).nonlocals if isinstance(thing, FunctionType) else {}


def _without_drawn(source: str, solution: Any) -> str:
    """Return a source in which numbers and texts stand for the names of what was drawn around it."""
    around = _around(solution).items()
    plain = {name: one.item() if isinstance(one, np.generic) else one for name, one in around}
    values = {name: one for name, one in plain.items() if isinstance(one, int | float | str)}
    if not values:
        return source

    class Drawn(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return ast.Constant(values[node.id]) if node.id in values else node

    return ast.unparse(Drawn().visit(ast.parse(source)))


def stub_of(source: str) -> str:
    """Return the source of a function or class with `...` in place of each body, docstrings kept."""
    node = ast.parse(source).body[0]
    return "\n".join(_stub_lines(node, source.splitlines()))


def _stub_lines(node: ast.stmt, lines: list[str]) -> list[str]:
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    first = node.body[0]
    docstring = ast.get_docstring(node)
    end = first.lineno - 1
    kept = lines[node.lineno - 1 : end]
    if docstring is not None:
        kept += _docstring_lines(docstring, " " * first.col_offset)
    if isinstance(node, ast.ClassDef):
        for member in node.body:
            if isinstance(member, ast.FunctionDef):
                kept += ["", *_stub_lines(member, lines)]
        return kept
    return [*kept, " " * (first.col_offset) + "..."]


def _docstring_lines(text: str, indent: str) -> list[str]:
    """Return the lines of a docstring, wrapped so that they fit into the column of a page."""
    width = STUB_WIDTH - len(indent)
    if len(text) + 6 <= width and "\n" not in text:
        return [f'{indent}"""{text}"""']
    paragraphs = [textwrap.fill(" ".join(part.split()), width) for part in text.split("\n\n")]
    paragraphs[0] = textwrap.fill('"""' + " ".join(paragraphs[0].split()), width)
    lines = [*"\n\n".join(paragraphs).splitlines(), '"""']
    return [indent + line if line else "" for line in lines]


def signature_of(name: str, thing: Any) -> str:
    """Return `name(parameters)` without annotations."""
    parameters = inspect.signature(thing).parameters.values()
    return f"{name}({', '.join(str(one.replace(annotation=inspect.Parameter.empty)) for one in parameters)})"


# Loading ----------------------------------------------------------------------------------------------


def load_exercises(
    folder: Path | None = None, chapters: Collection[str] | None = None
) -> dict[str, Exercise]:
    """Return all exercises by name: the course's own, and those of a private folder.

    Parameters
    ----------
    folder
        A folder of Python files with definitions, an instructor's own; None for the course's only.
    chapters
        The course's chapters to load; None for all of them, which takes TensorFlow's time to import.

    Raises
    ------
    ExerciseError
        If a name is used twice, a file cannot be read, or a chapter needs what is not installed.
    """
    found: dict[str, Exercise] = {}
    for module in [*_own_modules(chapters), *(_private_modules(folder) if folder else ())]:
        for item in vars(module).values():
            if isinstance(item, Exercise):
                if item.name in found and found[item.name] is not item:
                    raise ExerciseError(
                        f"The name {item.name} is used twice; the second is in {module.__file__}."
                    )
                found[item.name] = item
    return found


# The order of the course; a chapter that is not listed comes last.
CHAPTERS = (
    "before_you_start",
    "perceptron",
    "pattern_recognition",
    "cost_functions",
    "neural_networks",
    "tensorflow_basics",
    "training_loops",
    "optimizers",
    "generalisation",
    "keras_in_practice",
    "convolution",
    "debugging_training",
    "scaling_up",
)


def _own_modules(chapters: Collection[str] | None) -> list[ModuleType]:
    try:
        package = importlib.import_module("course_lib.workshop.exercises.definitions")
    except ModuleNotFoundError:
        return []  # an installed wheel holds none
    listed = [one.name for one in pkgutil.iter_modules(package.__path__)]
    listed = [name for name in listed if chapters is None or name in chapters]
    listed.sort(key=lambda name: CHAPTERS.index(name) if name in CHAPTERS else len(CHAPTERS))
    modules = []
    for name in listed:
        with _reading(Path(package.__path__[0]) / f"{name}.py"):
            modules.append(importlib.import_module(f"{package.__name__}.{name}"))
    return modules


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say of whatever a file of definitions raises where in it that was."""
    try:
        yield
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and not str(error.name).startswith("course_lib"):
            raise MissingPackageError(
                f"These exercises need {error.name}, which is not installed here: "
                f"{sys.executable} -m pip install {error.name}"
            ) from error
        here = str(path.absolute())
        lines = [one.lineno for one in traceback.extract_tb(error.__traceback__) if one.filename == here]
        if isinstance(error, SyntaxError) and error.filename == here:
            lines.append(error.lineno)
        what = str(error) if isinstance(error, ExerciseError) else f"{type(error).__name__}: {error}"
        raise UnreadableDefinitionsError(path, next(reversed(lines), 1) or 1, what) from error


def _private_modules(folder: Path) -> Iterator[ModuleType]:
    if not folder.is_dir():
        raise ExerciseError(f"{folder} is no folder. --exercises takes the folder of your own definitions.")
    for path in sorted(folder.glob("*.py")):
        name = f"private_exercises_{zlib.crc32(str(path.resolve()).encode()):x}_{path.stem}"
        specification = importlib.util.spec_from_file_location(name, path)
        assert specification is not None
        assert specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        sys.modules[name] = module
        with _reading(path):
            specification.loader.exec_module(module)
        yield module
