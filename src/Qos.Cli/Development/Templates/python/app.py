"""NAME: an app for an enclave. GET /health says that it is well; POST /answer gives a signed answer, whose proof anyone can check."""
import hashlib
import http.client
import http.server
import json
import os
import signal
import socket
import time

LONGEST = 65536


class Node(http.client.HTTPConnection):
    """The node signs for the app, on a socket that nobody else reaches. What is signed is the body, byte for byte."""

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect("/run/qos.sock")


def prove(payload):
    node = Node("app")
    try:
        node.request("POST", "/v1/proof", payload)
        answer = node.getresponse()
        proof = answer.read()
    finally:
        node.close()
    if answer.status != 200:
        raise OSError(f"the node answers {answer.status}: {proof.decode()}")
    return json.loads(proof)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_GET(self):
        if self.path == "/health":
            self.send(200, b"ok\n")
        else:
            self.send(404, b"there is /health and /answer\n")

    def do_POST(self):
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            length = -1
        if self.path != "/answer" or not 0 <= length <= LONGEST:
            self.close_connection = True
            self.send(400, b"POST a question of at most 64 KiB to /answer\n")
            return
        question = self.rfile.read(length)
        # The question's hash is in the payload, or the proof could be shown beside another question; the type tells it from proofs of another kind.
        payload = json.dumps({
            "type": "NAME_ANSWER",
            "timestampMs": str(time.time_ns() // 1_000_000),
            "questionSha256": hashlib.sha256(question).hexdigest(),
            "answer": f"{len(question)} bytes",
        })
        try:
            self.send(200, json.dumps({"appProof": prove(payload.encode())}).encode())
        except OSError as error:
            print("NAME:", error, flush=True)
            self.send(502, b"the answer cannot be signed\n")

    def send(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


def main():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 3000), Handler)
    print("NAME: listening on 127.0.0.1:3000", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
