"""Fences: what the parser reads is what the site draws, at the page's own lines."""

import html
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whiteboard.site.fences import IncludeError, fence_parser, parse_fences
from whiteboard.site.guards import render

PAGE = """\
---
number: 2
right: |
  ```python
  not = "a block"
  ```
---
# Title

```{.python title="a b"}
x = {"a": 1}
```
Text right above.
!!! note "A body"
    Text.
    ```{.python continuation hl_lines="1"}
    if x:

        y = 2
    ```

    ??? question "Folded"

        === "Tab"

            ```{.text .output title="Output"}
            1
              2
            ```

        === "Other"
            ~~~python
            z = "```"
            ~~~

???+ tip
    1. A list

        ```{.python continuation}
        --8<-- "src/code.py:part"
        after = 1
        ```

- item

    ```{.python notest}
    --8<-- "src/code.py"
    ```
"""
CODE = """\
import math

class A:
    # --8<-- [start:part]
    def f(self):
        return math.pi

    # --8<-- [end:part]
"""


@pytest.fixture
def root(project):
    project.write("src/code.py", CODE)
    return project.root


def test_what_is_read_is_what_the_site_draws(root):
    drawn = [
        html.unescape(re.sub("<[^>]*>", "", code))
        for code in re.findall(r"<code>(.*?)</code></pre>", render(PAGE, root), re.DOTALL)
    ]
    assert len(drawn) == 6
    assert [fence.source.rstrip() for fence in parse_fences(PAGE, root)] == [
        code.rstrip() for code in drawn
    ]


def test_lines_are_those_of_the_page(root):
    lines = PAGE.splitlines()
    for fence in parse_fences(PAGE, root):
        assert lines[fence.line - 1].strip().lstrip("`~") == fence.info
        assert lines[fence.end_line - 1].strip() in ("```", "~~~")
        body = [line.strip() for line in lines[fence.line : fence.end_line - 1]]
        assert [line.strip() for line in fence.raw.splitlines()] == body


def test_included_lines_belong_to_the_line_that_includes(root):
    fence = parse_fences(PAGE, root)[4]
    assert fence.raw == '--8<-- "src/code.py:part"\nafter = 1\n'
    assert fence.source == "def f(self):\n    return math.pi\n\nafter = 1\n"
    assert fence.lines == (fence.line + 1,) * 3 + (fence.line + 2,)


def test_headers_are_taken_apart(root):
    fences = parse_fences(PAGE, root)
    assert [f.language for f in fences] == [
        "python",
        "python",
        "text",
        "python",
        "python",
        "python",
    ]
    assert [set(f.options) for f in fences] == [
        set(),
        {"continuation"},
        {"output"},
        set(),
        {"continuation"},
        {"notest"},
    ]
    assert [f.is_output for f in fences] == [False, False, True, False, False, False]
    assert [f.runs for f in fences] == [True, True, False, True, True, False]
    assert fences[2].title == "Output"


@pytest.mark.parametrize(
    ("include", "says"),
    [
        ('--8<-- "src/gone.py"', "src/gone.py"),
        ('--8<-- "src/code.py:gone"', "gone"),
        ('--8<-- "../outside.py"', "outside.py"),
        ("--8<--\nsrc/code.py\n--8<--", "in one line"),
    ],
)
def test_an_include_that_the_site_would_refuse_is_refused(root, include, says):
    root.joinpath("../outside.py").write_text("x = 1\n")
    with pytest.raises(IncludeError, match=re.escape(says)) as error:
        parse_fences(f"# T\n\n```python\nx = 1\n{include}\n```\n", root)
    assert error.value.line == 5


def test_a_body_ends_where_its_indentation_does(root):
    text = "!!! note\n\n    Text.\n\n  ```python\n  x = 1\n  ```\n"
    (fence,) = parse_fences(text, root)
    assert (fence.line, fence.source) == (5, "x = 1\n")


def test_the_base_path_is_that_of_mkdocs_yml(project, monkeypatch):
    monkeypatch.chdir("/")
    project.write("mkdocs.yml", "markdown_extensions:\n  - pymdownx.snippets: {base_path: parts}\n")
    project.write("parts/a.py", "found = 1\n")
    (fence,) = parse_fences('```python\n--8<-- "a.py"\n```\n', project.root)
    assert fence.source.rstrip() == "found = 1"


def test_what_the_site_appends_to_a_page_is_in_no_fence(project):
    snippets = "{base_path: parts, auto_append: [words.md]}"
    project.write("mkdocs.yml", f"markdown_extensions:\n  - pymdownx.snippets: {snippets}\n")
    project.write("parts/words.md", "*[KV]: key and value\n")
    project.write("parts/a.py", "found = 1\n")
    (fence,) = parse_fences('```python\n--8<-- "a.py"\n```\n', project.root)
    assert fence.source.rstrip() == "found = 1"


def test_an_escaped_include_is_text(root):
    (fence,) = parse_fences('```text\n;--8<-- "src/gone.py"\n```\n', root)
    assert fence.source == '--8<-- "src/gone.py"\n'


words = st.sampled_from(
    ["", "text", "!!! note", '=== "Tab"', "??? tip", "    ", "        ", "- a", "```python", "```"]
)


@given(st.lists(st.tuples(st.sampled_from(["", "    ", "        "]), words), max_size=12))
def test_no_arrangement_breaks_the_parser(pieces):
    text = "\n".join(indent + word for indent, word in pieces)
    fences = parse_fences(text, Path("/nowhere"))
    assert [f.line for f in fences] == sorted({f.line for f in fences})
    assert all(f.line <= f.end_line <= text.count("\n") + 1 for f in fences)


def test_the_parser_serves_pytest_markdown_docs(root):
    tokens = [token for token in fence_parser(root).parse(PAGE) if token.type == "fence"]
    assert [token.content for token in tokens] == [f.source for f in parse_fences(PAGE, root)]
