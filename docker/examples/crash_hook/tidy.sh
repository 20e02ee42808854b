#!/bin/sh
# BIRL_REASON, BIRL_EXIT_CODE, BIRL_SIGNAL, BIRL_RESTARTS say how the service ended.
rmdir /run/worker.lock 2>/dev/null
mkdir -p /var/log
echo "$BIRL_SERVICE: code $BIRL_EXIT_CODE, signal ${BIRL_SIGNAL:-none}, restart $BIRL_RESTARTS: $BIRL_REASON" >>/var/log/crashes
echo "tidy: the lock of $BIRL_SERVICE is free again"
