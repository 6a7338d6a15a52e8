/*
 * huge_mm.h - huge pages for anonymous memory: 2 MiB by one entry of a PMD table
 *
 * Like:        Linux 6.1, mm/huge_memory.c, include/linux/huge_mm.h
 * Simplified:  the page of tables that is deposited for a huge entry stays with it (in the kernel
 *              with its PMD table, first in first out); a split takes entries to the parts at once,
 *              without migration entries in between; one queue of pages to be split, that of the
 *              root group; migration for a range (CMA, hot-remove) splits huge pages first
 * Left out:    huge pages of files and shmem, migration of huge pages as a whole, memory control
 *              groups
 *
 *	fault -> order-9 page, PMD entry -> split of the entry: 512 PTEs, still one page
 *	                                 -> split of the page: 512 pages on the lists
 */
#ifndef MMSIM_LINUX_HUGE_MM_H
#define MMSIM_LINUX_HUGE_MM_H

#include "models/linux/mappings/khugepaged.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/reclaim/shrinker.h"

#define HPAGE_PMD_ORDER 9
#define HPAGE_PUD_ORDER 18
#define HPAGE_PMD_NR    512
#define HPAGE_PMD_SIZE  (1ULL << PMD_SHIFT)
#define HPAGE_PMD_MASK  (~(HPAGE_PMD_SIZE - 1))

/* Values of transparent_hugepage.enabled: enum transparent_hugepage in conf.h; of defrag: */
enum thp_defrag {
	THP_DEFRAG_ALWAYS,
	THP_DEFRAG_DEFER,
	THP_DEFRAG_DEFER_MADVISE,
	THP_DEFRAG_MADVISE,
	THP_DEFRAG_NEVER,
};

/* Where a large anonymous page is with regard to the queue: in its fourth page, prev. */
enum split_queue_place {
	SPLIT_NOT_QUEUED,
	SPLIT_QUEUED,
	SPLIT_IN_HAND, /* taken off by the shrinker, which looks at it */
};

/* /sys/kernel/mm/transparent_hugepage; the fields come from sysfs_thp.def. */
struct sysfs_thp {
#define TUNABLE(name, unit, def, min, max, write, meaning)        int64_t name;
#define TUNABLE_WORDS(name, words, def, min, max, write, meaning) int64_t name;
#include "models/linux/sysfs_thp.def"
#undef TUNABLE
#undef TUNABLE_WORDS
};

struct huge_memory {
	struct sysfs_thp sysfs;
	struct page_list split_queue; /* third pages of large ones, of which parts are unmapped */
	uint64_t split_queue_len;     /* those in hand included */
	uint32_t huge_zero_pfn;       /* 0: not made */
	int huge_zero_refcount;       /* programs that have shown it, and 1 until it is shrunk */
	struct shrinker zero_page_shrinker, deferred_split_shrinker;
	struct khugepaged khugepaged;
};

/* --- huge_memory.c --- */

/* enabled: enum transparent_hugepage.  Registers the shrinkers. */
void huge_memory_init(struct linux_vm *vm, int enabled);
void huge_memory_free(struct linux_vm *vm);
extern const struct tunable_class thp_tunables; /* transparent_hugepage.* */
tunable_write_fn thp_enabled_write;

/* Whether a VMA may have huge pages; enforce_sysfs: and transparent_hugepage.enabled allows it. */
bool hugepage_vma_check(const struct linux_vm *vm, const struct vm_area_struct *vma,
			bool enforce_sysfs);
/* The mask of a request for the huge page of a fault. */
gfp_t vma_thp_gfp_mask(const struct linux_vm *vm, const struct vm_area_struct *vma);
/* No table at the address: FALLBACK go on with small pages, OOM no page of tables, 0 it is mapped.
 */
vm_fault_t do_huge_pmd_anonymous_page(struct task *t, struct vm_fault *vmf);
/* A write to a huge entry that does not allow it.  0; FALLBACK: it was split. */
vm_fault_t do_huge_pmd_wp_page(struct task *t, struct vm_fault *vmf);
struct mmu_gather;
/* Takes a huge entry away, all of it; its page of tables is freed. */
void zap_huge_pmd(struct task *t, struct mmu_gather *tlb, struct vm_area_struct *vma,
		  uint64_t haddr);
/* fork: the child's empty table gets the huge entry of its parent's; both lose the right to write.
 */
void copy_huge_pmd(struct vm_area_struct *dst, struct page_table *to, struct page_table *from);
/* A huge entry becomes 512 small ones, in the page that was deposited for it. */
void split_huge_pmd(struct vm_area_struct *vma, struct page_table *table, uint64_t haddr);
/* A VMA is cut at addr: a huge entry across it is split. */
void split_huge_pmd_if_needed(struct vm_area_struct *vma, uint64_t addr);
/* The end of a program: its reference to the huge zero page. */
void mm_put_huge_zero_page(struct mm_struct *mm);

/* --- split_huge_page.c --- */

/* Makes page 2, 3, ... of a new large anonymous page parts of it. */
void prep_transhuge_page(struct page *head);
/* The last reference is gone: it leaves the queue. */
void free_transhuge_page(struct linux_vm *vm, struct page *head);
/* Some parts are mapped no more: it may be split when memory is short. */
void deferred_split_huge_page(struct linux_vm *vm, struct page *head);
/* Whether only its entries, the swap cache and the caller hold a large page. */
bool can_split_folio(const struct page *head);
/*
 * A locked large anonymous page, of which the caller has a reference, becomes 512 pages on the LRU
 * list, or (list given, it is isolated) at the tail of list, isolated.  page, any of them, stays
 * locked and the caller's; the others are unlocked, those that nobody maps are freed.  0; -EBUSY
 * (under writeback, or mapped by nobody), -EAGAIN (somebody else holds it): nothing was changed.
 */
int split_huge_page_to_list(struct linux_vm *vm, const struct cpu *cpu, struct page *page,
			    struct page_list *list);
/* A page on a list is to be moved to another frame: single pages can, true; a large anonymous one
 * is split for that. */
bool split_huge_page_to_move(struct linux_vm *vm, const struct cpu *cpu, struct page *page);
void deferred_split_init(struct linux_vm *vm);
/* Recounts the queue. */
void huge_memory_check(struct check *c, struct linux_vm *vm);
#endif
