/*
 * api_vm_state.c - the address space of a case of the group vm, before and after its calls
 *
 *	busy START END VM_FLAGS NR_PAGES        flags "-": no vm_struct
 *	lazy START END                          freed, not purged
 *	free START END DEPTH r|b                by address; depth and colour give the tree
 *	block CPU|- START FREE DIRTY DIRTY_MIN DIRTY_MAX
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/linux/verify/api_vm.h"
#include "models/linux/vmalloc/internal.h"

#define MAX_DEPTH 128 /* of the tree of holes */

/* ---- reading ---- */

/* A hole as before.txt has it. */
struct hole {
	struct vmap_area *va;
	int depth;
	bool red;
};

struct loader {
	struct verify_case *c;
	struct linux_vm *vm;
	struct vmalloc_state *state;
	int line;          /* number of the line that is read */
	struct hole *hole; /* owned */
	size_t n, cap;
};

static void bad_line(struct loader *l, const char *what)
{
	verify_error(l->c, "before.txt:%d: %s", l->line, what);
}

/* The next word as a number; an error, and 0, if it is none. */
static uint64_t next_number(struct loader *l, char **line, int base)
{
	const char *word = verify_word(line);
	char *end;
	uint64_t v = strtoull(word, &end, base);

	if (!*word || *end)
		bad_line(l, "a number is missing");
	return v;
}

static struct vmap_area *next_range(struct loader *l, char **line)
{
	uint64_t start = next_number(l, line, 16), end = next_number(l, line, 16);

	if (start >= end)
		bad_line(l, "a range that ends before it begins");
	return vmap_area_new(start, end);
}

static void load_busy(struct loader *l, char *line)
{
	struct vmap_area *va = next_range(l, &line);
	const char *flags = verify_word(&line);

	if (strcmp(flags, "-") != 0) {
		va->vm = sim_calloc(1, sizeof(*va->vm));
		va->vm->addr = va->va_start;
		va->vm->size = va->va_end - va->va_start;
		va->vm->flags = (unsigned)strtoul(flags, NULL, 16);
		va->vm->nr_pages = (unsigned)next_number(l, &line, 10);
	}
	vmap_tree_insert(&l->state->busy, va);
}

static void load_lazy(struct loader *l, char *line)
{
	vmap_tree_insert(&l->state->purge, next_range(l, &line));
}

static void load_free(struct loader *l, char *line)
{
	struct hole hole = { .va = next_range(l, &line) };
	const char *colour;
	void *array = l->hole;

	hole.depth = (int)next_number(l, &line, 10);
	colour = verify_word(&line);
	hole.red = !strcmp(colour, "r");
	if (!hole.red && strcmp(colour, "b") != 0)
		bad_line(l, "no colour; accepted: r, b");
	sim_grow(&array, &l->cap, l->n + 1, sizeof(*l->hole));
	l->hole = array;
	l->hole[l->n++] = hole;
}

static void load_block(struct loader *l, char *line)
{
	const char *cpu = verify_word(&line);
	uint64_t start = next_number(l, &line, 16);
	struct vmap_area *va = find_vmap_area(&l->state->busy, start);
	struct vmap_block *vb;

	if (!va || va->vm || va->block || strtol(cpu, NULL, 10) >= l->state->nr_cpus) {
		bad_line(l, "a block that is no busy range, or of a CPU that is not there");
		return;
	}
	vb = va->block = sim_calloc(1, sizeof(*vb));
	vb->va = va;
	vb->free = (unsigned)next_number(l, &line, 10);
	vb->dirty = (unsigned)next_number(l, &line, 10);
	vb->dirty_min = (unsigned)next_number(l, &line, 10);
	vb->dirty_max = (unsigned)next_number(l, &line, 10);
	list_init(&vb->free_list);
	list_init(&vb->purge);
	if (strcmp(cpu, "-") != 0)
		list_add_tail(&vb->free_list, &l->state->cpu[strtol(cpu, NULL, 10)].blocks);
}

/* ---- the tree ---- */

/* The entry of holes lo..hi - 1 that has the depth; hi: none, or not one alone. */
static size_t top_of(const struct loader *l, size_t lo, size_t hi, int depth)
{
	size_t top = hi;

	for (size_t i = lo; i < hi; i++) {
		if (l->hole[i].depth != depth)
			continue;
		if (top != hi)
			return hi;
		top = i;
	}
	return top;
}

/* Holes lo..hi - 1 as a subtree; NULL: none, or their depths fit no tree.  Depth: MAX_DEPTH. */
static struct rb_node *build(struct loader *l, size_t lo, size_t hi, int depth,
			     struct rb_node *parent)
{
	size_t top = top_of(l, lo, hi, depth);
	struct rb_node *node;

	if (lo == hi)
		return NULL;
	if (top == hi || depth >= MAX_DEPTH) {
		verify_error(l->c, "before.txt: the depths of the holes fit no tree");
		return NULL;
	}
	node = &l->hole[top].va->rb_node;
	node->parent = parent;
	node->red = l->hole[top].red;
	node->child[RB_LEFT] = build(l, lo, top, depth + 1, node);
	node->child[RB_RIGHT] = build(l, top + 1, hi, depth + 1, node);
	l->state->free.root.update(node);
	return node;
}

static void take_over_holes(struct loader *l)
{
	struct vmap_tree *tree = &l->state->free;
	struct vmap_area *whole = LIST_FIRST(&tree->list, struct vmap_area, list);

	vmap_tree_remove(tree, whole);
	sim_free(whole);
	for (size_t i = 0; i < l->n; i++)
		list_add_tail(&l->hole[i].va->list, &tree->list);
	tree->root.node = build(l, 0, l->n, 0, NULL);
}

static void load_counter(struct loader *l, const char *name, char *line)
{
	uint64_t v;

	if (!strcmp(name, "end"))
		return;
	if (!strcmp(name, "vmalloc_start") || !strcmp(name, "vmalloc_end")) {
		v = next_number(l, &line, 16);
		if (v != (name[8] == 's' ? VMALLOC_START : VMALLOC_END))
			bad_line(l, "the vmalloc space lies elsewhere here");
		return;
	}
	v = next_number(l, &line, 10);
	if (!strcmp(name, "vmap_lazy_nr"))
		l->vm->stat.vmap_lazy_nr = (int64_t)v;
	else if (!strcmp(name, "nr_vmalloc_pages"))
		l->vm->stat.nr_vmalloc_pages = (int64_t)v;
	else if (!strcmp(name, "totalram_pages"))
		l->vm->totalram_pages = v;
	else if (strcmp(name, "lazy_max_pages") != 0)
		bad_line(l, "not known");
	else if (v != lazy_max_pages(l->vm))
		bad_line(l, "another limit than that of as many CPUs");
}

static void load_line(struct loader *l, char *line)
{
	static const struct {
		const char *name;
		void (*load)(struct loader *l, char *line);
	} kinds[] = {
		{ "busy", load_busy },
		{ "lazy", load_lazy },
		{ "free", load_free },
		{ "block", load_block },
	};
	const char *name = verify_word(&line);

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!strcmp(name, kinds[i].name)) {
			kinds[i].load(l, line);
			return;
		}
	}
	load_counter(l, name, line);
}

bool api_vm_load(struct verify_case *c, struct linux_vm *vm)
{
	struct loader l = { .c = c, .vm = vm, .state = vmalloc_state(vm) };
	struct verify_text text = { 0 };
	struct check check = { .sim = vm->sim, .name = "before.txt" };
	char *line;

	if (!verify_read(c, "before.txt", &text)) {
		verify_error(c, "before.txt is needed");
		return false;
	}
	while (!diag_failed(c->diag) && (line = verify_line(&text))) {
		l.line = text.line;
		if (*line && *line != '#')
			load_line(&l, line);
	}
	take_over_holes(&l);
	sim_free(l.hole);
	verify_text_free(&text);
	if (!diag_failed(c->diag))
		vmalloc_check(&check, vm->sim);
	if (check.failures)
		verify_error(c, "before.txt: its ranges are not all addresses, each of them once");
	return !diag_failed(c->diag);
}

/* ---- writing ---- */

static void write_blocks(const struct vmalloc_state *state, struct str *out)
{
	for (int i = 0; i < state->nr_cpus; i++) {
		LIST_FOR_EACH (pos, &state->cpu[i].blocks) {
			const struct vmap_block *vb = LIST_ENTRY(pos, struct vmap_block, free_list);

			str_addf(out, "block %d %" PRIx64 " %u %u %u %u\n", i, vb->va->va_start,
				 vb->free, vb->dirty, vb->dirty_min, vb->dirty_max);
		}
	}
	LIST_FOR_EACH (pos, &state->busy.list) {
		const struct vmap_block *vb = LIST_ENTRY(pos, struct vmap_area, list)->block;

		if (vb && !list_linked(&vb->free_list))
			str_addf(out, "block - %" PRIx64 " %u %u %u %u\n", vb->va->va_start,
				 vb->free, vb->dirty, vb->dirty_min, vb->dirty_max);
	}
}

static void write_state(const struct linux_vm *vm, struct str *out)
{
	const struct vmalloc_state *state = vm->vmalloc;

	str_addf(out, "vmalloc_start %" PRIx64 "\nvmalloc_end %" PRIx64 "\n",
		 (uint64_t)VMALLOC_START, (uint64_t)VMALLOC_END);
	str_addf(out, "lazy_max_pages %" PRIu64 "\nvmap_lazy_nr %" PRId64 "\n", lazy_max_pages(vm),
		 vm->stat.vmap_lazy_nr);
	str_addf(out, "nr_vmalloc_pages %" PRId64 "\ntotalram_pages %" PRIu64 "\n",
		 vm->stat.nr_vmalloc_pages, vm->totalram_pages);
	LIST_FOR_EACH (pos, &state->busy.list) {
		const struct vmap_area *va = LIST_ENTRY(pos, struct vmap_area, list);

		str_addf(out, "busy %" PRIx64 " %" PRIx64, va->va_start, va->va_end);
		if (va->vm)
			str_addf(out, " %x %u\n", va->vm->flags, va->vm->nr_pages);
		else
			str_add(out, " - 0\n");
	}
	LIST_FOR_EACH (pos, &state->purge.list) {
		const struct vmap_area *va = LIST_ENTRY(pos, struct vmap_area, list);

		str_addf(out, "lazy %" PRIx64 " %" PRIx64 "\n", va->va_start, va->va_end);
	}
	LIST_FOR_EACH (pos, &state->free.list) {
		const struct vmap_area *va = LIST_ENTRY(pos, struct vmap_area, list);

		str_addf(out, "free %" PRIx64 " %" PRIx64 " %d %c\n", va->va_start, va->va_end,
			 rb_depth(&va->rb_node), va->rb_node.red ? 'r' : 'b');
	}
	write_blocks(state, out);
	str_add(out, "end\n");
}

/* ---- comparing ---- */

enum { Q_BUSY, Q_LAZY, Q_FREE, Q_BLOCK, Q_COUNTERS, NR_QUANTITIES };

static int kind_of(const char *line)
{
	static const char *const names[] = { "busy ", "lazy ", "free ", "block " };

	for (int i = 0; i < Q_COUNTERS; i++)
		if (!strncmp(line, names[i], strlen(names[i])))
			return i;
	return Q_COUNTERS;
}

/* The next line of a kind from *at on; NULL: none. */
static const char *next_of_kind(char **at, int kind)
{
	while (*at && **at) {
		char *line = *at, *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		*at = end ? end + 1 : NULL;
		if (*line && *line != '#' && kind_of(line) == kind)
			return line;
	}
	return NULL;
}

/* All lines of a kind, in their order. */
static void compare_kind(struct verify_quantity *q, int kind, const char *ours, const char *theirs)
{
	char *x = sim_strdup(ours), *y = sim_strdup(theirs), *at_x = x, *at_y = y;

	for (;;) {
		const char *a = next_of_kind(&at_x, kind), *b = next_of_kind(&at_y, kind);

		if (!a && !b)
			break;
		verify_count(q, a && b && !strcmp(a, b), "after: %s, recorded %s",
			     a ? a : "nothing", b ? b : "nothing");
	}
	sim_free(x);
	sim_free(y);
}

void api_vm_compare_after(struct verify_case *c, struct linux_vm *vm)
{
	static const char *const names[NR_QUANTITIES] = { "busy ranges", "lazy ranges", "holes",
							  "blocks", "counters" };
	struct verify_quantity q[NR_QUANTITIES] = { 0 };
	struct verify_text text = { 0 };
	struct str out = { 0 };
	FILE *f = verify_create(c, "after.txt");

	write_state(vm, &out);
	if (f)
		fputs(str_get(&out), f);
	verify_finish(c, f);
	if (verify_read(c, "after.txt", &text)) {
		for (int i = 0; i < NR_QUANTITIES; i++) {
			q[i].name = names[i];
			compare_kind(&q[i], i, str_get(&out), text.text);
		}
		verify_report(c, q, NR_QUANTITIES);
	}
	verify_text_free(&text);
	str_free(&out);
}
