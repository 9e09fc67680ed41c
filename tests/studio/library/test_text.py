from __future__ import annotations

from studio.library.text import Text


def test_words_come_last() -> None:
    text = Text("Kept {name}.", name="Anna")
    assert str(text) == "Kept Anna."
    assert text.format({"Kept {name}.": "已保存{name}。"}.__getitem__) == "已保存Anna。"


def test_texts_may_hold_texts_and_braces() -> None:
    inner = Text("{n} pictures", n=3)
    assert str(Text("Exported {what}.", what=inner)) == "Exported 3 pictures."
    assert str(Text("Nothing {to} fill.")) == "Nothing {to} fill."
    assert str(Text("{name}", name="{evil}")) == "{evil}"
    assert Text("a", b=1) == Text("a", b=1)
    assert len({Text("a", b=1), Text("a", b=1)}) == 1
