/*
 * main.c - is told by a reader what it does, and writes down what came of it
 *
 *	/proc/watch/do       written, a line a write:
 *	    file N FD        the descriptor's file has the number N
 *	    call N           call N begins; what happens until the next one is its doing
 *	    slot S FD        descriptor slot S is open; FD -1: not any more
 *	    on S             the call works on slot S; -1: on none
 *	    result R         the call has ended
 *	    cache N          the cached pages of file N
 *	    device N         limits of its device
 *	    end              what happens from now on is nobody's doing
 *	    drain            what CPUs keep on the way to the lists gets there, to be dropped
 *	/proc/watch/TABLE    read, at the end
 */
#include <linux/backing-dev.h>
#include <linux/file.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/proc_fs.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "watch.h"

MODULE_LICENSE("GPL");

struct reader reader = { .slot = -1 };

static struct inode *files[MAX_FILES]; /* borrowed: the reader keeps them open */
static void (*drain)(void);

void *kernel_symbol(const char *name)
{
	static unsigned long (*lookup)(const char *name);
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };

	if (!lookup && !register_kprobe(&probe)) {
		lookup = (void *)probe.addr;
		unregister_kprobe(&probe);
	}
	return lookup ? (void *)lookup(name) : NULL;
}

int file_number(const struct inode *inode)
{
	int i;

	for (i = 0; i < MAX_FILES; i++)
		if (inode && files[i] == inode)
			return i;
	return -1;
}

struct block_device *file_device(int file)
{
	struct inode *inode = files[file];

	if (!inode)
		return NULL;
	return S_ISBLK(inode->i_mode) ? I_BDEV(inode) : inode->i_sb->s_bdev;
}

/* --- what the reader says --- */

static int do_file(long n, long fd)
{
	struct fd f = fdget(fd);

	if (!f.file || n < 0 || n >= MAX_FILES)
		return -EINVAL;
	files[n] = f.file->f_mapping->host;
	fdput(f);
	return 0;
}

static int do_call(long n, long none)
{
	reader.task = current;
	reader.slot = -1;
	reader.call = n;
	return 0;
}

static int do_slot(long s, long fd)
{
	struct fd f = {};

	if (s < 0 || s >= MAX_SLOTS)
		return -EINVAL;
	if (fd >= 0)
		f = fdget(fd);
	reader.slots[s] = f.file;
	if (fd >= 0)
		fdput(f);
	return 0;
}

static int do_on(long s, long none)
{
	reader.slot = s < MAX_SLOTS ? s : -1;
	return 0;
}

static int do_result(long r, long none)
{
	const struct file *f = reader.slot >= 0 ? reader.slots[reader.slot] : NULL;
	const struct file_ra_state *ra = f ? &f->f_ra : NULL;

	if (ra)
		NOTE(CALLS, r, reader.slot, ra->start, ra->size, ra->async_size, ra->ra_pages,
		     ra->mmap_miss, ra->prev_pos, !!(f->f_mode & FMODE_RANDOM));
	else
		NOTE(CALLS, r, DASH, DASH, DASH, DASH, DASH, DASH, DASH, DASH);
	return 0;
}

static int do_cache(long n, long none)
{
	struct folio *folio;
	unsigned long index;

	if (n < 0 || n >= MAX_FILES || !files[n])
		return -EINVAL;
	xa_for_each(&files[n]->i_mapping->i_pages, index, folio)
	{
		if (!xa_is_value(folio))
			NOTE(CACHE, n, folio->index, folio_nr_pages(folio), folio_order(folio),
			     folio_test_readahead(folio));
	}
	return 0;
}

static int do_device(long n, long none)
{
	struct block_device *device = n >= 0 && n < MAX_FILES ? file_device(n) : NULL;
	const struct queue_limits *l = device ? &bdev_get_queue(device)->limits : NULL;
	const struct backing_dev_info *bdi = device ? inode_to_bdi(files[n]) : NULL;

	if (!device)
		return -EINVAL;
	NOTE(DEVICE, n, bdi->ra_pages, bdi->io_pages, l->max_sectors, l->max_hw_sectors,
	     l->max_segments, l->max_segment_size);
	return 0;
}

static int do_end(long none, long none2)
{
	reader.task = NULL;
	return 0;
}

static int do_drain(long none, long none2)
{
	drain();
	return 0;
}

static const struct {
	const char *name;
	int (*run)(long a, long b);
} words[] = {
	{ "file", do_file },     { "call", do_call },     { "slot", do_slot },
	{ "on", do_on },         { "result", do_result }, { "cache", do_cache },
	{ "device", do_device }, { "drain", do_drain },   { "end", do_end },
};

static ssize_t do_write(struct file *f, const char __user *from, size_t n, loff_t *pos)
{
	char line[64] = "", word[16] = "";
	long a = -1, b = -1;
	int i, error = -EINVAL;

	if (n >= sizeof(line) || copy_from_user(line, from, n))
		return -EINVAL;
	sscanf(line, "%15s %ld %ld", word, &a, &b);
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].name, word))
			error = words[i].run(a, b);
	if (!error && tables_full())
		error = -ENOSPC;
	return error ?: n;
}

static const struct proc_ops do_ops = { .proc_write = do_write };

static ssize_t table_read(struct file *f, char __user *to, size_t n, loff_t *pos)
{
	static enum table have =
	    NR_TABLES; /* one is read at a time, from its beginning to its end */
	static const char *text;
	static size_t length;
	enum table which = (enum table)(unsigned long)pde_data(file_inode(f));

	if (which != have || !*pos)
		text = table_text(which, &length);
	have = which;
	return simple_read_from_buffer(to, n, pos, text, length);
}

static const struct proc_ops table_ops = { .proc_read = table_read, .proc_lseek = default_llseek };

static int __init watch_init(void)
{
	struct proc_dir_entry *folder;
	unsigned long i;

	drain = kernel_symbol("lru_add_drain_all");
	if (!drain)
		return -ENOENT;
	if (tables_make())
		return -ENOMEM;
	folder = proc_mkdir("watch", NULL);
	proc_create("do", 0200, folder, &do_ops);
	for (i = 0; i < NR_TABLES; i++)
		proc_create_data(table_name(i), 0400, folder, &table_ops, (void *)i);
	return events_start();
}
module_init(watch_init); /* it stays until the machine is switched off */
