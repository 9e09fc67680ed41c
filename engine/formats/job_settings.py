"""The settings of a job, in groups. Lengths are in kimg: thousands of pictures shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.formats.reason import PersonaError

LOSSES = ("relativistic", "nonsaturating", "minimax")
PRECISIONS = ("fp32", "bf16")
TRAINS = ("all", "modulation", "top")


class JobError(PersonaError):
    """Settings that cannot be trained with, or a run that they do not fit; the sentence says why."""

    exit_code = 2
    code = "unfit-job"


@dataclass(frozen=True)
class DataSettings:
    """What is learned from, and how it is shown."""

    folder: str
    """Folder with the prepared set; `data` among the flat names."""
    balance: float = 0.0
    """0 shows all pictures equally often, 1 all classes; between them the classes' shares are evened out."""
    swaps: float = 0.125
    """Share of G's pictures before D that take their content from another picture instead of noise."""
    kept: float = 0.375
    """Share of G's pictures before D that are made from their own content and style, and held to the
    original: what G knows stays, and D sharpens it."""
    style_dropout: float = 0.1
    """Share of pictures shown without a style, so that G also works without one."""
    mixed: float = 0.0
    """Share of a batch that a model in latents draws from what it knew when it began, so that it stays."""
    consent: dict[str, Any] | None = None
    """The consent record of the set, as it travels into the card."""

    def __post_init__(self) -> None:
        shares(self, "balance", "swaps", "kept", "style_dropout", "mixed")
        require(self.swaps + self.kept <= 1, "swaps and kept cannot be more than all pictures together")


@dataclass(frozen=True)
class OptimisationSettings:
    """How a step is taken: what moves, how far, on which arithmetic."""

    seed: int = 0
    batch: int = 16
    style_batch: int = 32
    accumulation: int = 1
    """Parts that a batch is computed in, so that it fits the memory."""
    device: str = "auto"
    precision: str = "fp32"
    """fp32 or bf16 (bf16 keeps demodulation, losses and penalties in fp32)."""
    channels_last: bool = False
    """Keep the colours of a pixel together in memory; the same numbers, faster on some graphics cards."""
    compiled: bool = False
    """Compile G and the encoders; never D, whose penalties compiled code cannot compute."""
    threads: int = 0
    """CPU threads; 0 leaves the choice to torch."""
    warm_rate: float = 3e-3
    """Adam's learning rate in the warm start, with cosine decay to a fifth."""
    rate: float = 1e-3
    """Adam's learning rate against the adversary."""
    rate_ramp_kimg: float = 0.3
    """G's rate grows from a tenth over this stretch, while D gets to know what it judges, and Adam how large
    gradients are: short of a hundred steps C's codes leap away from where noise is drawn."""
    encoder_rate: float = 1e-3
    ema_half_life_kimg: float = 2.0
    trains: str = "all"
    """all; modulation: the convolutions of G stay as they came, and so does C; top: so does all but what G
    has above its preview."""
    frozen_blocks: int = 0
    """Blocks of D that stay as they came, counted from the full resolution down."""
    rollbacks: int = 3
    """How often a run may go back to its last good state, each time at half the rate, before it gives up."""

    def __post_init__(self) -> None:
        require(self.batch >= 2, "the batch needs at least 2 pictures")
        require(0 <= self.seed < 2**63, "the seed must be a whole number from 0")
        among("the precision", self.precision, PRECISIONS)
        among("trains", self.trains, TRAINS)
        require(self.accumulation >= 1, "accumulation must be at least 1")
        for name in ("frozen_blocks", "rollbacks"):
            require(getattr(self, name) >= 0, f"{name} cannot be negative")
        for name in ("warm_rate", "rate", "encoder_rate"):
            require(0 < getattr(self, name) < 1, f"{name} must lie between 0 and 1")


@dataclass(frozen=True)
class LossSettings:
    """What a step minimises."""

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
    perceptual: bool = True
    """Reconstruct under a perceptual distance where its weights can be had."""
    style_weight: float = 1.0
    content_weight: float = 0.5
    persona_weight: float = 0.5
    """Of the person that was asked for, as latents and faces show it, in models in latents."""
    diversity_weight: float = 1.0
    diversity_floor: float = 0.4
    """Least distance of two pictures in one style, relative to that of real pictures of any style."""
    reconstruction_weight: float = 1.0
    reconstruction_floor: float = 0.3
    """What is left of the reconstruction weight at the end of the adversarial part."""

    def __post_init__(self) -> None:
        among("the loss", self.loss, LOSSES)
        for name in ("penalty_interval", "pixel_interval"):
            require(getattr(self, name) >= 1, f"{name} must be at least 1")


@dataclass(frozen=True)
class AugmentationSettings:
    """How pictures are changed on their way into the networks."""

    augment: float = 0.0
    """Augmentation probability at the start."""
    augment_target: float = 0.6
    """D's lead at which augmentation holds still; 0 keeps it as it starts."""
    augment_kimg: float = 100.0
    """How long augmentation takes from nothing to full strength."""
    blur: float = 0.012
    """Blur through which D looks at first, as a share of the pictures' side; it fades to a quarter. Fine
    grain is the first thing that a young D asks for: without the blur hair and skin turn to frizz."""
    noise: float = 0.2
    """Standard deviation added to C(x) in reconstruction, so that its neighbourhood decodes too."""
    grades: float = 0.4
    """Share of pictures under a random colour grade; grades count as styles."""

    def __post_init__(self) -> None:
        shares(self, "augment", "blur", "grades")
        require(self.augment_kimg > 0, "augment_kimg must be more than 0")


@dataclass(frozen=True)
class ScheduleSettings:
    """Where training starts, and how long its parts are."""

    start_from: str = ""
    """Bundle whose weights training starts from; empty starts from noise."""
    upper_from: str = ""
    """Bundle of the larger side that the blocks which a growing model lacks are taken from; empty: from
    noise."""
    start_resolution: int = 64
    """Side at which reconstruction starts; it grows to the full side towards the end of the warm start."""
    style_kimg: float = 20.0
    """E alone, by contrast; afterwards it holds still."""
    warm_kimg: float = 30.0
    """Reconstruction x = G(C(x), E(x)) before the adversary joins."""
    adversarial_kimg: float = 30.0
    condition_ramp_kimg: float = 5.0
    """The projection head of D joins over this stretch: conditional training collapses early otherwise."""
    minutes: float = 0.0
    """Stop in order after so many minutes; 0 trains to the end."""
    patience: int = 0
    """Snapshots in a row without a better one after which the run ends early; 0: it never does."""

    def __post_init__(self) -> None:
        lengths = (self.style_kimg, self.warm_kimg, self.adversarial_kimg)
        require(min(lengths) >= 0, "lengths in kimg cannot be negative")
        require(self.total_kimg > 0, "the run has no length: give it kimg to train for")
        require(self.patience >= 0, "patience cannot be negative")

    @property
    def total_kimg(self) -> float:
        """Length of the whole run."""
        return self.style_kimg + self.warm_kimg + self.adversarial_kimg


@dataclass(frozen=True)
class SavingSettings:
    """What is kept and told, and how often."""

    checkpoint_kimg: float = 2.0
    sample_kimg: float = 2.0
    snapshot_kimg: float = 2.0
    """Between two snapshots of the adversarial part; each is judged on held-out pictures."""
    snapshot_mb: float = 1000.0
    """Disk that snapshots may take; the best and the newest are kept whatever they take."""
    judging: bool = True
    """Judge snapshots where the judge's weights can be had; without, the newest counts as the best."""
    report_seconds: float = 5.0
    about: dict[str, Any] = field(default_factory=dict)
    """What the model's card says of licence, attribution and notes."""

    def __post_init__(self) -> None:
        for name in ("snapshot_kimg", "snapshot_mb"):
            require(getattr(self, name) > 0, f"{name} must be more than 0")


def require(holds: bool, message: str) -> None:
    """JobError unless it holds."""
    if not holds:
        raise JobError(message)


def among(what: str, value: str, known: tuple[str, ...]) -> None:
    """JobError unless the value is a known one."""
    require(value in known, f"{what} must be one of {', '.join(known)}, not {value!r:.60}")


def shares(settings: object, *names: str) -> None:
    """JobError unless these settings lie between 0 and 1."""
    for name in names:
        require(0 <= getattr(settings, name) <= 1, f"{name} is a share between 0 and 1")
