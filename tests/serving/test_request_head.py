"""A thread takes a request when its head is here, and its form."""

import pytest

from batch_dashboard.serving.request_head import (
    MAX_FORM_BYTES,
    MAX_HEAD_BYTES,
    Arrival,
    form_length,
)

FORM = b"Content-Type: application/x-www-form-urlencoded"


def head(*lines: bytes) -> bytes:
    return b"\r\n".join([b"POST /sign-in HTTP/1.1", b"Host: x", *lines])


@pytest.mark.parametrize(
    ("lines", "length"),
    [
        ((), 0),
        ((FORM,), 0),
        ((FORM, b"Content-Length: 12"), 12),
        ((b"content-LENGTH:12", FORM.upper()), 12),
        ((b"Content-Type: multipart/form-data; boundary=x", b"Content-Length: 12"), 12),
        ((b"Content-Type: application/json", b"Content-Length: 12"), 0),
        ((FORM, b"Content-Length: 12", b"Authorization: Bearer x"), 0),
        ((FORM, b"Content-Length: 12", b"Authorization: Basic x"), 12),
        ((FORM, b"Content-Length: -1"), 0),
        ((FORM, b"Content-Length: 9999999999"), 0),
        ((FORM, b"Content-Length: %d" % MAX_FORM_BYTES), MAX_FORM_BYTES),
        # The application refuses these without reading them.
        ((FORM, b"Content-Length: %d" % (MAX_FORM_BYTES + 1)), 0),
        ((FORM, b"Transfer-Encoding: chunked"), 0),
    ],
)
def test_only_a_form_of_ordinary_size_is_waited_for(lines: tuple[bytes, ...], length: int) -> None:
    assert form_length(head(*lines)) == length


@pytest.mark.parametrize("step", [1, 2, 3, 5, 1_000])
def test_a_request_is_complete_with_its_last_byte(step: int) -> None:
    request = head(FORM, b"Content-Length: 7") + b"\r\n\r\na=b&c=d"
    arrival = Arrival(0)
    for start in range(0, len(request), step):
        assert not arrival.is_complete
        arrival.add(request[start : start + step])
    assert arrival.is_complete
    assert bytes(arrival.received) == request


def test_a_head_without_end_is_too_long() -> None:
    arrival = Arrival(0)
    arrival.add(b"a" * MAX_HEAD_BYTES)
    assert not arrival.is_too_long
    arrival.add(b"a")
    assert arrival.is_too_long
    assert not arrival.is_complete


def test_a_long_form_is_no_long_head() -> None:
    arrival = Arrival(0)
    arrival.add(head(FORM, b"Content-Length: 65536") + b"\r\n\r\n" + b"a" * 65_535)
    assert not arrival.is_too_long
    assert not arrival.is_complete
