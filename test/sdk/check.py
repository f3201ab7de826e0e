"""What the tests of Python clients share: named checks that run one after the other."""

import sys
import traceback

_checks = []
_most_lines = 30  # Of what is printed about a failure.


def rule(function):
    """Registers a check; its name states the rule."""
    _checks.append(function)
    return function


def run():
    """Runs every check, prints the ones that fail, and exits."""
    failed = 0
    for check in _checks:
        try:
            check()
        except Exception:  # noqa: BLE001
            failed += 1
            print(f"FAILED: {check.__name__.replace('_', ' ')}")
            print("\n".join(traceback.format_exc(limit=-2).splitlines()[:_most_lines]))
    print(f"{len(_checks) - failed} passed, {failed} failed")
    sys.exit(failed != 0)
