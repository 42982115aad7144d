"""Before you start: arrays and axes, slopes, logarithms, tracebacks and the state of a notebook."""

import numpy as np

from course_lib.exercises.compare.ways import Comparison
from course_lib.exercises.plain_values import Given
from course_lib.workshop.exercises.definition import exercise


@exercise(
    "before_you_start.daily_means",
    points=1,
    title="Which axis is which?",
    section="before_you_start.md#which-axis",
    prompt="""
    A table holds temperatures: a row for each day, a column for each hour. You want one mean for each day,
    and you want to know which day was the warmest on average.
    """,
    hints=[
        "The first axis counts the rows. `axis` names the axis that *disappears*.",
        "One number for each row means that the hours disappear. `np.argmax` says where the largest one is.",
    ],
)
def daily_means(table):
    """Return (means, warmest): one mean for each row, and the position of the largest, from 0 on.

    The table has shape (days, hours).
    """
    means = np.mean(table, axis=1)
    return means, np.argmax(means)


@daily_means.cases
def _(rng):
    yield (np.array([[1.0, 3.0], [2.0, 4.0]]),)
    yield (np.array([[5.0, 1.0, 0.0]]),)
    for shape in ((3, 3), (4, 2)):
        yield (rng.normal(15, 5, size=shape).round(1),)


@daily_means.mistake("That is one mean for each *hour*. The axis that you name is the one that goes away.")
def _(table):
    means = np.mean(table, axis=0)
    return means, np.argmax(means)


@daily_means.mistake("That is a single mean for the whole table. Say along which axis.")
def _(table):
    means = np.mean(table)
    return means, np.argmax(means)


@daily_means.mistake("Those are sums. What makes a sum a mean?")
def _(table):
    means = np.sum(table, axis=1)
    return means, np.argmax(means)


@daily_means.mistake("The means are right. The second answer is *where* the largest is, not how large.")
def _(table):
    means = np.mean(table, axis=1)
    return means, np.max(means)


@daily_means.mistake("The means are right. The day is the one with the warmest *mean*, not the warmest hour.")
def _(table):
    return np.mean(table, axis=1), np.argmax(np.max(table, axis=1))


@daily_means.mistake("Each sum is divided by the number of days. How many values were added up for one day?")
def _(table):
    means = np.sum(table, axis=1) / len(table)
    return means, np.argmax(means)


@exercise(
    "before_you_start.all_distances",
    points=2,
    title="Every pair at once",
    section="before_you_start.md#broadcasting",
    prompt="""
    Five houses stand on one long street. How far is it from each house to each other? You could write two
    loops. Broadcasting does it in one line: a column against a row makes a table.
    """,
    hints=[
        "`positions[:, np.newaxis]` has shape `(n, 1)`. What is its difference to `positions`, of shape `(n,)`?",
        "A distance has no direction: how do you lose the sign?",
    ],
)
def all_distances(positions):
    """Return the table of distances, shape (n, n): entry [i, j] is how far house j is from house i.

    The positions have shape (n,), in metres.
    """
    return np.abs(positions[:, np.newaxis] - positions)


@all_distances.cases
def _(rng):
    yield (np.array([0.0, 3.0]),)
    yield (np.array([5.0]),)
    for size in (3, 5):
        yield (rng.uniform(0, 90, size=size).round(1),)


@all_distances.mistake("Some distances are negative. A distance has no direction.")
def _(positions):
    return positions[:, np.newaxis] - positions


@all_distances.mistake("Two arrays of shape (n,) are subtracted place by place: each house from itself.")
def _(positions):
    return np.abs(positions - positions)


@all_distances.mistake("These are squares of distances. The units are square metres.")
def _(positions):
    return (positions[:, np.newaxis] - positions) ** 2


@all_distances.mistake("Only the neighbours are compared. The table has a row and a column for every house.")
def _(positions):
    return np.abs(np.diff(positions))


@all_distances.mistake("Half of the table is missing: from b to a it is as far as from a to b.")
def _(positions):
    return np.tril(all_distances(positions))


@all_distances.mistake(
    "These are the pairs in a row. Make a table of them: a row and a column for every house."
)
def _(positions):
    return all_distances(positions)[np.triu_indices(len(positions), 1)]


@all_distances.mistake("From a house to itself it is 0 metres, and the table has that too, on its diagonal.")
def _(positions):
    table = all_distances(positions)
    np.fill_diagonal(table, np.inf)
    return table


def square(x):
    return x * x


def wave(x):
    return np.sin(3 * x)


def half_life(x):
    return 0.5**x


@exercise(
    "before_you_start.slope_by_nudging",
    points=2,
    title="A slope without calculus",
    section="before_you_start.md#slope",
    prompt="""
    How steep is a curve at a point? Nudge the input a little to the right and a little to the left, and see
    how much the output changes for each step of the input. Looking to *both* sides makes the answer far
    better than looking to one.
    """,
    given=[square, wave, half_life],
    hints=[
        "Slope is change of the output divided by change of the input.",
        "From `x - h` to `x + h`: how far apart are these two inputs?",
    ],
)
def slope_by_nudging(function, x, h):
    """Return (f(x + h) - f(x - h)) divided by the distance between the two inputs, a number."""
    return (function(x + h) - function(x - h)) / (2 * h)


@slope_by_nudging.cases
def _(rng):
    yield Given("square"), 3.0, 0.5
    yield Given("half_life"), 1.0, 0.1
    yield Given("half_life"), 1.0, 0.5
    for name in ("square", "wave", "half_life"):
        yield Given(name), round(rng.uniform(-2, 2), 1), 0.1


@slope_by_nudging.mistake("The two inputs are not h apart but twice that.")
def _(function, x, h):
    return (function(x + h) - function(x - h)) / h


@slope_by_nudging.mistake("This looks to the right only. It works, and it is much less exact.")
def _(function, x, h):
    return (function(x + h) - function(x)) / h


@slope_by_nudging.mistake("The sign is turned: a rising curve has a positive slope.")
def _(function, x, h):
    return (function(x - h) - function(x + h)) / (2 * h)


@slope_by_nudging.mistake("That is the change of the output. How much is it for each step of the input?")
def _(function, x, h):
    return function(x + h) - function(x - h)


@slope_by_nudging.mistake("This looks to the left only. It works, and it is much less exact.")
def _(function, x, h):
    return (function(x) - function(x - h)) / h


@slope_by_nudging.mistake("`/ 2 * h` divides by two and then *multiplies* by h. Put brackets around `2 * h`.")
def _(function, x, h):
    return (function(x + h) - function(x - h)) / 2 * h


@slope_by_nudging.mistake("Only the second output is divided here. Put brackets around the difference.")
def _(function, x, h):
    return function(x + h) - function(x - h) / (2 * h)


@slope_by_nudging.mistake("That is how the slope itself changes, the second derivative. Take the first one.")
def _(function, x, h):
    return (function(x + h) - 2 * function(x) + function(x - h)) / h**2


@exercise(
    "before_you_start.log_of_product",
    points=2,
    title="A product that vanishes",
    section="before_you_start.md#logarithms",
    prompt="""
    A model gives each of many examples a probability, and you multiply them all. After a few hundred factors
    your computer says `0.0`, although the product is not zero: it is smaller than any number that it can
    write. The logarithm of the product is an ordinary number. Find it; you do not need the product for that.
    """,
    hints=[
        "Run `0.01 ** 200` in a cell. Then run `200 * np.log(0.01)`.",
        "The logarithm turns one operation between numbers into another. Which into which?",
    ],
)
def log_of_product(probabilities):
    """Return the natural logarithm of the product of all probabilities, a number.

    The probabilities have shape (n,) and are above zero.
    """
    return np.sum(np.log(probabilities))


@log_of_product.cases
def _(rng):
    yield (np.array([0.5, 0.25]),)
    yield (np.array([1.0]),)
    yield (rng.uniform(0.1, 1, size=4).round(2),)
    yield (np.full(60, 1e-9),)


@log_of_product.mistake(
    "For few factors this is right. With many the product is 0.0 before the logarithm sees it."
)
def _(probabilities):
    return np.log(np.prod(probabilities))


@log_of_product.mistake("A logarithm turns a product into a sum, not into a product of logarithms.")
def _(probabilities):
    return np.prod(np.log(probabilities))


@log_of_product.mistake("That is the logarithm of the sum. Each factor needs its own logarithm first.")
def _(probabilities):
    return np.log(np.sum(probabilities))


@log_of_product.mistake("That is the mean of the logarithms. The product has all of them.")
def _(probabilities):
    return np.mean(np.log(probabilities))


@log_of_product.mistake("This is the base-ten logarithm. `np.log` is the natural one.")
def _(probabilities):
    return np.sum(np.log10(probabilities))


@log_of_product.mistake(
    "For few factors this is right. With many it falls short: a tiny number or a clip against the zero gives "
    "another logarithm. Take the logarithm of each factor as it is.",
    recognise=Comparison("falls_short", beyond=100.0),
)
def _(probabilities):
    return np.log(np.prod(probabilities) + 1e-300)


@exercise(
    "before_you_start.read_traceback",
    points=2,
    title="Read a traceback as an expert does",
    section="before_you_start.md#reading-a-traceback",
    prompt="""
    A traceback looks frightening and says three useful things. The *last* line names the error and explains
    it. And of the lines that begin with `File`, the lowest one says where it happened. Beginners read from
    the top. Write a function that reads it as an expert does.
    """,
    hints=[
        "`text.strip().splitlines()` gives the lines. Position `-1` is the last one.",
        "`line.partition(': ')` splits at the first colon and space. What if there is none?",
        'A place looks like `File "model.py", line 12, in fit`. Of all such lines take the last.',
    ],
)
def read_traceback(text):
    """Return (name, message, line): the error's name, what it says, and the number of the lowest line.

    The message is what stands after the colon and the blank, and an empty text where the error says nothing.
    """
    lines = text.strip().splitlines()
    name, _, message = lines[-1].partition(": ")
    places = [line for line in lines if line.strip().startswith("File ")]
    number = places[-1].partition(", line ")[2].partition(",")[0]
    return name, message, int(number)


@read_traceback.cases
def _(rng):
    first, second = (int(number) for number in rng.integers(2, 90, size=2))
    yield (
        f'Traceback (most recent call last):\n  File "a.py", line {first}, in <module>\n    x = 1 / 0\n'
        "ZeroDivisionError: division by zero\n",
    )
    yield (
        f'Traceback (most recent call last):\n  File "train.py", line {first}, in <module>\n    fit(data)\n'
        f'  File "model.py", line {second}, in fit\n    return weights @ data\n'
        "ValueError: shapes (3,) and (2,) differ: 3 is not 2\n",
    )
    yield (
        f'Traceback (most recent call last):\n  File "a.py", line {second}, in <module>\n    stop()\n'
        f'  File "a.py", line {first}, in stop\n    raise KeyboardInterrupt\nKeyboardInterrupt\n',
    )
    yield (
        f'Traceback (most recent call last):\n  File "run.py", line {second}, in <module>\n'
        f'    open("File 7, line 8, in")\n'
        "FileNotFoundError: [Errno 2] No such file or directory: 'File 7, line 8, in'",
    )


@read_traceback.mistake("The number is that of the first place. The error happened at the lowest.")
def _(text):
    name, message, _ = read_traceback.solution(text)
    place = next(line for line in text.splitlines() if line.strip().startswith("File "))
    return name, message, int(place.partition(", line ")[2].partition(",")[0])


@read_traceback.mistake("The message is cut at its last colon. Split at the first one only.")
def _(text):
    _, _, number = read_traceback.solution(text)
    name, _, message = text.strip().splitlines()[-1].rpartition(": ")
    return (name, message, number) if name else (message, "", number)


@read_traceback.mistake("The number should be a number, not a text. `int(...)` makes one.")
def _(text):
    name, message, number = read_traceback.solution(text)
    return name, message, str(number)


@read_traceback.mistake("This reads the first line, which every traceback shares. The last one has the news.")
def _(text):
    _, _, number = read_traceback.solution(text)
    name, _, message = text.strip().splitlines()[0].partition(": ")
    return name, message, number


@read_traceback.mistake(
    "This number stands in a text of the traceback. Take it from the lines that begin with `File`."
)
def _(text):
    name, message, _ = read_traceback.solution(text)
    return name, message, int(text.rpartition("line ")[2].partition(",")[0].partition("\n")[0])


@read_traceback.mistake("Where the error says nothing, the message is an empty text and not None.")
def _(text):
    name, message, number = read_traceback.solution(text)
    return name, message or None, number


@read_traceback.mistake(
    "The number is where the lowest place stands in this text. Which line of the *file* does it name?"
)
def _(text):
    name, message, _ = read_traceback.solution(text)
    lines = text.strip().splitlines()
    return name, message, max(i for i, line in enumerate(lines) if line.strip().startswith("File "))


@read_traceback.mistake("That is the whole last line. Its name and its message are asked for one by one.")
def _(text):
    last = text.strip().splitlines()[-1]
    return last, last, read_traceback.solution(text)[2]


@exercise(
    "before_you_start.notebook_state",
    points=3,
    title="The notebook that lies",
    section="before_you_start.md#what-a-notebook-remembers",
    prompt="""
    A notebook remembers what you *ran*, not what you *see*. Each cell of a small notebook does one thing to
    a variable `x`: `("set", 5)` stands for `x = 5`, and `("add", 2)` for `x = x + 2`. Somebody ran the cells
    in some order, some of them twice. What is `x` now, and what will it be after *Restart and run all*,
    which runs every cell once, from the top?

    Adding to an `x` that does not exist yet is a `NameError`. It ends *Restart and run all*, and `x` is then
    `None`. When a person runs such a cell, nothing changes and the next one can be run.
    """,
    hints=[
        "Write a helper that starts with `x = None` and goes through cells one by one.",
        "The order lists positions: `cells[place]` is the cell that was run.",
        "The two runs differ in one more thing: an error ends *Restart and run all* at once.",
    ],
)
def notebook_state(cells, order):
    """Return (now, after): x after the cells were run in this order, and x after Restart and run all.

    The cells are a list of ("set", number) or ("add", number); the order is a list of positions in it, from 0 on.
    None stands for an x that does not exist.
    """
    now = None
    for place in order:
        action, number = cells[place]
        if action == "set":
            now = number
        elif now is not None:
            now = now + number
    after = None
    for action, number in cells:
        if action == "set":
            after = number
        elif after is None:
            return now, None
        else:
            after = after + number
    return now, after


@notebook_state.cases
def _(rng):
    yield [("set", 5), ("add", 2)], [0, 1]
    yield [("set", 5), ("add", 2)], [0, 1, 1]
    yield [("set", 1), ("add", 3)], [1]
    yield [("add", 4), ("set", 1)], [1, 0]
    yield [("add", 4), ("set", 1)], [0]
    yield [("add", 4), ("set", 1), ("add", 2)], [0, 1, 2, 0]
    yield [("set", 0), ("add", 7), ("set", 3), ("add", 1)], [2, 1, 0, 3, 3]
    for size in (3, 4):
        numbers = rng.integers(1, 9, size=size).tolist()
        cells = [("set", numbers[0]), *(("add", number) for number in numbers[1:])]
        yield cells, rng.integers(0, size, size=size + 1).tolist()


@notebook_state.mistake("A cell that was run twice acts twice.")
def _(cells, order):
    seen = list(dict.fromkeys(order))
    return notebook_state.solution(cells, seen)


@notebook_state.mistake("The cells run in the order of the clicks, not in the order on the page.")
def _(cells, order):
    return notebook_state.solution(cells, sorted(order))


@notebook_state.mistake("An x that does not exist is not zero. Adding to it is an error.")
def _(cells, order):
    def run(steps):
        x = 0
        for action, number in steps:
            x = number if action == "set" else x + number
        return x

    return run(cells[place] for place in order), run(cells)


@notebook_state.mistake("A restart forgets everything: the second run starts without an x.")
def _(cells, order):
    x, _ = notebook_state.solution(cells, order)
    after = x
    for action, number in cells:
        if action == "set":
            after = number
        elif after is None:
            return x, None
        else:
            after = after + number
    return x, after


@notebook_state.mistake("Restart and run all stops at the first error, and what comes below never runs.")
def _(cells, order):
    now, _ = notebook_state.solution(cells, order)
    after, _ = notebook_state.solution(cells, list(range(len(cells))))
    return now, after


@notebook_state.mistake("An error ends *Restart and run all* only. A person runs the next cell all the same.")
def _(cells, order):
    def run(steps):
        x = None
        for action, number in steps:
            if action == "set":
                x = number
            elif x is None:
                return None
            else:
                x = x + number
        return x

    return run([cells[place] for place in order]), run(cells)


@notebook_state.mistake("An `x` of 0 exists: `if x` is not the same question as `if x is not None`.")
def _(cells, order):
    def run(steps, stops):
        x = None
        for action, number in steps:
            if action == "set":
                x = number
            elif x:
                x = x + number
            elif stops:
                return None
        return x

    return run([cells[place] for place in order], False), run(cells, True)


@notebook_state.mistake("The positions in `order` count from 0, as `cells[place]` does.")
def _(cells, order):
    return notebook_state.solution(cells, [(place - 1) % len(cells) for place in order])


@notebook_state.mistake("`set` puts a new number into an x that exists already, too.")
def _(cells, order):
    def run(steps, stops):
        x = None
        for action, number in steps:
            if x is None and action == "add" and stops:
                return None
            if x is not None or action == "set":
                x = number if x is None else x + number
        return x

    return run([cells[place] for place in order], False), run(cells, True)


@notebook_state.mistake("A person's NameError changes nothing. Return what `x` is then, and raise nothing.")
def _(cells, order):
    def run(steps):
        x = None
        for action, number in steps:
            if action == "set":
                x = number
            elif x is None:
                raise NameError("name 'x' is not defined")
            else:
                x = x + number
        return x

    return run([cells[place] for place in order]), run(cells)
