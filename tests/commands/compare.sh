#!/bin/sh
# mmsim compare: every combination, the same results as single runs.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
. "$(dirname "$0")/lib.sh"

every_combination_is_a_run() {
	exits 0 "$mmsim" compare small.yaml --set vm.dirty_ratio=5,40 --set vm.swappiness=1,100 -j 3 || return 1
	is 4 "$(find results/small -name '*.db' | wc -l)" || return 1
	is "5 1 5 100 40 1 40 100" "$(awk '/nr_dirtied/ { n = 4; next } n-- > 0 { printf "%s%s %s", s, $1, $2; s = " " }' out)" || return 1
	for f in svg png; do
		[ -s "results/small/compare.$f" ] || return 1
	done
	says results/small/compare.svg 'dirty_ratio 40, swappiness 100'
}
check "every combination is a run" every_combination_is_a_run

a_compared_run_is_the_single_run() {
	exits 0 "$mmsim" run -o single.db --set vm.dirty_ratio=40 --set vm.swappiness=100 small.yaml || return 1
	is "$(sql single.db 'SELECT digest FROM run')" \
		"$(sql results/small/vm.dirty_ratio_40-vm.swappiness_100.db 'SELECT digest FROM run')" || return 1
	exits 0 "$mmsim" compare small.yaml --set vm.dirty_ratio=5,40 --set vm.swappiness=100 -j 1 -o one --format none || return 1
	is "$(sql single.db 'SELECT digest FROM run')" "$(sql one/vm.dirty_ratio_40.db 'SELECT digest FROM run')" || return 1
	[ ! -e one/compare.svg ]
}
check "a compared run is the single run" a_compared_run_is_the_single_run

the_scenario_says_what_to_compare() {
	{ cat small.yaml; printf 'compare:\n  vm.dirty_bytes: [16 MiB, 64 MiB]\n'; } >own.yaml
	exits 0 "$mmsim" compare own.yaml --format none && says out '^vm.dirty_bytes' &&
		says out '^64 MiB ' && [ -f results/own/vm.dirty_bytes_64_MiB.db ]
}
check "the scenario says what to compare" the_scenario_says_what_to_compare

finished_results_are_compared() {
	exits 0 "$mmsim" compare one/*.db -o pics && says out 'vm.dirty_ratio' && [ -s pics/compare.svg ] || return 1
	exits 0 "$mmsim" compare one/*.db --json --format none &&
		is '40|+' "$(sqlite3 :memory: "SELECT json_extract(j, '\$[0].run.\"vm.dirty_ratio\"') || '|' ||
			CASE WHEN json_extract(j, '\$[1].figures.nr_dirtied.value') > 0 THEN '+' END
			FROM (SELECT readfile('out') AS j)")"
}
check "finished results are compared" finished_results_are_compared

the_beginning_can_be_shared() {
	exits 0 "$mmsim" run -o plain.db small.yaml || return 1
	exits 0 "$mmsim" compare small.yaml --at 1s --set vm.dirty_ratio=2,40 -j 2 -o at --format none || return 1
	is "vm.dirty_ratio_2.db vm.dirty_ratio_40.db" "$(cd at && echo *)" || return 1
	for v in 2 40; do
		db=at/vm.dirty_ratio_$v.db
		is "finished|3000000000" "$(sql "$db" 'SELECT state, t_end_ns FROM run')" || return 1
		is "0|20 1000000000|$v" "$(sql "$db" "SELECT t_ns, value FROM tunable WHERE name = 'vm.dirty_ratio'" | tr '\n' ' ' | sed 's/ $//')" || return 1
		q='SELECT * FROM vmstat_sample WHERE t_ns <= 1000000000'
		is "$(sql plain.db "$q" | cksum)" "$(sql "$db" "$q" | cksum)" || return 1
	done
	[ "$(sql at/vm.dirty_ratio_2.db 'SELECT digest FROM run')" != "$(sql at/vm.dirty_ratio_40.db 'SELECT digest FROM run')" ] || return 1
	cp -r at at1
	exits 0 "$mmsim" compare small.yaml --at 1s --set vm.dirty_ratio=2,40 -j 1 -o at1 --format none &&
		cmp at/vm.dirty_ratio_40.db at1/vm.dirty_ratio_40.db || return 1
	exits 2 "$mmsim" compare small.yaml --at 10s --set vm.dirty_ratio=2,40 -o none || return 1
	exits 2 "$mmsim" compare small.yaml --at 1s --set seed=2,40 -o none && says err 'seed'
}
check "the beginning can be shared" the_beginning_can_be_shared

wrong_words_exit_2_and_leave_nothing() {
	exits 2 "$mmsim" compare small.yaml -o none || return 1
	exits 2 "$mmsim" compare small.yaml --set vm.dirty_ratio=5,500 -o none || return 1
	exits 2 "$mmsim" compare small.yaml --set vm.dirty_ratoi=5,50 -o none && says err 'vm.dirty_ratio' || return 1
	exits 2 "$mmsim" compare small.yaml --set vm.dirty_ratio=5,50 -j 0 -o none || return 1
	exits 2 "$mmsim" compare one/vm.dirty_ratio_5.db small.yaml || return 1
	exits 2 "$mmsim" compare a.db b.db --set x=1 || return 1
	[ ! -e none ]
}
check "wrong words exit 2 and leave nothing" wrong_words_exit_2_and_leave_nothing

a_failed_expectation_exits_1_with_the_table() {
	{ cat small.yaml; printf 'expect:\n  - max(nr_dirty) < 10000\n'; } >fails.yaml
	exits 1 "$mmsim" compare fails.yaml --set vm.dirty_ratio=1,60 --format none &&
		says out '^60 ' && says err 'FAIL: max'
}
check "a failed expectation exits 1 with the table" a_failed_expectation_exits_1_with_the_table

a_signal_stops_all_runs() {
	"$mmsim" compare long.yaml --set vm.dirty_ratio=5,10,20,40 -j 2 -o long --format none >out 2>err &
	pid=$!
	sleep 1
	kill -TERM "$pid"
	wait "$pid"
	is 143 $? && is 2 "$(find long -name '*.db' | wc -l)" || return 1
	for db in long/*.db; do
		is stopped "$(sql "$db" 'SELECT state FROM run')" || return 1
	done
}
check "a signal stops all runs, complete" a_signal_stops_all_runs

exit "$failed"
