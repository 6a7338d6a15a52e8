/*
 * vm_page.h - a page of memory, its state, and the ways from one state to another
 *
 * Like:        FreeBSD 9-CURRENT of February 2011, sys/vm/vm_page.c and vm_page.h; amd64
 * Simplified:  one lock-free core: what takes no time happens at one instant; the object's list of
 *              pages is its index
 * Left out:    fictitious pages, pre-zeroing by the idle thread
 *
 *	          vm_page_alloc                 vm_page_free
 *	free  ----------------->  unqueued  ------------------>  free
 *	cached -- reactivation ->  wired, active, inactive  -- vm_page_cache -> cached
 *
 * A page is free (in the buddy lists), cached (there as well, and in its object's index of cached
 * pages), inactive, active, held (freed while held), wired, or on no queue (between its allocation
 * and its first activation).  Decisions look at F = v_free_count + v_cache_count.
 */
#ifndef MMSIM_FREEBSD_VM_PAGE_H
#define MMSIM_FREEBSD_VM_PAGE_H

#include "sim/sim.h"

struct freebsd_vm;
struct vm_object;

#define FREEBSD_PAGE_SHIFT 12
#define FREEBSD_PAGE_SIZE  4096
#define DEV_BSHIFT         9
#define DEV_BSIZE          512
#define VM_PAGE_BITS_ALL   0xff

/* Queues; the numbers are the kernel's plus one, so that a page of zeroes is on none. */
enum vm_page_queue {
	PQ_NONE,
	PQ_INACTIVE,
	PQ_ACTIVE,
	PQ_HOLD,
	NR_VM_PAGE_QUEUES,
};

enum vm_page_flag {
	PG_IN_USE = 1, /* not free: a page nobody ever touched is all zeroes, and free */
	PG_CACHED = 2,
	PG_WINATCFLS = 4, /* was dirty when the page daemon came by; the next time it is written */
	PG_WRITEABLE = 8, /* some mapping may write */
	PG_ZERO = 16,
	PG_REFERENCED = 32,
	PG_UNMANAGED = 64,
	PG_MARKER = 128, /* not a page: a place in a queue */
};

enum vm_page_oflag {
	VPO_BUSY = 1,
	VPO_WANTED = 2,
	VPO_SWAPINPROG = 4,
	VPO_NOSYNC = 8,
};

enum vm_freepool {
	VM_FREEPOOL_DEFAULT,
	VM_FREEPOOL_DIRECT,
	VM_FREEPOOL_CACHE,
	VM_NFREEPOOL,
};

#define ACT_DECLINE 1
#define ACT_ADVANCE 3
#define ACT_INIT    5
#define ACT_MAX     64

/* Requests of vm_page_alloc; the class is in the two low bits, COUNT(n) in bits 16 and above. */
enum vm_alloc {
	VM_ALLOC_NORMAL = 0,
	VM_ALLOC_INTERRUPT = 1,
	VM_ALLOC_SYSTEM = 2,
	VM_ALLOC_CLASS_MASK = 3,
	VM_ALLOC_WIRED = 0x20,
	VM_ALLOC_ZERO = 0x40,
	VM_ALLOC_RETRY = 0x80,
	VM_ALLOC_NOOBJ = 0x100,
	VM_ALLOC_NOBUSY = 0x200,
	VM_ALLOC_IFCACHED = 0x400,
	VM_ALLOC_IFNOTCACHED = 0x800,
	VM_ALLOC_IGN_SBUSY = 0x1000,
};
#define VM_ALLOC_COUNT_SHIFT 16
#define VM_ALLOC_COUNT(n)    ((int)(n) << VM_ALLOC_COUNT_SHIFT)

struct vm_page {
	struct list pageq; /* in a queue, or in a list of free blocks */
	struct vm_object *object;
	uint64_t pindex;     /* in the object */
	struct list pv_list; /* mappings (struct pv_entry); valid while PG_IN_USE */
	uint32_t wire_count;
	uint16_t hold_count;
	uint16_t busy; /* I/O under way */
	uint16_t flags;
	uint8_t oflags;
	uint8_t queue;  /* enum vm_page_queue */
	uint8_t order1; /* head of a free block: its order plus one; else 0 */
	uint8_t pool;   /* of the head of a free block, and of an allocated page */
	int act_count;  /* how much it was used; two places of the page daemon do not cap it */
	uint8_t valid, dirty; /* bit i: bytes 512 i to 512 i + 511 */
	uint16_t zeroed;      /* bytes the kernel has set to zero since it gave the page out */
	/*
	 * What it holds, in place of 4096 bytes: the number of the store that was the last, of all
	 * stores of the run; 0: zeroes.  FREEBSD_ON_DISK: what was in a file at boot.
	 */
	uint32_t contents;
};

#define FREEBSD_ON_DISK 0x80000000U
#define FREEBSD_GARBAGE 0x7fffffffU /* of a page that was just given out */

/* --- vm_page.c --- */

struct vm_page *vm_page_of(const struct freebsd_vm *vm, uint64_t pfn);
uint64_t vm_page_pfn(const struct freebsd_vm *vm, const struct vm_page *m);

/*
 * Never sleeps; t is who asks (the page daemon is raised to SYSTEM).  NULL: a threshold, or
 * IFCACHED / IFNOTCACHED do not let it.
 */
struct vm_page *vm_page_alloc(struct task *t, struct vm_object *object, uint64_t pindex, int req);
/*
 * Finds a page or makes one, and waits for memory and for a busy page.  A page of no use (all
 * invalid) is zeroed if ZERO asks for it.  NULL: without RETRY it had to wait once.
 */
struct vm_page *vm_page_grab(struct task *t, struct vm_object *object, uint64_t pindex, int req);
void vm_page_insert(struct freebsd_vm *vm, struct vm_page *m, struct vm_object *object,
		    uint64_t pindex);
void vm_page_remove(struct freebsd_vm *vm, struct vm_page *m);
/* The page moves to another object (its place there is free), and is dirty then. */
void vm_page_rename(struct freebsd_vm *vm, struct vm_page *m, struct vm_object *object,
		    uint64_t pindex);
/* Cached pages from start on go over to another object, to the places from 0 on. */
void vm_page_cache_transfer(struct freebsd_vm *vm, struct vm_object *from, uint64_t start,
			    struct vm_object *to);
struct vm_page *vm_page_lookup(const struct freebsd_vm *vm, const struct vm_object *object,
			       uint64_t pindex);
void vm_page_free(struct freebsd_vm *vm, struct vm_page *m);
void vm_page_cache(struct freebsd_vm *vm, struct vm_page *m);
/* Drops cached pages start..end (exclusive) of an object; they become free. */
void vm_page_cache_free(struct freebsd_vm *vm, struct vm_object *object, uint64_t start,
			uint64_t end);
int vm_page_try_to_cache(struct freebsd_vm *vm, struct vm_page *m);
int vm_page_try_to_free(struct freebsd_vm *vm, struct vm_page *m);
void vm_page_hold(struct vm_page *m);
void vm_page_unhold(struct freebsd_vm *vm, struct vm_page *m);
void vm_page_busy(struct vm_page *m);
void vm_page_wakeup(struct freebsd_vm *vm, struct vm_page *m); /* busy no longer */
void vm_page_io_start(struct vm_page *m);
void vm_page_io_finish(struct freebsd_vm *vm, struct vm_page *m);
/* Waits until a page is neither busy nor under I/O; it may be gone then. */
void vm_page_sleep(struct task *t, struct vm_page *m, const char *wmesg);

/* --- vm_page_queue.c --- */

void vm_page_requeue(struct freebsd_vm *vm, struct vm_page *m);
void vm_page_dequeue(struct freebsd_vm *vm, struct vm_page *m);
void vm_page_enqueue(struct freebsd_vm *vm, struct vm_page *m, enum vm_page_queue queue, bool head);
void vm_page_activate(struct freebsd_vm *vm, struct vm_page *m);
void vm_page_deactivate(struct freebsd_vm *vm, struct vm_page *m);
/* madvise(2): perhaps to the head of the inactive queue.  cpu: its counter decides. */
void vm_page_dontneed(struct freebsd_vm *vm, struct cpu *cpu, struct vm_page *m);
void vm_page_wire(struct freebsd_vm *vm, struct vm_page *m);
void vm_page_unwire(struct freebsd_vm *vm, struct vm_page *m, bool activate);

/* --- vm_page_bits.c --- */

/* The blocks of 512 bytes that a range touches; plain int arithmetic, whatever the range. */
int vm_page_bits(int base, int size);
/* Whether a range lies inside a page: what the kernel asserts. */
bool vm_page_range_valid(int base, int size);
void vm_page_set_valid(struct vm_page *m, int base, int size);
void vm_page_set_validclean(struct freebsd_vm *vm, struct vm_page *m, int base, int size);
void vm_page_clear_dirty(struct vm_page *m, int base, int size);
void vm_page_set_invalid(struct freebsd_vm *vm, struct vm_page *m, int base, int size);
void vm_page_zero_invalid(struct vm_page *m, bool setvalid);
int vm_page_is_valid(const struct freebsd_vm *vm, const struct vm_page *m, int base, int size);
void vm_page_test_dirty(struct freebsd_vm *vm, struct vm_page *m);
void vm_page_dirty(struct freebsd_vm *vm, struct vm_page *m);
void vm_page_undirty(struct vm_page *m);

/* --- vm_phys.c: free memory --- */

void vm_phys_init(struct freebsd_vm *vm);
struct vm_page *vm_phys_alloc_pages(struct freebsd_vm *vm, enum vm_freepool pool, int order);
void vm_phys_free_pages(struct freebsd_vm *vm, struct vm_page *m, int order);
/* Takes one page out of the free block around it; false: it is in none. */
bool vm_phys_unfree_page(struct freebsd_vm *vm, struct vm_page *m);
#endif
