"""Break a copy of the project at random, and see that the tests of what was broken turn red.

    python scripts/tamper.py --count 30 --seed 1

Each tamper is made in a copy of the working tree: a digit of an output or of a claim's value, a
word of a wrong variant's code, an include, or the header of a fence. The tests of the page and of
its exercise then run. They are green on the untouched copy, which is seen first; the exit status is
1 when a tamper leaves them green.
"""

import argparse
import ast
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
Tamper = tuple[Path, str, str, str]  # file, old text, new text, what was done


def other_digit(text: str, at: int, rng: random.Random) -> str:
    digit = rng.choice([d for d in "123456789" if d != text[at]])
    return text[:at] + digit + text[at + 1 :]


def spans(pattern: str, text: str, group: int = 0) -> list[tuple[int, int]]:
    return [m.span(group) for m in re.finditer(pattern, text, re.DOTALL | re.MULTILINE)]


def in_page(kind: str, pattern: str, group: int, page: Path, rng: random.Random) -> Tamper | None:
    """Change one digit inside one match of ``pattern``."""
    text = page.read_text("utf8")
    places = [
        i
        for start, end in spans(pattern, text, group)
        for i in range(start, end)
        if text[i].isdigit()
    ]
    if not places:
        return None
    at = rng.choice(places)
    line = text.count("\n", 0, at) + 1
    return page, text, other_digit(text, at, rng), f"{kind}, line {line}"


def output_digit(page: Path, rng: random.Random) -> Tamper | None:
    return in_page(
        "a digit of an output", r"^ *`{3,}\{\.text \.output[^\n]*\n(.*?)^ *`{3,}", 1, page, rng
    )


def claim_value(page: Path, rng: random.Random) -> Tamper | None:
    return in_page("a claim's value", r"\{expr: .*?, value: ([-\d.e+]+)\}", 1, page, rng)


def replaced(
    kind: str, pattern: str, new: str, page: Path, rng: random.Random, *, one_letter: bool = False
) -> Tamper | None:
    text = page.read_text("utf8")
    if not (found := spans(pattern, text)):
        return None
    start, end = rng.choice(found)
    if one_letter:
        start = rng.choice([i for i in range(start, end) if text[i].isalpha()])
        end = start + 1
    line = text.count("\n", 0, start) + 1
    return page, text, text[:start] + new + text[end:], f"{kind}, line {line}"


def include(page: Path, rng: random.Random) -> Tamper | None:
    """Change one letter of the path of an include, or of the section it shows."""
    letter = rng.choice("jqxz")
    return replaced("an include", r'(?<=--8<-- ")[^"\n]+', letter, page, rng, one_letter=True)


def header(page: Path, rng: random.Random) -> Tamper | None:
    """Another kind of header for a block, or one letter of a block's or an output's header."""
    if rng.random() < 0.5:
        words = r"(?<=^`{3}\{)\.(python( continuation)?|text \.output)"
        letter = rng.choice("jqxz")
        return replaced("a header's letter", words, letter, page, rng, one_letter=True)
    new = rng.choice(["```Python", "```pycon", "```python continuation", "```{.python notest}"])
    return replaced("a header", r"^`{3}\{\.python[^\n]*\}$", new, page, rng)


def variant_word(page: Path, rng: random.Random) -> Tamper | None:
    """Misspell a name inside the function of one of the question's wrong variants."""
    found = []
    for file in (ROOT / "src/whiteboard/practice" / page.name[:3]).glob("*mistakes.py"):
        text = file.read_text("utf8")
        lines = text.splitlines(keepends=True)
        for node in ast.parse(text).body:
            for name in ast.walk(node) if isinstance(node, ast.FunctionDef) else ():
                if isinstance(name, ast.Name) and name.lineno > node.body[0].lineno - 1:
                    at = len("".join(lines[: name.lineno - 1])) + name.col_offset
                    found.append((file, text, at, name.id))
    if not found:
        return None
    file, text, at, word = rng.choice(found)
    what = f"the word {word} of a variant, line {text.count(chr(10), 0, at) + 1}"
    return file, text, text[:at] + word + "x" + text[at + len(word) :], what


KINDS = {f.__name__: f for f in (output_digit, claim_value, include, header, variant_word)}


def draw(count: int, kinds: list[str], rng: random.Random) -> list[tuple[Path, Tamper]]:
    pages = sorted((ROOT / "docs").glob("*/q[0-9]*.md"))
    drawn: list[tuple[Path, Tamper]] = []
    while len(drawn) < count:
        page, kind = rng.choice(pages), KINDS[kinds[len(drawn) % len(kinds)]]
        tamper = kind(page, rng)
        if tamper and all(tamper[2] != other[2] for _, other in drawn):
            drawn.append((page, tamper))
    return drawn


def is_red(page: Path, copy: Path) -> bool:
    tests = [page.relative_to(ROOT), "tests/practice/test_exercises.py"]
    number = page.name[:3]
    environment = {**os.environ, "PYTHONPATH": str(copy / "src")}
    command = [sys.executable, "-m", "pytest", "-q", "-x"]
    for test, selected in ((tests[0], ()), (tests[1], ("-k", number))):
        run = subprocess.run(
            [*command, str(test), *selected],
            cwd=copy,
            env=environment,
            capture_output=True,
            text=True,
        )
        if run.returncode in (3, 4):  # pytest itself failed: that proves nothing
            sys.exit(f"{test}: {run.stdout[-2000:]}{run.stderr[-2000:]}")
        if run.returncode not in (0, 5):
            return True
    return False


def _not_the_source(folder: str, names: list[str]) -> set[str]:
    top = {".git", "site", ".cache"} if Path(folder) == ROOT else set()
    return {n for n in names if n in top or n == "__pycache__" or n.startswith(".venv")}


def _share_compiled_programs(copy: Path) -> None:
    """What is kept by the hash of what it came from: so no tamper hides behind it."""
    (copy / ".cache").mkdir()
    for name in ("jax", "embeddings"):
        (ROOT / ".cache" / name).mkdir(parents=True, exist_ok=True)
        (copy / ".cache" / name).symlink_to(ROOT / ".cache" / name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    arguments = parser.parse_args()
    drawn = draw(arguments.count, arguments.kinds, random.Random(arguments.seed))
    green = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=_not_the_source)
        _share_compiled_programs(copy)
        for page in sorted({page for page, _ in drawn}):
            if is_red(page, copy):
                sys.exit(f"{page.relative_to(ROOT)} is red before it is touched")
        for number, (page, (file, old, new, what)) in enumerate(drawn, 1):
            broken = copy / file.relative_to(ROOT)
            broken.write_text(new, "utf8")
            red = is_red(page, copy)
            broken.write_text(old, "utf8")
            green += not red
            verdict = "red" if red else "STAYS GREEN"
            print(f"{number:3} {verdict:11} {file.relative_to(ROOT)}: {what}", flush=True)
    print(f"{arguments.count - green} of {arguments.count} tampers turned the tests red")
    return 1 if green else 0


if __name__ == "__main__":
    sys.exit(main())
