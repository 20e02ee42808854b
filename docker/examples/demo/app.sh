#!/bin/bash
# The application: asks nginx 60 times, logs each answer, and ends with 0 after about 18 seconds.
set -u
port=18480

ask() { # PATH: the status line of the answer
  exec 3<>"/dev/tcp/127.0.0.1/$port" || return
  printf 'GET %s HTTP/1.0\r\nHost: demo\r\n\r\n' "$1" >&3
  head -n 1 <&3 | tr -d '\r'
  exec 3>&-
}

trap 'echo "app: asked to stop"; exit 0' TERM
echo "app: starting"
for number in $(seq -w 1 60); do
  answer=$(ask "/request/$number" 2>/dev/null)
  echo "app: request $number of 60 was answered: ${answer:-no answer, nginx is not there yet}"
  sleep 0.3
done
echo "app: done"
