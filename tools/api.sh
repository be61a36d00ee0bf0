#!/usr/bin/env bash
# Checks the HTTP API against its own description, by generated requests. It needs a built program.
cd "$(dirname "$0")/.."
. tools/env.sh

tools/install.sh schemathesis
SCHEMATHESIS=$SCHEMATHESIS/bin/schemathesis node --test --test-reporter=spec tests/api/
