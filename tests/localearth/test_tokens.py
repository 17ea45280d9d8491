"""Tokens for service accounts, and what is refused."""

import json
import time
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt

from lib.localearth.errors import PermissionDenied, Unauthenticated
from lib.localearth.tokens import GRANT, TokenOffice

EMAIL = "robot@meadow.iam.gserviceaccount.com"


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def registry(key, tmp_path):
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    entry = {"client_email": EMAIL, "public_key": public.decode(), "projects": ["meadow"]}
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [entry]}))
    return path


def assertion(key, *, issuer=EMAIL, age_s=0):
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    now = int(time.time()) - age_s
    claims = {"iss": issuer, "aud": "http://127.0.0.1/token", "iat": now, "exp": now + 3600}
    return jwt.encode(crypt.RSASigner.from_string(private), claims).decode()


def ask(office, text):
    return office.answer(urlencode({"grant_type": GRANT, "assertion": text}).encode())


def bearer(token, **headers):
    return {"authorization": f"Bearer {token}", **headers}


def test_answer_when_assertion_is_signed_issues_a_token_for_its_projects(key, registry):
    office = TokenOffice.from_file(registry)

    status, told = ask(office, assertion(key))

    assert (status, told["token_type"], told["expires_in"]) == (200, "Bearer", 3600)
    office.check(bearer(told["access_token"], **{"x-goog-user-project": "meadow"}), "meadow")


@pytest.mark.parametrize("place", ["path", "header"])
def test_check_when_project_is_another_refuses(place, key, registry):
    office = TokenOffice.from_file(registry)
    token = ask(office, assertion(key))[1]["access_token"]
    path = "forest" if place == "path" else "meadow"
    header = "forest" if place == "header" else "meadow"

    with pytest.raises(PermissionDenied, match="permission to use project forest"):
        office.check(bearer(token, **{"x-goog-user-project": header}), path)


def test_check_when_token_has_expired_refuses(key, registry):
    office = TokenOffice.from_file(registry, lifetime_s=-1)
    token = ask(office, assertion(key))[1]["access_token"]

    with pytest.raises(Unauthenticated, match="invalid authentication credentials"):
        office.check(bearer(token), "meadow")


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "missing required authentication credential"),
        ({"authorization": "Basic abc"}, "missing required authentication credential"),
        (bearer("nonsense"), "invalid authentication credentials"),
    ],
)
def test_check_when_there_is_no_known_token_refuses(headers, message, registry):
    with pytest.raises(Unauthenticated, match=message):
        TokenOffice.from_file(registry).check(headers, "meadow")


def test_answer_when_assertion_is_wrong_says_what_google_says(key, registry):
    office = TokenOffice.from_file(registry)
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    answers = {
        "signature": ask(office, assertion(stranger)),
        "account": ask(office, assertion(key, issuer="nobody@x")),
        "age": ask(office, assertion(key, age_s=7200)),
        "nonsense": ask(office, "a.b.c"),
    }

    assert {status for status, _ in answers.values()} == {400}
    words = {name: told["error_description"] for name, (_, told) in answers.items()}
    assert words["signature"] == "Invalid JWT Signature."
    assert words["account"] == "Invalid grant: account not found"
    assert "short-lived token" in words["age"]
    assert "cannot be read" in words["nonsense"]
    assert office.answer(b"grant_type=password")[1]["error"] == "unsupported_grant_type"
