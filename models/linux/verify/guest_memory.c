/*
 * guest_memory.c - the memory of a captured guest at the start of its programs
 *
 * Free blocks and the lists of the CPU are those that were found, by frame and
 * in their order.  Where the programs were there by then (programs_there), that is
 * what they begin with: their own pages are frames that were in use.  Else they
 * took some pages more between that look and the start, which is no mechanism of
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
 * Facts of the guest that made the captures, in pages: what of them is the kernel's, and which list
 * of the CPU it came from, follows from the free pages of each sample before the first reclaim (a
 * list that is empty takes 31, or 15 blocks of two), by least squares over the cases: single ones
 * are up to 5 pages off.  It has no disk: all its files lie in
 * memory, which can go to swap (shmem).  The one who makes the processes reads the counters
 * afterwards; it locks itself in memory then and so gets pages of its own for those that they
 * share.  It has room for a line of each sample.
 */
#define SWAPPED_TAKEN     2    /* more where there is swap */
#define SWAPPED_KERNEL    5    /* of the kernel's, likewise */
#define SWAPPED_ACTIVE    6    /* of files that went with the making of swap */
#define PROGRAMS_LOCKED   848  /* taken by then, less those given back; locked in memory */
#define PROCESS_KERNEL    9    /* stack and slab of a process; page tables beyond those here */
#define BUFFER_KERNEL     2    /* the same of one with a buffer, more */
#define PROCESS_BACK      10   /* given back at its end: four of the stack, and page tables */
#define KERNEL_BACK       6    /* of these, by the end: the maker's were given back */
#define OBJECTS_SINGLE    1    /* slabs that can be reclaimed, for all processes: of a page */
#define OBJECTS_DOUBLE    1    /* of two */
#define FILES_LOCKED      184  /* of those in memory, by then */
#define FILES_USED        17   /* inactive, but used more than once */
#define PROGRAMS_OLD      26   /* inactive pages of programs; used */
#define PROGRAMS_YOUNG    12   /* used as well, behind the files */
#define PAGES_OF_PROCESS  5    /* of its own */
#define PAGES_OF_TRANSFER 2    /* of these, so many that only reads and writes need: the first */
#define PARENT_UNUSED     6    /* its pages, in their order: the processes do not need them */
#define PARENT_COMMON     4    /* all of them do */
#define PARENT_SPREAD     4    /* each needs some of these */
#define PARENT_OF_PROCESS 2    /* so many */
#define PARENT_LEFT       10   /* as the first */
#define SAMPLES_PER_PAGE  1270 /* in 1/1000 */

#define FREE_NODES         4   /* of the index of the cache, left over at the start */
#define FREE_NODES_OF_SWAP 361 /* where a disk of a guest with swap was filled */
#define FREE_HEADS         39  /* buffer heads: what looking for partitions left over */
#define FREE_HEADS_OF_SWAP 507 /* and what filling the disk of swap did: 13 slabs */

/* ---- what was taken at the start ---- */

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
			used = !pfn_to_page(vm, p)->refcount &&
			       !(pfn_to_page(vm, p)->flags & PG_tail) &&
			       !alloc_frame_is_free(vm, p);
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

/* Pages of files in memory that nobody maps. */
static int64_t idle_files(const struct guest_case *w)
{
	return max_s64(w->shmem - w->mapped - FILES_LOCKED - (w->has_swap ? SWAPPED_ACTIVE : 0), 0);
}

/* The pages lie there since the boot: nobody has used them lately, but some before and behind. */
static void forget_uses(struct linux_vm *vm, int64_t first, int64_t pages)
{
	const struct lruvec *lruvec = &vm->nodes[0].lruvec;
	unsigned vm_flags;
	int64_t n = 0;

	for (uint32_t pfn = lruvec->lists[LRU_INACTIVE_ANON].tail; pfn && n < first + pages;
	     pfn = pfn_to_page(vm, pfn)->prev, n++)
		if (n >= first)
			folio_referenced(vm, pfn_to_page(vm, pfn), false, &vm_flags);
}

/* Pages that programs had already; returns where they are, 0 if there is no room. */
static uint64_t touch_used(struct guest_run *r, struct task *t, pfn_t *pfn, int64_t pages,
			   unsigned flags)
{
	uint64_t addr;

	if (pages <= 0 || do_mmap(t, NULL, 0, (bytes_t)pages << PAGE_SHIFT,
				  VM_READ | VM_WRITE | flags, 0, &addr) != 0)
		return 0;
	for (int64_t i = 0; i < pages; i++) {
		give_back(r, t, pfn, MIGRATE_MOVABLE, 0);
		user_access(t, task_mm(t), addr + (uint64_t)(i << PAGE_SHIFT), true);
	}
	return addr;
}

/* The page at an address; NULL: none. */
static struct page *page_at(struct task *t, uint64_t addr)
{
	const struct page_table *table = pte_table(task_mm(t), addr);
	struct pte pte = pte_get(table, pte_index(addr));

	return pte.bits & PTE_PRESENT ? pfn_to_page(task_vm(t), pte.pfn) : NULL;
}

/* What lies in memory since the boot: files, most of which nobody maps, and pages of programs. */
static void touch_all_used(struct guest_run *r, struct task *t)
{
	int64_t active = active_at_start(r->w), files = idle_files(r->w);
	uint64_t addr;
	pfn_t pfn = 0;

	touch_used(r, t, &pfn, active, VM_SHARED);
	addr = touch_used(r, t, &pfn, FILES_USED, VM_SHARED);
	for (int64_t i = 0; addr && i < FILES_USED; i++) {
		struct page *page = page_at(t, addr + (uint64_t)(i << PAGE_SHIFT));

		if (page)
			page->flags |= PG_referenced;
	}
	touch_used(r, t, &pfn, PROGRAMS_OLD, 0);
	addr = touch_used(r, t, &pfn, files, VM_SHARED);
	touch_used(r, t, &pfn, PROGRAMS_YOUNG, 0);
	lru_add_drain(r->vm, t->cpu);
	forget_uses(r->vm, 0, active);
	forget_uses(r->vm, active + FILES_USED + PROGRAMS_OLD, files);
	if (addr)
		do_madvise(t, task_mm(t), addr, (bytes_t)files << PAGE_SHIFT, MADV_DONTNEED);
}

/* Pages of a process' own. */
static int64_t own_pages(const struct guest_process *p)
{
	return PAGES_OF_PROCESS + (int64_t)(p->buffer >> PAGE_SHIFT);
}

/* All that programs have that were there by then, but for the processes of the workload. */
static void take_programs_there(struct guest_run *r, struct task *t)
{
	int64_t active = active_at_start(r->w), used = active + PROGRAMS_OLD;
	int64_t pages = active + r->w->inactive_anon;
	pfn_t pfn = 0;

	for (int i = 0; i < r->nr_processes; i++)
		pages -= own_pages(&r->process[i]);

	slab_init(r->vm, t->cpu->irq, 0);
	touch_used(r, t, &pfn, max_s64(pages, 1), 0);
	lru_add_drain(r->vm, t->cpu);
	forget_uses(r->vm, 0, active);
	forget_uses(r->vm, used, max_s64(pages - used, 0));
}

/* So many objects are free: slabs of them were in use before. */
static void leave_free(struct guest_run *r, struct task *t, enum slab_cache_id id, uint64_t nr)
{
	struct slab_count c;
	uint64_t slabs;
	pfn_t pfn = 0;

	slab_count(r->vm, id, &c);
	slabs = div_round_up(nr, c.objects_per_slab);
	for (uint64_t i = 0; i < slabs; i++)
		give_back(r, t, &pfn, MIGRATE_RECLAIMABLE, fls_u64(c.pages_per_slab) - 1);
	slab_reserve(t, id, nr, GFP_KERNEL);
	for (uint64_t i = slabs * c.objects_per_slab; i > nr; i--)
		slab_take(r->vm, id);
}

/* What a file of the guest does not say of its start is as in the captures. */
static uint64_t said_or(int64_t said, const struct guest_case *w, uint64_t of_swap, uint64_t alone)
{
	return said >= 0 ? (uint64_t)said : w->has_swap ? of_swap : alone;
}

/* Objects that were left over when something had been read, and written, before. */
static void leave_objects(struct guest_run *r, struct task *t)
{
	const struct guest_case *w = r->w;

	leave_free(r, t, SLAB_RADIX_TREE_NODE,
		   said_or(w->free_nodes, w, FREE_NODES_OF_SWAP, FREE_NODES));
	leave_free(r, t, SLAB_BUFFER_HEAD,
		   said_or(w->free_heads, w, FREE_HEADS_OF_SWAP, FREE_HEADS));
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

static void take_pages(struct task *t, gfp_t gfp, int order, int64_t n)
{
	while (n-- > 0)
		if (!alloc_pages(t, gfp, order))
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

/*
 * Takes so many pages, page tables among them, for memory that is locked: reclaim does not meet
 * them, but compaction does.
 */
static void touch_locked(struct guest_run *r, struct task *t, int64_t pages)
{
	int64_t least = free_pages_in_all(r->vm) - pages;
	uint64_t addr;

	if (do_mmap(t, NULL, 0, (bytes_t)pages << PAGE_SHIFT, VM_READ | VM_WRITE | VM_LOCKED, 0,
		    &addr) != 0)
		return;
	for (; free_pages_in_all(r->vm) > least; addr += PAGE_SIZE)
		user_access(t, task_mm(t), addr, true);
}

static int64_t sample_pages(const struct guest_case *w)
{
	return w->duration_ms / w->sample_ms * 1000 / SAMPLES_PER_PAGE;
}

/* Gives up pages that the processes have by now: it has copies. */
static void leave_to_processes(struct task *t, uint64_t addr, int64_t pages)
{
	do_madvise(t, task_mm(t), addr, (bytes_t)pages << PAGE_SHIFT, MADV_DONTNEED);
}

/*
 * Makes the processes, which have all of its pages.  Those of its own that are locked by then are
 * among PROGRAMS_LOCKED.
 */
static void fork_processes(struct guest_run *r, struct task *t)
{
	int64_t samples = sample_pages(r->w);
	int64_t pages = PARENT_UNUSED + PARENT_COMMON + PARENT_SPREAD + PARENT_LEFT + samples;
	pfn_t pfn = 0;

	slab_init(r->vm, t->cpu->irq, 0); /* index nodes of files in memory lie in no free frame */
	leave_objects(r, t);
	r->forked = touch_used(r, t, &pfn, pages, 0);
	guest_run_spawn(r, t);
	task_sleep_until(t, task_now(t) + NS_PER_MS); /* they start */
	touch_locked(r, t, PROGRAMS_LOCKED + (r->w->has_swap ? SWAPPED_TAKEN : 0) + 2 * samples);
	leave_to_processes(t, r->forked, pages);
	take_pages(t, GFP_KERNEL | __GFP_RECLAIMABLE, 0, OBJECTS_SINGLE);
	take_pages(t, GFP_KERNEL | __GFP_RECLAIMABLE, 1, OBJECTS_DOUBLE);
	lru_add_drain(r->vm, t->cpu);
}

/* What waits for them, and for the last sample: it keeps what it has until then. */
static void parent(struct task *t, void *arg)
{
	struct guest_run *r = arg;

	guest_task_start(r, t);
	task_struct(t)->oom.score_adj = OOM_SCORE_ADJ_MIN;
	r->parent = t;
	if (!r->w->programs_there)
		fork_processes(r, t);
	t->waits_for = "the processes";
	while (r->nr_running || !r->stopped)
		task_block(t);
	linux_personality.task_exit(t);
}

/*
 * The guest's own programs.  They do nothing any more, but their pages can be swapped out; the
 * oldest of those that were there before are on the active list.
 */
static void programs(struct task *t, void *arg)
{
	struct guest_run *r = arg;
	int64_t free = free_pages_in_all(r->vm);

	linux_personality.task_start(t);
	task_struct(t)->oom.score_adj = OOM_SCORE_ADJ_MIN;
	if (r->lru_found) {
		guest_lru_give(t, "init");
		slab_init(r->vm, t->cpu->irq, 0);
	} else {
		if (r->w->programs_there)
			take_programs_there(r, t);
		else
			touch_all_used(r, t);
		activate_pages(r, active_at_start(r->w));
	}
	if (r->w->programs_there) {
		leave_objects(r, t);
		give_back_since(r, t, free);
		guest_run_spawn(r, NULL);
	}
	task_spawn(r->sim, t->cpu, "sh", TASK_DAEMON, parent, r);
	t->waits_for = "the end";
	for (;;)
		task_block(t);
}

/* Reads pages that it has from the one who made it. */
static void use_pages(struct task *t, uint64_t addr, int64_t from, int64_t to)
{
	for (int64_t i = from; addr && i < to; i++)
		user_access(t, task_mm(t), addr + (uint64_t)(i << PAGE_SHIFT), false);
}

/* What a process had by then: its pages, and the tables for them. */
static uint64_t process_memory_there(struct guest_run *r, struct task *t, int64_t pages)
{
	int64_t free = free_pages_in_all(r->vm);
	pfn_t pfn = 0;
	uint64_t addr = touch_used(r, t, &pfn, pages, 0);

	lru_add_drain(r->vm, t->cpu);
	for (int64_t n = free - free_pages_in_all(r->vm); n > 0; n--)
		give_back(r, t, &pfn, MIGRATE_UNMOVABLE, 0);
	return addr;
}

/* Pages that the kernel takes for a process; those given back are taken off the first one's. */
static int64_t kernel_pages(const struct guest_process *p)
{
	const struct guest_run *r = p->run;
	int64_t pages = PROCESS_KERNEL + (p->buffer ? BUFFER_KERNEL : 0);

	if (p == r->process)
		pages += (r->w->has_swap ? SWAPPED_KERNEL : 0) - KERNEL_BACK;
	return pages;
}

static void take_kernel_pages(struct guest_process *p, struct task *t)
{
	struct guest_slab *s = &p->kernel;

	for (int64_t i = kernel_pages(p); i > 0; i--) {
		struct page *page = alloc_pages(t, GFP_KERNEL, 0);

		if (!page)
			return;
		sim_grow((void **)&s->pfn, &s->cap, s->n + 1, sizeof(*s->pfn));
		s->pfn[s->n++] = page_to_pfn(p->run->vm, page);
	}
}

/* Where the maker's pages were given back instead of the process' own, others that are in use. */
void guest_process_end(struct guest_process *p, struct task *t)
{
	pfn_t pfn = 0;

	if (p->run->w->programs_there)
		return; /* its tables are those of its address space */
	for (int i = 0; i < PROCESS_BACK; i++) {
		if (p->kernel.n)
			free_pages(p->run->vm, t->cpu,
				   pfn_to_page(p->run->vm, p->kernel.pfn[--p->kernel.n]), 0);
		else
			give_back(p->run, t, &pfn, MIGRATE_UNMOVABLE, 0);
	}
}

uint64_t guest_process_memory(struct guest_process *p, struct task *t)
{
	struct guest_run *r = p->run;
	int64_t common = PARENT_UNUSED, spread = common + PARENT_COMMON;
	int64_t first = spread + ((p - r->process) * PARENT_OF_PROCESS) % PARENT_SPREAD;
	uint64_t own, gap;

	if (r->lru_found)
		return 0; /* guest_lru_give */
	if (r->w->programs_there)
		return process_memory_there(r, t, own_pages(p));
	take_kernel_pages(p, t);
	use_pages(t, r->forked, common, spread);
	use_pages(t, r->forked, first, first + PARENT_OF_PROCESS);
	own = touch_new(t, own_pages(p));
	/* its stack and data share no page table with memory that it maps from now on */
	do_mmap(t, NULL, 0, 1ULL << PMD_SHIFT, VM_READ | VM_WRITE, 0, &gap);
	return own;
}

/* The use of a page that is there is among what an operation costs. */
static void use_page(struct task *t, uint64_t addr, bool write)
{
	struct page_table *table = pte_table(task_mm(t), addr);
	const uint8_t need = write ? PTE_PRESENT | PTE_WRITE : PTE_PRESENT;
	uint8_t *bits = table ? &table->pte.bits[pte_index(addr)] : NULL;

	if (bits && (*bits & need) == need)
		*bits |= write ? PTE_YOUNG | PTE_DIRTY : PTE_YOUNG;
	else
		user_access(t, task_mm(t), addr, write);
}

void guest_process_step(struct guest_process *p, struct task *t)
{
	for (int i = 0; i < p->uses.nr_step; i++)
		use_page(t, p->uses.step[i], false);
}

void guest_process_call(struct guest_process *p, struct task *t)
{
	for (int i = 0; i < p->uses.n; i++)
		use_page(t, p->uses.addr[i], true);
	for (int i = 0; i < p->uses.nr_call; i++)
		use_page(t, p->uses.call[i], false);
}

void guest_process_use(struct guest_process *p, struct task *t, bytes_t buffer, bool write)
{
	int64_t pages = PAGES_OF_PROCESS + (int64_t)(buffer >> PAGE_SHIFT);
	uint64_t memory = p->own;

	for (int i = 0; i < p->uses.n; i++)
		use_page(t, p->uses.addr[i], true);
	for (bytes_t at = 0; p->uses.buffer && at < buffer; at += PAGE_SIZE)
		use_page(t, p->uses.buffer + at, write);

	for (int64_t i = buffer ? 0 : PAGES_OF_TRANSFER; memory && i < pages; i++)
		use_page(t, memory + (uint64_t)(i << PAGE_SHIFT), i < PAGES_OF_PROCESS || write);
}

bool guest_fill_memory(struct guest_run *r)
{
	if (!alloc_lists_adopt(r->w->c, "before/mmprobe.txt", r->vm))
		return false;
	r->lru_found = r->w->programs_there && guest_lru_found(r->w->c);
	if (r->lru_found && !guest_lru_adopt(r->w->c, r->sim->cpus[0].irq))
		return false;
	task_spawn(r->sim, &r->sim->cpus[0], "init", TASK_DAEMON, programs, r);
	return true;
}
