#!/bin/sh
# The chapters of docs/course.md: what they say of their scenarios is what comes out, and every change they name is taken.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
tree=$(realpath "$(dirname "$0")/../..")
. "$(dirname "$0")/lib.sh"

chapter() { # STATUS SCENARIO [NAME=VALUE]: runs it into r.db
	exits "$1" "$mmsim" run -q --force -o r.db ${3:+--set "$3"} "$tree/scenarios/$2.yaml"
}

# The rows of a query are these.
rows() { # WANTED SQL
	is "$1" "$(sql r.db "$2" | tr '\n' ' ' | sed 's/ $//')"
}

large_blocks_are_cut_and_joined() {
	blocks="SELECT t_ns / 1000000000, sum(free_4), sum(free_5), sum(free_9), sum(free_10) FROM pagetype_sample
		WHERE zone = 'DMA32' AND t_ns % 1000000000 = 500000000 GROUP BY t_ns"
	chapter 0 buddy && rows '0|0|0|0|9 1|1|1|1|8 2|0|1|1|8 3|1|0|1|8 4|2|0|1|8 5|1|1|1|8 6|0|0|0|9 7|1|1|1|8 8|1|1|1|8' "$blocks" || return 1
	exits 0 "$mmsim" plot r.db --chart buddy -o r.svg && says r.svg 'order 10, 4 MiB' && ! grep -q 'zone DMA<' r.svg || return 1
	chapter 1 buddy tasks.driver.do.8.alloc_pages.order=3 && rows 8 "SELECT sum(free_10) FROM pagetype_sample WHERE zone = 'DMA32' AND t_ns = 6500000000"
}
check "buddy: a large block is cut for a small one, and joined when its buddies are free" large_blocks_are_cut_and_joined

second_use_saves_a_file() {
	pages="SELECT name, nr_pages > 199 * 256, nr_pages < 256 FROM file_sample
		WHERE name != 'stream' AND t_ns = (SELECT max(t_ns) FROM file_sample) ORDER BY name"
	chapter 0 second-chance && rows 'once|0|1 twice|1|0' "$pages" || return 1
	chapter 1 second-chance tasks.early.do.1.read.bytes=200MiB && rows 'once|0|1 twice|0|1' "$pages"
}
check "second chance: the file that is used again stays" second_use_saves_a_file

free_memory_falls_to_pieces() {
	chapter 0 thp-fragmentation || return 1
	# free all the time, and hardly anything of it in blocks of 2 MiB at the end
	rows 1 "SELECT min(nr_free_pages) > 50 * 256 FROM vmstat_sample" || return 1
	large="SELECT CASE WHEN sum(free_9 * 512 + free_10 * 1024) > 40 * 256 THEN 'many' WHEN sum(free_9 + free_10) < 2 THEN 'few' END large, t_ns
		FROM pagetype_sample WHERE zone = 'DMA32' GROUP BY t_ns"
	# what the program has given back lies in such blocks, until the next request
	rows many "SELECT large FROM ($large) WHERE t_ns = 3000000000" &&
		rows 1 "SELECT avg(large = 'few') > 0.25 FROM (SELECT ifnull(large, '') large, t_ns FROM ($large)) WHERE t_ns > 10000000000"
}
quick || check "fragmentation: much is free, and nothing in large blocks" free_memory_falls_to_pieces

stores_copy_and_fork_does_not() {
	anon="SELECT nr_anon_pages / 256 FROM vmstat_sample WHERE t_ns IN (4000000000, 13000000000, 16000000000)"
	for thp in never always; do
		chapter 0 copy-on-write "transparent_hugepage.enabled=$thp" && rows '300 600 300' "$anon" || return 1
	done
	rows '150 76950' 'SELECT pgfault FROM vmstat_sample WHERE t_ns IN (4000000000, 19000000000)' || return 1
	# each has all of it
	rows '300 300' "SELECT rss_anon / 256 FROM mm_sample WHERE t_ns = 4000000000"
}
check "copy on write: stores copy, fork does not" stores_copy_and_fork_does_not

the_largest_is_killed() {
	for who in database=0:database database=-100:leak database=-1000:leak shop=500:shop; do
		task=${who%%=*} score=${who#*=}
		status=0
		[ "$task" = shop ] && status=1 # the scenario expects one of the two others
		chapter "$status" oom-score "tasks.$task.oom_score_adj=${score%:*}" || return 1
		rows 1 "SELECT count(*) FROM kernel_log WHERE line LIKE 'Out of memory: Killed process % (${who#*:}) %'" || return 1
	done
}
check "the OOM killer: who is killed follows from oom_score_adj" the_largest_is_killed

scratch_files_on_tmpfs_go_to_swap() {
	took="SELECT name, max(t_ns) / 1000000000.0 FROM task_sample AS t WHERE bytes > 0 AND bytes < 1468006400 GROUP BY name"
	chapter 0 tmpfs-or-disk || return 1
	# twice as long, from 0 and from 25 s
	sql r.db "$took" >times.txt
	is 1 "$(awk -F'|' '{ end[$1] = $2 } END { print (end["on-tmpfs"] > 1.8 * (end["on-disk"] - 25)) }' times.txt)" || return 1
	rows 1 "SELECT max(pswpout) > 700 * 256 FROM vmstat_sample" || return 1
	chapter 1 tmpfs-or-disk machine.nodes.0.memory=2GiB && rows 0 "SELECT max(pswpout) FROM vmstat_sample"
}
check "tmpfs or disk: with too little memory the tmpfs is slower and writes more" scratch_files_on_tmpfs_go_to_swap

# Each row of the table: scenarios that are there, a chart that has something to show, a change that is taken.
the_table_is_true() {
	n=0
	"$mmsim" list charts >charts.txt
	grep '^| .*yaml' "$tree/docs/course.md" >rows.txt
	while IFS='|' read -r _ _ scenarios chart change _; do
		file=$(echo "$scenarios" | sed 's|[^(]*(\.\./scenarios/\([^)]*\)).*|\1|')
		chart=$(echo "$chart" | tr -d ' `')
		change=$(echo "$change" | tr -d ' `')
		"$mmsim" run -q --force -o c.db --until 1s --set "$change" "$tree/scenarios/$file" >/dev/null 2>err
		[ $? -le 1 ] || { echo "$file: $change"; cat err; return 1; }
		grep -q "^linux  *$chart " charts.txt || { echo "$file: no chart $chart"; return 1; }
		n=$((n + 1))
	done <rows.txt
	[ "$n" -ge 14 ]
}
check "the table of the course names what there is" the_table_is_true

exit "$failed"
