"""The first cell of every notebook: it sets the course up in Colab and is silent where all is there."""

from string import Template

from nbformat import NotebookNode

from course_lib.workshop.book.addresses import Addresses
from course_lib.workshop.book.chapters.files import digest

# `--no-deps`: Colab has every dependency, and replacing one breaks its session.
# `--no-build-isolation`: Colab's own build tools make the package, so nothing else is fetched.
# pip runs as a child process and not as `%pip`, whose notes would show on every page of a class.
_TEMPLATE = Template('''\
# @title Set up the course (run this first)
def set_up_course(release, source):
    """Install course_lib where it is missing; elsewhere do nothing."""
    import importlib.util
    import subprocess
    import sys

    if importlib.util.find_spec("course_lib") is None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet"]
        options = ["--no-deps", "--no-build-isolation"]
        result = subprocess.run([*pip, *options, source], capture_output=True, text=True)
        importlib.invalidate_caches()
        if result.returncode != 0:
            raise RuntimeError(
                "The course could not be set up. Check that you are online and that this notebook runs "
                "Python 3.11 or newer (in Colab: Runtime > Change runtime type > Python 3), then run this "
                "cell again. pip said: " + " ".join(result.stderr.split()[-60:])
            )
    from importlib.metadata import version

    installed = version("course_lib")
    if installed.split(".")[:2] != release.split(".")[:2]:
        raise RuntimeError(
            f"This notebook belongs to release {release} of the course, and {installed} is "
            "installed here. In Colab: Runtime > Disconnect and delete runtime, then run this cell again. "
            f"Elsewhere: pip install --no-deps {source}"
        )


set_up_course("$version", "git+$repository@$branch")
del set_up_course''')

TAG = "setup"
METADATA = {
    "cellView": "form",  # Colab shows the title and folds the code
    "jupyter": {"source_hidden": True},
    "tags": [TAG, "remove-cell"],  # the book leaves it out
}


def is_first_cell(cell: NotebookNode) -> bool:
    """Return whether a cell is the one that sets the course up. Its code tells: Colab may drop tags."""
    return cell.cell_type == "code" and "def set_up_course(" in cell.source


def first_cell_source(addresses: Addresses) -> str:
    """Return the code of the first cell for a book at these addresses."""
    return _TEMPLATE.substitute(
        version=addresses.version, repository=addresses.repository, branch=addresses.branch
    )


def is_unedited(cell: NotebookNode, addresses: Addresses) -> bool:
    """Return whether a first cell is as it was written: it is today's, or its id is the digest of its code."""
    return _is_written(cell, cell.source, addresses)


def additions(cell: NotebookNode, addresses: Addresses) -> list[str]:
    """Return the code that somebody wrote above and below the first cell's own code, each in one piece."""
    if is_unedited(cell, addresses):
        return []
    above, _, below = _parts(cell.source)
    return [part.strip("\n") for part in (above, below) if part.strip()]


def is_changed_inside(cell: NotebookNode, addresses: Addresses) -> bool:
    """Return whether somebody changed the first cell's own code, which no text can hold."""
    return not is_unedited(cell, addresses) and not _is_written(cell, _parts(cell.source)[1], addresses)


def _is_written(cell: NotebookNode, source: str, addresses: Addresses) -> bool:
    # Jupyter keeps a cell's id; Colab moves it into the metadata.
    known = {str(one).split("-")[0] for one in (cell.get("id"), cell.metadata.get("id"))}
    return source == first_cell_source(addresses) or digest("code", source) in known


def _parts(source: str) -> tuple[str, str, str]:
    """Return what stands above the first cell's own code, that code, and what stands below it."""
    lines, own = source.split("\n"), _TEMPLATE.template.split("\n")
    first = lines.index(own[0]) if own[0] in lines else 0
    last = len(lines) - 1 - lines[::-1].index(own[-1]) if own[-1] in lines else len(lines) - 1
    return "\n".join(lines[:first]), "\n".join(lines[first : last + 1]), "\n".join(lines[last + 1 :])
