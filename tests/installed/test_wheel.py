"""The wheel that `pip install .` makes holds every file of the package."""

import subprocess
import zipfile

from environment import ROOT, wheel


def test_the_wheel_holds_every_file_of_the_package(tmp_path):
    listed = ["git", "ls-files", "-coz", "--exclude-standard", "src/whiteboard"]
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    files = {name.removeprefix("src/") for name in done.stdout.split("\0") if name}
    held = set(zipfile.ZipFile(wheel(tmp_path)).namelist())
    assert "whiteboard/data/results/lm.json" in files
    assert files <= held, f"not in the wheel: {sorted(files - held)}"
    others = {name for name in held - files if ".dist-info/" not in name}
    assert not others, f"in the wheel, but not of the package: {sorted(others)}"
