"""The same steps without a browser: `python -m lib COMMAND`.

Commands: run, earth, import, serve, check. Progress and errors go to stderr; results go to stdout.
"""

import argparse
import json
import sys
from pathlib import Path

from lib.core.errors import AppError
from lib.core.home import loam_home


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.command(options)
    except AppError as error:
        print(f"loam: {error}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lib", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands)
    _add_earth(commands)
    _add_import(commands)
    _add_serve(commands)
    _add_check(commands)
    return parser


def _add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    run = commands.add_parser("run", help="run a project file from samples to class map")
    run.add_argument("project", type=Path, metavar="PROJECT.json")
    run.add_argument("--out", type=Path, required=True, metavar="DIR")
    run.set_defaults(command=_run)


def _run(options: argparse.Namespace) -> int:
    from lib.workflow.batch import run  # slow import

    print(json.dumps(run(options.project, options.out)))
    return 0


def _add_earth(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    earth = commands.add_parser("earth", help="serve Local Earth's whole API on 127.0.0.1")
    earth.add_argument("--port", type=int, required=True)
    earth.add_argument("--assets", type=Path, default=None, help="folder of Local Earth's state")
    earth.add_argument("--latency-ms", type=int, default=0, help="wait before every answer")
    earth.add_argument(
        "--faults",
        default="",
        help=(
            "faults to answer with: shares of all requests, such as 429:0.1,drop:0.05,seed:7, or a "
            "schedule by the requests' numbers, such as schedule:3=429,7=drop; besides HTTP "
            "statuses there are drop, slow (slow_ms:200 tells how slow) and truncate"
        ),
    )
    earth.add_argument(
        "--require-token", action="store_true", help="refuse requests without a token"
    )
    earth.add_argument("--keys", type=Path, default=None, help="registry of service-account keys")
    earth.add_argument(
        "--endpoint",
        action="append",
        default=[],
        metavar="NAME=URL",
        help="address that answers for an endpoint of models, by resource name or id",
    )
    earth.add_argument(
        "--remote-endpoints", action="store_true", help="allow endpoints on other machines"
    )
    earth.set_defaults(command=_earth)


def _earth(options: argparse.Namespace) -> int:
    from lib.localearth.errors import EarthError  # slow import
    from lib.localearth.server import serve

    try:
        serve(
            options.port,
            home=options.assets or loam_home(),
            latency_ms=options.latency_ms,
            faults=options.faults,
            require_token=options.require_token,
            keys=options.keys,
            endpoints=dict(_name_and_address(text) for text in options.endpoint),
            remote_endpoints=options.remote_endpoints,
        )
    except EarthError as error:
        print(f"loam: {error}", file=sys.stderr)
        return 1
    return 0


def _name_and_address(text: str) -> tuple[str, str]:
    name, _, address = text.partition("=")
    return name, address


def _add_import(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("import", help="make a GeoTIFF or vector file an asset")
    command.add_argument("file", type=Path, metavar="FILE")
    command.add_argument("--asset", required=True, metavar="NAME")
    command.set_defaults(command=_import)


def _import(options: argparse.Namespace) -> int:
    from lib.workflow.batch import import_file  # slow import

    print(json.dumps({"asset": import_file(options.file, options.asset)}))
    return 0


def _add_serve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "serve", help="put a SavedModel behind the HTTP interface of a prediction container"
    )
    command.add_argument("model", type=Path, metavar="SAVEDMODEL")
    command.add_argument("--port", type=int, required=True, help="to listen on; 0 for a free one")
    command.add_argument("--name", default="", help="of the model; that of its folder if left out")
    command.set_defaults(command=_serve)


def _serve(options: argparse.Namespace) -> int:
    from lib.workflow.serve import serve_model  # slow import

    serve_model(options.model, port=options.port, name=options.name)
    return 0


def _add_check(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    check = commands.add_parser("check", help="try each form and assumption on a connection")
    check.add_argument(
        "--project", default="", help="Google Cloud project; Local Earth if left out"
    )
    check.add_argument("--key", type=Path, default=None, help="service-account key file")
    check.set_defaults(command=_check)


def _check(options: argparse.Namespace) -> int:
    from lib.workflow.check import run_check  # slow import

    return run_check(options.project, options.key)


if __name__ == "__main__":
    sys.exit(main())
