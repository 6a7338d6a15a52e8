/*
 * swap_conf.c - rows of linux.swap, and what can be wrong with them
 */
#include <inttypes.h>
#include <string.h>

#include "models/hw/machine_conf.h"
#include "models/linux/conf.h"
#include "models/linux/storage/file.h"
#include "models/linux/swap/internal.h"

#define SMALLEST_AREA (10 * PAGE_SIZE) /* mkswap(8) makes none that is smaller */
#define FIELD(f)      offsetof(struct swap_conf, f)

enum {
	SWAP_NAME,
	SWAP_DISK,
	SWAP_FILE,
	SWAP_SIZE,
	SWAP_OFFSET,
	SWAP_PRIORITY,
	SWAP_OFF,
	SWAP_BAD_PAGES
};

static const struct key swap_keys[] = {
	[SWAP_NAME] = { .name = "name",
			.type = KEY_NAME,
			.offset = FIELD(name),
			.meaning = "what swapon, swapoff and samples call it; that of the disk or "
				   "file if not given" },
	[SWAP_DISK] = { .name = "disk",
			.type = KEY_NAME,
			.offset = FIELD(disk),
			.meaning = "the disk it is a stretch of" },
	[SWAP_FILE] = { .name = "file",
			.type = KEY_NAME,
			.offset = FIELD(file),
			.meaning = "or the file it is, one without holes" },
	[SWAP_SIZE] = { .name = "size",
			.type = KEY_INT,
			.unit = UNIT_BYTES,
			.offset = FIELD(size),
			.def = "0",
			.max = (int64_t)PAGE_SIZE << SWP_OFFSET_BITS,
			.meaning =
			    "bytes, its header of a page included; 0: all of the file, or of "
			    "the disk that no file has" },
	[SWAP_OFFSET] = { .name = "offset",
			  .type = KEY_INT,
			  .unit = UNIT_BYTES,
			  .offset = FIELD(offset),
			  .def = "0",
			  .max = INT64_MAX,
			  .meaning = "where on the disk it begins; behind the files if not given" },
	[SWAP_PRIORITY] = { .name = "priority",
			    .type = KEY_INT,
			    .unit = UNIT_COUNT,
			    .offset = FIELD(priority),
			    .def = "-1",
			    .min = -1,
			    .max = 32767,
			    .meaning =
				"the highest is filled first, equal ones in turns; -1: -2, -3 "
				"... in the order in which they are switched on" },
	[SWAP_OFF] = { .name = "off",
		       .type = KEY_BOOL,
		       .offset = FIELD(off),
		       .def = "false",
		       .meaning = "not switched on at boot: for swapon" },
	[SWAP_BAD_PAGES] = { .name = "bad_pages",
			     .type = KEY_INTS,
			     .offset = FIELD(bad_pages),
			     .min = 1,
			     .max = (int64_t)1 << SWP_OFFSET_BITS,
			     .meaning =
				 "pages of the area that mkswap found unusable, counted from "
				 "its header on: no place is there (at most 637; of a file "
				 "they make swapon fail)" },
};

const struct key_schema swap_schema = {
	.name = "swap",
	.keys = swap_keys,
	.nr_keys = ARRAY_LEN(swap_keys),
	.size = sizeof(struct swap_conf),
	.seen = FIELD(seen),
};

static bool swap_conf_given(const struct swap_conf *conf, int key)
{
	return key_is_written(&conf->seen, key);
}

struct place swap_conf_place(const struct swap_conf *conf)
{
	return key_place(&conf->seen, SWAP_SIZE);
}

bool swap_conf_has_offset(const struct swap_conf *conf)
{
	return swap_conf_given(conf, SWAP_OFFSET);
}

/* No name of the list is like it: says so, with the nearest one. */
static void unknown(struct diag *d, struct place at, const char *kind, const char *name,
		    const char *section, const char *const *names, size_t n)
{
	const char *near = diag_nearest(name, names, n);

	if (near)
		diag_error(d, at, "no %s \"%s\"; did you mean \"%s\"?", kind, name, near);
	else
		diag_error(d, at, "no %s \"%s\"; accepted: a name from %s", kind, name, section);
}

#define MOST_NAMES 64

static void check_disk(struct diag *d, const struct machine_conf *machine,
		       const struct swap_conf *c)
{
	const struct disk_conf *disks = machine->disks.items;
	const char *names[MOST_NAMES];
	size_t n = 0;

	for (int i = 0; i < machine->disks.n; i++) {
		if (strcmp(disks[i].name, c->disk) == 0)
			return;
		if (n < MOST_NAMES)
			names[n++] = disks[i].name;
	}
	unknown(d, key_place(&c->seen, SWAP_DISK), "disk", c->disk, "machine.disks", names, n);
}

static void check_file(struct diag *d, const struct key_list *list, const struct swap_conf *c)
{
	const struct file_conf *files = list->items;
	const char *names[MOST_NAMES];
	size_t n = 0;

	for (int i = 0; i < list->n; i++) {
		if (!files[i].name)
			continue;
		if (strcmp(files[i].name, c->file) == 0) {
			if (files[i].fs == FS_TMPFS || files[i].fs == FS_HUGETLBFS)
				diag_error(d, key_place(&c->seen, SWAP_FILE),
					   "linux.swap: the file \"%s\" lies in memory itself "
					   "(fs: %s); accepted: a file on a disk",
					   c->file, file_systems[files[i].fs].name);
			else if (c->size > files[i].size && !files[i].raw)
				diag_error(d, key_place(&c->seen, SWAP_SIZE),
					   "linux.swap: the file \"%s\" is smaller; accepted: at "
					   "most %" PRId64,
					   c->file, files[i].size);
			else if (!files[i].raw && files[i].size < (int64_t)SMALLEST_AREA)
				diag_error(d, key_place(&c->seen, SWAP_FILE),
					   "linux.swap: the file \"%s\" is too small; accepted: a "
					   "file of at least 40 KiB",
					   c->file);
			return;
		}
		if (n < MOST_NAMES)
			names[n++] = files[i].name;
	}
	unknown(d, key_place(&c->seen, SWAP_FILE), "file", c->file, "files", names, n);
}

const char *swap_conf_name(const struct swap_conf *c)
{
	return c->name ? c->name : c->disk ? c->disk : c->file;
}

/* Row i and those above it: names differ, and one area that is on from the beginning in a file. */
static void check_twice(struct diag *d, const struct swap_conf *conf, int i)
{
	const struct swap_conf *c = &conf[i];

	for (int k = 0; k < i; k++)
		if ((conf[k].disk || conf[k].file) &&
		    strcmp(swap_conf_name(&conf[k]), swap_conf_name(c)) == 0) {
			diag_error(d, key_place(&c->seen, SWAP_NAME),
				   "linux.swap: an area \"%s\" stands above; accepted: a "
				   "name of its own",
				   swap_conf_name(c));
			return;
		}
	for (int k = 0; k < i && c->file && !c->off; k++)
		if (conf[k].file && !conf[k].disk && !conf[k].off &&
		    strcmp(c->file, conf[k].file) == 0) {
			diag_error(d, key_place(&c->seen, SWAP_FILE),
				   "linux.swap: the area \"%s\" lies in the same file; "
				   "accepted: another file, or off: true",
				   swap_conf_name(&conf[k]));
			return;
		}
}

/* The row of a file; NULL: there is none. */
static const struct file_conf *file_row(const struct key_list *list, const char *name)
{
	const struct file_conf *files = list->items;

	for (int i = 0; name && i < list->n; i++)
		if (files[i].name && strcmp(files[i].name, name) == 0)
			return &files[i];
	return NULL;
}

/* The disk that an area is all of, through a raw file; NULL: it is a stretch, or lies in a file. */
static const char *whole_disk(const struct key_list *files, const struct swap_conf *c)
{
	const struct file_conf *file = file_row(files, c->file);

	return file && file->raw ? file->disk : NULL;
}

/* An area that is on from the beginning and all of a disk has the disk to itself. */
static void check_whole_disk(struct diag *d, const struct key_list *list, int i,
			     const struct swap_conf *conf, int n)
{
	const struct swap_conf *c = &conf[i];
	const struct file_conf *files = list->items;
	const char *disk = whole_disk(list, c);

	if (!disk || c->off)
		return;
	for (int k = 0; k < list->n; k++)
		if (!files[k].raw && files[k].disk && strcmp(files[k].disk, disk) == 0) {
			diag_error(
			    d, key_place(&c->seen, SWAP_FILE),
			    "linux.swap: \"%s\" is all of the disk \"%s\", and a file system "
			    "is mounted on it (file \"%s\"): swapon would return -EBUSY; "
			    "accepted: disk: %s (a stretch of its own), a disk without "
			    "files, or off: true",
			    c->file, disk, files[k].name, disk);
			return;
		}
	for (int k = 0; k < n; k++) {
		const char *other = conf[k].disk ? conf[k].disk : whole_disk(list, &conf[k]);

		if (k != i && !conf[k].off && other && strcmp(other, disk) == 0) {
			diag_error(
			    d, key_place(&c->seen, SWAP_FILE),
			    "linux.swap: \"%s\" is all of the disk \"%s\", and the area \"%s\" "
			    "lies on it: swapon would return -EBUSY; accepted: disk: %s "
			    "(a stretch of its own), another disk, or off: true",
			    c->file, disk, swap_conf_name(&conf[k]), disk);
			return;
		}
	}
}

bool swap_conf_check_bad_pages(struct diag *d, const struct swap_conf *conf, uint64_t size_pages,
			       bool in_file)
{
	const struct key_ints *bad = &conf->bad_pages;
	const struct place at = key_place(&conf->seen, SWAP_BAD_PAGES);

	if (bad->n > MAX_BADPAGES)
		return diag_error(d, at, "bad_pages: %d of them; accepted: at most %d", bad->n,
				  MAX_BADPAGES),
		       false;
	if (bad->n && in_file && !conf->off)
		return diag_error(d, at,
				  "bad_pages of a file: swapon would return -EINVAL; accepted: "
				  "with a disk, or off: true"),
		       false;
	for (int i = 0; i < bad->n; i++) {
		if ((uint64_t)bad->v[i] >= size_pages)
			return diag_error(d, at,
					  "bad_pages: %" PRId64 "; accepted: 1 to %" PRIu64
					  ", the last page of the area",
					  bad->v[i], size_pages - 1),
			       false;
		for (int k = 0; k < i; k++)
			if (bad->v[k] == bad->v[i])
				return diag_error(d, at,
						  "bad_pages: %" PRId64
						  " stands there twice; accepted: each once",
						  bad->v[i]),
				       false;
	}
	if ((uint64_t)bad->n + 1 >= size_pages)
		return diag_error(d, at, "bad_pages: no page is left; accepted: fewer"), false;
	return true;
}

void swap_conf_check(struct diag *d, const struct scenario *sc, const struct key_list *list)
{
	const struct machine_conf *machine = sc ? scenario_section(sc, "machine") : NULL;
	const struct key_list *files = sc ? scenario_section(sc, "files") : NULL;
	const struct swap_conf *conf = list->items;

	if (list->n > MAX_SWAPFILES)
		diag_error(d, key_place(&conf[MAX_SWAPFILES].seen, SWAP_DISK),
			   "linux.swap: %d areas; accepted: at most %d", list->n, MAX_SWAPFILES);
	for (int i = 0; i < list->n; i++) {
		const struct swap_conf *c = &conf[i];

		if (!c->disk == !c->file) {
			diag_error(d, key_place(&c->seen, c->file ? SWAP_FILE : SWAP_DISK),
				   "linux.swap: accepted: disk or file, one of them");
			continue;
		}
		if (c->file && swap_conf_has_offset(c))
			diag_error(d, key_place(&c->seen, SWAP_OFFSET),
				   "linux.swap: offset of a file; accepted: with a disk");
		if (c->size && c->size < (int64_t)SMALLEST_AREA)
			diag_error(d, key_place(&c->seen, SWAP_SIZE),
				   "linux.swap: size %" PRId64 "; accepted: at least 40 KiB",
				   c->size);
		if (machine && c->disk)
			check_disk(d, machine, c);
		if (files && c->file)
			check_file(d, files, c);
		check_twice(d, conf, i);
		if (files)
			check_whole_disk(d, files, i, conf, list->n);
	}
}
