"""The first cell of every notebook: it sets the course up in Colab and is silent where all is there."""

from string import Template

from nbformat import NotebookNode

from course_lib.workshop.book.addresses import Addresses

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
