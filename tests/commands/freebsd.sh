#!/bin/sh
# The FreeBSD personality: what its scans did, and two kernels on one sheet.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
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
		says both/compare.svg "$line" || return 1
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

exit "$failed"
