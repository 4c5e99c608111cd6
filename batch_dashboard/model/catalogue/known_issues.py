"""Known issues."""

from batch_dashboard.model.catalogue.fields import Field, Filter, Kind, Order, Resource
from batch_dashboard.model.failures.known_issues import KnownIssueState

OPEN, ENDED = "open", "ended"

KNOWN_ISSUES = Resource(
    "known_issues",
    "One row for each known issue: failures that are expected until a given day.",
    "By expiry, the earliest first.",
    (
        Field("id", Kind.INTEGER, "The number of the known issue in this dashboard."),
        Field(
            "state",
            Kind.WORD,
            "open while its failures are expected; passed, expired or closed after that.",
            words=tuple(KnownIssueState),
        ),
        Field(
            "ecosystem",
            Kind.TEXT,
            "The ecosystem of the recipe whose failures are expected.",
            empty="it is about a failure group",
        ),
        Field(
            "recipe_name",
            Kind.TEXT,
            "The recipe whose failures are expected.",
            empty="it is about a failure group",
        ),
        Field(
            "platform",
            Kind.TEXT,
            "The platform on which they are expected.",
            empty="every platform",
        ),
        Field(
            "failure_group_id",
            Kind.LARGE_INTEGER,
            "The failure group whose failures are expected: `id` in failure_groups.",
            empty="it is about a recipe",
        ),
        Field(
            "masked_line",
            Kind.TEXT,
            "The line that names the failure group.",
            empty="it is about a recipe, or the group was deleted",
        ),
        Field("link", Kind.TEXT, "A link to details; an empty text if there is none."),
        Field(
            "note",
            Kind.TEXT,
            "The reason why the failures are expected; an empty text if there is no note.",
        ),
        Field("expires_on", Kind.DAY, "The last UTC day on which the failures are expected."),
        Field(
            "passes_now",
            Kind.FLAG,
            "1 if it is open and the last attempt since it was added passed (of a group: of each of"
            " its recipes).",
        ),
        Field("created_at", Kind.TIME, "The time at which it was added."),
        Field("created_by", Kind.TEXT, "Who added it."),
        Field("ended_at", Kind.TIME, "The time at which it ended.", empty="it is open"),
    ),
    (Filter("state", "only known issues that are open or ended", words=(OPEN, ENDED)),),
    key=("id",),
    orders=(Order("expires_on", largest_first=False), Order("created_at")),
    file_key=("expires_on", "id"),
    has_period=False,
)
