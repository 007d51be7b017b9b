"""Runs clang-tidy over the sources of a compile_commands.json; see clang-tidy.sh.

A source that passed is remembered in $XDG_CACHE_HOME/portrait-clang-tidy by its preprocessed text (comments included,
since NOLINT is one), the configuration and clang-tidy's version, and is skipped until one of them changes. The folder
that the project is in makes no difference.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

TIDY = "clang-tidy-22"
ROOT = pathlib.Path.cwd()
PRODUCT = ("lib/", "adapters/", "examples/")


def sources(commands):
    """The product's sources, by their paths inside the project, and their commands."""
    found = {}
    for entry in json.loads(commands.read_text()):
        path = pathlib.Path(entry["file"])
        if path.is_relative_to(ROOT) and str(path.relative_to(ROOT)).startswith(PRODUCT):
            found[str(path.relative_to(ROOT))] = entry
    return found


def preprocessed(entry):
    words = shlex.split(entry["command"])
    if words[0].endswith("ccache"):
        words.pop(0)
    at = words.index("-o")
    words[at:at + 2] = ["-E", "-C"]
    done = subprocess.run(words, cwd=entry["directory"], capture_output=True, check=True)
    return done.stdout.replace(f"{ROOT}/".encode(), b"")


def check(commands, remembered, configuration, entry):
    """Whether a source passes, whether that was remembered, and what clang-tidy prints of one that fails."""
    marker = remembered / hashlib.sha256(configuration + preprocessed(entry)).hexdigest()
    if marker.exists():
        return True, True, ""
    done = subprocess.run([TIDY, "--quiet", "-p", str(commands.parent), entry["file"]], capture_output=True, text=True)
    if done.returncode:
        return False, False, f"{done.stdout}{done.stderr}{entry['file']}: clang-tidy ended with {done.returncode}\n"
    marker.touch()
    return True, False, ""


def main():
    commands = pathlib.Path(sys.argv[1])
    known = sources(commands)
    wanted = sys.argv[2:] or sorted(known)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise SystemExit(f"clang_tidy.py: not compiled in this configuration: {', '.join(unknown)}")
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    remembered = cache / "portrait-clang-tidy"
    remembered.mkdir(parents=True, exist_ok=True)
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    configuration = version + pathlib.Path(".clang-tidy").read_bytes()

    failed = skipped = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(check, commands, remembered, configuration, known[name]) for name in wanted]
        for job in jobs:
            passed, was_remembered, output = job.result()
            skipped += was_remembered
            failed += not passed
            print(output, end="")
    findings = f"{failed} with findings" if failed else "nothing found"
    print(f"{len(wanted)} sources, {skipped} of them remembered: {findings}")
    sys.exit(failed > 0)


main()
