"""The measurements that README and docs quote, each a command: `python -m bench.NAME`."""
