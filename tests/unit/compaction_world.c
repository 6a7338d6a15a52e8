/*
 * compaction_world.c - random zones for test_compaction_naive.c
 */
#include "tests/unit/compaction_world.h"

/* ---- random zones ---- */

enum role {
	ROLE_FREE,
	ROLE_USED,
	ROLE_CACHE,
};

/* A zone without free pages, no pageblock marked, of random types. */
static void clear_zone(struct world *w)
{
	struct zone *z = w->z;
	struct per_cpu_pages *pcp = &z->pcp[0];
	uint32_t pfn;

	drain_all_pages(w->vm, &w->vm->sim->cpus[0]);
	for (int o = 0; o < NR_ORDERS; o++) {
		for (int t = 0; t < NR_TYPES; t++) {
			while ((pfn = z->free_area[o].free_list[t].head) != 0) {
				del_page_from_free_list(w->vm, z, pfn, o);
				memset(&w->usable[pfn], true, 1u << o);
			}
		}
	}
	z->nr_free_global = 0;
	pcp->stat_threshold = pcp->free_diff = 0;
	pcp->free_factor = (int)below(w, 3);
	pcp->batch = (int[]){ 1, 7, 31, 63 }[below(w, 4)];
	pcp->high = (int[]){ 0, 20, 100, 400 }[below(w, 4)];
}

static void random_types(struct world *w)
{
	unsigned movable = (unsigned)below(w, 101);

	w->z->nr_reserved_highatomic = 0;
	for (uint64_t pfn = bs(w->z->zone_start_pfn); pfn < zone_end_pfn(w->z); pfn += 512) {
		int type = chance(w, movable) ? MIGRATE_MOVABLE : (int)below(w, 3);

		if (chance(w, 2)) {
			type = MIGRATE_HIGHATOMIC;
			w->z->nr_reserved_highatomic += 512;
		}
		set_pageblock_migratetype(w->vm, pfn, type);
		set_pfnblock_flags_mask(w->vm, chance(w, 10) ? 8 : 0, pfn, 8);
	}
}

static void random_marks(struct world *w)
{
	struct zone *z = w->z;

	z->_watermark[WMARK_MIN] = below(w, chance(w, 70) ? 100 : 3000);
	z->_watermark[WMARK_LOW] = z->_watermark[WMARK_MIN] + below(w, 200);
	z->watermark_boost = chance(w, 20) ? below(w, 600) : 0;
	if (chance(w, 20) && z->nr_free_global > 200) { /* soon too little is left */
		z->_watermark[WMARK_MIN] = (uint64_t)z->nr_free_global - below(w, 200);
		z->_watermark[WMARK_LOW] = z->_watermark[WMARK_MIN] + below(w, 3);
		z->watermark_boost = 0;
	}
	z->_watermark[WMARK_HIGH] = z->_watermark[WMARK_LOW] + below(w, 200);
	w->vm->sysctl.extfrag_threshold = (int64_t)(chance(w, 50) ? 500 : below(w, 1001));
	w->vm->sysctl.compact_unevictable_allowed = chance(w, 70);
}

/* A page of the file for a frame that is nobody's; not on an LRU list yet. */
static void make_cache_page(struct world *w, uint32_t pfn)
{
	struct page *page = page_at(w, pfn);
	bool pinned = chance(w, 3), unevictable = chance(w, 2);

	page->flags = chance(w, 20) ? PG_active : 0;
	if (unevictable) {
		page->flags = PG_mlocked;
		w->z->stat.nr_mlock++;
	}
	page->refcount = 1;
	if (add_to_page_cache_lru(w->t, page, w->mapping, ++w->next_index, GFP_KERNEL))
		abort();
	w->m->add[w->m->nr_add++] = pfn;
	w->m->nr_add %= BATCH; /* a full one was emptied */
	page->flags |= PG_uptodate;
	page->flags |= chance(w, 30) ? PG_referenced : 0;
	page->flags |= chance(w, 10) ? PG_workingset : 0;
	if (chance(w, 10))
		set_page_dirty(w->t, page);
	unlock_page(w->vm, page);
	if (!pinned)
		put_page(w->vm, w->cpu, page);
}

void world_make_used(struct world *w, uint32_t pfn)
{
	page_at(w, pfn)->flags = 0;
	page_at(w, pfn)->refcount = 1;
}

static void make_compound(struct world *w, uint32_t pfn, int order)
{
	struct page *page = page_at(w, pfn);

	page->flags = PG_head;
	page->order = (uint8_t)order;
	page->refcount = 1;
	for (uint32_t i = 1; i < 1u << order; i++) {
		page[i].flags = PG_tail;
		page[i].index = i;
	}
}

/* Frees a frame that is nobody's. */
static void free_frame(struct world *w, uint32_t pfn)
{
	int type = get_pageblock_migratetype(w->vm, pfn);

	page_at(w, pfn)->flags = 0;
	page_at(w, pfn)->refcount = 0;
	if (chance(w, 20)) {
		free_unref_page(w->vm, w->cpu, pfn, 0);
		return;
	}
	if (type < 3 && chance(w, 5))
		type = (int)below(w, 3); /* as a stolen block lies on a list of another type */
	__free_one_page(w->vm, w->cpu, w->z, pfn, 0, type, chance(w, 30) ? FPI_TO_TAIL : FPI_NONE);
}

struct mix {
	unsigned free, cache; /* percent; the rest is in use */
	unsigned run;         /* longest stretch of the same */
	unsigned compound;    /* percent of the frames in use that begin a compound page */
	int largest;          /* no free block is larger than 2^largest, */
	unsigned hole;        /* because of this frame of every other stretch of that size */
};

static struct mix random_mix(struct world *w, unsigned fullness, int largest)
{
	struct mix mix = { .run = 1 + (unsigned)below(w, chance(w, 50) ? 8 : 200) };

	mix.largest = largest;
	mix.hole = (1u << largest) / 3;
	mix.compound = chance(w, 30) ? 5 : 0;
	switch (below(w, 6)) {
	case 0:
		mix.free = 100;
		break;
	case 1:
		mix.cache = chance(w, 50) ? 100 : 0;
		break;
	case 2:
		mix.free = 98;
		mix.cache = (unsigned)below(w, 3);
		break;
	default:
		mix.free = 100 - (unsigned)below(w, fullness + 1);
		mix.cache =
		    (100 - mix.free) * (chance(w, 60) ? 100 : (unsigned)below(w, 101)) / 100;
		break;
	}
	return mix;
}

struct todo {
	uint32_t pfn;
	bool free; /* else a page of the file */
};

static struct todo *todo;
static int nr_todo;

/* Decides about one pageblock; what is to be done in random order goes to todo. */
static void fill_block(struct world *w, uint32_t block, struct mix mix)
{
	enum role role = ROLE_USED;
	unsigned left = 0;

	for (uint32_t pfn = block; pfn < block + 512; pfn++) {
		if (!w->usable[pfn])
			continue;
		if (!left--) {
			uint64_t x = below(w, 100);

			role = x < mix.free               ? ROLE_FREE
			       : x < mix.free + mix.cache ? ROLE_CACHE
							  : ROLE_USED;
			left = (unsigned)below(w, mix.run);
		}
		int order = (int)below(w, 4);
		uint32_t size = 1u << order;

		if (role == ROLE_USED) {
			if (chance(w, mix.compound) && order && pfn % size == 0 &&
			    memchr(&w->usable[pfn], false, size) == NULL) {
				make_compound(w, pfn, order);
				pfn += size - 1;
			} else {
				world_make_used(w, pfn);
			}
			continue;
		}

		bool hole = mix.largest < 10 && pfn >> mix.largest & 1 &&
			    pfn % (1u << mix.largest) == mix.hole;

		todo[nr_todo++] = (struct todo){ pfn, role == ROLE_FREE && !hole };
	}
}

void world_random_zone(struct world *w)
{
	unsigned fullness = 1 + (unsigned)below(w, 100);
	struct naive *m = w->m;
	bool in_order = chance(w, 20);

	w->largest = chance(w, 70) ? (int)below(w, 11) : 10;
	nr_todo = 0;
	todo = sim_calloc(MAX_FRAMES, sizeof(*todo));
	m->nr_add = 0;
	m->start = (uint32_t)w->z->zone_start_pfn;
	m->end = (uint32_t)zone_end_pfn(w->z);
	clear_zone(w);
	random_types(w);
	for (uint32_t block = m->start / 512 * 512; block < m->end; block += 512) {
		if (chance(w, 3) && !memchr(&w->usable[block], false, 512)) {
			make_compound(w, block, 9);
			continue;
		}
		fill_block(w, block, random_mix(w, fullness, w->largest));
	}
	for (int i = nr_todo - 1; i > 0 && !in_order; i--) {
		int k = (int)below(w, (uint64_t)i + 1);
		struct todo one = todo[i];

		todo[i] = todo[k];
		todo[k] = one;
	}
	for (int i = 0; i < nr_todo; i++)
		if (!todo[i].free)
			make_cache_page(w, todo[i].pfn);
	for (int i = 0; i < nr_todo; i++)
		if (todo[i].free)
			free_frame(w, todo[i].pfn);
	sim_free(todo);
	random_marks(w);
	if (chance(w, 80)) {
		lru_add_drain_all(w->vm);
		m->nr_add = 0;
	}
	if (chance(w, 50))
		drain_all_pages_zone(w->vm, w->z, &w->vm->sim->cpus[0]);
}

/* ---- what happens between two compactions ---- */

static uint32_t random_frame(struct world *w)
{
	return w->m->start + (uint32_t)below(w, w->m->end - w->m->start);
}

static bool is_cache(const struct world *w, uint32_t pfn)
{
	return page_at(w, pfn)->mapping != 0;
}

static bool is_in_use(const struct world *w, uint32_t pfn)
{
	const struct page *page = page_at(w, pfn);

	return w->usable[pfn] && page->refcount > 0 && !page->mapping &&
	       !(page->flags & (PG_head | PG_tail | PG_lru));
}

static void drop_cache_page(struct world *w, uint32_t pfn)
{
	struct page *page = page_at(w, pfn);

	if (!is_cache(w, pfn) || !(page->flags & PG_lru))
		return;
	get_page(page);
	lock_page(w->t, page);
	delete_from_page_cache(w->vm, w->cpu, page);
	unlock_page(w->vm, page);
	/* sometimes it stays as one that only somebody's reference holds */
	if (chance(w, 90))
		put_page(w->vm, w->cpu, page);
}

static void take_block(struct world *w, int order)
{
	uint32_t pfn = __rmqueue(w->vm, w->z, order, (int)below(w, 3), 0);

	if (!pfn)
		return;
	mod_zone_free_pages(w->z, w->cpu, -(1LL << order));
	for (uint32_t i = 0; i < 1u << order; i++) {
		if (chance(w, 50) && w->next_index < MAX_INDEX - 1)
			make_cache_page(w, pfn + i);
		else
			world_make_used(w, pfn + i);
	}
}

static void change_frames(struct world *w)
{
	uint32_t from = random_frame(w), n = (uint32_t)below(w, 600);

	for (uint32_t pfn = from; pfn < from + n && pfn < w->m->end; pfn++) {
		if (chance(w, 30))
			drop_cache_page(w, pfn);
		else if (is_in_use(w, pfn) && chance(w, 30))
			free_frame(w, pfn);
	}
}

static void change_position(struct world *w)
{
	struct zone_compaction *zc = &w->z->compaction;
	uint64_t block = bs(random_frame(w));

	switch (below(w, 5)) {
	case 0:
		zc->cached_free_pfn = chance(w, 80) ? block : 0;
		break;
	case 1:
		zc->cached_migrate_pfn[0] = zc->cached_migrate_pfn[1] = max_of(block, w->m->start);
		break;
	case 2:
		zc->cached_migrate_pfn[below(w, 2)] = max_of(block, w->m->start);
		break;
	case 3:
		zc->blockskip_flush = true;
		break;
	case 4:
		zc->defer_shift = 6;
		zc->considered = 60 + (unsigned)below(w, 5);
		zc->order_failed = (int)below(w, 4);
		zc->blockskip_flush = chance(w, 80);
		break;
	}
}

void world_change(struct world *w)
{
	uint32_t pfn = random_frame(w);

	switch (below(w, 10)) {
	case 0:
		change_frames(w);
		break;
	case 1:
		for (int i = (int)below(w, 40); i > 0; i--)
			take_block(w, chance(w, 70) ? 0 : (int)below(w, 6));
		break;
	case 2:
		change_position(w);
		break;
	case 3:
		for (uint64_t p = bs(w->m->start); p < w->m->end; p += 512)
			if (chance(w, 30))
				set_pfnblock_flags_mask(w->vm, chance(w, 20) ? 8 : 0, p, 8);
		break;
	case 4:
		if (get_pageblock_migratetype(w->vm, pfn) < 3)
			set_pageblock_migratetype(w->vm, pfn, (int)below(w, 3));
		break;
	case 5:
		lru_add_drain_all(w->vm);
		w->m->nr_add = 0;
		break;
	case 6:
		drain_all_pages_zone(w->vm, w->z, &w->vm->sim->cpus[0]);
		break;
	case 7:
		random_marks(w);
		break;
	default:
		break;
	}
}

void world_set_pages(struct world *w, uint32_t flag, unsigned percent)
{
	for (uint32_t pfn = w->m->start; pfn < w->m->end; pfn++) {
		struct page *page = page_at(w, pfn);

		if (!percent)
			page->flags &= ~flag;
		else if (page->mapping && chance(w, percent))
			page->flags |= flag;
	}
}
