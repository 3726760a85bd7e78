# SPDX-License-Identifier: Apache-2.0
"""TLS for the stub: which certificate, and which versions it offers."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from asyncio import sslproto
from dataclasses import dataclass
from pathlib import Path

_ADDRESS = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Tls:
    """A certificate with its key (PEM files), and the oldest and newest TLS that the stub speaks."""

    certificate: Path
    key: Path
    oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3

    def context(self) -> ssl.SSLContext:
        """Raises `OSError` and `ssl.SSLError` when the files cannot be used."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version, context.maximum_version = self.oldest, self.newest
        context.load_cert_chain(self.certificate, self.key)
        return context


class TlsLayer(sslproto.SSLProtocol):
    """asyncio's TLS between the socket and `inner`, except that it says why a handshake failed.

    asyncio drops the connection before the TLS alert has left, so that a client could not tell a version that is
    not offered from a broken connection. Real servers send it.
    """

    def __init__(self, inner: asyncio.Protocol, context: ssl.SSLContext) -> None:
        super().__init__(asyncio.get_running_loop(), inner, context, None, server_side=True)  # type: ignore[arg-type]

    def _on_handshake_complete(self, handshake_exc: BaseException | None) -> None:
        if handshake_exc is not None:
            self._process_outgoing()  # type: ignore[attr-defined]
        super()._on_handshake_complete(handshake_exc)


def self_signed(folder: Path, *, hours: int = 1) -> Tls:
    """A new certificate for `localhost` and 127.0.0.1 in `folder`, signed by itself, good for some hours.

    A client that is to trust it names `certificate` as its authority. Negative `hours`: one that has expired.
    """
    # Only tests come here, and it takes 0.1 s to load.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(_ADDRESS))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(hours=hours))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = Tls(folder / "certificate.pem", folder / "key.pem")
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return files
