"""Neural networks, from first principles to TensorFlow: the course's reference implementations."""

from importlib.metadata import version

__version__ = version("course_lib")
