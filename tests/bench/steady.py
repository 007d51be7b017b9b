"""One go at a fixed rate against one server, by portrait_fixed_rate."""

import json
import subprocess

import load
from servers import AUTHORIZATION


def run(server, row, rate, seconds, scratch, binary):
    """Returns the percentiles of the answers' times and the processor time per request at `rate` requests a second."""
    heads = scratch / "heads"
    heads.write_text("".join(heads_of(server, row, scratch)))
    status = "304" if row.conditional else "200" if row.method == "GET" else "20"
    command = [binary, str(server.port), f"{rate:.1f}", str(seconds), str(row.connections), status, heads,
               *(row.files if row.method == "PUT" else [])]
    with load.observed(server, row) as go:
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise load.Failed(f"{server.name}, {row.name}: {done.stderr}")
    figures = json.loads(done.stdout)
    picture = row.size if status == "200" else 0
    if picture and figures["bytes"] != picture * figures["requests"]:
        raise load.Failed(f"{server.name}, {row.name}: {figures}")
    figures["wanted_rate"] = rate
    figures["rate"] = figures["requests"] / figures["seconds"]
    figures["processor_us"] = go.processor_time * 1e6 / figures["requests"]
    return figures


def heads_of(server, row, scratch):
    fields = "Host: pictures.example.com\r\n"
    if server.signed:
        fields += f"Authorization: {AUTHORIZATION}\r\n"
    if row.method == "PUT":
        fields += f"Content-Type: image/jpeg\r\nContent-Length: {row.size}\r\n"
    tags = load.tags(server, row, scratch).read_text().splitlines() if row.conditional else None
    for index in range(row.persons):
        tag = f"If-None-Match: {tags[index]}\r\n" if tags else ""
        yield f"{row.method} /api/v1/Person/{row.first + index}/Image{row.query} HTTP/1.1\r\n{fields}{tag}\r\n"
