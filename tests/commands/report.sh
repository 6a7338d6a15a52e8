#!/bin/sh
# mmsim report: one file that needs no network, says what happened and what was simplified, and cannot be made to run anything.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
tree=$(realpath "$(dirname "$0")/../..")
. "$(dirname "$0")/lib.sh"
"$mmsim" run -q -o r.db small.yaml

one_file_beside_the_results() {
	exits 0 "$mmsim" report r.db && is r.html "$(cat out)" || return 1
	! grep -q 'Two kernels' r.html || return 1
	for id in figures events latency tunables honesty chart-watermarks chart-dirty chart-throttle chart-disk; do
		says r.html "<section id=\"$id\">" && says r.html "href=\"#$id\"" || return 1
	done
	says r.html "$(sql r.db 'SELECT digest FROM run')" && says r.html 'dirty threshold' || return 1
	exits 0 "$mmsim" report r.db # our own is replaced
}
check "a report is one file beside the results" one_file_beside_the_results

# Rates have no point then, nor have most charts.
one_sample_is_enough() {
	"$mmsim" run -q -o moment.db --until 10ms small.yaml
	sqlite3 moment.db 'DELETE FROM vmstat_sample WHERE t_ns > 0; DELETE FROM disk_sample WHERE t_ns > 0; DELETE FROM task_sample WHERE t_ns > 0'
	exits 0 "$mmsim" report moment.db && says moment.html '<section id="figures">'
}
check "one sample is enough for a report" one_sample_is_enough

it_needs_no_network_and_has_no_script() {
	! grep -q -i -e '<script' -e '<link' -e '<img' -e '<iframe' -e 'https*:' -e '@import' -e 'url(' -e ' on[a-z]*=' r.html &&
		says r.html "default-src 'none'"
}
check "it needs no network and has no script" it_needs_no_network_and_has_no_script

it_is_for_every_screen() {
	says r.html 'prefers-color-scheme:dark' && says r.html 'name="viewport"' && says r.html 'max-width:760px' &&
		says r.html '<div class="scroll wide"><table><thead><tr><th>figure</th>' && says r.html '\.wide td\.w{flex-basis:100%' || return 1
	# no table needs more than a phone has: all of them break their rows there
	is "" "$(grep -o '<div class="scroll">' r.html)"
}
check "it has colours for dark screens and a layout for narrow ones" it_is_for_every_screen

tags_match() {
	for t in html head body section table tbody details figure svg div nav ul h2; do
		grep -q "<${t}[ >]" r.html || return 1
		is "$(grep -o "<${t}[ >]" r.html | wc -l)" "$(grep -o "</$t>" r.html | wc -l)" || { echo "$t"; return 1; }
	done
	is "" "$(grep -o ' id="[^"]*"' r.html | sort | uniq -d)"
}
check "every element is closed and every id is there once" tags_match

# Only export writes to standard output under this name: a report is always a file.
a_report_is_a_file_whatever_its_name() {
	exits 0 "$mmsim" report r.db -o - && is - "$(cat out)" && cmp ./- r.html
}
check "a report is a file whatever its name" a_report_is_a_file_whatever_its_name

the_same_results_give_the_same_bytes() {
	cp r.db other-name.db && exits 0 "$mmsim" report other-name.db && cmp r.html other-name.html || return 1
	(cd / && TZ=Asia/Tokyo LC_ALL=C.UTF-8 "$mmsim" report "$work/r.db" -o "$work/again.html") && cmp r.html again.html
}
check "the same results give the same bytes" the_same_results_give_the_same_bytes

figures_are_those_of_the_results() {
	max=$(sql r.db 'SELECT max(nr_dirty + nr_writeback) FROM vmstat_sample')
	shown=$(tr '\n' ' ' <r.html | grep -o '<td>dirty max<td class="n">[0-9.]* MiB' | grep -o '[0-9.]* MiB' | cut -d ' ' -f 1)
	awk -v pages="$max" -v mib="$shown" 'BEGIN { d = pages / 256 / mib; exit !(d > 0.99 && d < 1.01) }' || { echo "$max $shown"; return 1; }
	calls=$(sql r.db "SELECT sum(count) FROM latency WHERE task = 'reader'")
	says r.html "<td>reader<td><code>read</code><td class=\"n\">$calls<"
}
check "figures are those of the results" figures_are_those_of_the_results

kswapd_is_seen_with_and_without_its_tracepoints() {
	says r.html 'kswapd works' && says r.html 'reclaimed' || return 1
	exits 0 "$mmsim" run -q -o wake.db --trace='*kswapd*' small.yaml && exits 0 "$mmsim" report wake.db || return 1
	n=$(sql wake.db 'SELECT count(*) FROM mm_vmscan_kswapd_sleep')
	[ "$n" -gt 0 ] && tr '\n' ' ' <wake.html | grep -o '<td>kswapd works<td class="n">[0-9]*' >seen && says seen '[1-9]'
}
check "kswapd is seen with and without its tracepoints" kswapd_is_seen_with_and_without_its_tracepoints

apart() { # CONDITION: stretches of kswapd with more between them than a drawing of 30 s in 2000 units can hide
	sql naps.db "SELECT t_ns, (SELECT min(n.t_ns) FROM sim_kswapd_nap n WHERE n.t_ns >= w.t_ns AND n.nid = w.nid)
		FROM mm_vmscan_kswapd_wake w WHERE $1 ORDER BY t_ns" |
		awk -F'|' '{ n += NR == 1 || $1 - end > 2 * 30e9 / 2000; end = $2 > end ? $2 : end } END { print n }'
}

drawn() { # CLASS: stretches of its first drawing that do not touch
	grep -o -m1 "class=\"$1\" d=\"[^\"]*" naps.html | head -n1 | sed 's/.*d="M//; s/M/\n/g; s/H/ /g' |
		awk '{ n += NR == 1 || $1 > end; end = $3 + 0 } END { print n }'
}

stretches_that_are_apart_stay_apart() {
	"$mmsim" run -q -o naps.db --set duration=30s "$tree/scenarios/demo.yaml" && exits 0 "$mmsim" report naps.db || return 1
	[ "$(apart 'nid = 0')" -gt 50 ] || { apart 'nid = 0'; return 1; }
	[ "$(drawn f1)" -ge "$(apart 'nid = 0')" ] || { echo "$(drawn f1) of $(apart 'nid = 0') in the chart"; return 1; }
	[ "$(drawn a1)" -ge "$(apart 1)" ] || { echo "$(drawn a1) of $(apart 1) in the lane"; return 1; }
	# and nothing makes them wider when they are shown
	! grep -q '\.a1{[^}]*stroke' naps.html
}
check "stretches that are apart are drawn apart" stretches_that_are_apart_stay_apart

what_was_written_meanwhile_is_said() {
	sed 's/^tasks:/tasks:\n  - { name: tuner, start: 1 s, do: [sysctl: { vm.dirty_bytes: 16 MiB }] }/' small.yaml >write.yaml
	exits 0 "$mmsim" run -q -o write.db --set vm.swappiness=10 write.yaml && exits 0 "$mmsim" report write.db || return 1
	says write.html 'vm.dirty_bytes = 16777216</code> written' || return 1
	tr '\n' ' ' <write.html | sed 's/<details>.*//' | grep -q '<code>vm.swappiness</code><td class="n">10<td class="n">60' || return 1
	# words, where the files of a real system have them
	sed 's/^tasks:/tasks:\n  - { name: tuner, start: 1 s, do: [sysctl: { transparent_hugepage.defrag: never }] }/' small.yaml >write.yaml
	exits 0 "$mmsim" run -q -o write.db write.yaml && exits 0 "$mmsim" report write.db || return 1
	says write.html 'transparent_hugepage.defrag = never</code> written' || return 1
	tr '\n' ' ' <write.html | sed 's/<details>.*//' |
		grep -q '<code>transparent_hugepage.defrag</code><td class="n">madvise &rarr; never<td class="n">madvise'
}
check "tunables that were changed are named with their defaults" what_was_written_meanwhile_is_said

what_was_simplified_follows_from_the_run() {
	says r.html '<b>synthetic memory map' && says r.html 'Parts of the kernel it used:.*readahead' || return 1
	! grep -q 'Parts of the kernel it used:.*swap' r.html || return 1
	demo=$("$mmsim" list scenarios --json | sed -n 's/.*"path": "\(.*\/demo.yaml\)".*/\1/p') # a real machine's map
	"$mmsim" run -q --until=2s -o mapped.db "$demo" >/dev/null 2>&1
	 exits 0 "$mmsim" report mapped.db || return 1
	says mapped.html 'Simplified in this run:' && ! grep -q 'synthetic memory map' mapped.html || return 1
	cat >swap.yaml <<'YAML'
# A program that needs more than there is.
mmsim: 1
duration: 5 s
machine:
  nodes: [{ cpus: 1, memory: 128 MiB }]
  disks: [{ name: sda, preset: ssd }]
linux: { swap: [{ disk: sda, size: 256 MiB }] }
tasks:
  - name: program
    do:
      - mmap: { len: 160 MiB }
        as: m
      - touch: { map: m, write: true, bytes: 160 MiB, block: 1 MiB }
      - touch: { map: m, write: true, bytes: 160 MiB, block: 1 MiB }
YAML
	exits 0 "$mmsim" run -q -o swap.db swap.yaml && exits 0 "$mmsim" report swap.db || return 1
	says swap.html 'Parts of the kernel it used:.*swap' && says swap.html 'swapping out' || return 1
	sql r.db "SELECT name FROM simplified" | grep -q 'synthetic boot reservations'
}
check "what was simplified follows from the run" what_was_simplified_follows_from_the_run

calls_that_failed_are_told() {
	is "" "$(grep -o 'id="failed"' r.html)" || return 1
	sed 's/^tasks:/tasks:\n  - { name: big, count: 2, do: [mmap: { len: 1 TiB }, mmap: { len: 2 TiB }] }/' small.yaml >big.yaml
	exits 0 "$mmsim" run -q -o big.db big.yaml && exits 0 "$mmsim" report big.db || return 1
	says big.html '<section id="failed">' && says big.html '<a href="#failed">failed calls</a>' || return 1
	tr '\n' ' ' <big.html | grep -o '<section id="failed".*' | sed 's/<.section>.*//' >failed
	for nth in 1 2; do
		says failed "<td>big<td><code>mmap</code><td class=\"n\">$nth<td>ENOMEM<td class=\"n\">2<" || return 1
	done
	# beside a run in which they did not fail
	exits 0 "$mmsim" report r.db big.db -o beside.html &&
		tr '\n' ' ' <beside.html | grep -o '<td>big mmap failed: ENOMEM<td class="n">[0-9]*<td class="n">[0-9]*' >seen &&
		says seen 'n">0<td class="n">4$'
}
check "calls that failed are told, and how often in each of several runs" calls_that_failed_are_told

several_runs_stand_side_by_side() {
	mkdir several
	for v in 5 10 40; do "$mmsim" run -q -o "several/r_$v.db" --set "vm.dirty_ratio=$v" small.yaml || return 1; done
	exits 0 "$mmsim" report several && is several/report.html "$(cat out)" || return 1
	says several/report.html '<section id="chart-compare">' && says several/report.html '<code>vm.dirty_ratio</code>' || return 1
	is "r_5 r_10 r_40" "$(grep -o 'Run r_[0-9]*' several/report.html | cut -d ' ' -f 2 | tr '\n' ' ' | sed 's/ $//')" || return 1
	is "" "$(grep -o ' id="[^"]*"' several/report.html | sort | uniq -d)" || return 1
	exits 0 "$mmsim" report several/r_5.db several/r_40.db -o two.html && says two.html '2 runs'
}
check "several runs stand side by side" several_runs_stand_side_by_side

comparisons_of_a_folder_stand_apart() {
	"$mmsim" compare small.yaml --set vm.dirty_ratio=5,10,40 --format none -o mixed -q >log || return 1
	"$mmsim" compare small.yaml --set vm.swappiness=10,90 --format none -o mixed -q >log || return 1
	"$mmsim" compare small.yaml --at 1s --set vm.dirty_bytes=16MiB,64MiB --format none -o mixed -q >log || return 1
	exits 0 "$mmsim" report mixed || return 1
	is "small: vm.dirty_bytes at 1 s|small: vm.dirty_ratio|small: vm.swappiness|" \
		"$(sed -n 's/^<li><a href="#group-[0-9]">\([^<]*\)<.*/\1/p' mixed/report.html | sort | tr '\n' '|')" || return 1
	says mixed/report.html 'vm.dirty_ratio</a>, 3 runs' && says mixed/report.html 'These are 3 comparisons' || return 1
	for id in figures chart-compare events honesty; do
		for end in '' -2 -3; do says mixed/report.html "<section id=\"$id$end\">" || return 1; done
	done
	is "" "$(grep -o ' id="[^"]*"' mixed/report.html | sort | uniq -d)" || return 1
	is 7 "$(grep -c '<summary>Run ' mixed/report.html)" || return 1
	# no figure of one comparison stands beside one of another
	tr '\n' ' ' <mixed/report.html | grep -o '<section id="figures[^>]*>.*' | sed 's/<\/section>/\n/g' | grep 'section id="figures' >tables
	is 3 "$(grep -c . tables)" && ! grep -q '>swappiness [0-9].*>dirty_ratio [0-9]' tables && ! grep -q '>dirty_ratio [0-9].*>swappiness [0-9]' tables || return 1
	# what happened is there in short, and the names of those who asked for them are taken as they are
	says mixed/report.html '<h2>What happened</h2>' && exits 0 "$mmsim" report mixed/*.db -o all.html && ! grep -q 'group-1' all.html
}
check "comparisons of a folder stand apart" comparisons_of_a_folder_stand_apart

names_are_only_text() {
	cp r.db hostile.db
	sqlite3 hostile.db "UPDATE run SET scenario = '<script>alert(1)</script>\" onload=x' || char(27) || '[31m' || char(8238);
		UPDATE task_sample SET name = '<b>&\"''x</title>';
		UPDATE bdi_sample SET name = '<img src=x onerror=y>';
		UPDATE disk_sample SET name = '--><svg/onload=z>';
		UPDATE latency SET task = '<i>', op = '</code></table><u>';
		UPDATE zone_sample SET zone = '<h1>';
		INSERT INTO tunable VALUES (5, '<a href=javascript:1>', '</td><q>');
		INSERT INTO kernel_log VALUES (1, 3, '</pre><em>' || char(0) || 'x');
		INSERT INTO failed_call VALUES ('<a href=javascript:1>', '</code><q>', 1, '<em>&', 1, 1);
		INSERT INTO simplified VALUES ('<s>', '</ul><tt>')" || return 1
	exits 0 "$mmsim" report hostile.db || return 1
	! grep -q -i -e '<script' -e '<img' -e '<svg/' -e '<u>' -e '<i>' -e '<h1><' -e '<a href=j' -e '<q>' -e '<em>&' -e '<s>' -e '<tt>' hostile.html || return 1
	says hostile.html '&lt;script&gt;' || return 1
	! LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')" hostile.html
}
check "names are only text" names_are_only_text

odd_values_do_no_harm() {
	cp r.db odd.db
	sqlite3 odd.db "UPDATE zone_sample SET nr_free_pages = -9223372036854775807 WHERE rowid % 7 = 0;
		UPDATE zone_sample SET high = 9223372036854775807 WHERE rowid % 5 = 0;
		UPDATE vmstat_sample SET t_ns = 9223372036854775807 WHERE rowid = 5;
		UPDATE vmstat_sample SET t_ns = -5, nr_dirty = 'x' WHERE rowid = 6;
		UPDATE latency SET count = -3, bucket_ns = NULL" || return 1
	exits 0 timeout 120 "$mmsim" report odd.db && ! grep -q -i -e 'nan' -e '[^a-z]inf[^a-z]' odd.html
}
check "odd values do no harm" odd_values_do_no_harm

a_run_that_did_not_end_says_so() {
	cp r.db cut.db
	sqlite3 cut.db "UPDATE run SET state = 'running', t_end_ns = NULL, digest = NULL"
	exits 0 "$mmsim" report cut.db && says cut.html 'did not come to its end' || return 1
	sqlite3 cut.db "DELETE FROM vmstat_sample; DELETE FROM zone_sample; DELETE FROM node_sample; DROP TABLE simplified; DROP TABLE latency"
	exits 0 "$mmsim" report cut.db && says cut.html 'do not say what was simplified'
}
check "a run that did not end says so" a_run_that_did_not_end_says_so

wrong_words_exit_2() {
	exits 2 "$mmsim" report && exits 2 "$mmsim" report missing.db && exits 2 "$mmsim" report small.yaml || return 1
	mkdir none && exits 2 "$mmsim" report none && says err 'no results' || return 1
	echo mine >mine.html && exits 2 "$mmsim" report r.db -o mine.html && is mine "$(cat mine.html)" || return 1
	exits 0 "$mmsim" report r.db -o mine.html --force || return 1
	exits 3 "$mmsim" report r.db -o /proc/x.html || return 1
	is "" "$(find . -name '.mmsim*')"
}
check "wrong words exit 2 and files of others are kept" wrong_words_exit_2

# After a burst everything else would lie on the ground: then the axis of a rate is logarithmic; shares keep theirs.
bursts_do_not_hide_the_rest() {
	cat >burst.yaml <<-'YAML'
		# A reader that begins with a burst and then reads little by little.
		mmsim: 1
		duration: 20 s
		machine: { nodes: [{ cpus: 1, memory: 1 GiB }], disks: [{ name: sda, preset: nvme }] }
		files: [{ name: data, disk: sda, size: 4 GiB }]
		tasks:
		  - name: reader
		    do:
		      - read: { file: data, bytes: 600 MiB }
		      - read: { file: data, bytes: 20 MiB, rate: 1 MiB/s, block: 64 KiB }
	YAML
	"$mmsim" run -q -o burst.db burst.yaml && exits 0 "$mmsim" report burst.db || return 1
	says burst.html 'what reads found in the cache <small>MiB/s, logarithmic' && says burst.html 'bytes that each task read.* <small>MiB/s, logarithmic' || return 1
	says burst.html 'its own sleeps not counted <small>%</small>' && says burst.html 'pages on the lists, node 0 <small>MiB</small>' || return 1
	# the table beside the drawing has the values themselves
	! grep -q '&le; ' burst.html || { echo "values are cut"; return 1; }
	"$mmsim" run -q -o even.db --set tasks.reader.do.0.read.bytes=64KiB burst.yaml && exits 0 "$mmsim" report even.db &&
		says even.html 'what reads found in the cache <small>[KM]iB/s</small>'
}
check "bursts do not hide the rest" bursts_do_not_hide_the_rest

exit "$failed"
