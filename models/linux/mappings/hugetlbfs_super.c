/*
 * hugetlbfs_super.c - hugetlbfs: of which size the pages of its files are, how many there may be
 *
 *	min_size                              size
 *	|- reserved when it is mounted -|------------|   more is refused
 *
 * What is promised to mappings and what files have comes from what is kept as long as there is
 * some; when it is given back, what is kept is filled up first.
 *
 * Like:        Linux 6.1, fs/hugetlbfs/inode.c (hugetlbfs_parse_param, hugetlbfs_fill_super),
 *              mm/hugetlb.c (hugepage_new_subpool, hugepage_subpool_get_pages)
 */
#include <inttypes.h>
#include <string.h>

#include "models/linux/mappings/hugetlb.h"

/* --- rows of linux.hugetlbfs --- */

#define FIELD(f) offsetof(struct hugetlbfs_conf, f)

enum { HUGETLBFS_NAME, HUGETLBFS_PAGESIZE, HUGETLBFS_SIZE, HUGETLBFS_MIN_SIZE };

static const struct key_word pagesize_words[] = {
	{ "default", HUGE_MAX_HSTATE, "as default_hugepagesz says" },
	{ "2M", HSTATE_2M, "2 MiB" },
	{ "1G", HSTATE_1G, "1 GiB" },
	{ NULL, 0, NULL },
};

static const struct key hugetlbfs_keys[] = {
	[HUGETLBFS_NAME] = { .name = "name",
			     .type = KEY_NAME,
			     .offset = FIELD(name),
			     .required = true,
			     .meaning = "what files[].mount calls it" },
	[HUGETLBFS_PAGESIZE] = { .name = "pagesize",
				 .type = KEY_ENUM,
				 .offset = FIELD(pagesize),
				 .words = pagesize_words,
				 .def = "default",
				 .meaning = "size of the pages of its files" },
	[HUGETLBFS_SIZE] = { .name = "size",
			     .type = KEY_TEXT,
			     .offset = FIELD(size),
			     .meaning = "how much its files may have: a size as 1 GiB, or a share "
					"of the pool as 50%; not given: no limit" },
	[HUGETLBFS_MIN_SIZE] = { .name = "min_size",
				 .type = KEY_TEXT,
				 .offset = FIELD(min_size),
				 .meaning = "how much is kept for its files, a size or a share" },
};

const struct key_schema hugetlbfs_schema = {
	.name = "hugetlbfs",
	.keys = hugetlbfs_keys,
	.nr_keys = ARRAY_LEN(hugetlbfs_keys),
	.size = sizeof(struct hugetlbfs_conf),
	.seen = FIELD(seen),
};

static void check_size(struct diag *d, const struct hugetlbfs_conf *conf, int key, const char *text)
{
	struct boot_size size;
	const char *why;

	if (text && !boot_size_parse(text, &size, &why))
		diag_error(
		    d, key_place(&conf->seen, key),
		    "linux.hugetlbfs: %s: \"%s\": %s; accepted: a size as 1 GiB, or a share of "
		    "the pool as 50%%",
		    hugetlbfs_keys[key].name, text, why);
}

void hugetlbfs_conf_check(struct diag *d, const struct key_list *list)
{
	const struct hugetlbfs_conf *conf = list->items;

	for (int i = 0; i < list->n; i++) {
		if (!conf[i].name)
			continue; /* reported by the rows */
		check_size(d, &conf[i], HUGETLBFS_SIZE, conf[i].size);
		check_size(d, &conf[i], HUGETLBFS_MIN_SIZE, conf[i].min_size);
		for (int k = 0; k < i; k++)
			if (conf[k].name && strcmp(conf[k].name, conf[i].name) == 0) {
				diag_error(d, key_place(&conf[i].seen, HUGETLBFS_NAME),
					   "linux.hugetlbfs: a hugetlbfs \"%s\" stands above; "
					   "accepted: a name of its own",
					   conf[i].name);
				break;
			}
	}
}

/* --- subpools --- */

int64_t hugepage_subpool_get_pages(struct hugepage_subpool *spool, int64_t delta)
{
	int64_t kept;

	if (!spool)
		return delta;
	if (spool->max_hpages >= 0) {
		if (spool->used_hpages + delta > spool->max_hpages)
			return -1;
		spool->used_hpages += delta;
	}
	kept = min_s64(delta, spool->rsv_hpages);
	spool->rsv_hpages -= kept;
	return delta - kept;
}

int64_t hugepage_subpool_put_pages(struct hugepage_subpool *spool, int64_t delta)
{
	int64_t kept;

	if (!spool)
		return delta;
	if (spool->max_hpages >= 0)
		spool->used_hpages -= delta;
	/* without a limit nobody counts what is used: what is kept is filled up whenever it can be
	 */
	if (spool->used_hpages >= spool->min_hpages)
		return delta;
	kept = min_s64(delta, spool->min_hpages - spool->rsv_hpages);
	spool->rsv_hpages += kept;
	return delta - kept;
}

/* --- mounts --- */

static struct hugetlbfs_sb_info *add_mount(struct linux_vm *vm, const char *name, struct hstate *h)
{
	struct hugetlbfs_mounts *mounts = vm->hugetlbfs;

	if (!mounts)
		mounts = vm->hugetlbfs = sim_calloc(1, sizeof(*mounts));
	mounts->v = sim_realloc(mounts->v, (size_t)(mounts->n + 1) * sizeof(*mounts->v));
	mounts->v[mounts->n] = (struct hugetlbfs_sb_info){
		.name = name,
		.spool = { .h = h, .max_hpages = -1 },
	};
	return &mounts->v[mounts->n++];
}

void hugetlbfs_init_mounts(struct linux_vm *vm, const struct linux_conf *conf)
{
	const struct hugetlbfs_conf *mounts = conf->hugetlbfs.items;

	for (int i = 0; i < conf->hugetlbfs.n; i++)
		add_mount(vm, mounts[i].name,
			  mounts[i].pagesize < HUGE_MAX_HSTATE ? &vm->hugetlb[mounts[i].pagesize]
							       : vm->default_hstate);
}

struct hugetlbfs_sb_info *hugetlbfs_find_mount(struct linux_vm *vm, const char *name)
{
	if (!vm->hugetlbfs)
		return add_mount(vm, "hugetlbfs", vm->default_hstate);
	for (int i = 0; i < vm->hugetlbfs->n; i++)
		if (!name || strcmp(vm->hugetlbfs->v[i].name, name) == 0)
			return &vm->hugetlbfs->v[i];
	return NULL;
}

/* Whole huge pages of a size; of a share, of what the pool has now. */
static int64_t size_to_hpages(const struct hstate *h, const char *text)
{
	struct boot_size size = { 0 };
	bool ok = boot_size_parse(text, &size, NULL);

	SIM_ASSERT(ok); /* hugetlbfs_conf_check has looked */
	if (size.percent)
		return (int64_t)((uint64_t)h->sysfs.nr_hugepages * size.percent / 100);
	return (int64_t)(size.bytes >> huge_page_shift(h));
}

static bool fill_super(struct linux_vm *vm, struct hugepage_subpool *spool,
		       const struct hugetlbfs_conf *conf, struct diag *d)
{
	int64_t min = conf->min_size ? size_to_hpages(spool->h, conf->min_size) : 0;

	if (conf->size)
		spool->max_hpages = size_to_hpages(spool->h, conf->size);
	if (spool->max_hpages >= 0 && min > spool->max_hpages) {
		diag_error(
		    d, key_place(&conf->seen, HUGETLBFS_MIN_SIZE),
		    "linux.hugetlbfs: min_size is more than size; accepted: at most as much");
		return false;
	}
	if (hugetlb_acct_memory(vm->sim->cpus[0].irq, spool->h, min)) {
		diag_error(d, key_place(&conf->seen, HUGETLBFS_MIN_SIZE),
			   "linux.hugetlbfs: min_size is %" PRId64
			   " huge pages, the pool has %" PRId64
			   " that nobody has a claim to; accepted: so many at most",
			   min, spool->h->stat.free_hugepages - spool->h->stat.resv_hugepages);
		return false;
	}
	spool->min_hpages = spool->rsv_hpages = min;
	return true;
}

bool hugetlbfs_fill_super(struct linux_vm *vm, const struct linux_conf *conf, struct diag *d)
{
	const struct hugetlbfs_conf *mounts = conf->hugetlbfs.items;
	bool ok = true;

	for (int i = 0; i < conf->hugetlbfs.n; i++)
		ok &= fill_super(vm, &vm->hugetlbfs->v[i].spool, &mounts[i], d);
	return ok;
}
