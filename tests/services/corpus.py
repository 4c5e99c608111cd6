"""The corpus of a real project; it lies beside the project where it is developed."""

import pytest

from batch_dashboard.settings import PROJECT_ROOT

CORPUS = PROJECT_ROOT.parent / "shared" / "corpus" / "tsuku-early.ndjson.gz"
needs_corpus = pytest.mark.skipif(
    not CORPUS.exists(), reason="the corpus is not beside the project"
)
