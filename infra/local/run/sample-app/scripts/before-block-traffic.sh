#!/bin/sh
# The load balancer is about to send no more requests here; those under way are answered.
. "$(dirname "$0")/common.sh"

echo "Process $(running_pid || echo none) is about to lose its traffic."
