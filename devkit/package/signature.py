# SPDX-License-Identifier: Apache-2.0
"""Signs a package and checks a signature as Dify's daemon does for third parties.

Signed are the sha256 of every file in the order of the zip and the decimal Unix time, by RSA PKCS#1 v1.5 over SHA-256.
The zip's comment is `{"signature": base64, "time": seconds}`. Names of files are not covered, and neither are those
that a package's identifier covers. Source: pkg/plugin_packager/signer and decoder/verifier.go of dify-plugin-daemon.
"""

import base64
import binascii
import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from devkit.package.build import write_zip

_BITS: Final = 4096
_VERIFICATION: Final = ".verification.dify.json"
_CATEGORY: Final = b'{"authorized_category":"community"}'


class SignatureError(ValueError):
    """The package or the key is not what it should be; the message says what and what to do."""


def new_keys(name: Path) -> tuple[Path, Path]:
    """A pair of keys, as NAME.private.pem (for its owner's eyes) and NAME.public.pem. Never overwrites one."""
    private, public = name.with_name(f"{name.name}.private.pem"), name.with_name(f"{name.name}.public.pem")
    for file in (private, public):
        if file.exists():
            raise SignatureError(f"{file} exists; move it away, or give another name")
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    private.touch(mode=0o600)
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    public.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1)
    )
    return private, public


def sign(package: Path, private_key: Path, seconds: int) -> Path:
    """Write NAME.signed.difypkg beside the package, signed at `seconds` since 1970. Raises `SignatureError`."""
    key = serialization.load_pem_private_key(_pem(private_key), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SignatureError(f"{private_key} is no RSA key; make one with `devkit sign --new-keys NAME`")
    files = {path: data for path, data in _files(package).items() if path != _VERIFICATION}
    files[_VERIFICATION] = _CATEGORY
    signature = key.sign(_signed(files, seconds), padding.PKCS1v15(), SHA256())
    comment = json.dumps({"signature": base64.b64encode(signature).decode(), "time": seconds})
    target = package.with_name(f"{package.stem}.signed{package.suffix}")
    write_zip(target, files, comment.encode())
    return target


def verify(package: Path, public_key: Path) -> int:
    """When the package was signed by the owner of the key, in seconds since 1970. Raises `SignatureError`."""
    key = serialization.load_pem_public_key(_pem(public_key))
    if not isinstance(key, rsa.RSAPublicKey):
        raise SignatureError(f"{public_key} is no RSA key")
    with zipfile.ZipFile(package) as archive:
        comment = archive.comment
    if not comment:
        raise SignatureError(f"{package} is not signed; sign it with `devkit sign`")
    try:
        said = json.loads(comment)
        signature, seconds = base64.b64decode(said["signature"], validate=True), int(said["time"])
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise SignatureError(f"the comment of {package} holds no signature") from None
    try:
        key.verify(signature, _signed(_files(package), seconds), padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        raise SignatureError(
            f"{package} was changed after it was signed, or signed with another key"
        ) from None
    return seconds


def _pem(file: Path) -> bytes:
    data = file.read_bytes()
    if not data.startswith(b"-----BEGIN "):
        raise SignatureError(f"{file} is no PEM file")
    return data


def _files(package: Path) -> Mapping[str, bytes]:
    try:
        with zipfile.ZipFile(package) as archive:
            return {entry.filename: archive.read(entry) for entry in archive.infolist()}
    except zipfile.BadZipFile as error:
        raise SignatureError(f"{package} is no package: {error}") from None


def _signed(files: Mapping[str, bytes], seconds: int) -> bytes:
    return b"".join(hashlib.sha256(data).digest() for data in files.values()) + str(seconds).encode()
