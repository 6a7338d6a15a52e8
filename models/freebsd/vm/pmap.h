/*
 * pmap.h - page-table entries, as far as pages ask for them
 *
 * Like:        FreeBSD 9-CURRENT of February 2011, sys/amd64/amd64/pmap.c
 * Simplified:  an entry is a place in an array of its mapping, with one accessed and one modified
 *              bit; flushing TLBs costs nothing
 * Left out:    superpages, page-table pages
 */
#ifndef MMSIM_FREEBSD_PMAP_H
#define MMSIM_FREEBSD_PMAP_H

#include "models/freebsd/freebsd.h"

#define PMAP_TS_REFERENCED_MAX 5

/* An entry; page NULL: nothing is mapped there. */
struct pv_entry {
	struct list link; /* in vm_page.pv_list */
	struct vm_page *page;
	uint64_t *resident; /* pages mapped by whom it belongs to; NULL: nobody counts */
	bool accessed, modified, writable;
	bool wired; /* the page is wired because of it */
};

/* A mapping that a scenario made by a call. */
struct test_mapping {
	struct pv_entry pv;
	struct list of_vm; /* in freebsd_vm.mappings_of_tests */
};

void pmap_enter(struct vm_page *m, struct pv_entry *pv, bool writable);
/* What the bits say goes to the page: a modified entry makes it dirty. */
void pmap_remove(struct freebsd_vm *vm, struct pv_entry *pv);
void pmap_remove_all(struct freebsd_vm *vm, struct vm_page *m);
/* Of one entry. */
void pmap_protect(struct freebsd_vm *vm, struct pv_entry *pv);
/* Takes the right to write away; a modified entry makes the page dirty. */
void pmap_remove_write(struct freebsd_vm *vm, struct vm_page *m);
/* Clears accessed bits and counts them, 5 at most; the list of entries is rotated. */
int pmap_ts_referenced(struct vm_page *m);
void pmap_clear_reference(struct vm_page *m);
bool pmap_is_modified(const struct vm_page *m);
void pmap_clear_modify(struct vm_page *m);
static inline bool pmap_page_is_mapped(const struct vm_page *m)
{
	return !list_empty(&m->pv_list);
}
/* Counts bytes that were set to zero. */
static inline void pmap_zero_page_area(struct vm_page *m, int off, int size)
{
	(void)off;
	m->zeroed = (uint16_t)(m->zeroed + size);
	if (size == FREEBSD_PAGE_SIZE)
		m->contents = 0;
}
/* Wired entries that map a page. */
int pmap_page_wired_mappings(const struct vm_page *m);
#endif
