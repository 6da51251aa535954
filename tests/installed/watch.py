"""Loaded by every Python of an environment that tests make (`sitecustomize`).

The checkout is refused: what a page's code opens must come with the package. And what was used of
the packages that a page asks for is noted, a name a line: USED names the file.
"""

import atexit
import os
import sys

CHECKOUT, USED = os.environ.get("CHECKOUT"), os.environ.get("USED")
OWN = ("docs", "snippets", "src", "tests", "benchmarks", "scripts", "requirements")
opened = set()


def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
        path = os.path.abspath(os.fsdecode(arguments[0]))
        place = os.path.relpath(path, CHECKOUT).split(os.sep)
        if place[0] in OWN and place != ["tests", "installed", "watch.py"]:
            raise PermissionError(
                f"{path} is a file of the checkout; an installed package has none"
            )
        if "site-packages" in path:
            opened.add(path.rpartition("site-packages" + os.sep)[2].split(os.sep)[0])


def note():
    with open(USED, "a") as file:
        file.writelines(f"{name}\n" for name in {*opened, *sys.modules} if "." not in name)


if CHECKOUT and USED:
    sys.addaudithook(watch)
    atexit.register(note)
