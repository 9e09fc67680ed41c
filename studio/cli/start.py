"""`main`: from the words on the command line to an exit code. Whatever happens: one sentence, no traceback.

A command's module is loaded only when that command is given, so that `persona --help` is quick.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TextIO

from engine.errors import Cancelled, PersonaError
from studio.cli.arguments import Parser, UsageError, add_common
from studio.cli.exits import Exit, help_text
from studio.cli.output import Output, OutputError, table


@dataclass(frozen=True)
class Command:
    """A word after `persona`."""

    name: str
    summary: str
    module: str = ""
    """The module that carries it out; empty when the arguments go elsewhere as they are."""


COMMANDS = (
    Command("studio", "open the studio window; what follows goes to it"),
    Command("generate", "make pictures", "studio.cli.generate"),
    Command("style", "create, list, show, mix styles, and score pictures against them", "studio.cli.style"),
    Command("restyle", "put photos into a style", "studio.cli.restyle"),
    Command("export", "write pictures into a folder as a finished set", "studio.cli.export"),
    Command("inspect", "read what pictures say about how they were made", "studio.cli.inspect"),
    Command("consents", "list what was agreed to, and what was made under it", "studio.cli.consents"),
    Command("model", "list, show, verify, import, export models", "studio.cli.model"),
    Command("dataset", "prepare a folder of pictures for training, and report on it"),
    Command("train", "train a model on a folder of pictures"),
    Command("evaluate", "measure a model against pictures"),
    Command("forget", "take a person's pictures out of training sets and runs"),
    Command(
        "doctor",
        "say what this machine has for making pictures and training, and what is missing",
        "studio.cli.doctor",
    ),
    Command("bench", "measure how fast it is on this machine", "studio.cli.bench"),
    Command("demo", "make a demonstration set from the bundled samples", "studio.cli.demo"),
)
TRAINER = ("dataset", "train", "evaluate", "forget")
DISTRIBUTION = "persona-studio"


def main(argv: Sequence[str] | None = None) -> int:
    """Carries out `persona ARGV` and returns the exit code (see `studio.cli.exits`)."""
    words = list(sys.argv[1:] if argv is None else argv)
    _never_fail_on_letters(sys.stdout)
    out = Output(
        sys.stdout,
        sys.stderr,
        as_json="--json" in words,
        quiet="--quiet" in words or "-q" in words,
    )
    try:
        code = _tell(words, out)
        sys.stdout.flush()
        return int(code)
    except BrokenPipeError:
        _let_go_of_stdout()
        return Exit.OUTPUT_CLOSED
    except (OutputError, OSError) as error:
        _let_go_of_stdout()
        print(f"The result cannot be written: {error}.", file=sys.stderr)
        return Exit.TARGET
    except KeyboardInterrupt:
        return Exit.STOPPED


def _tell(words: list[str], out: Output) -> int:
    """Carries the command out; whatever goes wrong becomes one sentence and an exit code."""
    try:
        return _carry_out(words, out)
    except (BrokenPipeError, OutputError):
        raise
    except SystemExit as end:  # argparse ends so after --help
        return end.code if isinstance(end.code, int) else Exit.OK
    except UsageError as error:
        return out.fail(str(error), Exit.USAGE)
    except (Cancelled, KeyboardInterrupt):
        return out.fail("Stopped; what was finished before is kept.", Exit.STOPPED)
    except PersonaError as error:
        _trace(words)
        return out.fail(str(error), error.exit_code)
    except Exception as error:
        _trace(words)
        return out.fail(_unexpected(error), Exit.FAILED)


def _carry_out(words: list[str], out: Output) -> int:
    words = words[1:] if words[:1] == ["--debug"] else words
    first = words[0] if words else ""
    if first in ("-h", "--help"):
        print(help_page())
        return Exit.OK
    if first == "--version":
        print(f"persona {version()}")
        return Exit.OK
    if first in TRAINER:
        from studio.cli.child import run_trainer

        return run_trainer(words)
    for command in COMMANDS:
        if command.module and command.name == first:
            return _run_here(command, words[1:], out)
    from studio.cli.window import open_window

    return open_window(words[1:] if first == "studio" else _files(words))


def _run_here(command: Command, words: list[str], out: Output) -> int:
    module = import_module(command.module)
    parser = Parser(prog=f"persona {command.name}", description=module.__doc__)
    module.add_arguments(parser)
    if not parser.has_subcommands:
        add_common(parser)
    code: int = module.run(parser.parse_args(words), out)
    return code


def _files(words: list[str]) -> list[str]:
    """The words, when they name files to open in the window. UsageError."""
    for word in words:
        if word.startswith("-"):
            raise UsageError(f"persona: there is no option {word} (persona --help lists everything).")
        if not _exists(word):
            raise UsageError(f"persona: {word} is neither a command nor a file {_perhaps(word)}.")
    return words


def _exists(word: str) -> bool:
    try:
        return Path(word).exists()
    except (OSError, ValueError):
        return False


def _perhaps(word: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, [command.name for command in COMMANDS], 1)
    return f"(did you mean persona {close[0]}?)" if close else "(persona --help lists everything)"


def help_page() -> str:
    """What `persona --help` shows."""
    commands = "\n".join("  " + line for line in table([(c.name, c.summary) for c in COMMANDS]))
    return f"""\
usage: persona [FILE ...]           open the studio, with pictures, styles or a model if you like
       persona COMMAND ...          persona COMMAND --help tells more

commands:
{commands}

options:
  --help     this page
  --version  the version
  --json     with any command: exactly one JSON object on stdout, also when it fails;
             what a command has to say besides goes to stderr
  --quiet    with any command: only errors on stderr
  --debug    with any command: show where an error came from (PERSONA_DEBUG=1 does too)

{help_text()}
The commands dataset, train, evaluate and forget end with the trainer's own code."""


def version() -> str:
    """The installed version, or that of the checkout."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed(DISTRIBUTION)
    except PackageNotFoundError:
        return _version_of_checkout()


def _version_of_checkout() -> str:
    import tomllib

    project = Path(__file__).parents[2] / "pyproject.toml"
    try:
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
    except (OSError, ValueError, KeyError):
        return "unknown"


def _unexpected(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "There is not enough memory for this."
    if isinstance(error, OSError) and error.strerror:
        about = f"{error.filename}: " if error.filename else ""
        return f"The system refused: {about}{error.strerror}."
    said = " ".join(str(error).split())[:300]
    return f"Something unexpected went wrong ({type(error).__name__}: {said}); --debug shows where."


def _trace(words: list[str]) -> None:
    if "--debug" in words or os.environ.get("PERSONA_DEBUG", "") not in ("", "0"):
        traceback.print_exc()


def _never_fail_on_letters(stream: TextIO) -> None:
    """What the terminal's encoding lacks is shown escaped."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")


def _let_go_of_stdout() -> None:
    """Nobody reads stdout any more: what is still on its way there must not fail again at the very end."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
    except (OSError, ValueError):
        pass
