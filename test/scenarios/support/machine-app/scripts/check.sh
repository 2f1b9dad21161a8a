#!/bin/bash
set -euo pipefail
[ "$(id -un)" = shop ]
[ "$(stat -c '%U:%G %a' /opt/shop/server.py)" = 'shop:shop 750' ]
getfacl -cp /opt/shop/server.py | grep -qx 'user:nobody:r-x'
[ "$(shop-tool)" = tool ]
! touch /etc/not-allowed 2>/dev/null
