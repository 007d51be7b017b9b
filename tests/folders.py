"""Checks the tree of folders in the README: each folder in it exists, and each folder with C++ sources in adapters, lib and
examples/server is in it and holds at most 24 of them.

usage: tests/folders.py
"""

import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MOST_SOURCES = 24


def tree():
    """Returns the folders of the README's tree, from top to bottom."""
    block = re.search(r"\n## Where things are\n.*?\n```text\n(.*?)\n```\n", (ROOT / "README.md").read_text(), re.S)
    if not block:
        raise SystemExit("README.md has no ```text block in its section 'Where things are'")
    parents, folders = [], []
    for line in block[1].splitlines():
        indent, name = re.match(r"( *)([\w/]+)/ ", line).groups()
        parents = parents[: len(indent) // 2] + [name]
        folders.append("/".join(parents))
    return folders


def folders_with_sources():
    """Returns the number of sources in each folder, without its subfolders."""
    sources = [source for top in ["adapters", "lib", "examples/server"] for source in (ROOT / top).rglob("*.[ch]pp")]
    folders = (source.parent.relative_to(ROOT) for source in sources)
    return collections.Counter(str(folder) for folder in folders if "include" not in folder.parts)


def faults(folders):
    for folder in folders:
        if not (ROOT / folder).is_dir():
            yield f"README.md names {folder}, which does not exist"
    for folder, count in sorted(folders_with_sources().items()):
        if folder not in folders:
            yield f"README.md does not name {folder}"
        if count > MOST_SOURCES:
            yield f"{folder} holds {count} sources; at most {MOST_SOURCES} are accepted"


sys.exit("\n".join(faults(tree())) or None)
