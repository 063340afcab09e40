"""Has vLLM's own parser read the command lines of COMMANDS, and prints what it understands."""

import argparse
import json
import os

from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.entrypoints.cli.serve import ServeSubcommand
from vllm.utils.argparse_utils import FlexibleArgumentParser


def read(parser: argparse.ArgumentParser, serve: ServeSubcommand, command: list[str]) -> dict:
    """What is understood of a command line, or how it is refused."""
    try:
        known = parser.parse_args(["serve", *command])
        serve.validate(known)
        # The types of the fields are checked once more.
        AsyncEngineArgs.from_cli_args(known)
    except (SystemExit, ValueError, TypeError, KeyError) as error:
        return {"refused": str(error)}
    return {"understood": {name: value for name, value in vars(known).items() if is_plain(value)}}


def is_plain(value: object) -> bool:
    if isinstance(value, list):
        return all(is_plain(one) for one in value)
    return isinstance(value, (str, int, float, bool, type(None)))


def main() -> None:
    parser, serve = FlexibleArgumentParser(), ServeSubcommand()
    options = serve.subparser_init(parser.add_subparsers())._actions
    print(
        json.dumps(
            {
                "options": {option: action.dest for action in options for option in action.option_strings},
                "commands": [read(parser, serve, command) for command in json.loads(os.environ["COMMANDS"])],
            }
        )
    )


if __name__ == "__main__":
    main()
