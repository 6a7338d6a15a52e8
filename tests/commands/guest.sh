#!/bin/sh
# Scripts for the real kernel (tests/guest): made the same everywhere, and cases that can be read.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
tests=$(realpath "$(dirname "$0")/..")
. "$(dirname "$0")/lib.sh"
guest=$tests/guest
for family in api alloc topology readahead; do
	${CC:-cc} -std=c11 -Wall -Wextra -Werror -o "$family" "$guest/chance.c" "$guest/$family"/script*.c || exit 3
done

kinds_of() { # FAMILY
	"./$1" nobody 1 1 2>&1 | sed 's/.*accepted: //'
}

a_seed_makes_one_script() { # FAMILY CALL, what a line with a call begins with
	for kind in $(kinds_of "$1"); do
		"./$1" "$kind" 5 400 >one && "./$1" "$kind" 5 400 >again && "./$1" "$kind" 6 400 >other || return 1
		cmp one again || return 1
		! cmp -s one other || { echo "$kind: two seeds, one script"; return 1; }
		[ "$(grep -c "^$2" one)" -ge 400 ] || { echo "$kind: too few calls"; return 1; }
	done
}
check "a seed makes one script of calls of the api" a_seed_makes_one_script api '[A-Za-z]'
check "a seed makes one script of calls of the page allocator" a_seed_makes_one_script alloc '[A-Z] '
check "a seed makes one script of calls of a reader" a_seed_makes_one_script readahead '[0-9]'

# Whatever computer or compiler: what is left to chance has one order.
a_script_is_the_same_everywhere() {
	for family in alloc api readahead; do
		for kind in $(kinds_of "$family"); do
			"./$family" "$kind" 11 3000
		done >"$family.scripts"
		cksum <"$family.scripts"
	done >sums
	echo "4281755515 938380
1645834700 1147396
1318040548 2030529" | diff - sums
}
check "a script is the same everywhere" a_script_is_the_same_everywhere

what_is_wrong_is_said() {
	for family in api alloc readahead; do
		exits 2 "./$family" nobody 1 1 || return 1
		says err "nobody: not known; accepted: " || return 1
		kind=$(kinds_of "$family" | sed 's/ .*//')
		exits 2 "./$family" "$kind" -1 10 || return 1
		says err "seed -1: accepted: 0 to 18446744073709551615" || return 1
		exits 2 "./$family" "$kind" 1 99999999 || return 1
		case $family in
		api) most=1000000 ;;
		alloc) most=100000 ;;
		*) most=20000 ;;
		esac
		says err "calls 99999999: accepted: 0 to $most\$" || return 1
	done
}
check "a kind, a seed or a number of calls that cannot be is refused" what_is_wrong_is_said

# A script as a case, on the machine of a captured one.
as_case() { # KIND MACHINE CAPTURE
	seed=0
	until "./alloc" "$1" "$seed" 3000 >script && grep -q "^machine $2\$" script; do
		seed=$((seed + 1))
		[ "$seed" -lt 200 ] || { echo "$1: no script for the machine $2"; return 1; }
	done
	rm -rf case new
	mkdir -p case/phase-01
	gunzip -c "$tests/truth/alloc/$3/phase-01/before.txt.gz" >case/phase-01/before.txt
	awk '/^phase/ { n++ } n == 1 && /^[A-Z]/' script >case/phase-01/ops.txt
	printf 'family: alloc\nname: case\nphases:\n- index: 1\n  slots_kept: false\n' >case/case.yaml
}

# Where there is plenty no call fails, and each one has its answer.
a_script_is_a_case() {
	as_case plain "pc 512M 1 " a2-order0-random || return 1
	exits 0 "$mmsim" verify case --out new || return 1
	! grep -q FAIL new/case/phase-01/ops.txt || return 1
	grep '^[A-Z]' new/case/phase-01/ops.txt | awk '{ print $1, $2, $3, $4 }' | sort >have
	awk '{ print $1, $2, $3, $4 }' case/phase-01/ops.txt | sort >want
	cmp want have
}
check "a script of the page allocator is a case" a_script_is_a_case

# Elsewhere some fail, and then what is given back is not there: that is told, not refused.
can_be_read() { # KIND MACHINE CAPTURE
	as_case "$@" || return 1
	"$mmsim" verify case --out new >out 2>err
	[ $? -le 1 ] || { cat err; return 1; }
	[ "$(grep -c '^[A-Z]' new/case/phase-01/ops.txt)" -eq "$(wc -l <case/phase-01/ops.txt)" ]
}
all_calls_can_be_read() {
	can_be_read all "pc 256M 1 " a1-order0-bursts &&
		can_be_read cpus-nodes "pc 512M 2 256M:0 256M:1" e5-two-cpus-two-nodes &&
		can_be_read contig "pc 512M 1 " f1-exact-split-bulk-contig
}
check "all calls of scripts can be read" all_calls_can_be_read

# --- machines of the family topology ---

# Whatever computer or compiler; memory and CPUs of the nodes are those of the machine.
machines_are_the_same_everywhere() {
	kinds=$(./topology nobody 1 2>&1 | sed 's/.*accepted: //')
	for kind in $kinds; do
		for seed in 1 2 3 4 5 6 7 8 9 10; do
			./topology "$kind" "$seed"
		done >"machines.$kind"
		awk -v kind="$kind" '
		function finish() { if (nodes && (mb != sum || cpus != with)) { print kind ": nodes do not make the machine"; bad = 1 } }
		/^machine / { finish(); n++; mb = $3 + 0; cpus = $4; nodes = sum = with = 0 }
		/^node / { nodes++; sum += $2; if ($3 != "-") { split($3, c, "-"); with += (c[2] == "" ? c[1] : c[2]) - c[1] + 1 } }
		END { finish(); exit bad || n != 10 }' "machines.$kind" || return 1
	done
	for kind in $kinds; do cat "machines.$kind"; done | cksum >sum
	echo "1422600218 55975" | diff - sum
}
check "machines are the same everywhere" machines_are_the_same_everywhere

a_machine_that_cannot_be_is_refused() {
	exits 2 ./topology nobody 1 || return 1
	says err "nobody: not known; accepted: shape edges " || return 1
	exits 2 ./topology shape -1 || return 1
	says err "seed -1: accepted: 0 to 18446744073709551615"
}
check "a kind or a seed of machines that cannot be is refused" a_machine_that_cannot_be_is_refused

a_capture_as_a_script() {
	"$guest/topology/again" "$tests/truth/topology/m4g-2n4c-hotplug" >script
	cat >want <<-END
		machine pc 4G 4 pvh
		node 2G 0-1
		node 2G 2-3
		command_line console=ttyS0 panic=-1 loglevel=8 nokaslr
		memory_offline 39
		memory_offline 38
		memory_offline 37
		set vm.min_free_kbytes 12345
		memory_online 37
		memory_online_movable 39
		cpu_offline 3
		set vm.min_free_kbytes 50000
	END
	diff want script || return 1
	"$guest/topology/again" "$tests/truth/topology/m4g-4n4c-asymmetric" >script
	[ "$(grep -c "^distance" script)" -eq 12 ] && grep -q "^distance 3 0 40$" script || return 1
	"$guest/topology/again" "$tests/truth/topology/m512-1n1c-dirty" | grep -q "^set vm.dirty_ratio 5; vm.dirty_background_ratio 20$"
}
check "a captured machine is a script again" a_capture_as_a_script

# What a guest says of itself, with the records of a captured one: a case that is as the capture was.
a_machine_becomes_a_case() {
	capture=$tests/truth/topology/m1g-3n4c-memoryless
	rm -rf said && mkdir -p said
	cp -r "$capture/settled" "$capture/steps" said
	gunzip -r said
	"$guest/topology/again" "$capture" >script
	for step in 01 02; do echo ok >"said/steps/$step/results"; done
	for node in "0 0 10.20.20" "1 1-2 20.10.20" "2 3 20.20.10"; do
		echo "$node" | sed 's/\(.*\) \(.*\) \(.*\)/node \1 cpus \2\nnode \1 distance \3/' | tr . ' '
	done >said/machine
	echo "transparent_hugepage [always] madvise never" >>said/machine
	cat >said/dmesg <<-END
		[    0.000000] BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable
		[    0.000000] BIOS-e820: [mem 0x000000000009fc00-0x00000000000fffff] reserved
		[    0.000000] BIOS-e820: [mem 0x0000000000100000-0x000000003ffdcfff] usable
		[    0.000000] BIOS-e820: [mem 0x000000fd00000000-0x000000ffffffffff] reserved
		[    0.000000] Early memory node ranges
		[    0.000000]   node   0: [mem 0x0000000000001000-0x000000000009efff]
		[    0.000000]   node   0: [mem 0x0000000000100000-0x0000000027ffffff]
		[    0.000000]   node   2: [mem 0x0000000028000000-0x000000003ffdcfff]
		[    0.000000] Initmem setup node 0 [mem 0x0000000000001000-0x0000000027ffffff]
	END
	release=6.1.0-56-amd64 "$guest/topology/case" said script said >said/case.yaml
	for key in "- {start: 1086626725888, end: 1099511627775, type: reserved}" "- {node: 2, start_pfn: 163840, end_pfn: 262109}" \
		"  2: {0: 20, 1: 20, 2: 10}" "  cpus: \[1, 2\]" "  set: {vm.percpu_pagelist_high_fraction: 10}" \
		"- {node: 2, zone: DMA32, start_pfn: 163840, spanned: 98269, present: 98269, managed: 96447}"; do
		for case in said/case.yaml "$capture/case.yaml"; do
			grep -q -x -e "$key" "$case" || { echo "$case: $key"; return 1; }
		done
	done
	exits 0 "$mmsim" verify said && says out "results *2 of 2 equal"
}
check "what a machine said of itself becomes a case" a_machine_becomes_a_case

# A reader's script as a case, its files one behind the other on the disk.
reader_case() { # KIND SEED
	./readahead "$1" "$2" 800 >script || return 1
	rm -rf case new
	mkdir case
	{ echo "# call operation"; grep '^[0-9]' script; } >case/ops.txt
	awk '
		$1 == "backend" { backend = $2; print "family: readahead\nname: case\nbackend: " $2 }
		$1 == "request_ns" { print "request_time_ns: " $2 }
		$1 == "pause_us" { print "pause_after_call_us: " $2 }
		$1 == "fault_around" { print "fault_around_bytes: " $2 }
		$1 == "bad_sectors" { print "bad_sectors: [" $2 ", " $3 "]" }
		$1 == "file" {
			file = file "  " $2 ":\n    size: " $3 "\n    extents:"
			if (NF == 3)
				$0 = $0 " 0+" int(($3 + 4095) / 4096)
			list = ""
			for (i = 4; i <= NF; i++)
				if (split($i, part, "+") == 2 && part[2] > 0) {
					list = list "\n    - [" part[1] ", " part[2] ", " sector "]"
					sector += part[2] * 8
				}
			file = file (list ? list : " []") "\n"
		}
		END {
			if (backend == "raw")
				file = "  0:\n    size: 1073741824\n    extents:\n    - [0, 262144, 0]\n"
			print "queue: {max_sectors_kb: 1280, max_hw_sectors_kb: 1280, read_ahead_kb: 128, max_segments: 128, max_segment_size: 65536}"
			printf "files:\n%s", file
		}' sector=800 script >case/case.yaml
}

# Each call gets its answer, and what it is told by case.yaml and by the script is all that it needs.
a_readers_script_is_a_case() {
	for kind in $(kinds_of readahead); do
		reader_case "$kind" 3 || return 1
		"$mmsim" verify case --out new >out 2>err || { echo "$kind:"; cat out err; return 1; }
		[ "$(grep -c '^[0-9]' new/case/calls.txt)" -eq "$(grep -c '^[0-9]' case/ops.txt)" ] || { echo "$kind: calls are missing"; return 1; }
		[ "$(wc -l <new/case/windows.txt)" -gt 20 ] || { echo "$kind: hardly any windows"; return 1; }
	done
}
check "a script of a reader is a case" a_readers_script_is_a_case

# Whatever the arguments, nothing is reclaimed: what is in the cache at the end has been inserted and not been deleted.
nothing_is_reclaimed() {
	for kind in all-raw all-ext4 all-xfs; do
		reader_case "$kind" 8 && "$mmsim" verify case --out new >out 2>err || return 1
		awk 'FNR == 1 { next }
			FILENAME ~ /inserts/ { pages += $5 } FILENAME ~ /deletes/ { pages -= $4; by[$1] }
			FILENAME ~ /ops/ && $2 ~ /drop|advise/ { may[$1] }
			END { for (call in by) if (!(call in may)) { print "call " call " deletes"; exit 1 }; exit !(pages > 0) }' \
			new/case/inserts.txt new/case/deletes.txt case/ops.txt || return 1
	done
}
check "what leaves the cache of a reader has been dropped" nothing_is_reclaimed
# A run is made again when its line of the list was edited, and only then.
edited_lines_run_again() {
	mkdir -p sandbox/tests/guest
	cp "$guest/stand-ins" "$guest/distances" sandbox/tests/guest/
	cat >sandbox/tests/guest/run <<'END'
#!/bin/sh
mkdir -p "$2"
echo "$*" >"$2/case.yaml"
echo "$2" >>made
END
	printf '#!/bin/sh\necho "a/b nr_dirty distance 0.1 %% (at most 3 %%)"\n' >sandbox/verify
	chmod +x sandbox/tests/guest/run sandbox/verify
	again() { # LINE...: the list; what was made
		rm -f sandbox/made
		printf '%s\n' "$@" >sandbox/tests/guest/stand-ins.list
		RUNS=runs MMSIM=./verify sh sandbox/tests/guest/stand-ins >out 2>err || { cat err; return 1; }
		[ ! -e sandbox/made ] || tr '\n' ' ' <sandbox/made
	}
	is "runs/one runs/two " "$(again 'one writeback/a vm.x=1' "two writeback/a 'workload=[w open a]'")" || return 1
	is "" "$(again 'one writeback/a vm.x=1' "two writeback/a 'workload=[w open a]'")" || return 1
	is "runs/two " "$(again 'one writeback/a vm.x=1' "two writeback/a 'workload=[w open b]'")" || return 1
	is "runs/one " "$(again 'one writeback/b vm.x=1' "two writeback/a 'workload=[w open b]'")" || return 1
	# one of before settings were kept
	rm sandbox/runs/two.settings
	is "" "$(again 'one writeback/b vm.x=1' "two writeback/a 'workload=[w open c]'")" || return 1
	says err "runs/two: made with nobody knows what"
}
check "a run is made again when its line was edited" edited_lines_run_again

exit "$failed"
