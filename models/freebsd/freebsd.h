/*
 * freebsd.h - the state of one running FreeBSD kernel
 */
#ifndef MMSIM_FREEBSD_FREEBSD_H
#define MMSIM_FREEBSD_FREEBSD_H

#include "models/freebsd/trace.h"
#include "models/freebsd/vm/vm_object.h"
#include "models/freebsd/vm/vm_page.h"
#include "models/hw/machine.h"

#define hz                 1000
#define VM_NFREEORDER      13 /* blocks of 2^0 to 2^12 pages */
#define VM_NFREELIST       2
#define VM_FREELIST_ISADMA 1    /* below 16 MiB; the other is 0 */
#define ISADMA_END         4096 /* pages */

/* vm.*; the fields come from sysctl_vm.def. */
struct freebsd_sysctl_vm {
#define TUNABLE(name, unit, def, min, max, meaning) int64_t name;
#include "models/freebsd/sysctl_vm.def"
#undef TUNABLE
};

/* vm.stats.vm.*: counters and gauges of metric.def; in the kernel "struct vmmeter cnt". */
struct vmmeter {
#define CNT_METRIC(name, kind, unit, meaning) int64_t name;
#define FILE_METRIC(name, kind, unit, meaning)
#include "models/freebsd/metric.def"
#undef CNT_METRIC
#undef FILE_METRIC
};

/* A stretch of memory of one free list, pages [start, end). */
struct vm_phys_seg {
	pfn_t start, end;
	int list;
};

struct vm_freelist {
	struct list head; /* pageq of the first pages of blocks */
	uint64_t count;
};

/* The numbers that boot derives from the size of memory; see vm_pageout_targets. */
struct pageout_targets {
	int64_t page_count; /* pages of a cluster: 16, or 8 */
	int64_t interrupt_free_min, pageout_free_min, free_min, free_reserved, free_severe;
	int64_t free_target, cache_min, cache_max, inactive_target, max_wired;
};

struct freebsd_conf;
struct buf_cache;
struct swap_pager;
struct pageout;
struct reservations;

struct freebsd_vm {
	struct sim *sim;
	struct machine *machine; /* borrowed */
	struct freebsd_sysctl_vm sysctl;
	struct vmmeter cnt;
	const struct freebsd_conf *conf; /* borrowed from the scenario */
	bool man_page_semantics;
	bool lenient_bits;

	pfn_t max_pfn;
	struct vm_page *vm_page_array; /* owned; reserved, costs only what is touched */
	struct vm_phys_seg *segs;      /* owned */
	int nr_segs;
	struct vm_freelist free[VM_NFREELIST][VM_NFREEPOOL][VM_NFREEORDER];
	struct list queues[NR_VM_PAGE_QUEUES];
	pages_t hold_count; /* pages on PQ_HOLD */
	pages_t kernel_wired;
	int64_t v_page_zero_count;
	int64_t pageout_page_count;
	int64_t v_interrupt_free_min;
	unsigned *dnw; /* owned; by CPU: vm_page_dontneed */

	struct list objects; /* struct vm_object */
	int next_object;
	struct list mappings_of_tests; /* struct pv_entry made by calls */

	struct reservations *reserv; /* owned: vm_reserv.c */
	struct pageout *pageout;     /* owned: vm_pageout.c */
	struct swap_pager *swap;     /* owned: swap_pager.c */
	struct buf_cache *bufs;      /* owned: vfs_bio.c */
	struct geom *geoms;          /* owned; by disk */
	struct list bios;            /* owned: requests of g_new_bio */
	struct vnode **vnodes;       /* owned */
	int nr_vnodes;
	uint64_t *disk_next; /* owned; by disk: first free sector */
	struct list files;   /* open ones */
	struct list vmspaces;
	struct list dead_ranges; /* struct vm_range of programs that have ended, for their names */
	struct list allproc;     /* struct thread, the youngest first */
	struct list
	    kstack_cache; /* stacks nobody has, the last one first: shadow_list of objects */
	int64_t kstacks;  /* stacks there are, those nobody has included */
	struct wait_queue proc0_chan; /* the swapper */
	struct wait_queue page_wait;  /* busy pages */
	struct wait_queue pip_wait;   /* objects that are being worked on */
	int64_t max_wired;            /* vm_page_max_wired: what mlock may wire in all */
	uint32_t stores;              /* of programs so far: what pages hold (vm_page.contents) */
	bool call_panicked;           /* the present call broke a rule */
};

static inline struct freebsd_vm *freebsd_vm(const struct sim *s)
{
	return s->kernel;
}

static inline struct freebsd_vm *task_freebsd(const struct task *t)
{
	return t->sim->kernel;
}

/* F: free and cached pages, what every threshold is compared with. */
static inline int64_t vm_free_and_cache(const struct freebsd_vm *vm)
{
	return vm->cnt.v_free_count + vm->cnt.v_cache_count;
}

static inline bool vm_page_count_severe(const struct freebsd_vm *vm)
{
	return vm->sysctl.v_free_severe > vm_free_and_cache(vm);
}

static inline bool vm_page_count_min(const struct freebsd_vm *vm)
{
	return vm->sysctl.v_free_min > vm_free_and_cache(vm);
}

static inline bool vm_page_count_target(const struct freebsd_vm *vm)
{
	return vm->sysctl.v_free_target > vm_free_and_cache(vm);
}

/* Pages that are missing; below 0: there are more than wanted. */
static inline int64_t vm_paging_target(const struct freebsd_vm *vm)
{
	return vm->sysctl.v_free_target + vm->sysctl.v_cache_min - vm_free_and_cache(vm);
}

static inline bool vm_paging_needed(const struct freebsd_vm *vm)
{
	return vm->sysctl.v_free_reserved + vm->sysctl.v_cache_min > vm_free_and_cache(vm);
}

/* What tasks lose time for. */
enum freebsd_loss {
	LOSS_VMWAIT,
	LOSS_FLSWAI,
	LOSS_NEWBUF,
	LOSS_WDRAIN,
	LOSS_READ,
	LOSS_SWAPIN,
	LOSS_WRITE,
	LOSS_SWAPPED,
	NR_FREEBSD_LOSSES,
};

/* What a task of this kernel has beyond a thread of control; hangs from task.kernel. */
struct thread {
	struct task *task;       /* borrowed; NULL: being forked */
	struct list link;        /* in freebsd_vm.allproc, once it has a task */
	struct vmspace *vmspace; /* NULL: nothing mapped yet */
	bool protected;          /* never killed because memory is used up */

	/* swapping of whole processes: vm/vm_glue.h */
	struct vm_object *kstack_obj; /* its kernel stack; NULL: the kernel takes no memory */
	bool inmem;                   /* P_INMEM: not swapped out */
	bool swapping_in;             /* P_SWAPPINGIN */
	bool canswap;                 /* TDF_CANSWAP: what it sleeps for does not need its stack */
	bool swapinreq;               /* TDF_SWAPINREQ: it was woken while it was out */
	struct wait_queue p_flag;     /* where it then sleeps until it is in memory */
	sim_time slept_at;            /* swapped out: since when it sleeps */
	sim_time swtick;              /* when it was swapped out or in */
};

/* --- kern/kern_synch.c --- */

/*
 * Sleeps until wakeup or for so many ticks (0: no limit).  True: time was up.  The process is not
 * swapped out meanwhile; with tsleep_user it may be, as in sleeps of a program of its own.
 */
bool tsleep(struct task *t, struct wait_queue *chan, const char *wmesg, uint64_t ticks);
bool tsleep_user(struct task *t, struct wait_queue *chan, const char *wmesg, uint64_t ticks);
void wakeup(struct sim *s, struct wait_queue *chan);
/* The time since began was lost for a reason. */
void task_lost(struct task *t, enum freebsd_loss loss, sim_time began);
/* A thread of the kernel. */
struct task *kproc_create(struct freebsd_vm *vm, const char *name, task_fn *fn);
/* The scenario broke a rule that the kernel asserts. */
void vm_panic(struct freebsd_vm *vm, const char *what);
#endif
