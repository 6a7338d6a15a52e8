#!/bin/sh
# The same scenario and seed give the same rows: twice, with another compiler, another optimisation,
# another environment.  Builds of their own lie beside the program.
#
#   tests/determinism.sh build/mmsim                  all of it
#   tests/determinism.sh build/mmsim twice FILE       without other builds; keeps the digests in FILE
#   tests/determinism.sh build/mmsim gcc-O0 FILE      one other build, against the digests of FILE, which comes
set -u
mmsim=${1:-build/mmsim}
part=${2:-all}
kept=${3:-}
work=$(mktemp -d) || exit 3
trap 'rm -rf "$work"' EXIT INT TERM

digest() { # PROGRAM SCENARIO [SEED]
	"$1" run -o "$work/det.db" --force ${3:+--seed "$3"} "$2" 2>/dev/null | sed -n 's/^digest[: ]*//p'
}

report() { # NAME A B
	if [ -n "$2" ] && [ "$2" = "$3" ]; then
		echo "ok $1"
	else
		echo "not ok $1: $2 against $3"
	fi
}

first() { # SCENARIO
	sed -n "s|^$1 ||p" "$work/first"
}

# Digests of the program itself.
take_first() {
	for s in scenarios/*.yaml; do
		echo "$s $(digest "$mmsim" "$s")"
	done >"$work/first"
	[ -z "$kept" ] || { cp "$work/first" "$kept.new" && mv "$kept.new" "$kept"; }
}

# The same from another job, which has begun before.
wait_for_first() {
	tries=0
	until [ -e "$kept" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 9000 ] || return 1
		sleep 0.1
	done
	cp "$kept" "$work/first"
}

twice() {
	for s in scenarios/*.yaml; do
		report "$s twice" "$(first "$s")" "$(digest "$mmsim" "$s")"
	done
	# Another seed changes what chance decides and nothing else: the demo leaves nothing to chance.
	report "a seed without use of chance" "$(first scenarios/demo.yaml)" \
		"$(digest "$mmsim" scenarios/demo.yaml 2)"
	if [ "$(first scenarios/streaming-reader.yaml)" != "$(digest "$mmsim" scenarios/streaming-reader.yaml 2)" ]; then
		echo "ok another seed draws other numbers"
	else
		echo "not ok another seed draws other numbers"
	fi
	set -- scenarios/*.yaml
	report "another environment" "$(first "$1")" \
		"$(export TZ=Asia/Tokyo LANG=de_DE.UTF-8 MALLOC_PERTURB_=165; digest "$mmsim" "$1")"
}

other_build() { # COMPILER-OPTIMISATION
	cc=${1%-*}
	opt=-${1#*-}
	dir=$(dirname "$mmsim")/det-$1
	if ! command -v "$cc" >/dev/null 2>&1; then
		echo "not ok $1: no such compiler"
		return
	fi
	if ! make -s -j2 BUILD="$dir" CC="$cc" OPT="$opt" all >"$work/make" 2>&1; then
		echo "not ok build with $1"
		tail -n 20 "$work/make"
		return
	fi
	[ -e "$work/first" ] || wait_for_first || { echo "not ok $1: no digests to compare with"; return; }
	for s in scenarios/*.yaml; do
		report "$s with $1" "$(first "$s")" "$(digest "$dir/mmsim" "$s")"
	done
}

case $part in
all)
	take_first
	twice
	for b in gcc-O0 gcc-O3 clang-O2; do other_build "$b"; done
	;;
twice)
	take_first
	twice
	;;
*) other_build "$part" ;;
esac
