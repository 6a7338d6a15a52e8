/*
 * calls.c - the calls of a script, each one call of the page allocator
 *
 *	A cpu slot order gfp node          F cpu slot order
 *	X cpu slot bytes gfp node          Y cpu slot bytes
 *	S cpu slot order first_new_slot    B cpu slot n gfp node
 *	C cpu slot start n type gfp        Z cpu slot start n
 *	G cpu frame mask                   P cpu frame flags mask
 *	D cpu    V cpu    M cpu number
 *
 * Frames, masks and gfp are hexadecimal.  A slot is a name for what an allocation returned.  The
 * script does not know which will fail.  So a call that gives back what its slot does not hold, or
 * takes one that is held, is left out; and so is a contiguous range of two zones, or one with pages
 * that would have to be moved.
 */
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "pages.h"

struct slot {
	struct page *page; /* NULL: nothing */
	u32 pages;         /* of a contiguous range */
	u32 bytes;         /* of an exact allocation; 0: it is a block */
	u8 order;
	bool range;
};

static struct slot *slots;
static struct page **bulk;
static void (*drain)(struct zone *zone);
static int (*fold)(bool do_pagesets);
static void *(*exact_nid)(int node, size_t size, gfp_t gfp);
static int (*contig)(unsigned long start, unsigned long end, unsigned int type, gfp_t gfp);
static void (*free_contig)(unsigned long start, unsigned long n);
static unsigned long (*get_bits)(const struct page *page, unsigned long pfn, unsigned long mask);
static void (*set_bits)(struct page *page, unsigned long flags, unsigned long pfn,
			unsigned long mask);

int calls_start(void)
{
	slots = vzalloc(MAX_SLOTS * sizeof(*slots));
	bulk = vzalloc(MAX_BULK * sizeof(*bulk));
	drain = kernel_symbol("drain_local_pages");
	fold = kernel_symbol("refresh_cpu_vm_stats");
	exact_nid = kernel_symbol("alloc_pages_exact_nid");
	contig = kernel_symbol("alloc_contig_range");
	free_contig = kernel_symbol("free_contig_range");
	get_bits = kernel_symbol("get_pfnblock_flags_mask");
	set_bits = kernel_symbol("set_pfnblock_flags_mask");
	return slots && bulk && drain && fold && exact_nid && contig && free_contig && get_bits &&
		       set_bits
		   ? 0
		   : -ENOENT;
}

/* --- reading --- */

/* Words behind the letter and the CPU: s slot, o order, b bytes, n pages, g gfp, i node, t type,
 * p frame, m mask, f flags, k number, 2 slots of a split */
static const struct {
	char letter;
	const char *words;
} calls[] = {
	{ 'A', "sogi" }, { 'F', "so" },    { 'X', "sbgi" }, { 'Y', "sb" }, { 'S', "so2" },
	{ 'B', "sngi" }, { 'C', "spntg" }, { 'Z', "spn" },  { 'G', "pm" }, { 'P', "pfm" },
	{ 'D', "" },     { 'V', "" },      { 'M', "k" },
};

/* A frame that has a page: most that can be asked of it is asked of a hole, too. */
static bool good_frame(u64 pfn)
{
	return pfn_valid(pfn);
}

static bool take_word(struct op *op, char word, s64 v)
{
	if (word == 'i')
		op->node = v;
	else if (word == 's')
		op->slot = v;
	else if (word == 'g' || word == 'm')
		op->gfp = v;
	else if (word == 't')
		op->type = v;
	else if (word == 'p' || word == '2')
		op->start = v;
	else
		op->amount = v;
	switch (word) {
	case 'i':
		return v == NUMA_NO_NODE || (v >= 0 && v < MAX_NUMNODES && node_online(v));
	case 's':
		return v >= 0 && v < MAX_SLOTS;
	case 'o':
		return v >= 0 && v < (op->kind == 'A' ? 32 : MAX_ORDER);
	case 'b':
		return v > 0 && v <= (64 << 20);
	case 'n':
		return v >= 0 && (op->kind == 'B' ? v <= MAX_BULK && op->slot + v <= MAX_SLOTS
						  : v && good_frame(op->start + v - 1));
	case 'p':
		return good_frame(v);
	case '2':
		return v >= 0 && v + (1 << op->amount) <= MAX_SLOTS;
	case 'f':
	case 'm':
		return v >= 0 && v <= 15;
	case 't':
		return v >= 0 && v < MIGRATE_PCPTYPES;
	default:
		return v >= 0;
	}
}

bool op_read(struct op *op, const char *line)
{
	const char *words = NULL;
	int i, n, cpu;

	memset(op, 0, sizeof(*op));
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].letter == line[0])
			words = calls[i].words;
	if (!words || sscanf(line + 1, "%d%n", &cpu, &n) != 1 || cpu < 0 || cpu >= nr_cpu_ids ||
	    !cpu_online(cpu))
		return false;
	op->kind = line[0];
	op->cpu = cpu;
	for (line += 1 + n; *words; words++, line += n) {
		long long v;

		if (sscanf(line, strchr("gpmf", *words) ? "%llx%n" : "%lld%n", &v, &n) != 1 ||
		    !take_word(op, *words, v))
			return false;
	}
	return true;
}

/* --- running --- */

static void say_frame(struct page *page)
{
	if (page)
		say(&answers, " %lx", page_to_pfn(page));
	else
		say(&answers, " FAIL");
}

/* -1 is the node of this CPU. */
static int node_of(const struct op *op)
{
	return op->node == NUMA_NO_NODE ? numa_mem_id() : op->node;
}

static void take_block(const struct op *op)
{
	struct slot *s = &slots[op->slot];

	*s = (struct slot){ .page = __alloc_pages(op->gfp, op->amount, node_of(op), NULL),
			    .order = op->amount };
	say(&answers, "A %u %u %llu %x %d", op->cpu, op->slot, op->amount, op->gfp, op->node);
	say_frame(s->page);
}

static void give_block(const struct op *op)
{
	struct slot *s = &slots[op->slot];

	say(&answers, "F %u %u %llu", op->cpu, op->slot, op->amount);
	say_frame(s->page);
	__free_pages(s->page, op->amount);
	s->page = NULL;
}

static void take_exact(const struct op *op)
{
	struct slot *s = &slots[op->slot];
	void *at = op->node == NUMA_NO_NODE ? alloc_pages_exact(op->amount, op->gfp)
					    : exact_nid(op->node, op->amount, op->gfp);

	*s = (struct slot){ .page = at ? virt_to_page(at) : NULL, .bytes = op->amount };
	say(&answers, "X %u %u %llu %x %d", op->cpu, op->slot, op->amount, op->gfp, op->node);
	say_frame(s->page);
}

static void give_exact(const struct op *op)
{
	struct slot *s = &slots[op->slot];

	say(&answers, "Y %u %u %llu", op->cpu, op->slot, op->amount);
	say_frame(s->page);
	free_pages_exact(page_address(s->page), op->amount);
	s->page = NULL;
}

static void split(const struct op *op)
{
	struct page *page = slots[op->slot].page;
	int i;

	say(&answers, "S %u %u %llu %lx %llu", op->cpu, op->slot, op->amount, page_to_pfn(page),
	    op->start);
	split_page(page, op->amount);
	slots[op->slot].page = NULL;
	for (i = 0; i < 1 << op->amount; i++)
		slots[op->start + i] = (struct slot){ .page = page + i };
}

static void take_many(const struct op *op)
{
	unsigned long got, i;

	memset(bulk, 0, op->amount * sizeof(*bulk));
	got = __alloc_pages_bulk(op->gfp, node_of(op), NULL, op->amount, NULL, bulk);
	say(&answers, "B %u %u %llu %x %d %lu", op->cpu, op->slot, op->amount, op->gfp, op->node,
	    got);
	for (i = 0; i < got; i++) {
		slots[op->slot + i] = (struct slot){ .page = bulk[i] };
		say_frame(bulk[i]);
	}
}

static void take_range(const struct op *op)
{
	int result = contig(op->start, op->start + op->amount, op->type, op->gfp);

	if (!result)
		slots[op->slot] = (struct slot){ .page = pfn_to_page(op->start),
						 .pages = op->amount,
						 .range = true };
	say(&answers, "C %u %u %llx %llu %u %x %d", op->cpu, op->slot, op->start, op->amount,
	    op->type, op->gfp, result);
}

static void give_range(const struct op *op)
{
	say(&answers, "Z %u %u %llx %llu", op->cpu, op->slot, op->start, op->amount);
	free_contig(op->start, op->amount);
	slots[op->slot].page = NULL;
}

static void bits(const struct op *op)
{
	struct page *page = pfn_to_page(op->start);

	if (op->kind == 'G') {
		say(&answers, "G %u %llx %x %lx", op->cpu, op->start, op->gfp,
		    get_bits(page, op->start, op->gfp));
	} else {
		say(&answers, "P %u %llx %llx %x", op->cpu, op->start, op->amount, op->gfp);
		set_bits(page, op->amount, op->start, op->gfp);
	}
}

static void others(const struct op *op)
{
	char name[24];

	say(&answers, "%c %u", op->kind, op->cpu);
	if (op->kind == 'D') {
		drain(NULL);
	} else if (op->kind == 'V') {
		fold(true);
	} else {
		say(&answers, " %llu", op->amount);
		snprintf(name, sizeof(name), "mark-%llu", op->amount);
		state_show(name);
	}
}

/* Whether all of a range is of one zone, as callers have to see to. */
static bool in_one_zone(const struct op *op)
{
	u64 pfn;

	for (pfn = op->start; pfn < op->start + op->amount; pfn++)
		if (!pfn_valid(pfn) ||
		    page_zone(pfn_to_page(pfn)) != page_zone(pfn_to_page(op->start)))
			return false;
	return true;
}

/* Whether the pageblocks of a range hold pages that can be moved: whose they are is not known. */
static bool has_movable(const struct op *op)
{
	u64 pfn = op->start & ~(u64)(MAX_ORDER_NR_PAGES - 1);
	u64 end = ALIGN(op->start + op->amount, MAX_ORDER_NR_PAGES);

	for (; pfn < end; pfn++)
		if (pfn_valid(pfn) &&
		    (PageLRU(pfn_to_page(pfn)) || __PageMovable(pfn_to_page(pfn))))
			return true;
	return false;
}

static bool empty(u64 first, u64 n)
{
	while (n--)
		if (slots[first + n].page)
			return false;
	return true;
}

/* Whether the slot holds just what the call gives back, and nothing where one takes. */
static bool possible(const struct op *op)
{
	const struct slot *s = &slots[op->slot];

	switch (op->kind) {
	case 'A':
	case 'X':
		return !s->page;
	case 'B':
		return empty(op->slot, op->amount);
	case 'F':
		return s->page && !s->bytes && !s->range && s->order == op->amount;
	case 'S':
		return s->page && !s->bytes && !s->range && s->order == op->amount &&
		       !PageCompound(s->page) && empty(op->start, 1 << op->amount);
	case 'Y':
		return s->page && s->bytes == op->amount;
	case 'Z':
		return s->page && s->range && page_to_pfn(s->page) == op->start &&
		       s->pages == op->amount;
	case 'C':
		return !s->page && in_one_zone(op) && !has_movable(op);
	default:
		return true;
	}
}

void op_run(const struct op *op)
{
	static void (*const run[128])(const struct op *op) = {
		['A'] = take_block, ['F'] = give_block, ['X'] = take_exact, ['Y'] = give_exact,
		['S'] = split,      ['B'] = take_many,  ['C'] = take_range, ['Z'] = give_range,
		['G'] = bits,       ['P'] = bits,       ['D'] = others,     ['V'] = others,
		['M'] = others,
	};

	if (!possible(op))
		return;
	pending.used = 0;
	run[(int)op->kind](op);
	say(&answers, "\n");
	text_append(&answers, &pending);
}

void calls_give_back(void)
{
	struct slot *s;

	for (s = slots; s < slots + MAX_SLOTS; s++) {
		if (!s->page)
			continue;
		if (s->range)
			free_contig(page_to_pfn(s->page), s->pages);
		else if (s->bytes)
			free_pages_exact(page_address(s->page), s->bytes);
		else
			__free_pages(s->page, s->order);
		s->page = NULL;
	}
}
