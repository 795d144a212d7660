"""`purenn completion`: print a script that lets a shell complete commands, options, choices, data sets and files.

The scripts are made from the parser when they are asked for, so that they know what plugins have registered. They hold
all the words: at the TAB key, no Python has to start.
"""

from __future__ import annotations

import re
import shlex
from argparse import Action, ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from purenn.cli.command import COMMANDS, Arguments, Command, register
from purenn.cli.output import print_json
from purenn.cli.parser import Parser, parser
from purenn.cli.trial import varied_options
from purenn.datasets import DATASETS, published
from purenn.layers import activation_names

__all__ = ["SHELLS", "CompletionArguments", "completion"]


class CompletionArguments(Arguments):
    """Arguments of `purenn completion`."""

    shell: str

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=f"one of {', '.join(SHELLS)}")
        parser.epilog = (
            'In ~/.bashrc, or in ~/.zshrc after compinit, write: eval "$(purenn completion bash)", or zsh. In '
            "~/.config/fish/config.fish: purenn completion fish | source. It then works for the installed command "
            "purenn, with names from the plugins that are loaded now, and not for python -m purenn or python "
            "purenn.pyz, which the shell takes for commands of python."
        )


def completion(arguments: CompletionArguments) -> int:
    """Print the script for a shell."""
    script = "\n".join(SHELLS[arguments.shell](parser())) + "\n"
    if arguments.json:
        print_json("completion", {"shell": arguments.shell, "script": script})
    else:
        print(script, end="")
    return 0


class _Argument(NamedTuple):
    """The facts about an argument that a shell needs: its options, empty for a positional one, and its values."""

    options: Sequence[str]
    name: str
    about: str
    words: Sequence[str]
    takes_value: bool
    takes_file: bool


def _arguments(parser: Parser) -> Iterator[_Argument]:
    """Yield the arguments of a command, in the order of its help."""
    for action in parser.actions():
        if action.dest != "command":
            about = re.split("[;:]", (action.help or "").replace("%%", "%"))[0]
            yield _Argument(
                options=action.option_strings,
                name=_name(action),
                about=about if len(about) <= 60 else f"{about[:57]}...",
                words=_words(action),
                takes_value=action.nargs != 0,
                takes_file=action.type is Path or action.metavar in ("DATA", "FILE"),
            )


def _name(action: Action) -> str:
    """Return the name of the values, that of the first where they have several."""
    return action.metavar[0] if isinstance(action.metavar, tuple) else action.metavar or action.dest


def _words(action: Action) -> list[str]:
    """Return the values that can be completed."""
    if action.dest == "dataset":
        return list(published() if action.metavar == "NAME" else DATASETS)
    if action.dest == "activation":
        return activation_names()
    if action.dest == "vary":
        return [*varied_options()]
    return [str(choice) for choice in action.choices or ()]


# Bash: one `case` for the values of options, one for the words of a command. Where no word fits, bash offers files.

BASH = r"""# purenn's completion for bash:  eval "$(purenn completion bash)"
# It is for the installed command purenn; python purenn.pyz is a command of python, and is not completed.
_purenn() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= words= i
    if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            --plugin) ((i++)) ;;
            -*) ;;
            *) command=${COMP_WORDS[i]}; break ;;
        esac
    done
    COMPREPLY=()
    case "$command $prev" in
@VALUES@
        *) case "$command" in
@WORDS@
        esac ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _purenn purenn"""


def _bash(whole: Parser) -> Iterator[str]:
    values, words = list[str](), list[str]()
    for name, inner in [("", whole), *whole.commands.items()]:
        offered = [*whole.commands] if not name else []
        for argument in _arguments(inner):
            if not argument.options:
                offered += argument.words
            elif argument.takes_value:
                pattern = "|".join(shlex.quote(f"{name} {option}") for option in argument.options)
                values.append(f"        {pattern}) words={shlex.quote(' '.join(argument.words))} ;;")
        optional = " ".join(inner.options())
        positional = " ".join(offered)
        words.append(
            f"            {shlex.quote(name)}) if [[ $cur == -* ]]; then words={shlex.quote(optional)};"
            f" else words={shlex.quote(positional)}; fi ;;"
        )
    yield BASH.replace("@VALUES@", "\n".join(values)).replace("@WORDS@", "\n".join(words))


# Zsh: `_arguments` is told every option with a description.

ZSH = r"""#compdef purenn
# purenn's completion for zsh:  eval "$(purenn completion zsh)"  after compinit
# It is for the installed command purenn; python purenn.pyz is a command of python, and is not completed.
_purenn() {
    local curcontext=$curcontext state line
    local -a commands
    commands=(
@COMMANDS@
    )
    _arguments -C \
@WHOLE@
        '1:command:->command' '*::argument:->arguments' && return
    case $state in
        command) _describe command commands ;;
        arguments) case $line[1] in
@CASES@
        esac ;;
    esac
}
if [[ ${funcstack[1]} == _purenn ]]; then _purenn "$@"; else compdef _purenn purenn; fi"""


def _zsh(whole: Parser) -> Iterator[str]:
    purposes = [f"        {shlex.quote(f'{name}:{COMMANDS[name].purpose}')}" for name in whole.commands]
    cases = [
        f"            {name}) _arguments \\\n{_zsh_arguments(inner, 16)} ;;" for name, inner in whole.commands.items()
    ]
    script = ZSH.replace("@COMMANDS@", "\n".join(purposes)).replace("@CASES@", "\n".join(cases))
    yield script.replace("@WHOLE@", f"{_zsh_arguments(whole, 8)} \\")


def _zsh_arguments(parser: Parser, indent: int) -> str:
    specs: list[str] = []
    for argument in _arguments(parser):
        about = re.sub(r"([\[\]:\\])", r"\\\1", argument.about)
        words = "(" + " ".join(re.sub(r"([()\\])", r"\\\1", word) for word in argument.words) + ")"
        files = "_files -/" if argument.name == "DIR" else "_files"
        both = f'_alternative "words:{argument.name}:{words}" "files:file:{files}"'
        action = both if argument.words and argument.takes_file else words if argument.words else " "
        value = f"{argument.name}:{files if argument.takes_file and not argument.words else action}"
        if argument.options:
            specs += [f"{option}[{about}]{f':{value}' if argument.takes_value else ''}" for option in argument.options]
        else:
            specs.append(f":{value}")
    return " \\\n".join(" " * indent + shlex.quote(spec) for spec in specs)


# Fish: a line for every word.


def _fish(whole: Parser) -> Iterator[str]:
    yield "# purenn's completion for fish:  purenn completion fish | source"
    yield "# It is for the installed command purenn; python purenn.pyz is a command of python, and is not completed."
    yield "complete -c purenn -f"
    yield from _fish_arguments(whole, "__fish_use_subcommand")
    for name, inner in whole.commands.items():
        yield f"complete -c purenn -n __fish_use_subcommand -a {name} -d {shlex.quote(COMMANDS[name].purpose)}"
        yield from _fish_arguments(inner, f"__fish_seen_subcommand_from {name}")


def _fish_arguments(parser: Parser, condition: str) -> Iterator[str]:
    for argument in _arguments(parser):
        parts = ["complete -c purenn", f"-n {shlex.quote(condition)}"]
        for option in argument.options:
            parts.append(f"-l {option[2:]}" if option.startswith("--") else f"-s {option[1:]}")
        if argument.takes_file:
            parts.append("-F")
        if argument.options and argument.takes_value:
            parts.append("-r")
        if argument.words:
            parts.append(f"-a {shlex.quote(' '.join(argument.words))}")
        if argument.options:
            parts.append("-d " + shlex.quote(argument.about))
        yield " ".join(parts)


SHELLS: dict[str, Callable[[Parser], Iterator[str]]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}

register(
    Command(
        "completion",
        "print a script for the TAB key of a shell",
        CompletionArguments,
        completion,
        examples=["completion bash"],
    )
)
