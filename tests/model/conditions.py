"""What a schedule is made of: what people declared, what the environments do, who interferes, and how the net is.

Everything is read from tapes; the numbers are chosen so that ends, status reads and cancels often fall together.
"""

from __future__ import annotations

from dataclasses import dataclass

from qovery_provider._cancellation.model import CancellationRequest, Tolerance
from qovery_provider.simulator import Behavior, Environment, Plan, World
from tests.model.tape import Tape
from tests.support.time import Trip, VirtualTime

START = 1_000_000.0
"""When the first run begins."""

LENGTHS = (30.0, 3.0, 10.0, 0.5, 120.0, 60.0, 2000.0, 5.0)
COURSES = (("BUILDING", "DEPLOYING"), ("DEPLOYING",), ("DEPLOYMENT_QUEUED", "RESTARTING"), ("STOPPING", "REHEARSING"))
ENDS = ("DEPLOYED", "DEPLOYED", "DEPLOYMENT_ERROR", "STOPPED", "READY", "BUILD_ERROR", "DELETED", "PARKED")
SAFE_POINTS = (2.0, 0.0, 0.3, 5.0, 60.0, 11.0, None)
VISIBLE = (0.0, 0.0, 0.7, 4.0, 6.0, 30.0, None)
AGES = (5.0, 0.0, 1.0, 2.0, 29.5)
MOMENTS = (0.0, 0.5, 1.2, 2.0, 3.0, 5.0, 5.5, 10.0, 30.0, 30.5, 60.0, 100.0)
TIMEOUTS = (600.0, 60.0, 600.0, 5.0, 30.0, 0.4, 12.0, 1800.0, 7200.0, 1.0)
NAMELESS = (*(frozenset[str](),) * 9, frozenset({"last_deployment_id"}))
INTERFERENCES = ("cancel", "force", "enqueue", "enqueue", "unqueue", "remove", "conflicts", "silence")


@dataclass(frozen=True, slots=True)
class Weather:
    """How the net and the API are on that day.

    Attributes:
        faults: How many calls in sixteen fail.
        trips: What ways the calls may take; empty when all are instant.
        stale: How many status reads in sixteen show the past.
        staleness: How far back, in seconds.
        unavailable: How many statuses in sixteen could not be computed.
        nameless: How many answers in sixteen leave out the deployment's id.
        history_lag: How late the history learns of things, in seconds.
        expires: From when on the token is refused.
        limited: From when until when the rate limit is used up.
        scarce: How many requests are left of the rate limit, as every answer says; 0 when it says nothing of it.
        concurrent: How many calls may be on the wire side by side.
    """

    faults: int
    trips: tuple[Trip, ...]
    stale: int
    staleness: float
    nameless: int
    unavailable: int
    history_lag: float
    expires: float
    limited: tuple[float, float]
    scarce: int
    concurrent: int


QUICK = (Trip(0.1, 0.1), Trip(0.0, 0.3), Trip(0.4, 0.0), Trip(0.0, 0.1, before=0.4))
SLOW = (*QUICK, Trip(1.0, 1.0), Trip(5.0, 0.1), Trip(0.1, 5.0), Trip(12.0, 12.0), Trip(0.1, 0.1, before=4.0))
HANGING = (*SLOW, Trip(0.1, 600.0), Trip(70.0, 0.0), Trip(20.0, 50.0), Trip(0.1, 0.1, before=68.0))


def weather(tape: Tape) -> Weather:
    """Read the day's weather."""
    return Weather(
        faults=tape.pick((0, 0, 1, 1, 2, 4)),
        trips=tape.pick(((), (), QUICK, SLOW, HANGING)),
        stale=tape.pick((0, 0, 0, 0, 2, 6)),
        staleness=tape.pick((1.0, 3.0, 10.0)),
        nameless=tape.pick((0, 0, 0, 0, 3, 8)),
        unavailable=tape.pick((0, 0, 0, 1, 0, 5)),
        history_lag=tape.pick((0.0, 0.0, 0.0, 1.0, 3.0, 10.0)),
        expires=START + tape.pick((1e9,) * 40 + (0.0, 0.4, 3.0, 40.0)),
        limited=tape.pick(
            ((0.0, 0.0),) * 40 + ((START, START + 3), (START + 1, START + 50), (START + 2, START + 3000))
        ),
        scarce=tape.pick((0, 0, 0, 150, 0, 20)),
        concurrent=tape.pick((64, 64, 64, 2, 64, 1)),
    )


def plan(tape: Tape) -> Plan:
    """Read what a deployment will do."""
    seconds = tape.pick(LENGTHS)
    return Plan(
        phases=tuple((state, seconds) for state in tape.pick(COURSES)),
        end_state=tape.pick(ENDS),
        cancel_delay=tape.pick(SAFE_POINTS),
        force_cancel_delay=tape.pick((None, 0.0, 1.0)),
        canceling_visible_after=tape.pick(VISIBLE),
        triggered_by=tape.pick(("ann@example.com", "bob@example.com")),
    )


def environment(tape: Tape, world: World, time: VirtualTime, project_id: str | None = None) -> Environment:
    """Read an environment: what ran in it, what runs, what waits."""
    place = world.add_environment(project_id=project_id)
    for number in range(tape.pick((1, 0, 2))):
        time.now = START - 9000 + 1000 * number
        place.deploy(Plan.of("DEPLOY", seconds=5))
        if tape.happens(4):
            place.cancel()
    time.now = START - tape.pick(AGES)
    if not tape.happens(1):
        place.deploy(plan(tape))
    for _ in range(tape.pick((0, 1, 0, 2, 3))):
        place.enqueue(plan(tape))
    time.now = START
    nameless = tape.pick(NAMELESS)
    place.behavior = Behavior(
        conflict_when_canceling=tape.pick((False, True)),
        start_delay=tape.pick((0.0, 0.0, 0.0, 2.0)),
        gap=tape.pick((0.0, 0.0, 0.6, 3.0)),
        merge_queued=tape.happens(2),
        null_fields=nameless,
        omitted_fields=nameless if tape.happens(8) else frozenset(),
    )
    return place


def request(tape: Tape, place: Environment, timeout: float) -> CancellationRequest:
    """Read what a user declared for an environment."""
    latest = place.latest
    running = latest.id if latest else "none"
    following = f"{place.id}-{len(place.deployments) + 1}"
    tolerances: tuple[Tolerance, Tolerance] = ("succeed", "fail")
    return CancellationRequest(
        environment_id=place.id,
        deployment_id=tape.pick((None, running) * 5 + (f"{place.id}-1", following, "")),
        force_cancel=tape.pick((False, True)),
        include_queued=tape.happens(5),
        wait_for_start=tape.pick((0.0, 0.0, 0.0, 3.0, 0.0, 20.0)),
        wait_until_canceled=not tape.happens(3),
        timeout=timeout,
        on_idle=tape.pick(tolerances),
        on_completed=tape.pick(tolerances),
    )
