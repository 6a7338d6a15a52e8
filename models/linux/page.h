/*
 * page.h - one page frame
 *
 * Like:        Linux 6.1, include/linux/mm_types.h, page-flags.h: flags by name
 * Simplified:  a frame nobody ever touched is all zeroes and costs no host memory; where it
 *              belongs (zone, reserved) is known by range, not by the frame
 * Left out:    hwpoison, KSM, idle tracking
 *
 * Frames are linked by 32-bit frame numbers; 0 ends a list (frame 0 is never
 * given to the allocator).
 */
#ifndef MMSIM_LINUX_PAGE_H
#define MMSIM_LINUX_PAGE_H

#include "sim/sim.h"

#define PAGE_SHIFT         12
#define PAGE_SIZE          4096ULL
#define MAX_ORDER          11 /* orders 0..10 */
#define PAGEBLOCK_ORDER    9
#define PAGEBLOCK_NR_PAGES (1ULL << PAGEBLOCK_ORDER)
#define MAX_ORDER_NR_PAGES (1ULL << (MAX_ORDER - 1))
#define PAGES_PER_SECTION  32768ULL

enum page_flag {
	PG_locked = 1 << 0,
	PG_referenced = 1 << 1,
	PG_uptodate = 1 << 2,
	PG_dirty = 1 << 3,
	PG_lru = 1 << 4,
	PG_active = 1 << 5,
	PG_workingset = 1 << 6,
	PG_waiters = 1 << 7,
	PG_error = 1 << 8,
	PG_private = 1 << 9,
	PG_writeback = 1 << 10,
	PG_head = 1 << 11, /* first page of a compound page; order holds its order */
	PG_mappedtodisk = 1 << 12,
	PG_reclaim = 1 << 13,
	PG_readahead = PG_reclaim, /* the same bit; see spec of the page cache */
	PG_swapbacked = 1 << 14,
	PG_unevictable = 1 << 15,
	PG_mlocked = 1 << 16,
	PG_swapcache = 1 << 17,
	PG_buddy = 1 << 18,     /* head of a free block below the largest order */
	PG_tail = 1 << 19,      /* inside a compound page */
	PG_movable = 1 << 20,   /* movable though not on an LRU list */
	PG_pcp = 1 << 21,       /* head of a block on a per-CPU list */
	PG_isolated = 1 << 22,  /* taken off its LRU list by reclaim */
	PG_sim_block = 1 << 23, /* a block that a scenario holds; index is its order */
	PG_pfmemalloc = 1 << 24,
	PG_sim_unused = 1 << 25, /* readahead brought it and nobody has used it yet; of each page */
	PG_hugetlb = 1 << 30,    /* head of a huge page of the pool: mappings/hugetlb.h */
	PG_sim_milestone = 1 << 29, /* on a list, noted for the host: reclaim/lru_ahead.h */
	PG_sim_refault = 1 << 28, /* it was evicted before; who waits for it to be read knows why */
	PG_slab = 1 << 27,        /* kernel objects: reclaim/slab.c */
	PG_anon = 1 << 26,        /* anonymous: mapping is an anon_vma's id; see anon_index() */
	PG_anon_exclusive =
	    PG_mappedtodisk, /* anonymous, of one program: may be written in place */
};

struct page {
	uint32_t flags;   /* enum page_flag */
	int32_t refcount; /* 0: free, or inside a larger block */
	/*
	 * Frame numbers: LRU, free or per-CPU list.  The first tail of a compound page counts here:
	 * next the entries that map the head, prev those of all its pages (see page_mapcount).  Of
	 * an anonymous one the third page is its link in the queue of those to be split, the fourth
	 * counts: next the PMD entries that map it as a whole, prev enum split_queue_place.
	 */
	uint32_t next;
	uint32_t prev;
	uint32_t mapping; /* id of the address_space, 0: none; see pagecache/filemap.h */
	union {
		struct {
			uint8_t order;       /* PG_buddy, PG_pcp, PG_head: order of the block */
			uint8_t migratetype; /* remembered when it was put on a per-CPU list */
		};
		/* page-table entries that map it; a PG_head has it elsewhere: page_mapcount() */
		int32_t mapcount;
	};
	uint64_t index; /* in the mapping, pages; tails of compounds: offset from the head */
};

/*
 * A folio is a page, or the head of a compound page that stands for all of it: lock, state, place
 * on the LRU and references are the head's.
 */
static inline struct page *page_folio(struct page *page)
{
	return page->flags & PG_tail ? page - page->index : page;
}

static inline int folio_order(const struct page *folio)
{
	return folio->flags & PG_head ? folio->order : 0;
}

static inline uint64_t folio_nr_pages(const struct page *folio)
{
	return 1ULL << folio_order(folio);
}

/* Index in its mapping of any page of a folio. */
static inline uint64_t page_index(struct page *page)
{
	struct page *folio = page_folio(page);

	return folio->index + (uint64_t)(page - folio);
}

/*
 * An anonymous page keeps two things in index: which page of its mapping it is (address >> 12, or
 * the page of the file it was copied from), and, while it is PG_swapcache, its place in swap.
 */
#define ANON_INDEX_BITS 35
#define ANON_INDEX_MASK ((1ULL << ANON_INDEX_BITS) - 1)

static inline uint64_t anon_index(const struct page *page)
{
	return page->index & ANON_INDEX_MASK;
}

/* The value of its swp_entry_t; 0: none.  See swap/swap.h. */
static inline uint32_t page_swap_entry(const struct page *page)
{
	return (uint32_t)(page->index >> ANON_INDEX_BITS);
}

/* The same of any page of a large one, as its head has them. */
static inline uint64_t page_anon_index(struct page *page)
{
	struct page *folio = page_folio(page);

	return anon_index(folio) + (uint64_t)(page - folio);
}

static inline uint32_t page_swap_place(struct page *page)
{
	struct page *folio = page_folio(page);

	return page_swap_entry(folio) + (uint32_t)(page - folio);
}

static inline void set_page_swap_entry(struct page *page, uint32_t entry)
{
	page->index = (uint64_t)entry << ANON_INDEX_BITS | anon_index(page);
}

/* A large page of anonymous memory, or a part of one. */
static inline bool page_trans_huge_anon(const struct page *page)
{
	const struct page *head = page - (page->flags & PG_tail ? page->index : 0);

	return (head->flags & (PG_head | PG_anon)) == (PG_head | PG_anon);
}

/* Entries of PMD tables that map all of the compound page a page belongs to. */
static inline int32_t compound_mapcount(const struct page *page)
{
	const struct page *head = page - (page->flags & PG_tail ? page->index : 0);

	return page_trans_huge_anon(head) ? (int32_t)head[3].next : 0;
}

/* Page-table entries that map this page, by itself or with all of its compound page. */
static inline int32_t page_mapcount(const struct page *page)
{
	return (page->flags & PG_head ? (int32_t)page[1].next : page->mapcount) +
	       compound_mapcount(page);
}

/* Page-table entries that map any page of the compound it belongs to. */
static inline int32_t folio_mapcount(const struct page *page)
{
	const struct page *head = page - (page->flags & PG_tail ? page->index : 0);

	return head->flags & PG_head ? (int32_t)head[1].prev : head->mapcount;
}

static inline uint64_t pageblock_start_pfn(uint64_t pfn)
{
	return pfn & ~(PAGEBLOCK_NR_PAGES - 1);
}

/* First frame behind the pageblock of pfn. */
static inline uint64_t pageblock_end_pfn(uint64_t pfn)
{
	return (pfn | (PAGEBLOCK_NR_PAGES - 1)) + 1;
}

/* A list of frames by number, with both ends. */
struct page_list {
	uint32_t head, tail; /* 0: empty */
};

static inline bool page_list_empty(const struct page_list *l)
{
	return l->head == 0;
}

/* Puts a page at the head. */
static inline void page_list_push(struct page *map, struct page_list *l, struct page *p)
{
	uint32_t pfn = (uint32_t)(p - map), head = l->head;

	l->head = pfn;
	p->prev = 0;
	p->next = head;
	if (head)
		map[head].prev = pfn;
	else
		l->tail = pfn;
}

/* The same of one that is known by its number. */
static inline void page_list_add(struct page *map, struct page_list *l, uint32_t pfn)
{
	page_list_push(map, l, &map[pfn]);
}

static inline void page_list_add_tail(struct page *map, struct page_list *l, uint32_t pfn)
{
	struct page *p = &map[pfn];

	p->next = 0;
	p->prev = l->tail;
	if (l->tail)
		map[l->tail].next = pfn;
	else
		l->head = pfn;
	l->tail = pfn;
}

/* Before a page that is on the list. */
static inline void page_list_add_before(struct page *map, struct page_list *l, uint32_t at,
					uint32_t pfn)
{
	if (!map[at].prev) {
		page_list_add(map, l, pfn);
		return;
	}
	map[pfn].next = at;
	map[pfn].prev = map[at].prev;
	map[map[at].prev].next = pfn;
	map[at].prev = pfn;
}

static inline void page_list_del(struct page *map, struct page_list *l, uint32_t pfn)
{
	struct page *p = &map[pfn];

	if (p->next)
		map[p->next].prev = p->prev;
	else
		l->tail = p->prev;
	if (p->prev)
		map[p->prev].next = p->next;
	else
		l->head = p->next;
	p->next = p->prev = 0;
}

/* The first of a list that is not empty. */
static inline uint32_t page_list_pop(struct page *map, struct page_list *l)
{
	uint32_t pfn = l->head;
	struct page *p = &map[pfn];

	l->head = p->next;
	if (p->next)
		map[p->next].prev = 0;
	else
		l->tail = 0;
	p->next = 0;
	return pfn;
}

/* Moves all of from to the head of to, order kept. */
void page_list_splice(struct page *map, struct page_list *from, struct page_list *to);
/* The same to the tail. */
void page_list_splice_tail(struct page *map, struct page_list *from, struct page_list *to);
#endif
