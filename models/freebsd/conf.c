/*
 * conf.c - rows of the sections "freebsd" and "files", and what can be wrong with them
 */
#include "models/freebsd/conf.h"

#include <string.h>

#include "models/freebsd/vm/vnode_pager.h"
#include "models/hw/machine_conf.h"

#define FIELD(type, field) offsetof(struct type, field)

enum { KEY_KERNEL_MEMORY, KEY_SWAP_AREAS, KEY_MAN_PAGE, KEY_LENIENT };
enum { KEY_SWAP_DISK, KEY_SWAP_SIZE, KEY_SWAP_NAME, KEY_SWAP_OFF };

static const struct key swap_keys[] = {
	{ .name = "disk",
	  .type = KEY_NAME,
	  .offset = FIELD(freebsd_swap_conf, disk),
	  .required = true,
	  .meaning = "the disk it is a stretch of, behind the files" },
	{ .name = "size",
	  .type = KEY_INT,
	  .unit = UNIT_BYTES,
	  .offset = FIELD(freebsd_swap_conf, size),
	  .required = true,
	  .min = 1 << 16,
	  .max = (int64_t)1 << 38,
	  .meaning = "bytes" },
	{ .name = "name",
	  .type = KEY_NAME,
	  .offset = FIELD(freebsd_swap_conf, name),
	  .meaning = "what swapon and swapoff call it; none: that of the disk" },
	{ .name = "off",
	  .type = KEY_BOOL,
	  .offset = FIELD(freebsd_swap_conf, off),
	  .def = "false",
	  .meaning = "not used before swapon" },
};

static const struct key_schema swap_schema = {
	.name = "swap",
	.keys = swap_keys,
	.nr_keys = ARRAY_LEN(swap_keys),
	.size = sizeof(struct freebsd_swap_conf),
	.seen = FIELD(freebsd_swap_conf, seen),
};

static const struct key keys[] = {
	[KEY_KERNEL_MEMORY] = { .name = "kernel_memory",
				.type = KEY_INT,
				.unit = UNIT_BYTES,
				.offset = FIELD(freebsd_conf, kernel_memory),
				.def = "0",
				.max = INT64_MAX,
				.meaning =
				    "what the kernel has wired when the page daemon starts; 0: "
				    "kernel stacks of programs take nothing either" },
	[KEY_SWAP_AREAS] = { .name = "swap",
			     .type = KEY_LIST,
			     .offset = FIELD(freebsd_conf, swap),
			     .sub = &swap_schema,
			     .meaning = "where anonymous memory is written to; a run of pages goes "
					"to each in turn" },
	[KEY_MAN_PAGE] = { .name = "man_page_semantics",
			   .type = KEY_BOOL,
			   .offset = FIELD(freebsd_conf, man_page_semantics),
			   .def = "false",
			   .meaning = "the classes of vm_page_alloc and vm_page_is_valid as the "
				      "manual pages describe them, not as the code has them" },
	[KEY_LENIENT] = { .name = "lenient_ranges",
			  .type = KEY_BOOL,
			  .offset = FIELD(freebsd_conf, lenient_ranges),
			  .def = "false",
			  .meaning =
			      "vm_page_bits and its like compute with ranges beyond a page, as "
			      "a kernel without assertions does" },
};

static const struct key_schema schema = {
	.name = "freebsd",
	.keys = keys,
	.nr_keys = ARRAY_LEN(keys),
	.size = sizeof(struct freebsd_conf),
	.seen = FIELD(freebsd_conf, seen),
};

static bool disk_known(const struct machine_conf *machine, const char *name)
{
	const struct disk_conf *disks = machine->disks.items;

	for (int i = 0; i < machine->disks.n; i++)
		if (strcmp(disks[i].name, name) == 0)
			return true;
	return false;
}

static void check_disk(struct diag *d, const struct machine_conf *machine, const char *name,
		       struct place at)
{
	const struct disk_conf *disks = machine->disks.items;
	const char *names[64], *near;
	size_t n = 0;

	if (disk_known(machine, name))
		return;
	for (; n < ARRAY_LEN(names) && (int)n < machine->disks.n; n++)
		names[n] = disks[n].name;
	near = diag_nearest(name, names, n);
	if (near)
		diag_error(d, at, "no disk \"%s\"; did you mean \"%s\"?", name, near);
	else
		diag_error(d, at, "no disk \"%s\"; accepted: a name from machine.disks", name);
}

static const char *swap_name(const struct freebsd_swap_conf *area)
{
	return area->name ? area->name : area->disk;
}

/* Two stretches of one disk need no names, as long as nobody switches them. */
static void check_swap_name(struct diag *d, const struct freebsd_swap_conf *areas, int i)
{
	for (int k = 0; areas[i].name && k < i; k++)
		if (swap_name(&areas[k]) && strcmp(swap_name(&areas[k]), areas[i].name) == 0)
			diag_error(d, key_place(&areas[i].seen, KEY_SWAP_NAME),
				   "a device of swap \"%s\" stands above; accepted: a name of its "
				   "own",
				   areas[i].name);
}

static void section_check(struct diag *d, const struct scenario *sc, const void *data)
{
	const struct freebsd_conf *conf = data;
	const struct machine_conf *machine = scenario_section(sc, "machine");
	const struct freebsd_swap_conf *areas = conf->swap.items;

	for (int i = 0; i < conf->swap.n; i++) {
		check_disk(d, machine, areas[i].disk, key_place(&areas[i].seen, 0));
		check_swap_name(d, areas, i);
	}
}

const struct section freebsd_section = {
	.name = "freebsd",
	.schema = &schema,
	.meaning = "how the kernel is set up",
	.check = section_check,
};

/* --- files --- */

enum { FILE_NAME, FILE_DISK, FILE_SIZE, FILE_RAW, FILE_EXTENTS, FILE_FS };

static const struct key_word fs_words[] = {
	{ "ufs", 0, "what it is here in any case" },
	{ "ext2", 1, "for another kernel" },
	{ "ext4", 2, "for another kernel" },
	{ "xfs", 3, "for another kernel" },
	{ NULL, 0, NULL },
};

static const struct key file_keys[] = {
	[FILE_NAME] = { .name = "name",
			.type = KEY_NAME,
			.offset = FIELD(freebsd_file_conf, name),
			.required = true,
			.meaning = "what tasks call it" },
	[FILE_DISK] = { .name = "disk",
			.type = KEY_NAME,
			.offset = FIELD(freebsd_file_conf, disk),
			.required = true,
			.meaning = "the disk it lies on" },
	[FILE_SIZE] = { .name = "size",
			.type = KEY_INT,
			.unit = UNIT_BYTES,
			.offset = FIELD(freebsd_file_conf, size),
			.max = INT64_MAX,
			.meaning =
			    "its length at the beginning; all of it is on disk, none in memory" },
	[FILE_RAW] = { .name = "raw",
		       .type = KEY_BOOL,
		       .offset = FIELD(freebsd_file_conf, raw),
		       .meaning = "the device itself instead of a file on it" },
	[FILE_EXTENTS] = { .name = "extents",
			   .type = KEY_TABLE,
			   .offset = FIELD(freebsd_file_conf, extents),
			   .max = INT64_MAX,
			   .meaning =
			       "where it lies: rows of [first page, pages, sector]; none: in "
			       "one piece" },
	[FILE_FS] = { .name = "fs",
		      .type = KEY_ENUM,
		      .offset = FIELD(freebsd_file_conf, fs),
		      .words = fs_words,
		      .def = "ufs",
		      .meaning =
			  "accepted, so that a scenario serves several kernels; always as UFS" },
};

static const struct key_schema file_schema = {
	.name = "file",
	.keys = file_keys,
	.nr_keys = ARRAY_LEN(file_keys),
	.size = sizeof(struct freebsd_file_conf),
	.seen = FIELD(freebsd_file_conf, seen),
};

static void check_extents(struct diag *d, const struct freebsd_file_conf *conf)
{
	int64_t next = 0;

	for (int i = 0; i < conf->extents.n; i++) {
		const struct key_ints *row = &conf->extents.rows[i];

		if (row->n != 3 || row->v[1] < 1 || row->v[0] < next) {
			diag_error(d, key_place(&conf->seen, FILE_EXTENTS),
				   "extent %d: accepted: [first page, pages, sector], in the order "
				   "of pages",
				   i);
			return;
		}
		next = row->v[0] + row->v[1];
	}
}

static void files_check(struct diag *d, const struct scenario *sc, const void *data)
{
	const struct key_list *list = data;
	const struct freebsd_file_conf *files = list->items;
	const struct machine_conf *machine = scenario_section(sc, "machine");

	for (int i = 0; i < list->n; i++) {
		if (!files[i].name || !files[i].disk)
			continue; /* reported by the rows */
		for (int k = 0; k < i; k++)
			if (files[k].name && strcmp(files[k].name, files[i].name) == 0)
				diag_error(
				    d, key_place(&files[i].seen, FILE_NAME),
				    "a file \"%s\" stands above; accepted: a name of its own",
				    files[i].name);
		if (files[i].raw && files[i].size)
			diag_error(d, key_place(&files[i].seen, FILE_SIZE),
				   "size of a raw device is that of the disk; accepted: no size");
		check_disk(d, machine, files[i].disk, key_place(&files[i].seen, FILE_DISK));
		check_extents(d, &files[i]);
	}
}

const struct section freebsd_files_section = {
	.name = "files",
	.schema = &file_schema,
	.list = true,
	.meaning = "files that tasks read and write",
	.check = files_check,
};

/* --- tasks --- */

static const struct key task_keys[] = {
	{ .name = "oom_score_adj",
	  .type = KEY_INT,
	  .offset = FIELD(freebsd_task_conf, oom_score_adj),
	  .def = "0",
	  .min = -1000,
	  .max = 1000,
	  .meaning = "-1000: never killed because memory is used up (protect(1)); other values say "
		     "nothing to this kernel" },
};

const struct key_schema freebsd_task_keys = {
	.name = "task",
	.keys = task_keys,
	.nr_keys = ARRAY_LEN(task_keys),
	.size = sizeof(struct freebsd_task_conf),
	.seen = SIZE_MAX,
};
