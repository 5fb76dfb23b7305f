#!/usr/bin/env bash
# Builds the OpenTelemetry Collector of builder.yaml with Go into $1; what is there is kept.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$1
if [ -x "$target/otelcol" ] && cmp -s "$here/builder.yaml" "$target/builder.yaml"; then exit 0; fi
mkdir -p "$target"
cd "$target"
rm -rf source otelcol
GOBIN=$target go install go.opentelemetry.io/collector/cmd/builder@v0.160.0
./builder --config "$here/builder.yaml" --skip-compilation || true # its tidy stops at tests of modules
cd source
go mod tidy -e -compat=1.26
CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$target/otelcol" .
cp "$here/builder.yaml" "$target/builder.yaml"
