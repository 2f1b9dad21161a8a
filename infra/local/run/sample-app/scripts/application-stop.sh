#!/bin/sh
# Stops the server, if it runs: also when it never started or has died.
. "$(dirname "$0")/common.sh"

if ! pid=$(running_pid); then
  echo 'The server does not run.'
  exit 0
fi
kill "$pid"
waited=0
while running_pid >/dev/null; do
  if [ "$waited" -ge 50 ]; then
    echo "The server did not end within 5 s; killing it."
    kill -9 "$pid"
    break
  fi
  sleep 0.1
  waited=$((waited + 1))
done
rm -f "$pid_file"
echo "Stopped process $pid."
