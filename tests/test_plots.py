"""Pictures are the same bytes at every run, carry their words, and refuse what they cannot draw."""

import itertools
import json
import re
import struct
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import nbformat
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib import pyplot as plt

from course_lib import plots

POINTS = [[0.2, 0.1], [0.4, 0.9]]


@pytest.fixture(autouse=True)
def close_figures():
    mpl.get_backend()  # chosen at its first use, which is a change as well
    before = mpl.rcParams.copy()
    yield
    plt.close("all")
    assert mpl.rcParams.copy() == before, "drawing changed a setting of matplotlib for everybody else"


def everything(axes):
    plots.points(axes, POINTS, [0, 1], ("below", "above"))
    plots.regions(axes, lambda places: places[:, 0] > 0.5, (0, 1), (0, 1), steps=5)
    plots.separating_line(axes, [1.0, -1.0], 0.1)
    plots.measurements(axes, [0.0, 1.0], [1.0, 0.5])
    plots.residuals(axes, [0.0, 1.0], [1.0, 0.5], [0.9, 0.6])
    plots.curve(axes, np.square, (0, 1), name="square", style="--")
    plots.history(axes, [1.0, 0.5, 0.2], name="cost")
    plots.bowl(axes, lambda w, b: w**2 + b**2, (-1, 1), (-1, 1), path=POINTS, steps=5)
    plots.label(axes, "x in m", "y in m", "Everything")


def test_the_same_picture_is_the_same_bytes():
    pictures = []
    for _ in range(2):
        figure, (axes,) = plots.new_figure()
        everything(axes)
        pictures.append(plots.png(figure))
    assert pictures[0] == pictures[1]
    assert struct.unpack(">II", pictures[0][16:24]) == (int(5.6 * 160), 4 * 160)
    assert b"Software" not in pictures[0]
    assert mpl.__version__.encode() not in pictures[0]


@pytest.mark.filterwarnings("error")
def test_panels():
    figure, axes = plots.new_figure(columns=3, width=9, height=3, share_y=True)
    assert len(axes) == 3
    assert figure.get_size_inches().tolist() == [9, 3]
    axes[0].set_ylim(0, 7)
    assert axes[2].get_ylim() == (0, 7)
    figure, axes = plots.new_figure(columns=2)
    axes[0].set_ylim(0, 7)
    assert axes[1].get_ylim() != (0, 7)


def test_labels_and_legend():
    _, (axes,) = plots.new_figure()
    everything(axes)
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("x in m", "y in m", "Everything")
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["below", "above", "learned line", "measured", "residual", "square", "cost", "training"]
    _, (axes,) = plots.new_figure()
    plots.label(axes, "x", "y")
    assert axes.get_legend() is None


@pytest.mark.filterwarnings("error")
def test_a_slow_machine_draws_without_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matplotlib.legend.time.perf_counter", itertools.count(step=10).__next__)
    figure, (axes,) = plots.new_figure()
    axes.plot([0, 1], label="a line")
    plots.label(axes, "x", "y")
    plots.png(figure)
    plt.close(figure)


def test_the_line_is_where_the_sum_is_zero():
    _, (axes,) = plots.new_figure()
    axes.set(xlim=(-3, 3), ylim=(-2, 2))
    plots.separating_line(axes, [2.0, -3.0], 1.5)
    line = axes.get_lines()[0]
    for x, y in (line.get_xy1(), line.get_xy2()):
        assert 2 * x - 3 * y + 1.5 == pytest.approx(0)
    assert (axes.get_xlim(), axes.get_ylim()) == ((-3, 3), (-2, 2))


def test_classes_differ_in_colour_and_in_shape():
    _, (axes,) = plots.new_figure()
    plots.points(axes, POINTS, [0, 1])
    circles, triangles = axes.collections
    assert circles.get_offsets().tolist() == [POINTS[0]]
    assert triangles.get_offsets().tolist() == [POINTS[1]]
    assert circles.get_facecolor().tolist() != triangles.get_facecolor().tolist()
    assert len(circles.get_paths()[0]) != len(triangles.get_paths()[0])


def test_regions_ask_the_model():
    _, (axes,) = plots.new_figure()
    plots.regions(axes, lambda places: places[:, 1] > places[:, 0], (0, 2), (0, 2), steps=3)
    assert axes.collections[0].get_array().reshape(3, 3).tolist() == [[0, 0, 0], [1, 0, 0], [1, 1, 0]]


def test_histories_count_from_their_start():
    _, (axes,) = plots.new_figure()
    plots.history(axes, [3.0, 2.0], start=5)
    assert axes.get_lines()[0].get_xdata().tolist() == [5, 6]
    plots.history(axes, np.ones(100))
    assert axes.get_lines()[0].get_marker() == "o"
    assert axes.get_lines()[1].get_marker() in ("None", None)


def test_a_flat_bowl_is_drawn_too():
    figure, (axes,) = plots.new_figure()
    plots.bowl(axes, lambda w, b: 1.0, (0, 1), (0, 1), steps=4)
    assert plots.png(figure)


def test_show_displays_one_picture_with_its_words():
    InteractiveShell.instance()
    try:
        figure, _ = plots.new_figure(width=5)
        with capture_output() as captured:
            plots.show(figure, alt="A flat line.", caption="Nothing changes.")
        (output,) = captured.outputs
        assert output.data["image/png"] == plots.png(figure)
        assert output.data["text/plain"] == "A flat line."
        assert ' alt="A flat line." width="480"' in output.data["text/html"], "for Jupyter, which drops it"
        assert "<figcaption>Nothing changes.</figcaption>" in output.data["text/html"]
        assert output.metadata == {
            "image/png": {"alt": "A flat line.", "width": 480},
            "course": {
                "alt": "A flat line.",
                "caption": "Nothing changes.",
                "letters": plots.letter_boxes(figure),
            },
        }
        assert json.dumps(output.metadata)
        stored = nbformat.v4.new_output("display_data", {"text/plain": "x"}, metadata=output.metadata)
        nbformat.validate(stored, ref="display_data", version=4)
        assert not plt.fignum_exists(figure.number)
    finally:
        InteractiveShell.clear_instance()


def test_panels_with_letters_between_them_can_be_cut_apart():
    InteractiveShell.instance()
    try:
        figure, panels = plots.new_figure(columns=3, width=9)
        for axes in panels:
            axes.set(xlim=(0, 400), ylim=(-200, 200), aspect="equal")
            plots.label(axes, "x in m", "y in m", "A title")
        with capture_output() as captured:
            plots.show(figure, alt="Three panels.")
        cuts = captured.outputs[0].metadata["course"]["cuts"]
        assert len(cuts) == 2
        # No letter stands on a cut.
        pixels = [cut * 9 * plots.DOTS_PER_INCH for cut in cuts]
        assert not [box for box in plots.letter_boxes(figure) for x in pixels if box[0] < x < box[2]]
    finally:
        InteractiveShell.clear_instance()
    figure, _ = plots.new_figure(columns=2, share_y=True)
    assert plots.panel_cuts(figure) == []
    assert plots.panel_cuts(plots.image_row(np.eye(4), names="abcd")) == []


def test_show_prints_the_words_in_a_terminal(capsys):
    figure, _ = plots.new_figure()
    plots.show(figure, alt="A flat line.")
    assert capsys.readouterr().out == "A flat line.\n"
    assert not plt.fignum_exists(figure.number)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda axes: plots.new_figure(0), "`columns` is 0"),
        (lambda axes: plots.new_figure(width=0), "`width` is 0"),
        (lambda axes: plots.new_figure(height=-1), "`height` is -1"),
        (lambda axes: plots.show(axes.figure, "  "), "`alt` is empty; say in words what the picture shows."),
        (
            lambda axes: plots.points(axes, [[1.0]], [1]),
            "`inputs` has 1 columns; a picture of the plane needs",
        ),
        (lambda axes: plots.points(axes, POINTS, [0, 2]), "`targets` holds 2"),
        (lambda axes: plots.points(axes, POINTS, [0]), "`inputs` has 2 examples and `targets` has 1"),
        (lambda axes: plots.regions(axes, lambda p: p[:, 0], (0, 1), (0, 1)), "`answer` holds"),
        (lambda axes: plots.regions(axes, lambda p: [0], (0, 1), (0, 1)), "`places` has 40000 examples"),
        (lambda axes: plots.regions(axes, len, (0, 1), (0, 1), steps=1), "`steps` is 1"),
        (
            lambda axes: plots.separating_line(axes, [0.0, 0.0], 1.0),
            "`weights` is [0. 0.]; a line in the plane needs two, not both zero.",
        ),
        (lambda axes: plots.separating_line(axes, [1.0], 1.0), "`weights` is [1.]; a line in the plane"),
        (lambda axes: plots.measurements(axes, [1], [1, 2]), "`targets` has shape (2,)"),
        (lambda axes: plots.residuals(axes, [1], [1], [1, 2]), "`predictions` has shape (2,)"),
        (lambda axes: plots.history(axes, []), "`costs` has shape (0,); it must be a list of at least one"),
        (lambda axes: plots.bowl(axes, len, (0, 1), (0, 1), steps=1), "`steps` is 1"),
        (lambda axes: plots.bowl(axes, lambda w, b: 1.0, (0, 1), (0, 1), [[1.0]], 3), "`path` has 1 columns"),
    ],
)
def test_bad_input(call, message):
    _, (axes,) = plots.new_figure()
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call(axes)


def test_a_row_of_images_shows_each_with_its_name():
    figure = plots.image_row([[0, 1, 2, 3], [3, 2, 1, 0]], names=["rises", "falls"])
    assert [axes.get_title() for axes in figure.axes] == ["rises", "falls"]
    (squares,) = figure.axes[1].collections
    np.testing.assert_array_equal(squares.get_array(), [[3, 2], [1, 0]])
    assert figure.axes[1].yaxis_inverted()  # the first row of pixels is on top


def test_images_begin_a_new_row_after_as_many_as_fit():
    figure = plots.image_row(np.eye(9)[:5], names="abcde", columns=3)
    slots = [axes.get_position() for axes in figure.axes]
    assert slots[3].y1 < slots[0].y0
    assert slots[3].x0 == slots[0].x0
    assert [axes.get_title() for axes in figure.axes] == [*"abcde", ""]
    assert not figure.axes[5].axison


@pytest.mark.parametrize(("images", "names"), [([[0, 1, 2]], ["three"]), ([[0, 1, 2, 3]], [])])
def test_a_row_of_images_needs_square_images_and_a_name_for_each(images, names):
    with pytest.raises(ValueError, match="`images`"):
        plots.image_row(images, names)


@pytest.mark.parametrize("function", [np.square, np.log, np.exp, np.tanh, np.sin])
@pytest.mark.parametrize("place", [0.5, 1.0, 3.0])
def test_a_tangent_touches_its_curve(function: Callable[[float], float], place: float) -> None:
    """The drawn line meets the curve at the place, and leaves it with the square of the distance."""
    figure, (axes,) = plots.new_figure()
    plots.tangent(axes, function, place, reach=1e-3)
    x, y = axes.lines[0].get_data()
    plt.close(figure)
    assert np.interp(place, x, y) == pytest.approx(function(place))
    assert y[0] == pytest.approx(function(x[0]), abs=1e-4)
    assert (y[1] - y[0]) / (x[1] - x[0]) == pytest.approx(
        (function(place + 1e-5) - function(place - 1e-5)) / 2e-5, rel=1e-5
    )


def test_no_chapter_draws_a_touching_line_from_typed_coordinates() -> None:
    """A line that is said to touch a curve is computed from its slope; two typed points once missed it."""
    typed = re.compile(r"\.plot\(\s*\[[-\d., ]+,[-\d., ]+\],\s*\[[-\d., ]+,[-\d., ]+\]")
    for text in (Path(__file__).parents[1] / "chapters").glob("*.md"):
        for cell in re.findall(r"```\{code-cell\}.*?\n```", text.read_text(encoding="utf-8"), re.DOTALL):
            if re.search(r"\btouches\b|\btangent\b", cell):
                assert typed.search(cell) is None, (text.name, cell)
