"""A table of one's own: the penguins, other marks and gaps, and a sentence for each thing that is wrong."""

import numpy as np
import pytest

from course_lib.tables import PENGUINS, read_table


def written(tmp_path, text):
    path = tmp_path / "own.csv"
    path.write_text(text, encoding="utf-8")
    return path


ROWS = [f"{number},{number / 2},{'ab'[number % 2]}" for number in range(1, 21)]


def test_the_penguins():
    table = read_table(PENGUINS, "species")
    assert np.bincount(table.targets).tolist() == [151, 68, 123]
    assert table.columns == ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "year"]
    assert np.isfinite(table.inputs).all()


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_other_marks_gaps_and_columns(tmp_path, mark):
    text = "\n".join(["x,y,kind", *ROWS, "NA,1,a", "3,,b"]).replace(",", mark)
    table = read_table(written(tmp_path, text), "kind")
    assert (table.inputs.shape, table.left_out, table.classes) == ((20, 2), 2, ["a", "b"])
    assert read_table(written(tmp_path, text), "kind", ["y"]).inputs.shape == (21, 1)


@pytest.mark.parametrize(
    ("text", "settings", "message"),
    [
        (
            "\n".join(["x,y,kind", *ROWS]),
            {"target": "sort"},
            "There is no column `sort`. The table has: x, y, kind.",
        ),
        ("\n".join(["x,y,kind", *ROWS]), {"target": "x"}, "No column|has 1 complete rows"),
        ("x,kind\n" + "\n".join(f"{n},a" for n in range(20)), {"target": "kind"}, "holds 1 class"),
        ("x,y,kind\n1,2,a\n2,3,b", {"target": "kind"}, "has 1 complete rows; 10 are needed"),
        (
            "\n".join(["x,y,kind", "one,2,a", *ROWS]),
            {"target": "kind", "columns": ["x"]},
            "holds text, such as 'one'",
        ),
        ("x,y,kind\n1,2", {"target": "kind"}, "Row 2 has 2 cells and the row of names 3"),
        ("x,y,kind", {"target": "kind"}, "no rows below its names"),
        ("", {"target": "kind"}, "no rows below its names"),
        (
            "word,kind\n" + "\n".join(f"w{n},a" for n in range(20)),
            {"target": "kind"},
            "nothing to learn from",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, settings, message):
    with pytest.raises(ValueError, match=message):
        read_table(written(tmp_path, text), **settings)


def test_a_file_that_is_not_there():
    with pytest.raises(FileNotFoundError, match="upload it first"):
        read_table("nowhere.csv", "kind")
