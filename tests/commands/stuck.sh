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
machine: { nodes: [{ cpus: 1, memory: 64 MiB }] }
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

exit "$failed"
