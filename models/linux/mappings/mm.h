/*
 * mm.h - the address space of a program: what is mapped where, page tables, faults
 *
 * Like:        Linux 6.1, include/linux/mm_types.h, mm.h, rmap.h; mm/mmap.c, memory.c, rmap.c,
 *              madvise.c, msync.c
 * Simplified:  a task is a process with an address space of its own, made by its first mmap;
 *              nobody else works in it, so mmap_lock is not modelled beyond what dropping it
 *              means for a fault (it is repeated); a page-table entry is a frame number and a
 *              byte of bits; a cleared accessed bit is set again by the very next access, as if
 *              there were no TLB
 * Left out:    anonymous memory and private copies (a private mapping cannot be written), swap,
 *              raw frames, mlock, huge entries, userfaultfd, MADV_COLD and its like
 *
 *	mm -> VMAs by address -> file and offset        address_space -> its VMAs (i_mmap)
 *	   -> pgd -> pud -> pmd -> pte -> frame         page -> mapping, index -> VMAs -> PTEs
 *(rmap)
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
	VM_MAYWRITE = 0x20,
	VM_PFNMAP = 0x400,
	VM_LOCKED = 0x2000,
	VM_IO = 0x4000,
	VM_SEQ_READ = 0x8000,   /* MADV_SEQUENTIAL */
	VM_RAND_READ = 0x10000, /* MADV_RANDOM */
	VM_DONTEXPAND = 0x40000,
	VM_DONTDUMP = 0x4000000,
	VM_MIXEDMAP = 0x10000000,
	VM_HUGEPAGE = 0x20000000,
	VM_NOHUGEPAGE = 0x40000000,
};

/* Bits of a page-table entry. */
enum pte_bit {
	PTE_PRESENT = 1,
	PTE_YOUNG = 2, /* used since the bit was cleared last */
	PTE_DIRTY = 4,
	PTE_WRITE = 8,
	PTE_SPECIAL = 16, /* a frame without accounting */
	PTE_SWAP = 32,    /* not present: pfn is a place in swap */
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
	uint64_t vm_start, vm_end; /* addresses, whole pages */
	uint64_t vm_pgoff;         /* page of the file at vm_start */
	unsigned vm_flags;         /* enum vm_flag */
	struct file *vm_file;      /* one of its f_count uses; NULL: anonymous */
	struct list i_mmap;        /* in address_space.i_mmap, by vm_pgoff */
	bool dead;                 /* unmapped; freed by the last who walks over i_mmap */
};

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
	struct page_table *pgd;  /* owned; NULL after exit */
	struct page_table *last; /* PTE page found last, NULL: none */
	uint64_t last_base;      /* first address below it */
	struct mm_stat stat;
	bool exited;
	struct list maps; /* struct user_map, owned */
};

/* All address spaces of a run, those of dead tasks included: for samples and checks. */
struct mm_table {
	struct mm_struct **mm; /* owned, and so are they */
	int n;
	size_t cap;
};

/* What mmap gives to a scenario: addresses.  They may have been unmapped meanwhile. */
struct user_map {
	struct mm_struct *mm;
	uint64_t start;
	bytes_t len;
	struct list link; /* in mm_struct.maps, which frees it */
};

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
	uint64_t address;                /* of the page */
	uint64_t pgoff;                  /* in the file */
	unsigned flags;                  /* enum fault_flag */
	struct page *page;               /* set by fault handlers: with a reference */
	struct page_table *pmd;          /* the parent of the PTE page */
	struct page_table *prealloc_pte; /* a PTE page for filemap_map_pages to install */
};

/* --- vma.c: mappings (sleep: page tables, LRU batches) --- */

/* The task's address space, made at first use.  NULL: no memory for its top table. */
struct mm_struct *task_mm(struct task *t);
/*
 * Maps len bytes of f from offset (a multiple of the page size) on, VM_READ, VM_WRITE, VM_EXEC,
 * VM_SHARED in flags.  addr 0: the kernel chooses, top down, and stretches of 2 MiB and more where
 * address and offset agree modulo 2 MiB.  else: exactly there (MAP_FIXED_NOREPLACE).
 * 0 and *out; -EINVAL, -EEXIST, -ENOMEM, -EOVERFLOW, -EOPNOTSUPP (a private mapping to be written).
 */
int do_mmap(struct task *t, struct file *f, uint64_t addr, bytes_t len, unsigned flags,
	    uint64_t offset, uint64_t *out);
/* 0, -EINVAL, -ENOMEM (too many pieces). */
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
	MADV_HUGEPAGE = 14,
	MADV_NOHUGEPAGE = 15,
};
/* 0; -EINVAL; -ENOMEM: a part is not mapped (the rest was advised). */
int do_madvise(struct task *t, struct mm_struct *mm, uint64_t start, bytes_t len, int advice);
/* Writes what the mappings of the range show of files and waits.  0, -EINVAL, -ENOMEM, -EIO. */
int do_msync(struct task *t, struct mm_struct *mm, uint64_t start, bytes_t len);

/* What a task leaves: everything is unmapped, page tables are freed. */
void exit_mm(struct task *t);
void mm_free_all(struct linux_vm *vm); /* the host's memory, at the end of a run */

static inline uint64_t vma_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}

/* --- page_table.c --- */

/* The PTE page of addr; NULL: none. */
struct page_table *pte_table(struct mm_struct *mm, uint64_t addr);
/* The first PTE page at *addr or above, below end; *addr is moved up to what it covers.  NULL. */
struct page_table *pte_table_from(const struct mm_struct *mm, uint64_t *addr, uint64_t end);
/* The same with its upper levels made if missing, but not the PTE page: *pmd is its parent.
 * False: no memory. */
bool pmd_alloc(struct task *t, struct mm_struct *mm, uint64_t addr, struct page_table **pmd);
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
static inline struct pte pte_get(const struct page_table *table, unsigned i)
{
	return (struct pte){ table->pte.pfn[i], table->pte.bits[i] };
}
/* Sets or (bits 0) clears an entry; counts nothing but the entries used. */
void pte_set(struct page_table *table, unsigned i, struct pte pte);
/* Frees the tables below [start, end) that lie within floor..ceiling (0: no limit) as a whole. */
void free_pgtables(struct task *t, struct mm_struct *mm, uint64_t start, uint64_t end,
		   uint64_t floor, uint64_t ceiling);
/* The top table of a new address space. */
struct page_table *pgd_alloc(struct task *t);
void pgd_free(struct linux_vm *vm, const struct cpu *cpu, struct page_table *pgd);

/* --- fault.c --- */

/*
 * One call of the fault handler; the entry may have been set by somebody else already.
 * vm.fault_around_bytes says how many neighbours a read fault maps along.
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
/* Whether dropping mmap_lock, as maybe_unlock_mmap_for_io does, is allowed: the first attempt. */
bool fault_may_drop_lock(const struct vm_fault *vmf);

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

/* --- rmap.c --- */

/* An entry that shows the page was set, or taken away (the reference is the caller's business). */
void page_add_file_rmap(struct linux_vm *vm, struct page *page);
void page_remove_rmap(struct linux_vm *vm, struct page *page);
/* Entries that map a page (any page of a large one). */
bool page_mapped(const struct page *page);
/*
 * Clears the young bits of all entries of a page.  Returns the number of VMAs that had one (those
 * of VM_SEQ_READ not counted); *vm_flags: their flags joined.  is_locked: the caller holds the
 * page's lock; else it is tried, and 1 returned if somebody holds it.
 */
int folio_referenced(struct linux_vm *vm, struct page *page, bool is_locked, unsigned *vm_flags);
/*
 * Takes all entries of a locked page away, dirty ones dirty it, and drops their references.  The
 * caller pays for the flush of the TLB, once for many pages.  Returns the entries taken.
 */
int try_to_unmap(struct task *t, struct page *page);
/* Makes entries of shared mappings clean and read-only.  Returns how many were not. */
int folio_mkclean(struct task *t, struct page *page);
/*
 * All entries of old show new instead, with their references, bits and counts; both locked, old
 * still in the cache.  Returns how many.
 */
int rmap_move(struct linux_vm *vm, struct page *old, struct page *new);
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
