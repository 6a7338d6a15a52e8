/*
 * vma.h - taking VMAs apart and together: for models/linux/mappings alone
 *
 * Like:        Linux 6.1, mm/mmap.c (vma_merge, __split_vma)
 */
#ifndef MMSIM_LINUX_VMA_H
#define MMSIM_LINUX_VMA_H

#include "models/linux/mappings/mm.h"

/* The place of the first VMA that ends above addr, nr_vmas: none. */
int vma_index(const struct mm_struct *mm, uint64_t addr);
/* Splits VMAs so that they begin at start and end at end.  The first of them; -ENOMEM: too many. */
int vma_cut_out(struct mm_struct *mm, uint64_t start, uint64_t end);
/* VMA i, whose flags were changed, joins its neighbours if they are alike now.  Where it is. */
int vma_merge_around(struct task *t, struct mm_struct *mm, int i);
/* Whether VMAs cover start..end without a gap. */
bool vma_covers(const struct mm_struct *mm, uint64_t start, uint64_t end);
/* Puts a new VMA at its place i: the file's use is counted, the file knows it. */
void vma_insert_at(struct mm_struct *mm, int i, struct vm_area_struct *vma);
/* Forgets VMA i, which has no entries left, and its use of the file. */
void vma_remove_at(struct task *t, struct mm_struct *mm, int i);
#endif
