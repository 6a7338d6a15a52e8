#!/bin/sh
# The lessons of docs/tutorial.md: what they say about one changed sysctl is what comes out.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
tree=$(realpath "$(dirname "$0")/../..")
. "$(dirname "$0")/lib.sh"

lesson() { # SCENARIO NAME=VALUE: runs it into a.db, changed into b.db
	exits 0 "$mmsim" run -q --force -o a.db "$tree/scenarios/tutorial/$1.yaml" &&
		exits 0 "$mmsim" run -q --force -o b.db --set "$2" "$tree/scenarios/tutorial/$1.yaml"
}

# The highest value of a column of vmstat_sample.
most() { # DB COLUMN
	sql "$1" "SELECT max($2) FROM vmstat_sample"
}

watermarks_apart_spare_programs_from_reclaim() {
	lesson 01-watermarks vm.watermark_scale_factor=500 || return 1
	[ "$(most a.db allocstall)" -gt 0 ] && [ "$(most b.db allocstall)" -lt "$(most a.db allocstall)" ]
}
check "lesson 1: with watermarks far apart programs reclaim less for themselves" watermarks_apart_spare_programs_from_reclaim

a_small_threshold_makes_fsync_short() {
	lesson 02-dirty-pages vm.dirty_bytes=32MiB || return 1
	[ "$(most a.db 'nr_dirty + nr_writeback')" -gt $((200 * 256)) ] && [ "$(most b.db 'nr_dirty + nr_writeback')" -lt $((40 * 256)) ] || return 1
	[ "$(most a.db sim_fsync_ns)" -gt 10000000000 ] && [ "$(most b.db sim_fsync_ns)" -lt 3000000000 ]
}
check "lesson 2: with a small threshold fsync is short" a_small_threshold_makes_fsync_short

without_readahead_reads_wait() {
	lesson 03-readahead queue.sda.read_ahead_kb=0 || return 1
	[ "$(most a.db sim_read_hit_pages)" -gt $((100 * $(most a.db sim_read_miss_pages))) ] || return 1
	[ "$(most b.db sim_read_hit_pages)" -eq 0 ] && [ "$(most b.db sim_read_bytes)" -lt "$(most a.db sim_read_bytes)" ]
}
check "lesson 3: without readahead every read waits" without_readahead_reads_wait

swappiness_decides_who_gives_way() {
	lesson 04-reclaim-and-swap vm.swappiness=0 || return 1
	[ "$(most a.db pswpout)" -gt 10000 ] && [ "$(most b.db pswpout)" -eq 0 ] || return 1
	[ "$(most b.db sim_refault_stall_ns)" -gt "$(most a.db sim_refault_stall_ns)" ]
}
check "lesson 4: swappiness decides who gives way" swappiness_decides_who_gives_way

promises_that_are_counted_kill_nobody() {
	lesson 05-out-of-memory vm.overcommit_memory=2 || return 1
	is "1 0" "$(most a.db oom_kill) $(most b.db oom_kill)"
}
check "lesson 5: where promises are counted nobody is killed" promises_that_are_counted_kill_nobody

exit "$failed"
