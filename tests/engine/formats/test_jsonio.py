from __future__ import annotations

import pytest

from engine.formats import jsonio


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1, "a": 2}', "twice"),
        ('{"a": NaN}', "NaN"),
        ("[-Infinity]", "Infinity"),
        ("{", "not JSON"),
        (b"\xff\xfe", "UTF-8"),
        ("[" * 100_000, "deeply"),
        ("[1" + "0" * 5000 + "]", "absurdly large"),
        ("1e999", "absurdly large"),
        ("1" + "0" * 320, "absurdly large"),
        ("x" * 101, "larger"),
        ('["\\ud800x"]', "half a letter"),
        ('{"\\uDFFF": 1}', "half a letter"),
        ('["\ud800"]', "half a letter"),
    ],
)
def test_refuses(text: str | bytes, reason: str) -> None:
    limit = 100 if reason == "larger" else 1_000_000
    with pytest.raises(ValueError, match=reason):
        jsonio.parse(text, limit)


def test_canonical_text_does_not_depend_on_the_order_of_keys() -> None:
    assert (
        jsonio.canonical({"b": 0.1, "a": "é"})
        == jsonio.canonical({"a": "é", "b": 0.1})
        == '{"a":"é","b":0.1}'
    )


def test_canonical_refuses_nan() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        jsonio.canonical(float("nan"))


def test_letters_that_json_spells_in_halves() -> None:
    assert jsonio.parse(b'["\\ud83d\\ude00", "\\\\ud800"]', 100) == ["\N{GRINNING FACE}", "\\ud800"]
