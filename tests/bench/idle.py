"""Measures the memory of idle keep-alive connections, and the time of a start."""

import resource
import socket
import time

from servers import AUTHORIZATION, Portrait


def memory_of_idle(server, count):
    """Returns the bytes of a server's memory for each of `count` connections that are idle after one answer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    signed = f"Authorization: {AUTHORIZATION}\r\n" if server.signed else ""
    request = f"GET /api/v1/Person/1/Image HTTP/1.1\r\nHost: localhost\r\n{signed}\r\n".encode()
    connections = []

    def connect():
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(65536)
        head, body = answer.split(b"\r\n\r\n", 1)
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"{server.name}, idle connections: {head[:100]}")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n")
                      if line.lower().startswith(b"content-length"))
        while len(body) < length:
            body += connection.recv(length - len(body))
        connections.append(connection)

    try:
        for _ in range(200):  # the first connections also cause memory that is allocated once
            connect()
        before = server.allocated()
        for _ in range(count):
            connect()
        time.sleep(1)
        return (server.allocated() - before) / count
    finally:
        for connection in connections:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def start_up(binary, folder):
    """Returns the seconds until the banner, after a graceful end and after a kill."""
    Portrait(binary, folder).close()
    server = Portrait(binary, folder)
    gracefully = server.started_in
    server.fetch(1)
    server.kill()
    server = Portrait(binary, folder)
    after_kill = server.started_in
    server.close()
    return gracefully, after_kill
