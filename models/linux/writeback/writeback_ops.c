/*
 * writeback_ops.c - functions of writeback as calls of scenarios
 *
 * They are called as they are: who holds which lock is the scenario's business, and one that does
 * not keep to the rules has met a simulated BUG.
 */
#include <errno.h>

#include "models/linux/arg.h"
#include "models/linux/model_list.h"
#include "models/linux/pagecache/cache_ops.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"

const struct key_word writeback_sync_mode_words[] = {
	{ "WB_SYNC_NONE", WB_SYNC_NONE, "pass over them" },
	{ "WB_SYNC_ALL", WB_SYNC_ALL, "wait for them and write them again" },
	{ NULL, 0, NULL },
};

const struct key_word mapping_error_words[] = {
	{ "EIO", -EIO, "the disk failed" },
	{ "ENOSPC", -ENOSPC, "the disk was full" },
	{ NULL, 0, NULL },
};

/* A page whose write takes its time. */
struct cache_write {
	struct cache_object object; /* its event: the write is done */
	struct page *page;          /* under writeback, which holds it in the cache */
};

/* The page of a file, its first one if it is compound; NULL: there is none. */
static struct page *file_page(struct task *t, const struct args *a)
{
	struct page *page = a->page.ptr ? page_folio(a->page.ptr) : NULL;

	/* no writeback knows of pages of tmpfs */
	if (page && page->mapping & AS_SHMEM_ID)
		return NULL;
	return page && page_mapping(task_vm(t), page) ? page : NULL;
}

/* ---- those who wait ---- */

static int64_t op_filemap_flush(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	return filemap_flush(t, mapping_of(a));
}

static int64_t op_filemap_fdatawait(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	return filemap_fdatawait(t, mapping_of(a));
}

static int64_t op_filemap_fdatawait_range(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	return filemap_fdatawait_range(t, mapping_of(a), a->lstart, a->lend);
}

static int64_t op_filemap_write_and_wait_range(struct task *t, const struct args *a,
					       struct result *r)
{
	(void)r;
	return filemap_write_and_wait_range(t, mapping_of(a), a->lstart, a->lend);
}

static int64_t op_wait_for_stable_page(struct task *t, const struct args *a, struct result *r)
{
	struct page *page = file_page(t, a);

	(void)r;
	if (is_bug(t, !page, "wait_for_stable_page: not a page of a file"))
		return -EINVAL;
	wait_for_stable_page(t, page);
	return 0;
}

static int64_t op_balance_dirty_pages_ratelimited(struct task *t, const struct args *a,
						  struct result *r)
{
	(void)r;
	balance_dirty_pages_ratelimited(t, mapping_of(a));
	return 0;
}

static int64_t op_mapping_set_error(struct task *t, const struct args *a, struct result *r)
{
	(void)t;
	(void)r;
	mapping_set_error(mapping_of(a), (int)a->error);
	return 0;
}

/* ---- states of a page ---- */

static int64_t op_set_page_dirty(struct task *t, const struct args *a, struct result *r)
{
	struct page *page = file_page(t, a);

	(void)r;
	if (is_bug(t, !page || !(page->flags & PG_locked),
		   "set_page_dirty: not a locked page of a file"))
		return -EINVAL;
	return set_page_dirty(t, page);
}

static int64_t op_clear_page_dirty_for_io(struct task *t, const struct args *a, struct result *r)
{
	struct page *page = file_page(t, a);

	(void)r;
	if (is_bug(t, !page || !(page->flags & PG_locked),
		   "clear_page_dirty_for_io: not a locked page of a file"))
		return -EINVAL;
	return clear_page_dirty_for_io(t, page, page_mapping(task_vm(t), page));
}

static int64_t op_set_page_writeback(struct task *t, const struct args *a, struct result *r)
{
	struct page *page = file_page(t, a);

	(void)r;
	if (is_bug(t, !page || !(page->flags & PG_locked),
		   "set_page_writeback: not a locked page of a file") ||
	    is_bug(t, page->flags & PG_writeback, "set_page_writeback: the page is being written"))
		return -EINVAL;
	set_page_writeback(page_mapping(task_vm(t), page), page, false);
	return 0;
}

static int64_t op_end_page_writeback(struct task *t, const struct args *a, struct result *r)
{
	struct page *page = file_page(t, a);

	(void)r;
	if (is_bug(t, !page, "end_page_writeback: not a page of a file"))
		return -EINVAL;
	end_page_writeback(task_vm(t), page);
	return 0;
}

static int64_t op_write_one_page(struct task *t, const struct args *a, struct result *r)
{
	struct page *page = file_page(t, a);

	(void)r;
	if (is_bug(t, !page, "write_one_page: not a page of a file") ||
	    is_bug(t, page_mapping(task_vm(t), page)->flags & AS_NO_WRITEPAGE,
		   "write_one_page: the file system has no writepage"))
		return -EINVAL;
	return write_one_page(t, page, a->wait);
}

/* ---- walks ---- */

/* What a walk does with its pages, and did. */
struct writepage_state {
	const struct behaviour *b;
	int64_t calls, first, last; /* pages; -1: none yet */
};

static void write_done(struct sim *s, struct event *e)
{
	struct cache_write *write = CONTAINER_OF(e, struct cache_write, object.event);
	struct page *page = write->page;

	cache_object_free(s, &write->object);
	end_page_writeback(linux_vm(s), page);
}

static void write_later(struct task *t, struct page *page, sim_time delay)
{
	struct cache_write *write = cache_object_new(task_vm(t), sizeof(*write));

	write->page = page;
	task_sync(t);
	event_schedule(t->sim, &write->object.event, t->sim->now + delay, EVENT_IO, write_done);
}

static int writepage_by_words(struct task *t, struct page *page, struct writeback_control *wbc,
			      void *data)
{
	struct linux_vm *vm = task_vm(t);
	struct writepage_state *state = data;
	const struct behaviour *b = state->b;
	int error = 0;

	if (!state->calls++)
		state->first = (int64_t)page->index;
	state->last = (int64_t)page->index;
	if (b->kind == BEHAVE_NONE)
		return block_write_full_page(t, page, wbc, NULL);
	if (b->kind == BEHAVE_ERROR)
		error = b->error;
	else if (b->kind == BEHAVE_FAIL && state->calls == b->nth)
		error = -EIO;
	if (error)
		page->flags |= PG_error;
	set_page_writeback(page_mapping(vm, page), page, false);
	unlock_page(vm, page);
	if (b->kind == BEHAVE_DELAY)
		write_later(t, page, b->delay);
	else
		end_page_writeback(vm, page); /* a page that failed is clean, too */
	return error;
}

static struct writeback_control wbc_of(const struct args *a)
{
	return (struct writeback_control){ .sync_mode = (enum writeback_sync_modes)a->sync_mode,
					   .nr_to_write = a->nr_to_write,
					   .range_start = a->lstart,
					   .range_end = a->lend,
					   .range_cyclic = a->range_cyclic,
					   .tagged_writepages = a->tagged_writepages };
}

static int64_t walk_result(const struct writeback_control *wbc, const struct writepage_state *state,
			   int error, struct result *r)
{
	r->out[0] = wbc->nr_to_write;
	r->out[1] = state->calls;
	r->out[2] = state->first;
	r->out[3] = state->last;
	return error;
}

static int64_t op_tag_pages_for_writeback(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	tag_pages_for_writeback(t, mapping_of(a), (uint64_t)a->start, (uint64_t)a->end);
	return 0;
}

static int64_t op_write_cache_pages(struct task *t, const struct args *a, struct result *r)
{
	struct writepage_state state = { &a->writepage, 0, -1, -1 };
	struct writeback_control wbc = wbc_of(a);
	struct address_space *m = mapping_of(a);
	int error;

	if (is_bug(t, a->writepage.kind == BEHAVE_NONE && (m->flags & AS_NO_WRITEPAGE),
		   "write_cache_pages: no writepage"))
		return walk_result(&wbc, &state, -EINVAL, r);
	error = write_cache_pages(t, m, &wbc, writepage_by_words, &state);
	return walk_result(&wbc, &state, error, r);
}

static int64_t op_generic_writepages(struct task *t, const struct args *a, struct result *r)
{
	struct writepage_state state = { &a->writepage, 0, -1, -1 };
	struct writeback_control wbc = wbc_of(a);
	struct address_space *m = mapping_of(a);
	int error = 0;

	if (a->writepage.kind != BEHAVE_NONE || !(m->flags & AS_NO_WRITEPAGE))
		error = generic_writepages_by(t, m, &wbc, writepage_by_words, &state);
	return walk_result(&wbc, &state, error, r);
}

#define LAST "9223372036854775807"
#define WBC                                                                                        \
	"file, sync_mode = WB_SYNC_NONE, nr_to_write = " LAST ", lstart = 0, lend = " LAST         \
	", range_cyclic =, tagged_writepages =, writepage ="

static const struct op writeback_ops[] = {
	{ "filemap_flush", "file", NULL, op_filemap_flush, OP_NO_IRQ,
	  "start writing all dirty pages of a file, wait for none" },
	{ "filemap_fdatawait", "file", NULL, op_filemap_fdatawait, OP_NO_IRQ,
	  "wait for all pages under writeback; the error of writing, once" },
	{ "filemap_fdatawait_range", "file, lstart = 0, lend = " LAST, NULL,
	  op_filemap_fdatawait_range, OP_NO_IRQ, "the same for bytes lstart to lend" },
	{ "filemap_write_and_wait_range", "file, lstart = 0, lend = " LAST, NULL,
	  op_filemap_write_and_wait_range, OP_NO_IRQ,
	  "write the dirty pages of bytes lstart to lend and wait for them" },
	{ "wait_for_stable_page", "page", NULL, op_wait_for_stable_page, OP_NO_IRQ,
	  "wait for writeback if pages of the disk must not change meanwhile" },
	{ "balance_dirty_pages_ratelimited", "file", NULL, op_balance_dirty_pages_ratelimited,
	  OP_NO_IRQ, "ask whether the task, which made pages dirty, is to be held back" },
	{ "mapping_set_error", "file, error = EIO", NULL, op_mapping_set_error, 0,
	  "keep an error of writing for those who wait" },
	{ "set_page_dirty", "page", NULL, op_set_page_dirty, OP_NO_IRQ,
	  "a locked page becomes dirty: 1, or 0 if it was" },
	{ "clear_page_dirty_for_io", "page", NULL, op_clear_page_dirty_for_io, OP_NO_IRQ,
	  "a locked page is about to be written: 1, or 0 if it is clean" },
	{ "set_page_writeback", "page", NULL, op_set_page_writeback, OP_NO_IRQ,
	  "a locked page is under writeback" },
	{ "end_page_writeback", "page", NULL, op_end_page_writeback, 0,
	  "it is no longer: whoever waits is woken" },
	{ "write_one_page", "page, wait = true", NULL, op_write_one_page, OP_NO_IRQ,
	  "write a locked page, which is unlocked" },
	{ "tag_pages_for_writeback", "file, start = 0, end = " LAST, NULL,
	  op_tag_pages_for_writeback, OP_NO_IRQ,
	  "mark what is dirty of pages start to end to be written" },
	{ "write_cache_pages", WBC, "pages_written", op_write_cache_pages, OP_NO_IRQ,
	  "walk over dirty pages in the order of their indices and have writepage write each; "
	  "without it a bio a page" },
	{ "generic_writepages", WBC, "pages_written", op_generic_writepages, OP_NO_IRQ,
	  "the same as file systems without a walk of their own do it: with a plug, and the error "
	  "is kept" },
};

const struct model writeback_ops_model = {
	.name = "writeback_ops",
	.ops = writeback_ops,
	.nr_ops = ARRAY_LEN(writeback_ops),
};
