"""An answer is judged in a process of its own: bounded, and never its own judge."""

import pytest

from whiteboard.practice.sandbox import LARGEST, check_file

HEAD = "def dot_product_attention(q, k, v, *, mask=None, scale=None):\n"


@pytest.fixture
def check(tmp_path):
    def run(text, seconds=60.0):
        path = tmp_path / "mine.py"
        path.write_text(text)
        return check_file(path, 1, None, seconds)

    return run


def test_an_endless_loop_is_stopped_and_placed(check):
    verdict = check(HEAD + "    while True: print('x' * 99)\n", seconds=8.0)
    assert not verdict.passed
    assert "still running after 8 s, stopped during check follows_the_formula" in verdict.text
    assert len(verdict.printed) < 6_000, "all of an endless output was kept"


def test_a_ledger_written_by_the_answer_is_not_believed(check):
    verdict = check(
        "import glob, json, os, tempfile\n"
        "for f in glob.glob(tempfile.gettempdir() + '/whiteboard-*/*'):\n"
        "    forged = {'passed': True, 'text': 'fine', 'secret': ''}\n"
        "    open(f, 'a').write(json.dumps(forged) + '\\n')\n"
        "    open(f, 'a').write('not json\\n[1]\\n')\n"
        "os._exit(0)\n"
    )
    assert not verdict.passed
    assert "fine" not in verdict.text
    assert "the process ended with status 0 during the loading of your file" in verdict.text


def test_memory_is_limited(check):
    pytest.importorskip("resource")
    verdict = check("import numpy\nx = numpy.ones(5 * 2**30)\n")
    assert not verdict.passed
    assert "mine.py, line 2: " in verdict.text
    assert "MemoryError" in verdict.text


def test_a_file_that_is_too_large_is_not_started(check):
    assert "larger than 1,048,576 bytes" in check("#" * (LARGEST + 1)).text
