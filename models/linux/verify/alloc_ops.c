/*
 * alloc_ops.c - calls of the page allocator as lines of text: read, run, written, compared
 *
 *	A cpu slot order gfp node frame     the first words are the call, the last its answer
 *
 * In a case that holds its inputs alone the answers are "?" or not there.  What
 * is freed is known by its slot: a name for what an allocation returned.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/linux/boot/boot.h"
#include "models/linux/verify/alloc_case.h"

#define MAX_SLOTS      (1u << 24)
#define MAX_BULK       (1u << 20)
#define MAX_EXACT      (1ULL << 40) /* bytes */
#define PAGEBLOCK_BITS 0xf

/* ---- the calls ---- */

/* Words of a call behind its letter; answers stand at the end and are read apart. */
enum word {
	W_CPU,
	W_SLOT,
	W_ORDER,
	W_BYTES,
	W_PAGES,
	W_BULK,
	W_GFP,
	W_NODE,
	W_PFN,   /* an argument, not an answer */
	W_TYPE,
	W_MASK,
	W_FLAGS,
	W_NUMBER,
	W_ANSWER_PFN,
	W_ANSWER_NUMBER,
	W_ANSWER_BITS,
	W_ANSWER_LIST,
	W_FIRST, /* slot of the first page, behind an answer */
	W_END,
};

struct call {
	char letter;
	uint8_t words[8];
	void (*run)(struct alloc_replay *r, struct alloc_op *op, struct task *t);
};

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

static void keep_frame(struct alloc_frames *f, uint32_t pfn)
{
	sim_grow((void **)&f->pfn, &f->cap, f->n + 1, sizeof(*f->pfn));
	f->pfn[f->n++] = pfn;
}

static void run_bulk(struct alloc_replay *r, struct alloc_op *op, struct task *t)
{
	struct page **pages = sim_calloc(op->size, sizeof(struct page *));

	op->nr = __alloc_pages_bulk(t, op->gfp, op->node, 0, (int)op->size, pages);
	op->answer = (int64_t)r->frames.n;
	for (int i = 0; i < op->nr; i++) {
		fill_slot(r, op->slot + (uint32_t)i, pages[i], 0);
		keep_frame(&r->frames, page_to_pfn(&r->st->vm, pages[i]));
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
	unsigned long rest = get_pfnblock_flags_mask(vm, op->start, PAGEBLOCK_BITS & ~op->gfp);

	(void)t;
	/* there are types up to Isolate */
	op->impossible = ((rest | (op->size & op->gfp)) & 7) >= MIGRATE_TYPES;
	if (!op->impossible)
		set_pfnblock_flags_mask(vm, op->size, op->start, op->gfp);
}

static void run_drain(struct alloc_replay *r, struct alloc_op *op, struct task *t)
{
	(void)op;
	drain_local_pages(&r->st->vm, t->cpu);
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

static const struct call calls[] = {
	{ 'A', { W_CPU, W_SLOT, W_ORDER, W_GFP, W_NODE, W_ANSWER_PFN, W_END }, run_alloc },
	{ 'F', { W_CPU, W_SLOT, W_ORDER, W_ANSWER_PFN, W_END }, run_free },
	{ 'X', { W_CPU, W_SLOT, W_BYTES, W_GFP, W_NODE, W_ANSWER_PFN, W_END }, run_alloc_exact },
	{ 'Y', { W_CPU, W_SLOT, W_BYTES, W_ANSWER_PFN, W_END }, run_free_exact },
	{ 'S', { W_CPU, W_SLOT, W_ORDER, W_ANSWER_PFN, W_FIRST, W_END }, run_split },
	{ 'B', { W_CPU, W_SLOT, W_BULK, W_GFP, W_NODE, W_ANSWER_LIST, W_END }, run_bulk },
	{ 'C',
	  { W_CPU, W_SLOT, W_PFN, W_PAGES, W_TYPE, W_GFP, W_ANSWER_NUMBER, W_END },
	  run_contig },
	{ 'Z', { W_CPU, W_SLOT, W_PFN, W_PAGES, W_END }, run_free_contig },
	{ 'G', { W_CPU, W_PFN, W_MASK, W_ANSWER_BITS, W_END }, run_get_bits },
	{ 'P', { W_CPU, W_PFN, W_FLAGS, W_MASK, W_END }, run_set_bits },
	{ 'D', { W_CPU, W_END }, run_drain },
	{ 'V', { W_CPU, W_END }, run_fold },
	{ 'M', { W_CPU, W_NUMBER, W_END }, run_mark },
	{ 'a', { W_ANSWER_PFN, W_ORDER, W_GFP, W_END }, run_other_alloc },
	{ 'f', { W_PFN, W_ORDER, W_END }, run_other_free },
};

static const struct call *call_of(char letter)
{
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if (calls[i].letter == letter)
			return &calls[i];
	return NULL;
}

/* ---- reading ---- */

struct ops_reader {
	struct verify_case *c;
	const char *path;
	struct alloc_replay *r;
	int line;
	int last_cpu;
	bool failed;
};

static void wrong(struct ops_reader *d, const char *what)
{
	if (!d->failed)
		verify_error(d->c, "%s:%d: %s", d->path, d->line, what);
	d->failed = true;
}

static int64_t number(struct ops_reader *d, const char *word, int base, int64_t min, int64_t max)
{
	char *end;
	int64_t v = strtoll(word, &end, base);

	if (*word && !*end && v >= min && v <= max)
		return v;
	wrong(d, "a word is missing, no number, or out of range");
	return min;
}

static bool unknown(const char *word)
{
	return !*word || strcmp(word, "?") == 0;
}

static int64_t frame_or_fail(struct ops_reader *d, const char *word)
{
	return strcmp(word, "FAIL") == 0 ? 0 : number(d, word, 16, 1, UINT32_MAX);
}

/* Room for slots first..first+n-1. */
static void need_slots(struct ops_reader *d, int64_t first, int64_t n)
{
	struct alloc_slots *s = d->r->slots;
	size_t end = (size_t)(first + n);

	if (first + n > MAX_SLOTS) {
		wrong(d, "the number of a slot is too large");
		return;
	}
	if (end <= s->n)
		return;
	sim_grow((void **)&s->slot, &s->cap, end, sizeof(*s->slot));
	memset(&s->slot[s->n], 0, (end - s->n) * sizeof(*s->slot));
	s->n = end;
}

static void check_gfp(struct ops_reader *d, gfp_t gfp)
{
	if (gfp_zone(gfp) < 0 || gfp_migratetype(gfp) >= MIGRATE_PCPTYPES)
		wrong(d, "the mask asks for two zones or two kinds of mobility");
}

/* "got frame ..." of a B. */
static void read_list(struct ops_reader *d, struct alloc_op *op, char **words)
{
	const char *word = verify_word(words);

	if (unknown(word))
		return;
	op->recorded = true;
	op->expected = (int64_t)d->r->expected_frames.n;
	op->expected_nr = (int)number(d, word, 10, 0, MAX_BULK);
	for (int i = 0; i < op->expected_nr && !d->failed; i++)
		keep_frame(&d->r->expected_frames,
			   (uint32_t)number(d, verify_word(words), 16, 1, UINT32_MAX));
}

/* The slot behind the answer of an S: an answer that is left out leaves one word. */
static void read_first(struct ops_reader *d, struct alloc_op *op, const char *answer, char **words)
{
	const char *word = verify_word(words);

	if (!*word) {
		word = answer;
		op->recorded = false;
	}
	op->start = (uint64_t)number(d, word, 10, 0, MAX_SLOTS);
	need_slots(d, (int64_t)op->start, 1LL << op->size);
}

static void read_answer(struct ops_reader *d, struct alloc_op *op, enum word kind, const char *word)
{
	if (unknown(word))
		return;
	op->recorded = true;
	if (kind == W_ANSWER_PFN)
		op->expected = frame_or_fail(d, word);
	else if (kind == W_ANSWER_NUMBER)
		op->expected = number(d, word, 10, -4096, 0);
	else
		op->expected = number(d, word, 16, 0, PAGEBLOCK_BITS);
}

static void read_word(struct ops_reader *d, struct alloc_op *op, enum word kind, const char *word)
{
	const struct linux_vm *vm = &d->r->st->vm;

	switch (kind) {
	case W_CPU:
		op->cpu = d->last_cpu = (int)number(d, word, 10, 0, vm->nr_cpu_ids - 1);
		break;
	case W_SLOT:
		op->slot = (uint32_t)number(d, word, 10, 0, MAX_SLOTS - 1);
		need_slots(d, op->slot, 1);
		break;
	case W_ORDER:
		op->size = (uint64_t)number(d, word, 10, 0, op->kind == 'A' ? 31 : MAX_ORDER - 1);
		break;
	case W_BYTES:
		op->size = (uint64_t)number(d, word, 10, 1, MAX_EXACT);
		break;
	case W_PAGES:
		op->size = (uint64_t)number(d, word, 10, 1, (int64_t)vm->max_pfn);
		if (op->start + op->size > vm->max_pfn)
			wrong(d, "the range ends beyond the last page");
		break;
	case W_BULK:
		op->size = (uint64_t)number(d, word, 10, 0, MAX_BULK);
		need_slots(d, op->slot, (int64_t)op->size);
		break;
	case W_GFP:
		op->gfp = (gfp_t)number(d, word, 16, 0, UINT32_MAX);
		check_gfp(d, op->gfp);
		break;
	case W_NODE:
		op->node = (int)number(d, word, 10, NUMA_NO_NODE, vm->nr_nodes - 1);
		break;
	case W_PFN:
		op->start = (uint64_t)number(d, word, 16, 0, (int64_t)vm->max_pfn - 1);
		break;
	case W_TYPE:
		op->type = (int)number(d, word, 10, 0, MIGRATE_PCPTYPES - 1);
		break;
	case W_MASK:
		op->gfp = (gfp_t)number(d, word, 16, 0, PAGEBLOCK_BITS);
		break;
	case W_FLAGS:
		op->size = (uint64_t)number(d, word, 16, 0, PAGEBLOCK_BITS);
		break;
	case W_NUMBER:
		op->size = (uint64_t)number(d, word, 10, 0, INT32_MAX);
		break;
	case W_ANSWER_PFN:
	case W_ANSWER_NUMBER:
	case W_ANSWER_BITS:
	case W_ANSWER_LIST:
	case W_FIRST:
	case W_END:
		break;
	}
}

static void read_call(struct ops_reader *d, const struct call *call, char *words)
{
	struct alloc_replay *r = d->r;
	struct alloc_op op = { .kind = call->letter, .cpu = d->last_cpu };
	const char *word = "";

	for (const uint8_t *w = call->words; *w != W_END && !d->failed; w++) {
		if (*w == W_ANSWER_LIST) {
			read_list(d, &op, &words);
			break;
		}
		if (*w == W_FIRST) {
			read_first(d, &op, word, &words);
			break;
		}
		word = verify_word(&words);
		if (*w >= W_ANSWER_PFN)
			read_answer(d, &op, *w, word);
		else
			read_word(d, &op, *w, word);
	}
	r->has_answers |= op.recorded;
	sim_grow((void **)&r->ops, &r->cap_ops, r->nr_ops + 1, sizeof(*r->ops));
	r->ops[r->nr_ops++] = op;
}

/* Fields of events: which of them are hexadecimal. */
static const struct {
	char letter;
	const char *fields; /* x or d each */
	int tracepoint;
} event_kinds[] = {
	{ 'e', "xddddd", TP_mm_page_alloc_extfrag },
	{ 'w', "dddx", TP_mm_vmscan_wakeup_kswapd },
	{ 'd', "xdd", TP_mm_page_pcpu_drain },
	{ 'l', "xddd", TP_mm_page_alloc_zone_locked },
};

static const char *event_fields(char letter)
{
	for (size_t i = 0; i < ARRAY_LEN(event_kinds); i++)
		if (event_kinds[i].letter == letter)
			return event_kinds[i].fields;
	return NULL;
}

static struct alloc_event *add_event(struct alloc_events *l, char kind, uint32_t op)
{
	sim_grow((void **)&l->e, &l->cap, l->n + 1, sizeof(*l->e));
	l->e[l->n] = (struct alloc_event){ .kind = kind, .op = op };
	return &l->e[l->n++];
}

static void read_event(struct ops_reader *d, char letter, const char *fields, char *words)
{
	struct alloc_event *e = add_event(&d->r->expected_events, letter, (uint32_t)d->r->nr_ops);

	for (int i = 0; fields[i]; i++)
		e->v[i] = number(d, verify_word(&words), fields[i] == 'x' ? 16 : 10, INT32_MIN,
				 UINT32_MAX);
	d->r->has_moves |= letter == 'd' || letter == 'l';
}

bool alloc_ops_read(struct verify_case *c, const char *path, struct alloc_replay *r)
{
	struct ops_reader d = { .c = c, .path = path, .r = r };
	struct verify_text t;
	char *line;

	if (!verify_read(c, path, &t)) {
		verify_error(c, "%s is needed", path);
		return false;
	}
	while ((line = verify_line(&t)) && !d.failed) {
		const char *letter = verify_word(&line);
		const struct call *call = call_of(*letter);
		const char *fields = event_fields(*letter);

		d.line = t.line;
		if (!*letter || *letter == '#')
			continue;
		if (letter[1] || (!call && !fields))
			wrong(&d, "no call; accepted: A F X Y S B C Z G P D V M, and events");
		else if (call)
			read_call(&d, call, line);
		else
			read_event(&d, *letter, fields, line);
	}
	verify_text_free(&t);
	return !d.failed;
}

/* ---- running ---- */

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

/* Takes the tracepoints that are events of the case. */
static void note_event(struct sim *s, const struct trace_record *record)
{
	struct alloc_state *st = CONTAINER_OF(linux_vm(s), struct alloc_state, vm);
	struct alloc_replay *r = st->replay;

	for (size_t i = 0; i < ARRAY_LEN(event_kinds); i++) {
		struct alloc_event *e;

		if (event_kinds[i].tracepoint != record->id)
			continue;
		e = add_event(&r->events, event_kinds[i].letter, r->at);
		memcpy(e->v, record->v, strlen(event_kinds[i].fields) * sizeof(*e->v));
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
	const struct call *by_letter[128] = { NULL };

	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		by_letter[(int)calls[i].letter] = &calls[i];
	enable_events(r);
	for (size_t i = 0; i < r->nr_ops; i++) {
		struct alloc_op *op = &r->ops[i];

		r->at = (uint32_t)i + 1;
		by_letter[(int)op->kind]->run(r, op, cpus[op->cpu].irq);
	}
}

void alloc_replay_free(struct alloc_replay *r)
{
	sim_free(r->ops);
	sim_free(r->frames.pfn);
	sim_free(r->expected_frames.pfn);
	sim_free(r->events.e);
	sim_free(r->expected_events.e);
}

/* ---- writing ---- */

static void print_frame(FILE *f, int64_t pfn)
{
	if (pfn)
		fprintf(f, " %" PRIx64, (uint64_t)pfn);
	else
		fprintf(f, " FAIL");
}

static void print_word(const struct alloc_replay *r, FILE *f, const struct alloc_op *op,
		       enum word kind)
{
	switch (kind) {
	case W_CPU:
		fprintf(f, " %d", op->cpu);
		break;
	case W_SLOT:
		fprintf(f, " %" PRIu32, op->slot);
		break;
	case W_ORDER:
	case W_BYTES:
	case W_PAGES:
	case W_BULK:
	case W_NUMBER:
		fprintf(f, " %" PRIu64, op->size);
		break;
	case W_GFP:
	case W_MASK:
		fprintf(f, " %" PRIx32, op->gfp);
		break;
	case W_NODE:
		fprintf(f, " %d", op->node);
		break;
	case W_PFN:
		fprintf(f, " %" PRIx64, op->start);
		break;
	case W_TYPE:
		fprintf(f, " %d", op->type);
		break;
	case W_FLAGS:
		fprintf(f, " %" PRIx64, op->size);
		break;
	case W_FIRST:
		fprintf(f, " %" PRIu64, op->start);
		break;
	case W_ANSWER_PFN:
		print_frame(f, op->answer);
		break;
	case W_ANSWER_NUMBER:
		fprintf(f, " %" PRId64, op->answer);
		break;
	case W_ANSWER_BITS:
		fprintf(f, " %" PRIx64, (uint64_t)op->answer);
		break;
	case W_ANSWER_LIST:
		fprintf(f, " %d", op->nr);
		for (int i = 0; i < op->nr; i++)
			print_frame(f, r->frames.pfn[op->answer + i]);
		break;
	case W_END:
		break;
	}
}

static void print_event(FILE *f, const struct alloc_event *e)
{
	const char *fields = event_fields(e->kind);

	fputc(e->kind, f);
	for (int i = 0; fields[i]; i++)
		fprintf(f, fields[i] == 'x' ? " %" PRIx64 : " %" PRId64, e->v[i]);
	fputc('\n', f);
}

void alloc_replay_print(const struct alloc_replay *r, FILE *f)
{
	size_t e = 0;

	for (size_t i = 0; i < r->nr_ops; i++) {
		const struct alloc_op *op = &r->ops[i];
		const struct call *call = call_of(op->kind);

		fputc(op->kind, f);
		for (const uint8_t *w = call->words; *w != W_END; w++)
			print_word(r, f, op, *w);
		fputc('\n', f);
		for (; e < r->events.n && r->events.e[e].op == i + 1; e++)
			print_event(f, &r->events.e[e]);
	}
}

/* ---- comparing ---- */

static void compare_frames(const struct alloc_replay *r, const struct alloc_op *op, size_t line,
			   const char *path, struct verify_quantity *q)
{
	verify_count(q, op->nr == op->expected_nr, "%s operation %zu: %d pages, recorded %d", path,
		     line, op->nr, op->expected_nr);
	for (int i = 0; i < op->nr && i < op->expected_nr; i++) {
		uint32_t have = r->frames.pfn[op->answer + i];
		uint32_t want = r->expected_frames.pfn[op->expected + i];

		verify_count(q, have == want, "%s operation %zu page %d: %x, recorded %x", path,
			     line, i, have, want);
	}
}

/* An event as it is written, for comparing and telling. */
static void event_text(const struct alloc_event *e, char *text, size_t size)
{
	if (e)
		snprintf(text, size, "%c %" PRIx64 " %" PRId64 " %" PRId64 " %" PRIx64 " %" PRId64
			 " %" PRId64 " at operation %" PRIu32, e->kind, (uint64_t)e->v[0], e->v[1],
			 e->v[2], (uint64_t)e->v[3], e->v[4], e->v[5], e->op);
	else
		snprintf(text, size, "nothing");
}

static void compare_events(const struct alloc_replay *r, const char *path,
			   struct verify_quantity *q)
{
	const struct alloc_events *have = &r->events, *want = &r->expected_events;

	for (size_t i = 0; i < have->n || i < want->n; i++) {
		const struct alloc_event *h = i < have->n ? &have->e[i] : NULL;
		const struct alloc_event *w = i < want->n ? &want->e[i] : NULL;
		bool equal = h && w && h->op == w->op && h->kind == w->kind &&
			     memcmp(h->v, w->v, sizeof(h->v)) == 0;
		char ht[120] = "", wt[120] = "";

		if (!equal) {
			event_text(h, ht, sizeof(ht));
			event_text(w, wt, sizeof(wt));
		}
		verify_count(q, equal, "%s: %s, recorded %s", path, ht, wt);
	}
}

void alloc_replay_compare(const struct alloc_replay *r, const char *path,
			  struct verify_quantity *q)
{
	size_t line = 0; /* number of the call: those of somebody else do not count */

	for (size_t i = 0; i < r->nr_ops; i++) {
		const struct alloc_op *op = &r->ops[i];

		line += op->kind != 'a' && op->kind != 'f';
		if (op->impossible)
			verify_count(&q[Q_ANSWERS], false,
				     "%s operation %zu: %c cannot be: what it frees is not in use, or "
				     "there is no such type", path, line,
				     op->kind);
		else if (op->recorded && op->kind == 'B')
			compare_frames(r, op, line, path, &q[Q_ANSWERS]);
		else if (op->recorded)
			verify_count(&q[Q_ANSWERS], op->answer == op->expected,
				     "%s operation %zu: %c gives %" PRIx64 ", recorded %" PRIx64,
				     path, line, op->kind, (uint64_t)op->answer,
				     (uint64_t)op->expected);
	}
	if (r->has_answers)
		compare_events(r, path, &q[Q_TRACE]);
}
