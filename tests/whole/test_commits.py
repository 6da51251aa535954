"""What is committed names no registry and no path of one machine; the locks have hashes."""

import re
import subprocess

import pytest
from source_tree import HERE


def committed():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=HERE.root, capture_output=True, check=True
    )
    return [HERE.root / name for name in listed.stdout.decode().split("\0") if name]


# In pieces, so that this file names none of them.
HOSTS = ["pypi" + ".org", "python" + "hosted.org", "registry" + ".npmjs", "conda" + ".anaconda"]
PLACES = re.compile(r"(?<![\w.:/-])/(?:" + "|".join(["work", "root", "home", "Users"]) + r")/\w")
VENDORED = ("vendor/", "data/python_topics.json", "assets/")


def test_no_committed_file_names_a_registry_or_a_path_of_one_machine():
    found = []
    for path in committed():
        if any(part in path.as_posix() for part in VENDORED) or not path.is_file():
            continue
        text = path.read_bytes().decode("utf8", "ignore")
        if (place := PLACES.search(text)) or (host := next((h for h in HOSTS if h in text), "")):
            found.append(f"{path.relative_to(HERE.root)}: {place[0] if place else host}")
    assert not found, "\n".join(found)


def test_the_pattern_of_places_bites():
    assert PLACES.search("in " + "/ro" + "ot/x")
    assert PLACES.search('"' + "/ho" + "me/me/x")
    assert not PLACES.search("https://example.org" + "/ho" + "me/x and docs" + "/wo" + "rk/x")


@pytest.mark.parametrize(
    "lock", sorted((HERE.root / "requirements").glob("*.txt")), ids=lambda p: p.name
)
def test_a_lock_has_hashes_and_names_no_host(lock):
    entries = re.sub(r"\\\n", " ", lock.read_text("utf8")).splitlines()
    entries = [entry for entry in entries if entry.strip() and not entry.startswith("#")]
    assert entries
    for entry in entries:
        assert re.match(r"[\w.\[\],-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry
        assert "://" not in entry, entry
        assert " @ " not in entry, entry
