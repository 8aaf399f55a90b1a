"""The usage line of a command, as other tools write it, whichever version of typer is installed."""

from typing import Any

from typer.core import TyperArgument, TyperCommand


class Command(TyperCommand):
    """Says `FILE` where one is needed, `[FILE]` where none is, and `FILE...` where several go.

    typer's own line differs from version to version: braces about what is needed, brackets about brackets.
    """

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401 - click's context, or typer's copy of it
        """Words of the usage line after the command's name."""
        arguments = [each for each in self.get_params(ctx) if isinstance(each, TyperArgument)]
        return ["[OPTIONS]", *map(_piece, arguments)]


def _piece(argument: TyperArgument) -> str:
    name = f"{argument.metavar or str(argument.name).upper()}{'' if argument.nargs == 1 else '...'}"
    return name if argument.required else f"[{name}]"
