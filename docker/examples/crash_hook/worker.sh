#!/bin/sh
# Works under a lock, and crashes with it.
if ! mkdir /run/worker.lock; then
  echo 'worker: another one has the lock' >&2
  exit 100
fi
echo 'worker: working'
sleep 0.2
kill -s SEGV $$
