/*
 * user.c - what a driver maps into a program, and what the program finds there
 *
 * The program is the task that writes the script.  A slot is a mapping; each has 16 MiB of
 * addresses to itself.  The driver has 64 pages in a row.
 */
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "cache.h"

#define MAX_PAGES  4096 /* of a mapping: its slot has room for them */
#define SLOT_SHIFT 24
#define FIRST_SLOT (32UL << 30)
#define PROGRAM    0x10000000UL /* something that the program has mapped anyway */
#define POOL_ORDER 6
#define POOL_PAGES (1UL << POOL_ORDER)

static struct {
	unsigned long pages, pgoff; /* as it was mapped */
} * slots;

static void **areas; /* kernel addresses */
static struct file *driver;
static struct page *pool, *slab;
static int saved_count; /* of the page whose count is 0 for a while */
static long rss_base[NR_MM_COUNTERS], pgtables_base;
static unsigned long flags_to_add;
static const atomic_long_t *vmap_lazy_nr, *nr_vmalloc_pages;
static int (*remap_partial)(struct vm_area_struct *vma, unsigned long uaddr, void *kaddr,
			    unsigned long pgoff, unsigned long size);

/* --- the driver's file --- */

static const struct vm_operations_struct no_fault;

static int driver_mmap(struct file *f, struct vm_area_struct *vma)
{
	vma->vm_flags |= flags_to_add;
	vma->vm_ops = &no_fault;
	return 0;
}

static const struct file_operations driver_ops = { .mmap = driver_mmap };

/* --- arguments --- */

static u64 slot(const struct line *l)
{
	return number_below(l, 1, MAX_SLOTS);
}

static unsigned long slot_addr(const struct line *l)
{
	return FIRST_SLOT + (slot(l) << SLOT_SHIFT);
}

static struct page *page_of(const struct line *l, int i)
{
	return l->word[i][0] == 's' ? slab : pool + number_below(l, i, POOL_PAGES);
}

static u64 first_frame(void)
{
	return page_to_pfn(pool);
}

/* --- what the program has --- */

static long rss(int member)
{
	return atomic_long_read(&current->mm->rss_stat.count[member]) +
	       current->rss_stat.count[member];
}

static void say_frame(unsigned long pfn)
{
	if (pfn >= first_frame() && pfn < first_frame() + POOL_PAGES)
		say("%lu", pfn - (unsigned long)first_frame());
	else
		say("%c", is_zero_pfn(pfn) ? 'z' : 'x');
}

static void say_entry(unsigned long addr)
{
	spinlock_t *lock;
	pte_t *at, pte;

	if (follow_pte(current->mm, addr, &at, &lock)) {
		say(".");
		return;
	}
	pte = *at;
	pte_unmap_unlock(at, lock);
	say_frame(pte_pfn(pte));
	say("%s%s%s", pte_write(pte) ? "w" : "", pte_special(pte) ? "s" : "",
	    pte_dirty(pte) ? "d" : "");
}

static void say_state(const struct line *l)
{
	struct vm_area_struct *vma;
	unsigned long pgoff, i;

	say(" rss %ld %ld %ld pgt %ld", rss(MM_FILEPAGES) - rss_base[MM_FILEPAGES],
	    rss(MM_ANONPAGES) - rss_base[MM_ANONPAGES],
	    rss(MM_SHMEMPAGES) - rss_base[MM_SHMEMPAGES],
	    mm_pgtables_bytes(current->mm) - pgtables_base);
	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, slot_addr(l));
	if (!vma) {
		mmap_read_unlock(current->mm);
		say(" -");
		return;
	}
	pgoff = vma->vm_pgoff;
	if (pgoff != slots[slot(l)].pgoff) /* it has become a frame number */
		pgoff -= first_frame();
	say(" %lx %lu ", vma->vm_flags, pgoff);
	for (i = 0; i < slots[slot(l)].pages; i++) {
		say("%s", i ? "," : "");
		say_entry(slot_addr(l) + (i << PAGE_SHIFT));
	}
	mmap_read_unlock(current->mm);
}

/* --- mapping and using --- */

static void map(const struct line *l, struct file *f, unsigned long pages, int prot_word, u64 pgoff)
{
	const char *prot = l->word[prot_word], *kind = l->word[prot_word + 1];
	unsigned long protection = PROT_READ, addr;

	if (strchr(prot, 'w'))
		protection |= PROT_WRITE;
	if (strchr(prot, 'x'))
		protection |= PROT_EXEC;
	addr = vm_mmap(f, slot_addr(l), pages << PAGE_SHIFT, protection,
		       MAP_FIXED | (strcmp(kind, "shared") ? MAP_PRIVATE : MAP_SHARED),
		       pgoff << PAGE_SHIFT);
	if (!IS_ERR_VALUE(addr)) {
		slots[slot(l)].pages = pages;
		slots[slot(l)].pgoff = pgoff;
	}
	say(" %ld", IS_ERR_VALUE(addr) ? (long)addr : 0);
	say_state(l);
}

static void do_mmap_driver(const struct line *l)
{
	flags_to_add = number(l, 5);
	map(l, driver, number_below(l, 2, MAX_PAGES + 1), 3, number(l, 6));
}

static void do_mmap_file(const struct line *l)
{
	struct file *f = cache_file(number(l, 2));

	if (f)
		map(l, f, number_below(l, 3, MAX_PAGES + 1), 4, number(l, 6));
	else
		script_error("a file that is not open");
}

static void do_munmap_slot(const struct line *l)
{
	say(" %d", vm_munmap(slot_addr(l) + number(l, 2), number(l, 3)));
	say_state(l);
}

static void do_touch(const struct line *l)
{
	char __user *at = (char __user *)(slot_addr(l) + (number(l, 2) << PAGE_SHIFT));
	unsigned long maj = current->maj_flt, min = current->min_flt;
	char c = 1;
	int r = l->word[3][0] == 'w' ? put_user(c, at) : get_user(c, at);

	say(" %d maj %lu min %lu", r, current->maj_flt - maj, current->min_flt - min);
	say_state(l);
}

static void do_rss_base(const struct line *l)
{
	int i;

	for (i = 0; i < NR_MM_COUNTERS; i++)
		rss_base[i] = rss(i);
	pgtables_base = mm_pgtables_bytes(current->mm);
	say(" -");
}

static void do_page(const struct line *l)
{
	struct page *p = page_of(l, 1);

	say(" %d %d", page_count(p), page_mapcount(p));
}

/* 0: the page looks free from now on; 1: no more. */
static void do_set_count0(const struct line *l)
{
	struct page *p = page_of(l, 1);

	if (number(l, 2)) {
		set_page_count(p, saved_count);
	} else {
		saved_count = page_count(p);
		set_page_count(p, 0);
		say(" %d", saved_count);
	}
	say(" -");
}

/* --- the driver --- */

#define ADDR (slot_addr(l) + number(l, 2))

/* A call on the slot's mapping, under the lock that drivers have in mmap. */
#define DRIVER_CALL(name, format, expression)                                                      \
	static void do_##name(const struct line *l)                                                \
	{                                                                                          \
		struct vm_area_struct *vma;                                                        \
                                                                                                   \
		mmap_write_lock(current->mm);                                                      \
		vma = vma_lookup(current->mm, slot_addr(l));                                       \
		if (vma)                                                                           \
			say(" " format, expression);                                               \
		else                                                                               \
			script_error("nothing is mapped in a slot");                               \
		mmap_write_unlock(current->mm);                                                    \
		say_state(l);                                                                      \
	}
DRIVER_CALL(vm_insert_page, "%d", vm_insert_page(vma, ADDR, page_of(l, 3)))
DRIVER_CALL(vmf_insert_pfn, "%x", vmf_insert_pfn(vma, ADDR, first_frame() + number(l, 3)))
DRIVER_CALL(remap_pfn_range, "%d",
	    remap_pfn_range(vma, ADDR, first_frame() + number(l, 3), number(l, 4),
			    vma->vm_page_prot))
DRIVER_CALL(vm_iomap_memory, "%d",
	    vm_iomap_memory(vma, (first_frame() << PAGE_SHIFT) + number(l, 2), number(l, 3)))
DRIVER_CALL(vm_iomap_memory_at, "%d", vm_iomap_memory(vma, number(l, 2), number(l, 3)))
DRIVER_CALL(remap_vmalloc_range, "%d",
	    remap_vmalloc_range(vma, areas[number_below(l, 2, MAX_SLOTS)] + number(l, 3),
				number(l, 4)))
DRIVER_CALL(remap_vmalloc_range_partial, "%d",
	    remap_partial(vma, ADDR, areas[number_below(l, 3, MAX_SLOTS)] + number(l, 4),
			  number(l, 5), number(l, 6)))
DRIVER_CALL(zap_vma_ptes, "%s", (zap_vma_ptes(vma, ADDR, number(l, 3)), "-"))

static void do_follow_pfn(const struct line *l)
{
	struct vm_area_struct *vma;
	unsigned long pfn = 0;
	int r;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, slot_addr(l));
	r = vma ? follow_pfn(vma, ADDR, &pfn) : -EINVAL;
	mmap_read_unlock(current->mm);
	say(" %d ", r);
	if (r)
		say("-");
	else
		say_frame(pfn);
	say_state(l);
}

/* --- kernel addresses --- */

static void say_counters(void)
{
	say(" %ld %ld", atomic_long_read(vmap_lazy_nr), atomic_long_read(nr_vmalloc_pages));
}

#define VMALLOC_CALL(name)                                                                         \
	static void do_##name(const struct line *l)                                                \
	{                                                                                          \
		areas[slot(l)] = name(number(l, 2));                                               \
		say(" %lx", (unsigned long)areas[slot(l)]);                                        \
		say_counters();                                                                    \
	}
VMALLOC_CALL(vmalloc)
VMALLOC_CALL(vzalloc)
VMALLOC_CALL(vmalloc_user)
VMALLOC_CALL(vmalloc_32)
VMALLOC_CALL(vmalloc_32_user)

static void do_vfree(const struct line *l)
{
	if (areas[slot(l)])
		vfree(areas[slot(l)] + number(l, 2));
	areas[slot(l)] = NULL;
	say(" -");
	say_counters();
}

/* --- all of them --- */

static const struct call user_calls[] = {
	{ "rss_base", 0, do_rss_base },
	{ "mmap", 6, do_mmap_driver },
	{ "mmap_file", 6, do_mmap_file },
	{ "munmap", 3, do_munmap_slot },
	{ "touch", 3, do_touch },
	{ "page", 1, do_page },
	{ "set_count0", 2, do_set_count0 },
	{ "vm_insert_page", 3, do_vm_insert_page },
	{ "vmf_insert_pfn", 3, do_vmf_insert_pfn },
	{ "remap_pfn_range", 4, do_remap_pfn_range },
	{ "vm_iomap_memory", 3, do_vm_iomap_memory },
	{ "vm_iomap_memory", 4, do_vm_iomap_memory_at },
	{ "zap_vma_ptes", 3, do_zap_vma_ptes },
	{ "follow_pfn", 2, do_follow_pfn },
	{ "remap_vmalloc_range", 4, do_remap_vmalloc_range },
	{ "remap_vmalloc_range_partial", 6, do_remap_vmalloc_range_partial },
	{ "vmalloc", 2, do_vmalloc },
	{ "vzalloc", 2, do_vzalloc },
	{ "vmalloc_user", 2, do_vmalloc_user },
	{ "vmalloc_32", 2, do_vmalloc_32 },
	{ "vmalloc_32_user", 2, do_vmalloc_32_user },
	{ "vfree", 2, do_vfree },
	{},
};

static int user_start(void)
{
	unsigned long i;

	if (!IS_ERR_VALUE(vm_mmap(NULL, PROGRAM, PAGE_SIZE, PROT_READ | PROT_WRITE,
				  MAP_FIXED_NOREPLACE | MAP_PRIVATE, 0)))
		put_user(1, (char __user *)PROGRAM);
	driver = anon_inode_getfile("driver", &driver_ops, NULL, O_RDWR);
	slots = vcalloc(MAX_SLOTS, sizeof(*slots));
	areas = vcalloc(MAX_SLOTS, sizeof(*areas));
	pool = alloc_pages(GFP_KERNEL, POOL_ORDER);
	slab = virt_to_page(kmalloc(64, GFP_KERNEL));
	vmap_lazy_nr = kernel_symbol("vmap_lazy_nr");
	nr_vmalloc_pages = kernel_symbol("nr_vmalloc_pages");
	remap_partial = kernel_symbol("remap_vmalloc_range_partial");
	if (IS_ERR(driver) || !slots || !areas || !pool)
		return -ENOMEM;
	split_page(pool, POOL_ORDER);
	for (i = 0; i < POOL_PAGES; i++)
		clear_highpage(pool + i);
	return cache_start();
}

static const char *const columns[] = {
	"CALL slot arguments... = result rss file anon shmem pgt bytes flags pgoff ptes",
	"rss in pages and page-table bytes: change since rss_base; flags: vm_flags, hexadecimal; "
	"pgoff as the mapping",
	"has it, relative to the pool's first frame where it is a frame number; ptes: one entry a "
	"page: . none, N frame",
	"of the pool of 64, z zero page, x any other page; w writable, s special, d dirty.  touch: "
	"= result maj N min N",
	"page N = reference count, map count of page N.  mmap slot pages prot kind vm_flags_added "
	"pgoff; offsets in",
	"bytes from the mapping's start.  vm_iomap_memory slot start length [1]: with 1, start is "
	"absolute.",
	CACHE_COLUMNS,
	NULL,
};

const struct group user_group = {
	.name = "user",
	.calls = user_calls,
	.more_calls = cache_calls,
	.columns = columns,
	.start = user_start,
};
