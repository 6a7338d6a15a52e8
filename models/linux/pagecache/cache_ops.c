/*
 * cache_ops.c - functions of the page cache, as calls of scenarios
 *
 * A page that a call gives carries one reference, which put_page drops.  Where the
 * kernel's caller owes something (a lock, a page of its own), a scenario that
 * does not keep to it has met a simulated BUG.
 */
#include <errno.h>

#include "models/linux/alloc/cma.h"
#include "models/linux/alloc/page_alloc.h"
#include "models/linux/arg.h"
#include "models/linux/model_list.h"
#include "models/linux/pagecache/cache_ops.h"
#include "models/linux/pagecache/pagemap.h"
#include "models/linux/pagecache/readahead.h"
#include "models/linux/task.h"

const struct key_word fgp_words[] = {
	{ "FGP_ACCESSED", FGP_ACCESSED, "count a use" },
	{ "FGP_LOCK", FGP_LOCK, "return it locked" },
	{ "FGP_CREAT", FGP_CREAT, "make it if it is missing" },
	{ "FGP_WRITE", FGP_WRITE, "it will be written" },
	{ "FGP_NOFS", FGP_NOFS, "reclaim must not enter the file system" },
	{ "FGP_NOWAIT", FGP_NOWAIT, "do not wait for the lock" },
	{ "FGP_FOR_MMAP", FGP_FOR_MMAP, "for a fault: a new page comes back unlocked" },
	{ "FGP_HEAD", FGP_HEAD, "the head of a compound page" },
	{ "FGP_ENTRY", FGP_ENTRY, "give shadows, too" },
	{ "FGP_STABLE", FGP_STABLE, "wait for stable content" },
	{ NULL, 0, NULL },
};

const struct key_word page_tag_words[] = {
	{ "dirty", PAGECACHE_TAG_DIRTY, "changed" },
	{ "writeback", PAGECACHE_TAG_WRITEBACK, "being written" },
	{ "towrite", PAGECACHE_TAG_TOWRITE, "chosen by a walk that writes" },
	{ NULL, 0, NULL },
};

/* What calls of scenarios keep: freed at the end of the run. */
struct cache_calls {
	struct list objects; /* struct cache_object */
};

/* A read by a filler that takes its time. */
struct cache_read {
	struct cache_object object; /* its event: the read is done */
	struct page *page;          /* locked */
};

void *cache_object_new(struct linux_vm *vm, size_t size)
{
	struct cache_object *o = sim_calloc(1, size);

	if (!vm->cache_calls) {
		vm->cache_calls = sim_calloc(1, sizeof(*vm->cache_calls));
		list_init(&vm->cache_calls->objects);
	}
	list_add_tail(&o->link, &vm->cache_calls->objects);
	return o;
}

void cache_object_free(struct sim *s, struct cache_object *o)
{
	event_cancel(s, &o->event);
	list_del(&o->link);
	sim_free(o);
}

void cache_calls_free(struct linux_vm *vm)
{
	struct cache_calls *calls = vm->cache_calls;

	if (!calls)
		return;
	LIST_FOR_EACH_SAFE (pos, next, &calls->objects)
		cache_object_free(vm->sim, LIST_ENTRY(pos, struct cache_object, link));
	sim_free(calls);
	vm->cache_calls = NULL;
}

/* ---- fillers ---- */

struct filler_state {
	const struct behaviour *b;
	int64_t calls;
};

static void read_done(struct sim *s, struct event *e)
{
	struct cache_read *read = CONTAINER_OF(e, struct cache_read, object.event);
	struct page *page = read->page;

	cache_object_free(s, &read->object);
	page_end_read(linux_vm(s), page, true);
}

static int filler_by_words(struct task *t, void *data, struct page *page)
{
	struct linux_vm *vm = task_vm(t);
	struct filler_state *state = data;
	int error = 0;

	state->calls++;
	switch (state->b->kind) {
	case BEHAVE_NONE:
		return mapping_read_page(t, NULL, page);
	case BEHAVE_OK:
		break;
	case BEHAVE_ERROR:
		error = state->b->error;
		break;
	case BEHAVE_FAIL:
		error = state->calls == state->b->nth ? -EIO : 0;
		break;
	case BEHAVE_DELAY: {
		struct cache_read *read = cache_object_new(vm, sizeof(*read));

		read->page = page;
		task_sync(t);
		event_schedule(t->sim, &read->object.event, t->sim->now + state->b->delay, EVENT_IO,
			       read_done);
		return 0;
	}
	}
	page_end_read(vm, page, !error);
	return error;
}

static int64_t op_read_cache_pages(struct task *t, const struct args *a, struct result *r)
{
	struct address_space *m = mapping_of(a);
	struct filler_state state = { &a->filler, 0 };
	struct linux_vm *vm = m->vm;
	struct page_list pages = { 0, 0 };

	(void)r;
	if (is_bug(t, on_tmpfs(a), "read_cache_pages: " ON_TMPFS))
		return -EINVAL;
	for (int64_t i = 0; i < a->nr_pages; i++) {
		struct page *page = page_cache_alloc(t, m, m->gfp_mask);

		if (!page)
			break; /* as readahead does: what there is is read */
		page->index = (uint64_t)a->index + (uint64_t)i;
		page_list_add(vm->mem_map, &pages, page_to_pfn(vm, page));
	}
	return read_cache_pages(t, m, &pages, filler_by_words, &state);
}

static int64_t op_read_cache_page(struct task *t, const struct args *a, struct result *r)
{
	struct filler_state state = { &a->filler, 0 };
	struct page *page;
	int error;

	if (is_bug(t, on_tmpfs(a), "read_cache_page: " ON_TMPFS))
		return -EINVAL;
	page = read_cache_page(t, mapping_of(a), a->file.ptr, (uint64_t)a->index, filler_by_words,
			       &state, &error);
	return page ? give(r, page) : error;
}

static int64_t op_read_cache_page_gfp(struct task *t, const struct args *a, struct result *r)
{
	struct page *page;
	int error;

	if (gfp_is_bug(t->sim, (gfp_t)a->gfp) ||
	    is_bug(t, on_tmpfs(a), "read_cache_page_gfp: " ON_TMPFS))
		return -EINVAL;
	page = read_cache_page_gfp(t, mapping_of(a), (uint64_t)a->index, (gfp_t)a->gfp, &error);
	return page ? give(r, page) : error;
}

/* ---- readahead, reads and writes of programs ---- */

static int64_t op_page_cache_sync_readahead(struct task *t, const struct args *a, struct result *r)
{
	struct file *f = a->file.ptr;

	(void)r;
	if (is_bug(t, on_tmpfs(a), "page_cache_sync_readahead: " ON_TMPFS))
		return -EINVAL;
	page_cache_sync_readahead(t, mapping_of(a), &f->ra, f, (uint64_t)a->index,
				  (uint64_t)a->nr_pages);
	return 0;
}

static int64_t op_page_cache_async_readahead(struct task *t, const struct args *a, struct result *r)
{
	struct file *f = a->file.ptr;
	struct page *page = a->page.ptr;

	(void)r;
	if (is_bug(t, !page || page_mapping(task_vm(t), page) != mapping_of(a),
		   "page_cache_async_readahead: the page is not in this file") ||
	    is_bug(t, on_tmpfs(a), "page_cache_async_readahead: " ON_TMPFS))
		return -EINVAL;
	page_cache_async_readahead(t, mapping_of(a), &f->ra, f, page, page->index,
				   (uint64_t)a->nr_pages);
	return 0;
}

static int64_t op_generic_file_read_iter(struct task *t, const struct args *a, struct result *r)
{
	int64_t pos = a->offset;

	(void)r;
	return generic_file_read_iter(t, a->file.ptr, &pos, (bytes_t)a->len);
}

static int64_t op___generic_file_write_iter(struct task *t, const struct args *a, struct result *r)
{
	struct file *f = a->file.ptr;
	int64_t pos = a->offset;

	(void)r;
	/* its caller sees to the end of a device */
	if (f->inode->is_blkdev && ((uint64_t)pos > f->inode->i_size ||
				    (bytes_t)a->len > f->inode->i_size - (uint64_t)pos))
		return -ENOSPC;
	return __generic_file_write_iter(t, f, &pos, (bytes_t)a->len);
}

static int64_t op_generic_file_write_iter(struct task *t, const struct args *a, struct result *r)
{
	int64_t pos = a->offset;

	(void)r;
	return generic_file_write_iter(t, a->file.ptr, &pos, (bytes_t)a->len);
}

static int64_t op_inode_lock(struct task *t, const struct args *a, struct result *r)
{
	struct inode *inode = ((struct file *)a->file.ptr)->inode;

	(void)r;
	if (is_bug(t, inode->i_rwsem.owner == t, "inode_lock: the task has the lock"))
		return -EDEADLK;
	inode_lock(t, inode);
	return 0;
}

static int64_t op_inode_unlock(struct task *t, const struct args *a, struct result *r)
{
	struct inode *inode = ((struct file *)a->file.ptr)->inode;

	(void)r;
	if (is_bug(t, inode->i_rwsem.owner != t, "inode_unlock: the task has not the lock"))
		return -EINVAL;
	inode_unlock(t, inode);
	return 0;
}

/* ---- insertion and removal ---- */

static int64_t op_add_to_page_cache_locked(struct task *t, const struct args *a, struct result *r)
{
	struct page *page = a->page.ptr;

	(void)r;
	if (is_bug(t,
		   !page || (page->flags & (PG_head | PG_tail | PG_lru)) ||
		       ((page->flags & PG_sim_block) && page->index) ||
		       cma_owned(task_vm(t), page_to_pfn(task_vm(t), page), 1),
		   "add_to_page_cache_locked: not a single page of one's own") ||
	    is_bug(t, on_tmpfs(a), "add_to_page_cache_locked: " ON_TMPFS) ||
	    gfp_is_bug(t->sim, (gfp_t)a->gfp))
		return -EINVAL;

	int64_t error =
	    add_to_page_cache_locked(t, page, mapping_of(a), (uint64_t)a->index, (gfp_t)a->gfp);

	if (!error)
		page->flags &= ~(uint32_t)PG_sim_block; /* its index is that of the file now */
	return error;
}

static int64_t op_delete_from_page_cache(struct task *t, const struct args *a, struct result *r)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = a->page.ptr;

	(void)r;
	if (is_bug(t, !page || !(page->flags & PG_locked),
		   "delete_from_page_cache: the page is not locked") ||
	    is_bug(t, !page->mapping, "delete_from_page_cache: the page is in no file") ||
	    is_bug(t, folio_mapcount(page) > 0, "delete_from_page_cache: the page is mapped") ||
	    is_bug(t, page->flags & PG_writeback,
		   "delete_from_page_cache: the page is under writeback"))
		return -EINVAL;
	/* a simulated WARN: the function goes on */
	is_bug(t, page->flags & PG_dirty, "delete_from_page_cache: the page is dirty");
	delete_from_page_cache(vm, t->cpu, page);
	return 0;
}

static int64_t op_replace_page_cache_page(struct task *t, const struct args *a, struct result *r)
{
	const struct page *old = a->old.ptr;

	(void)r;
	if (is_bug(t, !old || !a->new.ptr, "replace_page_cache_page: no page") ||
	    is_bug(t, folio_mapcount(old) > 0, "replace_page_cache_page: the page is mapped") ||
	    gfp_is_bug(t->sim, (gfp_t)a->gfp))
		return -EINVAL;

	int64_t error =
	    replace_page_cache_page(task_vm(t), t->cpu, a->old.ptr, a->new.ptr, (gfp_t)a->gfp);

	if (!error)
		((struct page *)a->new.ptr)->flags &= ~(uint32_t)PG_sim_block;
	return error;
}

/* ---- lookup ---- */

/* A page is given; a shadow is a number, odd as it is stored; nothing is NULL. */
static int64_t give_entry(const struct address_space *m, struct result *r, xa_entry e)
{
	if (xa_is_value(e))
		return (int64_t)e;
	return give(r, e ? mapping_page(m, e) : NULL);
}

static int64_t op_find_get_entry(struct task *t, const struct args *a, struct result *r)
{
	(void)t;
	return give_entry(mapping_of(a), r, find_get_entry(mapping_of(a), (uint64_t)a->index));
}

static int64_t op_find_lock_entry(struct task *t, const struct args *a, struct result *r)
{
	return give_entry(mapping_of(a), r, find_lock_entry(t, mapping_of(a), (uint64_t)a->index));
}

static int64_t op_pagecache_get_page(struct task *t, const struct args *a, struct result *r)
{
	if (gfp_is_bug(t->sim, (gfp_t)a->gfp) ||
	    is_bug(t, on_tmpfs(a) && (a->fgp_flags & FGP_CREAT), "pagecache_get_page: " ON_TMPFS))
		return give(r, NULL);
	return give(r, pagecache_get_page(t, mapping_of(a), (uint64_t)a->index,
					  (unsigned)a->fgp_flags, (gfp_t)a->gfp));
}

static int64_t op_page_cache_next_hole(struct task *t, const struct args *a, struct result *r)
{
	(void)t;
	(void)r;
	return (int64_t)page_cache_next_hole(mapping_of(a), (uint64_t)a->index,
					     (uint64_t)a->max_scan);
}

static int64_t op_page_cache_prev_hole(struct task *t, const struct args *a, struct result *r)
{
	(void)t;
	(void)r;
	return (int64_t)page_cache_prev_hole(mapping_of(a), (uint64_t)a->index,
					     (uint64_t)a->max_scan);
}

/* There are not more than the file has. */
static unsigned nr_wanted(const struct args *a)
{
	return (unsigned)min_u64((uint64_t)a->nr_pages, mapping_of(a)->nrpages);
}

static struct cache_pages *new_pages(struct linux_vm *vm, unsigned nr)
{
	return cache_object_new(vm, sizeof(struct cache_pages) + nr * sizeof(struct page *));
}

static int64_t op_find_get_pages_contig(struct task *t, const struct args *a, struct result *r)
{
	unsigned nr = nr_wanted(a);
	struct cache_pages *pages = new_pages(task_vm(t), nr);

	pages->n = find_get_pages_contig(mapping_of(a), (uint64_t)a->index, nr, pages->page);
	pages->next = (uint64_t)a->index + pages->n;
	r->ptr = pages;
	return pages->n;
}

static int64_t op_find_get_pages_tag(struct task *t, const struct args *a, struct result *r)
{
	unsigned nr = nr_wanted(a);
	struct cache_pages *pages = new_pages(task_vm(t), nr);

	pages->next = (uint64_t)a->index;
	pages->n =
	    find_get_pages_tag(mapping_of(a), &pages->next, (enum xa_mark)a->tag, nr, pages->page);
	r->ptr = pages;
	return pages->n;
}

static int64_t op_release_pages(struct task *t, const struct args *a, struct result *r)
{
	struct cache_pages *pages = a->pages.ptr;

	(void)r;
	if (is_bug(t, !pages, "release_pages: no pages"))
		return -EINVAL;
	release_pages(task_vm(t), t->cpu, pages->page, (int)pages->n);
	cache_object_free(t->sim, &pages->object);
	return 0;
}

/* ---- the lock, and who waits ---- */

static int64_t op___lock_page(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	if (is_bug(t, !a->page.ptr, "__lock_page: no page"))
		return -EINVAL;
	__lock_page(t, a->page.ptr);
	return 0;
}

static int64_t op_trylock_page(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	if (is_bug(t, !a->page.ptr, "trylock_page: no page"))
		return -EINVAL;
	return trylock_page(a->page.ptr);
}

static int64_t op_unlock_page(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	if (is_bug(t, !a->page.ptr, "unlock_page: no page"))
		return -EINVAL;
	unlock_page(task_vm(t), a->page.ptr);
	return 0;
}

/* The waiter has left the queue; its reference goes, but not under the feet of who woke it. */
static void waiter_left(struct sim *s, struct event *e)
{
	struct cache_waiter *waiter = CONTAINER_OF(e, struct cache_waiter, object.event);

	put_page(linux_vm(s), &s->cpus[0], waiter->pw.page);
}

static bool waiter_called(struct linux_vm *vm, struct page_waiter *pw, unsigned bit)
{
	struct cache_waiter *waiter = CONTAINER_OF(pw, struct cache_waiter, pw);

	if (bit != PG_locked) {
		waiter->writebacks++;
		return false;
	}
	waiter->unlocks++;
	event_schedule(vm->sim, &waiter->object.event, vm->sim->now, EVENT_WORK, waiter_left);
	return true;
}

static int64_t op_add_page_wait_queue(struct task *t, const struct args *a, struct result *r)
{
	struct cache_waiter *waiter;

	if (is_bug(t, !a->page.ptr, "add_page_wait_queue: no page"))
		return give(r, NULL);
	waiter = cache_object_new(task_vm(t), sizeof(*waiter));
	waiter->pw.wake = waiter_called;
	get_page(a->page.ptr);
	add_page_wait_queue(task_vm(t), a->page.ptr, &waiter->pw);
	return give(r, waiter);
}

/* ---- looking without touching ---- */

static int64_t op_sim_page(struct task *t, const struct args *a, struct result *r)
{
	struct address_space *m = mapping_of(a);
	xa_entry e = xa_load(&m->i_pages, (uint64_t)a->index);
	struct page *page;

	r->out[PAGE_STATE_BITS] = xa_is_value(e) ? PAGE_STATE_SHADOW : 0;
	for (int tag = 0; tag < XA_NR_MARKS; tag++)
		if (xa_get_mark(&m->i_pages, (uint64_t)a->index, (enum xa_mark)tag))
			r->out[PAGE_STATE_BITS] |= PAGE_STATE_TAG << tag;
	if (!e || xa_is_value(e))
		return 0;
	page = mapping_page(m, e);
	r->out[PAGE_STATE_FLAGS] = page_folio(page)->flags;
	r->out[PAGE_STATE_PFN] = page_to_pfn(task_vm(t), page);
	r->out[PAGE_STATE_COUNTS] = (int64_t)page_mapcount(page) << 32 | page_folio(page)->refcount;
	return 1;
}

static const struct op cache_ops[] = {
	{ "read_cache_pages", "file, index, nr_pages = 1, filler =", NULL, op_read_cache_pages,
	  OP_NO_IRQ,
	  "takes new pages for index and behind, puts them into the cache and has filler read "
	  "them; "
	  "without filler the file system" },
	{ "read_cache_page", "file, index, filler =", "page", op_read_cache_page, OP_NO_IRQ,
	  "an up-to-date page, read by filler (or the file system) if it has to be" },
	{ "read_cache_page_gfp", "file, index, gfp = GFP_KERNEL", "page", op_read_cache_page_gfp,
	  OP_NO_IRQ, "the same with a mask for the page, read by the file system" },
	{ "page_cache_sync_readahead", "file, index, nr_pages", NULL, op_page_cache_sync_readahead,
	  OP_NO_IRQ, "a reader that wants nr_pages has missed the page at index" },
	{ "page_cache_async_readahead", "file, page, nr_pages", NULL, op_page_cache_async_readahead,
	  OP_NO_IRQ, "a reader that wants nr_pages has come to a page with the readahead mark" },
	{ "generic_file_read_iter", "file, offset = 0, len", NULL, op_generic_file_read_iter,
	  OP_NO_IRQ, "a buffered read" },
	{ "generic_file_write_iter", "file, offset = 0, len", NULL, op_generic_file_write_iter,
	  OP_NO_IRQ, "a buffered write under the inode's lock; with O_SYNC it waits for the disk" },
	{ "__generic_file_write_iter", "file, offset = 0, len", NULL, op___generic_file_write_iter,
	  OP_NO_IRQ, "a buffered write by a task that has the inode's lock" },
	{ "inode_lock", "file", NULL, op_inode_lock, OP_NO_IRQ,
	  "take the lock of a file's writers" },
	{ "inode_unlock", "file", NULL, op_inode_unlock, OP_NO_IRQ, "give it back" },
	{ "add_to_page_cache_locked", "page, file, index, gfp = GFP_KERNEL", NULL,
	  op_add_to_page_cache_locked, OP_NO_IRQ,
	  "put a locked page of one's own into a file, but on no list" },
	{ "delete_from_page_cache", "page", NULL, op_delete_from_page_cache, 0,
	  "take a locked page out of its file" },
	{ "replace_page_cache_page", "old, new, gfp = GFP_KERNEL", NULL, op_replace_page_cache_page,
	  0, "put a locked page in the place of another one" },
	{ "find_get_entry", "file, index", "page", op_find_get_entry, 0,
	  "the page at index; the value of a shadow; NULL" },
	{ "find_lock_entry", "file, index", "page", op_find_lock_entry, OP_NO_IRQ,
	  "the same, the page locked" },
	{ "pagecache_get_page", "file, index, fgp_flags = 0, gfp = GFP_HIGHUSER_MOVABLE", "page",
	  op_pagecache_get_page, OP_NO_IRQ, "the page at index as the flags say" },
	{ "page_cache_next_hole", "file, index, max_scan", NULL, op_page_cache_next_hole, 0,
	  "the first index from index upwards without a page" },
	{ "page_cache_prev_hole", "file, index, max_scan", NULL, op_page_cache_prev_hole, 0,
	  "the first index from index downwards without a page; -1: none" },
	{ "find_get_pages_contig", "file, index, nr_pages", "pages", op_find_get_pages_contig, 0,
	  "pages that follow each other; how many, release_pages drops them" },
	{ "find_get_pages_tag", "file, index = 0, tag, nr_pages", "pages", op_find_get_pages_tag, 0,
	  "pages with a mark; how many, release_pages drops them" },
	{ "release_pages", "pages", NULL, op_release_pages, OP_RELEASES,
	  "drop the references to pages that were found" },
	{ "__lock_page", "page", NULL, op___lock_page, OP_NO_IRQ,
	  "wait for a page's lock and take it" },
	{ "trylock_page", "page", NULL, op_trylock_page, 0, "take it if it is free: 1, else 0" },
	{ "unlock_page", "page", NULL, op_unlock_page, 0, "give it back and wake who waits" },
	{ "add_page_wait_queue", "page", "page_waiter", op_add_page_wait_queue, 0,
	  "be called when the page is unlocked or written" },
	{ "sim_page", "file, index", "page_state", op_sim_page, 0,
	  "what stands at index now: 1 a page, 0 none" },
};

const struct model cache_ops_model = {
	.name = "cache_ops",
	.ops = cache_ops,
	.nr_ops = ARRAY_LEN(cache_ops),
};
