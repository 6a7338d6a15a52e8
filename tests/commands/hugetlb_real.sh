#!/bin/sh
# Calls for huge pages are answered as a real kernel answered them: records of tests/guest/hugetlb/run.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
guest=$(realpath "$(dirname "$0")/../guest/hugetlb")
. "$(dirname "$0")/lib.sh"

answers_agree() { # NAME
	"$guest/scenario" "$guest/answers/$1.txt" >"$1.yaml" || return 1
	[ "$(grep -c assert "$1.yaml")" -gt 1000 ] || return 1
	exits 0 "$mmsim" run "$1.yaml" --check=event
}
for record in "$guest"/answers/*.txt; do
	name=$(basename "$record" .txt)
	check "the pool after each call is that of the real kernel: $name" answers_agree "$name"
done

another_answer_is_found() {
	sed 's/ 3 0 17$/ 4 0 17/' "$guest/answers/seed-2.txt" >other.txt
	"$guest/scenario" other.txt >other.yaml || return 1
	exits 1 "$mmsim" run other.yaml || return 1
	grep -h 'assert: resv_hugepages == 4: 3 ' out err >/dev/null
}
check "another answer is found" another_answer_is_found
exit "$failed"
