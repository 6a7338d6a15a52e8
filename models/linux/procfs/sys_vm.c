/*
 * sys_vm.c - /proc/sys/vm: a file for each tunable of the class "vm" that lies there
 */
#include <inttypes.h>
#include <string.h>

#include "models/linux/procfs/procfs.h"
#include "models/linux/tunables.h"

/* Rows whose place on a real system is another one: below /sys. */
static bool lies_elsewhere(const struct tunable *row)
{
	return strcmp(row->name, "vma_ra_enabled") == 0 ||
	       strcmp(row->name, "fault_around_bytes") == 0;
}

static const struct tunable *row_number(int i)
{
	for (int r = 0; r < vm_tunables.nr_rows; r++)
		if (!lies_elsewhere(&vm_tunables.rows[r]) && i-- == 0)
			return &vm_tunables.rows[r];
	return NULL;
}

const char *sys_vm_name(struct sim *s, int i)
{
	const struct tunable *row = row_number(i);

	(void)s;
	if (!row)
		return NULL;
	return strcmp(row->name, "page_cluster") == 0 ? "page-cluster" : row->name;
}

void sys_vm_show(struct sim *s, int i, struct str *out)
{
	const struct tunable *row = row_number(i);
	const struct tunable_ref ref = { .class = &vm_tunables, .row = row };
	int64_t v[TUNABLE_MAX_VALUES];

	tunable_read(s, &ref, v);
	for (int n = 0; n < row->count; n++)
		str_addf(out, "%s%" PRId64, n ? "\t" : "", v[n]);
	str_addc(out, '\n');
}

void vma_ra_enabled_show(struct sim *s, struct str *out)
{
	str_add(out, linux_vm(s)->sysctl.vma_ra_enabled ? "true\n" : "false\n");
}
