"""What is kept of long messages, and how truncated ones are noticed."""

import pytest

from batch_dashboard.model.failures.messages import (
    MAX_MESSAGE_LENGTH,
    beginning_of,
    find_truncation,
    is_long,
    keep_messages,
    shorten,
    stored_reason,
)
from tests.factories import batch_run, check, failed_result

WORDS = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel")
LOG = [f"compiling module_{n}: {WORDS[n % len(WORDS)]} once more" for n in range(480)]


def log(start: int, length: int) -> str:
    return "\n".join(LOG[start:])[:length]


def test_a_long_message_keeps_its_beginning_and_its_end() -> None:
    message = f"{'a' * 2_000}{'b' * 500}{'c' * 8_000}"
    assert shorten(message) == f"{'a' * 2_000}\n[… 500 characters omitted …]\n{'c' * 8_000}"


def test_what_was_shortened_is_not_shortened_again() -> None:
    once = shorten("x" * 50_000)
    assert len(once) > MAX_MESSAGE_LENGTH
    assert not is_long(once)
    assert is_long("x" * len(once))
    assert not is_long("x" * MAX_MESSAGE_LENGTH)


def test_the_reason_is_found_in_what_is_not_kept() -> None:
    message = f"{'begin ' * 1_000}\nError: disk full\n{'bye ' * 5_000}"
    kept = keep_messages([message], ["jq"], ["failed"])
    [stored], [line] = kept.error_message, kept.telling_line
    assert stored is not None
    assert "disk full" not in stored
    assert line == "Error: disk full"
    assert stored_reason(stored, "jq", line, None).masked_line == "Error: disk full"
    assert kept.shortened == 1


def test_only_failures_have_a_reason() -> None:
    message = f"{'begin ' * 1_000}\nError: disk full\n{'bye ' * 5_000}"
    kept = keep_messages([message, message], ["jq", "jq"], ["passed", "skipped"])
    assert kept.telling_line == [None, None]
    assert kept.shortened == 2


def test_an_upload_says_how_many_messages_were_shortened() -> None:
    long = "x" * 10_001
    run = check(batch_run(results=[failed_result(error_message=m) for m in (long, "short", long)]))
    assert run.shortened_messages == 2
    assert len(run.warnings) == 2


def test_messages_that_end_at_one_length_were_truncated() -> None:
    messages = [log(start, 500) for start in range(6)] + ["Error: short", None, "x" * 130]
    assert find_truncation(messages) == 500


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [None, "", "Error: no route"],
        [log(start, 90) for start in range(6)],  # short ones
        [log(start, 400 + start) for start in range(6)],
        [log(1, 500)] * 9,  # one message, however often
        [log(start, 500) for start in range(2)],
        # One form, in which numbers differ alone.
        [f"{'Error: checksum of the archive differs ' * 4} {n:08x}" for n in range(3_000, 3_009)],
        # Few of very many.
        [log(start, 300 + start) for start in range(97)] + [log(start, 500) for start in range(3)],
    ],
)
def test_other_messages_were_not_truncated(messages: list[str | None]) -> None:
    assert find_truncation(messages) is None


def test_an_upload_warns_that_its_messages_arrive_truncated() -> None:
    results = [
        failed_result(recipe_name=f"r{start}", error_message=log(start, 500)) for start in range(5)
    ]
    run = check(batch_run(results=results))
    assert run.truncated_at == 500
    assert run.warnings[0].startswith("messages arrive truncated at 500 characters")
    assert check(batch_run(results=results[:2])).truncated_at is None


@pytest.mark.parametrize(
    ("line", "beginning"),
    [
        ("Error: cannot relocate the *", "Error: cannot relocate the"),
        ("Error: cannot relocate *: * *", "Error: cannot relocate *:"),
        ("Error: *", None),
        ("*", None),
    ],
)
def test_enough_of_a_truncated_line_is_the_beginning_of_another(
    line: str, beginning: str | None
) -> None:
    assert beginning_of(line) == beginning
