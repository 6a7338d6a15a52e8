/*
 * cache.c - calls of the page cache on files
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pagevec.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/writeback.h>

#include "cache.h"

#define MAX_FILES   64
#define MAX_SHOWN   4096         /* pages of a file of which states are shown */
#define BUFFER_ROOM (16UL << 20) /* of one write */

static struct {
	struct file *f;
	u64 shown; /* pages whose states are written */
} files[MAX_FILES];

static u8 *buffer;

struct file *cache_file(u64 i)
{
	return i < MAX_FILES ? files[i].f : NULL;
}

static struct address_space *mapping(const struct line *l)
{
	struct file *f = cache_file(number(l, 1));

	if (!f)
		script_error("a file that is not open");
	return f ? f->f_mapping : NULL;
}

/* --- the state of a file --- */

static char state_letter(struct address_space *m, u64 index)
{
	struct folio *folio;
	char c = 'u';

	rcu_read_lock();
	folio = xa_load(&m->i_pages, index);
	if (!folio || xa_is_value(folio)) {
		rcu_read_unlock();
		return '.';
	}
	if (folio_test_dirty(folio))
		c = folio_test_writeback(folio) ? 'b' : 'd';
	else if (folio_test_writeback(folio))
		c = 'w';
	else if (!folio_test_uptodate(folio))
		c = 'n';
	if (folio_mapped(folio))
		c += 'A' - 'a';
	rcu_read_unlock();
	return c;
}

static void say_state(const struct line *l)
{
	static char letters[MAX_SHOWN + 1];
	struct address_space *m = mapping(l);
	u64 i, n;

	if (!m)
		return;
	say(" %lld %lu ", i_size_read(m->host), m->nrpages);
	n = files[number(l, 1)].shown;
	for (i = 0; i < n; i++) /* without delay: requests go on ending meanwhile */
		letters[i] = state_letter(m, i);
	letters[n] = 0;
	say("%s", letters);
}

/* --- the calls --- */

static void do_open(const struct line *l)
{
	u64 i = number_below(l, 1, MAX_FILES);
	struct file *f = filp_open(l->word[2], O_RDWR | O_CREAT | O_LARGEFILE, 0600);

	if (IS_ERR(f)) {
		script_error("a file cannot be opened");
		return;
	}
	files[i].f = f;
	files[i].shown = number_below(l, 3, MAX_SHOWN + 1);
	say(" 0");
	say_state(l);
}

/* Every byte of page i is i + 1. */
static void do_write(const struct line *l)
{
	loff_t pos = number(l, 2);
	u64 count = number_below(l, 3, BUFFER_ROOM), i;
	struct file *f = cache_file(number(l, 1));

	for (i = 0; i < count; i++)
		buffer[i] = ((pos + i) >> PAGE_SHIFT) + 1;
	say(" %zd", f ? kernel_write(f, buffer, count, &pos) : -EBADF);
	say_state(l);
}

/* Bytes of a cached page that are zero. */
static void do_bytes(const struct line *l)
{
	struct page *page = mapping(l) ? find_get_page(mapping(l), number(l, 2)) : NULL;
	const u8 *bytes;
	int i, zero = 0;

	if (page) {
		bytes = kmap_local_page(page);
		for (i = 0; i < PAGE_SIZE; i++)
			zero += !bytes[i];
		kunmap_local(bytes);
		put_page(page);
		say(" %d", zero);
	} else {
		say(" -");
	}
	say_state(l);
}

static void do_sleep_ms(const struct line *l)
{
	schedule_timeout_uninterruptible(msecs_to_jiffies(number(l, 1)));
	say(" -");
}

static xa_mark_t tag(const struct line *l, int i)
{
	if (!strcmp(l->word[i], "dirty"))
		return PAGECACHE_TAG_DIRTY;
	if (!strcmp(l->word[i], "writeback"))
		return PAGECACHE_TAG_WRITEBACK;
	if (strcmp(l->word[i], "towrite"))
		script_error("no such tag");
	return PAGECACHE_TAG_TOWRITE;
}

static void say_found(const struct line *l, unsigned int n, pgoff_t next, struct page **pages)
{
	unsigned int i;

	say(" %u next %ld %s", n, (long)next, n ? "" : "-");
	for (i = 0; i < n; i++) {
		say("%s%lu", i ? "," : "", pages[i]->index);
		put_page(pages[i]);
	}
	say_state(l);
}

static void say_batch(const struct line *l, struct folio_batch *b, pgoff_t next)
{
	struct page *pages[PAGEVEC_SIZE];
	unsigned int i;

	for (i = 0; i < folio_batch_count(b); i++)
		pages[i] = &b->folios[i]->page;
	say_found(l, folio_batch_count(b), next, pages);
}

#define BATCH_CALL(name, call)                                                                     \
	static void do_##name(const struct line *l)                                                \
	{                                                                                          \
		pgoff_t start = number(l, 2), end = number(l, 3);                                  \
		struct folio_batch b;                                                              \
                                                                                                   \
		folio_batch_init(&b);                                                              \
		call;                                                                              \
		say_batch(l, &b, start);                                                           \
	}
BATCH_CALL(get_folios, filemap_get_folios(mapping(l), &start, end, &b))
BATCH_CALL(get_folios_contig, filemap_get_folios_contig(mapping(l), &start, end, &b))
BATCH_CALL(get_folios_tag, filemap_get_folios_tag(mapping(l), &start, end, tag(l, 4), &b))

static void do_find_get_pages_range_tag(const struct line *l)
{
	pgoff_t start = number(l, 2);
	unsigned int max = number_below(l, 4, 4097), n;
	struct page **pages = kcalloc(max + 1, sizeof(*pages), GFP_KERNEL);

	n = find_get_pages_range_tag(mapping(l), &start, number(l, 3), tag(l, 5), max, pages);
	say_found(l, n, start, pages);
	kfree(pages);
}

static void do_get_entry(const struct line *l)
{
	struct page *page = pagecache_get_page(mapping(l), number(l, 2), FGP_ENTRY, 0);

	if (!page) {
		say(" none");
	} else if (xa_is_value(page)) {
		say(" value");
	} else {
		say(" page %lu", page->index);
		put_page(page);
	}
	say_state(l);
}

static void do_set_dirty(const struct line *l)
{
	struct page *page = find_lock_page(mapping(l), number(l, 2));

	if (page) {
		say(" %d", set_page_dirty(page));
		unlock_page(page);
		put_page(page);
	} else {
		say(" none");
	}
	say_state(l);
}

#define N(i) number(l, i)
/* Calls that are one call: a number, or "-" for none. */
#define ONE_CALL(name, expression)                                                                 \
	static void do_##name(const struct line *l)                                                \
	{                                                                                          \
		struct address_space *m = mapping(l);                                              \
                                                                                                   \
		if (m)                                                                             \
			say(" %lld", (s64)(expression));                                           \
		say_state(l);                                                                      \
	}
#define VOID_CALL(name, call)                                                                      \
	static void do_##name(const struct line *l)                                                \
	{                                                                                          \
		struct address_space *m = mapping(l);                                              \
                                                                                                   \
		if (m)                                                                             \
			call;                                                                      \
		say(" -");                                                                         \
		say_state(l);                                                                      \
	}
/* The caller holds the lock of the inode. */
#define LOCKED_CALL(name, call)                                                                    \
	static void do_##name(const struct line *l)                                                \
	{                                                                                          \
		struct address_space *m = mapping(l);                                              \
                                                                                                   \
		if (m) {                                                                           \
			inode_lock(m->host);                                                       \
			call;                                                                      \
			inode_unlock(m->host);                                                     \
		}                                                                                  \
		say(" -");                                                                         \
		say_state(l);                                                                      \
	}

ONE_CALL(page_cache_next_miss, page_cache_next_miss(m, N(2), N(3)))
ONE_CALL(page_cache_prev_miss, page_cache_prev_miss(m, N(2), N(3)))
ONE_CALL(range_has_page, filemap_range_has_page(m, N(2), N(3)))
ONE_CALL(filemap_flush, filemap_flush(m))
ONE_CALL(filemap_fdatawrite, filemap_fdatawrite(m))
ONE_CALL(filemap_fdatawrite_range, filemap_fdatawrite_range(m, N(2), N(3)))
ONE_CALL(filemap_fdatawait_range, filemap_fdatawait_range(m, N(2), N(3)))
ONE_CALL(filemap_write_and_wait_range, filemap_write_and_wait_range(m, N(2), N(3)))
ONE_CALL(invalidate_mapping_pages, invalidate_mapping_pages(m, N(2), N(3)))
ONE_CALL(invalidate_inode_pages2, invalidate_inode_pages2(m))
ONE_CALL(invalidate_inode_pages2_range, invalidate_inode_pages2_range(m, N(2), N(3)))
VOID_CALL(tag_for_writeback, tag_pages_for_writeback(m, N(2), N(3)))
VOID_CALL(set_error, mapping_set_error(m, (int)N(2)))
VOID_CALL(unmap_mapping_range, unmap_mapping_range(m, N(2), N(3), N(4)))
LOCKED_CALL(truncate_inode_pages, truncate_inode_pages(m, N(2)))
LOCKED_CALL(truncate_inode_pages_range, truncate_inode_pages_range(m, N(2), N(3)))
LOCKED_CALL(truncate_pagecache, truncate_pagecache(m->host, N(2)))
LOCKED_CALL(truncate_pagecache_range, truncate_pagecache_range(m->host, N(2), N(3)))
LOCKED_CALL(truncate_setsize, truncate_setsize(m->host, N(2)))
/* the size is set first, as a write beyond the end does */
LOCKED_CALL(pagecache_isize_extended, i_size_write(m->host, N(3));
	    pagecache_isize_extended(m->host, N(2), N(3)))

const struct call cache_calls[] = {
	{ "open", 3, do_open },
	{ "sleep_ms", 1, do_sleep_ms },
	{ "write", 3, do_write },
	{ "bytes", 2, do_bytes },
	{ "get_folios", 3, do_get_folios },
	{ "get_folios_contig", 3, do_get_folios_contig },
	{ "get_folios_tag", 4, do_get_folios_tag },
	{ "find_get_pages_range_tag", 5, do_find_get_pages_range_tag },
	{ "get_entry", 2, do_get_entry },
	{ "page_cache_next_miss", 3, do_page_cache_next_miss },
	{ "page_cache_prev_miss", 3, do_page_cache_prev_miss },
	{ "range_has_page", 3, do_range_has_page },
	{ "tag_for_writeback", 3, do_tag_for_writeback },
	{ "set_dirty", 2, do_set_dirty },
	{ "set_error", 2, do_set_error },
	{ "filemap_flush", 1, do_filemap_flush },
	{ "filemap_fdatawrite", 1, do_filemap_fdatawrite },
	{ "filemap_fdatawrite_range", 3, do_filemap_fdatawrite_range },
	{ "filemap_fdatawait_range", 3, do_filemap_fdatawait_range },
	{ "filemap_write_and_wait_range", 3, do_filemap_write_and_wait_range },
	{ "invalidate_mapping_pages", 3, do_invalidate_mapping_pages },
	{ "invalidate_inode_pages2", 1, do_invalidate_inode_pages2 },
	{ "invalidate_inode_pages2_range", 3, do_invalidate_inode_pages2_range },
	{ "unmap_mapping_range", 4, do_unmap_mapping_range },
	{ "truncate_inode_pages", 2, do_truncate_inode_pages },
	{ "truncate_inode_pages_range", 3, do_truncate_inode_pages_range },
	{ "truncate_pagecache", 2, do_truncate_pagecache },
	{ "truncate_pagecache_range", 3, do_truncate_pagecache_range },
	{ "truncate_setsize", 2, do_truncate_setsize },
	{ "pagecache_isize_extended", 3, do_pagecache_isize_extended },
	{},
};

int cache_start(void)
{
	buffer = vmalloc(BUFFER_ROOM);
	return buffer ? 0 : -ENOMEM;
}

static const char *const columns[] = { CACHE_COLUMNS, NULL };

const struct group cache_group = {
	.name = "cache",
	.calls = cache_calls,
	.columns = columns,
	.start = cache_start,
};
