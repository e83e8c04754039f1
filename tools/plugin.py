"""Packs the provider plugin's folder, for `make plugin`, with the wheel that it runs pinned by its hash.

The archives have the names by which Pulumi downloads plugins, one for each platform; all hold the same, since the
plugin is source, and the same files give the same bytes. Pulumi makes the virtual environment where it installs one.
"""

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLATFORMS = ("darwin-amd64", "darwin-arm64", "linux-amd64", "linux-arm64")
DATE = 1_580_601_600
"""2020-02-02, as in the wheel."""


def main() -> None:
    (wheel,) = (ROOT / "dist").glob("*.whl")
    target = ROOT / "build/plugin"  # not dist: what is there goes to PyPI
    target.mkdir(parents=True, exist_ok=True)
    for path in pack(wheel, target):
        print(path.relative_to(ROOT))


def pack(wheel: Path, target: Path) -> list[Path]:
    """Write the archives for a wheel into a folder, and return them."""
    version = wheel.name.split("-")[1]
    content = archive({**sources(), "requirements.txt": requirements(wheel)})
    names = [f"pulumi-resource-qovery-cancellation-v{version}-{platform}.tar.gz" for platform in PLATFORMS]
    for name in names:
        (target / name).write_bytes(content)
    return [target / name for name in names]


def sources() -> dict[str, bytes]:
    """The files that are shipped as they are, by name."""
    paths = [ROOT / "plugin/PulumiPlugin.yaml", ROOT / "plugin/__main__.py", ROOT / "LICENSE"]
    return {path.name: path.read_bytes() for path in paths}


def requirements(wheel: Path) -> bytes:
    """The requirements for pip: this wheel and its dependencies, all by their hashes."""
    name, version, *_ = wheel.name.split("-")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    locked = (ROOT / "requirements/plugin.txt").read_text()
    return f"{name.replace('_', '-')}=={version} \\\n    --hash=sha256:{digest}\n{locked}".encode()


def archive(files: dict[str, bytes]) -> bytes:
    """A tar.gz of these files: no name of a user, no time, no order of a file system."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(content), DATE, 0o644
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), mtime=0)


if __name__ == "__main__":
    main()
