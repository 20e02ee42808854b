"""What the static file finds by itself in an image: names by musl's resolver, the image's authorities."""
import contextlib
import gzip
import http.server
import os
import ssl
import subprocess
import tempfile
import threading
import unittest

import engine
from bases import ALPINE, make_bases
from engine import podman, running
from images import build_images

APPLICATION = """
[service.application]
primary = true
command = "i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); done; exec sleep 1000"
log = ["far"]
"""
LINES = {f"line {number}" for number in range(100)}
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def setUpModule():
    make_bases()
    build_images("alpine")


class NamesTest(unittest.TestCase):
    def test_a_name_of_the_engines_dns(self):
        network = "birl-test-names"
        podman("network", "create", network)
        self.addCleanup(podman, "network", "rm", "--force", network, check=False)
        sink = '[sink.far]\ntype = "logstash"\naddress = "tcp://receiver:5000"\n'
        with running(ALPINE, "/bin/busybox", "nc", "-l", "-p", "5000",
                     flags=["--network", network, "--network-alias", "receiver"]) as receiver:
            flags = ["--network", network, "-e", f"BIRL_SET={sink}{APPLICATION}"]
            with running("birl:alpine", flags=flags) as sender:
                sender.wait_running("application")
                engine.eventually(lambda: all(f'"{line}"' in receiver.logs() for line in LINES), "all lines")


class Request(http.server.BaseHTTPRequestHandler):
    def do_POST(self):  # the library's name
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.lines += body.decode().splitlines()
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def authority(directory):
    """A certificate for localhost and the authority that signed it, in files of `directory`."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=directory, check=True, capture_output=True)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-days", "2",
            "-subj", "/CN=Test Authority")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    with open(os.path.join(directory, "names"), "w", encoding="ascii") as names:
        names.write("subjectAltName=DNS:localhost\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "server.crt")
    server = http.server.ThreadingHTTPServer(("localhost", 0), Request)
    server.lines = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(directory, "server.crt"), os.path.join(directory, "server.key"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


class AuthoritiesTest(unittest.TestCase):
    def flags(self, server, *more):
        sink = f'[sink.far]\ntype = "http"\nurl = "https://localhost:{server.server_address[1]}/"\nbody = "text"\n'
        return ["--network", "host", *more, "-e", f"BIRL_SET={sink}{APPLICATION}"]

    def test_the_images_bundle_is_trusted_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as directory, authority(directory) as server:
            bundle = ["-v", f"{directory}/ca.crt:{BUNDLE}:ro"]
            with running("birl:alpine", flags=self.flags(server, *bundle)) as container:
                container.wait_running("application")
                engine.eventually(lambda: LINES <= set(server.lines), "all lines")
            server.lines.clear()
            with running("birl:alpine", flags=self.flags(server)) as container:
                container.wait_running("application")
                def refused():
                    status = container.status()
                    sinks = {sink["name"]: sink for sink in status["sinks"]} if status else {}
                    return sinks.get("far", {}).get("last_error")
                self.assertRegex(str(engine.eventually(refused, "an error")), r"(?i)cert")
                self.assertEqual(server.lines, [])


if __name__ == "__main__":
    unittest.main()
