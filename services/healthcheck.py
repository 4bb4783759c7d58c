"""The containers' health check: `python -S healthcheck.py URL` ends with 0 if URL answers 2xx.

It uses the standard library alone: it runs every few seconds beside what it checks.
"""

import sys
import urllib.request

if __name__ == "__main__":
    try:
        with urllib.request.urlopen(sys.argv[1], timeout=4):  # noqa: S310 - a fixed loopback URL
            pass
    except OSError as failed:
        sys.exit(f"{sys.argv[1]}: {failed}")
