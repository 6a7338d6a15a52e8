#!/bin/sh
# The report of the OOM killer: every line in the form of the real kernel's.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh gives names; check calls the functions
tree=$(realpath "$(dirname "$0")/../..")
. "$(dirname "$0")/lib.sh"

cat >hog.yaml <<'YAML'
# A hog is killed.
mmsim: 1
duration: 5 s
machine: { nodes: [{ cpus: 1, memory: 512 MiB }] }
tasks:
  - name: sampler
    oom_score_adj: -1000
    do:
      - mmap: { len: 4 MiB }
        as: m
      - touch: { map: m, write: true, len: 4 MiB }
      - sleep: 4 s
  - name: hog
    do:
      - mmap: { len: 600 MiB, noreserve: true }
        as: m
      - touch: { map: m, write: true, bytes: 600 MiB, block: 1 MiB }
YAML

# Numbers become N, the types of free blocks (T), masks M: what is left is the form.
form() {
	sed 's/^<[0-9]>//; s/0x[0-9a-f]*([A-Za-z_|]*)/M/; s/([UMEHCI]*) \([0-9=]\)/(T) \1/g; s/[0-9][0-9]*\*\([0-9]*kB\)/N*\1/g
		/lowmem_reserve\|kB (T)\|\*4kB/!s/  *\([0-9]\)/ \1/g; s/-\{0,1\}\b[0-9][0-9]*\b/N/g; s/[0-9][0-9]*kB/NkB/g; s/:[0-9][0-9]*/:N/g; s/=[0-9][0-9]*/=N/g
		s/^\[ *N\.N\] //; s/(T) //g; s/?[ ]\(yes\|no\)/? yes|no/'
}

the_report_has_the_form_of_the_kernels() {
	exits 0 "$mmsim" procfs -q hog.yaml --at 4s -o proc || return 1
	form <proc/kmsg >have
	cat >want <<'TEXT'
hog invoked oom-killer: gfp_mask=M, order=N, oom_score_adj=N
Mem-Info:
active_anon:N inactive_anon:N isolated_anon:N
 active_file:N inactive_file:N isolated_file:N
 unevictable:N dirty:N writeback:N
 slab_reclaimable:N slab_unreclaimable:N
 mapped:N shmem:N pagetables:N
 sec_pagetables:N bounce:N
 kernel_misc_reclaimable:N
 free:N free_pcp:N free_cma:N
Node N active_anon:NkB inactive_anon:NkB active_file:NkB inactive_file:NkB unevictable:NkB isolated(anon):NkB isolated(file):NkB mapped:NkB dirty:NkB writeback:NkB shmem:NkB shmem_thp: NkB shmem_pmdmapped: NkB anon_thp: NkB writeback_tmp:NkB kernel_stack:NkB pagetables:NkB sec_pagetables:NkB all_unreclaimable? yes|no
Node N DMA free:NkB boost:NkB min:NkB low:NkB high:NkB reserved_highatomic:NKB active_anon:NkB inactive_anon:NkB active_file:NkB inactive_file:NkB unevictable:NkB writepending:NkB present:NkB managed:NkB mlocked:NkB bounce:NkB free_pcp:NkB local_pcp:NkB free_cma:NkB
lowmem_reserve[]: N N N N N
Node N hugepages_total=N hugepages_free=N hugepages_surp=N hugepages_size=NkB
N total pagecache pages
N pages in swap cache
Free swap = NkB
Total swap = NkB
N pages RAM
N pages HighMem/MovableOnly
N pages reserved
N pages hwpoisoned
Tasks state (memory values in pages):
[ pid ] uid tgid total_vm rss pgtables_bytes swapents oom_score_adj name
[ N] N N N N N N N hog
oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=N,global_oom,task_memcg=/,task=hog,pid=N,uid=N
Out of memory: Killed process N (hog) total-vm:NkB, anon-rss:NkB, file-rss:NkB, shmem-rss:NkB, UID:N pgtables:NkB oom_score_adj:N
TEXT
	sed -i 's/[ ][ ]*/ /g' have want
	sed -i 's/[0-9][0-9]*KB/NKB/g' have
	while read -r line; do
		grep -qxF -e "$line" have || grep -qxF -e " $line" have || {
			echo "no line of this form: $line"
			cat have
			return 1
		}
	done <want
}
check "the report has the form of the kernel's" the_report_has_the_form_of_the_kernels

the_numbers_of_the_report_agree() {
	# the blocks of a zone add up to its free memory, as the zone's own line has it
	for zone in DMA DMA32; do
		blocks=$(sed -n "s/.*Node 0 $zone: .*= \([0-9]*\)kB\$/\1/p" proc/kmsg)
		is "$(sed -n "s/.*Node 0 $zone free:\([0-9]*\)kB.*/\1/p" proc/kmsg)" "$blocks" || return 1
	done
	# the sizes in the table (pages) are those of the last line (KiB)
	rss=$(awk '$NF == "hog" && /\[ *[0-9]+\] +0/ { print $(NF - 4) * 4 }' proc/kmsg)
	is "${rss}kB" "$(sed -n 's/.*Killed process.*anon-rss:\([0-9]*kB\).*/\1/p' proc/kmsg)" || return 1
	is 0 "$(grep -c 'task=sampler' proc/kmsg)" && is 1 "$(grep -c ' -1000 sampler$' proc/kmsg)"
}
check "the numbers of the report agree" the_numbers_of_the_report_agree

the_results_have_it_and_the_run_shows_the_end() {
	exits 0 "$mmsim" run -o hog.db hog.yaml || return 1
	says out '^kernel     [0-9.]* s: Out of memory: Killed process [0-9]* (hog) ' || return 1
	says out '^killed     task hog at [0-9.]* s, in touch (hog.yaml:1[0-9]:' || return 1
	is "$(sed 's/^<[0-9]>\[[ 0-9.]*\] //' proc/kmsg | sum)" "$(sql hog.db 'SELECT line FROM kernel_log' | sum)" || return 1
	exits 0 "$mmsim" run -o quiet.db --set vm.oom_dump_tasks=0 hog.yaml || return 1
	is 0 "$(sql quiet.db "SELECT count(*) FROM kernel_log WHERE line LIKE 'Tasks state%'")"
}
check "the results have it and the run shows how it ended" the_results_have_it_and_the_run_shows_the_end

# The limit for large blocks is a fourth, but for attempts that got nowhere nobody has asked for it.
attempts_of_compaction_are_traced_with_their_limit() {
	exits 0 "$mmsim" run -q --force -o c.db "$tree/tests/scenario/compact-retry.yaml" || return 1
	is 1 "$(sql c.db 'SELECT count(*) > 10 FROM compact_retry WHERE "order" = 9 AND max_retries = 16')" || return 1
	is 0 "$(sql c.db 'SELECT count(*) FROM compact_retry WHERE "order" > 3 AND (result = 8) != (max_retries = 4)')"
}
check "attempts of compaction are traced with their limit" attempts_of_compaction_are_traced_with_their_limit

cat >tmpfs.yaml <<'YAML'
# A hog is killed beside a tmpfs, of which that frees nothing.
mmsim: 1
duration: 5 s
machine: { nodes: [{ cpus: 1, memory: 128 MiB }] }
linux: { tmpfs: [{ name: tmp, size: 90% }] }
files: [{ name: scratch, fs: tmpfs }]
tasks:
  - name: writer
    do:
      - write: { file: scratch, bytes: 80 MiB, block: 64 KiB }
  - name: hog
    start: 1 s
    do:
      - mmap: { len: 100 MiB, noreserve: true }
        as: m
      - touch: { map: m, write: true, bytes: 100 MiB, block: 1 MiB }
YAML

the_report_and_meminfo_know_a_tmpfs() {
	exits 0 "$mmsim" procfs -q tmpfs.yaml --at 4s -o shm || return 1
	is 1 "$(grep -c ' shmem:20480 ' shm/kmsg)" && is 1 "$(grep -c ' shmem:81920kB ' shm/kmsg)" || return 1
	is 1 "$(grep -c 'Killed process [0-9]* (hog)' shm/kmsg)" || return 1
	is "81920 kB" "$(sed -n 's/^Shmem: *//p' shm/meminfo)" && is "20480" "$(sed -n 's/^nr_shmem //p' shm/vmstat)"
}
check "the report and meminfo know a tmpfs" the_report_and_meminfo_know_a_tmpfs

# A driver has most of the memory: 20000 pieces of 4000 bytes, which nobody can take from it.
driver() { # PIECES
	cat >driver.yaml <<-YAML
		mmsim: 1
		duration: 5 s
		machine: { nodes: [{ cpus: 1, memory: 128 MiB }] }
		tasks:
		  - name: driver
		    oom_score_adj: -1000
		    do:
		      - mempool_create: { min_nr: 100, elements: kmalloc, size: 60 }
		      - mempool_create: { min_nr: $1, elements: kmalloc, size: 4000 }
		      - sleep: 4 s
		  - name: hog
		    start: 1 s
		    do:
		      - mmap: { len: 120 MiB, noreserve: true }
		        as: m
		      - touch: { map: m, write: true, bytes: 120 MiB, block: 1 MiB }
	YAML
	exits 0 "$mmsim" procfs --force -q driver.yaml --at 4s -o driver
}

the_report_tells_of_the_kernels_own_memory() {
	driver 20000 || return 1
	sed 's/^<[0-9]>\[[ 0-9.]*\] //' driver/kmsg | sed -n '/^Unreclaimable slab info:/,/^Tasks state/p' >have
	# 64 pieces of 64 bytes in a page: 128 of 100 used at once, on lists of the CPU; the larger cache first
	cat >want <<-'TEXT'
		Unreclaimable slab info:
		Name                      Used          Total
		kmalloc-4k             80000KB      80000KB
		kmalloc-64                 8KB          8KB
		Tasks state (memory values in pages):
	TEXT
	diff want have || return 1
	# not where programs have more
	driver 5000 || return 1
	is 1 "$(grep -c 'Killed process [0-9]* (hog)' driver/kmsg)" && is 0 "$(grep -c 'Unreclaimable slab' driver/kmsg)"
}
check "the report tells of the kernel's own memory where that is most" the_report_tells_of_the_kernels_own_memory

exit "$failed"
