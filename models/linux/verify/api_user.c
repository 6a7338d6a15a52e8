/*
 * api_user.c - what a driver maps into a program, and what the program finds there
 *
 *	vm_insert_page 0 4096 1 = 0 rss 2 0 0 pgt 8192 180000fb 0 0w,1w,.,.
 *	touch 0 1 w = 0 maj 0 min 1 rss ...
 *
 * A slot is a mapping; each has 16 MiB of addresses to itself.  The driver has 64 pages in a row.
 * An answer ends with what the program has mapped since rss_base, its page tables, and the mapping
 * as it is now: vm_flags, vm_pgoff, an entry a page:
 *
 *	. none   N page N of the driver   x any other page   w writable   s special   d dirty
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/mappings/driver_map.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/task.h"
#include "models/linux/verify/api_cache.h"
#include "models/linux/verify/api_machine.h"
#include "models/linux/vmalloc/vmalloc.h"

#define MAX_SLOTS  65536
#define MAX_PAGES  4096 /* of a mapping: its slot has room for them */
#define SLOT_SHIFT 24
#define FIRST_SLOT (32ULL << 30)
#define PROGRAM    0x400000ULL /* something that the program has mapped anyway */
#define POOL_ORDER 6
#define POOL_PAGES (1ULL << POOL_ORDER)

struct user_slot {
	uint64_t pages, pgoff; /* as it was mapped */
};

struct user_run {
	struct api_case *a;
	struct cache_run *files;
	struct linux_vm *vm;
	struct mm_struct *mm;
	struct user_slot *slot; /* owned; MAX_SLOTS */
	uint64_t *area;         /* owned; MAX_SLOTS: kernel addresses */
	struct page *pool;      /* the driver's pages */
	struct page *slab;      /* a page of kernel objects */
	int32_t saved_count;    /* of the page whose count is 0 for a while */
	struct mm_stat base;
	const struct api_line *line;
	struct str *out; /* its answer */
};

/* ---- arguments ---- */

/* Arguments may need all 64 bits, or be negative. */
static uint64_t number(struct user_run *run, int i)
{
	const char *word = i < run->line->nr_words ? run->line->word[i] : "";
	char *end;
	uint64_t v = strtoull(word, &end, 0);

	if (!*word || *end)
		api_error(run->a, run->line, "not a number");
	return v;
}

static uint64_t limited(struct user_run *run, int i, uint64_t limit)
{
	uint64_t v = number(run, i);

	if (v < limit)
		return v;
	api_error(run->a, run->line, "a number is out of range");
	return 0;
}

static struct user_slot *slot(struct user_run *run)
{
	return &run->slot[limited(run, 1, MAX_SLOTS)];
}

static uint64_t slot_addr(struct user_run *run)
{
	return FIRST_SLOT + (limited(run, 1, MAX_SLOTS) << SLOT_SHIFT);
}

static struct vm_area_struct *slot_vma(struct user_run *run)
{
	return vma_lookup(run->mm, slot_addr(run));
}

/* The mapping of a call that needs one; NULL: an error. */
static struct vm_area_struct *area(struct user_run *run)
{
	struct vm_area_struct *vma = slot_vma(run);

	if (!vma)
		api_error(run->a, run->line, "nothing is mapped in this slot");
	return vma;
}

/* A page of the driver by number, or s: a slab page. */
static struct page *page(struct user_run *run, int i)
{
	if (i < run->line->nr_words && !strcmp(run->line->word[i], "s"))
		return run->slab;
	return run->pool + limited(run, i, POOL_PAGES);
}

static pfn_t first_frame(const struct user_run *run)
{
	return page_to_pfn(run->vm, run->pool);
}

static pfn_t frame(struct user_run *run, int i)
{
	return first_frame(run) + number(run, i);
}

static void say(struct user_run *run, int64_t v)
{
	str_addf(run->out, "%" PRId64, v);
}

/* ---- what the program has ---- */

static void say_frame(struct user_run *run, pfn_t pfn)
{
	pfn_t first = first_frame(run);

	if (pfn >= first && pfn < first + POOL_PAGES)
		str_addf(run->out, "%" PRIu64, pfn - first);
	else
		str_add(run->out, "x");
}

static void say_entry(struct user_run *run, uint64_t addr)
{
	const struct page_table *table = pte_table(run->mm, addr);
	struct pte pte = table ? pte_get(table, pte_index(addr)) : (struct pte){ 0 };

	if (!(pte.bits & PTE_PRESENT)) {
		str_add(run->out, ".");
		return;
	}
	say_frame(run, pte.pfn);
	str_addf(run->out, "%s%s%s", pte.bits & PTE_WRITE ? "w" : "",
		 pte.bits & PTE_SPECIAL ? "s" : "", pte.bits & PTE_DIRTY ? "d" : "");
}

static void say_state(struct user_run *run)
{
	const struct mm_stat *now = &run->mm->stat, *base = &run->base;
	const struct vm_area_struct *vma = slot_vma(run);
	uint64_t pgoff = vma ? vma->vm_pgoff : 0;

	str_addf(run->out, " rss %" PRId64 " %" PRId64 " %" PRId64 " pgt %" PRId64,
		 now->rss_file - base->rss_file, now->rss_anon - base->rss_anon,
		 now->rss_shmem - base->rss_shmem, now->pgtables_bytes - base->pgtables_bytes);
	if (!vma) {
		str_add(run->out, " -");
		return;
	}
	if (pgoff != slot(run)->pgoff) /* it has become a frame number */
		pgoff -= first_frame(run);
	str_addf(run->out, " %x %" PRIu64 " ", vma->vm_flags & ~(unsigned)VM_sim_driver, pgoff);
	for (uint64_t i = 0; i < slot(run)->pages; i++) {
		str_add(run->out, i ? "," : "");
		say_entry(run, slot_addr(run) + (i << PAGE_SHIFT));
	}
}

/* ---- mapping and using ---- */

/* "rw shared": VM_* of words i and i + 1. */
static unsigned protection(struct user_run *run, int i)
{
	const char *prot = run->line->word[i], *kind = run->line->word[i + 1];
	unsigned flags = 0;

	if (strchr(prot, 'w'))
		flags |= VM_WRITE;
	if (strchr(prot, 'x'))
		flags |= VM_EXEC;
	if (!strcmp(kind, "shared"))
		flags |= VM_SHARED;
	else if (strcmp(kind, "private") != 0)
		api_error(run->a, run->line, "no such kind; accepted: shared, private");
	return flags;
}

static void map(struct user_run *run, struct task *t, struct file *f, uint64_t pages,
		unsigned flags, uint64_t pgoff)
{
	uint64_t addr;
	int r =
	    do_mmap(t, f, slot_addr(run), pages << PAGE_SHIFT, flags, pgoff << PAGE_SHIFT, &addr);

	if (!r)
		*slot(run) = (struct user_slot){ pages, pgoff };
	say(run, r);
}

static void do_mmap_call(struct user_run *run, struct task *t)
{
	unsigned flags = protection(run, 3) | VM_sim_driver;

	map(run, t, NULL, limited(run, 2, MAX_PAGES + 1),
	    flags | (unsigned)limited(run, 5, VM_HUGEPAGE), limited(run, 6, 1ULL << 52));
}

static void do_mmap_file(struct user_run *run, struct task *t)
{
	struct file *f = api_cache_file(run->files, number(run, 2));

	if (f)
		map(run, t, f, limited(run, 3, MAX_PAGES + 1), protection(run, 4),
		    limited(run, 6, 1ULL << 52));
	else
		api_error(run->a, run->line, "the file is not open");
}

static void do_munmap_call(struct user_run *run, struct task *t)
{
	say(run, do_munmap(t, run->mm, slot_addr(run) + number(run, 2), number(run, 3)));
}

static void do_touch(struct user_run *run, struct task *t)
{
	const struct mm_stat before = run->mm->stat;
	bool write = !strcmp(run->line->word[3], "w");
	int r = user_access(t, run->mm, slot_addr(run) + (number(run, 2) << PAGE_SHIFT), write);

	str_addf(run->out, "%d maj %" PRId64 " min %" PRId64, r,
		 run->mm->stat.maj_flt - before.maj_flt, run->mm->stat.min_flt - before.min_flt);
}

static void do_rss_base(struct user_run *run, struct task *t)
{
	(void)t;
	run->base = run->mm->stat;
	str_add(run->out, "-");
}

static void do_page(struct user_run *run, struct task *t)
{
	struct page *p = page(run, 1);

	(void)t;
	str_addf(run->out, "%d %d", page_folio(p)->refcount, page_mapcount(p));
}

/* 0: the page looks free from now on; 1: no more. */
static void do_set_count0(struct user_run *run, struct task *t)
{
	struct page *p = page(run, 1);

	(void)t;
	if (limited(run, 2, 2)) {
		p->refcount = run->saved_count;
	} else {
		run->saved_count = p->refcount;
		p->refcount = 0;
		str_addf(run->out, "%d ", run->saved_count);
	}
	str_add(run->out, "-");
}

/* ---- the driver ---- */

#define ADDR (slot_addr(run) + number(run, 2))

/* A call that is one call and returns a number. */
#define DRIVER_CALL(name, expression)                                                              \
	static void do_##name(struct user_run *run, struct task *t)                                \
	{                                                                                          \
		struct vm_area_struct *vma = area(run);                                            \
                                                                                                   \
		if (vma)                                                                           \
			say(run, expression);                                                      \
	}
DRIVER_CALL(vm_insert_page, vm_insert_page(t, vma, ADDR, page(run, 3)))
DRIVER_CALL(remap_pfn_range,
	    remap_pfn_range(t, vma, ADDR, frame(run, 3), number(run, 4), vm_page_prot(vma)))
DRIVER_CALL(vm_iomap_memory,
	    vm_iomap_memory(t, vma, (first_frame(run) << PAGE_SHIFT) + number(run, 2),
			    number(run, 3)))
DRIVER_CALL(vm_iomap_memory_at, vm_iomap_memory(t, vma, number(run, 2), number(run, 3)))
DRIVER_CALL(remap_vmalloc_range,
	    remap_vmalloc_range(t, vma, run->area[limited(run, 2, MAX_SLOTS)] + number(run, 3),
				number(run, 4)))
DRIVER_CALL(remap_vmalloc_range_partial,
	    remap_vmalloc_range_partial(t, vma, ADDR,
					run->area[limited(run, 3, MAX_SLOTS)] + number(run, 4),
					number(run, 5), number(run, 6)))

static void do_vmf_insert_pfn(struct user_run *run, struct task *t)
{
	struct vm_area_struct *vma = area(run);

	if (vma)
		str_addf(run->out, "%x", vmf_insert_pfn(t, vma, ADDR, frame(run, 3)));
}

static void do_zap_vma_ptes(struct user_run *run, struct task *t)
{
	struct vm_area_struct *vma = area(run);

	if (vma)
		zap_vma_ptes(t, vma, ADDR, number(run, 3));
	str_add(run->out, "-");
}

static void do_follow_pfn(struct user_run *run, struct task *t)
{
	struct vm_area_struct *vma = area(run);
	pfn_t pfn = 0;
	int r = vma ? follow_pfn(vma, ADDR, &pfn) : -EINVAL;

	(void)t;
	str_addf(run->out, "%d ", r);
	if (r)
		str_add(run->out, "-");
	else
		say_frame(run, pfn);
}

/* ---- kernel addresses ---- */

#define VMALLOC_CALL(name, call)                                                                   \
	static void do_##name(struct user_run *run, struct task *t)                                \
	{                                                                                          \
		uint64_t addr = call;                                                              \
                                                                                                   \
		run->area[limited(run, 1, MAX_SLOTS)] = addr;                                      \
		str_addf(run->out, "%" PRIx64 " %" PRId64 " %" PRId64, addr,                       \
			 run->vm->stat.vmap_lazy_nr, run->vm->stat.nr_vmalloc_pages);              \
	}
VMALLOC_CALL(vmalloc, vmalloc(t, number(run, 2)))
VMALLOC_CALL(vzalloc, vzalloc(t, number(run, 2)))
VMALLOC_CALL(vmalloc_user, vmalloc_user(t, number(run, 2)))
VMALLOC_CALL(vmalloc_32, vmalloc_32(t, number(run, 2)))
VMALLOC_CALL(vmalloc_32_user, vmalloc_32_user(t, number(run, 2)))

static void do_vfree(struct user_run *run, struct task *t)
{
	uint64_t *addr = &run->area[limited(run, 1, MAX_SLOTS)];

	if (*addr)
		vfree(t, *addr + number(run, 2));
	*addr = 0;
	str_addf(run->out, "- %" PRId64 " %" PRId64, run->vm->stat.vmap_lazy_nr,
		 run->vm->stat.nr_vmalloc_pages);
}

/* ---- all of them ---- */

static const struct user_call {
	struct api_call call;
	bool state; /* the answer ends with it */
	void (*run)(struct user_run *run, struct task *t);
} calls[] = {
	{ { "rss_base", 0 }, false, do_rss_base },
	{ { "mmap", 6 }, true, do_mmap_call },
	{ { "mmap_file", 6 }, true, do_mmap_file },
	{ { "munmap", 3 }, true, do_munmap_call },
	{ { "touch", 3 }, true, do_touch },
	{ { "page", 1 }, false, do_page },
	{ { "set_count0", 2 }, false, do_set_count0 },
	{ { "vm_insert_page", 3 }, true, do_vm_insert_page },
	{ { "vmf_insert_pfn", 3 }, true, do_vmf_insert_pfn },
	{ { "remap_pfn_range", 4 }, true, do_remap_pfn_range },
	{ { "vm_iomap_memory", 3 }, true, do_vm_iomap_memory },
	{ { "vm_iomap_memory", 4 }, true, do_vm_iomap_memory_at },
	{ { "zap_vma_ptes", 3 }, true, do_zap_vma_ptes },
	{ { "follow_pfn", 2 }, true, do_follow_pfn },
	{ { "remap_vmalloc_range", 4 }, true, do_remap_vmalloc_range },
	{ { "remap_vmalloc_range_partial", 6 }, true, do_remap_vmalloc_range_partial },
	{ { "vmalloc", 2 }, false, do_vmalloc },
	{ { "vzalloc", 2 }, false, do_vzalloc },
	{ { "vmalloc_user", 2 }, false, do_vmalloc_user },
	{ { "vmalloc_32", 2 }, false, do_vmalloc_32 },
	{ { "vmalloc_32_user", 2 }, false, do_vmalloc_32_user },
	{ { "vfree", 2 }, false, do_vfree },
};

static void run_call(struct user_run *run, struct task *t, struct api_line *l)
{
	struct str answer = { 0 };
	int i;

	if (api_cache_has(l->word[0])) {
		api_cache_call(run->files, t, l);
		return;
	}
	run->line = l;
	run->out = &answer;
	i = api_find_call(run->a, l, &calls[0].call, ARRAY_LEN(calls), sizeof(calls[0]));
	if (i >= 0) {
		calls[i].run(run, t);
		if (calls[i].state && !diag_failed(run->a->c->diag))
			say_state(run);
	}
	l->answer = sim_strdup(str_get(&answer));
	str_free(&answer);
}

/* The program, the driver's pages, and a page of kernel objects. */
static bool prepare(struct user_run *run, struct task *t)
{
	uint64_t addr;

	run->mm = task_mm(t);
	run->pool = alloc_pages(t, GFP_KERNEL, POOL_ORDER);
	if (!run->mm || !run->pool || do_mmap(t, NULL, PROGRAM, PAGE_SIZE, VM_WRITE, 0, &addr) ||
	    user_access(t, run->mm, PROGRAM, true))
		return false;
	split_page(run->vm, run->pool, POOL_ORDER);
	slab_init(run->vm, t, 0);
	if (slab_reserve(t, SLAB_DENTRY, 1, GFP_KERNEL))
		return false;
	run->slab = pfn_to_page(run->vm, slab_take(run->vm, SLAB_DENTRY));
	return true;
}

static void run_script(struct task *t, void *arg)
{
	struct user_run *run = arg;
	struct api_case *a = run->a;

	if (!prepare(run, t)) {
		verify_error(a->c, "the machine has too little memory");
		return;
	}
	for (size_t i = 0; i < a->n && !diag_failed(a->c->diag); i++)
		if (a->lines[i].is_call)
			run_call(run, t, &a->lines[i]);
}

static bool user_run(struct api_case *a)
{
	struct user_run *run = sim_calloc(1, sizeof(*run));
	int nr_files = api_cache_files(a);
	struct api_machine *machine;

	run->a = a;
	run->files = api_cache_new(a);
	machine = api_cache_machine(run->files);
	run->slot = sim_calloc(MAX_SLOTS, sizeof(*run->slot));
	run->area = sim_calloc(MAX_SLOTS, sizeof(*run->area));
	if (!diag_failed(a->c->diag) && api_machine_start(a->c, machine, nr_files)) {
		run->vm = machine->vm;
		api_machine_run(machine, run_script, run);
	}
	api_cache_free(run->files);
	sim_free(run->slot);
	sim_free(run->area);
	sim_free(run);
	return !diag_failed(a->c->diag);
}

/* ---- comparing ---- */

enum { Q_ANSWERS, Q_COUNTS, Q_AREAS, Q_ENTRIES };

static const char *const quantities[] = { "answers", "rss, page tables", "flags and pgoff",
					  "entries", NULL };

/* Words of each quantity behind "rss": "1 0 0 pgt 8192", "180000fb 0", "0w,.,." */
static const int words_of[] = { [Q_COUNTS] = 5, [Q_AREAS] = 2, [Q_ENTRIES] = 1 };

/* Cuts what the program has off an answer; NULL: the answer has nothing of that. */
static char *cut_state(char *text)
{
	char *state = strstr(text, " rss ");

	if (!state)
		return NULL;
	*state = '\0';
	return state + strlen(" rss ");
}

static void next_words(char **p, int n, struct str *out)
{
	*out = (struct str){ 0 };
	for (int i = 0; i < n; i++)
		str_addf(out, "%s%s", i ? " " : "", verify_word(p));
}

/* An address and counters of the whole kernel: all that can be said is whether there is one. */
static bool gives_address(const struct api_line *l)
{
	return !strncmp(l->word[0], "vmalloc", 7) || !strcmp(l->word[0], "vzalloc") ||
	       !strcmp(l->word[0], "vfree");
}

static void user_compare(const struct api_line *l, struct verify_quantity *q)
{
	char *ours = sim_strdup(l->answer), *theirs = sim_strdup(l->recorded);
	char *p = cut_state(ours), *r = cut_state(theirs);

	if (gives_address(l))
		verify_count(&q[Q_ANSWERS], (*ours == '0') == (*theirs == '0'),
			     "line %d %s: %s, recorded %s", l->number, l->text, ours, theirs);
	else
		verify_count(&q[Q_ANSWERS], !strcmp(ours, theirs) && !p == !r,
			     "line %d %s: %s, recorded %s", l->number, l->text, ours, theirs);
	for (int k = Q_COUNTS; k <= Q_ENTRIES && p && r; k++) {
		struct str x, y;

		next_words(&p, words_of[k], &x);
		next_words(&r, words_of[k], &y);
		verify_count(&q[k], !strcmp(str_get(&x), str_get(&y)),
			     "line %d %s: %s, recorded %s", l->number, l->text, str_get(&x),
			     str_get(&y));
		str_free(&x);
		str_free(&y);
	}
	sim_free(ours);
	sim_free(theirs);
}

const struct api_group api_user = {
	.name = "user",
	.run = user_run,
	.compare = user_compare,
	.quantities = quantities,
};
