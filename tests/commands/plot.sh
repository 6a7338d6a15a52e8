#!/bin/sh
# mmsim plot: formats, whose files are replaced, and names that would like to be commands.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
tree=$PWD
. "$(dirname "$0")/lib.sh"
"$mmsim" run -q -o r.db small.yaml

two_charts_are_drawn_beside_the_results() {
	exits 0 "$mmsim" plot r.db || return 1
	is "r-watermarks.svg r-dirty.svg" "$(tr '\n' ' ' <out | sed 's/ $//')" || return 1
	head -1 r-dirty.svg | grep -q '<?xml' && grep -q '</svg>' r-dirty.svg && grep -q 'dirty threshold' r-dirty.svg
}
check "watermarks and dirty are drawn beside the results" two_charts_are_drawn_beside_the_results

every_format_is_what_it_says() {
	for f in svg png pdf txt; do
		exits 0 "$mmsim" plot r.db --chart dirty -o "d.$f" || return 1
		exits 0 "$mmsim" plot r.db --chart dirty -o "d.$f" || return 1 # our own is replaced
	done
	is "$(printf '\211PNG')" "$(head -c 4 d.png)" && is "%PDF" "$(head -c 4 d.pdf)" &&
		says d.txt 'dirty threshold' || return 1
	exits 0 "$mmsim" plot r.db --chart dirty --format txt && says out 'dirty threshold' || return 1
	exits 0 "$mmsim" plot r.db --chart dirty --chart disk --format png -o pictures && [ -s pictures/r-disk.png ]
}
check "every format is what it says" every_format_is_what_it_says

wrong_words_exit_2() {
	exits 2 "$mmsim" plot r.db --chart dirdy && says err 'did you mean "dirty"' || return 1
	exits 2 "$mmsim" plot r.db -o x.jpg || return 1
	exits 2 "$mmsim" plot r.db --format gif || return 1
	exits 2 "$mmsim" plot r.db -o x.svg || return 1
	exits 2 "$mmsim" plot r.db --chart dirty --format png -o x.svg || return 1
	exits 2 "$mmsim" plot missing.db || return 1
	exits 2 "$mmsim" plot small.yaml || return 1
	exits 2 "$mmsim" plot . || return 1
	exits 2 "$mmsim" plot
}
check "wrong words exit 2" wrong_words_exit_2

a_curve_for_each_type_and_each_node() {
	sed 's/nodes: .*/nodes: [{ cpus: 1, memory: 128 MiB }, { cpus: 1, memory: 1 GiB }]/' small.yaml >two.yaml
	"$mmsim" run -q -o two.db two.yaml || return 1
	exits 0 "$mmsim" plot two.db --chart numa --chart fragmentation -o two || return 1
	says two/two-numa.svg 'node 1' && says two/two-numa.svg 'numa_local' || return 1
	says two/two-fragmentation.svg 'Movable' && says two/two-fragmentation.svg 'in blocks from 2 MiB' || return 1
	# a counter that stays 0 has no panel, a small zone neither
	! grep -q -e numa_interleave two/two-numa.svg && ! grep -q -e 'zone DMA<' two/two-fragmentation.svg
}
check "a curve for each type and each node" a_curve_for_each_type_and_each_node

# Numbers of six digits are no wider than the room between their axis and its label; at 12 pixels a digit has 7.6.
long_numbers_have_room() {
	awk 'BEGIN { print "mmsim: 1\nduration: 1 s\nmachine: { nodes: [{ cpus: 1, memory: 1 GiB }, { cpus: 1, memory: 1 GiB }] }"
		print "tasks: [{ name: t, node: 0, do: [{ alloc_pages: { count: 200000 } }] }]" }' >many.yaml
	"$mmsim" run -q -o many.db many.yaml && exits 0 "$mmsim" plot many.db --chart numa -o many.svg || return 1
	awk '/<g transform="translate/ { x = $0; sub(/.*translate\(/, "", x); sub(/,.*/, "", x) }
		/<text>[0-9][0-9]*00000<\/text>/ { gsub(/[^0-9]/, ""); left = x - 7.6 * length($0); if (!least || left < least) least = left }
		/<text>requests\/s<\/text>/ { label = x }
		END { if (!least || !label || label > least || label < 12) { print "label at", label, "numbers from", least; exit 1 } }' many.svg
}
check "long numbers have room beside the label of their axis" long_numbers_have_room

# The index of fragmentation is there only while no block of 2 MiB is free.
a_line_that_nobody_sees_has_no_key() {
	says two/two-fragmentation.svg 'of free memory, in smaller blocks' && ! grep -q 'index while none is free' two/two-fragmentation.svg || return 1
	sqlite3 two.db 'UPDATE zone_sample SET fragindex_9 = 500 WHERE t_ns > 0'
	exits 0 "$mmsim" plot two.db --chart fragmentation -o two && says two/two-fragmentation.svg 'index while none is free'
}
check "a line that nobody can see has no key" a_line_that_nobody_sees_has_no_key

# Anonymous memory that only lies on the inactive list is drawn in the colour it has beside an active one.
a_series_keeps_its_colour() {
	cat >anon.yaml <<-'YAML'
		mmsim: 1
		duration: 1 s
		machine: { nodes: [{ cpus: 1, memory: 128 MiB }], disks: [{ name: sda, preset: ssd }] }
		files: [{ name: one, disk: sda, size: 8 MiB }, { name: other, disk: sda, size: 8 MiB }]
		tasks:
		  - name: t
		    do:
		      - mmap: { len: 16 MiB }
		        as: heap
		      - touch: { map: heap, write: true, bytes: 16 MiB }
		      - read: { file: one, bytes: 8 MiB }
		      - sleep: 1 s
	YAML
	exits 0 "$mmsim" run -q --force -o anon.db anon.yaml && exits 0 "$mmsim" plot anon.db --chart lru || return 1
	says anon-lru.svg 'inactive anonymous' && ! grep -q '>active anonymous' anon-lru.svg || return 1
	says anon-lru.svg '#CC79A7\|#cc79a7\|rgb(204, 121, 167)' || return 1
	! grep -qi -e '#009e73' -e 'rgb(  0, 158, 115)' anon-lru.svg || return 1
	# which file the cache holds, and not the one that nobody read
	says anon-lru.svg 'page cache of each file' && ! grep -q '>other<' anon-lru.svg || return 1
	exits 0 "$mmsim" report anon.db -o anon.html && tr -d '\n' <anon.html >one.html &&
		says one.html 'class="l k4" d="M0 5H26"/></svg>inactive anonymous'
}
check "a series keeps its colour whatever others show" a_series_keeps_its_colour

# Direct reclaim happens while kswapd works: its shade lies above that of kswapd.
what_is_seldom_is_not_hidden() {
	"$mmsim" run -q -o hog.db swapping.yaml && exits 0 "$mmsim" plot hog.db --chart watermarks -o hog.svg || return 1
	kswapd=$(grep -n "<title>kswapd works" hog.svg | head -n 1 | cut -d : -f 1)
	direct=$(grep -n "<title>direct reclaim" hog.svg | head -n 1 | cut -d : -f 1)
	[ -n "$kswapd" ] && [ -n "$direct" ] && [ "$kswapd" -lt "$direct" ]
}
check "what is seldom is not hidden behind what is often" what_is_seldom_is_not_hidden

other_peoples_files_are_kept() {
	echo "my drawing" >mine.svg
	exits 2 "$mmsim" plot r.db --chart dirty -o mine.svg && is "my drawing" "$(cat mine.svg)" || return 1
	ln -s mine.svg link.svg
	exits 2 "$mmsim" plot r.db --chart dirty -o link.svg --force && is "my drawing" "$(cat mine.svg)" || return 1
	exits 0 "$mmsim" plot r.db --chart dirty -o mine.svg --force && says mine.svg '<svg'
}
check "files of others are kept" other_peoples_files_are_kept

nothing_is_left_after_an_error() {
	exits 3 "$mmsim" plot r.db --chart dirty -o /proc/x.svg || return 1
	exits 2 "$mmsim" plot r.db --chart dirty -o d.svg -o r.db/x.svg || exits 3 "$mmsim" plot r.db --chart dirty -o r.db/x.svg || return 1
	is "" "$(ls -A "$TMPDIR")" && is "" "$(find . -name '.mmsim*')"
}
check "nothing is left after an error" nothing_is_left_after_an_error

names_are_never_run() {
	mark=pwned$$ # nobody else's
	evil="a\`touch ${mark}1\`\$(touch ${mark}2)'\"{_Bold x}%s<b>"
	cp small.yaml "$evil.yaml"
	exits 0 "$mmsim" run "$evil.yaml" || return 1
	exits 0 "$mmsim" run -o "$evil.db" "$evil.yaml" || return 1
	sqlite3 "$evil.db" "UPDATE run SET scenario = scenario || '|touch ${mark}3 \`touch ${mark}4\`' || char(10) || 'system(\"touch ${mark}5\")';
		UPDATE zone_sample SET zone = '\`touch ${mark}6\`\"' || char(9) || '<touch ${mark}7';
		UPDATE bdi_sample SET name = '|touch ${mark}8';
		UPDATE disk_sample SET name = '< touch ${mark}9'"
	for f in svg png pdf txt; do
		exits 0 "$mmsim" plot "$evil.db" --chart all --format "$f" -o "$work/out-$f" || return 1
	done
	exits 0 "$mmsim" compare "$evil.db" r.db -o "$work/cmp" || return 1
	is "" "$(find "$work" "$tree" / /tmp "${HOME:-/}" -maxdepth 1 -name "${mark}[0-9]" -newer small.yaml 2>/dev/null)" || return 1
	! grep -q '<b>' out-svg/*.svg
}
check "names are never run" names_are_never_run

foreign_databases_are_refused() {
	sqlite3 f.db 'CREATE TABLE run (state)'
	exits 2 "$mmsim" plot f.db || return 1
	sqlite3 v.db "PRAGMA application_id = 1835889517; PRAGMA user_version = 1;
		CREATE VIEW run AS WITH RECURSIVE c(state) AS (SELECT 1 UNION ALL SELECT state + 1 FROM c) SELECT state FROM c"
	exits 2 timeout 120 "$mmsim" plot v.db || return 1
	sqlite3 l.db "PRAGMA application_id = 1835889517; PRAGMA user_version = 99; CREATE TABLE run (state)"
	exits 2 "$mmsim" plot l.db && says err 'later version' || return 1
	sqlite3 e.db "PRAGMA application_id = 1835889517; PRAGMA user_version = 1; CREATE TABLE run (state)"
	exits 2 "$mmsim" plot e.db && says err 'it tells of no run' || return 1
	head -c 20000 r.db >cut.db
	exits 2 "$mmsim" plot cut.db && says err 'cannot be read .*: database disk image is malformed' || return 1
	exits 2 "$mmsim" plot small.yaml && says err 'accepted: what mmsim run writes' || return 1
	head -c 3000 r.db >torn.db
	"$mmsim" plot torn.db >/dev/null 2>&1
	[ $? -le 3 ]
}
check "databases of others are refused" foreign_databases_are_refused

what_was_not_recorded_is_not_drawn() {
	sqlite3 r.db 'DROP TABLE balance_dirty_pages; DELETE FROM vmstat_sample; DELETE FROM bdi_sample' || return 1
	exits 2 "$mmsim" plot r.db --chart throttle -o t.svg && says err 'nothing to draw' && [ ! -e t.svg ] || return 1
	# nobody asked for the dirty pages: those that can be drawn are, and the folder is written as it was given
	exits 0 "$mmsim" plot r.db -o others/ && is "" "$(cat err)" && is others/r-watermarks.svg "$(cat out)" || return 1
	sqlite3 r.db 'DELETE FROM zone_sample' || return 1
	exits 2 "$mmsim" plot r.db -o others/ && is 1 "$(grep -c 'nothing to draw' err)"
}
cp r.db kept.db
check "what was not recorded is not drawn" what_was_not_recorded_is_not_drawn

every_subject_has_its_chart() {
	cat >subjects.yaml <<'YAML'
# Something of each subject.
mmsim: 1
duration: 3 s
machine:
  nodes: [{ cpus: 2, memory: 256 MiB }]
  disks: [{ name: sda, preset: ssd }]
files: [{ name: data, disk: sda, size: 1 GiB }]
tasks:
  - name: reader
    do: [{ read: { file: data, bytes: 500 MiB, block: 128 KiB } }]
  - name: program
    do:
      - mmap: { len: 64 MiB }
        as: m
      - touch: { map: m, write: true, bytes: 64 MiB, block: 1 MiB, rate: 32 MiB/s }
  - name: driver
    do:
      - vmalloc: { size: 1 MiB, count: 20, think: 100 ms }
        as: areas
YAML
	exits 0 "$mmsim" run -q -o subjects.db subjects.yaml || return 1
	for chart in mappings readahead vmalloc kernels lru percentiles; do
		exits 0 "$mmsim" plot subjects.db --chart "$chart" --format txt || { echo "chart $chart"; return 1; }
		[ "$(wc -l <out)" -gt 10 ] || { echo "chart $chart is empty"; return 1; }
	done
}
check "every subject has its chart" every_subject_has_its_chart

what_fills_memory_is_drawn_where_there_is_some() {
	cat >pool.yaml <<'YAML'
# A pool of huge pages, partly reserved, and a file in memory.
mmsim: 1
duration: 2 s
machine: { nodes: [{ cpus: 1, memory: 128 MiB }, { cpus: 1, memory: 128 MiB }] }
linux: { tmpfs: [{ name: tmp, size: 20 MiB }] }
sysctl: { vm.nr_hugepages: 20 }
files: [{ name: f, fs: tmpfs }]
tasks:
  - name: t
    do:
      - write: { file: f, bytes: 10 MiB }
      - mmap: { len: 10 MiB, hugetlb: true }
        as: m
      - sleep: 1 s
YAML
	exits 0 "$mmsim" run -q -o pool.db pool.yaml || return 1
	exits 0 "$mmsim" plot pool.db --chart lru --format txt || return 1
	says out 'pool of huge pages, MiB' && says out 'of these reserved' && says out 'tmpfs, tmp' || return 1
	# the pool is there in the panel of each node, too; what is always 0 is not drawn
	is 2 "$(grep -c '[^ ]pool of huge pages' out)" && ! grep -q surplus out || return 1
	exits 0 "$mmsim" plot kept.db --chart lru --format txt && ! grep -q -e 'huge pages' -e tmpfs out
}
check "what fills memory is drawn where there is some" what_fills_memory_is_drawn_where_there_is_some

without_gnuplot_it_says_what_to_install() {
	PATH=/nonexistent exits 3 "$mmsim" plot kept.db --chart dirty -o n.svg && says err 'gnuplot' && [ ! -e n.svg ]
}
check "without gnuplot it says what to install" without_gnuplot_it_says_what_to_install

exit "$failed"
