"""What a program is made of: its imports, followed, and the files that it names."""

from pathlib import Path

import pytest

from whiteboard.site import sources


class TestSources:
    @pytest.fixture
    def tree(self, tmp_path: Path) -> Path:
        for path, text in {
            "src/whiteboard/__init__.py": "",
            "src/whiteboard/a/__init__.py": "",
            "src/whiteboard/a/b.py": "from whiteboard.a.c import f",
            "src/whiteboard/a/c.py": "T = 'table.json'\ndef f(): from whiteboard import d",
            "src/whiteboard/d.py": "",
            "src/whiteboard/unused.py": "",
            "src/whiteboard/a/table.json": "{}",
            "src/whiteboard/data/results/lm.json": "{}",
            "src/whiteboard/data/results/bpe.json": "{}",
            "notes.txt": "",
            "program.py": "from whiteboard.a import b\nP = 'notes.txt'\nrecord('lm')",
        }.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text.replace("(): from", "():\n    from"))
        return tmp_path

    def test_imports_are_followed_and_named_files_found(self, tree: Path) -> None:
        found = sources.files_of(tree / "program.py", tree)
        names = {path.relative_to(tree).as_posix() for path in found}
        assert names == {
            "program.py",
            "notes.txt",
            "src/whiteboard/a/table.json",
            "src/whiteboard/data/results/lm.json",
            *(f"src/whiteboard/{n}.py" for n in ("__init__", "a/__init__", "a/b", "a/c", "d")),
        }

    @pytest.mark.parametrize("changed", ["program.py", "src/whiteboard/d.py"])
    def test_the_digest_follows_what_the_program_is_made_of(self, tree: Path, changed: str) -> None:
        before = sources.digest(tree / "program.py", tree)
        (tree / "src/whiteboard/unused.py").write_text("x = 1")
        assert sources.digest(tree / "program.py", tree) == before
        (tree / changed).write_text((tree / changed).read_text() + "\n")
        assert sources.digest(tree / "program.py", tree) != before

    @pytest.mark.parametrize(
        ("call", "names"),
        [
            ("data.record('lm')['results']", {"lm"}),
            ("[record(name) for name in names]", {"lm", "bpe"}),
            ("record('none'), record, keep('lm')", set()),
        ],
    )
    def test_the_records_that_a_program_reads_count(
        self, tree: Path, call: str, names: set[str]
    ) -> None:
        (tree / "reads.py").write_text(call)
        found = sources.files_of(tree / "reads.py", tree) - {tree / "reads.py"}
        assert {path.relative_to(tree / sources.RECORDS).stem for path in found} == names
