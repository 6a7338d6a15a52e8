#!/bin/sh
# What check and run say on standard error of scenarios that are right and hardly meant, and how
# failures of one kind are told.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
. "$(dirname "$0")/lib.sh"

scenario() { # SYSCTL STEPS
	cat >s.yaml <<-END
		mmsim: 1
		duration: 20 s
		machine: { nodes: [{ cpus: 2, memory: 2 GiB }], disks: [{ name: sda, preset: ssd }] }
		sysctl: { $1 }
		tasks: [{ name: t, do: [$2] }]
	END
}

# A note, and all is well; in a run as well, unless it is quiet.
notes() { # PATTERN
	exits 0 "$mmsim" check s.yaml && says err "note: $1" || return 1
	exits 0 "$mmsim" run -o n.db --force --until 1ms s.yaml && says err "note: $1" || return 1
	exits 0 "$mmsim" run -q -o n.db --force --until 1ms s.yaml && is "" "$(cat err)" || return 1
	exits 0 "$mmsim" check -q s.yaml && is "" "$(cat err)"
}

a_tmpfs_larger_than_all_memory_is_noted() {
	scenario '' '{ sleep: 1 ms }'
	echo 'linux: { tmpfs: [{ name: tmp, size: 3 GiB }, { name: shm }] }' >>s.yaml
	notes 'linux.tmpfs: "tmp" may have 3145728 KiB' && is 0 "$(grep -c '"shm"' err)" || return 1
	sed -i 's/linux: {/& swap: [{ disk: sda, size: 2 GiB }],/' s.yaml
	exits 0 "$mmsim" check s.yaml && is "" "$(cat err)" || return 1
	# what the pool of huge pages holds is not there for files
	sed -i 's/sysctl: {/& vm.nr_hugepages: 600/' s.yaml
	exits 0 "$mmsim" check s.yaml && says err '"tmp" may have 3145728 KiB, .* without the pool of huge pages:' || return 1
}
check "a tmpfs larger than all memory is noted" a_tmpfs_larger_than_all_memory_is_noted

map='{ mmap: { len: 64 MiB }, as: m }'

settings_nobody_means_are_noted() {
	scenario 'vm.min_free_kbytes: 64 GiB' '{ sleep: 1 ms }' && notes 'vm.min_free_kbytes: 67108864 KiB' || return 1
	scenario 'vm.dirty_background_ratio: 60, vm.dirty_ratio: 5' '{ sleep: 1 ms }' &&
		notes 'vm.dirty_background_ratio: 60 is not below vm.dirty_ratio: 5' || return 1
	scenario 'vm.dirty_background_bytes: 64 MiB, vm.dirty_bytes: 64 MiB' '{ sleep: 1 ms }' &&
		notes 'vm.dirty_background_bytes: 67108864 is not below'
}
check "settings that nobody means are noted" settings_nobody_means_are_noted

a_span_beyond_its_mapping_is_noted() {
	scenario '' "$map, { touch: { map: m, offset: 1 MiB, span: 64 MiB } }" &&
		notes 'touch in line 5 leads to 65 MiB, "m" has only 64 MiB' || return 1
	scenario '' "$map, { touch: { map: m, span: 64 MiB } }"
	exits 0 "$mmsim" check s.yaml && is "" "$(cat err)"
}
check "a span beyond its mapping is noted" a_span_beyond_its_mapping_is_noted

times_after_the_end_are_noted() {
	scenario '' '{ sleep: 1 ms }'
	sed -i 's/name: t/&, start: 20 s/' s.yaml
	notes 'task t never begins: its start is at 20 s, the run ends after 20 s (line 5)' || return 1
	sed -i 's/start: 20 s/start: 19 s/' s.yaml
	exits 0 "$mmsim" check s.yaml && is "" "$(cat err)" || return 1
	# a shorter run is meant to be shorter, a longer one there is not
	exits 0 "$mmsim" run -o n.db --force --until 1ms s.yaml && is "" "$(cat err)" || return 1
	exits 0 "$mmsim" run -o n.db --force --until 21s s.yaml && says err 'note: --until 21 s has no effect: .* after 20 s'
}
check "times after the end are noted" times_after_the_end_are_noted

# 15 s of 5 ns are 3000000000; a think, a rate or a count makes them few.
endless_calls_are_noted() {
	scenario '' "$map, { touch: { map: m, block: 4 KiB, for: 15 s } }" &&
		exits 0 "$mmsim" check s.yaml && says err 'note: task t may make up to 30000000[0-9]* calls (line 5)' || return 1
	scenario '' "$map, { loop: { for: 15 s, do: [{ touch: { map: m, block: 4 KiB } }] } }" &&
		exits 0 "$mmsim" check s.yaml && says err 'note: task t may make up to 3' || return 1
	for word in 'think: 2 us' 'count: 1000' 'iops: 1000' 'bytes: 64 MiB'; do
		scenario '' "$map, { touch: { map: m, block: 4 KiB, for: 15 s, $word } }"
		exits 0 "$mmsim" check s.yaml && is "$word " "$word $(cat err)" || return 1
	done
}
check "calls nobody waits for are noted" endless_calls_are_noted

# What lies behind --until is not run: its calls are none; values without effect have none all the same.
a_short_run_has_few_calls() {
	scenario 'vm.dirty_bytes: 64 MiB, vm.dirty_ratio: 5' "$map, { touch: { map: m, block: 4 KiB, for: 15 s } }"
	exits 0 "$mmsim" run -o u.db --force --until 1ms s.yaml && says err 'note: vm.dirty_bytes .* has no effect' || return 1
	! grep -q 'may make up to' err || { cat err; return 1; }
	exits 0 "$mmsim" check s.yaml && says err 'has no effect' && says err 'may make up to 3'
}
check "a short run is not said to make the calls of a long one" a_short_run_has_few_calls

failures_of_one_kind_are_one_line() {
	scenario '' "{ loop: { count: 7, do: [{ sleep: 1 ms }, { mmap: { len: 4 KiB }, returns: 5 }] } }, { assert: nr_free_pages < 0 }"
	exits 1 "$mmsim" run -o f.db s.yaml || return 1
	is 2 "$(grep -c FAIL out)" && says out 'FAIL: task t: .*, 7 times, first at 0.001[0-9]* s (s.yaml:5:' &&
		says out 'FAIL: task t: assert: .* at 0.007[0-9]* s (s.yaml:5:'
}
check "failures of one kind are one line, with how often and when first" failures_of_one_kind_are_one_line

a_file_without_anything_to_read_is_noted() {
	scenario '' '{ loop: { count: 3, do: [read: e] } }, { read: { file: d, bytes: 2 MiB } }, { read: d }, { read: e, returns: 0 }'
	echo 'files: [{ name: e, disk: sda }, { name: d, disk: sda, size: 1 MiB }]' >>s.yaml
	exits 0 "$mmsim" run -o f.db --force s.yaml && is 1 "$(grep -c '^note' out)" &&
		says out '^note  *task t: read found nothing 3 times, first at 0.[0-9]* s (s.yaml:5:' &&
		is 0 "$(sql f.db 'SELECT count(*) FROM failed_call')" &&
		exits 0 "$mmsim" run -q -o f.db --force s.yaml && is "" "$(cat out)"
}
check "a file without anything to read is noted" a_file_without_anything_to_read_is_noted

a_file_that_could_not_be_opened_is_a_failure() {
	scenario '' '{ open: { file: t, direct: true }, as: f, returns: -EINVAL }, { read: { file: f, len: 1 } }, { close: f }'
	echo 'files: [{ name: t, fs: tmpfs }]' >>s.yaml
	exits 1 "$mmsim" run -o f.db --force s.yaml || return 1
	says out '^FAIL: task t: read: "f" stands for nothing: the call that was to give it failed' &&
		says out '^FAIL: task t: close: "f" stands for nothing'
}
check "a file that could not be opened is a failure" a_file_that_could_not_be_opened_is_a_failure

exit "$failed"
