"""What differs between the versions that the course runs on; each entry names the version that ends it.

When the lowest version in `pyproject.toml` reaches the one named in `ENDS_WITH`, a test asks you to delete
the entry.
"""

ENDS_WITH = {"ShowsItsStillPicture": ("ipywidgets", "8.0")}


class ShowsItsStillPicture:
    """Lets a widget show its still picture beside itself under ipywidgets 7, as it does under 8.

    ipywidgets 7 displays a widget by a method of its own, which knows nothing of pictures. Without the
    method, IPython asks for `_repr_mimebundle_`.
    """

    _ipython_display_ = None
