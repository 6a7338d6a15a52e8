#!/bin/sh
# Scripts for the real kernel (tests/guest): made the same everywhere, and cases that can be read.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
tests=$(realpath "$(dirname "$0")/..")
. "$(dirname "$0")/lib.sh"
guest=$tests/guest
for family in api alloc; do
	${CC:-cc} -std=c11 -Wall -Wextra -Werror -o "$family" "$guest/chance.c" "$guest/$family"/script*.c || exit 3
done

kinds_of() { # FAMILY
	"./$1" nobody 1 1 2>&1 | sed 's/.*accepted: //'
}

a_seed_makes_one_script() { # FAMILY
	for kind in $(kinds_of "$1"); do
		"./$1" "$kind" 5 400 >one && "./$1" "$kind" 5 400 >again && "./$1" "$kind" 6 400 >other || return 1
		cmp one again || return 1
		! cmp -s one other || { echo "$kind: two seeds, one script"; return 1; }
		[ "$(grep -c '^[A-Za-z]' one)" -ge 400 ] || { echo "$kind: too few calls"; return 1; }
	done
}
check "a seed makes one script of calls of the api" a_seed_makes_one_script api
check "a seed makes one script of calls of the page allocator" a_seed_makes_one_script alloc

# Whatever computer or compiler: what is left to chance has one order.
a_script_is_the_same_everywhere() {
	for family in alloc api; do
		for kind in $(kinds_of "$family"); do
			"./$family" "$kind" 11 3000
		done >"$family.scripts"
		cksum <"$family.scripts"
	done >sums
	echo "4281755515 938380
1645834700 1147396" | diff - sums
}
check "a script is the same everywhere" a_script_is_the_same_everywhere

what_is_wrong_is_said() {
	for family in api alloc; do
		exits 2 "./$family" nobody 1 1 || return 1
		says err "nobody: not known; accepted: " || return 1
		kind=$(kinds_of "$family" | sed 's/ .*//')
		exits 2 "./$family" "$kind" -1 10 || return 1
		says err "seed -1: accepted: 0 to 18446744073709551615" || return 1
		exits 2 "./$family" "$kind" 1 99999999 || return 1
		says err "calls 99999999: accepted: 0 to 100000" || return 1
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
exit "$failed"
