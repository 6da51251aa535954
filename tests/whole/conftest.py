"""A project of its own, to plant what a rule must refuse."""

import pytest
from source_tree import Project


@pytest.fixture
def plant(tmp_path):
    """Writes files by their place, and gives the project that holds them."""

    def write(**files: str) -> Project:
        for place, text in files.items():
            path = tmp_path / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf8")
        return Project(tmp_path)

    return write
