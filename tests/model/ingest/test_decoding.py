"""From bytes to a JSON value: what real clients send, and what is said of the rest."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_dashboard.errors import PayloadError
from batch_dashboard.model.ingest.decoding import canonical, decode_json

JSON = '{"batch_id": "é"}'


def refusal(body: bytes) -> str:
    with pytest.raises(PayloadError) as caught:
        decode_json(body)
    [problem] = caught.value.problems
    return problem.message


def test_a_byte_order_mark_is_skipped() -> None:
    assert decode_json(b"\xef\xbb\xbf" + JSON.encode()) == ({"batch_id": "é"}, [])


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (JSON.encode("utf-16"), "looks like UTF-16 (it begins with FF FE); send UTF-8"),
        (b"\xfe\xff" + JSON.encode("utf-16-be"), "looks like UTF-16 (it begins with FE FF)"),
        (JSON.encode("utf-16-le"), "looks like UTF-16; send UTF-8"),
        (JSON.encode("utf-16-be"), "looks like UTF-16; send UTF-8"),
        (JSON.encode("utf-32"), "looks like UTF-32"),
        (JSON.encode("utf-32-le"), "looks like UTF-32"),
        (JSON.encode("utf-32-be"), "looks like UTF-32"),
        (b"\x1f\x8b\x08\x00rest", "looks like gzip (it begins with 1F 8B); Content-Encoding: gzip"),
        (b"\x28\xb5\x2f\xfdrest", "looks like zstd"),
        (b"BZh91AY&SY", "looks like bzip2"),
        (b"PK\x03\x04\x14", "looks like a ZIP archive"),
        (b"payload=%7B%22batch_id%22%3A1%7D", "looks like a form"),
        (b'payload={"batch_id": 1}', "looks like a form"),
        (b"%7B%22batch_id%22%3A1%7D", "looks like URL-encoded JSON"),
        (b"--b1\r\nContent-Disposition: form-data", "looks like multipart/form-data"),
        (b" \n<html>", "looks like HTML or XML"),
        (b'{"a": "\xe9"}', "not UTF-8 at byte 7"),
        (b'{"a": 1}\n{"a": 2}\n', "Extra data: line 2 column 1 (char 9); send one payload"),
        (b"", "the body is empty"),
        (b'{"a": 1, "a": 2}', "the key “a” is given twice"),
        (b'{"a": -Infinity}', "-Infinity is not a JSON number"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\x00\x00\x00\x00", "Expecting value"),
    ],
)
def test_what_is_no_json_is_named(body: bytes, complaint: str) -> None:
    message = refusal(body)
    assert message.startswith("invalid JSON: ")
    assert complaint in message


def test_half_of_a_surrogate_pair_is_replaced_wherever_it_is() -> None:
    body = (
        rb'{"results": [{"error_message": "Error: link \ud83d"}, {"x": "\uDE80\uDE80"}],'
        rb' "rocket": "\ud83d\ude80", "no escape": "\\ud83d", "k\ud800": {"deep": ["\udfff"]}}'
    )
    value, warnings = decode_json(body)
    assert value == {
        "results": [{"error_message": "Error: link \ufffd"}, {"x": "\ufffd\ufffd"}],
        "rocket": "🚀",
        "no escape": "\\ud83d",
        "k\ufffd": {"deep": ["\ufffd"]},
    }
    assert warnings == [
        "results[0].error_message contains half of a surrogate pair (\\ud83d), replaced by U+FFFD",
        "results[1].x contains half of a surrogate pair (\\ude80), replaced by U+FFFD",
        "a key in the payload contains half of a surrogate pair (\\ud800), replaced by U+FFFD",
        "k\ufffd.deep[0] contains half of a surrogate pair (\\udfff), replaced by U+FFFD",
    ]


def test_at_most_a_hundred_repairs_are_named() -> None:
    value, warnings = decode_json(b"[" + rb'"\ud800",' * 500 + b"0]")
    assert value == ["\ufffd"] * 500 + [0]
    assert len(warnings) == 100


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters()),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=10,
    )
)
def test_any_value_is_decoded_to_text_that_databases_take(value: Any) -> None:
    decoded, warnings = decode_json(json.dumps(value).encode())
    json.dumps(decoded, ensure_ascii=False).encode()
    assert bool(warnings) == (decoded != value)
    assert canonical(decoded) == canonical(json.loads(json.dumps(decoded)))


@pytest.mark.parametrize("digits", ["18446744073709551616", "-9223372036854775809", "9" * 400])
def test_integers_of_any_size_have_a_stable_canonical_form(digits: str) -> None:
    def form(text: str) -> bytes:
        return canonical(decode_json(text.encode()).value)

    value = form(f'{{"b": [{digits}], "a": 1}}')
    assert value == form(f'{{"a": 1, "b": [{digits}]}}')
    assert value != form(f'{{"b": [{digits}1], "a": 1}}')


def test_an_integer_of_a_million_digits_is_not_read_to_its_end() -> None:
    assert decode_json(b"[" + b"9" * 1_000_000 + b"]").value == [float("inf")]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_decoded_to_the_last_bit(number: float) -> None:
    assert decode_json(repr(number).encode()).value == number


@given(st.text(alphabet='{}[]",:\\u0019eE+-. \tnfalsruNI\x1f\x7fé', max_size=12))
def test_what_is_json_does_not_depend_on_the_decoder(text: str) -> None:
    """The quick decoder takes nothing that the strict one of the standard library refuses."""
    try:
        decoded = decode_json(text.encode()).value
    except PayloadError:
        return
    assert decoded == json.loads(text)
