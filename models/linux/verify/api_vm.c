/*
 * api_vm.c - calls of vmalloc, vmap, vm_map_ram and their like
 *
 *	vmalloc 3 4097 = ffffc90000065000 0 7326       address, vmap_lazy_nr, nr_vmalloc_pages
 *	v ffffc90000065000 ffffc90000068000 1 1        what happened in the call
 *
 * A call names a slot in which its address is kept.  The address space is that of before.txt.  The
 * drain work runs right behind the call that asked for it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/verify/api_machine.h"
#include "models/linux/verify/api_vm.h"
#include "models/linux/vmalloc/internal.h"

#define MAX_SLOTS      65536
#define MAX_REFERENCES 1000000

struct vm_slot {
	uint64_t addr;  /* 0: none */
	unsigned count; /* pages, of vm_map_ram */
};

struct vm_run {
	struct api_case *a;
	struct api_machine machine;
	struct vm_slot *slot; /* owned; MAX_SLOTS */
	struct page *page;    /* what vmap and vm_map_ram show, again and again */
	const struct api_line *line;
	struct str *out;    /* its answer */
	struct str *events; /* what happened in it */
};

/* ---- arguments ---- */

/* Sizes may need all 64 bits. */
static uint64_t number(struct vm_run *run, int i)
{
	const char *word = i < run->line->nr_words ? run->line->word[i] : "";
	char *end;
	uint64_t v = strtoull(word, &end, 10);

	if (!*word || *end)
		api_error(run->a, run->line, "not a number");
	return v;
}

static int node(struct vm_run *run, int i)
{
	int64_t nid = (int64_t)number(run, i);

	if (nid >= -1 && nid < run->machine.vm->nr_nodes)
		return (int)nid;
	api_error(run->a, run->line, "no such node");
	return NUMA_NO_NODE;
}

static struct vm_slot *slot(struct vm_run *run)
{
	uint64_t i = number(run, 1);

	if (i < MAX_SLOTS)
		return &run->slot[i];
	api_error(run->a, run->line, "no such slot; accepted: 0 to 65535");
	return &run->slot[0];
}

/* An array of pages, all the same; bad: the number, from 1, of one that is missing. */
static struct page **page_array(const struct vm_run *run, uint64_t n, uint64_t bad)
{
	struct page **pages = sim_calloc((size_t)n + 1, sizeof(struct page *));

	for (uint64_t i = 0; i < n; i++)
		pages[i] = i + 1 == bad ? NULL : run->page;
	return pages;
}

static void say_address(struct vm_run *run, uint64_t addr)
{
	slot(run)->addr = addr;
	str_addf(run->out, "%" PRIx64, addr);
}

/* ---- the calls ---- */

#define VMALLOC_CALL(name, call)                                                                   \
	static void do_##name(struct vm_run *run, struct task *t)                                  \
	{                                                                                          \
		say_address(run, call);                                                            \
	}
#define SIZE number(run, 2)
VMALLOC_CALL(vmalloc, vmalloc(t, SIZE))
VMALLOC_CALL(vzalloc, vzalloc(t, SIZE))
VMALLOC_CALL(vmalloc_user, vmalloc_user(t, SIZE))
VMALLOC_CALL(vmalloc_32, vmalloc_32(t, SIZE))
VMALLOC_CALL(vmalloc_32_user, vmalloc_32_user(t, SIZE))
VMALLOC_CALL(vmalloc_node, vmalloc_node(t, SIZE, node(run, 3)))
VMALLOC_CALL(vzalloc_node, vzalloc_node(t, SIZE, node(run, 3)))
VMALLOC_CALL(vmalloc_align, __vmalloc_node_range(t, SIZE, number(run, 3), VMALLOC_START,
						 VMALLOC_END, GFP_KERNEL, 0, NUMA_NO_NODE))
VMALLOC_CALL(vmalloc_window,
	     __vmalloc_node_range(t, SIZE, 1, VMALLOC_START + number(run, 3),
				  VMALLOC_START + number(run, 4), GFP_KERNEL, 0, NUMA_NO_NODE))

static void do_vfree(struct vm_run *run, struct task *t)
{
	struct vm_slot *at = slot(run);

	if (at->addr)
		vfree(t, at->addr + number(run, 2));
	at->addr = 0;
	str_add(run->out, "-");
}

static void do_vmap(struct vm_run *run, struct task *t)
{
	uint64_t n = number(run, 2), addr;
	unsigned flags = (unsigned)number(run, 3);
	struct page **pages =
	    page_array(run, min_u64(n, run->machine.vm->totalram_pages + 1), number(run, 4));

	if (flags & VM_MAP_PUT_PAGES) /* the area gets the array, and a reference to each page */
		run->page->refcount += (int32_t)min_u64(n, MAX_REFERENCES);
	addr = vmap(t, pages, (unsigned)n, flags);
	if (!addr && (flags & VM_MAP_PUT_PAGES))
		run->page->refcount -= (int32_t)min_u64(n, MAX_REFERENCES);
	if (!addr || !(flags & VM_MAP_PUT_PAGES))
		sim_free(pages);
	say_address(run, addr);
}

static void do_vunmap(struct vm_run *run, struct task *t)
{
	struct vm_slot *at = slot(run);

	vunmap(t, at->addr);
	at->addr = 0;
	str_add(run->out, "-");
}

static void do_get_vm_area(struct vm_run *run, struct task *t)
{
	const struct vm_struct *area = get_vm_area(t, SIZE, (unsigned)number(run, 3));

	say_address(run, area ? area->addr : 0);
	str_addf(run->out, " %" PRIx64, area ? area->size : 0);
}

static void do_free_vm_area(struct vm_run *run, struct task *t)
{
	struct vm_slot *at = slot(run);
	struct vm_struct *area = find_vm_area(run->machine.vm, at->addr);

	if (area)
		free_vm_area(t, area);
	at->addr = 0;
	str_add(run->out, "-");
}

static void do_vm_map_ram(struct vm_run *run, struct task *t)
{
	uint64_t n = number(run, 2), addr = 0;
	struct page **pages;

	if (!n || n > run->machine.vm->totalram_pages) {
		api_error(run->a, run->line, "no pages, or more than there are");
		return;
	}
	pages = page_array(run, n, 0);
	addr = vm_map_ram(t, pages, (unsigned)n, NUMA_NO_NODE);
	sim_free(pages);
	slot(run)->count = (unsigned)n;
	say_address(run, addr);
}

static void do_vm_unmap_ram(struct vm_run *run, struct task *t)
{
	struct vm_slot *at = slot(run);

	if (at->addr && at->count)
		vm_unmap_ram(t, at->addr, at->count);
	*at = (struct vm_slot){ 0 };
	str_add(run->out, "-");
}

static void do_vm_unmap_aliases(struct vm_run *run, struct task *t)
{
	vm_unmap_aliases(t);
	str_add(run->out, "-");
}

/* Whether so many bytes of the slot's area are there. */
static bool in_area(struct vm_run *run, uint64_t offset, uint64_t size)
{
	const struct vmap_area *va =
	    find_vmap_area(&run->machine.vm->vmalloc->busy, slot(run)->addr + offset);

	if (slot(run)->addr && va && size && size <= va->va_end - slot(run)->addr - offset)
		return true;
	api_error(run->a, run->line, "not in the area of the slot");
	return false;
}

static void do_unmap_kernel_range(struct vm_run *run, struct task *t)
{
	if (in_area(run, number(run, 2), number(run, 3)))
		unmap_kernel_range(t, slot(run)->addr + number(run, 2), number(run, 3));
	str_add(run->out, "-");
}

static void do_unmap_kernel_range_noflush(struct vm_run *run, struct task *t)
{
	if (in_area(run, number(run, 2), number(run, 3)))
		unmap_kernel_range_noflush(t, slot(run)->addr + number(run, 2), number(run, 3));
	str_add(run->out, "-");
}

static void do_mapped(struct vm_run *run, struct task *t)
{
	uint64_t addr = slot(run)->addr + number(run, 2);
	bool in_space = addr >= VMALLOC_START && addr <= VMALLOC_END;

	(void)t;
	str_addf(run->out, "%d", in_space && vmalloc_to_page(run->machine.vm, addr));
}

static const struct vm_call {
	struct api_call call;
	bool counters; /* the answer ends with them */
	void (*run)(struct vm_run *run, struct task *t);
} calls[] = {
	{ { "vmalloc", 2 }, true, do_vmalloc },
	{ { "vzalloc", 2 }, true, do_vzalloc },
	{ { "vmalloc_user", 2 }, true, do_vmalloc_user },
	{ { "vmalloc_node", 3 }, true, do_vmalloc_node },
	{ { "vzalloc_node", 3 }, true, do_vzalloc_node },
	{ { "vmalloc_32", 2 }, true, do_vmalloc_32 },
	{ { "vmalloc_32_user", 2 }, true, do_vmalloc_32_user },
	{ { "vmalloc_align", 3 }, true, do_vmalloc_align },
	{ { "vmalloc_window", 4 }, true, do_vmalloc_window },
	{ { "vfree", 2 }, true, do_vfree },
	{ { "vmap", 4 }, true, do_vmap },
	{ { "vunmap", 1 }, true, do_vunmap },
	{ { "get_vm_area", 3 }, true, do_get_vm_area },
	{ { "free_vm_area", 1 }, true, do_free_vm_area },
	{ { "vm_map_ram", 2 }, true, do_vm_map_ram },
	{ { "vm_unmap_ram", 1 }, true, do_vm_unmap_ram },
	{ { "vm_unmap_aliases", 1 }, true, do_vm_unmap_aliases },
	{ { "unmap_kernel_range", 3 }, true, do_unmap_kernel_range },
	{ { "unmap_kernel_range_noflush", 3 }, true, do_unmap_kernel_range_noflush },
	{ { "mapped", 2 }, false, do_mapped },
};

/* ---- what happens in a call ---- */

/* An event as the case writes it; trace fields count from the beginning of the space. */
static void note_event(struct sim *s, const struct trace_record *r)
{
	struct vm_run *run = CONTAINER_OF(s->tables, struct vm_run, machine.tables);
	struct str *out = run->events;
	const uint64_t space = VMALLOC_START;
	uint64_t start = (uint64_t)r->v[0] + space, v1 = (uint64_t)r->v[1];
	uint64_t align = (uint64_t)r->v[2];

	if (r->id == TP_sim_vmap_alloc && r->v[4])
		str_addf(out, "v %" PRIx64 " %" PRIx64 " err %d\n", v1, align, -EBUSY);
	else if (r->id == TP_sim_vmap_alloc)
		str_addf(out, "v %" PRIx64 " %" PRIx64 " %" PRIx64 " %d\n", start, start + v1,
			 align, (int)r->v[3]);
	else if (r->id == TP_sim_vmap_free)
		str_addf(out, "u %" PRIx64 " %" PRIx64 "\n", start, v1 + space);
	else if (r->id == TP_sim_vmap_purge)
		str_addf(out, "p %s %" PRId64 " %" PRId64 "\n", r->v[0] ? "work" : "call", r->v[1],
			 r->v[2]);
	else if (r->id == TP_sim_kernel_tlb_flush)
		str_addf(out, "t %" PRIx64 " %" PRIx64 "\n", start, v1 + space);
}

/*
 * What other code of the recorded machine did: "a START END ALIGN 1" took a range, "f START END"
 * gave one back.  It is an input, and is written as it stands.
 */
static void apply_foreign(struct vm_run *run, struct task *t, const char *text)
{
	struct str mine = { 0 }, *all = run->events;
	char *words = sim_strdup(text), *p = words;
	bool takes = *verify_word(&p) == 'a';
	uint64_t start = strtoull(verify_word(&p), NULL, 16);
	uint64_t end = strtoull(verify_word(&p), NULL, 16);
	struct vmap_area *va = find_vmap_area(&run->machine.vm->vmalloc->busy, start);

	run->events = &mine; /* not what the call did */
	if (takes && start < end && !(start % PAGE_SIZE) && !(end % PAGE_SIZE)) {
		alloc_vmap_area(t, end - start, 1, start, end); /* where the case has it */
	} else if (va && !takes) {
		sim_free(va->vm);
		va->vm = NULL;
		free_vmap_area_noflush(t, va);
	}
	str_free(&mine);
	run->events = all;
	str_addf(all, "%s\n", text);
	sim_free(words);
}

static bool is_foreign(const char *event)
{
	return (event[0] == 'a' || event[0] == 'f') && event[1] == ' ';
}

/* ---- all of them ---- */

static void run_call(struct vm_run *run, struct task *t, struct api_line *l)
{
	int c = api_find_call(run->a, l, &calls[0].call, ARRAY_LEN(calls), sizeof(calls[0]));
	const struct vm_call *call = c < 0 ? NULL : &calls[c];
	const struct vm_stat *stat = &run->machine.vm->stat;
	struct str answer = { 0 }, events = { 0 };
	int i = 0;

	run->line = l;
	run->out = &answer;
	run->events = &events;
	for (; i < l->nr_events && is_foreign(l[1 + i].text); i++)
		apply_foreign(run, t, l[1 + i].text);
	if (call) {
		call->run(run, t);
		if (call->counters)
			str_addf(&answer, " %" PRId64 " %" PRId64, stat->vmap_lazy_nr,
				 stat->nr_vmalloc_pages);
		vmap_flush_work(t);
	}
	for (; i < l->nr_events; i++)
		if (is_foreign(l[1 + i].text))
			apply_foreign(run, t, l[1 + i].text);
	l->answer = sim_strdup(str_get(&answer));
	l->events = sim_strdup(str_get(&events));
	str_free(&answer);
	str_free(&events);
}

static void run_script(struct task *t, void *arg)
{
	struct vm_run *run = arg;
	struct api_case *a = run->a;

	t->flags |= TASK_REALTIME; /* the drain work waits for the end of a call */
	run->page = alloc_pages(t, GFP_KERNEL, 0);
	for (size_t i = 0; run->page && i < a->n && !diag_failed(a->c->diag); i++)
		if (a->lines[i].is_call)
			run_call(run, t, &a->lines[i]);
}

static bool vm_run(struct api_case *a)
{
	static const char *const traces[] = { "sim_vmap_*", "sim_kernel_tlb_flush" };
	struct vm_run *run = sim_calloc(1, sizeof(*run));

	run->a = a;
	run->slot = sim_calloc(MAX_SLOTS, sizeof(*run->slot));
	if (api_machine_start(a->c, &run->machine, 0) && api_vm_load(a->c, run->machine.vm)) {
		run->machine.tables.trace.sink = note_event;
		for (size_t i = 0; i < ARRAY_LEN(traces); i++)
			trace_enable(&run->machine.tables.trace, traces[i], TRACE_RECORD);
		api_machine_run(&run->machine, run_script, run);
		if (!diag_failed(a->c->diag))
			api_vm_compare_after(a->c, run->machine.vm);
	}
	api_machine_stop(&run->machine);
	sim_free(run->slot);
	sim_free(run);
	return !diag_failed(a->c->diag);
}

/* ---- comparing ---- */

enum { Q_ANSWERS, Q_EVENTS };

static const char *const quantities[] = { "answers", "events", NULL };

static void vm_compare(const struct api_line *l, struct verify_quantity *q)
{
	char *at = l->events;
	int i = 0;

	verify_count(&q[Q_ANSWERS], !strcmp(l->answer, l->recorded), "line %d %s: %s, recorded %s",
		     l->number, l->text, l->answer, l->recorded);
	while (*at || i < l->nr_events) {
		char *end = strchr(at, '\n');
		int len = end ? (int)(end - at) : 0;
		const char *theirs = i < l->nr_events ? l[1 + i].text : "nothing";

		verify_count(&q[Q_EVENTS],
			     (size_t)len == strlen(theirs) && !strncmp(at, theirs, (size_t)len),
			     "line %d %s: %.*s, recorded %s", l->number, l->text, len ? len : 7,
			     len ? at : "nothing", theirs);
		at += end ? len + 1 : 0;
		i++;
	}
}

const struct api_group api_vm = {
	.name = "vm",
	.run = vm_run,
	.compare = vm_compare,
	.quantities = quantities,
};
