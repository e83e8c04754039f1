"""Every example runs on the real engine, does what it is for, and its README shows what a real run prints."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from docs.generate import readme_outputs as readme
from qovery_provider.simulator import QoverySimulator
from tests.examples.worlds import PREVIEW, PRODUCTION, STAGING, WORLDS, backend, simulated
from tests.support.sdk import SDK
from tests.support.stack import Stack, engine_folder

ROOT = Path(__file__).parents[2]

MOST_LINES = 40

Told = dict[str, list[tuple[str, int]]]
"""By environment, each deployment that started: its state, and how many cancels it was sent."""

TRUTH: dict[str, Told] = {
    "01-minimal": {STAGING: [("CANCELED", 1), ("BUILDING", 0)]},
    "02-rerun-per-commit": {STAGING: [("CANCELED", 1), ("CANCELED", 1), ("BUILDING", 0)]},
    "03-force": {STAGING: [("CANCELED", 2), ("BUILDING", 0)]},
    "04-pinned": {STAGING: [("CANCELED", 1), ("CANCELED", 1)]},
    "05-before-next-step": {STAGING: [("CANCELED", 1), ("BUILDING", 0)]},
    "06-watchdog": {STAGING: [("CANCELED", 1)]},
    "07-freeze-project": {
        STAGING: [("CANCELED", 1)],
        PREVIEW: [("DEPLOYED", 0)],
        PRODUCTION: [("CANCELED", 1)],
    },
    "08-automation-api": {STAGING: [("CANCELED", 1), ("CANCELED", 1)]},
    "09-component": {STAGING: [("CANCELED", 1), ("BUILDING", 0)], PREVIEW: [("DEPLOYED", 0)]},
    "10-team": {
        STAGING: [("CANCELED", 1), ("BUILDING", 0)],
        PREVIEW: [("DEPLOYED", 0)],
        PRODUCTION: [("CANCELED", 1)],
    },
    "11-just-requested": {STAGING: [("DEPLOYED", 0), ("CANCELED", 1)]},
}

MISSING: dict[str, str] = {
    "07-freeze-project": "Stack 'dev' is missing configuration values 'incident' and 'projectId'",
    "08-automation-api": "the following arguments are required: environment_id, --incident",
    "09-component": "Missing required configuration variable 'component:environments'",
    "10-team": "Stack 'dev' is missing configuration values 'projectId' and 'run'",
}
"""The expected message; all others miss the environment."""


@pytest.fixture(scope="module")
def engine() -> str | None:
    """The folder of the Pulumi CLI, got first where there is none."""
    return engine_folder([sys.executable, str(ROOT / "tools/pulumi_cli/ensure.py")])


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """The example."""
    return str(request.param)


@pytest.fixture
def qovery(name: str) -> Iterator[QoverySimulator]:
    """A simulator with what the example's session begins with."""
    with simulated(WORLDS[name]) as simulator:
        yield simulator


@pytest.fixture
def stack(name: str, tmp_path: Path, engine: str | None, qovery: QoverySimulator) -> Iterator[Stack]:
    """The example as a stack's program."""
    with backend(name) as address:
        yield readme.placed(name, Stack(tmp_path, engine, qovery, backend=address))


every_example = pytest.mark.parametrize("name", readme.names(), indirect=True)


NEWER = {
    "05-before-next-step": "it has no pulumi.Stash",
    "08-automation-api": "it adds words to the error of a provider",
}
"""The examples that an older SDK plays in another way, and why."""


def test_all_are_known() -> None:
    """Each has a world to run in and a truth to be held to, and the overview names it."""
    overview = (readme.EXAMPLES / "README.md").read_text()

    assert [*readme.names(), "yaml"] == list(WORLDS)
    assert readme.names() == list(TRUTH)
    assert re.findall(r"^\| \[(\d\d-[\w-]+)\]\(\1\)", overview, re.MULTILINE) == readme.names()


@pytest.mark.engine
@every_example
def test_the_session_in_the_readme(name: str, stack: Stack, qovery: QoverySimulator) -> None:
    """The README shows the output of a real run, and the simulator confirms it."""
    if name in NEWER and SDK < (3, 268):
        pytest.skip(f"this SDK is older: {NEWER[name]}")
    text = (readme.EXAMPLES / name / "README.md").read_text()

    for shown, played in zip(readme.sessions(text), readme.play(text, stack), strict=True):
        for told, seen in zip(shown, played, strict=True):
            assert told.is_like(seen), f"`make examples` would mend the README; this was printed:\n\n{seen}"

    environments = qovery.world.environments.items()
    assert {
        id_: [(deployment.state, len(deployment.cancels)) for deployment in environment.deployments]
        for id_, environment in environments
    } == TRUTH[name]


@pytest.mark.engine
@every_example
def test_missing_configuration_is_one_sentence(name: str, stack: Stack, qovery: QoverySimulator) -> None:
    """The message says what is missing, without a traceback, and nothing was called."""
    if name == "08-automation-api":
        command = [sys.executable, "__main__.py"]
    else:
        stack.checked("stack", "init", "dev")
        command = ["pulumi", "preview"]

    run = subprocess.run(command, cwd=stack.program, env=stack.environment, capture_output=True, text=True, check=False)

    output = run.stdout + run.stderr
    assert run.returncode != 0
    assert re.search(MISSING.get(name, "^error: .* is missing configuration values? .*'environmentId'"), output)
    assert "Traceback" not in output
    assert qovery.requests == ()


@every_example
def test_it_is_a_small_and_complete_project(name: str) -> None:
    """A program that fits a screen, with what `pulumi install` needs."""
    folder = readme.EXAMPLES / name
    files = {path.name for path in folder.iterdir()} - {"__pycache__"}

    assert len((folder / "__main__.py").read_text().splitlines()) <= MOST_LINES
    project = set() if name == "08-automation-api" else {"Pulumi.yaml"}
    assert files == {"README.md", "__main__.py", "requirements.txt"} | project


def test_the_programs_are_typed(tmp_path: Path) -> None:
    """They pass mypy, strict, as the package does."""
    for name in readme.names():
        shutil.copy(readme.EXAMPLES / name / "__main__.py", tmp_path / f"example_{name[:2]}.py")

    command = [
        sys.executable,
        "-m",
        "mypy",
        "--config-file",
        str(ROOT / "pyproject.toml"),
        *map(str, tmp_path.iterdir()),
    ]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout


WORKFLOWS = sorted((readme.EXAMPLES / "ci").glob("*/*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=[path.parent.name for path in WORKFLOWS])
def test_a_workflow_sets_what_its_projects_need(path: Path) -> None:
    """The folders exist, all that they require is set, and no token stands in the file."""
    text = path.read_text()
    projects = re.findall(r"examples/\d\d-[\w-]+", text)
    settings = set(re.findall(r"pulumi config set (\w+)", text))

    assert set(projects) == {"examples/04-pinned", "examples/06-watchdog"}
    for project in projects:
        declared = yaml.safe_load((ROOT / project / "Pulumi.yaml").read_text())["config"]
        assert settings >= {key for key, described in declared.items() if "default" not in described}
    assert not re.search(r"qov[_-]|pul-", text)
