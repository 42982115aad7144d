"""Every probe finds the failure it is for, made on purpose, and keeps quiet about a sound run."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib import cost, data, diagnosis
from course_lib.descent import GradientDescent, Trainer, largest_learning_rate
from course_lib.network import Network


def test_a_notebook_shows_a_finding_as_text_that_wraps():
    finding = diagnosis.Finding("It is dark", "The lamp is off.", "Switch it on.")
    assert finding._repr_markdown_() == "> **It is dark.** The lamp is off. Switch it on."


def line_losses(learning_rate, steps=12):
    trainer = Trainer(*data.noisy_line(), learning_rate, weight=5.0, keep_history=True)
    trainer.train(steps)
    return [loss for _, _, loss in trainer.history]


def test_diverging_is_found_and_the_rate_it_names_converges():
    bound = largest_learning_rate(data.noisy_line()[0])
    finding = diagnosis.diverging(line_losses(1.1), 1.1)
    assert finding is not None
    assert finding.problem == "Diverging"
    named = float(finding.advice.split("below about ")[1].split()[0])
    assert named == pytest.approx(bound, rel=0.02)
    assert diagnosis.diverging(line_losses(0.95 * named), 0.95 * named) is None
    assert diagnosis.diverging(line_losses(1.05 * named, 60), 1.05 * named) is not None
    assert f"below about {bound:.2g}" in str(diagnosis.diverging(line_losses(1.1), 1.1, bound))


@given(
    curvatures=st.lists(st.floats(0.5, 20), min_size=1, max_size=4),
    overshoot=st.floats(1.05, 3),
    floor=st.floats(0, 2),
)
def test_the_rate_named_on_a_bowl_is_stable_on_it(curvatures, overshoot, floor):
    bound = 2 / max(curvatures)
    rate = overshoot * bound
    steps = np.arange(60)[:, None]
    losses = floor + ((1 - rate * np.array(curvatures)) ** (2 * steps)).sum(axis=1)
    finding = diagnosis.diverging(losses, rate)
    assert finding is not None
    if "below about" in finding.advice:
        named = float(finding.advice.split("below about ")[1].split()[0])
        assert named == pytest.approx(bound, rel=0.1)


def test_a_bound_that_the_run_has_left_behind_is_not_repeated():
    assert "measure the sharpness there" in str(diagnosis.diverging([1.0, 4.0, 16.0, 64.0], 0.01, 0.2))


def test_a_run_that_ends_in_nan_is_judged_by_what_came_before():
    losses = [1.0, 10.0, 100.0, np.inf, np.nan]
    assert "from 1 to 100 in 2 steps" in str(diagnosis.diverging(losses, 1.0))
    assert diagnosis.diverging([0.0, 0.0, 1.0], 1.0) is not None
    assert diagnosis.diverging([np.nan] * 5, 1.0) is None  # not the learning rate's doing
    assert diagnosis.diverging([3.0, 2.0, 2.5, 1.0, 1.2], 1.0) is None  # loss need not fall at every step


@given(st.lists(st.floats(0.1, 50), min_size=1, max_size=6), st.integers(0, 100))
def test_sharpness_is_the_largest_eigenvalue(curvatures, seed):
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(rng.normal(size=(len(curvatures), len(curvatures))))[0]
    matrix = rotation @ np.diag(curvatures) @ rotation.T
    found = diagnosis.sharpness(lambda p: matrix @ p, np.zeros(len(curvatures)), steps=400)
    assert found == pytest.approx(max(curvatures), rel=0.02)


def test_sharpness_agrees_with_the_bound_of_a_line():
    inputs, targets = data.noisy_line()

    def gradient(parameters):
        residuals = targets - parameters[0] * inputs - parameters[1]
        return -2 * np.array([np.mean(inputs * residuals), np.mean(residuals)])

    found = diagnosis.sharpness(gradient, [5.0, 0.0])
    assert 2 / found == pytest.approx(largest_learning_rate(inputs), rel=1e-6)
    assert diagnosis.sharpness(lambda p: 0 * p, [1.0]) == 0


@pytest.mark.parametrize("step", [0, 1, 7])
def test_the_first_nan_is_found(step):
    loss, weights = np.ones(9), np.ones((9, 2, 3))
    weights[step:, 1, 2] = np.nan
    loss[step + 1 :] = np.inf
    finding = diagnosis.first_non_finite(loss=loss, weights=weights)
    assert f"`weights` is nan {'at' if step == 0 else 'for the first time at'} step {step}" in str(finding)
    assert ("before any update" in str(finding)) == (step == 0)
    assert diagnosis.first_non_finite(loss=loss[:step] if step else [1.0]) is None


def test_unmoved_weights_are_named():
    assert diagnosis.unmoved([[1.0], [2.0]], [[1.1], [2.1]]) is None
    assert "bias did not" in str(diagnosis.unmoved([[1.0], [2.0]], [[3.0], [2.0]], ["kernel", "bias"]))


@given(dead=st.sets(st.integers(0, 9)))
def test_dead_units_are_counted(dead):
    activations = np.random.default_rng(0).uniform(0.1, 1, (5, 10))
    activations[0] = 0  # a unit that is silent for one example is alive
    activations[:, list(dead)] = 0
    finding = diagnosis.dead_units(activations)
    assert (finding is None) == (not dead)
    if finding:
        assert finding.evidence.startswith(f"{len(dead)} of 10 hidden units answer 0 to all 5 examples")


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        ((5, 1), (5,), "shape (5, 5): every prediction"),
        ((5,), (5, 1), "shape (5, 5): every prediction"),
        ((5, 2), (2,), "repeated to (5, 2)"),
        ((5,), (4,), "do not fit together"),
    ],
)
def test_stretched_labels(left, right, words):
    assert words in str(diagnosis.stretched_labels(np.zeros(left), np.zeros(right)))
    assert diagnosis.stretched_labels(np.zeros(left), np.zeros(left)) is None


def test_unscaled_inputs():
    inputs, _ = data.points_by_line(scaled=False)
    finding = diagnosis.unscaled_inputs(inputs)
    assert finding is not None
    scaled = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)
    assert diagnosis.unscaled_inputs(scaled) is None
    assert diagnosis.unscaled_inputs(data.noisy_line()[0]) is None
    assert "Feature 1 runs from 0.0001" in str(diagnosis.unscaled_inputs([[1.0, 0.0001], [0.5, 0.0002]]))
    assert diagnosis.unscaled_inputs([[1.0, 0.0], [0.5, 0.0]]) is None
    assert f"below {largest_learning_rate(inputs):.2g}" in str(finding)


def test_cells_run_again():
    assert diagnosis.cells_run_again(["", "a = 1", "b = 2", ""]) is None
    assert "`a = 1` ran 3 times" in str(diagnosis.cells_run_again(["a = 1", "a = 1\n", "b", " a = 1"]))


def test_the_expected_first_loss():
    rng = np.random.default_rng(0)
    for classes in (2, 10):
        expected = diagnosis.expected_initial_loss(classes)
        logits = rng.normal(0, 0.1, (500, classes))
        labels = rng.integers(classes, size=500)
        found = cost.softmax_cross_entropy(logits, labels)
        assert found == pytest.approx(expected, rel=0.03)
        assert diagnosis.surprising_start(found, classes) is None
        assert "too large" in str(diagnosis.surprising_start(5 * expected, classes))
        assert "too large" in str(diagnosis.surprising_start(np.nan, classes))
        assert "knows the answer already" in str(diagnosis.surprising_start(0.01, classes))


def test_learning_by_heart():
    inputs, targets = data.quadratic_cloud(noise=0)
    network = Network([16], optimizer=GradientDescent(0.05), epochs=300, keep_history=True)
    network.fit(inputs[:3, np.newaxis], targets[:3])
    assert diagnosis.cannot_overfit(network.costs_) is None
    assert diagnosis.cannot_overfit(line_losses(0.1)) is not None
    assert diagnosis.cannot_overfit([2.0, np.nan]) is not None


def test_a_report_has_a_line_for_each_finding():
    lines = diagnosis.report(
        diagnosis.dead_units([[0.0]]), None, diagnosis.stretched_labels([1.0], [[1.0]])
    ).splitlines()
    assert [line[:14] for line in lines] == ["- Dead units. ", "- Stretched la"]
    assert diagnosis.report(None, None, None) == "3 probes found nothing wrong."


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: diagnosis.first_non_finite(), "at least one series"),
        (lambda: diagnosis.first_non_finite(loss=[]), "`loss` has shape"),
        (lambda: diagnosis.diverging([1.0, 2.0], 0.1), "three or more"),
        (lambda: diagnosis.diverging([1.0, 2.0, 3.0], 0.0), "`learning_rate` is 0.0"),
        (lambda: diagnosis.diverging([1.0, 2.0, 3.0], 0.1, -1), "`largest_rate` is -1"),
        (lambda: diagnosis.sharpness(lambda p: p[:1], [1.0, 2.0]), r"returned shape \(1,\)"),
        (lambda: diagnosis.standing_still([1.0]), "two or more"),
        (lambda: diagnosis.unmoved([[1.0]], []), "`before` has 1 arrays"),
        (lambda: diagnosis.unmoved([[1.0]], [[1.0, 2.0]]), r"`after\[0\]` has shape"),
        (lambda: diagnosis.untracked_variables(3), "`model` is a int"),
        (lambda: diagnosis.dead_units([1.0]), "`activations` has shape"),
        (lambda: diagnosis.unscaled_inputs([np.nan]), "`inputs` holds nan"),
        (lambda: diagnosis.unscaled_inputs([1.0], limit=0), "`limit` is 0"),
        (lambda: diagnosis.stale_state([], [[1.0]]), "`weights` has 0 arrays"),
        (lambda: diagnosis.stale_state([[1.0]], [[1.0, 2.0]]), r"`weights\[0\]` has shape"),
        (lambda: diagnosis.expected_initial_loss(1), "`classes` is 1"),
        (lambda: diagnosis.cannot_overfit([]), "`losses` has shape"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_loss_that_is_no_number_does_not_stand_still():
    assert diagnosis.standing_still([np.nan, np.nan]) is None
    assert diagnosis.standing_still(line_losses(0.1)) is None
