# SPDX-License-Identifier: Apache-2.0
import json
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest

from approvals.environment import tls_context
from approvals.errors import ApprovalError, ErrorCode
from approvals.llm import FailureKind, LlmError
from approvals.llm.transport.connection import Connection
from approvals.llm.transport.streams import Step, Timeouts, TlsStream
from devkit.faults import FaultProxy, Slicer
from tests.approvals.conftest import ClientAt
from tests.approvals.llm.callers import SLACK, asked, question, refused
from tests.approvals.llm.certificates import Certificate, certificate_for
from tests.approvals.llm.endpoints import (
    Conversation,
    ScriptedEndpoint,
    answer,
    completion,
    dripped,
    http,
    sent,
    silent,
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate_for("127.0.0.1", tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusting(certificate: Certificate) -> ssl.SSLContext:
    return certificate.client_context()


def assert_tls_failure(failure: LlmError, says: str) -> None:
    assert (failure.kind, failure.code) == (FailureKind.TLS, ErrorCode.MODEL_UNAVAILABLE)
    assert says in failure.message
    assert (failure.spend.attempts, failure.spend.cost_known) == (1, True)


def test_calls_are_answered_over_one_tls_1_3_connection(
    certificate: Certificate, trusting: ssl.SSLContext, client_at: ClientAt
) -> None:
    long = "x" * 300_000
    with ScriptedEndpoint(answer(completion(long)), context=certificate.server_context()) as endpoint:
        client = client_at(endpoint.base_url, context=trusting)
        big = question(text="y" * 300_000)

        assert asked(client, request=big).text == long
        assert [asked(client).text for _ in range(3)] == ["fine"] * 3
        assert endpoint.connections == 1


def test_a_self_signed_certificate_is_refused(certificate: Certificate, client_at: ClientAt) -> None:
    with ScriptedEndpoint(context=certificate.server_context()) as endpoint:
        assert_tls_failure(refused(client_at(endpoint.base_url)), "not trusted (self-signed certificate)")


def test_a_certificate_for_another_name_is_refused(tmp_path: Path, client_at: ClientAt) -> None:
    other = certificate_for("127.0.0.2", tmp_path)
    with ScriptedEndpoint(context=other.server_context()) as endpoint:
        client = client_at(endpoint.base_url, context=other.client_context())
        assert_tls_failure(refused(client), "not trusted (IP address mismatch")


def test_tls_1_2_is_refused(certificate: Certificate, trusting: ssl.SSLContext, client_at: ClientAt) -> None:
    old = certificate.server_context(ssl.TLSVersion.TLSv1_2)
    with ScriptedEndpoint(context=old) as endpoint:
        assert_tls_failure(refused(client_at(endpoint.base_url, context=trusting)), "TLS 1.3")


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", FailureKind.TLS, "does not speak TLS on this port"),
        (b"", FailureKind.CONNECT, "TLS handshake"),
    ],
)
def test_a_server_without_tls_is_named_as_such(
    client_at: ClientAt, reply: bytes, kind: FailureKind, says: str
) -> None:
    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, args=(listener,))
        server.start()
        failure = refused(client_at(f"https://127.0.0.1:{listener.getsockname()[1]}/v1", attempts=1))
        server.join()

    assert failure.kind is kind
    assert says in failure.message
    assert failure.spend.cost_known


@pytest.mark.parametrize("step", [silent(), dripped(b"{" * 400, start=b"HTTP/1.1 200 OK\r\n\r\n")])
def test_hang_and_drip_end_with_the_deadline_under_tls_too(
    certificate: Certificate, trusting: ssl.SSLContext, client_at: ClientAt, step: object
) -> None:
    with ScriptedEndpoint(step, context=certificate.server_context()) as endpoint:  # type: ignore[arg-type]
        client = client_at(endpoint.base_url, context=trusting)
        started = time.monotonic()

        failure = refused(client, 0.4)

        assert time.monotonic() - started < 0.4 + SLACK
        assert failure.kind is FailureKind.DEADLINE
        assert asked(client).text == "fine"


def test_records_that_arrive_byte_by_byte_end_with_the_deadline(
    certificate: Certificate, trusting: ssl.SSLContext, client_at: ClientAt
) -> None:
    context = certificate.server_context()
    with ScriptedEndpoint(context=context) as endpoint, FaultProxy(("127.0.0.1", endpoint.port)) as network:
        client = client_at(f"https://127.0.0.1:{network.port}/v1", context=trusting)
        assert asked(client).text == "fine"
        slow = network.add(Slicer(1, delay_us=20_000))
        started = time.monotonic()

        assert refused(client, 0.4).kind is FailureKind.DEADLINE  # in the reply
        assert refused(client, 0.4).kind is FailureKind.DEADLINE  # in the handshake of the next lane
        assert time.monotonic() - started < 2 * (0.4 + SLACK)
        network.remove(slow)
        assert asked(client).text == "fine"


def test_a_reply_cut_off_below_tls_is_a_lost_connection(
    certificate: Certificate, trusting: ssl.SSLContext, client_at: ClientAt
) -> None:
    half = sent(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{")
    with ScriptedEndpoint(half, context=certificate.server_context()) as endpoint:
        failure = refused(client_at(endpoint.base_url, context=trusting, attempts=1))

    assert failure.kind is FailureKind.CONNECTION_LOST
    assert not failure.spend.cost_known


class ServerInMemory:
    """A stream whose other end is a TLS server that speaks only when it is asked to."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.arrived, self.leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.arrived, self.leaving, server_side=True)
        self.shaken = False

    def receive(self, timeouts: Timeouts, step: Step) -> bytes:
        self.shake()
        if not self.leaving.pending:
            raise timeouts.exceeded(step)
        return self.leaving.read()

    def send(self, data: bytes, timeouts: Timeouts, step: str) -> None:
        self.arrived.write(data)

    def shake(self) -> None:
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return
        self.shaken = True

    def close(self) -> None:
        """Nothing to close."""


def test_a_session_ticket_that_comes_while_idle_is_not_taken_for_bytes(
    certificate: Certificate, trusting: ssl.SSLContext
) -> None:
    server = ServerInMemory(certificate.server_context())
    connection = Connection(TlsStream(server, trusting, "127.0.0.1", Timeouts({})))  # type: ignore[arg-type]

    server.shake()  # the server hears the end of the handshake, and sends its tickets
    assert server.shaken
    assert server.leaving.pending
    assert not connection.is_stale()
    assert not server.leaving.pending
    assert not connection.is_stale()  # nothing at all has come

    server.tls.write(b"unasked")
    assert connection.is_stale()


def test_bytes_that_came_in_one_packet_with_the_reply_are_found_while_idle(
    certificate: Certificate, trusting: ssl.SSLContext
) -> None:
    server = ServerInMemory(certificate.server_context())
    timeouts = Timeouts({})
    stream = TlsStream(server, trusting, "127.0.0.1", timeouts)  # type: ignore[arg-type]
    server.shake()
    server.tls.write(b"the reply")
    server.tls.write(b"unasked")  # a record of its own, read from the network together with the first

    assert stream.receive(timeouts, "read") == b"the reply"
    assert Connection(stream).is_stale()


def unasked_in_a_record_of_its_own(conversation: Conversation) -> bool:
    """Two replies to one request, in two TLS records that travel in one packet."""
    context_socket = conversation.connection
    reply = http(200, json.dumps(completion("mine")).encode())
    context_socket.sendall(reply)
    context_socket.sendall(http(200, json.dumps(completion("not mine")).encode()))
    return True


def test_a_second_reply_under_tls_is_never_handed_to_the_next_caller(
    certificate: Certificate, trusting: ssl.SSLContext, client_at: ClientAt
) -> None:
    with ScriptedEndpoint(unasked_in_a_record_of_its_own, context=certificate.server_context()) as endpoint:
        client = client_at(endpoint.base_url, context=trusting)

        assert asked(client).text == "mine"
        time.sleep(0.05)  # the second one travels over the loopback
        assert asked(client).text == "fine"
        assert endpoint.connections == 2


def test_an_endpoint_that_asks_for_a_client_certificate_is_named(
    certificate: Certificate, trusting: ssl.SSLContext, client_at: ClientAt
) -> None:
    context = certificate.server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(certificate.certificate)
    with ScriptedEndpoint(context=context) as endpoint:
        assert_tls_failure(refused(client_at(endpoint.base_url, context=trusting)), "client certificate")


def test_one_context_serves_the_whole_process_and_asks_for_tls_1_3() -> None:
    assert tls_context() is tls_context()
    assert tls_context().minimum_version is ssl.TLSVersion.TLSv1_3
    assert tls_context().verify_mode is ssl.CERT_REQUIRED
    assert tls_context().check_hostname


def test_a_company_can_bring_its_own_authority(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch, client_at: ClientAt
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))
    own = tls_context.__wrapped__()
    with ScriptedEndpoint(context=certificate.server_context()) as endpoint:
        assert asked(client_at(endpoint.base_url, context=own)).text == "fine"


@pytest.mark.parametrize(
    ("variable", "content", "why"),
    [
        ("SSL_CERT_FILE", None, "No such file"),
        ("SSL_CERT_FILE", "no certificate", "no certificate in it"),
        ("SSL_CERT_FILE", "", "no certificate in it"),
        ("SSL_CERT_DIR", None, "no such directory"),
        ("SSL_CERT_DIR", "a file", "no such directory"),
    ],
)
def test_trusted_certificates_that_cannot_be_read_are_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, content: str | None, why: str
) -> None:
    """OpenSSL passes over them in silence, and then trusts nobody."""
    place = tmp_path / "authorities.pem"
    if content is not None:
        place.write_text(content, encoding="utf-8")
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv(variable, str(place))

    with pytest.raises(ApprovalError, match=f"{variable} .*{why}") as caught:
        tls_context.__wrapped__()
    assert "authorities.pem" in caught.value.message
    assert caught.value.code is ErrorCode.BAD_PARAMETER
