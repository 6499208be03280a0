#!/usr/bin/env python3
"""Plays the identity provider: makes a key, its JWKS, and tokens.   tokens.py DIR

Writes DIR/jwks.json (what the gateway reads) and a file for each token: DIR/reader.token and so on. The private key
stays in DIR. Uses the `openssl` command for the key and the signatures.
"""
import base64
import json
import subprocess
import sys
import time
from pathlib import Path

ISSUER = "https://idp.example"
AUDIENCE = "orders-api"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


def make_key(folder):
    key = folder / "key.pem"
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(key))
    key.chmod(0o600)
    modulus = openssl("rsa", "-in", str(key), "-noout", "-modulus").decode().strip().split("=")[1]
    public = {"kty": "RSA", "kid": "2026-01", "use": "sig", "alg": "RS256",
              "n": base64url(bytes.fromhex(modulus)), "e": base64url(b"\x01\x00\x01")}
    (folder / "jwks.json").write_text(json.dumps({"keys": [public]}, indent=2) + "\n")
    return key


def make_token(key, subject, scopes, lifetime=3600):
    now = int(time.time())
    header = {"alg": "RS256", "typ": "JWT", "kid": "2026-01"}
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + lifetime,
              "scope": " ".join(scopes)}
    signed = ".".join(base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return signed + "." + base64url(openssl("dgst", "-sha256", "-sign", str(key), data=signed.encode()))


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    key = make_key(folder)
    tokens = {
        "reader": make_token(key, "ana", ["orders.read"]),
        "stranger": make_token(key, "bob", ["profile"]),
        "expired": make_token(key, "ana", ["orders.read"], lifetime=-3600),
    }
    for name, token in tokens.items():
        (folder / f"{name}.token").write_text(token)


if __name__ == "__main__":
    main()
