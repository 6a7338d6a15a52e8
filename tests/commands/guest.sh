#!/bin/sh
# Scripts for the real kernel (tests/guest): made the same everywhere, and cases that can be read.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
tests=$(realpath "$(dirname "$0")/..")
. "$(dirname "$0")/lib.sh"
guest=$tests/guest
for family in api alloc readahead; do
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
		says err "calls 99999999: accepted: 0 to [12]0000" || return 1
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
exit "$failed"
