#!/bin/sh
# Where tasks lose time: every wait has a cause, and a sample books what of it has passed.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
. "$(dirname "$0")/lib.sh"

# A slow disk, so that a writer pauses longer than a sample lasts, and an fsync waits for much.
cat >stall.yaml <<'END'
mmsim: 1
duration: 6 s
machine:
  nodes: [{ cpus: 1, memory: 512 MiB }]
  disks: [{ name: sda, bandwidth: 4 MB/s, latency: 5 ms, queue_depth: 1 }]
sysctl: { vm.dirty_bytes: 16 MiB }
files: [{ name: log, disk: sda }, { name: wal, disk: sda }, { name: data, disk: sda, size: 1 GiB }]
tasks:
  - { name: writer, do: [write: { file: log, bytes: 1 GiB, block: 64 KiB }] }
  - name: wal
    do: [loop: { do: [write: { file: wal, bytes: 64 KiB, block: 16 KiB }, fsync: wal, sleep: 50 ms] }]
  - name: direct
    do:
      - open: { file: data, direct: true }
        as: d
      - read: { file: d, block: 64 KiB, pattern: random, span: 1 GiB, count: 1000000 }
  - { name: second, do: [write: { file: log, bytes: 1 GiB, block: 64 KiB }] }
record: { interval: 10 ms }
END
exits 0 "$mmsim" run -q --check=sample -o stall.db stall.yaml || exit 1

# All columns of task_sample that are time lost by cause.
causes=$(sql stall.db "SELECT group_concat(name, '+') FROM pragma_table_info('task_sample')
	WHERE name LIKE '%_stall_ns' OR name LIKE '%_throttle_ns' OR name = 'run_delay_ns'")

causes_add_up() {
	is 4 "$(sql stall.db "SELECT count(DISTINCT name) FROM task_sample WHERE blocked_ns > 1000000000")" &&
		is 0 "$(sql stall.db "SELECT count(*) FROM task_sample WHERE blocked_ns + stall_cpu_ns <> $causes")" &&
		is 0 "$(sql stall.db "SELECT count(*) FROM task_sample WHERE other_stall_ns > 0")"
}
check "the causes add up to the time a task was blocked, at every sample" causes_add_up

# An own sleep is no time lost: asleep, blocked and at work are all of the 6 s.
sleep_is_no_loss() {
	is 1 "$(sql stall.db "SELECT max(blocked_ns + cpu_ns) < 5900000000 FROM task_sample WHERE name = 'wal'")" &&
		is 1 "$(sql stall.db "SELECT max(blocked_ns + cpu_ns) BETWEEN 5990000000 AND 6001000000
			FROM task_sample WHERE name = 'writer'")"
}
check "a program's own sleep is no time lost" sleep_is_no_loss

# A task may be ahead of the clock by the quantum, 10 us, and by one piece of work.
no_more_than_the_interval() {
	is 1 "$(sql stall.db "SELECT max(dirty_throttle_ns) > 1000000000 FROM task_sample")" || return 1
	for c in $(echo "$causes+blocked_ns" | tr + ' '); do
		is 0 "$(sql stall.db "SELECT count(*) FROM (SELECT $c - lag($c) OVER (PARTITION BY name ORDER BY t_ns) AS d
			FROM task_sample) WHERE d > 10000000 + 100000")" || { echo "$c"; return 1; }
	done
	is 0 "$(sql stall.db "SELECT count(*) FROM (SELECT sim_throttle_ns - lag(sim_throttle_ns) OVER (ORDER BY t_ns) AS d
		FROM vmstat_sample) WHERE d > 3 * 10100000")"
}
check "no cause grows by more than the time between two samples" no_more_than_the_interval

totals_do_not_depend_on_samples() {
	"$mmsim" run -q --set record.interval=1s -o rare.db stall.yaml || return 1
	for c in sim_throttle_ns sim_page_stall_ns sim_io_stall_ns sim_lock_stall_ns sim_run_delay_ns; do
		is "$(sql stall.db "SELECT max($c) FROM vmstat_sample")" "$(sql rare.db "SELECT max($c) FROM vmstat_sample")" ||
			return 1
	done
}
check "what a task lost in all does not depend on how often samples are taken" totals_do_not_depend_on_samples

exit "$failed"
