#!/bin/sh
# Runs that cannot go on end, and say who waits for what.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
. "$(dirname "$0")/lib.sh"

waits_in_a_ring_are_found() {
	cat >ring.yaml <<'YAML'
# Two tasks wait for each other.
mmsim: 1
machine: { nodes: [{ cpus: 1, memory: 64 MiB }] }
tasks:
  - name: a
    do: [{ wait_for: b }]
  - name: b
    do: [{ sleep: 1 s }, { wait_for: a }]
YAML
	exits 1 "$mmsim" run -o ring.db ring.yaml || return 1
	says out 'no task can go on' || return 1
	says out '^task a: wait_for waits for another task to end since 0\.0.*, held by b (ring.yaml:6:' || return 1
	says out '^task b: wait_for waits for another task to end since 1\.0.*, held by a (ring.yaml:8:' || return 1
	is stopped "$(sql ring.db 'SELECT state FROM run')"
}
check "waits in a ring are found" waits_in_a_ring_are_found

a_run_of_fixed_length_says_so_too() {
	sed 's/^machine:/duration: 30 s\nmachine:/' ring.yaml >short.yaml
	exits 0 "$mmsim" run -o short.db short.yaml && says out '^note: no task has got on since 10 s' || return 1
	says out '^task a: wait_for waits for' || return 1
	sed 's/^machine:/duration: 300 s\nmachine:/' ring.yaml >long.yaml
	exits 1 "$mmsim" run -o long.db long.yaml && says out '^simulated  1[0-9][0-9] s (no task can go on)'
}
check "a run of fixed length says so too" a_run_of_fixed_length_says_so_too

an_allocation_that_loops_is_found() {
	cat >loop.yaml <<'YAML'
# A request that may not enter file systems kills nobody, and there is nothing to reclaim.
mmsim: 1
machine: { nodes: [{ cpus: 1, memory: 64 MiB }], cost: { reclaim_pass: 20000 } }
tasks:
  - name: driver
    do: [{ alloc_pages: { gfp: GFP_NOFS, count: 100000 } }]
YAML
	exits 1 "$mmsim" run -o loop.db loop.yaml || return 1
	says out '^task driver: alloc_pages runs, and gets nowhere, since 0\.' || return 1
	is 0 "$(sql loop.db 'SELECT max(oom_kill) FROM vmstat_sample')"
}
check "an allocation that loops is found" an_allocation_that_loops_is_found

sleepers_are_left_alone() {
	cat >sleep.yaml <<'YAML'
# Nothing happens for a long time, and that is as it should be.
mmsim: 1
machine: { nodes: [{ cpus: 1, memory: 64 MiB }] }
tasks:
  - name: a
    do: [{ sleep: 1000 s }]
  - name: b
    do: [{ wait_for: a }]
YAML
	exits 0 "$mmsim" run -o sleep.db sleep.yaml && says out '^simulated  1000' || return 1
	! grep -q 'got on' out
}
check "sleepers are left alone" sleepers_are_left_alone

a_panic_ends_the_run() {
	cat >panic.yaml <<'YAML'
# Nobody can be killed.
mmsim: 1
machine: { nodes: [{ cpus: 1, memory: 64 MiB }] }
tasks:
  - name: hog
    oom_score_adj: -1000
    do: [{ alloc_pages: { gfp: GFP_KERNEL, count: 100000 } }]
YAML
	exits 1 "$mmsim" run -o panic.db panic.yaml || return 1
	says out '(kernel panic)$' && says out 'Kernel panic - not syncing: System is deadlocked on memory' || return 1
	says out '^FAIL: task hog: alloc_pages: simulated BUG: Kernel panic.*(panic.yaml:7:' || return 1
	is stopped "$(sql panic.db 'SELECT state FROM run')" || return 1
	sql panic.db 'SELECT line FROM kernel_log' >out && says out '^Out of memory and no killable processes\.\.\.$'
}
check "a panic ends the run" a_panic_ends_the_run

# A scenario of one task on a small machine, with these steps.
steps() { # FILE STEPS
	cat >"$1" <<YAML
# Steps that take no time.
mmsim: 1
duration: 10 s
machine: { nodes: [{ cpus: 1, memory: 64 MiB }] }
tasks:
  - name: t
    do:
      - $2
YAML
}

rounds_without_time_end() {
	for body in 'sysctl: { vm.swappiness: 5 }' 'assert: nr_free_pages > 0' \
		'nr_free_pagecache_pages: {}' 'loop: { count: 3, do: [compute: 0] }'; do
		steps still.yaml "loop: { count: 1000000000, do: [$body] }"
		exits 0 "$mmsim" check still.yaml || return 1
		exits 1 timeout 120 "$mmsim" run --quiet -o still.db still.yaml || return 1
		says err '1000000 rounds without any time passing at .*(still.yaml:8:' || return 1
	done
	steps still.yaml 'nr_free_pagecache_pages: { count: 1000000000 }'
	exits 1 timeout 120 "$mmsim" run --quiet -o still.db still.yaml || return 1
	says err 'nr_free_pagecache_pages: 1000000 rounds without any time passing'
}
check "rounds without time end" rounds_without_time_end

rounds_that_take_time_are_left_alone() {
	steps slow.yaml 'loop: { count: 1500000, do: [compute: 100 ns] }'
	exits 0 "$mmsim" run --quiet -o slow.db slow.yaml
}
check "rounds that take time are left alone" rounds_that_take_time_are_left_alone

has_worked() { # PID TICKS: so long
	ticks=$(ticks_of "$1") && [ "$ticks" -ge "$2" ]
}

has_ended_or_worked() { # PID TICKS
	! ticks=$(ticks_of "$1") || [ "$ticks" -ge "$2" ]
}

# Ends within a second of its own time after the signal, wherever that comes.
ends_when_told() { # SCENARIO
	rm -f told.db
	"$mmsim" run --quiet --set large=true -o told.db "$1" &
	run=$!
	if ! wait_until test -e told.db || ! wait_until has_worked "$run" 15; then
		kill -KILL "$run"
		return 1
	fi
	ticks=$(ticks_of "$run")
	kill -TERM "$run"
	wait_until has_ended_or_worked "$run" $((ticks + 100))
	if ticks_of "$run" >/dev/null && kill -KILL "$run" 2>/dev/null; then
		echo "it still runs"
		return 1
	fi
	wait "$run"
	is 143 $? && is stopped "$(sql told.db 'SELECT state FROM run')"
}

storms_of_interrupts_can_be_stopped() {
	steps storm.yaml 'sleep: 1 s'
	cat >>storm.yaml <<'YAML'
interrupts:
  - { name: i, cpu: 0, every: 1 us, burst: 1000000, do: [alloc_pages: { gfp: GFP_ATOMIC }] }
YAML
	ends_when_told storm.yaml || return 1
	sed -i 's/burst: 1000000, do: .*/do: [nr_free_pagecache_pages: { count: 900000 }] }/' storm.yaml
	ends_when_told storm.yaml
}
check "storms of interrupts can be stopped" storms_of_interrupts_can_be_stopped

tasks_without_time_can_be_stopped() {
	# many of them: each goes on for less than a million rounds
	steps many.yaml 'loop: { count: 900000, do: [sysctl: { vm.swappiness: 5 }] }'
	sed -i 's/^  - name: t/&\n    count: 100/' many.yaml
	ends_when_told many.yaml
}
check "tasks without time can be stopped" tasks_without_time_can_be_stopped

large_runs_are_asked_for() {
	steps large.yaml 'loop: { count: 1000000000000, do: [compute: 0] }'
	exits 2 "$mmsim" check large.yaml || return 1
	says err 'asks for 1000000000000 calls.*accepted: fewer than 10000000000, more with "large: true"' || return 1
	exits 2 "$mmsim" run --quiet -o large.db large.yaml && [ ! -e large.db ] || return 1
	exits 1 timeout 120 "$mmsim" run --quiet --set large=true -o large.db large.yaml || return 1
	says err 'rounds without any time passing' || return 1
	sed -i 's/^mmsim: 1/&\nlarge: true/' large.yaml
	exits 0 "$mmsim" check large.yaml || return 1
	steps patient.yaml 'loop: { count: 1000000000000, do: [sleep: 1 ms] }' # 10000 in the 10 s
	exits 0 "$mmsim" check patient.yaml
}
check "large runs are asked for" large_runs_are_asked_for

exit "$failed"
