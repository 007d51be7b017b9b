"""Checks the dependencies of each library by the headers that its objects were compiled with and by their undefined symbols,
and the dependencies of each room (a folder inside a library) by the includes of its sources. Checks that no two libraries define
types of the same name: in a program that links both the linker takes one's functions for the other's objects.

usage: tests/arrows.py BUILD_FOLDER NINJA
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The other libraries whose public headers each library may include.
USES = {
    "core": [],
    "testing": ["core"],
    "sqlite": ["core"],
    "imaging": ["core"],
    "audit_file": ["core"],
    "http": ["core"],
    "beast": ["core", "http"],
    "accounts": ["core", "http"],
    "prometheus": ["core", "http"],
    "postgres": ["core", "http"],
}
# Packages whose headers and symbols only some libraries may use: patterns of headers and symbols, and these libraries. http
# may use the parts of Asio for asynchronous operations, but no sockets.
PACKAGES = {
    "sockets of Asio": (r"boost/asio/(ip|ssl)/|boost/asio/basic_(stream_)?socket", r"boost::asio::.*socket", ["beast"]),
    "Beast": (r"boost/beast/", r"boost::beast::", ["beast"]),
    "libssl": (r"/openssl/ssl\.h", r"\bSSL_", ["beast"]),
    "libcrypto": (r"/openssl/", r"\bEVP_", ["http", "beast", "accounts"]),
    "libcrypt": (r"/crypt\.h", r"\bcrypt_r", ["accounts"]),
    "prometheus-cpp": (r"/prometheus/(registry|counter|histogram)\.h", r"\bprometheus::", ["prometheus"]),
    "Boost.JSON": (r"boost/json", r"boost::json::", ["http", "audit_file"]),
    "pugixml": (r"pugixml", r"\bpugi::", ["http"]),
    "ICU": (r"/unicode/", r"\bicu_\d+::", ["http"]),
    "SQLite": (r"/sqlite3\.h", r"\bsqlite3_", ["sqlite"]),
    "libpq": (r"/libpq-fe\.h|/postgresql/", r"\bPQ[a-z]\w+", ["postgres"]),
    "libvips": (r"/vips/", r"\bvips_|\bvips::", ["imaging"]),
    "the server's own": (r"/spdlog/|/CLI/", r"\bspdlog::|\bCLI::", []),
}
# The other rooms that each room may include, from the top down. Sources beside the rooms, such as main.cpp, may include
# every room, and no room may include them.
ROOMS = {
    "lib": {
        "stores": "cache values",
        "service": "cache values",
        "cache": "values",
        "scrub": "probe values",
        "probe": "values",
        "values": "",
    },
    "adapters/http": {
        "endpoint": "routes agents callers pictures entity localization formats headers",
        "routes": "agents callers pictures entity localization formats headers",
        "agents": "callers pictures entity localization formats headers",
        "callers": "formats headers",
        "pictures": "entity localization formats headers",
        "entity": "localization formats headers",
        "localization": "formats headers",
        "formats": "headers",
        "headers": "",
    },
    "adapters/beast": {
        "connection": "server",
        "server": "",
    },
    "adapters/sqlite": {
        "upkeep": "folder rows segments",
        "folder": "commit index rows segments",
        "commit": "rows segments",
        "index": "rows segments",
        "rows": "segments",
        "segments": "",
    },
    "adapters/postgres": {
        "upkeep": "database rows client",
        "callers": "database commit read rows client",
        "database": "commit read rows client",
        "commit": "rows client",
        "read": "client",
        "rows": "client",
        "client": "",
    },
    "adapters/imaging": {
        "program": "process",
        "process": "render",
        "render": "decode",
        "decode": "",
    },
    "examples/server": {
        "serve": "folder store options terminal",
        "commands": "folder store options terminal",
        "folder": "store options terminal",
        "store": "options terminal",
        "options": "terminal",
        "terminal": "",
    },
}


def headers_by_library(build, ninja):
    """Returns the files that each library's objects were compiled from."""
    seen = {}
    library = None
    deps = subprocess.run([ninja, "-C", build, "-t", "deps"], capture_output=True, text=True, check=True).stdout
    for line in deps.splitlines():
        if line.startswith(" "):
            if library:
                seen.setdefault(library, set()).add(str((build / line.strip()).resolve()))
        else:
            found = re.search(r"/portrait_(\w+)\.dir/", line)
            library = found[1] if found and found[1] in USES else None
    return seen


def undefined_symbols(build, library):
    archives = [*build.rglob(f"libportrait_{library}_static.a"), *build.rglob(f"libportrait_{library}.a")]
    if not archives:
        raise SystemExit(f"{build} has no static library of portrait_{library}; build it first")
    return subprocess.run(["nm", "-uC", archives[0]], capture_output=True, text=True, check=True).stdout


def faults_of_headers(library, headers):
    for header in sorted(headers):
        inside = re.match(rf"{re.escape(str(ROOT))}/(adapters/(\w+)|lib)/(include/)?", header)
        owner = inside and (inside[2] or "core")
        if owner and owner != library and not (owner in USES[library] and inside[3]):
            yield f"includes {header}"
        for package, (pattern, _, users) in PACKAGES.items():
            if library not in users and re.search(pattern, header):
                yield f"includes {header}, of {package}"


def faults_of_symbols(library, symbols):
    for package, (_, pattern, users) in PACKAGES.items():
        found = re.search(rf"^.*(?:{pattern}).*$", symbols, re.M)
        if library not in users and found:
            yield f"needs {found[0].strip()}, of {package}"


def room_of(path, base):
    parts = path.relative_to(base).parts
    return parts[0] if len(parts) > 1 else ""


def included_files(source, base):
    """Yields line number, text and file of each quoted include of a source; the file is None outside of `base`."""
    for number, line in enumerate(source.read_text().splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
        if found:
            places = [(folder / found[1]).resolve() for folder in (source.parent, base)]
            yield number, found[1], next((place for place in places if place.is_file() and base in place.parents), None)


def faults_of_rooms(name, rooms):
    """Yields each include that `rooms` doesn't allow."""
    base = ROOT / name
    count = 0
    for source in sorted(base.rglob("*.[ch]pp")):
        room = room_of(source, base)
        if room == "include":
            continue
        if room and room not in rooms:
            yield f"{source.relative_to(ROOT)} is in a room that isn't in ROOMS"
            continue
        for line, text, file in included_files(source, base):
            count += 1
            other = file and room_of(file, base)
            if not room or other == room or other in rooms[room].split():
                continue
            yield f'{source.relative_to(ROOT)}:{line} includes "{text}"; {room} may include {rooms[room] or "no other room"}'
    if count < 5:
        yield f"{name} has {count} includes; at least 5 are expected, so this check may be broken"
    print(f"{name}: {len(rooms)} rooms, {count} includes")


def faults_of_types():
    """Yields each type outside of anonymous namespaces that two libraries define."""
    places = {}
    for source in sorted(source for top in ["include", "lib", "adapters"] for source in (ROOT / top).rglob("*.[ch]pp")):
        parts = source.relative_to(ROOT).parts
        library = parts[1] if parts[0] == "adapters" else "core"
        text = re.sub(r"^namespace \{$.*?^\} // namespace$", "", source.read_text(), flags=re.M | re.S)
        namespace = re.search(r"^namespace ([\w:]+) \{", text, re.M)
        for found in re.finditer(r"^(?:class|struct|enum class|enum)(?: PORTRAIT_\w+)? (\w+)[^;(]*?\{", text, re.M):
            name = f"{namespace and namespace[1]}::{found[1]}"
            places.setdefault(name, {})[library] = source.relative_to(ROOT)
    for name, sources in places.items():
        if len(sources) > 1:
            yield f"{name} is defined in several libraries: {', '.join(map(str, sources.values()))}"
    if len(places) < 200:
        yield f"The libraries have {len(places)} types; at least 200 are expected, so this check may be broken"
    print(f"{len(places)} types")


def main():
    build, ninja = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    faults = [fault for name, rooms in ROOMS.items() for fault in faults_of_rooms(name, rooms)]
    faults += faults_of_types()
    seen = headers_by_library(build, ninja)
    if "core" not in seen or any(len(headers) < 20 for headers in seen.values()):
        raise SystemExit("Ninja has under 20 headers of a library; build all libraries with Ninja first")
    for library, headers in sorted(seen.items()):
        symbols = undefined_symbols(build, library)
        for fault in [*faults_of_headers(library, headers), *faults_of_symbols(library, symbols)]:
            faults.append(f"portrait_{library} {fault}")
        print(f"portrait_{library}: {len(headers)} files, {len(symbols.splitlines())} undefined symbols")
    if faults:
        raise SystemExit("\n".join(faults))


main()
