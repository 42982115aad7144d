"""The first cell of every notebook: it sets the course up wherever the notebook runs.

It works before anything of the course is there, so all of it stands in the cell, and only the standard
library is used. It has to be read by Python 3.8 too, so that an older Python is told and not just broken.
"""

from string import Template

from nbformat import NotebookNode

from course_lib.workshop.book.addresses import Addresses
from course_lib.workshop.book.chapters.files import digest

# Colab has every dependency, and replacing one breaks its session: there `--no-deps`. Elsewhere the
# installer brings what is missing, and leaves what fits. A wheel needs neither git nor a build tool.
# The installer is a child process and not `%pip`, whose notes would show on every page of a class.
# Until the cell has done its work, names that are missing lead back to it (`guard`).
_TEMPLATE = Template('''\
# @title Set up the course (run this first)
def set_up_course(release, wheel):
    """Install course_lib, and what it needs, where they are missing."""
    import importlib, os, re, shutil, site, subprocess, sys, sysconfig
    from importlib.metadata import PackageNotFoundError, version
    from importlib.util import find_spec

    class CourseNotSetUp(Exception):
        """An error that is shown as its one sentence."""

        def _render_traceback_(self):
            return [str(self)]

    def guard(shell, kind, error, trace, tb_offset=None):
        error = CourseNotSetUp("The course is not set up here yet. Run the first cell of this notebook.")
        shell.showtraceback((CourseNotSetUp, error, None))

    def stop(sentence, details=""):
        if shell:
            shell.set_custom_exc(lost_names, guard)
        if details and shell:
            import html
            from IPython.display import display

            text = f"<details><summary>details</summary><pre>{html.escape(details)}</pre></details>"
            display({"text/plain": details, "text/html": text}, raw=True)
        raise CourseNotSetUp(sentence) from None

    def installed():
        try:
            return version("course_lib")
        except PackageNotFoundError:
            return None

    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    lost_names = (NameError, ImportError)
    needed = ["course_lib", "numpy", "matplotlib", "ipywidgets", "anywidget"]
    restart = "Restart the kernel (menu Kernel or Runtime > Restart), then run this cell again."
    own_place = "Make an environment of your own (python -m venv) and choose it as the notebook's kernel."

    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        age = "old" if sys.version_info < (3, 11) else "new"
        stop(f"This notebook runs on Python {sys.version_info[0]}.{sys.version_info[1]}, which is too {age}: the "
             "course needs 3.11, 3.12 or 3.13. Choose another kernel, or make one with such a Python.")
    for name in [*needed, "tensorflow"]:
        if name not in sys.modules and any(module.startswith(name + ".") for module in sys.modules):
            stop(f"{name} was interrupted while it was being loaded. {restart}")
    libraries = [sysconfig.get_path("purelib"), site.getusersitepackages()]
    spec = find_spec("course_lib")
    if spec and spec.origin and not spec.origin.startswith(tuple(libraries)):
        places = spec.submodule_search_locations or [spec.origin]
        if not os.path.isdir(os.path.join(places[0], "exercises")):
            stop(f"Something else called course_lib is in the way: {os.path.abspath(places[0])}. Rename it, "
                 f"or start the notebook in another folder. {restart}")

    fresh = not installed() or not all(map(find_spec, needed))
    if fresh:
        if shell:
            shell.set_custom_exc(lost_names, guard)
        if ".invalid/" in wheel:
            stop("This copy of the course has not been published, so there is nowhere to install it from. "
                 "With its folder on your machine: pip install FOLDER. To publish it: course set-urls.")
        uv = shutil.which("uv")
        if find_spec("pip"):
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--retries=1", "--timeout=15"]
        elif uv:
            command = [uv, "pip", "install", "--quiet", "--python", sys.executable]
        else:
            stop("Neither pip nor uv is here to install the course with. In a terminal: "
                 f"{sys.executable} -m ensurepip. Then run this cell again.")
        in_colab = "COLAB_RELEASE_TAG" in os.environ or "google.colab" in sys.modules
        plain = {key: value for key, value in os.environ.items()
                 if key not in ("FORCE_COLOR", "CLICOLOR_FORCE", "PYTHONWARNINGS")}
        plain |= {"NO_COLOR": "1", "PIP_USER": "0"}  # pip itself goes to the user's folder where it has to
        result = subprocess.run([*command, *["--no-deps"] * in_colab, wheel], env=plain,
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
        importlib.invalidate_caches()
        if result.returncode != 0:
            said = re.sub(r"\\x1b\\[[0-9;]*[A-Za-z]", "", result.stdout + result.stderr)
            for signs, sentence in (
                (r"\\b404\\b", f"There is no release {release} of the course at {wheel}. Open the newest notebook."),
                (r"externally.managed", f"This Python belongs to the system and takes no packages. {own_place}"),
                (r"No space left|os error 28", "The disk is full. Free some space, then run this cell again."),
                (r"Permission denied|Read-only file|Operation not permitted|os error (13|30)",
                 f"You have no right to write into {libraries[0]}. {own_place}"),
                (r"connection|name resolution|resolve host|proxy|timed out|unreachable|dns error|certificate"
                 r"|error sending|(error|status)\\D{0,20}(403|407|5\\d\\d)", "There is no line to the course's "
                 "packages. Check that you are online (on Kaggle: Settings > Turn on internet) and your proxy, "
                 "then run this cell again."),
                ("", "The installer could not set the course up; what it said is in the details."),
            ):
                if re.search(signs, said, re.IGNORECASE):
                    stop(sentence, said.strip())
        if site.ENABLE_USER_SITE and libraries[1] not in sys.path and os.path.isdir(libraries[1]):
            site.addsitedir(libraries[1])  # pip made this folder just now
        if not installed() or not all(map(find_spec, needed)):
            stop(f"The course is installed, and this kernel does not see it yet. {restart}")
    for name in needed if fresh else needed[:1]:
        loaded = getattr(sys.modules.get(name), "__version__", None)
        if loaded and loaded != version(name):
            stop(f"{name} {version(name)} was installed while {loaded} was in use. {restart}")
    if installed().split(".")[:2] != release.split(".")[:2]:
        stop(f"This notebook belongs to release {release} of the course, and {installed()} is installed here. "
             f"In Colab: Runtime > Disconnect and delete runtime. Elsewhere: pip install {wheel}. "
             "Then restart the kernel and run this cell again.")
    if shell and shell.custom_exceptions == lost_names:
        shell.set_custom_exc((), None)
    if shell:
        import course_lib.exercises  # which says from here on, below a cell, what name is lost there
        from course_lib.figures import at_rest

        at_rest.watch()


set_up_course("$version", "$wheel")
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
    return _TEMPLATE.substitute(version=addresses.version, wheel=addresses.wheel)


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
