"""What `python -m fakes` does to a running simulation by its door, and how it shows what comes back."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from fakes.calling import Caller

Show = Callable[[Any], None]


def clock(door: Caller, options: argparse.Namespace) -> None:
    """Show the time, or move it on."""
    told = door.post("clock", told={"by": options.by}) if options.by else door.get("clock")
    _show(options, told, lambda told: _say(told["now"]))


def fault_add(door: Caller, options: argparse.Namespace) -> None:
    """Let something go wrong from now on."""
    given = {name: getattr(options, name) for name in ("where", "when", "what", "name", "times", "account", "skip")}
    given |= {"chance": options.chance, "optional": options.optional or None}
    told = door.post("faults", told={name: value for name, value in given.items() if value is not None})
    _show(options, told, lambda told: _say(f"fault {told['name']!r} was added"))


def fault_list(door: Caller, options: argparse.Namespace) -> None:
    """Show every fault and how often it has fired."""
    _show(options, door.get("faults"), _show_faults)


def fault_remove(door: Caller, options: argparse.Namespace) -> None:
    """Let it be."""
    told = door.delete("faults", options.name)
    _show(options, told, lambda _: _say(f"fault {options.name!r} was removed"))


def deliver(door: Caller, options: argparse.Namespace) -> None:
    """Let messages arrive, byte for byte."""
    messages = [sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes() for file in options.file]
    told = [door.deliver(options.address, raw) for raw in messages]
    _show(options, told, lambda told: _say(f"{len(told)} delivered to {options.address}"))


def mail(door: Caller, options: argparse.Namespace) -> None:
    """Show an account's mail."""
    _show(options, door.get("mail", options.address), _show_mail)


def account_list(door: Caller, options: argparse.Namespace) -> None:
    """Show every account."""
    columns = ("address", "imap", "pop", "suspended", "messages")
    _show(
        options, door.get("accounts"), lambda told: _table(columns, ([each[key] for key in columns] for each in told))
    )


def account_add(door: Caller, options: argparse.Namespace) -> None:
    """Make an account with an empty mailbox."""
    given = {"address": options.address, "name": options.name, "pop": options.pop, "classic": options.classic}
    given |= {"imap": not options.no_imap, "organisation": options.organisation}
    told = door.post("accounts", told={name: value for name, value in given.items() if value is not None})
    _show(options, told, lambda told: _say(f"account {told['address']} was added"))


def account_app_password(door: Caller, options: argparse.Namespace) -> None:
    """Make an app password and print it."""
    told = door.post("app-passwords", told={"address": options.address})
    _show(options, told, lambda told: _say(told["app_password"]))


def event(door: Caller, options: argparse.Namespace) -> None:
    """Let something happen as a setup's history has it."""
    try:
        value = json.loads(options.value)
    except ValueError:
        value = options.value  # an address or a word, as people write it
    given = {"event": {options.what: value}, "client_id": options.client_id, "organisation": options.organisation}
    told = door.post("events", told={name: each for name, each in given.items() if each is not None})
    _show(options, told, lambda told: _say(told["happened"]))


def token(door: Caller, options: argparse.Namespace) -> None:
    """Print a fresh access token."""
    scopes = {"scopes": options.scope} if options.scope else {}
    told = door.post("tokens", told={"address": options.address, **scopes})
    _show(options, told, lambda told: _say(told["access_token"]))


def grants(door: Caller, options: argparse.Namespace) -> None:
    """Show grants and tokens, dead ones with what they died of."""
    _show(options, door.get("grants"), _show_grants)


def console(door: Caller, options: argparse.Namespace) -> None:
    """Show what the Cloud console has."""
    _show(options, door.get("console"), _show_console)


def journal(door: Caller, options: argparse.Namespace) -> None:
    """Show everything that crossed a wire."""
    _show(options, door.get("journal", after=options.after), _show_journal)


def check(door: Caller, options: argparse.Namespace) -> int:
    """Tell what could not be answered truly; exit status 1 when there is anything."""
    told = door.get("check")
    _show(options, told, lambda told: _say("\n".join(told["complaints"]) or "nothing to complain of"))
    return 0 if told["ok"] else 1


def evidence(door: Caller, options: argparse.Namespace) -> None:
    """Keep the evidence so far."""
    from fakes import evidence as keeping

    keeping.write(options.file, door.get("evidence"))
    _say(f"evidence written to {options.file}")


# --- showing ---------------------------------------------------------------------------------


def _show(options: argparse.Namespace, told: Any, show: Show) -> None:
    if options.json:
        _say(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        show(told)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _table(headings: Sequence[str], rows: Iterable[Sequence[object]], nothing: str = "nothing") -> None:
    """Print columns as wide as their widest cell, the last as wide as it is."""
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        _say(nothing)
        return
    lines = [list(headings), *cells]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        _say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = "–" if value is None or value == "" else str(value)
    return "".join(character if character.isprintable() else "?" for character in text)


def _show_faults(told: Any) -> None:
    _table(
        ("name", "where", "when", "what", "times", "account", "fired"),
        (
            [*(one.get(key) for key in ("name", "where", "when", "what", "times", "account")), str(one["fired"])]
            for one in told
        ),
        "no fault",
    )


def _show_mail(told: Any) -> None:
    _table(
        ("folders", "flags", "size", "from", "subject"),
        ([", ".join(one["folders"]), " ".join(one["flags"]), one["size"], one["from"], one["subject"]] for one in told),
        "no mail",
    )


def _show_grants(told: Any) -> None:
    _table(
        ("token", "address", "client", "expires", "death"),
        (
            [one["kind"], one["address"], one["client_id"], one.get("expires_at"), one["death"] or "alive"]
            for one in told["tokens"]
        ),
        "no token was issued",
    )


def _show_console(told: Any) -> None:
    for project in told["projects"]:
        _say(f"project {_cell(project['id'])} (number {project['number']}, {_cell(project['name'])})")
        if screen := project["consent_screen"]:
            verified = ", verified" if screen["verified"] else ""
            _say(f"  app {_cell(screen['app_name'])}: {screen['user_type']}, {screen['publishing_status']}{verified}")
            _say(f"  test users: {', '.join(map(_cell, screen['test_users'])) or 'none'}")
        for client in project["clients"]:
            _say(f"  client {_cell(client['name'])}: {client['type']}, {client['state']}")
            _say(f"    id      {client['client_id']}")
            _say(f"    secret  {client['client_secret'] or 'none'}")
            for uri in client["redirect_uris"]:
                _say(f"    redirect URI  {_cell(uri)}")
    if not told["projects"]:
        _say("no project")


def _show_journal(told: Any) -> None:
    for entry in told:
        first, *rest = str(entry["text"]).splitlines() or [""]
        way = f"{entry['sender']} > {entry['receiver']}"
        _say(f"{entry['number']:>5}  {entry['at'][:19]}Z  {entry['session']:<10}  {way:<16}  {_cell(first)}")
        for line in rest:
            _say(" " * 9 + _cell(line))


# --- usage -----------------------------------------------------------------------------------


def add_to(commands: Any) -> None:
    """Add every command to a parser's commands; each finds its function in `act`."""
    _command(commands, "clock", clock, "show the world's time, or move it on").add_argument(
        "by", metavar="+LENGTH", nargs="?", help="such as +8d, +90m, +1.5h or +30s"
    )
    _add_faults(_group(commands, "fault", "let things go wrong"))
    command = _command(commands, "deliver", deliver, "let messages arrive in an account's Inbox, byte for byte")
    command.add_argument("address", metavar="ADDRESS")
    command.add_argument("file", metavar="FILE", nargs="+", type=Path, help="a message; - is standard input")
    _command(commands, "mail", mail, "show an account's mail").add_argument("address", metavar="ADDRESS")
    _add_accounts(_group(commands, "account", "add accounts and show them"))
    command = _command(commands, "event", event, "let something happen, as the history of a setup file has it")
    command.add_argument("what", metavar="EVENT", help="such as password_changed, app_removed, publishing_status")
    command.add_argument("value", metavar="VALUE", help="an address, a word, or JSON")
    command.add_argument("--client-id", metavar="ID", help="whose history it is, unless there is only one client")
    command.add_argument("--organisation", metavar="DOMAIN", help="unless there is only one")
    command = _command(commands, "token", token, "print a fresh access token of an account")
    command.add_argument("address", metavar="ADDRESS")
    command.add_argument("--scope", metavar="SCOPE", action="append", help="repeatable; without, all of Gmail's mail")
    _command(commands, "grants", grants, "show grants and tokens, and what they died of")
    _command(commands, "console", console, "show projects, consent screens, clients with id and secret")
    _command(commands, "journal", journal, "show everything that crossed a wire").add_argument(
        "--after", metavar="NUMBER", type=int, default=0, help="only entries after this one"
    )
    _command(commands, "check", check, "tell what could not be answered truly; exit status 1 for anything")
    _command(commands, "evidence", evidence, "keep the evidence so far; mail is in it").add_argument(
        "file", metavar="FILE", type=Path
    )


def _add_faults(commands: Any) -> None:
    command = _command(commands, "add", fault_add, "add a fault")
    command.add_argument("where", metavar="WHERE", help="oauth, imap, pop or smtp")
    command.add_argument("when", metavar="WHEN", help="a command or endpoint: FETCH, DATA, token, connect, tls …")
    command.add_argument("what", metavar="WHAT", help="refuse, close, reset, stall=30s, lose-reply, answer=TEXT …")
    command.add_argument("--name", metavar="NAME")
    command.add_argument("--times", metavar="N", type=int, help="how often; each time without")
    command.add_argument("--account", metavar="ADDRESS", help="only commands of this account")
    command.add_argument("--skip", metavar="N", type=int, help="how many matches pass first")
    command.add_argument("--chance", metavar="P", type=float, help="throw dice each time")
    command.add_argument("--optional", action="store_true", help="it need not fire")
    _command(commands, "list", fault_list, "show every fault and how often it has fired")
    _command(commands, "remove", fault_remove, "remove a fault").add_argument("name", metavar="NAME")


def _add_accounts(commands: Any) -> None:
    command = _command(commands, "add", account_add, "add an account with an empty mailbox")
    command.add_argument("address", metavar="ADDRESS")
    command.add_argument("--name", metavar="NAME")
    command.add_argument("--organisation", metavar="DOMAIN", help="the Workspace organisation it belongs to")
    command.add_argument("--no-imap", action="store_true", help="IMAP is off")
    command.add_argument("--pop", action="store_true", help="POP is on")
    command.add_argument("--classic", action="store_true", help="folders in place of labels")
    _command(commands, "list", account_list, "show every account")
    _command(commands, "app-password", account_app_password, "make an app password and print it").add_argument(
        "address", metavar="ADDRESS"
    )


def _group(commands: Any, name: str, help_text: str) -> Any:
    group = commands.add_parser(name, help=help_text, description=_sentence(help_text))
    return group.add_subparsers(title="commands", required=True, metavar="COMMAND")


def _command(commands: Any, name: str, act: Callable[..., int | None], help_text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=help_text, description=_sentence(help_text))
    command.add_argument("--network", metavar="FILE", help="the network file; without it GMAILSYNC_NETWORK")
    command.add_argument("--json", action="store_true", help="print one JSON document")
    command.set_defaults(act=act)
    return command


def _sentence(help_text: str) -> str:
    return f"{help_text[:1].upper()}{help_text[1:]}."
