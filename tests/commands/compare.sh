#!/bin/sh
# mmsim compare: every combination, the same results as single runs.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
. "$(dirname "$0")/lib.sh"

every_combination_is_a_run() {
	exits 0 "$mmsim" compare small.yaml --set vm.dirty_ratio=5,40 --set vm.swappiness=1,100 -j 3 || return 1
	is 4 "$(find results/small -name '*.db' | wc -l)" || return 1
	is "5 1 5 100 40 1 40 100" "$(awk '/^vm.dirty_ratio .*digest/ { n = 4; next } n-- > 0 { printf "%s%s %s", s, $1, $2; s = " " }' out)" || return 1
	for f in svg png; do
		[ -s "results/small/compare-vm.dirty_ratio_5_40-vm.swappiness_1_100.$f" ] || return 1
	done
	says results/small/compare-vm.dirty_ratio_5_40-vm.swappiness_1_100.svg 'dirty_ratio 40, swappiness 100'
}
check "every combination is a run" every_combination_is_a_run

a_compared_run_is_the_single_run() {
	exits 0 "$mmsim" run -o single.db --set vm.dirty_ratio=40 --set vm.swappiness=100 small.yaml || return 1
	is "$(sql single.db 'SELECT digest FROM run')" \
		"$(sql results/small/vm.dirty_ratio_40-vm.swappiness_100.db 'SELECT digest FROM run')" || return 1
	exits 0 "$mmsim" compare small.yaml --set vm.dirty_ratio=5,40 --set vm.swappiness=100 -j 1 -o one --format none || return 1
	is "$(sql single.db 'SELECT digest FROM run')" "$(sql one/vm.dirty_ratio_40.db 'SELECT digest FROM run')" || return 1
	[ -z "$(find one -name "compare*")" ]
}
check "a compared run is the single run" a_compared_run_is_the_single_run

the_scenario_says_what_to_compare() {
	{ cat small.yaml; printf 'compare:\n  vm.dirty_bytes: [16 MiB, 64 MiB]\n'; } >own.yaml
	exits 0 "$mmsim" compare own.yaml --format none && says out '^vm.dirty_bytes' &&
		says out '^64 MiB ' && [ -f results/own/vm.dirty_bytes_64_MiB.db ]
}
check "the scenario says what to compare" the_scenario_says_what_to_compare

finished_results_are_compared() {
	exits 0 "$mmsim" compare one/*.db -o pics && says out 'vm.dirty_ratio' && [ -s pics/compare-vm.dirty_ratio_40-vm.dirty_ratio_5.svg ] || return 1
	exits 0 "$mmsim" compare one/*.db --json --format none &&
		is '40|+' "$(sqlite3 :memory: "SELECT json_extract(j, '\$[0].run.\"vm.dirty_ratio\"') || '|' ||
			CASE WHEN json_extract(j, '\$[1].figures.nr_dirtied.value') > 0 THEN '+' END
			FROM (SELECT readfile('out') AS j)")"
}
check "finished results are compared" finished_results_are_compared

words_name_what_is_compared() {
	exits 0 "$mmsim" compare small.yaml --set transparent_hugepage.defrag=always,defer+madvise,4 --until 10ms -o words --format none || return 1
	says out 'always' && says out 'defer+madvise' || return 1
	# the same from finished results, where it is a number
	exits 0 "$mmsim" compare words/*.db --format none && says out 'transparent_hugepage.defrag' && says out 'defer+madvise' &&
		says out 'never' || return 1
	exits 2 "$mmsim" compare small.yaml --set queue.sda.scheduler=none,kyber -o none --format none && says err 'kyber.*not simulated'
}
check "what has words is compared by them" words_name_what_is_compared

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
	{ cat small.yaml; printf 'expect:\n  - max(nr_dirty) < 1000\n'; } >fails.yaml
	exits 1 "$mmsim" compare fails.yaml --set vm.dirty_ratio=1,60 --format none &&
		says out '^60 ' && says err 'FAIL: max'
}
check "a failed expectation exits 1 with the table" a_failed_expectation_exits_1_with_the_table

# Two runs go on: their signals are caught.
two_are_there() {
	[ "$(find long -name '*.db' | wc -l)" -eq 2 ]
}

a_signal_stops_all_runs() {
	"$mmsim" compare long.yaml --set vm.dirty_ratio=5,10,20,40 -j 2 -o long --format none >out 2>err &
	pid=$!
	wait_until two_are_there || { kill -KILL "$pid"; return 1; }
	kill -TERM "$pid"
	wait "$pid"
	is 143 $? && is 2 "$(find long -name '*.db' | wc -l)" || return 1
	for db in long/*.db; do
		is stopped "$(sql "$db" 'SELECT state FROM run')" || return 1
	done
}
check "a signal stops all runs, complete" a_signal_stops_all_runs

rates_end_with_the_last_progress() {
	cat >short.yaml <<'YAML'
# A task that writes 40 MiB in a second, and one that does much less, in ten.
mmsim: 1
duration: 10 s
machine: { nodes: [{ cpus: 2, memory: 512 MiB }], disks: [{ name: sda, preset: ssd }] }
files: [{ name: log, disk: sda }, { name: drop, disk: sda }]
tasks:
  - { name: quick, start: 4 s, do: [{ write: { file: log, bytes: 40 MiB, block: 64 KiB, rate: 40 MiB/s } }] }
  - { name: slow, do: [{ write: { file: drop, len: 4 KiB, iops: 2, for: 10 s } }] }
YAML
	exits 0 "$mmsim" compare short.yaml --set vm.dirty_ratio=20,40 --format none -o short || return 1
	# over the second in which it wrote, to a sample before and behind
	tr '\n' ' ' <out | sed 's/.*quick \([0-9.]*\) MiB.s,.*/\1/' | awk '{ exit !($1 > 36 && $1 <= 44) }' || { cat out; return 1; }
	# the other has a unit of its own in which it is not 0.00
	says out 'slow [0-9.]* KiB/s' && ! grep -q ' 0\.00 ' out
}
check "rates end with the last progress, each in a unit of its own" rates_end_with_the_last_progress

runs_that_failed_otherwise_are_told() {
	sed 's/^tasks:/tasks:\n  - { name: big, do: [mmap: { len: 1 GiB }, mmap: { len: 1 TiB }] }/' small.yaml >big.yaml
	exits 0 "$mmsim" compare big.yaml --set vm.overcommit_memory=0,1 --format none -o big || return 1
	says out '^note: the runs differ in calls that failed: big mmap failed: ENOMEM$' || return 1
	exits 0 "$mmsim" compare big/*.db --csv --format none || return 1
	is "2 0 " "$(sed -n 's/.*,big mmap failed: ENOMEM,,//p' out | tr '\n' ' ')" || { cat out; return 1; }
	# where all failed alike there is nothing to tell
	exits 0 "$mmsim" compare big.yaml --set vm.swappiness=10,90 --format none -o alike || return 1
	! grep '^note.*failed' out && says out '^equal in all runs: ' && says out ' big mmap failed: ENOMEM 2$'
}
check "runs that differ in calls that failed are told" runs_that_failed_otherwise_are_told

a_branch_is_a_run_with_that_write() {
	# the same machine with a task that writes a tunable at 1 s; in one its new value comes by --at
	sed 's/cpus: 2/cpus: 3/; s/^record:.*//' small.yaml >before.yaml
	for v in 2 40; do
		{ cat before.yaml; echo "  - { name: tuner, start: 1 s, cpu: 2, do: [{ sysctl: { vm.swappiness: 61, vm.dirty_ratio: $v } }] }"; } >written.yaml
		exits 0 "$mmsim" run -q -o "written-$v.db" written.yaml || return 1
	done
	{ cat before.yaml; echo "  - { name: tuner, start: 1 s, cpu: 2, do: [{ sysctl: { vm.swappiness: 61 } }] }"; } >branched.yaml
	exits 0 "$mmsim" compare branched.yaml --at 1s --set vm.dirty_ratio=2,40 -o branched --format none || return 1
	for v in 2 40; do
		for table in vmstat_sample zone_sample node_sample bdi_sample disk_sample task_sample latency op_result; do
			is "$(sql "written-$v.db" "SELECT * FROM $table" | cksum)" \
				"$(sql "branched/vm.dirty_ratio_$v.db" "SELECT * FROM $table" | cksum)" || { echo "$table, $v"; return 1; }
		done
		# a system call later
		q="SELECT name, value FROM tunable WHERE t_ns > 0 ORDER BY name"
		is "$(sql "written-$v.db" "$q")" "$(sql "branched/vm.dirty_ratio_$v.db" "$q")" || return 1
	done
	[ "$(sql written-2.db 'SELECT * FROM vmstat_sample' | cksum)" != "$(sql written-40.db 'SELECT * FROM vmstat_sample' | cksum)" ]
}
check "a branch has the rows of a run in which a task writes that" a_branch_is_a_run_with_that_write

a_run_that_ends_before_has_no_branches() {
	sed 's/^duration:.*//; s/bytes: [0-9]* MiB/bytes: 1 MiB/' small.yaml >ends.yaml
	exits 2 "$mmsim" compare ends.yaml --at 100s --set vm.dirty_ratio=2,40 -o ends --format none &&
		says err 'the run ended before that' && is "" "$(ls ends)"
}
check "a run that ends before has no branches" a_run_that_ends_before_has_no_branches

cat >chance.yaml <<'YAML'
# A reader that draws its blocks, in a cache that is a little too small.
mmsim: 1
duration: 1 s
machine: { nodes: [{ cpus: 1, memory: 64 MiB }], disks: [{ name: sda, preset: ssd }] }
files: [{ name: data, disk: sda, size: 100 MiB }]
tasks: [{ name: reader, do: [{ read: { file: data, pattern: zipf 0.9, block: 4 KiB, count: 1000000 } }] }]
YAML

seeds_tell_chance_from_difference() {
	exits 0 "$mmsim" compare chance.yaml --seeds 8 --set vm.dirty_ratio=20,21 -o aa --format none || return 1
	is 16 "$(find aa -name '*.db' | wc -l)" || return 1
	is 16 "$(for db in aa/*.db; do sql "$db" 'SELECT seed FROM run'; done | sort -u | wc -l)" || return 1
	says out '^reader (MiB/s) .*vm.dirty_ratio 20' && says out 'no significant difference' || return 1
	exits 0 "$mmsim" compare chance.yaml --seeds 8 --set machine.disks.sda.preset=ssd,hdd -o ab --json --format none || return 1
	is 'differs|1' "$(sqlite3 :memory: "SELECT json_extract(j, '\$[1].figures.reader.verdict') || '|' ||
		(json_extract(j, '\$[1].figures.reader.p') < 0.05) FROM (SELECT readfile('out') AS j)")" || return 1
	cp out first && exits 0 "$mmsim" compare chance.yaml --seeds 8 --set machine.disks.sda.preset=ssd,hdd -j 1 -o ab --json --format none &&
		cmp first out
}
check "seeds tell chance from difference, each time alike" seeds_tell_chance_from_difference

without_chance_seeds_say_so() {
	exits 0 "$mmsim" compare small.yaml --seeds 4 --until 1s --set vm.dirty_ratio=5,40 -o sure --format none || return 1
	says out 'Nothing in this scenario depends on chance' && says out 'the same with every seed' && says out 'differs, with every seed'
}
check "where nothing depends on chance that is said" without_chance_seeds_say_so

# The branches of a seed are the runs that --at makes of it alone; they are compared in pairs.
what_cannot_boot_is_found_first() {
	exits 2 "$mmsim" compare small.yaml --set machine.disks.sda.size=2GiB,256MiB -o boot --format none &&
		says err 'small.yaml:9:36: error: file "data" does not fit on disk "sda"' && [ ! -e boot ]
}
check "a machine that cannot boot is found before the first run" what_cannot_boot_is_found_first

digests_of() { # FOLDER
	for db in "$1"/*.db; do
		echo "$db $(sql "$db" 'SELECT digest FROM run')"
	done
}

every_seed_branches_at_its_moment() {
	exits 0 "$mmsim" compare chance.yaml --seeds 6 --at 400ms --set vm.watermark_scale_factor=10,900 -o pairs --format none || return 1
	says out '6 seeds each, branches of one beginning are compared in pairs' && is 12 "$(find pairs -type f | wc -l)" || return 1
	is 6 "$(for db in pairs/*.db; do sql "$db" 'SELECT seed FROM run'; done | sort -u | wc -l)" || return 1
	for seed in 1 4; do
		"$mmsim" compare chance.yaml --set seed="$seed" --at 400ms --set vm.watermark_scale_factor=10,900 -o alone --format none >log || return 1
		for v in 10 900; do
			is "$(sql alone/vm.watermark_scale_factor_"$v".db 'SELECT digest FROM run')" \
				"$(sql pairs/vm.watermark_scale_factor_"$v"-seed_"$seed".db 'SELECT digest FROM run')" || return 1
		done
		is "$(sql pairs/vm.watermark_scale_factor_10-seed_"$seed".db 'SELECT * FROM vmstat_sample WHERE t_ns <= 400000000' | cksum)" \
			"$(sql pairs/vm.watermark_scale_factor_900-seed_"$seed".db 'SELECT * FROM vmstat_sample WHERE t_ns <= 400000000' | cksum)" || return 1
	done
	# one value written twice makes no difference at all: the same moment, the same chance
	exits 0 "$mmsim" compare chance.yaml --seeds 6 --at 400ms --set vm.dirty_ratio=20,20 -o twins --format none || return 1
	! grep -q 'differs' out && says out 'no significant difference' || return 1
	digests_of pairs >first && is 12 "$(grep -c ' .' first)" || return 1
	exits 0 "$mmsim" compare chance.yaml --seeds 6 --at 400ms --set vm.watermark_scale_factor=10,900 -o pairs -j 1 --json --format none || return 1
	digests_of pairs | cmp first - || return 1
	is '0.0156' "$(sqlite3 :memory: "SELECT printf('%.4f', json_extract(j, '\$[1].figures.reader.p')) FROM (SELECT readfile('out') AS j)")"
}
check "every seed branches at its moment" every_seed_branches_at_its_moment

a_scenario_can_come_from_standard_input() {
	"$mmsim" compare - --set vm.dirty_ratio=5,40 --format none <small.yaml >out 2>err || { cat err; return 1; }
	is "$(sql single.db 'SELECT digest FROM run')" "$("$mmsim" compare - --set vm.dirty_ratio=40,41 --set vm.swappiness=100 --format none --json <small.yaml |
		sed -n 's/.*"digest": "\(.*\)"/\1/p' | head -n 1)" || return 1
	[ -f results/stdin/vm.dirty_ratio_5.db ] && [ -f results/stdin/vm.dirty_ratio_40.db ] || return 1
	"$mmsim" compare - --at 200ms --until 300ms --seeds 6 --set vm.dirty_ratio=5,40 --format none -o piped <small.yaml >out 2>err || { cat err; return 1; }
	printf 'vm.swappiness = 1\n' >one.conf
	"$mmsim" compare - --sysctl one.conf --set vm.dirty_ratio=5,40 --format none -o piped <small.yaml >out 2>err || { cat err; return 1; }
	"$mmsim" check - - <small.yaml >out && is 2 "$(grep -c '^-: ok$' out)"
}
check "a scenario can come from standard input" a_scenario_can_come_from_standard_input

figures_are_exact() {
	exits 0 "$mmsim" compare small.yaml --set vm.dirty_ratio=5,40 --set vm.swappiness=1,100 --until 1s -o exact --format none --json || return 1
	pgscan=$(sql exact/vm.dirty_ratio_5-vm.swappiness_1.db 'SELECT max(pgscan_kswapd + pgscan_direct) FROM vmstat_sample')
	[ "$pgscan" -gt 1000 ] && is "$pgscan|integer" "$(sqlite3 :memory: "SELECT json_extract(j, '\$[0].figures.pgscan.value') || '|' || json_type(j, '\$[0].figures.pgscan.value')
		FROM (SELECT readfile('out') AS j)")" || return 1
	# what is no whole number has all digits it has: 5 % of 3 of them are
	is 1 "$(sqlite3 :memory: "SELECT max(length(value) > 12) FROM json_tree((SELECT readfile('out'))) WHERE key = 'value'")" || return 1
	exits 0 "$mmsim" compare small.yaml --set vm.dirty_ratio=5,40 --set vm.swappiness=1,100 --until 1s -o exact --format none --csv || return 1
	is 'vm.dirty_ratio,vm.swappiness,figure,unit,value' "$(head -n 1 out)" && says out "^5,1,pgscan,,$pgscan\$" && says out '^40,100,reader,bytes/s,[0-9.]*$' || return 1
	! grep -q -v '^[^,]*,[^,]*,[^,]*,[^,]*,[^,]*$' out && exits 2 "$mmsim" compare small.yaml --set vm.dirty_ratio=5,40 --csv --json
}
check "figures are exact, as JSON and as CSV" figures_are_exact

all_runs_take_the_options_of_one() {
	exits 0 "$mmsim" run -q -o seeded.db --seed 5 --until 1500ms --set vm.dirty_ratio=40 small.yaml || return 1
	exits 0 "$mmsim" compare small.yaml --seed 5 --until 1500ms --set vm.dirty_ratio=5,40 -q -o options || return 1
	is "$(sql seeded.db 'SELECT digest, seed, t_end_ns FROM run')" "$(sql options/vm.dirty_ratio_40.db 'SELECT digest, seed, t_end_ns FROM run')" || return 1
	! grep -q picture out && says out '^40 ' && [ -s options/compare-vm.dirty_ratio_5_40.svg ] || return 1
	exits 2 "$mmsim" compare small.yaml --at 2s --until 1s --set vm.dirty_ratio=5,40 -o none || return 1
	exits 2 "$mmsim" compare one/*.db --until 1s && says err '--until is for scenarios'
}
check "all runs take the options of one" all_runs_take_the_options_of_one

a_value_given_twice_is_said() {
	exits 0 "$mmsim" compare small.yaml --set vm.dirty_ratio=5,40,5,5 --until 100ms --format none -o twice && says err 'vm.dirty_ratio: the value 5 is there more than once' &&
		is 1 "$(grep -c 'more than once' err)" || return 1
	exits 0 "$mmsim" compare small.yaml --set vm.dirty_ratio=5,5 --until 100ms --format none -o twice -q && is "" "$(cat err)"
}
check "a value that is given twice is said" a_value_given_twice_is_said

one_results_file_is_not_enough() {
	exits 2 "$mmsim" compare single.db && says err 'two or more results files, or one with --real' || return 1
	for command in run check "compare --set seed=1,2"; do
		# shellcheck disable=SC2086 # words
		if [ "$command" = "compare --set seed=1,2" ]; then exits 2 "$mmsim" $command single.db && says err 'one results file'
		else exits 2 "$mmsim" $command single.db && says err 'single.db is a database (results of a run?); accepted: a scenario'; fi || return 1
		! LC_ALL=C grep -q 'U+0000' err || return 1
	done
}
check "one results file is not enough, nor a scenario" one_results_file_is_not_enough

samples_are_there() { # DB
	[ "$(sql "$1" 'SELECT count(*) FROM vmstat_sample')" -gt 1 ]
}

the_beginning_is_kept_when_it_is_ended() {
	"$mmsim" compare long.yaml --at 90000s --set vm.dirty_ratio=5,10 -o begun --format none >out 2>err &
	pid=$!
	wait_until samples_are_there begun/beginning.db || { kill -KILL "$pid"; return 1; }
	kill -TERM "$pid"
	wait "$pid"
	is 143 $? && says err 'begun/beginning.db is the beginning' && is stopped "$(sql begun/beginning.db 'SELECT state FROM run')" &&
		[ "$(sql begun/beginning.db 'SELECT count(*) FROM vmstat_sample')" -gt 1 ]
}
check "the beginning is kept when it is ended" the_beginning_is_kept_when_it_is_ended

wrong_words_about_seeds_exit_2() {
	exits 2 "$mmsim" compare small.yaml --seeds 3 --set vm.dirty_ratio=5,40 -o none && says err 'accepted: 4..32' || return 1
	exits 2 "$mmsim" compare small.yaml --seeds 33 --set vm.dirty_ratio=5,40 -o none || return 1
	exits 2 "$mmsim" compare small.yaml --seeds 4 --set seed=1,2 -o none && says err 'several values of "seed"' || return 1
	exits 2 "$mmsim" compare small.yaml --seeds 4 --at 1s --set vm.dirty_ratio=5,40 -o none && says err 'with --at; accepted: 6..32' || return 1
	exits 2 "$mmsim" compare small.yaml --seeds 6 --at 9s --set vm.dirty_ratio=5,40 -o none && says err 'the run ends before' || return 1
	exits 2 "$mmsim" compare small.yaml --seeds 6 --at 1s --set machine.disks.sda.preset=ssd,hdd -o none && says err 'cannot be set while' || return 1
	exits 2 "$mmsim" compare small.yaml --seeds 4 -o none || return 1
	exits 2 "$mmsim" compare aa/*.db --seeds 4 || return 1
	[ ! -e none ]
}
check "wrong words about seeds exit 2" wrong_words_about_seeds_exit_2

an_ended_comparison_says_what_is_done() {
	mkdir parts && cp one/vm.dirty_ratio_5.db parts/duration_80000s.db # left from an earlier comparison
	"$mmsim" compare long.yaml --set duration=1s,90000s,80000s -j 1 -o parts --format none >out 2>err &
	pid=$!
	wait_until test -e parts/duration_90000s.db || { kill -KILL "$pid"; return 1; }
	kill -INT "$pid"
	wait "$pid"
	is 130 $? && says err 'ended early; of 3 runs 1 is done' && says err '^  done  *duration 1s$' &&
		says err '^  stopped at [0-9.]* s  *duration 90000s$' && says err '^  not begun  *duration 80000s$'
}
check "a comparison that is ended early says what is done" an_ended_comparison_says_what_is_done

what_is_set_counts_against_the_scenario() {
	{ cat small.yaml; printf 'compare:\n  vm.dirty_ratio: [5, 20]\n  vm.swappiness: [10, 60]\n'; } >vary.yaml
	# it takes the place of the values of its key; the other key still varies
	exits 0 "$mmsim" compare vary.yaml --set vm.dirty_ratio=1 --until 500ms --format none -o taken || return 1
	says err 'note: vm.dirty_ratio: --set takes the place' && is "vm.swappiness_10-vm.dirty_ratio_1.db vm.swappiness_60-vm.dirty_ratio_1.db" "$(cd taken && echo *)" || return 1
	is 1 "$(sql taken/vm.swappiness_60-vm.dirty_ratio_1.db "SELECT value FROM tunable WHERE name = 'vm.dirty_ratio'")" || return 1
	# it is written after them: what it undoes has no effect, which is said
	exits 0 "$mmsim" compare vary.yaml --set vm.dirty_bytes=16MiB --set vm.swappiness=10 --until 500ms --format none -o late || return 1
	is "0 16777216 0 16777216 " "$(for v in 5 20; do sql "late/vm.dirty_ratio_$v-vm.swappiness_10.db" \
		"SELECT value FROM tunable WHERE name IN ('vm.dirty_ratio', 'vm.dirty_bytes') ORDER BY name DESC"; done | tr '\n' ' ')" || return 1
	is 1 "$(grep -c 'note: vm.dirty_ratio 5 has no effect: vm.dirty_bytes 16777216, which is written after it' err)" || { cat err; return 1; }
	says out '^note: rows 1, 2 are equal in every sample: what vm.dirty_ratio was set to had no effect$' || return 1
	exits 0 "$mmsim" compare vary.yaml --set vm.dirty_bytes=16MiB --set vm.swappiness=10 --until 500ms --format none -o late -q && ! grep 'no effect' err || return 1
	# and with seeds: a single value that took the place of others names the runs all the same
	exits 0 "$mmsim" compare vary.yaml --set vm.dirty_ratio=1 --set vm.swappiness=10 --seeds 4 --until 300ms --format none -o seeds &&
		says out ' vm.dirty_ratio 1, vm.swappiness 10 ' || return 1
	exits 0 "$mmsim" compare vary.yaml --set vm.dirty_ratio=1 --set vm.swappiness=10 --seeds 4 --until 300ms --format none -o seeds --json &&
		says out '"vm.dirty_ratio": "1"'
}
check "what is set counts against the scenario's own comparison" what_is_set_counts_against_the_scenario

a_value_without_effect_is_said() {
	exits 0 "$mmsim" run -o void.db --until 1ms --set vm.dirty_bytes=16MiB --set vm.dirty_ratio=7 small.yaml &&
		says err 'note: vm.dirty_bytes 16777216 has no effect: vm.dirty_ratio 7, which' && is 1 "$(grep -c 'no effect' err)" || return 1
	{ cat small.yaml; echo 'sysctl: { vm.dirty_background_ratio: 3, vm.dirty_background_bytes: 8 MiB }'; } >both.yaml
	exits 0 "$mmsim" check both.yaml && says err 'both.yaml: note: vm.dirty_background_ratio 3 has no effect: vm.dirty_background_bytes 8388608' || return 1
	exits 0 "$mmsim" check -q both.yaml && ! grep 'no effect' err || return 1
	exits 0 "$mmsim" run -o void.db --until 1ms --set vm.dirty_background_ratio=5 --set vm.dirty_ratio=7 small.yaml && ! grep 'no effect' err
}
check "a value without effect is said" a_value_without_effect_is_said

# A parent that forks 12 children, which read 1 MiB at once when they are born, and sleep.
cat >fork.yaml <<'YAML'
mmsim: 1
duration: 4 s
machine: { nodes: [{ cpus: 2, memory: 512 MiB }], disks: [{ name: sda, preset: ssd }] }
files: [{ name: data, disk: sda, size: 64 MiB }, { name: log, disk: sda }]
tasks:
  - name: service
    do:
      - write: { file: log, bytes: 8 MiB }
      - fsync: log
      - read: { file: data, bytes: 64 MiB, block: 1 MiB }
      - sleep: 1 s
      - loop: { count: 12, do: [{ fork: { do: [{ read: { file: data, bytes: 1 MiB, block: 64 KiB } }, sleep: 1 s] } }, sleep: 10 ms] }
YAML

children_are_one_row() {
	exits 0 "$mmsim" run -o fork.db fork.yaml && says out '^  service+\* (12)  ' && says out '^  service+\* (12) read p99 ' || return 1
	! grep -e 'service+[0-9]' out || return 1
	exits 0 "$mmsim" compare fork.yaml --set vm.swappiness=10,60 --format none -o forks --csv || return 1
	is "2" "$(grep -c '^[0-9]*,service+\*,bytes/s,' out)" && ! grep -e 'service+[0-9]' out || return 1
	exits 0 "$mmsim" report fork.db && says fork.html '<td>service+\* (12)<td><code>read</code><td class="n">192<' &&
		! grep -e '<td>service+[0-9]' fork.html && says fork.html 'service+\* (12): mean' || return 1
	# 8 of them are still told one by one
	sed 's/count: 12/count: 8/' fork.yaml >few.yaml && exits 0 "$mmsim" run -o few.db few.yaml && says out '^  service+8  ' && ! grep 'service+\*' out
}
check "many children of one parent are one row" children_are_one_row

tasks_of_one_count_are_one_row() {
	cat >readers.yaml <<-'YAML'
		mmsim: 1
		duration: 1 s
		machine: { nodes: [{ cpus: 2, memory: 512 MiB }], disks: [{ name: sda, preset: ssd }] }
		files: [{ name: data, disk: sda, size: 64 MiB }]
		tasks: [{ name: reader, count: 20, do: [{ read: { file: data, bytes: 4 MiB } }] }, { name: v1.2, do: [{ read: data }] }]
	YAML
	exits 0 "$mmsim" run -o readers.db readers.yaml && says out '^  reader\.\* (20)  ' && says out '^  reader\.\* (20) read p99 ' || return 1
	! grep -e 'reader\.[0-9]' out && says out '^  v1\.2 read  ' || return 1
	exits 0 "$mmsim" plot readers.db --chart tasks -o readers.svg && says readers.svg '>reader\.\* (20): mean<' && ! grep -e '>reader\.[0-9]' readers.svg || return 1
	exits 0 "$mmsim" run -o few.db --set tasks.reader.count=8 readers.yaml && says out '^  reader\.7  ' && ! grep 'reader\.\*' out
}
check "many tasks of one count are one row" tasks_of_one_count_are_one_row

rates_begin_with_the_birth() {
	# from the sample before its first one, at most 100 ms before: 1 MiB in 100 ms, or in 200 if a sample lies between
	sed 's/count: 12/count: 1/' fork.yaml >born.yaml && exits 0 "$mmsim" run -o born.db born.yaml || return 1
	awk '/^  service\+1  /{ n++; ok = $2 > 4.9 && $2 < 10.1 && $3 == "MiB/s" } END { exit !(n == 1 && ok) }' out || { cat out; return 1; }
	# the curve has it, too
	exits 0 "$mmsim" plot born.db --chart tasks --format txt && exits 0 "$mmsim" report born.db || return 1
	tr '\n' ' ' <born.html | grep -o 'read, wrote or touched <small>.*' | grep -o '>service+1<td class="n">[^<]*<td class="n">[^<]*' | head -n 1 >curve
	says curve '"n">0<td class="n">10.0$'
}
check "rates of a task begin with its birth" rates_begin_with_the_birth

a_single_call_has_its_time() {
	exits 0 "$mmsim" run -o fork.db fork.yaml || return 1
	ns=$(sql fork.db "SELECT bucket_ns FROM latency WHERE task = 'service' AND op = 'fsync'")
	awk -v ns="$ns" '/^  service fsync /{ n++; ms = $3 * ($4 == "us" ? 0.001 : $4 == "s" ? 1000 : 1) }
		END { exit !(n == 1 && ms > ns / 1e6 * 0.99 && ms < ns / 1e6 * 1.04) }' out || { cat out; return 1; }
}
check "a call that was made once has its time" a_single_call_has_its_time

tables_say_what_differs() {
	exits 0 "$mmsim" compare fork.yaml --set vm.swappiness=10,60,90 --format none -o alike || return 1
	says out '^equal in all runs: ' && says out ' service fsync [0-9.]* ms,' && says out '^vm.swappiness  digest$' || return 1
	says out '^note: rows 1, 2, 3 are equal in every figure: what vm.swappiness was set to had no effect$' || return 1
	# far more than the first run is a factor; and all rows of a column have as many digits
	sed 's/duration: 3 s/duration: 1 s/' small.yaml >rate.yaml
	sed -i 's/block: 128 KiB }/block: 128 KiB, rate: 100 KB\/s }/' rate.yaml
	exits 0 "$mmsim" compare rate.yaml --set tasks.reader.do.0.read.rate=1MiB/s,200MiB/s,120MiB/s --format none -o rates || return 1
	says out ' x[1-9][0-9.]*' && ! grep -e '+[0-9]\{4,\}\.' out
}
check "tables say what differs, in factors where it is much" tables_say_what_differs

pictures_of_other_comparisons_are_kept() {
	for s in vm.dirty_ratio=5,40 vm.dirty_ratio=5,30 vm.swappiness=1,100; do
		exits 0 "$mmsim" compare small.yaml --set "$s" --until 300ms --format svg -o kept || return 1
	done
	is "compare-vm.dirty_ratio_5_30.svg compare-vm.dirty_ratio_5_40.svg compare-vm.swappiness_1_100.svg" "$(cd kept && echo *.svg)" || return 1
	exits 0 "$mmsim" compare kept/vm.swappiness*.db --format svg && says out '^picture  kept/compare-vm.swappiness_1-vm.swappiness_100.svg$' &&
		says kept/compare-vm.swappiness_1-vm.swappiness_100.svg 'swappiness 100' || return 1
	# runs have one name on sheets and in reports
	exits 0 "$mmsim" report kept/vm.swappiness*.db -o kept.html && says kept.html '<summary>Run swappiness 100:' || return 1
	cp kept/vm.swappiness_1.db mine-a.db && cp kept/vm.swappiness_100.db mine-b.db
	exits 0 "$mmsim" compare mine-?.db --format svg && says compare-mine-a-mine-b.svg '>mine-b<' &&
		exits 0 "$mmsim" report mine-?.db -o mine.html && says mine.html '<summary>Run mine-b:' || return 1
	exits 2 "$mmsim" plot kept && says err 'kept: is a folder; .*mmsim report kept'
}
check "pictures of other comparisons are kept, and runs have one name" pictures_of_other_comparisons_are_kept

interrupts_have_their_names() {
	cat >nic.yaml <<-'YAML'
		mmsim: 1
		duration: 1 s
		machine: { nodes: [{ cpus: 1, memory: 256 MiB }] }
		tasks: [{ name: t, do: [sleep: 1 s] }]
		interrupts:
		  - { name: nic, cpu: 0, every: 20 ms, do: [{ alloc_pages: { gfp: GFP_ATOMIC } }] }
		  - { name: hba, cpu: 0, every: 30 ms, do: [{ alloc_pages: { gfp: GFP_ATOMIC, order: 10 } }] }
		expect: [ "p99(latency[nic alloc_pages]) >= 0" ]
	YAML
	exits 0 "$mmsim" run -o nic.db nic.yaml && says out '^  nic alloc_pages p99 ' && says out '^  hba alloc_pages p99 ' || return 1
	is "hba nic " "$(sql nic.db "SELECT DISTINCT task FROM latency ORDER BY task" | tr '\n' ' ')"
}
check "interrupts have the names of the scenario" interrupts_have_their_names

exit "$failed"
