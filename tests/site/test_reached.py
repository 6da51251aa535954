"""The names that a program reaches, read from its syntax."""

from __future__ import annotations

from pathlib import Path

import pytest

from whiteboard.site.reached import reached

FILES = {
    "board/__init__.py": "",
    "board/models/__init__.py": "from board.models.files import find\n",
    "board/models/files.py": "import os\ndef find(): return os.environ\ndef other(): ...\n",
    "board/study.py": """
from board import models
from board.models import find as look

def study():
    return Study(1)

class Study:
    def __init__(self, n): self.n = n
    def run(self): return look()

def plain(model: models.Model): ...

def late():
    from board.heavy import work
    return work()
""",
    "board/heavy.py": "import yaml\ndef work(): return yaml.load\n",
    "board/lazy/__init__.py": "import lazy_loader\n\n__getattr__ = lazy_loader.attach_stub()\n",
    "board/lazy/__init__.pyi": "from .loading import load as load\nfrom .other import f as f\n",
    "board/lazy/loading.py": "from board.models import find\ndef load(): return find()\n",
    "board/lazy/other.py": "import yaml\ndef f(): ...\n",
    "board/drawn.py": "import board.heavy\nTABLE = models = 1\n",
}


LOOKS = "board.models.files.find"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for place, text in FILES.items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    "program",
    [
        "from board.models.files import find; find()",
        "from board.models import find; found = map(find, [1])",
        "from board import models; models.find()",
        "import board.models; board.models.find()",
        "from board.study import study; study().run()",
        "from board import study as s; print(s.Study(2))",
        "from board.lazy import load; load()",
        "from board import lazy; lazy.load()",
        "def later():\n    from board.study import Study\n    return Study",
    ],
)
def test_what_is_called_is_reached_by_any_name(package: Path, program: str) -> None:
    assert LOOKS in reached(program, package)


@pytest.mark.parametrize(
    "program",
    [
        "from board.study import plain; plain(None)",
        "from board.models.files import find, other; other()",
        "import board.drawn",
        "from board.lazy import f; f()",
        "print('board.models.find()')",
    ],
)
def test_what_is_only_imported_is_not_reached(package: Path, program: str) -> None:
    assert LOOKS not in reached(program, package)


@pytest.mark.parametrize(
    ("program", "imported"),
    [
        ("import yaml", True),
        ("from board.heavy import work", True),
        ("import board.drawn", True),
        ("from board.study import plain; plain(1)", False),
        ("from board.study import late; late()", True),
        ("from board.lazy import f; f()", True),
        ("from board.lazy import load; load()", False),
    ],
)
def test_libraries_are_those_that_an_import_runs(
    package: Path, program: str, imported: bool
) -> None:
    found = {name.partition(".")[0] for name in reached(program, package)}
    assert ("yaml" in found) is imported


def test_a_changed_module_is_read_anew(package: Path) -> None:
    program = "from board.heavy import work; work()"
    assert LOOKS not in reached(program, package)
    text = "from board.models import find\n\ndef work(): return find()\n"
    (package / "board/heavy.py").write_text(text)
    assert LOOKS in reached(program, package)
