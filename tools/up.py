"""What `make up` runs: `pulumi up` of the root project, on the simulator or, given a token, on Qovery.

Each run starts from an empty stack, so each run cancels again. All that Pulumi keeps stays below `.make/up`, whatever
backend its user is logged in to. On the simulator, the last word is not the resource's but the simulator's own: one
deployment canceled by one request, and the next in the queue untouched, or the run fails.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
KEPT = ROOT / ".make/up"
TOKENS = ("QOVERY_API_TOKEN", "QOVERY_CLI_ACCESS_TOKEN", "Q_CLI_ACCESS_TOKEN")
SIMULATION = ("--running", "600", "--queued", "1", "--cancel-delay", "2")
SECONDS_FOR_THE_NEXT = 10


def main() -> None:
    # While Pulumi runs, an interrupt is Pulumi's to answer: it ends what is under way, and then we go on.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Terminated."))
    token = next((name for name in TOKENS if os.environ.get(name)), None)
    environment = os.environ.get("ENVIRONMENT_ID")
    if token and environment:
        up_on_qovery(environment, token)
    elif token:
        sys.exit(f"{token} is set: set ENVIRONMENT_ID, too, to the environment whose deployment is to be canceled.")
    elif environment:
        sys.exit("ENVIRONMENT_ID is set: set QOVERY_API_TOKEN, too, or neither, to run on the simulator.")
    else:
        up_on_the_simulator()


def say(text: str) -> None:
    print(f"\n{text}", flush=True)


def up_on_qovery(environment: str, token: str) -> None:
    say(f"Canceling what runs in environment {environment} on Qovery, with the token of {token}.")
    up("qovery", environment, {})


def up_on_the_simulator() -> None:
    say("No Qovery token is set: starting a simulator with one deployment under way and one queued behind it.")
    with simulator() as qovery:
        (environment,) = qovery["environment_ids"]
        running = qovery["running"][environment]
        say(f"Deployment {running} runs in environment {environment}. Canceling it:")
        outputs = up("simulator", environment, surroundings(qovery))
        untouched = settled(qovery["url"], environment)
    say(verdict(outputs, running, untouched))


def surroundings(qovery: Mapping[str, Any]) -> dict[str, str]:
    """The environment variables that lead the resource to the simulator, and past any proxy."""
    direct = dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1")
    return {"QOVERY_API_URL": qovery["url"], "QOVERY_API_TOKEN": qovery["token"], **direct}


# The simulator


@contextlib.contextmanager
def simulator() -> Iterator[dict[str, Any]]:
    """A simulator in a process of its own, which ends with this one, however this one ends."""
    command = [sys.executable, "-m", "qovery_provider.simulator", "--exit-with-stdin", *SIMULATION]
    command += ["--environment", str(uuid.uuid4())]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        introduction = process.stdout.readline() if process.stdout else b""
        if not introduction:
            sys.exit("The simulator did not start.")
        yield json.loads(introduction)


def settled(url: str, environment: str) -> list[dict[str, Any]]:
    """The environment's deployments as the simulator knows them, once the queued one has had the time to start."""
    deadline = time.monotonic() + SECONDS_FOR_THE_NEXT
    while True:
        deployments = truth(url)["environments"][environment]["deployments"]
        if len(deployments) > 1 or time.monotonic() > deadline:
            return list(deployments)
        time.sleep(0.1)


def truth(url: str) -> dict[str, Any]:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"{url}/_simulator/world", timeout=10) as answer:
        world: dict[str, Any] = json.load(answer)
    return world


def verdict(outputs: Mapping[str, Any], running: str, deployments: list[dict[str, Any]]) -> str:
    """What the simulator says of both deployments; ends the run if that is not what was promised."""
    target, *later = deployments
    told = (outputs.get("outcome"), outputs.get("deployment_id"), target["state"], len(target["cancels"]))
    if told != ("canceled", running, "CANCELED", 1):
        sys.exit(f"This is not what was to happen: {told}.")
    if not later or later[0]["cancels"] or later[0]["ended_at"]:
        sys.exit(f"The queued deployment was to go on untouched: {later}.")
    following = later[0]
    return (
        f"The simulator confirms: deployment {running}: CANCELED by 1 request; "
        f"deployment {following['id']}, queued behind it: {following['state']}, untouched."
    )


# Pulumi


def up(stack: str, environment: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """Makes an empty stack, brings it up, and gives its outputs."""
    shutil.rmtree(KEPT, ignore_errors=True)
    (KEPT / "state").mkdir(parents=True)
    settings = {
        **os.environ,
        **variables,
        "PULUMI_BACKEND_URL": (KEPT / "state").as_uri(),
        "PULUMI_HOME": str(KEPT / "home"),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    config = KEPT / "config.yaml"
    pulumi("stack", "init", stack, settings=settings)
    (ROOT / f"Pulumi.{stack}.yaml").replace(config)
    pulumi("up", "--yes", "--config-file", str(config), "--config", f"environmentId={environment}", settings=settings)
    answer = subprocess.check_output(["pulumi", "stack", "output", "--json"], cwd=ROOT, env=settings)
    outputs: dict[str, Any] = json.loads(answer)
    return outputs


def pulumi(*arguments: str, settings: Mapping[str, str]) -> None:
    code = subprocess.call(["pulumi", *arguments], cwd=ROOT, env=settings, stdin=subprocess.DEVNULL)
    if code:
        sys.exit(f"`pulumi {' '.join(arguments[:2])}` failed with code {code}; what it said is above.")


if __name__ == "__main__":
    main()
