/*
 * guest_memory.c - the memory of a captured guest at the start of its programs
 *
 * Free blocks and the lists of the CPU are those that were found, by frame and
 * in their order.  Where the programs were there by then (programs_there), that is
 * what they begin with: their own pages are frames that were in use.  Else they
 * took some pages more between that look and the start; and while they write the
 * kernel needs buffer heads for what is in the cache.  Neither is a mechanism of
 * this model.
 */
#include <string.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/reclaim/oom_kill.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/task.h"
#include "models/linux/verify/alloc_records.h"
#include "models/linux/verify/guest_run.h"

/*
 * Facts of the guest that made the captures, in pages.  Its reader of the counters has room for a
 * line of each sample, once locked in memory and once again in what the processes share.
 */
#define PROGRAMS_GAVE    193  /* of their inactive pages, from before/ to the start */
#define PROGRAMS_SWAPPED 22   /* fewer on the inactive list where there is swap */
#define SWAPPED_IN_USE   14   /* of these, still in use: as many as a CPU's batch may hold */
#define SWAPPED_ACTIVE   6    /* of these, from the active list */
#define PROGRAMS_LOCKED  810  /* taken by then, less those given back; locked in memory */
#define PROGRAMS_KERNEL  20   /* stacks, page tables, slab */
#define PROGRAMS_USED    26   /* of the inactive ones, the oldest: used since they came there */
#define PAGES_SHARED     18   /* by all processes, until the last of them ends; older still */
#define PAGES_OF_PROCESS 35   /* of its own */
#define UNUSED_OF_THEM   20   /* not needed any more */
#define SAMPLES_PER_PAGE 1270 /* in 1/1000 */

#define FREE_NODES         6   /* of the index of the cache, left over at the start */
#define FREE_NODES_OF_SWAP 361 /* where a disk of a guest with swap was filled */
#define SLAB_ORDER         1   /* of their slabs */
#define NODES_OF_SLAB      14
#define HEADS_PER_PAGE     39 /* buffer heads: 104 bytes for each page that was written */
#define SLAB_NS            (1 * NS_PER_MS)

/* ---- what was taken at the start ---- */

/* Whether a frame is free: in a block, of whatever order, of a buddy list or of a CPU's list. */
static bool frame_is_free(const struct linux_vm *vm, pfn_t pfn)
{
	for (int order = 0; order < MAX_ORDER; order++) {
		pfn_t head = pfn & ~((1ULL << order) - 1);
		const struct page *page = pfn_to_page(vm, head);

		if (free_block_order(vm, head) >= order ||
		    ((page->flags & PG_pcp) && page->order >= order))
			return true;
	}
	return false;
}

/*
 * A block that was in use, in a pageblock of the type: the next one from *pfn on, upwards in blocks
 * of the largest order, and of these the highest first: at the bottom lies the kernel itself.
 * NULL: none.
 */
static struct page *used_block(struct linux_vm *vm, const struct zone *zone, pfn_t *pfn, int type,
			       int order)
{
	while (*pfn >= zone->zone_start_pfn) {
		int free = free_block_order(vm, *pfn);
		bool used = free < 0 && get_pageblock_migratetype(vm, *pfn) == type;

		for (pfn_t p = *pfn; used && p < *pfn + (1ULL << order); p++)
			used = !pfn_to_page(vm, p)->refcount && !frame_is_free(vm, p);
		if (used)
			return pfn_to_page(vm, *pfn);
		*pfn += 1ULL << max_s64(free, order);
		if (!(*pfn & (MAX_ORDER_NR_PAGES - 1)) || *pfn >= zone_end_pfn(zone))
			*pfn = ((*pfn - 1) & ~(pfn_t)(MAX_ORDER_NR_PAGES - 1)) - MAX_ORDER_NR_PAGES;
	}
	return NULL;
}

/*
 * Frees a block that was in use: who takes one of its kind next gets just that.  So memory that was
 * taken already is taken over without spending a free page.
 */
static void give_back(struct guest_run *r, struct task *t, pfn_t *pfn, int type, int order)
{
	struct zone *zone = &r->vm->nodes[0].zones[0];
	struct page *page;

	for (int z = 1; z < MAX_NR_ZONES; z++)
		if (populated_zone(&r->vm->nodes[0].zones[z]))
			zone = &r->vm->nodes[0].zones[z];
	if (!*pfn)
		*pfn = (zone_end_pfn(zone) - 1) & ~(pfn_t)(MAX_ORDER_NR_PAGES - 1);
	page = used_block(r->vm, zone, pfn, type, order);
	if (!page)
		return;
	__free_pages(r->vm, t->cpu, page, order);
}

/* What is free, with what lies on the CPU's lists. */
static int64_t free_pages_in_all(const struct linux_vm *vm)
{
	int64_t n = 0;

	for (int z = 0; z < MAX_NR_ZONES; z++) {
		const struct zone *zone = &vm->nodes[0].zones[z];

		if (populated_zone(zone))
			n += zone_free_pages_snapshot(vm, zone) + zone->pcp[0].count;
	}
	return n;
}

/*
 * A program that was there already had what it took since so much was free: a
 * directory of page tables (a block of order 1), and single pages.
 */
static void give_back_since(struct guest_run *r, struct task *t, int64_t free)
{
	int64_t n = free - free_pages_in_all(r->vm);
	pfn_t pfn = 0;

	if (n >= 2)
		give_back(r, t, &pfn, MIGRATE_UNMOVABLE, 1);
	for (n -= 2; n > 0; n--)
		give_back(r, t, &pfn, MIGRATE_UNMOVABLE, 0);
}

void guest_task_start(struct guest_run *r, struct task *t)
{
	int64_t free = free_pages_in_all(r->vm);

	linux_personality.task_start(t);
	if (r->w->programs_there)
		give_back_since(r, t, free);
}

static int64_t active_at_start(const struct guest_case *w)
{
	if (w->programs_there)
		return w->active_anon;
	return max_s64(w->active_anon - (w->has_swap ? SWAPPED_ACTIVE : 0), 0);
}

/* The pages lie there since the boot: nobody has used them lately, but a few after the oldest. */
static void forget_uses(struct linux_vm *vm, int64_t oldest)
{
	const struct lruvec *lruvec = &vm->nodes[0].lruvec;
	unsigned vm_flags;
	int64_t n = 0;

	for (uint32_t pfn = lruvec->lists[LRU_INACTIVE_ANON].tail; pfn;
	     pfn = pfn_to_page(vm, pfn)->prev, n++)
		if (n < oldest || n >= oldest + PROGRAMS_USED)
			folio_referenced(vm, pfn_to_page(vm, pfn), false, &vm_flags);
}

/* Pages that programs had already. */
static void touch_used(struct guest_run *r, struct task *t, uint64_t addr, int64_t pages)
{
	struct mm_struct *mm = task_mm(t);
	pfn_t pfn = 0;

	for (int64_t i = 0; i < pages; i++, addr += PAGE_SIZE) {
		give_back(r, t, &pfn, MIGRATE_MOVABLE, 0);
		user_access(t, mm, addr, true);
	}
	lru_add_drain(r->vm, t->cpu);
	forget_uses(r->vm, active_at_start(r->w));
}

/* Nodes for the index of the cache that were left over when something had been read before. */
static void leave_nodes(struct guest_run *r, struct task *t)
{
	int nodes = r->w->free_nodes >= 0 ? (int)r->w->free_nodes
		    : r->w->has_swap      ? FREE_NODES_OF_SWAP
					  : FREE_NODES;
	int slabs = (nodes + NODES_OF_SLAB - 1) / NODES_OF_SLAB;
	pfn_t pfn = 0;

	for (int i = 0; i < slabs; i++)
		give_back(r, t, &pfn, MIGRATE_RECLAIMABLE, SLAB_ORDER);
	slab_reserve(t, SLAB_RADIX_TREE_NODE, (uint64_t)nodes, GFP_KERNEL);
	for (int i = slabs * NODES_OF_SLAB; i > nodes; i--)
		slab_take(r->vm, SLAB_RADIX_TREE_NODE);
}

/* Moves the oldest inactive pages of programs to the active list. */
static void activate_pages(struct guest_run *r, int64_t pages)
{
	struct lruvec *lruvec = &r->vm->nodes[0].lruvec;

	for (int64_t i = 0; i < pages && lruvec->lists[LRU_INACTIVE_ANON].tail; i++) {
		struct page *page = pfn_to_page(r->vm, lruvec->lists[LRU_INACTIVE_ANON].tail);

		lruvec_del_page(r->vm, page);
		page->flags |= PG_active;
		lruvec_add_page(r->vm, page);
	}
}

static void take_pages(struct task *t, gfp_t gfp, int64_t n)
{
	while (n-- > 0)
		if (!alloc_pages(t, gfp, 0))
			return;
}

/* Touches so many new pages; returns where they are, 0 if there is no room. */
static uint64_t touch_new(struct task *t, int64_t pages)
{
	uint64_t addr;

	if (do_mmap(t, NULL, 0, (bytes_t)pages << PAGE_SHIFT, VM_READ | VM_WRITE, 0, &addr) != 0)
		return 0;
	for (int64_t i = 0; i < pages; i++)
		user_access(t, task_mm(t), addr + (uint64_t)(i << PAGE_SHIFT), true);
	return addr;
}

/* The page at an address; NULL: none. */
static struct page *page_at(struct task *t, uint64_t addr)
{
	const struct page_table *table = pte_table(task_mm(t), addr);
	struct pte pte = pte_get(table, pte_index(addr));

	return pte.bits & PTE_PRESENT ? pfn_to_page(task_vm(t), pte.pfn) : NULL;
}

/* Touches new pages that nobody uses any more: they came by a fork, and the one who forked has
 * other ones by now. */
static void touch_unused(struct task *t, int64_t pages)
{
	uint64_t addr = touch_new(t, pages);
	unsigned vm_flags;

	for (int64_t i = 0; addr && i < pages; i++, addr += PAGE_SIZE) {
		struct page *page = page_at(t, addr);

		if (page)
			folio_referenced(task_vm(t), page, false, &vm_flags);
	}
}

/* Pages that several programs use all the time, since before all others came. */
static void touch_shared(struct task *t, int64_t pages)
{
	struct linux_vm *vm = task_vm(t);
	uint64_t addr = touch_new(t, pages);

	lru_add_drain(vm, t->cpu);
	for (int64_t i = 0; addr && i < pages; i++, addr += PAGE_SIZE) {
		struct page *page = page_at(t, addr);

		if (!page)
			continue;
		lruvec_del_page(vm, page);
		page->flags |= PG_referenced;
		lruvec_add_page_tail(vm, page);
	}
}

static int64_t sample_pages(const struct guest_case *w)
{
	return w->duration_ms / w->sample_ms * 1000 / SAMPLES_PER_PAGE;
}

/* What all processes have of the one that made them. */
static void parent(struct task *t, void *arg)
{
	struct guest_run *r = arg;

	guest_task_start(r, t);
	task_struct(t)->oom.score_adj = OOM_SCORE_ADJ_MIN;
	if (!r->w->programs_there) {
		touch_shared(t, PAGES_SHARED);
		touch_unused(t, sample_pages(r->w));
		lru_add_drain(r->vm, t->cpu);
	}
	t->waits_for = "the processes";
	while (r->nr_running)
		task_block(t);
	linux_personality.task_exit(t);
}

/* What is taken from before/ to the start, by kind. */
static void take_before_start(const struct guest_run *r, struct task *t, int64_t swapped)
{
	int64_t in_use = swapped ? swapped - SWAPPED_IN_USE : 0;

	take_pages(t, GFP_HIGHUSER_MOVABLE, PROGRAMS_LOCKED - in_use + sample_pages(r->w));
	take_pages(t, GFP_KERNEL, PROGRAMS_KERNEL);
}

/*
 * The guest's own programs.  They do nothing any more, but their pages can be swapped out; the
 * oldest of those that were there before are on the active list.
 */
static void programs(struct task *t, void *arg)
{
	struct guest_run *r = arg;
	const struct guest_case *w = r->w;
	int64_t swapped = w->has_swap ? PROGRAMS_SWAPPED : 0;
	int64_t gave = w->programs_there ? 0 : PROGRAMS_GAVE + swapped;
	int64_t pages = max_s64(w->active_anon + w->inactive_anon - gave, 1);
	int64_t free = free_pages_in_all(r->vm);
	uint64_t addr;

	linux_personality.task_start(t);
	task_struct(t)->oom.score_adj = OOM_SCORE_ADJ_MIN;
	if (do_mmap(t, NULL, 0, (bytes_t)pages << PAGE_SHIFT, VM_READ | VM_WRITE, 0, &addr) == 0)
		touch_used(r, t, addr, pages);
	activate_pages(r, active_at_start(w));
	leave_nodes(r, t);
	if (w->programs_there)
		give_back_since(r, t, free);
	else
		take_before_start(r, t, swapped);
	guest_run_spawn(r);
	r->parent = task_spawn(r->sim, t->cpu, "sh", TASK_DAEMON, parent, r);
	t->waits_for = "the end";
	for (;;)
		task_block(t);
}

void guest_process_memory(const struct guest_run *r, struct task *t)
{
	if (r->w->programs_there)
		return;
	touch_unused(t, UNUSED_OF_THEM);
	touch_new(t, PAGES_OF_PROCESS - UNUSED_OF_THEM);
}

bool guest_fill_memory(struct guest_run *r)
{
	if (!alloc_lists_adopt(r->w->c, "before/mmprobe.txt", r->vm))
		return false;
	slab_init(r->vm, r->sim->cpus[0].irq, 0);
	task_spawn(r->sim, &r->sim->cpus[0], "init", TASK_DAEMON, programs, r);
	return true;
}

/* ---- buffer heads ---- */

static uint64_t written_pages(const struct guest_run *r)
{
	int64_t bytes = 0;

	for (int i = 0; i < r->w->nr_steps; i++)
		bytes += r->bytes[i];
	return min_u64((uint64_t)r->vm->nodes[0].stat.nr_file_pages, (uint64_t)bytes >> PAGE_SHIFT);
}

static void keep_heads(struct guest_run *r, struct task *t, size_t want)
{
	struct guest_slab *s = &r->heads;

	while (s->n < want) {
		struct page *page = alloc_pages(t, GFP_NOWAIT | __GFP_RECLAIMABLE, 0);

		if (!page)
			break;
		sim_grow((void **)&s->pfn, &s->cap, s->n + 1, sizeof(*s->pfn));
		s->pfn[s->n++] = page_to_pfn(r->vm, page);
	}
	while (s->n > want)
		free_pages(r->vm, t->cpu, pfn_to_page(r->vm, s->pfn[--s->n]), 0);
}

static void take_slab(struct sim *s, struct event *e)
{
	struct guest_run *r = CONTAINER_OF(e, struct guest_run, slab_tick);
	struct task *t = s->cpus[0].irq;

	keep_heads(r, t, written_pages(r) / HEADS_PER_PAGE);
	if (!r->stopped)
		event_schedule(s, e, s->now + SLAB_NS, EVENT_WORK, take_slab);
}

void guest_slab_start(struct guest_run *r)
{
	event_schedule(r->sim, &r->slab_tick, r->sim->now, EVENT_WORK, take_slab);
}
