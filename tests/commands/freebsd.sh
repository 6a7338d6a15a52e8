#!/bin/sh
# The FreeBSD personality: what its scans did, and two kernels on one sheet.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
tree=$(realpath "$(dirname "$0")/../..")
. "$(dirname "$0")/lib.sh"

cat >hog.yaml <<'END'
mmsim: 1
personality: freebsd
duration: 4 s
machine:
  nodes: [{ cpus: 2, ranges: [[0, 65536]] }]
  disks: [{ name: sda, preset: ssd }]
freebsd:
  swap: [{ disk: sda, size: 512 MiB }]
  expect: [end(v_swappgsout) > 0]
linux:
  swap: [{ disk: sda, size: 512 MiB }]
  expect: [end(oom_kill) == 0]
tasks:
  - name: t
    cpu: 1
    do:
      - mmap: { len: 100 MiB }
        as: heap
      - touch: { map: heap, bytes: 100 MiB, write: true, block: 1 MiB }
expect:
  - end(task[t].bytes) == 100 MiB
END

# All pages are inactive and dirty: the first trip marks them, the second writes them in clusters, the third finds them.
dirty_pages_go_on_the_third_trip() {
	sed '/^expect:/,$d' hog.yaml >launder.yaml
	cat >>launder.yaml <<'END'
      - madvise: { map: heap, advice: dontneed }
      - sysctl: { vm.v_free_target: 50000, vm.v_free_reserved: 50000 }
      - vm_page_alloc: { req: VM_ALLOC_NORMAL|VM_ALLOC_NOOBJ }
        returns: NULL
      - sleep: 3 s
END
	exits 0 "$mmsim" run -o launder.db --trace 'sim_*' launder.yaml || return 1
	scans=$(sql launder.db 'SELECT pass, laundered > 0, cached > 0 FROM sim_pageout_scan_end ORDER BY seq LIMIT 3' |
		tr '\n' ' ')
	is "0|0|0 1|1|0 2|0|1 " "$scans" || return 1
	# a shortage of 12044 pages and one that was refused; F ends where the scan was to stop
	is "12044 1" "$(sql launder.db 'SELECT shortage || " " || deficit FROM sim_pageout_scan ORDER BY seq LIMIT 1')" || return 1
	is 51979 "$(sql launder.db 'SELECT free_and_cache FROM sim_pageout_scan_end ORDER BY seq LIMIT 1 OFFSET 2')" || return 1
	is 16 "$(sql launder.db 'SELECT max(pages) FROM sim_pageout_cluster')"
}
check "dirty pages go on the third trip" dirty_pages_go_on_the_third_trip

two_kernels_stand_on_one_sheet() {
	sed -i 's/^personality.*//' hog.yaml
	sed -i 's/v_swappgsout) > 0/v_zfod) == 100 MiB/' hog.yaml
	exits 0 "$mmsim" compare hog.yaml --set personality=linux,freebsd -o both --format svg || return 1
	is "linux freebsd" "$(awk '/^personality/ { n = 2; next } n-- > 0 && !done { printf "%s%s", s, $1; s = " "; done = n == 0 }' out)" || return 1
	is "freebsd.db linux.db" "$(find both -name '*.db' | sed 's/.*_//' | sort | tr '\n' ' ' | sed 's/ $//')" || return 1
	for line in 'linux: free' 'freebsd: free + cache' 'freebsd: daemon woken below' 'linux: kswapd stops at'; do
		says both/compare-personality_linux_freebsd.svg "$line" || return 1
	done
	says out 'woken below'
}
check "two kernels stand on one sheet" two_kernels_stand_on_one_sheet

what_is_expected_of_one_kernel_counts_there_alone() {
	sed 's/oom_kill) == 0/oom_kill) == 7/' hog.yaml >wrong.yaml
	exits 0 "$mmsim" run -o f.db --set personality=freebsd wrong.yaml || return 1
	exits 1 "$mmsim" run -o l.db --set personality=linux wrong.yaml || return 1
	sed 's/== 100 MiB/== 99 MiB/' hog.yaml >wrong.yaml # the common one, and FreeBSD's own
	exits 1 "$mmsim" run -o f.db --force --set personality=freebsd wrong.yaml || return 1
	is 2 "$(grep -c '^FAIL' out err | awk -F : '{ n += $2 } END { print n }')"
}
check "what is expected of one kernel counts there alone" what_is_expected_of_one_kernel_counts_there_alone

the_same_run_gives_the_same_rows() {
	exits 0 "$mmsim" run -o a.db --set personality=freebsd hog.yaml || return 1
	exits 0 "$mmsim" run -o b.db --set personality=freebsd hog.yaml || return 1
	is "$(sql a.db 'SELECT digest FROM run')" "$(sql b.db 'SELECT digest FROM run')"
}
check "the same run gives the same rows" the_same_run_gives_the_same_rows

# What is left of a scenario when all that is about one kernel is taken away: its machine, files and programs.
workload_of() {
	awk '/^[a-z<]/ { keep = /^(mmsim|seed|duration|machine|files|tasks|<<):/ }
	     /^ *- (assert|sysctl):/ { next }
	     keep' "$tree/scenarios/$1.yaml"
}

programs_of_scenarios_run_unchanged() {
	mkdir -p s && cp -r "$tree/scenarios/machines" s/ || return 1
	for what in demo fork-snapshot mapped-database memory-hog swap-storm two-writers working-set; do
		workload_of "$what" >"s/$what.yaml"
		exits 0 "$mmsim" run --quiet --set personality=freebsd --until 3s -o s/run.db --force "s/$what.yaml" || return 1
		is 1 "$(sql s/run.db 'SELECT sum(ops) > 0 FROM task_sample')" || return 1
	done
}
check "programs of scenarios run unchanged" programs_of_scenarios_run_unchanged

# procfs writes what programs of this system print; the numbers are those of the samples.
counters_are_printed_as_programs_do() {
	exits 0 "$mmsim" run --set personality=freebsd --force -o a.db hog.yaml || return 1
	exits 0 "$mmsim" procfs --set personality=freebsd --at 4s -o proc hog.yaml || return 1
	for what in v_zfod v_active_count v_swappgsout v_free_min; do
		is "vm.stats.vm.$what: $(sql a.db "SELECT $what FROM vmstat_sample ORDER BY t_ns DESC LIMIT 1")" \
			"$(grep "^vm.stats.vm.$what:" proc/sysctl)" || return 1
	done
	says proc/sysctl '^vm.max_launder: 32$' || return 1
	says proc/sysctl '^vm.stats.object.collapses: 0$' || return 1
	says proc/vmstat-s '^    25600 zero fill pages zeroed$' || return 1
	says proc/swapinfo '^/dev/sda  *524288  *0  *524288  *0%$'
}
check "counters are printed as programs do" counters_are_printed_as_programs_do

a_report_tells_what_happened() {
	sed 's/len: 100 MiB/len: 300 MiB/; s/bytes: 100 MiB/bytes: 300 MiB/; s/== 100 MiB/> 1/; s/^duration: 4 s/duration: 9 s/' hog.yaml >large.yaml
	exits 0 "$mmsim" run --quiet --set personality=freebsd --force -o large.db large.yaml || return 1
	exits 0 "$mmsim" report large.db -o large.html || return 1
	for what in 'page daemon scans' 'waiting for memory' 'swapping out' 'further passes' 'kernel takes no memory'; do
		says large.html "$what" || return 1
	done
}
check "a report tells what happened" a_report_tells_what_happened

kernels_stand_in_one_report() {
	exits 0 "$mmsim" compare hog.yaml --set personality=linux,freebsd --format none -o both && exits 0 "$mmsim" report both || return 1
	says both/report.html '<section id="chart-kernels">' && says both/report.html '<h2>linux</h2>' && says both/report.html '<h2>freebsd</h2>' || return 1
	is "" "$(grep -o ' id="[^"]*"' both/report.html | sort | uniq -d)" || return 1
	# shellcheck disable=SC2013 # no blanks in ids
	for link in $(grep -o 'href="#[^"]*"' both/report.html | sed 's/href="#\(.*\)"/\1/' | sort -u); do
		says both/report.html "id=\"$link\"" || return 1
	done
	is "freebsd linux" "$(grep -o 'Run personality [a-z]*' both/report.html | cut -d ' ' -f 3 | tr '\n' ' ' | sed 's/ $//')" || return 1
	# beside a comparison of one kernel, and with two runs of it
	exits 0 "$mmsim" compare hog.yaml --set personality=linux --set vm.swappiness=10,90 --format none -o both && exits 0 "$mmsim" report both &&
		says both/report.html 'These are 2 comparisons' && says both/report.html 'id="chart-compare-2"' || return 1
	exits 0 "$mmsim" report both/*.db -o four.html && says four.html 'id="chart-compare-linux"' && ! grep -q 'id="chart-compare-freebsd"' four.html
}
check "kernels stand in one report" kernels_stand_in_one_report

other_kernels_have_other_tunables() {
	exits 0 "$mmsim" compare both/personality_linux.db both/personality_freebsd.db --format none -o none || return 1
	says out '^results  *personality ' && says out '^personality_linux.db  *linux ' && ! grep -q 'vm\.' out || return 1
	exits 0 "$mmsim" compare both/*.db --format none -o none --csv || return 1
	is 'results,personality,vm.swappiness,figure,unit,value' "$(head -n 1 out)" && says out '^personality_freebsd.db,freebsd,-,' &&
		says out '^vm.swappiness_10.db,linux,10,'
}
check "tunables are compared among runs of their kernel" other_kernels_have_other_tunables

what_cannot_go_on_ends() {
	cat >stuck.yaml <<'YAML'
# The disk fails, nothing can be swapped out, and nobody may be killed.  A slow one is tried less often until it is given up.
mmsim: 1
personality: freebsd
machine: { nodes: [{ cpus: 2, memory: 24 MiB }], disks: [{ name: sda, preset: hdd, errors: [{ on: write }] }] }
freebsd: { kernel_memory: 4 MiB, swap: [{ disk: sda, size: 256 MiB }] }
files: [{ name: f, disk: sda, size: 64 MiB }]
tasks:
  - name: a
    oom_score_adj: -1000
    do:
      - mmap: { len: 200 MiB }
        as: m
      - touch: { map: m, bytes: 200 MiB, write: true }
YAML
	exits 1 "$mmsim" run -o stuck.db stuck.yaml && says out 'no task can go on' &&
		says out '^task a: touch waits for pfault since 0\.' || return 1
	# the same for files: all buffers are dirty, and the disk takes none
	sed -e '/mmap:/d' -e '/as: m/d' -e 's/touch:.*/write: { file: f, bytes: 64 MiB }/' stuck.yaml >files.yaml
	exits 1 "$mmsim" run -o stuck.db --force files.yaml && says out '^task a: write waits for newbuf since ' || return 1
	# and for a disk that answers nothing
	sed 's/errors: \[[^]]*\]/stalls: [{ at: 1 ms, for: 100000 s }]/' files.yaml >stalled.yaml
	exits 1 "$mmsim" run -o stuck.db --force stalled.yaml && says out '^task a: write waits for wdrain since 0\.' || return 1
	# places in swap and memory are used up
	sed -e 's/, errors: \[[^]]*\]//' -e 's/size: 256 MiB/size: 16 MiB/' stuck.yaml >used.yaml
	exits 1 "$mmsim" run -o stuck.db --force used.yaml && says out '^task a: touch waits for pfault since '
}
check "what cannot go on ends, and says who waits for what" what_cannot_go_on_ends

exit "$failed"
