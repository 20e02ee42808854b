"""docker/examples, each run as its README says."""
import gzip
import http.server
import json
import os
import socketserver
import tempfile
import threading
import unittest
import urllib.request

import engine
from bases import make_bases
from engine import running
from images import build_images

TOKEN = "12345678-1234-1234-1234-123456789abc"


def setUpModule():
    make_bases()
    build_images("debian")


def example(name, *flags):
    return engine.build(f"birl-example-{name}", f"docker/examples/{name}/Dockerfile", f"docker/examples/{name}", *flags)


class UpstreamsTest(unittest.TestCase):
    def check_no_request_fails(self, proxy):
        image = example("upstreams", "--target", proxy)
        with running(image, flags=["-p", "127.0.0.1::8080"]) as container:
            container.wait_service(proxy, lambda service: service["ready"], "ready")
            url = f"http://127.0.0.1:{container.port(8080)}/"
            ports = set()
            for round_ in range(3):
                for name in ("app-a", "app-b"):
                    before = container.service(name)["pid"]
                    ports |= self.ask(url, 20)
                    container.exec("sh", "-c", f"kill -9 {before}")
                    ports |= self.ask(url, 50)
                    container.wait_service(name, lambda s, old=before: s["ready"] and s["pid"] != old, "back")
                    moved = container.exec("cat", f"/run/upstreams/{name[-1]}").stdout.rpartition(":")[2]
                    engine.eventually(lambda: moved in self.ask(url, 4), f"round {round_}: {proxy} knows {name} at {moved}")
            self.assertGreater(len(ports), 6)
            self.assertEqual(container.service(proxy)["restarts"], 0)
            container.stop()

    def ask(self, url, count):
        """Every request is answered; returns the ports of those that did."""
        ports = set()
        for _ in range(count):
            with urllib.request.urlopen(url, timeout=10) as answer:
                ports.add(answer.read().decode().split()[-1])
        return ports

    def test_nginx(self):
        self.check_no_request_fails("nginx")

    def test_haproxy(self):
        self.check_no_request_fails("haproxy")


class CrashHookTest(unittest.TestCase):
    def test_it_tidies_up_until_the_limit_is_reached(self):
        image = example("crash_hook")
        with running(image) as container:
            self.assertEqual(container.wait_exit(), 128 + 11)
            logs = container.logs()
            self.assertEqual(logs.count("worker: working"), 4)
            self.assertEqual(logs.count("tidy: the lock of worker is free again"), 4)
            self.assertNotIn("another one has the lock", logs)


class SecondaryServicesTest(unittest.TestCase):
    def test_the_engines_restart_policy_acts(self):
        image = example("secondary_services")
        flags = ["--restart", "on-failure:2", "-e", "APPLICATION_SECONDS=3", "-e", "APPLICATION_CODE=5"]
        with running(image, flags=flags) as container:
            def rounds():
                return container.logs().count("application | serving")
            engine.eventually(lambda: rounds() == 3, "three runs", 60)
            self.assertEqual(container.wait_exit(), 5)
            self.assertGreater(container.logs().count("metrics | collecting"), rounds())


class CronTest(unittest.TestCase):
    def test_a_scheduled_service_reports_what_the_application_does(self):
        image = example("cron", "--target", "scheduled")
        with running(image, flags=["-e", "REPORT_SCHEDULE=@every 1s"]) as container:
            engine.eventually(lambda: container.logs().count("report | the application has counted") >= 3, "three reports")
            self.assertRegex(container.service("report")["next_run"], r"^20\d\d-")
            container.stop()
            self.assertEqual(container.state()["ExitCode"], 0)

    def test_a_run_can_be_asked_for(self):
        image = example("cron", "--target", "scheduled")
        with running(image, flags=["-e", "REPORT_TIMEZONE=Europe/Berlin", "-e", "REPORT_SCHEDULE=0 3 1 1 *"]) as container:
            container.wait_running("app")
            container.birl("start", "report")
            engine.eventually(lambda: "report | the application has counted" in container.logs(), "a report")

    def test_a_crontab_under_its_own_daemon(self):
        image = example("cron", "--target", "crond")
        with running(image) as container:
            container.wait_running("crond")
            engine.eventually(lambda: "crond | the application has counted" in container.logs(), "a report", 90)


class LogglyServer(http.server.ThreadingHTTPServer):
    """Takes lines as Loggly's bulk endpoint does; they are in `lines`."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), LogglyRequest)
        self.lines = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class LogglyRequest(http.server.BaseHTTPRequestHandler):
    def do_POST(self):  # the library's name
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        known = self.path == f"/bulk/{TOKEN}/tag/application/"
        if known:
            self.server.lines += [json.loads(line)["message"] for line in body.decode().splitlines()]
        answer = b'{"response" : "ok"}' if known else b"{}"
        self.send_response(200 if known else 403)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class LineServer(socketserver.ThreadingTCPServer):
    """Takes lines until its client has no more, and closes; `take` makes a message of one."""
    daemon_threads = True

    def __init__(self, take):
        super().__init__(("127.0.0.1", 0), LineRequest)
        self.take = take
        self.lines = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class LineRequest(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.server.lines.append(self.server.take(line.decode().rstrip("\n")))


def after_token(line):
    token, _, record = line.partition(" ")
    assert token == TOKEN, line
    return json.loads(record)["message"]


class ShipLogsTest(unittest.TestCase):
    def test_every_destination_gets_every_line(self):
        image = example("ship_logs")
        lines = 3000
        loggly = LogglyServer()
        logentries = LineServer(after_token)
        logstash = LineServer(lambda line: json.loads(line)["message"])
        with tempfile.TemporaryDirectory() as secrets:
            for name in ("loggly", "logentries"):
                with open(os.path.join(secrets, name), "w", encoding="utf-8") as secret:
                    secret.write(TOKEN + "\n")
            flags = ["--network", "host", "-v", f"{secrets}:/run/secrets:ro", "-e", f"LINES_MAX={lines}",
                     "-e", "LINGER=1000", "-e", f"LOGGLY=http://127.0.0.1:{loggly.server_address[1]}",
                     "-e", f"LOGENTRIES=tcp://127.0.0.1:{logentries.server_address[1]}",
                     "-e", f"LOGSTASH=tcp://127.0.0.1:{logstash.server_address[1]}"]
            with running(image, flags=flags) as container:
                wanted = {f"line {number}" for number in range(1, lines + 1)}
                for server in (loggly, logentries, logstash):
                    engine.eventually(lambda server=server: wanted <= set(server.lines), "all lines", 60)
                self.assertNotIn(TOKEN, container.birl("status", "--json").stdout + container.logs())


if __name__ == "__main__":
    unittest.main()
