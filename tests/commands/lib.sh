# lib.sh - for the tests of commands: a folder of their own, and how to say what was seen
#
# A test is "check NAME command...": ok if the command succeeds.
# shellcheck shell=sh disable=SC2034 # used by who includes it

mmsim=$(realpath "${1:?usage: $0 MMSIM}")
work=$(mktemp -d) || exit 3
trap 'rm -rf "$work"' EXIT INT TERM
cd "$work" || exit 3
mkdir tmp
export TMPDIR="$work/tmp"
failed=0

check() { # NAME COMMAND...
	checked=$1 # a command may have a "name" of its own
	shift
	if "$@" >check.log 2>&1; then
		echo "ok $checked"
	else
		echo "not ok $checked"
		sed 's/^/    /' check.log
		failed=1
	fi
}

# A test that cannot run here, and why.
skip() { # NAME WHY
	echo "skip $1: $2"
}

# What takes long is left to "make test": quick || check ...
quick() {
	[ "${QUICK:-}" = yes ]
}

# The command ends with this status; what it printed is in out and err.
exits() { # STATUS COMMAND...
	want=$1
	shift
	"$@" >out 2>err </dev/null
	got=$?
	[ "$got" -eq "$want" ] && return 0
	echo "status $got instead of $want: $*"
	cat out err
	return 1
}

# Until a command succeeds, at most a minute: how long something takes is the computer's business,
# and it may have other work.
wait_until() { # COMMAND...
	tries=0
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ "$tries" -lt 1200 ] || { echo "a minute is over: $*"; return 1; }
		sleep 0.05
	done
}

# Processor time of a process so far, in ticks of 10 ms; fails if it has ended.
ticks_of() { # PID
	sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 == "Z" { exit 1 } { print $12 + $13; n = 1 } END { exit !n }'
}

says() { # FILE PATTERN
	grep -q -e "$2" "$1" && return 0
	echo "$1 does not say \"$2\":"
	cat "$1"
	return 1
}

is() { # WANTED FOUND
	[ "$1" = "$2" ] && return 0
	echo "\"$2\" instead of \"$1\""
	return 1
}

sql() { # DB QUERY
	sqlite3 -readonly "$1" "$2"
}

# A scenario of a few seconds with a writer and a reader.
cat >small.yaml <<'YAML'
# A writer and a reader on a small machine.
mmsim: 1
duration: 3 s
machine:
  nodes: [{ cpus: 2, memory: 128 MiB }]
  disks: [{ name: sda, preset: ssd }]
files:
  - { name: log, disk: sda }
  - { name: data, disk: sda, size: 512 MiB }
tasks:
  - name: writer
    do: [{ write: { file: log, bytes: 100 MiB, block: 64 KiB } }]
  - name: reader
    do: [{ read: { file: data, bytes: 250 MiB, block: 128 KiB } }]
record: { interval: 100 ms, trace: [balance_dirty_pages] }
YAML
sed 's/^duration: .*/duration: 100000 s/; s/bytes: [0-9]* MiB/bytes: 90000 GiB/' small.yaml >long.yaml
sed -i 's/size: 512 MiB/size: 400 GiB/; s/read: {/read: { pattern: random,/' long.yaml

# Twice as much memory of a program as there is.
cat >swapping.yaml <<'YAML'
mmsim: 1
duration: 2 s
machine:
  nodes: [{ cpus: 1, memory: 128 MiB }]
  disks: [{ name: sda, preset: ssd, size: 4 GiB }]
linux: { swap: [{ disk: sda, size: 1 GiB }] }
tasks:
  - name: hog
    do:
      - mmap: { len: 256 MiB, shared: false, write: true }
        as: m
      - touch: { map: m, write: true, bytes: 256 MiB, block: 1 MiB }
YAML
