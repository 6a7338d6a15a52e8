#!/bin/sh
# --sysctl and --tuned: settings from files of a real system.
# shellcheck disable=SC1091,SC2154,SC2317,SC2016 # lib.sh gives names; check calls the functions; ${...} is tuned's
tools=$(dirname "$(realpath "${1:?usage: $0 MMSIM}")")/tools
. "$(dirname "$0")/lib.sh"

# Three disks: values of theirs are set by patterns.
sed 's/disks: .*/disks: [{ name: sda, preset: hdd }, { name: sdb, preset: ssd }, { name: nvme0n1, preset: nvme }]/' \
	small.yaml >disks.yaml

# What is in force at the start of a run with such options: NAME...
in_force() {
	for tunable; do
		sql t.db "SELECT value FROM tunable WHERE t_ns = 0 AND name = '$tunable'"
	done | tr '\n' ' '
}

run() { # OPTIONS
	exits 0 "$mmsim" run -o t.db --until 1ms "$@" disks.yaml
}

fragment() {
	cat >90-db.conf <<-'CONF'
		# for the database
		; and another comment

		vm.dirty_background_bytes = 67108864
		vm/dirty_bytes=268435456
		  vm.swappiness   =  10
		-vm.overcommit_memory = 2
		-net.ipv4.conf.lo.rp_filter
		vm.lowmem_reserve_ratio = 128	64  32 0 0
		vm.page-cluster=0
		vm.max_map_count = 262144
		net.core.somaxconn = 4096
		kernel.sem = 250 32000 100 128
		vm.swappiness=20
	CONF
}

sysctl_d_is_understood() {
	fragment
	run --sysctl 90-db.conf || return 1
	is "67108864 268435456 20 2 0 128 64 32 0 0 " "$(in_force vm.dirty_background_bytes vm.dirty_bytes vm.swappiness \
		vm.overcommit_memory vm.page-cluster vm.lowmem_reserve_ratio)" || return 1
	cat >want <<-'END'
		90-db.conf:8: ignored: net.ipv4.conf.lo.rp_filter: an exception for patterns
		90-db.conf:11: ignored: vm.max_map_count: not simulated
		90-db.conf:12: ignored: net.core.somaxconn: not memory
		90-db.conf:13: ignored: kernel.sem: not memory
	END
	grep ignored err | cmp - want || { cat err; return 1; }
	run -q --sysctl 90-db.conf && is "" "$(cat err)"
}
check "a fragment of sysctl.d is understood; what is not memory is named" sysctl_d_is_understood

a_folder_is_read_by_name() {
	mkdir sysctl.d
	printf 'vm.dirty_ratio = 44\n' >sysctl.d/90-b.conf
	printf 'vm.dirty_ratio = 33\nvm.swappiness = 5\n' >sysctl.d/10-a.conf
	printf 'nonsense\n' >sysctl.d/README
	run --sysctl sysctl.d && is "44 5 " "$(in_force vm.dirty_ratio vm.swappiness)" || return 1
	mkdir none
	exits 2 "$mmsim" run -o t.db --sysctl none disks.yaml && says err 'none: no file NAME.conf in this folder'
}
check "a folder of fragments is read in the order of their names" a_folder_is_read_by_name

order_counts() {
	printf 'vm.dirty_ratio = 33\n' >a.conf
	printf 'vm.dirty_ratio = 44\nvm.swappiness = 5\n' >b.conf
	run --sysctl a.conf --sysctl b.conf && is "44 5 " "$(in_force vm.dirty_ratio vm.swappiness)" || return 1
	run --sysctl b.conf --sysctl a.conf --set vm.swappiness=7 && is "33 7 " "$(in_force vm.dirty_ratio vm.swappiness)" || return 1
	# a size after a ratio: the ratio is cleared
	printf 'vm.dirty_bytes = 16777216\n' >c.conf
	run --sysctl a.conf --sysctl c.conf && is "0 16777216 " "$(in_force vm.dirty_ratio vm.dirty_bytes)"
}
check "later files win, and the command line over all" order_counts

numbers_are_read_as_the_kernel_reads_them() {
	# base 0, several numbers of which the last may be missing, and nothing is read behind the last
	printf 'vm.dirty_ratio = 0x10\nvm.dirty_background_ratio=010\nvm.swappiness=10 # ten\nvm.lowmem_reserve_ratio = 256 256 16\n' >n.conf
	printf 'vm.dirty_writeback_centisecs=-1\nvm.overcommit_ratio=-1\nvm.stat_interval=0\nvm.zone_reclaim_mode=8\n' >>n.conf
	printf 'vm.numa_stat=0\nvm.page-cluster=40\nvm.min_free_kbytes=0X2000\n' >>n.conf
	run --sysctl n.conf || return 1
	is "16 8 10 256 256 16 0 0 -1 -1 0 8 0 40 8192 " "$(in_force vm.dirty_ratio vm.dirty_background_ratio vm.swappiness \
		vm.lowmem_reserve_ratio vm.dirty_writeback_centisecs vm.overcommit_ratio vm.stat_interval vm.zone_reclaim_mode \
		vm.numa_stat vm.page-cluster vm.min_free_kbytes)" || return 1
	is "n.conf:3: ignored: vm.swappiness: what follows the number: # ten" "$(grep ignored err)" || return 1
	# several numbers: those before the wrong one are kept, and a wrong first one is no error
	printf 'vm.lowmem_reserve_ratio = 100 x 3\n' >n.conf
	run --sysctl n.conf && is "100 256 32 0 0 " "$(in_force vm.lowmem_reserve_ratio)" || return 1
	printf 'vm.lowmem_reserve_ratio = none\n' >n.conf
	run --sysctl n.conf && is "256 256 32 0 0 " "$(in_force vm.lowmem_reserve_ratio)" && says err 'takes no number' || return 1
	for wrong in 08 10k +5 0x - ' ' 2147483648 99999999999999999999 1.5 -1; do
		printf 'vm.swappiness=%s\n' "$wrong" >n.conf
		if ! exits 2 "$mmsim" run -o no.db --sysctl n.conf small.yaml; then
			echo "$wrong is taken"
			return 1
		fi
		says err '^n.conf:1:1: error: vm.swappiness' || return 1
	done
}
check "numbers are read as the kernel reads them" numbers_are_read_as_the_kernel_reads_them

failures_may_be_ignored() {
	printf -- '-vm.dirty_ratio=1000\n-vm.nosuch=1\n- vm.swappiness = many\n-vm/dirty_background_ratio=7\n' >f.conf
	run --sysctl f.conf && is "20 60 7 " "$(in_force vm.dirty_ratio vm.swappiness vm.dirty_background_ratio)" || return 1
	is 3 "$(grep -c '^f.conf:[123]: ignored: ' err)" && says err 'f.conf:2: ignored: no tunable "vm.nosuch"' || return 1
	printf 'vm.dirty_ratio=1000\n' >>f.conf
	exits 2 "$mmsim" run -o no.db --sysctl f.conf small.yaml && says err '^f.conf:5:1: error: '
}
check "a line with - in front may fail" failures_may_be_ignored

patterns_stand_for_many() {
	printf 'vm.dirty_*=10\n' >p.conf
	# by letters: the ratio after the size, which is too small for dirty_bytes
	run --sysctl p.conf && is "10 0 10 0 10 10 43200 " "$(in_force vm.dirty_background_ratio vm.dirty_background_bytes vm.dirty_ratio \
		vm.dirty_bytes vm.dirty_expire_centisecs vm.dirty_writeback_centisecs vm.dirtytime_expire_seconds)" || return 1
	is "p.conf:1: ignored: vm.dirty_bytes: 10 is out of range" "$(sed -n 's/; accepted.*//; /ignored/p' err)" || return 1
	# what stands by itself, or as an exception, is left alone: before the pattern, behind it, in another file
	printf 'vm.swappiness=33\n-vm.dirty_ratio\nvm/*_ratio=9\nvm.min_slab_ratio=3\n' >p.conf
	printf -- '-vm.overcommit_ratio\n' >q.conf
	run --sysctl p.conf --sysctl q.conf && is "33 20 9 3 9 50 " "$(in_force vm.swappiness vm.dirty_ratio vm.dirty_background_ratio \
		vm.min_slab_ratio vm.min_unmapped_ratio vm.overcommit_ratio)" || return 1
	run --sysctl q.conf --sysctl p.conf && is "20 50 " "$(in_force vm.dirty_ratio vm.overcommit_ratio)" || return 1
	# the other spelling of page-cluster is the same name
	printf 'vm.page[-_]c*=7\nvm.*=5\nvm.page_cluster=2\n' >p.conf
	run --sysctl p.conf && is "2 5 5 65536 " "$(in_force vm.page-cluster vm.swappiness vm.stat_interval vm.fault_around_bytes)" || return 1
	says err 'p.conf:1: ignored: vm.page.* nothing of memory it stands for' || return 1
	printf 'net.ipv4.conf.*.rp_filter = 2\n*=1\n*.swappiness=8\n' >p.conf
	run --sysctl p.conf && is "8 " "$(in_force vm.swappiness)" && is 2 "$(grep -c 'nothing of memory' err)"
}
check "patterns stand for many names, but not for those that stand by themselves" patterns_stand_for_many

guides() {
	cat >guides.conf <<-'CONF'
		# redis
		vm.overcommit_memory = 1
		# elasticsearch
		vm.max_map_count=262144
		vm.swappiness=1
		# oracle
		kernel.shmmax = 4398046511104
		vm.swappiness = 10
		vm.dirty_background_ratio = 3
		vm.dirty_ratio = 40
		vm.dirty_expire_centisecs = 500
		vm.dirty_writeback_centisecs = 100
		vm.nr_hugepages = 1024
		vm.hugetlb_shm_group = 54321
		vm.min_free_kbytes = 524288
		# sap
		vm.pagecache_limit_mb = 0
		# postgres
		vm.overcommit_memory = 2
		vm.overcommit_ratio = 90
		vm.dirty_background_bytes = 67108864
		vm.dirty_bytes = 536870912
		vm.zone_reclaim_mode = 0
	CONF
}

real_fragments_are_understood() {
	guides
	sed 's/^vm.pagecache/-&/' guides.conf >g.conf
	run --sysctl g.conf || return 1
	is "2 90 10 0 536870912 67108864 524288 " "$(in_force vm.overcommit_memory vm.overcommit_ratio vm.swappiness vm.dirty_ratio \
		vm.dirty_bytes vm.dirty_background_bytes vm.min_free_kbytes)" || return 1
	for conf in /usr/lib/sysctl.d/*.conf /etc/sysctl.d/*.conf; do
		[ ! -f "$conf" ] || run --sysctl "$conf" || return 1
	done
}
check "lines of well-known guides and of this system are understood" real_fragments_are_understood

errors_have_a_place() {
	printf '# x\nvm.dirty_ratio = 120\n  vm.swapiness=10\nvm.dirty_bytes = 64 MiB\nvm.swappiness\nvm.oom_dump_tasks = \n' >bad.conf
	exits 2 "$mmsim" run -o no.db --sysctl bad.conf small.yaml || return 1
	says err '^bad.conf:2:1: error: vm.dirty_ratio: .*120.*accepted: 0..100' || return 1
	says err '^bad.conf:3:3: error: no tunable "vm.swapiness"; did you mean "vm.swappiness"' || return 1
	says err '^bad.conf:4:1: error: vm.dirty_bytes: 64 is out of range' || return 1
	says err '^bad.conf:4: ignored: vm.dirty_bytes: what follows the number: MiB' || return 1
	says err '^bad.conf:5:1: error: no setting; accepted: name = value' || return 1
	says err '^bad.conf:6:1: error: vm.oom_dump_tasks: "" is no value .*without a unit' || return 1
	exits 2 "$mmsim" run -o no.db --sysctl none.conf small.yaml && says err 'none.conf' || return 1
	printf 'vm.swappiness = 1\033[31m0\n' >esc.conf
	exits 2 "$mmsim" run -o no.db --sysctl esc.conf small.yaml && ! grep -q "$(printf '\033')" err || return 1
	exits 2 "$mmsim" run -o no.db --sysctl /dev/zero small.yaml || return 1
	[ ! -e no.db ]
}
check "errors have their place, and nothing is written" errors_have_a_place

profiles() {
	mkdir -p profiles/base profiles/child profiles/loop
	cat >profiles/base/tuned.conf <<-'CONF'
		# what others build on
		[main]
		summary = for all

		[variables]
		share = 35
		odd_regex = Model\s+7

		[cpu]
		governor=performance

		[vm.other]
		type=vm
		uname_regex=aarch64
		transparent_hugepages=never

		[disk]
		readahead=>4096

		[sysctl]
		vm.dirty_ratio = ${share}
		vm.dirty_background_ratio = 10
		net.core.somaxconn=>2048
		vm.min_free_kbytes=>64
	CONF
	cat >profiles/child/tuned.conf <<-'CONF'
		[main]
		include=${f:virt_check:nowhere:base}

		[vm]
		transparent_hugepages=never

		[sysctl]
		vm.dirty_background_ratio = 3
		vm.stat_interval = <1

		[disk-flash]
		type=disk
		devices=nvme*, sdb
		elevator = none
		readahead = 1024s

		[sysfs]
		/sys/block/sda/queue/nr_requests = 32
		/sys/bus/workqueue/devices/writeback/cpumask = ${f:cpulist2hex:0-1}

		[bootloader]
		cmdline = +quiet kernelcore=64M hugepages=12 hugepagesz=1G hugepages=1

		[script]
		script=${i:PROFILE_DIR}/script.sh
	CONF
	printf '[main]\ninclude=loop\n' >profiles/loop/tuned.conf
}

a_profile_is_understood() {
	profiles
	run --tuned profiles/child/tuned.conf || return 1
	is "35 3 4096 512 512 0 32 1 " "$(in_force vm.dirty_ratio vm.dirty_background_ratio queue.sda.read_ahead_kb queue.sdb.read_ahead_kb \
		queue.nvme0n1.read_ahead_kb queue.sdb.scheduler queue.sda.nr_requests vm.stat_interval)" || return 1
	for line in 'base/tuned.conf:10: ignored: governor: not memory' 'base/tuned.conf:15: ignored: transparent_hugepages: only for another kind' \
		'base/tuned.conf:23: ignored: net.core.somaxconn: not memory' 'child/tuned.conf:19: ignored: /sys/bus/workqueue.*worked out by tuned' \
		'child/tuned.conf:22: ignored: quiet: not memory' 'child/tuned.conf:25: ignored: script: not memory'; do
		says err "$line" || return 1
	done
	says err 'base/tuned.conf:24: ignored: vm.min_free_kbytes: .*known only after the boot' || return 1
	is "12 " "$(in_force vm.nr_hugepages)" && says err "linux.hugepages_1G: 1 huge pages were wanted, there was memory for 0" || return 1
	# never: min_free_kbytes is not raised for huge pages
	never=$(in_force vm.min_free_kbytes)
	is "$never" "$(run --set linux.transparent_hugepage=never --set linux.kernelcore=64M && in_force vm.min_free_kbytes)"
}
check "a profile of tuned is understood, with what it includes" a_profile_is_understood

only_higher_values_count() {
	profiles
	sed '/^queue/d' disks.yaml >raised.yaml
	printf 'queue: { sda: { read_ahead_kb: 8192 } }\n' >>raised.yaml
	exits 0 "$mmsim" run -o t.db --until 1ms --tuned profiles/base/tuned.conf raised.yaml || return 1
	says err 'base/tuned.conf:18: ignored: readahead: the value is not lower before' || return 1
	is "8192 4096 " "$(in_force queue.sda.read_ahead_kb queue.sdb.read_ahead_kb)"
}
check "a value after > counts where it is higher" only_higher_values_count

wrong_profiles_are_refused() {
	profiles
	exits 2 "$mmsim" run -o no.db --tuned profiles/loop/tuned.conf small.yaml && says err 'loop/tuned.conf:2:1: error: .*include each other' ||
		return 1
	exits 2 "$mmsim" run -o no.db --tuned throughput-performance small.yaml && says err "accepted: the tuned.conf of a profile" || return 1
	exits 2 "$mmsim" run -o no.db --tuned profiles/base small.yaml && says err "accepted: the tuned.conf of a profile" || return 1
	printf '[main]\ninclude=missing\n[sysctl]\nvm.swappiness=900\nnonsense\n' >profiles/loop/tuned.conf
	exits 2 "$mmsim" run -o no.db --tuned profiles/loop/tuned.conf small.yaml || return 1
	says err 'tuned.conf:2:1: error: no profile "missing"' && says err 'tuned.conf:4:1: error: vm.swappiness: .*900' &&
		says err 'tuned.conf:5:1: error: no setting' || return 1
	printf 'vm.swappiness=1\n[vm]\ntransparent_hugepages=sometimes\n' >profiles/loop/tuned.conf
	exits 2 "$mmsim" run -o no.db --tuned profiles/loop/tuned.conf small.yaml || return 1
	says err 'tuned.conf:1:1: error: a setting before the first section' && says err 'tuned.conf:3:1: error: .*accepted: always, madvise, never' ||
		return 1
	[ ! -e no.db ]
}
check "wrong profiles are refused with their place" wrong_profiles_are_refused

all_commands_take_them() {
	fragment
	profiles
	exits 0 "$mmsim" procfs -q disks.yaml --at 1ms -o P --sysctl 90-db.conf --tuned profiles/base/tuned.conf || return 1
	is "20 35 10" "$(cat P/sys/vm/swappiness P/sys/vm/dirty_ratio P/sys/vm/dirty_background_ratio | tr '\n' ' ' | sed 's/ $//')" || return 1
	exits 0 "$mmsim" compare small.yaml --sysctl 90-db.conf --set vm.dirty_bytes=8388608,16777216 --format none -o C || return 1
	for mib in 8388608 16777216; do
		is "$mib|20" "$(sql "C/vm.dirty_bytes_$mib.db" "SELECT (SELECT value FROM tunable WHERE t_ns = 0 AND name = 'vm.dirty_bytes'),
			(SELECT value FROM tunable WHERE t_ns = 0 AND name = 'vm.swappiness')")" || return 1
	done
	exits 2 "$mmsim" compare C/vm.dirty_bytes_8388608.db C/vm.dirty_bytes_16777216.db --sysctl 90-db.conf && says err 'for scenarios'
}
check "run, compare and procfs take them" all_commands_take_them

# The real ones, unpacked only: nothing is installed, and nothing of them is kept in the sources.
if [ ! -d "$tools/usr/lib/tuned" ] && command -v apt-get >/dev/null 2>&1; then
	mkdir -p "$tools" deb && (cd deb && apt-get download -qq tuned >/dev/null 2>&1 && dpkg-deb -x tuned_*.deb "$tools")
fi

every_real_profile_is_understood() {
	n=0
	for conf in "$tools"/usr/lib/tuned/*/tuned.conf; do
		exits 0 "$mmsim" run -o t.db --until 1ms --tuned "$conf" disks.yaml || return 1
		# what sets a sysctl of the simulator is in force, unless a later line of the same profile says otherwise
		sed -n 's/^\(vm\.[a-z_]*\) *= *\([0-9][0-9]*\)$/\1 \2/p' "$conf" >settings
		while read -r tunable value; do
			[ "$(sql t.db "SELECT count(*) FROM tunable WHERE name = '$tunable'")" -gt 0 ] || continue
			case "$tunable $value" in *"_ratio 0") continue ;; esac # cleared by the size that follows
			is "$conf $tunable $value " "$conf $tunable $(in_force "$tunable")" || return 1
			n=$((n + 1))
		done <settings
	done
	[ "$n" -ge 30 ] || { echo "only $n settings"; return 1; }
}
if [ -d "$tools/usr/lib/tuned" ]; then
	check "every profile of the package tuned is understood" every_real_profile_is_understood
else
	skip "every profile of the package tuned is understood" "the package cannot be had here"
fi

exit "$failed"
