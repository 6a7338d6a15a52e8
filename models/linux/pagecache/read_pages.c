/*
 * read_pages.c - reading pages of the cache from the disk
 *
 * Pages that lie one behind the other on the disk share a bio.  Its completion
 * makes them up to date and unlocks them; if any part of it failed none of
 * them is up to date.  A large folio may be read by several bios: it counts
 * down the pages that are not there yet, in a field of its third page, and is
 * unlocked with the last one.
 */
#include "models/linux/pagecache/filemap.h"
#include "models/linux/pagecache/readahead.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"

/* Pages of a large folio that are still to come. */
static uint32_t *read_pending(struct page *folio)
{
	return &folio[2].next;
}

/* A page of a folio has been read, or failed. */
static void finish_page(struct linux_vm *vm, struct page *folio, int error)
{
	if (error)
		folio->flags = (folio->flags & ~(uint32_t)PG_uptodate) | PG_error;
	if ((folio->flags & PG_head) && --*read_pending(folio))
		return;
	if (!(folio->flags & PG_error))
		folio->flags |= PG_uptodate;
	unlock_page(vm, folio);
}

static void read_end_io(struct linux_vm *vm, struct bio *bio)
{
	for (int i = 0; i < bio->nr_pages; i++)
		finish_page(vm, page_folio(pfn_to_page(vm, bio->pfn[i])), bio->error);
}

/* What is being gathered. */
struct read_state {
	struct address_space *m;
	struct bio *bio; /* NULL: none is open */
	unsigned bio_flags;
	uint64_t next_sector; /* behind the page added last */
	uint64_t in_row;      /* pages from the next one on that lie there */
};

static void read_submit(struct task *t, struct read_state *r)
{
	if (r->bio)
		submit_bio(t, r->bio);
	r->bio = NULL;
}

static void read_one(struct task *t, struct read_state *r, struct page *page, struct page *folio)
{
	struct address_space *m = r->m;
	struct linux_vm *vm = m->vm;
	uint32_t pfn = page_to_pfn(vm, page);
	uint64_t sector;

	if (r->in_row) {
		sector = r->next_sector;
	} else if (!file_map_block(m->host, folio->index + (uint64_t)(page - folio), &sector,
				   &r->in_row)) {
		/* a hole reads as zeroes */
		task_run(t, (sim_time)vm->machine->cost.page_zero);
		finish_page(vm, folio, 0);
		return;
	}
	r->in_row--;
	task_run(t, (sim_time)vm->machine->cost.page_read);
	if (r->bio && (sector != r->next_sector || !bio_add_page(vm, r->bio, pfn)))
		read_submit(t, r);
	if (!r->bio) {
		might_sleep(t); /* an allocation that may wait */
		r->bio = bio_alloc(m->host->bdi->q, DISK_READ, r->bio_flags, sector);
		r->bio->end_io = read_end_io;
		bio_add_page(vm, r->bio, pfn);
	}
	r->next_sector = sector + SECTORS_PER_PAGE;
}

void read_pages(struct task *t, struct address_space *m, const uint32_t *pfns, uint64_t nr,
		unsigned bio_flags)
{
	struct read_state r = { .m = m, .bio_flags = bio_flags };

	if (!nr)
		return;
	blk_start_plug(t);
	for (uint64_t i = 0; i < nr; i++) {
		struct page *folio = pfn_to_page(m->vm, pfns[i]);
		uint64_t n = folio_nr_pages(folio);

		folio->flags &= ~(uint32_t)PG_error;
		if (n > 1)
			*read_pending(folio) = (uint32_t)n;
		for (uint64_t k = 0; k < n; k++)
			read_one(t, &r, folio + k, folio);
	}
	read_submit(t, &r);
	blk_finish_plug(t);
}
