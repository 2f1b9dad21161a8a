#!/bin/sh
# Checks that the installed files are whole.
. "$(dirname "$0")/common.sh"

node --check "$app_dir/src/server.mjs"
echo "Installed in $app_dir: revision $(cat "$app_dir/REVISION")"
