#!/bin/sh
# Renew the hash-pinned requirements: needs `uv` on PATH. Lock files name no package index.
set -eu
cd "$(dirname "$0")"
compile() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --custom-compile-command requirements/compile.sh "$@"
}
compile dev.in -o dev.txt
compile lab.in -c dev.txt -o lab.txt
compile services.in -c dev.txt -o services.txt
compile datadog.in -o datadog.txt
compile go.in -o ../compose/images/jaeger/toolchain.txt
