"""Messages that say the same are one group; others are not."""

import gzip
import json
import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_dashboard.model.failures.failure_groups import (
    MAX_LINE_LENGTH,
    NO_ERROR_LINE,
    OMISSION,
    failure_group_id,
    find_reason,
    plain_text,
    reason_of_line,
)
from batch_dashboard.model.failures.reasons.kinds import judge
from batch_dashboard.settings import PROJECT_ROOT
from tests.model.failures.reason_cases import FAMILIES, RECIPE, Family

CORPUS = PROJECT_ROOT.parent / "shared" / "corpus" / "tsuku-early.ndjson.gz"

GROUP_OF_RECORD = 2906763524322682525


def masked_line(message: str | None, recipe_name: str) -> str:
    return find_reason(message, recipe_name).masked_line


@pytest.mark.parametrize(
    ("message", "line", "detail"),
    [
        (None, "", ""),
        ("", "", ""),
        ("\n \n", "", ""),
        ("one\ntwo\n", NO_ERROR_LINE, "two"),
        ("Error: first\nnext steps\n", "Error: first", ""),
        ("error: early\n" + "step\n" * 9 + "  ✗ Failed to link\nbye", "Failed to link", ""),
        ("no errors were found\nlast", NO_ERROR_LINE, "last"),
    ],
)
def test_the_reason_is_the_last_error_or_the_lack_of_one(
    message: str | None, line: str, detail: str
) -> None:
    reason = find_reason(message, "jq")
    assert (reason.line, reason.detail) == (line, detail)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Error: got 404 from https://a.org/x", "Error: got 404 from http://b.net/y?z=1"),
        ("Error: no file /tmp/a-123/bin", "Error: no file /var/b/c"),
        ("Error: package 'wget' is too old", "Error: package 'sharkdp/bat' is too old"),
        ("Error: version v1.2.3-rc1 is bad", "Error: version 10.0 is bad"),
        ("Error: digest 9f86d081884c7d65 differs", "Error: digest deadbeef00 differs"),
        ("Error: at 0x7ffe line 3", "Error: at 0x00aa line 124"),
        (
            "Error: id 123e4567-e89b-12d3-a456-426614174000",
            "Error: id 00000000-0000-4000-8000-000000000000",
        ),
    ],
)
def test_what_differs_between_occurrences_is_masked(one: str, other: str) -> None:
    assert masked_line(one, "jq") == masked_line(other, "jq") != ""


def test_the_recipes_own_name_is_masked_as_a_word() -> None:
    assert (
        masked_line("Error: jq failed, jquery did not", "jq") == "Error: * failed, jquery did not"
    )


def test_different_failures_stay_apart() -> None:
    assert masked_line("Error: no space left", "jq") != masked_line("Error: no such host", "jq")


def test_the_number_of_a_group_never_changes() -> None:
    # Stored by every installation: another number would split every group in two.
    assert failure_group_id("Error: * failed") == GROUP_OF_RECORD


def test_a_result_without_message_has_an_empty_line() -> None:
    assert masked_line(None, "jq") == ""


# Each is repeated up to a million characters.
HOSTILE = [
    *(
        "a",
        "a\n",
        "\n",
        " ",
        "error\n",
        "error:\n",
        "Traceback (most recent call last):\n",
        "E   x\n",
    ),
    *(
        "'",
        "'a",
        " 'a",
        "'\"`‘“",
        "/a",
        "C:\\a b",
        "a.",
        "a-",
        "a-1.",
        "1:",
        "1a",
        "1.1-a",
        "*,",
        "((",
    ),
    *(
        "\x1b[",
        "\x1b[31m",
        "a\r",
        "\r",
        "not found: cannot find ",
        "failed 1 failed ",
        "a.b.CError: x\n",
    ),
    *(
        "2026-01-01T00:00:00Z ",
        "::error a",
        "a@b.",
        "Mon Jan 1 ",
        "1s 1m ",
        " -x",
        "#",
        "[1/",
        "jq ",
        "jq",
    ),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_work_grows_with_the_length_of_a_message_and_no_faster(text: str) -> None:
    # Work that grew with the square of the length would take hours.
    for message in (f"Error: x {text * (1_000_000 // len(text))}", text * (1_000_000 // len(text))):
        assert len(find_reason(message, "jq").masked_line) <= MAX_LINE_LENGTH


def test_few_of_many_error_lines_are_judged() -> None:
    judge.cache_clear()
    message = "\n".join(f"error: x{number}" for number in range(1_000))
    find_reason(message, "jq")
    assert judge.cache_info().misses <= len(message) / 200 + 1


def test_no_expression_is_compiled_for_a_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    def compile_nothing(*_: object) -> None:
        raise AssertionError("an expression was compiled")

    monkeypatch.setattr(re, "_compile", compile_nothing)
    for number in range(100):
        name = f"{'long-name-' * 40}{number}"
        assert find_reason(f"Error: {name} 'a 'b 'c", name).masked_line == "Error: * 'a 'b 'c"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("\x1b[1;91mError\x1b[0m: linker failed", "Error: linker failed"),
        ("\x1b]8;;https://a.org\x1b\\log\x1b]8;;\x07 and \x1b(Btext\x1b[K", "log and text"),
        ("10 %\r55 %\rError: no space left", "Error: no space left"),
        ("one\r\ntwo\r\r\nthree\r", "one\ntwo\nthree"),
        ("a\tb\x07\x00c\x85\u202ed", "a\tbcd"),
        ("\x1b[3", ""),
    ],
)
def test_plain_text_is_what_a_terminal_would_show(message: str, text: str) -> None:
    assert plain_text(message) == text


@given(st.text(st.sampled_from("ab \n\t\r\x1b[]0;m\\\x07\x9b\x9c") | st.characters(), max_size=60))
def test_plain_text_of_plain_text_is_the_same(message: str) -> None:
    text = plain_text(message)
    assert plain_text(text) == text
    assert all(sign.isprintable() or sign in "\n\t" or sign > "\x9f" for sign in text)


# Words and blanks of all messages, so that prefixes, traces and errors follow in any order.
PARTS = sorted({part for family in FAMILIES for part in re.findall(r"\S+|\s+", family.message)})


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=40), st.sampled_from(PARTS))
def test_parts_of_messages_in_any_order_have_a_reason(parts: list[str], recipe_name: str) -> None:
    reason = find_reason("".join(parts), recipe_name)
    assert "\n" not in reason.line
    assert len(reason.masked_line) <= MAX_LINE_LENGTH


@given(st.text(max_size=300), st.text(min_size=1, max_size=20))
def test_any_text_is_masked_to_one_line(message: str, recipe_name: str) -> None:
    line = masked_line(message, recipe_name)
    assert line == " ".join(line.split())
    assert len(line) <= MAX_LINE_LENGTH


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Cut off by the client, at another letter.
        ("Step 2/4: extract\nRelocating placehold...", "Step 2/4: extract\nRelocating placeh..."),
        ("Failed to run ./install.sh --p...", "Failed to run ./install.sh --pr…"),
        ("checking for fmt\nchec...", "checking for fmt\ncheckin..."),
        # The item of a list that says what an error line announces.
        (
            "Error: validation failed for 'jq':\n  - steps: step 3: not supported",
            "Error: validation failed for 'wget':\n  - steps: step 4: not supported\n  - more",
        ),
    ],
)
def test_what_says_the_same_is_one_group(one: str, other: str) -> None:
    assert masked_line(one, "jq") == masked_line(other, "wget")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Error: validation failed:\n  - homepage: must start with https://",
            "Error: validation failed:\n  - steps: step 3: not supported",
        ),
        ("Failed to move placehold...", "Failed to extract placehold..."),
        # Not cut: the ellipsis stands in another line.
        ("Error: no host\nwaiting ...", "Error: no route\nwaiting ..."),
        ("Error: recipe gmp not found", "Error: recipe isl not found"),
    ],
)
def test_what_says_something_else_is_another_group(one: str, other: str) -> None:
    assert masked_line(one, "jq") != masked_line(other, "jq")


@pytest.mark.parametrize(
    ("message", "masked", "is_truncated"),
    [
        ("Error: rate limit reac...", "Error: rate limit *", True),
        ("Error: cannot open /tmp/x/y and go...", "Error: cannot open * and *", True),
        ("Error: cannot read 'C:\\Program Fil…", "Error: cannot read *", True),
        ("Error:\n  the disk is fu...", "Error: the disk is *", True),
        # A complete error is the reason, whatever was cut off below it.
        ("Error: no such host\n" + "x\n" * 9 + "Error: giving u...", "Error: no such host", False),
        ("Error: no such host\nwaiting for th...", "Error: no such host", False),
        # Nothing is left of a word that is unfinished.
        ("Error...", NO_ERROR_LINE, False),
    ],
)
def test_a_message_that_was_cut_off(message: str, masked: str, is_truncated: bool) -> None:
    reason = find_reason(message, "jq")
    assert (reason.masked_line, reason.is_truncated) == (masked, is_truncated)


def test_a_message_of_the_length_at_which_the_client_cuts_is_cut_off() -> None:
    message = "Error: rate limit reac"
    assert (
        find_reason(message, "jq", truncated_at=len(message)).masked_line == "Error: rate limit *"
    )
    assert find_reason(message, "jq", truncated_at=500).masked_line == message


def test_the_lines_at_an_omission_are_cut_off() -> None:
    omission = OMISSION.format(count=12_345)
    assert find_reason(f"Error: rate lim\n{omission}\n was reached: error\nbye", "jq") == (
        "Error: rate lim",
        "Error: rate *",
        "",
        True,
    )
    complete = find_reason(f"Error: rate lim\n{omission}\nrror: x\nError: no such host", "jq")
    assert complete.masked_line == "Error: no such host"


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_line_that_was_kept_has_the_group_of_its_message(family: Family) -> None:
    reason = find_reason(family.message, RECIPE)
    assert reason_of_line(reason.line, RECIPE).masked_line == reason.masked_line


@pytest.mark.skipif(not CORPUS.is_file(), reason=f"the corpus is not at {CORPUS}")
def test_the_groups_of_a_real_collection() -> None:
    groups: Counter[str] = Counter()
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        for line in lines:
            for result in json.loads(line)["results"]:
                if result["result"] == "failed":
                    masked = masked_line(result.get("error_message"), result["recipe_name"])
                    groups[masked] += 1
    assert groups.total() == 1_209
    assert len(groups) == 73
    assert [count for _, count in groups.most_common(6)] == [518, 143, 105, 99, 81, 40]


def test_what_the_machine_ran_out_of_is_the_cause_of_other_errors() -> None:
    above = "main.c:3:4: error: expected expression\n"
    for cause in (
        "Error: Build failed: disk full",
        "tar: out.log: Cannot write: No space left on device",
        "c++: fatal error: Killed signal terminated program cc1plus",
    ):
        assert find_reason(f"{above}{cause}\nmake: *** [all] Error 2", "jq").line == cause
