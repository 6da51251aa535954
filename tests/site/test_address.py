"""Where the site lives: the workflow's repository, or what was given by hand."""

from __future__ import annotations

import pytest

from whiteboard.site import address


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
