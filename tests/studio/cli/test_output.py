from __future__ import annotations

import json
from io import StringIO

from engine.errors import NoFaceError, PictureError
from studio.cli.exits import Exit
from studio.cli.output import Output, pairs, printable, table, width


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_table_aligns_words_left_and_numbers_right() -> None:
    assert table([("a", 5), ("long", 12)], ("name", "n")) == ["name   n", "a      5", "long  12"]


def test_table_counts_chinese_characters_twice() -> None:
    lines = table([("米拉", "x"), ("a", "y")])
    assert width(lines[0]) == width(lines[1]) == 7


def test_table_of_nothing_is_nothing() -> None:
    assert table([], ("name", "n")) == []


def test_pairs_leave_out_what_is_not_there() -> None:
    assert pairs([("name", "a"), ("none", None), ("n", 0)]) == ["name  a", "n     0"]


def test_file_names_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in printable("a\x1b[2Jb\n")


def test_text_result_and_problems() -> None:
    stdout, stderr = StringIO(), StringIO()
    out = Output(stdout, stderr)
    out.problem(NoFaceError("a.png"))
    assert out.finish(["done"]) == Exit.PARTLY
    assert stdout.getvalue() == "done\n"
    assert stderr.getvalue() == "Cannot use the picture a.png: no face was found in it.\n"


def test_nothing_done_has_the_code_of_its_reason() -> None:
    for errors, code in (
        ([NoFaceError("a")], Exit.NO_FACE),
        ([NoFaceError("a"), NoFaceError("b")], Exit.NO_FACE),
        ([NoFaceError("a"), PictureError("b", "it is a poem")], Exit.FAILED),
    ):
        out = Output(StringIO(), StringIO())
        for error in errors:
            out.problem(error)
        assert out.finish([], done=False) == code


def test_a_failure_reports_what_was_done_before() -> None:
    stdout = StringIO()
    out = Output(stdout, StringIO(), as_json=True)
    out.data["files"] = [1]
    out.fail("The disk is full.", 8)
    assert json.loads(stdout.getvalue()) == {"files": [1], "error": "The disk is full.", "problems": []}


def test_progress_on_a_terminal_is_one_line_that_goes_away() -> None:
    stderr = Terminal()
    out = Output(StringIO(), stderr)
    out.progress(3, 3, "pictures")
    out.note("Look.")
    assert stderr.getvalue() == "\r3 of 3 pictures\r" + " " * 15 + "\rLook.\n"


def test_progress_elsewhere_is_silent_at_first_and_quiet_says_nothing() -> None:
    for stderr, quiet in ((StringIO(), False), (Terminal(), True)):
        out = Output(StringIO(), stderr, quiet=quiet)
        out.progress(3, 3, "pictures")
        assert stderr.getvalue() == ""
