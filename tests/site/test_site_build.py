"""What the build writes from the registry and the package; the built site is for tests/browser."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from whiteboard.site import address, api, llms, nav, tables
from whiteboard.site.pages import LEVELS, Page, registry

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


class Files:
    """The files of a site, as mkdocs hands them to a hook: by place."""

    def __init__(self, *places: str) -> None:
        self.places = places

    def get_file_from_path(self, place: str) -> Any:
        url = f"{place.removesuffix('.md').removesuffix('index')}".rstrip("/") + "/"
        return SimpleNamespace(url=url) if place in self.places else None


def page_at(place: str, **meta: Any) -> Any:
    return SimpleNamespace(file=SimpleNamespace(src_uri=place), url=place, meta=meta)


def leaves(items: list[Any]) -> list[str]:
    """The pages of a navigation, in order."""
    found = []
    for item in items:
        value = next(iter(item.values())) if isinstance(item, dict) else item
        found += leaves(value) if isinstance(value, list) else [value]
    return found


def test_navigation_holds_every_page_once_and_no_other() -> None:
    placed = leaves(nav.navigation(DOCS))
    written = [path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")]
    written += [path.relative_to(DOCS).as_posix() for path in (DOCS / "labs").glob("*.py")]
    assert sorted(placed) == sorted([*written, *api.pages()])


def test_navigation_follows_the_registry(tmp_path: Path) -> None:
    for number in (15, 2, 1):
        path = tmp_path / registry().question(number).page
        path.parent.mkdir(exist_ok=True)
        path.touch()
    placed = [place for place in leaves(nav.navigation(tmp_path)) if "/q" in place]
    assert [place.split("/q")[1][:2] for place in placed] == ["01", "02", "15"]


def test_list_links_what_is_written_and_says_what_is_not() -> None:
    cache, attention = registry().question(2), registry().question(1)
    files = Files(cache.page)
    text = "before\n\n<!-- questions: section=architecture -->\n\nafter"
    lines = nav.expand_lists(text, page=page_at("prepare/plan.md"), files=files).splitlines()
    items = [line for line in lines if line.startswith("- ")]
    assert len(items) == 13
    assert f"](../{cache.page}) <small>junior, mid, senior</small>" in items[1]
    assert "](" not in items[0]
    assert items[0].endswith("<small>not yet written</small>")
    assert attention.title in items[0]


@pytest.mark.parametrize(
    ("key", "numbers"),
    [
        (": level=junior", [q.number for q in registry().questions if "junior" in q.levels]),
        (": week=2", list(range(14, 22))),
        ("", list(range(1, 52))),
    ],
)
def test_list_chooses(key: str, numbers: list[int]) -> None:
    text = nav.expand_lists(f"<!-- questions{key} -->", page=page_at("x.md"), files=Files())
    assert [int(found) for found in re.findall(r"<b>(\d+)</b>", text)] == numbers


def test_list_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"x\.md: .*week=9.* no question"):
        nav.expand_lists("<!-- questions: week=9 -->", page=page_at("x.md"), files=Files())


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("architecture/q01-x.md", "[a](q02-kv-cache.md) and b"),
        ("reference/glossary.md", "[a](../architecture/q02-kv-cache.md) and b"),
        ("index.md", "[a](architecture/q02-kv-cache.md) and b"),
    ],
)
def test_question_link_is_text_until_the_page_is_written(place: str, expected: str) -> None:
    files = Files("architecture/q02-kv-cache.md")
    text = nav.expand_links("[a](question:2) and [b](question:3)", page=page_at(place), files=files)
    assert text == expected


def test_question_link_keeps_its_anchor() -> None:
    files = Files("architecture/q02-kv-cache.md")
    text = nav.expand_links("[a](question:2#in-code)", page=page_at("x.md"), files=files)
    assert text == "[a](architecture/q02-kv-cache.md#in-code)"


def test_meta_line_leads_onward_from_a_question() -> None:
    files = Files("architecture/index.md", "prepare/levels.md", "prepare/plan.md")
    page = page_at("architecture/q12-multi-head-latent-attention/", number=12)
    html = nav.add_meta_line("<h1>T</h1>\n<h1>other</h1>", page=page, files=files)
    assert html.startswith('<h1>T</h1>\n<p class="wb-meta"')
    assert re.findall(r'href="([^"]*)"', html) == [
        "../",
        "../../prepare/levels/#senior",
        "../../prepare/plan/#week-1",
    ]
    assert nav.add_meta_line("<h1>T</h1>", page=page_at("x/"), files=files) == "<h1>T</h1>"


def test_home_and_questions_say_what_the_registry_says() -> None:
    home = (DOCS / "index.md").read_text("utf8")
    everything = (DOCS / "questions.md").read_text("utf8")
    for section in registry().sections:
        assert f"- [{section.title}]({section.name}/index.md)" in home
        assert f"Questions {section.first} to {section.last}<" in home
        assert f"## {section.title}\n\n<!-- questions: section={section.name} -->" in everything
        index = (DOCS / section.name / "index.md").read_text("utf8")
        assert index.startswith(f"# {section.title}\n")
        assert f"<!-- questions: section={section.name} -->" in index


def test_levels_and_plan_have_a_part_for_each() -> None:
    levels = (DOCS / "prepare/levels.md").read_text("utf8")
    plan = (DOCS / "prepare/plan.md").read_text("utf8")
    for level in LEVELS:
        assert f"{{ #{level} }}" in levels
        assert f"<!-- questions: level={level} -->" in levels
    for week in {section.week for section in registry().sections}:
        assert f"{{ #week-{week} }}" in plan
        assert f"<!-- questions: week={week} -->" in plan


def test_api_has_every_public_module() -> None:
    pages = api.pages()
    text = "\n".join(pages.values())
    for path in (ROOT / "src/whiteboard").glob("*/**/[!_]*.py"):
        name = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        assert (f"\n::: {name}\n" in f"\n{text}") == api.is_public(path), path
    index = pages["reference/api/index.md"]
    for target in re.findall(r"\]\(([\w.]+\.md)", index):
        assert posixpath.join(api.FOLDER, target) in pages


def test_api_has_the_judge_and_no_mistakes() -> None:
    text = "".join(api.pages().values())
    assert "::: whiteboard.practice.judge\n" in text
    assert not re.search(r"::: whiteboard\.practice\.(q\d\d|sharded_training)", text)


def a_page(tmp_path: Path) -> Page:
    path = tmp_path / "docs/architecture/q02-kv-cache.md"
    body = "# T\n\n## In 30 seconds\n\nIt holds keys. And values.\n\n## Next\n"
    return Page(path, {"number": 2, "section": "architecture"}, body, 1)


def test_llms_txt_lists_pages_with_their_first_sentence(tmp_path: Path) -> None:
    text = llms.llms_txt([a_page(tmp_path)], "Name", "About.", "https://example.org/x/")
    place = "https://example.org/x/architecture/q02-kv-cache.md"
    assert text.startswith("# Name\n\n> About.\n\n## Architecture and training\n")
    assert f"- [2. T]({place}): It holds keys.\n" in text
    assert "## Retrieval" not in text


def test_llms_txt_names_other_pages_that_exist() -> None:
    for place in llms.OTHERS:
        assert (DOCS / f"{place}.md").exists(), place


def test_markdown_for_programs_has_its_includes(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("# --8<-- [start:part]\nx = 1\n# --8<-- [end:part]\ny = 2\n")
    text = llms.with_includes('---\nnumber: 2\n---\n--8<-- "a.py:part"\n', tmp_path)
    assert text == "---\nnumber: 2\n---\nx = 1\n"


def test_plain_tables_scroll_and_others_are_left_alone() -> None:
    html = "<table><tr></tr></table><table class='x'></table><table>\n</table>"
    found = tables.scroll(html)
    assert found.count('<div class="wb-scroll"') == 2
    assert 'data-label="Table 2"' in found
    assert "<table class='x'></table>" in found


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, {}),
        (
            {"GITHUB_REPOSITORY": "Ada/notes", "GITHUB_REF_NAME": "main"},
            {
                "site_url": "https://ada.github.io/notes/",
                "repo_url": "https://github.com/Ada/notes",
                "edit_uri": "edit/main/docs/",
            },
        ),
        (
            {"GITHUB_REPOSITORY": "Ada/ada.github.io"},
            {
                "site_url": "https://ada.github.io/",
                "repo_url": "https://github.com/Ada/ada.github.io",
                "edit_uri": "edit/main/docs/",
            },
        ),
    ],
)
def test_addresses_come_from_the_workflow(
    environ: dict[str, str], expected: dict[str, str]
) -> None:
    assert address.addresses(environ) == expected


def test_address_given_by_hand_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_REPOSITORY", "ada/notes")
    given = {"site_url": "https://notes.example/", "repo_url": "", "edit_uri": ""}
    config = address.apply(given)
    assert config["site_url"] == "https://notes.example/"
    assert config["repo_url"] == "https://github.com/ada/notes"
