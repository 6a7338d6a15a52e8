#!/bin/sh
# mmsim procfs: files of /proc at a moment of a run.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
. "$(dirname "$0")/lib.sh"

files="buddyinfo pagetypeinfo zoneinfo"

the_files_of_a_moment_are_written() {
	exits 0 "$mmsim" procfs small.yaml --at 2s -o new/proc || return 1
	for f in $files; do
		says out "^new/proc/$f\$" || return 1
		[ -s "new/proc/$f" ] || { echo "$f is empty"; return 1; }
	done
	is ".mmsim $files " "$(find new/proc -type f -printf '%f\n' | sort | tr '\n' ' ')" || return 1
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
