"""A project of its own, with the site's configuration, for tests that run pages."""

from dataclasses import dataclass
from pathlib import Path

import hypothesis  # noqa: F401
import pytest

from whiteboard.site.guards import render

ROOT = Path(__file__).parents[2]
OPTIONS = "--markdown-docs --markdown-docs-syntax=superfences -p whiteboard.site.pytest_plugin"

# What a run inside a test imports is forgotten after it; so import it here, once.
render("# Page\n\n```python\nx = 1\n```\n", ROOT)


@dataclass
class Project:
    """Writes files, then runs `pytest` on them as the project does."""

    pytester: pytest.Pytester

    @property
    def root(self) -> Path:
        return self.pytester.path

    def write(self, place: str, text: str) -> Path:
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf8")
        return path

    def run(self, *args: str) -> pytest.RunResult:
        return self.pytester.runpytest_inprocess("-ra", *(args or ["docs/"]))


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    pytester.makeini(f"[pytest]\naddopts = {OPTIONS}\nfilterwarnings = error\n")
    made = Project(pytester)
    made.write("mkdocs.yml", (ROOT / "mkdocs.yml").read_text("utf8"))
    return made
