/*
 * khugepaged.h - the thread that makes huge pages of small ones
 *
 * Like:        Linux 6.1, mm/khugepaged.c
 * Simplified:  it runs on the first CPU
 * Left out:    pages of files and shmem, the order of its own slab objects
 */
#ifndef MMSIM_LINUX_KHUGEPAGED_H
#define MMSIM_LINUX_KHUGEPAGED_H

#include "models/linux/linux.h"

struct mm_struct;
struct vm_area_struct;

/* /sys/kernel/mm/transparent_hugepage/khugepaged; the fields come from sysfs_khugepaged.def. */
struct sysfs_khugepaged {
#define TUNABLE(name, unit, def, min, max, write, meaning) int64_t name;
#include "models/linux/sysfs_khugepaged.def"
#undef TUNABLE
};

struct khugepaged {
	struct sysfs_khugepaged sysfs;
	struct task *thread;      /* NULL: nobody had room for huge pages yet */
	struct list mm_head;      /* mm_struct.khugepaged_node; in the order they came */
	struct mm_struct *cursor; /* where it is, NULL: the first of the list is next */
	uint64_t address;         /* there: the next one */
	struct wait_queue wait;
};

void khugepaged_init(struct khugepaged *k);
extern const struct tunable_class khugepaged_tunables; /* transparent_hugepage.khugepaged.* */
tunable_write_fn khugepaged_sleep_write;

/* A mapping may have become one for it: its program comes to the list, unless it is there. */
void khugepaged_enter_vma(struct vm_area_struct *vma);
/* A child whose parent is on the list. */
void khugepaged_fork(struct mm_struct *mm, const struct mm_struct *oldmm);
/* A program ends: its tables are not looked at any more.  Sleeps if they just are. */
void khugepaged_exit(struct task *t, struct mm_struct *mm);
/* transparent_hugepage.enabled was written. */
void start_stop_khugepaged(struct linux_vm *vm);
#endif
