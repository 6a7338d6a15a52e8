/*
 * reserve.c - what boot takes for good before the allocator gets the rest
 *
 * Three sources, the first that is given counts: linux.reserved (page by page),
 * linux.zones (how many pages each zone has left), or a list made up after the
 * habits of x86-64:
 *
 *   0     1 MiB     16 MiB                        end of the node
 *   |#####|---------|kernel image|----...----|#########|
 *    firmware                      struct pages, per-CPU areas, hash tables
 */
#include "models/linux/alloc/cma.h"
#include "models/linux/boot/boot.h"

#include <inttypes.h>

#define FIRST_MIB         256   /* pages */
#define KERNEL_START      4096  /* pfn of the kernel's image: 16 MiB */
#define KERNEL_PAGES      11000 /* code, data and bss of the reference kernel */
#define SWIOTLB_PAGES     16384 /* bounce buffers of devices, where RAM lies above 4 GiB */
#define PERCPU_PAGES      62    /* of each CPU */
#define MAX_DMA32_PFN     1048576
#define STRUCT_PAGE_SHARE 64 /* one page in so many holds the struct pages of the others */
#define MAX_IMAGE_SHARE   8  /* of small machines the image takes at most 1/n */

/* Reserves the lowest n free pages of the node in [start, end); how many there were. */
static pages_t take_up(struct linux_vm *vm, int nid, pfn_t start, pfn_t end, pages_t n,
		       struct range_list *note)
{
	struct mem_range r;
	pfn_t at = start;
	pages_t left = n;

	while (left && memblock_next_free(vm, &at, &r) && r.start < end) {
		pfn_t to = min_u64(min_u64(r.end, end), r.start + left);

		if (r.nid != nid)
			continue;
		memblock_add(&vm->reserved, r.start, to, MEMBLOCK_ANY_NODE);
		if (note)
			memblock_add(note, r.start, to, MEMBLOCK_ANY_NODE);
		left -= to - r.start;
	}
	return n - left;
}

/* The same from the top. */
static pages_t take_down(struct linux_vm *vm, int nid, pfn_t start, pfn_t end, pages_t n,
			 struct range_list *note)
{
	pages_t left = n;

	while (left) {
		struct mem_range r, last = { 0 };
		pfn_t at = start;

		while (memblock_next_free(vm, &at, &r) && r.start < end)
			if (r.nid == nid)
				last = r;
		last.end = min_u64(last.end, end);
		if (last.start >= last.end)
			break;

		pages_t take = min_u64(left, last.end - last.start);

		memblock_add(&vm->reserved, last.end - take, last.end, MEMBLOCK_ANY_NODE);
		if (note)
			memblock_add(note, last.end - take, last.end, MEMBLOCK_ANY_NODE);
		left -= take;
	}
	return n - left;
}

/* ---- as given, page by page ---- */

static bool reserve_given(struct linux_vm *vm, const struct linux_conf *conf)
{
	for (int i = 0; i < conf->reserved.n; i++)
		memblock_add(&vm->reserved, (pfn_t)conf->reserved.rows[i].v[0],
			     (pfn_t)conf->reserved.rows[i].v[1], MEMBLOCK_ANY_NODE);
	return true;
}

/* ---- as given, zone by zone ---- */

static pages_t take_in_zone(struct linux_vm *vm, const struct zone *zone, pages_t n,
			    struct range_list *note)
{
	pfn_t start = zone->zone_start_pfn, end = zone_end_pfn(zone);
	int nid = zone->node->node_id;
	pages_t got = 0;

	if (zone->idx == ZONE_DMA)
		return take_up(vm, nid, start, end, n, note);
	if (start <= KERNEL_START)
		got = take_up(vm, nid, KERNEL_START, min_u64(end, KERNEL_START + KERNEL_PAGES), n,
			      note);
	return got + take_down(vm, nid, start, end, n - got, note);
}

static struct place fact_place(const struct zone_fact *f)
{
	return f->seen.at ? f->seen.at[0] : (struct place){ 0 };
}

static const struct zone_fact *fact_of(const struct linux_conf *conf, const struct zone *zone)
{
	const struct zone_fact *facts = conf->zones.items;

	for (int i = 0; i < conf->zones.n; i++)
		if (facts[i].node == zone->node->node_id && facts[i].zone == zone->idx)
			return &facts[i];
	return NULL;
}

static bool reserve_zone(struct linux_vm *vm, struct boot_mm *boot, const struct zone *zone,
			 struct diag *d)
{
	const struct zone_fact *f = fact_of(boot->conf, zone);
	pages_t early;

	if (!f) {
		diag_error(
		    d, linux_conf_place(boot->conf, "zones"),
		    "linux.zones: nothing is said of zone %s of node %d; accepted: a line for "
		    "every zone with memory",
		    zone->name, zone->node->node_id);
		return false;
	}
	if ((pages_t)f->managed > zone->present_pages) {
		diag_error(d, fact_place(f),
			   "linux.zones: %" PRId64
			   " pages in zone %s of node %d; accepted: 0..%" PRIu64 ", its RAM",
			   f->managed, zone->name, zone->node->node_id, zone->present_pages);
		return false;
	}
	early = zone->present_pages - (pages_t)f->managed;
	if (take_in_zone(vm, zone, early, NULL) +
		take_in_zone(vm, zone, (pages_t)f->late, &boot->late) <
	    early + (pages_t)f->late) {
		diag_error(d, linux_conf_place(boot->conf, "movable_blocks"),
			   "linux.movable_blocks: too little is left of zone %s of node %d for the "
			   "%" PRIu64 " pages that boot takes",
			   zone->name, zone->node->node_id, early);
		return false;
	}
	return true;
}

static bool reserve_by_facts(struct linux_vm *vm, struct boot_mm *boot, struct diag *d)
{
	const struct zone_fact *facts = boot->conf->zones.items;
	bool ok = true;

	for (int i = 0; i < boot->conf->zones.n; i++) {
		if (facts[i].node < vm->nr_nodes &&
		    populated_zone(&vm->nodes[facts[i].node].zones[facts[i].zone]))
			continue;
		diag_error(d, fact_place(&facts[i]),
			   "linux.zones: the machine has no memory in this zone of node %" PRId64,
			   facts[i].node);
		ok = false;
	}
	FOR_EACH_ZONE (vm, zone)
		if (populated_zone(zone))
			ok &= reserve_zone(vm, boot, zone, d);
	return ok;
}

/* ---- made up ---- */

static bool reserve_synthetic(struct linux_vm *vm)
{
	const struct mem_range *kernel = memblock_find(&vm->memory, KERNEL_START);
	int cpus_of_node[MACHINE_MAX_NODES] = { 0 };
	pfn_t start, end;
	pages_t total = memblock_pages(&vm->memory, 0, UINT64_MAX, MEMBLOCK_ANY_NODE);

	memblock_add(&vm->reserved, 0, FIRST_MIB, MEMBLOCK_ANY_NODE);
	if (kernel)
		take_up(vm, kernel->nid, KERNEL_START, kernel->end,
			min_u64(KERNEL_PAGES, total / MAX_IMAGE_SHARE), NULL);
	if (kernel && vm->max_pfn > MAX_DMA32_PFN &&
	    memblock_pages(&vm->memory, 0, MAX_DMA32_PFN, kernel->nid) > 8 * SWIOTLB_PAGES)
		take_down(vm, kernel->nid, 0, MAX_DMA32_PFN, SWIOTLB_PAGES, NULL);
	for (int i = 0; i < vm->nr_cpu_ids; i++)
		cpus_of_node[vm->sim->cpus[i].node]++;
	for (int nid = 0; nid < vm->nr_nodes; nid++) {
		pages_t present = memblock_pages(&vm->memory, 0, UINT64_MAX, nid);
		pages_t n = div_round_up(present, STRUCT_PAGE_SHARE);

		n += min_u64((pages_t)cpus_of_node[nid] * PERCPU_PAGES, present / MAX_IMAGE_SHARE);
		if (kernel && nid == kernel->nid)
			n += total * 3 / 2048; /* hash tables of inodes and names */
		get_pfn_range_for_nid(vm, nid, &start, &end);
		take_down(vm, nid, start, end, n, NULL);
	}
	vm->reserved_is_synthetic = true;
	return true;
}

/* ---- the whole ---- */

/* Keeps memory blocks out of the way of everything below, or lets go of them. */
static bool hold_movable_blocks(struct linux_vm *vm, const struct linux_conf *conf, bool hold,
				struct diag *d)
{
	for (int i = 0; i < conf->movable_blocks.n; i++) {
		pfn_t start = (pfn_t)conf->movable_blocks.v[i] * MEMORY_BLOCK_PAGES;
		pfn_t end = start + MEMORY_BLOCK_PAGES;

		if (absent_pages_in_range(vm, start, end)) {
			diag_error(d, linux_conf_place(conf, "movable_blocks"),
				   "linux.movable_blocks: memory block %" PRId64 " is not all RAM",
				   conf->movable_blocks.v[i]);
			return false;
		}
		if (hold)
			memblock_add(&vm->reserved, start, end, MEMBLOCK_ANY_NODE);
		else
			memblock_remove(&vm->reserved, start, end);
	}
	return true;
}

bool boot_reserve(struct linux_vm *vm, struct boot_mm *boot, struct diag *d)
{
	const struct linux_conf *conf = boot->conf;
	struct mem_range first;
	pfn_t at = 0;
	bool ok;

	if (!hold_movable_blocks(vm, conf, true, d))
		return false;
	if (conf->reserved.n)
		ok = reserve_given(vm, conf);
	else if (conf->zones.n)
		ok = reserve_by_facts(vm, boot, d);
	else
		ok = reserve_synthetic(vm);
	hold_movable_blocks(vm, conf, false, d);
	ok = ok && cma_reserve(vm, conf, d);
	if (ok && !memblock_next_free(vm, &at, &first)) {
		diag_error(d, linux_conf_place(conf, "reserved"),
			   "linux: boot takes all memory; accepted: at least one free page");
		ok = false;
	}
	return ok;
}
