"""Look every night whether somebody changed a chat behind Pulumi's back: `python -m examples.nightly_drift`.

Prints a line for each stack, and ends with status 1 where something drifted or could not be looked at. `--mail` sends
the report as JSON through the mail server of SMTP_HOST. It compares only: neither clouds nor state are changed.
"""

import argparse
import json
import os
import smtplib
import sys
from email.message import EmailMessage

from automation import ChatStack
from automation.fleet import Summary, fleet


def lines(summary: Summary) -> list[str]:
    """Return one line for each stack."""
    told = [
        f"{name}: "
        + (", ".join(f"{step.operation} {step.name}" for step in result.steps) or "as it was made")
        for name, result in summary.results.items()
    ]
    return told + [f"{name}: {error.cause.splitlines()[0]}" for name, error in summary.errors.items()]


def message(summary: Summary, sender: str, recipient: str) -> EmailMessage:
    """Return the report as a mail."""
    made = EmailMessage()
    made["From"], made["To"] = sender, recipient
    made["Subject"] = (
        f"Drift: {summary.changed} resources, {len(summary.errors)} stacks could not be compared"
    )
    made.set_content("\n".join(lines(summary)))
    report = json.dumps(summary.to_json(), indent=2).encode()
    made.add_attachment(report, maintype="application", subtype="json", filename="drift.json")
    return made


def main() -> int:
    """Compare, tell, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("stacks", nargs="+", help="names of stacks, or paths of their files")
    parser.add_argument("--parallel", type=int, default=4)
    parser.add_argument("--mail", metavar="ADDRESS", help="send the report there")
    parser.add_argument("--sender", default="drift@localhost")
    parser.add_argument("--rehearse", action="store_true", help="with stand-in clouds")
    options = parser.parse_args()
    found = fleet(options.stacks, ChatStack.drift, parallel=options.parallel, rehearse=options.rehearse)
    print("\n".join(lines(found)))
    if options.mail:
        with smtplib.SMTP(os.environ.get("SMTP_HOST", "localhost"), timeout=30) as server:
            server.send_message(message(found, options.sender, options.mail))
    return 0 if found.ok and not found.changed else 1


if __name__ == "__main__":
    sys.exit(main())
