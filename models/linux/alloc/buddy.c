/*
 * buddy.c - free blocks of 2^order pages, by order and migratetype
 *
 *	free_area[o].free_list[t]:  head <-> ... <-> tail
 *
 * An allocation takes the head.  Splitting puts upper halves at the head;
 * freeing puts a block at the head unless its pair is likely to become free
 * soon, then at the tail, so that the larger block has time to form.
 *
 * The head of a block below the largest order is marked in its frame.  Blocks
 * of the largest order are marked and linked in vm->max_blocks: a machine of
 * 1 TiB boots without touching a frame.
 */
#include "models/linux/alloc/buddy.h"
#include "models/linux/alloc/compaction.h"
#include "models/linux/task.h"

static struct max_block *max_block(const struct linux_vm *vm, pfn_t pfn)
{
	return &vm->max_blocks[pfn >> MAX_BLOCK_ORDER];
}

/* --- counters --- */

int64_t zone_free_pages_snapshot(const struct linux_vm *vm, const struct zone *zone)
{
	int64_t sum = zone->nr_free_global;

	for (int i = 0; zone->pcp && i < vm->nr_cpu_ids; i++)
		sum += zone->pcp[i].free_diff;
	return sum > 0 ? sum : 0;
}

/* --- lists --- */

static void max_list_add(struct linux_vm *vm, struct page_list *l, uint32_t pfn, bool tail)
{
	struct max_block *b = max_block(vm, pfn);

	b->next = tail ? 0 : l->head;
	b->prev = tail ? l->tail : 0;
	if (b->next)
		max_block(vm, b->next)->prev = pfn;
	else
		l->tail = pfn;
	if (b->prev)
		max_block(vm, b->prev)->next = pfn;
	else
		l->head = pfn;
}

static void max_list_del(struct linux_vm *vm, struct page_list *l, uint32_t pfn)
{
	struct max_block *b = max_block(vm, pfn);

	if (b->next)
		max_block(vm, b->next)->prev = b->prev;
	else
		l->tail = b->prev;
	if (b->prev)
		max_block(vm, b->prev)->next = b->next;
	else
		l->head = b->next;
	b->next = b->prev = 0;
}

/* The two below for orders under the largest; inline, as freeing and taking a page do both. */
static inline void link_block(struct linux_vm *vm, struct zone *zone, pfn_t pfn, int order,
			      int migratetype, bool tail)
{
	struct free_area *area = &zone->free_area[order];
	struct page_list *list = &area->free_list[migratetype];
	struct page *page = pfn_to_page(vm, pfn);

	area->nr_free++;
	area->nr_free_type[migratetype]++;
	if (migratetype == MIGRATE_CMA)
		zone->nr_free_cma += 1LL << order;
	page->flags |= PG_buddy;
	page->order = (uint8_t)order;
	page->migratetype = (uint8_t)migratetype;
	if (tail)
		page_list_add_tail(vm->mem_map, list, (uint32_t)pfn);
	else
		page_list_add(vm->mem_map, list, (uint32_t)pfn);
}

static inline void unlink_block(struct linux_vm *vm, struct zone *zone, pfn_t pfn, int order)
{
	struct free_area *area = &zone->free_area[order];
	struct page *page = pfn_to_page(vm, pfn);

	area->nr_free--;
	area->nr_free_type[page->migratetype]--;
	if (page->migratetype == MIGRATE_CMA)
		zone->nr_free_cma -= 1LL << order;
	page_list_del(vm->mem_map, &area->free_list[page->migratetype], (uint32_t)pfn);
	page->flags &= ~(uint32_t)PG_buddy;
	page->order = 0;
	page->migratetype = 0;
}

void add_to_free_list(struct linux_vm *vm, struct zone *zone, pfn_t pfn, int order, int migratetype,
		      bool tail)
{
	struct free_area *area = &zone->free_area[order];

	if (order < MAX_BLOCK_ORDER) {
		link_block(vm, zone, pfn, order, migratetype, tail);
		return;
	}
	area->nr_free++;
	area->nr_free_type[migratetype]++;
	if (migratetype == MIGRATE_CMA)
		zone->nr_free_cma += 1LL << order;
	max_block(vm, pfn)->free = true;
	max_block(vm, pfn)->migratetype = (uint8_t)migratetype;
	max_list_add(vm, &area->free_list[migratetype], (uint32_t)pfn, tail);
}

void del_page_from_free_list(struct linux_vm *vm, struct zone *zone, pfn_t pfn, int order)
{
	struct free_area *area = &zone->free_area[order];
	struct max_block *b = max_block(vm, pfn);

	if (order < MAX_BLOCK_ORDER) {
		unlink_block(vm, zone, pfn, order);
		return;
	}
	area->nr_free--;
	area->nr_free_type[b->migratetype]--;
	if (b->migratetype == MIGRATE_CMA)
		zone->nr_free_cma -= 1LL << order;
	max_list_del(vm, &area->free_list[b->migratetype], (uint32_t)pfn);
	b->free = false;
}

uint32_t free_list_next(const struct linux_vm *vm, uint32_t pfn, int order)
{
	return order == MAX_BLOCK_ORDER ? max_block(vm, pfn)->next : vm->mem_map[pfn].next;
}

int free_block_order(const struct linux_vm *vm, pfn_t pfn)
{
	if ((pfn & (MAX_ORDER_NR_PAGES - 1)) == 0 && max_block(vm, pfn)->free)
		return MAX_BLOCK_ORDER;

	const struct page *page = pfn_to_page(vm, pfn);

	return page->flags & PG_buddy ? page->order : -1;
}

static inline bool block_in_zone(struct linux_vm *vm, const struct zone *zone, pfn_t pfn)
{
	uint16_t id = vm->pageblocks[pfn >> PAGEBLOCK_ORDER].zone;

	return id == pageblock_zone_id(zone) ||
	       (id == PAGEBLOCK_MIXED && pfn_zone(vm, pfn) == zone);
}

/* page_is_buddy below the largest order. */
static inline bool small_block_is_buddy(struct linux_vm *vm, const struct zone *zone, pfn_t pfn,
					int order)
{
	const struct page *page = pfn_to_page(vm, pfn);

	return pfn < vm->max_pfn && (page->flags & PG_buddy) && page->order == order &&
	       block_in_zone(vm, zone, pfn);
}

bool page_is_buddy(struct linux_vm *vm, const struct zone *zone, pfn_t pfn, int order)
{
	if (order < MAX_BLOCK_ORDER)
		return small_block_is_buddy(vm, zone, pfn, order);
	return pfn < vm->max_pfn && max_block(vm, pfn)->free && pfn_zone(vm, pfn) == zone;
}

/* --- freeing --- */

/* Whether the pair of the would-be merged block is free: then a merge is likely soon. */
static bool buddy_merge_likely(struct linux_vm *vm, const struct zone *zone, pfn_t pfn,
			       pfn_t buddy_pfn, int order)
{
	if (order >= MAX_BLOCK_ORDER - 1)
		return false;

	pfn_t higher = pfn & buddy_pfn;

	return small_block_is_buddy(vm, zone, higher ^ (2ULL << order), order + 1);
}

/*
 * Takes a block for the task that freed it, if it compacts the zone for just such a block.  Not one
 * that a movable request would break out of a pageblock of another kind.
 */
static bool compaction_capture(struct linux_vm *vm, const struct zone *zone, pfn_t pfn, int order,
			       int migratetype)
{
	const struct task *t = vm->sim->current;
	struct capture_control *capc = t && t->kernel ? task_struct(t)->capture : NULL;

	if (!capc || capc->pfn || capc->cc->zone != zone || capc->cc->order != order)
		return false;
	if (migratetype == MIGRATE_ISOLATE || migratetype == MIGRATE_CMA ||
	    (order < PAGEBLOCK_ORDER && migratetype == MIGRATE_MOVABLE))
		return false;
	capc->pfn = (uint32_t)pfn;
	return true;
}

void __free_one_page(struct linux_vm *vm, const struct cpu *cpu, struct zone *zone, pfn_t pfn,
		     int order, int migratetype, enum fpi_flag fpi)
{
	pfn_t buddy_pfn = pfn ^ (1ULL << order);

	SIM_ASSERT((pfn & ((1ULL << order) - 1)) == 0);
	if (migratetype != MIGRATE_ISOLATE)
		mod_zone_free_pages(zone, cpu, 1LL << order);
	for (; order < MAX_BLOCK_ORDER; order++) {
		if (__builtin_expect(vm->nr_capturing, 0) &&
		    compaction_capture(vm, zone, pfn, order, migratetype)) {
			mod_zone_free_pages(zone, cpu, -(1LL << order));
			return;
		}
		buddy_pfn = pfn ^ (1ULL << order);
		if (!small_block_is_buddy(vm, zone, buddy_pfn, order))
			break;
		if (order >= PAGEBLOCK_ORDER) {
			/* blocks of different kinds stay apart, once one is not ordinary */
			int buddy_type = get_pageblock_migratetype(vm, buddy_pfn);

			if (buddy_type != migratetype &&
			    (migratetype >= MIGRATE_PCPTYPES || buddy_type >= MIGRATE_PCPTYPES))
				break;
		}
		unlink_block(vm, zone, buddy_pfn, order);
		pfn &= buddy_pfn;
	}

	bool tail = (fpi & FPI_TO_TAIL) || buddy_merge_likely(vm, zone, pfn, buddy_pfn, order);

	if (order < MAX_BLOCK_ORDER)
		link_block(vm, zone, pfn, order, migratetype, tail);
	else
		add_to_free_list(vm, zone, pfn, order, migratetype, tail);
}

void __free_pages_core(struct linux_vm *vm, pfn_t pfn, int order)
{
	struct zone *zone = pfn_zone(vm, pfn);

	SIM_ASSERT(zone);
	zone->managed_pages += 1ULL << order;
	vm->totalram_pages += 1ULL << order;
	vm->stat.pgfree += 1LL << order;
	__free_one_page(vm, NULL, zone, pfn, order, get_pageblock_migratetype(vm, pfn),
			FPI_TO_TAIL);
}

/* --- taking --- */

/* Gives the upper halves back until a block of order low is left. */
static inline void expand(struct linux_vm *vm, struct zone *zone, pfn_t pfn, int low, int high,
			  int migratetype)
{
	while (high > low) {
		high--;
		link_block(vm, zone, pfn + (1ULL << high), high, migratetype, false);
	}
}

static inline __attribute__((always_inline)) uint32_t
smallest_fit(struct linux_vm *vm, struct zone *zone, int order, int migratetype)
{
	for (int o = order; o < MAX_ORDER; o++) {
		uint32_t pfn = zone->free_area[o].free_list[migratetype].head;

		if (!pfn)
			continue;
		if (o < MAX_BLOCK_ORDER)
			unlink_block(vm, zone, pfn, o);
		else
			del_page_from_free_list(vm, zone, pfn, o);
		expand(vm, zone, pfn, order, o, migratetype);
		trace_mm_page_alloc_zone_locked(
		    vm->sim, pfn, order, migratetype_number(vm, migratetype),
		    pcp_allowed_order(order) && migratetype < MIGRATE_PCPTYPES);
		return pfn;
	}
	return 0;
}

uint32_t __rmqueue_smallest(struct linux_vm *vm, struct zone *zone, int order, int migratetype)
{
	return smallest_fit(vm, zone, order, migratetype);
}

uint32_t __rmqueue(struct linux_vm *vm, struct zone *zone, int order, int migratetype,
		   unsigned alloc_flags)
{
	bool cma = alloc_flags & ALLOC_CMA;

	/* the area is used evenly with the rest */
	if (cma && zone->nr_free_cma > zone_free_pages(zone) / 2) {
		uint32_t pfn = __rmqueue_smallest(vm, zone, order, MIGRATE_CMA);

		if (pfn)
			return pfn;
	}
	for (;;) {
		uint32_t pfn = smallest_fit(vm, zone, order, migratetype);

		if (!pfn && cma)
			pfn = __rmqueue_smallest(vm, zone, order, MIGRATE_CMA);
		if (pfn)
			return pfn;
		if (!__rmqueue_fallback(vm, zone, order, migratetype, alloc_flags))
			return 0;
	}
}

/* --- check --- */

static uint64_t check_free_list(struct check *c, struct linux_vm *vm, struct zone *zone, int order,
				int type)
{
	uint64_t blocks = 0;
	uint32_t prev = 0;
	const struct page_list *list = &zone->free_area[order].free_list[type];

	for (uint32_t pfn = list->head; pfn; pfn = free_list_next(vm, pfn, order)) {
		blocks++;
		CHECK(c, page_is_buddy(vm, zone, pfn, order));
		CHECK(c, (pfn & ((1u << order) - 1)) == 0);
		if (order < MAX_BLOCK_ORDER) {
			CHECK(c, pfn_to_page(vm, pfn)->refcount == 0);
			CHECK(c, pfn_to_page(vm, pfn)->prev == prev);
			CHECK(c, pfn_to_page(vm, pfn)->migratetype == type);
		} else {
			CHECK(c, max_block(vm, pfn)->prev == prev);
			CHECK(c, max_block(vm, pfn)->migratetype == type);
		}
		prev = pfn;
		if (c->failures)
			break;
	}
	CHECK(c, list->tail == prev);
	return blocks;
}

/* Every list is what the counters say; the free pages are the sum of the lists. */
void buddy_check(struct check *c, struct sim *s)
{
	struct linux_vm *vm = linux_vm(s);

	FOR_EACH_ZONE (vm, zone) {
		int64_t free_pages = 0;

		if (!populated_zone(zone))
			continue;
		for (int o = 0; o < MAX_ORDER; o++) {
			uint64_t blocks = 0;

			for (int type = 0; type < MIGRATE_TYPES; type++) {
				uint64_t n = check_free_list(c, vm, zone, o, type);

				blocks += n;
				CHECK(c, n == zone->free_area[o].nr_free_type[type]);
				if (type != MIGRATE_ISOLATE)
					free_pages += (int64_t)(n << o);
			}
			CHECK(c, blocks == zone->free_area[o].nr_free);
		}
		CHECK(c, free_pages == zone_free_pages_snapshot(vm, zone));
		CHECK(c, zone->_watermark[WMARK_MIN] <= zone->_watermark[WMARK_LOW]);
		CHECK(c, zone->_watermark[WMARK_LOW] <= zone->_watermark[WMARK_HIGH]);
		CHECK(c, zone->managed_pages <= zone->present_pages);
		CHECK(c, zone->present_pages <= zone->spanned_pages);
	}
}
