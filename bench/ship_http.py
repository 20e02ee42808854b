#!/usr/bin/env python3
"""From a service's pipe through JSON and gzip to an HTTP server: what a megabyte costs the router.

usage: ship_http.py [--build DIRECTORY] [--rounds N] [--megabytes M]

The server is on this machine; it unpacks every body and counts its lines, and a line that is not
there makes the run an error. The processor time is birl's and its router's: the generator's share,
which spawn_probe reports, is taken off, the server's was never in. Nothing is dropped: the sink
blocks when its spool is full.
"""
import argparse
import http.server
import sys
import threading
import zlib

import harness

LINE_BYTES = 100
KINDS = {"json_gzip": 'body = "ndjson"\ncompress = "gzip"',
         "json": 'body = "ndjson"\ncompress = "none"',
         "text": 'body = "text"\ncompress = "none"'}


class Server:
    """Counts the lines of what it gets."""

    def __init__(self):
        self.lines = 0
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # noqa: N802 (http.server's name)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = zlib.decompress(body, 31)
                owner.lines += body.count(b"\n")
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def run_once(tools, recorder, kind, megabytes):
    lines = int(megabytes * 1e6) // LINE_BYTES
    server = Server()
    with harness.scratch_directory() as directory:
        fifo = harness.Fifo(directory)
        command = [tools.path("spawn_probe"), fifo.path, tools.path("loggen"), "--id", "gen",
                   "--lines", str(lines), "--bytes", str(LINE_BYTES), "--preformatted"]
        birl = harness.Birl(tools, directory, f"""
state_directory = {harness.quote(directory + "/state")}
shutdown_timeout = "5m"

[service.gen]
command = {harness.toml_list(command)}
primary = true
log = ["remote"]

[sink.remote]
type = "http"
url = "http://127.0.0.1:{server.port}/"
when_full = "block"
{KINDS[kind]}
""")
        try:
            birl.start()
            _, cpu, end = birl.wait()
        finally:
            birl.stop()
        _, start = fifo.start()
        _, _, generator_cpu = fifo.line()
        fifo.close()
    server.close()
    if server.lines < lines:
        raise harness.BenchError(f"{lines - server.lines} of {lines} lines did not arrive")
    cpu -= int(generator_cpu) / 1e9
    recorder.add(kind, megabytes_per_cpu_s=lines * LINE_BYTES / 1e6 / cpu,
                 megabytes_per_s=lines * LINE_BYTES / 1e6 / ((end - start) / 1e9),
                 doubled=server.lines - lines)


def measure(tools, rounds, megabytes):
    recorder = harness.Recorder("ship_http")
    for _ in range(rounds):
        for kind in KINDS:
            run_once(tools, recorder, kind, megabytes)
    return recorder


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=float, default=200.0)
    options = parser.parse_args()
    recorder = measure(harness.Tools(options.build), options.rounds, options.megabytes)
    for kind in KINDS:
        print(f"{kind}: {recorder.median(kind, 'megabytes_per_cpu_s'):.0f} MB per CPU-second "
              f"(median)")


if __name__ == "__main__":
    try:
        main()
    except harness.BenchError as error:
        sys.exit(f"ship_http: {error}")
