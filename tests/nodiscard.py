#!/usr/bin/env python3
"""Checks that each function that returns a result is declared [[nodiscard]] in its header, and that the compiler warns when a
caller discards results of the public ones.

usage: tests/nodiscard.py COMPILER [FLAG...]
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULT = re.compile(
    r"^[ \t]*(?:(?:virtual|static|friend|inline|constexpr|PORTRAIT_EXPORT)\s+)*"
    r"(?:(?:const\s+)?(?:portrait::|boost::system::)?(?:result|ProblemOr)<|(?:http::)?AuthenticationOutcome\b)", re.M)
NAME = re.compile(r"\s+([A-Za-z_]\w*)\(")
AFTER_PARAMETERS = re.compile(r"\s*(?:const|noexcept|override|final|;|\{|=)")
DISCARDING = """#include <portrait/portrait.hpp>
void f(portrait::PersonImageService& s, portrait::PersonId p, portrait::ImageBytes b) {
    s.save(p, b);
    s.remove(p);
    s.update_info(p, {});
    s.writable();
    portrait::probe(b);
    portrait::PersonId::parse("7");
}
"""
DISCARDED = 6 # without virtual functions: GCC 12 doesn't warn of those that return a class


def end_of(text, at, opening, closing):
    """Returns the position behind the bracket that closes the one before `at`."""
    depth = 1
    while depth:
        depth += (text[at] == opening) - (text[at] == closing)
        at += 1
    return at


def unmarked(path):
    text = path.read_text()
    for found in RESULT.finditer(text):
        at = found.end()
        if text[at - 1] == "<":
            at = end_of(text, at, "<", ">")
        name = NAME.match(text, at)
        if name and AFTER_PARAMETERS.match(text, end_of(text, name.end(), "(", ")")):
            yield f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, found.start()) + 1}: {name[1]}"


headers = [path for folder in ("include", "lib", "adapters", "examples") for path in (ROOT / folder).rglob("*.hpp")]
faults = sorted(fault for path in headers for fault in unmarked(path))
for fault in faults:
    print(f"{fault} returns a result without [[nodiscard]]")

output = subprocess.run([*sys.argv[1:], "-std=c++20", "-fsyntax-only", f"-I{ROOT}/include", "-x", "c++", "-"],
                        input=DISCARDING, capture_output=True, text=True).stderr
warnings = output.count("[-Wunused-result]")
if warnings != DISCARDED or "error:" in output:
    print(f"The compiler warns of {warnings} discarded results; {DISCARDED} are expected:\n{output}")
    sys.exit(1)
if faults:
    sys.exit(1)
print(f"{len(headers)} headers: every result is marked")
