"""Runs clang-tidy over the sources of a compile_commands.json; see clang-tidy.sh.

The cache $XDG_CACHE_HOME/portrait-clang-tidy has a marker for each source that passed, named by a hash of the preprocessed
text (with comments, because of NOLINT), the configuration and clang-tidy's version. A source with a marker is skipped. The
hash doesn't depend on the project's folder.
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
    """The entries of the product's sources, by path inside the project."""
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
    output = words.index("-o")
    words[output:output + 2] = ["-E", "-C"]
    done = subprocess.run(words, cwd=entry["directory"], capture_output=True, check=True)
    return done.stdout.replace(f"{ROOT}/".encode(), b"")


def check(commands, cache, configuration, entry):
    """Returns whether the source passes, whether it was skipped, and clang-tidy's output if it fails."""
    marker = cache / hashlib.sha256(configuration + preprocessed(entry)).hexdigest()
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
        raise SystemExit(f"clang_tidy.py: This configuration doesn't compile {', '.join(unknown)}")
    caches = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    cache = caches / "portrait-clang-tidy"
    cache.mkdir(parents=True, exist_ok=True)
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    configuration = version + pathlib.Path(".clang-tidy").read_bytes()

    failed = skipped = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(check, commands, cache, configuration, known[name]) for name in wanted]
        for job in jobs:
            passed, was_skipped, output = job.result()
            skipped += was_skipped
            failed += not passed
            print(output, end="")
    findings = f"{failed} with findings" if failed else "nothing found"
    print(f"{len(wanted)} sources, {skipped} of them skipped: {findings}")
    sys.exit(failed > 0)


main()
