"""A real server on this machine that speaks the search API of the EU portal, with the faults of the real one."""

import gzip
import json
import time
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from tests.portal_records import news, search_answer

ANSWERED_UNFILTERED = 185_453


class PortalServer:
    """Answers from `records`; has the faults of `plan`, {number of the request: fault}, and keeps what it was asked.

    Use it as a context: `with PortalServer(records) as portal: settings.PORTAL_API = portal.address`.
    """

    def __init__(self, records=(), plan=None, every=None):
        self.records = list(records)
        self.plan = plan or {}
        self.every = every  # the fault of all other requests
        self.asked = []  # as Handler.asked says it
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"portal": self}))
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}/search-api/prod/rest"

    def __enter__(self):
        Thread(target=self.server.serve_forever, args=[0.01], daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def matching(self, filters, languages):
        return [
            record
            for record in self.records
            if all(set(record["metadata"].get(name, [])) & set(codes) for name, codes in filters.items())
            and record["language"] in (languages or [record["language"]])
        ]


class Handler(BaseHTTPRequestHandler):
    portal: PortalServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.say(405, b'{"error":"Method Not Allowed"}')

    def do_POST(self):
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if url.path != "/search-api/prod/rest/search":
            return self.say(404, b"")
        if not query.get("text"):
            return self.say(400, b'{"error":"Required parameter text"}')
        number, size = int(query.get("pageNumber", 1)), min(int(query.get("pageSize", 10)), 100)
        parts = self.parts(body)
        filters = {name: codes for clause in clauses(parts) for name, codes in clause.get("terms", {}).items()}
        self.portal.asked.append(self.asked(filters, parts, number))
        fault = self.portal.plan.get(len(self.portal.asked), self.portal.every)
        if not parts or fault == "ignores the filters":
            return self.say_json(search_answer(*self.portal.records[:9], news(), total=ANSWERED_UNFILTERED))
        found = self.portal.matching(filters, parts.get("languages"))
        here = found[:10_000][(number - 1) * size : number * size]
        return self.answer(fault, search_answer(*here, total=len(found), number=number))

    def parts(self, body):
        """{name: JSON} of the file-like parts of a form; nothing for a body of any other kind."""
        kind = self.headers.get("Content-Type", "")
        if not kind.startswith("multipart/form-data"):
            return {}
        form = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body, policy=policy.default)
        return {
            part.get_param("name", header="content-disposition"): json.loads(part.get_payload(decode=True))
            for part in form.iter_parts()
            if part.get_filename() and part.get_content_type() == "application/json"
        }

    def asked(self, filters, parts, number):
        return {
            "programmes": filters.get("frameworkProgramme"),
            "statuses": filters.get("status"),
            "types": filters.get("type"),
            "languages": parts.get("languages"),
            "page": number,
            "user_agent": self.headers["User-Agent"],
            "at": time.monotonic(),
        }

    def answer(self, fault, answer):
        whole = json.dumps(answer, ensure_ascii=False).encode()
        match fault:
            case None:
                return self.say(200, whole)
            case 429 | 500 | 502 | 503 | 403:
                return self.say(fault, b"<html>Trouble</html>", {"Retry-After": "1"} if fault == 429 else {})
            case "hangs":
                time.sleep(2)
            case "drips":
                return self.drip(whole)
            case "half, and the connection drops":
                self.say(200, whole[: len(whole) // 2], {"Content-Length": str(len(whole))})
            case "half":
                return self.say(200, whole[: len(whole) // 2])
            case "in latin-1":
                return self.say(200, whole.decode().replace("Vraag", "één").encode("latin-1", "replace"))
            case "says latin-1":
                return self.say(200, whole, {"Content-Type": "application/json;charset=iso-8859-1"})
            case "with a byte order mark":
                return self.say(200, b"\xef\xbb\xbf" + whole)
            case "compressed":
                return self.say(200, gzip.compress(whole), {"Content-Encoding": "gzip"})
            case "in chunks":
                return self.say_in_chunks(gzip.compress(whole))
            case "maintenance":
                return self.say(200, b"<html>The portal is being maintained</html>", {"Content-Type": "text/html"})
            case "moved":
                return self.say(302, b"", {"Location": "/search-api/prod/rest/search"})
            case "nested":
                return self.say(200, b"[" * 1_000_000)
            case "nothing":
                return self.say_json(search_answer())
            case "other total":
                return self.say_json(answer | {"totalResults": answer["totalResults"] + 1})
            case "no page":
                return self.say_json(answer | {"results": []})
            case "no results":
                return self.say_json({"error": "index closed"})
            case "same page":
                found = self.portal.records[:100]
                return self.say_json(answer | {"results": found})
        self.close_connection = True
        return None

    def drip(self, whole):
        self.say(200, b"", {"Content-Length": str(len(whole))})
        for position in range(0, len(whole), 10):
            time.sleep(0.2)
            try:
                self.wfile.write(whole[position : position + 10])
            except OSError:
                return

    def say_in_chunks(self, body):
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        pieces = [body[position : position + 700] for position in range(0, len(body), 700)]
        self.wfile.write(b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""]))

    def say_json(self, answer):
        self.say(200, json.dumps(answer).encode())

    def say(self, status, body, headers=None):
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))} | (headers or {})
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def clauses(parts):
    return parts.get("query", {}).get("bool", {}).get("must", [])
