/*
 * file_conf.c - the section "files" of a scenario: what each is, and what cannot be
 */
#include <stdlib.h>
#include <string.h>

#include "models/linux/conf.h"
#include "models/linux/mappings/hstate.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/storage/file.h"

static const struct key file_keys[] = {
	{ .name = "name",
	  .type = KEY_NAME,
	  .offset = offsetof(struct file_conf, name),
	  .required = true,
	  .meaning = "what tasks call it" },
	{ .name = "disk",
	  .type = KEY_NAME,
	  .offset = offsetof(struct file_conf, disk),
	  .meaning = "the disk it lies on; of fs: tmpfs and hugetlbfs none" },
	{ .name = "size",
	  .type = KEY_INT,
	  .unit = UNIT_BYTES,
	  .offset = offsetof(struct file_conf, size),
	  .min = 0,
	  .max = INT64_MAX,
	  .meaning =
	      "its length at the beginning; all of it is on disk, none in the cache; of tmpfs "
	      "it is a hole" },
	{ .name = "raw",
	  .type = KEY_BOOL,
	  .offset = offsetof(struct file_conf, raw),
	  .meaning = "the device itself instead of a file on it" },
	{ .name = "extents",
	  .type = KEY_TABLE,
	  .offset = offsetof(struct file_conf, extents),
	  .min = 0,
	  .max = INT64_MAX,
	  .meaning = "where it lies: rows of [first page, pages, sector], what they leave out is a "
		     "hole; not given: in one piece" },
	{ .name = "fs",
	  .type = KEY_ENUM,
	  .offset = offsetof(struct file_conf, fs),
	  .words = fs_words,
	  .def = "ext2",
	  .meaning = "the file system it lies on" },
	{ .name = "mount",
	  .type = KEY_NAME,
	  .offset = offsetof(struct file_conf, mount),
	  .meaning = "the tmpfs or hugetlbfs it lies on: a name from linux.tmpfs, linux.hugetlbfs; "
		     "if there is one at most it need "
		     "not be said" },
};

enum { KEY_NAME_ROW, KEY_DISK, KEY_SIZE, KEY_RAW, KEY_EXTENTS, KEY_FS, KEY_MOUNT }; /* rows */

static const struct key_schema file_schema = {
	.name = "file",
	.keys = file_keys,
	.nr_keys = ARRAY_LEN(file_keys),
	.size = sizeof(struct file_conf),
	.seen = offsetof(struct file_conf, seen),
};

struct place file_size_place(const struct file_conf *conf)
{
	return key_place(&conf->seen, KEY_SIZE);
}

static const struct disk_conf *find_disk(const struct machine_conf *machine, const char *name)
{
	const struct disk_conf *disks = machine->disks.items;

	for (int i = 0; i < machine->disks.n; i++)
		if (strcmp(disks[i].name, name) == 0)
			return &disks[i];
	return NULL;
}

static void check_disk_name(struct diag *d, const struct machine_conf *machine,
			    const struct file_conf *conf)
{
	const struct disk_conf *disks = machine->disks.items;
	const char *names[64];
	size_t n = 0;

	if (find_disk(machine, conf->disk))
		return;
	for (; n < ARRAY_LEN(names) && (int)n < machine->disks.n; n++)
		names[n] = disks[n].name;

	const char *near = diag_nearest(conf->disk, names, n);

	if (near)
		diag_error(d, key_place(&conf->seen, 1), "no disk \"%s\"; did you mean \"%s\"?",
			   conf->disk, near);
	else
		diag_error(d, key_place(&conf->seen, 1),
			   "no disk \"%s\"; accepted: a name from machine.disks", conf->disk);
}

static bool given(const struct file_conf *conf, int key)
{
	return key_is_written(&conf->seen, key);
}

/* Which of the mounts a file in memory lies on. */
static const char *mount_name(const struct linux_conf *boot, const struct file_conf *conf, int i)
{
	const struct tmpfs_conf *tmpfs = boot->tmpfs.items;
	const struct hugetlbfs_conf *huge = boot->hugetlbfs.items;

	return conf->fs == FS_TMPFS ? tmpfs[i].name : huge[i].name;
}

static void check_mount(struct diag *d, const struct linux_conf *boot, const struct file_conf *conf)
{
	int nr = conf->fs == FS_TMPFS ? boot->tmpfs.n : boot->hugetlbfs.n;
	const char *fs = file_systems[conf->fs].name, *names[64], *near;
	struct place at = key_place(&conf->seen, KEY_MOUNT);
	size_t n = 0;

	for (int i = 0; i < nr; i++) {
		const char *name = mount_name(boot, conf, i);

		if (!name)
			continue; /* reported by its rows */
		if (conf->mount && strcmp(name, conf->mount) == 0)
			return;
		if (n < ARRAY_LEN(names))
			names[n++] = name;
	}
	if (!conf->mount && n > 1)
		diag_error(d, key_place(&conf->seen, KEY_FS),
			   "there are several %s; accepted: mount: with one of them, as \"%s\"", fs,
			   names[0]);
	if (!conf->mount)
		return;
	near = diag_nearest(conf->mount, names, n);
	if (near)
		diag_error(d, at, "no %s \"%s\"; did you mean \"%s\"?", fs, conf->mount, near);
	else
		diag_error(d, at, "no %s \"%s\"; accepted: a name from linux.%s", fs, conf->mount,
			   fs);
}

/* A file of huge pages has whole ones. */
static void check_huge_size(struct diag *d, const struct linux_conf *boot,
			    const struct file_conf *conf)
{
	const struct hugetlbfs_conf *mounts = boot->hugetlbfs.items;
	int64_t size = boot->default_hugepagesz, bytes;

	for (int i = 0; i < boot->hugetlbfs.n; i++)
		if (mounts[i].name && (!conf->mount || strcmp(mounts[i].name, conf->mount) == 0)) {
			size = mounts[i].pagesize < HUGE_MAX_HSTATE ? mounts[i].pagesize : size;
			break;
		}
	bytes = size == HSTATE_1G ? 1 << 30 : 2 << 20;
	if (conf->size % bytes)
		diag_error(d, key_place(&conf->seen, KEY_SIZE),
			   "size of a file of huge pages; accepted: a multiple of %s",
			   size == HSTATE_1G ? "1 GiB" : "2 MiB");
}

/* Keys that speak of disks, and those that speak of tmpfs. */
static void check_where(struct diag *d, const struct scenario *sc, const struct file_conf *conf)
{
	const struct machine_conf *machine = scenario_section(sc, "machine");
	const struct linux_conf *boot = scenario_section(sc, "linux");

	if (conf->fs != FS_TMPFS && conf->fs != FS_HUGETLBFS) {
		if (conf->mount)
			diag_error(
			    d, key_place(&conf->seen, KEY_MOUNT),
			    "mount of a file on a disk; accepted: of a file with fs: tmpfs or "
			    "fs: hugetlbfs");
		if (!conf->disk && !given(conf, KEY_DISK))
			diag_error(d, key_place(&conf->seen, KEY_DISK),
				   "key \"disk\" is missing in a file; accepted: a name from "
				   "machine.disks, or fs: tmpfs");
		else if (conf->disk && machine)
			check_disk_name(d, machine, conf);
		return;
	}
	if (given(conf, KEY_DISK))
		diag_error(d, key_place(&conf->seen, KEY_DISK),
			   "a file of %s lies in memory; accepted: no disk",
			   file_systems[conf->fs].name);
	if (conf->extents.n)
		diag_error(d, key_place(&conf->seen, KEY_EXTENTS),
			   "a file of %s lies in memory; accepted: no extents",
			   file_systems[conf->fs].name);
	if (boot)
		check_mount(d, boot, conf);
	if (boot && conf->fs == FS_HUGETLBFS)
		check_huge_size(d, boot, conf);
}

static void check_extents(struct diag *d, const struct file_conf *conf)
{
	int64_t next = 0;

	for (int i = 0; i < conf->extents.n; i++) {
		const struct key_ints *row = &conf->extents.rows[i];

		if (row->n != 3) {
			diag_error(
			    d, key_place(&conf->seen, 4),
			    "extent %d has %d numbers; accepted: [first page, pages, sector]", i,
			    row->n);
		} else if (row->v[1] < 1 || row->v[0] < next) {
			diag_error(
			    d, key_place(&conf->seen, 4),
			    "extent %d is empty or overlaps the one before; accepted: extents "
			    "in the order of their pages",
			    i);
		} else {
			next = row->v[0] + row->v[1];
		}
	}
}

/* Order of names, then of the file. */
static int compare_names(const void *a, const void *b)
{
	const struct file_conf *x = *(const struct file_conf *const *)a;
	const struct file_conf *y = *(const struct file_conf *const *)b;
	int r = strcmp(x->name, y->name);

	return r ? r : x < y ? -1 : x > y;
}

static void check_names(struct diag *d, const struct key_list *list)
{
	const struct file_conf *files = list->items;
	const struct file_conf **sorted = sim_calloc((size_t)list->n, sizeof(*sorted));
	size_t n = 0;

	for (int i = 0; i < list->n; i++)
		if (files[i].name)
			sorted[n++] = &files[i];
	qsort(sorted, n, sizeof(*sorted), compare_names);
	for (size_t i = 1; i < n; i++)
		if (strcmp(sorted[i]->name, sorted[i - 1]->name) == 0)
			diag_error(d, key_place(&sorted[i]->seen, 0),
				   "a file \"%s\" stands above; accepted: a name of its own",
				   sorted[i]->name);
	sim_free(sorted);
}

static void files_check(struct diag *d, const struct scenario *sc, const void *data)
{
	const struct key_list *list = data;
	const struct file_conf *files = list->items;

	check_names(d, list);
	for (int i = 0; i < list->n; i++) {
		if (!files[i].name)
			continue; /* reported by the rows */
		if (files[i].raw && files[i].size)
			diag_error(d, key_place(&files[i].seen, 2),
				   "size of a raw device is that of the disk; accepted: no size");
		if (files[i].raw && key_is_written(&files[i].seen, KEY_FS))
			diag_error(d, key_place(&files[i].seen, KEY_FS),
				   "there is no file system on a raw device; accepted: no fs");
		check_where(d, sc, &files[i]);
		check_extents(d, &files[i]);
	}
}

const struct section files_section = {
	.name = "files",
	.schema = &file_schema,
	.list = true,
	.meaning = "files that tasks read and write",
	.check = files_check,
};
