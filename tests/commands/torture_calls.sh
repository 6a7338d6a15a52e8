#!/bin/sh
# Calls with random arguments, a few seeds of what make torture-calls does with more: tests/commands/torture_calls.sh MMSIM
# shellcheck disable=SC1091,SC2154,SC2317,SC2086 # lib.sh gives names; check calls the functions
root=$(realpath "$(dirname "$0")/../..")
. "$(dirname "$0")/lib.sh"

build=$(dirname "$mmsim")
first=${SEED:-4010}
many=${HOW_MANY:-15}

# The same seed writes the same scenario, another one another.
repeats() {
	"$build/tests/fuzz/calls" "$first" >once && "$build/tests/fuzz/calls" "$first" >twice &&
		"$build/tests/fuzz/calls" $((first + 1)) >other && cmp once twice && ! cmp -s once other
}

# As many seeds as it was told to, most of which ran: what is refused tests no call.
endures() {
	cp -r "$root/tests/fuzz" fuzz && mkdir -p build/tests/fuzz && cp "$mmsim" build && cp "$build/tests/fuzz/calls" build/tests/fuzz || return 1
	LIMIT=60 KINDS=calls fuzz/torture build "$first" "$many" >out 2>&1
	status=$?
	cat out
	[ "$status" -eq 0 ] && grep -q "^$many scenarios passed, 0 failed" out || return 1
	[ "$(sed -n 's/.* \([0-9]*\) were refused.*/\1/p' out)" -lt $((many / 2)) ]
}

# What is not accepted is refused, with its place.
refuses() {
	for seed in 1 2 3 4 5 6 7 8; do
		"$build/tests/fuzz/calls" "$seed" wrong >wrong.yaml || return 1
		exits 2 "$mmsim" check wrong.yaml || return 1
		grep -qE '^wrong.yaml:[0-9]+:[0-9]+: error: ' out err || return 1
	done
}

check "a seed writes the same calls each time" repeats
check "calls with random arguments end as documented, twice alike" endures
check "a value, word or call that is not accepted is refused at its place" refuses
exit $failed
