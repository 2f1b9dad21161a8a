#!/bin/sh
# Last look before the load balancer sends requests here.
. "$(dirname "$0")/common.sh"

node "$app_dir/src/wait-until-healthy.mjs" 10
