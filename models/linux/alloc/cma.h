/*
 * cma.h - memory kept for blocks in a row, used for pages that can be moved until then
 *
 * Like:        Linux 6.1, mm/cma.c with CONFIG_CMA=y: one area, one bit per page
 * Simplified:  the reference kernel is built without it.  With linux.cma the numbers of types
 *              change as they do there: 4 is CMA, 5 Isolate; see migratetype_number()
 *
 * The area is reserved at boot and given to the allocator as pageblocks of the type CMA.  Requests
 * for movable pages may have them; all others, and the watermarks of those, do without.
 */
#ifndef MMSIM_LINUX_CMA_H
#define MMSIM_LINUX_CMA_H

#include "models/linux/conf.h"
#include "models/linux/linux.h"

struct cma {
	pfn_t base_pfn;   /* a multiple of a pageblock */
	pages_t count;    /* likewise */
	uint64_t *bitmap; /* owned; a bit per page that cma_alloc gave out, or is about to */
	int nr_taking; /* calls of cma_alloc under way: their pages have bits and are still free */
};

/* Reserves the area that linux.cma asks for; false after reporting that there is no room. */
bool cma_reserve(struct linux_vm *vm, const struct linux_conf *conf, struct diag *d);
/* Gives its pageblocks to the allocator. */
void cma_init_reserved_areas(struct linux_vm *vm);
void cma_free(struct linux_vm *vm);

/*
 * Takes count pages in a row at a multiple of 2^align pages, moving away what is there; may sleep.
 * Each has a reference.  NULL: no place, or pages that could not be moved.
 */
struct page *cma_alloc(struct task *t, pages_t count, int align);
/* Gives pages of cma_alloc back; false if they are not of the area. */
bool cma_release(struct linux_vm *vm, const struct cpu *cpu, const struct page *pages,
		 pages_t count);

/*
 * Whether one of these pages was given out by the area and is still its owner's: its last reference
 * goes by cma_release alone.
 */
bool cma_owned(const struct linux_vm *vm, pfn_t pfn, pages_t count);

void cma_check(struct check *c, struct sim *s);
extern const struct model cma_model;
#endif
