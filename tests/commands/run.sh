#!/bin/sh
# mmsim run: exit codes, what is left behind, what is never touched.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
root=$(realpath "$(dirname "$0")/../..")
. "$(dirname "$0")/lib.sh"

a_run_leaves_one_file_and_says_where() {
	exits 0 "$mmsim" run small.yaml || return 1
	says out '^results *results/small.db$' || return 1
	is "finished|3000000000|small|linux" \
		"$(sql results/small.db 'SELECT state, t_end_ns, scenario, personality FROM run')" || return 1
	is "small.db" "$(ls results)" || return 1
	is "$(sed -n 's/^digest *//p' out)" "$(sql results/small.db 'SELECT digest FROM run')"
}
check "a run leaves one file and says where" a_run_leaves_one_file_and_says_where

the_same_run_writes_the_same_bytes() {
	"$mmsim" run -q -o a.db small.yaml && mkdir -p elsewhere && cp small.yaml elsewhere/small.yaml &&
		(cd elsewhere && TZ=Asia/Tokyo LANG=de_DE.UTF-8 "$mmsim" run -q -o ../b.db small.yaml) &&
		cmp a.db b.db
}
check "the same run writes the same bytes wherever it is" the_same_run_writes_the_same_bytes

the_tables_others_rely_on_are_there() {
	for q in "SELECT t_ns, name, value FROM tunable" \
		"SELECT t_ns, node, zone, nr_free_pages, min, low, high, boost FROM zone_sample" \
		"SELECT t_ns, node, nr_dirty, nr_writeback, nr_inactive_file, nr_active_file FROM node_sample" \
		"SELECT t_ns, nr_free_pages, nr_dirty, nr_writeback, nr_dirty_threshold,
			nr_dirty_background_threshold, pgscan_kswapd, pgsteal_kswapd FROM vmstat_sample" \
		"SELECT t_ns, name, write_bandwidth, dirty_ratelimit, dirty_thresh FROM bdi_sample" \
		"SELECT t_ns, name, reads, writes FROM disk_sample" \
		"SELECT task, op, bucket_ns, count FROM latency" \
		"SELECT t_ns, task, cpu, pause FROM balance_dirty_pages" \
		"SELECT t_ns, name, task, cpu, text FROM event" \
		"SELECT t_ns, nr_dirtied FROM vmstat_sample_rate" \
		"SELECT t_ns, node, zone, pgalloc FROM zone_sample_rate" \
		"SELECT kind, id, name FROM object"; do
		[ -n "$(sql a.db "$q LIMIT 1")" ] || { echo "nothing: $q"; return 1; }
	done
	sql a.db "SELECT t_ns, task, op, result FROM op_result" || return 1
	is "0|31|3000000000" "$(sql a.db 'SELECT min(t_ns), count(*), max(t_ns) FROM vmstat_sample')"
}
check "the tables others rely on are there" the_tables_others_rely_on_are_there

a_run_ends_with_its_figures() {
	exits 0 "$mmsim" run small.yaml && says out '^figures$' || return 1
	says out '^  writer  *[0-9.]* MiB/s$' && says out '^  dirty max  *[0-9.]* MiB$' && says out '^  writer write p99  *[0-9.]* [um]s$' || return 1
	exits 0 "$mmsim" run -q small.yaml && is "" "$(cat out)"
}
check "a run ends with its figures" a_run_ends_with_its_figures

calls_that_failed_are_named() {
	cat >refused.yaml <<'END'
mmsim: 1
machine:
  nodes: [{ cpus: 1, memory: 256 MiB }]
  disks: [{ name: d, preset: ssd, errors: [{ error: EIO, on: read, start: 0, sectors: 80000 }] }]
files: [{ name: f, disk: d, size: 4 MiB }]
tasks:
  - name: t
    count: 2
    do:
      - mmap: { file: f, offset: 100 }
        returns: -EINVAL
      - mmap: { file: f, shared: true }
        as: m
      - touch: { map: m, count: 1 }
      - read: { file: f, count: 7 }
      - loop: { count: 3, do: [fsync: f] }
END
	for kernel in linux freebsd; do
		exits 0 "$mmsim" run --force --set personality="$kernel" refused.yaml || return 1
		says out '^error  *task t.[01] and others: read returned -EIO 14 times, first at [0-9.]* s (refused.yaml:15:9)$' || return 1
		says out '^error  *task t.[01] and others: touch returned -EFAULT' || return 1
		is 2 "$(grep -c '^error' out)" || return 1 # neither what was expected nor what succeeded
	done
	sed 's/^tasks:/tasks:\n  - name: big\n    do: [mmap: { len: 1 TiB }]/' small.yaml >big.yaml
	exits 0 "$mmsim" run --force big.yaml && says out '^error  *task big: mmap returned -ENOMEM at 0.0' || return 1
	exits 0 "$mmsim" run --force -q big.yaml && is "" "$(cat out err)"
}
check "calls that failed where nothing was expected are named after the run" calls_that_failed_are_named

calls_that_failed_are_kept() {
	for kernel in linux freebsd; do
		exits 0 "$mmsim" run -o kept.db --force --set personality="$kernel" refused.yaml || return 1
		is "t|read|1|EIO|14 t|touch|1|EFAULT|2" \
			"$(sql kept.db 'SELECT task, op, nth, error, count FROM failed_call ORDER BY op' | tr '\n' ' ' | sed 's/ $//')" || return 1
		is 2 "$(sql kept.db 'SELECT count(*) FROM failed_call WHERE first_ns BETWEEN 1 AND 1000000000')" || return 1
		says out '^  t read failed: EIO  *14$' || return 1
	done
	# a step is told by its number among those with its call; where it stands in the file makes no other digest
	sed 's/^      - read: {.*/      - loop: { count: 1, do: [{ read: { file: f, bytes: 4 KiB, offset: 2 MiB }, returns: -EIO }] }\n\n&/' refused.yaml >second.yaml
	sed 's/^tasks:/# moved\n\n&/' second.yaml >moved.yaml
	exits 0 "$mmsim" run -o second.db second.yaml && is 2 "$(sql second.db "SELECT nth FROM failed_call WHERE op = 'read'")" &&
		exits 0 "$mmsim" run -o moved.db moved.yaml && is "$(sql second.db 'SELECT digest FROM run')" "$(sql moved.db 'SELECT digest FROM run')"
}
check "calls that failed are kept in the results" calls_that_failed_are_kept

a_failed_expectation_exits_1() {
	{ cat small.yaml; printf 'expect:\n  - max(nr_dirty) < 1\n  - end(nr_dirty) >= 0\n'; } >fails.yaml
	exits 1 "$mmsim" run fails.yaml && says out '^FAIL: max' && says out '^pass: end' &&
		exits 1 "$mmsim" run -q fails.yaml && is "" "$(cat out)" && says err '^FAIL: max'
}
check "a failed expectation exits 1 and is told even when quiet" a_failed_expectation_exits_1

wrong_words_exit_2_and_leave_nothing() {
	sed 's/duration/duratoin/; s/writer/wri ter/' small.yaml >wrong.yaml
	exits 2 "$mmsim" run -o wrong.db wrong.yaml && says err 'wrong.yaml:3:1: error:.*duration' &&
		says err 'wrong.yaml:11:' && is "" "$(cat out)" || return 1
	exits 2 "$mmsim" run -o wrong.db --set vm.dirty_ratoi=5 small.yaml &&
		says err 'vm.dirty_ratio' || return 1
	exits 2 "$mmsim" run -o wrong.db --set vm.dirty_ratio=500 small.yaml || return 1
	exits 2 "$mmsim" run -o wrong.db --trace=mm_vmscan_kswapd_wak small.yaml &&
		says err 'did you mean "mm_vmscan_kswapd_wake"' || return 1
	exits 2 "$mmsim" run -o wrong.db missing.yaml || return 1
	exits 2 "$mmsim" run -o wrong.db || return 1
	exits 2 "$mmsim" run -o wrong.db small.yaml small.yaml || return 1
	exits 2 "$mmsim" run -o wrong.db --chekc=end small.yaml && says err 'did you mean --check' || return 1
	exits 2 "$mmsim" run -o wrong.db --check=allways small.yaml || return 1
	exits 2 "$mmsim" run -o wrong.db --until 5 small.yaml || return 1
	exits 2 "$mmsim" run -o wrong.db --seed x small.yaml || return 1
	exits 2 "$mmsim" rnu small.yaml && says err 'did you mean "run"' || return 1
	[ ! -e wrong.db ]
}
check "wrong words exit 2 and leave nothing" wrong_words_exit_2_and_leave_nothing

other_peoples_files_are_not_replaced() {
	echo "dear aunt" >letter.db
	exits 2 "$mmsim" run -o letter.db small.yaml && is "dear aunt" "$(cat letter.db)" || return 1
	: >empty.db
	exits 2 "$mmsim" run -o empty.db small.yaml && [ ! -s empty.db ] || return 1
	sqlite3 foreign.db 'CREATE TABLE t (x)'
	exits 2 "$mmsim" run -o foreign.db small.yaml || return 1
	exits 0 "$mmsim" run -o letter.db --force small.yaml || return 1
	exits 0 "$mmsim" run -o letter.db small.yaml
}
check "files of others are replaced with --force only" other_peoples_files_are_not_replaced

write_protected_results_are_not_replaced() {
	cp a.db kept.db && chmod 444 kept.db && cp kept.db before.db
	exits 2 "$mmsim" run -o kept.db small.yaml && says err 'kept.db: is write-protected; --force replaces it' &&
		cmp kept.db before.db || return 1
	exits 0 "$mmsim" run -o kept.db --force small.yaml && exits 0 "$mmsim" run -o kept.db small.yaml
}
check "results that are write-protected are replaced with --force only" write_protected_results_are_not_replaced

a_set_with_brackets_is_told_how_items_are_written() {
	exits 2 "$mmsim" run -o wrong.db --set 'machine.nodes[0].memory=1GiB' small.yaml &&
		says err '"nodes\[0\]": items of a list are written behind a dot; accepted: nodes.0' || return 1
	# what --set makes wrong is told at --set, not at what the file says
	exits 2 "$mmsim" run -o wrong.db --set 'machine.nodes.0.memory=4MiB' small.yaml &&
		says err '^--set machine.nodes.0.memory=4MiB: error: machine.nodes: less than 8 MiB' && [ ! -e wrong.db ]
}
check "a --set with brackets is told how items are written" a_set_with_brackets_is_told_how_items_are_written

links_and_folders_are_refused() {
	cp a.db target.db
	ln -s target.db link.db
	exits 2 "$mmsim" run --force -o link.db small.yaml && cmp a.db target.db || return 1
	ln -s nowhere.db dangling.db
	exits 2 "$mmsim" run --force -o dangling.db small.yaml && [ ! -e nowhere.db ] || return 1
	mkfifo pipe.db
	exits 2 "$mmsim" run --force -o pipe.db small.yaml || return 1
	exits 2 "$mmsim" run --force -o . small.yaml || return 1
	exits 2 "$mmsim" run --force -o elsewhere/ small.yaml || return 1
	mkdir -p real && ln -s real by-link
	exits 0 "$mmsim" run -o by-link/x.db small.yaml && [ -f real/x.db ]
}
check "links, pipes and folders are refused" links_and_folders_are_refused

a_host_that_fails_exits_3() {
	exits 3 "$mmsim" run -o missing/x.db small.yaml || return 1
	exits 3 "$mmsim" run -o /proc/x.db small.yaml || return 1
	[ "$(id -u)" -eq 0 ] && return 0
	mkdir readonly && chmod 500 readonly
	exits 3 "$mmsim" run -o readonly/x.db small.yaml
}
check "a host that fails exits 3" a_host_that_fails_exits_3

a_full_disk_keeps_what_was_written() {
	(ulimit -f 3000; exits 3 "$mmsim" run -o full.db --set duration='60 s' --trace='*' small.yaml) || return 1
	says err 'cannot write results' || return 1
	# what was expected is not judged by a run that the host cut off
	says out 'simulated .*(the results cannot be written)' && ! grep -q '^pass\|^FAIL' out || return 1
	is "running" "$(sqlite3 full.db 'SELECT state FROM run')" || return 1
	is "ok" "$(sqlite3 full.db 'PRAGMA integrity_check')" || return 1
	[ "$(sqlite3 full.db 'SELECT count(*) FROM tunable')" -gt 10 ] || return 1
	exits 0 "$mmsim" run -o full.db small.yaml
}
check "a disk that is full keeps what was written" a_full_disk_keeps_what_was_written

# Starts a long run and waits until it has written something.
start_long() { # DB
	rm -f "$1"*
	"$mmsim" run -o "$1" long.yaml >out 2>err &
	pid=$!
	wait_until has_written "$1" && return 0
	kill -KILL "$pid"
	cat err
	return 1
}

has_written() { # DB
	[ "$(sql "$1" 'SELECT count(*) > 0 FROM vmstat_sample')" = 1 ]
}

a_signal_ends_a_run_with_complete_results() {
	for s in INT:130 TERM:143; do
		start_long long.db || return 1
		kill -"${s%:*}" "$pid"
		wait "$pid"
		is "${s#*:}" "$?" || return 1
		is stopped "$(sql long.db 'SELECT state FROM run')" || return 1
		is 1 "$(sql long.db 'SELECT t_end_ns = (SELECT max(t_ns) FROM vmstat_sample) FROM run')" || return 1
		[ ! -e long.db-wal ] || return 1
		says out 'SIG' || return 1
	done
}
check "a signal ends a run with complete results" a_signal_ends_a_run_with_complete_results

# shellcheck disable=SC2016 # sh -c expands
asked_how_far() {
	start_long long.db || return 1
	kill -USR1 "$pid"
	wait_until grep -q '^mmsim: [0-9.]* s of [0-9.e+]* s, [0-9.e+]* s per second, [0-9]* s left$' err
	kill -USR1 "$pid"
	wait_until sh -c '[ "$(grep -c "^mmsim: .* s left$" err)" -ge 2 ]'
	kill -TERM "$pid"
	wait "$pid"
	is 143 "$?"
}
check "SIGUSR1 asks a run how far it is" asked_how_far

a_killed_run_can_be_read() {
	start_long killed.db || return 1
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	is running "$(sqlite3 killed.db 'SELECT state FROM run')" || return 1
	is ok "$(sqlite3 killed.db 'PRAGMA integrity_check')" || return 1
	exits 0 "$mmsim" plot killed.db --chart watermarks -o killed.svg || return 1
	exits 0 "$mmsim" run -o killed.db small.yaml
}
check "a killed run can be read, drawn and replaced" a_killed_run_can_be_read

a_running_run_is_left_alone() {
	start_long busy.db || return 1
	exits 2 "$mmsim" run --force -o busy.db small.yaml
	status=$?
	kill -TERM "$pid"
	wait "$pid" 2>/dev/null
	return "$status"
}
check "a file that is being written is left alone" a_running_run_is_left_alone

until_seed_and_set_do_what_they_say() {
	exits 0 "$mmsim" run -o u.db --until 1.5s small.yaml &&
		is 1500000000 "$(sql u.db 'SELECT t_end_ns FROM run')" || return 1
	exits 0 "$mmsim" run -o u.db --seed 7 --set vm.dirty_ratio=7 --set queue.sda.read_ahead_kb=64 small.yaml &&
		is "7|7|64" "$(sql u.db "SELECT seed, (SELECT value FROM tunable WHERE name = 'vm.dirty_ratio'),
			(SELECT value FROM tunable WHERE name = 'queue.sda.read_ahead_kb') FROM run")"
}
check "until, seed and set do what they say" until_seed_and_set_do_what_they_say

no_bar_in_a_pipe() {
	exits 0 "$mmsim" run small.yaml && is "" "$(cat err)"
}
check "nothing of the progress goes into a pipe" no_bar_in_a_pipe

checks_hold_at_every_sample() {
	exits 0 "$mmsim" run -q --check=sample -o c.db small.yaml &&
		exits 0 "$mmsim" run -q --check=event --until 0.05s -o c.db small.yaml
}
check "all checks hold at samples and after events" checks_hold_at_every_sample

a_run_too_large_for_this_computer_is_refused() {
	sed 's/memory: [0-9]* MiB/memory: 900000 GiB/' small.yaml >large.yaml
	exits 2 "$mmsim" run -o large.db large.yaml && says err 'MiB' && [ ! -e large.db ]
}
check "a run too large for this computer is refused" a_run_too_large_for_this_computer_is_refused

what_a_failed_call_gave_is_undefined() {
	cat >failed.yaml <<-'YAML'
		# A call that failed has given no object to look at.
		mmsim: 1
		machine: { nodes: [{ cpus: 1, memory: 64 MiB }] }
		tasks: [{ name: program, do: [{ mmap: { len: 0 }, as: m, returns: -EINVAL }, assert: m.anon == 0] }]
	YAML
	exits 1 "$mmsim" run -q -o f.db failed.yaml && says err 'assert: m.anon == 0: undefined'
}
check "what a failed call gave is undefined" what_a_failed_call_gave_is_undefined

an_end_at_a_sample_is_sampled_once() {
	cat >at-once.yaml <<'YAML'
# It ends at the moment of a sample, with a call that takes no time of the clock.
mmsim: 1
machine: { nodes: [{ cpus: 1, memory: 64 MiB }] }
tasks:
  - name: t
    do:
      - at: 200 ms
      - alloc_pages: { order: 3 }
        as: p
expect:
  - end(nr_free_pages) < 16384
YAML
	exits 0 "$mmsim" run --quiet -o none.db --until 0 at-once.yaml || return 1
	is '0|1|1' "$(sql none.db "SELECT max(t_ns), count(*), count(DISTINCT t_ns) FROM vmstat_sample")" || return 1
	is '' "$(sql none.db "SELECT node, zone FROM zone_sample GROUP BY t_ns, node, zone HAVING count(*) > 1")" || return 1
	exits 0 "$mmsim" run --quiet -o once.db at-once.yaml || return 1
	is '200000000|3|3' "$(sql once.db "SELECT max(t_ns), count(*), count(DISTINCT t_ns) FROM vmstat_sample")" || return 1
	# the later state is kept: it has the page
	is 8 "$(sql once.db "SELECT sum(CASE t_ns WHEN 100000000 THEN nr_free_pages ELSE -nr_free_pages END)
		FROM vmstat_sample WHERE t_ns > 0")"
}
check "an end at a sample is sampled once" an_end_at_a_sample_is_sampled_once

the_examples_of_the_documents_run() {
	for page in README.md docs/scenario.md; do
		# the first block that is a whole scenario
		awk '/^```yaml/ { text = ""; inside = 1; next }
			/^```/ { if (inside && text ~ /\nmmsim: 1/) { printf "%s", text; exit } inside = 0 }
			inside { text = text $0 "\n" }' "$root/$page" >example.yaml
		exits 0 "$mmsim" run --quiet -o example.db example.yaml || return 1
		is 60000000000 "$(sql example.db 'SELECT t_end_ns FROM run')" || return 1
	done
}
check "the examples of the documents run" the_examples_of_the_documents_run

a_stream_over_what_failed_is_told() {
	cat >unmapped.yaml <<'END'
mmsim: 1
machine: { nodes: [{ cpus: 1, memory: 128 MiB }], disks: [{ name: sda, preset: ssd }] }
files: [{ name: f, disk: sda }]
tasks:
  - name: t
    do:
      - mmap: { file: f }
        as: m
      - touch: { map: m, bytes: 64 KiB, pattern: random }
END
	for kernel in linux freebsd; do
		exits 1 "$mmsim" run --force -o unmapped.db --set personality="$kernel" unmapped.yaml || return 1
		cat out err | grep -q 'there is no map "m": the call that was to give it failed' || return 1
	done
}
check "a stream over what failed is told" a_stream_over_what_failed_is_told

many_tasks_are_a_few_lines() {
	cat >many.yaml <<'END'
mmsim: 1
duration: 1 s
machine: { nodes: [{ cpus: 2, memory: 256 MiB }], disks: [{ name: sda, preset: ssd }] }
files: [{ name: f, disk: sda, size: 4 MiB }]
tasks:
  - name: parent
    do:
      - loop:
          for: 900 ms
          do:
            - fork:
                do: [{ read: { file: f, block: 64 KiB, bytes: 4 MiB } }]
            - read: { file: f, block: 4 KiB, count: 1, think: 1 ms }
END
	# those of one "count" would be one line
	for i in $(seq 30); do
		echo "  - { name: reader$i, do: [{ read: { file: f, block: 64 KiB, bytes: 4 MiB } }] }"
	done >>many.yaml
	exits 0 "$mmsim" run --force -o many.db many.yaml || return 1
	[ "$(sql many.db "SELECT count(DISTINCT task) FROM latency")" -gt 300 ] || return 1
	[ "$(wc -l <out)" -lt 80 ] || return 1
	grep -q 'and [1-9][0-9]* more of tasks: mmsim report many.db' out && grep -q 'parent read p99' out && grep -q '^  parent+\* ([0-9]*) read p99' out
}
check "many tasks are a few lines" many_tasks_are_a_few_lines

exit "$failed"
