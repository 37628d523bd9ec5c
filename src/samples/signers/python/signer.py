#!/usr/bin/env python3
"""A signer, in Python with the package "cryptography": a line of text comes in over TCP, a line of JSON with an app proof of it goes out.

docs/app.md says what each step is. It runs on a development node; an image takes one static file and has no interpreter.

    signer.py --port 3000 [--qos-dir DIRECTORY]
"""
import argparse
import hashlib
import json
import pathlib
import signal
import socketserver
import sys
import time

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def key_of(seed: bytes, salt: bytes) -> ec.EllipticCurvePrivateKey:
    scalar = HKDF(algorithm=SHA512(), length=32, salt=salt, info=b"").derive(seed)
    return ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


class Signer:
    """The live ephemeral key: its file holds the 32-byte seed of a key set as 64 hex digits."""

    def __init__(self, directory: pathlib.Path):
        seed = bytes.fromhex((directory / "qos.ephemeral.key").read_text().strip())
        self.key = key_of(seed, b"qos_p256_sign")
        # The encryption point, then the signing point.
        self.public_key = point(key_of(seed, b"qos_p256_encrypt")) + point(self.key)

    def prove(self, line: bytes) -> dict:
        """ECDSA over SHA-256 of the payload's bytes, r || s with 32 bytes each."""
        payload = json.dumps({
            "type": "SIGNED_LINE",
            "timestampMs": str(time.time_ns() // 1_000_000),
            "sha256": hashlib.sha256(line).hexdigest(),
        })
        r, s = decode_dss_signature(self.key.sign(payload.encode(), ec.ECDSA(SHA256())))
        return {
            "scheme": "SIGNATURE_SCHEME_EPHEMERAL_KEY_P256",
            "publicKey": self.public_key.hex(),
            "proofPayload": payload,
            "signature": (r.to_bytes(32, "big") + s.to_bytes(32, "big")).hex(),
        }


class Handler(socketserver.StreamRequestHandler):
    """One line of at most 64 KiB in, one line out; a client that is silent for ten seconds is left."""

    timeout = 10

    def handle(self):
        try:
            line = self.rfile.readline(65536)
            if line.endswith(b"\n"):
                self.wfile.write(json.dumps(self.server.signer.prove(line.rstrip(b"\r\n"))).encode() + b"\n")
        except OSError:
            pass  # The client is gone or was silent: there is nobody to answer.


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main():
    options = argparse.ArgumentParser(prog="signer.py")
    options.add_argument("--port", type=int, default=3000)
    options.add_argument("--qos-dir", type=pathlib.Path, default=pathlib.Path("/"))
    given = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Server(("127.0.0.1", given.port), Handler) as server:
        server.signer = Signer(given.qos_dir)
        print(f"signer: listening on 127.0.0.1:{given.port}", flush=True)
        server.serve_forever()


main()
