#!/usr/bin/env python3
"""Applies one fault after another to the memory store and runs the conformance suite on each: the suite has to fail on
every one. A fault that it doesn't find is a promise of ImageStore that the suite doesn't test.

usage: mutants.py SOURCE_DIR BUILD_DIR COMPILER
"""
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

# Name, text in the two files of the memory store, text of the fault.
FAULTS = [
    ("texts are cut at 255 bytes", "description = *std::move(command.description);",
     "description = command.description->substr(0, 255);"),
    ("times are cut to seconds", "info.updated_at = command.now;",
     "info.updated_at = std::chrono::floor<std::chrono::seconds>(command.now);"),
    ("writable always fails", "state_->audit ? state_->audit->writable() : result<void>{}", "Error{errc::store_io}"),
    ("a new blob doesn't ignore its precondition", "return state_->save_new(command);",
     "if (auto checked = command.precondition.check(nullptr, command.now); !checked)\n        return checked.error();\n"
     "    return state_->save_new(command);"),
    ("a removal by blob id names no blob", "return RemovedImage{.unlinked = blob_id, .erased = erased};",
     "return RemovedImage{.unlinked = person_id ? std::optional{blob_id} : std::nullopt, .erased = erased};"),
    ("a save for an unknown blob fails before its precondition",
     "auto [blob, info] = look_up(target);\n        if (auto checked",
     "auto [blob, info] = look_up(target);\n        if (blob == nullptr && std::holds_alternative<BlobId>(target))\n"
     "            return Error{errc::blob_unknown};\n        if (auto checked"),
    ("preconditions of saves are ignored",
     "if (auto checked = command.precondition.check(info ? &*info : nullptr, command.now); !checked)\n            return checked.error();\n        const auto* const person_id",
     "const auto* const person_id"),
    ("a replaced blob keeps its version", "info.blob_version = ++last_version;",
     "info.blob_version = info.blob_version ? info.blob_version : ++last_version;"),
    ("a shared blob isn't copied on write", "(person_id == nullptr || blob->persons.size() == 1)", "true"),
    ("blob ids are reused", "state_->blobs.erase(blob_id);\n        return RemovedImage",
     "state_->next_blob_id = blob_id.value(), state_->blobs.erase(blob_id);\n        return RemovedImage"),
    ("the last blob id isn't given", "next_blob_id > std::numeric_limits", "next_blob_id >= std::numeric_limits"),
    ("a link changes no version", "return {blob_id, ++last_version, ", "return {blob_id, last_version, "),
    ("a removal erases a shared blob", "const bool erased = blob->persons.empty();", "const bool erased = true;"),
    ("a removal by person unlinks all", "person_id ? std::unordered_set{*person_id} : blob->persons",
     "blob->persons"),
    ("an unlink removes the blob", "return state_->unlink(command.person_id);",
     "const auto gone = state_->unlink(command.person_id);\n        state_->blobs.erase(*gone);\n        return gone;"),
    ("a blob without bytes can be linked", "if (!blob->info.format)\n        return Error{errc::blob_without_image};\n"
     "    if (auto", "if (auto"),
    ("the actor isn't kept", "info.updated_by = command.actor.stored();", ""),
    ("a blob that is saved again forgets its texts", "fill(changed, *command.content);\n                touch",
     "changed.description.clear();\n                fill(changed, *command.content);\n                touch"),
    ("a wrong expected blob id is accepted", "command.check_blob_id(blob->info.blob_id)", "result<void>{}"),
    ("another digest is stored", "info.digest = content.digest;", "info.digest = {};"),
    ("a write goes on although its record was refused", "if (!ticket)\n            return ticket.error();",
     "if (!ticket)\n            return change();"),
    ("the state before is missing in the log", "record.before = audited(info);", ""),
    ("outcomes aren't told to the log", "audit->conclude(*ticket, AuditOutcome::committed);", ""),
    ("the version after a write is wrong in the log", ".blob_version = last_version + 1,",
     ".blob_version = last_version,"),
    ("an erasure keeps the blob", "if (!shared)\n                state_->blobs.erase(*blob_id);", ""),
    ("an erasure removes a shared blob", "const bool shared = !State::find_in(state_->blobs, *blob_id)->persons.empty();",
     "const bool shared = false;"),
    ("an erasure isn't noted", "state_->erasures.insert_or_assign(", "std::unordered_map<PersonId, "
     "Erasure>{}.insert_or_assign("),
    ("imports ignore erasures", "erasure != nullptr && origin->exported.is_before(*erasure)", "false"),
    ("an import keeps its own time", "info.updated_at = command.origin->stamps.updated_at;", ""),
    ("a change within a second has no second of its own", "second_of_change(command.now, info.last_modified)",
     "second_of_change(command.now, std::nullopt)"),
    ("a copy on write has the second of the blob", "make_blob(*blob_id, command, texts, last_modified_of(*person_id))",
     "make_blob(*blob_id, command, texts)"),
    ("a removal forgets the second of the picture",
     "for (const auto person : persons)\n            state_->keep_last_modified(person);", ""),
    ("an unlink forgets the second of the picture", "state_->keep_last_modified(command.person_id);\n        return", "return"),
    ("an erasure forgets the second of the picture",
     "state_->keep_last_modified(command.person_id);\n        state_->erasures", "state_->erasures"),
    ("a link has the second of the blob alone",
     "std::max(blob->info.last_modified, state_->last_modified_of(command.person_id))",
     "blob->info.last_modified"),
    ("a link has the second of the person alone",
     "std::max(blob->info.last_modified, state_->last_modified_of(command.person_id))",
     "state_->last_modified_of(command.person_id)"),
    ("a link by an import keeps its own time", "const auto link = new_link(*blob_id, command);",
     "auto link = new_link(*blob_id, command);\n            link.at = command.now;"),
]

MAIN = """#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#include <portrait/memory_image_store.hpp>
#include <portrait/testing/image_store_conformance.hpp>

TEST_CASE("conformance") {
    portrait::testing::image_store_conformance([](const portrait::testing::StoreSeed& seed) {
        return std::make_shared<portrait::MemoryImageStore>(seed.first_blob_id, seed.audit);
    });
}
"""


def main():
    source, build, compiler = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    store = "".join((source / "lib/stores" / file).read_text() for file in ("memory_state.hpp", "memory_image_store.cpp"))
    store = store.replace("#pragma once\n", "").replace('#include "stores/memory_state.hpp"\n', "")
    compile_command = [compiler, "-std=c++20", "-O0", "-w", "-c", f"-I{source}/include", f"-I{source}/lib",
                       f"-I{source}/adapters/testing/include", f"-I{build}/generated"]
    library = next(path for path in (build / "lib").glob("libportrait_core.*") if path.suffix in (".so", ".a"))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)

        def compiled(name, text):
            (folder / f"{name}.cpp").write_text(text)
            subprocess.run([*compile_command, f"{folder}/{name}.cpp", "-o", f"{folder}/{name}.o"], check=True)
            return f"{folder}/{name}.o"

        suite = compiled("main", MAIN)

        def passes(name, text):
            program = f"{folder}/{name}"
            subprocess.run([compiler, compiled(name, text), suite, "-o", program, str(library), "-lfmt", "-lxxhash",
                            "-pthread", f"-Wl,-rpath,{library.parent}"], check=True)
            # A faulty store may hang or crash; both count as found.
            try:
                run = subprocess.run([program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
            except subprocess.TimeoutExpired:
                return False
            return run.returncode == 0

        def survives(number_and_fault):
            number, (name, right, wrong) = number_and_fault
            if store.count(right) == 0:
                return f"{name}: the text that it changes is not in the source: {right!r}"
            mutant = "#include <chrono>\n" + store.replace(right, wrong, 1)
            return f"{name}: the suite passes" if passes(f"mutant{number}", mutant) else None

        if not passes("unchanged", store):
            sys.exit("mutants.py: the suite fails on the store without a fault")
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            survivors = [found for found in pool.map(survives, enumerate(FAULTS)) if found]
    print(f"{len(FAULTS) - len(survivors)} of {len(FAULTS)} faults found")
    if survivors:
        sys.exit("\n".join(survivors))


main()
