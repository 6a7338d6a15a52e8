/*
 * mm.h - the address space of a program: what is mapped where, page tables, faults
 *
 * Like:        Linux 6.1, include/linux/mm_types.h, mm.h, rmap.h; mm/mmap.c, memory.c, rmap.c,
 *              madvise.c, mlock.c, msync.c, util.c; kernel/fork.c (dup_mmap)
 * Simplified:  a task is a process with an address space of its own, made by its first mmap or by
 *              fork; nobody else works in it but the OOM reaper, swapoff and khugepaged; a
 *              page-table entry is a frame number and a byte of bits; a cleared accessed bit is set
 *              again by the very next access, as if there were no TLB; programs have all privileges
 *              and no limits but RLIMIT_MEMLOCK, where a task is given one
 * Left out:    huge entries of files (those of anonymous memory: huge_mm.h; of the pool: hugetlb.h;
 *              shared memory: shmem.h), KSM, userfaultfd, NUMA hinting faults, the search
 *              from below when there is no room under mmap_base
 *
 *	mm -> VMAs by address -> file and offset    address_space -> its VMAs (i_mmap)
 *	   -> pgd -> pud -> pmd -> pte -> frame     page -> mapping, index -> VMAs -> PTEs (rmap)
 */
#ifndef MMSIM_LINUX_MM_H
#define MMSIM_LINUX_MM_H

#include "models/linux/pagecache/filemap.h"

#define PMD_SHIFT    21
#define PUD_SHIFT    30
#define PGDIR_SHIFT  39
#define PTRS_PER_PTE 512
#define TASK_SIZE    0x7ffffffff000ULL
#define MMAP_BASE    0x7ffff7c00000ULL /* mappings grow down from here, below libraries */

/* vm_area_struct.vm_flags */
enum vm_flag {
	VM_READ = 0x1,
	VM_WRITE = 0x2,
	VM_EXEC = 0x4,
	VM_SHARED = 0x8,
	VM_MAYREAD = 0x10, /* VM_MAY*: what mprotect could allow */
	VM_MAYWRITE = 0x20,
	VM_MAYEXEC = 0x40,
	VM_MAYSHARE = 0x80,
	VM_sim_driver = 0x200, /* of a driver, whose vm_ops have no fault handler; no vm_file */
	VM_PFNMAP = 0x400,     /* special entries only, besides private copies: driver_map.h */
	VM_LOCKED = 0x2000,
	VM_IO = 0x4000,
	VM_SEQ_READ = 0x8000,   /* MADV_SEQUENTIAL */
	VM_RAND_READ = 0x10000, /* MADV_RANDOM */
	VM_DONTEXPAND = 0x40000,
	VM_LOCKONFAULT = 0x80000, /* beside VM_LOCKED: nothing is faulted in to be locked */
	VM_ACCOUNT = 0x100000,    /* counted in vm_committed_as */
	VM_NORESERVE = 0x200000,  /* MAP_NORESERVE: not counted, unless overcommit_memory is 2 */
	VM_HUGETLB = 0x400000,    /* of huge pages that were put aside: hugetlb.h */
	VM_PAT = 0x1000000,       /* one range of frames whose memory type is reserved */
	VM_DONTDUMP = 0x4000000,
	VM_SOFTDIRTY = 0x8000000, /* newer than the last time somebody asked what was written */
	VM_MIXEDMAP = 0x10000000, /* special entries, and pages that a driver inserted */
	VM_HUGEPAGE = 0x20000000,
	VM_NOHUGEPAGE = 0x40000000,
	VM_LOCKS = VM_LOCKED | VM_LOCKONFAULT, /* what VM_LOCKED_CLEAR_MASK clears */
	VM_SPECIAL = VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP,
};

/* Bits of a page-table entry. */
enum pte_bit {
	PTE_PRESENT = 1,
	PTE_YOUNG = 2, /* used since the bit was cleared last */
	PTE_DIRTY = 4,
	PTE_WRITE = 8,
	PTE_SPECIAL = 16,       /* a frame without accounting */
	PTE_SWAP = 32,          /* not present: pfn is a place in swap */
	PTE_SWP_EXCLUSIVE = 64, /* with PTE_SWAP: the page was of this program alone */
	PTE_SWP_ERROR = 128,    /* alone: what was in swap could not be read when that went off */
};

struct pte {
	uint32_t pfn;
	uint8_t bits; /* enum pte_bit; 0: none */
};

enum pt_level { PT_PTE, PT_PMD, PT_PUD, PT_PGD, NR_PT_LEVELS };

/* One page of page tables: 512 entries, in a frame of its own (the top one in two). */
struct page_table {
	uint32_t pfn;     /* frame that holds it */
	uint8_t level;    /* enum pt_level */
	uint16_t nr_used; /* entries that are not none */
	/*
	 * Of a PTE page: bits other than 0 say that the entry of the PMD table is no table but maps
	 * 2 MiB as a whole.  This page is deposited then, empty, for when that is split.  Behind an
	 * entry of a pool of huge pages (VM_HUGETLB) is none: pfn 0, and nothing follows pmd; it
	 * may be of a PUD table as well, which maps 1 GiB.
	 */
	struct pte pmd;
	union {
		struct page_table *child[PTRS_PER_PTE]; /* owned */
		struct {
			uint32_t pfn[PTRS_PER_PTE];
			uint8_t bits[PTRS_PER_PTE];
		} pte;
	};
};

/* A stretch of addresses that shows a stretch of a file. */
struct vm_area_struct {
	struct mm_struct *vm_mm;
	uint64_t vm_start, vm_end;    /* addresses, whole pages */
	uint64_t vm_pgoff;            /* page of the file at vm_start */
	unsigned vm_flags;            /* enum vm_flag */
	struct file *vm_file;         /* one of its f_count uses; NULL: anonymous */
	struct list i_mmap;           /* in address_space.i_mmap, by vm_pgoff */
	struct anon_vma *anon_vma;    /* of its new anonymous pages; NULL: none yet */
	struct list anon_vma_chain;   /* struct anon_vma_chain: all it may have pages of */
	uint64_t swap_readahead_info; /* swap/internal.h; 0: nothing read from swap yet */
	bool dead;                    /* unmapped; freed by the last who walks over i_mmap */
	bool resv_unmapped;           /* VM_HUGETLB: a page was taken from it; faults fail */
	struct resv_map *resv;        /* VM_HUGETLB, private, of who mapped it; one of its uses */
};

/* What a program has mapped, by kind: the kernel's numbers, for tracepoints (mm_counter.h). */
enum mm_counter { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES, NR_MM_COUNTERS };

/* Counters of an address space; columns of the table mm_sample. */
struct mm_stat {
	int64_t rss_file, rss_anon, rss_shmem; /* pages mapped */
	int64_t swapents;
	int64_t total_vm, locked_vm; /* pages */
	int64_t pgtables_bytes;      /* PTE, PMD and PUD pages */
	int64_t maj_flt, min_flt;
};

struct mm_struct {
	struct linux_vm *vm;
	int id;                      /* 0.. in the order in which they were made */
	int pid;                     /* of its task */
	char *name;                  /* owned; of its task */
	struct vm_area_struct **vma; /* owned, and so are they; by address */
	int nr_vmas;
	size_t cap_vmas;
	struct vm_area_struct **detached; /* owned, and so are they: munmap takes their entries away
					   * while nobody finds them by address any more */
	int nr_detached;
	size_t cap_detached;
	struct page_table *pgd;  /* owned; NULL after exit */
	struct page_table *last; /* PTE page found last, NULL: none */
	uint64_t last_base;      /* first address below it */
	uint64_t mmap_base;      /* mappings grow down from here */
	struct mm_stat stat;
	int rss_cached[NR_MM_COUNTERS]; /* of it, what its task has not told others yet */
	int rss_events;                 /* faults since it did */
	bool exited;
	bool unstable;     /* the OOM reaper was at it: what is gone must not come back as zeroes */
	bool write_locked; /* mmap_lock: VMAs, or (khugepaged) tables change; others keep off */
	int readers;       /* faults, and others that need the VMAs: who changes them waits */
	bool handoff;      /* the first who waits is next, whoever comes */
	struct wait_queue mmap_lock_wait; /* struct mmap_waiter */
	bool huge_zero_page; /* it has shown the huge zero page: a reference until it ends */
	unsigned def_flags;  /* of new mappings, by mlockall: VM_LOCKED, VM_LOCKONFAULT, or none */
	struct list maps;    /* struct user_map, owned */
	struct list khugepaged_node; /* in khugepaged.mm_head, or alone */
	bool khugepaged_exit;        /* it ends: khugepaged keeps off */
	struct list mmlist;          /* in swap_state.mmlist: it has, or had, entries in swap */
	int mmlist_users;            /* swapoffs that are at it: it stays in the list */
	bool has_hugetlb;            /* it has mapped pages of the pool */
	int64_t hugetlb_usage;       /* pages of the pool mapped, in small pages */
};

/* All VMAs that may have entries, i = 0..: those of the table, then those that munmap is at; NULL:
 * no more. */
static inline struct vm_area_struct *mm_vma(const struct mm_struct *mm, int i)
{
	if (i < mm->nr_vmas)
		return mm->vma[i];
	return i - mm->nr_vmas < mm->nr_detached ? mm->detached[i - mm->nr_vmas] : NULL;
}

/* Which page of its mapping lies at an address. */
static inline int64_t linear_page_index(const struct vm_area_struct *vma, uint64_t addr)
{
	return (int64_t)(vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT));
}

/* All address spaces of a run, those of dead tasks included: for samples and checks. */
struct mm_table {
	struct mm_struct **mm; /* owned, and so are they */
	int n;
	size_t cap;
	struct list gather_batches; /* struct mmu_gather_batch: mmu_gather.c */
};

/* A private mapping that may become writable: stores go to copies. */
static inline bool is_cow_mapping(unsigned vm_flags)
{
	return (vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
}

/* What mmap gives to a scenario: addresses.  They may have been unmapped meanwhile. */
struct user_map {
	struct mm_struct *mm;
	uint64_t start;
	bytes_t len;
	struct list link; /* in mm_struct.maps, which frees it */
};
struct user_map *user_map_new(struct mm_struct *mm, uint64_t start, bytes_t len);

/* --- faults --- */

enum fault_flag {
	FAULT_FLAG_WRITE = 0x01,
	FAULT_FLAG_MKWRITE = 0x02,
	FAULT_FLAG_ALLOW_RETRY = 0x04,
	FAULT_FLAG_KILLABLE = 0x10,
	FAULT_FLAG_TRIED = 0x20, /* a repetition */
	FAULT_FLAG_USER = 0x40,
};

typedef unsigned vm_fault_t; /* enum vm_fault_reason, joined */
enum vm_fault_reason {
	VM_FAULT_OOM = 0x1,
	VM_FAULT_SIGBUS = 0x2,
	VM_FAULT_MAJOR = 0x4,
	VM_FAULT_SIGSEGV = 0x40,
	VM_FAULT_NOPAGE = 0x100, /* the entry is there */
	VM_FAULT_LOCKED = 0x200, /* vmf.page is locked */
	VM_FAULT_RETRY = 0x400,  /* mmap_lock was dropped: once more */
	VM_FAULT_FALLBACK = 0x800,
	VM_FAULT_DONE_COW = 0x1000,
	VM_FAULT_COMPLETED = 0x4000, /* done, and mmap_lock was dropped */
	VM_FAULT_ERROR = VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV,
};

struct vm_fault {
	struct vm_area_struct *vma;
	uint64_t address;       /* of the page */
	uint64_t pgoff;         /* in the file */
	unsigned flags;         /* enum fault_flag */
	struct page *page;      /* set by fault handlers: with a reference */
	struct page *cow_page;  /* the copy of a private write, not mapped yet */
	struct page_table *pmd; /* the parent of the PTE page; VM_HUGETLB: of the huge entry */
	struct page_table *prealloc_pte; /* made early, to be installed or given back */
};

/* --- vma.c: mappings (sleep: page tables, LRU batches) --- */

/* mm_struct.c.  The task's address space, made at first use.  NULL: no memory for its top table. */
struct mm_struct *task_mm(struct task *t);
/*
 * Maps len bytes of f from offset (a multiple of the page size) on, VM_READ, VM_WRITE, VM_EXEC,
 * VM_SHARED in flags.  addr 0: the kernel chooses, top down, and stretches of 2 MiB and more where
 * address and offset agree modulo 2 MiB.  else: exactly there (MAP_FIXED_NOREPLACE).
 * f NULL: anonymous memory (VM_SHARED: shared memory, which children see), or, VM_sim_driver, a
 * device's.  f a file of huge pages: addr and offset are multiples of one, len is rounded up.
 * VM_NORESERVE: MAP_NORESERVE.  0 and *out; -EINVAL, -EEXIST, -ENOMEM (no addresses, more than
 * vm.overcommit_memory allows, or than the pool can promise), -EOVERFLOW.
 */
int do_mmap(struct task *t, struct file *f, uint64_t addr, bytes_t len, unsigned flags,
	    uint64_t offset, uint64_t *out);
/* 0, -EINVAL (also: a part of a huge page of the pool), -ENOMEM (too many pieces). */
int do_munmap(struct task *t, struct mm_struct *mm, uint64_t start, bytes_t len);
/* The first VMA that ends above addr; it need not contain it.  NULL: none. */
struct vm_area_struct *find_vma(const struct mm_struct *mm, uint64_t addr);
/* The VMA that contains addr, NULL: none. */
struct vm_area_struct *vma_lookup(const struct mm_struct *mm, uint64_t addr);

/* Words of posix_madvise and madvise. */
enum madv {
	MADV_NORMAL = 0,
	MADV_RANDOM = 1,
	MADV_SEQUENTIAL = 2,
	MADV_WILLNEED = 3,
	MADV_DONTNEED = 4,
	MADV_FREE = 8,
	MADV_REMOVE = 9,
	MADV_HUGEPAGE = 14,
	MADV_NOHUGEPAGE = 15,
	MADV_COLD = 20,
	MADV_PAGEOUT = 21,
	MADV_POPULATE_READ = 22,
	MADV_POPULATE_WRITE = 23,
	MADV_COLLAPSE = 25,
};
/* madvise.c.  0; -EINVAL; -ENOMEM: a part is not mapped (the rest was advised), or (COLLAPSE) there
 * is no huge page; -EAGAIN (COLLAPSE); -EACCES (REMOVE): it is no shared mapping to be written. */
int do_madvise(struct task *t, struct mm_struct *mm, uint64_t start, bytes_t len, int advice);
/* Writes what the mappings of the range show of files and waits.  0, -EINVAL, -ENOMEM, -EIO. */
int do_msync(struct task *t, struct mm_struct *mm, uint64_t start, bytes_t len);

/* Its counters without what its task keeps to itself (mm_counter.c); NULL: zeros. */
struct mm_stat mm_stat_seen(const struct mm_struct *mm);

/* --- mm_struct.c: address spaces as a whole --- */

/* mmap_lock.c: for who changes VMAs or tables, and for others that need them. */
void mmap_write_lock(struct task *t, struct mm_struct *mm);
void mmap_write_unlock(struct mm_struct *mm);
/* Who has it for writing goes on with it for reading, and lets readers in. */
void mmap_write_downgrade(struct mm_struct *mm);
void mmap_read_lock(struct task *t, struct mm_struct *mm);
bool mmap_read_trylock(struct mm_struct *mm);
void mmap_read_unlock(struct mm_struct *mm);

/*
 * The address space of a child of t: its VMAs, and the entries of those that have anonymous pages;
 * from then on both write to copies.  NULL, *error -ENOMEM, -EINTR (killed): nothing is kept.
 */
struct mm_struct *dup_mm(struct task *t, const char *name, int *error);
/* What a task leaves: everything is unmapped, page tables are freed. */
void exit_mm(struct task *t);
void mm_free_all(struct linux_vm *vm); /* the host's memory, at the end of a run */

/*
 * Notes memory that nothing but the stack of a task knows while time passes: a run may end there,
 * and mm_free_all gives it back.  NULL is none; both return memory.
 */
void *host_hold(struct linux_vm *vm, void *memory);
void *host_unhold(struct linux_vm *vm, void *memory); /* something knows it now, or it is freed */

/* --- mlock.c --- */

/* What mlockall is about. */
enum mcl_flag {
	MCL_CURRENT = 1, /* what is mapped now */
	MCL_FUTURE = 2,  /* what will be */
	MCL_ONFAULT = 4, /* pages are locked as they are faulted in */
};

/*
 * mlock and munlock: addresses are rounded out.  flags: VM_LOCKED, of mlock2 with MLOCK_ONFAULT
 * VM_LOCKED | VM_LOCKONFAULT.  0, -EINVAL, -EPERM (nothing may be locked: RLIMIT_MEMLOCK), -ENOMEM
 * (more than RLIMIT_MEMLOCK; a gap; a page that nobody can have), -EAGAIN (no memory for a page).
 */
int do_mlock(struct task *t, struct mm_struct *mm, uint64_t start, bytes_t len, unsigned flags);
int do_munlock(struct task *t, struct mm_struct *mm, uint64_t start, bytes_t len);
/* enum mcl_flag.  0, -EINVAL, -EPERM, -ENOMEM: more is mapped than RLIMIT_MEMLOCK. */
int do_mlockall(struct task *t, struct mm_struct *mm, unsigned flags);
void do_munlockall(struct task *t, struct mm_struct *mm);
/* Of a new mapping.  0, -EAGAIN: it would be locked, and that is more than RLIMIT_MEMLOCK. */
int mlock_future_check(const struct task *t, const struct mm_struct *mm, bytes_t len);
/* The page was mapped into, or out of, a VMA: nothing unless that is VM_LOCKED (and not
 * VM_SPECIAL). */
void mlock_vma_page(struct linux_vm *vm, struct page *page, const struct vm_area_struct *vma);
void munlock_vma_page(struct linux_vm *vm, struct page *page, const struct vm_area_struct *vma);
/* The same of a large page that is mapped as a whole. */
void mlock_vma_folio(struct linux_vm *vm, struct page *folio, const struct vm_area_struct *vma);
void munlock_vma_folio(struct linux_vm *vm, struct page *folio, const struct vm_area_struct *vma);
/* A new page of a VMA goes to the list of inactive pages, or of those that stay. */
void lru_cache_add_inactive_or_unevictable(struct linux_vm *vm, const struct cpu *cpu,
					   struct page *page, const struct vm_area_struct *vma);
/* A page that may be mlocked is freed, or leaves the cache (truncation): uncounted. */
void clear_page_mlock(struct linux_vm *vm, struct page *page);
/*
 * Faults all pages of a range in, as mlock and MAP_POPULATE do; none where VM_LOCKONFAULT says so.
 * 0 or a negative errno value.
 */
int populate_vma_page_range(struct task *t, struct mm_struct *mm, uint64_t start, uint64_t end);

/* --- overcommit.c --- */

/* Promises pages to a program: 0, or -ENOMEM by the rules of vm.overcommit_memory. */
int vm_enough_memory(struct linux_vm *vm, const struct mm_struct *mm, int64_t pages);
void vm_unacct_memory(struct linux_vm *vm, int64_t pages);
/* Pages that may be promised with overcommit_memory 2. */
int64_t vm_commit_limit(const struct linux_vm *vm);
/* At boot: the default of vm.user_reserve_kbytes, from what is free. */
void init_user_reserve(struct linux_vm *vm);
/* A memory block has come: the default again, unless it is off or as large as it gets; one has
 * gone: the default, if less than the reserve is free. */
void reserve_mem_notifier(struct linux_vm *vm, bool online);

static inline uint64_t vma_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}

/* --- page_table.c --- */

/* The PMD table of addr; NULL: none, nothing was ever mapped near it. */
struct page_table *mm_find_pmd(const struct mm_struct *mm, uint64_t addr);
/* The PTE page of addr; NULL: none. */
struct page_table *pte_table(struct mm_struct *mm, uint64_t addr);
/* The first PTE page at *addr or above, below end; *addr is moved up to what it covers.  NULL. */
struct page_table *pte_table_from(const struct mm_struct *mm, uint64_t *addr, uint64_t end);
/* The same with its upper levels made if missing, but not the PTE page: *pmd is its parent.
 * False: no memory. */
bool pmd_alloc(struct task *t, struct mm_struct *mm, uint64_t addr, struct page_table **pmd);
/* The same down to the table of a level: that whose entries map huge pages of a pool. */
bool huge_pte_alloc(struct task *t, struct mm_struct *mm, uint64_t addr, enum pt_level lowest,
		    struct page_table **out);
/* A PTE page of its own, not installed; counts as page table.  NULL: no memory. */
struct page_table *pte_alloc_one(struct task *t);
void pte_free(struct linux_vm *vm, const struct cpu *cpu, struct page_table *table);
/* Hangs a PTE page below pmd, unless there is one: then *table stays the caller's, else NULL. */
void pmd_install(struct mm_struct *mm, uint64_t addr, struct page_table *pmd,
		 struct page_table **table);
static inline unsigned pte_index(uint64_t addr)
{
	return (unsigned)(addr >> PAGE_SHIFT) & (PTRS_PER_PTE - 1);
}
/* Not where the table has pmd.bits of VM_HUGETLB: there is no page of tables. */
static inline struct pte pte_get(const struct page_table *table, unsigned i)
{
	return (struct pte){ table->pte.pfn[i], table->pte.bits[i] };
}
/* Sets or (bits 0) clears an entry; counts nothing but the entries used. */
void pte_set(struct page_table *table, unsigned i, struct pte pte);
/* What a program sees of an entry: a part of the huge page, if that is mapped as a whole. */
static inline struct pte pte_shown(const struct page_table *table, unsigned i)
{
	struct pte pte = table->pmd;

	if (!pte.bits)
		return pte_get(table, i);
	pte.pfn = pte.bits & PTE_SPECIAL ? 0 : pte.pfn + i;
	return pte;
}
/* Sets, or takes away, an entry of a PMD or PUD table that has no page of tables: VM_HUGETLB. */
void huge_entry_install(struct mm_struct *mm, uint64_t addr, struct page_table *parent,
			struct pte entry);
void huge_entry_clear(struct mm_struct *mm, uint64_t addr);
/* Takes the huge entry of addr away, and frees the page of tables that was deposited for it. */
void pmd_clear_huge(struct task *t, struct mm_struct *mm, uint64_t addr);
/* The top table of a new address space. */
struct page_table *pgd_alloc(struct task *t);
void pgd_free(struct linux_vm *vm, const struct cpu *cpu, struct page_table *pgd);

/* --- fault.c --- */

/*
 * One call of the fault handler; the entry may have been set by somebody else already.
 * vm.fault_around_bytes says how many neighbours a read fault maps along.  The caller has mmap_lock
 * for reading and keeps it, unless VM_FAULT_RETRY or VM_FAULT_COMPLETED says that it was dropped.
 */
vm_fault_t handle_mm_fault(struct task *t, struct vm_area_struct *vma, uint64_t addr,
			   unsigned flags);
/*
 * A program reads or writes at addr: costs next to nothing if the entry allows it, else faults are
 * taken until it does.  0; -EFAULT: signal SIGSEGV (nothing mapped, or not writable) or SIGBUS
 * (behind the end of the file, or it cannot be read); -ENOMEM; -EINTR: killed.
 */
int user_access(struct task *t, struct mm_struct *mm, uint64_t addr, bool write);
/* Sets a none entry to a page: counts, but costs nothing and takes no reference. */
void do_set_pte(struct vm_area_struct *vma, struct page_table *table, struct page *page,
		uint64_t addr, bool write);
/* The page of a fault on a file; the PTE page is made first, if there is none. */
vm_fault_t __do_fault(struct task *t, struct vm_fault *vmf);
/* Makes the PTE page of a fault, if there is none.  NULL: no memory. */
struct page_table *pte_alloc(struct task *t, struct vm_fault *vmf);
/* The entry is still pte. */
bool pte_same(const struct vm_fault *vmf, struct pte pte);

/* --- anon_fault.c --- */

/* No entry, anonymous memory. */
vm_fault_t do_anonymous_page(struct task *t, struct vm_fault *vmf);
/* No entry, a write to a private mapping of a file. */
vm_fault_t do_cow_fault(struct task *t, struct vm_fault *vmf);
/*
 * A write to an entry that is present and does not allow it, in a private mapping: the page of
 * this program alone is written in place, any other is copied.
 */
vm_fault_t do_wp_page(struct task *t, struct vm_fault *vmf);
/* Whether a fault may drop mmap_lock to be repeated: the first attempt. */
bool fault_flag_allow_retry_first(unsigned flags);
/*
 * Drops mmap_lock before something that may take long, if that is allowed and was not done before
 * (dropped).  Returns whether it is dropped now; then the fault ends with VM_FAULT_RETRY.
 */
bool maybe_unlock_mmap_for_io(const struct vm_fault *vmf, bool dropped);

/* --- memory.c: taking entries away --- */

/*
 * Clears the entries of a part of a VMA: dirty ones dirty their page, young ones of VMAs that are
 * not VM_SEQ_READ mark it accessed.  even_cows: private copies too.  Returns entries cleared.
 */
uint64_t zap_page_range(struct task *t, struct vm_area_struct *vma, uint64_t start, uint64_t end,
			bool even_cows);
/*
 * The same wherever a file is mapped: bytes holebegin.. (rounded down to a page), holelen (rounded
 * up; 0: to the end of the file).  even_cows true: private copies go too (truncation); false: they
 * stay (invalidation).
 */
void unmap_mapping_range(struct task *t, struct address_space *m, int64_t holebegin,
			 int64_t holelen, bool even_cows);
/* The same for pages start.. of a file; nr 0: to the end. */
void unmap_mapping_pages(struct task *t, struct address_space *m, uint64_t start, uint64_t nr,
			 bool even_cows);
/* One page (all of a large one) that is locked and in the cache; private copies stay. */
void unmap_mapping_folio(struct task *t, struct page *page);

/* --- anon_vma.c: which VMAs may show the anonymous pages of a VMA --- */

/* Before the first anonymous page of a VMA: it gets an anon_vma.  0, -ENOMEM. */
int anon_vma_prepare(struct task *t, struct vm_area_struct *vma);
/* dst may have all pages src may have: split, and (fork) with an anon_vma of its own for new ones.
 */
void anon_vma_clone(struct vm_area_struct *dst, const struct vm_area_struct *src);
void anon_vma_fork(struct vm_area_struct *dst, const struct vm_area_struct *src);
/* A VMA without anonymous pages shows another stretch from now on. */
void anon_vma_set_pgoff(struct vm_area_struct *vma, uint64_t pgoff);
void unlink_anon_vmas(struct vm_area_struct *vma);
/* Whether the area may be joined to a neighbour, as far as anonymous pages go. */
bool is_mergeable_anon_vma(const struct vm_area_struct *area, const struct vm_area_struct *near);
void anon_vmas_free(struct linux_vm *vm);
/* The VMAs that may map an anonymous page are those of its anon_vma, by vm_pgoff. */
struct anon_vma {
	uint32_t id;           /* page.mapping; its place in the table */
	struct anon_vma *root; /* the oldest: of the first ancestor */
	struct anon_vma *parent;
	int refcount;        /* itself, and those whose root it is */
	int num_children;    /* whose parent it is; the root counts itself */
	int num_active_vmas; /* whose new pages come here */
	struct list chains;  /* anon_vma_chain.same_anon_vma, by vm_pgoff */
};
struct anon_vma_chain {
	struct vm_area_struct *vma;
	struct anon_vma *anon_vma;
	struct list same_vma; /* in vm_area_struct.anon_vma_chain, newest first */
	struct list same_anon_vma;
};
/* The anon_vma of an anonymous page that is mapped; NULL: of another page. */
struct anon_vma *page_anon_vma(const struct linux_vm *vm, const struct page *page);

/* --- rmap.c --- */

/* A new anonymous page, not shared with anybody: mapped at addr, of one program. */
void page_add_new_anon_rmap(struct linux_vm *vm, struct page *page, struct vm_area_struct *vma,
			    uint64_t addr);
/* One more entry for an anonymous page; exclusive: it is of this program alone. */
void page_add_anon_rmap(struct linux_vm *vm, struct page *page, struct vm_area_struct *vma,
			uint64_t addr, bool exclusive);

/* One more entry of a PMD table maps all of a large page (fork). */
void page_dup_anon_compound_rmap(struct page *head);
/* An entry of a part comes beside the one of all of it, which goes at once: it is split. */
void page_split_anon_rmap(struct page *page);
/* One PMD entry less. */
void page_remove_anon_compound_rmap(struct linux_vm *vm, struct page *head);
/* An entry that shows the page was set, or taken away (the reference is the caller's business). */
void page_add_file_rmap(struct linux_vm *vm, struct page *page);
void page_remove_rmap(struct linux_vm *vm, struct page *page);
/* Entries that map a page (any page of a large one). */
static inline bool page_mapped(const struct page *page)
{
	return folio_mapcount(page) > 0;
}
/*
 * Clears the young bits of all entries of a page.  Returns the number of VMAs that had one (those
 * of VM_SEQ_READ not counted); *vm_flags: their flags joined.  is_locked: the caller holds the
 * page's lock; else it is tried, and 1 returned if somebody holds it.
 */
int folio_referenced(struct linux_vm *vm, struct page *page, bool is_locked, unsigned *vm_flags);
/* Areas of programs that a walk over the entries of a page looks into. */
unsigned rmap_areas(struct linux_vm *vm, struct page *page);
/* Whether all entries of a page can be found: those that a driver inserted cannot. */
bool rmap_is_complete(struct linux_vm *vm, struct page *page);
/* An entry of an anonymous page was copied (fork): nobody has it alone any more. */
void page_dup_anon_rmap(struct page *page);
/*
 * Takes all entries of a locked page away, dirty ones dirty it, and drops their references.  The
 * caller pays for the flush of the TLB, once for many pages.  Returns the entries taken.
 * Anonymous: those of the swap cache leave their place in swap in the entry; those of MADV_FREE
 * that were not written since leave nothing.  Other entries stay.
 */
int try_to_unmap(struct task *t, struct page *page);
/* Makes entries of shared mappings clean and read-only.  Returns how many were not. */
int folio_mkclean(struct task *t, struct page *page);
/*
 * All entries of old show new instead, with their references, bits and counts; both locked, old
 * still in the cache.  Returns how many.
 */
int rmap_move(struct linux_vm *vm, struct page *old, struct page *new);
/* All entries that map a large page as a whole become entries of its parts. */
void rmap_split_huge_pmds(struct linux_vm *vm, struct page *head);
/* A page that has become one of its own is locked by the areas that lock it. */
void rmap_mlock(struct linux_vm *vm, struct page *page);
void i_mmap_insert(struct vm_area_struct *vma);
void i_mmap_remove(struct vm_area_struct *vma);

/* --- pagecache/filemap_fault.c --- */
vm_fault_t filemap_fault(struct task *t, struct vm_fault *vmf);
/* Maps what is in the cache, ready, of pages start..end of the file.  NOPAGE: vmf's as well. */
vm_fault_t filemap_map_pages(struct task *t, struct vm_fault *vmf, uint64_t start, uint64_t end);
/* A page of a shared mapping is about to be written: LOCKED, dirty; NOPAGE; SIGBUS. */
vm_fault_t filemap_page_mkwrite(struct task *t, struct vm_fault *vmf);

void mappings_check(struct check *c, struct sim *s);
extern const struct model mappings_model;
#endif
