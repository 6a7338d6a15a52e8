#!/bin/sh
# mmsim check, list, explain, schema, --help: what people try first.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
. "$(dirname "$0")/lib.sh"

help_works_for_every_command() {
	exits 0 "$mmsim" --help && exits 0 "$mmsim" --version && says out '^mmsim [0-9]' || return 1
	for c in run plot compare sweep check list explain schema procfs import verify; do
		exits 0 "$mmsim" "$c" --help && says out "^usage: mmsim $c" || return 1
	done
	for c in run plot compare sweep check list explain schema procfs import verify; do
		"$mmsim" "$c" --help >asked && exits 0 "$mmsim" help "$c" && cmp asked out && exits 0 "$mmsim" --help "$c" && cmp asked out || return 1
	done
	exits 2 "$mmsim" && is "" "$(cat out)" && says err '^usage: mmsim COMMAND' || return 1
	exits 2 "$mmsim" help rnu && says err 'did you mean "run"' && exits 2 "$mmsim" help run plot || return 1
	exits 2 "$mmsim" --version extra && is "" "$(cat out)" && exits 0 "$mmsim" version && says out '^mmsim [0-9]'
}
check "help works for every command" help_works_for_every_command

bar_is_seen() {
	grep -q "$(printf '\033')" seen-xterm
}

# A long run on a terminal; it ends when the file "enough" is there.
on_terminal() { # TERM
	rm -f enough bar.db
	# shellcheck disable=SC2016 # the inner shell's
	TERM=$1 timeout 120 script -qfec "'$mmsim' run --until 300s -o bar.db long.yaml & until [ -e enough ]; do sleep 0.05; done; kill \$!; wait \$!" "seen-$1" </dev/null >/dev/null &
}

a_dumb_terminal_gets_no_bar() {
	command -v script >/dev/null || { echo "skipped: no script(1)"; return 0; }
	on_terminal xterm
	wait_until bar_is_seen
	seen=$?
	: >enough
	wait
	[ "$seen" -eq 0 ] || { echo "no bar at all"; return 1; }
	# as long again as a bar would need
	on_terminal dumb
	wait_until test -e bar.db && sleep 0.8
	: >enough
	wait
	[ -s seen-dumb ] && ! grep -q "$(printf '\033')" seen-dumb
}
check "a terminal that cannot move gets no bar" a_dumb_terminal_gets_no_bar

check_reads_and_runs_nothing() {
	exits 0 "$mmsim" check small.yaml long.yaml && says out 'small.yaml: ok' && [ ! -e results ] || return 1
	sed 's/write:/wirte:/' small.yaml >wrong.yaml
	exits 2 "$mmsim" check small.yaml wrong.yaml && says err 'wrong.yaml:12:' && says err 'write' || return 1
	exits 2 "$mmsim" check
}
check "check reads and runs nothing" check_reads_and_runs_nothing

lists_are_there_for_people_and_programs() {
	for l in tunables metrics ops trace checks charts procfs scenarios; do
		exits 0 "$mmsim" list "$l" || return 1
		[ "$(wc -l <out)" -gt 1 ] || { echo "$l"; return 1; }
		exits 0 "$mmsim" list "$l" --json || return 1
		n=$(sqlite3 :memory: "SELECT json_array_length(readfile('out'))")
		[ "$n" -gt 0 ] || { echo "$l: $n"; return 1; }
	done
	exits 0 "$mmsim" list tunables && says out 'vm.dirty_ratio' && says out 'queue.<disk>.read_ahead_kb' || return 1
	exits 2 "$mmsim" list tunable && says err 'did you mean "tunables"' || return 1
	exits 2 "$mmsim" list ops --personality=windows && says err 'linux'
}
check "lists are there for people and programs" lists_are_there_for_people_and_programs

explain_knows_every_name() {
	for n in vm.dirty_ratio dirty_ratio queue.sda.read_ahead_kb nr_dirty balance_dirty_pages watermarks zoneinfo; do
		exits 0 "$mmsim" explain "$n" && says out "${n##*.}" || return 1
	done
	exits 0 "$mmsim" explain vm.dirty_ratio && says out '0..100' && says out '/proc/sys/vm' || return 1
	exits 2 "$mmsim" explain dirty_ratoi && says err 'did you mean'
}
check "explain knows every name" explain_knows_every_name

schemas_are_well_formed() {
	exits 0 "$mmsim" schema &&
		is object "$(sqlite3 :memory: "SELECT json_extract(readfile('out'), '\$.type')")" || return 1
	exits 0 "$mmsim" schema --sql && sqlite3 schema.db <out && "$mmsim" run -q -o r.db --until 100ms --trace='*' small.yaml || return 1
	is "$(sqlite3 schema.db 'SELECT sql FROM sqlite_schema ORDER BY name')" \
		"$(sqlite3 r.db 'SELECT sql FROM sqlite_schema ORDER BY name')"
}
check "schemas are well formed and those of real results" schemas_are_well_formed

a_full_standard_output_exits_3() {
	"$mmsim" list tunables >/dev/full 2>err
	is 3 $?
}
check "a standard output that is full exits 3" a_full_standard_output_exits_3

exit "$failed"
