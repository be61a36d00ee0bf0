#!/usr/bin/env bash
# Holds the API against its own description, by requests made up from it; the program must be built.
cd "$(dirname "$0")/.."
. tools/env.sh

tools/install.sh schemathesis
SCHEMATHESIS=$SCHEMATHESIS/bin/schemathesis node --test --test-reporter=spec tests/api/
