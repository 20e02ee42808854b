#!/bin/sh
# The list of applications that are there, as the proxy named by $1 wants it, in one rename.
set -eu
mkdir -p /run/proxy
list=/run/proxy/upstreams.conf
{
  case $1 in
    nginx) echo 'upstream applications {' ;;
    haproxy) echo 'backend applications' ;;
  esac
  for file in /run/upstreams/[a-z]*; do
    case $file in
      *.new | '/run/upstreams/[a-z]*') continue ;;   # half written; none there
    esac
    case $1 in
      nginx) echo "  server $(cat "$file");" ;;
      haproxy) echo "  server ${file##*/} $(cat "$file")" ;;
    esac
  done
  case $1 in
    nginx) echo '}' ;;
  esac
} >"$list.new"
mv "$list.new" "$list"
