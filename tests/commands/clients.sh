#!/bin/sh
# Programs that know nothing of mmsim read the files of /proc and /sys that it writes.
#
# They look at /proc and /sys of this machine; a mount namespace of its own puts the simulated files there for
# them alone.  The exporter takes folders.  What cannot be run here is skipped, and said.
# shellcheck disable=SC1091,SC2154,SC2317,SC2016 # lib.sh gives names; check calls the functions; sh -c expands
tools=$(dirname "$(realpath "${1:?usage: $0 MMSIM}")")/tools
. "$(dirname "$0")/lib.sh"

cat >busy.yaml <<'YAML'
# Two nodes, a slow and a fast disk, more data than memory.
mmsim: 1
duration: 8 s
machine:
  nodes: [{ cpus: 2, memory: 512 MiB }, { cpus: 1, memory: 256 MiB }]
  disks: [{ name: sda, preset: hdd }, { name: sdb, preset: ssd }]
linux: { slab: true }
files:
  - { name: log, disk: sda }
  - { name: data, disk: sdb, size: 4 GiB }
tasks:
  - name: writer
    do: [{ write: { file: log, bytes: 3 GiB, block: 64 KiB } }]
  - name: reader
    count: 2
    do: [{ read: { file: data, pattern: random, block: 16 KiB, count: 100000000 } }]
  - name: worker
    do: [{ compute: 100 s }]
sysctl: { vm.dirty_expire_centisecs: 1700, vm.swappiness: 37 }
record: { interval: 1 s }
YAML
at=7
files_are_made() {
	"$mmsim" procfs -q busy.yaml --at "${at}s" -o P && "$mmsim" run -q -o run.db busy.yaml
}
check "the files of a moment can be made" files_are_made

# A program in a namespace where the simulated files lie over the real ones.
if [ "$(id -u)" -eq 0 ]; then user=; else user=-r; fi
inside() {
	# shellcheck disable=SC2086
	LC_ALL=C unshare $user -m sh -c '
		mount --make-rprivate /
		for f in meminfo vmstat stat loadavg uptime buddyinfo zoneinfo slabinfo diskstats; do
			mount --bind "P/$f" "/proc/$f" || exit 99
		done
		mount --bind P/sys/vm /proc/sys/vm && mount --bind P/sysfs/devices/system/node /sys/devices/system/node || exit 99
		exec "$@"' sh "$@"
}

of() { # FILE NAME: the number behind a name
	awk -v n="$2" '$1 == n || $1 == n ":" { print $2; exit }' "$1"
}

sampled() { # COLUMN [TABLE WHERE]: as the run recorded it at the same moment
	sql run.db "SELECT $1 FROM ${2:-vmstat_sample} WHERE t_ns = ${at}000000000 ${3:-}"
}

# with PROGRAM NAME COMMAND...: a test that needs a program, and a namespace
with() {
	program=$1
	shift
	if ! command -v "$program" >/dev/null 2>&1; then
		skip "$1" "no $program here"
	elif ! inside true >/dev/null 2>&1; then
		skip "$1" "no mount namespaces here (root, or user namespaces, are needed)"
	else
		check "$@"
	fi
}

# ---- the files themselves ----

vmstat_is_what_the_run_recorded() {
	n=0
	for c in nr_inactive_file nr_active_file nr_file_pages nr_dirty nr_writeback nr_dirtied nr_written nr_dirty_threshold \
		nr_dirty_background_threshold pgpgin pgpgout pgscan_kswapd pgscan_direct pgsteal_kswapd pgsteal_direct pgfree \
		pgactivate pgdeactivate pgrefill pageoutrun slabs_scanned; do
		is "$c $(sampled "$c")" "$c $(of P/vmstat "$c")" || return 1
		[ "$(of P/vmstat "$c")" -eq 0 ] || n=$((n + 1))
	done
	[ "$n" -ge 14 ] || { echo "only $n of them are not 0"; return 1; }
	for node in 0 1; do
		for c in nr_file_pages nr_dirty nr_slab_reclaimable workingset_refault_file; do
			is "$node $c $(sampled "$c" node_sample "AND node = $node")" \
				"$node $c $(of "P/sysfs/devices/system/node/node$node/vmstat" "$c")" || return 1
		done
		is "$(sampled numa_hit node_sample "AND node = $node")" "$(of "P/sysfs/devices/system/node/node$node/numastat" numa_hit)" ||
			return 1
	done
}
check "vmstat is what the run recorded" vmstat_is_what_the_run_recorded

meminfo_is_vmstat_in_kib() {
	while read -r row counter; do
		is "$row $(($(of P/vmstat "$counter") * 4))" "$row $(of P/meminfo "$row")" || return 1
	done <<-END
	MemFree nr_free_pages
	Dirty nr_dirty
	Writeback nr_writeback
	SReclaimable nr_slab_reclaimable
	AnonPages nr_anon_pages
	Cached nr_file_pages
	END
	# nodes add up to the machine
	for row in MemTotal MemFree Dirty Inactive Slab; do
		is "$row $(of P/meminfo "$row")" "$row $(cat P/sysfs/devices/system/node/node*/meminfo |
			awk -v n="$row:" '$3 == n { sum += $4 } END { print sum }')" || return 1
	done
	[ "$(of P/meminfo MemAvailable)" -gt "$(of P/meminfo MemFree)" ] &&
		[ "$(of P/meminfo MemAvailable)" -lt "$(of P/meminfo MemTotal)" ]
}
check "meminfo is vmstat in KiB, and nodes add up" meminfo_is_vmstat_in_kib

time_goes_somewhere() {
	# 7 s of 3 CPUs in ticks of 10 ms; the worker's CPU computes
	awk '$1 == "cpu" { all = $2 + $4 + $5 + $6 + $7; user = $2 } END { exit !(all >= 2090 && all <= 2101 && user > 500) }' P/stat ||
		{ cat P/stat; return 1; }
	is "7.00" "$(cut -d ' ' -f 1 P/uptime)" && awk '{ exit !($1 > 0 && $1 < 4) }' P/loadavg || return 1
	# programs wait for the disks most of the time, and never more than there was
	awk '$1 == "some" { sub("total=", "", $5); exit !($5 + 0 > 3500000 && $5 + 0 <= 7000000) }' P/pressure/io ||
		{ cat P/pressure/io; return 1; }
	is "1700 37" "$(cat P/sys/vm/dirty_expire_centisecs P/sys/vm/swappiness | tr '\n' ' ' | sed 's/ $//')" || return 1
	is "256	256	32	0	0" "$(cat P/sys/vm/lowmem_reserve_ratio)" && is 3 "$(cat P/sys/vm/page-cluster)" || return 1
	is "0-1" "$(cat P/sysfs/devices/system/node/online)" && is "2" "$(cat P/sysfs/devices/system/node/node1/cpulist)" &&
		is "20 10" "$(cat P/sysfs/devices/system/node/node1/distance)"
}
check "time, pressure, tunables and nodes are the run's" time_goes_somewhere

# ---- procps ----

free_reads_meminfo() {
	inside free -k >free.out || return 1
	cache=$(($(of P/meminfo Buffers) + $(of P/meminfo Cached) + $(of P/meminfo SReclaimable)))
	is "$(of P/meminfo MemTotal) $(of P/meminfo MemFree) 0 $cache $(of P/meminfo MemAvailable)" \
		"$(awk '$1 == "Mem:" { print $2, $4, $5, $6, $7 }' free.out)"
}
with free "free shows the simulated memory" free_reads_meminfo

vmstat_reads_it() {
	inside vmstat >vmstat.out && inside vmstat -s >vmstat-s.out && inside vmstat -m >vmstat-m.out || return 1
	is "$(of P/meminfo MemFree)" "$(awk 'NR == 3 { print $4 }' vmstat.out)" || return 1
	is "$(of P/meminfo MemTotal)" "$(awk '/K total memory/ { print $1 }' vmstat-s.out)" || return 1
	is "$(of P/vmstat pgpgin)" "$(awk '/K paged in/ { print $1 }' vmstat-s.out)" || return 1
	is "$(of P/stat intr) $(of P/stat ctxt) $(of P/stat processes)" \
		"$(awk '/ interrupts$/ { i = $1 } / CPU context switches$/ { c = $1 } / forks$/ { print i, c, $1 }' vmstat-s.out)" || return 1
	is "$(awk '$1 == "cpu" { print $2, $4, $5, $6, $7 }' P/stat)" "$(awk '/ non-nice user cpu ticks$/ { u = $1 } / system cpu ticks$/ { s = $1 }
		/ idle cpu ticks$/ { i = $1 } / IO-wait cpu ticks$/ { w = $1 } / IRQ cpu ticks$/ && !/softirq/ { print u, s, i, w, $1 }' vmstat-s.out)" || return 1
	# us sy id wa, in percent since boot: the readers' CPUs wait for their disk
	awk 'FNR == NR { if ($1 == "cpu") { all = $2 + $4 + $5 + $6 + $7; wa = 100 * $6 / all; us = 100 * $2 / all } next }
		$1 == "r" { for (i = 1; i <= NF; i++) column[$i] = i; next }
		column["wa"] { exit !(wa > 40 && $column["wa"] - wa < 1 && wa - $column["wa"] < 1 && $column["us"] - us < 1 && us - $column["us"] < 1) }' \
		P/stat vmstat.out || { cat P/stat vmstat.out; return 1; }
	is "$(of P/stat procs_running) $(of P/stat procs_blocked)" "$(awk 'NR == 3 { print $1, $2 }' vmstat.out)" || return 1
	is "$(awk '$1 == "radix_tree_node" { print $2, $3, $4, $5 }' P/slabinfo)" \
		"$(awk '$1 == "radix_tree_node" { print $2, $3, $4, $5 }' vmstat-m.out)"
}
with vmstat "vmstat shows memory, counters and slabs" vmstat_reads_it

slabtop_reads_slabinfo() {
	inside slabtop -o >slab.out || return 1
	is "$(awk '$1 == "radix_tree_node" { print $3, $2 }' P/slabinfo)" "$(awk '$NF == "radix_tree_node" { print $1, $2 }' slab.out)"
	[ "$(awk '$1 == "radix_tree_node" { print $2 }' P/slabinfo)" -gt 1000 ]
}
with slabtop "slabtop shows the caches" slabtop_reads_slabinfo

uptime_reads_loadavg() {
	inside uptime >uptime.out || return 1
	is "$(cut -d ' ' -f 1-3 P/loadavg)" "$(sed 's/.*load average: //; s/,//g' uptime.out)"
}
with uptime "uptime shows the load" uptime_reads_loadavg

sysctl_writes_it() {
	printf 'vm.dirty_ratio = 33\nvm/swappiness=11\n' >site.conf
	before=$(cat /proc/sys/vm/dirty_ratio /proc/sys/vm/swappiness)
	inside sysctl -p site.conf >sysctl.out 2>&1 || { cat sysctl.out; return 1; }
	is "33 11" "$(cat P/sys/vm/dirty_ratio P/sys/vm/swappiness | tr '\n' ' ' | sed 's/ $//')" || return 1
	is "$before" "$(cat /proc/sys/vm/dirty_ratio /proc/sys/vm/swappiness)" || return 1
	# and mmsim understands the same file
	exits 0 "$mmsim" procfs -q busy.yaml --at 1ms -o Q --sysctl site.conf || return 1
	is "33 11" "$(cat Q/sys/vm/dirty_ratio Q/sys/vm/swappiness | tr '\n' ' ' | sed 's/ $//')"
}
with sysctl "sysctl -p writes the simulated tunables" sysctl_writes_it

# ---- numactl, sysstat ----

numastat_reads_nodes() {
	inside numastat >numa.out && inside numastat -m >numa-m.out || return 1
	is "$(of P/sysfs/devices/system/node/node0/numastat numa_hit) $(of P/sysfs/devices/system/node/node1/numastat numa_hit)" \
		"$(awk '$1 == "numa_hit" { print $2, $3 }' numa.out)" || return 1
	is "$(awk '$3 == "FilePages:" { printf "%.2f\n", $4 / 1024 }' P/sysfs/devices/system/node/node1/meminfo)" \
		"$(awk '$1 == "FilePages" { print $3 }' numa-m.out)"
}
with numastat "numastat shows both nodes" numastat_reads_nodes

sar_reads_meminfo() {
	inside sar -r -S -B -q 1 1 >sar.out 2>&1 || { cat sar.out; return 1; }
	is "$(of P/meminfo MemFree) $(of P/meminfo MemAvailable)" \
		"$(awk '/^Average.*kbmemfree/ { getline; print $2, $3 }' sar.out)" || return 1
	is "$(cut -d ' ' -f 1-3 P/loadavg)" "$(awk '/^Average.*ldavg-1/ { getline; print $4, $5, $6 }' sar.out)"
}
with sar "sar shows memory, swap, paging and load" sar_reads_meminfo

mpstat_reads_stat() {
	inside mpstat >mpstat.out 2>&1 || { cat mpstat.out; return 1; }
	awk 'FNR == NR { if ($1 == "cpu") want = 100 * $6 / ($2 + $4 + $5 + $6 + $7); next }
		{ for (i = 1; i <= NF; i++) if ($i == "%iowait") at = i }
		at && $(at - 4) == "all" { n++; if (want < 40 || $at - want > 0.1 || want - $at > 0.1) exit 1 } END { exit !n }' P/stat mpstat.out ||
		{ cat P/stat mpstat.out; return 1; }
}
with mpstat "mpstat shows how much was waited for" mpstat_reads_stat

# sar looks twice, so many seconds apart; between the two it gets another moment.
sar_looks_twice() { # SECONDS
	cat stat.before >P/stat
	(sleep "$(($1 / 2))"; cat Later/stat >P/stat) &
	inside sar -u "$1" 1 >sar.out 2>&1
	got=$?
	wait
	cat P/stat >stat.after && cat stat.before >P/stat
	[ "$got" -eq 0 ] || { cat sar.out; return 1; }
	awk 'FILENAME != "sar.out" { if ($1 == "cpu") { wait = $6 - wait; all = $2 + $4 + $5 + $6 + $7 - all }; next }
		{ for (i = 1; i <= NF; i++) if ($i == "%iowait") at = i }
		/^Average/ && $2 == "all" { want = 100 * wait / all; n++; if (all < 260 || want < 40 || $at - want > 0.1 || want - $at > 0.1) exit 1 }
		END { exit !n }' stat.before stat.after sar.out || { cat stat.before stat.after sar.out; return 1; }
}

# On a loaded machine sar may begin too late for two seconds.
sar_sees_time_pass() {
	"$mmsim" procfs -q busy.yaml --at 7900ms -o Later && cp P/stat stat.before || return 1
	sar_looks_twice 2 || sar_looks_twice 8 || sar_looks_twice 20
}
with sar "sar shows what was waited for between two moments" sar_sees_time_pass

# ---- the exporter of Prometheus ----

# It is a service: not installed, only unpacked.
exporter=$(command -v prometheus-node-exporter) || exporter=$tools/usr/bin/prometheus-node-exporter
if [ ! -x "$exporter" ] && command -v apt-get >/dev/null 2>&1; then
	mkdir -p "$tools" deb && (cd deb && apt-get download -qq prometheus-node-exporter >/dev/null 2>&1 &&
		dpkg-deb -x prometheus-node-exporter_*.deb "$tools")
fi

# Bound to its port, or ended because that is another's.
exporter_has_begun() {
	grep -q 'Listening on' exporter.log || ! kill -0 "$pid"
}

start_exporter() { # PORT
	"$exporter" --path.procfs="$work/P" --path.sysfs="$work/P/sysfs" --collector.disable-defaults \
		--collector.meminfo --collector.vmstat --collector.vmstat.fields='.*' --collector.buddyinfo --collector.zoneinfo \
		--collector.slabinfo --collector.meminfo_numa --collector.pressure --collector.diskstats --collector.stat --collector.cpu \
		--collector.loadavg \
		--web.listen-address="127.0.0.1:$1" --web.disable-exporter-metrics >exporter.log 2>&1 &
	pid=$!
	wait_until exporter_has_begun && kill -0 "$pid" 2>/dev/null
}

exporter_agrees() {
	port=$((20000 + $$ % 20000))
	for _ in 1 2 3 4 5; do
		start_exporter "$port" && break
		port=$((20000 + (port + 977) % 20000))
	done
	wait_until curl -s -o metrics "http://127.0.0.1:$port/metrics"
	kill "$pid"
	wait "$pid" 2>/dev/null
	[ -s metrics ] || { echo "no answer"; cat exporter.log; return 1; }
	is 11 "$(grep -c '^node_scrape_collector_success{.*} 1$' metrics)" || { grep collector_success metrics; cat exporter.log; return 1; }
	# every counter, every line of meminfo
	awk 'FILENAME == "metrics" { v[$1] = $2; next } FILENAME ~ /vmstat/ { name = "node_vmstat_" $1; want = $2 }
		FILENAME ~ /meminfo/ { name = $1; sub(":", "", name); gsub("[()]", "_", name); sub("_$", "", name)
			name = "node_memory_" name ($3 == "kB" ? "_bytes" : ""); want = $2 * ($3 == "kB" ? 1024 : 1) }
		!(name in v) { print "missing", name; bad = 1 } v[name] - want { print name, v[name], "instead of", want; bad = 1 }
		{ n++ } END { if (n < 220) { print "only", n, "compared"; bad = 1 } exit bad }' metrics P/vmstat P/meminfo || return 1
	awk -v f="$(awk '/zone +DMA32/ && /Node 1/ { on = 1 } on && /pages free/ { print $3; exit }' P/zoneinfo)" \
		-v order0="$(awk '/Node 1/ && /DMA32/ { print $5 }' P/buddyinfo)" -v io="$(awk '$1 == "some" { sub("total=", "", $5); print $5 }' P/pressure/io)" \
		-v wait="$(awk '$1 == "cpu1" { print $6 }' P/stat)" -v ctxt="$(of P/stat ctxt)" -v intr="$(of P/stat intr)" \
		-v turn="$(awk '$1 == "some" { sub("total=", "", $5); print $5 }' P/pressure/cpu)" \
		-v node="$(awk '$3 == "MemFree:" { print $4 }' P/sysfs/devices/system/node/node1/meminfo)" \
		'function want(name, value) { seen[name] = 1; if ($2 - value > 1e-9 * value || value - $2 > 1e-9 * value) { print $0, "instead of", value; bad = 1 } }
		/^node_zoneinfo_nr_free_pages{node="1",zone="DMA32"}/ { want("zone", f) }
		/^node_buddyinfo_blocks{node="1",size="0",zone="DMA32"}/ { want("buddy", order0) }
		/^node_pressure_io_waiting_seconds_total/ { want("io", int(io) / 1e6) }
		/^node_memory_numa_MemFree{node="1"}/ { want("numa", node * 1024) }
		/^node_cpu_seconds_total{cpu="1",mode="iowait"}/ { want("iowait", wait / 100) }
		/^node_pressure_cpu_waiting_seconds_total/ { want("turn", int(turn) / 1e6) }
		/^node_context_switches_total/ { want("ctxt", ctxt) }
		/^node_intr_total/ { want("intr", intr) }
		END { for (k in seen) n++; if (n != 8) { print "only", n, "of 8 found"; bad = 1 } exit bad }' metrics
}
# What the exporter makes of the files is what export makes of the samples of that moment: value, labels and type.
# Free pages of samples are what is free; of the files, what is known of it: while kswapd is awake each CPU may
# keep up to 125 of a zone to itself, here three CPUs of three zones.
exported_is_the_same() {
	"$mmsim" export -q run.db --format openmetrics -o run.om || return 1
	awk -v at="$at" 'FILENAME == "metrics" { if ($2 == "TYPE") type[$3] = $4; else v[$1] = $2; next }
		$2 == "TYPE" && $3 ~ /^node_/ { name = $3 ($4 == "counter" ? "_total" : ""); want = $4 == "unknown" ? "untyped" : $4
			if (type[name] != want) { print name, "is", want, "instead of", type[name]; bad = 1 } }
		/^node_/ && $NF == at { if (!($1 in v)) { print "not of the exporter:", $1; bad = 1; next }
			diff = v[$1] - $2; slack = 1e-9 * $2 + ($1 ~ /zoneinfo_nr_free_pages/ ? 375 : $1 ~ /nr_free_pages/ ? 1125 : $1 ~ /numa_MemFree/ ? 750 * 4096 : $1 ~ /MemFree/ ? 1125 * 4096 : 0)
			if (diff > slack || -diff > slack) { print $1, v[$1], "instead of", $2; bad = 1 } n++; if ($2 != 0) used++ }
		END { if (n < 250 || used < 100) { print "only", n, "compared,", used, "not 0"; bad = 1 } exit bad }' metrics run.om
}

# Every file of zoneinfo, buddyinfo, slabinfo, diskstats, pressure, loadavg and of nodes, line by line.
exporter_has_every_line() {
	awk 'function want(name, value) { n++; if (!(name in v)) { print "missing", name; bad = 1; return }
			diff = v[name] - value; if (diff > 1e-9 * value || -diff > 1e-9 * value) { print name, v[name], "instead of", value; bad = 1 } }
		FILENAME == "metrics" { v[$1] = $2; next }
		FILENAME ~ /zoneinfo/ && /^Node/ { gsub(/,/, ""); node = $2; zone = $4 }
		FILENAME ~ /zoneinfo/ && $1 == "nr_free_pages" { want("node_zoneinfo_nr_free_pages{node=\"" node "\",zone=\"" zone "\"}", $2) }
		FILENAME ~ /zoneinfo/ && $1 ~ /^(min|low|high|spanned|present|managed)$/ && NF == 2 { want("node_zoneinfo_" $1 "_pages{node=\"" node "\",zone=\"" zone "\"}", $2) }
		FILENAME ~ /buddyinfo/ { gsub(/,/, ""); for (i = 5; i <= NF; i++) want("node_buddyinfo_blocks{node=\"" $2 "\",size=\"" i - 5 "\",zone=\"" $4 "\"}", $i) }
		FILENAME ~ /slabinfo/ && $1 !~ /^#|^slabinfo/ { l = "{slab=\"" $1 "\"}"; want("node_slabinfo_active_objects" l, $2); want("node_slabinfo_objects" l, $3)
			want("node_slabinfo_object_size_bytes" l, $4); want("node_slabinfo_objects_per_slab" l, $5); want("node_slabinfo_pages_per_slab" l, $6) }
		FILENAME ~ /diskstats/ { l = "{device=\"" $3 "\"}"; want("node_disk_reads_completed_total" l, $4); want("node_disk_read_bytes_total" l, $6 * 512)
			want("node_disk_read_time_seconds_total" l, $7 / 1000); want("node_disk_writes_completed_total" l, $8); want("node_disk_written_bytes_total" l, $10 * 512)
			want("node_disk_io_now" l, $12); want("node_disk_io_time_seconds_total" l, $13 / 1000); want("node_disk_io_time_weighted_seconds_total" l, $14 / 1000)
			want("node_disk_flush_requests_total" l, $19) }
		FILENAME ~ /pressure/ { what = FILENAME; sub(/.*\//, "", what); sub(/total=/, "", $5)
			if (what != "cpu" || $1 == "some") want("node_pressure_" what ($1 == "some" ? "_waiting" : "_stalled") "_seconds_total", $5 / 1e6) }
		FILENAME ~ /loadavg/ { want("node_load1", $1); want("node_load5", $2); want("node_load15", $3) }
		FILENAME ~ /node[0-9]\/meminfo/ { gsub(/:/, ""); name = $3; gsub(/[()]/, "_", name); sub(/_$/, "", name); want("node_memory_numa_" name "{node=\"" $2 "\"}", $4 * ($5 == "kB" ? 1024 : 1)) }
		FILENAME ~ /numastat/ { node = FILENAME; sub(/.*node\/node/, "", node); sub(/\/.*/, "", node); want("node_memory_numa_" $1 "_total{node=\"" node "\"}", $2) }
		END { if (n < 280) { print "only", n, "compared"; bad = 1 } exit bad }' metrics P/zoneinfo P/buddyinfo P/slabinfo P/diskstats P/pressure/* P/loadavg \
		P/sysfs/devices/system/node/node*/meminfo P/sysfs/devices/system/node/node*/numastat
}
if [ ! -x "$exporter" ]; then
	skip "the exporter of Prometheus agrees" "no prometheus-node-exporter, and none to be had"
elif ! command -v curl >/dev/null 2>&1; then
	skip "the exporter of Prometheus agrees" "no curl here"
else
	check "the exporter of Prometheus: 11 collectors, all values" exporter_agrees
	check "the exporter of Prometheus has every line of the files" exporter_has_every_line
	check "the exporter of Prometheus says of a moment what export says of its sample" exported_is_the_same
fi

exit "$failed"
