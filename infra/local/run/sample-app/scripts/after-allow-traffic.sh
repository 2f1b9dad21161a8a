#!/bin/sh
# Still healthy now that requests come in.
. "$(dirname "$0")/common.sh"

node "$app_dir/src/wait-until-healthy.mjs" 10
