/*
 * collapse.h - 2 MiB of small pages become one huge page, for khugepaged or at once
 *
 * Like:        Linux 6.1, mm/khugepaged.c (hpage_collapse_scan_pmd, collapse_huge_page)
 * Simplified:  where the kernel isolates and locks the small pages one by one, copies and frees
 *              them, they are looked at again and freed before the copy
 * Left out:    pages of files and shmem
 */
#ifndef MMSIM_LINUX_COLLAPSE_H
#define MMSIM_LINUX_COLLAPSE_H

#include "models/linux/mappings/mm.h"

#define SCAN_NODES 64 /* as many as a mask of nodes has */

/* What a look at 2 MiB came to; the kernel's numbers, for tracepoints. */
enum scan_result {
	SCAN_FAIL = 0,
	SCAN_SUCCEED = 1,
	SCAN_PMD_NULL = 2,
	SCAN_PMD_NONE = 3,
	SCAN_PMD_MAPPED = 4,
	SCAN_EXCEED_NONE_PTE = 5,
	SCAN_EXCEED_SWAP_PTE = 6,
	SCAN_EXCEED_SHARED_PTE = 7,
	SCAN_PTE_NON_PRESENT = 8,
	SCAN_PAGE_RO = 11,
	SCAN_LACK_REFERENCED_PAGE = 12,
	SCAN_SCAN_ABORT = 14,
	SCAN_PAGE_COUNT = 15,
	SCAN_PAGE_LRU = 16,
	SCAN_PAGE_LOCK = 17,
	SCAN_PAGE_ANON = 18,
	SCAN_ANY_PROCESS = 20,
	SCAN_VMA_NULL = 21,
	SCAN_VMA_CHECK = 22,
	SCAN_ADDRESS_RANGE = 23,
	SCAN_ALLOC_HUGE_PAGE_FAIL = 25,
};

/* Of 2 MiB, by a scan. */
struct collapse {
	struct mm_struct *mm;
	uint64_t address;
	bool is_khugepaged; /* with its limits; else the program asks for it */
	int none_or_zero, swapped, shared, referenced;
	bool writable;
	int64_t scan_pfn;               /* the last page looked at; -1: none */
	uint32_t node_load[SCAN_NODES]; /* pages on each node */
};

/* Whether a VMA may have pages to collapse; enforce_sysfs: as hugepage_vma_check. */
bool vma_may_collapse(const struct linux_vm *vm, const struct vm_area_struct *vma,
		      bool enforce_sysfs);

/*
 * Looks at the entries of c (mm, address, is_khugepaged are set) and makes a huge page of them. The
 * caller has mmap_lock for reading; *released: it was given back.
 */
enum scan_result hpage_collapse_scan_pmd(struct task *t, struct collapse *c, bool *released);

/*
 * MADV_COLLAPSE: makes huge pages of a part of a VMA now, whatever transparent_hugepage.enabled and
 * khugepaged's limits say.  The caller has mmap_lock for reading, which may be dropped meanwhile.
 * 0: all of them are huge.  Else what the last failure was: -ENOMEM (no huge page), -EAGAIN (a
 * page is busy), -EINVAL (others).  2 MiB that cannot be huge do not keep the next ones from it,
 * unless nothing was ever mapped there (SCAN_PMD_NONE) or a huge page could not be had.
 */
int madvise_collapse(struct task *t, struct vm_area_struct *vma, uint64_t start, uint64_t end);
#endif
