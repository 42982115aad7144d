import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import handwriting
from course_lib.figures.draw_digit import count_ink

PLACES = st.lists(st.tuples(st.floats(0, 31), st.floats(0, 31)), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(
    strokes=st.lists(PLACES, min_size=1, max_size=3),
    factor=st.sampled_from([0.25, 0.5, 2.0, 4.0]),
    right=st.integers(-20, 20),
    down=st.integers(-20, 20),
)
def test_the_same_drawing_is_seen_alike_at_any_size_and_anywhere(strokes, factor, right, down) -> None:
    before = [np.round(np.array(stroke), 2) for stroke in strokes]
    size = np.ptp(np.concatenate(before), axis=0).max()
    after = [factor * (stroke + np.array([right, down])) for stroke in before]
    if size > 0.1:  # what is nearly a point has no size that could be told
        # Rounding may decide a place on the pen's very edge otherwise.
        assert np.abs(handwriting.paint(after) - handwriting.paint(before)).sum() <= 4


def test_a_line_is_painted_as_wide_as_the_pen() -> None:
    picture = handwriting.paint([[[5, 1], [5, 9]]])
    rows, columns = np.mgrid[:32, :32]
    near = np.hypot(columns - 15.5, rows - rows.clip(1.9, 29.1)) <= 2.4
    assert picture.tolist() == count_ink(near.astype(int)).tolist()
    assert handwriting.paint([]).tolist() == [0] * 64
    assert handwriting.paint([[[3, 3]]]).sum() == np.sum(np.hypot(columns - 15.5, rows - 15.5) <= 2.4)


@pytest.mark.parametrize("make", [handwriting.drawn_digits, lambda *a: (handwriting.scribbles(*a), None)])
def test_what_is_drawn_is_the_same_for_a_seed_and_ink_from_nought_to_one(make) -> None:
    pictures, _ = make(30, 3)
    assert pictures.shape == (30, 64)
    assert (make(30, 3)[0] == pictures).all()
    assert not (make(30, 4)[0] == pictures).all()
    assert 0 <= pictures.min() < pictures.max() <= 1
    assert make(0, 3)[0].shape == (0, 64)
    with pytest.raises(ValueError, match="`count`"):
        make(-1, 3)


def test_copies_differ_a_little() -> None:
    pictures, names = handwriting.drawn_digits(40)
    assert np.bincount(names).tolist() == [4] * 10
    copies = handwriting.varied(pictures, 1)
    assert (handwriting.varied(pictures, 1) == copies).all()
    assert 0 <= copies.min() <= copies.max() <= 1
    difference = np.abs(copies - pictures).mean(axis=1)
    assert (difference > 0.01).all()
    assert difference.mean() < np.abs(pictures - np.roll(pictures, 1, axis=0)).mean()


def test_bad_input_is_refused_with_a_reason() -> None:
    with pytest.raises(ValueError, match="64 numbers; `pictures` has 63"):
        handwriting.varied(np.zeros((2, 63)))
    with pytest.raises(ValueError, match=r"`strokes\[1\]` has 3 columns"):
        handwriting.paint([[[1, 2]], [[1, 2, 3]]])
