"""What is secret stays secret, with a plugin that is given plain values."""

from __future__ import annotations

from qovery_provider.simulator import Environment, Plan, QoverySimulator
from tests.support.plugin_stack import PluginStack, cancellation
from tests.support.secrets import leaks
from tests.support.time import JumpingClock

PASSWORD = "correct-horse-battery-staple"
CIPHERTEXT = "4dabf18193072939515e22adb298388d"


def test_a_secret_trigger_is_ciphertext(
    stack: PluginStack, qovery_simulator: QoverySimulator, clock: JumpingClock
) -> None:
    """In inputs and in outputs, of what an update that failed has kept as well, and in what is shown of a change."""
    environment = qovery_simulator.world.add_environment()
    environment.deploy(Plan(phases=(("BUILDING", 6000.0),), cancel_delay=600.0))
    secret = {"fn::secret": {"password": PASSWORD}}
    stack.declare(stop=cancellation(environment.id, triggers=secret, timeout=0.5))
    failed = stack.failing_up()
    kept = stack.latest()["stop"]
    clock.jump(700)
    stack.up()
    stack.declare(stop=cancellation(environment.id, triggers={"fn::secret": {"password": PASSWORD[::-1]}}))

    shown = stack.checked("preview", "--diff")

    stored = stack.latest()["stop"]
    bags = [kept["inputs"], kept["outputs"], stored["inputs"], stored["outputs"]]
    assert [CIPHERTEXT in bag["triggers"] for bag in bags] == [True] * 4
    assert "~ triggers" in shown.output
    assert leaks(PASSWORD, {name: run.output.encode() for name, run in (("up", failed), ("preview", shown))}) == []


def test_the_token_of_the_environment_is_nowhere(
    stack: PluginStack, environment: Environment, qovery_simulator: QoverySimulator
) -> None:
    """The token is neither in Pulumi's files nor in its output."""
    stack.declare(stop=cancellation(environment.id))

    run = stack.up("--debug", "--logtostderr", "-v=9", "--logflow")

    kept = {str(path.relative_to(stack.folder)): content for path, content in stack.files()}
    assert leaks(qovery_simulator.token, {**kept, "shown": run.output.encode()}) == []


def test_the_token_of_the_stack_is_encrypted(
    stack: PluginStack, environment: Environment, qovery_simulator: QoverySimulator
) -> None:
    """As an input of the provider it is in the state, as ciphertext, and it is used."""
    stack.checked("config", "set", "--secret", "qovery-cancellation:apiToken", qovery_simulator.token)
    stack.declare(stop=cancellation(environment.id))

    run = stack.up(QOVERY_API_TOKEN="")

    (provider,) = stack.resources("pulumi:providers:qovery-cancellation")
    kept = {str(path.relative_to(stack.folder)): content for path, content in stack.files()}
    assert CIPHERTEXT in provider["inputs"]["apiToken"]
    assert environment.deployments[0].state == "CANCELED"
    assert leaks(qovery_simulator.token, {**kept, "shown": run.output.encode()}) == []
