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

# What truncation zeroes in a clean page is not written; in a dirty one it is (recorded by tests/guest/api/run).
zeroed_bytes_reach_the_disk_with_the_page() {
	without_answers cache-truncate
	cat >in/cache-truncate/calls.txt <<-END
		open 0 /mnt/h0 4 = 0 0 0 ....
		write 0 0 8192 = 8192 8192 2 dd..
		filemap_write_and_wait_range 0 0 9223372036854775807 = 0 8192 2 uu..
		truncate_inode_pages 0 4173 = - 8192 2 uu..
		bytes 0 1 = 4019 8192 2 uu..
		invalidate_mapping_pages 0 1 1 = 1 8192 1 u...
		write 0 8000 10 = 10 8192 2 ud..
		bytes 0 1 = 0 8192 2 ud..
		truncate_inode_pages 0 4173 = - 8192 2 ud..
		filemap_write_and_wait_range 0 0 9223372036854775807 = 0 8192 2 uu..
		invalidate_mapping_pages 0 1 1 = 1 8192 1 u...
		write 0 8000 10 = 10 8192 2 ud..
		bytes 0 1 = 4009 8192 2 ud..
	END
	exits 0 "$mmsim" verify in/cache-truncate
}
check "bytes that truncation zeroed reach the disk when the page is written" zeroed_bytes_reach_the_disk_with_the_page

what_cannot_be_read_is_refused() {
	without_answers cache-lookup
	sed -i 's/^group: cache/group: nobody/' in/cache-lookup/case.yaml
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
	says err "no such file" || return 1
	without_answers cache-lookup
	sed -i 's/readahead_pages: 0}/readahead_pages: 0, wbt_lat_usec: 60000001}/' in/cache-lookup/case.yaml
	exits 2 "$mmsim" verify in/cache-lookup || return 1
	says err "case.yaml:14:.* wbt_lat_usec: out of range; accepted: -1 to 60000000" || return 1
	sed -i 's/60000001/60000000/' in/cache-lookup/case.yaml
	exits 0 "$mmsim" verify in/cache-lookup || return 1
	sed -i 's/request_us: 5000/request_us: 3600000001/' in/cache-lookup/case.yaml
	exits 2 "$mmsim" verify in/cache-lookup || return 1
	says err "case.yaml:14:.* request_us: out of range; accepted: 0 to 3600000000" || return 1
	sed -i 's/request_us: 3600000001/request_us: -1/' in/cache-lookup/case.yaml
	exits 2 "$mmsim" verify in/cache-lookup || return 1
	says err "request_us: out of range" || return 1
	sed -i '/^disk:/s/request_us: -1, //' in/cache-lookup/case.yaml
	exits 2 "$mmsim" verify in/cache-lookup || return 1
	says err "case.yaml:14:.*no key \"request_us\""
}
check "what cannot be read is refused" what_cannot_be_read_is_refused

# A case of which files may be changed.
copied() { # FAMILY CASE
	rm -rf "in/$2"
	mkdir -p in
	cp -RL "$cases/$1/$2" in/
	chmod -R u+w "in/$2"
}

numbers_that_no_guest_has_are_refused() {
	refused() { # KEY VALUE ACCEPTED
		copied guest swap-alone
		sed -i "s/\\b$1: -*[0-9]*/$1: $2/" in/swap-alone/case.yaml
		exits 2 timeout 60 "$mmsim" verify in/swap-alone && says err "case.yaml:[0-9]*:.* $1: $3"
	}
	refused sample_ms 18446744073709551 "out of range; accepted: 1 to 86400000" || return 1
	refused duration_ms 0 "out of range; accepted: 1 to" || return 1
	refused priority 32768 "out of range; accepted: -32767 to 32767" || return 1
	refused ratelimit_pages many "not a whole number" || return 1
	# each is said, whatever else is wrong
	refused size_mb 4611686018427387904 "out of range; accepted: 1 to" || return 1
	[ "$(grep -c 'size_mb: out of range' err)" = 2 ] || return 1
	copied guest swap-alone
	sed -i 's/^swap: {/&max_request_kb: 0, /' in/swap-alone/case.yaml
	exits 2 timeout 60 "$mmsim" verify in/swap-alone && says err "max_request_kb: out of range; accepted: 4 to"
}
check "numbers that no guest has are refused" numbers_that_no_guest_has_are_refused

# Nodes at distance 10 from each other are parts of one, which has room for as many ranges as any other.
parts_with() { # RANGES
	copied topology m2g-8n8c
	awk -v n="$1" '/start_pfn: 65536, end_pfn: 131072/ {
			for (i = 0; i < n - 8; i++)
				printf "- {node: 1, start_pfn: %d, end_pfn: %d}\n", 65536 + 2 * i, 65537 + 2 * i
			next
		}
		/^  [0-7]: [{]0: / { gsub(/: 20/, ": 10") } { print }' in/m2g-8n8c/case.yaml >case.yaml
	mv case.yaml in/m2g-8n8c/case.yaml
	"$mmsim" verify in/m2g-8n8c >out 2>err </dev/null
}
too_many_ranges() {
	parts_with 65
	says err "case.yaml:[0-9]*:.* too many ranges in the nodes that numa=fake made of node 0; accepted: at most 64" || return 1
	parts_with 64
	! grep "too many ranges" err
}
check "ranges of nodes that are one are not lost" too_many_ranges

damaged_tables_are_refused() {
	copied writeback small-bytes
	passes=in/small-bytes/passes.tsv
	head -c 3000 "$passes.gz" >short && mv short "$passes.gz"
	exits 2 "$mmsim" verify in/small-bytes && says err 'passes.tsv: cannot be read to its end; accepted: a whole file' || return 1
	copied writeback small-bytes
	gunzip "$passes.gz"
	awk -F '\t' -v OFS='\t' '$6 == "sleep" && !n++ { $14 = "99999999999999999999" } { print }' "$passes" >new.tsv && mv new.tsv "$passes"
	exits 2 "$mmsim" verify in/small-bytes && says err 'passes.tsv row [0-9]*: limit_before is "99999999999999999999"; accepted: 0 to'
}
check "tables that are cut off, or have impossible numbers, are refused" damaged_tables_are_refused

cells_that_are_none_are_refused() {
	copied writeback small-bytes
	samples=in/small-bytes/samples.tsv
	gunzip -f "$samples.gz" 2>/dev/null
	cp "$samples" whole
	names=$(awk -F '\t' '{ print NF; exit }' whole)
	# a column that is looked at
	dirty=$(sed 's/^# //; 1q' whole | tr '\t' '\n' | grep -nx nr_dirty | cut -d: -f1)
	awk -F '\t' -v OFS='\t' -v f="$dirty" 'NR == 5 { $f = "many" } { print }' whole >"$samples"
	exits 2 "$mmsim" verify in/small-bytes || return 1
	says err 'samples.tsv:5: nr_dirty is "many"; accepted: a whole number, or - for none' || return 1
	awk -F '\t' -v OFS='\t' 'NR == 4 { NF-- } { print }' whole >"$samples"
	exits 2 "$mmsim" verify in/small-bytes || return 1
	says err "samples.tsv:4: not a row of this table; accepted: $names cells" || return 1
	awk 'NR == 4 { $0 = $0 "\t1" } { print }' whole >"$samples"
	exits 2 "$mmsim" verify in/small-bytes || return 1
	says err "samples.tsv:4: not a row of this table; accepted: $names cells" || return 1
	awk -F '\t' -v OFS='\t' -v f="$dirty" 'NR == 4 { $f = "-" } { print }' whole >"$samples"
	"$mmsim" verify in/small-bytes >out 2>err
	is 0 "$(wc -l <err)"
}
check "rows of other lengths and cells that are no numbers are refused" cells_that_are_none_are_refused

a_case_without_answers_says_so() {
	without_answers cache-lookup
	: >in/cache-lookup/calls.txt
	exits 0 "$mmsim" verify in/cache-lookup || return 1
	says err "note: in/cache-lookup: nothing was compared: it has no recorded answers" || return 1
	exits 0 "$mmsim" verify "$cases/api/cache-lookup" || return 1
	is 0 "$(wc -l <err)" || return 1
	: >in/cache-lookup/case.yaml
	exits 2 "$mmsim" verify in/cache-lookup || return 1
	says err "case.yaml: nothing is written here; accepted: the key family" && is 0 "$(grep -c scenario err)"
}
check "a case without answers, or without anything, says so" a_case_without_answers_says_so

calls_that_never_return_are_refused() {
	copied api mempool-wait
	sed -i 's/^backend 1 = -/backend 0 = -/' in/mempool-wait/calls.txt
	exits 2 timeout 60 "$mmsim" verify in/mempool-wait && says err 'calls.txt:[0-9]*: join 0: .* that nobody gives back' || return 1
	# what stands alone waits, too
	copied api mempool-wait
	sed -i 's/^sleep_ms 7000 = -/nothing/; s/^join 0 .*/mempool_alloc 0 20 KERNEL = 1 0 0 0/' in/mempool-wait/calls.txt
	exits 2 timeout 60 "$mmsim" verify in/mempool-wait
}
check "calls that would never return are refused" calls_that_never_return_are_refused

# Two runs of the real kernel, beside each other.
a_recorded_run_takes_the_place_of_a_computed_one() {
	copied reclaim stream
	exits 0 "$mmsim" verify "$cases/reclaim/stream" --run in/stream || return 1
	says out "reclaim/stream  nr_free_pages  *distance 0.0 %" && says out "direct reclaims  9, recorded 9" || return 1
	! grep -q equal out || return 1 # nothing was computed
	gunzip in/stream/samples.tsv.gz in/stream/direct.tsv.gz
	awk -F '\t' -v OFS='\t' 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "nr_free_pages") c = i } NR > 1 { $c *= 2 } { print }' in/stream/samples.tsv >new.tsv
	mv new.tsv in/stream/samples.tsv
	sed -i '4,$d' in/stream/direct.tsv
	exits 1 "$mmsim" verify "$cases/reclaim/stream" --run in/stream || return 1
	says out "nr_free_pages  *distance [1-9][0-9.]* % (at most 5 %): too far" && says out "direct reclaims  *[23], recorded 9" || return 1
	exits 0 "$mmsim" verify "$cases/writeback/small-bytes" --run "$cases/writeback/small-bytes" || return 1
	says out "bytes of w1  *distance 0.0 %" && says out "sleeps  *distance 0.0 %" || return 1
	exits 1 "$mmsim" verify "$cases/writeback/small-bytes" --run "$cases/writeback/fast-20mb"
}
check "a recorded run takes the place of a computed one" a_recorded_run_takes_the_place_of_a_computed_one

what_is_no_recorded_run_is_refused() {
	exits 2 "$mmsim" verify "$cases/reclaim/stream" --run in/none && says err "in/none: is no folder of a recorded run" || return 1
	exits 2 "$mmsim" verify "$cases/reclaim/stream" --run "$cases/writeback/small-bytes" && says err "not of family reclaim" || return 1
	exits 2 "$mmsim" verify "$cases/api/cache-lookup" --run "$cases/reclaim/stream" && says err "family api, which has no runs; accepted with --run" || return 1
	exits 2 "$mmsim" verify "$cases/reclaim/stream" --run in --out new && says err "out could write"
}
check "what is no recorded run is refused" what_is_no_recorded_run_is_refused

# A case of kernel addresses, unpacked.
vm_case() {
	rm -rf in/vm-basic
	mkdir -p in/vm-basic
	cp "$cases/api/vm-basic/case.yaml" in/vm-basic/
	for f in before calls after; do
		zcat "$cases/api/vm-basic/$f.txt.gz" >"in/vm-basic/$f.txt"
	done
}

kernel_addresses_are_computed() {
	vm_case
	mv in/vm-basic/calls.txt in/vm-basic/after.txt .
	sed '/^#/!s/ = .*/ = ?/; /^[a-z] /d' calls.txt >in/vm-basic/calls.txt
	exits 0 "$mmsim" verify in/vm-basic --out new || return 1
	cmp calls.txt new/vm-basic/calls.txt && cmp after.txt new/vm-basic/after.txt
}
check "kernel addresses are computed without the recorded ones" kernel_addresses_are_computed

other_addresses_events_and_trees_are_found() {
	vm_case
	exits 0 "$mmsim" verify in/vm-basic || return 1
	sed -i 's/^vmalloc 3 4097 = ffffc90000065000 0 7326$/vmalloc 3 4097 = ffffc90000075000 0 7326/' in/vm-basic/calls.txt
	exits 1 "$mmsim" verify in/vm-basic || return 1
	says out "answers  *170 of 171 equal; first: line 14 vmalloc 3 4097: ffffc90000065000 0 7326" || return 1
	vm_case
	sed -i '/^p call 14 0$/d' in/vm-basic/calls.txt
	exits 1 "$mmsim" verify in/vm-basic || return 1
	says out "recorded nothing" || return 1
	vm_case
	sed -i '/^free/s/ r$/ b/' in/vm-basic/after.txt
	exits 1 "$mmsim" verify in/vm-basic || return 1
	says out "holes  *[0-9]* of 58 equal" || return 1
	vm_case
	sed -i '0,/^free/s/\(^free .*\) 5 b$/\1 6 b/' in/vm-basic/before.txt
	exits 2 "$mmsim" verify in/vm-basic || return 1
	says err "the depths of the holes fit no tree" || return 1
	vm_case
	sed -i '/^lazy\|^busy ffffc9000000b000/d' in/vm-basic/before.txt
	exits 2 "$mmsim" verify in/vm-basic || return 1
	says err "its ranges are not all addresses"
}
check "other addresses, events and trees are found" other_addresses_events_and_trees_are_found
pictures_find_the_rates_of_a_writeback_run() {
	exits 0 "$mmsim" verify "$cases/writeback/small-bytes" --out pictures || return 1
	for c in t_us verdict ev_dirty_ratelimit ev_task_ratelimit ev_pause; do
		head -n 1 pictures/small-bytes/passes.tsv | grep -q "\b$c\b" || { echo "no column $c"; return 1; }
	done
}
check "pictures find the rates of a writeback run" pictures_find_the_rates_of_a_writeback_run

# A reclaim case whose start says more.
started_with() { # WORDS
	rm -rf in/drop-caches
	mkdir -p in
	cp -RL "$cases/reclaim/drop-caches" in/
	chmod -R u+w in/drop-caches
	sed -i "s/^start: {/start: {$1/" in/drop-caches/case.yaml
	"$mmsim" verify in/drop-caches --out new >out 2>err
	[ $? -le 1 ] || { cat err; return 1; }
	free=$(awk '{ sub(/^# /, "") } NR == 1 { for (i = 1; i <= NF; i++) if ($i == "nr_free_pages") f = i; next }
		{ print $f; exit }' new/drop-caches/samples.tsv)
}

programs_that_are_there_take_nothing() {
	found=$(zcat "$cases/reclaim/drop-caches/before/mmprobe.txt.gz" |
		awk '/^zonemisc/ { sum += $NF } END { print sum }')
	started_with "programs_there: 1, free_nodes: 30, " || return 1
	[ "$free" -eq "$found" ] || { echo "$free free at the start, found were $found"; return 1; }
	started_with "" || return 1
	[ "$free" -lt $((found - 500)) ] || { echo "$free free at the start, found were $found"; return 1; }
}
check "programs that are there when memory is looked at take no more of it" programs_that_are_there_take_nothing

slab_at_the_start() { # START
	started_with "$1" || return 1
	slab=$(awk '{ sub(/^# /, "") } NR == 1 { for (i = 1; i <= NF; i++) if ($i == "nr_slab_reclaimable") f = i; next }
		{ print $f; exit }' new/drop-caches/samples.tsv)
}

free_buffer_heads_are_found() {
	slab_at_the_start "programs_there: 1, free_nodes: 30, free_heads: 0, " || return 1
	none=$slab
	slab_at_the_start "programs_there: 1, free_nodes: 30, free_heads: 390, " || return 1
	[ "$slab" -eq $((none + 10)) ] || { echo "$slab pages of slab, without heads $none"; return 1; }
	slab_at_the_start "programs_there: 1, free_nodes: 30, " || return 1
	[ "$slab" -eq $((none + 1)) ] || { echo "$slab pages of slab, without heads $none"; return 1; }
}
check "buffer heads that were left over lie 39 to a page" free_buffer_heads_are_found

types_of_pages_on_a_list_are_read() {
	started_with "" || return 1
	gunzip in/drop-caches/before/mmprobe.txt.gz
	sed -i 's/^blocks 0 DMA32/pcptype 0 DMA32 cpu 0 idx 0 : Q\n&/' in/drop-caches/before/mmprobe.txt
	exits 2 "$mmsim" verify in/drop-caches || return 1
	says err "mmprobe.txt"
}
check "types of pages on a list are read" types_of_pages_on_a_list_are_read

# A program with three pages that was found in two frames that are not free, and one that may be.
with_pages() { # FRAME
	rm -rf in/drop-caches
	cp -RL "$cases/reclaim/drop-caches" in/
	chmod -R u+w in/drop-caches
	sed -i "s/^start: {/start: {programs_there: 1, free_nodes: 30, /" in/drop-caches/case.yaml
	cat >in/drop-caches/before/lru.txt <<-END
		lruvec anon_cost 0 file_cost 0 nonresident_age 7 refaults_anon 0 refaults_file 0
		nodestat NR_INACTIVE_ANON sum 2 diff 1
		zonestat DMA32 inactive_anon diff 1
		process 1 init mmap_base 7ffff7c00000
		anon_vma a root a parent a
		area 1 400000 403000 flags 100073 pgoff 400 file 0 anon_vma a : a
		area 1 500000 501000 flags 71 pgoff 0 file f anon_vma 0 :
		table 1 level 3 0 1800
		table 1 level 2 0 1802
		table 1 level 1 0 1803
		table 1 level 0 400000 1804
		entry 1 400000 1805 : young dirty write
		entry 1 401000 1806 : dirty write
		entry 1 500000 $1 : young
		page inactive_anon 1806 anon a index 401 refs 1 : uptodate,swapbacked,mappedtodisk
		page inactive_anon 1805 anon a index 400 refs 1 : uptodate,swapbacked,mappedtodisk
		page active_anon $1 file f index 0 refs 2 : referenced,uptodate,dirty,active,swapbacked
		file f rootfs size 4096
	END
}

# A column of the first sample.
first() { # COLUMN
	awk -v name="$1" '{ sub(/^# /, "") } NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) f = i; next }
		{ print $f; exit }' new/drop-caches/samples.tsv
}

pages_of_programs_lie_where_they_were_found() {
	with_pages 1807
	"$mmsim" verify in/drop-caches --out new >out 2>err
	[ $? -le 1 ] || { cat err; return 1; }
	[ "$(first nr_inactive_anon) $(first nr_active_anon) $(first nr_file_pages)" = "2 1 1" ] || {
		first nr_inactive_anon; first nr_active_anon; first nr_file_pages; return 1; }
	free=$(zcat "$cases/reclaim/drop-caches/before/mmprobe.txt.gz" | awk '/^free 0 DMA32/ { print $8; exit }')
	with_pages "$free"
	exits 2 "$mmsim" verify in/drop-caches || return 1
	says err "a frame that is free as well"
}
check "pages of programs lie where they were found" pages_of_programs_lie_where_they_were_found

tables_of_programs_are_looked_at() {
	for wrong in '/^table 1 level 2/d' '/^table 1 level 0/d' '/^table 1 level 3/d' 's/^table 1 level 1.*/&\n&/' \
		's/^entry 1 400000.*/&\n&/'; do
		with_pages 1807
		sed -i "$wrong" in/drop-caches/before/lru.txt
		exits 2 "$mmsim" verify in/drop-caches || return 1
		says err "lru.txt.*in its place" || return 1
	done
	with_pages 1807
	sed -i '/^process/d' in/drop-caches/before/lru.txt # an anon_vma is there by then
	exits 2 "$mmsim" verify in/drop-caches || return 1
	says err "lru.txt.*no such process" || return 1
	with_pages 1807
	echo "kcompactd wakes_at soon" >>in/drop-caches/before/lru.txt
	exits 2 "$mmsim" verify in/drop-caches || return 1
	says err "lru.txt.*wakes_at is missing"
}
check "tables of programs stand above each other, and once" tables_of_programs_are_looked_at

# The same direct reclaim, as if it had been tried again: it is one stall more than recorded.
reclaims_tried_again_count_twice() {
	rm -rf in/oom-noswap
	mkdir -p in
	cp -RL "$cases/reclaim/oom-noswap" in/
	chmod -R u+w in/oom-noswap
	gunzip in/oom-noswap/*.gz 2>gunzip.err
	exits 0 "$mmsim" verify in/oom-noswap || return 1
	says out "allocstall  *181 of 181 equal" || return 1
	awk 'BEGIN { FS = OFS = "\t" } NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i }
		NR > 1 && !done && $c["task"] == "hog" && $c["priority"] == 12 { $c["force_deactivate"] = done = 1 } 1' \
		in/oom-noswap/shrink.tsv >shrink.tsv
	mv shrink.tsv in/oom-noswap/
	exits 1 "$mmsim" verify in/oom-noswap || return 1
	says out "allocstall .*direct reclaims: 18, recorded 17$"
}
check "reclaims that are tried again count twice" reclaims_tried_again_count_twice

# That case with other steps, and for one second.
with_steps() { # STEPS
	started_with "" || return 1
	awk -v steps="$1" '/^[a-z_]*:/ { skip = 0 } /^workload:/ { print "workload: [" steps "]"; skip = 1 }
		/^duration_ms:/ { $0 = "duration_ms: 1000" } !skip' in/drop-caches/case.yaml >case.yaml
	mv case.yaml in/drop-caches/case.yaml
	exits 1 "$mmsim" verify in/drop-caches --out new
}

programs_run_until_the_last_sample_is_taken() {
	with_steps "r1 anon size=60M, r1 at 9000" || return 1
	freed=$(awk '{ sub(/^# /, "") } NR == 1 { for (i = 1; i <= NF; i++) if ($i == "nr_free_pages") f = i }
		{ before = last; last = $f } END { print ($1 >= 1000000 ? last - before : "no") }' new/drop-caches/samples.tsv)
	[ "$freed" = 0 ] || { echo "$freed pages freed at the last sample"; return 1; }
}
check "programs run until the last sample is taken" programs_run_until_the_last_sample_is_taken

settings_of_steps_are_found_by_their_files() {
	vm=/proc/sys/vm mm=/sys/kernel/mm
	with_steps "r1 set path=$mm/swap/vma_ra_enabled value=false, r1 set path=$mm/transparent_hugepage/enabled value=never,
		r1 set path=$vm/compact_memory value=1, r1 set path=$vm/memory_failure_recovery value=1, r1 set path=/proc/sys/kernel/panic value=1" || return 1
	grep "not modelled" out >left
	for f in $vm/memory_failure_recovery /proc/sys/kernel/panic; do
		echo "reclaim/drop-caches  $f is not modelled: left as it is"
	done >want
	cmp left want || return 1
	[ "$(wc -l <new/drop-caches/compaction.tsv)" -gt 1 ] || { echo "nothing was compacted"; return 1; }
}
check "settings of steps are found by their files" settings_of_steps_are_found_by_their_files

# Columns of a table, packed or not, of the rows before a time.
columns() { # FILE US NAME...
	gunzip -cf "$1" | awk -v until="$2" -v names="$(shift 2; echo "$*")" '{ sub(/^# /, "") }
		NR == 1 { n = split(names, name, " "); for (i = 1; i <= NF; i++) at[$i] = i; next }
		$1 < until { for (i = 1; i <= n; i++) printf "%s ", $at[name[i]]; print "" }'
}

# From one row to the next.
growth() {
	awk 'NR > 1 { for (i = 1; i <= NF; i++) printf "%d ", $i - last[i]; print "" }
		{ for (i = 1; i <= NF; i++) last[i] = $i }'
}

# What was recorded of a table and what was computed, side by side; fails if they are not the same.
same() { # TABLE ROWS NAME...: before the file is closed
	table=$1 rows=$2
	shift 2
	columns "$cases/reclaim/stream/$table.gz" 12000000 "$@" >want
	columns "new/stream/$table" 12000000 "$@" >got
	[ "$(wc -l <want)" -eq "$rows" ] || { wc -l want; return 1; }
	if [ "$table" = samples.tsv ]; then
		growth <want >growth.want
		growth <got >growth.got
		diff growth.want growth.got
	else
		diff want got
	fi
}

# Twelve seconds: kswapd, tasks that reclaim, both zones, boosts, compaction.
a_whole_run_is_as_recorded() {
	exits 0 "$mmsim" verify "$cases/reclaim/stream" --out new || return 1
	same samples.tsv 240 pgalloc_dma pgalloc_dma32 pgfree || return 1
	same kswapd.tsv 2379 task event zone order free_dma free_dma32 boost_dma boost_dma32 || return 1
	same shrink.tsv 3211 task priority nr_to_reclaim free_dma || return 1
	same scans.tsv 7560 task list requested scanned skipped taken priority reclaimed
}
check "a whole run wakes kswapd, scans lists, takes and frees pages as recorded" a_whole_run_is_as_recorded

# One of two readers ends at 7.0 s, and kswapd looks once more before the other one goes on at 8.4 s:
# whether a single pass is enough hangs on the page tables and the stack that were given back.
a_process_gives_back_what_the_kernel_had_for_it() {
	exits 0 "$mmsim" verify "$cases/reclaim/reread" --out new || return 1
	for dir in "$cases/reclaim" new; do
		columns "$(ls "$dir"/reread/samples.tsv*)" 8400000 nr_free_pages pgsteal_kswapd pgsteal_direct >"$(basename "$dir").samples"
		columns "$(ls "$dir"/reread/scans.tsv*)" 8900000 list requested scanned skipped taken priority reclaimed >"$(basename "$dir").scans"
	done
	tail -n 27 reclaim.samples >want # from 7.05 s on
	tail -n 27 new.samples | diff want - || return 1
	[ "$(wc -l <new.scans)" -gt 3000 ] && diff reclaim.scans new.scans
}
check "a process that has ended gives page tables and its stack back" a_process_gives_back_what_the_kernel_had_for_it

# The second process begins before the first one, and the reader of the counters comes after both.
who_was_made_later_begins() {
	exits 0 "$mmsim" verify "$cases/reclaim/reread" "$cases/reclaim/oom-noswap" --out new || return 1
	first=$(awk 'NR == 2 { print $NF }' new/reread/requests.tsv)
	[ "$first" = r1 ] || { echo "$first reads first"; return 1; }
	# another process was there first, and wrote to its memory: the first sample is late, as recorded
	late=$(columns new/oom-noswap/samples.tsv 99000 t_us | head -n 1)
	recorded=$(columns "$(ls "$cases"/reclaim/oom-noswap/samples.tsv*)" 99000 t_us | head -n 1)
	echo "$late us, recorded $recorded"
	[ $((late - recorded)) -le 20 ] && [ $((recorded - late)) -le 20 ]
}
check "processes begin in the order of their vruntime" who_was_made_later_begins

# Free pages of the last sample: the reader has gone, who made it has not.
the_maker_keeps_its_pages_to_the_end() {
	recorded=$(columns "$cases/reclaim/stream/samples.tsv.gz" 99000000 nr_free_pages | tail -n 1 | tr -d " ")
	exits 0 "$mmsim" verify "$cases/reclaim/stream" --out new || return 1
	got=$(columns new/stream/samples.tsv 99000000 nr_free_pages | tail -n 1 | tr -d " ")
	echo "$got pages, recorded $recorded"
	[ "$got" -gt $((recorded - 32)) ] && [ "$got" -lt $((recorded + 32)) ]
}
check "who has made the processes keeps its pages to the end" the_maker_keeps_its_pages_to_the_end

# The reader's 32 pages are met twice in the first passes over the list; it reads between them.
buffers_in_use_become_active() {
	exits 0 "$mmsim" verify "$cases/reclaim/mixed-200" --out new || return 1
	active=$(awk '{ sub(/^# /, "") } NR == 1 { for (i = 1; i <= NF; i++) if ($i == "nr_active_anon") f = i; next }
		$1 < 4810000 { before = $f } $1 < 4910000 { after = $f } END { print after - before }' new/mixed-200/samples.tsv)
	[ "$active" -ge 32 ] || { echo "$active pages became active"; return 1; }
}
check "the buffer that a program reads into is in use" buffers_in_use_become_active

# The sampler is behind the program, whose code faults page by page after the start: 140 us in the kernel.
programs_begin_when_the_kernels_do() {
	"$mmsim" verify "$cases/guest/swap-alone" --out new >out 2>err || { cat out err; return 1; }
	zcat "$cases/guest/swap-alone/samples.tsv.gz" >recorded
	awk '/^#/ { next } { at[n++] = $1; nextfile }
		END { print "first samples, recorded and computed, in us:", at[0], at[1]
			exit !(n == 2 && at[1] >= at[0] - 10 && at[1] <= at[0] + 10) }' recorded new/swap-alone/samples.tsv
}
check "a program of the guest begins within 10 us of the kernel's" programs_begin_when_the_kernels_do

exit "$failed"
