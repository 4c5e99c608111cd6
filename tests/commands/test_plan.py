"""`plan replay` prints what the plan would have avoided in the stored history."""

from datetime import timedelta

from flask import Flask

from batch_dashboard.store.engine import Store
from tests.command_line import done, run
from tests.factories import NOW, batch_run, failed_result, ingest, recipe_result

BEGINNING = NOW - timedelta(days=20)


def store_failures(store: Store, count: int, **changes: object) -> None:
    """A run every hour in which one recipe fails for one reason."""
    for hour in range(count):
        started_at = (BEGINNING + timedelta(hours=hour)).isoformat()
        ingest(
            store,
            batch_run(
                batch_id=f"{changes.get('ecosystem', 'homebrew')}-{hour}",
                started_at=started_at,
                completed_at=None,
                results=[failed_result(**changes)],
                **{key: value for key, value in changes.items() if key == "ecosystem"},
            ),
        )


def test_it_prints_what_would_have_been_avoided(app: Flask, store: Store) -> None:
    store_failures(store, 8)
    ingest(
        store,
        batch_run(
            batch_id="fixed",
            started_at=(BEGINNING + timedelta(hours=10)).isoformat(),
            completed_at=None,
            results=[recipe_result()],
        ),
    )

    printed = done(app, "plan", "replay").splitlines()

    assert printed[1].split() == [
        "homebrew",
        "9",
        "4",
        "44.4",
        "%",
        "9",
        "4",
        "1",
        "1",
        "18",
        "h",
        "0",
        "min",
    ]
    assert (
        "Of 9 attempts 4 would have been avoided, and 4 of 9 runs would have been empty." in printed
    )
    assert "Time avoided: 50 s, known for 4 of 4 avoided attempts." in printed
    assert any(line.startswith("1 of 1 listed passes would have come later") for line in printed)


def test_parameters_replace_those_of_the_rule(app: Flask, store: Store) -> None:
    store_failures(store, 8)

    done(app, "ecosystems", "rule", "homebrew", "--plan-failures", "2")
    assert "Of 8 attempts 6 would" in done(app, "plan", "replay")
    assert "Of 8 attempts 7 would" in done(app, "plan", "replay", "--failures", "1")
    assert "Of 8 attempts 3 would" in done(app, "plan", "replay", "--base", "2h", "--cap", "2h")
    day = (BEGINNING + timedelta(days=1)).date().isoformat()
    assert "Of 0 attempts 0 would" in done(app, "plan", "replay", "--since", day)


def test_ecosystems_are_printed_one_by_one_and_together(app: Flask, store: Store) -> None:
    store_failures(store, 6)
    store_failures(store, 7, ecosystem="npm")

    printed = done(app, "plan", "replay").splitlines()
    assert [line.split()[:3] for line in printed[1:4]] == [
        ["homebrew", "6", "1"],
        ["npm", "7", "2"],
        ["all", "13", "3"],
    ]
    assert "Of 7 attempts 2 would" in done(app, "plan", "replay", "--ecosystem", "npm")


def test_mistakes_are_named(app: Flask, store: Store) -> None:
    store_failures(store, 1)

    assert "is not a number with m, h or d" in run(app, "plan", "replay", "--base", "1w").output
    assert (
        "no batch run of the ecosystem nmp"
        in run(app, "plan", "replay", "--ecosystem", "nmp").output
    )
    wrong = run(app, "plan", "replay", "--base", "8d").output
    assert "the first wait of homebrew (8 d 0 h) must not be longer than its longest wait" in wrong
