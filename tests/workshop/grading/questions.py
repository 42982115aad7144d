"""Small questions for the tests of the grader, made without the course's own exercises."""

from course_lib.workshop.exercises.definition import Exercise, call, exercise, free_text
from course_lib.workshop.grading.scoring.answer_key import AnswerKey, KeyQuestion, draw_key


def double_exercise() -> Exercise:
    @exercise("test.double", points=2, title="Double a number", seconds=0.2)
    def double(x):  # type: ignore[no-untyped-def]
        """Return x twice."""
        return 2 * x

    @double.cases
    def _(rng):  # type: ignore[no-untyped-def]
        yield [call("double", float(rng.normal()))]

    @double.mistake("You squared the number. Twice four is eight.")
    def _(x):  # type: ignore[no-untyped-def]
        return x**2

    return double


def largest_exercise() -> Exercise:
    @exercise("test.largest", points=3, title="The largest", seconds=0.2)
    def largest(values):  # type: ignore[no-untyped-def]
        """Return the largest value of an array."""
        return values.max()

    @largest.cases
    def _(rng):  # type: ignore[no-untyped-def]
        yield [call("largest", rng.normal(size=4))]
        yield [call("largest", -abs(rng.normal(size=3)))]

    return largest


def essay_exercise() -> Exercise:
    return free_text(
        "test.essay",
        title="Say why",
        prompt="Why?",
        rubric=[("cause", 2, "names a cause"), ("example", 1, "gives an example")],
        model_answer="Because.",
    )


def double_question(seed: int = 1) -> KeyQuestion:
    return draw_key("Test", [double_exercise()], seed).questions[0]


def small_key(seed: int = 1) -> AnswerKey:
    return draw_key("Test", [double_exercise(), largest_exercise(), essay_exercise()], seed)
