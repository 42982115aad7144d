"""Each exercise of the course, written once; not part of the installed package. The guide is README.md."""
