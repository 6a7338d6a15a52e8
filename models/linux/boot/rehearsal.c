/*
 * rehearsal.c - a second boot of the running machine, for functions that only a boot calls
 *
 * The kernel throws these functions away once it runs: they work on the map of
 * memory, from which the zones are made.  A scenario can call them all the same.
 * They then work on a boot of the same machine that went as far as
 *
 *   memory map -> reserved pages -> dma_reserve | sections, zones
 *                                               ^ here
 *
 * and that the running machine knows nothing of.
 */
#include "models/linux/boot/boot.h"

static uint64_t nr_sections(const struct linux_vm *vm)
{
	return div_round_up(vm->max_pfn, PAGES_PER_SECTION);
}

static void forget_zones(struct boot_rehearsal *r)
{
	for (int nid = 0; nid < r->vm.nr_nodes; nid++) {
		struct pglist_data *node = &r->vm.nodes[nid];

		node->node_spanned_pages = node->node_present_pages = 0;
		node->nr_zones = 0;
		for (int i = 0; i < MAX_NR_ZONES; i++) {
			struct zone *zone = &node->zones[i];

			zone->zone_start_pfn = 0;
			zone->spanned_pages = zone->present_pages = zone->managed_pages = 0;
		}
	}
	sim_free(r->boot.zone_movable_pfn);
	r->boot.zone_movable_pfn = NULL;
}

struct boot_rehearsal *boot_rehearsal(struct linux_vm *vm)
{
	struct boot_rehearsal *r = vm->rehearsal;
	struct diag d = { 0 };
	bool ok;

	if (r)
		return r;
	r = sim_calloc(1, sizeof(*r));
	r->vm.sim = vm->sim;
	r->vm.machine = vm->machine;
	r->boot.conf = scenario_section(vm->sim->scenario, "linux");
	ok = boot_early(&r->vm, &r->boot, &d);
	SIM_ASSERT(ok); /* the machine booted once */
	diag_free(&d);
	forget_zones(r);
	r->vm.pageblocks =
	    sim_calloc(nr_sections(&r->vm) * (PAGES_PER_SECTION / PAGEBLOCK_NR_PAGES),
		       sizeof(struct pageblock));
	vm->rehearsal = r;
	return r;
}

void boot_rehearsal_free(struct linux_vm *vm)
{
	struct boot_rehearsal *r = vm->rehearsal;

	if (!r)
		return;
	memblock_free_list(&r->boot.late);
	sim_free(r->boot.zone_movable_pfn);
	linux_free_memory(&r->vm);
	sim_free(r);
	vm->rehearsal = NULL;
}

void boot_rehearsal_zones(struct boot_rehearsal *r, const pfn_t max_zone_pfn[MAX_NR_ZONES])
{
	forget_zones(r);
	free_area_init_nodes(&r->vm, &r->boot, max_zone_pfn);
	free_area_init_core(&r->vm, &r->boot);
}

pages_t boot_rehearsal_free_pages(const struct boot_rehearsal *r, int nid)
{
	struct mem_range range;
	pages_t n = 0;
	pfn_t at = 0;

	while (memblock_next_free(&r->vm, &at, &range))
		if (nid == MEMBLOCK_ANY_NODE || range.nid == nid)
			n += range.end - range.start;
	return n;
}

int boot_rehearsal_sections(const struct boot_rehearsal *r)
{
	int n = 0;

	for (uint64_t i = 0; i < nr_sections(&r->vm); i++)
		n += r->vm.pageblocks[i * (PAGES_PER_SECTION / PAGEBLOCK_NR_PAGES)].valid;
	return n;
}
