"""Debugging training: read logs and curves, guard shapes, and know what a healthy start looks like."""

import numpy as np

from course_lib.exercises.compare.ways import Comparison
from course_lib.exercises.plain_values import Defined, Generator
from course_lib.tf.quiet import tf
from course_lib.workshop.exercises.definition import call, exercise, free_text


@exercise(
    "debugging_training.first_bad_step",
    points=1,
    title="Where did it break?",
    section="debugging_training.md#where-did-it-break",
    prompt="""
    A log of losses ends in `nan`, and the last hundred lines all look the same. The cause stands just before
    the *first* number that is not finite. Infinity counts: it comes before nan.
    """,
    hints=[
        "`np.isfinite` is false for nan and for both infinities.",
        "`np.flatnonzero` lists the positions at which something is true. There may be none.",
    ],
)
def first_bad_step(losses):
    """Return the position, from 0 on, of the first loss that is not finite; None if all are finite.

    The losses have shape (steps,).
    """
    bad = np.flatnonzero(~np.isfinite(losses))
    return bad[0] if len(bad) else None


@first_bad_step.cases
def _(rng):
    yield (np.array([2.0, np.nan]),)
    yield (np.array([2.0, 1.0]),)
    yield (np.array([3.0, np.inf, np.nan]),)
    yield (np.array([np.nan, 1.0, np.inf]),)
    yield (np.array([1.0, 2.0, -np.inf]),)
    losses = rng.uniform(1, 9, size=6).round(1)
    losses[int(rng.integers(1, 6)) :] = np.nan
    yield (losses,)


@first_bad_step.mistake("Infinity is not finite either, and it comes before nan.")
def _(losses):
    bad = np.flatnonzero(np.isnan(losses))
    return bad[0] if len(bad) else None


@first_bad_step.mistake("That is the last bad step. The cause is at the first.")
def _(losses):
    bad = np.flatnonzero(~np.isfinite(losses))
    return bad[-1] if len(bad) else None


@first_bad_step.mistake("Where all losses are finite the answer is None, not 0: step 0 would be a bad one.")
def _(losses):
    return np.argmax(~np.isfinite(losses))


@first_bad_step.mistake("That is the last good step before it. The bad step itself is asked for.")
def _(losses):
    step = first_bad_step.solution(losses)
    return None if step is None else step - 1


@first_bad_step.mistake("Steps count from 0, as the positions of an array do.")
def _(losses):
    step = first_bad_step.solution(losses)
    return None if step is None else step + 1


@first_bad_step.mistake("nan is equal to nothing, not even to itself: `loss == np.nan` is always false.")
def _(losses):
    return next((step for step, loss in enumerate(losses) if loss == np.inf), None)


@first_bad_step.mistake("Infinity has two signs, and minus infinity is not finite either.")
def _(losses):
    bad = np.flatnonzero(np.isnan(losses) | (losses == np.inf))
    return bad[0] if len(bad) else None


@first_bad_step.mistake(
    "Where all losses are finite the answer is None, not -1: that is Python's last position."
)
def _(losses):
    step = first_bad_step.solution(losses)
    return -1 if step is None else step


@first_bad_step.mistake("Where all losses are finite the answer is None, not their number.")
def _(losses):
    step = first_bad_step.solution(losses)
    return len(losses) if step is None else step


@first_bad_step.mistake(
    "A loss that rises is finite all the same. The first that is *not a finite number* is asked for."
)
def _(losses):
    rising = np.flatnonzero(~(np.diff(losses) <= 0))
    return rising[0] + 1 if len(rising) else None


@first_bad_step.mistake("That is the loss itself. At which *step* does it stand?")
def _(losses):
    step = first_bad_step.solution(losses)
    return None if step is None else losses[step]


@exercise(
    "debugging_training.shape_guard",
    points=2,
    title="The loss that was not one",
    section="debugging_training.md#labels-that-were-stretched",
    prompt="""
    Predictions of shape `(n, 1)` and targets of shape `(n,)` are subtracted without a word: NumPy makes an
    `n`-by-`n` table of differences, and its mean looks like a loss. Training goes on and learns next to
    nothing. Write a mean squared error that refuses: it raises a `ValueError`, or a kind of it, when the two shapes differ in
    any way.
    """,
    hints=[
        '`raise ValueError("...")` stops with an error. A good message names both shapes.',
        "Compare the whole shapes. Two arrays can have equally many entries and different shapes.",
    ],
)
def guarded_error(predictions, targets):
    """Return the mean squared error, a number. Raise ValueError if the two shapes are not equal."""
    if predictions.shape != targets.shape:
        raise ValueError(f"The predictions have shape {predictions.shape}, the targets {targets.shape}.")
    return np.mean((predictions - targets) ** 2)


@guarded_error.cases
def _(rng):
    yield np.array([1.0, 2.0]), np.array([1.0, 4.0])
    yield np.array([[1.0], [2.0]]), np.array([1.0, 4.0])
    yield np.array([1.0, 2.0]), np.array([1.0, 4.0, 5.0])
    yield np.array([[1.0, 2.0]]), np.array([[1.0], [4.0]])
    yield np.array([1.0, 2.0]), np.array([3.0])
    size = int(rng.integers(2, 4))
    yield rng.normal(size=(2, size)).round(1), rng.normal(size=(2, size)).round(1)
    yield rng.normal(size=(2, size)).round(1), rng.normal(size=(size,)).round(1)


@guarded_error.mistake("There is no guard: shapes that differ go through in silence, or raise by accident.")
def _(predictions, targets):
    return np.mean((predictions - targets) ** 2)


@guarded_error.mistake("Equally many entries are not the same shape: (n, 1) and (n,) both have n.")
def _(predictions, targets):
    if predictions.size != targets.size:
        raise ValueError
    return np.mean((predictions - targets) ** 2)


@guarded_error.mistake("Equally long is not the same shape: compare more than the first axis.")
def _(predictions, targets):
    if len(predictions) != len(targets):
        raise ValueError
    return np.mean((predictions - targets) ** 2)


@guarded_error.mistake(
    "The shapes are repaired in silence. The one who calls should hear that something is wrong."
)
def _(predictions, targets):
    if predictions.size != targets.size:
        raise ValueError
    return np.mean((predictions.ravel() - targets.ravel()) ** 2)


@guarded_error.mistake("An `assert` raises an AssertionError. The exercise asks for a ValueError.")
def _(predictions, targets):
    assert predictions.shape == targets.shape
    return np.mean((predictions - targets) ** 2)


@guarded_error.mistake("The guard is right. That is the mean of the *absolute* errors; square them.")
def _(predictions, targets):
    guarded_error.solution(predictions, targets)
    return np.mean(np.abs(predictions - targets))


@guarded_error.mistake(
    "The guard is right. That is the root of the mean squared error: no root is asked for."
)
def _(predictions, targets):
    return np.sqrt(guarded_error.solution(predictions, targets))


@guarded_error.mistake("The same number of axes is not the same shape: compare the sizes too.")
def _(predictions, targets):
    if predictions.ndim != targets.ndim:
        raise ValueError
    return np.mean((predictions - targets) ** 2)


@guarded_error.mistake("The error is made and handed back. `raise` makes it stop whoever has called.")
def _(predictions, targets):
    if predictions.shape != targets.shape:
        return ValueError("The shapes differ.")
    return np.mean((predictions - targets) ** 2)


@guarded_error.mistake("The error is caught again, and nothing is said. Let it reach the one who has called.")
def _(predictions, targets):
    return np.mean((predictions - targets) ** 2) if predictions.shape == targets.shape else None


@exercise(
    "debugging_training.first_loss",
    points=2,
    title="What the very first loss should be",
    section="debugging_training.md#two-minutes-before-two-hours",
    prompt="""
    Before any training a classifier knows nothing, and its loss should say so. If it gives each of $k$ classes
    the same probability, its mean log loss has a value that you can compute beforehand. Is the first printed
    loss far from it, then something is wrong before the first step.

    A second value is worth knowing: the loss of a model that has learned nothing but how *frequent* each class
    is, and answers with these shares every time. A model that does not get below this value has not looked at
    its inputs.
    """,
    comparison=Comparison("close", rtol=1e-10, atol=1e-11),
    hints=[
        "The log loss of an example is minus the logarithm of the probability of its true class.",
        "For the second value: a class with a share of p has this loss in a share p of all examples.",
        "A class that never occurs contributes nothing, and its logarithm must not be taken.",
    ],
)
def first_loss(counts):
    """Return (uniform, frequent): the loss that knows nothing, and the one that knows the shares.

    The counts have shape (classes,): how many examples there are of each class, some perhaps zero. Both losses
    use the natural logarithm, and the first spreads over all classes, those without examples too.
    """
    shares = counts[counts > 0] / np.sum(counts)
    return np.log(len(counts)), -np.sum(shares * np.log(shares))


@first_loss.cases
def _(rng):
    yield (np.array([5, 5]),)
    yield (np.array([1, 3]),)
    yield (np.array([4, 0, 4]),)
    yield (np.full(10, 7),)
    yield (np.full(1500, 2),)  # many classes add up what a tiny number in the logarithm hides
    yield (rng.integers(1, 30, size=4),)


@first_loss.mistake(
    "The first loss has the wrong sign, or it is a probability: a log loss is positive and can exceed 1."
)
def _(counts):
    return -np.log(len(counts)), first_loss.solution(counts)[1]


@first_loss.mistake("The first is right. In the second each class counts with its share, not all alike.")
def _(counts):
    shares = counts[counts > 0] / np.sum(counts)
    return np.log(len(counts)), -np.mean(np.log(shares))


@first_loss.mistake("A class that never occurs makes nan here: leave it out of the sum.")
def _(counts):
    shares = counts / np.sum(counts)
    with np.errstate(all="ignore"):
        return np.log(len(counts)), -np.sum(shares * np.log(shares))


@first_loss.mistake("The first is right. The second needs a minus too: logarithms of shares are negative.")
def _(counts):
    uniform, frequent = first_loss.solution(counts)
    return uniform, -frequent


@first_loss.mistake("These are logarithms to the base two. Losses in this course use the natural one.")
def _(counts):
    uniform, frequent = first_loss.solution(counts)
    return uniform / np.log(2), frequent / np.log(2)


@first_loss.mistake(
    "The uniform model spreads over all classes that it has outputs for, also those never seen."
)
def _(counts):
    uniform, frequent = first_loss.solution(counts[counts > 0])
    return uniform, frequent


@first_loss.mistake("The first is a probability. The loss is minus its logarithm.")
def _(counts):
    return 1 / len(counts), first_loss.solution(counts)[1]


@first_loss.mistake(
    "The first is right. The second answers with the *shares*, not always with the commonest class."
)
def _(counts):
    return np.log(len(counts)), -np.log(np.max(counts) / np.sum(counts))


@first_loss.mistake(
    "The first is right. The second is the loss of all examples together; a mean loss is asked for."
)
def _(counts):
    uniform, frequent = first_loss.solution(counts)
    return uniform, frequent * np.sum(counts)


@first_loss.mistake("The second is right. The first spreads over the *classes*, not over the examples.")
def _(counts):
    return np.log(np.sum(counts)), first_loss.solution(counts)[1]


@exercise(
    "debugging_training.dead_units",
    points=2,
    title="Units that never speak again",
    section="debugging_training.md#units-that-went-to-sleep",
    prompt="""
    A ReLU unit whose sum is below zero for *every* example outputs zero for every example, gets a slope of
    zero from every example, and so no slope moves it any more: it is dead. Find the dead units of a hidden layer.
    """,
    hints=[
        "`inputs @ weights + bias` holds a row for each example, a column for each unit.",
        "A unit lives if its sum is above zero for any example at all.",
    ],
)
def dead_units(weights, bias, inputs):
    """Return the list of positions of the dead units, in rising order, from 0 on.

    Shapes: (features, units), (units,) and (examples, features). At a sum of zero the slope is zero too.
    """
    alive = np.any(inputs @ weights + bias > 0, axis=0)
    return np.flatnonzero(~alive).tolist()


@dead_units.cases
def _(rng):
    yield np.array([[1.0, -1.0]]), np.array([0.0, 0.0]), np.array([[2.0], [3.0]])
    yield np.array([[1.0, 1.0]]), np.array([-3.0, -1.0]), np.array([[2.0], [3.0]])
    yield np.array([[1.0]]), np.array([-1.5]), np.array([[2.0]])
    yield np.array([[1.0, 1.0]]), np.array([-3.0, -1.0]), np.array([[2.0], [3.0], [9.0]])
    yield np.array([[1.0, -1.0], [0.0, 1.0]]), np.array([-5.0, 4.0]), np.array([[1.0, 0.0], [9.0, 0.0]])
    for units in (3, 5):
        yield (
            rng.normal(size=(2, units)).round(1),
            (rng.normal(size=units) - 1).round(1),
            rng.normal(size=(4, 2)).round(1),
        )
    yield np.ones((2, 3)), np.array([-9.0, -2.0, -9.0]), np.array([[1.0, 1.0], [2.0, 2.0], [0.0, 0.0]])


@dead_units.mistake("Silent for *some* example is healthy. A dead unit is silent for every one.")
def _(weights, bias, inputs):
    return np.flatnonzero(~np.all(inputs @ weights + bias > 0, axis=0)).tolist()


@dead_units.mistake("Those are examples, not units: the other axis has to go away.")
def _(weights, bias, inputs):
    return np.flatnonzero(~np.any(inputs @ weights + bias > 0, axis=1)).tolist()


@dead_units.mistake("The bias decides too: a large negative one silences any unit.")
def _(weights, bias, inputs):
    return np.flatnonzero(~np.any(inputs @ weights > 0, axis=0)).tolist()


@dead_units.mistake("At a sum of exactly zero the slope of ReLU is zero: that is no sign of life.")
def _(weights, bias, inputs):
    return np.flatnonzero(~np.any(inputs @ weights + bias >= 0, axis=0)).tolist()


@dead_units.mistake("Those are the units that live.")
def _(weights, bias, inputs):
    return np.flatnonzero(np.any(inputs @ weights + bias > 0, axis=0)).tolist()


@dead_units.mistake(
    "A unit whose *mean* sum is below zero may still speak for one example, and that is life."
)
def _(weights, bias, inputs):
    return np.flatnonzero(np.mean(inputs @ weights + bias, axis=0) <= 0).tolist()


@dead_units.mistake("Negative weights do not kill a unit by themselves: the inputs and the bias decide too.")
def _(weights, bias, inputs):
    return np.flatnonzero(np.all(weights < 0, axis=0)).tolist()


@dead_units.mistake("Positions count from 0.")
def _(weights, bias, inputs):
    return [place + 1 for place in dead_units.solution(weights, bias, inputs)]


@dead_units.mistake("This says True or False for each unit. The positions of the dead ones are asked for.")
def _(weights, bias, inputs):
    return ~np.any(inputs @ weights + bias > 0, axis=0)


@dead_units.mistake("That is how many there are. Which ones are they?")
def _(weights, bias, inputs):
    return len(dead_units.solution(weights, bias, inputs))


@dead_units.mistake("The bias is added to the sum, not taken off it.")
def _(weights, bias, inputs):
    return dead_units.solution(weights, -bias, inputs)


@exercise(
    "debugging_training.must_run_again",
    points=3,
    title="What is stale now?",
    section="before_you_start.md#what-a-notebook-remembers",
    prompt="""
    You change one cell of a notebook and run it again. Every cell *below* that used a name it makes now shows
    an old result, and so does every cell that used *their* names, and so on down the page. Which cells have to
    run again, for the page to be what *Restart and run all* would show?

    Each cell makes some names and uses some, and a cell always uses the value made by the *nearest* cell above
    it that makes the name. So a name that a fresh cell makes anew on the way down is fresh again.
    """,
    hints=[
        "Go down the page once, and keep a set of the names that are stale at this point.",
        "A cell that uses a stale name is stale, and then all that it makes is stale.",
        "A cell that is not stale makes its names fresh: take them out of the set.",
    ],
)
def must_run_again(cells, changed):
    """Return the list of positions of the cells that have to run again, without the changed one itself.

    The positions count from 0 and stand in rising order.

    The cells are a list of (makes, uses), two lists of names each, from top to bottom. `changed` is the
    position of the cell that was changed and run.
    """
    stale = set(cells[changed][0])
    again = []
    for place in range(changed + 1, len(cells)):
        makes, uses = cells[place]
        if stale & set(uses):
            again.append(place)
            stale = stale | set(makes)
        else:
            stale = stale - set(makes)
    return again


@must_run_again.cases
def _(rng):
    yield [(["x"], []), (["y"], ["x"])], 0
    yield [(["x"], []), (["y"], []), (["z"], ["y"])], 0
    yield [(["x"], []), (["y"], ["x"]), (["z"], ["y"])], 0
    yield [(["x"], []), (["x"], []), (["y"], ["x"])], 0
    yield [(["x"], []), (["x"], ["x"]), (["y"], ["x"])], 0  # as in x = x + 1
    yield [(["y"], ["x"]), (["x"], []), (["z"], ["y"])], 1
    yield [(["a"], []), (["b"], ["a"]), (["b"], []), (["c"], ["b"]), (["d"], ["a", "c"])], 0
    yield [(["a"], []), (["b"], ["a"]), (["a"], ["b"]), (["c"], ["a"]), (["d"], [])], 0
    yield [(["data"], []), (["model"], []), (["loss"], ["data", "model"]), ([], ["loss"])], 1
    names = ["a", "b", "c"]
    cells = []
    for _ in range(6):
        made, used = rng.choice(names, size=2)
        cells.append(([str(made)], [str(used)] if rng.integers(2) else []))
    yield cells, int(rng.integers(0, 3))


@must_run_again.mistake("The cells that use a *stale cell's* names are stale as well: follow the chain.")
def _(cells, changed):
    stale, again = set(cells[changed][0]), []
    for place in range(changed + 1, len(cells)):
        makes, uses = cells[place]
        if stale & set(uses):
            again.append(place)
        else:
            stale -= set(makes)
    return again


@must_run_again.mistake("A name that a fresh cell makes anew is fresh again from there on.")
def _(cells, changed):
    stale, again = set(cells[changed][0]), []
    for place in range(changed + 1, len(cells)):
        makes, uses = cells[place]
        if stale & set(uses):
            again.append(place)
            stale |= set(makes)
    return again


@must_run_again.mistake("That is everything below. Some of it never used what has changed.")
def _(cells, changed):
    return list(range(changed + 1, len(cells)))


@must_run_again.mistake(
    "A cell above the changed one used an older value of the name, and still shows the right thing."
)
def _(cells, changed):
    stale, again = set(cells[changed][0]), []
    for place, (makes, uses) in enumerate(cells):
        if place == changed:
            continue
        if stale & set(uses):
            again.append(place)
            stale |= set(makes)
        elif place > changed:
            stale -= set(makes)
    return again


@must_run_again.mistake("The changed cell itself has already been run.")
def _(cells, changed):
    return [changed, *must_run_again.solution(cells, changed)]


@must_run_again.mistake("What the changed cell *makes* is new. What it uses has not changed.")
def _(cells, changed):
    return must_run_again.solution(
        [(uses, uses) if place == changed else (makes, uses) for place, (makes, uses) in enumerate(cells)],
        changed,
    )


@must_run_again.mistake("A cell that uses a stale name and makes it anew, as in `x = x + 1`, is stale too.")
def _(cells, changed):
    stale, again = set(cells[changed][0]), []
    for place in range(changed + 1, len(cells)):
        makes, uses = cells[place]
        stale -= set(makes)
        if stale & set(uses):
            again.append(place)
            stale |= set(makes)
    return again


@must_run_again.mistake("The positions count from the top of the page, not from the changed cell.")
def _(cells, changed):
    return [place - changed - 1 for place in must_run_again.solution(cells, changed)]


@must_run_again.mistake("A cell that uses nothing shows what it always shows: it need not run again.")
def _(cells, changed):
    stale, again = set(cells[changed][0]), []
    for place in range(changed + 1, len(cells)):
        makes, uses = cells[place]
        if not uses or stale & set(uses):
            again.append(place)
            stale |= set(makes)
        else:
            stale -= set(makes)
    return again


@must_run_again.mistake("One stale name is enough to make a cell stale; the others may be fresh.")
def _(cells, changed):
    stale, again = set(cells[changed][0]), []
    for place in range(changed + 1, len(cells)):
        makes, uses = cells[place]
        if uses and set(uses) <= stale:
            again.append(place)
            stale |= set(makes)
        else:
            stale -= set(makes)
    return again


@must_run_again.mistake(
    "Follow only names, and all the way: no name made anew is looked at here, and no chain."
)
def _(cells, changed):
    names = set(cells[changed][0])
    return [place for place in range(changed + 1, len(cells)) if names & set(cells[place][1])]


@exercise(
    "debugging_training.name_the_illness",
    points=4,
    title="The doctor of curves",
    section="debugging_training.md#the-waiting-room",
    prompt="""
    Training loss and validation loss, one value an epoch: a trained eye sees the illness at once. Teach a
    function to see it. Go through these signs *in this order*, and give the first name that fits.

    1. `"broken"`: some training loss is not finite.
    2. `"diverging"`: the last training loss is larger than the first.
    3. `"not learning"`: the last training loss is more than `95` percent of the first.
    4. `"overfitting"`: the last validation loss is more than `20` percent above its lowest value.
    5. `"unfinished"`: over the last three epochs, from the fourth-last value to the last one, the training
       loss still fell by more than `10` percent.
    6. `"healthy"`: none of these.

    Every curve has at least four epochs.
    """,
    hints=[
        "One `if` a sign, each with its own `return`, in the order of the list.",
        "The fourth-last value is at position `-4`.",
        "A comparison with nan is always false. This is why the first sign comes first.",
    ],
)
def name_the_illness(train, validation):
    """Return the name of the illness, one of the six texts. Both arrays have shape (epochs,)."""
    if not np.all(np.isfinite(train)):
        return "broken"
    if train[-1] > train[0]:
        return "diverging"
    if train[-1] > 0.95 * train[0]:
        return "not learning"
    if validation[-1] > 1.2 * np.min(validation):
        return "overfitting"
    if train[-1] < 0.9 * train[-4]:
        return "unfinished"
    return "healthy"


@name_the_illness.cases
def _(rng):
    flat = np.array([2.0, 1.0, 1.0, 1.0, 1.0])
    yield np.array([4.0, 2.0, 2.0, 2.0, 2.0]), flat
    yield np.array([4.0, 5.0, np.nan, 2.0]), flat[:4]
    yield np.array([4.0, np.inf, 5.0, 4.5]), flat[:4]
    yield np.array([4.0, 5.0, 6.0, 9.0]), flat[:4]
    yield np.array([4.0, 9.0, 4.0, 3.0, 4.0]), flat  # as large as at the start, not larger
    yield np.array([4.0, 3.9, 3.9, 3.85]), flat[:4]
    yield np.array([4.0, 5.0, 6.0, 9.0]), np.array([1.0, 1.0, 1.0, 2.0])  # two signs: the first that fits
    yield np.array([4.0, 3.9, 3.9, 3.85]), np.array([1.0, 1.0, 1.0, 2.0])
    yield np.array([100.0, 99.0, 96.0, 95.0]), flat[:4]
    yield np.array([4.0, 2.0, 1.0, 1.0, 1.0]), np.array([3.0, 1.0, 1.1, 1.3, 1.5])
    yield np.array([4.0, 2.0, 1.0, 1.0, 1.0]), np.array([3.0, 10.0, 12.0, 9.0, 3.0])
    yield np.array([4.0, 2.0, 1.0, 1.0, 1.0]), np.array([3.0, 5.0, 6.0, 5.0, 6.0])
    yield np.array([8.0, 6.0, 4.0, 3.0, 2.0]), flat
    yield np.array([40.0, 20.0, 10.0, 10.0, 10.0]), np.array([30.0, 10.0, 10.2, 10.5, 11.0])  # a share
    yield np.array([4.0, 1.0, 1.0, 1.0]), np.array([1.0, 1.0, 1.0, 1.2])  # exactly 20 percent is not more
    yield np.array([1.0, 1.0, 1.0, 1.0, 1.0, 0.9]) * [4, 2, 1, 1, 1, 1], np.ones(6)  # exactly 10 percent
    yield np.array([8.0, 2.0, 3.0, 4.0, 4.0]), flat
    yield np.array([9.0, 2.0, 1.0, 1.0, 1.0, 0.95]), flat
    yield np.array([8.0, 10.0, 9.5, 9.2, 9.0, 7.0]), np.ones(6)
    yield np.array([8.0, 10.0, 4.0, 10.0, 9.0, 3.8]), np.ones(6)
    yield np.array([8.0, 4.0, 10.0, 2.0, 9.0, 3.8]), np.ones(6)
    start = float(rng.integers(5, 9))
    yield start * rng.uniform(0.3, 0.9) ** np.arange(6).round(2), start * np.ones(6)


@name_the_illness.mistake(
    "A curve that falls slowly and has overfitted is named by the sign that comes first in the list."
)
def _(train, validation):
    illness = name_the_illness.solution(train, validation)
    if illness in ("overfitting", "unfinished") and train[-1] < 0.9 * train[-4]:
        return "unfinished"
    return "healthy" if illness == "unfinished" and validation[-1] > 1.2 * np.min(validation) else illness


@name_the_illness.mistake(
    "The last validation loss is compared with the first one. Compare it with the lowest."
)
def _(train, validation):
    illness = name_the_illness.solution(train, validation)
    if illness not in ("overfitting", "unfinished", "healthy"):
        return illness
    if validation[-1] > 1.2 * validation[0]:
        return "overfitting"
    return "unfinished" if train[-1] < 0.9 * train[-4] else "healthy"


@name_the_illness.mistake("Infinity is no finite loss either.")
def _(train, validation):
    if np.isinf(train).any() and not np.isnan(train).any():
        return name_the_illness.solution(np.where(np.isinf(train), 9.0, train), validation)
    return name_the_illness.solution(train, validation)


@name_the_illness.mistake(
    "Look at the last three epochs only: from the fourth-last value, not from the first."
)
def _(train, validation):
    illness = name_the_illness.solution(train, validation)
    if illness not in ("unfinished", "healthy"):
        return illness
    return "unfinished" if train[-1] < 0.9 * train[0] else "healthy"


@name_the_illness.mistake("Where two signs fit, the one that comes first in the list gives the name.")
def _(train, validation):
    illness = name_the_illness.solution(train, validation)
    return "overfitting" if illness != "broken" and validation[-1] > 1.2 * np.min(validation) else illness


@name_the_illness.mistake(
    "*More than* is not *at least*: exactly 95 percent, or exactly as much, is not more."
)
def _(train, validation):
    if not np.all(np.isfinite(train)):
        return "broken"
    if train[-1] >= train[0]:
        return "diverging"
    if train[-1] >= 0.95 * train[0]:
        return "not learning"
    if validation[-1] >= 1.2 * np.min(validation):
        return "overfitting"
    return "unfinished" if train[-1] <= 0.9 * train[-4] else "healthy"


@name_the_illness.mistake(
    "The last validation loss is compared with the training loss. Compare it with its own lowest."
)
def _(train, validation):
    illness = name_the_illness.solution(train, validation)
    if illness not in ("overfitting", "unfinished", "healthy"):
        return illness
    if validation[-1] > 1.2 * train[-1]:
        return "overfitting"
    return "unfinished" if train[-1] < 0.9 * train[-4] else "healthy"


@name_the_illness.mistake(
    "A curve is broken where *any* training loss is not finite, wherever in it that one stands."
)
def _(train, validation):
    if np.isfinite(train[-1]) and not np.all(np.isfinite(train)):
        return name_the_illness.solution(np.where(np.isfinite(train), train, train[-1]), validation)
    return name_the_illness.solution(train, validation)


@name_the_illness.mistake(
    "The last three epochs begin at the *fourth*-last value: three falls lie between four values."
)
def _(train, validation):
    illness = name_the_illness.solution(train, validation)
    if illness not in ("unfinished", "healthy"):
        return illness
    return "unfinished" if train[-1] < 0.9 * train[-3] else "healthy"


# The clinic ----------------------------------------------------------------------------------------------
# Ten scripts in the order of the check-list, each sick in one way. Few steps and few numbers, so that a check
# takes a moment; in float32, as Keras computes by itself, so that an answer is held against four digits.


FOUR_DIGITS = Comparison("close", rtol=1e-4, atol=1e-5)
CLINIC = {"points": 1, "packages": ["tensorflow"], "seconds": 15.0, "comparison": FOUR_DIGITS}


def train(model, loss, inputs, targets):
    losses = []
    for _ in range(5):
        with tf.GradientTape() as tape:
            value = loss(targets, model(inputs, training=True))
        slopes = tape.gradient(value, model.trainable_variables)
        for variable, slope in zip(model.trainable_variables, slopes):
            variable.assign_sub(0.1 * slope)
        losses.append(float(value))
    return losses


def _measured(rng, count, columns=2):
    inputs = rng.normal(size=(count, columns)).round(1)
    targets = (inputs.sum(axis=1, keepdims=True) + 1 + rng.normal(size=(count, 1))).round(1)
    return inputs, targets


def _apart(inputs, targets, rng):
    inputs = inputs[rng.permutation(len(inputs))]
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_initializer="zeros")])
    return train(model, tf.keras.losses.MeanSquaredError(), inputs, targets)


@exercise(
    "debugging_training.clinic_1",
    title="Clinic 1: it learns next to nothing of good data",
    section="debugging_training.md#the-check-list",
    prompt="""
    Ten scripts come to the clinic, each sick in one way. Find the cause with the
    chapter's check-list, whose order they follow, and repair it and nothing else: the data, the first
    weights, the rate and the number of steps stay, and `train`, where it is given, is sound.

    The losses of this one fall a little and stay high, on data that a line describes well. The generator `rng`
    is there to shuffle the examples.
    """,
    given=[train],
    hints=[
        "Print three rows of inputs beside their targets, before the training and in it.",
        "How often may the generator be asked, if two arrays are to get the same new order?",
    ],
    broken=_apart,
    equivalent={
        "inputs, targets = (inputs[places], targets[places]) -> pass": (
            "a step on all examples at once is the same in every order"
        ),
    },
    **CLINIC,
)
def fit_shuffled(inputs, targets, rng):
    """Return the five losses that `train` returns, a list.

    Inputs and targets have shapes (n, columns) and (n, 1); `rng` is a NumPy random generator.
    """
    places = rng.permutation(len(inputs))
    inputs, targets = inputs[places], targets[places]
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_initializer="zeros")])
    return train(model, tf.keras.losses.MeanSquaredError(), inputs, targets)


@fit_shuffled.cases
def _(rng):
    yield np.array([[1.0], [-1.0], [0.5]]), np.array([[2.0], [-2.0], [1.0]]), Generator(1)
    yield *_measured(rng, 4), Generator(3)


@fit_shuffled.mistake("The inputs have a new order and the targets still the old one: rows no longer match.")
def _(inputs, targets, rng):
    return _apart(inputs, targets, rng)


@fit_shuffled.mistake(
    "Now both are shuffled, each in an order of its own. Draw one order, and use it for both."
)
def _(inputs, targets, rng):
    inputs, targets = inputs[rng.permutation(len(inputs))], targets[rng.permutation(len(targets))]
    return fit_shuffled.solution(inputs, targets, rng)


@fit_shuffled.mistake("Now the targets are shuffled and the inputs are not: rows still do not match.")
def _(inputs, targets, rng):
    return _apart(inputs, targets[np.argsort(rng.permutation(len(inputs)))], np.random.default_rng(0))


def _scaler_saw_all(inputs, targets, test_inputs, test_targets):
    everything = np.concatenate([inputs, test_inputs])
    mean, spread = everything.mean(axis=0), everything.std(axis=0)
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_initializer="zeros")])
    train(model, tf.keras.losses.MeanSquaredError(), (inputs - mean) / spread, targets)
    answers = model((test_inputs - mean) / spread).numpy()
    return float(np.mean((answers - test_targets) ** 2))


def _scaled(inputs, targets, test_inputs, test_targets, own, test):
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_initializer="zeros")])
    train(model, tf.keras.losses.MeanSquaredError(), (inputs - own[0]) / own[1], targets)
    answers = model((test_inputs - test[0]) / test[1]).numpy()
    return float(np.mean((answers - test_targets) ** 2))


def _ruler(inputs):
    return inputs.mean(axis=0), inputs.std(axis=0)


@exercise(
    "debugging_training.clinic_2",
    title="Clinic 2: better in the test than in use",
    section="debugging_training.md#the-check-list",
    prompt="""
    This script reports how well a model does on examples that it has never seen. The report is not to be
    trusted: in use the model did worse than this. Repair the script, so that its number can be believed.
    """,
    given=[train],
    hints=[
        "Name all that was measured on data, beside the weights. Which rows did it see?",
        "The rows to be judged are measured with the ruler of the training rows, however odd they then look.",
    ],
    broken=_scaler_saw_all,
    **CLINIC,
)
def judged_fairly(inputs, targets, test_inputs, test_targets):
    """Return the mean squared error on the test examples, a number.

    Inputs have shape (n, columns), targets (n, 1); the test's may have another n.
    """
    mean, spread = inputs.mean(axis=0), inputs.std(axis=0)
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_initializer="zeros")])
    train(model, tf.keras.losses.MeanSquaredError(), (inputs - mean) / spread, targets)
    answers = model((test_inputs - mean) / spread).numpy()
    return float(np.mean((answers - test_targets) ** 2))


@judged_fairly.cases
def _(rng):
    yield (
        np.array([[1.0], [3.0]]),
        np.array([[2.0], [4.0]]),
        np.array([[7.0], [9.0]]),
        np.array([[8.0], [9.0]]),
    )
    inputs, targets = _measured(rng, 5)
    yield inputs[2:], targets[2:], inputs[:2] + 2, targets[:2]


@judged_fairly.mistake("Mean and spread still come from all rows, the test's among them.")
def _(*data):
    return _scaler_saw_all(*data)


@judged_fairly.mistake(
    "Each part has a ruler of its own now, so that one and the same value is measured in two ways."
)
def _(inputs, targets, test_inputs, test_targets):
    return _scaled(inputs, targets, test_inputs, test_targets, _ruler(inputs), _ruler(test_inputs))


@judged_fairly.mistake("Now the ruler is made of the test's rows alone. Training rows are what it may see.")
def _(inputs, targets, test_inputs, test_targets):
    return _scaled(inputs, targets, test_inputs, test_targets, _ruler(test_inputs), _ruler(test_inputs))


@judged_fairly.mistake("Now nothing is scaled. Scaling was not the fault; what the scaler saw was.")
def _(*data):
    return _scaled(*data, (0.0, 1.0), (0.0, 1.0))


@judged_fairly.mistake(
    "The model was trained on scaled inputs and is asked about inputs that are not scaled."
)
def _(inputs, *data):
    return _scaled(inputs, *data, _ruler(inputs), (0.0, 1.0))


@judged_fairly.mistake("The ruler is right, and the model itself has been trained on the test's rows.")
def _(inputs, targets, test_inputs, test_targets):
    mean, spread = _ruler(inputs)
    every = np.concatenate([inputs, test_inputs]), np.concatenate([targets, test_targets])
    return _scaled(*every, test_inputs, test_targets, (mean, spread), (mean, spread))


@judged_fairly.mistake("The mean comes from the training rows. The spread still saw the test's.")
def _(inputs, targets, test_inputs, test_targets):
    ruler = inputs.mean(axis=0), np.concatenate([inputs, test_inputs]).std(axis=0)
    return _scaled(inputs, targets, test_inputs, test_targets, ruler, ruler)


@judged_fairly.mistake("That is the error on the training examples. The test's is asked for.")
def _(inputs, targets, test_inputs, test_targets):
    return judged_fairly.solution(inputs, targets, inputs, targets)


def _column_against_row(inputs, targets):
    model = tf.keras.Sequential([tf.keras.Input((1,)), tf.keras.layers.Dense(1, kernel_initializer="zeros")])
    for _ in range(10):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(inputs) - targets) ** 2)
        slopes = tape.gradient(loss, model.trainable_variables)
        for variable, slope in zip(model.trainable_variables, slopes):
            variable.assign_sub(0.1 * slope)
    weights, bias = model.get_weights()
    return float(weights[0, 0]), float(bias[0])


def _line(inputs, targets, steps=10, factor=1.0):
    weight = bias = 0.0
    for _ in range(steps):
        errors = weight * inputs + bias - targets
        weight, bias = (
            weight - 0.2 * factor * np.mean(errors * inputs),
            bias - 0.2 * factor * np.mean(errors),
        )
    return float(weight), float(bias)


@exercise(
    "debugging_training.clinic_3",
    title="Clinic 3: a flat line through a steep cloud",
    section="debugging_training.md#the-check-list",
    prompt="""
    The loss of this script falls smoothly and settles, and the line it finds lies flat, whatever the points
    are. With `fit`, which gives the targets a column before it compares, the same model and the same data do
    well: so the fault is in what a loop of one's own has to do by itself.
    """,
    hints=[
        "Print three shapes: that of the answers, that of the targets, and that of their difference.",
        "`targets[:, None]` makes a column of a row; `tf.squeeze(answers, axis=1)` makes a row of a column.",
    ],
    broken=_column_against_row,
    **CLINIC,
)
def steep_line(inputs, targets):
    """Return the slope and the bias after ten steps, two numbers.

    The inputs are an array of shape (n, 1), the targets one of shape (n,).
    """
    model = tf.keras.Sequential([tf.keras.Input((1,)), tf.keras.layers.Dense(1, kernel_initializer="zeros")])
    for _ in range(10):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(inputs) - targets[:, None]) ** 2)
        slopes = tape.gradient(loss, model.trainable_variables)
        for variable, slope in zip(model.trainable_variables, slopes):
            variable.assign_sub(0.1 * slope)
    weights, bias = model.get_weights()
    return float(weights[0, 0]), float(bias[0])


@steep_line.cases
def _(rng):
    yield np.array([[0.0], [1.0]]), np.array([1.0, 3.0])
    inputs, targets = _measured(rng, 3, 1)
    yield inputs, targets[:, 0]


@steep_line.mistake(
    "Each answer is still compared with *every* target, or with their mean, which comes to the same. What shape "
    "has the difference?"
)
def _(inputs, targets):
    return _column_against_row(inputs, targets)


@steep_line.mistake(
    "Added up instead of averaged, the error pulls n times as hard. The rate was not the fault."
)
def _(inputs, targets):
    return _line(inputs[:, 0], targets, factor=len(targets))


def _probabilities_wanted(inputs, labels):
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_initializer="zeros")])
    loss = tf.keras.losses.BinaryCrossentropy()
    return train(model, loss, inputs, labels)


def _two_classes(inputs, labels, loss, activation=None):
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, activation=activation, kernel_initializer="zeros")])
    return train(model, loss, inputs, labels)


@exercise(
    "debugging_training.clinic_4",
    title="Clinic 4: the first loss is far from 0.69",
    section="debugging_training.md#the-check-list",
    prompt="""
    A classifier of two classes, at its very first step. It knows nothing, all its weights are zero, and so its
    loss should be $\\log 2$ and fall from there. It begins far above, and does not move. (There is one score
    for two classes: a `softmax` would have nothing to share out, and is not wanted.)
    """,
    given=[train],
    hints=[
        "What does the last layer return for these weights? What does the loss take this number for?",
        "There are two cures, one in the loss and one in the layer. Take one of them.",
    ],
    broken=_probabilities_wanted,
    demands=["without softmax"],
    **CLINIC,
)
def losses_of_two_classes(inputs, labels):
    """Return the five losses that `train` returns, a list.

    The inputs have shape (n, columns), the labels, 0 or 1, shape (n, 1).
    """
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_initializer="zeros")])
    loss = tf.keras.losses.BinaryCrossentropy(from_logits=True)
    return train(model, loss, inputs, labels)


@losses_of_two_classes.cases
def _(rng):
    yield np.array([[1.0], [-2.0], [3.0]]), np.array([[1], [0], [1]])
    yield rng.normal(size=(4, 2)).round(1) + 0.5, np.array([[0], [1], [1], [0]])


@losses_of_two_classes.mistake(
    "The loss still takes a score for a probability: a score of 0 means *surely not*."
)
def _(inputs, labels):
    return _probabilities_wanted(inputs, labels)


@losses_of_two_classes.mistake(
    "It begins right, and then nothing moves: no slope gets through what now stands between scores and loss."
)
def _(inputs, labels):
    return _two_classes(inputs, labels, tf.keras.losses.BinaryCrossentropy(from_logits=True), "relu")


@losses_of_two_classes.mistake(
    "That is the squared error. The cross-entropy was the right loss, and should stay."
)
def _(inputs, labels):
    return _two_classes(inputs, labels, tf.keras.losses.MeanSquaredError())


@losses_of_two_classes.mistake(
    "The squared error of shares: the activation cures it, and the loss should have stayed."
)
def _(inputs, labels):
    return _two_classes(inputs, labels, tf.keras.losses.MeanSquaredError(), "sigmoid")


def _softmax_twice(inputs, labels):
    shares = tf.keras.layers.Lambda(tf.nn.softmax)
    model = tf.keras.Sequential([tf.keras.layers.Dense(3, kernel_initializer="ones"), shares])
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return train(model, loss, inputs, labels)


def _three_classes(inputs, labels, activation=None, from_logits=True):
    model = tf.keras.Sequential([tf.keras.layers.Dense(3, activation=activation, kernel_initializer="ones")])
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)
    return train(model, loss, inputs, labels)


@exercise(
    "debugging_training.clinic_5",
    title="Clinic 5: the loss that never gets near zero",
    section="debugging_training.md#the-check-list",
    prompt="""
    A classifier of three classes. Its first loss is right, and it learns, only far too slowly; trained for ever
    it would still not come below 0.55, although it then has every example right. (The three classes exclude
    each other: a `sigmoid` is not wanted.)
    """,
    given=[train],
    hints=[
        "How many times does a score pass through a softmax on its way to the logarithm?",
        "Leave one of them: the model's or the loss's. (A softmax that is written as a layer's `activation` Keras "
        "sees and mends by itself; one written as a function it does not see.)",
    ],
    broken=_softmax_twice,
    demands=["without sigmoid"],
    **CLINIC,
)
def losses_of_three_classes(inputs, labels):
    """Return the five losses that `train` returns, a list.

    The inputs have shape (n, columns), the labels, 0, 1 or 2, shape (n,).
    """
    model = tf.keras.Sequential([tf.keras.layers.Dense(3, kernel_initializer="ones")])
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return train(model, loss, inputs, labels)


@losses_of_three_classes.cases
def _(rng):
    yield np.array([[1.0], [-2.0], [3.0]]), np.array([0, 1, 2])
    yield rng.normal(size=(4, 2)).round(1) + 0.5, rng.permutation(4) % 3


@losses_of_three_classes.mistake(
    "There are still two: the layer makes shares, and the loss makes shares of these."
)
def _(inputs, labels):
    return _softmax_twice(inputs, labels)


@losses_of_three_classes.mistake("Now there is none left: the loss takes bare scores for probabilities.")
def _(inputs, labels):
    return _three_classes(inputs, labels, from_logits=False)


@losses_of_three_classes.mistake("A ReLU forbids negative scores. The last layer needs no activation.")
def _(inputs, labels):
    return _three_classes(inputs, labels, "relu")


def losses_of(make, inputs, targets):
    return train(make(), tf.keras.losses.MeanSquaredError(), inputs, targets)


def _half_a_line():
    class Line(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.layer = tf.keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
            self.offset = tf.Variable(3.0)

        def call(self, inputs):
            return self.layer(inputs) + self.offset

    return Line()


@exercise(
    "debugging_training.clinic_6",
    title="Clinic 6: half of it stands still",
    section="debugging_training.md#the-check-list",
    prompt="""
    The loss of this model falls, there is no warning, and after an hour its offset is still the 3 with which it
    began. The slope alone does what it can.
    """,
    given=[train, losses_of],
    hints=[
        "Print `len(model.trainable_variables)` after the first call. How many should it be?",
        "`self.add_weight(shape=(), initializer=...)` makes a weight that Keras sees. It should begin at 3.",
    ],
    broken=_half_a_line,
    **CLINIC,
)
def whole_line():
    """Return the model, a line: a slope that begins at 0 and an offset that begins at 3, both trained.

    It is called with inputs of shape (n, 1) and returns answers of this shape.
    """

    class Line(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.layer = tf.keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
            self.offset = self.add_weight(shape=(), initializer=tf.keras.initializers.Constant(3.0))

        def call(self, inputs):
            return self.layer(inputs) + self.offset

    return Line()


@whole_line.cases
def _(rng):
    yield [call("given.losses_of", Defined("whole_line"), np.array([[1.0], [0.0]]), np.array([[2.0], [1.0]]))]
    yield [call("given.losses_of", Defined("whole_line"), *_measured(rng, 3, 1))]


def _line_of(bias=False, start=3.0, add=None):
    kind = tf.keras.initializers.Constant(start)

    class Line(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.layer = tf.keras.layers.Dense(
                1, use_bias=bias, kernel_initializer="zeros", bias_initializer=kind
            )
            self.offset = 0.0 if add is None else self.add_weight(shape=(), initializer=kind, trainable=add)

        def call(self, inputs):
            return self.layer(inputs) + self.offset

    return Line()


@whole_line.mistake(
    "The offset is still not among the model's `trainable_variables`, and only these are trained."
)
def _():
    return _half_a_line()


@whole_line.mistake("The offset is trained now, and begins at 0. It should begin at 3.")
def _():
    return _line_of(bias=True, start=0.0)


@whole_line.mistake("The offset is gone. It should be trained, not left out.")
def _():
    return _line_of()


@whole_line.mistake("The offset moves twice as fast as it should: there are two of it, and both are trained.")
def _():
    return _line_of(bias=True, start=1.5, add=True)


@whole_line.mistake("Now the offset is trained and the slope is not.")
def _():
    model = _line_of(bias=True)
    model(np.zeros((1, 1)))
    model.layer.kernel.trainable = False
    return model


def _replaced(inputs, targets):
    weight = tf.Variable(tf.zeros((), tf.float64))
    bias = tf.Variable(tf.zeros((), tf.float64))
    for _ in range(10):
        with tf.GradientTape() as tape:
            answers = weight * inputs + bias
            loss = tf.reduce_mean((answers - targets) ** 2)
        dw, db = tape.gradient(loss, [weight, bias])
        weight = weight - 0.1 * dw
        bias = bias - 0.1 * db
    return float(weight), float(bias)


@exercise(
    "debugging_training.clinic_7",
    title="Clinic 7: it stops in the second step",
    section="debugging_training.md#the-check-list",
    prompt="""
    The first step goes well. In the second one Python complains about a `NoneType`, in a line that has just
    worked.
    """,
    hints=[
        "Print `type(weight)` after the first step.",
        "The tape watches variables by itself. What is left of the variable when its name has been given away?",
    ],
    broken=_replaced,
    **CLINIC,
)
def line_after_ten(inputs, targets):
    """Return the weight and the bias after ten steps, two numbers. Both arrays have shape (n,)."""
    weight = tf.Variable(tf.zeros((), tf.float64))
    bias = tf.Variable(tf.zeros((), tf.float64))
    for _ in range(10):
        with tf.GradientTape() as tape:
            answers = weight * inputs + bias
            loss = tf.reduce_mean((answers - targets) ** 2)
        dw, db = tape.gradient(loss, [weight, bias])
        weight.assign_sub(0.1 * dw)
        bias.assign_sub(0.1 * db)
    return float(weight), float(bias)


@line_after_ten.cases
def _(rng):
    yield np.array([0.0, 1.0]), np.array([1.0, 3.0])
    inputs, targets = _measured(rng, 3, 1)
    yield inputs[:, 0], targets[:, 0]


@line_after_ten.mistake("That is the line after a single step: the other nine have left no trace.")
def _(inputs, targets):
    return _line(inputs, targets, steps=1)


@line_after_ten.mistake("The steps go uphill: there is one minus too few, or one too many.")
def _(inputs, targets):
    return _line(inputs, targets, factor=-1.0)


@line_after_ten.mistake(
    "`assign` puts the step in place of the weight. The weight should be changed *by* it."
)
def _(inputs, targets):
    weight = bias = 0.0
    for _ in range(10):
        errors = weight * inputs + bias - targets
        weight, bias = 0.2 * np.mean(errors * inputs), 0.2 * np.mean(errors)
    return float(weight), float(bias)


@line_after_ten.mistake("Nothing has moved: the changed values never reach the variables.")
def _(inputs, targets):
    return 0.0, 0.0


@line_after_ten.mistake("The weight learns now, and the bias stands still.")
def _(inputs, targets):
    weight = 0.0
    for _ in range(10):
        weight -= 0.2 * np.mean((weight * inputs - targets) * inputs)
    return float(weight), 0.0


def _asked_twice(inputs, targets):
    growth = tf.Variable(0.5, dtype=tf.float64)
    start = tf.Variable(1.0, dtype=tf.float64)
    for _ in range(10):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((start * tf.exp(growth * inputs) - targets) ** 2)
        growth.assign_sub(0.1 * tape.gradient(loss, growth))
        start.assign_sub(0.1 * tape.gradient(loss, start))
    return float(growth), float(start)


def _curve(inputs, targets, factor=1.0, growths=True, starts=True, in_turn=False):
    growth, start = 0.5, 1.0
    for _ in range(10):
        powers = np.exp(growth * inputs)
        slope = 2 * np.mean((start * powers - targets) * start * powers * inputs)
        moved = growth - 0.1 * factor * slope * growths
        powers = np.exp((moved if in_turn else growth) * inputs)
        start -= 0.1 * factor * 2 * np.mean((start * powers - targets) * powers) * starts
        growth = moved
    return float(growth), float(start)


@exercise(
    "debugging_training.clinic_8",
    title="Clinic 8: one question too many",
    section="debugging_training.md#the-check-list",
    prompt="""
    A curve $start \\cdot e^{growth \\cdot x}$ instead of a line. The script ends in its first step with an error that
    is long, and says exactly what is wrong. In each step both numbers are to be changed by the slopes at the
    place where the step began.
    """,
    hints=[
        "How many questions does an ordinary tape answer?",
        "`tape.gradient(loss, [one, other])` is one question with two answers.",
    ],
    broken=_asked_twice,
    **CLINIC,
)
def growth_and_start(inputs, targets):
    """Return growth and start after ten steps, two numbers. Both arrays have shape (n,)."""
    growth = tf.Variable(0.5, dtype=tf.float64)
    start = tf.Variable(1.0, dtype=tf.float64)
    for _ in range(10):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((start * tf.exp(growth * inputs) - targets) ** 2)
        of_growth, of_start = tape.gradient(loss, [growth, start])
        growth.assign_sub(0.1 * of_growth)
        start.assign_sub(0.1 * of_start)
    return float(growth), float(start)


@growth_and_start.cases
def _(rng):
    yield np.array([0.0, 1.0]), np.array([1.0, 3.0])
    yield rng.uniform(0, 1, size=3).round(1), rng.uniform(1, 3, size=3).round(1)


@growth_and_start.mistake(
    "Close, but the second slope is taken after the first number has moved. Take both at the same place."
)
def _(inputs, targets):
    return _curve(inputs, targets, in_turn=True)


@growth_and_start.mistake(
    "One question, and its two answers in the wrong order: growth got the slope of start."
)
def _(inputs, targets):
    growth, start = 0.5, 1.0
    for _ in range(10):
        powers = np.exp(growth * inputs)
        errors = 2 * (start * powers - targets) * powers
        growth, start = growth - 0.1 * np.mean(errors), start - 0.1 * np.mean(errors * start * inputs)
    return float(growth), float(start)


@growth_and_start.mistake("The growth learns now, and the start stands still at 1.")
def _(inputs, targets):
    return _curve(inputs, targets, starts=False)


@growth_and_start.mistake("The start learns now, and the growth stands still at 0.5.")
def _(inputs, targets):
    return _curve(inputs, targets, growths=False)


@growth_and_start.mistake("The steps go uphill. A slope points to where the loss grows.")
def _(inputs, targets):
    return _curve(inputs, targets, factor=-1.0)


@growth_and_start.mistake("These are the right two numbers in the other order: growth first.")
def _(inputs, targets):
    return _curve(inputs, targets)[::-1]


def _whole_number(start, inputs, targets):
    factor = tf.Variable(start)
    for _ in range(10):
        with tf.GradientTape() as tape:
            answers = tf.cast(factor, tf.float64) * inputs
            loss = tf.reduce_mean((answers - targets) ** 2)
        slope = tape.gradient(loss, factor)
        factor.assign_sub(0.1 * slope)
    return float(factor)


def _factor(start, inputs, targets, steps=10, rounded=False, factor=1.0):
    for _ in range(steps):
        start = start - 0.2 * factor * np.mean((start * inputs - targets) * inputs)
        start = float(np.trunc(start)) if rounded else start
    return float(start)


@exercise(
    "debugging_training.clinic_9",
    title="Clinic 9: a slope of None, and nobody left the tape",
    section="debugging_training.md#the-check-list",
    prompt="""
    Everything is computed by TensorFlow, the variable is a variable, the tape is asked once, and still the
    slope is `None`. The start that comes in is a whole number, such as 3.
    """,
    hints=[
        "Print `factor.dtype`. Can such a number be changed by a little?",
        "`tf.Variable(3, dtype=tf.float64)` makes a variable of another kind.",
    ],
    broken=_whole_number,
    **CLINIC,
)
def factor_after_ten(start, inputs, targets):
    """Return the factor after ten steps from the start, a number. Both arrays have shape (n,)."""
    factor = tf.Variable(start, dtype=tf.float64)
    for _ in range(10):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((factor * inputs - targets) ** 2)
        slope = tape.gradient(loss, factor)
        factor.assign_sub(0.1 * slope)
    return float(factor)


@factor_after_ten.cases
def _(rng):
    yield 3, np.array([1.0]), np.array([2.0])
    yield (
        int(rng.integers(4, 9)),
        rng.uniform(0.2, 1.5, size=3).round(1),
        rng.uniform(0.2, 3, size=3).round(1),
    )


@factor_after_ten.mistake(
    "The factor has not moved. To pass over a `None` ends the error and not the illness."
)
def _(start, inputs, targets):
    return float(start)


@factor_after_ten.mistake(
    "Rounded to a whole number, a small step is no step. The factor itself must not be whole."
)
def _(start, inputs, targets):
    return _factor(start, inputs, targets, rounded=True)


@factor_after_ten.mistake("That is the factor after one step: the variable is made anew in every round.")
def _(start, inputs, targets):
    return _factor(start, inputs, targets, steps=1)


@factor_after_ten.mistake("The factor is right, and it is rounded in the end. Give it back as it is.")
def _(start, inputs, targets):
    return float(int(_factor(start, inputs, targets)))


@factor_after_ten.mistake("The steps go uphill. A slope points to where the loss grows.")
def _(start, inputs, targets):
    return _factor(start, inputs, targets, factor=-1.0)


@factor_after_ten.mistake("It begins at 0 now, and not at the given start.")
def _(start, inputs, targets):
    return _factor(0, inputs, targets)


def _in_one_mode(inputs, targets, new):
    norm = tf.keras.layers.BatchNormalization(momentum=0.5)
    model = tf.keras.Sequential([norm, tf.keras.layers.Dense(1, kernel_initializer="ones")])
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(inputs) - targets) ** 2)
        slopes = tape.gradient(loss, model.trainable_variables)
        for variable, slope in zip(model.trainable_variables, slopes):
            variable.assign_sub(0.1 * slope)
    return model(new).numpy()


def _in_modes(inputs, targets, new, training=True, use=False, layers=1):
    norm = [tf.keras.layers.BatchNormalization(momentum=0.5)][:layers]
    model = tf.keras.Sequential([*norm, tf.keras.layers.Dense(1, kernel_initializer="ones")])
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(inputs, training=training) - targets) ** 2)
        slopes = tape.gradient(loss, model.trainable_variables)
        for variable, slope in zip(model.trainable_variables, slopes):
            variable.assign_sub(0.1 * slope)
    return model(new, training=use).numpy()


@exercise(
    "debugging_training.clinic_10",
    title="Clinic 10: a layer that does nothing",
    section="debugging_training.md#the-check-list",
    prompt="""
    With `fit` the batch normalisation of this model works. In the loop below it neither normalises nor
    remembers: after the training its moving mean is still zero.
    """,
    hints=[
        "Some layers behave in two ways. How does `fit` tell them which of the two it is? Who tells them here?",
        "The model is called twice in this script, once to train it and once to use it.",
    ],
    broken=_in_one_mode,
    **CLINIC,
)
def answers_of_both_modes(inputs, targets, new):
    """Return the answers to the new inputs after three steps, an array of shape (m, 1).

    Inputs and new inputs have shapes (n, columns) and (m, columns), the targets shape (n, 1).
    """
    norm = tf.keras.layers.BatchNormalization(momentum=0.5)
    model = tf.keras.Sequential([norm, tf.keras.layers.Dense(1, kernel_initializer="ones")])
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(inputs, training=True) - targets) ** 2)
        slopes = tape.gradient(loss, model.trainable_variables)
        for variable, slope in zip(model.trainable_variables, slopes):
            variable.assign_sub(0.1 * slope)
    return model(new).numpy()


@answers_of_both_modes.cases
def _(rng):
    yield np.array([[1.0], [3.0]]), np.array([[2.0], [5.0]]), np.array([[2.0], [4.0]])
    inputs, targets = _measured(rng, 3, 1)
    yield inputs + 2, targets, inputs[:2] + 1


@answers_of_both_modes.mistake(
    "Nobody has told the layer that it is being trained: its moving mean is still zero."
)
def _(inputs, targets, new):
    return _in_one_mode(inputs, targets, new)


@answers_of_both_modes.mistake(
    "Trained as it should be. In use the mode is the other one: an answer must not hang on its neighbours."
)
def _(inputs, targets, new):
    return _in_modes(inputs, targets, new, True, True)


@answers_of_both_modes.mistake(
    "The two modes have changed places: training is where the weights are changed."
)
def _(inputs, targets, new):
    return _in_modes(inputs, targets, new, False, True)


@answers_of_both_modes.mistake("The layer is gone. It was not ill; nobody had told it what it is called for.")
def _(inputs, targets, new):
    return _in_modes(inputs, targets, new, layers=0)


@answers_of_both_modes.mistake(
    "Those are the answers to the inputs of the training. The new ones are asked for."
)
def _(inputs, targets, new):
    return _in_modes(inputs, targets, inputs)


the_smallest_report = free_text(
    "debugging_training.the_smallest_report",
    title="A report that gets an answer",
    section="debugging_training.md#the-check-list",
    prompt="""
    Your loss is `nan` after the second epoch. You write to somebody who can help, and who has five minutes.
    Write the report: what you say, what you attach, and what you have tried. Invent the details, but not more
    than a screen of text. Somebody with your report alone must be able to see the nan on their computer.
    """,
    rubric=[
        ("reproduces", 2, "Gives code and data that run alone, small, with seed and versions."),
        ("expected", 1, "Says what was expected and what happened, with the first bad step."),
        ("tried", 1, "Names at least one thing that was changed and what it did, one at a time."),
    ],
    model_answer="""
    Expected: a falling loss. Happened: 2.31, 2.29, then inf at step 143 and nan from step 144 on. The attached
    twenty lines show it on Python 3.11 and TensorFlow 2.21 after a restart, seed 0, on eight examples made by
    the code itself. Tried, one at a time: with a tenth of the learning rate no nan in a thousand steps; with
    clipping to 1 no nan; without the last layer no nan. The inputs are finite. The second column is a
    thousand times as large as the others. Question: is the scale the cause, and why only at step 143?
    """,
    hints=[
        "Which of your two hundred lines can go without the nan going?",
        "What would you ask back, if you received your own report?",
    ],
)
