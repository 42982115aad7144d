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


@pytest.mark.parametrize(
    "losses",
    [
        [1.0, 2.0, 1.0],  # back where it started
        [1.0, 0.5, 0.9],  # growing, and still below the start
        [1.0, 9.0, 9.0],  # not growing any more
        [1.0, 9.0, 5.0],
        [1.0, 4.0, np.nan, 9.0],  # two losses before the first that is none
    ],
)
def test_a_loss_that_does_not_grow_in_the_end_is_not_diverging(losses):
    assert diagnosis.diverging(losses, 0.1) is None


def test_diverging_is_seen_from_the_third_loss_on():
    assert "in 2 steps" in str(diagnosis.diverging([1.0, 2.0, 4.0], 0.1))
    # In the middle it may fall: what counts is where it began and where it goes.
    assert diagnosis.diverging([1.0, 9.0, 2.0, 3.0], 0.1) is not None
    assert "in the last one 3 times" in str(diagnosis.diverging([1.0, 5.0, 0.0, 3.0, 9.0], 0.1))
    assert "inf times" in str(diagnosis.diverging([0.0, 0.0, 0.0, 2.0], 0.1))


@pytest.mark.parametrize(
    ("losses", "named"),
    [
        ([1.0, 2.0, 4.0, 8.0], True),
        ([1.0, 1.5, 2.25, 3.375], True),  # slowly, and steadily
        ([5.0, 0.0, 1.0, 2.0, 4.0, 8.0], True),  # the last four decide
        ([1.0, 2.0, 4.0], False),  # two growths may be alike by chance
        ([0.0, 2.0, 4.0, 8.0], False),
        ([-1.0, 2.0, 4.0, 8.0], False),
        ([1.0, 2.0, 4.0, 8.81], False),  # more than a tenth apart
        ([4.0, 2.0, 1.0, 5.0], False),
    ],
)
def test_a_rate_is_named_only_where_the_loss_grows_steadily(losses, named):
    assert ("below about" in str(diagnosis.diverging(losses, 0.1))) is named


def test_a_rate_at_the_bound_overshoots():
    advice = str(diagnosis.diverging([1.0, 4.0, 16.0], 0.2, 0.2))
    assert "At this rate 0.2 each step overshoots the valley; below about 0.2" in advice
    assert str(diagnosis.diverging([1.0, 4.0, 16.0], 0.1, 0.2)).endswith(
        "The rate 0.1 is below 0.2, the largest stable one, so that bound does not hold where the run is "
        "now: measure the sharpness there, or halve the rate."
    )


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


def test_sharpness_looks_only_as_far_as_a_nudge():
    # The slope of x**4 changes by 12 x**2: a wider nudge would measure more.
    assert diagnosis.sharpness(lambda p: 4 * p**3, [1.0]) == pytest.approx(12, rel=1e-7)
    # Far out a nudge must grow with the numbers, or rounding drowns it.
    assert diagnosis.sharpness(lambda p: 4 * p**3, [1e6]) == pytest.approx(12e12, rel=1e-7)


def test_sharpness_is_the_same_at_every_call():
    def gradient(point):
        return np.array([3.0, 2.9, 2.8]) * point

    first = diagnosis.sharpness(gradient, np.ones(3), steps=2)
    assert diagnosis.sharpness(gradient, np.ones(3), steps=2) == first
    assert diagnosis.sharpness(gradient, np.ones(3), steps=2, seed=1) != first


@pytest.mark.parametrize("step", [0, 1, 7])
def test_the_first_nan_is_found(step):
    loss, weights = np.ones(9), np.ones((9, 2, 3))
    weights[step:, 1, 2] = np.nan
    loss[step + 1 :] = np.inf
    finding = diagnosis.first_non_finite(loss=loss, weights=weights)
    assert f"`weights` is nan {'at' if step == 0 else 'for the first time at'} step {step}" in str(finding)
    assert ("before any update" in str(finding)) == (step == 0)
    assert diagnosis.first_non_finite(loss=loss[:step] if step else [1.0]) is None


def test_the_earliest_nan_is_named_and_of_two_the_first_series():
    late, early = [1.0, 1.0, np.nan], [1.0, np.nan, np.nan]
    assert "`weights` is nan for the first time at step 1" in str(
        diagnosis.first_non_finite(weights=early, loss=late)
    )
    assert "`loss` is nan" in str(diagnosis.first_non_finite(loss=early, weights=early))


def test_a_nan_at_the_start_is_explained():
    assert str(diagnosis.first_non_finite(loss=[np.nan])) == (
        "Not a number from the start. `loss` is nan at step 0, before any update. So no learning rate of "
        "this run is to blame: the data or the weights were broken before it began. Make a fresh model, "
        "restart and run all."
    )


class FakeVariable:
    """What a TensorFlow variable looks like to somebody who does not know TensorFlow."""

    def __init__(self, **settings):
        vars(self).update(settings)

    def assign(self, value):
        """Take a value."""

    def numpy(self):
        """Give it back."""


class FakeLayer:
    def __init__(self, *trainable):
        self.trainable_variables = list(trainable)


def test_every_lost_variable_is_named_by_where_it_is():
    weight = FakeVariable(trainable=True)
    model, layer = FakeLayer(weight), FakeLayer()
    model.name, model.itself, model.weight = "a name", model, weight
    model._secret = FakeVariable()
    model.counter = FakeVariable(trainable=False)
    model.lost = model.again = FakeVariable()
    model.layers = [weight, layer]
    model.tables = ({"b": FakeVariable(), 3: [FakeVariable()]},)
    layer.kernel = FakeVariable(trainable=True)
    assert str(diagnosis.untracked_variables(model)) == (
        "Untracked variables. The model computes with lost, layers[1].kernel, tables[0]['b'], "
        "tables[0][3][0], _secret but lists 1 variable(s) to train. A `tf.Module` lists the `tf.Variable`s "
        "of its own attributes and of modules in them, and nothing of Keras' layers or of other objects: "
        "with layers in it, make it a `keras.Model`."
    )
    assert diagnosis.untracked_variables(FakeLayer(weight)) is None


def test_unmoved_weights_are_named():
    assert diagnosis.unmoved([[1.0], [2.0]], [[1.1], [2.1]]) is None
    assert "array 0, array 1 did not change at all, of 3 arrays" in str(
        diagnosis.unmoved([[1.0], [2.0], [3.0]], [[1.0], [2.0], [4.0]])
    )
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


def test_eight_dead_units_are_listed():
    alive = np.ones((2, 1))
    assert "numbers 0, 1, 2, 3, 4, 5, 6, 7. They" in str(
        diagnosis.dead_units(np.hstack([np.zeros((2, 8)), alive]))
    )
    assert "numbers 0, 1, 2, 3, 4, 5, 6, 7 and others. They" in str(
        diagnosis.dead_units(np.hstack([np.zeros((2, 9)), alive]))
    )


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        ((5, 1), (5,), "shape (5, 5): every prediction"),
        ((5,), (5, 1), "shape (5, 5): every prediction"),
        ((5, 2), (2,), "repeated to (5, 2)"),
        ((5,), (4,), "and targets (4,), which do not fit together at all. They are not of the same examples"),
        ((48, 5004), (48,), "No reshape helps: an example has 5004 prediction(s) and 1 target(s)"),
        ((5, 2), (5, 1), "repeated to (5, 2). No reshape helps"),
        ((4, 6), (4, 2, 3), "do not fit together at all. Make the shapes equal, with `targets.reshape"),
        ((5, 1), (), "repeated to (5, 1)"),
    ],
)
def test_stretched_labels(left, right, words):
    finding = str(diagnosis.stretched_labels(np.zeros(left), np.zeros(right)))
    assert words in finding
    if "targets.reshape" in finding:
        assert np.zeros(right).reshape(left).shape == left  # advice that works
    assert diagnosis.stretched_labels(np.zeros(left), np.zeros(left)) is None


@pytest.mark.parametrize(("left", "right"), [((1, 1), (1,)), ((1,), ()), ((1, 7), (7,)), ((5,), (1, 5))])
def test_labels_are_not_stretched_where_nothing_is_repeated(left, right):
    assert diagnosis.stretched_labels(np.zeros(left), np.zeros(right)) is None


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
    assert "Feature 0 runs from 50 to 50" in str(diagnosis.unscaled_inputs(50.0))
    assert "Feature 2 runs from 11 to 11" in str(diagnosis.unscaled_inputs([[[1.0, 2.0], [11.0, 3.0]]]))


def test_a_feature_may_be_as_large_as_the_limit_and_as_small():
    assert diagnosis.unscaled_inputs([10.0]) is None
    assert diagnosis.unscaled_inputs([0.125], limit=8) is None
    assert diagnosis.unscaled_inputs([0.124], limit=8) is not None
    assert diagnosis.unscaled_inputs([[0.0, 1.0]], limit=1.5) is None
    assert diagnosis.unscaled_inputs([[1.0, 0.0, 3.0]], limit=2).evidence.startswith("Feature 2")


def test_stale_weights_are_told_from_fresh_ones():
    assert diagnosis.stale_state([[1.0, 2.0], [0.5]], [[1.0, 2.0], [0.5]]) is None
    assert "1 of 2 weight arrays differ from those of a fresh model, by up to 1." in str(
        diagnosis.stale_state([[1, 2], [3]], [[1, 3], [3]])
    )
    assert (
        "2 of 2 weight arrays differ from those of a fresh model, and some are not even numbers. This"
        in str(diagnosis.stale_state([[np.nan], [1.0]], [[0.0], [0.0]]))
    )


def test_cells_run_again():
    assert diagnosis.cells_run_again(["", "a = 1", "b = 2", ""]) is None
    assert "`a` ran 2 times; `b` ran 2 times. What" in str(diagnosis.cells_run_again(list("abab")))
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
        for broken in (np.nan, np.inf, -np.inf):
            assert "missing values" in str(diagnosis.surprising_start(broken, classes))
            assert "too large" not in str(diagnosis.surprising_start(broken, classes))
        assert "never below zero" in str(diagnosis.surprising_start(-3.0, classes))
        assert "from_logits=True" in str(diagnosis.surprising_start(5 * expected, classes))
        assert str(diagnosis.surprising_start(0.01, classes)).endswith(
            ". It knows the answer already: is the target among the inputs, or the model not fresh?"
        )


@pytest.mark.parametrize(("share", "surprises"), [(0.49, True), (0.51, False), (1.49, False), (1.51, True)])
def test_half_of_the_expected_first_loss_more_or_less_surprises(share, surprises):
    finding = diagnosis.surprising_start(share * np.log(4), classes=4)
    assert (finding is not None) is surprises


def test_learning_by_heart():
    inputs, targets = data.quadratic_cloud(noise=0)
    network = Network([16], optimizer=GradientDescent(0.05), epochs=300, keep_history=True)
    network.fit(inputs[:3, np.newaxis], targets[:3])
    assert diagnosis.cannot_overfit(network.costs_) is None
    assert diagnosis.cannot_overfit(line_losses(0.1)) is not None
    assert diagnosis.cannot_overfit([2.0, np.nan]) is not None
    assert diagnosis.cannot_overfit([2.0, 1.0, 0.5], share=0.25) is None  # as low as asked for
    assert diagnosis.cannot_overfit([2.0, 0.1, 0.6], share=0.25) is not None  # and up again


def test_a_report_has_a_line_for_each_finding():
    lines = diagnosis.report(
        diagnosis.dead_units([[0.0]]), None, diagnosis.stretched_labels([1.0, 2.0], [[1.0], [2.0]])
    ).splitlines()
    assert [line[:14] for line in lines] == ["- Dead units. ", "- Stretched la"]
    assert diagnosis.report(None, None, None) == "3 probes found nothing wrong."


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: diagnosis.first_non_finite(), r"^Name at least one series, such as `loss=losses`\.$"),
        (lambda: diagnosis.first_non_finite(loss=[]), "`loss` has shape"),
        (lambda: diagnosis.diverging([1.0, 2.0], 0.1), "three or more"),
        (lambda: diagnosis.diverging([1.0, 2.0, 3.0], 0.0), "`learning_rate` is 0.0"),
        (lambda: diagnosis.diverging([1.0, 2.0, 3.0], 0.1, -1), "`largest_rate` is -1"),
        (lambda: diagnosis.diverging(3.0, 0.1), r"^`losses` has shape \(\)"),
        (lambda: diagnosis.diverging([], 0.1), "^`losses` has shape"),
        (
            lambda: diagnosis.sharpness(lambda p: p[:1], [1.0, 2.0]),
            r"returned shape \(1,\) for parameters of shape \(2,\); they must be equal\.$",
        ),
        (lambda: diagnosis.sharpness(lambda p: p, [[1.0]]), "^`parameters` has shape"),
        (lambda: diagnosis.sharpness(lambda p: p, [1.0], steps=0), "^`steps` is 0"),
        (lambda: diagnosis.standing_still([1.0]), "two or more"),
        (lambda: diagnosis.standing_still([]), "^`losses` has shape"),
        (lambda: diagnosis.unmoved([[1.0]], []), "`before` has 1 arrays"),
        (
            lambda: diagnosis.unmoved([[1.0]], [[1.0, 2.0]]),
            r"^`after\[0\]` has shape \(2,\), `before\[0\]` \(1,\)\.$",
        ),
        (lambda: diagnosis.untracked_variables(3), "`model` is a int"),
        (lambda: diagnosis.dead_units([1.0]), "`activations` has shape"),
        (lambda: diagnosis.unscaled_inputs([np.nan]), "`inputs` holds nan"),
        (lambda: diagnosis.unscaled_inputs([1.0], limit=0), "`limit` is 0"),
        (lambda: diagnosis.stale_state([], [[1.0]]), "`weights` has 0 arrays"),
        (
            lambda: diagnosis.stale_state([[1.0]], [[1.0, 2.0]]),
            r"^`weights\[0\]` has shape \(1,\), `fresh\[0\]` \(2,\)\.$",
        ),
        (lambda: diagnosis.expected_initial_loss(1), "`classes` is 1"),
        (lambda: diagnosis.cannot_overfit([]), "`losses` has shape"),
        (lambda: diagnosis.cannot_overfit([1.0], share=0), "^`share` is 0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("losses", "still"),
    [
        ([1.0, 1.0 + 5e-7], True),
        ([1.0, 1.0 + 5e-6], False),
        ([1e-9, 2e-9], False),  # small losses move too
        ([2.0, 1.0, 1.0], False),
        ([1.0, 1.0, 2.0], False),
        ([3.25, 3.25], True),
        ([0.0, 0.0, 0.0], False),  # perfect from the start: nothing is left to learn
    ],
)
def test_a_millionth_decides_whether_a_loss_stands_still(losses, still):
    assert (diagnosis.standing_still(losses) is not None) is still


def test_a_loss_that_is_no_number_does_not_stand_still():
    assert diagnosis.standing_still([np.nan, np.nan]) is None
    assert diagnosis.standing_still(line_losses(0.1)) is None
