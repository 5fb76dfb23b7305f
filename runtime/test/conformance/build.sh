#!/usr/bin/env bash
# Builds the tools that `npm run conformance` puts before the collector with Go into $1; what is
# there is kept.
set -euo pipefail
target=$1

installed() { # NAME VERSION PACKAGE: a tool whose module names its own dependencies.
  local folder="$target/$1@$2"
  [ -x "$folder/$1" ] || CGO_ENABLED=0 GOBIN="$folder" go install -trimpath "$3@$2"
}

# h2spec names none: here they are, so that it is the same one every time.
h2spec() {
  local folder="$target/h2spec@v2.2.1"
  [ -x "$folder/h2spec" ] && return
  mkdir -p "$folder"
  cat > "$folder/go.mod" <<'MODULE'
module h2spec

go 1.24

require (
	github.com/fatih/color v1.19.0
	github.com/spf13/cobra v1.10.2
	github.com/summerwind/h2spec v2.2.1+incompatible
	golang.org/x/net v0.62.0
)
MODULE
  (cd "$folder" && CGO_ENABLED=0 go build -mod=mod -trimpath -o h2spec \
    github.com/summerwind/h2spec/cmd/h2spec)
}

h2spec
installed grpcurl v1.9.3 github.com/fullstorydev/grpcurl/cmd/grpcurl
installed ghz v0.120.0 github.com/bojand/ghz/cmd/ghz
