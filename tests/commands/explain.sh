#!/bin/sh
# mmsim explain: every name of the tables, with what reads it and which tests show it.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
tree=$(realpath "$(dirname "$0")/../..")
. "$(dirname "$0")/lib.sh"

names_of() { # LIST
	"$mmsim" list "$1" --json | sed -n 's/^  "name": "\(.*\)",*$/\1/p' | sort -u
}

everything_is_explained_with_its_place() {
	for l in tunables metrics ops trace charts; do
		names_of "$l" >names
		[ "$(wc -l <names)" -gt 5 ] || return 1
		# shellcheck disable=SC2046
		exits 0 "$mmsim" explain $(cat names) || return 1
		while IFS= read -r n; do
			# the paragraph of the name says where it is declared
			awk -v n="$n: " 'index($0, n) == 1 { on = 1; next } /^[^ ]/ { on = 0 } on && /^  declared / { found = 1 }
				END { exit !found }' out || { echo "$l: $n has no place"; return 1; }
		done <names
	done
}
check "every tunable, metric, call, tracepoint and chart is explained with its place" everything_is_explained_with_its_place

places_are_true() {
	# shellcheck disable=SC2046
	"$mmsim" explain $(names_of tunables) $(names_of ops) | awk '/^[^ ]/ { name = $1; sub(/:$/, "", name); sub(/.*\./, "", name) }
		/^  declared / { split($2, p, ":"); print p[1], p[2], name }' | sort -u >places
	[ "$(wc -l <places)" -gt 100 ] || return 1
	while read -r file line word; do
		sed -n "${line}p" "$tree/$file" | grep -q -w -e "$word" || { echo "$file:$line does not have $word"; return 1; }
	done <places
}
check "the lines named have the names" places_are_true

it_says_unit_default_range_readers_and_tests() {
	exits 0 "$mmsim" explain vm.dirty_ratio || return 1
	for w in 'unit  *percent' 'default  *20' 'accepted  *0..100' 'declared  *models/linux/sysctl_vm.def:' \
		'code  *models/linux/writeback/' 'tests  *tests/'; do
		says out "$w" || return 1
	done
	exits 0 "$mmsim" explain nr_dirty && says out 'unit  *pages' && says out 'charts  *dirty' && says out 'table  *vmstat_sample' || return 1
	exits 0 "$mmsim" explain balance_dirty_pages && says out 'fields' && says out 'charts  *throttle' && says out 'tests' || return 1
	exits 0 "$mmsim" explain mempool_alloc && says out 'tests/api/mempool_alloc.yaml' && says out 'pools/mempool.c:[0-9]* mempool_alloc()' || return 1
	exits 0 "$mmsim" explain watermarks && says out 'zone_sample.nr_free_pages: free' && says out 'panels' || return 1
	exits 0 "$mmsim" explain zone_sample && says out 'table of results' && says out 'keys' || return 1
	exits 0 "$mmsim" explain queue.sda.read_ahead_kb && says out 'queue.<disk>.read_ahead_kb'
}
check "it says unit, default, range, who reads it and which tests show it" it_says_unit_default_range_readers_and_tests

unknown_names_get_the_nearest() {
	exits 2 "$mmsim" explain vm.dirty_ratoi && says err 'did you mean "vm.dirty_ratio"' || return 1
	exits 2 "$mmsim" explain watermarkz && says err 'did you mean "watermark' || return 1
	exits 2 "$mmsim" explain kswapd && says err 'with it in their name.*pgscan_kswapd' || return 1
	exits 2 "$mmsim" explain zzzzzz && says err 'nothing is called' || return 1
	exits 2 "$mmsim" explain vm.dirty_ratio xyzzyx && says out '0..100' || return 1
	exits 2 "$mmsim" explain
}
check "unknown names get the nearest ones" unknown_names_get_the_nearest

exit "$failed"
