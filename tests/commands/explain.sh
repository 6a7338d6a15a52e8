#!/bin/sh
# mmsim explain: every name of the tables, with what reads it and which tests show it.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317 # lib.sh gives names; check calls the functions
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
		# the paragraph of each name says where it is declared
		awk -v list="$l" 'FNR == NR { if (/^[^ ]/) { n = $0; sub(/: .*/, "", n) } if (/^  declared /) place[n] = 1; next }
			!($0 in place) { print list ": " $0 " has no place"; bad = 1 }
			END { exit bad }' out names || return 1
	done
}
check "every tunable, metric, call, tracepoint and chart is explained with its place" everything_is_explained_with_its_place

places_are_true() {
	# shellcheck disable=SC2046
	"$mmsim" explain $(names_of tunables) $(names_of ops) | awk '/^[^ ]/ { name = $1; sub(/:$/, "", name); sub(/.*\./, "", name) }
		/^  declared / { split($2, p, ":"); print p[1], p[2], name }' | sort -u >places
	[ "$(wc -l <places)" -gt 100 ] || return 1
	# shellcheck disable=SC2046 # names of files are words
	(cd "$tree" && awk 'FILENAME == ARGV[1] { words[$1, $2] = words[$1, $2] " " $3; n++; next }
		(FILENAME, FNR) in words { many = split(words[FILENAME, FNR], word, " ")
			for (i = 1; i <= many; i++) { n--
				if ($0 !~ "(^|[^A-Za-z0-9_])" word[i] "([^A-Za-z0-9_]|$)") { print FILENAME ":" FNR, "does not have", word[i]; bad = 1 } } }
		END { if (n) print n, "places are in no file"; exit bad || n }' "$work/places" $(cut -d ' ' -f 1 "$work/places" | sort -u))
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
	exits 0 "$mmsim" explain queue.sda.read_ahead_kb && says out 'queue.<disk>.read_ahead_kb' || return 1
	for name in vm.page-cluster vm.page_cluster vm/page-cluster page-cluster page_cluster; do
		exits 0 "$mmsim" explain "$name" && says out '^vm.page-cluster: tunable of linux' || return 1
	done
	exits 0 "$mmsim" explain vm.fault_around_bytes && says out 'where  */sys/kernel/debug/fault_around_bytes' || return 1
	exits 0 "$mmsim" explain transparent_hugepage.defrag && says out 'default  *madvise' &&
		says out 'accepted  *always, defer, defer+madvise, madvise, never'
}
check "it says unit, default, range, who reads it and which tests show it" it_says_unit_default_range_readers_and_tests

unknown_names_get_the_nearest() {
	exits 2 "$mmsim" explain vm.dirty_ratoi && says err 'did you mean "vm.dirty_ratio"' || return 1
	exits 2 "$mmsim" explain watermarkz && says err 'did you mean "watermark' || return 1
	exits 2 "$mmsim" explain wakeup_ksw && says err 'with it in their name.*mm_vmscan_wakeup_kswapd' || return 1
	exits 2 "$mmsim" explain zzzzzz && says err 'nothing is called' || return 1
	exits 2 "$mmsim" explain vm.dirty_ratio xyzzyx && says out '0..100' || return 1
	exits 2 "$mmsim" explain
}
check "unknown names get the nearest ones" unknown_names_get_the_nearest

sysctls_that_are_not_simulated_are_known() {
	for sysctl in nr_hugepages_mempolicy hugetlb_shm_group stat_refresh max_map_count mmap_min_addr mmap_rnd_bits \
		legacy_va_layout admin_reserve_kbytes unprivileged_userfaultfd numa_zonelist_order memory_failure_recovery; do
		for written in "vm.$sysctl" "$sysctl" "vm/$sysctl" "/proc/sys/vm/$sysctl"; do
			exits 0 "$mmsim" explain "$written" && says out "^[a-z./]*$sysctl: sysctl of linux, not simulated" &&
				says out 'the kernel has it, it has no effect here' || return 1
		done
	done
	# what is a call here leads to it
	exits 0 "$mmsim" explain vm.drop_caches && says out 'sysctl of linux, a call here' &&
		says out 'mmsim explain drop_caches$' || return 1
	exits 0 "$mmsim" explain drop_caches && says out '^drop_caches: call of linux' || return 1
	# other names of the kind, and what no kernel has, are not known
	for sysctl in vm.nr_hugepagez vm.block_dump vm.highmem kernel.nr_hugepages net.core.somaxconn queue.nr_hugepages; do
		exits 2 "$mmsim" explain "$sysctl" && says err 'nothing is called' || return 1
	done
	# and a scenario says the same
	printf 'mmsim: 1\nduration: 1 s\nmachine: { nodes: [{ cpus: 1, memory: 1 GiB }] }\nsysctl: { vm.stat_refresh: 1 }\n' >refresh.yaml
	exits 2 "$mmsim" check refresh.yaml && says err 'vm.stat_refresh is not simulated: it has no effect here'
}
check "sysctls of the kernel that are not simulated are known as such" sysctls_that_are_not_simulated_are_known

scenarios_say_what_they_ask() {
	exits 0 "$mmsim" list scenarios || return 1
	awk 'length($0) > 120 { print "long:", $0; bad = 1 } END { exit bad }' out || return 1
	says out '^in .*scenarios; mmsim explain' || return 1
	exits 0 "$mmsim" list scenarios --json && says out '"path": ".*/scenarios/tutorial/01-watermarks.yaml"' || return 1
	sed -n 's/^  "name": "\(.*\)",*$/\1/p' out >names
	[ "$(wc -l <names)" -gt 20 ] || return 1
	while IFS= read -r n; do
		exits 0 "$mmsim" explain "$n" && says out "^$n: scenario" && says out "run it .*scenarios/$n" || return 1
		# the whole comment: its last line before the one for editors
		last=$(awk '!/^#/ || /yaml-language-server/ { exit } length($0) > 2 { last = substr($0, 3) } END { print last }' "$tree/scenarios/$n")
		grep -q -F -e "  $last" out || { echo "$n: $last"; cat out; return 1; }
	done <names
	for n in memory-hog 01-watermarks tutorial/01-watermarks 01-watermarks.yaml; do
		exits 0 "$mmsim" explain "$n" && says out ': scenario$' || return 1
	done
	exits 2 "$mmsim" explain memory-hug && says err 'did you mean "memory-hog"'
}
check "scenarios say what they ask, in lines of a terminal" scenarios_say_what_they_ask

lists_are_broken_on_a_terminal() {
	command -v script >/dev/null || { echo "left out: script is not there"; return 0; }
	script -qec "stty cols 110 && '$mmsim' list charts" /dev/null </dev/null | tr -d '\r' >out
	[ "$(grep -c . out)" -gt 10 ] || { cat out; return 1; }
	awk 'length($0) > 110 { print "long:", $0; bad = 1 } END { exit bad }' out || return 1
	# a pipe gets a line for each
	exits 0 "$mmsim" list charts && is "$(grep -c '"name"' charts.json)" "$(($(wc -l <out) - 1))"
}
"$mmsim" list charts --json >charts.json
check "lists are broken on a terminal, not in a pipe" lists_are_broken_on_a_terminal

figures_of() { # FILE: their names out of what run printed, those of tasks left out
	sed -n '/^figures$/,$p' "$1" | sed -n 's/^  \([^ ].*[^ ]\)  *[0-9][0-9.e+-]*\( [A-Za-z/]*\)*$/\1/p' |
		sed 's/  *$//' | grep -v '^\(writer\|reader\|hog\)\( [a-z_]*\)\{0,1\}$'
}

every_figure_of_a_run_is_explained() {
	sed 's/^tasks:/tasks:\n  - name: hog\n    do:\n      - mmap: { len: 1 GiB, noreserve: true }\n        as: m\n'"\
"'      - touch: { map: m, write: true, bytes: 300 MiB, block: 1 MiB }/; s/, trace: .*]//' small.yaml >hog.yaml
	sed -i 's/^      - touch:.*/&\n      - mmap: { len: 1 TiB }/' hog.yaml
	for kernel in linux freebsd; do
		{ cat hog.yaml; echo "personality: $kernel"; } >one.yaml
		"$mmsim" run --force one.yaml >out 2>err || { cat out err; return 1; }
		figures_of out >names
		[ "$(wc -l <names)" -gt 9 ] || { cat out names; return 1; }
		while IFS= read -r n; do
			exits 0 "$mmsim" explain "$n" && says out ': figure of ' || return 1
		done <names
	done
	exits 0 "$mmsim" explain figures && says out 'TASK CALL p50' || return 1
	sed -n 's/^    \([^ ].\{18\}\).*/\1/p' out | sed 's/  *$//' | sort -u >names
	[ "$(wc -l <names)" -gt 15 ] || return 1
	while IFS= read -r n; do
		exits 0 "$mmsim" explain "$n" && says out ': figure of ' || return 1
	done <names
}
check "every figure that a run prints is explained" every_figure_of_a_run_is_explained

names_of_kernel() { # KERNEL LIST
	"$mmsim" list "$2" --json | awk -v k="\"$1\"" '/"kernel"/ { on = index($0, k) } on && sub(/^ *"name": "/, "") { sub(/",?$/, ""); print }' |
		sort -u
}

nothing_is_without_code_and_test() { # KERNEL LISTS
	for l in $2; do
		names_of_kernel "$1" "$l" >names
		[ "$(wc -l <names)" -ge 3 ] || { echo "$l: only $(wc -l <names)"; return 1; }
		# shellcheck disable=SC2046 # names are words
		exits 0 "$mmsim" explain $(cat names) || return 1
		# what can never happen says so in its row
		awk -v list="$l" 'FNR == NR { if (/^[^ ]/) { n = $0; sub(/: [^:]*$/, "", n); sub(/^.proc./, "", n); sub(/^.sys./, "sysfs/", n) }
				if (/^  code / || /^  effect .*taken, without effect: /) code[n] = 1
				if (/^  tests / || /stays 0: /) tests[n] = 1
				next }
			!($0 in code) { print list ": " $0 " has no code"; bad = 1 }
			!($0 in tests) { print list ": " $0 " has no test"; bad = 1 }
			END { exit bad }' out names || return 1
	done
}
check "no tunable, call, check, chart, file, metric or tracepoint of linux is without its code and a test" \
	nothing_is_without_code_and_test linux "tunables ops checks charts procfs metrics trace"
check "nor of freebsd" nothing_is_without_code_and_test freebsd "tunables ops checks charts metrics trace"

what_is_taken_without_effect_says_so() {
	exits 0 "$mmsim" explain vm.dirtytime_expire_seconds || return 1
	says out 'effect  *taken, without effect: ...' || return 1
	exits 0 "$mmsim" explain vm.swappiness && ! grep -q '^  effect' out
}
check "what is taken without effect says so, and why" what_is_taken_without_effect_says_so

words_mean_what_they_mean_in_the_call() {
	exits 0 "$mmsim" explain touch || return 1
	says out 'offset  *where in the mapping$' || return 1
	! grep -q nr_free_zone_pages out || return 1
	exits 0 "$mmsim" explain nr_free_zone_pages && says out 'offset  *the last zone, 0 DMA' || return 1
	exits 0 "$mmsim" explain mmap && says out 'write  *PROT_WRITE, stores are allowed' || return 1
	exits 0 "$mmsim" explain meminfo && says out 'written  *mmsim procfs SCENARIO|DB --at TIME' && says out 'code  *models/linux/procfs/meminfo.c:[0-9]* meminfo_show()'
}
check "words mean what they mean in the call" words_mean_what_they_mean_in_the_call

keys_of_scenarios_are_explained() {
	# every row of the reference; "<<" is none of mmsim
	sed -n 's/^| `\([^`]*\)`.*/\1/p' "$tree/docs/reference/scenario-keys.md" | grep -v '^<<$' >names
	[ "$(wc -l <names)" -gt 150 ] || return 1
	# shellcheck disable=SC2046 # names are words
	exits 0 "$mmsim" explain $(cat names) || return 1
	while IFS= read -r n; do
		grep -q -F -x -e "$n: key of scenarios" -e "$n: key of scenarios, tunables of linux" -e "$n: key of scenarios, for linux" out ||
			{ echo "$n"; return 1; }
	done <names
	exits 0 "$mmsim" explain queue_depth && says out '^machine.disks\[\].queue_depth: key of scenarios$' &&
		says out 'requests the device takes at a time' && says out 'accepted  *a whole number, 1..65536' || return 1
	exits 0 "$mmsim" explain tasks.nice && says out '^tasks\[\].nice: key' && says out 'accepted .*-20..19' || return 1
	exits 0 "$mmsim" explain disks.errors.on && says out 'default  *both' && says out '^    flush ' || return 1
	# what kernels share is explained once
	[ "$("$mmsim" explain machine.disks.name | grep -c ': key of scenarios')" -eq 1 ] || return 1
	[ "$("$mmsim" explain tasks.oom_score_adj | grep -c ': key of scenarios, for ')" -eq 2 ] || return 1
	exits 2 "$mmsim" explain queue_dept && says err 'did you mean "queue_depth"' || return 1
	exits 2 "$mmsim" explain disks.queue_dept
}
check "keys of scenarios are explained, by their path or the last parts of it" keys_of_scenarios_are_explained

what_speaks_of_a_word_is_named() {
	# lines of /proc and flags of calls are no names here, but somebody means them; each can be asked for
	for pair in HugePages_Rsvd:resv_hugepages MAP_HUGETLB:hugetlb o_direct:direct FALLOC_FL_KEEP_SIZE:keep_size; do
		exits 2 "$mmsim" explain "${pair%:*}" && says err "what speaks of it: ${pair#*:}\$" || return 1
		exits 0 "$mmsim" explain "${pair#*:}" || return 1
	done
	# whole words only, and a line that does not grow without end
	exits 2 "$mmsim" explain HugePages_Rsv && ! grep -q speaks err || return 1
	exits 2 "$mmsim" explain programs && is 8 "$(sed -n 's/.*speaks of it: //p' err | tr -d ' .' | tr ',' '\n' | grep -c .)"
}
check "what speaks of a word is named" what_speaks_of_a_word_is_named

functions_of_the_kernel_are_found() {
	exits 0 "$mmsim" explain get_init_ra_size balance_pgdat && says out '^get_init_ra_size: function of linux$' &&
		says out '^  code  *models/linux/pagecache/readahead.c:[0-9]*$' && says out '^  like .*mm/readahead.c' || return 1
	line=$(sed -n 's/^  code  *models.linux.reclaim.kswapd.c://p' out)
	sed -n "${line}p" "$tree/models/linux/reclaim/kswapd.c" | grep -q 'balance_pgdat(' || return 1
	# a name that others have in theirs
	exits 0 "$mmsim" explain kswapd && says out '^kswapd: function of linux' && says out 'with it in their name.*pgscan_kswapd' || return 1
	# of two kernels with the same call each is told its own places
	exits 0 "$mmsim" explain read || return 1
	is "linux freebsd " "$(awk '/^read: call of / { kernel = $4 } / models\// { split($0, part, "/"); if (part[2] != kernel) print "wrong:", $0; else if (kernel != last) printf "%s ", last = kernel }' out)"
}
check "functions of the kernel are found, each kernel in its own sources" functions_of_the_kernel_are_found

words_of_calls_are_explained() {
	exits 0 "$mmsim" explain advice && says out '^advice: word of calls of linux' && says out '^  calls  *fadvise$' &&
		says out '^madvise.advice: word of calls of linux' && says out '^  calls  *madvise$' || return 1
	exits 0 "$mmsim" explain madvise.advice && says out '^    collapse ' && ! grep -q noreuse out || return 1
	exits 0 "$mmsim" explain rate && says out 'word of calls that go through' && says out 'bytes per second at most' || return 1
	exits 0 "$mmsim" explain loop.for && says out 'no further round' && ! grep -q 'no further call' out
}
check "words of calls and steps are explained, with the calls that take them" words_of_calls_are_explained

exit "$failed"
