"""Checks the tree of folders in the README: each folder in it exists, each folder with C++ sources in adapters, lib and
examples/server is in it, and in the libraries of ORDERED a room includes only itself and rooms below it.

usage: tests/folders.py
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ORDERED = ["adapters/http", "adapters/sqlite", "adapters/imaging"]


def tree():
    """The folders of the README's tree, from top to bottom."""
    block = re.search(r"\n## Where things are\n.*?\n```text\n(.*?)\n```\n", (ROOT / "README.md").read_text(), re.S)
    if not block:
        raise SystemExit("README.md has no block of text in its section 'Where things are'")
    parents, folders = [], []
    for line in block[1].splitlines():
        indent, name = re.match(r"( *)([\w/]+)/ ", line).groups()
        parents = parents[: len(indent) // 2] + [name]
        folders.append("/".join(parents))
    return folders


def folders_with_sources():
    for top in ["adapters", "lib", "examples/server"]:
        for source in (ROOT / top).rglob("*.[ch]pp"):
            folder = source.parent.relative_to(ROOT)
            if "include" not in folder.parts:
                yield str(folder)


def faults(folders):
    for folder in folders:
        if not (ROOT / folder).is_dir():
            yield f"README.md names {folder}, which does not exist"
    for folder in sorted(set(folders_with_sources()) - set(folders)):
        yield f"README.md does not name {folder}"
    for library in ORDERED:
        rooms = [folder for folder in folders if str(pathlib.PurePath(folder).parent) == library]
        for index, room in enumerate(rooms):
            for source in sorted((ROOT / room).rglob("*.[ch]pp")):
                for included in re.findall(r'^#include "(\w+)/', source.read_text(), re.M):
                    if f"{library}/{included}" in rooms[:index]:
                        yield f"{source.relative_to(ROOT)} includes the room {included}, which is above its own"


sys.exit("\n".join(faults(tree())) or None)
