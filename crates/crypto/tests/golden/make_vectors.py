"""Writes vectors.json: secrets as JupyterHub, Tornado and cryptography make them.

    <python with jupyterhub 6.1.1> make_vectors.py > vectors.json

The tests in ../vectors.rs compare this crate with the file.
"""

import base64
import binascii
import json
import os
import sys
import types

# Importing jupyterhub with its own directory on the path would shadow traitlets.
sys.path = [p for p in sys.path if p not in ("", os.getcwd())]

from cryptography.fernet import Fernet  # noqa: E402
from jupyterhub import _xsrf_utils, utils  # noqa: E402
from jupyterhub.crypto import _validate_key  # noqa: E402
from tornado import web  # noqa: E402

NOW = 1_800_000_000
SECRETS = [bytes(range(32)), b"short", b"x" * 100]


def clock(now):
    return lambda: now


def cookies():
    for secret in SECRETS:
        for name, value in [
            ("jupyterhub-hub-login", "a3f0c4e9b1d24c6e8f0123456789abcd"),
            ("n", ""),
            ("jupyterhub-hub-login", "é\n|:2"),
            ("_xsrf", "0123456789abcdef:user"),
        ]:
            signed = web.create_signed_value(secret, name, value, clock=clock(NOW))
            checks = []
            for age, at in [(14, NOW), (14, NOW + 14 * 86400), (14, NOW + 14 * 86400 + 1), (0.5, NOW + 43201)]:
                found = web.decode_signed_value(secret, name, signed, max_age_days=age, clock=clock(at))
                checks.append({"age": age, "now": at, "valid": found is not None})
            yield {
                "secret": secret.hex(), "name": name, "value": value.encode().hex(), "now": NOW,
                "signed": signed.decode(), "checks": checks,
            }


def xsrf_values():
    for secret in SECRETS:
        for xsrf_id in ["s:u", "None:anonymous=", ":", "e61d8e2c:é"]:
            def create(name, value, secret=secret):
                return web.create_signed_value(secret, name, value, clock=clock(NOW))

            handler = types.SimpleNamespace(create_signed_value=create)
            value = _xsrf_utils._create_signed_value_urlsafe(handler, "_xsrf", xsrf_id.encode())
            yield {"secret": secret.hex(), "id": xsrf_id, "now": NOW, "value": value.decode()}


def anonymous_ids():
    cases = [
        (None, None, "127.0.0.1", {"User-Agent": "Mozilla/5.0 (X11)"}),
        (None, None, "::1", {}),
        (None, None, "not an address", {"User-Agent": "é"}),
        ("10.0.0.0/8;fd00::/8", None, "10.2.3.4", {"User-Agent": "a"}),
        ("10.0.0.0/8;fd00::/8", None, "fd12::1", {"User-Agent": "a"}),
        ("10.0.0.0/8;fd00::/8", None, "11.2.3.4", {"User-Agent": "a"}),
        ("192.168.1.7", "User-Agent;X-Forwarded-User", "192.168.1.7", {"User-Agent": "a", "X-Forwarded-User": "b"}),
        (None, "", "1.2.3.4", {"User-Agent": "a"}),
    ]
    for ranges, names, address, headers in cases:
        os.environ.pop("JUPYTERHUB_XSRF_ANONYMOUS_IP_CIDRS", None)
        if ranges is not None:
            os.environ["JUPYTERHUB_XSRF_ANONYMOUS_IP_CIDRS"] = ranges
        _xsrf_utils._anonymous_ip_cidrs = _xsrf_utils._get_anonymous_ip_cidrs()
        _xsrf_utils._anonymous_id_headers = ("User-Agent" if names is None else names).split(";")
        handler = types.SimpleNamespace(request=types.SimpleNamespace(remote_ip=address, headers=headers))
        yield {
            "ranges": ranges, "names": names, "address": address, "headers": headers,
            "id": _xsrf_utils._anonymous_xsrf_id(handler),
        }


def hashes():
    for token, rounds, salt in [
        ("0123456789abcdef0123456789abcdef", 1, "00112233aabbccdd"),
        ("a-chosen-token", 16384, "ffffffffffffffff"),
        ("tökén wïth ünïcode", 3, "0000000000000000"),
        ("x" * 64, 1, "0123456789abcdef"),
    ]:
        yield {"token": token, "hashed": utils.hash_token(token, salt=salt, rounds=rounds)}


def states():
    keys = [bytes(range(32)), b"k" * 32, b"\xff" * 32]
    forms = [lambda k: k.hex(), lambda k: base64.urlsafe_b64encode(k).decode(), lambda k: base64.b64encode(k).decode()]
    state = {"access_token": "é", "list": [1, 2.5, None, True], "nested": {"a": {}}}
    for key in keys:
        for form in forms:
            text = form(key)
            assert _validate_key(text) == key
            token = Fernet(base64.urlsafe_b64encode(key)).encrypt_at_time(json.dumps(state).encode(), NOW)
            yield {"key": text, "state": state, "encrypted": token.decode()}


def keys():
    for text in ["", "a" * 31, "a" * 32, "a" * 33, "0" * 64, "g" * 64, "A" * 43 + "=", "A" * 44, "+/" * 21 + "A="]:
        try:
            _validate_key(text)
            yield {"key": text, "valid": True}
        except ValueError:
            yield {"key": text, "valid": False}


def secret_files():
    import re

    hexadecimal = re.compile("^([a-f0-9]{2})+$", re.IGNORECASE)
    for text in ["00ff\n", "ABCDEF", "abc", "c2VjcmV0", "c2VjcmU=", "c2Vjcg==", "c2Vj\ncmV0\n", "c2-Vjcm!V0", "", "a" * 64, "zz"]:
        stripped = text.strip()
        try:
            if hexadecimal.match(stripped):
                secret = binascii.a2b_hex(stripped)
            else:
                secret = binascii.a2b_base64(stripped)
            yield {"text": text, "secret": secret.hex()}
        except ValueError:
            yield {"text": text, "secret": None}


json.dump(
    {
        "jupyterhub": __import__("jupyterhub").__version__,
        "cookies": list(cookies()),
        "xsrf": list(xsrf_values()),
        "anonymous": list(anonymous_ids()),
        "hashes": list(hashes()),
        "states": list(states()),
        "keys": list(keys()),
        "secret_files": list(secret_files()),
    },
    sys.stdout,
    indent=1,
)
print()
