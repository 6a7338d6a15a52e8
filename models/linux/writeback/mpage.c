/*
 * mpage.c - dirty pages become bios
 *
 *	page -> sector -> a bio of its own, or one with all that lie in a row
 *
 * Who walks over the file (page_writeback.c) hands over pages that are locked
 * and no longer dirty; they come back through end_bio_write.
 */
#include <errno.h>

#include "models/linux/pagecache/buffer_head.h"
#include "models/linux/pagecache/pagemap.h"
#include "models/linux/storage/file.h"
#include "models/linux/writeback/writeback.h"

/* --- bios --- */

/* Pages of a large folio that are still being written, and one for who submits them. */
static uint32_t *write_pending(struct page *folio)
{
	return &folio[2].prev;
}

/* But for xfs, who writes finds out no more of an error than that there was one. */
static int kept_error(const struct address_space *m, int error)
{
	return m->host->fs->iomap ? error : -EIO;
}

static void end_bio_write(struct linux_vm *vm, struct bio *bio)
{
	for (int i = 0; i < bio->nr_pages; i++) {
		struct page *page = page_folio(pfn_to_page(vm, bio->pfn[i]));

		struct address_space *m = page_mapping(vm, page);

		if (bio->error) {
			page->flags |= PG_error;
			if (m)
				mapping_set_error(m, kept_error(m, bio->error));
		}
		if ((page->flags & PG_head) && --*write_pending(page))
			continue;
		end_page_writeback(vm, page);
	}
}

static unsigned wbc_to_write_flags(const struct address_space *m,
				   const struct writeback_control *wbc)
{
	if (wbc->sync_mode == WB_SYNC_ALL)
		return REQ_SYNC;
	if (m->host->fs->writepages == WRITEPAGES_EXT4)
		return 0;
	return wbc->for_kupdate || wbc->for_background ? REQ_BACKGROUND : 0;
}

static struct bio *bio_for_write(const struct address_space *m, const struct writeback_control *wbc,
				 uint64_t sector)
{
	struct bio *bio =
	    bio_alloc(m->host->bdi->q, DISK_WRITE, wbc_to_write_flags(m, wbc), sector);

	bio->end_io = end_bio_write;
	return bio;
}

/* A page behind the end of the file: whoever cuts the file off there waits for its lock. */
static bool page_is_cut_off(const struct address_space *m, const struct page *page)
{
	return page->index >= div_round_up(m->host->i_size, PAGE_SIZE);
}

/*
 * What a page or folio has behind the end of its file is zeroed each time it is written: old bytes
 * of a file that was shorter for a while, or stores of a program that maps it.
 */
static void zero_behind_end(const struct address_space *m, const struct page *page)
{
	uint64_t size = m->host->i_size, begin = page->index << PAGE_SHIFT;
	uint64_t end = begin + (folio_nr_pages(page) << PAGE_SHIFT);

	if (size > begin && size < end)
		trace_sim_zero_tail(m->vm->sim, m->host->id, (int64_t)(size >> PAGE_SHIFT),
				    (int64_t)(size % PAGE_SIZE), (int64_t)(end - size));
}

/* Where a page is to be written.  False: it belongs to no block. */
static bool map_for_write(struct address_space *m, uint64_t index, uint64_t *sector)
{
	if (m->host->fs->delalloc && file_allocate_block(m->vm, m->host, index))
		return false;
	return file_find_block(m->host, index, sector);
}

int block_write_full_page(struct task *t, struct page *page, struct writeback_control *wbc,
			  void *data)
{
	struct linux_vm *vm = task_vm(t);
	struct address_space *m = page_mapping(vm, page);
	uint64_t sector;
	struct bio *bio;

	(void)data;
	if (page_is_cut_off(m, page)) {
		unlock_page(vm, page);
		return 0;
	}
	if (!map_for_write(m, page->index, &sector)) {
		/* nothing on the disk belongs to it */
		set_page_writeback(m, page, false);
		unlock_page(vm, page);
		end_page_writeback(vm, page);
		return 0;
	}
	if (m->host->fs->buffers)
		create_page_buffers(t, page);
	zero_behind_end(m, page);
	set_page_writeback(m, page, false);
	bio = bio_for_write(m, wbc, sector);
	bio_add_page(vm, bio, page_to_pfn(vm, page));
	submit_bio(t, bio);
	unlock_page(vm, page);
	return 0;
}

/* What mpage_writepages has gathered. */
struct mpage_data {
	struct bio *bio;
	uint64_t next_sector; /* where the next page would have to lie */
};

static void mpage_submit(struct task *t, struct mpage_data *mpd)
{
	struct bio *bio = mpd->bio;

	mpd->bio = NULL;
	if (bio)
		submit_bio(t, bio);
}

/* Adds a page that lies at a sector to the bio, which may be a new one. */
static void mpage_add(struct task *t, struct mpage_data *mpd, struct address_space *m,
		      const struct writeback_control *wbc, uint32_t pfn, uint64_t sector)
{
	if (mpd->bio && sector != mpd->next_sector)
		mpage_submit(t, mpd);
	for (;;) {
		if (!mpd->bio)
			mpd->bio = bio_for_write(m, wbc, sector);
		if (bio_add_page(m->vm, mpd->bio, pfn))
			break;
		mpage_submit(t, mpd);
	}
	mpd->next_sector = sector + PAGE_SECTORS;
}

/* All of a large folio that has a place and lies before the end of the file, changed or not. */
static void mpage_write_folio(struct task *t, struct page *folio, struct writeback_control *wbc,
			      struct mpage_data *mpd)
{
	struct linux_vm *vm = task_vm(t);
	struct address_space *m = page_mapping(vm, folio);
	uint64_t nr = folio_nr_pages(folio);
	uint64_t end = div_round_up(m->host->i_size, PAGE_SIZE), sector;

	zero_behind_end(m, folio);
	set_page_writeback(m, folio, false);
	*write_pending(folio) = 1;
	for (uint64_t i = 0; i < nr && folio->index + i < end; i++) {
		if (!map_for_write(m, folio->index + i, &sector))
			continue;
		++*write_pending(folio);
		mpage_add(t, mpd, m, wbc, page_to_pfn(vm, folio + i), sector);
		if (file_stretch_ends(m->host, folio->index + i))
			mpage_submit(t, mpd);
	}
	unlock_page(vm, folio);
	if (--*write_pending(folio) == 0)
		end_page_writeback(vm, folio);
}

static int mpage_writepage(struct task *t, struct page *page, struct writeback_control *wbc,
			   void *data)
{
	struct mpage_data *mpd = data;
	struct linux_vm *vm = task_vm(t);
	struct address_space *m = page_mapping(vm, page);
	uint64_t sector;

	if ((page->flags & PG_head) && !page_is_cut_off(m, page)) {
		mpage_write_folio(t, page, wbc, mpd);
		return 0;
	}
	if (page_is_cut_off(m, page) || !map_for_write(m, page->index, &sector)) {
		mpage_submit(t, mpd);
		return block_write_full_page(t, page, wbc, NULL);
	}
	zero_behind_end(m, page);
	mpage_add(t, mpd, m, wbc, page_to_pfn(vm, page), sector);
	set_page_writeback(m, page, false);
	unlock_page(vm, page);
	if (file_stretch_ends(m->host, page->index))
		mpage_submit(t, mpd);
	return 0;
}

int mpage_writepages(struct task *t, struct address_space *m, struct writeback_control *wbc)
{
	struct mpage_data mpd = { .bio = NULL };
	int ret;

	blk_start_plug(t);
	ret = write_cache_pages(t, m, wbc, mpage_writepage, &mpd);
	mpage_submit(t, &mpd);
	blk_finish_plug(t);
	return ret;
}
