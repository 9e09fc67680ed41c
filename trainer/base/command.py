"""`python -m trainer base STAGE --out FOLDER`: the stages of the base model, each by itself, or all in order.

Every stage goes on where it stood, and stops in order when it is asked to (SIGTERM or Ctrl+C).
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from engine.bundle import Bundle, default_bundle_path
from trainer.base import autoencode, bundle, encoders, gan, latents, polish, samples
from trainer.base.crops import pools
from trainer.base.state import card_of, part, shorten
from trainer.data.prepared import PreparedSet
from trainer.helpers import find_helper
from trainer.model.autoencoder import Autoencoder, AutoencoderConfig
from trainer.model.features import PerceptualDistance
from trainer.model.identity import FaceEmbedder, FaceNetwork
from trainer.model.latent_gan import LatentDiscriminator, LatentGanConfig
from trainer.run import half_precision
from trainer.run.latent.previews import Previews
from trainer.storage.export import Described
from trainer.storage.latent_graphs import LatentNetworks

STAGES = ("autoencoder", "latents", "encoders", "gan", "polish", "bundle")
STATE = "state.safetensors"
FACE_ATTRIBUTION = "Face network: SFace from the OpenCV model zoo, Apache-2.0"


def train_base(
    stage: str, out: Path, sets: list[PreparedSet], threads: int = 0, changes: dict[str, Any] | None = None
) -> int:
    """Trains one stage, or "all", in the folder `out`; returns the exit code.

    "keep" writes short states of all stages into the folder `kept`; those in `resources/base` are what a
    stage begins with where it has no state yet. sets: portraits at 256 px, and optionally large ones.
    changes: settings of the stage by name.
    """
    if threads:
        torch.set_num_threads(threads)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    work: dict[str, Callable[..., None]] = {
        "autoencoder": _autoencoder,
        "latents": _latents,
        "encoders": _encoders,
        "gan": _gan,
        "polish": _polish,
        "bundle": _bundle,
    }
    if stage == "keep":
        for name in STAGES:
            if (out / name / STATE).exists():
                shorten(out / name / STATE, out / "kept" / f"{name}.safetensors")
        return 0
    for name in STAGES if stage == "all" else (stage,):
        if not stop.is_set():
            for needed in STAGES[: STAGES.index(name) + 1]:
                _begin(out, needed)
            work[name](out, sets, changes or {}, stop.is_set)
    return 0


def _begin(out: Path, stage: str) -> None:
    """The stage's folder, with the state that came with the program where it has none of its own."""
    file = out / stage / STATE
    file.parent.mkdir(parents=True, exist_ok=True)
    start = shipped(stage)
    if not file.exists() and start is not None:
        file.write_bytes(start.read_bytes())


def shipped(stage: str) -> Path | None:
    """The short state of a stage that came with the program."""
    file = Path(str(resources.files("resources") / "base" / f"{stage}.safetensors"))
    return file if file.is_file() else None


def load_autoencoder(out: Path) -> Autoencoder:
    """The averaged autoencoder of a folder, frozen; the polished one, where there is one."""
    polished = out / "polish" / STATE
    file = polished if polished.exists() else out / "autoencoder" / STATE
    config = AutoencoderConfig.from_json(json.loads(card_of(file)["config"]))
    return autoencode.load_average(file, config)


def _autoencoder(
    out: Path, sets: list[PreparedSet], changes: dict[str, Any], stop: Callable[[], bool]
) -> None:
    file = out / "autoencoder" / STATE
    card = card_of(file)
    config = AutoencoderConfig.from_json(json.loads(card.get("config", "{}")))
    job = autoencode.AutoencoderJob.from_json(json.loads(card.get("job", "{}")) | changes)
    perceptual = PerceptualDistance(find_helper("efficientnet-lite0"))
    training = autoencode.AutoencoderTraining(job, config, perceptual)
    if card:
        training.restore(file)
    source = pools(sets[0], sets[1] if len(sets) > 1 else None, out / "decoded")
    _log(out / "autoencoder", autoencode.run(training, source, file, stop))


def _latents(out: Path, sets: list[PreparedSet], changes: dict[str, Any], stop: Callable[[], bool]) -> None:
    before, faces = Bundle.load(default_bundle_path()), FaceNetwork(find_helper("sface"), 1)
    model = load_autoencoder(out)
    for split in ("val", "train"):
        if not (out / "latents" / f"{split}.json").exists():
            making = latents.make(model, sets, split, before, faces, out / "latents", out / "decoded")
            for line in making:
                sys.stderr.write(line + "\n")


def _encoders(out: Path, sets: list[PreparedSet], changes: dict[str, Any], stop: Callable[[], bool]) -> None:
    job = encoders.EncoderJob(**changes)
    if card_of(out / "encoders" / STATE).get("finished"):
        return
    train, val = (latents.LatentSet.load(out / "latents", split) for split in ("train", "val"))
    training = encoders.EncoderTraining(job, train)
    _log(out / "encoders", encoders.run(training, val, out / "encoders" / STATE, stop))


def _gan(out: Path, sets: list[PreparedSet], changes: dict[str, Any], stop: Callable[[], bool]) -> None:
    file = out / "gan" / STATE
    card = card_of(file)
    model = load_autoencoder(out)
    channels = model.config.latent_channels
    config = LatentGanConfig.from_json({"latent_channels": channels} | json.loads(card.get("config", "{}")))
    job = gan.GanJob.from_json(json.loads(card.get("job", "{}")) | changes)
    train, val = (latents.LatentSet.load(out / "latents", split) for split in ("train", "val"))
    readers = encoders.load_encoders(out / "encoders" / STATE, config.latent_channels)
    face = FaceEmbedder.from_onnx(find_helper("sface"), readers.centre)
    features = PerceptualDistance(find_helper("efficientnet-lite0")).features
    previews = Previews(model.decoder.preview, face, features)
    training = gan.GanTraining(job, config, train, readers, previews, half_precision.pays_on_cpu())
    if card:
        training.restore(file)
    sampler = samples.Sampler(model, val, readers, out / "gan" / "samples")
    _log(out / "gan", gan.run(training, file, stop, sampler))


def _polish(out: Path, sets: list[PreparedSet], changes: dict[str, Any], stop: Callable[[], bool]) -> None:
    """Goes on with the decoder alone; its rate begins anew."""
    file, before = out / "polish" / STATE, out / "autoencoder" / STATE
    card = card_of(file) or card_of(before)
    config = AutoencoderConfig.from_json(json.loads(card["config"]))
    job = replace(autoencode.AutoencoderJob.from_json(json.loads(card["job"])), **autoencode.POLISH | changes)
    perceptual = PerceptualDistance(find_helper("efficientnet-lite0"))
    training = autoencode.AutoencoderTraining(job, config, perceptual)
    training.restore(file if file.exists() else before)
    if not file.exists():
        training.step = 0
    data = latents.LatentSet.load(out / "latents", "train")
    readers = encoders.load_encoders(out / "encoders" / STATE, config.latent_channels)
    g, c = gan.load_averages(out / "gan" / STATE)
    pictures, _ = latents.pictures_of(sets, "train", out / "decoded")
    training.generated = polish.GeneratedCrops(data, pictures, g, c, readers)
    source = pools(sets[0], sets[1] if len(sets) > 1 else None, out / "decoded")
    _log(out / "polish", autoencode.run(training, source, file, stop))


def _bundle(out: Path, sets: list[PreparedSet], changes: dict[str, Any], stop: Callable[[], bool]) -> None:
    """Writes the model as it stands; changes: its name and notes."""
    model, file = load_autoencoder(out), out / "gan" / STATE
    config = LatentGanConfig.from_json(json.loads(card_of(file)["config"]))
    readers = encoders.load_encoders(out / "encoders" / STATE, config.latent_channels)
    networks = LatentNetworks(model.config, config)
    networks.autoencoder = model
    networks.generator, networks.content = gan.load_averages(file)
    networks.persona, networks.look = readers.persona, readers.look
    networks.face = FaceEmbedder.from_onnx(find_helper("sface"), readers.centre)
    judge = LatentDiscriminator(config)
    judge.load_state_dict(part(load_file(file), "d/"))
    before = Bundle.load(default_bundle_path()).card
    said = Described(
        str(changes.get("name", "Portraits 256")),
        _described(sets[0]),
        licence=before.licence,
        attribution=(*before.attribution, FACE_ATTRIBUTION),
        notes=str(changes.get("notes", "")),
        training={name: card_of(out / name / STATE) for name in STAGES if (out / name / STATE).exists()},
    )
    val = latents.LatentSet.load(out / "latents", "val")
    bundle.write_bundle(networks, judge, val, sets[0].classes, said, out / "bundle" / "model")


def _described(data: PreparedSet) -> dict[str, Any]:
    """What a card says of the pictures."""
    counts = Counter(picture.label for picture in data.pictures)
    return {
        "title": data.title,
        "pictures": len(data.pictures),
        "classes": {name: counts[name] for name in data.classes},
        "digest": data.digest,
    }


def _log(folder: Path, rows: Iterable[dict[str, float]]) -> None:
    """Keeps what a stage tells, and shows it."""
    with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
        for row in rows:
            text = json.dumps({k: round(v, 5) for k, v in row.items()})
            log.write(text + "\n")
            log.flush()
            sys.stderr.write(text + "\n")
