"""One page alone: found by number or path, built without the others, its tests beside it."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from whiteboard.site import preview
from whiteboard.site.preview import PageTests, find_page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BUILD = """
import sys
from mkdocs.commands.build import build
from mkdocs.config import load_config
from whiteboard.site import figure_pages, preview

figure_pages.svg = lambda *_: '<svg viewBox="0 0 1 1"></svg>'
preview.TESTS.start = lambda page, root: print("tests of", page.relative_to(root))
extra = {"generator": False, "preview": "architecture/q02-kv-cache.md"}
given = {"strict": False, "site_dir": sys.argv[1], "hooks": [preview.HOOKS], "extra": extra}
config = load_config("mkdocs.yml", **given)
config.plugins.on_startup(command="serve", dirty=False)
build(config, serve_url="http://127.0.0.1:8000/")
"""


@pytest.mark.parametrize(
    "name", ["2", "02", "docs/architecture/q02-kv-cache.md", "architecture/q02-kv-cache.md"]
)
def test_a_page_is_found_by_its_number_or_path(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert find_page(name, Path("docs")) == DOCS / "architecture/q02-kv-cache.md"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("52", "no question 52: the registry has 1 to 51"),
        ("22", "question 22 has no page yet: `make new PAGE=22` begins one"),
        ("README.md", "wanted a question's number or a page of docs/, got 'README.md'"),
        ("none.md", "wanted a question's number or a page of docs/, got 'none.md'"),
    ],
)
def test_what_is_no_page_says_what_to_do(name, says, tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LookupError) as error:
        find_page(name, Path("docs"))
    assert error.value.args[0] == says
    with pytest.raises(SystemExit, match="make page: "):
        preview.main([name])


def test_a_new_start_ends_the_tests_that_run(monkeypatch, capfd):
    commands = []
    start = subprocess.Popen

    def slow(command, **kwargs):
        commands.append(command)
        return start([sys.executable, "-c", "import time; time.sleep(600)"], **kwargs)

    monkeypatch.setattr(preview.subprocess, "Popen", slow)
    tests = PageTests()
    tests.start(DOCS / "index.md", ROOT)
    first = tests.process
    tests.start(DOCS / "index.md", ROOT)
    assert first.poll() is not None
    assert tests.process.poll() is None
    tests.stop()
    assert tests.process.poll() is not None
    assert commands[0][-4:] == ["docs/index.md", "--changed", "-q", "--no-header"]
    assert "docs/index.md: its tests begin" in capfd.readouterr().out


def test_its_hooks_are_a_module_of_the_site():
    spec = importlib.util.find_spec("whiteboard.site.preview_hooks")
    assert Path(spec.origin).samefile(ROOT / preview.HOOKS)


def test_the_page_is_built_alone_and_then_tested(tmp_path):
    command = [sys.executable, "-c", BUILD, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "tests of docs/architecture/q02-kv-cache.md\n", done.stderr
    built = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("index.html")]
    assert built == ["architecture/q02-kv-cache/index.html"]
    html = (tmp_path / built[0]).read_text()
    assert 'href="../q09-mqa-and-gqa/' in html  # a link to what is not built stays
    assert (tmp_path / "architecture/q02-kv-cache/q02-kv-cache.ipynb").is_file()
