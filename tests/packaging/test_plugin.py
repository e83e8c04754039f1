"""The provider plugin as it is shipped: the same bytes from the same files, and everything by its hash."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from pathlib import Path

from qovery_provider import __version__
from tests.packaging.builds import Build
from tools.plugin import PLATFORMS, pack

ROOT = Path(__file__).parents[2]


def test_the_archives(build: Build, tmp_path: Path) -> None:
    """One archive for each platform, under the name that Pulumi expects; their content is equal and reproducible."""
    first, second = tmp_path / "first", tmp_path / "second"
    contents = {path.name: path.read_bytes() for folder in (first, second) for path in _packed(build, folder)}

    assert sorted(contents) == [
        f"pulumi-resource-qovery-cancellation-v{__version__}-{each}.tar.gz" for each in PLATFORMS
    ]
    assert {path.read_bytes() for path in [*first.iterdir(), *second.iterdir()]} == {*contents.values()}
    assert len({*contents.values()}) == 1


def _packed(build: Build, folder: Path) -> list[Path]:
    folder.mkdir()
    return pack(build.wheel, folder)


def test_what_an_archive_holds(build: Build, tmp_path: Path) -> None:
    """The plugin, its license, and requirements that name the wheel of this very build."""
    packed, *_ = pack(build.wheel, tmp_path)
    with tarfile.open(fileobj=io.BytesIO(packed.read_bytes())) as tar:
        files = {member.name: tar.extractfile(member).read().decode() for member in tar}  # type: ignore[union-attr]

    assert sorted(files) == ["LICENSE", "PulumiPlugin.yaml", "__main__.py", "requirements.txt"]
    assert files["__main__.py"] == (ROOT / "plugin/__main__.py").read_text()
    first, digest = files["requirements.txt"].splitlines()[:2]
    assert first == f"qovery-provider=={__version__} \\"
    assert digest.strip() == f"--hash=sha256:{hashlib.sha256(build.wheel.read_bytes()).hexdigest()}"
    requirements = re.split(r"\n(?=\S)", files["requirements.txt"])
    assert [each for each in requirements if not each.startswith("#") and "--hash=sha256:" not in each] == []


def test_the_locked_requirements_are_those_of_development() -> None:
    """The plugin runs with what was tested."""
    names = re.compile(r"^(\S+)==(\S+)", re.MULTILINE)
    tested = dict(names.findall((ROOT / "requirements/dev.txt").read_text()))
    shipped = dict(names.findall((ROOT / "requirements/plugin.txt").read_text()))

    assert shipped == {name: tested[name] for name in shipped}
    assert {"pulumi", "requests"} <= shipped.keys()
