"""Debugging training: read logs and curves, guard shapes, and know what a healthy start looks like."""

import numpy as np

from course_lib.exercises.compare.ways import Comparison
from course_lib.workshop.exercises.definition import exercise, free_text


@exercise(
    "debugging_training.first_bad_step",
    points=1,
    title="Where did it break?",
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
    prompt="""
    A ReLU unit whose sum is below zero for *every* example outputs zero for every example, gets a slope of
    zero from every example, and so never changes again: it is dead. Find the dead units of a hidden layer.
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
    "debugging_training.working_order",
    points=2,
    title="A notebook put back together",
    prompt="""
    A notebook works on its author's computer and nowhere else: its cells stand in an order in which some name
    is used before any cell has made it. For each cell you know which names it makes and which it uses. Find
    an order in which the notebook runs from top to bottom, or say that there is none.

    Any such order is right. A cell that uses a name and makes it anew needs it from an earlier cell.
    """,
    comparison=Comparison("runs_in_order"),
    hints=[
        "Which cells can run first? Those that use nothing. And after these?",
        "Go round: put every cell that can run now into the order. Stop when a round adds none.",
    ],
)
def working_order(cells):
    """Return a list of the positions of all cells in an order that works, None if there is none.

    The cells are a list of (makes, uses), two lists of names each.
    """
    order, made = [], set()
    progress = True
    while progress:
        progress = False
        for place, (makes, uses) in enumerate(cells):
            if place not in order and made >= set(uses):
                order.append(place)
                made.update(makes)
                progress = True
    return order if len(order) == len(cells) else None


@working_order.cases
def _(rng):
    yield ([(["y"], ["x"]), (["x"], [])],)
    yield ([(["x"], []), (["y"], ["x"])],)
    yield ([(["x"], ["y"]), (["y"], ["x"])],)
    yield ([(["x"], ["x"]), (["x"], [])],)
    yield ([(["loss"], ["model", "data"]), (["model"], ["sizes"]), (["data"], []), (["sizes"], ["data"])],)
    chain = [([name], [before] if before else []) for name, before in zip("abcde", ["", *"abcd"])]
    yield ([chain[place] for place in rng.permutation(5)],)
    yield ([([], ["z"]), (["a"], [])],)


@working_order.mistake("That is the order on the page, which does not work.")
def _(cells):
    return list(range(len(cells)))


@working_order.mistake("Backwards is an order too, and not a better one.")
def _(cells):
    return list(range(len(cells)))[::-1]


@working_order.mistake("One round is not enough: a cell that came too early becomes ready later.")
def _(cells):
    order, made = [], set()
    for place, (makes, uses) in enumerate(cells):
        if made >= set(uses):
            order.append(place)
            made.update(makes)
    return order if len(order) == len(cells) else None


@exercise(
    "debugging_training.must_run_again",
    points=3,
    title="What is stale now?",
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


the_smallest_report = free_text(
    "debugging_training.the_smallest_report",
    title="A report that gets an answer",
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
