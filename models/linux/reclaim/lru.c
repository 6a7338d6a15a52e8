/*
 * lru.c - the lists of a node, and the batches on the way to them
 *
 *	new page -> CPU's batch of 15 -> head of inactive ... tail -> reclaim
 *	                                   |  ^ second access: activate, deactivate
 *	                                   v  |
 *	                                 active
 *
 * A page in a batch is held by a reference: it cannot be reclaimed or
 * invalidated until the batch is emptied.
 */
#include <string.h>

#include "models/linux/mappings/mm.h"
#include "models/linux/reclaim/internal.h"

enum batch_kind { /* in the order in which they are emptied */
		  BATCH_ADD,
		  BATCH_ROTATE,
		  BATCH_DEACTIVATE_FILE,
		  BATCH_DEACTIVATE,
		  BATCH_LAZYFREE,
		  BATCH_ACTIVATE,
		  BATCH_MUNLOCK, /* as it was found only: mappings/mlock.c moves pages at once */
		  NR_BATCHES,
};

struct lru_batches {
	struct {
		int nr;
		uint32_t pfn[PAGEVEC_SIZE];
	} batch[NR_BATCHES];
};

static inline __attribute__((always_inline)) void add_to_lruvec(struct linux_vm *vm,
								struct page *page, bool tail)
{
	uint32_t pfn = page_to_pfn(vm, page);
	struct zone *zone = pfn_zone(vm, pfn);
	enum lru_list lru = page_lru(page);
	struct page_list *list = &zone->node->lruvec.lists[lru];

	page->flags |= PG_lru;
	update_lru_size(zone->node, lru, zone->idx, (int64_t)folio_nr_pages(page));
	if (lru == LRU_UNEVICTABLE)
		return; /* counted, not linked */
	if (tail) {
		page_list_add_tail(vm->mem_map, list, pfn);
		return;
	}
	page_list_push(vm->mem_map, list, page);
	lru_ahead_added(vm, &zone->node->lruvec.ahead[lru], pfn);
}

void lruvec_add_page(struct linux_vm *vm, struct page *page)
{
	add_to_lruvec(vm, page, false);
}

void lruvec_add_page_tail(struct linux_vm *vm, struct page *page)
{
	add_to_lruvec(vm, page, true);
}

void lruvec_del_page(struct linux_vm *vm, struct page *page)
{
	uint32_t pfn = page_to_pfn(vm, page);
	struct zone *zone = pfn_zone(vm, pfn);
	enum lru_list lru = page_lru(page);

	SIM_ASSERT(page->flags & PG_lru);
	page->flags &= ~(uint32_t)(PG_lru | PG_sim_milestone);
	update_lru_size(zone->node, lru, zone->idx, -(int64_t)folio_nr_pages(page));
	if (lru != LRU_UNEVICTABLE)
		page_list_del(vm->mem_map, &zone->node->lruvec.lists[lru], pfn);
}

/* --- what emptying a batch does to a page --- */

/* A new page, or one that was taken off its list, comes to the list it belongs to now. */
static inline void lru_add(struct linux_vm *vm, struct page *page)
{
	bool was_unevictable = page->flags & PG_unevictable;
	int64_t nr = (int64_t)folio_nr_pages(page);

	page->flags &= ~(uint32_t)PG_unevictable;
	if (page_evictable(vm, page)) {
		if (was_unevictable)
			vm->stat.unevictable_pgs_rescued += nr;
	} else {
		page->flags = (page->flags & ~(uint32_t)PG_active) | PG_unevictable;
		/* areas that lock it (mlock_count): rather too few than too many */
		page->next = page->prev = 0;
		if (!was_unevictable)
			vm->stat.unevictable_pgs_culled += nr;
	}
	add_to_lruvec(vm, page, false);
	trace_mm_lru_insertion(vm->sim, page_to_pfn(vm, page), page_lru(page));
}

void check_move_unevictable(struct linux_vm *vm, struct page *page)
{
	if ((page->flags & (PG_lru | PG_unevictable)) != (PG_lru | PG_unevictable) ||
	    !page_evictable(vm, page))
		return;
	lruvec_del_page(vm, page);
	page->flags &= ~(uint32_t)PG_unevictable;
	lruvec_add_page(vm, page);
	vm->stat.unevictable_pgs_rescued += (int64_t)folio_nr_pages(page);
}

static void lru_activate(struct linux_vm *vm, struct page *page)
{
	if (page->flags & (PG_active | PG_unevictable))
		return;
	lruvec_del_page(vm, page);
	page->flags |= PG_active;
	lruvec_add_page(vm, page);
	trace_mm_lru_activate(vm->sim, page_to_pfn(vm, page));
	vm->stat.pgactivate += (int64_t)folio_nr_pages(page);
}

static void lru_rotate(struct linux_vm *vm, struct page *page)
{
	if (page->flags & PG_unevictable)
		return;
	lruvec_del_page(vm, page);
	page->flags &= ~(uint32_t)PG_active;
	lruvec_add_page_tail(vm, page);
	vm->stat.pgrotated += (int64_t)folio_nr_pages(page);
}

static void lru_deactivate_file(struct linux_vm *vm, struct page *page)
{
	bool active = page->flags & PG_active;

	if ((page->flags & PG_unevictable) || page_mapped(page))
		return;
	lruvec_del_page(vm, page);
	page->flags &= ~(uint32_t)(PG_active | PG_referenced);
	if (page->flags & (PG_writeback | PG_dirty)) {
		page->flags |= PG_reclaim;
		lruvec_add_page(vm, page);
	} else {
		lruvec_add_page_tail(vm, page);
		vm->stat.pgrotated += (int64_t)folio_nr_pages(page);
	}
	if (active)
		vm->stat.pgdeactivate += (int64_t)folio_nr_pages(page);
}

static void lru_deactivate(struct linux_vm *vm, struct page *page)
{
	if ((page->flags & PG_unevictable) || !(page->flags & PG_active))
		return;
	lruvec_del_page(vm, page);
	page->flags &= ~(uint32_t)(PG_active | PG_referenced);
	lruvec_add_page(vm, page);
	vm->stat.pgdeactivate += (int64_t)folio_nr_pages(page);
}

/* Anonymous, to be written to swap if it were to go, and not there yet. */
static bool can_be_lazyfree(const struct page *page)
{
	return (page->flags & (PG_anon | PG_swapbacked | PG_swapcache | PG_unevictable)) ==
	       (PG_anon | PG_swapbacked);
}

static void lru_lazyfree(struct linux_vm *vm, struct page *page)
{
	if (!can_be_lazyfree(page))
		return;
	lruvec_del_page(vm, page);
	page->flags &= ~(uint32_t)(PG_active | PG_referenced | PG_swapbacked);
	lruvec_add_page(vm, page);
	vm->stat.pglazyfree += (int64_t)folio_nr_pages(page);
}

/* The area that locked it has let it go before. */
static void lru_munlock(struct linux_vm *vm, struct page *page)
{
	const struct vm_area_struct locked = { .vm_flags = VM_LOCKED };

	munlock_vma_page(vm, page, &locked);
}

static void move_page(struct linux_vm *vm, struct page *page, enum batch_kind kind)
{
	switch (kind) {
	case BATCH_MUNLOCK:
		lru_munlock(vm, page);
		return;
	case BATCH_ROTATE:
		lru_rotate(vm, page);
		return;
	case BATCH_DEACTIVATE_FILE:
		lru_deactivate_file(vm, page);
		return;
	case BATCH_DEACTIVATE:
		lru_deactivate(vm, page);
		return;
	case BATCH_LAZYFREE:
		lru_lazyfree(vm, page);
		return;
	case BATCH_ACTIVATE:
	case BATCH_ADD: /* its pages are on no list: lru_add */
	case NR_BATCHES:
		break;
	}
	lru_activate(vm, page);
}

static void drain_batch(struct linux_vm *vm, const struct cpu *cpu, enum batch_kind kind)
{
	struct lru_batches *b = &vm->lru_batches[cpu->id];
	int nr = b->batch[kind].nr;
	struct page *pages[PAGEVEC_SIZE];

	for (int i = 0; i < nr; i++)
		pages[i] = pfn_to_page(vm, b->batch[kind].pfn[i]);
	b->batch[kind].nr = 0;
	for (int i = 0; i < nr && kind == BATCH_ADD; i++)
		lru_add(vm, pages[i]);
	/* a page that left its list meanwhile is passed over */
	for (int i = 0; i < nr && kind != BATCH_ADD; i++)
		if (pages[i]->flags & PG_lru)
			move_page(vm, pages[i], kind);
	release_pages(vm, cpu, pages, nr);
	/* by whoever drains, also where a worker of that CPU would: at boot it is nobody */
	if (kind == BATCH_ADD && vm->sim->current)
		task_run_on(vm->sim->current, (sim_time)vm->machine->cost.lru_add * (sim_time)nr);
}

static inline void batch_add(struct linux_vm *vm, const struct cpu *cpu, enum batch_kind kind,
			     struct page *page)
{
	struct lru_batches *b = &vm->lru_batches[cpu->id];

	get_page(page);
	b->batch[kind].pfn[b->batch[kind].nr++] = page_to_pfn(vm, page);
	/* a large folio does not wait */
	if (b->batch[kind].nr == PAGEVEC_SIZE || (page->flags & PG_head) || vm->lru_disable_count)
		drain_batch(vm, cpu, kind);
}

void lru_cache_add(struct linux_vm *vm, const struct cpu *cpu, struct page *page)
{
	SIM_ASSERT(!(page->flags & PG_lru));
	batch_add(vm, cpu, BATCH_ADD, page);
}

/* A second access of a page that still waits in a batch: it will go to the active list. */
static void __lru_cache_activate_folio(struct linux_vm *vm, const struct cpu *cpu,
				       struct page *page)
{
	const struct lru_batches *b = &vm->lru_batches[cpu->id];
	uint32_t pfn = page_to_pfn(vm, page);

	for (int i = b->batch[BATCH_ADD].nr - 1; i >= 0; i--) {
		if (b->batch[BATCH_ADD].pfn[i] == pfn) {
			page->flags |= PG_active;
			return;
		}
	}
}

void mark_page_accessed(struct linux_vm *vm, const struct cpu *cpu, struct page *page)
{
	if (!(page->flags & PG_referenced)) {
		page->flags |= PG_referenced;
		return;
	}
	if (page->flags & (PG_unevictable | PG_active))
		return;
	if (page->flags & PG_lru)
		batch_add(vm, cpu, BATCH_ACTIVATE, page);
	else
		__lru_cache_activate_folio(vm, cpu, page);
	page->flags &= ~(uint32_t)PG_referenced;
	if (page->mapping) /* pages of drivers are of no control group */
		workingset_activation(vm, page);
}

void folio_rotate_reclaimable(struct linux_vm *vm, const struct cpu *cpu, struct page *page)
{
	const int *nr = &vm->lru_batches[cpu->id].batch[BATCH_ROTATE].nr;
	int waiting;

	if ((page->flags & (PG_locked | PG_dirty | PG_unevictable)) || !(page->flags & PG_lru))
		return;
	waiting = *nr;
	batch_add(vm, cpu, BATCH_ROTATE, page);
	if (!*nr) /* that was the last one of it */
		cpu_steal(&vm->sim->cpus[cpu->id],
			  (sim_time)vm->machine->cost.rotate_page * (sim_time)(waiting + 1));
}

void deactivate_file_folio(struct linux_vm *vm, const struct cpu *cpu, struct page *page)
{
	if (page->flags & PG_unevictable)
		return;
	batch_add(vm, cpu, BATCH_DEACTIVATE_FILE, page);
}

void deactivate_page(struct linux_vm *vm, const struct cpu *cpu, struct page *page)
{
	page = page_folio(page);
	if ((page->flags & (PG_lru | PG_active | PG_unevictable)) == (PG_lru | PG_active))
		batch_add(vm, cpu, BATCH_DEACTIVATE, page);
}

void mark_page_lazyfree(struct linux_vm *vm, const struct cpu *cpu, struct page *page)
{
	page = page_folio(page);
	if ((page->flags & PG_lru) && can_be_lazyfree(page))
		batch_add(vm, cpu, BATCH_LAZYFREE, page);
}

bool lru_batch_adopt(struct linux_vm *vm, const struct cpu *cpu, const char *name,
		     struct page *page)
{
	static const char *const names[NR_BATCHES] = {
		[BATCH_ADD] = "batch_add",
		[BATCH_ROTATE] = "batch_rotate",
		[BATCH_DEACTIVATE_FILE] = "batch_deactivate_file",
		[BATCH_DEACTIVATE] = "batch_deactivate",
		[BATCH_LAZYFREE] = "batch_lazyfree",
		[BATCH_ACTIVATE] = "batch_activate",
		[BATCH_MUNLOCK] = "batch_munlock",
	};

	for (int kind = 0; kind < NR_BATCHES; kind++) {
		if (strcmp(names[kind], name) != 0)
			continue;
		batch_add(vm, cpu, (enum batch_kind)kind, page);
		return true;
	}
	return false;
}

void putback_lru_page(struct linux_vm *vm, const struct cpu *cpu, struct page *page)
{
	page->flags &= ~(uint32_t)PG_isolated;
	lru_cache_add(vm, cpu, page);
	put_page(vm, cpu, page);
}

void lru_add_drain(struct linux_vm *vm, const struct cpu *cpu)
{
	for (int kind = 0; kind < NR_BATCHES; kind++)
		if (vm->lru_batches[cpu->id].batch[kind].nr)
			drain_batch(vm, cpu, (enum batch_kind)kind);
}

void lru_add_drain_all(struct linux_vm *vm)
{
	for (int i = 0; i < vm->sim->nr_cpus; i++)
		lru_add_drain(vm, &vm->sim->cpus[i]);
}

void lru_cache_disable(struct linux_vm *vm)
{
	vm->lru_disable_count++;
	lru_add_drain_all(vm);
}

void lru_cache_enable(struct linux_vm *vm)
{
	vm->lru_disable_count--;
}

void lru_init(struct linux_vm *vm)
{
	vm->lru_batches = sim_calloc((size_t)vm->nr_cpu_ids, sizeof(*vm->lru_batches));
	for (int i = 0; i < vm->nr_nodes; i++)
		list_init(&vm->nodes[i].lruvec.shadow_nodes);
}

void lru_free(struct linux_vm *vm)
{
	sim_free(vm->lru_batches);
}

/* --- checks --- */

/* Every page on a list says so, and the sizes by zone are those of the list. */
static void check_list(struct check *c, struct linux_vm *vm, struct pglist_data *node,
		       enum lru_list lru)
{
	const struct page_list *list = &node->lruvec.lists[lru];
	uint64_t sizes[MAX_NR_ZONES] = { 0 };
	int64_t sum = 0;
	uint32_t prev = 0;

	for (uint32_t pfn = list->head; pfn; pfn = pfn_to_page(vm, pfn)->next) {
		const struct page *page = pfn_to_page(vm, pfn);

		CHECK(c, page->flags & PG_lru);
		CHECK(c, !(page->flags & PG_isolated));
		CHECK(c, page->refcount > 0);
		CHECK(c, page_lru(page) == lru);
		CHECK(c, page->prev == prev);
		CHECK(c, pfn_zone(vm, pfn)->node == node);
		if (c->failures)
			return;
		sizes[pfn_zone(vm, pfn)->idx] += folio_nr_pages(page);
		sum += (int64_t)folio_nr_pages(page);
		prev = pfn;
	}
	CHECK(c, list->tail == prev);
	CHECK(c, sum == *node_lru_stat(node, lru));
	for (int z = 0; z < MAX_NR_ZONES; z++) {
		int64_t seen = node->lruvec.lru_zone_seen[z][lru];

		CHECK(c, sizes[z] == node->lruvec.lru_zone_size[z][lru]);
		for (int cpu = 0; node->zones[z].pcp && cpu < vm->nr_cpu_ids; cpu++)
			seen += node->zones[z].pcp[cpu].lru_diff[lru];
		CHECK(c, !vm->memcg_disabled || seen == (int64_t)sizes[z]);
	}
}

/* What the flags of all frames of a zone say. */
struct lru_frames {
	uint64_t listed, unevictable, isolated; /* pages */
};

static void count_frames(struct linux_vm *vm, const struct zone *zone, struct lru_frames *n)
{
	for (pfn_t pfn = zone->zone_start_pfn; pfn < zone_end_pfn(zone); pfn++) {
		const struct page *page;

		/* free blocks of the largest order have no records */
		if (vm->max_blocks[pfn >> (MAX_ORDER - 1)].free) {
			pfn |= MAX_ORDER_NR_PAGES - 1;
			continue;
		}
		page = pfn_to_page(vm, pfn);
		if (!(page->flags & (PG_lru | PG_isolated)) || !frame_in_zone(vm, zone, pfn))
			continue;
		if (page->flags & PG_isolated)
			n->isolated += folio_nr_pages(page);
		else if (page->flags & PG_unevictable)
			n->unevictable += folio_nr_pages(page);
		else
			n->listed += folio_nr_pages(page);
	}
}

static void check_frames(struct check *c, struct linux_vm *vm, const struct pglist_data *node)
{
	const struct node_stat *s = &node->stat;
	struct lru_frames sum = { 0 };

	for (int z = 0; z < MAX_NR_ZONES; z++) {
		const uint64_t *size = node->lruvec.lru_zone_size[z];
		struct lru_frames n = { 0 };

		count_frames(vm, &node->zones[z], &n);
		CHECK(c, n.listed == size[LRU_INACTIVE_ANON] + size[LRU_ACTIVE_ANON] +
					 size[LRU_INACTIVE_FILE] + size[LRU_ACTIVE_FILE]);
		CHECK(c, n.unevictable == size[LRU_UNEVICTABLE]);
		sum.unevictable += n.unevictable;
		sum.isolated += n.isolated;
	}
	CHECK(c, (int64_t)sum.unevictable == s->nr_unevictable);
	CHECK(c, s->nr_isolated_anon >= 0);
	CHECK(c, s->nr_isolated_file >= 0);
	/* those that were freed already are uncounted with the others of their batch */
	CHECK(c, (int64_t)sum.isolated <=
		     s->nr_isolated_anon + s->nr_isolated_file + vm->nr_pageout_pages);
}

/* Pages that wait are held; those of the first batch are on no list yet. */
static void check_batches(struct check *c, const struct linux_vm *vm, const struct lru_batches *b)
{
	for (int kind = 0; kind < NR_BATCHES; kind++) {
		CHECK(c, b->batch[kind].nr >= 0 && b->batch[kind].nr < PAGEVEC_SIZE);
		for (int i = 0; i < b->batch[kind].nr; i++) {
			const struct page *page = pfn_to_page(vm, b->batch[kind].pfn[i]);

			CHECK(c, page->refcount > 0);
			CHECK(c, kind != BATCH_ADD || !(page->flags & PG_lru));
		}
	}
}

void lru_check(struct check *c, struct sim *s)
{
	struct linux_vm *vm = linux_vm(s);

	FOR_EACH_NODE (vm, node) {
		uint64_t leaves = 0;

		LIST_FOR_EACH (pos, &node->lruvec.shadow_nodes)
			leaves++;
		CHECK(c, leaves == node->lruvec.nr_shadow_nodes);
		for (int lru = 0; lru < LRU_UNEVICTABLE && !c->failures; lru++)
			check_list(c, vm, node, (enum lru_list)lru);
		for (int lru = 0; lru < LRU_UNEVICTABLE && !c->failures; lru++)
			lru_ahead_check(c, vm, &node->lruvec.ahead[lru], &node->lruvec.lists[lru]);
		check_frames(c, vm, node);
	}
	for (int i = 0; i < vm->nr_cpu_ids; i++)
		check_batches(c, vm, &vm->lru_batches[i]);
}
