#!/bin/sh
# Files that nobody writes by hand: each is answered by check and by run with its place, in a second
# of processor time and 256 MiB, and no control byte reaches the terminal.  The small ones are in
# tests/errors.
# shellcheck disable=SC1091,SC2154,SC2317,SC2086,SC2059 # lib.sh gives names; check calls the functions
. "$(dirname "$0")/lib.sh"

limits="ulimit -v 262144; ulimit -t 1"
# The address sanitizer takes terabytes of addresses: no limits then.
{ (eval "$limits"; exec "$mmsim" --version) || limits=:; } >/dev/null 2>&1

# check and run end with status 2 and begin their answer so.
refused() { # FILE ANSWER
	for command in check run; do
		(eval "$limits"; exec timeout 120 "$mmsim" "$command" "$1") >out 2>err </dev/null
		got=$?
		is 2 "$got" && is "$2" "$(head -1 err)" && [ ! -s out ] && [ ! -e results ] || return 1
		if LC_ALL=C tr -d '\n' <err | LC_ALL=C grep -q '[[:cntrl:]]'; then
			echo "control characters in the answer"
			return 1
		fi
	done
}

directory() {
	mkdir folder.yaml
	refused folder.yaml 'mmsim: error: folder.yaml is a directory; accepted: a regular file, or - for standard input'
}
check "a directory is no scenario" directory

special() {
	mkfifo pipe.yaml
	refused pipe.yaml 'mmsim: error: pipe.yaml is a special file; accepted: a regular file, or - for standard input' &&
		refused /dev/zero 'mmsim: error: /dev/zero is a special file; accepted: a regular file, or - for standard input'
}
check "special files are no scenarios, and nobody waits for them" special

missing() {
	refused none.yaml 'mmsim: error: none.yaml cannot be read: No such file or directory' || return 1
	refused '' 'mmsim: error: a file without a name cannot be read: No such file or directory' || return 1
	ln -s loop.yaml loop.yaml
	refused loop.yaml 'mmsim: error: loop.yaml cannot be read: Too many levels of symbolic links' || return 1
	long=$(printf '%0300d' 0)
	refused "$long.yaml" "mmsim: error: $long.yaml cannot be read: File name too long"
}
check "files that are not there" missing

unreadable() {
	echo 'mmsim: 1' >locked.yaml
	chmod 000 locked.yaml
	chmod 711 . && chmod 777 "$work"
	as_nobody=
	if [ "$(id -u)" -eq 0 ]; then
		as_nobody="setpriv --reuid=65534 --clear-groups"
		$as_nobody "$mmsim" --version >/dev/null 2>&1 || { echo "skipped: no other user can run $mmsim"; return 0; }
	fi
	for command in check run "procfs --at 1s -o x" "compare --set seed=1,2 -o x"; do
		# shellcheck disable=SC2086 # words
		exits 3 $as_nobody "$mmsim" $command locked.yaml || return 1
		is 'mmsim: error: locked.yaml cannot be read: Permission denied' "$(head -1 err)" || return 1
	done
}
check "a file that may not be read" unreadable

huge() {
	head -c 17000000 /dev/zero | tr '\0' ' ' >huge.yaml
	refused huge.yaml 'mmsim: error: huge.yaml is too large; accepted: at most 16 MiB' || return 1
	truncate -s 104857600 zeros.yaml
	refused zeros.yaml 'mmsim: error: zeros.yaml is too large; accepted: at most 16 MiB' || return 1
	head -c 16000000 /dev/zero >small-zeros.yaml
	refused small-zeros.yaml 'small-zeros.yaml:1:1: error: control character U+0000; accepted: text in UTF-8' || return 1
	truncate -s 1T sparse.yaml
	refused sparse.yaml 'mmsim: error: sparse.yaml is too large; accepted: at most 16 MiB'
	status=$?
	rm -f huge.yaml zeros.yaml small-zeros.yaml sparse.yaml
	return "$status"
}
check "files of 100 MB and of a terabyte" huge

endless() {
	for command in check run; do
		(eval "$limits"; exec timeout 120 "$mmsim" "$command" -) >out 2>err </dev/zero
		is 2 $? && is 'mmsim: error: - is too large; accepted: at most 16 MiB' "$(head -1 err)" || return 1
	done
}
check "standard input without end" endless

deep() {
	{ echo 'mmsim: 1'; printf 'machine: '; head -c 200000 /dev/zero | tr '\0' '['; } >brackets.yaml
	refused brackets.yaml 'brackets.yaml:2:73: error: too many levels; accepted: at most 64' || return 1
	{ echo 'mmsim: 1'; printf 'machine: '; yes '{a:' | tr '\n' ' ' | head -c 16000000; } >braces.yaml
	refused braces.yaml 'braces.yaml:2:259: error: too many levels; accepted: at most 64'
}
check "100000 levels of brackets" deep

many() {
	{ echo 'mmsim: 1'; printf 'machine: ['; yes '1,' | tr '\n' ' ' | head -c 12000000; echo ']'; } >items.yaml
	refused items.yaml 'items.yaml:2:2999996: error: more than 1000000 values, aliases written out; accepted: at most 1000000' || return 1
	{ echo 'mmsim: 1'; awk 'BEGIN { for (i = 0; i < 100000; i++) print "key" i ": " i }'; } >keys.yaml
	(eval "$limits"; exec timeout 120 "$mmsim" check keys.yaml) >out 2>err
	is 2 $? && says err '^keys.yaml:2:1: error: no key "key0" in a scenario; accepted: mmsim, ' || return 1
	is 51 "$(grep -c 'error:\|more errors' err)" || return 1
	says err 'mmsim: 99950 more errors'
}
check "millions of values" many

long_text() {
	{ printf 'mmsim: 1\ntasks: [{ name: "'; head -c 15000000 /dev/zero | tr '\0' a; echo '", do: [] }]'; } >scalar.yaml
	refused scalar.yaml 'scalar.yaml:2:17: error: 15000000 bytes of text are too long; accepted: at most 4096' || return 1
	{ printf 'mmsim: 1\nseed: 1 '; head -c 15000000 /dev/zero | tr '\0' '#'; echo; echo 'duraton: 5 s'; } >comment.yaml
	refused comment.yaml 'comment.yaml:3:1: error: no key "duraton" in a scenario; did you mean "duration"?'
}
check "texts and lines of 15 MB" long_text

bombs() {
	awk 'BEGIN { print "mmsim: 1\na0: &a0 [x]"; for (i = 1; i < 40; i++) printf "a%d: &a%d [*a%d, *a%d]\n", i, i, i - 1, i - 1 }' >doubles.yaml
	refused doubles.yaml 'doubles.yaml:20:12: error: more than 1000000 values, aliases written out; accepted: at most 1000000' || return 1
	awk 'BEGIN { print "mmsim: 1\nm0: &m0 { a: 1 }"; for (i = 1; i < 63; i++) printf "m%d: &m%d { <<: *m%d, k%d: *m%d }\n", i, i, i - 1, i, i - 1 }' >merges.yaml
	(eval "$limits"; exec timeout 120 "$mmsim" check merges.yaml) >out 2>err
	is 2 $? && says err 'more than 1000000 values' || return 1
	i=0
	while [ "$i" -lt 12 ]; do
		printf 'mmsim: 1\nmachine: !include include%d.yaml\n' $((i + 1)) >include$i.yaml
		i=$((i + 1))
	done
	exits 2 "$mmsim" check include0.yaml && says err '^include[0-9]*.yaml:2:10: error: too many files inside each other; accepted: at most [0-9]*$' || return 1
	printf 'mmsim: 1\na: !include b.yaml\n' >a.yaml
	printf 'b: !include a.yaml\n' >b.yaml
	refused a.yaml 'b.yaml:1:4: error: a.yaml includes itself; accepted: another file'
}
check "bombs of aliases, merges and includes" bombs

terminal() {
	evil=$(printf 'a\033]0;owned\007\033[2Jb')
	printf 'mmsim: 1\nseed: x\n' >"$evil.yaml"
	refused "$evil.yaml" 'a\x1b]0;owned\x07\x1b[2Jb.yaml:2:7: error: seed: "x": not a number; accepted: a whole number, at least 0' || return 1
	exits 2 "$mmsim" run --set "$evil=1" small.yaml && ! LC_ALL=C grep -q "$(printf '\033')" err || return 1
	exits 2 "$mmsim" run --set "vm.swappiness=$evil" small.yaml && ! LC_ALL=C grep -q "$(printf '\033')" err || return 1
	exits 2 "$mmsim" "$evil" && ! LC_ALL=C grep -q "$(printf '\033')" err
}
check "names with control characters do not reach the terminal" terminal

mutations() {
	# a right scenario with one byte in turn replaced by something else: no crash, nothing else than 0 or 2,
	# and each is right or told its place
	n=0
	size=$(wc -c <small.yaml)
	mkdir mutants
	while [ "$n" -lt "$size" ]; do
		before=$(head -c "$n" small.yaml; echo .)
		behind=$(tail -c +$((n + 2)) small.yaml; echo .)
		i=0
		for byte in '\000' '{' '\t' '\377' '&'; do
			i=$((i + 1))
			{ printf %s "${before%.}"; printf "$byte"; printf %s "${behind%.}"; } >mutants/"$n-$i".yaml
		done
		(eval "$limits"; exec "$mmsim" check mutants/"$n"-*.yaml) >out 2>err
		got=$?
		[ $got -eq 0 ] || [ $got -eq 2 ] || { echo "status $got with another byte $n"; cat err; return 1; }
		cat out err >>answers
		n=$((n + ${STEP:-7}))
	done
	find mutants -type f | sort >want
	sed -n -e 's/^\(mutants[^:]*\): ok$/\1/p' -e 's/^\(mutants[^:]*\):[0-9]*:[0-9]*: error: .*/\1/p' answers | sort -u | diff want -
}
check "every mutated byte is answered" mutations

exit "$failed"
