"""Every still picture of the course, in one style, and `show`, which gives a picture its words."""

import itertools
from base64 import b64encode
from collections.abc import Callable, Sequence
from html import escape
from io import BytesIO
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.arguments import FloatArray
from course_lib.compatibility import plain_letters

# M. Okabe and K. Ito, "Color Universal Design", 2008: colours that colour-blind readers tell apart.
BLUE, ORANGE, GREEN, RED, PURPLE, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"
INK, FAINT = "#222222", "#D9D9D9"
# As in the live figures: class 0 is a hollow square, class 1 a filled disc; the shape alone tells them apart.
CLASS_COLOURS = (RED, BLUE)
CLASS_MARKERS = ("s", "o")

DOTS_PER_INCH = 160

# Margins in inches. They are fixed, because a layout that makes room for each label would move every point
# of a picture when a version of matplotlib measures letters differently.
_LEFT, _RIGHT, _BOTTOM, _TOP, _GAP, _SHARED_GAP = 0.85, 0.15, 0.65, 0.35, 1.0, 0.3
# A panel's last number may stand out of it by this much; what follows in the gap belongs to the next panel.
_OVERHANG = 0.18

_STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "axes.grid": True,
    "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, RED, PURPLE, SKY]),
    "axes.spines.right": False,
    "axes.spines.top": False,
    # A white ground of its own keeps a picture legible on a dark page.
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    # On a phone a picture of the usual width shrinks to two thirds, and these letters to 11 pixels.
    "font.size": 12,
    "axes.titlesize": 12,
    "legend.fontsize": 11,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "legend.framealpha": 0.9,
    # Letters as their designer drew them: versions of matplotlib differ least in these.
    "text.hinting": "none",
    **plain_letters(matplotlib.__version__),
    "lines.linewidth": 2.0,
    "lines.markersize": 5.0,
}


def new_figure(
    columns: int = 1, width: float = 5.6, height: float = 4.0, share_y: bool = False
) -> tuple[Figure, list[Axes]]:
    """Start a picture in the style of the course.

    Parameters
    ----------
    columns : int
        How many panels stand side by side.
    width, height : float
        The size of the whole picture, in inches.
    share_y : bool
        Give all panels the same vertical axis.

    Returns
    -------
    figure : Figure
        The picture.
    axes : list of Axes
        Its panels, from left to right.

    Raises
    ------
    ValueError
        If there is no panel, or a size is not above zero.

    Examples
    --------
    >>> figure, (left, right) = new_figure(columns=2)
    >>> plt.close(figure)
    """
    columns = arguments.whole("columns", columns)
    size = arguments.positive("width", width), arguments.positive("height", height)
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(1, columns, figsize=size, squeeze=False, sharey=share_y)
    _set_margins(figure, columns, _SHARED_GAP if share_y else _GAP)
    return figure, list(axes[0])


def _set_margins(figure: Figure, columns: int, gap: float) -> None:
    width, height = figure.get_size_inches()
    panel = (width - _LEFT - _RIGHT - gap * (columns - 1)) / columns
    figure.subplots_adjust(
        left=_LEFT / width,
        right=1 - _RIGHT / width,
        bottom=_BOTTOM / height,
        top=1 - _TOP / height,
        wspace=gap / panel,
    )


def label(axes: Axes, x: str, y: str, title: str = "") -> None:
    """Name the axes, and add a legend if something on them has a name.

    Parameters
    ----------
    axes : Axes
        The panel.
    x, y : str
        What runs along each axis, with its unit.
    title : str
        What the panel shows.

    Examples
    --------
    >>> figure, (axes,) = new_figure()
    >>> label(axes, "time in s", "height in m")
    >>> plt.close(figure)
    """
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    if title:
        axes.set_title(title)
    if axes.get_legend_handles_labels()[0]:
        with plt.rc_context(_STYLE):
            axes.legend(loc="best")  # said, not left to matplotlib, which then warns where a machine is slow


def show(figure: Figure, alt: str, caption: str = "") -> None:
    """Display a picture together with the words that go with it.

    The cell's output is one PNG, the same bytes at every run, beside a plain text that is ``alt`` and HTML
    that holds all three, because Jupyter gives a bare PNG neither alternative text nor caption. The
    output's metadata is ``{"image/png": {"alt": alt, "width": pixels}, "course": {"alt": alt,
    "caption": caption, "letters": boxes}}``; the book reads alternative text and caption from ``"course"``.
    Where panels stand side by side, ``"course"`` also has ``"cuts"``: the book cuts the picture there on a
    phone, and puts the panels below each other.
    In a terminal the alternative text is printed. The figure is closed, so that a notebook does not show
    it a second time.

    Parameters
    ----------
    figure : Figure
        The picture.
    alt : str
        What it shows, in words, for a reader who cannot see it.
    caption : str
        The sentence below it.

    Raises
    ------
    ValueError
        If there is no alternative text.

    Examples
    --------
    >>> figure, (axes,) = new_figure()
    >>> lines = axes.plot([0, 1], [0, 1])
    >>> show(figure, alt="A line that rises from the lower left to the upper right.")
    A line that rises from the lower left to the upper right.
    """
    # Only a notebook needs IPython; the pictures themselves do not.
    from IPython.core.getipython import get_ipython
    from IPython.display import display

    if not alt.strip():
        raise ValueError("`alt` is empty; say in words what the picture shows.")
    plt.close(figure)
    if get_ipython() is None:
        print(alt)
        return
    picture = png(figure)
    words: dict[str, Any] = {"alt": alt, "caption": caption, "letters": letter_boxes(figure)}
    if cuts := panel_cuts(figure):
        words["cuts"] = cuts
    metadata = {"image/png": {"alt": alt, "width": round(figure.get_figwidth() * 96)}, "course": words}
    bundle = {
        "image/png": picture,
        "text/plain": alt,
        "text/html": _with_words(picture, figure, alt, caption),
    }
    display(bundle, raw=True, metadata=metadata)  # type: ignore[no-untyped-call]


def _with_words(picture: bytes, figure: Figure, alt: str, caption: str) -> str:
    """Return HTML that holds a picture, its alternative text and its caption."""
    source = f"data:image/png;base64,{b64encode(picture).decode()}"
    width = round(figure.get_figwidth() * 96)
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    image = f'<img src="{source}" alt="{escape(alt)}" width="{width}" style="max-width:100%;height:auto">'
    return f'<figure style="margin:0">{image}{below}</figure>'


def png(figure: Figure) -> bytes:
    """Draw a picture as PNG bytes, the same at every run.

    Parameters
    ----------
    figure : Figure
        The picture.

    Returns
    -------
    bytes
        The PNG file.

    Examples
    --------
    >>> figure, (axes,) = new_figure()
    >>> png(figure)[1:4]
    b'PNG'
    >>> plt.close(figure)
    """
    buffer = BytesIO()
    # Without this the file would name the version of matplotlib that drew it.
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return buffer.getvalue()


def letter_boxes(figure: Figure) -> list[list[int]]:
    """Return where the letters of a drawn picture stand: the places that versions of matplotlib draw apart.

    Parameters
    ----------
    figure : Figure
        The picture.

    Returns
    -------
    list of list of int
        For each text and legend its left, top, right and bottom edge, in pixels of the PNG.

    Examples
    --------
    >>> figure, (axes,) = new_figure()
    >>> label(axes, "time in s", "height in m")
    >>> picture = png(figure)
    >>> len(letter_boxes(figure)) > 2
    True
    >>> plt.close(figure)
    """
    figure.set_dpi(DOTS_PER_INCH)
    figure.draw_without_rendering()
    height = figure.get_figheight() * DOTS_PER_INCH
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]
    boxes = [artist.get_window_extent() for artist in [*texts, *figure.findobj(Legend)]]
    edges = [(box.x0, height - box.y1, box.x1, height - box.y0) for box in boxes]
    return [[round(edge) for edge in box] for box in edges]


def panel_cuts(figure: Figure) -> list[float]:
    """Return where a picture can be cut between its panels.

    Parameters
    ----------
    figure : Figure
        The picture.

    Returns
    -------
    list of float
        For each cut its distance from the left edge, as a share of the picture's width. Panels that have no
        letters of their own between them, such as those of one vertical axis, are not cut apart.

    Examples
    --------
    >>> figure, _ = new_figure(columns=2, width=8)
    >>> panel_cuts(figure)
    [0.5038]
    >>> figure, _ = new_figure(columns=2, width=8, share_y=True)
    >>> panel_cuts(figure)
    []
    >>> plt.close("all")
    """
    slots = [axes.get_position(original=True) for axes in figure.axes]
    width = figure.get_figwidth()
    return [
        round(float(left.x1 + _OVERHANG / width), 4)
        for left, right in itertools.pairwise(slots)
        if (right.x0 - left.x1) * width > _LEFT
    ]


def points(
    axes: Axes,
    inputs: ArrayLike,
    targets: ArrayLike,
    names: Sequence[str] = ("0", "1"),
    size: float = 22,
) -> None:
    """Draw labelled points: class 0 as hollow orange squares, class 1 as filled blue discs.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    inputs : array_like, shape (examples, 2)
        The coordinates.
    targets : array_like, shape (examples,)
        The labels, 0 or 1.
    names : sequence of str
        What to call the two classes.
    size : float
        The area of a mark, in square points.

    Raises
    ------
    ValueError
        If shapes do not fit, numbers are missing, or a label is not 0 or 1.

    Examples
    --------
    >>> figure, (axes,) = new_figure()
    >>> points(axes, [[0.0, 0.0], [1.0, 1.0]], [0, 1])
    >>> plt.close(figure)
    """
    inputs, targets = _plane("inputs", inputs), arguments.labels("targets", targets)
    arguments.as_many("inputs", inputs, "targets", targets)
    for number, (colour, marker, name) in enumerate(zip(CLASS_COLOURS, CLASS_MARKERS, names, strict=True)):
        x, y = inputs[targets == number].T
        face, edge, width = ("none", colour, 1.2) if number == 0 else (colour, "white", 0.4)
        axes.scatter(
            x, y, s=size, marker=marker, label=name, facecolors=face, edgecolors=edge, linewidths=width
        )


def regions(
    axes: Axes,
    answer: Callable[[FloatArray], ArrayLike],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    steps: int = 200,
) -> None:
    """Colour the plane by what a model answers at each place.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    answer : callable
        Takes a table of shape (places, 2), returns a label 0 or 1 for each row.
    x_range, y_range : tuple of float
        From where to where.
    steps : int
        How many places along each axis are asked.

    Raises
    ------
    ValueError
        If the model returns another number of answers, or anything but 0 and 1.

    Examples
    --------
    >>> figure, (axes,) = new_figure()
    >>> regions(axes, lambda places: places[:, 0] > places[:, 1], (0, 1), (0, 1), steps=10)
    >>> plt.close(figure)
    """
    x, y, places = _grid(x_range, y_range, steps)
    answers = arguments.labels("answer", np.asarray(answer(places), dtype=np.float64))
    arguments.as_many("places", places, "answer", answers)
    axes.pcolormesh(
        x,
        y,
        answers.reshape(len(y), len(x)),
        cmap=ListedColormap(CLASS_COLOURS),
        vmin=0,
        vmax=1,
        alpha=0.22,
        shading="nearest",
        rasterized=True,
        zorder=0,
    )
    axes.set(xlim=x_range, ylim=y_range)


def separating_line(axes: Axes, weights: ArrayLike, bias: float, name: str = "learned line") -> None:
    """Draw where a perceptron's weighted sum is zero: its answer changes there.

    Parameters
    ----------
    axes : Axes
        Where to draw; the line runs through the whole panel, whose limits stay as they are.
    weights : array_like, shape (2,)
        The weights, not both zero.
    bias : float
        The bias.
    name : str
        What the legend calls it.

    Raises
    ------
    ValueError
        If there are not two weights, or both are zero.

    Examples
    --------
    >>> figure, (axes,) = new_figure()
    >>> separating_line(axes, [1.0, -1.0], 0.0)
    >>> plt.close(figure)
    """
    weights = arguments.vector("weights", weights)
    if weights.shape != (2,) or not weights.any():
        raise ValueError(f"`weights` is {weights}; a line in the plane needs two, not both zero.")
    # The point of the line nearest to the origin, and the direction at right angles to the weights.
    nearest = -bias * weights / (weights @ weights)
    limits = axes.get_xlim(), axes.get_ylim()
    along = nearest + np.array([weights[1], -weights[0]]) / np.linalg.norm(weights)
    axes.axline(tuple(nearest), tuple(along), color=INK, label=name)
    axes.set(xlim=limits[0], ylim=limits[1])


def measurements(axes: Axes, inputs: ArrayLike, targets: ArrayLike, name: str = "measured") -> None:
    """Draw measured values as dots.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    inputs, targets : array_like, shape (examples,)
        Where was measured, and what.
    name : str
        What the legend calls them.

    Raises
    ------
    ValueError
        If the shapes differ, or a number is missing.

    Examples
    --------
    >>> figure, (axes,) = new_figure()
    >>> measurements(axes, [0.0, 1.0], [1.0, 3.0])
    >>> plt.close(figure)
    """
    inputs, targets = arguments.same_shape(inputs=inputs, targets=targets)
    axes.scatter(inputs, targets, s=16, c=BLUE, label=name, edgecolors="white", linewidths=0.4)


def residuals(axes: Axes, inputs: ArrayLike, targets: ArrayLike, predictions: ArrayLike) -> None:
    """Draw a stick from each prediction to what was measured.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    inputs, targets, predictions : array_like, shape (examples,)
        Where was measured, what was measured, and what the model says.

    Raises
    ------
    ValueError
        If the shapes differ, or a number is missing.

    Examples
    --------
    >>> figure, (axes,) = new_figure()
    >>> residuals(axes, [0.0, 1.0], [1.0, 3.0], predictions=[0.5, 3.5])
    >>> plt.close(figure)
    """
    inputs, targets, predictions = arguments.same_shape(
        inputs=inputs, targets=targets, predictions=predictions
    )
    axes.vlines(inputs, predictions, targets, color=RED, linewidth=1.2, label="residual", zorder=1)


def curve(
    axes: Axes,
    function: Callable[[FloatArray], ArrayLike],
    x_range: tuple[float, float],
    name: str = "",
    colour: str | None = None,
    style: str = "-",
) -> None:
    """Draw a function of one number.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    function : callable
        Takes an array of places, returns the value at each of them.
    x_range : tuple of float
        From where to where.
    name : str
        What the legend calls it.
    colour, style : str
        A matplotlib colour and line style.

    Examples
    --------
    >>> figure, (axes,) = new_figure()
    >>> curve(axes, np.tanh, (-3, 3), name="tanh")
    >>> plt.close(figure)
    """
    x = np.linspace(*x_range, 401)
    axes.plot(x, np.asarray(function(x)), style, color=colour, label=name or None)


def tangent(
    axes: Axes,
    function: Callable[[float], float],
    place: float,
    reach: float = 1.0,
    name: str = "",
    colour: str = RED,
) -> float:
    """Draw the straight line that touches a curve, with the curve's own slope there.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    function : callable
        Takes a number, returns the curve's height there.
    place : float
        Where the line touches.
    reach : float
        How far it is drawn to each side.
    name : str
        What the legend calls it.
    colour : str
        A matplotlib colour.

    Returns
    -------
    float
        The slope: the limit of steps to both sides, found from two step sizes (Richardson).

    Raises
    ------
    ValueError
        If the reach is not above zero.

    Examples
    --------
    >>> figure, (axes,) = new_figure()
    >>> round(tangent(axes, lambda x: x**2, 3.0), 6)
    6.0
    >>> plt.close(figure)
    """
    reach = arguments.positive("reach", reach)

    def central(step: float) -> float:
        return (float(function(place + step)) - float(function(place - step))) / (2 * step)

    step = 1e-4 * max(1.0, abs(place))
    slope = (4 * central(step / 2) - central(step)) / 3
    ends = np.array([place - reach, place + reach])
    axes.plot(ends, float(function(place)) + slope * (ends - place), color=colour, label=name or None)
    return slope


def arrow(
    axes: Axes, tip: ArrayLike, start: ArrayLike = (0.0, 0.0), name: str = "", colour: str = BLUE
) -> None:
    """Draw an arrow in the plane: a vector.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    tip : array_like, shape (2,)
        Where the arrow ends.
    start : array_like, shape (2,)
        Where it begins; the origin if not given.
    name : str
        What the legend calls it.
    colour : str
        A matplotlib colour.

    Raises
    ------
    ValueError
        If the tip or the start is no pair of numbers.

    Examples
    --------
    >>> figure, (axes,) = new_figure()
    >>> arrow(axes, [1.0, 2.0], name="weights")
    >>> plt.close(figure)
    """
    (x, y), (start_x, start_y) = _plane("tip and start", np.array([tip, start]))
    axes.quiver(
        start_x,
        start_y,
        x - start_x,
        y - start_y,
        angles="xy",
        scale_units="xy",
        scale=1,
        width=0.012,
        color=colour,
        label=name or None,
        zorder=3,
    )


def image_row(
    images: ArrayLike,
    names: Sequence[str],
    width: float = 6.4,
    signed: bool = False,
    columns: int | None = None,
) -> Figure:
    """Draw small square images side by side, each below its name; the larger a number, the darker.

    Parameters
    ----------
    images : array_like, shape (images, pixels)
        One image a row, its pixels row after row.
    names : sequence of str
        What stands above each.
    width : float
        The width of the whole picture, in inches; the usual one is still legible on a phone.
    signed : bool
        The numbers have signs: blue above zero, red below, white at zero, in each image on its own scale.
    columns : int, optional
        How many stand side by side before the next row begins; all of them if not given.

    Returns
    -------
    Figure
        The picture.

    Raises
    ------
    ValueError
        If there are not as many names as images, or an image is not square.

    Examples
    --------
    >>> plt.close(image_row([[0.0, 1.0, 1.0, 0.0]], names=["a diagonal"]))
    """
    images = arguments.matrix("images", images)
    side = round(images.shape[1] ** 0.5)
    if side**2 != images.shape[1] or len(names) != len(images):
        raise ValueError(
            f"`images` has shape {images.shape} and there are {len(names)} `names`; each image needs a name "
            "and as many columns as rows."
        )
    columns = arguments.whole("columns", len(images) if columns is None else columns)
    rows = -(-len(images) // columns)
    panel = width / columns
    height = rows * (panel + 0.3)
    # A letter is about 0.6 of its size wide; the names must not run into each other.
    letters = min(12.0, 72 * panel / (0.6 * max(len(name) for name in names)))
    with plt.rc_context(_STYLE):
        figure, panels = plt.subplots(rows, columns, figsize=(width, height), squeeze=False)
    figure.subplots_adjust(
        left=0.01, right=0.99, bottom=0.02 / rows, top=1 - 0.35 / height, wspace=0.12, hspace=0.42 / panel
    )
    for unused in panels.flat[len(images) :]:
        unused.set_axis_off()
    # The last row may not be full.
    for axes, image, name in zip(panels.flat, images, names, strict=False):
        # Drawn square by square: versions of matplotlib differ in how they scale a picture of pixels.
        reach = float(np.abs(image).max()) or 1.0
        scale = {"cmap": "RdBu", "vmin": -reach, "vmax": reach} if signed else {"cmap": "Greys", "vmin": 0}
        axes.pcolormesh(image.reshape(side, side), **scale)
        axes.set(xticks=[], yticks=[], ylim=(side, 0), aspect="equal")
        axes.set_title(name, fontsize=letters)
    return figure


def history(axes: Axes, costs: ArrayLike, name: str = "", start: int = 0, colour: str | None = None) -> None:
    """Draw a cost as it changes from step to step.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    costs : array_like, shape (steps,)
        The cost at each step.
    name : str
        What the legend calls it.
    start : int
        The number of the first step.
    colour : str
        A matplotlib colour.

    Raises
    ------
    ValueError
        If there is no cost.

    Examples
    --------
    >>> figure, (axes,) = new_figure()
    >>> history(axes, [4.0, 2.0, 1.0], name="rate 0.1")
    >>> plt.close(figure)
    """
    costs = np.asarray(costs, dtype=np.float64)
    if costs.ndim != 1 or not len(costs):
        raise ValueError(f"`costs` has shape {costs.shape}; it must be a list of at least one number.")
    marker = "o" if len(costs) <= 30 else None
    axes.plot(np.arange(start, start + len(costs)), costs, color=colour, marker=marker, label=name or None)


def bowl(
    axes: Axes,
    cost: Callable[[float, float], float],
    weight_range: tuple[float, float],
    bias_range: tuple[float, float],
    path: ArrayLike | None = None,
    steps: int = 60,
) -> None:
    """Draw a cost over weight and bias as a map, darker where it is lower, with contour lines.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    cost : callable
        Takes a weight and a bias, returns one number.
    weight_range, bias_range : tuple of float
        From where to where; the weight runs to the right, the bias upwards.
    path : array_like, shape (steps, 2), optional
        The (weight, bias) pairs that training went through.
    steps : int
        How many places along each axis are computed.

    Raises
    ------
    ValueError
        If the path is no table of pairs.

    Examples
    --------
    >>> figure, (axes,) = new_figure()
    >>> bowl(axes, lambda w, b: w**2 + b**2, (-1, 1), (-1, 1), path=[[0.9, 0.5], [0.1, 0.1]], steps=10)
    >>> plt.close(figure)
    """
    x, y, places = _grid(weight_range, bias_range, steps)
    heights = np.array([cost(weight, bias) for weight, bias in places]).reshape(len(y), len(x))
    # Levels that are even in the root of the height keep rings apart both near the bottom and far from it.
    lowest, highest = heights.min(), heights.max()
    levels = lowest + (highest - lowest) * np.linspace(0, 1, 16) ** 2
    if highest > lowest:
        axes.contourf(x, y, heights, levels=levels, cmap="Blues_r", alpha=0.75)
        axes.contour(x, y, heights, levels=levels, colors=INK, linewidths=0.5, alpha=0.6)
    if path is not None:
        weights, biases = _plane("path", path).T
        axes.plot(weights, biases, color=RED, marker="o", markersize=4, label="training")
    axes.set(xlim=weight_range, ylim=bias_range)


def _grid(
    x_range: tuple[float, float], y_range: tuple[float, float], steps: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    steps = arguments.whole("steps", steps, minimum=2)
    x, y = np.linspace(*x_range, steps), np.linspace(*y_range, steps)
    return x, y, np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def _plane(name: str, value: ArrayLike) -> FloatArray:
    array = arguments.matrix(name, value)
    if array.shape[1] != 2:
        raise ValueError(f"`{name}` has {array.shape[1]} columns; a picture of the plane needs two, x and y.")
    return array
