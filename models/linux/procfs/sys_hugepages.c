/*
 * sys_hugepages.c - /sys/kernel/mm/hugepages: a folder for each size, a file for each number
 */
#include <inttypes.h>
#include <string.h>

#include "models/linux/mappings/hstate.h"
#include "models/linux/procfs/procfs.h"

static const struct hugepages_file {
	const char *name;
	size_t offset; /* in struct hstate */
} files[] = {
	{ "free_hugepages", offsetof(struct hstate, stat.free_hugepages) },
	{ "nr_hugepages", offsetof(struct hstate, stat.nr_hugepages) },
	{ "nr_overcommit_hugepages", offsetof(struct hstate, sysfs.nr_overcommit_hugepages) },
	{ "resv_hugepages", offsetof(struct hstate, stat.resv_hugepages) },
	{ "surplus_hugepages", offsetof(struct hstate, stat.surplus_hugepages) },
};

static void hugepages_show(struct sim *s, enum hstate_index size, int i, struct str *out)
{
	const char *h = (const char *)&linux_vm(s)->hugetlb[size];
	int64_t v;

	memcpy(&v, h + files[i].offset, sizeof(v));
	str_addf(out, "%" PRId64 "\n", v);
}

const char *sys_hugepages_name(struct sim *s, int i)
{
	(void)s;
	return i < (int)ARRAY_LEN(files) ? files[i].name : NULL;
}

void sys_gigantic_hugepages_show(struct sim *s, int i, struct str *out)
{
	hugepages_show(s, HSTATE_1G, i, out);
}

void sys_hugepages_show(struct sim *s, int i, struct str *out)
{
	hugepages_show(s, HSTATE_2M, i, out);
}
