#!/bin/sh
# mmsim export: other programs read results.
#
# What a program of others would read is looked at by one of them where it is installed: the kernel tree's
# own scripts (package linux-source-6.1), promtool (prometheus, 96 MB, so it is not among what the tests
# install), protoc.  A parser of our own looks in any case.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
here=$(dirname "$(realpath "$0")")
. "$here/lib.sh"

cat >pressed.yaml <<'YAML'
# Programs that need more memory than there is, a writer, and readers.
mmsim: 1
duration: 300 ms
machine:
  nodes: [{ cpus: 2, memory: 192 MiB }]
  disks: [{ name: sda, preset: hdd }, { name: sdb, preset: ssd }]
linux: { swap: [{ disk: sdb, size: 1 GiB }] }
files:
  - { name: log, disk: sda }
  - { name: data, disk: sdb, size: 1 GiB }
tasks:
  - name: writer
    do:
      - write: { file: log, bytes: 4 MiB, block: 64 KiB }
      - fsync: { file: log }
      - write: { file: log, bytes: 8 MiB, block: 64 KiB }
      - fsync: { file: log }
      - write: { file: log, bytes: 1 GiB, block: 64 KiB }
  - name: hog
    do:
      - mmap: { len: 320 MiB }
        as: heap
      - touch: { map: heap, write: true, bytes: 320 MiB, block: 1 MiB }
      - touch: { map: heap, write: true, pattern: random, span: 320 MiB, block: 4 KiB, for: 4 s }
  - name: reader
    count: 2
    do: [{ read: { file: data, pattern: random, block: 16 KiB, count: 100000000 } }]
record:
  interval: 50 ms
  trace: ["mm_vmscan_*", sim_kswapd_nap, sim_stall, sim_fsync, "writeback_[esw]*", balance_dirty_pages, mm_page_pcpu_drain, block_rq_issue]
YAML
runs() {
	"$mmsim" run -q -o pressed.db pressed.yaml && grep -v 'record:' pressed.yaml | grep -v 'interval:\|trace:' >quiet.yaml &&
		"$mmsim" run -q -o quiet.db --until 10ms quiet.yaml &&
		"$mmsim" run -q -o short.db --until 50ms pressed.yaml
}
check "results can be made" runs

# ---- ftrace ----

# Each time mmap_lock is asked for (s), had (a) and given back (r), to read or to write (w), in the order of a
# Linux 6.1.192 in its own trace (of collapse: in its sources). The task's number stands before it, 0: of a child
# that is not there yet.
cat >locks.yaml <<'YAML'
mmsim: 1
machine: { nodes: [{ cpus: 1, memory: 256 MiB }] }
tasks:
  - name: program
    do:
      - mmap: { len: 64 KiB }
        as: a
      - touch: { map: a, write: true, bytes: 4 KiB }
      - munmap: a
      - mmap: { len: 2 MiB, address: 1073741824 }
        as: m
      - madvise: { map: m, advice: nohugepage }
      - touch: { map: m, write: true, bytes: 4 KiB }
      - madvise: { map: m, advice: hugepage }
      - madvise: { map: m, advice: collapse }
        returns: 0
      - fork:
          do: [{ compute: 1 us }]
      - wait
record: { trace: ["mmap_lock_*"] }
YAML
cat >locks.want <<'END'
3sw 3aw 3rw
3s 3a 3r
3sw 3aw 3a 3r
3sw 3aw 3rw
3sw 3aw 3rw
3s 3a 3r
3sw 3aw 3rw
3s 3a 3r
3s 3a 3r
3sw 3aw 3rw
3s 3a 3r
3sw 3aw 0sw 0aw 0rw 3rw
4s 4a 4r
4s 4a 4r
4sw 4aw 4rw
3s 3a 3r
3s 3a 3r
3sw 3aw 3rw
END
locks() {
	"$mmsim" run -q -o locks.db locks.yaml && "$mmsim" export -q locks.db --format ftrace -o - | sed -n '
		s/^.*mmap_lock_\([ars]\).*: mm=0*\([0-9a-f]\) .* write=\([tf]\).*$/\2\1\3/p' |
		sed 's/t$/w/; s/f$//' | tr '\n' ' ' | sed 's/ $/\n/' >locks.got &&
		tr '\n' ' ' <locks.want | sed 's/ $/\n/' | diff - locks.got
}
# The counters that others see: behind the kernel's 66th fault, and each 66th from there on; at once where entries go.
cat >rss.yaml <<'YAML'
mmsim: 1
machine: { nodes: [{ cpus: 1, memory: 256 MiB }] }
linux: { transparent_hugepage: never }
tasks:
  - name: program
    do:
      - mmap: { len: 1 MiB, address: 1073741824 }
        as: m
      - touch: { map: m, write: true, bytes: 1 MiB }
      - fork:
          do: [{ compute: 1 us }]
      - wait
      - munmap: m
record: { trace: [rss_stat] }
YAML
cat >rss.want <<'END'
mm_id=3 curr=1 type=MM_ANONPAGES size=266240B
mm_id=3 curr=1 type=MM_ANONPAGES size=536576B
mm_id=3 curr=1 type=MM_ANONPAGES size=806912B
mm_id=0 curr=0 type=MM_ANONPAGES size=1048576B
mm_id=4 curr=0 type=MM_ANONPAGES size=0B
mm_id=3 curr=1 type=MM_ANONPAGES size=1048576B
mm_id=3 curr=1 type=MM_ANONPAGES size=0B
END
rss() {
	"$mmsim" run -q -o rss.db rss.yaml && "$mmsim" export -q rss.db --format ftrace -o - | sed -n 's/^.* rss_stat: //p' | diff rss.want -
}
check "what others see of a program's pages is told as the kernel tells it" rss

check "mmap_lock is taken in the kernel's order: munmap, collapse, fork, the end" locks

trace_is_written() {
	exits 0 "$mmsim" export pressed.db --format ftrace && is pressed.ftrace "$(cat out)" || return 1
	exits 0 "$mmsim" export pressed.db --format ftrace -o - && cmp out pressed.ftrace || return 1
	exits 0 "$mmsim" export --quiet pressed.db --format ftrace-noirq -o noirq.ftrace && is "" "$(cat out)" || return 1
	# the same but for a column
	grep -v '^#' pressed.ftrace | sed 's/\] \(\.\.\.\.\.\|d\.h\.\.\)/] /' >one
	grep -v '^#' noirq.ftrace >two
	cmp one two
}
check "the text of the kernel's trace is written to a file, and to standard output" trace_is_written

# Names, numbers, times; and as many lines of an event as its table has rows.
trace_can_be_read() {
	awk '/^#/ { if ($2 ~ /^entries/) said = $3; next }
		!/^ *[^ ]+-[0-9]+ +\[[0-9][0-9][0-9]\] [d.][.][h.][.][.] +[0-9]+\.[0-9][0-9][0-9][0-9][0-9][0-9]: [a-z_]+: [^ ]/ { print "no line of a trace:", $0; bad = 1 }
		{ n++; time = $0; sub(/^.*\] [^ ]+ +/, "", time); event = time; sub(/:.*/, "", time); sub(/^[^:]*: /, "", event); sub(/:.*/, "", event)
			if (time + 0 < last) { print "back in time:", $0; bad = 1 } last = time + 0; seen[event]++ }
		END { if (said != n "/" n) { print n, "lines, but said", said; bad = 1 } for (e in seen) print e, seen[e] >"seen"; exit bad }' pressed.ftrace || return 1
	sqlite3 -readonly pressed.db "SELECT name, count(*) FROM event GROUP BY name" | tr '|' ' ' | sort >want
	sort seen | diff - want && [ "$(wc -l <want)" -ge 14 ]
}
check "its lines are those of a trace, in order, one for each event" trace_can_be_read

texts() { # EVENT: as exported
	sed -n "s/^.*[0-9]: $1: //p" pressed.ftrace
}

texts_are() { # EVENT SQL: what the rows say, in words of the kernel
	texts "$1" >found
	sqlite3 -readonly pressed.db "SELECT $2 FROM $1 ORDER BY t_ns, seq" >want
	[ -s want ] || { echo "no $1"; return 1; }
	cmp found want || { diff found want | head -n 5; return 1; }
}

texts_are_the_kernels() {
	flags="CASE reclaim_flags WHEN 9 THEN 'RECLAIM_WB_ANON|RECLAIM_WB_ASYNC' WHEN 10 THEN 'RECLAIM_WB_FILE|RECLAIM_WB_ASYNC' END"
	texts_are mm_vmscan_kswapd_wake "printf('nid=%d order=%d', nid, \"order\")" &&
		texts_are mm_vmscan_direct_reclaim_end "'nr_reclaimed=' || nr_reclaimed" &&
		texts_are mm_vmscan_lru_isolate "printf('isolate_mode=%d classzone=%d order=%d nr_requested=%d nr_scanned=%d nr_skipped=%d nr_taken=%d lru=%s', isolate_mode,
			highest_zoneidx, \"order\", nr_requested, nr_scanned, nr_skipped, nr_taken, CASE lru WHEN 0 THEN 'inactive_anon' WHEN 1 THEN 'active_anon'
			WHEN 2 THEN 'inactive_file' WHEN 3 THEN 'active_file' END)" &&
		texts_are mm_vmscan_lru_shrink_active "printf('nid=%d nr_taken=%d nr_active=%d nr_deactivated=%d nr_referenced=%d priority=%d flags=%s', nid, nr_taken,
			nr_active, nr_deactivated, nr_referenced, priority, $flags)" &&
		texts_are mm_vmscan_throttled "printf('nid=%d usec_timeout=%d usect_delayed=%d reason=%s', nid, usec_timeout, usec_delayed,
			CASE reason WHEN 1 THEN 'VMSCAN_THROTTLE_WRITEBACK' WHEN 2 THEN 'VMSCAN_THROTTLE_ISOLATED' WHEN 4 THEN 'VMSCAN_THROTTLE_NOPROGRESS' WHEN 8 THEN 'VMSCAN_THROTTLE_CONGESTED' END)" &&
		texts_are mm_page_pcpu_drain "printf('page=%016llx pfn=0x%llx order=%d migratetype=%d', -24189255811072 + pfn * 64, pfn, \"order\", migratetype)" &&
		texts_are sim_stall "printf('to=%d from=%d', \"to\", \"from\")" || return 1
	# sda is 8:0, sdb 8:16
	texts balance_dirty_pages | grep -q '^bdi 8:0: limit=[0-9]* setpoint=[0-9]* dirty=[0-9]* .* think=-\{0,1\}[0-9]* cgroup_ino=1$' || return 1
	texts block_rq_issue | grep -q '^8,16 R [0-9]* () [0-9]* + [0-9]* \[reader\.0\]$' || return 1
	texts mm_vmscan_direct_reclaim_begin | grep -q '^order=0 gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO$' ||
		{ texts mm_vmscan_direct_reclaim_begin | sort | uniq -c; return 1; }
}
check "their texts are the kernel's" texts_are_the_kernels

tasks_have_numbers() {
	# the hog maps memory: tracepoints know it by this number
	pid=$(sql pressed.db "SELECT pid FROM mm_sample WHERE task = 'hog' LIMIT 1")
	is "hog-$pid" "$(grep -v '^#' pressed.ftrace | awk '{ print $1 }' | grep '^hog-' | sort -u)" || return 1
	# one name, one number
	grep -v '^#' pressed.ftrace | awk '{ print $1 }' | sort -u >names
	is "" "$(sed 's/.*-//' names | sort | uniq -d)" && grep -q '^kswapd0-[1-9]' names && grep -q '^reader\.1-[1-9]' names
}
check "each task has a number of its own" tasks_have_numbers

# Every page of a run, by its events: one that is somebody's is not given out again, none is freed twice (the first time
# it may be one that was there before), and what goes to a list with others was freed. With one CPU: of two, one may
# be ahead of the other by the quantum. Up to the first compaction: that takes free pages without an event.
pages_change_hands() {
	sed 's/trace: .*/trace: ["mm_page_alloc", "mm_page_free*", mm_compaction_begin]/; s/duration: .*/duration: 500 ms/
		s/cpus: 2/cpus: 1/' pressed.yaml >pages.yaml
	exits 0 "$mmsim" run -q -o pages.db pages.yaml && exits 0 "$mmsim" export pages.db --format ftrace || return 1
	awk '/mm_compaction_begin:/ { exit }
	!/^#/ {
		name = pfn = order = ""
		for (i = 1; i <= NF; i++) {
			if ($i ~ /^mm_page_/) name = $i
			if ($i ~ /^pfn=0x/) pfn = substr($i, 7)
			if ($i ~ /^order=/) order = substr($i, 7)
		}
		n[name]++
		if (name == "mm_page_free_batched:") bad += !(pfn in freed)
		if (name == "mm_page_free:") {
			bad += pfn in owned ? owned[pfn] != order : pfn in seen
			delete owned[pfn]
			seen[pfn] = 1
			freed[pfn] = 1
		}
		if (name == "mm_page_alloc:" && pfn != "0") {
			bad += pfn in owned
			owned[pfn] = order
			delete freed[pfn]
		}
	}
	END {
		print bad + 0, n["mm_page_alloc:"], n["mm_page_free:"], n["mm_page_free_batched:"] >"/dev/stderr"
		exit bad || n["mm_page_alloc:"] < 10000 || n["mm_page_free:"] < 10000 || n["mm_page_free_batched:"] < 1000
	}' pages.ftrace
}
check "by its events no page belongs to two, or is freed twice" pages_change_hands

wants_tracepoints() {
	exits 2 "$mmsim" export quiet.db --format ftrace -o x && says err 'no tracepoints were recorded; run.*record: { trace:' || return 1
	exits 2 "$mmsim" export quiet.db --format perfetto -o x && says err 'mm_vmscan_direct_reclaim_begin, ' && [ ! -e x ]
}
check "results without tracepoints are told what to record" wants_tracepoints

# ---- what every format does ----

files_are_safe() {
	for f in ftrace ftrace-noirq openmetrics perfetto; do
		echo mine >mine
		exits 2 "$mmsim" export short.db --format "$f" -o mine && says err 'was not made by mmsim; --force' && is mine "$(cat mine)" || return 1
		exits 0 "$mmsim" export short.db --format "$f" -o mine --force || return 1
		exits 0 "$mmsim" export short.db --format "$f" -o mine || { echo "$f is not known as ours"; return 1; }
		chmod 444 mine
		exits 2 "$mmsim" export short.db --format "$f" -o mine && says err 'is write-protected; --force' || return 1
		chmod 644 mine
		cp mine first && "$mmsim" export short.db --format "$f" -o - >second && cmp first second || return 1
		exits 3 "$mmsim" export short.db --format "$f" -o /dev/full/x || return 1
		"$mmsim" export short.db --format "$f" -o - >/dev/full 2>err
		is 3 $? && says err 'standard output' || return 1
	done
	is "" "$(find . -name '.mmsim.*')"
}
check "files of others are kept, ours are replaced, and all are the same each time" files_are_safe

words_are_checked() {
	exits 2 "$mmsim" export pressed.db && says err 'a format, --format NAME, is needed' || return 1
	exits 2 "$mmsim" export pressed.db --format perfeto && says err 'did you mean "perfetto"' || return 1
	exits 2 "$mmsim" export --format ftrace && exits 2 "$mmsim" export pressed.yaml --format ftrace && says err 'no results file' || return 1
	exits 0 "$mmsim" list formats && says out '^openmetrics'
	exits 0 "$mmsim" explain mm_shrink_slab_start && says out 'not known to results: name and address of the shrinker' || return 1
	exits 0 "$mmsim" explain sim_stall && says out "not one of the kernel's"
}
check "words are checked, and explain says what results do not know" words_are_checked

# A file may come from anywhere: names and numbers of any kind, tables that are not there, damage.
results_may_hold_anything() {
	cp pressed.db evil.db
	sqlite3 evil.db "UPDATE mm_vmscan_kswapd_wake SET task = 'x' || char(10) || 'y' || char(27) || ' [000] 1.000000: z:', t_ns = 9223372036854775807;
		UPDATE balance_dirty_pages SET pause = 9223372036854775807, bdi = -9223372036854775808; UPDATE sim_fsync SET latency_ns = -1;
		UPDATE mm_vmscan_throttled SET usec_delayed = 9223372036854775807, t_ns = -5; UPDATE sim_stall SET \"to\" = 9223372036854775807 WHERE seq % 3 = 0;
		UPDATE block_rq_issue SET disk = 9223372036854775807, op = 77; UPDATE mm_page_pcpu_drain SET pfn = -1, cpu = 9223372036854775807;
		UPDATE vmstat_sample SET nr_dirty = 9223372036854775807, pswpout = -9223372036854775808 WHERE t_ns % 100000000 = 0; UPDATE zone_sample SET zone = 'a\"b' || char(10), managed = NULL;
		UPDATE task_sample SET name = '\\', t_ns = -9223372036854775808 WHERE name = 'hog'; DROP TABLE disk_sample; DROP TABLE object"
	for f in ftrace openmetrics perfetto; do
		exits 0 "$mmsim" export evil.db --format "$f" -o "evil.$f" || return 1
	done
	is "" "$(grep -v '^#' evil.ftrace | grep -v '^ *[^ ]*-[0-9]* *\[[0-9]*\] ..... *[0-9.]*: [a-z_]*: ')" || return 1
	is "" "$(LC_ALL=C grep -a '[[:cntrl:]]' evil.ftrace | head -n 3)" || return 1
	is "" "$(grep -v '^#' evil.openmetrics | grep -v '^[a-z_A-Z0-9]*\({[^ ].*}\)\{0,1\} -\{0,1\}[0-9.]* -\{0,1\}[0-9.]*$')" || return 1
	for at in 4096 40000 200000; do
		cp pressed.db evil.db && yes damaged | head -c 32768 | dd of=evil.db bs=4096 seek=$((at / 4096)) count=8 conv=notrunc 2>/dev/null
		for f in ftrace openmetrics perfetto; do
			"$mmsim" export evil.db --format "$f" -o - --force >out 2>err
			got=$?
			[ "$got" -le 3 ] || { echo "$f: status $got"; return 1; }
		done
	done
}
check "results may hold anything" results_may_hold_anything

freebsd_has_none() {
	cat >bsd.yaml <<-'YAML'
	mmsim: 1
	personality: freebsd
	duration: 1 s
	machine: { nodes: [{ cpus: 1, memory: 256 MiB }], disks: [{ name: sda, preset: ssd }] }
	files: [{ name: data, disk: sda, size: 64 MiB }]
	tasks: [{ name: reader, do: [{ read: { file: data, bytes: 64 MiB } }] }]
	record: { trace: ["*"] }
	YAML
	exits 0 "$mmsim" run -q -o bsd.db bsd.yaml || return 1
	exits 2 "$mmsim" export bsd.db --format ftrace && says err 'its kernel has no ftrace' || return 1
	exits 2 "$mmsim" export bsd.db --format perfetto && says err 'freebsd' || return 1
	exits 0 "$mmsim" export bsd.db --format openmetrics && grep -q '^mmsim_task_bytes_total{name="reader"} 67108864 1$' bsd.om
}
check "FreeBSD has no ftrace, but samples" freebsd_has_none

# ---- the kernel's own scripts ----

scripts=tools
unpack_scripts() {
	unpacked=/usr/src/linux-source-6.1/Documentation/trace/postprocess
	[ -d "$unpacked" ] && { scripts=$unpacked; return 0; }
	[ "${CAPTURES:-}" != no ] && [ -f /usr/src/linux-source-6.1.tar.xz ] && command -v perl >/dev/null 2>&1 || return 1
	mkdir tools && tar -xJf /usr/src/linux-source-6.1.tar.xz -C tools --strip-components=4 \
		--occurrence=1 linux-source-6.1/Documentation/trace/postprocess/trace-vmscan-postprocess.pl \
		linux-source-6.1/Documentation/trace/postprocess/trace-pagealloc-postprocess.pl
}

row() { # NAME: the last word of a line of the summary
	sed -n "s/^$1: *\t*//p" summary
}

scripts_count_right() {
	# patterns of the scripts are older than the kernel: they warn, and count all the same
	perl "$scripts/trace-vmscan-postprocess.pl" --ignore-pid <pressed.ftrace >summary 2>&1 || { tail -n 20 summary; return 1; }
	is "direct $(sql pressed.db 'SELECT count(*) FROM mm_vmscan_direct_reclaim_begin')" "direct $(row 'Direct reclaims')" || return 1
	is "reclaimed $(sql pressed.db "SELECT sum(nr_reclaimed) FROM mm_vmscan_lru_shrink_inactive WHERE task LIKE 'kswapd%'")" \
		"reclaimed $(row 'Kswapd pages reclaimed')" || return 1
	# a wake-up before it has slept is another column: both together are all
	awk '/^Kswapd  *Kswapd/ { on = 1 } /^Summary/ { on = 0 } on && /^kswapd/ { n += $2 + $3 } END { print "wakes", n }' summary >found
	is "wakes $(sql pressed.db 'SELECT count(*) FROM mm_vmscan_kswapd_wake')" "$(cat found)" || return 1
	perl "$scripts/trace-pagealloc-postprocess.pl" <noirq.ftrace >summary 2>&1 || { tail -n 20 summary; return 1; }
	for task in hog kswapd0; do
		is "$task $(sql pressed.db "SELECT count(*) FROM mm_page_pcpu_drain WHERE task = '$task'")" \
			"$task $(awk -v t="^$task-" '$1 ~ t { print $6 }' summary)" || { cat summary; return 1; }
	done
}
if unpack_scripts; then
	check "scripts of the kernel's sources count direct reclaims, wake-ups, pages and drains" scripts_count_right
else
	skip "scripts of the kernel's sources count direct reclaims, wake-ups, pages and drains" "no linux-source-6.1 here, or no time for it"
fi

# ---- OpenMetrics ----

metrics_can_be_read() {
	exits 0 "$mmsim" export pressed.db --format openmetrics -o - && mv out pressed.om || return 1
	is "# EOF" "$(tail -n 1 pressed.om)" || return 1
	# a metric stands together, its series in the order of time, each series once
	awk '$2 == "TYPE" { if ($3 in type) { print "twice:", $3; bad = 1 } type[$3] = $4; now = $3; next } /^#/ { next }
		{ name = $1; sub(/{.*/, "", name); want = now (type[now] == "counter" ? "_total" : type[now] == "info" ? "_info" : "")
			if (name != want) { print $0, "stands below", now; bad = 1 }
			if (index($0, "{")) { key = $0; sub(/}.*/, "", key); rest = $0; sub(/^.*} /, "", rest); split(rest, v, " ") } else { key = $1; v[1] = $2; v[2] = $3 }
			if (key != last) { if (key in seen) { print "not together:", key; bad = 1 } seen[key] = 1; last = key; time = -1 }
			if (v[2] + 0 <= time) { print "back in time:", $0; bad = 1 } time = v[2] + 0
			if (v[1] !~ /^-?[0-9]+(\.[0-9]+)?$/) { print "no number:", $0; bad = 1 } n++ }
		END { if (n < 2500) { print "only", n; bad = 1 } exit bad }' pressed.om
}
check "the metrics are well formed" metrics_can_be_read

metric_is() { # METRIC SQL: value and time of all its samples
	grep -v '^#' pressed.om | grep -F "$1 " | sed 's/.*} //; s/^[a-z][^ ]* //' >found
	sql pressed.db "$2" | tr '|' ' ' >want
	if [ ! -s want ] || ! cmp found want; then
		echo "$1"
		diff found want | head -n 5
		return 1
	fi
}

metrics_are_the_samples() {
	seconds="CASE WHEN t_ns % 1000000000 THEN rtrim((t_ns / 1000000000) || '.' || substr('00000000' || (t_ns % 1000000000), -9), '0') ELSE (t_ns / 1000000000) || '' END"
	metric_is 'node_memory_Dirty_bytes' "SELECT nr_dirty * 4096, $seconds FROM vmstat_sample" &&
		metric_is 'node_vmstat_pgscan_direct' "SELECT pgscan_direct, $seconds FROM vmstat_sample" &&
		metric_is 'node_memory_MemTotal_bytes' "SELECT sum(managed) * 4096, $seconds FROM zone_sample GROUP BY t_ns" &&
		metric_is 'node_zoneinfo_low_pages{node="0",zone="DMA32"}' "SELECT low, $seconds FROM zone_sample WHERE zone = 'DMA32'" &&
		metric_is 'node_buddyinfo_blocks{node="0",size="3",zone="DMA"}' "SELECT sum(free_3), $seconds FROM pagetype_sample WHERE zone = 'DMA' GROUP BY t_ns" &&
		metric_is 'node_disk_written_bytes_total{device="sda"}' "SELECT write_sectors * 512, $seconds FROM disk_sample WHERE name = 'sda'" &&
		metric_is 'mmsim_task_ops_total{name="hog"}' "SELECT ops, $seconds FROM task_sample WHERE name = 'hog'"
}
check "the metrics are the samples" metrics_are_the_samples

promtool_reads_it() {
	promtool tsdb create-blocks-from openmetrics pressed.om data >out 2>&1 || { cat out; return 1; }
	mkdir -p data/wal # or else it complains
	promtool tsdb dump data 2>err | sed 's/^{__name__="\([^"]*\)"\(, \)\{0,1\}/\1{/; s/, \([a-z]\)/,\1/g; s/{} / /' | awk '{ printf "%s %.9g %d\n", $(NF - 2), $(NF - 1), $NF }' | sort >found
	grep -v '^#' pressed.om | awk '{ at = $0; sub(/ [^ ]+ [^ ]+$/, "", at); gsub(/ /, "_", at); printf "%s %.9g %d\n", at, $(NF - 1), $NF * 1000 + 0.5 }' |
		grep -v '^mmsim_run_info' | sort >want
	grep -v '^mmsim_run_info' found | diff - want >different || { head -n 10 different; return 1; }
	is "$(grep -c -v '^#' pressed.om)" "$(wc -l <found)"
}
if command -v promtool >/dev/null 2>&1; then
	check "promtool makes blocks of them, with every sample" promtool_reads_it
else
	skip "promtool makes blocks of them, with every sample" "no promtool here (package prometheus, 96 MB)"
fi

# ---- Perfetto ----

# What protoc prints, as slices and counters: begins and ends fit, nothing goes back in time.
slices() {
	awk '/^packet \{/ { ts = type = track = name = thread = uuid = "" }
	/^  timestamp:/ { ts = $2 }
	/^    type:/ { type = $2 }
	/^    track_uuid:/ { track = $2 }
	/^    name:/ { name = $0; sub(/^ *name: "/, "", name); sub(/"$/, "", name) }
	/^      thread_name:/ { thread = $2; gsub(/"/, "", thread) }
	/^    uuid:/ { uuid = $2 }
	/^    parent_uuid:/ { parent = $2; if (!(parent in label)) { print "no parent", parent; bad = 1 } }
	/^    counter_value:/ { value = $2 }
	/^  *[0-9]+:/ || /^  *[0-9]+ \{/ { print "unknown field:", $0; bad = 1 }
	/^\}/ {
		if (uuid != "") { label[uuid] = thread != "" ? thread : name; next }
		if (!(track in label)) { print "no such track:", track; bad = 1 }
		if (ts + 0 < last[track] + 0) { print "back in time:", label[track], ts; bad = 1 }
		last[track] = ts
		if (type == "TYPE_SLICE_BEGIN") { d = ++depth[track]; what[track, d] = name; begun[track, d] = ts }
		if (type == "TYPE_SLICE_END" && depth[track] < 1) { print "ends without a begin:", label[track], ts; bad = 1 }
		if (type == "TYPE_SLICE_END") { d = depth[track]--; print "slice|" label[track] "|" what[track, d] "|" begun[track, d] "|" ts }
		if (type == "TYPE_INSTANT") print "instant|" label[track] "|" name "|" ts
		if (type == "TYPE_COUNTER") print "counter|" label[track] "|" ts "|" value
	}
	END { for (t in depth) if (depth[t]) { print "not ended:", label[t]; bad = 1 } exit bad }' decoded
}

protoc_decodes() {
	exits 0 "$mmsim" export pressed.db --format perfetto || return 1
	protoc --decode=Trace --proto_path="$here" perfetto.proto <pressed.pftrace >decoded || return 1
	slices >slices.txt || { grep -v '|' slices.txt | head; return 1; }
	[ "$(wc -l <slices.txt)" -gt 1000 ]
}

slices_are_the_events() {
	# all direct reclaims, with their times
	grep '^slice|[^|]*|direct reclaim|' slices.txt | grep -v '^slice|loses' | cut -d '|' -f 4,5 | sort >found
	sql pressed.db "SELECT t_ns, (SELECT min(e.t_ns) FROM mm_vmscan_direct_reclaim_end AS e WHERE e.task = b.task AND e.seq > b.seq)
		FROM mm_vmscan_direct_reclaim_begin AS b" | sort | sed 's/|$/|300000000/' >want
	diff found want >different || { head different; return 1; }
	grep '^slice|writer|fsync|' slices.txt | cut -d '|' -f 4,5 | sort >found
	sql pressed.db "SELECT t_ns - latency_ns, t_ns FROM sim_fsync WHERE latency_ns > 0" | sort | diff found - || return 1
	is "$(sql pressed.db 'SELECT count(*) FROM mm_vmscan_wakeup_kswapd')" "$(grep -c '^instant|[^|]*|kswapd is woken|' slices.txt)" || return 1
	# time lost by swapping in, as samples count it: up to the last one
	is "$(sql pressed.db "SELECT max(sim_swapin_stall_ns) FROM vmstat_sample")" \
		"$(awk -F '|' '$1 == "slice" && $3 == "swapping in" { n += ($5 < 300000000 ? $5 : 300000000) - $4 } END { printf "%d\n", n }' slices.txt)" || return 1
	# a pause is as long as meant, or ends with what its task does next
	grep -q '^slice|writer|held back as a writer|' slices.txt
}

counters_are_the_samples() {
	grep '^counter|node 0 DMA32: low|' slices.txt | cut -d '|' -f 3,4 >found
	sql pressed.db "SELECT t_ns, low FROM zone_sample WHERE zone = 'DMA32'" | diff found - || return 1
	grep '^counter|dirty|' slices.txt | cut -d '|' -f 3,4 >found
	sql pressed.db "SELECT t_ns, nr_dirty FROM vmstat_sample" | diff found - || return 1
	grep '^counter|swapped out|' slices.txt | cut -d '|' -f 3,4 >found
	sql pressed.db "SELECT t_ns, (lead(pswpout) OVER w - pswpout) * 20 FROM vmstat_sample WINDOW w AS (ORDER BY t_ns)" | grep -v '|$' | diff found -
}
if command -v protoc >/dev/null 2>&1; then
	check "protoc decodes the timeline, slices lie within each other" protoc_decodes
	check "its slices are the events" slices_are_the_events
	check "its counters are the samples" counters_are_the_samples
else
	skip "protoc decodes the timeline" "no protoc here (package protobuf-compiler)"
fi

exit "$failed"
