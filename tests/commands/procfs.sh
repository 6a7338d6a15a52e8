#!/bin/sh
# mmsim procfs: files of /proc at a moment of a run.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
. "$(dirname "$0")/lib.sh"

files="buddyinfo diskstats loadavg meminfo pagetypeinfo slabinfo stat uptime vmstat zoneinfo"

the_files_of_a_moment_are_written() {
	exits 0 "$mmsim" procfs small.yaml --at 2s -o new/proc || return 1
	for f in $files; do
		says out "^new/proc/$f\$" || return 1
		[ -s "new/proc/$f" ] || { echo "$f is empty"; return 1; }
	done
	is ".mmsim buddyinfo diskstats kmsg loadavg meminfo pagetypeinfo pressure slabinfo stat sys sysfs uptime vmallocinfo vmstat zoneinfo " \
		"$(find new/proc -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tr '\n' ' ')" || return 1
	is "cpulist distance meminfo numastat vmstat " \
		"$(find new/proc/sysfs/devices/system/node/node0 -type f -printf '%f\n' | sort | tr '\n' ' ')" || return 1
	[ ! -e results ]
}
check "the files of a moment are written, and no results" the_files_of_a_moment_are_written

they_say_what_the_samples_of_a_run_say() {
	"$mmsim" run -q -o run.db small.yaml || return 1
	for zone in DMA DMA32; do
		is "$(sql run.db "SELECT nr_zone_inactive_file FROM zone_sample WHERE zone = '$zone' AND t_ns = 2000000000")" \
			"$(awk -v z="$zone" '$1 == "Node" { on = $4 == z } on && $1 == "nr_zone_inactive_file" { print $2 }' new/proc/zoneinfo)" ||
			return 1
		is "$(sql run.db "SELECT high, managed FROM zone_sample WHERE zone = '$zone' AND t_ns = 2000000000" | tr '|' ' ')" \
			"$(awk -v z="$zone" '$1 == "Node" { on = $4 == z } on && $1 == "high" { high = $2 }
				on && $1 == "managed" { print high, $2 }' new/proc/zoneinfo)" || return 1
	done
}
check "they say what the samples of a run say" they_say_what_the_samples_of_a_run_say

diskstats_has_the_fields_of_the_samples() {
	is "$(sql run.db "SELECT '8 0 sda', reads, reads_merged, read_sectors, read_ns / 1000000, writes, writes_merged,
		write_sectors, write_ns / 1000000, in_flight, io_ticks, time_in_queue_ns / 1000000, '0 0 0 0', flushes,
		flush_ns / 1000000 FROM disk_sample WHERE t_ns = 2000000000" | tr '|' ' ')" \
		"$(tr -s ' ' <new/proc/diskstats | sed 's/^ //')"
}
check "diskstats has the fields of the samples" diskstats_has_the_fields_of_the_samples

the_tables_agree_with_each_other() {
	# blocks of an order over all types are those of buddyinfo
	awk 'FILENAME ~ /pagetypeinfo/ && /, type/ { sub(/,/, "", $4); for (i = 7; i <= NF; i++) sum[$4, i - 7] += $i }
		FILENAME ~ /buddyinfo/ { for (i = 5; i <= NF; i++) if (sum[$4, i - 5] != $i) { print "order", i - 5, $0; bad = 1 } }
		END { exit bad }' new/proc/pagetypeinfo new/proc/buddyinfo
}
check "the tables agree with each other" the_tables_agree_with_each_other

the_same_moment_gives_the_same_bytes() {
	"$mmsim" procfs -q small.yaml --at 2s -o again && "$mmsim" procfs -q - --at 2s -o again <small.yaml || return 1
	for f in $files; do
		cmp "new/proc/$f" "again/$f" || return 1
	done
	"$mmsim" procfs -q small.yaml --at 500ms -o again || return 1
	! cmp -s new/proc/zoneinfo again/zoneinfo || { echo "500 ms is as 2 s"; return 1; }
	"$mmsim" procfs -q small.yaml --at 500ms --set vm.min_free_kbytes=8192 -o again || return 1
	is 8192 "$(awk '$1 == "min" { sum += $2 } END { print int((sum * 4 + 4) / 8) * 8 }' again/zoneinfo)"
}
check "the same moment gives the same bytes" the_same_moment_gives_the_same_bytes

load_is_smoothed_as_in_the_kernel() {
	cat >load.yaml <<-'YAML'
		# One program computes, one sleeps.
		mmsim: 1
		duration: 61 s
		machine: { nodes: [{ cpus: 2, memory: 256 MiB }] }
		tasks:
		  - name: worker
		    do: [{ compute: 100 s }]
		  - name: sleeper
		    do: [{ sleep: 100 s }]
	YAML
	exits 0 "$mmsim" procfs -q load.yaml --at 60500ms -o L || return 1
	# a sample every 5.004 s: twelve so far, one task each; fixed point of 11 bits, rounded up while it grows
	is "$(awk 'function f(decay, i, l) { l = 0; for (i = 0; i < 12; i++) l = int((l * decay + 2048 * (2048 - decay) + 2047) / 2048); l += 10
			return sprintf("%d.%02d", int(l / 2048), int((l % 2048) * 100 / 2048)) }
		BEGIN { print f(1884), f(2014), f(2037) }')" "$(cut -d ' ' -f 1-3 L/loadavg)" || return 1
	is "1" "$(cut -d ' ' -f 4 L/loadavg | cut -d / -f 1)"
}
check "the load is smoothed as in the kernel" load_is_smoothed_as_in_the_kernel

pressure_is_what_a_program_lost() {
	cat >alone.yaml <<-'YAML'
		# The only program waits for its disk; then it waits for nothing.
		mmsim: 1
		duration: 30 s
		machine:
		  nodes: [{ cpus: 1, memory: 64 MiB }]
		  disks: [{ name: sda, preset: hdd }]
		files: [{ name: data, disk: sda, size: 1 GiB }]
		tasks:
		  - name: reader
		    do:
		      - read: { file: data, pattern: random, block: 4 KiB, count: 500 }
		      - compute: 100 s
		record: { interval: 1 s }
	YAML
	exits 0 "$mmsim" procfs -q alone.yaml --at 29s -o A && "$mmsim" run -q -o alone.db alone.yaml || return 1
	lost=$(sql alone.db "SELECT (dirty_throttle_ns + refault_stall_ns + swapin_stall_ns + read_stall_ns + page_stall_ns) / 1000
		FROM task_sample WHERE t_ns = 29000000000 AND name = 'reader'")
	[ "$lost" -gt 1000000 ] || { echo "only $lost us"; return 1; }
	for state in some full; do
		is "$lost" "$(awk -v s="$state" '$1 == s { sub("total=", "", $5); print $5 }' A/pressure/io)" || return 1
	done
	# the average of 10 s has forgotten more of the first seconds than that of 60 s
	awk '$1 == "some" { sub("avg10=", "", $2); sub("avg60=", "", $3); exit !($2 + 0 > 0 && $2 + 0 < $3 + 0 && $3 + 0 < 10) }' A/pressure/io ||
		{ cat A/pressure/io; return 1; }
	is "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" "$(head -n 1 A/pressure/memory)"
}
check "pressure is what a program lost" pressure_is_what_a_program_lost

other_peoples_files_are_not_replaced() {
	mkdir theirs && echo "dear aunt" >theirs/zoneinfo
	exits 2 "$mmsim" procfs small.yaml --at 1s -o theirs && says err 'theirs/zoneinfo.*--force' || return 1
	is "dear aunt" "$(cat theirs/zoneinfo)" && is zoneinfo "$(ls -A theirs)" || return 1
	exits 0 "$mmsim" procfs small.yaml --at 1s --force -o theirs || return 1
	exits 0 "$mmsim" procfs small.yaml --at 1s -o theirs
}
check "files of others are not replaced" other_peoples_files_are_not_replaced

a_moment_that_does_not_come_is_an_error() {
	exits 2 "$mmsim" procfs small.yaml --at 4s -o late && says err 'ends after 3 s' || return 1
	grep -v '^duration' small.yaml >tasks.yaml
	exits 2 "$mmsim" procfs tasks.yaml --at 1000s -o late && says err 'its tasks have ended' || return 1
	[ ! -e late ]
}
check "a moment that does not come is an error and leaves nothing" a_moment_that_does_not_come_is_an_error

expectations_are_not_judged() {
	{ cat small.yaml; printf 'expect:\n  - max(nr_dirty) < 1\n'; } >fails.yaml
	exits 0 "$mmsim" procfs fails.yaml --at 1s -o judged
}
check "expectations are not judged" expectations_are_not_judged

wrong_words_exit_2() {
	exits 2 "$mmsim" procfs small.yaml -o x && says err '--at' || return 1
	exits 2 "$mmsim" procfs small.yaml --at 1s && says err '-o DIR' || return 1
	exits 2 "$mmsim" procfs --at 1s -o x || return 1
	exits 2 "$mmsim" procfs small.yaml --at 1 -o x && says err 'accepted: a time' || return 1
	exits 2 "$mmsim" procfs run.db --at 1s -o x && says err 'name the scenario' || return 1
	exits 2 "$mmsim" procfs missing.yaml --at 1s -o x || return 1
	sed 's/write:/wirte:/' small.yaml >wrong.yaml
	exits 2 "$mmsim" procfs wrong.yaml --at 1s -o x && says err 'wrong.yaml:12:' || return 1
	[ ! -e x ]
}
check "wrong words exit 2 and leave nothing" wrong_words_exit_2

a_host_that_fails_exits_3() {
	: >plain
	exits 3 "$mmsim" procfs small.yaml --at 100ms -o plain/proc && says err 'plain'
}
check "a host that fails exits 3" a_host_that_fails_exits_3

exit "$failed"
