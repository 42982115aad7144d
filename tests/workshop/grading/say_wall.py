"""Say which wall this process can have: run as an ordinary user by the tests."""

from course_lib.workshop.grading.sandbox.walls import strongest_wall

if __name__ == "__main__":
    print("{}: {}".format(*strongest_wall()))
