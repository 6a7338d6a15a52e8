/*
 * conf.c - rows of the section "linux", and what can be wrong with it
 */
#include "models/linux/conf.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/linux/boot/boot.h"
#include "models/linux/gfp.h"
#include "models/linux/mappings/hstate.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/swap/swap.h"

static const struct key_word thp_words[] = {
	{ "always", THP_ALWAYS, "wherever it is possible" },
	{ "madvise", THP_MADVISE, "where a program asks for them" },
	{ "never", THP_NEVER, "not at all" },
	{ NULL, 0, NULL },
};

static const struct key_word numa_words[] = {
	{ "on", 1, "nodes as the machine has them" },
	{ "off", 0, "one node" },
	{ NULL, 0, NULL },
};

static const struct key_word hugepagesz_words[] = {
	{ "2M", HSTATE_2M, "an entry of a PMD table" },
	{ "1G", HSTATE_1G, "an entry of a PUD table" },
	{ NULL, 0, NULL },
};

static const struct key_word cgroup_words[] = {
	{ "none", 0, "all of them are there" },
	{ "memory", 1, "that of memory is not" },
	{ NULL, 0, NULL },
};

const struct key_word zone_words[] = {
	{ "DMA", ZONE_DMA, "below 16 MiB" },
	{ "DMA32", ZONE_DMA32, "below 4 GiB" },
	{ "Normal", ZONE_NORMAL, "above" },
	{ "Movable", ZONE_MOVABLE, "for pages that can be moved" },
	{ NULL, 0, NULL },
};

bool boot_size_parse(const char *text, struct boot_size *size, const char **why)
{
	size_t len = strlen(text);
	bool percent = len && text[len - 1] == '%';
	const char *wrong = NULL;
	int64_t v = 0;

	if (unit_parse(percent ? UNIT_PERCENT : UNIT_BYTES, text, len, &v, &wrong))
		wrong = v < 0                                  ? "less than nothing"
			: percent && v > BOOT_SIZE_MAX_PERCENT ? "too large"
							       : NULL;
	if (wrong && why)
		*why = wrong;
	if (wrong)
		return false;
	*size = percent ? (struct boot_size){ .percent = (uint64_t)v }
			: (struct boot_size){ .bytes = (uint64_t)v };
	return true;
}

/* A plain number below what a count may be, and where it ends; -1: there is none. */
static int64_t plain_count(const char *text, char **end)
{
	const int64_t most = INT32_MAX;

	*end = (char *)text;
	return isdigit((unsigned char)*text) ? (int64_t)min_u64(strtoull(text, end, 10), most) : -1;
}

bool boot_counts_parse(const char *text, struct boot_counts *counts)
{
	char *end;
	int64_t v = plain_count(text, &end);

	*counts = (struct boot_counts){ .all = v };
	if (v < 0 || !*end)
		return v >= 0;
	for (counts->all = 0, counts->by_node = true;; v = plain_count(end + 1, &end)) {
		int64_t nid = v;

		if (nid < 0 || nid >= MACHINE_MAX_NODES || *end != ':')
			return false;
		v = plain_count(end + 1, &end);
		if (v < 0)
			return false;
		counts->all += v - counts->node[nid];
		counts->node[nid] = v;
		if (*end != ',')
			return !*end;
	}
}

/* ---- the section ---- */

#define FIELD(type, field) offsetof(struct type, field)

enum { FACT_NODE, FACT_ZONE, FACT_MANAGED, FACT_LATE };

static const struct key zone_keys[] = {
	[FACT_NODE] = { .name = "node",
			.type = KEY_INT,
			.offset = FIELD(zone_fact, node),
			.max = 1023,
			.required = true,
			.meaning = "number of the node" },
	[FACT_ZONE] = { .name = "zone",
			.type = KEY_ENUM,
			.offset = FIELD(zone_fact, zone),
			.words = zone_words,
			.required = true,
			.meaning = "its name" },
	[FACT_MANAGED] = { .name = "managed",
			   .type = KEY_INT,
			   .unit = UNIT_PAGES,
			   .offset = FIELD(zone_fact, managed),
			   .max = INT64_MAX,
			   .required = true,
			   .meaning = "pages the allocator has after boot" },
	[FACT_LATE] = { .name = "late",
			.type = KEY_INT,
			.unit = UNIT_PAGES,
			.offset = FIELD(zone_fact, late),
			.max = INT64_MAX,
			.meaning = "of these, freed only after the limits were computed" },
};

static const struct key_schema zone_schema = {
	.name = "zone",
	.keys = zone_keys,
	.nr_keys = ARRAY_LEN(zone_keys),
	.size = sizeof(struct zone_fact),
	.seen = FIELD(zone_fact, seen),
};

#define BOOT_SIZE   KEY_TEXT
#define BOOT_COUNTS KEY_TEXT
#define BOOT_WORD   KEY_ENUM
#define BOOT_PARAM(row, kind, list, value, text)                                                   \
	{ .name = #row,                                                                            \
	  .type = BOOT_##kind,                                                                     \
	  .offset = FIELD(linux_conf, row),                                                        \
	  .words = list,                                                                           \
	  .def = value,                                                                            \
	  .meaning = text },
const struct key linux_boot_params[] = {
#include "models/linux/boot.def"
};
const int nr_linux_boot_params = ARRAY_LEN(linux_boot_params);

static const struct key linux_keys[] = {
#include "models/linux/boot.def"
	{ .name = "zones",
	  .type = KEY_LIST,
	  .offset = FIELD(linux_conf, zones),
	  .sub = &zone_schema,
	  .meaning = "how many pages the allocator has in each zone; made up if not given" },
	{ .name = "reserved",
	  .type = KEY_TABLE,
	  .offset = FIELD(linux_conf, reserved),
	  .meaning =
	      "pages boot takes for good, [first page, last page + 1] each; instead of zones" },
	{ .name = "inodes_in_use",
	  .type = KEY_INT,
	  .unit = UNIT_COUNT,
	  .offset = FIELD(linux_conf, inodes_in_use),
	  .max = INT32_MAX,
	  .meaning =
	      "inodes of the system beside the scenario's files; periodic writeback may write "
	      "as many pages more" },
	{ .name = "slab",
	  .type = KEY_BOOL,
	  .offset = FIELD(linux_conf, slab),
	  .def = "true",
	  .meaning = "whether kernel objects (index nodes, names, inodes) take memory" },
	{ .name = "unused_files",
	  .type = KEY_INT,
	  .unit = UNIT_COUNT,
	  .offset = FIELD(linux_conf, unused_files),
	  .max = 100000000,
	  .meaning = "files beside the scenario's that were looked at since boot: their names and "
		     "inodes are kept in memory until reclaim or drop_caches takes them" },
	{ .name = "movable_blocks",
	  .type = KEY_INTS,
	  .offset = FIELD(linux_conf, movable_blocks),
	  .meaning =
	      "memory blocks of 128 MiB that boot takes nothing of, so that they can go offline" },
	{ .name = "swap",
	  .type = KEY_LIST,
	  .offset = FIELD(linux_conf, swap),
	  .sub = &swap_schema,
	  .meaning = "areas that anonymous memory is swapped to" },
	{ .name = "tmpfs",
	  .type = KEY_LIST,
	  .offset = FIELD(linux_conf, tmpfs),
	  .sub = &tmpfs_schema,
	  .meaning = "file systems in memory, as mount -t tmpfs makes them; none: one with half of "
		     "memory, if a file lies on it" },
	{ .name = "hugetlbfs",
	  .type = KEY_LIST,
	  .offset = FIELD(linux_conf, hugetlbfs),
	  .sub = &hugetlbfs_schema,
	  .meaning = "file systems of huge pages, as mount -t hugetlbfs makes them; none: one of "
		     "the default size without limits, if a file lies on it" },
};
#undef BOOT_PARAM
#undef BOOT_SIZE
#undef BOOT_COUNTS
#undef BOOT_WORD

static const struct key_schema linux_schema = {
	.name = "linux",
	.keys = linux_keys,
	.nr_keys = ARRAY_LEN(linux_keys),
	.size = sizeof(struct linux_conf),
	.seen = FIELD(linux_conf, seen),
};

struct place linux_conf_place(const struct linux_conf *conf, const char *name)
{
	if (!conf->seen.at)
		return (struct place){ 0 };
	for (int i = 0; i < (int)ARRAY_LEN(linux_keys); i++)
		if (strcmp(linux_keys[i].name, name) == 0 && key_is_written(&conf->seen, i))
			return conf->seen.at[i + 1];
	return conf->seen.at[0];
}

/* ---- what can be wrong ---- */

static void check_size(struct diag *d, const struct linux_conf *conf, const char *name,
		       const char *text, bool share)
{
	struct boot_size size;

	if (!text)
		return;
	if (!boot_size_parse(text, &size, NULL) || size.percent > (share ? 100 : 0) ||
	    (!share && !size.bytes))
		diag_error(d, linux_conf_place(conf, name),
			   "linux.%s: not a size; accepted: a size as 1G%s%s", name,
			   share ? " or a share as 30%" : "",
			   strcmp(name, "kernelcore") == 0 ? ", or mirror" : "");
}

static void check_counts(struct diag *d, const struct linux_conf *conf, const char *name,
			 const char *text)
{
	struct boot_counts counts;

	if (text && !boot_counts_parse(text, &counts))
		diag_error(d, linux_conf_place(conf, name),
			   "linux.%s: no count; accepted: a number, or one for each node as "
			   "\"0:50,1:120\"",
			   name);
}

/* hugepages and the row of the default size say the same thing. */
static void check_default_twice(struct diag *d, const struct linux_conf *conf)
{
	bool gigantic = conf->default_hugepagesz == HSTATE_1G;

	if (conf->hugepages && (gigantic ? conf->hugepages_1G : conf->hugepages_2M))
		diag_error(d, linux_conf_place(conf, "hugepages"),
			   "linux.hugepages: linux.%s says already how many pages of the default "
			   "size there are; accepted: one of them",
			   gigantic ? "hugepages_1G" : "hugepages_2M");
}

static void check_numa_fake(struct diag *d, const struct linux_conf *conf)
{
	struct numa_fake fake;

	if (!conf->numa_fake)
		return;
	if (!numa_fake_parse(conf->numa_fake, &fake))
		diag_error(d, linux_conf_place(conf, "numa_fake"),
			   "linux.numa_fake: neither a number of nodes nor a size; accepted: \"4\" "
			   "(1..%d), \"2U\" or \"512M\"",
			   MACHINE_MAX_NODES);
	if (!conf->numa)
		diag_error(d, linux_conf_place(conf, "numa_fake"),
			   "linux.numa_fake: linux.numa is off; accepted: one of them");
}

static void check_zones(struct diag *d, const struct linux_conf *conf)
{
	const struct zone_fact *facts = conf->zones.items;

	for (int i = 0; i < conf->zones.n; i++) {
		const struct zone_fact *f = &facts[i];
		struct place at = f->seen.at ? f->seen.at[0] : (struct place){ 0 };

		if (f->late > f->managed)
			diag_error(d, at,
				   "linux.zones: more pages are freed late than the zone has");
		for (int k = 0; k < i; k++) {
			if (facts[k].node == f->node && facts[k].zone == f->zone) {
				diag_error(d, at,
					   "linux.zones: zone %s of node %" PRId64
					   " is there twice",
					   zone_words[f->zone].name, f->node);
				break;
			}
		}
	}
}

void linux_conf_check(struct diag *d, const struct linux_conf *conf)
{
	if (conf->kernelcore && strcmp(conf->kernelcore, KERNELCORE_MIRROR) != 0)
		check_size(d, conf, "kernelcore", conf->kernelcore, true);
	check_size(d, conf, "movablecore", conf->movablecore, true);
	check_size(d, conf, "mem", conf->mem, false);
	check_size(d, conf, "cma", conf->cma, false);
	check_counts(d, conf, "hugepages", conf->hugepages);
	check_counts(d, conf, "hugepages_2M", conf->hugepages_2M);
	check_counts(d, conf, "hugepages_1G", conf->hugepages_1G);
	check_default_twice(d, conf);
	check_numa_fake(d, conf);
	if (conf->cma && conf->zones.n)
		diag_error(
		    d, linux_conf_place(conf, "cma"),
		    "linux.cma: linux.zones are facts of a kernel without it; accepted: one of "
		    "them");
	check_zones(d, conf);
	if (conf->zones.n && conf->reserved.n)
		diag_error(
		    d, linux_conf_place(conf, "reserved"),
		    "linux.reserved: linux.zones says already what boot takes; accepted: one of "
		    "them");
	for (int i = 0; i < conf->reserved.n; i++) {
		const struct key_ints *r = &conf->reserved.rows[i];

		if (r->n != 2 || r->v[0] >= r->v[1])
			diag_error(d, linux_conf_place(conf, "reserved"),
				   "linux.reserved: row %d is not a stretch of pages; accepted: "
				   "[first page, last page + 1]",
				   i + 1);
	}
}

static void section_check(struct diag *d, const struct scenario *sc, const void *data)
{
	const struct linux_conf *conf = data;

	linux_conf_check(d, conf);
	swap_conf_check(d, sc, &conf->swap);
	tmpfs_conf_check(d, &conf->tmpfs);
	hugetlbfs_conf_check(d, &conf->hugetlbfs);
}

const struct section linux_section = {
	.name = "linux",
	.schema = &linux_schema,
	.meaning = "how the kernel is booted: command line and facts of the boot",
	.check = section_check,
};
