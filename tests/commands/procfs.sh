#!/bin/sh
# mmsim procfs: files of /proc at a moment of a run.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
. "$(dirname "$0")/lib.sh"

files="buddyinfo diskstats loadavg meminfo pagetypeinfo slabinfo stat uptime vmstat zoneinfo"

the_files_of_a_moment_are_written() {
	exits 0 "$mmsim" procfs small.yaml --at 2s -o new/proc || return 1
	for f in $files; do
		says out "^new/proc/$f\$" || return 1
		[ -s "new/proc/$f" ] || { echo "$f is empty"; return 1; }
	done
	is ".mmsim buddyinfo diskstats kmsg loadavg meminfo pagetypeinfo pressure slabinfo stat swaps sys sysfs uptime vmallocinfo vmstat zoneinfo " \
		"$(find new/proc -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tr '\n' ' ')" || return 1
	is "cpulist distance meminfo numastat vmstat " \
		"$(find new/proc/sysfs/devices/system/node/node0 -type f -printf '%f\n' | sort | tr '\n' ' ')" || return 1
	[ ! -e results ]
}
check "the files of a moment are written, and no results" the_files_of_a_moment_are_written

they_say_what_the_samples_of_a_run_say() {
	"$mmsim" run -q -o run.db small.yaml || return 1
	for zone in DMA DMA32; do
		is "$(sql run.db "SELECT nr_zone_inactive_file FROM zone_sample WHERE zone = '$zone' AND t_ns = 2000000000")" \
			"$(awk -v z="$zone" '$1 == "Node" { on = $4 == z } on && $1 == "nr_zone_inactive_file" { print $2 }' new/proc/zoneinfo)" ||
			return 1
		is "$(sql run.db "SELECT high, managed FROM zone_sample WHERE zone = '$zone' AND t_ns = 2000000000" | tr '|' ' ')" \
			"$(awk -v z="$zone" '$1 == "Node" { on = $4 == z } on && $1 == "high" { high = $2 }
				on && $1 == "managed" { print high, $2 }' new/proc/zoneinfo)" || return 1
	done
}
check "they say what the samples of a run say" they_say_what_the_samples_of_a_run_say

diskstats_has_the_fields_of_the_samples() {
	is "$(sql run.db "SELECT '8 0 sda', reads, reads_merged, read_sectors, read_ns / 1000000, writes, writes_merged,
		write_sectors, write_ns / 1000000, in_flight, io_ticks, time_in_queue_ns / 1000000, '0 0 0 0', flushes,
		flush_ns / 1000000 FROM disk_sample WHERE t_ns = 2000000000" | tr '|' ' ')" \
		"$(tr -s ' ' <new/proc/diskstats | sed 's/^ //')"
}
check "diskstats has the fields of the samples" diskstats_has_the_fields_of_the_samples

the_tables_agree_with_each_other() {
	# blocks of an order over all types are those of buddyinfo
	awk 'FILENAME ~ /pagetypeinfo/ && /, type/ { sub(/,/, "", $4); for (i = 7; i <= NF; i++) sum[$4, i - 7] += $i }
		FILENAME ~ /buddyinfo/ { for (i = 5; i <= NF; i++) if (sum[$4, i - 5] != $i) { print "order", i - 5, $0; bad = 1 } }
		END { exit bad }' new/proc/pagetypeinfo new/proc/buddyinfo
}
check "the tables agree with each other" the_tables_agree_with_each_other

swaps_has_the_areas_that_are_on() {
	cat >swaps.yaml <<-'YAML'
		# A stretch of a disk, a file, and one that is off.
		mmsim: 1
		duration: 1 s
		machine: { nodes: [{ cpus: 1, memory: 256 MiB }], disks: [{ name: sda, preset: ssd, size: 64 GiB }] }
		files: [{ name: swapfile, size: 64 MiB, disk: sda }]
		linux:
		  swap:
		    - { name: sda2, disk: sda, size: 16 GiB }
		    - { file: swapfile, priority: 5 }
		    - { name: spare, disk: sda, size: 1 GiB, off: true }
	YAML
	exits 0 "$mmsim" procfs -q swaps.yaml --at 0s -o swaps || return 1
	# columns as the kernel fills them: 40 for the name, and one tab less behind a long number
	printf 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n' >swaps.want
	printf '%-40spartition\t16777212\t0\t\t-2\n%-40sfile\t\t65532\t\t0\t\t5\n' /dev/sda2 /swapfile >>swaps.want
	diff swaps.want swaps/swaps
}
check "swaps has the areas that are on" swaps_has_the_areas_that_are_on

# Pages of programs may lie in ZONE_MOVABLE, and in this machine's zones as there is none.
stalls_are_counted_at_the_highest_zone() {
	exits 0 "$mmsim" procfs -q swapping.yaml --at 2s -o stalls || return 1
	is "0 0 0" "$(awk '/^allocstall_(dma|dma32|device) / { printf "%s%d", sep, $2; sep = " " }' stalls/vmstat)" || return 1
	[ "$(awk '$1 == "allocstall_movable" { print $2 }' stalls/vmstat)" -gt 0 ] || return 1
	"$mmsim" run -q -o stalls.db swapping.yaml || return 1
	is "$(sql stalls.db 'SELECT allocstall FROM vmstat_sample WHERE t_ns = 2000000000')" \
		"$(sql stalls.db 'SELECT SUM(allocstall) FROM zone_sample WHERE t_ns = 2000000000')" || return 1
	is "$(sql stalls.db 'SELECT allocstall FROM vmstat_sample WHERE t_ns = 2000000000')" \
		"$(awk '/^allocstall_/ { n += $2 } END { print n }' stalls/vmstat)"
}
check "stalls are counted at the highest zone of the request" stalls_are_counted_at_the_highest_zone

lists_of_nodes_say_what_they_have() {
	cat >lists.yaml <<-'YAML'
		# CPUs and memory, memory alone, CPUs alone.
		mmsim: 1
		duration: 1 s
		machine: { nodes: [{ cpus: 1, memory: 256 MiB }, { cpus: 0, memory: 256 MiB }, { cpus: 1 }] }
	YAML
	exits 0 "$mmsim" procfs -q lists.yaml --at 0s -o lists || return 1
	is "0,2 0-1 0-1 0-2 0-2 " "$(cd lists/sysfs/devices/system/node &&
		cat has_cpu has_memory has_normal_memory online possible | tr '\n' ' ')"
}
check "lists of nodes say what they have" lists_of_nodes_say_what_they_have

the_same_moment_gives_the_same_bytes() {
	"$mmsim" procfs -q small.yaml --at 2s -o again && "$mmsim" procfs -q - --at 2s -o again <small.yaml || return 1
	for f in $files; do
		cmp "new/proc/$f" "again/$f" || return 1
	done
	"$mmsim" procfs -q small.yaml --at 500ms -o again || return 1
	! cmp -s new/proc/zoneinfo again/zoneinfo || { echo "500 ms is as 2 s"; return 1; }
	"$mmsim" procfs -q small.yaml --at 500ms --set vm.min_free_kbytes=8192 -o again || return 1
	is 8192 "$(awk '$1 == "min" { sum += $2 } END { print int((sum * 4 + 4) / 8) * 8 }' again/zoneinfo)"
}
check "the same moment gives the same bytes" the_same_moment_gives_the_same_bytes

load_is_smoothed_as_in_the_kernel() {
	cat >load.yaml <<-'YAML'
		# One program computes, one sleeps.
		mmsim: 1
		duration: 61 s
		machine: { nodes: [{ cpus: 2, memory: 256 MiB }] }
		tasks:
		  - name: worker
		    do: [{ compute: 100 s }]
		  - name: sleeper
		    do: [{ sleep: 100 s }]
	YAML
	exits 0 "$mmsim" procfs -q load.yaml --at 60500ms -o L || return 1
	# a sample every 5.004 s: twelve so far, one task each; fixed point of 11 bits, rounded up while it grows
	is "$(awk 'function f(decay, i, l) { l = 0; for (i = 0; i < 12; i++) l = int((l * decay + 2048 * (2048 - decay) + 2047) / 2048); l += 10
			return sprintf("%d.%02d", int(l / 2048), int((l % 2048) * 100 / 2048)) }
		BEGIN { print f(1884), f(2014), f(2037) }')" "$(cut -d ' ' -f 1-3 L/loadavg)" || return 1
	is "1" "$(cut -d ' ' -f 4 L/loadavg | cut -d / -f 1)"
}
check "the load is smoothed as in the kernel" load_is_smoothed_as_in_the_kernel

pressure_is_what_a_program_lost() {
	cat >alone.yaml <<-'YAML'
		# The only program waits for its disk; then it waits for nothing.
		mmsim: 1
		duration: 30 s
		machine:
		  nodes: [{ cpus: 1, memory: 64 MiB }]
		  disks: [{ name: sda, preset: hdd }]
		files: [{ name: data, disk: sda, size: 1 GiB }]
		tasks:
		  - name: reader
		    do:
		      - read: { file: data, pattern: random, block: 4 KiB, count: 500 }
		      - compute: 100 s
		record: { interval: 1 s }
	YAML
	exits 0 "$mmsim" procfs -q alone.yaml --at 29s -o A && "$mmsim" run -q -o alone.db alone.yaml || return 1
	lost=$(sql alone.db "SELECT (dirty_throttle_ns + refault_stall_ns + swapin_stall_ns + read_stall_ns + page_stall_ns) / 1000
		FROM task_sample WHERE t_ns = 29000000000 AND name = 'reader'")
	[ "$lost" -gt 1000000 ] || { echo "only $lost us"; return 1; }
	for state in some full; do
		is "$lost" "$(awk -v s="$state" '$1 == s { sub("total=", "", $5); print $5 }' A/pressure/io)" || return 1
	done
	# the average of 10 s has forgotten more of the first seconds than that of 60 s
	awk '$1 == "some" { sub("avg10=", "", $2); sub("avg60=", "", $3); exit !($2 + 0 > 0 && $2 + 0 < $3 + 0 && $3 + 0 < 10) }' A/pressure/io ||
		{ cat A/pressure/io; return 1; }
	is "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" "$(head -n 1 A/pressure/memory)"
}
check "pressure is what a program lost" pressure_is_what_a_program_lost

cpus_say_why_they_idle() {
	cat >two.yaml <<-'YAML'
		# Two programs share a CPU until the second has ended; another one reads page by page.
		mmsim: 1
		duration: 10 s
		machine:
		  nodes: [{ cpus: 2, memory: 256 MiB }]
		  disks: [{ name: sda, bandwidth: 100 MB/s, latency: 1 ms, queue_depth: 1 }]
		files: [{ name: data, disk: sda, size: 4 GiB }]
		tasks:
		  - { name: a, cpu: 0, do: [compute: 4 s] }
		  - { name: b, cpu: 0, do: [compute: 2 s] }
		  - { name: r, cpu: 1, do: [{ read: { file: data, pattern: random, block: 4 KiB, count: 1000 } }] }
		interrupts: [{ name: nic, cpu: 0, every: 100 ms, burst: 4, do: [alloc_pages: { gfp: GFP_ATOMIC }] }]
		record: { interval: 1 s }
	YAML
	exits 0 "$mmsim" procfs -q two.yaml --at 9s -o T && "$mmsim" run -q -o two.db two.yaml || return 1
	# 2 s of b and 2 s of a: one of them waits for its turn all the time
	awk '$1 == "some" { sub("total=", "", $5); exit !($5 >= 3990000 && $5 <= 4020000) }' T/pressure/cpu || { cat T/pressure/cpu; return 1; }
	is "full avg10=0.00 avg60=0.00 avg300=0.00 total=0" "$(tail -n 1 T/pressure/cpu)" || return 1
	# while the reader waits its CPU has nothing else to do; the other CPU never waits for a disk
	is "$(sql two.db "SELECT read_stall_ns / 10000000 FROM task_sample WHERE t_ns = 9000000000 AND name = 'r'")" \
		"$(awk '$1 == "cpu1" { print $6 }' T/stat)" && is 0 "$(awk '$1 == "cpu0" { print $6 }' T/stat)" || return 1
	awk '$1 ~ /^cpu[01]$/ && ($2 + $4 + $5 + $6 + $7 < 897 || $2 + $4 + $5 + $6 + $7 > 900) { bad = 1 } END { exit bad }' T/stat ||
		{ cat T/stat; return 1; }
	reads=$(awk '{ print $4 }' T/diskstats)
	[ "$reads" -ge 900 ] || { echo "only $reads reads"; return 1; }
	is "$reads $reads" "$(awk '$1 == "intr" { a = $27 } $1 == "softirq" { print a, $7 }' T/stat)" || return 1
	# disk, 89 or 90 of the network card, a tick each 4 ms of 6 s
	awk -v reads="$reads" '$1 == "intr" { n = $2 - reads; exit !(n >= 89 + 1490 && n <= 90 + 1520) }' T/stat || { cat T/stat; return 1; }
	# the reader's CPU idles at each read; the two others take turns of 3 ms or a tick
	awk -v reads="$reads" '$1 == "ctxt" { n = $2 - 2 * reads; exit !(n >= 800 && n <= 1500) }' T/stat || { cat T/stat; return 1; }
	# and nobody waits at the end
	is "0 0" "$(awk '$1 == "procs_running" { r = $2 } $1 == "procs_blocked" { print r, $2 }' T/stat)" || return 1
	exits 0 "$mmsim" procfs -q two.yaml --at 500ms -o T && is "2 1" "$(awk '$1 == "procs_running" { r = $2 } $1 == "procs_blocked" { print r, $2 }' T/stat)"
}
check "CPUs say what they do, and why they idle" cpus_say_why_they_idle

results_can_be_run_again() {
	mkdir -p apart/sub
	sed 's/^machine:/<<: !include sub\/first.yaml/; /^  nodes/d; /^  disks/d' small.yaml >apart/main.yaml
	printf 'machine: !include second.yaml\n' >apart/sub/first.yaml
	printf 'nodes: [{ cpus: 2, memory: 128 MiB }]\ndisks: [{ name: sda, preset: ssd }]\n' >apart/sub/second.yaml
	exits 0 "$mmsim" run -q -o again.db --set vm.dirty_ratio=11 --seed 7 --trace 'mm_vmscan*' "$PWD/apart/main.yaml" || return 1
	"$mmsim" procfs -q apart/main.yaml --set vm.dirty_ratio=11 --seed 7 --at 2s -o from-text || return 1
	! LC_ALL=C grep -q -a -F "$PWD" again.db || { echo "a path is in the results"; return 1; }
	is "0|main.yaml 1|sub/first.yaml 2|second.yaml" "$(sql again.db 'SELECT file, name FROM scenario_file' | tr '\n' ' ' | sed 's/ $//')" || return 1
	mv apart elsewhere
	exits 0 "$mmsim" procfs -q again.db --at 2s -o from-db && diff -r from-text from-db || return 1
	for t in 0s 1950ms 3s; do exits 0 "$mmsim" procfs -q again.db --at "$t" -o from-db || return 1; done
	exits 2 "$mmsim" procfs -q again.db --at 3001ms -o late-db && says err 'ends at 3.000000000 s' && [ ! -e late-db ] || return 1
	# a branch has its values from the moment on
	exits 0 "$mmsim" compare small.yaml --at 1s --set vm.dirty_ratio=2,40 -o at --format none || return 1
	exits 0 "$mmsim" procfs -q at/vm.dirty_ratio_2.db --at 900ms -o from-db && is 20 "$(cat from-db/sys/vm/dirty_ratio)" || return 1
	exits 0 "$mmsim" procfs -q at/vm.dirty_ratio_2.db --at 2s -o from-db && is 2 "$(cat from-db/sys/vm/dirty_ratio)" || return 1
	# it is the same run whether its machine is included or not, and results do not depend on where the scenario lies
	"$mmsim" run -q -o whole.db --set vm.dirty_ratio=11 small.yaml && "$mmsim" run -q -o whole2.db --set vm.dirty_ratio=11 "$PWD/small.yaml" &&
		cmp whole.db whole2.db
}
check "results can be run again, and no path is in them" results_can_be_run_again

another_run_says_so() {
	cp run.db other.db
	sqlite3 other.db "UPDATE zone_sample SET nr_free_pages = nr_free_pages + 1 WHERE t_ns = 1000000000 AND zone = 'DMA32'" || return 1
	exits 1 "$mmsim" procfs -q other.db --at 2s -o not && says err 'zone_sample, row [0-9]* at 1 s: nr_free_pages is [0-9]* here and [0-9]* there' || return 1
	exits 0 "$mmsim" procfs -q other.db --at 1s -o before || return 1
	cp run.db other.db
	sqlite3 other.db "UPDATE scenario_file SET text = replace(text, '100 MiB', '101 MiB')" || return 1
	exits 1 "$mmsim" procfs -q other.db --at 2s -o not && says err 'computes another run' || return 1
	cp run.db other.db
	sqlite3 other.db "DELETE FROM task_sample WHERE t_ns > 1500000000" || return 1
	exits 1 "$mmsim" procfs -q other.db --at 2s -o not && says err 'task_sample, row [0-9]*: there is none' || return 1
	[ ! -e not ] || return 1
	sqlite3 other.db "UPDATE run SET state = 'running', t_end_ns = NULL" # a killed run is compared as far as it goes
	exits 0 "$mmsim" procfs -q other.db --at 2s -o killed || return 1
	# the first version of results has no scenario in it
	sqlite3 other.db "DROP TABLE scenario_file; DROP TABLE setting; PRAGMA user_version = 1" || return 1
	exits 2 "$mmsim" procfs -q other.db --at 2s -o not && says err 'did not yet keep the scenario' && says err 'name the scenario' || return 1
	exits 0 "$mmsim" plot other.db --chart dirty -o old.svg && exits 0 "$mmsim" report other.db && [ ! -e not ]
}
check "where mmsim computes another run it says so" another_run_says_so

other_peoples_files_are_not_replaced() {
	mkdir theirs && echo "dear aunt" >theirs/zoneinfo
	exits 2 "$mmsim" procfs small.yaml --at 1s -o theirs && says err 'theirs/zoneinfo.*--force' || return 1
	is "dear aunt" "$(cat theirs/zoneinfo)" && is zoneinfo "$(ls -A theirs)" || return 1
	exits 0 "$mmsim" procfs small.yaml --at 1s --force -o theirs || return 1
	exits 0 "$mmsim" procfs small.yaml --at 1s -o theirs
}
check "files of others are not replaced" other_peoples_files_are_not_replaced

a_moment_that_does_not_come_is_an_error() {
	exits 2 "$mmsim" procfs small.yaml --at 4s -o late && says err 'ends after 3 s' || return 1
	grep -v '^duration' small.yaml >tasks.yaml
	exits 2 "$mmsim" procfs tasks.yaml --at 1000s -o late && says err 'its tasks have ended' || return 1
	[ ! -e late ]
}
check "a moment that does not come is an error and leaves nothing" a_moment_that_does_not_come_is_an_error

expectations_are_not_judged() {
	{ cat small.yaml; printf 'expect:\n  - max(nr_dirty) < 1\n'; } >fails.yaml
	exits 0 "$mmsim" procfs fails.yaml --at 1s -o judged
}
check "expectations are not judged" expectations_are_not_judged

wrong_words_exit_2() {
	exits 2 "$mmsim" procfs small.yaml -o x && says err '--at' || return 1
	exits 2 "$mmsim" procfs small.yaml --at 1s && says err '-o DIR' || return 1
	exits 2 "$mmsim" procfs --at 1s -o x || return 1
	exits 2 "$mmsim" procfs small.yaml --at 1 -o x && says err 'accepted: a time' || return 1
	exits 2 "$mmsim" procfs run.db --at 1s --set vm.swappiness=1 -o x && says err 'results have their own' || return 1
	exits 2 "$mmsim" procfs missing.yaml --at 1s -o x || return 1
	sed 's/write:/wirte:/' small.yaml >wrong.yaml
	exits 2 "$mmsim" procfs wrong.yaml --at 1s -o x && says err 'wrong.yaml:12:' || return 1
	[ ! -e x ]
}
check "wrong words exit 2 and leave nothing" wrong_words_exit_2

a_host_that_fails_exits_3() {
	: >plain
	exits 3 "$mmsim" procfs small.yaml --at 100ms -o plain/proc && says err 'plain'
}
check "a host that fails exits 3" a_host_that_fails_exits_3

pools_of_a_device_are_shown() {
	cat >pools.yaml <<'YAML'
# A driver with a pool of blocks of 64 bytes, three of them in use.
mmsim: 1
duration: 1 s
machine: { nodes: [{ cpus: 1, memory: 64 MiB }] }
tasks:
  - name: driver
    do:
      - dma_pool_create: { name: ring, dev: nic, size: 64 }
        as: p
      - dma_pool_alloc: { dma_pool: p, count: 3 }
        as: blocks
      - sleep: 2 s
YAML
	exits 0 "$mmsim" procfs pools.yaml --at 500ms -o pools || return 1
	is 'poolinfo - 0.1' "$(head -1 pools/sysfs/devices/nic/pools)" || return 1
	# blocks in use, of a page's 64, their size, pages
	is 'ring 3 64 64 1' "$(sed 1d pools/sysfs/devices/nic/pools | tr -s ' ' | sed 's/ $//')"
}
check "pools of a device are shown" pools_of_a_device_are_shown

# Nodes that numa=fake= makes: start, span and present pages of each zone, CPUs, distances and has_cpu as the kernel 6.1 had them
# on such machines.
fake() { # NUMA_FAKE NODES
	cat >fake.yaml <<-YAML
		mmsim: 1
		duration: 1 s
		machine: { nodes: [$2] }
		linux: { numa_fake: "$1", slab: false }
		tasks: [{ name: t, do: [{ sleep: 1 s }] }]
	YAML
	rm -rf fake
	exits 0 "$mmsim" procfs fake.yaml --at 0 -o fake || return 1
	awk '/^Node/ { n = $2 $4 } $1 == "spanned" { s = $2 } $1 == "present" { p = $2 } /start_pfn/ && p { printf "%s %d+%d(%d) ", n, $2, s, p }' fake/zoneinfo
	cat fake/sysfs/devices/system/node/node*/cpulist fake/sysfs/devices/system/node/has_cpu fake/sysfs/devices/system/node/node*/distance |
		tr '\n' '|'
}
memory_is_split_in_nodes() {
	is '0,DMA 1+4095(3998) 0,DMA32 4096+61440(61440) 1,DMA32 65536+65536(65536) 2,DMA32 131072+65536(65536) 3,DMA32 196608+65504(65504) 0|0|0|0|0-3|10 10 10 10|10 10 10 10|10 10 10 10|10 10 10 10|' \
		"$(fake 4 '{ cpus: 1, ranges: [[1, 159], [256, 262112]] }')" || return 1
	is '0,DMA 1+4095(3998) 0,DMA32 4096+438272(438272) 1,DMA32 442368+606208(344032) 1,Normal 1048576+524288(524288) 0|0|0-1|10 10|10 10|' \
		"$(fake 3 '{ cpus: 1, ranges: [[1, 159], [256, 786400], [1048576, 1572864]] }')" || return 1
	two='{ cpus: 1, ranges: [[1, 159], [256, 131072]] }, { cpus: 1, ranges: [[131072, 393184]] }'
	is '0,DMA 1+4095(3998) 0,DMA32 4096+126976(126976) 1,DMA32 131072+81920(81920) 2,DMA32 212992+73728(73728) 3,DMA32 286720+106464(106464) 0|1|1|1|0-1|10 20 20 20|20 10 10 10|20 10 10 10|20 10 10 10|' \
		"$(fake 5 "$two")" || return 1
	# more than there is memory for: the nodes of the machine, and a note
	is '0,DMA 1+4095(3998) 0,DMA32 4096+126976(126976) 1,DMA32 131072+262112(262112) 0|1|0-1|10 20|20 10|' "$(fake 60 "$two")" || return 1
	exits 0 "$mmsim" run fake.yaml -o fake.db && says err 'linux.numa_fake: there is not enough memory for so many nodes'
}
check "memory is split in nodes as the kernel splits it" memory_is_split_in_nodes

exit "$failed"
