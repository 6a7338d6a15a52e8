/*
 * alloc_run.c - calls of the page allocator, one after another
 *
 * Each is one call of the allocator's own functions, on the context of
 * interrupts of its CPU.
 */
#include <string.h>

#include "models/linux/verify/alloc_case.h"

/* ---- what is kept ---- */

void alloc_keep_frame(struct alloc_frames *f, uint32_t pfn)
{
	sim_grow((void **)&f->pfn, &f->cap, f->n + 1, sizeof(*f->pfn));
	f->pfn[f->n++] = pfn;
}

struct alloc_event *alloc_add_event(struct alloc_events *l, char kind, uint32_t op)
{
	sim_grow((void **)&l->e, &l->cap, l->n + 1, sizeof(*l->e));
	l->e[l->n] = (struct alloc_event){ .kind = kind, .op = op };
	return &l->e[l->n++];
}

/* ---- the calls ---- */

static struct alloc_slot *slot_of(struct alloc_replay *r, const struct alloc_op *op)
{
	return &r->slots->slot[op->slot];
}

/* An allocation that failed leaves its slot with what it had.  Returns the frame, 0: none. */
static uint32_t fill_slot(struct alloc_replay *r, uint32_t slot, const struct page *page, int order)
{
	if (!page)
		return 0;
	r->slots->slot[slot] = (struct alloc_slot){
		.pfn = page_to_pfn(&r->st->vm, page),
		.order = (uint8_t)order,
		.compound = (page->flags & PG_head) != 0,
	};
	return r->slots->slot[slot].pfn;
}

/* The first page of what a slot holds; NULL, and the call is impossible, if that is not in use. */
static struct page *held_page(struct alloc_replay *r, struct alloc_op *op, pages_t nr_pages)
{
	struct linux_vm *vm = &r->st->vm;
	uint32_t pfn = slot_of(r, op)->pfn;
	struct page *page = pfn_to_page(vm, pfn);

	op->answer = pfn;
	op->impossible = !pfn || pfn + nr_pages > vm->max_pfn || page->refcount != 1 ||
			 (page->flags & (PG_buddy | PG_pcp | PG_lru | PG_tail));
	return op->impossible ? NULL : page;
}

static void run_alloc(struct alloc_replay *r, struct alloc_op *op, struct task *t)
{
	struct page *page = __alloc_pages(t, op->gfp, (int)op->size, op->node, 0);

	op->answer = fill_slot(r, op->slot, page, (int)op->size);
}

static void run_free(struct alloc_replay *r, struct alloc_op *op, struct task *t)
{
	int order = (int)op->size;
	struct page *page = held_page(r, op, 1ULL << order);

	if (!page)
		return;
	if ((op->answer & ((1LL << order) - 1)) ||
	    ((page->flags & PG_head) && page->order != order)) {
		op->impossible = true;
		return;
	}
	page->refcount = 0;
	__free_pages(&r->st->vm, t->cpu, page, order);
	slot_of(r, op)->pfn = 0;
}

static void run_alloc_exact(struct alloc_replay *r, struct alloc_op *op, struct task *t)
{
	struct page *page = alloc_pages_exact_nid(t, op->node, op->size, op->gfp);

	op->answer = fill_slot(r, op->slot, page, 0);
}

/* Whether each of the pages has one reference. */
static bool all_held(const struct page *page, pages_t n)
{
	for (pages_t i = 0; i < n; i++)
		if (page[i].refcount != 1 || (page[i].flags & (PG_lru | PG_head | PG_tail)))
			return false;
	return true;
}

static void run_free_exact(struct alloc_replay *r, struct alloc_op *op, struct task *t)
{
	pages_t n = div_round_up(op->size, PAGE_SIZE);
	struct page *page = held_page(r, op, n);

	if (!page)
		return;
	op->impossible = !all_held(page, n);
	if (op->impossible)
		return;
	free_pages_exact(&r->st->vm, t->cpu, page, op->size);
	slot_of(r, op)->pfn = 0;
}

static void run_split(struct alloc_replay *r, struct alloc_op *op, struct task *t)
{
	struct page *page = held_page(r, op, 1ULL << op->size);

	(void)t;
	if (!page || (page->flags & PG_head)) {
		op->impossible = true;
		return;
	}
	split_page(&r->st->vm, page, (int)op->size);
	slot_of(r, op)->pfn = 0;
	for (uint32_t i = 0; i < 1u << op->size; i++)
		fill_slot(r, (uint32_t)op->start + i, &page[i], 0);
}

static void run_bulk(struct alloc_replay *r, struct alloc_op *op, struct task *t)
{
	struct page **pages = sim_calloc(op->size, sizeof(struct page *));

	op->nr = __alloc_pages_bulk(t, op->gfp, op->node, 0, (int)op->size, pages);
	op->answer = (int64_t)r->frames.n;
	for (int i = 0; i < op->nr; i++) {
		fill_slot(r, op->slot + (uint32_t)i, pages[i], 0);
		alloc_keep_frame(&r->frames, page_to_pfn(&r->st->vm, pages[i]));
	}
	sim_free(pages);
}

static void run_contig(struct alloc_replay *r, struct alloc_op *op, struct task *t)
{
	(void)r;
	op->answer = alloc_contig_range(t, op->start, op->start + op->size, op->type, op->gfp);
}

static void run_free_contig(struct alloc_replay *r, struct alloc_op *op, struct task *t)
{
	struct linux_vm *vm = &r->st->vm;

	op->impossible = !all_held(pfn_to_page(vm, op->start), op->size);
	if (!op->impossible)
		free_contig_range(vm, t->cpu, op->start, op->size);
}

static void run_get_bits(struct alloc_replay *r, struct alloc_op *op, struct task *t)
{
	(void)t;
	op->answer = (int64_t)get_pfnblock_flags_mask(&r->st->vm, op->start, op->gfp);
}

static void run_set_bits(struct alloc_replay *r, struct alloc_op *op, struct task *t)
{
	struct linux_vm *vm = &r->st->vm;
	uint32_t rest = get_pfnblock_flags_mask(vm, op->start, ALLOC_BLOCK_BITS & ~op->gfp);

	(void)t;
	/* there are types up to Isolate */
	op->impossible = ((rest | ((uint32_t)op->size & op->gfp)) & 7) > MIGRATE_ISOLATE;
	if (!op->impossible)
		set_pfnblock_flags_mask(vm, (uint32_t)op->size, op->start, op->gfp);
}

static void run_drain(struct alloc_replay *r, struct alloc_op *op, struct task *t)
{
	(void)op;
	drain_pages(&r->st->vm, t->cpu, t->cpu);
}

static void run_fold(struct alloc_replay *r, struct alloc_op *op, struct task *t)
{
	(void)op;
	refresh_cpu_vm_stats(&r->st->vm, t->cpu, true);
}

static void run_mark(struct alloc_replay *r, struct alloc_op *op, struct task *t)
{
	(void)t;
	if (r->mark)
		r->mark(r, op->size, r->mark_arg);
}

/* By somebody else: what it got is in the line. */
static void run_other_alloc(struct alloc_replay *r, struct alloc_op *op, struct task *t)
{
	const struct page *page = __alloc_pages(t, op->gfp, (int)op->size, NUMA_NO_NODE, 0);

	op->answer = page ? page_to_pfn(&r->st->vm, page) : 0;
}

static void run_other_free(struct alloc_replay *r, struct alloc_op *op, struct task *t)
{
	struct page *page = pfn_to_page(&r->st->vm, op->start);

	op->impossible = page->refcount != 1 || (op->start & ((1ULL << op->size) - 1)) ||
			 (page->flags & (PG_buddy | PG_pcp | PG_lru | PG_tail));
	if (op->impossible)
		return;
	page->refcount = 0;
	__free_pages(&r->st->vm, t->cpu, page, (int)op->size);
}

typedef void run_fn(struct alloc_replay *r, struct alloc_op *op, struct task *t);

/* By letter; reading lets no other through. */
static run_fn *const calls[128] = {
	['A'] = run_alloc,      ['F'] = run_free,        ['X'] = run_alloc_exact,
	['Y'] = run_free_exact, ['S'] = run_split,       ['B'] = run_bulk,
	['C'] = run_contig,     ['Z'] = run_free_contig, ['G'] = run_get_bits,
	['P'] = run_set_bits,   ['D'] = run_drain,       ['V'] = run_fold,
	['M'] = run_mark,       ['a'] = run_other_alloc, ['f'] = run_other_free,
};

/* ---- all of them ---- */

void alloc_slots_restore(const struct alloc_slots *slots, struct linux_vm *vm)
{
	for (size_t i = 0; i < slots->n; i++) {
		const struct alloc_slot *s = &slots->slot[i];
		struct page *page = pfn_to_page(vm, s->pfn);

		if (!s->pfn || !s->compound || s->pfn + (1ULL << s->order) > vm->max_pfn ||
		    page->refcount != 1)
			continue;
		page->flags = PG_head;
		page->order = s->order;
		for (uint32_t k = 1; k < 1u << s->order; k++) {
			page[k].flags = PG_tail;
			page[k].refcount = 0;
			page[k].index = k;
		}
	}
}

/* Tracepoints that are events of the case. */
static const struct {
	char letter;
	int tracepoint;
	int nr_fields;
} event_kinds[] = {
	{ 'e', TP_mm_page_alloc_extfrag, 6 },
	{ 'w', TP_mm_vmscan_wakeup_kswapd, 4 },
	{ 'd', TP_mm_page_pcpu_drain, 3 },
	{ 'l', TP_mm_page_alloc_zone_locked, 4 },
};

static void note_event(struct sim *s, const struct trace_record *record)
{
	struct alloc_state *st = CONTAINER_OF(linux_vm(s), struct alloc_state, vm);
	struct alloc_replay *r = st->replay;

	for (size_t i = 0; i < ARRAY_LEN(event_kinds); i++) {
		struct alloc_event *e;

		if (event_kinds[i].tracepoint != record->id)
			continue;
		e = alloc_add_event(&r->events, event_kinds[i].letter, r->at);
		memcpy(e->v, record->v, (size_t)event_kinds[i].nr_fields * sizeof(*e->v));
	}
}

static void enable_events(struct alloc_replay *r)
{
	struct trace_state *ts = &r->st->tables.trace;

	r->st->replay = r;
	ts->sink = note_event;
	trace_enable(ts, "mm_page_alloc_extfrag", TRACE_RECORD);
	trace_enable(ts, "mm_vmscan_wakeup_kswapd", TRACE_RECORD);
	if (r->has_moves) {
		trace_enable(ts, "mm_page_pcpu_drain", TRACE_RECORD);
		trace_enable(ts, "mm_page_alloc_zone_locked", TRACE_RECORD);
	}
}

void alloc_replay_run(struct alloc_replay *r)
{
	const struct cpu *cpus = r->st->sim->cpus;
	enable_events(r);
	for (size_t i = 0; i < r->nr_ops; i++) {
		struct alloc_op *op = &r->ops[i];

		r->at = (uint32_t)i + 1;
		calls[(int)op->kind](r, op, cpus[op->cpu].irq);
	}
}
