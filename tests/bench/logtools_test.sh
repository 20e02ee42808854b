#!/bin/sh
# What loggen writes in every mode logcheck finds whole, and each kind of damage is found. Covers
# bench/loggen.cpp and bench/logcheck.cpp.
# usage: logtools_test.sh LOGGEN LOGCHECK
set -u
loggen=$1
logcheck=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

tell() { # NAME WANTED-CODE CODE
  if [ "$2" -ne "$3" ]; then
    echo "FAILED: $1 (exit $3, wanted $2)"
    failures=$((failures + 1))
  else
    echo "ok: $1"
  fi
}

check() { # NAME WANTED-CODE LOGCHECK-ARGUMENT...
  name=$1 wanted=$2
  shift 2
  "$logcheck" "$@" >"$work/report" 2>&1
  tell "$name" "$wanted" $?
}

"$loggen" --lines 2500 --bytes 60-300 --stream both >"$work/both" 2>&1
check "both streams in one file" 0 --expect gen:out:2500 --expect gen:err:2500 "$work/both"

"$loggen" --lines 3333 --preformatted >"$work/blocks"
check "preformatted blocks, the last one cut" 0 --expect gen:out:3333 "$work/blocks"
check "one line less than expected" 1 --expect gen:out:3334 "$work/blocks"
check "one line more than expected" 1 --expect gen:out:3332 "$work/blocks"

"$loggen" --lines 20 --byte-writes | "$logcheck" --expect gen:out:20 >"$work/report"
tell "single bytes through a pipe" 0 $?
"$loggen" --lines 2000 --line-writes --packet --id p | "$logcheck" --expect p:out:2000 >"$work/report"
tell "packet mode" 0 $?
"$loggen" --lines 50 --rate 5000 --stream err 2>&1 | "$logcheck" --expect gen:err:50 >"$work/report"
tell "a paced standard error" 0 $?

( "$loggen" --lines 5 --die-mid-line >"$work/half" ) 2>"$work/report"
tell "a generator that dies in a line is killed" 137 $?
check "its half line is known as such" 0 --halves 1 --expect gen:out:5 "$work/half"
check "a half line that is not there is missed" 1 --halves 1 "$work/blocks"
( cat "$work/half"; "$loggen" --lines 5 --id next ) >"$work/glued"
check "a line glued to a half line is damage" 1 "$work/glued"

sed '7d' "$work/blocks" >"$work/lost"
check "a lost line" 1 "$work/lost"
sed '7p' "$work/blocks" >"$work/doubled"
check "a doubled line" 1 "$work/doubled"
sed '7{h;d};8{G}' "$work/blocks" >"$work/swapped"
check "two lines in the wrong order" 1 "$work/swapped"
sed '7s/.$/#/' "$work/blocks" >"$work/damaged"
check "a damaged line" 1 "$work/damaged"
sed '1,100d' "$work/blocks" >"$work/pruned"
check "the beginning is missed" 1 "$work/pruned"
check "a pruned beginning is allowed when told" 0 --pruned "$work/pruned"
sed 's/^/web | /' "$work/blocks" >"$work/prefixed"
check "a prefix is skipped" 0 --skip-prefix "web | " "$work/prefixed"
( echo hello; cat "$work/blocks" ) >"$work/foreign"
check "a foreign line" 1 "$work/foreign"
check "a foreign line that is allowed" 0 --ignore-foreign "$work/foreign"
check "a wrong option" 2 --expect gen:out "$work/blocks"

[ "$failures" -eq 0 ]
