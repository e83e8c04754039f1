"""The example in YAML shows what a real run prints, and in truth it happened."""

from __future__ import annotations

from pathlib import Path

from docs.generate import readme_outputs as readme
from tests.examples.worlds import STAGING, WORLDS, simulated
from tests.support.plugin_stack import PluginStack


def test_the_session_in_the_readme(tmp_path: Path, engine: str | None) -> None:
    """One cancel for the target, and none for what is queued behind it."""
    text = (readme.EXAMPLES / "yaml/README.md").read_text()
    with simulated(WORLDS["yaml"]) as qovery:
        stack = readme.placed("yaml", PluginStack(tmp_path, engine, qovery))

        played = list(readme.play(text, stack))

        deployments = qovery.world.environments[STAGING].deployments
    for shown, told in zip(readme.sessions(text), played, strict=True):
        for said, seen in zip(shown, told, strict=True):
            assert said.is_like(seen), f"`make examples` would mend the README; this was printed:\n\n{seen}"
    assert [(each.state, len(each.cancels)) for each in deployments] == [("CANCELED", 1), ("BUILDING", 0)]
