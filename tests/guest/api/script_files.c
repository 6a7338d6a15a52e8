/*
 * script_files.c - scripts of the page cache, and of what drivers and files map into a program
 *
 * What is being written is waited for in one piece: which of several requests that end beside each
 * other is over when a state is read is a matter of microseconds.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "script.h"

#define PAGE ((int64_t)4096)

static int written;     /* lines */
static int file, pages; /* that is used, and its pages */

__attribute__((format(printf, 1, 2))) static void line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	written++;
}

static int64_t any(int64_t n)
{
	return (int64_t)below((uint64_t)n);
}

/* A page of the file, now and then one behind it. */
static int64_t index_of(void)
{
	return any(pages + (once_in(4) ? 12 : 0));
}

/* From a page on: a few, many, or all (-1). */
static int64_t end_of(int64_t start)
{
	switch (below(4)) {
	case 0:
		return -1;
	case 1:
		return start;
	default:
		return start + any(once_in(2) ? 20 : pages);
	}
}

/* A place in the file that is rather near the edge of a page. */
static int64_t place(void)
{
	int64_t at = any(pages * PAGE);

	switch (below(4)) {
	case 0:
		return at / PAGE * PAGE;
	case 1:
		return at / PAGE * PAGE + 77;
	case 2:
		return at / PAGE * PAGE + 4095;
	default:
		return at;
	}
}

static void new_file(const char *prefix, int most)
{
	pages = (int)between(12, (uint64_t)most);
	line("open %d /mnt/%s%d %d", file, prefix, file, pages + 4);
	if (!once_in(6)) {
		line("write %d 0 %" PRId64, file, pages * PAGE);
		line("filemap_write_and_wait_range %d 0 9223372036854775807", file);
	}
}

static void holes(void)
{
	for (int i = (int)below(10); i > 0; i--) {
		int64_t from = any(pages);

		line("invalidate_mapping_pages %d %" PRId64 " %" PRId64, file, from, from + any(4));
	}
}

/* So many bytes somewhere in so many pages.  What is left to chance is so in one order everywhere,
 * which arguments of a call are not. */
static void write_at_most(int64_t most, int64_t in_pages)
{
	int64_t bytes = 1 + any(most);

	line("write %d %" PRId64 " %" PRId64, file, any(in_pages * PAGE), bytes);
}

/* From a page on, up to some other one. */
static void with_pages(const char *call)
{
	int64_t end = end_of(any(pages));

	line("%s %d %" PRId64 " %" PRId64, call, file, any(pages), end);
}

static void small_writes(int n)
{
	while (n-- > 0)
		write_at_most(300, pages - 1);
}

/* --- lookups --- */

static const char *tag(void)
{
	static const char *const tags[] = { "dirty", "writeback", "towrite" };

	return tags[below(3)];
}

static void look_up(void)
{
	int64_t start = index_of(), end = end_of(start);
	const char *which;
	uint64_t n;

	switch (below(8)) {
	case 0:
		line("get_folios %d %" PRId64 " %" PRId64, file, start, end);
		break;
	case 1:
		line("get_folios_contig %d %" PRId64 " %" PRId64, file, start, end);
		break;
	case 2:
		line("get_folios_tag %d %" PRId64 " %" PRId64 " %s", file, start, end, tag());
		break;
	case 3:
		which = tag();
		line("find_get_pages_range_tag %d %" PRId64 " %" PRId64 " %" PRIu64 " %s", file,
		     start, end, any_size(64), which);
		break;
	case 4:
		line("get_entry %d %" PRId64, file, start);
		break;
	case 5:
		n = any_size(200);
		line("page_cache_next_miss %d %" PRId64 " %" PRIu64, file,
		     once_in(20) ? -1 - any(3) : start, n);
		break;
	case 6:
		line("page_cache_prev_miss %d %" PRId64 " %" PRIu64, file, start, any_size(200));
		break;
	default:
		line("range_has_page %d %" PRId64 " %" PRId64, file,
		     start * PAGE + (once_in(3) ? any(PAGE) : 0),
		     end < 0 ? -1 : (end + 1) * PAGE - 1);
	}
}

static void cache_lookup(int calls)
{
	for (; written < calls && file < 60; file++) {
		new_file("f", once_in(3) ? 400 : 60);
		for (int round = 0; round < 4; round++) {
			holes();
			small_writes((int)below(8));
			if (once_in(5)) /* far behind: more levels of the index */
				line("write %d %" PRId64 " 100", file, (4000 + any(3000)) * PAGE);
			for (int i = 0; i < 25; i++)
				look_up();
			if (once_in(2))
				with_pages("tag_for_writeback");
			for (int i = 0; i < 8; i++)
				look_up();
			line("filemap_flush %d", file);
			for (int i = 0; i < 6; i++)
				look_up();
			line("sleep_ms 40");
		}
	}
}

/* --- truncation --- */

static void cut(void)
{
	int64_t from = place(), to = from + any(pages * PAGE - from) + 1;

	switch (below(8)) {
	case 0:
		line("truncate_inode_pages %d %" PRId64, file, from);
		break;
	case 1:
		line("truncate_inode_pages_range %d %" PRId64 " %" PRId64, file, from,
		     once_in(3) ? -1 : to);
		break;
	case 2:
		line("truncate_pagecache %d %" PRId64, file, from);
		break;
	case 3:
		line("truncate_pagecache_range %d %" PRId64 " %" PRId64, file, from, to);
		break;
	case 4:
		line("truncate_setsize %d %" PRId64, file, once_in(2) ? from : pages * PAGE);
		break;
	case 5:
		line("pagecache_isize_extended %d %" PRId64 " %" PRId64, file, from,
		     pages * PAGE + any(200));
		break;
	case 6:
		line("invalidate_inode_pages2_range %d %" PRId64 " %" PRId64, file, from / PAGE,
		     once_in(4) ? -1 : to / PAGE);
		break;
	default:
		if (once_in(2))
			line("invalidate_inode_pages2 %d", file);
		else
			line("invalidate_mapping_pages %d %" PRId64 " %" PRId64, file, from / PAGE,
			     once_in(4) ? -1 : to / PAGE);
	}
	line("bytes %d %" PRId64, file, from / PAGE);
	line("bytes %d %" PRId64, file, to / PAGE);
	if (once_in(3))
		line("bytes %d %" PRId64, file, any(pages));
}

/* At some place. */
static void larger_write(void)
{
	int64_t bytes = 1 + any(3 * PAGE);

	line("write %d %" PRId64 " %" PRId64, file,
	     once_in(2) ? any(pages - 3) * PAGE : any((pages - 3) * PAGE), bytes);
}

static void cache_truncate(int calls)
{
	for (; written < calls && file < 60; file++) {
		new_file("t", once_in(4) ? 150 : 40);
		for (int round = 0; round < 6; round++) {
			holes();
			small_writes((int)below(5));
			for (int i = (int)below(8); i > 0; i--) {
				cut();
				if (once_in(3))
					larger_write();
			}
			if (once_in(2))
				line("filemap_write_and_wait_range %d 0 9223372036854775807", file);
			if (once_in(3)) {
				line("write %d 0 %" PRId64, file, pages * PAGE);
				line("filemap_write_and_wait_range %d 0 9223372036854775807", file);
			}
		}
	}
}

/* --- writing --- */

/* Starts writing bytes from..to, looks at it, and waits until all of it is written. */
static void write_out(int64_t from, int64_t to)
{
	switch (below(4)) {
	case 0:
		line("filemap_fdatawrite %d", file);
		from = 0;
		to = pages * PAGE;
		break;
	case 1:
		line("filemap_flush %d", file);
		from = 0;
		to = pages * PAGE;
		break;
	case 2:
		line("filemap_fdatawrite_range %d %" PRId64 " %" PRId64, file, from, to);
		break;
	default:
		line("filemap_write_and_wait_range %d %" PRId64 " %" PRId64, file, from, to);
		return;
	}
	for (int i = (int)below(3); i > 0; i--) {
		if (once_in(2))
			line("set_dirty %d %" PRId64, file, index_of());
		else
			look_up();
	}
	if (once_in(3)) {
		line("invalidate_inode_pages2_range %d %" PRId64 " %" PRId64, file, from / PAGE,
		     to / PAGE);
	} else if (once_in(2)) {
		line("filemap_fdatawait_range %d %" PRId64 " %" PRId64, file, from,
		     once_in(2) ? to : INT64_MAX);
		return;
	}
	line("sleep_ms 40");
}

static void cache_writeback(int calls)
{
	for (; written < calls && file < 60; file++) {
		new_file("w", once_in(4) ? 200 : 40);
		for (int round = 0; round < 25; round++) {
			int64_t from = place(), to = from + any(pages * PAGE - from) + 1;

			for (int i = (int)below(4); i > 0; i--)
				write_at_most(3 * PAGE, pages - 3);
			if (once_in(4))
				line("set_dirty %d %" PRId64, file, index_of());
			if (once_in(8))
				line("set_error %d %s", file, once_in(2) ? "-5" : "-28");
			if (once_in(8))
				with_pages("tag_for_writeback");
			write_out(from, to);
			if (once_in(8))
				line("filemap_fdatawait_range %d 0 9223372036854775807", file);
			if (once_in(10))
				with_pages("invalidate_mapping_pages");
		}
	}
}

/* --- mappings --- */

enum sort { INSERTED, FRAMES, REMAPPED, REMAPPED_ALL, IOMAPPED, VMALLOCED, OF_FILE, NR_SORTS };

static struct mapping {
	enum sort sort;
	int slot, pages;
	bool full; /* mapped in one piece: nothing may be mapped there again */
	bool shared;
} maps[40];
static int nr_maps, next_slot;

static void map(void)
{
	struct mapping *m = &maps[nr_maps++];
	const char *prot = once_in(2) ? "rw" : once_in(3) ? "rwx" : "r";
	int64_t at;

	*m = (struct mapping){ (enum sort)below(NR_SORTS), next_slot++,
			       (int)between(1, once_in(4) ? 40 : 10), false, true };
	if (m->sort == OF_FILE) {
		m->shared = once_in(2);
		at = any(3);
		line("mmap_file %d %d %d %s %s %" PRId64, m->slot, (int)below((uint64_t)file),
		     m->pages, prot, m->shared ? "shared" : "private", at);
		return;
	}
	/* frames without struct page have no copy on write */
	m->shared = m->sort == FRAMES || once_in(2);
	at = m->sort == IOMAPPED ? any(5) : 0;
	line("mmap %d %d %s %s 0x%x %" PRId64, m->slot, m->pages, prot,
	     m->shared ? "shared" : "private",
	     m->sort == FRAMES                   ? 0x400
	     : m->sort == INSERTED && once_in(4) ? 0x10000000
						 : 0,
	     at);
}

static void unmap(int i)
{
	struct mapping *m = &maps[i];

	line("munmap %d 0 %" PRId64, m->slot, m->pages * PAGE);
	*m = maps[--nr_maps];
}

/* In the mapping, or a little behind it. */
static int64_t offset_in(const struct mapping *m)
{
	int64_t at = any(m->pages + (once_in(6) ? 3 : 0)) * PAGE;

	return at + (once_in(6) ? any(PAGE) : 0);
}

static void touch(const struct mapping *m)
{
	const char *how = once_in(2) ? "w" : "r";

	line("touch %d %" PRId64 " %s", m->slot, any(m->pages), how);
}

static void fill(struct mapping *m)
{
	int64_t from = any(m->pages), n = 1 + any(m->pages - from), what, bytes, at;

	switch (m->sort) {
	case INSERTED:
		if (once_in(15)) {
			line("vm_insert_page %d %" PRId64 " s", m->slot, offset_in(m));
			break;
		}
		what = any(64);
		line("vm_insert_page %d %" PRId64 " %" PRId64, m->slot, offset_in(m), what);
		break;
	case FRAMES:
		what = any(64);
		line("vmf_insert_pfn %d %" PRId64 " %" PRId64, m->slot, offset_in(m), what);
		break;
	/*
	 * Each time into an empty place.  Where it fails the kernel unmaps what it did, and does
	 * not find the end if that lies inside of a page.
	 */
	case REMAPPED:
		if (m->full)
			line("zap_vma_ptes %d 0 %" PRId64, m->slot, m->pages * PAGE);
		bytes = n * PAGE - (m->shared && once_in(3) ? any(PAGE) : 0);
		line("remap_pfn_range %d %" PRId64 " %" PRId64 " %" PRId64, m->slot, from * PAGE,
		     any(24), bytes);
		m->full = true;
		break;
	case REMAPPED_ALL:
		if (!m->full)
			line("remap_pfn_range %d 0 %" PRId64 " %" PRId64, m->slot, any(24),
			     m->pages * PAGE);
		m->full = true;
		break;
	case IOMAPPED:
		if (!m->full) {
			bytes = any(64 * PAGE);
			line("vm_iomap_memory %d %" PRId64 " %" PRId64, m->slot, any(3 * PAGE),
			     bytes);
		}
		m->full = true;
		break;
	case VMALLOCED:
		if (once_in(3)) {
			at = any(4);
			bytes = once_in(4) ? any(2 * PAGE) : 0;
			line("remap_vmalloc_range %d %" PRId64 " %" PRId64 " %" PRId64, m->slot,
			     1000 + any(5), bytes, at);
			break;
		}
		bytes = n * PAGE - (once_in(3) ? any(PAGE) : 0);
		at = any(6);
		what = 1000 + any(5);
		line("remap_vmalloc_range_partial %d %" PRId64 " %" PRId64 " 0 %" PRId64
		     " %" PRId64,
		     m->slot, from * PAGE + (once_in(12) ? 5 : 0), what, at, bytes);
		break;
	default:
		touch(m);
	}
}

static void on_file(void)
{
	int f = (int)below((uint64_t)file);
	int64_t from = any(12 * PAGE), n = any(8 * PAGE);
	bool even;

	switch (below(6)) {
	case 0:
	case 1:
		even = once_in(2);
		line("unmap_mapping_range %d %" PRId64 " %" PRId64 " %d", f, from,
		     once_in(4) ? 0 : n, even);
		break;
	case 2:
		line("truncate_pagecache %d %" PRId64, f, from);
		break;
	case 3:
		line("truncate_setsize %d %" PRId64, f, from);
		break;
	case 4:
		line("write %d %" PRId64 " %" PRId64, f, from, n);
		break;
	default:
		line("filemap_write_and_wait_range %d 0 9223372036854775807", f);
	}
}

static void zap(const struct mapping *m)
{
	int64_t bytes = (1 + any(m->pages)) * PAGE;

	line("zap_vma_ptes %d %" PRId64 " %" PRId64, m->slot, any(m->pages) * PAGE, bytes);
}

static void user_maps(int calls)
{
	line("rss_base");
	for (int i = 0; i < 5; i++)
		line("%s %d %" PRId64,
		     i == 1   ? "vmalloc"
		     : i == 3 ? "vmalloc_32_user"
			      : "vmalloc_user",
		     1000 + i, (2 + any(12)) * PAGE);
	for (; file < 3; file++) {
		line("open %d /mnt/m%d 16", file, file);
		line("write %d 0 %" PRId64, file, (2 + any(14)) * PAGE - any(PAGE));
		line("filemap_write_and_wait_range %d 0 9223372036854775807", file);
	}
	while (written < calls) {
		struct mapping *m = nr_maps ? &maps[below((uint64_t)nr_maps)] : NULL;
		uint64_t what = below(100);

		if (!m || (what < 8 && nr_maps < 40))
			map();
		else if (what < 13)
			unmap((int)(m - maps));
		else if (what < 50)
			fill(m);
		else if (what < 70)
			touch(m);
		else if (what < 78)
			line("follow_pfn %d %" PRId64, m->slot, offset_in(m));
		else if (what < 84)
			line("page %" PRId64, any(64));
		else if (what < 90)
			zap(m);
		else if (what < 96)
			on_file();
		else
			touch(m);
	}
	while (nr_maps)
		unmap(0);
}

const struct kind file_kinds[] = {
	{ "cache-lookup", "cache", 512, cache_lookup },
	{ "cache-truncate", "cache", 512, cache_truncate },
	{ "cache-writeback", "cache", 512, cache_writeback },
	{ "user-maps", "user", 512, user_maps },
	{},
};
