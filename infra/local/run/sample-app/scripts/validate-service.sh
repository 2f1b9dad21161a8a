#!/bin/sh
# The commit that answers is the one that was installed.
. "$(dirname "$0")/common.sh"

node "$app_dir/src/wait-until-healthy.mjs" 20
