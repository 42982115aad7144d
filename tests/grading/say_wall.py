"""Say which wall this process can have: run as an ordinary user by the tests."""

from course_lib.grading.sandbox import strongest_wall

if __name__ == "__main__":
    print("{}: {}".format(*strongest_wall()))
