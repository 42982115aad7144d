"""Find out whether an exercise is sound.

Its solution must be right, its stub worth nothing, each known mistake named by its own sentence, and every
small change of the solution caught. The tests ask it of every exercise of the course, and `course release`
of an instructor's own.
"""

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from course_lib.exercises.checking import examine
from course_lib.exercises.compare.ways import BY_LIKENESS
from course_lib.exercises.questions import Question, named
from course_lib.exercises.running import TooSlow, is_blank, perform
from course_lib.exercises.verdicts import BLANK, RIGHT, Judgement, judge
from course_lib.workshop.exercises.definition import Exercise, load_exercises, run_source
from course_lib.workshop.exercises.mutants import Mutant, mutants
from course_lib.workshop.exercises.shipped import as_shipped

MUTANT_SECONDS = {False: 0.5, True: 20.0}  # for a case, without and with TensorFlow
SEED = 20_260_901
DRAWS = 12  # of an exercise that each student has another draw of
PYTHONS_OWN = ("itertools", "math", "collections", "functools")  # what an answer may import by its name
HIDDEN_SEEDS = 200


# What happens -------------------------------------------------------------------------------------


def attempt(question: Question, namespace: dict[str, Any], seconds: float = 60.0) -> Judgement:
    """Return the judgement on what some names do in all cases of a question."""
    runs = []
    for case in question.cases:
        run = perform(case.calls, namespace, question.given, seconds)
        runs.append(run)
        if run.outcomes and isinstance(run.outcomes[-1], TooSlow):
            break
    return judge(question, runs)


def surviving_mutants(exercise: Exercise, question: Question) -> tuple[list[str], int]:
    """Return the mutants of a solution that a question's cases call right, and how many there are."""
    survivors, count = [], 0
    for mutant in mutants(exercise.solution_source):
        count += 1
        judgement = mutant_judgement(exercise, question, mutant)
        if judgement.outcome == RIGHT:
            survivors.append(mutant.description)
    return survivors, count


def mutant_judgement(exercise: Exercise, question: Question, mutant: Mutant) -> Judgement:
    """Return the judgement on a mutant, case by case, up to the first that is not right."""
    solution = next(iter(exercise.solutions.values()))
    names = {**_globals_of(solution), **exercise.namespace()}
    try:
        run_source(mutant.source, f"<mutant of {exercise.name}>", names)
    except Exception as error:
        return Judgement("raised", str(error))
    runs, seconds = [], MUTANT_SECONDS[bool(exercise.packages)]
    for case in question.cases:
        runs.append(perform(case.calls, names, question.given, seconds))
        judgement = judge(question, runs)
        if not all(judgement.right):
            return judgement
    return judgement


def _globals_of(thing: Any) -> dict[str, Any]:
    if isinstance(thing, type):
        return dict(vars(sys.modules[thing.__module__]))
    return dict(thing.__globals__)


def flaws(exercise: Exercise, seed: int = SEED, public: Question | None = None) -> list[str]:
    """Return what is wrong with an exercise, a sentence each; an empty list if it is sound.

    Parameters
    ----------
    exercise
        The exercise.
    seed
        Of the hidden cases.
    public
        The question as it was released; where none is given, as it would be released now.
    """
    if exercise.drawn_by is not None:
        draws = enumerate(exercise.draws(DRAWS), 1)
        return [f"draw {number}: {flaw}" for number, one in draws for flaw in flaws(one, seed)]
    if exercise.kind == "text":
        whole = exercise.rubric and exercise.model_answer
        return [] if whole else [f"{exercise.name} lacks a rubric or a model answer."]
    found: list[str] = []
    surviving: set[str] = set()
    for kind in ("public", "hidden"):
        if kind == "public":
            question = public or as_shipped(exercise.public_question())
        else:
            question = as_shipped(exercise.hidden_question(seed))
        survivors, _ = surviving_mutants(exercise, question)
        surviving.update(survivors)
        flaws_here = [
            *_flaws(exercise, question),
            *_flaws_for_a_learner(exercise, question),
            *(
                f"this mutant of the solution counts as right: {description}"
                for description in survivors
                if description not in exercise.equivalent
            ),
        ]
        found += [f"{exercise.name}, {kind} cases: {flaw}" for flaw in flaws_here]
    found += [f"{exercise.name}, {flaw}" for flaw in _bad_luck(exercise)]
    found += [
        f"{exercise.name}: the listed equivalent mutant is caught or does not exist: {description}"
        for description in exercise.equivalent
        if description not in surviving
    ]
    return found


def _flaws(exercise: Exercise, question: Question) -> Iterator[str]:
    judgement = attempt(question, exercise.namespace())
    if judgement.outcome != RIGHT:
        yield f"the solution is {judgement.outcome}: {judgement.sentence}"
    names = _globals_of(exercise.solution)  # a class may inherit from one of a package
    exec(compile(exercise.stub, "<stub>", "exec"), names)
    if not all(is_blank(names[name]) for name in exercise.defines):
        yield f"the stub counts as an attempt, not as {BLANK}"
    stub = attempt(question, exercise.namespace(**{name: names[name] for name in exercise.defines}))
    if stub.share:
        yield f"the stub earns a share of {stub.share}"
    for mistake in exercise.mistakes:
        seen = attempt(question, exercise.namespace(**{mistake.of: mistake.variant}))
        if seen.outcome == RIGHT:
            yield f"the mistake {mistake.sentence!r} counts as right"
        elif seen.sentence != mistake.sentence:
            yield f"the mistake {mistake.sentence!r} is answered by {seen.sentence!r}"


def _flaws_for_a_learner(exercise: Exercise, question: Question) -> Iterator[str]:
    """Check the solution and the stub as source in a notebook's namespace, as `check` does."""
    for what, source, wanted in (
        ("solution", exercise.solution_source, RIGHT),
        ("stub", exercise.stub, BLANK),
    ):
        judgement = examine(question, typed_in(exercise, source)).judgement
        if judgement.outcome != wanted:
            yield f"the {what}, typed into a notebook, is {judgement.outcome}: {judgement.sentence}"


def typed_in(exercise: Exercise, source: str) -> dict[str, Any]:
    """Return the names of a notebook in which somebody has run the given code and an answer."""
    module = sys.modules[exercise.solution.__module__]
    own = {id(item) for item in vars(module).values() if isinstance(item, Exercise)}
    names = {
        name: item
        for name, item in vars(module).items()
        if isinstance(item, ModuleType) or (callable(item) and getattr(item, "__module__", "") in PYTHONS_OWN)
        if id(item) not in own
    }
    names |= {"__name__": "__main__"}
    file = f"<{exercise.name}>"
    run_source("\n\n".join([exercise.given_source, source]), file, names)
    return names


def _bad_luck(exercise: Exercise) -> Iterator[str]:
    """Look for hidden cases whose property calls the solution wrong: no student must pay for chance."""
    if exercise.comparison.name in BY_LIKENESS:
        return
    for seed in range(HIDDEN_SEEDS):
        judgement = attempt(exercise.hidden_question(seed), exercise.namespace())
        if judgement.outcome != RIGHT:
            yield f"hidden cases of seed {seed}: the solution is {judgement.outcome}: {judgement.sentence}"
            return


def main() -> int:
    """Look at every exercise of the course in this environment's versions; return how many are not sound."""
    unsound = 0
    for exercise in load_exercises().values():
        found = flaws(exercise, public=named(exercise.name))
        unsound += bool(found)
        for flaw in found:
            print(flaw, flush=True)
    print(f"{unsound} exercises are not sound.")
    return min(unsound, 100)


if __name__ == "__main__":
    sys.exit(main())
