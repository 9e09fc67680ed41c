"""A validated training job: everything that determines a run, as one frozen value kept in the run's
`job.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from engine.formats.network import NetworkConfig
from engine.formats.reason import PersonaError

FORMAT = 1
LOSSES = ("relativistic", "nonsaturating", "minimax")
TRAINS = ("all", "modulation", "top")


class JobError(PersonaError):
    """Settings that cannot be trained with, or a run that they do not fit; the sentence says why."""

    exit_code = 2
    code = "unfit-job"


@dataclass(frozen=True)
class Job:
    """One run. Lengths are in kimg: thousands of pictures shown."""

    data: str
    """Folder with the prepared set."""
    name: str = "model"
    network: NetworkConfig = field(default_factory=NetworkConfig)
    seed: int = 0
    batch: int = 16
    accumulation: int = 1
    """Parts that a batch is computed in, so that it fits the memory."""
    balance: float = 0.0
    """0 shows all pictures equally often, 1 all classes; between them the classes' shares are evened out."""
    device: str = "auto"
    precision: str = "fp32"
    """fp32 or bf16 (bf16 keeps demodulation, losses and penalties in fp32)."""
    channels_last: bool = False
    """Keep the colours of a pixel together in memory; the same numbers, faster on some graphics cards."""
    compiled: bool = False
    """Compile G and the encoders; never D, whose penalties compiled code cannot compute."""
    threads: int = 0
    """CPU threads; 0 leaves the choice to torch."""

    start_resolution: int = 64
    """Side at which reconstruction starts; it grows to the full side towards the end of the warm start."""
    style_kimg: float = 20.0
    """E alone, by contrast; afterwards it holds still."""
    style_batch: int = 32
    warm_kimg: float = 30.0
    """Reconstruction x = G(C(x), E(x)) before the adversary joins."""
    adversarial_kimg: float = 30.0
    warm_rate: float = 3e-3
    """Adam's learning rate in the warm start, with cosine decay to a fifth."""
    rate: float = 1e-3
    """Adam's learning rate against the adversary."""
    rate_ramp_kimg: float = 0.3
    """G's rate grows from a tenth over this stretch, while D gets to know what it judges, and Adam how large
    gradients are: short of a hundred steps C's codes leap away from where noise is drawn."""
    encoder_rate: float = 1e-3

    loss: str = "relativistic"
    gamma: float = 10.0
    """Weight of R1 and R2."""
    penalty_interval: int = 8
    """Penalties on every n-th step, weighted n-fold."""
    adversarial_weight: float = 1.0
    feature_weight: float = 1.0
    """Weight of D's judgement of pretrained features, where these can be had; 0: it judges pixels only."""
    feature_gamma: float = 1.0
    """Weight of R1 and R2 with regard to the features."""
    pixel_interval: int = 4
    """Where D judges features, its trunk judges pixels on every n-th step only: it costs most."""
    style_weight: float = 1.0
    content_weight: float = 0.5
    diversity_weight: float = 1.0
    diversity_floor: float = 0.4
    """Least distance of two pictures in one style, relative to that of real pictures of any style."""
    swaps: float = 0.125
    """Share of G's pictures before D that take their content from another picture instead of noise."""
    kept: float = 0.375
    """Share of G's pictures before D that are made from their own content and style, and held to the
    original: what G knows stays, and D sharpens it."""
    reconstruction_weight: float = 1.0
    reconstruction_floor: float = 0.3
    """What is left of the reconstruction weight at the end of the adversarial part."""
    style_dropout: float = 0.1
    """Share of pictures shown without a style, so that G also works without one."""
    condition_ramp_kimg: float = 5.0
    """The projection head of D joins over this stretch: conditional training collapses early otherwise."""
    noise: float = 0.2
    """Standard deviation added to C(x) in reconstruction, so that its neighbourhood decodes too."""
    augment: float = 0.0
    """Augmentation probability at the start."""
    augment_target: float = 0.6
    """D's lead at which augmentation holds still; 0 keeps it as it starts."""
    blur: float = 0.012
    """Blur through which D looks at first, as a share of the pictures' side; it fades to a quarter. Fine
    grain is the first thing that a young D asks for: without the blur hair and skin turn to frizz."""
    augment_kimg: float = 100.0
    """How long augmentation takes from nothing to full strength."""
    trains: str = "all"
    """all; modulation: the convolutions of G stay as they came, and so does C; top: so does all but what G
    has above its preview."""
    frozen_blocks: int = 0
    """Blocks of D that stay as they came, counted from the full resolution down."""
    grades: float = 0.4
    """Share of pictures under a random colour grade; grades count as styles."""
    ema_half_life_kimg: float = 2.0

    checkpoint_kimg: float = 2.0
    sample_kimg: float = 2.0
    snapshot_kimg: float = 2.0
    """Between two snapshots of the adversarial part; each is judged on held-out pictures."""
    snapshot_mb: float = 1000.0
    """Disk that snapshots may take; the best and the newest are kept whatever they take."""
    judging: bool = True
    """Judge snapshots where the judge's weights can be had; without, the newest counts as the best."""
    patience: int = 0
    """Snapshots in a row without a better one after which the run ends early; 0: it never does."""
    rollbacks: int = 3
    """How often a run may go back to its last good state, each time at half the rate, before it gives up."""
    report_seconds: float = 5.0
    minutes: float = 0.0
    """Stop in order after so many minutes; 0 trains to the end."""
    start_from: str = ""
    """Bundle whose weights training starts from; empty starts from noise."""
    upper_from: str = ""
    """Bundle of the larger side that the blocks which a growing model lacks are taken from; empty: from
    noise."""
    perceptual: bool = True
    """Reconstruct under a perceptual distance where its weights can be had."""
    about: dict[str, Any] = field(default_factory=dict)
    """What the model's card says of licence, attribution and notes."""
    consent: dict[str, Any] | None = None
    """The consent record of the set, as it travels into the card."""

    def __post_init__(self) -> None:
        _require(self.batch >= 2, "the batch needs at least 2 pictures")
        _require(self.loss in LOSSES, f"the loss must be one of {', '.join(LOSSES)}, not {self.loss!r}")
        _require(
            self.precision in ("fp32", "bf16"), f"the precision must be fp32 or bf16, not {self.precision!r}"
        )
        _require(0 <= self.seed < 2**63, "the seed must be a whole number from 0")
        _require(
            min(self.style_kimg, self.warm_kimg, self.adversarial_kimg) >= 0,
            "lengths in kimg cannot be negative",
        )
        _require(self.total_kimg > 0, "the run has no length: give it kimg to train for")
        _require(self.trains in TRAINS, f"trains must be one of {', '.join(TRAINS)}, not {self.trains!r}")
        for name in ("penalty_interval", "pixel_interval", "accumulation"):
            _require(getattr(self, name) >= 1, f"{name} must be at least 1")
        for name in ("frozen_blocks", "patience", "rollbacks"):
            _require(getattr(self, name) >= 0, f"{name} cannot be negative")
        for name in ("snapshot_kimg", "snapshot_mb", "augment_kimg"):
            _require(getattr(self, name) > 0, f"{name} must be more than 0")
        for name in ("style_dropout", "augment", "grades", "swaps", "kept", "blur", "balance"):
            _require(0 <= getattr(self, name) <= 1, f"{name} is a share between 0 and 1")
        _require(self.swaps + self.kept <= 1, "swaps and kept cannot be more than all pictures together")
        for name in ("channels_last", "compiled", "judging", "perceptual"):
            value = getattr(self, name)
            _require(isinstance(value, bool), f"{name} must be true or false, not {value!r}")
        for name in ("warm_rate", "rate", "encoder_rate"):
            _require(0 < getattr(self, name) < 1, f"{name} must lie between 0 and 1")

    @property
    def total_kimg(self) -> float:
        return self.style_kimg + self.warm_kimg + self.adversarial_kimg

    def to_json(self) -> dict[str, Any]:
        return {"format": FORMAT} | asdict(self)

    @staticmethod
    def from_json(data: dict[str, Any]) -> Job:
        """Raises JobError for another format, unknown or unfit settings."""
        if data.get("format") != FORMAT:
            raise JobError(f"job format {data.get('format')!r} is not known to this version")
        known = {f.name for f in fields(Job)}
        unknown = sorted(set(data) - known - {"format"})
        if unknown:
            raise JobError(f"unknown setting {unknown[0]!r}")
        values = {k: v for k, v in data.items() if k in known}
        try:
            values["network"] = NetworkConfig(**values.get("network", {}))
            return Job(**values)
        except (TypeError, ValueError) as error:
            raise JobError(str(error)) from error

    @staticmethod
    def load(path: Path) -> Job:
        try:
            return Job.from_json(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise JobError(f"{path.name} cannot be read: {error}") from error


PRESETS: dict[str, dict[str, Any]] = {
    "base": {
        "network": NetworkConfig(256, 128),
        "style_kimg": 24.0,
        "warm_kimg": 70.0,
        "warm_rate": 1e-2,
        "noise": 0.1,
        "adversarial_kimg": 30.0,
        "rate_ramp_kimg": 0.8,
        "swaps": 0.25,
        "gamma": 40.0,
        "feature_gamma": 5.0,
        "content_weight": 2.0,
        "style_weight": 1.5,
        "diversity_floor": 0.55,
    },
    "tune": {
        "style_kimg": 0.0,
        "warm_kimg": 2.0,
        "adversarial_kimg": 18.0,
        "augment": 0.2,
        "checkpoint_kimg": 1.0,
    },
    "quick": {
        "network": NetworkConfig(64, 32, 32, 32, 64, 1024, 64),
        "start_resolution": 32,
        "style_kimg": 4.0,
        "warm_kimg": 2.0,
        "adversarial_kimg": 2.0,
    },
}


def from_preset(preset: str, data: str, **changes: Any) -> Job:
    """A job from a preset and what differs. Raises JobError."""
    if preset not in PRESETS:
        raise JobError(f"the preset must be one of {', '.join(PRESETS)}, not {preset!r}")
    known = {f.name for f in fields(Job)}
    for name in changes:
        _require(name in known, f"there is no setting {name!r}")
    try:
        return Job(**({"data": data} | PRESETS[preset] | changes))
    except TypeError as error:
        raise JobError(f"a setting has the wrong kind of value: {error}") from error


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise JobError(message)


def flat(card: Mapping[str, Any]) -> dict[str, Any]:
    """A job's settings by their own names, out of a file of any format."""
    return dict(card)
