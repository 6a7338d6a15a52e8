/*
 * meminfo.c - /proc/meminfo and meminfo of a node: memory in KiB, by what it is used for
 */
#include <inttypes.h>

#include "models/linux/alloc/cma.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/procfs/procfs.h"
#include "models/linux/storage/file.h"

#define PAGE_KIB      (PAGE_SIZE / 1024)
#define HPAGE_PAGES   512
#define VMALLOC_TOTAL (((1ULL << 45) - 1) / 1024) /* page tables of four levels */

/* All are unsigned: the commit limit may be close to 2^63. */
static void kib(struct str *out, const char *name, uint64_t kib)
{
	str_addf(out, "%-15s %8" PRIu64 " kB\n", name, kib);
}

static void pages(struct str *out, const char *name, int64_t n)
{
	kib(out, name, (uint64_t)n * PAGE_KIB);
}

/* Pages in the cache of devices themselves. */
static int64_t nr_blockdev_pages(const struct linux_vm *vm)
{
	int64_t n = 0;

	for (int i = 0; vm->files && i < vm->files->n; i++)
		if (vm->files->inodes[i]->is_blkdev)
			n += (int64_t)vm->files->inodes[i]->mapping.nrpages;
	return n;
}

/*
 * si_mem_available: free pages above the reserves, and of cache and slab what is beyond the low
 * watermarks, at least half of each.
 */
static int64_t si_mem_available(struct sim *s)
{
	struct linux_vm *vm = linux_vm(s);
	int64_t cache = proc_node_sum(s, "nr_active_file") + proc_node_sum(s, "nr_inactive_file");
	int64_t slab = proc_node_sum(s, "nr_slab_reclaimable") +
		       proc_node_sum(s, "nr_kernel_misc_reclaimable");
	int64_t available = proc_free_pages(s, NUMA_NO_NODE) - (int64_t)vm->totalreserve_pages;
	int64_t low = 0;

	FOR_EACH_ZONE (vm, zone)
		low += (int64_t)wmark_pages(zone, WMARK_LOW);
	available += cache - min_s64(cache / 2, low);
	available += slab - min_s64(slab / 2, low);
	return available > 0 ? available : 0;
}

/* What both files have in the same order; nid NUMA_NO_NODE: the machine. */
struct column {
	const char *name, *counter, *and_counter;
	int multiply; /* pages it stands for; 0: 1 */
};

static int64_t of(struct sim *s, int nid, const char *name)
{
	return nid == NUMA_NO_NODE ? proc_node_sum(s, name) : proc_node_counter(s, nid, name);
}

static void show_columns(struct sim *s, int nid, const struct column *c, size_t n, struct str *out)
{
	for (; n; n--, c++) {
		int64_t value = of(s, nid, c->counter);

		if (c->and_counter)
			value += of(s, nid, c->and_counter);
		if (nid != NUMA_NO_NODE)
			str_addf(out, "Node %d ", nid);
		pages(out, c->name, value * (c->multiply ? c->multiply : 1));
	}
}

static const struct column lists[] = {
	{ "Active:", "nr_active_anon", "nr_active_file", 0 },
	{ "Inactive:", "nr_inactive_anon", "nr_inactive_file", 0 },
	{ "Active(anon):", "nr_active_anon", NULL, 0 },
	{ "Inactive(anon):", "nr_inactive_anon", NULL, 0 },
	{ "Active(file):", "nr_active_file", NULL, 0 },
	{ "Inactive(file):", "nr_inactive_file", NULL, 0 },
	{ "Unevictable:", "nr_unevictable", NULL, 0 },
};

static const struct column io[] = {
	{ "Dirty:", "nr_dirty", NULL, 0 },
	{ "Writeback:", "nr_writeback", NULL, 0 },
};

static const struct column programs[] = {
	{ "AnonPages:", "nr_anon_pages", NULL, 0 },
	{ "Mapped:", "nr_mapped", NULL, 0 },
	{ "Shmem:", "nr_shmem", NULL, 0 },
};

static const struct column slab[] = {
	{ "KReclaimable:", "nr_slab_reclaimable", "nr_kernel_misc_reclaimable", 0 },
	{ "Slab:", "nr_slab_reclaimable", "nr_slab_unreclaimable", 0 },
	{ "SReclaimable:", "nr_slab_reclaimable", NULL, 0 },
	{ "SUnreclaim:", "nr_slab_unreclaimable", NULL, 0 },
};

static const struct column tables[] = {
	{ "PageTables:", "nr_page_table_pages", NULL, 0 },
	{ "SecPageTables:", "nr_sec_page_table_pages", NULL, 0 },
};

static const struct column huge[] = {
	{ "AnonHugePages:", "nr_anon_transparent_hugepages", NULL, HPAGE_PAGES },
	{ "ShmemHugePages:", "nr_shmem_hugepages", NULL, HPAGE_PAGES },
	{ "ShmemPmdMapped:", "nr_shmem_pmdmapped", NULL, HPAGE_PAGES },
	{ "FileHugePages:", "nr_file_hugepages", NULL, HPAGE_PAGES },
	{ "FilePmdMapped:", "nr_file_pmdmapped", NULL, HPAGE_PAGES },
};

#define COLUMNS(list) list, ARRAY_LEN(list)

/* ---- the machine ---- */

/* All RAM by the size of the pages that map it: what the boot left is not known in detail. */
static void show_direct_map(const struct linux_vm *vm, struct str *out)
{
	int64_t small = 0, large = 0;

	for (int i = 0; i < vm->memory.n; i++) {
		pfn_t start = vm->memory.r[i].start, end = vm->memory.r[i].end;
		pfn_t first = (start + HPAGE_PAGES - 1) / HPAGE_PAGES * HPAGE_PAGES;
		pfn_t last = end / HPAGE_PAGES * HPAGE_PAGES;

		if (last > first)
			large += (int64_t)(last - first);
		small += (int64_t)(end - start) - (last > first ? (int64_t)(last - first) : 0);
	}
	str_addf(out, "DirectMap4k:    %8" PRId64 " kB\n", small * (int64_t)PAGE_KIB);
	str_addf(out, "DirectMap2M:    %8" PRId64 " kB\n", large * (int64_t)PAGE_KIB);
	str_addf(out, "DirectMap1G:    %8d kB\n", 0);
}

static void show_hugetlb(const struct linux_vm *vm, struct str *out)
{
	const struct hugetlb_stat *h = &vm->default_hstate->stat;

	str_addf(out, "HugePages_Total:   %5" PRId64 "\n", h->nr_hugepages);
	str_addf(out, "HugePages_Free:    %5" PRId64 "\n", h->free_hugepages);
	str_addf(out, "HugePages_Rsvd:    %5" PRId64 "\n", h->resv_hugepages);
	str_addf(out, "HugePages_Surp:    %5" PRId64 "\n", h->surplus_hugepages);
	kib(out, "Hugepagesize:", (int64_t)(huge_page_size(vm->default_hstate) >> 10));
	pages(out, "Hugetlb:", hugetlb_total_pages(vm));
}

static void show_sizes(struct sim *s, struct str *out)
{
	struct linux_vm *vm = linux_vm(s);
	int64_t buffers = nr_blockdev_pages(vm);
	int64_t cached =
	    proc_node_sum(s, "nr_file_pages") - proc_node_sum(s, "nr_swapcached") - buffers;

	pages(out, "MemTotal:", (int64_t)vm->totalram_pages);
	pages(out, "MemFree:", proc_free_pages(s, NUMA_NO_NODE));
	pages(out, "MemAvailable:", si_mem_available(s));
	pages(out, "Buffers:", buffers);
	pages(out, "Cached:", cached > 0 ? cached : 0);
	pages(out, "SwapCached:", proc_node_sum(s, "nr_swapcached"));
}

void meminfo_show(struct sim *s, struct str *out)
{
	struct linux_vm *vm = linux_vm(s);
	const struct vm_stat *v = vm_metrics.stat(s, 0);

	show_sizes(s, out);
	show_columns(s, NUMA_NO_NODE, COLUMNS(lists), out);
	pages(out, "Mlocked:", proc_zone_sum(s, NUMA_NO_NODE, "nr_mlock"));
	pages(out, "SwapTotal:", v->nr_total_swap);
	pages(out, "SwapFree:", v->nr_free_swap);
	kib(out, "Zswap:", 0);
	kib(out, "Zswapped:", 0);
	show_columns(s, NUMA_NO_NODE, COLUMNS(io), out);
	show_columns(s, NUMA_NO_NODE, COLUMNS(programs), out);
	show_columns(s, NUMA_NO_NODE, COLUMNS(slab), out);
	kib(out, "KernelStack:", proc_node_sum(s, "nr_kernel_stack"));
	show_columns(s, NUMA_NO_NODE, COLUMNS(tables), out);
	kib(out, "NFS_Unstable:", 0);
	kib(out, "Bounce:", 0);
	kib(out, "WritebackTmp:", 0);
	pages(out, "CommitLimit:", v->commit_limit);
	pages(out, "Committed_AS:", v->committed_as);
	str_addf(out, "VmallocTotal:   %8llu kB\n", VMALLOC_TOTAL);
	pages(out, "VmallocUsed:", v->nr_vmalloc_pages);
	kib(out, "VmallocChunk:", 0);
	kib(out, "Percpu:", 0);
	str_addf(out, "HardwareCorrupted: %5d kB\n", 0);
	show_columns(s, NUMA_NO_NODE, COLUMNS(huge), out);
	if (vm->cma) {
		pages(out, "CmaTotal:", (int64_t)vm->cma->count);
		pages(out, "CmaFree:", proc_zone_sum(s, NUMA_NO_NODE, "nr_free_cma"));
	}
	show_hugetlb(vm, out);
	show_direct_map(vm, out);
}

/* ---- a node ---- */

static void node_pages(struct str *out, int nid, const char *name, int64_t n)
{
	str_addf(out, "Node %d ", nid);
	pages(out, name, n);
}

void node_meminfo_show(struct sim *s, int i, struct str *out)
{
	static const struct column cache[] = { { "FilePages:", "nr_file_pages", NULL, 0 } };
	int nid = proc_node_id(s, i);
	const struct pglist_data *node = &linux_vm(s)->nodes[nid];
	const struct hugetlb_node_stat *pool = &linux_vm(s)->default_hstate->node[nid].stat;
	int64_t total = 0, free = proc_free_pages(s, nid);

	for (int z = 0; z < MAX_NR_ZONES; z++)
		total += (int64_t)node->zones[z].managed_pages;
	node_pages(out, nid, "MemTotal:", total);
	node_pages(out, nid, "MemFree:", free);
	node_pages(out, nid, "MemUsed:", total - free);
	node_pages(out, nid, "SwapCached:", proc_node_counter(s, nid, "nr_swapcached"));
	show_columns(s, nid, COLUMNS(lists), out);
	node_pages(out, nid, "Mlocked:", proc_zone_sum(s, nid, "nr_mlock"));
	show_columns(s, nid, COLUMNS(io), out);
	show_columns(s, nid, COLUMNS(cache), out);
	show_columns(s, nid, (const struct column[]){ programs[1], programs[0], programs[2] }, 3,
		     out);
	str_addf(out, "Node %d ", nid);
	kib(out, "KernelStack:", proc_node_counter(s, nid, "nr_kernel_stack"));
	show_columns(s, nid, COLUMNS(tables), out);
	node_pages(out, nid, "NFS_Unstable:", 0);
	node_pages(out, nid, "Bounce:", 0);
	node_pages(out, nid, "WritebackTmp:", 0);
	show_columns(s, nid, COLUMNS(slab), out);
	show_columns(s, nid, huge, ARRAY_LEN(huge) - 2, out);
	for (size_t h = ARRAY_LEN(huge) - 2; h < ARRAY_LEN(huge); h++) /* one blank less */
		str_addf(out, "Node %d %s %8" PRId64 " kB\n", nid, huge[h].name,
			 proc_node_counter(s, nid, huge[h].counter) * HPAGE_PAGES *
			     (int64_t)PAGE_KIB);
	str_addf(out, "Node %d HugePages_Total: %5" PRId64 "\n", nid, pool->nr_hugepages);
	str_addf(out, "Node %d HugePages_Free:  %5" PRId64 "\n", nid, pool->free_hugepages);
	str_addf(out, "Node %d HugePages_Surp:  %5" PRId64 "\n", nid, pool->surplus_hugepages);
}
