/*
 * shmem_super.c - tmpfs: how much its files may have together
 *
 * A mount is a limit and a count.  Pages count when they are made, and until they are freed,
 * wherever they are: what is in swap takes room of its tmpfs, too.
 *
 * Like:        Linux 6.1, mm/shmem.c (shmem_fill_super, shmem_default_max_blocks, shmem_statfs)
 */
#include <string.h>

#include "models/linux/conf.h"
#include "models/linux/mappings/shmem_inode.h"

/* --- rows of linux.tmpfs --- */

#define FIELD(f) offsetof(struct tmpfs_conf, f)

enum { TMPFS_NAME, TMPFS_SIZE };

static const struct key tmpfs_keys[] = {
	[TMPFS_NAME] = { .name = "name",
			 .type = KEY_NAME,
			 .offset = FIELD(name),
			 .required = true,
			 .meaning = "what files[].mount and samples call it" },
	[TMPFS_SIZE] = { .name = "size",
			 .type = KEY_TEXT,
			 .offset = FIELD(size),
			 .def = "50%",
			 .meaning =
			     "how much its files may have, in memory and in swap: a size as 1 "
			     "GiB, a share of memory as 50%, or 0: no limit" },
};

const struct key_schema tmpfs_schema = {
	.name = "tmpfs",
	.keys = tmpfs_keys,
	.nr_keys = ARRAY_LEN(tmpfs_keys),
	.size = sizeof(struct tmpfs_conf),
	.seen = FIELD(seen),
};

void tmpfs_conf_check(struct diag *d, const struct key_list *list)
{
	const struct tmpfs_conf *conf = list->items;

	for (int i = 0; i < list->n; i++) {
		struct boot_size size;
		const char *why;

		if (!conf[i].name)
			continue; /* reported by the rows */
		if (conf[i].size && !boot_size_parse(conf[i].size, &size, &why))
			diag_error(d, key_place(&conf[i].seen, TMPFS_SIZE),
				   "linux.tmpfs: size: \"%s\": %s; accepted: a size as 1 GiB, a "
				   "share of memory as 50%%, or 0 (no limit)",
				   conf[i].size, why);
		for (int k = 0; k < i; k++)
			if (conf[k].name && strcmp(conf[k].name, conf[i].name) == 0) {
				diag_error(d, key_place(&conf[i].seen, TMPFS_NAME),
					   "linux.tmpfs: a tmpfs \"%s\" stands above; accepted: a "
					   "name of its own",
					   conf[i].name);
				break;
			}
	}
}

/* --- mounts --- */

/* Pages of a size, rounded up (shmem_parse_one); NULL: half of memory, rounded down. */
static uint64_t max_blocks(const struct linux_vm *vm, const char *text)
{
	struct boot_size size;
	bool ok;

	if (!text)
		return (uint64_t)vm->totalram_pages / 2;
	ok = boot_size_parse(text, &size, NULL);
	SIM_ASSERT(ok); /* tmpfs_conf_check has looked */
	if (size.percent)
		return div_round_up((uint64_t)vm->totalram_pages * size.percent, 100);
	return div_round_up(size.bytes, PAGE_SIZE);
}

static void add_mount(struct linux_vm *vm, const char *name, const char *size)
{
	struct shmem_mounts *mounts = vm->tmpfs;

	if (!mounts)
		mounts = vm->tmpfs = sim_calloc(1, sizeof(*mounts));
	mounts->v = sim_realloc(mounts->v, (size_t)(mounts->n + 1) * sizeof(*mounts->v));
	mounts->v[mounts->n++] =
	    (struct shmem_sb_info){ .name = name, .max_blocks = max_blocks(vm, size) };
}

void shmem_init_mounts(struct linux_vm *vm, const struct linux_conf *conf)
{
	const struct tmpfs_conf *mounts = conf->tmpfs.items;

	for (int i = 0; i < conf->tmpfs.n; i++)
		add_mount(vm, mounts[i].name,
			  key_is_written(&mounts[i].seen, TMPFS_SIZE) ? mounts[i].size : NULL);
}

static struct shmem_sb_info *find_mount(const struct linux_vm *vm, const char *name)
{
	for (int i = 0; i < vm->tmpfs->n; i++)
		if (!name || strcmp(vm->tmpfs->v[i].name, name) == 0)
			return &vm->tmpfs->v[i];
	return NULL;
}

struct inode *tmpfs_new_inode(struct linux_vm *vm, const char *mount, bytes_t size)
{
	struct shmem_inode_info *info = shmem_get_inode(vm, size);

	/* no mount is added once a file lies on one */
	if (!vm->tmpfs)
		add_mount(vm, "tmpfs", NULL);
	info->sbinfo = find_mount(vm, mount);
	info->noreserve = true;
	return &info->vfs_inode;
}

struct inode *tmpfs_new_inode_like(struct linux_vm *vm, const struct inode *old)
{
	struct shmem_inode_info *info = shmem_get_inode(vm, 0);

	info->sbinfo = SHMEM_I(old)->sbinfo;
	info->noreserve = true;
	return &info->vfs_inode;
}

/* --- samples --- */

static const struct metric tmpfs_rows[] = {
	{ "max_blocks", METRIC_GAUGE, UNIT_PAGES, offsetof(struct tmpfs_stat, max_blocks),
	  "pages that the files of the tmpfs may have together; 0: no limit" },
	{ "used_blocks", METRIC_GAUGE, UNIT_PAGES, offsetof(struct tmpfs_stat, used_blocks),
	  "pages that the files of the tmpfs have, in memory or in swap" },
	{ "sim_swapped", METRIC_GAUGE, UNIT_PAGES, offsetof(struct tmpfs_stat, sim_swapped),
	  "of the pages of its files, those in swap" },
};

static int tmpfs_count(struct sim *s)
{
	return linux_vm(s)->tmpfs ? linux_vm(s)->tmpfs->n : 0;
}

static const void *tmpfs_stat(struct sim *s, int i)
{
	struct linux_vm *vm = linux_vm(s);
	struct shmem_sb_info *sb = &vm->tmpfs->v[i];

	sb->stat = (struct tmpfs_stat){ .max_blocks = (int64_t)sb->max_blocks,
					.used_blocks = sb->used_blocks };
	for (int k = 0; vm->shmem && k < vm->shmem->n; k++)
		if (vm->shmem->v[k] && vm->shmem->v[k]->sbinfo == sb)
			sb->stat.sim_swapped += (int64_t)vm->shmem->v[k]->swapped;
	return &sb->stat;
}

static void tmpfs_key(struct sim *s, int i, union metric_key_value *keys)
{
	keys[0].text = linux_vm(s)->tmpfs->v[i].name;
}

const struct metric_object tmpfs_metrics = {
	.name = "tmpfs",
	.table = "tmpfs_sample",
	.meaning = "a file system in memory at a sample, as df shows it",
	.keys = { { "name", true, "of linux.tmpfs, or tmpfs" } },
	.nr_keys = 1,
	.rows = tmpfs_rows,
	.nr_rows = ARRAY_LEN(tmpfs_rows),
	.count = tmpfs_count,
	.stat = tmpfs_stat,
	.key = tmpfs_key,
};
