#!/bin/sh
# scripts/collect-machine, mmsim import of what it collects, mmsim compare --real.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
root=$(realpath "$(dirname "$0")/../..")
. "$(dirname "$0")/lib.sh"
collect=$root/scripts/collect-machine

unpacked() { # FILE, perhaps packed
	if [ -f "$1" ]; then cat "$1"; else gzip -dc "$1.gz"; fi
}

# A machine as a capture has it, laid out as /proc and /sys are: CAPTURE FOLDER
machine() {
	rm -rf "$2"
	mkdir -p "$2/proc/sys/vm" "$2/sys/kernel/mm/transparent_hugepage"
	unpacked "$1/settled/zoneinfo.txt" >"$2/proc/zoneinfo"
	unpacked "$1/settled/vmstat.txt" >"$2/proc/vmstat"
	sed -n 's/^command_line: /root=UUID=secret /p' "$1/case.yaml" >"$2/proc/cmdline"
	sed -n 's/^transparent_hugepage: //p' "$1/case.yaml" >"$2/sys/kernel/mm/transparent_hugepage/enabled"
	# the firmware's map, with devices between as root sees them
	sed -n 's/^- {start: \([0-9]*\), end: \([0-9]*\), type: usable}/\1 \2 System RAM/p
		s/^- {start: \([0-9]*\), end: \([0-9]*\), type: reserved}/\1 \2 Reserved/p' "$1/case.yaml" |
		while read -r start end what; do
			printf '%08x-%08x : %s\n  %08x-%08x : PCI Bus 0000:00\n' "$start" "$end" "$what" "$start" "$end"
		done >"$2/proc/iomem"
	unpacked "$1/settled/sysctl-vm.txt" | while read -r key _ value; do
		echo "$value" >"$2/proc/sys/vm/${key#vm.}"
	done
	awk -v dir="$2/sys/devices/system/node/node" '
		function put(node, file, text) { system("mkdir -p " dir node); print text >(dir node "/" file) }
		/^[a-z]/ { section = $1 }
		section == "nodes:" && $1 == "-" && $2 == "id:" { id = $3 }
		section == "nodes:" && /^  cpus:/ { gsub(/[^0-9,]/, ""); put(id, "cpulist", $0) }
		section == "distances:" && /^  [0-9]/ { from = $1 + 0; sub(/^[^{]*/, ""); gsub(/[0-9]+: /, ""); gsub(/[^0-9 ]/, ""); put(from, "distance", $0) }
	' "$1/case.yaml"
}

# Spans, sizes, watermarks and reserves of each zone.
limits() {
	awk '/^Node/ { zone = $2 $4 } $1 ~ /^(min|low|high|spanned|present|managed|protection:|start_pfn:)$/ { $1 = $1; print zone, $0 }' "$1"
}

# Imports a collected folder, boots it, and compares with the file it came from.
comes_back() { # FOLDER
	exits 0 "$mmsim" import "$1" -o machine.yaml || return 1
	printf '# As it was collected.\nmmsim: 1\nduration: 1 s\n<<: !include machine.yaml\n' >booted.yaml
	exits 0 "$mmsim" procfs -q booted.yaml --at 0s -o P || return 1
	limits "$1/proc/zoneinfo" >wanted
	limits P/zoneinfo >found
	[ "$(wc -l <wanted)" -ge 30 ] || { echo "$1: only $(wc -l <wanted) limits"; return 1; }
	cmp wanted found || { echo "$1"; diff wanted found | head -n 10; return 1; }
}

every_machine_comes_back() {
	n=0
	for capture in "$root"/tests/truth/topology/*/; do
		[ -f "$capture/settled/zoneinfo.txt.gz" ] || continue
		machine "${capture%/}" real
		exits 0 "$collect" --root "$PWD/real" got && comes_back got || return 1
		n=$((n + 1))
	done
	[ "$n" -ge 10 ] || { echo "only $n captures"; return 1; }
}
check "machines that were collected boot with the real limits" every_machine_comes_back

memory_that_the_zones_do_not_have_is_said() {
	machine "$root/tests/truth/topology/m4g-2n4c-hotplug" real
	exits 0 "$collect" --root "$PWD/real" got || return 1
	managed=$(awk '$1 == "managed" { sum += $2 * 4 } END { print sum }' got/proc/zoneinfo)
	echo "MemTotal: $managed kB" >got/proc/meminfo
	exits 0 "$mmsim" import got && ! grep -q 'proc/meminfo has' out || return 1
	echo "MemTotal: $((managed * 2)) kB" >got/proc/meminfo
	exits 0 "$mmsim" import got && says out "# /proc/meminfo has $((managed * 2 / 1024)) MiB in all, the zones .* have $((managed / 1024)) MiB"
}
check "memory that the zones do not have is said" memory_that_the_zones_do_not_have_is_said

without_root_too() {
	for capture in m4g-2n4c-hotplug m8g-4n8c-q35 m4g-4n4c-asymmetric m1g-3n4c-memoryless m6g-2n2c-movablecore; do
		machine "$root/tests/truth/topology/$capture" real
		sed -i 's/^\( *\)[0-9a-f]*-[0-9a-f]* :/\100000000-00000000 :/' real/proc/iomem # as other users see it
		exits 0 "$collect" --root "$PWD/real" got && comes_back got && says machine.yaml 'memory map was not readable' || return 1
	done
	rm -r got/sys/devices
	machine "$root/tests/truth/topology/m512-1n1c-dirty" real
	exits 0 "$collect" --root "$PWD/real" got && rm -r got/sys/devices && comes_back got
}
check "without root and without /sys, too" without_root_too

only_what_shapes_memory_is_kept() {
	machine "$root/tests/truth/topology/m4g-1n2c-kernelcore" real
	exits 0 "$collect" --root "$PWD/real" got || return 1
	says got/proc/cmdline 'kernelcore=' || return 1
	! grep -rq 'secret\|console\|nokaslr' got || { grep -r secret got; return 1; }
	says machine.yaml '^machine:' || return 1
	! grep -rq 'PCI\|IOAPIC\|Kernel' got/proc/iomem
}
check "only what shapes memory is kept" only_what_shapes_memory_is_kept

# Of each size what is said of it; what a sysctl made of the default size later comes on top.
the_pool_of_the_command_line_comes_back() {
	machine "$root/tests/truth/topology/m6g-2n2c-movablecore" real
	for line in 'hugepages=0:5,1:7' 'hugepagesz=1G hugepages=0 hugepagesz=2M hugepages=0:5,1:7 quiet' \
		'default_hugepagesz=2M hugepages=0:5,1:7 hugepagesz=1G hugepages=0'; do
		echo "movablecore=2G $line" >real/proc/cmdline
		echo 12 >real/proc/sys/vm/nr_hugepages
		exits 0 "$collect" --root "$PWD/real" got && comes_back got || return 1
		says machine.yaml '^  hugepages: "0:5,1:7"$' || return 1
		! grep -q 'nr_hugepages' machine.yaml || { cat machine.yaml; return 1; }
		is "5 7" "$(sed -n 's/.*HugePages_Total: *//p' P/sysfs/devices/system/node/node0/meminfo P/sysfs/devices/system/node/node1/meminfo | tr '\n' ' ' | sed 's/ $//')" || return 1
	done
	echo 20 >real/proc/sys/vm/nr_hugepages
	exits 0 "$collect" --root "$PWD/real" got && comes_back got || return 1
	says machine.yaml '^  vm.nr_hugepages: 20$' && says P/meminfo '^HugePages_Total:      20$' || return 1
	echo 'movablecore=2G hugepages=3 hugepagesz=1G hugepages=1 default_hugepagesz=1G' >real/proc/cmdline
	echo 0 >real/proc/sys/vm/nr_hugepages
	exits 0 "$collect" --root "$PWD/real" got && exits 0 "$mmsim" import got -o machine.yaml || return 1
	says machine.yaml '^  default_hugepagesz: 1G$' && says machine.yaml '^  hugepages: "3"$' || return 1
	! grep -q 'hugepages_' machine.yaml || { cat machine.yaml; return 1; }
	echo 'movablecore=2G default_hugepagesz=1024M hugepages=1 hugepagesz=2M hugepages=0:5,1:7 hugepagesz=16M hugepages=9' >real/proc/cmdline
	exits 0 "$collect" --root "$PWD/real" got && exits 0 "$mmsim" import got -o machine.yaml || return 1
	says machine.yaml '^  hugepages: "1"$' && says machine.yaml '^  hugepages_2M: "0:5,1:7"$' || return 1
}
check "the pool of huge pages of the command line comes back" the_pool_of_the_command_line_comes_back

huge_pages_come_back() {
	cat >thp.yaml <<-'YAML'
		# Every file of /sys/kernel/mm/transparent_hugepage has another value than a boot gives it.
		mmsim: 1
		duration: 1 s
		machine: { nodes: [{ cpus: 2, memory: 1 GiB }] }
		linux: { transparent_hugepage: madvise }
		sysctl:
		  transparent_hugepage.defrag: defer+madvise
		  transparent_hugepage.use_zero_page: false
		  transparent_hugepage.khugepaged.defrag: false
		  transparent_hugepage.khugepaged.pages_to_scan: 512
		  transparent_hugepage.khugepaged.scan_sleep_millisecs: 1000
		  transparent_hugepage.khugepaged.alloc_sleep_millisecs: 2000
		  transparent_hugepage.khugepaged.max_ptes_none: 64
		  transparent_hugepage.khugepaged.max_ptes_swap: 5
		  transparent_hugepage.khugepaged.max_ptes_shared: 7
		  vm.vma_ra_enabled: false
	YAML
	rm -rf thp T
	mkdir thp
	exits 0 "$mmsim" procfs -q thp.yaml --at 0s -o T || return 1
	dir=T/sysfs/kernel/mm/transparent_hugepage
	is "always [madvise] never" "$(cat "$dir/enabled")" || return 1
	is "always defer [defer+madvise] madvise never" "$(cat "$dir/defrag")" || return 1
	is "0 512" "$(cat "$dir/use_zero_page" "$dir/khugepaged/pages_to_scan" | tr '\n' ' ' | sed 's/ $//')" || return 1
	is "alloc_sleep_millisecs defrag max_ptes_none max_ptes_shared max_ptes_swap pages_to_scan scan_sleep_millisecs " \
		"$(find "$dir/khugepaged" -type f -printf '%f\n' | sort | tr '\n' ' ')" || return 1
	ln -s ../T thp/proc && ln -s ../T/sysfs thp/sys || return 1
	exits 0 "$collect" --root "$PWD/thp" got && exits 0 "$mmsim" import got -o machine.yaml || return 1
	sed -n 's/^\t*  \(transparent_hugepage\.\|vm.vma\)/\1/p' thp.yaml | sort >wanted
	sed -n 's/^  \(transparent_hugepage\.\|vm.vma\)/\1/p' machine.yaml | sort >found
	is 10 "$(wc -l <wanted)" && diff wanted found || return 1
	says machine.yaml '^  transparent_hugepage: madvise' || return 1
	# and what a boot gives says nothing
	sed '/^sysctl:/,$d; /^linux:/d' thp.yaml >plain.yaml
	exits 0 "$mmsim" procfs -q plain.yaml --at 0s -o T && exits 0 "$collect" --root "$PWD/thp" got || return 1
	exits 0 "$mmsim" import got -o machine.yaml && ! grep transparent_hugepage machine.yaml || return 1
	echo maybe >got/sys/kernel/mm/transparent_hugepage/defrag
	exits 2 "$mmsim" import got -o machine.yaml && says err 'transparent_hugepage/defrag: '
}
check "how huge pages are set comes back" huge_pages_come_back

this_machine_is_collected() {
	exits 0 "$collect" --watch 2s mine || return 1
	is "3" "$(grep -c '^@ ' mine/watch/vmstat)" && is 3 "$(grep -c '^@ ' mine/watch/zoneinfo)" || return 1
	for secret in "$(uname -n)" "$(cat /etc/machine-id 2>/dev/null)" "$(cat /sys/class/net/*/address 2>/dev/null | grep -v '^00:00:00:00:00:00$')" \
		"$(cat /sys/class/dmi/id/product_serial 2>/dev/null)" "$(cat /sys/block/*/device/serial 2>/dev/null)"; do
		[ "${#secret}" -lt 4 ] || ! grep -rqF -e "$secret" mine || { echo "found: $secret"; return 1; }
	done
	exits 0 "$mmsim" import mine -o mine.yaml || return 1
	printf '# This machine.\nmmsim: 1\nduration: 1 s\n<<: !include mine.yaml\n' >here.yaml
	exits 0 "$mmsim" check here.yaml
}
if [ -r /proc/zoneinfo ] && [ "$(uname -m)" = x86_64 ]; then
	check "this machine is collected without its names" this_machine_is_collected
else
	skip "this machine is collected without its names" "no Linux on x86_64"
fi

wrong_words_are_refused() {
	exits 2 "$collect" && exits 2 "$collect" --watch 5x new && says err 'accepted: a time' || return 1
	mkdir theirs && echo "dear aunt" >theirs/letter
	exits 2 "$collect" theirs && says err 'not empty' && [ -f theirs/letter ] || return 1
	exits 2 "$collect" --root /nowhere new && says err 'zoneinfo' || return 1
	[ ! -e new ]
}
check "collect-machine refuses wrong words" wrong_words_are_refused

broken_folders_are_refused() {
	machine "$root/tests/truth/topology/m512-1n1c-dirty" real
	exits 0 "$collect" --root "$PWD/real" got || return 1
	cp got/proc/zoneinfo whole
	sed 's/managed .*/managed 99999999/' whole >got/proc/zoneinfo
	exits 2 "$mmsim" import got && says err 'got: proc/zoneinfo: node 0.*more pages managed' || return 1
	sed 's/^Node 0, zone *Normal/Node 0, zone HighMem/' whole >got/proc/zoneinfo
	exits 2 "$mmsim" import got && says err 'proc/zoneinfo:[0-9]*: no zone that is known' || return 1
	: >got/proc/zoneinfo
	exits 2 "$mmsim" import got && says err 'no zone with pages' || return 1
	rm got/proc/zoneinfo
	exits 2 "$mmsim" import got && says err 'zoneinfo is needed' || return 1
	cp whole got/proc/zoneinfo
	echo "many" >got/proc/sys/vm/swappiness
	exits 2 "$mmsim" import got && says err 'proc/sys/vm/swappiness: vm.swappiness: not a number'
}
check "a broken folder is refused with its place" broken_folders_are_refused

# ---- compare --real ----

# What a machine that does exactly what the simulation does would have shown.
watched() { # SCENARIO FOLDER
	rm -rf "$2"
	mkdir -p "$2/watch"
	for t in 0 500 1000 1500 2000 2500; do
		"$mmsim" procfs -q "$1" --at "${t}ms" -o W || return 1
		at="@ $((100 + t / 1000)).$(printf '%02d' $((t % 1000 / 10)))"
		for f in vmstat zoneinfo diskstats; do
			{ echo "$at"; cat "W/$f"; } >>"$2/watch/$f"
		done
		{ echo "$at 8:0"; bdi_stats run.db "$t"; } >>"$2/watch/bdi"
	done
}

# /sys/kernel/debug/bdi/*/stats of a moment, in KiB, from the results of a run.
bdi_stats() { # DB MS
	sql "$1" "select 'BdiWriteback: ' || (nr_writeback * 4) || ' kB' || char(10) || 'BdiReclaimable: ' || (nr_reclaimable * 4) || ' kB' ||
		char(10) || 'BdiDirtyThresh: ' || (dirty_thresh * 4) || ' kB' || char(10) || 'DirtyThresh: 12 kB' || char(10) ||
		'BdiWritten: ' || (nr_written * 4) || ' kB' || char(10) || 'BdiWriteBandwidth: ' || (write_bandwidth * 4) || ' kBps' ||
		char(10) || 'b_dirty: ' || b_dirty from bdi_sample where t_ns = $2 * 1000000"
}

# Twice the sizes: there are dirty pages all the time.
sed 's/memory: 128 MiB/memory: 256 MiB/; s/size: 512 MiB/size: 1 GiB/; s/bytes: 100 MiB/bytes: 200 MiB/; s/bytes: 250 MiB/bytes: 500 MiB/' small.yaml >busy.yaml

a_run_is_near_to_itself() {
	"$mmsim" run -q -o run.db busy.yaml && watched busy.yaml same || return 1
	exits 0 "$mmsim" compare run.db --real same -o C --format svg --json || return 1
	[ -s C/compare-run-same.svg ] || return 1
	tr -d '\n' <out | sed 's/},/},\n/g' | sed -n 's/.*"name": *"\([^"]*\)".*"percent": *\([0-9.]*\).*"percent_of_change": *\([0-9.]*\).*/\1=\2=\3/p' >rows
	[ "$(wc -l <rows)" -ge 40 ] || { echo "only $(wc -l <rows) rows"; cat out; return 1; }
	# pages on the CPUs' lists are free in the samples of a run, and not in /proc
	awk -F = '$2 > ($1 ~ /nr_free_pages/ ? 1.5 : 0) { print; bad = 1 } END { exit bad }' rows || return 1
	for row in nr_dirty 'nr_zone_inactive_file node 0 DMA32' 'write_sectors sda' 'wkB/s sda' 'rkB/s sda' '%util sda' 'in_flight sda' \
		'write_bandwidth sda' 'dirty_thresh sda' 'nr_written sda'; do
		grep -q "^$row=0.0=0.0\$" rows || { echo "no $row"; cat rows; return 1; }
	done
	says C/compare-run-same.svg "rkB/s sda" && says C/compare-run-same.svg "BdiWriteBandwidth sda" && says C/compare-run-same.svg "dirty_thresh sda"
}
check "a run is no distance from its own files" a_run_is_near_to_itself

another_run_is_further() {
	"$mmsim" run -q -o less.db --set vm.dirty_bytes=8MiB busy.yaml || return 1
	exits 0 "$mmsim" compare less.db --real same -o C --format none || return 1
	says out 'compared over 2.5 s' || return 1
	awk '$1 == "nr_dirty" { exit !($4 > 100 && $5 > 5) }' out || { grep nr_dirty out; return 1; }
	awk '$1 == "wkB/s" { seen = $5 > 100 } END { exit !seen }' out || { grep kB/s out; return 1; }
}
check "another tuning is further away" another_run_is_further

wrong_comparisons_are_refused() {
	exits 2 "$mmsim" compare run.db --real got && says err 'watch/vmstat.*collect-machine --watch' || return 1
	exits 2 "$mmsim" compare busy.yaml --real same && says err 'no results file' || return 1
	exits 2 "$mmsim" compare run.db run.db --real same && says err 'one results file' || return 1
	exits 2 "$mmsim" compare run.db --real same --set vm.swappiness=1,2 || return 1
	cp -r same broken && sed -i '2s/ .*/ twelve/' broken/watch/vmstat
	exits 2 "$mmsim" compare run.db --real broken && says err 'watch/vmstat:2: .*no number' || return 1
	sed -i '1,2d' broken/watch/vmstat
	exits 2 "$mmsim" compare run.db --real broken && says err 'watch/vmstat:1: no time of a sample' || return 1
	rm -r broken && cp -r same broken && sed -i '2s/ sda [0-9]*/ sda many/' broken/watch/diskstats
	exits 2 "$mmsim" compare run.db --real broken && says err 'watch/diskstats:2: reads: no number' || return 1
	cp same/watch/diskstats broken/watch && sed -i '3s/[0-9][0-9]*/-1/' broken/watch/bdi
	exits 2 "$mmsim" compare run.db --real broken && says err 'watch/bdi:3: nr_reclaimable: no number'
}

# Root alone sees what bdi has; older collections have no diskstats either.
less_is_compared_too() {
	cp -r same little && rm little/watch/bdi little/watch/diskstats
	exits 0 "$mmsim" compare run.db --real little -o C --format none && says out nr_dirty || return 1
	! grep -q sda out
}
check "a watch without disks is compared, too" less_is_compared_too
check "what cannot be compared is refused" wrong_comparisons_are_refused

exit "$failed"
