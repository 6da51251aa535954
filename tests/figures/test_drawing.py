import re
from pathlib import Path

import pytest
from demo_figure import project

from whiteboard.figures import drawing as figures


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return project(tmp_path)


def draw(body: str, folder: Path) -> str:
    program = folder / "q98_figure_other.py"
    program.write_text(f"from whiteboard.figures import subplots\n{body}")
    return figures.draw(program)


def test_the_same_program_gives_the_same_bytes(root: Path) -> None:
    program = root / "snippets/architecture/q99_figure_demo.py"
    assert figures.draw(program) == figures.draw(program)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("x = 1", "wanted a function `figure"),
        ("def figure(): return 1", "must return a Figure, not 1"),
        (
            "def figure():\n    fig, axes = subplots()\n    axes.plot([1], color='#123456')\n"
            "    return fig",
            "colour #123456 is not one of COLOURS",
        ),
    ],
)
def test_a_program_is_told_what_to_change(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        draw(body, tmp_path)


def test_the_colours_are_those_of_the_sites_light_scheme() -> None:
    css = (Path(__file__).parents[2] / "docs/assets/whiteboard.css").read_text()
    variables = dict(re.findall(r"--figure-(\w+): var\(--wb-(\w+)\)", css))
    values = {name: re.search(rf"--wb-{wb}: (#\w+)", css) for name, wb in variables.items()}
    assert {name: found[1] for name, found in values.items() if found} == figures.COLOURS
