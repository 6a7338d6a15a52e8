/*
 * cache_ops.h - what calls of the page cache give to scenarios, and its fields
 */
#ifndef MMSIM_LINUX_CACHE_OPS_H
#define MMSIM_LINUX_CACHE_OPS_H

#include "models/linux/arg.h"
#include "models/linux/pagecache/pagemap.h"

/* Something a call gave that is freed at the end of the run, if not before. */
struct cache_object {
	struct list link;
	struct event event; /* what is still to happen to it, if anything */
};

/* Result "pages": each with a reference. */
struct cache_pages {
	struct cache_object object;
	unsigned n;
	uint64_t next; /* index at which a search would go on */
	struct page *page[];
};

/* Result "page_waiter". */
struct cache_waiter {
	struct cache_object object;
	struct page_waiter pw;
	int64_t unlocks, writebacks; /* how often it was called, by bit */
};

/* Result "page_state": what each number of result.out is. */
enum page_state_out {
	PAGE_STATE_FLAGS, /* enum page_flag, of the folio */
	PAGE_STATE_BITS,  /* below */
	PAGE_STATE_PFN,
	PAGE_STATE_COUNTS, /* references; from bit 32 entries that map it */
};
#define PAGE_STATE_SHADOW 1
#define PAGE_STATE_TAG    2 /* shifted by enum xa_mark */

/* Makes an object, zeroed, whose first member is a struct cache_object.  Freed at the end of
 * the run. */
void *cache_object_new(struct linux_vm *vm, size_t size);
/* Frees it before; what was to happen to it does not. */
void cache_object_free(struct sim *s, struct cache_object *o);
/* Frees what calls of scenarios keep. */
void cache_calls_free(struct linux_vm *vm);

/* The mapping of the file that a call names. */
static inline struct address_space *mapping_of(const struct args *a)
{
	return &((struct file *)a->file.ptr)->inode->mapping;
}

/* Whether that is a file of tmpfs or hugetlbfs, whose pages the functions of disks must not make or
 * remove. */
static inline bool on_tmpfs(const struct args *a)
{
	return mapping_of(a)->flags & (AS_SHMEM | AS_HUGETLB);
}
#define ON_TMPFS "the file lies on tmpfs or hugetlbfs"

/* Reports it if a scenario broke a rule of the kernel; says whether it did. */
static inline bool is_bug(struct task *t, bool broken, const char *what)
{
	if (broken)
		kernel_bug(t->sim, what);
	return broken;
}
#endif
