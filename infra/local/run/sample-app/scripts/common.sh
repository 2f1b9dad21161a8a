# Sourced by the hooks. On an instance DESTDIR is empty and PORT is 8080; on a laptop each instance has its own.
set -eu

PORT="${PORT:-8080}"
export PORT
app_dir="${DESTDIR:-}/opt/sample-app"
pid_file="${DESTDIR:-}/var/run/sample-app.pid"
log_file="${DESTDIR:-}/var/log/sample-app.log"

# The server's process id, if it is the server that runs under it.
running_pid() {
  [ -f "$pid_file" ] || return 1
  pid=$(cat "$pid_file")
  case "$(ps -ww -p "$pid" -o args= 2>/dev/null)" in
    *"$app_dir/src/server.mjs"*) echo "$pid" ;;
    *) return 1 ;;
  esac
}

instance_id() {
  if [ -n "${DESTDIR:-}" ]; then
    basename "$(dirname "$DESTDIR")"
    return
  fi
  token=$(curl -s -m 2 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token) &&
    curl -s -m 2 -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id ||
    echo unknown
}
