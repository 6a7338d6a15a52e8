#!/bin/sh
# mmsim verify: calls of a real kernel are answered from their inputs alone.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
cases=$(realpath "$(dirname "$0")/../truth")
. "$(dirname "$0")/lib.sh"

# A case of which only the inputs are left.
without_answers() { # CASE
	mkdir -p "in/$1"
	cp "$cases/api/$1/case.yaml" "in/$1/case.yaml"
	chmod u+w "in/$1/case.yaml"
	gunzip -c "$cases/api/$1/calls.txt.gz" >"$1.txt"
	sed '/^#/!s/ = .*/ = ?/' "$1.txt" >"in/$1/calls.txt"
}

answers_are_computed() { # CASE
	without_answers "$1"
	exits 0 "$mmsim" verify "in/$1" --out new || return 1
	cmp "$1.txt" "new/$1/calls.txt"
}
check "lookups are answered without the recorded answers" answers_are_computed cache-lookup
check "truncation is answered without the recorded answers" answers_are_computed cache-truncate

a_wrong_answer_is_found() {
	without_answers cache-lookup
	sed 's/^page_cache_prev_miss 0 5 10 = 5 /page_cache_prev_miss 0 5 10 = 4 /' cache-lookup.txt >in/cache-lookup/calls.txt
	exits 1 "$mmsim" verify in/cache-lookup || return 1
	says out "answers  *267 of 268 equal; first: line 10 page_cache_prev_miss 0 5 10: 5, recorded 4"
}
check "a wrong answer is found" a_wrong_answer_is_found

what_cannot_be_read_is_refused() {
	without_answers cache-lookup
	sed -i 's/^group: cache/group: vm/' in/cache-lookup/case.yaml
	exits 2 "$mmsim" verify in/cache-lookup || return 1
	says err "not known here; accepted: cache" || return 1
	without_answers cache-lookup
	echo "page_cache_next_miss 7 0 10 = ?" >in/cache-lookup/calls.txt
	exits 2 "$mmsim" verify in/cache-lookup || return 1
	says err "no such file" || return 1
	echo "read_cache_pages 0 0 = ?" >in/cache-lookup/calls.txt
	exits 2 "$mmsim" verify in/cache-lookup || return 1
	says err "no such call" || return 1
	echo "open -1 /mnt/f0 52 = ?" >in/cache-lookup/calls.txt
	exits 2 "$mmsim" verify in/cache-lookup || return 1
	says err "no such file"
}
check "what cannot be read is refused" what_cannot_be_read_is_refused
exit "$failed"
