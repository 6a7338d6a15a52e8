-- Results of mmsim: PRAGMA application_id 1835889517, user_version 2.
-- There is a table per tracepoint that was asked for; all are shown here.
CREATE TABLE "run" ( -- this run
	"scenario" TEXT, -- name of the scenario
	"scenario_hash" TEXT, -- XXH64 of the scenario's text, of what it includes and of what was set
	"seed" INTEGER, -- of all random streams
	"version" TEXT, -- of mmsim
	"personality" TEXT, -- the kernel that was simulated
	"interval_ns" INTEGER, -- ns: time between samples
	"state" TEXT, -- running (also of a killed run), finished or stopped
	"t_end_ns" INTEGER, -- ns: simulated time at the end; NULL while running
	"digest" TEXT -- XXH64 of all rows but this one and those of scenario_file and setting; NULL while running
);
CREATE TABLE "tunable" ( -- a value in force at the start, and each change of it
	"t_ns" INTEGER, -- ns: simulated time
	"name" TEXT, -- as on a real system: vm.dirty_ratio
	"value" -- in the unit the kernel counts it in; several numbers are a text
);
CREATE TABLE "object" ( -- the name of a thing that tracepoints know by number
	"kind" TEXT, -- of object: disk, file, bdi
	"id" INTEGER, -- its number in tracepoints
	"name" TEXT -- its name in samples and in the scenario
);
CREATE TABLE "op_result" ( -- a call whose result was named or expected
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- that called
	"op" TEXT, -- the call
	"result" INTEGER, -- what it returned; negative: an errno value; pointers: 1, or 0 for NULL
	"is_pointer" INTEGER, -- 1: the call returns a pointer
	"as_expected" INTEGER -- 0: the scenario expected another result
);
CREATE TABLE "kernel_log" ( -- a line that the simulated kernel printed
	"t_ns" INTEGER, -- ns: simulated time
	"level" INTEGER, -- 0 emergency 3 error 4 warning 6 information
	"line" TEXT -- as the kernel prints it
);
CREATE TABLE "latency" ( -- a histogram of how long the calls of a task took
	"task" TEXT, -- that called
	"op" TEXT, -- the call
	"bucket_ns" INTEGER, -- ns: shortest time of the bucket; it reaches to 1/32 above
	"count" INTEGER -- calls that took so long, blocked time included
);
CREATE TABLE "failed_call" ( -- calls that failed where the scenario expects nothing of them; in the order of the first
	"task" TEXT, -- or interrupt, as in the scenario: of several alike all together, and children
	"op" TEXT, -- the call
	"nth" INTEGER, -- which of the steps of the task with this call, as they are written; 1: the first
	"error" TEXT, -- ENOMEM, EIO, ...; NULL: no object where one was asked for
	"count" INTEGER, -- calls that failed so
	"first_ns" INTEGER -- ns: simulated time at which the first returned
);
CREATE TABLE "simplified" ( -- something that this run took to be simpler than it is
	"name" TEXT, -- what is simpler than on a real machine
	"meaning" TEXT -- in what way
);
CREATE TABLE "scenario_file" ( -- a file that the scenario was read from
	"file" INTEGER, -- in the order of reading, the scenario itself is 0
	"name" TEXT, -- as written behind !include, without folders of the computer
	"text" TEXT -- of the file, long ones in several rows
);
CREATE TABLE "setting" ( -- what was asked for beside the scenario, in order; the time is 0 but for the branches of compare --at
	"t_ns" INTEGER, -- ns: simulated time
	"option" TEXT, -- of the command line: set, trace
	"name" TEXT, -- what was set: vm.dirty_ratio; a pattern of trace
	"value" TEXT -- as it was written
);
CREATE TABLE "vmstat_sample" ( -- the machine at a sample, as in /proc/vmstat
	"t_ns" INTEGER, -- ns: simulated time
	"nr_free_pages" INTEGER, -- pages: on the buddy lists of all zones (sampled)
	"nr_inactive_anon" INTEGER, -- pages: sum of the nodes (sampled)
	"nr_active_anon" INTEGER, -- pages: sum of the nodes (sampled)
	"nr_inactive_file" INTEGER, -- pages: sum of the nodes (sampled)
	"nr_active_file" INTEGER, -- pages: sum of the nodes (sampled)
	"nr_file_pages" INTEGER, -- pages: sum of the nodes (sampled)
	"nr_swapcached" INTEGER, -- pages: sum of the nodes (sampled)
	"nr_total_swap" INTEGER, -- pages: places of all swap areas: SwapTotal of /proc/meminfo (sampled)
	"nr_free_swap" INTEGER, -- pages: of these, free and not kept in hand by a CPU: SwapFree (sampled)
	"nr_unevictable" INTEGER, -- pages: sum of the nodes (sampled)
	"nr_mlock" INTEGER, -- pages: sum of the zones (sampled)
	"nr_anon_pages" INTEGER, -- pages: sum of the nodes (sampled)
	"nr_anon_transparent_hugepages" INTEGER, -- sum of the nodes (sampled)
	"committed_as" INTEGER, -- pages: promised to programs: Committed_AS of /proc/meminfo
	"commit_limit" INTEGER, -- pages: what may be promised with overcommit_memory 2: CommitLimit of /proc/meminfo (sampled)
	"nr_mapped" INTEGER, -- pages: sum of the nodes (sampled)
	"nr_page_table_pages" INTEGER, -- pages: sum of the nodes (sampled)
	"nr_dirty" INTEGER, -- pages: sum of the nodes (sampled)
	"nr_writeback" INTEGER, -- pages: sum of the nodes (sampled)
	"nr_dirtied" INTEGER, -- pages: sum of the nodes (sampled) (only grows)
	"nr_written" INTEGER, -- pages: sum of the nodes (sampled) (only grows)
	"nr_dirty_threshold" INTEGER, -- pages: dirty pages at which writers are held back (sampled)
	"nr_dirty_background_threshold" INTEGER, -- pages: dirty pages at which the flusher starts (sampled)
	"nr_dirty_freerun" INTEGER, -- pages: below it no writer is held back: mean of both thresholds (sampled)
	"nr_dirty_setpoint" INTEGER, -- pages: where the control loop wants the dirty pages (sampled)
	"pgpgin" INTEGER, -- KiB: read from devices (only grows)
	"pgpgout" INTEGER, -- KiB: written to devices (only grows)
	"pswpin" INTEGER, -- pages: read from swap (only grows)
	"pswpout" INTEGER, -- pages: written to swap (only grows)
	"swap_ra" INTEGER, -- pages: of pswpin, read ahead (only grows)
	"swap_ra_hit" INTEGER, -- pages: of swap_ra, faulted on afterwards while they were in the swap cache (only grows)
	"pgfree" INTEGER, -- pages: freed (only grows)
	"pgfault" INTEGER, -- calls of the page-fault handler, repetitions included (only grows)
	"pgmajfault" INTEGER, -- faults on file pages that were not in the cache (only grows)
	"pgreuse" INTEGER, -- write faults that made an entry writable in place (only grows)
	"thp_fault_alloc" INTEGER, -- faults that got a huge page (only grows)
	"thp_fault_fallback" INTEGER, -- faults that wanted one and took a small page (only grows)
	"thp_collapse_alloc" INTEGER, -- huge pages that khugepaged got (only grows)
	"thp_collapse_alloc_failed" INTEGER, -- huge pages that it wanted and did not get (only grows)
	"sim_khugepaged_collapsed" INTEGER, -- 2 MiB of small pages that became one: khugepaged/pages_collapsed on a real system (only grows)
	"sim_khugepaged_full_scans" INTEGER, -- times that it came to the end of its list: khugepaged/full_scans on a real system (only grows)
	"thp_scan_exceed_none_pte" INTEGER, -- 2 MiB it left alone: more than max_ptes_none pages are missing (only grows)
	"thp_scan_exceed_swap_pte" INTEGER, -- more than max_ptes_swap are in swap (only grows)
	"thp_scan_exceed_share_pte" INTEGER, -- more than max_ptes_shared are mapped by others, too (only grows)
	"thp_zero_page_alloc" INTEGER, -- the huge zero page was made (only grows)
	"thp_zero_page_alloc_failed" INTEGER, -- it could not be made (only grows)
	"thp_split_page" INTEGER, -- huge pages that became 512 small ones (only grows)
	"thp_split_page_failed" INTEGER, -- attempts at that which somebody's reference stopped (only grows)
	"thp_deferred_split_page" INTEGER, -- huge pages put in the queue of those to be split, parts of them being unmapped (only grows)
	"thp_split_pmd" INTEGER, -- huge entries that became 512 small ones (only grows)
	"thp_swpout" INTEGER, -- huge pages written to swap as a whole (only grows)
	"thp_swpout_fallback" INTEGER, -- huge pages split because swap had no 512 places in a row (only grows)
	"unevictable_pgs_culled" INTEGER, -- pages: moved to the list of those that cannot be reclaimed (only grows)
	"unevictable_pgs_rescued" INTEGER, -- pages: moved back from it (only grows)
	"unevictable_pgs_mlocked" INTEGER, -- pages: locked in memory by mlock (only grows)
	"unevictable_pgs_munlocked" INTEGER, -- pages: locked by nobody any more (only grows)
	"unevictable_pgs_cleared" INTEGER, -- pages: freed while they were locked; stays 0: unmapping a page unlocks it at once (only grows)
	"unevictable_pgs_stranded" INTEGER, -- pages: unlocked while they were off their list (only grows)
	"pgactivate" INTEGER, -- pages: moved to an active list (only grows)
	"pgdeactivate" INTEGER, -- pages: moved from an active list (only grows)
	"pgrotated" INTEGER, -- pages: moved to the end of the inactive list because they can be freed at once (only grows)
	"pgrefill" INTEGER, -- pages: looked at on an active list (only grows)
	"pglazyfree" INTEGER, -- pages: anonymous pages that programs can do without (MADV_FREE) (only grows)
	"pglazyfreed" INTEGER, -- pages: of these, dropped by reclaim (only grows)
	"pgscan_kswapd" INTEGER, -- pages: looked at by kswapd; only grows (only grows)
	"pgscan_direct" INTEGER, -- pages: looked at by direct reclaim (only grows)
	"pgsteal_kswapd" INTEGER, -- pages: reclaimed by kswapd (only grows)
	"pgsteal_direct" INTEGER, -- pages: reclaimed by direct reclaim (only grows)
	"pgscan_anon" INTEGER, -- pages: anonymous pages looked at (only grows)
	"pgscan_file" INTEGER, -- pages: file pages looked at (only grows)
	"pgsteal_anon" INTEGER, -- pages: anonymous pages reclaimed (only grows)
	"pgsteal_file" INTEGER, -- pages: file pages reclaimed (only grows)
	"pgscan_direct_throttle" INTEGER, -- direct reclaims held back because the reserves were low (only grows)
	"allocstall" INTEGER, -- direct reclaims (only grows)
	"pageoutrun" INTEGER, -- rounds of kswapd (only grows)
	"kswapd_low_wmark_hit_quickly" INTEGER, -- kswapd was woken during its short sleep (only grows)
	"kswapd_high_wmark_hit_quickly" INTEGER, -- kswapd was not done after its short sleep (only grows)
	"zone_reclaim_failed" INTEGER, -- node reclaims that freed nothing (only grows)
	"slabs_scanned" INTEGER, -- objects looked at by shrinkers (only grows)
	"compact_migrate_scanned" INTEGER, -- pages: looked at by compaction for pages to move (only grows)
	"compact_free_scanned" INTEGER, -- pages: looked at by compaction for free frames (only grows)
	"compact_isolated" INTEGER, -- pages: taken by compaction, pages to move and free frames (only grows)
	"compact_stall" INTEGER, -- direct compactions (only grows)
	"compact_fail" INTEGER, -- direct compactions after which the request could not be served (only grows)
	"compact_success" INTEGER, -- direct compactions after which it could (only grows)
	"compact_daemon_wake" INTEGER, -- times kcompactd was asked for a block (only grows)
	"compact_daemon_migrate_scanned" INTEGER, -- pages: of compact_migrate_scanned, by kcompactd (only grows)
	"compact_daemon_free_scanned" INTEGER, -- pages: of compact_free_scanned, by kcompactd (only grows)
	"pgmigrate_success" INTEGER, -- pages: moved to another frame (only grows)
	"pgmigrate_fail" INTEGER, -- pages: that could not be moved (only grows)
	"cma_alloc_success" INTEGER, -- ranges taken out of the area of linux.cma (only grows)
	"cma_alloc_fail" INTEGER, -- ranges that could not be had there (only grows)
	"sim_compact_stall_ns" INTEGER, -- ns: time tasks spent in direct compaction (only grows)
	"drop_pagecache" INTEGER, -- drop_caches of the page cache (only grows)
	"drop_slab" INTEGER, -- drop_caches of slab objects (only grows)
	"oom_kill" INTEGER, -- tasks killed because memory was used up (only grows)
	"sim_alloc_failed" INTEGER, -- allocations of pages, or for vmalloc, that failed, but for those that have another way (only grows)
	"sim_alloc_fallback" INTEGER, -- page allocations that failed with __GFP_NOWARN: the caller has another way, as small pages for a huge one (only grows)
	"sim_readahead_pages" INTEGER, -- pages: put into the cache by readahead (only grows)
	"sim_readahead_unused_pages" INTEGER, -- pages: of these, left the cache without having been used (only grows)
	"sim_read_bytes" INTEGER, -- bytes: read by programs through the cache (only grows)
	"sim_read_amplification" INTEGER, -- percent: bytes read from devices per byte that programs read, since the start; 0: nothing read (sampled)
	"sim_read_hit_pages" INTEGER, -- pages: read by programs and found up to date (only grows)
	"sim_read_wait_pages" INTEGER, -- pages: read by programs and found in flight (only grows)
	"sim_read_miss_pages" INTEGER, -- pages: read by programs and not found in the cache (only grows)
	"sim_fsyncs" INTEGER, -- fsyncs that have returned, those of O_SYNC writes included (only grows)
	"sim_fsync_ns" INTEGER, -- ns: time they took (only grows)
	"sim_fsync_age_ns" INTEGER, -- ns: of the fsyncs that have not returned: how long the oldest one runs (sampled)
	"sim_oldest_dirty_ns" INTEGER, -- ns: how long the file is dirty that is so longest, as the flusher counts it; largest of the devices (sampled)
	"sim_throttle_ns" INTEGER, -- ns: time writers were held back by dirty throttling (only grows)
	"sim_reclaim_stall_ns" INTEGER, -- ns: time tasks spent in direct reclaim, not held back (only grows)
	"sim_reclaim_throttle_ns" INTEGER, -- ns: time tasks were held back in direct reclaim (only grows)
	"sim_refault_stall_ns" INTEGER, -- ns: time tasks waited for pages to be read that had been evicted (only grows)
	"sim_read_stall_ns" INTEGER, -- ns: time tasks waited for other pages to be read (only grows)
	"sim_page_stall_ns" INTEGER, -- ns: time tasks waited for page locks, and for pages to be written (only grows)
	"sim_swapin_stall_ns" INTEGER, -- ns: time tasks waited for pages of swap to be read (only grows)
	"sim_writeback_stall_ns" INTEGER, -- ns: time tasks waited for the flusher, and for files that were being written (only grows)
	"sim_wbt_stall_ns" INTEGER, -- ns: time tasks were held back by writeback throttling (wbt) (only grows)
	"sim_tag_stall_ns" INTEGER, -- ns: time tasks waited for request tags (only grows)
	"sim_io_stall_ns" INTEGER, -- ns: time tasks waited for direct I/O, and for flushes of disks' caches (only grows)
	"sim_lock_stall_ns" INTEGER, -- ns: time tasks waited for locks of files, of file systems, and mmap_lock (only grows)
	"sim_mempool_stall_ns" INTEGER, -- ns: time tasks waited for elements of mempools (only grows)
	"sim_other_stall_ns" INTEGER, -- ns: time tasks waited for anything else: a tick before the next try (only grows)
	"sim_run_delay_ns" INTEGER, -- ns: time tasks could run, lost time for nothing else, and did not have the CPU (only grows)
	"nr_vmalloc_pages" INTEGER, -- pages: of vmalloc areas, arrays of pages included: VmallocUsed of /proc/meminfo
	"vmap_lazy_nr" INTEGER, -- pages: kernel addresses freed and not yet purged: no request gets them
	"sim_vmap_purges" INTEGER, -- purges: a flush, then what was freed can be used again (only grows)
	"sim_vmap_purged_areas" INTEGER, -- ranges that purges gave back (only grows)
	"sim_vmap_purged_pages" INTEGER, -- pages: kernel addresses that purges gave back (only grows)
	"sim_vmap_failed" INTEGER, -- requests for kernel addresses that failed: no hole fits (only grows)
	"sim_kernel_tlb_flushes" INTEGER, -- flushes of a range of kernel addresses, on all CPUs (only grows)
	"sim_kernel_tlb_full_flushes" INTEGER, -- of these, of the whole TLB: the range has more than 33 pages (only grows)
	"sim_kernel_tlb_flush_ns" INTEGER, -- ns: time that these took, of all CPUs together (only grows)
	"sim_vmap_areas" INTEGER, -- ranges of kernel addresses in use (sampled)
	"sim_vmap_span" INTEGER, -- pages: kernel addresses up to the end of the last range that is in use or not purged (sampled)
	"sim_vmap_holes" INTEGER, -- free ranges below that end (sampled)
	"sim_vmap_hole_pages" INTEGER -- pages: kernel addresses in these (sampled)
);
CREATE TABLE "zone_sample" ( -- a populated zone at a sample, as in /proc/zoneinfo
	"t_ns" INTEGER, -- ns: simulated time
	"node" INTEGER, -- number of the node
	"zone" TEXT, -- DMA, DMA32, Normal, Movable
	"nr_free_pages" INTEGER, -- pages: on the buddy lists; pages on a CPU's list are not counted (sampled)
	"min" INTEGER, -- pages: min watermark with boost (sampled)
	"low" INTEGER, -- pages: low watermark with boost: below it kswapd is woken (sampled)
	"high" INTEGER, -- pages: high watermark with boost: kswapd sleeps above it (sampled)
	"boost" INTEGER, -- pages: temporary rise of the watermarks (sampled)
	"managed" INTEGER, -- pages: given to the page allocator (sampled)
	"present" INTEGER, -- pages: RAM of the zone (sampled)
	"nr_pcp" INTEGER, -- pages: on the CPUs' own lists (sampled)
	"nr_zone_inactive_anon" INTEGER, -- pages: inactive anonymous pages of the zone (sampled)
	"nr_zone_active_anon" INTEGER, -- pages: active anonymous pages of the zone (sampled)
	"nr_zone_inactive_file" INTEGER, -- pages: inactive file pages of the zone (sampled)
	"nr_zone_active_file" INTEGER, -- pages: active file pages of the zone (sampled)
	"nr_mlock" INTEGER, -- pages: locked in memory by programs
	"nr_zone_write_pending" INTEGER, -- pages: dirty or under writeback
	"nr_free_cma" INTEGER, -- pages: of the free pages, those of the area of linux.cma (sampled)
	"nr_reserved_highatomic" INTEGER, -- pages: kept for high-order atomic requests (sampled)
	"extfrag_9" INTEGER, -- percent: of the free memory that lies in blocks too small for order 9 (2 MiB) (sampled)
	"unusable_9" INTEGER, -- the same per 1000; 1000 without free pages (sampled)
	"fragindex_9" INTEGER, -- per 1000: would a request of order 9 fail for lack of memory (0) or for fragmentation (1000); -1000: it would not fail (sampled)
	"pgalloc" INTEGER, -- pages: allocated from the zone (only grows)
	"allocstall" INTEGER, -- direct reclaims for requests whose first zone this was; /proc/vmstat counts them at the highest that they may use, be it there or not (only grows)
	"pgskip" INTEGER, -- pages: passed over by reclaim because of the zone (only grows)
	"numa_hit" INTEGER, -- requests served on the node that was wanted (only grows)
	"numa_miss" INTEGER, -- requests served here though another node was wanted (only grows)
	"numa_foreign" INTEGER, -- requests for this node that another had to serve (only grows)
	"numa_interleave" INTEGER, -- requests of an interleave policy served as wanted (only grows)
	"numa_local" INTEGER, -- requests served on the node of the CPU (only grows)
	"numa_other" INTEGER -- requests served here for a CPU of another node (only grows)
);
CREATE TABLE "pagetype_sample" ( -- free blocks of a migratetype in a zone at a sample, as in /proc/pagetypeinfo; from the first sample at which there was one
	"t_ns" INTEGER, -- ns: simulated time
	"node" INTEGER, -- number of the node
	"zone" TEXT, -- DMA, DMA32, Normal, Movable
	"type" TEXT, -- Unmovable, Movable, Reclaimable, HighAtomic, CMA, Isolate
	"free_0" INTEGER, -- free blocks of order 0 (sampled)
	"free_1" INTEGER, -- free blocks of order 1 (sampled)
	"free_2" INTEGER, -- free blocks of order 2 (sampled)
	"free_3" INTEGER, -- free blocks of order 3 (sampled)
	"free_4" INTEGER, -- free blocks of order 4 (sampled)
	"free_5" INTEGER, -- free blocks of order 5 (sampled)
	"free_6" INTEGER, -- free blocks of order 6 (sampled)
	"free_7" INTEGER, -- free blocks of order 7 (sampled)
	"free_8" INTEGER, -- free blocks of order 8 (sampled)
	"free_9" INTEGER, -- free blocks of order 9 (sampled)
	"free_10" INTEGER -- free blocks of order 10 (sampled)
);
CREATE TABLE "node_sample" ( -- a node at a sample, as in /sys/devices/system/node/node*/vmstat
	"t_ns" INTEGER, -- ns: simulated time
	"node" INTEGER, -- number of the node
	"nr_free_pages" INTEGER, -- pages: on the buddy lists of the node's zones (sampled)
	"nr_inactive_anon" INTEGER, -- pages: inactive anonymous pages
	"nr_active_anon" INTEGER, -- pages: active anonymous pages
	"nr_inactive_file" INTEGER, -- pages: inactive file pages
	"nr_active_file" INTEGER, -- pages: active file pages
	"nr_unevictable" INTEGER, -- pages: cannot be reclaimed
	"nr_slab_reclaimable" INTEGER, -- pages: slab pages that could be given back
	"nr_slab_unreclaimable" INTEGER, -- pages: slab pages that cannot be given back
	"nr_isolated_anon" INTEGER, -- pages: anonymous pages taken off their list by reclaim
	"nr_isolated_file" INTEGER, -- pages: file pages taken off their list by reclaim
	"nr_file_pages" INTEGER, -- pages: page cache
	"nr_anon_pages" INTEGER, -- pages: anonymous pages mapped
	"nr_anon_transparent_hugepages" INTEGER, -- huge pages of 2 MiB that programs map as a whole
	"nr_swapcached" INTEGER, -- pages: of the page cache, pages that have a place in swap
	"nr_mapped" INTEGER, -- pages: page cache mapped into programs
	"nr_page_table_pages" INTEGER, -- pages: page tables of programs: PTE and PMD pages
	"nr_dirty" INTEGER, -- pages: page cache changed and not yet under writeback
	"nr_writeback" INTEGER, -- pages: being written
	"nr_dirtied" INTEGER, -- pages: made dirty (only grows)
	"nr_written" INTEGER, -- pages: written (only grows)
	"nr_throttled_written" INTEGER, -- pages: written while tasks waited for it in reclaim (only grows)
	"nr_vmscan_write" INTEGER, -- pages: given to writeback by reclaim itself (only grows)
	"nr_vmscan_immediate_reclaim" INTEGER, -- pages: dirty pages marked to be freed once written (only grows)
	"workingset_nodes" INTEGER, -- index nodes that hold only shadows
	"workingset_refault_anon" INTEGER, -- pages: evicted anonymous pages that came back (only grows)
	"workingset_refault_file" INTEGER, -- pages: evicted file pages that came back (only grows)
	"workingset_activate_anon" INTEGER, -- pages: refaults that were activated at once, anonymous (only grows)
	"workingset_activate_file" INTEGER, -- pages: refaults that were activated at once, file (only grows)
	"workingset_restore_anon" INTEGER, -- pages: refaults of pages that were active before, anonymous (only grows)
	"workingset_restore_file" INTEGER, -- pages: refaults of pages that were active before, file (only grows)
	"workingset_nodereclaim" INTEGER, -- index nodes of shadows given back (only grows)
	"kswapd_running" INTEGER, -- kswapd of the node is not asleep (sampled)
	"kswapd_failures" INTEGER, -- runs of kswapd in a row that freed nothing (sampled)
	"numa_hit" INTEGER, -- sum of the zones, as in numastat(8) (sampled) (only grows)
	"numa_miss" INTEGER, -- sum of the zones (sampled) (only grows)
	"numa_foreign" INTEGER, -- sum of the zones (sampled) (only grows)
	"numa_interleave" INTEGER, -- sum of the zones (sampled) (only grows)
	"numa_local" INTEGER, -- sum of the zones (sampled) (only grows)
	"numa_other" INTEGER -- sum of the zones (sampled) (only grows)
);
CREATE TABLE "file_sample" ( -- a file of the scenario at a sample
	"t_ns" INTEGER, -- ns: simulated time
	"name" TEXT, -- of the file
	"nr_pages" INTEGER, -- pages: pages in the cache (sampled)
	"size" INTEGER -- bytes: length of the file (sampled)
);
CREATE TABLE "mm_sample" ( -- the address space of a task that maps something, at a sample, as in /proc/<pid>/status
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- name of the task
	"pid" INTEGER, -- its number
	"rss_file" INTEGER, -- pages: pages of files mapped
	"rss_anon" INTEGER, -- pages: anonymous pages mapped, the zero page not counted
	"swapents" INTEGER, -- pages: anonymous pages in swap
	"locked_vm" INTEGER, -- pages: addresses whose pages are locked in memory
	"total_vm" INTEGER, -- pages: addresses in use
	"pgtables_bytes" INTEGER, -- bytes: page tables: PTE, PMD and PUD pages
	"maj_flt" INTEGER, -- faults that had to wait or to be repeated (only grows)
	"min_flt" INTEGER -- the other faults (only grows)
);
CREATE TABLE "shmem_sample" ( -- memory that programs share, files on tmpfs included, at a sample; no rows before there is some
	"t_ns" INTEGER, -- ns: simulated time
	"nr_shmem" INTEGER, -- pages: pages of shared memory: of the page cache, but on the lists of anonymous pages
	"sim_shmem_swapped" INTEGER -- pages: pages of shared memory in swap
);
CREATE TABLE "tmpfs_sample" ( -- a file system in memory at a sample, as df shows it
	"t_ns" INTEGER, -- ns: simulated time
	"name" TEXT, -- of linux.tmpfs, or tmpfs
	"max_blocks" INTEGER, -- pages: pages that the files of the tmpfs may have together; 0: no limit
	"used_blocks" INTEGER, -- pages: pages that the files of the tmpfs have, in memory or in swap
	"sim_swapped" INTEGER -- pages: of the pages of its files, those in swap
);
CREATE TABLE "hugetlb_sample" ( -- the pool of huge pages of the default size at a sample, as in /proc/meminfo; no rows before it is used
	"t_ns" INTEGER, -- ns: simulated time
	"nr_hugepages" INTEGER, -- huge pages of the pool, surplus ones included: HugePages_Total
	"free_hugepages" INTEGER, -- of these, used by nobody: HugePages_Free
	"resv_hugepages" INTEGER, -- of the free ones, promised to mappings: HugePages_Rsvd
	"surplus_hugepages" INTEGER, -- above vm.nr_hugepages, until they are freed: HugePages_Surp
	"htlb_buddy_alloc_success" INTEGER, -- huge pages that the page allocator gave to the pool (only grows)
	"htlb_buddy_alloc_fail" INTEGER -- requests for one that it refused (only grows)
);
CREATE TABLE "hugetlb_node_sample" ( -- the pool of huge pages of the default size of a node at a sample, as in meminfo of the node
	"t_ns" INTEGER, -- ns: simulated time
	"node" INTEGER, -- number of the node
	"nr_hugepages" INTEGER, -- huge pages of the pool, surplus ones included
	"free_hugepages" INTEGER, -- of these, used by nobody
	"surplus_hugepages" INTEGER -- above vm.nr_hugepages
);
CREATE TABLE "hstate_sample" ( -- the pool of huge pages of the other size at a sample, as in /sys/kernel/mm/hugepages; no rows before it is used
	"t_ns" INTEGER, -- ns: simulated time
	"size" TEXT, -- 2048kB or 1048576kB
	"nr_hugepages" INTEGER, -- huge pages of the pool, surplus ones included: HugePages_Total
	"free_hugepages" INTEGER, -- of these, used by nobody: HugePages_Free
	"resv_hugepages" INTEGER, -- of the free ones, promised to mappings: HugePages_Rsvd
	"surplus_hugepages" INTEGER -- above vm.nr_hugepages, until they are freed: HugePages_Surp
);
CREATE TABLE "mm_hugetlb_sample" ( -- the huge pages of the pool that a task maps, at a sample, as in /proc/<pid>/status
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- name of the task
	"pid" INTEGER, -- its number
	"hugetlb_usage" INTEGER -- pages: pages of the pool mapped, in pages of 4 KiB: HugetlbPages; not part of rss_anon
);
CREATE TABLE "swap_sample" ( -- a swap area at a sample, as in /proc/swaps
	"t_ns" INTEGER, -- ns: simulated time
	"area" TEXT, -- its name in linux.swap
	"pages" INTEGER, -- pages: places; 0: it is off (sampled)
	"inuse_pages" INTEGER, -- pages: places in use, those a CPU has in hand too (sampled)
	"prio" INTEGER, -- priority (sampled)
	"nr_cached" INTEGER, -- pages: places whose page is in the swap cache
	"free_clusters" INTEGER, -- stretches of 512 places with none in use; 0 on a disk that rotates (sampled)
	"pages_in" INTEGER, -- pages: read from it (only grows)
	"pages_out" INTEGER -- pages: written to it (only grows)
);
CREATE TABLE "bdi_sample" ( -- what writeback knows of a device at a sample
	"t_ns" INTEGER, -- ns: simulated time
	"name" TEXT, -- of the disk
	"nr_reclaimable" INTEGER, -- pages: dirty pages of the device
	"nr_writeback" INTEGER, -- pages: pages of the device being written
	"nr_dirtied" INTEGER, -- pages: pages made dirty (only grows)
	"nr_written" INTEGER, -- pages: pages written (only grows)
	"write_bandwidth" INTEGER, -- pages/s: bandwidth estimate of the kernel
	"avg_write_bandwidth" INTEGER, -- pages/s: the same, smoothed
	"dirty_ratelimit" INTEGER, -- pages/s: base rate at which one writer may dirty
	"balanced_dirty_ratelimit" INTEGER, -- pages/s: rate that would balance the device
	"dirty_thresh" INTEGER, -- pages: the device's share of the dirty threshold (sampled)
	"bg_thresh" INTEGER, -- pages: the device's share of the background threshold (sampled)
	"b_dirty" INTEGER, -- inodes waiting for their age (sampled)
	"b_io" INTEGER, -- inodes being written (sampled)
	"b_more_io" INTEGER, -- inodes to go on with (sampled)
	"sim_oldest_dirty_ns" INTEGER, -- ns: how long the file of the device is dirty that is so longest, as the flusher counts it (sampled)
	"wbt_depth" INTEGER -- writeback requests allowed in flight (sampled)
);
CREATE TABLE "task_sample" ( -- a task of the scenario at a sample
	"t_ns" INTEGER, -- ns: simulated time
	"name" TEXT, -- of the task
	"ops" INTEGER, -- calls made (only grows)
	"bytes" INTEGER, -- bytes: read, written or touched by its calls (only grows)
	"blocked_ns" INTEGER, -- ns: time without the CPU, its own sleeps not counted: blocked, or waiting for it (only grows)
	"cpu_ns" INTEGER, -- ns: CPU time used (only grows)
	"reclaim_stall_ns" INTEGER, -- ns: of its time, in direct reclaim, not held back (only grows)
	"compact_stall_ns" INTEGER, -- ns: in direct compaction (only grows)
	"reclaim_throttle_ns" INTEGER, -- ns: held back in reclaim (only grows)
	"dirty_throttle_ns" INTEGER, -- ns: held back as a writer (only grows)
	"refault_stall_ns" INTEGER, -- ns: waiting for pages to be read that had been evicted (only grows)
	"swapin_stall_ns" INTEGER, -- ns: waiting for pages of swap (only grows)
	"read_stall_ns" INTEGER, -- ns: waiting for other pages to be read (only grows)
	"page_stall_ns" INTEGER, -- ns: waiting for a page lock, or for a page to be written (only grows)
	"writeback_stall_ns" INTEGER, -- ns: waiting for the flusher, or for a file that is being written (only grows)
	"wbt_stall_ns" INTEGER, -- ns: held back by writeback throttling (only grows)
	"tag_stall_ns" INTEGER, -- ns: waiting for a request tag (only grows)
	"io_stall_ns" INTEGER, -- ns: waiting for direct I/O, or for a flush of a disk's cache (only grows)
	"lock_stall_ns" INTEGER, -- ns: waiting for the lock of a file, of a file system, or mmap_lock (only grows)
	"mempool_stall_ns" INTEGER, -- ns: waiting for an element of a mempool (only grows)
	"other_stall_ns" INTEGER, -- ns: waiting for anything else in the kernel: a tick before the next try (only grows)
	"run_delay_ns" INTEGER, -- ns: without the CPU though it could run and lost time for nothing else (only grows)
	"stall_cpu_ns" INTEGER -- ns: with the CPU within these: their sum is blocked_ns and this (only grows)
);
CREATE TABLE "disk_sample" ( -- a disk at a sample
	"t_ns" INTEGER, -- ns: simulated time
	"name" TEXT, -- of the disk
	"reads" INTEGER, -- reads completed (only grows)
	"reads_merged" INTEGER, -- reads merged into another request before they were issued (only grows)
	"read_sectors" INTEGER, -- sectors of 512 bytes read (only grows)
	"read_ns" INTEGER, -- ns: time reads took, from their tag to completion (only grows)
	"writes" INTEGER, -- writes completed (only grows)
	"writes_merged" INTEGER, -- writes merged into another request before they were issued (only grows)
	"write_sectors" INTEGER, -- sectors of 512 bytes written (only grows)
	"write_ns" INTEGER, -- ns: time writes took, from their tag to completion (only grows)
	"in_flight" INTEGER, -- requests given to the device and not completed
	"io_ticks" INTEGER, -- ms: time with at least one request that has a tag, in whole ticks: what %util is made of (only grows)
	"io_ticks_ns" INTEGER, -- ns: time with at least one request in the device (only grows)
	"time_in_queue_ns" INTEGER, -- ns: sum of read_ns, write_ns and flush_ns: completed requests only (only grows)
	"flushes" INTEGER, -- flushes of the device's cache completed (only grows)
	"flush_ns" INTEGER, -- ns: time flushes took, from their tag to completion (only grows)
	"queued" INTEGER, -- requests that hold a tag and wait for the device
	"tag_waiters" INTEGER, -- tasks that wait for a request tag
	"sim_errors" INTEGER, -- requests that ended with an error (only grows)
	"sim_stall_ns" INTEGER -- ns: time in which the disk got nothing done because of stalls (only grows)
);
CREATE TABLE "mm_page_alloc" ( -- a block of pages is given to who asked for it; pfn -1: there was none
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pfn" INTEGER, -- field of the tracepoint
	"order" INTEGER, -- field of the tracepoint
	"gfp_flags" INTEGER, -- field of the tracepoint
	"migratetype" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_page_free" ( -- a block of pages is freed
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pfn" INTEGER, -- field of the tracepoint
	"order" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_page_free_batched" ( -- a page that is freed together with others goes to a CPU's list
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pfn" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_page_alloc_extfrag" ( -- an allocation took a block of another migratetype
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pfn" INTEGER, -- field of the tracepoint
	"alloc_order" INTEGER, -- field of the tracepoint
	"fallback_order" INTEGER, -- field of the tracepoint
	"alloc_migratetype" INTEGER, -- field of the tracepoint
	"fallback_migratetype" INTEGER, -- field of the tracepoint
	"change_ownership" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_page_alloc_zone_locked" ( -- a block is taken from a buddy list, to be handed out or (percpu_refill) to go to a CPU's list
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pfn" INTEGER, -- field of the tracepoint
	"order" INTEGER, -- field of the tracepoint
	"migratetype" INTEGER, -- field of the tracepoint
	"percpu_refill" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_page_pcpu_drain" ( -- a block goes from a CPU's list to the buddy lists
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pfn" INTEGER, -- field of the tracepoint
	"order" INTEGER, -- field of the tracepoint
	"migratetype" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_vmscan_wakeup_kswapd" ( -- an allocation wakes kswapd
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nid" INTEGER, -- field of the tracepoint
	"zid" INTEGER, -- field of the tracepoint
	"order" INTEGER, -- field of the tracepoint
	"gfp_flags" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_vmscan_kswapd_wake" ( -- kswapd begins to work
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nid" INTEGER, -- field of the tracepoint
	"zid" INTEGER, -- field of the tracepoint
	"order" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_vmscan_kswapd_sleep" ( -- kswapd goes to sleep
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nid" INTEGER -- field of the tracepoint
);
CREATE TABLE "sim_kswapd_nap" ( -- kswapd has no work for now: a nap of 100 ms, then it sleeps if there is still none
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nid" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_vmscan_direct_reclaim_begin" ( -- a task begins to reclaim for itself
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"order" INTEGER, -- field of the tracepoint
	"gfp_flags" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_vmscan_direct_reclaim_end" ( -- and ends
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nr_reclaimed" INTEGER -- field of the tracepoint
);
CREATE TABLE "sim_shrink_lruvec" ( -- a pass over the lists of a node begins: their sizes as it sees them, and how many pages of each it will look at
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nid" INTEGER, -- field of the tracepoint
	"highest_zoneidx" INTEGER, -- field of the tracepoint
	"priority" INTEGER, -- field of the tracepoint
	"nr_to_reclaim" INTEGER, -- field of the tracepoint
	"inactive_anon" INTEGER, -- field of the tracepoint
	"active_anon" INTEGER, -- field of the tracepoint
	"inactive_file" INTEGER, -- field of the tracepoint
	"active_file" INTEGER, -- field of the tracepoint
	"req_inactive_anon" INTEGER, -- field of the tracepoint
	"req_active_anon" INTEGER, -- field of the tracepoint
	"req_inactive_file" INTEGER, -- field of the tracepoint
	"req_active_file" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_vmscan_lru_isolate" ( -- pages are taken off a list
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"highest_zoneidx" INTEGER, -- field of the tracepoint
	"order" INTEGER, -- field of the tracepoint
	"nr_requested" INTEGER, -- field of the tracepoint
	"nr_scanned" INTEGER, -- field of the tracepoint
	"nr_skipped" INTEGER, -- field of the tracepoint
	"nr_taken" INTEGER, -- field of the tracepoint
	"isolate_mode" INTEGER, -- field of the tracepoint
	"lru" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_vmscan_lru_shrink_inactive" ( -- what became of pages of an inactive list
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nid" INTEGER, -- field of the tracepoint
	"nr_scanned" INTEGER, -- field of the tracepoint
	"nr_reclaimed" INTEGER, -- field of the tracepoint
	"nr_dirty" INTEGER, -- field of the tracepoint
	"nr_writeback" INTEGER, -- field of the tracepoint
	"nr_congested" INTEGER, -- field of the tracepoint
	"nr_immediate" INTEGER, -- field of the tracepoint
	"nr_activate0" INTEGER, -- field of the tracepoint
	"nr_activate1" INTEGER, -- field of the tracepoint
	"nr_ref_keep" INTEGER, -- field of the tracepoint
	"nr_unmap_fail" INTEGER, -- field of the tracepoint
	"priority" INTEGER, -- field of the tracepoint
	"reclaim_flags" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_vmscan_lru_shrink_active" ( -- pages of an active list are deactivated
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nid" INTEGER, -- field of the tracepoint
	"nr_taken" INTEGER, -- field of the tracepoint
	"nr_active" INTEGER, -- field of the tracepoint
	"nr_deactivated" INTEGER, -- field of the tracepoint
	"nr_referenced" INTEGER, -- field of the tracepoint
	"priority" INTEGER, -- field of the tracepoint
	"reclaim_flags" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_vmscan_throttled" ( -- a task is held back in reclaim
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nid" INTEGER, -- field of the tracepoint
	"usec_timeout" INTEGER, -- field of the tracepoint
	"usec_delayed" INTEGER, -- field of the tracepoint
	"reason" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_vmscan_write_folio" ( -- reclaim writes a page
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pfn" INTEGER, -- field of the tracepoint
	"reclaim_flags" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_vmscan_node_reclaim_begin" ( -- a node is reclaimed from before another one is used
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nid" INTEGER, -- field of the tracepoint
	"order" INTEGER, -- field of the tracepoint
	"gfp_flags" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_vmscan_node_reclaim_end" ( -- and that ends
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nr_reclaimed" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_shrink_slab_start" ( -- a shrinker is asked
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"shr" INTEGER, -- field of the tracepoint
	"nid" INTEGER, -- field of the tracepoint
	"nr_objects_to_shrink" INTEGER, -- field of the tracepoint
	"gfp_flags" INTEGER, -- field of the tracepoint
	"cache_items" INTEGER, -- field of the tracepoint
	"delta" INTEGER, -- field of the tracepoint
	"total_scan" INTEGER, -- field of the tracepoint
	"priority" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_shrink_slab_end" ( -- and has done what it would
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"shr" INTEGER, -- field of the tracepoint
	"nid" INTEGER, -- field of the tracepoint
	"unused_scan" INTEGER, -- field of the tracepoint
	"new_scan" INTEGER, -- field of the tracepoint
	"retval" INTEGER, -- field of the tracepoint
	"total_scan" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_lru_insertion" ( -- a page comes to a list from a CPU's batch
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pfn" INTEGER, -- field of the tracepoint
	"lru" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_lru_activate" ( -- a page moves to the active list because it was used again
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pfn" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_compaction_try_to_compact_pages" ( -- a task compacts for a request of its own: prio 0 full 1 light 2 asynchronous
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"order" INTEGER, -- field of the tracepoint
	"gfp_mask" INTEGER, -- field of the tracepoint
	"prio" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_compaction_begin" ( -- compaction of a zone begins
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"zone_start" INTEGER, -- field of the tracepoint
	"migrate_pfn" INTEGER, -- field of the tracepoint
	"free_pfn" INTEGER, -- field of the tracepoint
	"zone_end" INTEGER, -- field of the tracepoint
	"sync" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_compaction_end" ( -- and ends: status 5 complete 6 partial 7 contended 8 success
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"zone_start" INTEGER, -- field of the tracepoint
	"migrate_pfn" INTEGER, -- field of the tracepoint
	"free_pfn" INTEGER, -- field of the tracepoint
	"zone_end" INTEGER, -- field of the tracepoint
	"sync" INTEGER, -- field of the tracepoint
	"status" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_compaction_isolate_migratepages" ( -- pages to move are taken
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"start_pfn" INTEGER, -- field of the tracepoint
	"end_pfn" INTEGER, -- field of the tracepoint
	"nr_scanned" INTEGER, -- field of the tracepoint
	"nr_taken" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_compaction_isolate_freepages" ( -- free frames are taken
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"start_pfn" INTEGER, -- field of the tracepoint
	"end_pfn" INTEGER, -- field of the tracepoint
	"nr_scanned" INTEGER, -- field of the tracepoint
	"nr_taken" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_compaction_migratepages" ( -- pages taken were moved
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nr_migrated" INTEGER, -- field of the tracepoint
	"nr_failed" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_compaction_finished" ( -- whether compaction goes on: 3 continue
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nid" INTEGER, -- field of the tracepoint
	"idx" INTEGER, -- field of the tracepoint
	"order" INTEGER, -- field of the tracepoint
	"ret" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_compaction_suitable" ( -- whether a zone is worth compaction: 0 not for its index 1 too few free pages 4 yes 8 no need
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nid" INTEGER, -- field of the tracepoint
	"idx" INTEGER, -- field of the tracepoint
	"order" INTEGER, -- field of the tracepoint
	"ret" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_compaction_deferred" ( -- compaction of a zone is put off
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nid" INTEGER, -- field of the tracepoint
	"idx" INTEGER, -- field of the tracepoint
	"order" INTEGER, -- field of the tracepoint
	"considered" INTEGER, -- field of the tracepoint
	"defer_shift" INTEGER, -- field of the tracepoint
	"order_failed" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_compaction_defer_compaction" ( -- the next compactions of a zone are put off
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nid" INTEGER, -- field of the tracepoint
	"idx" INTEGER, -- field of the tracepoint
	"order" INTEGER, -- field of the tracepoint
	"considered" INTEGER, -- field of the tracepoint
	"defer_shift" INTEGER, -- field of the tracepoint
	"order_failed" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_compaction_defer_reset" ( -- and no longer
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nid" INTEGER, -- field of the tracepoint
	"idx" INTEGER, -- field of the tracepoint
	"order" INTEGER, -- field of the tracepoint
	"considered" INTEGER, -- field of the tracepoint
	"defer_shift" INTEGER, -- field of the tracepoint
	"order_failed" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_compaction_kcompactd_sleep" ( -- kcompactd goes to sleep
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nid" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_compaction_wakeup_kcompactd" ( -- kcompactd is asked for a block
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nid" INTEGER, -- field of the tracepoint
	"order" INTEGER, -- field of the tracepoint
	"highest_zoneidx" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_compaction_kcompactd_wake" ( -- and begins to work
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nid" INTEGER, -- field of the tracepoint
	"order" INTEGER, -- field of the tracepoint
	"highest_zoneidx" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_migrate_pages_start" ( -- pages are to be moved to other frames: mode and reason as in mm_migrate_pages
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"mode" INTEGER, -- field of the tracepoint
	"reason" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_migrate_pages" ( -- pages were moved to other frames: mode 0 asynchronous 1 light 2 synchronous; reason 0 compaction 2 hotplug 6 range
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"succeeded" INTEGER, -- field of the tracepoint
	"failed" INTEGER, -- field of the tracepoint
	"mode" INTEGER, -- field of the tracepoint
	"reason" INTEGER -- field of the tracepoint
);
CREATE TABLE "test_pages_isolated" ( -- are all pages of a range free and isolated: no if fin_pfn is below end_pfn
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"start_pfn" INTEGER, -- field of the tracepoint
	"end_pfn" INTEGER, -- field of the tracepoint
	"fin_pfn" INTEGER -- field of the tracepoint
);
CREATE TABLE "cma_alloc_start" ( -- pages in a row are asked for of the CMA area, at a multiple of 2^align
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"count" INTEGER, -- field of the tracepoint
	"align" INTEGER -- field of the tracepoint
);
CREATE TABLE "cma_alloc_busy_retry" ( -- pages in use stand in the way there: on to the next place
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pfn" INTEGER, -- field of the tracepoint
	"count" INTEGER, -- field of the tracepoint
	"align" INTEGER -- field of the tracepoint
);
CREATE TABLE "cma_alloc_finish" ( -- the pages were taken at pfn, or (found 0) pfn is the last place that was tried, -1 none
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pfn" INTEGER, -- field of the tracepoint
	"count" INTEGER, -- field of the tracepoint
	"align" INTEGER, -- field of the tracepoint
	"found" INTEGER -- field of the tracepoint
);
CREATE TABLE "cma_release" ( -- pages go back to the CMA area
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pfn" INTEGER, -- field of the tracepoint
	"count" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_filemap_add_to_page_cache" ( -- a page enters the cache
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"file" INTEGER, -- field of the tracepoint
	"ofs" INTEGER, -- field of the tracepoint
	"pfn" INTEGER, -- field of the tracepoint
	"order" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_filemap_delete_from_page_cache" ( -- a page leaves the cache
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"file" INTEGER, -- field of the tracepoint
	"ofs" INTEGER, -- field of the tracepoint
	"pfn" INTEGER, -- field of the tracepoint
	"order" INTEGER -- field of the tracepoint
);
CREATE TABLE "filemap_set_wb_err" ( -- an error of writing is noted with a file: errseq is error, seen, and how many there were
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"file" INTEGER, -- field of the tracepoint
	"errseq" INTEGER -- field of the tracepoint
);
CREATE TABLE "file_check_and_advance_wb_err" ( -- an open file is told of an error: the errseq it had seen, and the one it has seen now
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"file" INTEGER, -- field of the tracepoint
	"old" INTEGER, -- field of the tracepoint
	"new" INTEGER -- field of the tracepoint
);
CREATE TABLE "sim_zero_partial" ( -- bytes of a page that truncation keeps become zeroes
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"file" INTEGER, -- field of the tracepoint
	"index" INTEGER, -- field of the tracepoint
	"offset" INTEGER, -- field of the tracepoint
	"length" INTEGER -- field of the tracepoint
);
CREATE TABLE "sim_zero_tail" ( -- bytes behind the end of a file become zeroes in a page that is written
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"file" INTEGER, -- field of the tracepoint
	"index" INTEGER, -- field of the tracepoint
	"offset" INTEGER, -- field of the tracepoint
	"length" INTEGER -- field of the tracepoint
);
CREATE TABLE "sim_page_fault" ( -- a program's page fault ends: calls of the handler it took; result 0 minor 1 major, or a negative errno value (-14 a signal: SIGSEGV, SIGBUS)
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pid" INTEGER, -- field of the tracepoint
	"file" INTEGER, -- field of the tracepoint
	"index" INTEGER, -- field of the tracepoint
	"write" INTEGER, -- field of the tracepoint
	"calls" INTEGER, -- field of the tracepoint
	"result" INTEGER -- field of the tracepoint
);
CREATE TABLE "sim_readahead" ( -- a readahead decision, its windows are submitted: kind 0 sync (page missing) 1 async (mark met) 2 forced 3 around a page fault; window before and after
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"kind" INTEGER, -- field of the tracepoint
	"file" INTEGER, -- field of the tracepoint
	"index" INTEGER, -- field of the tracepoint
	"req_count" INTEGER, -- field of the tracepoint
	"order" INTEGER, -- field of the tracepoint
	"start_before" INTEGER, -- field of the tracepoint
	"size_before" INTEGER, -- field of the tracepoint
	"async_before" INTEGER, -- field of the tracepoint
	"start" INTEGER, -- field of the tracepoint
	"size" INTEGER, -- field of the tracepoint
	"async_size" INTEGER, -- field of the tracepoint
	"ra_pages" INTEGER, -- field of the tracepoint
	"mmap_miss" INTEGER, -- field of the tracepoint
	"prev_pos" INTEGER, -- field of the tracepoint
	"bdi_ra_pages" INTEGER, -- field of the tracepoint
	"bdi_io_pages" INTEGER -- field of the tracepoint
);
CREATE TABLE "sim_readahead_window" ( -- a window submitted
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"file" INTEGER, -- field of the tracepoint
	"start" INTEGER, -- field of the tracepoint
	"nr_to_read" INTEGER, -- field of the tracepoint
	"lookahead_size" INTEGER, -- field of the tracepoint
	"nr_inserted" INTEGER -- field of the tracepoint
);
CREATE TABLE "global_dirty_state" ( -- the dirty limits are evaluated
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nr_dirty" INTEGER, -- field of the tracepoint
	"nr_writeback" INTEGER, -- field of the tracepoint
	"background_thresh" INTEGER, -- field of the tracepoint
	"dirty_thresh" INTEGER, -- field of the tracepoint
	"dirty_limit" INTEGER, -- field of the tracepoint
	"nr_dirtied" INTEGER, -- field of the tracepoint
	"nr_written" INTEGER -- field of the tracepoint
);
CREATE TABLE "bdi_dirty_ratelimit" ( -- rates of a device are updated, KiB/s
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"write_bw" INTEGER, -- field of the tracepoint
	"avg_write_bw" INTEGER, -- field of the tracepoint
	"dirty_rate" INTEGER, -- field of the tracepoint
	"dirty_ratelimit" INTEGER, -- field of the tracepoint
	"task_ratelimit" INTEGER, -- field of the tracepoint
	"balanced_dirty_ratelimit" INTEGER -- field of the tracepoint
);
CREATE TABLE "balance_dirty_pages" ( -- a writer above freerun: times in ms, rates in KiB/s
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"limit" INTEGER, -- field of the tracepoint
	"setpoint" INTEGER, -- field of the tracepoint
	"dirty" INTEGER, -- field of the tracepoint
	"bdi_setpoint" INTEGER, -- field of the tracepoint
	"bdi_dirty" INTEGER, -- field of the tracepoint
	"dirty_ratelimit" INTEGER, -- field of the tracepoint
	"task_ratelimit" INTEGER, -- field of the tracepoint
	"dirtied" INTEGER, -- field of the tracepoint
	"dirtied_pause" INTEGER, -- field of the tracepoint
	"paused" INTEGER, -- field of the tracepoint
	"pause" INTEGER, -- field of the tracepoint
	"period" INTEGER, -- field of the tracepoint
	"think" INTEGER -- field of the tracepoint
);
CREATE TABLE "sim_dirty_free_run" ( -- a writer finds that it need not be held back: all dirty pages, or those of a device that is held to its own share
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"dirty" INTEGER, -- field of the tracepoint
	"dirtied" INTEGER -- field of the tracepoint
);
CREATE TABLE "writeback_dirty_folio" ( -- a page becomes dirty
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"file" INTEGER, -- field of the tracepoint
	"index" INTEGER -- field of the tracepoint
);
CREATE TABLE "folio_wait_writeback" ( -- a task waits for a page that is being written
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"file" INTEGER, -- field of the tracepoint
	"index" INTEGER -- field of the tracepoint
);
CREATE TABLE "writeback_mark_inode_dirty" ( -- a file is changed: state before, flags: 1 2 the inode itself 4 its pages
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"file" INTEGER, -- field of the tracepoint
	"state" INTEGER, -- field of the tracepoint
	"flags" INTEGER -- field of the tracepoint
);
CREATE TABLE "writeback_dirty_inode_enqueue" ( -- a clean file became dirty and waits for its age
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"file" INTEGER, -- field of the tracepoint
	"state" INTEGER, -- field of the tracepoint
	"dirtied_when" INTEGER -- field of the tracepoint
);
CREATE TABLE "sb_mark_inode_writeback" ( -- the first page of a file is being written
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"file" INTEGER, -- field of the tracepoint
	"state" INTEGER, -- field of the tracepoint
	"dirtied_when" INTEGER -- field of the tracepoint
);
CREATE TABLE "sb_clear_inode_writeback" ( -- the last page of a file that was being written is done
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"file" INTEGER, -- field of the tracepoint
	"state" INTEGER, -- field of the tracepoint
	"dirtied_when" INTEGER -- field of the tracepoint
);
CREATE TABLE "wbc_writepage" ( -- a walk over a file writes a page: what it is still to do
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"nr_to_write" INTEGER, -- field of the tracepoint
	"pages_skipped" INTEGER, -- field of the tracepoint
	"sync_mode" INTEGER, -- field of the tracepoint
	"for_kupdate" INTEGER, -- field of the tracepoint
	"for_background" INTEGER, -- field of the tracepoint
	"for_reclaim" INTEGER, -- field of the tracepoint
	"range_cyclic" INTEGER, -- field of the tracepoint
	"range_start" INTEGER, -- field of the tracepoint
	"range_end" INTEGER -- field of the tracepoint
);
CREATE TABLE "sim_fsync" ( -- fsync of a file ends: how long it took, and 0 or a negative errno value
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"file" INTEGER, -- field of the tracepoint
	"latency_ns" INTEGER, -- field of the tracepoint
	"result" INTEGER -- field of the tracepoint
);
CREATE TABLE "writeback_wake_background" ( -- the flusher is woken for background work
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER -- field of the tracepoint
);
CREATE TABLE "writeback_queue" ( -- work is given to the flusher
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"nr_pages" INTEGER, -- field of the tracepoint
	"sync_mode" INTEGER, -- field of the tracepoint
	"for_kupdate" INTEGER, -- field of the tracepoint
	"range_cyclic" INTEGER, -- field of the tracepoint
	"for_background" INTEGER, -- field of the tracepoint
	"reason" INTEGER -- field of the tracepoint
);
CREATE TABLE "writeback_exec" ( -- the flusher takes work
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"nr_pages" INTEGER, -- field of the tracepoint
	"sync_mode" INTEGER, -- field of the tracepoint
	"for_kupdate" INTEGER, -- field of the tracepoint
	"range_cyclic" INTEGER, -- field of the tracepoint
	"for_background" INTEGER, -- field of the tracepoint
	"reason" INTEGER -- field of the tracepoint
);
CREATE TABLE "writeback_start" ( -- a round of the flusher begins
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"nr_pages" INTEGER, -- field of the tracepoint
	"sync_mode" INTEGER, -- field of the tracepoint
	"for_kupdate" INTEGER, -- field of the tracepoint
	"range_cyclic" INTEGER, -- field of the tracepoint
	"for_background" INTEGER, -- field of the tracepoint
	"reason" INTEGER -- field of the tracepoint
);
CREATE TABLE "writeback_written" ( -- a round of the flusher ends
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"nr_pages" INTEGER, -- field of the tracepoint
	"sync_mode" INTEGER, -- field of the tracepoint
	"for_kupdate" INTEGER, -- field of the tracepoint
	"range_cyclic" INTEGER, -- field of the tracepoint
	"for_background" INTEGER, -- field of the tracepoint
	"reason" INTEGER -- field of the tracepoint
);
CREATE TABLE "writeback_wait" ( -- the flusher found nothing to write and waits for an inode that somebody else writes
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"nr_pages" INTEGER, -- field of the tracepoint
	"sync_mode" INTEGER, -- field of the tracepoint
	"for_kupdate" INTEGER, -- field of the tracepoint
	"range_cyclic" INTEGER, -- field of the tracepoint
	"for_background" INTEGER, -- field of the tracepoint
	"reason" INTEGER -- field of the tracepoint
);
CREATE TABLE "writeback_pages_written" ( -- the flusher is done
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pages" INTEGER -- field of the tracepoint
);
CREATE TABLE "writeback_queue_io" ( -- inodes are queued for writing
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"older" INTEGER, -- field of the tracepoint
	"age" INTEGER, -- field of the tracepoint
	"moved" INTEGER, -- field of the tracepoint
	"reason" INTEGER -- field of the tracepoint
);
CREATE TABLE "writeback_sb_inodes_requeue" ( -- the flusher puts off a file that somebody else writes
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"file" INTEGER, -- field of the tracepoint
	"state" INTEGER, -- field of the tracepoint
	"dirtied_when" INTEGER -- field of the tracepoint
);
CREATE TABLE "writeback_single_inode_start" ( -- writing of an inode begins
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"file" INTEGER, -- field of the tracepoint
	"state" INTEGER, -- field of the tracepoint
	"dirtied_when" INTEGER, -- field of the tracepoint
	"age" INTEGER, -- field of the tracepoint
	"writeback_index" INTEGER, -- field of the tracepoint
	"nr_to_write" INTEGER -- field of the tracepoint
);
CREATE TABLE "writeback_single_inode" ( -- writing of an inode ends
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"file" INTEGER, -- field of the tracepoint
	"state" INTEGER, -- field of the tracepoint
	"dirtied_when" INTEGER, -- field of the tracepoint
	"age" INTEGER, -- field of the tracepoint
	"writeback_index" INTEGER, -- field of the tracepoint
	"nr_to_write" INTEGER, -- field of the tracepoint
	"wrote" INTEGER -- field of the tracepoint
);
CREATE TABLE "block_bio_queue" ( -- pages are given to a queue: op as in block_rq_issue; file and index of the first page, -1: none
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"disk" INTEGER, -- field of the tracepoint
	"op" INTEGER, -- field of the tracepoint
	"sector" INTEGER, -- field of the tracepoint
	"nr_sector" INTEGER, -- field of the tracepoint
	"rahead" INTEGER, -- field of the tracepoint
	"nr_segments" INTEGER, -- field of the tracepoint
	"file" INTEGER, -- field of the tracepoint
	"index" INTEGER -- field of the tracepoint
);
CREATE TABLE "block_bio_complete" ( -- pages that were given to a queue are done
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"disk" INTEGER, -- field of the tracepoint
	"op" INTEGER, -- field of the tracepoint
	"sector" INTEGER, -- field of the tracepoint
	"nr_sector" INTEGER, -- field of the tracepoint
	"error" INTEGER -- field of the tracepoint
);
CREATE TABLE "block_split" ( -- pages are cut to what a request may have, at new_sector
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"disk" INTEGER, -- field of the tracepoint
	"op" INTEGER, -- field of the tracepoint
	"sector" INTEGER, -- field of the tracepoint
	"new_sector" INTEGER -- field of the tracepoint
);
CREATE TABLE "block_getrq" ( -- pages get a request of their own
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"disk" INTEGER, -- field of the tracepoint
	"op" INTEGER, -- field of the tracepoint
	"sector" INTEGER, -- field of the tracepoint
	"nr_sector" INTEGER -- field of the tracepoint
);
CREATE TABLE "block_bio_backmerge" ( -- pages join a request at its end
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"disk" INTEGER, -- field of the tracepoint
	"op" INTEGER, -- field of the tracepoint
	"sector" INTEGER, -- field of the tracepoint
	"nr_sector" INTEGER -- field of the tracepoint
);
CREATE TABLE "block_bio_frontmerge" ( -- pages join a request at its beginning
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"disk" INTEGER, -- field of the tracepoint
	"op" INTEGER, -- field of the tracepoint
	"sector" INTEGER, -- field of the tracepoint
	"nr_sector" INTEGER -- field of the tracepoint
);
CREATE TABLE "block_plug" ( -- a task begins to gather requests
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"disk" INTEGER -- field of the tracepoint
);
CREATE TABLE "block_unplug" ( -- gathered requests go to their queue
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"disk" INTEGER, -- field of the tracepoint
	"nr_rq" INTEGER -- field of the tracepoint
);
CREATE TABLE "block_rq_insert" ( -- a request is given to the scheduler
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"disk" INTEGER, -- field of the tracepoint
	"op" INTEGER, -- field of the tracepoint
	"sector" INTEGER, -- field of the tracepoint
	"nr_sector" INTEGER, -- field of the tracepoint
	"bytes" INTEGER -- field of the tracepoint
);
CREATE TABLE "block_rq_merge" ( -- a request of the scheduler joins the one that lies before it
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"disk" INTEGER, -- field of the tracepoint
	"op" INTEGER, -- field of the tracepoint
	"sector" INTEGER, -- field of the tracepoint
	"nr_sector" INTEGER, -- field of the tracepoint
	"bytes" INTEGER -- field of the tracepoint
);
CREATE TABLE "block_rq_issue" ( -- a request goes to the device: op 0 read 1 write 2 flush; sync: somebody waits for it
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"disk" INTEGER, -- field of the tracepoint
	"op" INTEGER, -- field of the tracepoint
	"sector" INTEGER, -- field of the tracepoint
	"nr_sector" INTEGER, -- field of the tracepoint
	"bytes" INTEGER, -- field of the tracepoint
	"sync" INTEGER -- field of the tracepoint
);
CREATE TABLE "block_rq_complete" ( -- a request is done
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"disk" INTEGER, -- field of the tracepoint
	"op" INTEGER, -- field of the tracepoint
	"sector" INTEGER, -- field of the tracepoint
	"nr_sector" INTEGER, -- field of the tracepoint
	"error" INTEGER -- field of the tracepoint
);
CREATE TABLE "block_rq_error" ( -- a request ended with an error
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"disk" INTEGER, -- field of the tracepoint
	"op" INTEGER, -- field of the tracepoint
	"sector" INTEGER, -- field of the tracepoint
	"nr_sector" INTEGER, -- field of the tracepoint
	"error" INTEGER -- field of the tracepoint
);
CREATE TABLE "wbt_lat" ( -- a read took too long for writeback throttling, microseconds
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"lat" INTEGER -- field of the tracepoint
);
CREATE TABLE "wbt_stat" ( -- what reads (r) and writes (w) took in a window of writeback throttling, ns
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"rmean" INTEGER, -- field of the tracepoint
	"rmin" INTEGER, -- field of the tracepoint
	"rmax" INTEGER, -- field of the tracepoint
	"rnr_samples" INTEGER, -- field of the tracepoint
	"wmean" INTEGER, -- field of the tracepoint
	"wmin" INTEGER, -- field of the tracepoint
	"wmax" INTEGER, -- field of the tracepoint
	"wnr_samples" INTEGER -- field of the tracepoint
);
CREATE TABLE "wbt_step" ( -- limits of writeback throttling change: msg 1 up 0 down; window in microseconds
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"msg" INTEGER, -- field of the tracepoint
	"step" INTEGER, -- field of the tracepoint
	"window" INTEGER, -- field of the tracepoint
	"bg" INTEGER, -- field of the tracepoint
	"normal" INTEGER, -- field of the tracepoint
	"max" INTEGER -- field of the tracepoint
);
CREATE TABLE "wbt_timer" ( -- a window of writeback throttling ends: status 1 quick enough 2 unknown 3 only writes 4 too slow
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"bdi" INTEGER, -- field of the tracepoint
	"status" INTEGER, -- field of the tracepoint
	"step" INTEGER, -- field of the tracepoint
	"inflight" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_khugepaged_scan_pmd" ( -- khugepaged has looked at 2 MiB of a program (status: 1 it is one huge page now, else why not); scan_pfn: the last page it saw
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pid" INTEGER, -- field of the tracepoint
	"scan_pfn" INTEGER, -- field of the tracepoint
	"writable" INTEGER, -- field of the tracepoint
	"referenced" INTEGER, -- field of the tracepoint
	"none_or_zero" INTEGER, -- field of the tracepoint
	"status" INTEGER, -- field of the tracepoint
	"unmapped" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_collapse_huge_page" ( -- it tried to make one page of them
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pid" INTEGER, -- field of the tracepoint
	"isolated" INTEGER, -- field of the tracepoint
	"status" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_collapse_huge_page_isolate" ( -- the small pages are looked at for the last time before they are copied: scan_pfn is the last one seen, -1 none
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"scan_pfn" INTEGER, -- field of the tracepoint
	"none_or_zero" INTEGER, -- field of the tracepoint
	"referenced" INTEGER, -- field of the tracepoint
	"writable" INTEGER, -- field of the tracepoint
	"status" INTEGER -- field of the tracepoint
);
CREATE TABLE "mm_collapse_huge_page_swapin" ( -- pages of them were read from swap before; ret 0: not all
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pid" INTEGER, -- field of the tracepoint
	"swapped_in" INTEGER, -- field of the tracepoint
	"referenced" INTEGER, -- field of the tracepoint
	"ret" INTEGER -- field of the tracepoint
);
CREATE TABLE "sim_stall" ( -- what a program loses its time to from now on, and lost it to before: -1 nothing 0 direct reclaim 1 compaction 2 held back in reclaim 3 held back as a writer 4 reading what was evicted 5 swapping in 6 reading 7 a page 8 writeback 9 wbt 10 a request tag 11 direct I/O 12 a lock 13 a mempool 14 a tick
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"to" INTEGER, -- field of the tracepoint
	"from" INTEGER -- field of the tracepoint
);
CREATE TABLE "oom_kill" ( -- a task is killed because memory is used up
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pid" INTEGER, -- field of the tracepoint
	"points" INTEGER -- field of the tracepoint
);
CREATE TABLE "oom_score_adj_update" ( -- a task is made more (up to 1000) or less (down to -1000) likely to be killed
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pid" INTEGER, -- field of the tracepoint
	"oom_score_adj" INTEGER -- field of the tracepoint
);
CREATE TABLE "reclaim_retry_zone" ( -- an allocation that reclaim did not serve looks whether to go on: would all that can be reclaimed be enough
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"node" INTEGER, -- field of the tracepoint
	"zone_idx" INTEGER, -- field of the tracepoint
	"order" INTEGER, -- field of the tracepoint
	"reclaimable" INTEGER, -- field of the tracepoint
	"available" INTEGER, -- field of the tracepoint
	"min_wmark" INTEGER, -- field of the tracepoint
	"no_progress_loops" INTEGER, -- field of the tracepoint
	"wmark_check" INTEGER -- field of the tracepoint
);
CREATE TABLE "compact_retry" ( -- and whether compaction may still bring the block about
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"order" INTEGER, -- field of the tracepoint
	"priority" INTEGER, -- field of the tracepoint
	"result" INTEGER, -- field of the tracepoint
	"retries" INTEGER, -- field of the tracepoint
	"max_retries" INTEGER, -- field of the tracepoint
	"ret" INTEGER -- field of the tracepoint
);
CREATE TABLE "mark_victim" ( -- a task that is to die may use the reserves; sizes in KiB
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pid" INTEGER, -- field of the tracepoint
	"total_vm" INTEGER, -- field of the tracepoint
	"anon_rss" INTEGER, -- field of the tracepoint
	"file_rss" INTEGER, -- field of the tracepoint
	"shmem_rss" INTEGER, -- field of the tracepoint
	"uid" INTEGER, -- field of the tracepoint
	"pgtables" INTEGER, -- field of the tracepoint
	"oom_score_adj" INTEGER -- field of the tracepoint
);
CREATE TABLE "wake_reaper" ( -- the victim has had its time: the OOM reaper is woken
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pid" INTEGER -- field of the tracepoint
);
CREATE TABLE "start_task_reaping" ( -- the OOM reaper unmaps the victim's memory
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pid" INTEGER -- field of the tracepoint
);
CREATE TABLE "finish_task_reaping" ( -- and is done
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pid" INTEGER -- field of the tracepoint
);
CREATE TABLE "skip_task_reaping" ( -- the OOM reaper cannot have the victim's address space now
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pid" INTEGER -- field of the tracepoint
);
CREATE TABLE "vm_unmapped_area" ( -- addresses for a mapping are looked for: addr or a negative errno value; total_vm in pages, all else in bytes
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"addr" INTEGER, -- field of the tracepoint
	"total_vm" INTEGER, -- field of the tracepoint
	"flags" INTEGER, -- field of the tracepoint
	"length" INTEGER, -- field of the tracepoint
	"low_limit" INTEGER, -- field of the tracepoint
	"high_limit" INTEGER, -- field of the tracepoint
	"align_mask" INTEGER, -- field of the tracepoint
	"align_offset" INTEGER -- field of the tracepoint
);
CREATE TABLE "exit_mmap" ( -- the address space of a program is gone
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pid" INTEGER -- field of the tracepoint
);
CREATE TABLE "rss_stat" ( -- a counter of a program that others see has changed: member 0 pages of files 1 anonymous 2 in swap 3 shared memory, size in bytes; curr: by its own task
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pid" INTEGER, -- field of the tracepoint
	"curr" INTEGER, -- field of the tracepoint
	"member" INTEGER, -- field of the tracepoint
	"size" INTEGER -- field of the tracepoint
);
CREATE TABLE "mmap_lock_start_locking" ( -- a task asks for the lock of an address space (pid 0: that of a child that is being made)
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pid" INTEGER, -- field of the tracepoint
	"write" INTEGER -- field of the tracepoint
);
CREATE TABLE "mmap_lock_acquire_returned" ( -- and has it; success 0: it would have to wait, and does not
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pid" INTEGER, -- field of the tracepoint
	"write" INTEGER, -- field of the tracepoint
	"success" INTEGER -- field of the tracepoint
);
CREATE TABLE "mmap_lock_released" ( -- and gives it back
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"pid" INTEGER, -- field of the tracepoint
	"write" INTEGER -- field of the tracepoint
);
CREATE TABLE "sim_vmap_alloc" ( -- a range of kernel addresses is taken: start in bytes from the beginning of the vmalloc space, -1 if none was found; whole_space: in all of it
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"start" INTEGER, -- field of the tracepoint
	"size" INTEGER, -- field of the tracepoint
	"align" INTEGER, -- field of the tracepoint
	"whole_space" INTEGER, -- field of the tracepoint
	"failed" INTEGER -- field of the tracepoint
);
CREATE TABLE "sim_vmap_free" ( -- a range of kernel addresses is freed and waits for a purge; lazy_nr pages wait then
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"start" INTEGER, -- field of the tracepoint
	"end" INTEGER, -- field of the tracepoint
	"lazy_nr" INTEGER -- field of the tracepoint
);
CREATE TABLE "sim_vmap_purge" ( -- what waits is given back; worker: by the drain work
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"worker" INTEGER, -- field of the tracepoint
	"lazy_before" INTEGER, -- field of the tracepoint
	"lazy_after" INTEGER -- field of the tracepoint
);
CREATE TABLE "sim_kernel_tlb_flush" ( -- the TLB entries of a range of kernel addresses are flushed on all CPUs; full: all entries are
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"start" INTEGER, -- field of the tracepoint
	"end" INTEGER, -- field of the tracepoint
	"full" INTEGER -- field of the tracepoint
);
CREATE TABLE "page_alloc_failed" ( -- a page allocation returns NULL, and the caller has no other way
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"order" INTEGER, -- field of the tracepoint
	"gfp_flags" INTEGER, -- field of the tracepoint
	"nid" INTEGER -- field of the tracepoint
);
CREATE TABLE "page_alloc_fallback" ( -- a page allocation with __GFP_NOWARN returns NULL: the caller has another way
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"order" INTEGER, -- field of the tracepoint
	"gfp_flags" INTEGER, -- field of the tracepoint
	"nid" INTEGER -- field of the tracepoint
);
CREATE TABLE "warn_alloc" ( -- the kernel reports a failed allocation in its log, at most one in 10 s
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"order" INTEGER, -- field of the tracepoint
	"gfp_flags" INTEGER -- field of the tracepoint
);
CREATE TABLE "kernel_bug" ( -- the scenario broke a rule of the kernel, the nr-th time in this run
	"seq" INTEGER PRIMARY KEY, -- order among all events of the run
	"t_ns" INTEGER, -- ns: simulated time
	"task" TEXT, -- in whose context; empty outside of tasks
	"cpu" INTEGER, -- -1: none
	"nr" INTEGER -- field of the tracepoint
);
CREATE VIEW "vmstat_sample_rate" AS -- differences of vmstat_sample per second
	SELECT t_ns,
	("nr_dirtied" - lag("nr_dirtied") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "nr_dirtied",
	("nr_written" - lag("nr_written") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "nr_written",
	("pgpgin" - lag("pgpgin") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgpgin",
	("pgpgout" - lag("pgpgout") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgpgout",
	("pswpin" - lag("pswpin") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pswpin",
	("pswpout" - lag("pswpout") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pswpout",
	("swap_ra" - lag("swap_ra") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "swap_ra",
	("swap_ra_hit" - lag("swap_ra_hit") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "swap_ra_hit",
	("pgfree" - lag("pgfree") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgfree",
	("pgfault" - lag("pgfault") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgfault",
	("pgmajfault" - lag("pgmajfault") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgmajfault",
	("pgreuse" - lag("pgreuse") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgreuse",
	("thp_fault_alloc" - lag("thp_fault_alloc") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "thp_fault_alloc",
	("thp_fault_fallback" - lag("thp_fault_fallback") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "thp_fault_fallback",
	("thp_collapse_alloc" - lag("thp_collapse_alloc") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "thp_collapse_alloc",
	("thp_collapse_alloc_failed" - lag("thp_collapse_alloc_failed") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "thp_collapse_alloc_failed",
	("sim_khugepaged_collapsed" - lag("sim_khugepaged_collapsed") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_khugepaged_collapsed",
	("sim_khugepaged_full_scans" - lag("sim_khugepaged_full_scans") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_khugepaged_full_scans",
	("thp_scan_exceed_none_pte" - lag("thp_scan_exceed_none_pte") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "thp_scan_exceed_none_pte",
	("thp_scan_exceed_swap_pte" - lag("thp_scan_exceed_swap_pte") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "thp_scan_exceed_swap_pte",
	("thp_scan_exceed_share_pte" - lag("thp_scan_exceed_share_pte") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "thp_scan_exceed_share_pte",
	("thp_zero_page_alloc" - lag("thp_zero_page_alloc") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "thp_zero_page_alloc",
	("thp_zero_page_alloc_failed" - lag("thp_zero_page_alloc_failed") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "thp_zero_page_alloc_failed",
	("thp_split_page" - lag("thp_split_page") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "thp_split_page",
	("thp_split_page_failed" - lag("thp_split_page_failed") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "thp_split_page_failed",
	("thp_deferred_split_page" - lag("thp_deferred_split_page") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "thp_deferred_split_page",
	("thp_split_pmd" - lag("thp_split_pmd") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "thp_split_pmd",
	("thp_swpout" - lag("thp_swpout") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "thp_swpout",
	("thp_swpout_fallback" - lag("thp_swpout_fallback") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "thp_swpout_fallback",
	("unevictable_pgs_culled" - lag("unevictable_pgs_culled") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "unevictable_pgs_culled",
	("unevictable_pgs_rescued" - lag("unevictable_pgs_rescued") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "unevictable_pgs_rescued",
	("unevictable_pgs_mlocked" - lag("unevictable_pgs_mlocked") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "unevictable_pgs_mlocked",
	("unevictable_pgs_munlocked" - lag("unevictable_pgs_munlocked") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "unevictable_pgs_munlocked",
	("unevictable_pgs_cleared" - lag("unevictable_pgs_cleared") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "unevictable_pgs_cleared",
	("unevictable_pgs_stranded" - lag("unevictable_pgs_stranded") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "unevictable_pgs_stranded",
	("pgactivate" - lag("pgactivate") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgactivate",
	("pgdeactivate" - lag("pgdeactivate") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgdeactivate",
	("pgrotated" - lag("pgrotated") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgrotated",
	("pgrefill" - lag("pgrefill") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgrefill",
	("pglazyfree" - lag("pglazyfree") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pglazyfree",
	("pglazyfreed" - lag("pglazyfreed") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pglazyfreed",
	("pgscan_kswapd" - lag("pgscan_kswapd") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgscan_kswapd",
	("pgscan_direct" - lag("pgscan_direct") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgscan_direct",
	("pgsteal_kswapd" - lag("pgsteal_kswapd") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgsteal_kswapd",
	("pgsteal_direct" - lag("pgsteal_direct") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgsteal_direct",
	("pgscan_anon" - lag("pgscan_anon") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgscan_anon",
	("pgscan_file" - lag("pgscan_file") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgscan_file",
	("pgsteal_anon" - lag("pgsteal_anon") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgsteal_anon",
	("pgsteal_file" - lag("pgsteal_file") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgsteal_file",
	("pgscan_direct_throttle" - lag("pgscan_direct_throttle") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgscan_direct_throttle",
	("allocstall" - lag("allocstall") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "allocstall",
	("pageoutrun" - lag("pageoutrun") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pageoutrun",
	("kswapd_low_wmark_hit_quickly" - lag("kswapd_low_wmark_hit_quickly") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "kswapd_low_wmark_hit_quickly",
	("kswapd_high_wmark_hit_quickly" - lag("kswapd_high_wmark_hit_quickly") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "kswapd_high_wmark_hit_quickly",
	("zone_reclaim_failed" - lag("zone_reclaim_failed") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "zone_reclaim_failed",
	("slabs_scanned" - lag("slabs_scanned") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "slabs_scanned",
	("compact_migrate_scanned" - lag("compact_migrate_scanned") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "compact_migrate_scanned",
	("compact_free_scanned" - lag("compact_free_scanned") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "compact_free_scanned",
	("compact_isolated" - lag("compact_isolated") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "compact_isolated",
	("compact_stall" - lag("compact_stall") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "compact_stall",
	("compact_fail" - lag("compact_fail") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "compact_fail",
	("compact_success" - lag("compact_success") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "compact_success",
	("compact_daemon_wake" - lag("compact_daemon_wake") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "compact_daemon_wake",
	("compact_daemon_migrate_scanned" - lag("compact_daemon_migrate_scanned") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "compact_daemon_migrate_scanned",
	("compact_daemon_free_scanned" - lag("compact_daemon_free_scanned") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "compact_daemon_free_scanned",
	("pgmigrate_success" - lag("pgmigrate_success") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgmigrate_success",
	("pgmigrate_fail" - lag("pgmigrate_fail") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgmigrate_fail",
	("cma_alloc_success" - lag("cma_alloc_success") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "cma_alloc_success",
	("cma_alloc_fail" - lag("cma_alloc_fail") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "cma_alloc_fail",
	("sim_compact_stall_ns" - lag("sim_compact_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_compact_stall_ns",
	("drop_pagecache" - lag("drop_pagecache") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "drop_pagecache",
	("drop_slab" - lag("drop_slab") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "drop_slab",
	("oom_kill" - lag("oom_kill") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "oom_kill",
	("sim_alloc_failed" - lag("sim_alloc_failed") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_alloc_failed",
	("sim_alloc_fallback" - lag("sim_alloc_fallback") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_alloc_fallback",
	("sim_readahead_pages" - lag("sim_readahead_pages") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_readahead_pages",
	("sim_readahead_unused_pages" - lag("sim_readahead_unused_pages") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_readahead_unused_pages",
	("sim_read_bytes" - lag("sim_read_bytes") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_read_bytes",
	("sim_read_hit_pages" - lag("sim_read_hit_pages") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_read_hit_pages",
	("sim_read_wait_pages" - lag("sim_read_wait_pages") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_read_wait_pages",
	("sim_read_miss_pages" - lag("sim_read_miss_pages") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_read_miss_pages",
	("sim_fsyncs" - lag("sim_fsyncs") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_fsyncs",
	("sim_fsync_ns" - lag("sim_fsync_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_fsync_ns",
	("sim_throttle_ns" - lag("sim_throttle_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_throttle_ns",
	("sim_reclaim_stall_ns" - lag("sim_reclaim_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_reclaim_stall_ns",
	("sim_reclaim_throttle_ns" - lag("sim_reclaim_throttle_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_reclaim_throttle_ns",
	("sim_refault_stall_ns" - lag("sim_refault_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_refault_stall_ns",
	("sim_read_stall_ns" - lag("sim_read_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_read_stall_ns",
	("sim_page_stall_ns" - lag("sim_page_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_page_stall_ns",
	("sim_swapin_stall_ns" - lag("sim_swapin_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_swapin_stall_ns",
	("sim_writeback_stall_ns" - lag("sim_writeback_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_writeback_stall_ns",
	("sim_wbt_stall_ns" - lag("sim_wbt_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_wbt_stall_ns",
	("sim_tag_stall_ns" - lag("sim_tag_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_tag_stall_ns",
	("sim_io_stall_ns" - lag("sim_io_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_io_stall_ns",
	("sim_lock_stall_ns" - lag("sim_lock_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_lock_stall_ns",
	("sim_mempool_stall_ns" - lag("sim_mempool_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_mempool_stall_ns",
	("sim_other_stall_ns" - lag("sim_other_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_other_stall_ns",
	("sim_run_delay_ns" - lag("sim_run_delay_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_run_delay_ns",
	("sim_vmap_purges" - lag("sim_vmap_purges") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_vmap_purges",
	("sim_vmap_purged_areas" - lag("sim_vmap_purged_areas") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_vmap_purged_areas",
	("sim_vmap_purged_pages" - lag("sim_vmap_purged_pages") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_vmap_purged_pages",
	("sim_vmap_failed" - lag("sim_vmap_failed") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_vmap_failed",
	("sim_kernel_tlb_flushes" - lag("sim_kernel_tlb_flushes") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_kernel_tlb_flushes",
	("sim_kernel_tlb_full_flushes" - lag("sim_kernel_tlb_full_flushes") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_kernel_tlb_full_flushes",
	("sim_kernel_tlb_flush_ns" - lag("sim_kernel_tlb_flush_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_kernel_tlb_flush_ns"
	FROM "vmstat_sample" WINDOW w AS (ORDER BY t_ns, rowid);
CREATE VIEW "zone_sample_rate" AS -- differences of zone_sample per second
	SELECT t_ns, "node", "zone",
	("pgalloc" - lag("pgalloc") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgalloc",
	("allocstall" - lag("allocstall") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "allocstall",
	("pgskip" - lag("pgskip") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pgskip",
	("numa_hit" - lag("numa_hit") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "numa_hit",
	("numa_miss" - lag("numa_miss") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "numa_miss",
	("numa_foreign" - lag("numa_foreign") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "numa_foreign",
	("numa_interleave" - lag("numa_interleave") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "numa_interleave",
	("numa_local" - lag("numa_local") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "numa_local",
	("numa_other" - lag("numa_other") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "numa_other"
	FROM "zone_sample" WINDOW w AS (PARTITION BY "node", "zone" ORDER BY t_ns, rowid);
CREATE VIEW "node_sample_rate" AS -- differences of node_sample per second
	SELECT t_ns, "node",
	("nr_dirtied" - lag("nr_dirtied") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "nr_dirtied",
	("nr_written" - lag("nr_written") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "nr_written",
	("nr_throttled_written" - lag("nr_throttled_written") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "nr_throttled_written",
	("nr_vmscan_write" - lag("nr_vmscan_write") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "nr_vmscan_write",
	("nr_vmscan_immediate_reclaim" - lag("nr_vmscan_immediate_reclaim") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "nr_vmscan_immediate_reclaim",
	("workingset_refault_anon" - lag("workingset_refault_anon") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "workingset_refault_anon",
	("workingset_refault_file" - lag("workingset_refault_file") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "workingset_refault_file",
	("workingset_activate_anon" - lag("workingset_activate_anon") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "workingset_activate_anon",
	("workingset_activate_file" - lag("workingset_activate_file") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "workingset_activate_file",
	("workingset_restore_anon" - lag("workingset_restore_anon") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "workingset_restore_anon",
	("workingset_restore_file" - lag("workingset_restore_file") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "workingset_restore_file",
	("workingset_nodereclaim" - lag("workingset_nodereclaim") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "workingset_nodereclaim",
	("numa_hit" - lag("numa_hit") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "numa_hit",
	("numa_miss" - lag("numa_miss") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "numa_miss",
	("numa_foreign" - lag("numa_foreign") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "numa_foreign",
	("numa_interleave" - lag("numa_interleave") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "numa_interleave",
	("numa_local" - lag("numa_local") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "numa_local",
	("numa_other" - lag("numa_other") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "numa_other"
	FROM "node_sample" WINDOW w AS (PARTITION BY "node" ORDER BY t_ns, rowid);
CREATE VIEW "mm_sample_rate" AS -- differences of mm_sample per second
	SELECT t_ns, "task", "pid",
	("maj_flt" - lag("maj_flt") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "maj_flt",
	("min_flt" - lag("min_flt") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "min_flt"
	FROM "mm_sample" WINDOW w AS (PARTITION BY "task", "pid" ORDER BY t_ns, rowid);
CREATE VIEW "hugetlb_sample_rate" AS -- differences of hugetlb_sample per second
	SELECT t_ns,
	("htlb_buddy_alloc_success" - lag("htlb_buddy_alloc_success") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "htlb_buddy_alloc_success",
	("htlb_buddy_alloc_fail" - lag("htlb_buddy_alloc_fail") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "htlb_buddy_alloc_fail"
	FROM "hugetlb_sample" WINDOW w AS (ORDER BY t_ns, rowid);
CREATE VIEW "swap_sample_rate" AS -- differences of swap_sample per second
	SELECT t_ns, "area",
	("pages_in" - lag("pages_in") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pages_in",
	("pages_out" - lag("pages_out") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "pages_out"
	FROM "swap_sample" WINDOW w AS (PARTITION BY "area" ORDER BY t_ns, rowid);
CREATE VIEW "bdi_sample_rate" AS -- differences of bdi_sample per second
	SELECT t_ns, "name",
	("nr_dirtied" - lag("nr_dirtied") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "nr_dirtied",
	("nr_written" - lag("nr_written") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "nr_written"
	FROM "bdi_sample" WINDOW w AS (PARTITION BY "name" ORDER BY t_ns, rowid);
CREATE VIEW "task_sample_rate" AS -- differences of task_sample per second
	SELECT t_ns, "name",
	("ops" - lag("ops") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "ops",
	("bytes" - lag("bytes") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "bytes",
	("blocked_ns" - lag("blocked_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "blocked_ns",
	("cpu_ns" - lag("cpu_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "cpu_ns",
	("reclaim_stall_ns" - lag("reclaim_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "reclaim_stall_ns",
	("compact_stall_ns" - lag("compact_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "compact_stall_ns",
	("reclaim_throttle_ns" - lag("reclaim_throttle_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "reclaim_throttle_ns",
	("dirty_throttle_ns" - lag("dirty_throttle_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "dirty_throttle_ns",
	("refault_stall_ns" - lag("refault_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "refault_stall_ns",
	("swapin_stall_ns" - lag("swapin_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "swapin_stall_ns",
	("read_stall_ns" - lag("read_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "read_stall_ns",
	("page_stall_ns" - lag("page_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "page_stall_ns",
	("writeback_stall_ns" - lag("writeback_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "writeback_stall_ns",
	("wbt_stall_ns" - lag("wbt_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "wbt_stall_ns",
	("tag_stall_ns" - lag("tag_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "tag_stall_ns",
	("io_stall_ns" - lag("io_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "io_stall_ns",
	("lock_stall_ns" - lag("lock_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "lock_stall_ns",
	("mempool_stall_ns" - lag("mempool_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "mempool_stall_ns",
	("other_stall_ns" - lag("other_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "other_stall_ns",
	("run_delay_ns" - lag("run_delay_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "run_delay_ns",
	("stall_cpu_ns" - lag("stall_cpu_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "stall_cpu_ns"
	FROM "task_sample" WINDOW w AS (PARTITION BY "name" ORDER BY t_ns, rowid);
CREATE VIEW "disk_sample_rate" AS -- differences of disk_sample per second
	SELECT t_ns, "name",
	("reads" - lag("reads") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "reads",
	("reads_merged" - lag("reads_merged") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "reads_merged",
	("read_sectors" - lag("read_sectors") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "read_sectors",
	("read_ns" - lag("read_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "read_ns",
	("writes" - lag("writes") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "writes",
	("writes_merged" - lag("writes_merged") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "writes_merged",
	("write_sectors" - lag("write_sectors") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "write_sectors",
	("write_ns" - lag("write_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "write_ns",
	("io_ticks" - lag("io_ticks") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "io_ticks",
	("io_ticks_ns" - lag("io_ticks_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "io_ticks_ns",
	("time_in_queue_ns" - lag("time_in_queue_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "time_in_queue_ns",
	("flushes" - lag("flushes") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "flushes",
	("flush_ns" - lag("flush_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "flush_ns",
	("sim_errors" - lag("sim_errors") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_errors",
	("sim_stall_ns" - lag("sim_stall_ns") OVER w) * 1e9 / (t_ns - lag(t_ns) OVER w) AS "sim_stall_ns"
	FROM "disk_sample" WINDOW w AS (PARTITION BY "name" ORDER BY t_ns, rowid);
CREATE VIEW "event" AS -- all events in order, their fields as text
	SELECT t_ns, name, task, cpu, text FROM (
	SELECT seq, t_ns, 'mm_page_alloc' AS name, task, cpu, printf('pfn=%d order=%d gfp_flags=%d migratetype=%d', "pfn", "order", "gfp_flags", "migratetype") AS text FROM "mm_page_alloc"
	UNION ALL
	SELECT seq, t_ns, 'mm_page_free' AS name, task, cpu, printf('pfn=%d order=%d', "pfn", "order") AS text FROM "mm_page_free"
	UNION ALL
	SELECT seq, t_ns, 'mm_page_free_batched' AS name, task, cpu, printf('pfn=%d', "pfn") AS text FROM "mm_page_free_batched"
	UNION ALL
	SELECT seq, t_ns, 'mm_page_alloc_extfrag' AS name, task, cpu, printf('pfn=%d alloc_order=%d fallback_order=%d alloc_migratetype=%d fallback_migratetype=%d change_ownership=%d', "pfn", "alloc_order", "fallback_order", "alloc_migratetype", "fallback_migratetype", "change_ownership") AS text FROM "mm_page_alloc_extfrag"
	UNION ALL
	SELECT seq, t_ns, 'mm_page_alloc_zone_locked' AS name, task, cpu, printf('pfn=%d order=%d migratetype=%d percpu_refill=%d', "pfn", "order", "migratetype", "percpu_refill") AS text FROM "mm_page_alloc_zone_locked"
	UNION ALL
	SELECT seq, t_ns, 'mm_page_pcpu_drain' AS name, task, cpu, printf('pfn=%d order=%d migratetype=%d', "pfn", "order", "migratetype") AS text FROM "mm_page_pcpu_drain"
	UNION ALL
	SELECT seq, t_ns, 'mm_vmscan_wakeup_kswapd' AS name, task, cpu, printf('nid=%d zid=%d order=%d gfp_flags=%d', "nid", "zid", "order", "gfp_flags") AS text FROM "mm_vmscan_wakeup_kswapd"
	UNION ALL
	SELECT seq, t_ns, 'mm_vmscan_kswapd_wake' AS name, task, cpu, printf('nid=%d zid=%d order=%d', "nid", "zid", "order") AS text FROM "mm_vmscan_kswapd_wake"
	UNION ALL
	SELECT seq, t_ns, 'mm_vmscan_kswapd_sleep' AS name, task, cpu, printf('nid=%d', "nid") AS text FROM "mm_vmscan_kswapd_sleep"
	UNION ALL
	SELECT seq, t_ns, 'sim_kswapd_nap' AS name, task, cpu, printf('nid=%d', "nid") AS text FROM "sim_kswapd_nap"
	UNION ALL
	SELECT seq, t_ns, 'mm_vmscan_direct_reclaim_begin' AS name, task, cpu, printf('order=%d gfp_flags=%d', "order", "gfp_flags") AS text FROM "mm_vmscan_direct_reclaim_begin"
	UNION ALL
	SELECT seq, t_ns, 'mm_vmscan_direct_reclaim_end' AS name, task, cpu, printf('nr_reclaimed=%d', "nr_reclaimed") AS text FROM "mm_vmscan_direct_reclaim_end"
	UNION ALL
	SELECT seq, t_ns, 'sim_shrink_lruvec' AS name, task, cpu, printf('nid=%d highest_zoneidx=%d priority=%d nr_to_reclaim=%d inactive_anon=%d active_anon=%d inactive_file=%d active_file=%d req_inactive_anon=%d req_active_anon=%d req_inactive_file=%d req_active_file=%d', "nid", "highest_zoneidx", "priority", "nr_to_reclaim", "inactive_anon", "active_anon", "inactive_file", "active_file", "req_inactive_anon", "req_active_anon", "req_inactive_file", "req_active_file") AS text FROM "sim_shrink_lruvec"
	UNION ALL
	SELECT seq, t_ns, 'mm_vmscan_lru_isolate' AS name, task, cpu, printf('highest_zoneidx=%d order=%d nr_requested=%d nr_scanned=%d nr_skipped=%d nr_taken=%d isolate_mode=%d lru=%d', "highest_zoneidx", "order", "nr_requested", "nr_scanned", "nr_skipped", "nr_taken", "isolate_mode", "lru") AS text FROM "mm_vmscan_lru_isolate"
	UNION ALL
	SELECT seq, t_ns, 'mm_vmscan_lru_shrink_inactive' AS name, task, cpu, printf('nid=%d nr_scanned=%d nr_reclaimed=%d nr_dirty=%d nr_writeback=%d nr_congested=%d nr_immediate=%d nr_activate0=%d nr_activate1=%d nr_ref_keep=%d nr_unmap_fail=%d priority=%d reclaim_flags=%d', "nid", "nr_scanned", "nr_reclaimed", "nr_dirty", "nr_writeback", "nr_congested", "nr_immediate", "nr_activate0", "nr_activate1", "nr_ref_keep", "nr_unmap_fail", "priority", "reclaim_flags") AS text FROM "mm_vmscan_lru_shrink_inactive"
	UNION ALL
	SELECT seq, t_ns, 'mm_vmscan_lru_shrink_active' AS name, task, cpu, printf('nid=%d nr_taken=%d nr_active=%d nr_deactivated=%d nr_referenced=%d priority=%d reclaim_flags=%d', "nid", "nr_taken", "nr_active", "nr_deactivated", "nr_referenced", "priority", "reclaim_flags") AS text FROM "mm_vmscan_lru_shrink_active"
	UNION ALL
	SELECT seq, t_ns, 'mm_vmscan_throttled' AS name, task, cpu, printf('nid=%d usec_timeout=%d usec_delayed=%d reason=%d', "nid", "usec_timeout", "usec_delayed", "reason") AS text FROM "mm_vmscan_throttled"
	UNION ALL
	SELECT seq, t_ns, 'mm_vmscan_write_folio' AS name, task, cpu, printf('pfn=%d reclaim_flags=%d', "pfn", "reclaim_flags") AS text FROM "mm_vmscan_write_folio"
	UNION ALL
	SELECT seq, t_ns, 'mm_vmscan_node_reclaim_begin' AS name, task, cpu, printf('nid=%d order=%d gfp_flags=%d', "nid", "order", "gfp_flags") AS text FROM "mm_vmscan_node_reclaim_begin"
	UNION ALL
	SELECT seq, t_ns, 'mm_vmscan_node_reclaim_end' AS name, task, cpu, printf('nr_reclaimed=%d', "nr_reclaimed") AS text FROM "mm_vmscan_node_reclaim_end"
	UNION ALL
	SELECT seq, t_ns, 'mm_shrink_slab_start' AS name, task, cpu, printf('shr=%d nid=%d nr_objects_to_shrink=%d gfp_flags=%d cache_items=%d delta=%d total_scan=%d priority=%d', "shr", "nid", "nr_objects_to_shrink", "gfp_flags", "cache_items", "delta", "total_scan", "priority") AS text FROM "mm_shrink_slab_start"
	UNION ALL
	SELECT seq, t_ns, 'mm_shrink_slab_end' AS name, task, cpu, printf('shr=%d nid=%d unused_scan=%d new_scan=%d retval=%d total_scan=%d', "shr", "nid", "unused_scan", "new_scan", "retval", "total_scan") AS text FROM "mm_shrink_slab_end"
	UNION ALL
	SELECT seq, t_ns, 'mm_lru_insertion' AS name, task, cpu, printf('pfn=%d lru=%d', "pfn", "lru") AS text FROM "mm_lru_insertion"
	UNION ALL
	SELECT seq, t_ns, 'mm_lru_activate' AS name, task, cpu, printf('pfn=%d', "pfn") AS text FROM "mm_lru_activate"
	UNION ALL
	SELECT seq, t_ns, 'mm_compaction_try_to_compact_pages' AS name, task, cpu, printf('order=%d gfp_mask=%d prio=%d', "order", "gfp_mask", "prio") AS text FROM "mm_compaction_try_to_compact_pages"
	UNION ALL
	SELECT seq, t_ns, 'mm_compaction_begin' AS name, task, cpu, printf('zone_start=%d migrate_pfn=%d free_pfn=%d zone_end=%d sync=%d', "zone_start", "migrate_pfn", "free_pfn", "zone_end", "sync") AS text FROM "mm_compaction_begin"
	UNION ALL
	SELECT seq, t_ns, 'mm_compaction_end' AS name, task, cpu, printf('zone_start=%d migrate_pfn=%d free_pfn=%d zone_end=%d sync=%d status=%d', "zone_start", "migrate_pfn", "free_pfn", "zone_end", "sync", "status") AS text FROM "mm_compaction_end"
	UNION ALL
	SELECT seq, t_ns, 'mm_compaction_isolate_migratepages' AS name, task, cpu, printf('start_pfn=%d end_pfn=%d nr_scanned=%d nr_taken=%d', "start_pfn", "end_pfn", "nr_scanned", "nr_taken") AS text FROM "mm_compaction_isolate_migratepages"
	UNION ALL
	SELECT seq, t_ns, 'mm_compaction_isolate_freepages' AS name, task, cpu, printf('start_pfn=%d end_pfn=%d nr_scanned=%d nr_taken=%d', "start_pfn", "end_pfn", "nr_scanned", "nr_taken") AS text FROM "mm_compaction_isolate_freepages"
	UNION ALL
	SELECT seq, t_ns, 'mm_compaction_migratepages' AS name, task, cpu, printf('nr_migrated=%d nr_failed=%d', "nr_migrated", "nr_failed") AS text FROM "mm_compaction_migratepages"
	UNION ALL
	SELECT seq, t_ns, 'mm_compaction_finished' AS name, task, cpu, printf('nid=%d idx=%d order=%d ret=%d', "nid", "idx", "order", "ret") AS text FROM "mm_compaction_finished"
	UNION ALL
	SELECT seq, t_ns, 'mm_compaction_suitable' AS name, task, cpu, printf('nid=%d idx=%d order=%d ret=%d', "nid", "idx", "order", "ret") AS text FROM "mm_compaction_suitable"
	UNION ALL
	SELECT seq, t_ns, 'mm_compaction_deferred' AS name, task, cpu, printf('nid=%d idx=%d order=%d considered=%d defer_shift=%d order_failed=%d', "nid", "idx", "order", "considered", "defer_shift", "order_failed") AS text FROM "mm_compaction_deferred"
	UNION ALL
	SELECT seq, t_ns, 'mm_compaction_defer_compaction' AS name, task, cpu, printf('nid=%d idx=%d order=%d considered=%d defer_shift=%d order_failed=%d', "nid", "idx", "order", "considered", "defer_shift", "order_failed") AS text FROM "mm_compaction_defer_compaction"
	UNION ALL
	SELECT seq, t_ns, 'mm_compaction_defer_reset' AS name, task, cpu, printf('nid=%d idx=%d order=%d considered=%d defer_shift=%d order_failed=%d', "nid", "idx", "order", "considered", "defer_shift", "order_failed") AS text FROM "mm_compaction_defer_reset"
	UNION ALL
	SELECT seq, t_ns, 'mm_compaction_kcompactd_sleep' AS name, task, cpu, printf('nid=%d', "nid") AS text FROM "mm_compaction_kcompactd_sleep"
	UNION ALL
	SELECT seq, t_ns, 'mm_compaction_wakeup_kcompactd' AS name, task, cpu, printf('nid=%d order=%d highest_zoneidx=%d', "nid", "order", "highest_zoneidx") AS text FROM "mm_compaction_wakeup_kcompactd"
	UNION ALL
	SELECT seq, t_ns, 'mm_compaction_kcompactd_wake' AS name, task, cpu, printf('nid=%d order=%d highest_zoneidx=%d', "nid", "order", "highest_zoneidx") AS text FROM "mm_compaction_kcompactd_wake"
	UNION ALL
	SELECT seq, t_ns, 'mm_migrate_pages_start' AS name, task, cpu, printf('mode=%d reason=%d', "mode", "reason") AS text FROM "mm_migrate_pages_start"
	UNION ALL
	SELECT seq, t_ns, 'mm_migrate_pages' AS name, task, cpu, printf('succeeded=%d failed=%d mode=%d reason=%d', "succeeded", "failed", "mode", "reason") AS text FROM "mm_migrate_pages"
	UNION ALL
	SELECT seq, t_ns, 'test_pages_isolated' AS name, task, cpu, printf('start_pfn=%d end_pfn=%d fin_pfn=%d', "start_pfn", "end_pfn", "fin_pfn") AS text FROM "test_pages_isolated"
	UNION ALL
	SELECT seq, t_ns, 'cma_alloc_start' AS name, task, cpu, printf('count=%d align=%d', "count", "align") AS text FROM "cma_alloc_start"
	UNION ALL
	SELECT seq, t_ns, 'cma_alloc_busy_retry' AS name, task, cpu, printf('pfn=%d count=%d align=%d', "pfn", "count", "align") AS text FROM "cma_alloc_busy_retry"
	UNION ALL
	SELECT seq, t_ns, 'cma_alloc_finish' AS name, task, cpu, printf('pfn=%d count=%d align=%d found=%d', "pfn", "count", "align", "found") AS text FROM "cma_alloc_finish"
	UNION ALL
	SELECT seq, t_ns, 'cma_release' AS name, task, cpu, printf('pfn=%d count=%d', "pfn", "count") AS text FROM "cma_release"
	UNION ALL
	SELECT seq, t_ns, 'mm_filemap_add_to_page_cache' AS name, task, cpu, printf('file=%d ofs=%d pfn=%d order=%d', "file", "ofs", "pfn", "order") AS text FROM "mm_filemap_add_to_page_cache"
	UNION ALL
	SELECT seq, t_ns, 'mm_filemap_delete_from_page_cache' AS name, task, cpu, printf('file=%d ofs=%d pfn=%d order=%d', "file", "ofs", "pfn", "order") AS text FROM "mm_filemap_delete_from_page_cache"
	UNION ALL
	SELECT seq, t_ns, 'filemap_set_wb_err' AS name, task, cpu, printf('file=%d errseq=%d', "file", "errseq") AS text FROM "filemap_set_wb_err"
	UNION ALL
	SELECT seq, t_ns, 'file_check_and_advance_wb_err' AS name, task, cpu, printf('file=%d old=%d new=%d', "file", "old", "new") AS text FROM "file_check_and_advance_wb_err"
	UNION ALL
	SELECT seq, t_ns, 'sim_zero_partial' AS name, task, cpu, printf('file=%d index=%d offset=%d length=%d', "file", "index", "offset", "length") AS text FROM "sim_zero_partial"
	UNION ALL
	SELECT seq, t_ns, 'sim_zero_tail' AS name, task, cpu, printf('file=%d index=%d offset=%d length=%d', "file", "index", "offset", "length") AS text FROM "sim_zero_tail"
	UNION ALL
	SELECT seq, t_ns, 'sim_page_fault' AS name, task, cpu, printf('pid=%d file=%d index=%d write=%d calls=%d result=%d', "pid", "file", "index", "write", "calls", "result") AS text FROM "sim_page_fault"
	UNION ALL
	SELECT seq, t_ns, 'sim_readahead' AS name, task, cpu, printf('kind=%d file=%d index=%d req_count=%d order=%d start_before=%d size_before=%d async_before=%d start=%d size=%d async_size=%d ra_pages=%d mmap_miss=%d prev_pos=%d bdi_ra_pages=%d bdi_io_pages=%d', "kind", "file", "index", "req_count", "order", "start_before", "size_before", "async_before", "start", "size", "async_size", "ra_pages", "mmap_miss", "prev_pos", "bdi_ra_pages", "bdi_io_pages") AS text FROM "sim_readahead"
	UNION ALL
	SELECT seq, t_ns, 'sim_readahead_window' AS name, task, cpu, printf('file=%d start=%d nr_to_read=%d lookahead_size=%d nr_inserted=%d', "file", "start", "nr_to_read", "lookahead_size", "nr_inserted") AS text FROM "sim_readahead_window"
	UNION ALL
	SELECT seq, t_ns, 'global_dirty_state' AS name, task, cpu, printf('nr_dirty=%d nr_writeback=%d background_thresh=%d dirty_thresh=%d dirty_limit=%d nr_dirtied=%d nr_written=%d', "nr_dirty", "nr_writeback", "background_thresh", "dirty_thresh", "dirty_limit", "nr_dirtied", "nr_written") AS text FROM "global_dirty_state"
	UNION ALL
	SELECT seq, t_ns, 'bdi_dirty_ratelimit' AS name, task, cpu, printf('bdi=%d write_bw=%d avg_write_bw=%d dirty_rate=%d dirty_ratelimit=%d task_ratelimit=%d balanced_dirty_ratelimit=%d', "bdi", "write_bw", "avg_write_bw", "dirty_rate", "dirty_ratelimit", "task_ratelimit", "balanced_dirty_ratelimit") AS text FROM "bdi_dirty_ratelimit"
	UNION ALL
	SELECT seq, t_ns, 'balance_dirty_pages' AS name, task, cpu, printf('bdi=%d limit=%d setpoint=%d dirty=%d bdi_setpoint=%d bdi_dirty=%d dirty_ratelimit=%d task_ratelimit=%d dirtied=%d dirtied_pause=%d paused=%d pause=%d period=%d think=%d', "bdi", "limit", "setpoint", "dirty", "bdi_setpoint", "bdi_dirty", "dirty_ratelimit", "task_ratelimit", "dirtied", "dirtied_pause", "paused", "pause", "period", "think") AS text FROM "balance_dirty_pages"
	UNION ALL
	SELECT seq, t_ns, 'sim_dirty_free_run' AS name, task, cpu, printf('bdi=%d dirty=%d dirtied=%d', "bdi", "dirty", "dirtied") AS text FROM "sim_dirty_free_run"
	UNION ALL
	SELECT seq, t_ns, 'writeback_dirty_folio' AS name, task, cpu, printf('bdi=%d file=%d index=%d', "bdi", "file", "index") AS text FROM "writeback_dirty_folio"
	UNION ALL
	SELECT seq, t_ns, 'folio_wait_writeback' AS name, task, cpu, printf('bdi=%d file=%d index=%d', "bdi", "file", "index") AS text FROM "folio_wait_writeback"
	UNION ALL
	SELECT seq, t_ns, 'writeback_mark_inode_dirty' AS name, task, cpu, printf('bdi=%d file=%d state=%d flags=%d', "bdi", "file", "state", "flags") AS text FROM "writeback_mark_inode_dirty"
	UNION ALL
	SELECT seq, t_ns, 'writeback_dirty_inode_enqueue' AS name, task, cpu, printf('bdi=%d file=%d state=%d dirtied_when=%d', "bdi", "file", "state", "dirtied_when") AS text FROM "writeback_dirty_inode_enqueue"
	UNION ALL
	SELECT seq, t_ns, 'sb_mark_inode_writeback' AS name, task, cpu, printf('bdi=%d file=%d state=%d dirtied_when=%d', "bdi", "file", "state", "dirtied_when") AS text FROM "sb_mark_inode_writeback"
	UNION ALL
	SELECT seq, t_ns, 'sb_clear_inode_writeback' AS name, task, cpu, printf('bdi=%d file=%d state=%d dirtied_when=%d', "bdi", "file", "state", "dirtied_when") AS text FROM "sb_clear_inode_writeback"
	UNION ALL
	SELECT seq, t_ns, 'wbc_writepage' AS name, task, cpu, printf('bdi=%d nr_to_write=%d pages_skipped=%d sync_mode=%d for_kupdate=%d for_background=%d for_reclaim=%d range_cyclic=%d range_start=%d range_end=%d', "bdi", "nr_to_write", "pages_skipped", "sync_mode", "for_kupdate", "for_background", "for_reclaim", "range_cyclic", "range_start", "range_end") AS text FROM "wbc_writepage"
	UNION ALL
	SELECT seq, t_ns, 'sim_fsync' AS name, task, cpu, printf('bdi=%d file=%d latency_ns=%d result=%d', "bdi", "file", "latency_ns", "result") AS text FROM "sim_fsync"
	UNION ALL
	SELECT seq, t_ns, 'writeback_wake_background' AS name, task, cpu, printf('bdi=%d', "bdi") AS text FROM "writeback_wake_background"
	UNION ALL
	SELECT seq, t_ns, 'writeback_queue' AS name, task, cpu, printf('bdi=%d nr_pages=%d sync_mode=%d for_kupdate=%d range_cyclic=%d for_background=%d reason=%d', "bdi", "nr_pages", "sync_mode", "for_kupdate", "range_cyclic", "for_background", "reason") AS text FROM "writeback_queue"
	UNION ALL
	SELECT seq, t_ns, 'writeback_exec' AS name, task, cpu, printf('bdi=%d nr_pages=%d sync_mode=%d for_kupdate=%d range_cyclic=%d for_background=%d reason=%d', "bdi", "nr_pages", "sync_mode", "for_kupdate", "range_cyclic", "for_background", "reason") AS text FROM "writeback_exec"
	UNION ALL
	SELECT seq, t_ns, 'writeback_start' AS name, task, cpu, printf('bdi=%d nr_pages=%d sync_mode=%d for_kupdate=%d range_cyclic=%d for_background=%d reason=%d', "bdi", "nr_pages", "sync_mode", "for_kupdate", "range_cyclic", "for_background", "reason") AS text FROM "writeback_start"
	UNION ALL
	SELECT seq, t_ns, 'writeback_written' AS name, task, cpu, printf('bdi=%d nr_pages=%d sync_mode=%d for_kupdate=%d range_cyclic=%d for_background=%d reason=%d', "bdi", "nr_pages", "sync_mode", "for_kupdate", "range_cyclic", "for_background", "reason") AS text FROM "writeback_written"
	UNION ALL
	SELECT seq, t_ns, 'writeback_wait' AS name, task, cpu, printf('bdi=%d nr_pages=%d sync_mode=%d for_kupdate=%d range_cyclic=%d for_background=%d reason=%d', "bdi", "nr_pages", "sync_mode", "for_kupdate", "range_cyclic", "for_background", "reason") AS text FROM "writeback_wait"
	UNION ALL
	SELECT seq, t_ns, 'writeback_pages_written' AS name, task, cpu, printf('pages=%d', "pages") AS text FROM "writeback_pages_written"
	UNION ALL
	SELECT seq, t_ns, 'writeback_queue_io' AS name, task, cpu, printf('bdi=%d older=%d age=%d moved=%d reason=%d', "bdi", "older", "age", "moved", "reason") AS text FROM "writeback_queue_io"
	UNION ALL
	SELECT seq, t_ns, 'writeback_sb_inodes_requeue' AS name, task, cpu, printf('bdi=%d file=%d state=%d dirtied_when=%d', "bdi", "file", "state", "dirtied_when") AS text FROM "writeback_sb_inodes_requeue"
	UNION ALL
	SELECT seq, t_ns, 'writeback_single_inode_start' AS name, task, cpu, printf('bdi=%d file=%d state=%d dirtied_when=%d age=%d writeback_index=%d nr_to_write=%d', "bdi", "file", "state", "dirtied_when", "age", "writeback_index", "nr_to_write") AS text FROM "writeback_single_inode_start"
	UNION ALL
	SELECT seq, t_ns, 'writeback_single_inode' AS name, task, cpu, printf('bdi=%d file=%d state=%d dirtied_when=%d age=%d writeback_index=%d nr_to_write=%d wrote=%d', "bdi", "file", "state", "dirtied_when", "age", "writeback_index", "nr_to_write", "wrote") AS text FROM "writeback_single_inode"
	UNION ALL
	SELECT seq, t_ns, 'block_bio_queue' AS name, task, cpu, printf('disk=%d op=%d sector=%d nr_sector=%d rahead=%d nr_segments=%d file=%d index=%d', "disk", "op", "sector", "nr_sector", "rahead", "nr_segments", "file", "index") AS text FROM "block_bio_queue"
	UNION ALL
	SELECT seq, t_ns, 'block_bio_complete' AS name, task, cpu, printf('disk=%d op=%d sector=%d nr_sector=%d error=%d', "disk", "op", "sector", "nr_sector", "error") AS text FROM "block_bio_complete"
	UNION ALL
	SELECT seq, t_ns, 'block_split' AS name, task, cpu, printf('disk=%d op=%d sector=%d new_sector=%d', "disk", "op", "sector", "new_sector") AS text FROM "block_split"
	UNION ALL
	SELECT seq, t_ns, 'block_getrq' AS name, task, cpu, printf('disk=%d op=%d sector=%d nr_sector=%d', "disk", "op", "sector", "nr_sector") AS text FROM "block_getrq"
	UNION ALL
	SELECT seq, t_ns, 'block_bio_backmerge' AS name, task, cpu, printf('disk=%d op=%d sector=%d nr_sector=%d', "disk", "op", "sector", "nr_sector") AS text FROM "block_bio_backmerge"
	UNION ALL
	SELECT seq, t_ns, 'block_bio_frontmerge' AS name, task, cpu, printf('disk=%d op=%d sector=%d nr_sector=%d', "disk", "op", "sector", "nr_sector") AS text FROM "block_bio_frontmerge"
	UNION ALL
	SELECT seq, t_ns, 'block_plug' AS name, task, cpu, printf('disk=%d', "disk") AS text FROM "block_plug"
	UNION ALL
	SELECT seq, t_ns, 'block_unplug' AS name, task, cpu, printf('disk=%d nr_rq=%d', "disk", "nr_rq") AS text FROM "block_unplug"
	UNION ALL
	SELECT seq, t_ns, 'block_rq_insert' AS name, task, cpu, printf('disk=%d op=%d sector=%d nr_sector=%d bytes=%d', "disk", "op", "sector", "nr_sector", "bytes") AS text FROM "block_rq_insert"
	UNION ALL
	SELECT seq, t_ns, 'block_rq_merge' AS name, task, cpu, printf('disk=%d op=%d sector=%d nr_sector=%d bytes=%d', "disk", "op", "sector", "nr_sector", "bytes") AS text FROM "block_rq_merge"
	UNION ALL
	SELECT seq, t_ns, 'block_rq_issue' AS name, task, cpu, printf('disk=%d op=%d sector=%d nr_sector=%d bytes=%d sync=%d', "disk", "op", "sector", "nr_sector", "bytes", "sync") AS text FROM "block_rq_issue"
	UNION ALL
	SELECT seq, t_ns, 'block_rq_complete' AS name, task, cpu, printf('disk=%d op=%d sector=%d nr_sector=%d error=%d', "disk", "op", "sector", "nr_sector", "error") AS text FROM "block_rq_complete"
	UNION ALL
	SELECT seq, t_ns, 'block_rq_error' AS name, task, cpu, printf('disk=%d op=%d sector=%d nr_sector=%d error=%d', "disk", "op", "sector", "nr_sector", "error") AS text FROM "block_rq_error"
	UNION ALL
	SELECT seq, t_ns, 'wbt_lat' AS name, task, cpu, printf('bdi=%d lat=%d', "bdi", "lat") AS text FROM "wbt_lat"
	UNION ALL
	SELECT seq, t_ns, 'wbt_stat' AS name, task, cpu, printf('bdi=%d rmean=%d rmin=%d rmax=%d rnr_samples=%d wmean=%d wmin=%d wmax=%d wnr_samples=%d', "bdi", "rmean", "rmin", "rmax", "rnr_samples", "wmean", "wmin", "wmax", "wnr_samples") AS text FROM "wbt_stat"
	UNION ALL
	SELECT seq, t_ns, 'wbt_step' AS name, task, cpu, printf('bdi=%d msg=%d step=%d window=%d bg=%d normal=%d max=%d', "bdi", "msg", "step", "window", "bg", "normal", "max") AS text FROM "wbt_step"
	UNION ALL
	SELECT seq, t_ns, 'wbt_timer' AS name, task, cpu, printf('bdi=%d status=%d step=%d inflight=%d', "bdi", "status", "step", "inflight") AS text FROM "wbt_timer"
	UNION ALL
	SELECT seq, t_ns, 'mm_khugepaged_scan_pmd' AS name, task, cpu, printf('pid=%d scan_pfn=%d writable=%d referenced=%d none_or_zero=%d status=%d unmapped=%d', "pid", "scan_pfn", "writable", "referenced", "none_or_zero", "status", "unmapped") AS text FROM "mm_khugepaged_scan_pmd"
	UNION ALL
	SELECT seq, t_ns, 'mm_collapse_huge_page' AS name, task, cpu, printf('pid=%d isolated=%d status=%d', "pid", "isolated", "status") AS text FROM "mm_collapse_huge_page"
	UNION ALL
	SELECT seq, t_ns, 'mm_collapse_huge_page_isolate' AS name, task, cpu, printf('scan_pfn=%d none_or_zero=%d referenced=%d writable=%d status=%d', "scan_pfn", "none_or_zero", "referenced", "writable", "status") AS text FROM "mm_collapse_huge_page_isolate"
	UNION ALL
	SELECT seq, t_ns, 'mm_collapse_huge_page_swapin' AS name, task, cpu, printf('pid=%d swapped_in=%d referenced=%d ret=%d', "pid", "swapped_in", "referenced", "ret") AS text FROM "mm_collapse_huge_page_swapin"
	UNION ALL
	SELECT seq, t_ns, 'sim_stall' AS name, task, cpu, printf('to=%d from=%d', "to", "from") AS text FROM "sim_stall"
	UNION ALL
	SELECT seq, t_ns, 'oom_kill' AS name, task, cpu, printf('pid=%d points=%d', "pid", "points") AS text FROM "oom_kill"
	UNION ALL
	SELECT seq, t_ns, 'oom_score_adj_update' AS name, task, cpu, printf('pid=%d oom_score_adj=%d', "pid", "oom_score_adj") AS text FROM "oom_score_adj_update"
	UNION ALL
	SELECT seq, t_ns, 'reclaim_retry_zone' AS name, task, cpu, printf('node=%d zone_idx=%d order=%d reclaimable=%d available=%d min_wmark=%d no_progress_loops=%d wmark_check=%d', "node", "zone_idx", "order", "reclaimable", "available", "min_wmark", "no_progress_loops", "wmark_check") AS text FROM "reclaim_retry_zone"
	UNION ALL
	SELECT seq, t_ns, 'compact_retry' AS name, task, cpu, printf('order=%d priority=%d result=%d retries=%d max_retries=%d ret=%d', "order", "priority", "result", "retries", "max_retries", "ret") AS text FROM "compact_retry"
	UNION ALL
	SELECT seq, t_ns, 'mark_victim' AS name, task, cpu, printf('pid=%d total_vm=%d anon_rss=%d file_rss=%d shmem_rss=%d uid=%d pgtables=%d oom_score_adj=%d', "pid", "total_vm", "anon_rss", "file_rss", "shmem_rss", "uid", "pgtables", "oom_score_adj") AS text FROM "mark_victim"
	UNION ALL
	SELECT seq, t_ns, 'wake_reaper' AS name, task, cpu, printf('pid=%d', "pid") AS text FROM "wake_reaper"
	UNION ALL
	SELECT seq, t_ns, 'start_task_reaping' AS name, task, cpu, printf('pid=%d', "pid") AS text FROM "start_task_reaping"
	UNION ALL
	SELECT seq, t_ns, 'finish_task_reaping' AS name, task, cpu, printf('pid=%d', "pid") AS text FROM "finish_task_reaping"
	UNION ALL
	SELECT seq, t_ns, 'skip_task_reaping' AS name, task, cpu, printf('pid=%d', "pid") AS text FROM "skip_task_reaping"
	UNION ALL
	SELECT seq, t_ns, 'vm_unmapped_area' AS name, task, cpu, printf('addr=%d total_vm=%d flags=%d length=%d low_limit=%d high_limit=%d align_mask=%d align_offset=%d', "addr", "total_vm", "flags", "length", "low_limit", "high_limit", "align_mask", "align_offset") AS text FROM "vm_unmapped_area"
	UNION ALL
	SELECT seq, t_ns, 'exit_mmap' AS name, task, cpu, printf('pid=%d', "pid") AS text FROM "exit_mmap"
	UNION ALL
	SELECT seq, t_ns, 'rss_stat' AS name, task, cpu, printf('pid=%d curr=%d member=%d size=%d', "pid", "curr", "member", "size") AS text FROM "rss_stat"
	UNION ALL
	SELECT seq, t_ns, 'mmap_lock_start_locking' AS name, task, cpu, printf('pid=%d write=%d', "pid", "write") AS text FROM "mmap_lock_start_locking"
	UNION ALL
	SELECT seq, t_ns, 'mmap_lock_acquire_returned' AS name, task, cpu, printf('pid=%d write=%d success=%d', "pid", "write", "success") AS text FROM "mmap_lock_acquire_returned"
	UNION ALL
	SELECT seq, t_ns, 'mmap_lock_released' AS name, task, cpu, printf('pid=%d write=%d', "pid", "write") AS text FROM "mmap_lock_released"
	UNION ALL
	SELECT seq, t_ns, 'sim_vmap_alloc' AS name, task, cpu, printf('start=%d size=%d align=%d whole_space=%d failed=%d', "start", "size", "align", "whole_space", "failed") AS text FROM "sim_vmap_alloc"
	UNION ALL
	SELECT seq, t_ns, 'sim_vmap_free' AS name, task, cpu, printf('start=%d end=%d lazy_nr=%d', "start", "end", "lazy_nr") AS text FROM "sim_vmap_free"
	UNION ALL
	SELECT seq, t_ns, 'sim_vmap_purge' AS name, task, cpu, printf('worker=%d lazy_before=%d lazy_after=%d', "worker", "lazy_before", "lazy_after") AS text FROM "sim_vmap_purge"
	UNION ALL
	SELECT seq, t_ns, 'sim_kernel_tlb_flush' AS name, task, cpu, printf('start=%d end=%d full=%d', "start", "end", "full") AS text FROM "sim_kernel_tlb_flush"
	UNION ALL
	SELECT seq, t_ns, 'page_alloc_failed' AS name, task, cpu, printf('order=%d gfp_flags=%d nid=%d', "order", "gfp_flags", "nid") AS text FROM "page_alloc_failed"
	UNION ALL
	SELECT seq, t_ns, 'page_alloc_fallback' AS name, task, cpu, printf('order=%d gfp_flags=%d nid=%d', "order", "gfp_flags", "nid") AS text FROM "page_alloc_fallback"
	UNION ALL
	SELECT seq, t_ns, 'warn_alloc' AS name, task, cpu, printf('order=%d gfp_flags=%d', "order", "gfp_flags") AS text FROM "warn_alloc"
	UNION ALL
	SELECT seq, t_ns, 'kernel_bug' AS name, task, cpu, printf('nr=%d', "nr") AS text FROM "kernel_bug"
	) ORDER BY t_ns, seq;
