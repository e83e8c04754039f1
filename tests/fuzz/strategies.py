"""What inputs, settings and answers are made of: mostly nonsense, with the pieces that come close to making sense."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from tests.support.bad_values import ENV, INPUTS, SECRET, UNKNOWN, VARIABLES

NEARLY = [ENV, ENV.upper(), UNKNOWN, f"qov_{SECRET}", "succeed", "fail", "true", "Bearer", "eyJ.", "//", "@", ":", ""]
"""Texts that mean something somewhere."""

TEXTS = (
    st.text(max_size=20)
    | st.sampled_from(NEARLY)
    | st.lists(st.sampled_from(NEARLY) | st.text(max_size=5), max_size=4).map("".join)
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from([math.nan, -0.0, 1.0]) | TEXTS
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda items: st.lists(items, max_size=4) | st.dictionaries(TEXTS, items, max_size=4), max_leaves=12
)

OPTIONS = ["deployment_id", "force_cancel", "include_queued", "triggers", "wait_until_canceled", "timeout"]
OPTIONS += ["on_idle", "on_completed"]
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "environment_id": st.uuids().map(str),
    "environment_ids": st.lists(st.uuids().map(str), min_size=1, max_size=3),
    "project_id": st.uuids().map(str),
    "deployment_id": st.from_regex(r"[!-~]{0,200}", fullmatch=True),
    "timeout": st.floats(min_value=0, max_value=604_800, exclude_min=True),
    "triggers": st.lists(JSON, max_size=3) | st.dictionaries(TEXTS, JSON, max_size=3),
    "on_idle": st.sampled_from(["succeed", "fail"]),
    "on_completed": st.sampled_from(["succeed", "fail"]),
}
BAD = st.sampled_from([row.value for kind in INPUTS.values() for row in kind.bad if len(repr(row.value)) < 1000])
TARGETS = {
    "DeploymentCancellation": ["environment_id"],
    "RunningDeployment": ["environment_id"],
    "BulkDeploymentCancellation": ["environment_ids", "project_id"],
}
"""The inputs of which each resource needs one, and only one."""


@st.composite
def input_bags(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Draw a resource and inputs that are good but for a few."""
    resource = draw(st.sampled_from(sorted(TARGETS)))
    options = st.fixed_dictionaries({}, optional={name: GOOD.get(name, st.booleans()) for name in OPTIONS})
    target = draw(st.sampled_from(TARGETS[resource]))
    strange = st.dictionaries(st.sampled_from([*OPTIONS, *TARGETS[resource]]) | TEXTS, BAD | JSON, max_size=2)
    return resource, {target: draw(GOOD[target]), **draw(options), **draw(strange)}


SCHEMES = st.sampled_from(["https://"] * 4 + ["http://", "HTTPS://", "ftp://", "//", ""]) | TEXTS
HOSTS = ["localhost", "127.0.0.1", "[::1]", "[", "]", "::1", "a", "xn--", "-", "_", ".", "%2e", "0x7f", "255", "\uff41"]
ENDS = ["/", "//", "?", "#", "@", "%", "%2f", "\\", " ", ":0", ":443", ":65536", ":", "\n", "a"]
URLS = st.tuples(
    SCHEMES,
    st.lists(st.sampled_from(HOSTS) | TEXTS, max_size=4).map("".join),
    st.lists(st.sampled_from(ENDS) | TEXTS, max_size=3).map("".join),
).map("".join)
STACKS = st.fixed_dictionaries(
    {},
    optional={
        "qovery:apiUrl": URLS | JSON,
        "qovery:apiToken": st.sampled_from(NEARLY) | JSON,
        "qovery:authScheme": st.sampled_from(["Bearer", "token"]) | JSON,
        "qovery:previewStatus": st.sampled_from(["true", "FALSE", True]) | JSON,
    },
)
ENVIRONMENTS = st.dictionaries(st.sampled_from(sorted(VARIABLES)), URLS | TEXTS, max_size=2)

WORDS = st.sampled_from([ENV, "BUILDING", "CANCELED", "x" * 200, "x" * 201]) | TEXTS
NOTES = WORDS | SCALARS
STATUSES = st.fixed_dictionaries(
    {"id": st.just(ENV) | NOTES, "state": WORDS, "last_deployment_state": WORDS},
    optional={
        "last_deployment_date": NOTES,
        "last_deployment_id": WORDS | st.none(),
        "total_deployment_duration_in_seconds": SCALARS,
        "origin": NOTES,
        "triggered_by": NOTES,
        "deployment_status": NOTES,
    },
)
RECORDS = st.fixed_dictionaries(
    {"identifier": st.fixed_dictionaries({"execution_id": WORDS}), "status": WORDS}, optional={"action_status": NOTES}
)
REQUESTS = st.fixed_dictionaries(
    {"identifier": st.fixed_dictionaries({"deployment_request_id": WORDS})},
    optional={"auditing_data": st.fixed_dictionaries({"triggered_by": NOTES}) | JSON},
)
REFUSALS = st.dictionaries(st.sampled_from(["status", "detail", "error", "message", "path"]), NOTES, max_size=3)
RESULTS = st.lists(STATUSES, max_size=3) | st.lists(RECORDS, max_size=3) | st.lists(REQUESTS, max_size=3)
ANSWERS: st.SearchStrategy[Any] = st.one_of(
    STATUSES,
    st.fixed_dictionaries({"results": RESULTS}),
    st.fixed_dictionaries({"project": st.fixed_dictionaries({"id": NOTES})}),
    REFUSALS,
    st.fixed_dictionaries({"results": JSON}),
    JSON,
)
"""Qovery's possible responses, in all its formats and in none."""

HEADERS = st.dictionaries(
    st.sampled_from(
        ["Content-Type", "Content-Encoding", "Content-Length", "Retry-After", "Location", "Set-Cookie"]
        + [f"X-RateLimit-{name}" for name in ("Limit", "Remaining", "Reset")]
    ),
    st.sampled_from(["gzip", "deflate", "br", "gzip, gzip", "0", "-1", "1e400", "nan", "Wed, 25 Nov 2026 10:00:00 GMT"])
    | st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
    max_size=5,
)
