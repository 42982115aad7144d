"""One full example of each command, for its `--help`."""

import click

EXAMPLES = {
    "notebooks": "course notebooks perceptron",
    "take-back": "course take-back ~/Downloads/perceptron.ipynb",
    "doctor": "course doctor perceptron",
    "book": "course book",
    "preview": "course preview",
    "serve": "course serve --port 8000",
    "offline": "course offline --to course-offline.zip --python 3.12 --platform windows",
    "editions": "course editions pdf epub",
    "set-urls": "course set-urls https://github.com/OWNER/COURSE https://OWNER.github.io/COURSE",
    "new chapter": "course new chapter convolution --after neural_networks",
    "new exercise": "course new exercise perceptron.three_votes",
    "new figure": "course new figure two_slopes",
    "rename": "course rename chapter perceptron first_neuron",
    "remove": "course remove exercise perceptron.three_votes",
    "release": "course release homework_1.yml --to hand-out",
    "collect": "course collect class.zip --assignment homework_1.yml --roster canvas.csv --to homework_1",
    "grade": "course grade homework_1 --workers 4",
    "try": "course try ada/homework_1.ipynb --assignment homework_1.yml",
    "marks split": "course marks split homework_1 ada grace",
    "marks merge": "course marks merge homework_1 homework_1/to-mark/perceptron.why_not_xor-ada.csv",
    "review": "course review homework_1 ada grace",
    "publish": "course publish homework_1 --dry-run",
    "gradebook": "course gradebook homework_1 canvas.csv --dry-run",
    "export nbgrader": "course export nbgrader --assignment homework_1.yml --to nbgrader-course",
    "export otter": "course export otter --assignment homework_1.yml --to otter-course",
    "forget": "course forget homework_1 ada --dry-run",
    "export-student": "course export-student homework_1 ada --to ada.zip",
    "anonymise": "course anonymise homework_1 --to answers.csv",
    "purge": "course purge homework_1 homework_2 --before 2031-01-01 --dry-run",
}


def show_example(name: str, command: click.Command) -> None:
    """Let a command, or each command of a group, end its help with its example."""
    if isinstance(command, click.Group):
        for part, one in command.commands.items():
            show_example(f"{name} {part}", one)
    else:
        command.epilog = f"\b\nExample:\n  {EXAMPLES[name]}"
