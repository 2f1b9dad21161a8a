#!/bin/bash
for _ in $(seq 100); do
  curl -fs http://127.0.0.1/ && exit 0
  sleep 0.2
done
cat /var/log/lockstep-root-app.log
exit 1
