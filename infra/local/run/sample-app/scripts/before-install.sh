#!/bin/sh
# Fails early where the application could not run: the server needs Node 20 or newer.
. "$(dirname "$0")/common.sh"

major=$(node -p 'process.versions.node.split(".")[0]')
if [ "$major" -lt 20 ]; then
  echo "Node 20 or newer is needed; found $(node --version)." >&2
  exit 1
fi
mkdir -p "$app_dir" "$(dirname "$pid_file")" "$(dirname "$log_file")"
echo "Node $(node --version) is here."
