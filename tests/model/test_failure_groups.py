"""Messages that say the same are one group; others are not."""

import gzip
import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_dashboard.model.failure_groups import (
    MASK,
    MASKED,
    MASKED_WITHOUT_SLASH,
    MAX_LINE_LENGTH,
    failure_group_id,
    find_reason,
    plain_text,
)
from batch_dashboard.settings import PROJECT_ROOT

CORPUS = PROJECT_ROOT.parent / "shared" / "corpus" / "tsuku-early.ndjson.gz"

GROUP_OF_RECORD = 2906763524322682525


def masked_line(message: str | None, recipe_name: str) -> str:
    return find_reason(message, recipe_name).masked_line


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("", ""),
        ("\n \n", ""),
        ("one\ntwo\n", "two"),
        ("Error: first\nnext steps\n", "Error: first"),
        ("error: early\n  ✗ Failed to link\nbye", "✗ Failed to link"),
        ("errors were found\nlast", "last"),
    ],
)
def test_the_telling_line_is_the_last_that_begins_with_an_error_word(
    message: str, line: str
) -> None:
    assert find_reason(message, "jq").line == line


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Error: got 404 from https://a.org/x", "Error: got 500 from http://b.net/y?z=1"),
        ("Error: no file /tmp/a-123/bin", "Error: no file /var/b/c"),
        ("Error: package 'wget' not found", "Error: package 'sharkdp/bat' not found"),
        ("Error: version v1.2.3-rc1 is bad", "Error: version 10.0 is bad"),
        ("Error: digest 9f86d081884c7d65 differs", "Error: digest deadbeef00 differs"),
        ("Error: at 0x7ffe exit 3", "Error: at 0x00aa exit 124"),
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


@pytest.mark.parametrize(
    "hostile",
    [
        "1.1" + "a" * 5_000 + "_",
        "a." * 3_000,
        "a-" * 3_000 + "/",
        "'" * 5_000,
        "a" * 9_000,
        "*," * 4_000,
    ],
)
def test_a_hostile_line_takes_no_longer_than_its_length(hostile: str) -> None:
    # A pattern that backtracks would not come back in any reasonable time.
    assert masked_line(f"Error: {hostile}", "jq").startswith("Error: ")


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


@given(st.text(max_size=300), st.text(min_size=1, max_size=20))
def test_any_text_is_masked_to_one_line(message: str, recipe_name: str) -> None:
    line = masked_line(message, recipe_name)
    assert line == " ".join(line.split())
    assert len(line) <= MAX_LINE_LENGTH


@given(
    line=st.text(
        st.sampled_from("abcdefvx0123456789.-+@~'\"`“” :*’é#(")
        | st.characters(exclude_characters="/\\"),
        max_size=80,
    )
)
def test_a_line_without_a_slash_is_masked_the_same_by_fewer_alternatives(line: str) -> None:
    assert MASKED_WITHOUT_SLASH.sub(MASK, line) == MASKED.sub(MASK, line)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Cut off by the client, at another letter.
        ("Step 2/4: extract\nRelocating placehold...", "Step 2/4: extract\nRelocating placeh..."),
        ("Running: ./install.sh --p...", "Running: ./install.sh --pr…"),
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
        ("Relocating placehold...", "Extracting placehold..."),
        # Not cut: the ellipsis stands in another line.
        ("Error: exit status 1\nwaiting ...", "Error: no route\nwaiting ..."),
        ("Error: recipe gmp not found", "Error: recipe isl not found"),
    ],
)
def test_what_says_something_else_is_another_group(one: str, other: str) -> None:
    assert masked_line(one, "jq") != masked_line(other, "jq")


def test_an_unfinished_word_is_masked_and_alone_gives_way_to_the_line_above() -> None:
    assert masked_line("Format: tar\nStrip dirs: now\nfoo...", "jq") == "Strip dirs: now"
    assert masked_line("unfini...", "jq") == "*"
    assert masked_line("Error: rate limit reac...", "jq") == "Error: rate limit *"


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
    assert len(groups) == 95
    assert [count for _, count in groups.most_common(6)] == [120, 116, 108, 99, 96, 89]
