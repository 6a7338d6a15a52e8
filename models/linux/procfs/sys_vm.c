/*
 * sys_vm.c - /proc/sys/vm: a file for each tunable of the class "vm" that lies there
 */
#include <inttypes.h>

#include "models/linux/procfs/procfs.h"
#include "models/linux/tunables.h"

static const struct tunable *row_number(int i)
{
	for (int r = 0; r < vm_tunables.nr_rows; r++)
		if (!vm_tunables.rows[r].where && i-- == 0)
			return &vm_tunables.rows[r];
	return NULL;
}

const char *sys_vm_name(struct sim *s, int i)
{
	const struct tunable *row = row_number(i);

	(void)s;
	return row ? row->name : NULL;
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
