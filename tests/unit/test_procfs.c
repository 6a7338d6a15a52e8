/*
 * test_procfs.c - the texts of /proc, to the last blank
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/linux/alloc/buddy.h"
#include "models/linux/boot/boot.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/procfs/procfs.h"
#include "tests/unit/fixture.h"

#define MACHINE "machine: { nodes: [{ cpus: 2, memory: 24 MiB }] }\n"

static char *text_of(struct fixture *f, const char *path)
{
	struct str text = { 0 };

	for (int i = 0; i < NR_LINUX_PROCFS; i++)
		if (strcmp(linux_procfs[i].path, path) == 0)
			linux_procfs[i].show(f->s, &text);
	assert_non_null(text.s);
	return text.s;
}

/* The line that begins so; the caller frees it. */
static char *line_of(struct fixture *f, const char *path, const char *begin)
{
	char *text = text_of(f, path), *at = strstr(text, begin), *line;

	assert_non_null(at);
	line = sim_strndup(at, strcspn(at, "\n"));
	sim_free(text);
	return line;
}

static void shows(struct fixture *f, const char *path, const char *want)
{
	char *text = text_of(f, path);

	assert_string_equal(text, want);
	sim_free(text);
}

static void shows_line(struct fixture *f, const char *path, const char *begin, const char *want)
{
	char *line = line_of(f, path, begin);

	assert_string_equal(line, want);
	sim_free(line);
}

static const char buddyinfo[] = "Node 0, zone      DMA      0      0      0      0      0      0   "
				"   0      0      1      1      3 \n"
				"Node 0, zone    DMA32      2      0      2      2      1      0   "
				"   0      0      2      1      0 \n";

static const char pagetypeinfo[] =
    "Page block order: 9\n"
    "Pages per block:  512\n"
    "\n"
    "Free pages count per migrate type at order       0      1      2      3      4      5      6  "
    "    7      8      9     10 \n"
    "Node    0, zone      DMA, type    Unmovable      0      0      0      0      0      0      0  "
    "    0      1      0      0 \n"
    "Node    0, zone      DMA, type      Movable      0      0      0      0      0      0      0  "
    "    0      0      1      3 \n"
    "Node    0, zone      DMA, type  Reclaimable      0      0      0      0      0      0      0  "
    "    0      0      0      0 \n"
    "Node    0, zone      DMA, type   HighAtomic      0      0      0      0      0      0      0  "
    "    0      0      0      0 \n"
    "Node    0, zone      DMA, type      Isolate      0      0      0      0      0      0      0  "
    "    0      0      0      0 \n"
    "Node    0, zone    DMA32, type    Unmovable      0      0      0      0      0      0      0  "
    "    0      0      0      0 \n"
    "Node    0, zone    DMA32, type      Movable      2      0      2      2      1      0      0  "
    "    0      2      1      0 \n"
    "Node    0, zone    DMA32, type  Reclaimable      0      0      0      0      0      0      0  "
    "    0      0      0      0 \n"
    "Node    0, zone    DMA32, type   HighAtomic      0      0      0      0      0      0      0  "
    "    0      0      0      0 \n"
    "Node    0, zone    DMA32, type      Isolate      0      0      0      0      0      0      0  "
    "    0      0      0      0 \n"
    "\n"
    "Number of blocks type     Unmovable      Movable  Reclaimable   HighAtomic      Isolate \n"
    "Node 0, zone      DMA            1            7            0            0            0 \n"
    "Node 0, zone    DMA32            0            4            0            0            0 \n";

/* The counters of the node come first; zones without pages end with their protection. */
static const char zoneinfo[] = "Node 0, zone      DMA\n"
			       "  per-node stats\n"
			       "      nr_inactive_anon 0\n"
			       "      nr_active_anon 0\n"
			       "      nr_inactive_file 0\n"
			       "      nr_active_file 0\n"
			       "      nr_unevictable 0\n"
			       "      nr_slab_reclaimable 0\n"
			       "      nr_slab_unreclaimable 0\n"
			       "      nr_isolated_anon 0\n"
			       "      nr_isolated_file 0\n"
			       "      workingset_nodes 0\n"
			       "      workingset_refault_anon 0\n"
			       "      workingset_refault_file 0\n"
			       "      workingset_activate_anon 0\n"
			       "      workingset_activate_file 0\n"
			       "      workingset_restore_anon 0\n"
			       "      workingset_restore_file 0\n"
			       "      workingset_nodereclaim 0\n"
			       "      nr_anon_pages 0\n"
			       "      nr_mapped    0\n"
			       "      nr_file_pages 0\n"
			       "      nr_dirty     0\n"
			       "      nr_writeback 0\n"
			       "      nr_writeback_temp 0\n"
			       "      nr_shmem     0\n"
			       "      nr_shmem_hugepages 0\n"
			       "      nr_shmem_pmdmapped 0\n"
			       "      nr_file_hugepages 0\n"
			       "      nr_file_pmdmapped 0\n"
			       "      nr_anon_transparent_hugepages 0\n"
			       "      nr_vmscan_write 0\n"
			       "      nr_vmscan_immediate_reclaim 0\n"
			       "      nr_dirtied   0\n"
			       "      nr_written   0\n"
			       "      nr_throttled_written 0\n"
			       "      nr_kernel_misc_reclaimable 0\n"
			       "      nr_foll_pin_acquired 0\n"
			       "      nr_foll_pin_released 0\n"
			       "      nr_kernel_stack 0\n"
			       "      nr_page_table_pages 0\n"
			       "      nr_sec_page_table_pages 0\n"
			       "      nr_swapcached 0\n"
			       "      pgpromote_success 0\n"
			       "      pgpromote_candidate 0\n"
			       "  pages free     3840\n"
			       "        boost    0\n"
			       "        min      109\n"
			       "        low      136\n"
			       "        high     163\n"
			       "        spanned  4095\n"
			       "        present  3998\n"
			       "        managed  3840\n"
			       "        cma      0\n"
			       "        protection: (0, 4, 4, 4, 4)\n"
			       "      nr_free_pages 3840\n"
			       "      nr_zone_inactive_anon 0\n"
			       "      nr_zone_active_anon 0\n"
			       "      nr_zone_inactive_file 0\n"
			       "      nr_zone_active_file 0\n"
			       "      nr_zone_unevictable 0\n"
			       "      nr_zone_write_pending 0\n"
			       "      nr_mlock     0\n"
			       "      nr_bounce    0\n"
			       "      nr_zspages   0\n"
			       "      nr_free_cma  0\n"
			       "      numa_hit     0\n"
			       "      numa_miss    0\n"
			       "      numa_foreign 0\n"
			       "      numa_interleave 0\n"
			       "      numa_local   0\n"
			       "      numa_other   0\n"
			       "  pagesets\n"
			       "    cpu: 0\n"
			       "              count: 0\n"
			       "              high:  68\n"
			       "              batch: 1\n"
			       "  vm stats threshold: 4\n"
			       "    cpu: 1\n"
			       "              count: 0\n"
			       "              high:  68\n"
			       "              batch: 1\n"
			       "  vm stats threshold: 4\n"
			       "  node_unreclaimable:  0\n"
			       "  start_pfn:           1\n"
			       "Node 0, zone    DMA32\n"
			       "  pages free     1066\n"
			       "        boost    0\n"
			       "        min      30\n"
			       "        low      37\n"
			       "        high     44\n"
			       "        spanned  2048\n"
			       "        present  2048\n"
			       "        managed  1066\n"
			       "        cma      0\n"
			       "        protection: (0, 0, 0, 0, 0)\n"
			       "      nr_free_pages 1066\n"
			       "      nr_zone_inactive_anon 0\n"
			       "      nr_zone_active_anon 0\n"
			       "      nr_zone_inactive_file 0\n"
			       "      nr_zone_active_file 0\n"
			       "      nr_zone_unevictable 0\n"
			       "      nr_zone_write_pending 0\n"
			       "      nr_mlock     0\n"
			       "      nr_bounce    0\n"
			       "      nr_zspages   0\n"
			       "      nr_free_cma  0\n"
			       "      numa_hit     0\n"
			       "      numa_miss    0\n"
			       "      numa_foreign 0\n"
			       "      numa_interleave 0\n"
			       "      numa_local   0\n"
			       "      numa_other   0\n"
			       "  pagesets\n"
			       "    cpu: 0\n"
			       "              count: 0\n"
			       "              high:  18\n"
			       "              batch: 1\n"
			       "  vm stats threshold: 4\n"
			       "    cpu: 1\n"
			       "              count: 0\n"
			       "              high:  18\n"
			       "              batch: 1\n"
			       "  vm stats threshold: 4\n"
			       "  node_unreclaimable:  0\n"
			       "  start_pfn:           4096\n"
			       "Node 0, zone   Normal\n"
			       "  pages free     0\n"
			       "        boost    0\n"
			       "        min      0\n"
			       "        low      0\n"
			       "        high     0\n"
			       "        spanned  0\n"
			       "        present  0\n"
			       "        managed  0\n"
			       "        cma      0\n"
			       "        protection: (0, 0, 0, 0, 0)\n"
			       "Node 0, zone  Movable\n"
			       "  pages free     0\n"
			       "        boost    0\n"
			       "        min      0\n"
			       "        low      0\n"
			       "        high     0\n"
			       "        spanned  0\n"
			       "        present  0\n"
			       "        managed  0\n"
			       "        cma      0\n"
			       "        protection: (0, 0, 0, 0, 0)\n"
			       "Node 0, zone   Device\n"
			       "  pages free     0\n"
			       "        boost    0\n"
			       "        min      0\n"
			       "        low      0\n"
			       "        high     0\n"
			       "        spanned  0\n"
			       "        present  0\n"
			       "        managed  0\n"
			       "        cma      0\n"
			       "        protection: (0, 0, 0, 0, 0)\n";

static void a_machine_after_boot_is_shown_in_the_kernels_form(void **state)
{
	(void)state;
	struct fixture f;

	fixture_boot(&f, MACHINE);
	shows(&f, "buddyinfo", buddyinfo);
	shows(&f, "pagetypeinfo", pagetypeinfo);
	shows(&f, "zoneinfo", zoneinfo);
	fixture_end(&f);
}

static void blocks_are_counted_by_type_as_they_are_split_and_merged(void **state)
{
	(void)state;
	struct fixture f;

	fixture_boot(&f, MACHINE);

	struct zone *z = &f.vm->nodes[0].zones[ZONE_DMA];
	uint32_t pfn = __rmqueue_smallest(f.vm, z, 8, MIGRATE_MOVABLE);

	mod_zone_free_pages(z, NULL, -256);
	shows_line(&f, "pagetypeinfo", "Node    0, zone      DMA, type      Movable",
		   "Node    0, zone      DMA, type      Movable      0      0      0      0      "
		   "0      0      0      0      1      0      3 ");
	shows_line(&f, "buddyinfo", "Node 0, zone      DMA",
		   "Node 0, zone      DMA      0      0      0      0      0      0      0      0 "
		   "     2      0      3 ");
	fixture_check(&f);
	__free_one_page(f.vm, NULL, z, pfn, 8, MIGRATE_MOVABLE, FPI_NONE);
	move_freepages_block(f.vm, z, pfn, MIGRATE_RECLAIMABLE, NULL);
	shows_line(&f, "pagetypeinfo", "Node    0, zone      DMA, type  Reclaimable",
		   "Node    0, zone      DMA, type  Reclaimable      0      0      0      0      "
		   "0      0      0      0      0      1      0 ");
	shows(&f, "buddyinfo", buddyinfo);
	fixture_check(&f);
	fixture_end(&f);
}

static void pagetypeinfo_counts_no_more_than_100000_blocks(void **state)
{
	(void)state;
	struct fixture f;

	fixture_boot(&f, MACHINE);

	uint32_t *n = f.vm->nodes[0].zones[ZONE_DMA].free_area[1].nr_free_type;

	n[MIGRATE_UNMOVABLE] = 99999;
	n[MIGRATE_MOVABLE] = 100000;
	n[MIGRATE_RECLAIMABLE] = 123456;
	shows_line(&f, "pagetypeinfo", "Node    0, zone      DMA, type    Unmovable",
		   "Node    0, zone      DMA, type    Unmovable      0  99999      0      0      "
		   "0      0      0      0      1      0      0 ");
	shows_line(&f, "pagetypeinfo", "Node    0, zone      DMA, type      Movable",
		   "Node    0, zone      DMA, type      Movable      0 >100000      0      0      "
		   "0      0      0      0      0      1      3 ");
	shows_line(&f, "pagetypeinfo", "Node    0, zone      DMA, type  Reclaimable",
		   "Node    0, zone      DMA, type  Reclaimable      0 >100000      0      0      "
		   "0      0      0      0      0      0      0 ");
	fixture_end(&f);
}

static void limits_are_shown_with_the_boost_and_free_pages_without_the_cpus_parts(void **state)
{
	(void)state;
	struct fixture f;

	fixture_boot(&f, MACHINE);

	struct zone *z = &f.vm->nodes[0].zones[ZONE_DMA];

	z->watermark_boost = 512;
	z->pcp[1].free_diff = -3;
	z->pcp[1].count = 3;
	f.vm->nodes[0].kswapd_failures = MAX_RECLAIM_RETRIES;
	f.vm->nodes[0].stat.nr_writeback = 7;
	shows_line(&f, "zoneinfo", "  pages free", "  pages free     3840");
	shows_line(&f, "zoneinfo", "        boost", "        boost    512");
	shows_line(&f, "zoneinfo", "        min", "        min      621");
	shows_line(&f, "zoneinfo", "        high", "        high     675");
	shows_line(&f, "zoneinfo", "      nr_free_pages", "      nr_free_pages 3840");
	shows_line(&f, "zoneinfo", "      nr_writeback", "      nr_writeback 7");
	shows_line(&f, "zoneinfo", "              count: 3", "              count: 3");
	shows_line(&f, "zoneinfo", "  node_unreclaimable", "  node_unreclaimable:  1");
	fixture_end(&f);
}

static void work(struct task *t, void *arg)
{
	struct fixture *f = arg;

	task_run(t, 200 * NS_PER_MS);
	task_sync(t);
	assert_int_equal(cpu_offline(f->vm, 0), 0);
}

/* The sum of all CPUs never becomes less but in idle time. */
static void a_cpu_that_is_offline_counts_with_what_it_did(void **state)
{
	(void)state;
	struct fixture f;

	fixture_boot(&f, MACHINE);
	fixture_task(&f, work, &f);

	char *line = line_of(&f, "stat", "cpu ");
	int user, nice, system;

	assert_int_equal(sscanf(line, "cpu %d %d %d", &user, &nice, &system), 3);
	assert_in_range(system, 20, 25);
	sim_free(line);
	fixture_end(&f);
}

static void shares_three_pages(struct task *t, void *arg)
{
	struct fixture *f = arg;
	uint64_t addr;

	assert_int_equal(do_mmap(t, NULL, 0, 16 * PAGE_SIZE, VM_WRITE | VM_SHARED, 0, &addr), 0);
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(user_access(t, task_mm(t), addr + i * PAGE_SIZE, true), 0);
	shows_line(f, "meminfo", "Shmem:", "Shmem:                12 kB");
	shows_line(f, "meminfo", "Cached:", "Cached:               12 kB");
	shows_line(f, "meminfo", "AnonPages:", "AnonPages:             0 kB");
	shows_line(f, "meminfo", "Dirty:", "Dirty:                 0 kB");
	shows_line(f, "meminfo", "Committed_AS:", "Committed_AS:         64 kB");
	shows_line(f, "vmstat", "nr_shmem ", "nr_shmem 3");
	shows_line(f, "zoneinfo", "      nr_shmem ", "      nr_shmem     3");
	assert_int_equal(do_munmap(t, task_mm(t), addr, 16 * PAGE_SIZE), 0);
	shows_line(f, "vmstat", "nr_shmem ", "nr_shmem 0");
}

static void shared_memory_is_a_part_of_the_page_cache(void **state)
{
	(void)state;
	fixture_run(MACHINE, shares_three_pages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_after_boot_is_shown_in_the_kernels_form),
		cmocka_unit_test(blocks_are_counted_by_type_as_they_are_split_and_merged),
		cmocka_unit_test(pagetypeinfo_counts_no_more_than_100000_blocks),
		cmocka_unit_test(
		    limits_are_shown_with_the_boost_and_free_pages_without_the_cpus_parts),
		cmocka_unit_test(a_cpu_that_is_offline_counts_with_what_it_did),
		cmocka_unit_test(shared_memory_is_a_part_of_the_page_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
