#!/bin/sh
# Starts the server in the background and waits until it answers.
. "$(dirname "$0")/common.sh"

if pid=$(running_pid); then
  echo "The server runs already as process $pid."
else
  mkdir -p "$(dirname "$pid_file")" "$(dirname "$log_file")"
  INSTANCE_ID=$(instance_id)
  export INSTANCE_ID
  [ -z "${DESTDIR:-}" ] || export LISTEN_HOST=127.0.0.1
  # CodeDeploy waits while a process holds the script's output open, so all three are redirected.
  nohup node "$app_dir/src/server.mjs" >>"$log_file" 2>&1 </dev/null &
  echo $! >"$pid_file"
fi
node "$app_dir/src/wait-until-healthy.mjs" 20 || {
  tail -n 20 "$log_file" >&2
  exit 1
}
