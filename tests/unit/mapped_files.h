/*
 * mapped_files.h - a machine with files that a program maps
 */
#ifndef MMSIM_TESTS_MAPPED_FILES_H
#define MMSIM_TESTS_MAPPED_FILES_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "models/linux/alloc/migrate.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"
#include "tests/unit/fixture.h"

#define MACHINE                                                                                    \
	"machine: { nodes: [{ cpus: 2, memory: 256 MiB }], disks: [{ name: sda, preset: ssd }] "   \
	"}\n"                                                                                      \
	"files: [{ name: data, disk: sda, size: 16 MiB }, { name: odd, disk: sda, size: 37 KiB "   \
	"}, "                                                                                      \
	"{ name: sparse, disk: sda, size: 1 GiB }, "                                               \
	"{ name: large, disk: sda, size: 16 MiB, fs: xfs }]\n"

#define PAGES(n) ((uint64_t)(n) << PAGE_SHIFT)
#define BLOCK    0x40000000ULL /* an address on the border of everything */

static struct fixture f;

static inline void run(task_fn *body)
{
	fixture_boot(&f, MACHINE);
	fixture_task(&f, body, NULL);
	fixture_check(&f);
	fixture_end(&f);
}

static inline struct file *open_file(struct task *t, const char *name)
{
	return file_open(t, file_by_name(f.vm, name));
}

/* Maps all of a file at an address, or (0) anywhere. */
static inline uint64_t map_file(struct task *t, struct file *file, uint64_t addr, unsigned flags)
{
	uint64_t out = 0;

	assert_int_equal(do_mmap(t, file, addr, file->inode->i_size, flags, 0, &out), 0);
	return out;
}

static inline void touch(struct task *t, uint64_t addr, bool write)
{
	assert_int_equal(user_access(t, task_mm(t), addr, write), 0);
}

/* Reads a file into the cache; the marks of readahead are cleared. */
static inline void read_file(struct task *t, struct file *file, bytes_t bytes)
{
	int64_t pos = 0;
	uint64_t index = 0;
	xa_entry e;

	assert_int_equal(generic_file_read_iter(t, file, &pos, bytes), bytes);
	task_sleep(t, NS_PER_SEC / 10);
	for (; (e = xa_find(&file->inode->mapping.i_pages, &index, UINT64_MAX)) != 0; index++)
		mapping_page(&file->inode->mapping, e)->flags &= ~(uint32_t)PG_readahead;
	lru_add_drain_all(f.vm);
}

static inline struct page *cached(struct file *file, uint64_t index)
{
	xa_entry e = xa_load(&file->inode->mapping.i_pages, index);

	return e && !xa_is_value(e) ? mapping_page(&file->inode->mapping, e) : NULL;
}

static inline struct pte entry(struct task *t, uint64_t addr)
{
	struct page_table *table = pte_table(task_mm(t), addr);

	return table ? pte_get(table, pte_index(addr)) : (struct pte){ 0 };
}

static inline int64_t rss(struct task *t)
{
	return task_mm(t)->stat.rss_file;
}

static inline int64_t nr_mapped(void)
{
	return f.vm->nodes[0].stat.nr_mapped;
}
#endif
