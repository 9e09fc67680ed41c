"""Two sessions out of one file: what each gets, and that pictures stay what they were."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import onnx
import pytest

from engine import exchange, graph_part, trial
from engine.bundle import Bundle
from engine.errors import BundleError
from engine.exchange import verify_bundle
from engine.network import Network
from engine.providers import CPU
from engine.recipe import Recipe
from engine.renderer import Renderer
from tests import tiny


@pytest.fixture(scope="module")
def within(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with its previews within synthesis; for reading only."""
    return tiny.write_tiny_bundle(tmp_path_factory.mktemp("models") / "within", within=True)


@pytest.fixture
def own(within: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(within, tmp_path / "own"))


def test_pictures_are_those_of_five_files(tiny_bundle: Path, within: Path) -> None:
    five, four = (Network(Bundle.load(path), CPU) for path in (tiny_bundle, within))
    assert not (within / "preview.onnx").exists()
    w = np.random.default_rng(0).standard_normal((3, tiny.L, tiny.W)).astype(np.float32)
    np.testing.assert_array_equal(five.preview(w), four.preview(w))
    np.testing.assert_array_equal(five.synthesis(w), four.synthesis(w))


def test_each_session_makes_only_its_own(within: Path) -> None:
    network = Network(Bundle.load(within), CPU)
    network.open("preview", "synthesis")
    made = {name: [one.name for one in session.get_outputs()] for name, session in network._sessions.items()}
    assert made == {"preview": ["preview"], "synthesis": ["image"]}


def test_a_part_has_only_the_nodes_and_weights_that_it_needs(within: Path) -> None:
    data = (within / "synthesis.onnx").read_bytes()
    whole = onnx.load_from_string(data)
    image = onnx.load_from_string(graph_part.part(data, ["image"]))
    onnx.checker.check_model(image, full_check=True)
    assert "AveragePool" not in {node.op_type for node in image.graph.node}
    assert len(image.graph.node) == len(whole.graph.node) - 1
    assert image.opset_import == whole.opset_import and image.ir_version == whole.ir_version
    early = onnx.load_from_string(graph_part.part(_with_output(whole, "x1"), ["x1"]))
    assert {value.name for value in early.graph.initializer} < {v.name for v in whole.graph.initializer}
    assert {name for node in early.graph.node for name in node.output} >= {"x0", "x1"}
    assert not {"x2", "image"} & {name for node in early.graph.node for name in node.output}


def _with_output(model: onnx.ModelProto, name: str) -> bytes:
    model = onnx.ModelProto.FromString(model.SerializeToString())
    model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    return bytes(model.SerializeToString())


def test_a_graph_written_in_pieces_is_cut_as_the_runtime_would_read_it(within: Path) -> None:
    """A parser puts several `graph` fields together; so does the cut."""
    data = (within / "synthesis.onnx").read_bytes()
    model = onnx.load_from_string(data)
    rest = onnx.ModelProto()
    rest.graph.node.append(model.graph.node.pop())
    pieces = model.SerializeToString() + rest.SerializeToString()
    assert graph_part.part(pieces, ["preview"])
    assert onnx.load_from_string(graph_part.part(pieces, ["preview"])).graph.node[-1].output == ["preview"]


def test_what_the_graph_does_not_make(within: Path) -> None:
    with pytest.raises(ValueError, match="does not make 'mask'"):
        graph_part.part((within / "synthesis.onnx").read_bytes(), ["mask"])
    with pytest.raises(ValueError, match="not an ONNX graph"):
        graph_part.part(b"\x3a\xff\xff", ["image"])


def test_random_damage_never_raises_anything_else(within: Path) -> None:
    data, rng = (within / "synthesis.onnx").read_bytes(), random.Random(0)
    for _ in range(1000):
        broken = bytearray(data[: rng.randrange(1, len(data))] if rng.random() < 0.3 else data)
        for _ in range(rng.randint(1, 4)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        with suppress(ValueError):
            graph_part.part(bytes(broken), ["image"])


def test_it_is_a_model_like_any_other(within: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    assert trial.problem(Bundle.load(within)) is None
    assert verify_bundle(within) == []
    packed = exchange.export_bundle(Bundle.load(within), tmp_path / "model.persona-model")
    again = exchange.import_bundle(packed, tmp_path / "models")
    assert again.id == Bundle.load(within).id != Bundle.load(tiny_bundle).id
    assert again.card.preview_graph == "synthesis"
    assert Bundle.load(tiny_bundle).card.preview_graph == "preview"
    renderer = Renderer(again, CPU)
    assert renderer.low_resolution(Recipe.from_seed(again.id, 1)) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda card: card.pop("preview_graph"), "does not list preview.onnx"),
        (lambda card: card.update(preview_graph="mapping"), "'mapping', which is no graph"),
        (lambda card: card.update(preview_graph=["preview"]), "which is no graph"),
        (lambda card: card.update(preview_resolution=8), "synthesis.onnx has outputs"),
    ],
)
def test_a_card_that_says_otherwise(
    own: Path, change: Callable[[dict[str, object]], object], reason: str
) -> None:
    card = json.loads((own / "model.json").read_text("utf-8"))
    change(card)
    tiny.write_card(own, card)
    with pytest.raises(BundleError) as caught:
        Bundle.load(own)
    assert reason in str(caught.value)


def test_a_file_that_went_or_changed_after_loading(own: Path) -> None:
    bundle = Bundle.load(own)
    (own / "synthesis.onnx").write_bytes(b"\x3a\xff\xff")
    with pytest.raises(BundleError, match=r"synthesis\.onnx is damaged"):
        Network(bundle, CPU).open("preview")
    (own / "synthesis.onnx").unlink()
    with pytest.raises(BundleError, match=r"synthesis\.onnx is missing"):
        Network(bundle, CPU).open("synthesis")
