/*
 * show_mem.c - "Mem-Info:", line by line in the kernel's form
 *
 *	sums of all nodes; a line per node; two lines per zone; free blocks of each
 *	zone by order and type; huge pages, page cache, swap, RAM
 */
#include <inttypes.h>
#include <string.h>

#include "models/linux/alloc/buddy.h"
#include "models/linux/alloc/internal.h"
#include "models/linux/alloc/show_mem.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/procfs/procfs.h"

#define KB(pages) ((int64_t)(pages) * (int64_t)(PAGE_SIZE / 1024))

/* What the walk over zones prints. */
struct shown {
	struct linux_vm *vm;
	const struct cpu *cpu;
	uint64_t nodemask;
	int max_zone_idx;
	struct str *out;
};

static bool zone_shown(const struct shown *sh, const struct zone *zone)
{
	return populated_zone(zone) && zone->idx <= sh->max_zone_idx &&
	       node_in_mask(sh->nodemask, zone->node);
}

static int64_t pcp_pages(const struct linux_vm *vm, const struct zone *zone)
{
	int64_t n = 0;

	for (int c = 0; zone->pcp && c < vm->nr_cpu_ids; c++)
		n += zone->pcp[c].count;
	return n;
}

/* --- the machine --- */

static void show_sums(const struct shown *sh)
{
	struct linux_vm *vm = sh->vm;
	int64_t free_pages = 0, free_pcp = 0, free_cma = 0;

	FOR_EACH_ZONE (vm, zone) {
		if (!populated_zone(zone))
			continue;
		free_pages += zone_free_pages(zone);
		free_cma += zone->nr_free_cma;
		if (zone_shown(sh, zone))
			free_pcp += pcp_pages(vm, zone);
	}
#define SUM(name) proc_node_sum(vm->sim, #name)
	str_addf(sh->out,
		 "active_anon:%" PRId64 " inactive_anon:%" PRId64 " isolated_anon:%" PRId64 "\n"
		 " active_file:%" PRId64 " inactive_file:%" PRId64 " isolated_file:%" PRId64 "\n"
		 " unevictable:%" PRId64 " dirty:%" PRId64 " writeback:%" PRId64 "\n",
		 SUM(nr_active_anon), SUM(nr_inactive_anon), SUM(nr_isolated_anon),
		 SUM(nr_active_file), SUM(nr_inactive_file), SUM(nr_isolated_file),
		 SUM(nr_unevictable), SUM(nr_dirty), SUM(nr_writeback));
	str_addf(sh->out,
		 " slab_reclaimable:%" PRId64 " slab_unreclaimable:%" PRId64 "\n"
		 " mapped:%" PRId64 " shmem:%" PRId64 " pagetables:%" PRId64 "\n"
		 " sec_pagetables:0 bounce:0\n"
		 " kernel_misc_reclaimable:0\n"
		 " free:%" PRId64 " free_pcp:%" PRId64 " free_cma:%" PRId64 "\n",
		 SUM(nr_slab_reclaimable), SUM(nr_slab_unreclaimable), SUM(nr_mapped),
		 SUM(nr_shmem), SUM(nr_page_table_pages), free_pages, free_pcp, free_cma);
#undef SUM
}

/* --- nodes --- */

static bool node_has_managed_zones(const struct pglist_data *node, int max_zone_idx)
{
	for (int z = 0; z <= max_zone_idx; z++)
		if (managed_zone(&node->zones[z]))
			return true;
	return false;
}

static void show_node_counts(const struct shown *sh, const struct pglist_data *node)
{
	static const char *const counters[][2] = {
		{ "active_anon:", "nr_active_anon" },
		{ "inactive_anon:", "nr_inactive_anon" },
		{ "active_file:", "nr_active_file" },
		{ "inactive_file:", "nr_inactive_file" },
		{ "unevictable:", "nr_unevictable" },
		{ "isolated(anon):", "nr_isolated_anon" },
		{ "isolated(file):", "nr_isolated_file" },
		{ "mapped:", "nr_mapped" },
		{ "dirty:", "nr_dirty" },
		{ "writeback:", "nr_writeback" },
		{ "shmem:", "nr_shmem" },
		{ "shmem_thp: ", "nr_shmem_hugepages" },
		{ "shmem_pmdmapped: ", "nr_shmem_pmdmapped" },
		{ "anon_thp: ", "nr_anon_transparent_hugepages" },
		{ "writeback_tmp:", "nr_writeback_temp" },
		{ "kernel_stack:", "nr_kernel_stack" },
		{ "pagetables:", "nr_page_table_pages" },
		{ "sec_pagetables:", "nr_sec_page_table_pages" },
	};

	str_addf(sh->out, "Node %d", node->node_id);
	for (size_t i = 0; i < ARRAY_LEN(counters); i++)
		str_addf(sh->out, " %s%" PRId64 "kB", counters[i][0],
			 KB(proc_node_counter(node->vm->sim, node->node_id, counters[i][1])) *
			     (strstr(counters[i][1], "hugepages") ? HPAGE_PMD_NR : 1));
	str_addf(sh->out, " all_unreclaimable? %s\n",
		 node->kswapd_failures >= MAX_RECLAIM_RETRIES ? "yes" : "no");
}

/* --- zones --- */

static void show_zone(const struct shown *sh, const struct zone *zone)
{
	const uint64_t *lru = zone->node->lruvec.lru_zone_size[zone->idx];

#define PUT(name, pages) str_addf(sh->out, " " name ":%" PRId64 "kB", KB(pages))
	str_addf(sh->out, "Node %d %s", zone->node->node_id, zone->name);
	PUT("free", zone_free_pages(zone));
	PUT("boost", zone->watermark_boost);
	PUT("min", wmark_pages(zone, WMARK_MIN));
	PUT("low", wmark_pages(zone, WMARK_LOW));
	PUT("high", wmark_pages(zone, WMARK_HIGH));
	str_addf(sh->out, " reserved_highatomic:%" PRId64 "KB", KB(zone->nr_reserved_highatomic));
	PUT("active_anon", lru[LRU_ACTIVE_ANON]);
	PUT("inactive_anon", lru[LRU_INACTIVE_ANON]);
	PUT("active_file", lru[LRU_ACTIVE_FILE]);
	PUT("inactive_file", lru[LRU_INACTIVE_FILE]);
	PUT("unevictable", lru[LRU_UNEVICTABLE]);
	PUT("writepending", zone->stat.nr_zone_write_pending);
	PUT("present", zone->present_pages);
	PUT("managed", zone->managed_pages);
	PUT("mlocked", proc_counter(&zone_metrics, &zone->stat, "nr_mlock"));
	PUT("bounce", 0);
	PUT("free_pcp", pcp_pages(sh->vm, zone));
	PUT("local_pcp", zone->pcp ? zone->pcp[sh->cpu->id].count : 0);
	PUT("free_cma", zone->nr_free_cma);
#undef PUT
	str_add(sh->out, "\nlowmem_reserve[]:");
	for (int i = 0; i < MAX_NR_ZONES; i++)
		str_addf(sh->out, " %" PRId64, zone->lowmem_reserve[i]);
	str_addc(sh->out, '\n');
}

/* "(UM) ": the types of the free blocks of an order, in the order of the kernel's numbers. */
static void show_migration_types(const struct shown *sh, const struct free_area *area)
{
	static const char letters[MIGRATE_TYPES] = {
		[MIGRATE_UNMOVABLE] = 'U',  [MIGRATE_MOVABLE] = 'M', [MIGRATE_RECLAIMABLE] = 'E',
		[MIGRATE_HIGHATOMIC] = 'H', [MIGRATE_CMA] = 'C',     [MIGRATE_ISOLATE] = 'I',
	};

	str_addc(sh->out, '(');
	for (int number = 0; number < nr_migratetypes(sh->vm); number++) {
		int type = migratetype_of_number(sh->vm, number);

		if (area->nr_free_type[type])
			str_addc(sh->out, letters[type]);
	}
	str_add(sh->out, ") ");
}

static void show_free_blocks(const struct shown *sh, const struct zone *zone)
{
	uint64_t total = 0;

	str_addf(sh->out, "Node %d %s: ", zone->node->node_id, zone->name);
	for (int o = 0; o < MAX_ORDER; o++) {
		const struct free_area *area = &zone->free_area[o];

		str_addf(sh->out, "%" PRIu64 "*%" PRId64 "kB ", area->nr_free, KB(1LL << o));
		if (area->nr_free)
			show_migration_types(sh, area);
		total += area->nr_free << o;
	}
	str_addf(sh->out, "= %" PRId64 "kB\n", KB(total));
}

/* In the order in which the kernel has made the pools. */
static void show_hugepages(const struct shown *sh, int nid)
{
	for (int i = HUGE_MAX_HSTATE - 1; i >= 0; i--) {
		const struct hstate *h = &sh->vm->hugetlb[i];
		const struct hugetlb_node_stat *pool = &h->node[nid].stat;

		str_addf(sh->out,
			 "Node %d hugepages_total=%" PRId64 " hugepages_free=%" PRId64
			 " hugepages_surp=%" PRId64 " hugepages_size=%" PRIu64 "kB\n",
			 nid, pool->nr_hugepages, pool->free_hugepages, pool->surplus_hugepages,
			 huge_page_size(h) >> 10);
	}
}

/* --- all of it --- */

static void show_free_areas(const struct shown *sh)
{
	struct linux_vm *vm = sh->vm;

	show_sums(sh);
	FOR_EACH_NODE (vm, node)
		if (node_in_mask(sh->nodemask, node) &&
		    node_has_managed_zones(node, sh->max_zone_idx))
			show_node_counts(sh, node);
	FOR_EACH_ZONE (vm, zone)
		if (zone_shown(sh, zone))
			show_zone(sh, zone);
	FOR_EACH_ZONE (vm, zone)
		if (zone_shown(sh, zone))
			show_free_blocks(sh, zone);
	FOR_EACH_NODE (vm, node)
		if (node_in_mask(sh->nodemask, node))
			show_hugepages(sh, node->node_id);
	str_addf(sh->out, "%" PRId64 " total pagecache pages\n",
		 proc_node_sum(vm->sim, "nr_file_pages"));
	str_addf(sh->out, "%" PRId64 " pages in swap cache\n",
		 proc_node_sum(vm->sim, "nr_swapcached"));
	str_addf(sh->out, "Free swap  = %" PRId64 "kB\n", KB(vm->nr_swap_pages));
	str_addf(sh->out, "Total swap = %" PRId64 "kB\n", KB(vm->total_swap_pages));
}

void show_mem(struct linux_vm *vm, const struct cpu *cpu, uint64_t nodemask, int max_zone_idx,
	      struct str *out)
{
	struct shown sh = { vm, cpu, nodemask, max_zone_idx, out };
	uint64_t present = 0, managed = 0;

	str_add(out, "Mem-Info:\n");
	show_free_areas(&sh);
	FOR_EACH_ZONE (vm, zone) {
		present += zone->present_pages;
		managed += zone->managed_pages;
	}
	str_addf(out, "%" PRIu64 " pages RAM\n", present);
	str_add(out, "0 pages HighMem/MovableOnly\n");
	str_addf(out, "%" PRIu64 " pages reserved\n", present - managed);
	str_add(out, "0 pages hwpoisoned\n");
}
