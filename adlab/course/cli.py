"""The `adlab` command."""

import argparse
import sys
from pathlib import Path

import adlab
from adlab.course import CourseError
from adlab.course.copies import FIRST, copy_course
from adlab.course.start import check_jupyterlab, check_port, serve

FOLDER = "adlab-course"


def main(arguments: list[str] | None = None) -> int:
    """0 if all went well, 1 if something stands in the way, 2 if the command line is wrong."""
    parser = make_parser()
    told = parser.parse_args(arguments)
    if told.command is None:
        parser.print_help()
        return 0
    try:
        return told.run(told) or 0
    except CourseError as error:
        print(f"adlab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="adlab",
        description="A self-study course on automatic differentiation.",
        epilog="To begin: adlab start",
    )
    parser.add_argument("--version", action="version", version=f"adlab {adlab.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    words = "put the notebooks into a folder and open them in JupyterLab"
    command = commands.add_parser(
        "start",
        help=words,
        description=f"{words[0].upper()}{words[1:]}. Run it again whenever you go on: "
        "what you have changed is never overwritten.",
        epilog="JupyterLab listens on this machine only. To stop it, press Ctrl-C twice.",
    )
    command.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(FOLDER),
        metavar="FOLDER",
        help="where your notebooks are kept (default: %(default)s in the current folder)",
    )
    command.add_argument(
        "--port",
        type=port,
        help="listen on this port (default: JupyterLab takes the first free one from 8888 on)",
    )
    command.add_argument(
        "--no-browser",
        dest="browser",
        action="store_false",
        help="print the address, open no browser",
    )
    command.add_argument(
        "--copy-only", action="store_true", help="put the notebooks there, do not start JupyterLab"
    )
    command.set_defaults(run=start)
    words = "what you have passed, and what comes next"
    command = commands.add_parser(
        "progress",
        help=words,
        description=f"{words[0].upper()}{words[1:]}. Your progress is a file on this computer; "
        "nothing is sent anywhere.",
    )
    command.add_argument(
        "--export", type=Path, metavar="FILE", help="write your progress to a new file"
    )
    command.add_argument(
        "--import",
        dest="merge",
        type=Path,
        metavar="FILE",
        help="add the progress of an exported file; what you have passed stays passed",
    )
    command.set_defaults(run=progress)
    command = commands.add_parser(
        "doctor",
        help="look for what is wrong on this machine, and say what cures it",
        description="Looks for what is wrong on this machine, and says what cures it.",
        epilog="The exit code is 0 if all is right, else 1.",
    )
    command.set_defaults(run=doctor)
    return parser


def port(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 65535")


def start(told: argparse.Namespace) -> None:
    if not told.copy_only:
        check_jupyterlab()
        if told.port is not None:
            check_port(told.port)
    outcomes = copy_course(told.folder)
    print(f"The course is in {told.folder.resolve()}")
    for outcome in outcomes:
        if outcome.what not in ("new", "same", "yours"):
            print(f"  {outcome}")
    if not told.copy_only:
        print(f"JupyterLab opens {FIRST}; to stop it, press Ctrl-C twice here.", flush=True)
        serve(told.folder, told.port, told.browser)


def progress(told: argparse.Namespace) -> int:
    from adlab.course.overview import Overview
    from adlab.course.progress import Progress

    mine = Progress.open()
    for file, act in ((told.merge, mine.merge), (told.export, mine.export)):
        try:
            if file:
                act(file)
        except OSError as error:
            raise CourseError(f"{file}: {error.strerror}") from error
        except ValueError as error:
            raise CourseError(str(error)) from error
    print(Overview(mine))
    return 0 if mine.save() else 1


def doctor(told: argparse.Namespace) -> int:
    from adlab.course.doctor import main

    return main()


if __name__ == "__main__":
    sys.exit(main())
