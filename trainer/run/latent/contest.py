"""G against D in latents: what each of them minimises in one step.

Real latents come with what they are conditioned on. G makes a share of them again, from C's z of them, and
others from noise; all are held to look and person, and D compares them with the real ones. A part of a batch
may be *kept*: latents with the z and s that they were once made from, which G and C are to give again. Who
draws the batches, moves the weights and sets the rates is not its business: the base model's training and
fine-tuning both do.

Sources: relativistic pairing with R1 and R2 as in R3GAN (Huang et al., 2024); C with a prior on z from the
variational autoencoder (Kingma and Welling, 2014).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from trainer.model.autoencoder import FeatureDiscriminator
from trainer.model.identity import IDENTITY
from trainer.model.latent_encoders import LookNetwork, PersonaNetwork, persona_of
from trainer.model.latent_gan import LatentContent, LatentDiscriminator, LatentGenerator
from trainer.run import losses
from trainer.run.latent.adversary import shown
from trainer.run.latent.previews import Previews, maps_apart, place
from trainer.run.readings import Values

CODE_WEIGHT = 0.1
"""Of C's codes of what is kept, against the latents themselves."""


@dataclass(frozen=True)
class ContestWeights:
    """What counts how much between G and D."""

    loss: str = "relativistic"
    gamma: float = 1.0
    penalty_interval: int = 4
    own: float = 0.5
    """Share of G's pictures that are made from their own z, and held to the original."""
    reconstruction_weight: float = 1.0
    narrowness: float = 1 / 2_000
    """Weight of the divergence of z from noise, in nats, against the mean squared error of the latents."""
    adversarial_weight: float = 0.1
    persona_weight: float = 0.5
    look_weight: float = 0.3
    diversity_weight: float = 0.5
    diversity_floor: float = 0.5
    swapped: float = 0.25
    """Share of pictures from noise whose persona is another picture's."""
    between: float = 0.25
    """Share of pictures from noise whose persona lies between two: people whom no picture shows."""
    face_weight: float = 0.5
    feature_weight: float = 0.1
    """Of what the heads on pretrained features say."""
    perceptual_weight: float = 0.1
    """Of how far pretrained features of pictures made again are from their originals'."""
    faces: int = 6
    """Pictures from noise that are painted and looked at in each step."""
    rebuilt: int = 4
    """Pictures made again that are."""
    augment: float = 0.3


@dataclass(frozen=True)
class Batch:
    """Real latents with what they are conditioned on."""

    x: Tensor
    """[N, C, 16, 16]"""
    style: Tensor
    """[N, S]; parts that are not given are zero."""
    look_given: Tensor
    """bool [N]"""
    persona_given: Tensor

    def part(self, chosen: slice) -> Batch:
        """Some of it."""
        return Batch(self.x[chosen], self.style[chosen], self.look_given[chosen], self.persona_given[chosen])


@dataclass(frozen=True)
class Kept:
    """Latents that are to stay what they were."""

    x: Tensor
    """[K, C, 16, 16]"""
    style: Tensor
    """[K, S]"""
    z: Tensor
    """[K, Z], which G made them from."""
    code: Tensor
    """[K, Z], what C said of them."""


@dataclass
class Draw:
    """What a step is taken on, and what G made of it."""

    batch: Batch
    kept: Kept | None = None
    made: Tensor | None = None
    """[N + K, C, 16, 16], once G has made them: the batch's, then what is kept."""
    asked: Tensor | None = None
    """[N + K, S]: in which styles."""
    own: int = 0
    """How many of the first of them were made from their own z."""
    maps: tuple[list[Tensor], list[Tensor]] | None = None
    """Pretrained features of the real and of the made ones that were painted."""

    def real(self) -> tuple[Tensor, Tensor]:
        """All real latents, and their styles."""
        if self.kept is None:
            return self.batch.x, self.batch.style
        return torch.cat([self.batch.x, self.kept.x]), torch.cat([self.batch.style, self.kept.style])


class Contest:
    """The networks that meet, and the losses between them."""

    def __init__(
        self,
        weights: ContestWeights,
        g: LatentGenerator,
        d: LatentDiscriminator,
        c: LatentContent,
        persona: PersonaNetwork,
        look: LookNetwork,
        spread: float = 1.0,
        half: Callable[[], AbstractContextManager[None]] = nullcontext,
        previews: Previews | None = None,
        heads: FeatureDiscriminator | None = None,
    ) -> None:
        """persona, look: frozen. spread: of real latents, see `spread_of`. half: the precision in which all
        but gradient penalties is computed. heads: D's on pretrained features, where previews have them."""
        self.weights, self.g, self.d, self.c = weights, g, d, c
        self.persona, self.look, self.spread, self.half = persona, look, spread, half
        self.previews, self.heads = previews, heads
        self.augment = weights.augment
        """How strongly D's view is varied now, 0..1."""

    # --- G and C ---

    def warm_loss(self, draw: Draw) -> tuple[Tensor, Values]:
        """What G and C minimise before D joins: the pictures made again, with their look and person."""
        with self.half():
            made, values = self._again(draw.batch)
            found, consistency = self._consistency(made, draw.batch)
            total = values["reconstruction"] + self.weights.narrowness * values["nats"] + 0.2 * consistency
            if draw.kept is not None:
                _, values["kept"] = self._kept(draw.kept)
                total = total + self.weights.reconstruction_weight * values["kept"]
        return total, values | found

    def generator_loss(self, draw: Draw, ramp: float) -> tuple[Tensor, Values]:
        """What G and C minimise against D, who must hold still. ramp: of D's judgement, 0..1."""
        weights, batch = self.weights, draw.batch
        with self.half():
            own = max(1, min(int(weights.own * len(batch.x)), len(batch.x) - 1))
            mine, drawn = batch.part(slice(own)), self._swapped(batch.part(slice(own, None)))
            again, values = self._again(mine)
            z = torch.randn(len(drawn.style), self.g.config.z_size, device=batch.x.device)
            free = self.g(z, drawn.style).float()
            made, asked = torch.cat([again, free]), _joined(batch.x, mine, drawn)
            everything, styles = made, asked.style
            if draw.kept is not None:
                kept, values["kept"] = self._kept(draw.kept)
                everything, styles = torch.cat([made, kept]), torch.cat([styles, draw.kept.style])
            draw.made, draw.asked, draw.own = everything.detach(), styles, own
            truth, true_styles = draw.real()
            with torch.no_grad():
                real = self.d(shown(truth, self.augment), true_styles)
            judged = self.d(shown(everything, self.augment), styles)
            values["generator"] = losses.generator_loss(weights.loss, real.float(), judged.float())
            found, consistency = self._consistency(made, asked)
            values["diversity"] = self._diversity(free, drawn.style)
            seen, looked = self._seen(made, asked, draw)
        total = (
            weights.reconstruction_weight * values["reconstruction"]
            + weights.narrowness * values["nats"]
            + ramp * weights.adversarial_weight * values["generator"]
            + consistency
            + weights.diversity_weight * F.relu(weights.diversity_floor - values["diversity"])
        )
        if draw.kept is not None:
            total = total + weights.reconstruction_weight * values["kept"]
        return total + looked, values | found | seen

    # --- D ---

    def discriminator_loss(self, draw: Draw, penalised: bool) -> tuple[Tensor, Values]:
        """What D minimises, once G has made its part. penalised: with R1 and R2, for all steps between."""
        assert draw.made is not None and draw.asked is not None
        weights, asked, (x, style) = self.weights, draw.asked, draw.real()
        truth, claim = shown(x, self.augment), shown(draw.made, self.augment)
        with self.half():
            real, false = self.d(truth, style).float(), self.d(claim, asked).float()
        total = losses.discriminator_loss(weights.loss, real, false)
        values = {"discriminator": total, "lead": (real - false).mean(), "sign": (real - false).sign().mean()}
        if penalised:
            r1 = losses.gradient_penalty(lambda x: self.d(x, style), truth)
            r2 = losses.gradient_penalty(lambda x: self.d(x, asked), claim)
            total = total + weights.gamma / 2 * weights.penalty_interval * (r1 + r2)
            values |= {"r1": r1, "r2": r2}
        if draw.maps is not None and self.heads is not None:
            high, low = (self.heads(maps) for maps in draw.maps)
            total = total + F.relu(1 - high).mean() + F.relu(1 + low).mean()
            values["feature_lead"] = high.mean() - low.mean()
        return total, values

    # --- Parts ---

    def _again(self, batch: Batch) -> tuple[Tensor, Values]:
        """The pictures made again from their own z."""
        mean, log_deviation = (value.float() for value in self.c(batch.x))
        z = mean + torch.exp(log_deviation) * torch.randn_like(mean)
        nats = 0.5 * (mean.square() + torch.exp(2 * log_deviation) - 1 - 2 * log_deviation).sum(dim=1).mean()
        made = self.g(z, batch.style).float()
        error = (made - batch.x).square()
        return made, {"reconstruction": error.mean(), "nats": nats}

    def _kept(self, kept: Kept) -> tuple[Tensor, Tensor]:
        """What is kept, made again, and how far that and C's codes of it are from what they were."""
        made, code = self.g(kept.z, kept.style).float(), self.c(kept.x)[0].float()
        apart = (made - kept.x).square().mean() + CODE_WEIGHT * (code - kept.code).square().mean()
        return made, apart

    def _swapped(self, batch: Batch) -> Batch:
        """Some pictures ask for another one's persona, and some for one between two."""
        chance = torch.rand(len(batch.x), device=batch.x.device)
        amount = torch.rand_like(chance)
        other, given = batch.persona_given.roll(1), batch.persona_given
        swapped = chance < self.weights.swapped
        between = (chance > 1 - self.weights.between) & given & other
        amount = torch.where(swapped, 1.0, torch.where(between, amount, 0.0))[:, None]
        look, persona = self._parts(batch.style)
        mixed = torch.lerp(persona, persona.roll(1, dims=0), amount)
        mixed = persona_of(mixed[:, :IDENTITY], mixed[:, IDENTITY:])
        return Batch(
            batch.x, torch.cat([look, mixed], dim=1), batch.look_given, torch.where(swapped, other, given)
        )

    def _seen(self, made: Tensor, asked: Batch, draw: Draw) -> tuple[Values, Tensor]:
        """What is seen of some pictures once painted, and its weighted sum: how far they are from who they
        were to show, what the heads say, and how far those made again are from their originals."""
        weights, previews = self.weights, self.previews
        rows = self._painted_rows(asked.persona_given, draw.own)
        if previews is None or not len(rows):
            return {}, made.new_zeros(())
        pictures = previews.painted(made[rows])
        again = int((rows < draw.own).sum())
        values: Values = {}
        total = made.new_zeros(())
        if len(rows) > again:
            _, persona = self._parts(asked.style[rows[again:]])
            values["face"] = 1 - previews.likeness(pictures[again:], persona[:, :IDENTITY]).mean()
            total = weights.face_weight * values["face"]
        if previews.features is None or self.heads is None:
            return values, total
        at = place()
        with torch.no_grad():
            known = previews.maps(previews.painted(asked.x[rows]), at)
        found = previews.maps(pictures, at)
        draw.maps = known, [x.detach() for x in found]
        values["doubted"] = -self.heads(found).mean()
        total = total + weights.feature_weight * values["doubted"]
        if again:
            values["perceptual"] = maps_apart([x[:again] for x in found], [x[:again] for x in known])
            total = total + weights.perceptual_weight * values["perceptual"]
        return values, total

    def _painted_rows(self, given: Tensor, own: int) -> Tensor:
        """Which pictures of a batch are painted: some made again, then some from noise, all of somebody."""
        again = torch.nonzero(given[:own]).flatten()[: self.weights.rebuilt]
        free = torch.nonzero(given[own:]).flatten()[: self.weights.faces] + own
        return torch.cat([again, free])

    def _consistency(self, made: Tensor, batch: Batch) -> tuple[Values, Tensor]:
        """How far look and persona of G's latents are from what was asked for."""
        look, persona = self._parts(batch.style)
        seen = made + 0.15 * torch.randn_like(made)
        seen = torch.roll(seen, tuple(torch.randint(-1, 2, (2,)).tolist()), dims=(2, 3))
        found = self.persona(seen).float()
        apart = 1 - (found * persona).sum(dim=1)
        person = (apart * batch.persona_given).sum() / batch.persona_given.sum().clamp(min=1)
        manner = 1 - (self.look(seen).float() * look).sum(dim=1)
        style = (manner * batch.look_given).sum() / batch.look_given.sum().clamp(min=1)
        same = F.cosine_similarity(found[:, :IDENTITY].detach(), persona[:, :IDENTITY])
        values = {
            "persona": person,
            "look": style,
            "identity": (same * batch.persona_given).sum() / batch.persona_given.sum().clamp(min=1),
        }
        return values, self.weights.persona_weight * person + self.weights.look_weight * style

    def _diversity(self, made: Tensor, style: Tensor) -> Tensor:
        """How far two pictures of one s are apart, against real pictures of any."""
        half = max(1, len(made) // 2)
        z = torch.randn(half, self.g.config.z_size, device=made.device)
        other = self.g(z, style[:half]).float()
        apart = (F.avg_pool2d(made[:half], 2) - F.avg_pool2d(other, 2)).abs().mean()
        return apart / self.spread

    def _parts(self, style: Tensor) -> tuple[Tensor, Tensor]:
        """Look and persona of styles [N, S]."""
        look, persona = style.split((self.g.config.look_size, self.g.config.persona_size), dim=1)
        return look, persona


def _joined(x: Tensor, first: Batch, second: Batch) -> Batch:
    """What is asked for in two parts of a batch, with its real latents."""
    return Batch(
        x,
        torch.cat([first.style, second.style]),
        torch.cat([first.look_given, second.look_given]),
        torch.cat([first.persona_given, second.persona_given]),
    )


def spread_of(x: Tensor) -> Tensor:
    """How far latents [N, C, H, W] are from the next ones each, coarsely seen: []."""
    coarse = F.avg_pool2d(x, 2)
    return (coarse - coarse.roll(1, dims=0)).abs().mean()
