"""What `make up` runs: `pulumi up` of the root project, on the simulator or, given a token, on Qovery.

With `--yaml`, as `make up-yaml` has it, the project is `examples/yaml`, which the provider plugin serves.

Each run starts from an empty stack, so each run cancels again. All that Pulumi keeps stays below `.make/up`, also where
the user is logged in to another backend. On the simulator, the result is checked against the simulator's own record:
one deployment canceled by one request, and the next in the queue untouched, or the run fails.
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
FOLDER = ROOT / ".make/up"
TOKENS = ("QOVERY_API_TOKEN", "QOVERY_CLI_ACCESS_TOKEN", "Q_CLI_ACCESS_TOKEN")
SIMULATOR_OPTIONS = ("--running", "600", "--queued", "1", "--cancel-delay", "2")
START_TIMEOUT = 10
"""Seconds for the queued deployment to start."""


def main() -> None:
    # While Pulumi runs, an interrupt is Pulumi's to handle: it finishes what is in progress, and this process goes on.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Terminated."))
    run(os.environ, yaml_project() if "--yaml" in sys.argv else ROOT)


def yaml_project() -> Path:
    """A copy of the example in YAML, with a copy of the plugin that runs with this Python."""
    project = ROOT / ".make/yaml"
    shutil.rmtree(project, ignore_errors=True)
    for name, folder in (("examples/yaml", "project"), ("plugin", "plugin")):
        shutil.copytree(ROOT / name, project / folder, ignore=shutil.ignore_patterns("venv", "__pycache__"))
    replace(project / "project/Pulumi.yaml", "../../plugin", "../plugin")
    replace(project / "plugin/PulumiPlugin.yaml", "virtualenv: venv", f"virtualenv: {sys.prefix}")
    return project / "project"


def replace(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


def run(variables: Mapping[str, str], project: Path = ROOT) -> None:
    """Cancels on Qovery where the environment variables name a token and an environment, else on the simulator."""
    token = next((name for name in TOKENS if variables.get(name)), None)
    environment = variables.get("ENVIRONMENT_ID")
    if token and environment:
        up_on_qovery(environment, token, project)
    elif token:
        sys.exit(f"{token} is set: set ENVIRONMENT_ID, too, to the environment whose deployment is to be canceled.")
    elif environment:
        sys.exit("ENVIRONMENT_ID is set: set QOVERY_API_TOKEN, too, or unset ENVIRONMENT_ID to run on the simulator.")
    else:
        up_on_the_simulator(project)


def say(text: str) -> None:
    print(f"\n{text}", flush=True)


def up_on_qovery(environment: str, token: str, project: Path) -> None:
    say(f"Canceling the running deployment of environment {environment} on Qovery, with the token from {token}.")
    up("qovery", environment, {}, project)


def up_on_the_simulator(project: Path) -> None:
    say("No Qovery token is set: starting a simulator with one deployment in progress and one queued behind it.")
    with simulator() as qovery:
        (environment,) = qovery["environment_ids"]
        running = qovery["running"][environment]
        say(f"Deployment {running} is running in environment {environment}. Canceling it:")
        outputs = up("simulator", environment, variables_for(qovery), project)
        deployments = deployments_after_start(qovery["url"], environment)
    say(confirmation(outputs, running, deployments))


def variables_for(qovery: Mapping[str, Any]) -> dict[str, str]:
    """The environment variables that lead the resource to the simulator, and past any proxy."""
    direct = dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1")
    return {"QOVERY_API_URL": qovery["url"], "QOVERY_API_TOKEN": qovery["token"], **direct}


# The simulator


@contextlib.contextmanager
def simulator() -> Iterator[dict[str, Any]]:
    """A simulator in a process of its own, which ends with this one, also when this one is killed."""
    command = [sys.executable, "-m", "qovery_provider.simulator", "--exit-with-stdin", *SIMULATOR_OPTIONS]
    command += ["--environment", str(uuid.uuid4())]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        line = process.stdout.readline() if process.stdout else b""
        if not line:
            sys.exit("The simulator did not start.")
        yield json.loads(line)


def deployments_after_start(url: str, environment: str) -> list[dict[str, Any]]:
    """The environment's deployments as the simulator knows them, once the queued one has started or should have."""
    deadline = time.monotonic() + START_TIMEOUT
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


def confirmation(outputs: Mapping[str, Any], running: str, deployments: list[dict[str, Any]]) -> str:
    """What the simulator's record says of both deployments; ends the run if one of them is not as promised."""
    target, *later = deployments
    deployment = outputs.get("deployment_id", outputs.get("deploymentId"))
    actual = (outputs.get("outcome"), deployment, target["state"], len(target["cancels"]))
    expected = ("canceled", running, "CANCELED", 1)
    if actual != expected:
        sys.exit(f"Outcome, deployment, its state and its cancels should be {expected}, but are {actual}.")
    if not later or later[0]["cancels"] or later[0]["ended_at"]:
        sys.exit(f"The queued deployment should have started and run on untouched: {later}.")
    following = later[0]
    return (
        f"The simulator confirms: deployment {running}: CANCELED by 1 request; "
        f"deployment {following['id']}, queued behind it: {following['state']}, untouched."
    )


# Pulumi


def up(stack: str, environment: str, variables: Mapping[str, str], project: Path) -> dict[str, Any]:
    """Makes an empty stack, brings it up, and returns its outputs."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "state").mkdir(parents=True)
    settings = {
        **os.environ,
        **variables,
        "PULUMI_BACKEND_URL": (FOLDER / "state").as_uri(),
        "PULUMI_HOME": str(FOLDER / "home"),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_PYTHON_CMD": sys.executable,  # what runs a language host where the project has no Python of its own
    }
    config = FOLDER / "config.yaml"
    pulumi("stack", "init", stack, settings=settings, project=project)
    (project / f"Pulumi.{stack}.yaml").replace(config)
    options = ("--config-file", str(config), "--config", f"environmentId={environment}")
    pulumi("up", "--yes", *options, settings=settings, project=project)
    answer = subprocess.check_output(["pulumi", "stack", "output", "--json"], cwd=project, env=settings)
    outputs: dict[str, Any] = json.loads(answer)
    return outputs


def pulumi(*arguments: str, settings: Mapping[str, str], project: Path) -> None:
    code = subprocess.call(["pulumi", *arguments], cwd=project, env=settings, stdin=subprocess.DEVNULL)
    if code:
        sys.exit(f"`pulumi {' '.join(arguments[:2])}` failed with code {code}; its messages are above.")


if __name__ == "__main__":
    main()
