"""What a reader takes along runs in an empty folder, where only the documented install is there.

`make scripts`. The notebooks hold the script's own blocks, so two of them are run, and the others
by `make slow`; the labs as well.
"""

from __future__ import annotations

import doctest
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from environment import ROOT, install, wheel
from nbclient import NotebookClient

from whiteboard.site import downloads, labs
from whiteboard.site.fences import parse_fences
from whiteboard.site.needs import Needs, modules, needs
from whiteboard.site.pages import Page

pytestmark = pytest.mark.installed
PAGES = downloads.pages_that_run(ROOT / "docs")
LABS = sorted((ROOT / "docs" / "labs").glob("*.py"))
RUN = ("q12", "q15")
"""The pages whose notebooks are run each time: one needs the package alone, one both kinds."""
SECONDS = 600
TOOLS = ("ipykernel", "pip")
Python = Callable[..., Path]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def python(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Python:
    """The Python of an environment that holds the package and what was asked for, made once."""
    made: dict[tuple[object, ...], Path] = {}

    def get(wanted: Needs, *tools: str) -> Path:
        key = (wanted, *tools)
        if key not in made:
            made[key] = install(tmp_path_factory.mktemp("environment"), built, wanted, *tools)
        return made[key]

    return get


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reader's own environment variables; the file that notes what is used."""
    embeddings = tmp_path / "llm-whiteboard" / "embeddings"
    embeddings.parent.mkdir()
    cached = ROOT / ".cache" / "embeddings"
    cached.mkdir(parents=True, exist_ok=True)
    embeddings.symlink_to(cached)
    used = tmp_path / "used"
    monkeypatch.delenv("PYTHONPATH", raising=False)
    for name, value in {
        "CHECKOUT": str(ROOT),
        "USED": str(used),
        "XDG_CACHE_HOME": str(tmp_path),
        "HF_HUB_OFFLINE": "1",
    }.items():
        monkeypatch.setenv(name, value)
    return used


def printed_on(page: Page) -> str:
    fences = parse_fences(page.path.read_text("utf8"), page.root)
    return "".join(fence.source for fence in fences if fence.is_output)


def same(wanted: str, got: str) -> bool:
    return doctest.OutputChecker().check_output(wanted, got, doctest.ELLIPSIS)


def run(python: Path, folder: Path, program: str) -> str:
    (folder / "program.py").write_text(program, "utf8")
    done = subprocess.run(
        [str(python), "program.py"], cwd=folder, capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def named(page: Page) -> str:
    return page.path.stem


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_the_script_prints_what_the_page_shows(
    page: Page, python: Python, empty: Path, reader: Path
) -> None:
    wanted = downloads.page_needs(page)
    got = run(python(wanted), empty, downloads.script(page))
    assert same(printed_on(page), got), got
    unused = unused_of(wanted, set(reader.read_text().split()))
    assert not unused, f"{page.path.name} asks for {unused}, which its code does not use"


def unused_of(wanted: Needs, used: set[str]) -> list[str]:
    names = [*wanted.libraries, *wanted.weights]
    return [name for name in names if not modules(name) & used]


def cells(page: Page, repository: str = "") -> list[str]:
    notebook = json.loads(downloads.notebook(page, repository))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return ["".join(cell["source"]) for cell in code]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_the_notebook_holds_the_blocks_of_the_script(page: Page) -> None:
    first, *rest = cells(page)
    assert first == downloads.page_needs(page).cell()
    script = downloads.script(page)
    assert rest == [fence.source.strip("\n") for fence in downloads.running(page)]
    for cell in rest:
        assert cell in script


def execute(notebook: nbformat.NotebookNode, python: Path, folder: Path) -> str:
    """What the notebook prints in another environment, which $JUPYTER_PATH leads to."""
    kernel = Path(os.environ["JUPYTER_PATH"], "kernels", "installed")
    kernel.mkdir(parents=True)
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    about = {"argv": command, "display_name": "Installed", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(about))
    place = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=SECONDS, kernel_name="installed", resources=place).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"][1:]
    return "".join(output.get("text", "") for cell in code for output in cell.outputs)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=named(page), marks=() if named(page)[:3] in RUN else pytest.mark.slow)
        for page in PAGES
    ],
)
def test_the_notebook_prints_what_the_page_shows(
    page: Page,
    python: Python,
    empty: Path,
    reader: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    notebook = nbformat.reads(downloads.notebook(page), as_version=4)
    nbformat.validate(notebook)
    got = execute(notebook, python(downloads.page_needs(page), *TOOLS), empty)
    assert same(printed_on(page), got), got


@pytest.mark.slow
@pytest.mark.parametrize("lab", LABS, ids=lambda path: path.stem)
def test_a_lab_runs_as_a_script(lab: Path, python: Python, empty: Path, reader: Path) -> None:
    wanted = needs(lab.read_text("utf8"), ROOT)
    run(python(wanted), empty, labs.to_take_along(lab))
    assert not unused_of(wanted, set(reader.read_text().split()))


def test_the_command_practises_and_checks(python: Python, empty: Path, reader: Path) -> None:
    command = str(python(Needs()).with_name("whiteboard"))
    for arguments, code, text in (
        (["practice", "1"], 0, "q01_dot_product_attention.py"),
        (["check", "1", "q01_dot_product_attention.py"], 1, "refused"),
    ):
        done = subprocess.run([command, *arguments], cwd=empty, capture_output=True, text=True)
        assert (done.returncode, text in done.stdout) == (code, True), done.stdout + done.stderr
    assert [path.name for path in empty.iterdir()] == ["q01_dot_product_attention.py"]


def test_the_checkout_is_out_of_reach(python: Python, empty: Path, reader: Path) -> None:
    """The tests above would see code that needs it."""
    program = f"open({str(ROOT / 'src/whiteboard/__init__.py')!r})"
    with pytest.raises(AssertionError, match="is a file of the checkout"):
        run(python(Needs()), empty, program)
    assert run(python(Needs()), empty, "import whiteboard; print(whiteboard.__file__)")


@pytest.mark.parametrize("module", ["mkdocs", "pytest", "qdrant_client", "matplotlib"])
def test_what_no_page_asked_for_is_not_there(
    module: str, python: Python, empty: Path, reader: Path
) -> None:
    with pytest.raises(AssertionError, match=f"No module named '{module}'"):
        run(python(Needs()), empty, f"import {module}")


@pytest.mark.parametrize(
    "load",
    [
        "from whiteboard import lm; lm.load('smollm2-135m')",
        "from whiteboard import encoder; encoder.load()",
    ],
)
def test_weights_that_no_page_asked_for_are_not_there(
    load: str, python: Python, empty: Path, reader: Path
) -> None:
    with pytest.raises(AssertionError, match="are not installed"):
        run(python(Needs()), empty, load)
