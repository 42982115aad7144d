"""The concert decision: a perceptron that the reader moves."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import traitlets

from course_lib.figures.base import Figure, plain_list
from course_lib.figures.picture import Picture
from course_lib.perceptron import weighted_sum

QUESTIONS = ["Is the artist good?", "Is the weather good?", "Will a friend come?", "Is food served?"]


class ConcertDecision(Figure):
    """The concert decision: inputs, weights and threshold to move, the weighted sum to watch.

    Parameters
    ----------
    answers : sequence of 0 and 1
        One answer a question, 1 for yes.
    weights : sequence of float
        What each yes is worth.
    threshold : float
        Go out if the weighted sum is more than this.
    questions : sequence of str, optional
        The questions; as many as answers and weights. The four of the story if absent.
    """

    title: ClassVar[str] = "The concert decision"

    questions = traitlets.List(traitlets.Unicode(), QUESTIONS).tag(sync=True)
    answers = traitlets.List(traitlets.Int(), [1, 0, 1, 0]).tag(sync=True)
    weights = traitlets.List(traitlets.Float(), [0.7, 0.6, 0.5, 0.3]).tag(sync=True)
    threshold = traitlets.Float(1.5).tag(sync=True)

    def __init__(
        self,
        answers: Sequence[int] | np.ndarray[Any, Any] = (1, 0, 1, 0),
        weights: Sequence[float] | np.ndarray[Any, Any] = (0.7, 0.6, 0.5, 0.3),
        threshold: float = 1.5,
        questions: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        if questions is None:
            count = len(answers)
            questions = QUESTIONS if count == 4 else [f"Question {i + 1}?" for i in range(count)]
        if not len(answers) == len(weights) == len(questions):
            raise ValueError(
                f"Each question needs one answer and one weight: there are {len(questions)} questions, "
                f"{len(answers)} answers and {len(weights)} weights."
            )
        super().__init__(
            questions=list(questions),
            answers=plain_list(answers, int),
            weights=plain_list(weights, float),
            threshold=float(threshold),
            **kwargs,
        )

    @traitlets.validate("answers")
    def _check_answers(self, proposal: dict[str, Any]) -> list[int]:
        answers: list[int] = proposal["value"]
        if any(answer not in (0, 1) for answer in answers):
            raise traitlets.TraitError(f"An answer is 0 (no) or 1 (yes); got {answers}.")
        return answers

    @property
    def weighted_sum(self) -> float:
        """The sum of answers times weights."""
        return float(weighted_sum(self.answers, self.weights))

    @property
    def decision(self) -> int:
        """1 for going out, 0 for staying at home; a sum equal to the threshold stays."""
        return int(round(self.weighted_sum, 9) > round(self.threshold, 9))

    def computed(self) -> dict[str, Any]:
        """Compute what the figure shows."""
        contributions = np.multiply(self.answers, self.weights)
        return {"contributions": contributions, "sum": self.weighted_sum, "decision": self.decision}

    @property
    def description(self) -> str:
        """What the figure shows now."""
        terms = " + ".join(
            f"{answer} × {weight:.1f}" for answer, weight in zip(self.answers, self.weights, strict=True)
        )
        verdict = "more than" if self.decision else "not more than"
        action = "you go out" if self.decision else "you stay at home"
        comparison = f"{self.weighted_sum:.1f}, {verdict} {self.threshold:.1f}"
        return f"The concert decision: {terms} = {comparison}, so {action}."

    def static_svg(self) -> str:
        """Return the unit with its inputs and its sum."""
        height = 40 * len(self.questions) + 20
        picture = Picture(self.description, 640, height)
        middle = height / 2
        for i, (question, answer, weight) in enumerate(
            zip(self.questions, self.answers, self.weights, strict=True)
        ):
            y = 30 + 40 * i
            picture.line(
                230,
                y,
                460,
                middle,
                stroke="one" if answer and weight >= 0 else "zero" if answer else "line",
                width=1 + 7 * min(1.0, abs(weight)),
            )
            picture.text(205, y + 4, question, anchor="end")
            picture.circle(230, y, 13, fill="one" if answer else "paper", stroke="one" if answer else "soft")
            picture.text(
                230, y + 5, str(answer), anchor="middle", fill="paper" if answer else "ink", bold=True
            )
            picture.rect(283, y + (middle - y) * 0.3 - 11, 34, 20, fill="paper", radius=5)
            picture.text(300, y + (middle - y) * 0.3 + 4, f"{weight:.1f}", anchor="middle")
        picture.line(460, middle, 580, middle, stroke="one" if self.decision else "line", width=4)
        picture.circle(460, middle, 29, fill="panel", stroke="ink")
        picture.text(460, middle - 5, "sum", anchor="middle", fill="soft")
        picture.text(460, middle + 13, f"{self.weighted_sum:.1f}", anchor="middle", size=16, bold=True)
        picture.text(520, middle - 10, f"> {self.threshold:.1f} ?", anchor="middle")
        picture.circle(
            580,
            middle,
            18,
            fill="one" if self.decision else "paper",
            stroke="one" if self.decision else "zero",
            width=3,
        )
        picture.text(
            580,
            middle + 5,
            str(self.decision),
            anchor="middle",
            fill="paper" if self.decision else "ink",
            size=16,
            bold=True,
        )
        picture.text(580, middle + 38, "go" if self.decision else "stay", anchor="middle", bold=True)
        return str(picture)
