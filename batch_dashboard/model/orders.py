"""What each long table can be ordered by, its usual order first."""

from datetime import datetime

from batch_dashboard.model.sorting import SortColumn

BATCH_RUNS = (
    SortColumn("started_at", (datetime, int)),
    SortColumn("failed", (int, datetime, int)),
    SortColumn("success_rate", (float, datetime, int), largest_first=False),
    SortColumn("macos_minutes", (float, datetime, int)),
    SortColumn("linux_minutes", (float, datetime, int)),
)
# Results of a run; `id` is the order they were sent in.
RECIPE_RESULTS = (
    SortColumn("id", (int,), largest_first=False),
    SortColumn("recipe_name", (str, int), largest_first=False),
    SortColumn("duration_seconds", (float, int)),
)
RECIPES = (
    SortColumn("failure_streak", (int, str, str)),
    SortColumn("recipe_name", (str, str, str), largest_first=False),
    SortColumn("failure_rate", (float, str, str)),
    SortColumn("flakiness", (float, str, str)),
    SortColumn("failed", (int, str, str)),
    SortColumn("failed_seconds", (int, str, str)),
    SortColumn("last_seen_at", (datetime, str, str)),
)
FAILURE_GROUPS = (
    SortColumn("failed", (int, int)),
    SortColumn("first_seen_at", (datetime, int)),
    SortColumn("last_seen_at", (datetime, int)),
    SortColumn("error_category", (str, int), largest_first=False),
)
# Recipes of one failure group.
GROUP_RECIPES = (
    SortColumn("failed", (int, str, str)),
    SortColumn("recipe_name", (str, str, str), largest_first=False),
    SortColumn("first_seen_at", (datetime, str, str)),
    SortColumn("last_seen_at", (datetime, str, str)),
)
# Results of one recipe; they have no other order.
RECIPE_HISTORY = SortColumn("started_at", (datetime, int))
# Recipes of two compared runs; they have no other order.
COMPARED_RECIPES = SortColumn("recipe_name", (str, str), largest_first=False)
AUDIT = (SortColumn("at", (datetime, int)),)
INCIDENTS = (SortColumn("opened_at", (datetime, int)),)
