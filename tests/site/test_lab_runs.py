import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

from whiteboard.site import lab_runs

PLACES = ("labs/one.py", "labs/two.py", "retrieval/index.md")


class Plugin:
    """As mkdocs-jupyter: it gives a lab's page another way to render."""

    def __init__(self, render: Any) -> None:
        self.render = render
        self.pages: list[str] = []
        self.config: dict[str, Any] = {}
        self.folders: list[str] = []

    def on_pre_page(self, page: Any, config: Any, files: Any) -> Any:
        self.pages.append(page.file.src_uri)
        self.folders.append(Path(self.config["cache_dir"]).name)
        page.render = lambda *_: self.render(page)
        return page


def files_and_config(tmp_path: Any, render: Any) -> tuple[list[File], dict[str, Any]]:
    files = [File(place, str(tmp_path), str(tmp_path / "site"), True) for place in PLACES]
    for file in files:
        file.is_documentation_page = lambda: True  # type: ignore[method-assign]
    plugin = Plugin(render)
    for place in PLACES:
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text("# %%\n")
    config = {"plugins": {"mkdocs-jupyter": plugin}, "site_url": "", "repo_url": "", "edit_uri": ""}
    return files, {**config, "config_file_path": str(tmp_path / "mkdocs.yml")}


def at_its_turn(file: File) -> Any:
    page = SimpleNamespace(file=file)
    assert lab_runs.wait(page, config={}, files=[]) is page
    return page


def test_labs_run_side_by_side_before_their_turn(tmp_path: Any) -> None:
    both = threading.Barrier(2)
    done: list[str] = []

    def render(page: Any) -> None:
        both.wait(timeout=30)  # broken unless the other lab runs at the same time
        done.append(page.file.src_uri)
        page.content, page.toc = f"of {page.file.src_uri}", []

    files, config = files_and_config(tmp_path, render)
    assert lab_runs.start(files, config) is files
    assert [file.src_uri for file in files] == [PLACES[2], *PLACES[:2]]  # the others come first
    for file in files[1:]:
        page = at_its_turn(file)
        page.render(config, files)
        assert page.content == f"of {file.src_uri}"
    assert [name.split("-")[0] for name in config["plugins"]["mkdocs-jupyter"].folders] == [
        "one",
        "two",
    ]
    assert sorted(done) == config["plugins"]["mkdocs-jupyter"].pages == list(PLACES[:2])
    assert [file.page for file in files] == [None] * 3


def test_a_slow_lab_is_waited_for_and_named(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(lab_runs, "PATIENCE", 0.05)
    monkeypatch.setattr(lab_runs._LOG, "info", lambda *said: (spoken.append(said), go_on.set()))
    spoken: list[Any] = []

    def render(page: Any) -> None:
        go_on.wait()  # ends only when the build has said what it waits for
        page.content, page.toc = "done", []

    files, config = files_and_config(tmp_path, render)
    lab_runs.start(files, config)
    page = at_its_turn(files[1])
    page.render(config, files)
    assert page.content == "done"
    assert spoken[0][1] == "labs/one.py"


def test_what_fails_in_a_lab_is_raised_at_its_page(tmp_path: Any) -> None:
    def render(page: Any) -> None:
        if "two" in page.file.src_uri:
            raise PluginError("cell 3 failed")

    files, config = files_and_config(tmp_path, render)
    lab_runs.start(files, config)
    at_its_turn(files[1])
    with pytest.raises(PluginError, match="cell 3 failed"):
        at_its_turn(files[2])
