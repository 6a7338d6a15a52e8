/*
 * real_setting.c - what a setting of a real system is in a scenario
 */
#include <inttypes.h>
#include <string.h>

#include "models/linux/ipc/shm.h"
#include "models/linux/mappings/huge_mm.h"
#include "models/linux/mappings/khugepaged.h"
#include "models/linux/proc_number.h"
#include "models/linux/procfs/procfs.h"
#include "models/linux/storage/blk.h"
#include "models/linux/real_setting.h"
#include "models/linux/tunables.h"

#define NOT_MEMORY    "not memory"
#define NOT_SIMULATED "not simulated"

/* Files of /proc/sys/vm that have no effect here. */
static const char *const other_sysctls[] = {
	"admin_reserve_kbytes",
	"compact_memory",
	"drop_caches",
	"hugetlb_optimize_vmemmap",
	"hugetlb_shm_group",
	"legacy_va_layout",
	"max_map_count",
	"memory_failure_early_kill",
	"memory_failure_recovery",
	"mmap_min_addr",
	"mmap_rnd_bits",
	"mmap_rnd_compat_bits",
	"nr_hugepages_mempolicy",
	"numa_zonelist_order",
	"stat_refresh",
	"unprivileged_userfaultfd",
};

static const struct tunable *find_row(const struct tunable_class *class, const char *name)
{
	for (int i = 0; i < class->nr_rows; i++)
		if (tunable_has_name(&class->rows[i], name))
			return &class->rows[i];
	return NULL;
}

/* What the kernel reads of a value, as plain numbers. */
static void read_numbers(struct real_setting *r, const struct tunable *row)
{
	int64_t v[TUNABLE_MAX_VALUES];
	bool is_long = row->count == 1 && row->max > INT32_MAX;
	int n = proc_read_numbers(r->value, is_long, v, row->count, &r->rest);

	/* what is wrong with several numbers, the kernel does not say: it keeps those before */
	if (n < 0 && row->count > 1)
		r->why_not = "the kernel takes no number of it";
	else if (n < 0)
		r->wrong = "a number as /proc takes it, without a unit";
	for (int i = 0; i < n; i++)
		str_addf(&r->text, "%s%" PRId64, i ? " " : "", v[i]);
}

/* What follows "kernel.": limits of shared memory, whose defaults are above what is known here. */
static bool kernel_setting(struct real_setting *r, const char *name)
{
	const struct tunable *row = find_row(&kernel_tunables, name);

	if (!row) {
		r->why_not = NOT_MEMORY;
		return true;
	}
	str_addf(&r->key, "kernel.%s", name);
	if (row->max == INT64_MAX && strtoumax(r->value, NULL, 10) > INT64_MAX)
		str_addf(&r->text, "%" PRId64, row->max);
	else
		read_numbers(r, row);
	return true;
}

static bool sysctl_setting(struct real_setting *r)
{
	const char *name = r->name + 3;
	const struct tunable *row;

	if (strncmp(r->name, "kernel.", 7) == 0)
		return kernel_setting(r, r->name + 7);
	if (strncmp(r->name, "vm.", 3) != 0) {
		r->why_not = NOT_MEMORY;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(other_sysctls); i++) {
		if (strcmp(name, other_sysctls[i]) == 0) {
			r->why_not = NOT_SIMULATED;
			r->exists = true;
			return true;
		}
	}
	row = find_row(&vm_tunables, name);
	str_addf(&r->key, "vm.%s", row ? row->name : name);
	if (row)
		read_numbers(r, row);
	return row != NULL;
}

static bool hugepage_setting(struct real_setting *r)
{
	if (strcmp(r->value, "always") != 0 && strcmp(r->value, "madvise") != 0 &&
	    strcmp(r->value, "never") != 0)
		r->wrong = "always, madvise, never";
	str_add(&r->key, "linux.transparent_hugepage");
	str_add(&r->text, r->value);
	return true;
}

static bool has_word(const struct tunable *row, const char *text)
{
	for (const struct key_word *w = row->words; w && w->name; w++)
		if (strcmp(w->name, text) == 0 && w->value != TUNABLE_REFUSED)
			return true;
	return false;
}

/* What follows /sys/block/: DISK/queue/FILE. */
static bool queue_setting(struct real_setting *r, const char *path)
{
	size_t len = strcspn(path, "/");
	bool of_queue = strncmp(path + len, "/queue/", strlen("/queue/")) == 0;
	const struct tunable *row =
	    of_queue ? find_row(&queue_tunables, path + len + strlen("/queue/")) : NULL;

	if (!row) {
		r->why_not = NOT_SIMULATED;
		return true;
	}
	if (strcmp(row->name, "scheduler") == 0 && !has_word(row, r->value))
		r->why_not =
		    "an I/O scheduler that is not simulated"; /* deadline, cfq: old names */
	str_addf(&r->key, "queue.%.*s.%s", (int)len, path, row->name);
	str_add(&r->text, r->value);
	return true;
}

/* What follows /sys/kernel/mm/transparent_hugepage/. */
static bool thp_setting(struct real_setting *r, const char *path)
{
	static const char daemon[] = "khugepaged/";
	bool of_daemon = strncmp(path, daemon, sizeof(daemon) - 1) == 0;
	const char *file = of_daemon ? path + sizeof(daemon) - 1 : path;
	const struct tunable_class *class = of_daemon ? &khugepaged_tunables : &thp_tunables;

	if (!of_daemon && strcmp(file, "enabled") == 0)
		return hugepage_setting(r);
	if (!find_row(class, file)) {
		r->why_not = NOT_SIMULATED;
		return true;
	}
	str_addf(&r->key, "%s.%s", class->prefix, file);
	str_add(&r->text, r->value);
	return true;
}

static bool sysfs_setting(struct real_setting *r)
{
	static const char block[] = "/sys/block/", thp[] = "/sys/kernel/mm/transparent_hugepage/";

	if (strncmp(r->name, block, sizeof(block) - 1) == 0)
		return queue_setting(r, r->name + sizeof(block) - 1);
	if (strncmp(r->name, thp, sizeof(thp) - 1) == 0)
		return thp_setting(r, r->name + sizeof(thp) - 1);
	r->why_not = strncmp(r->name, "/sys/kernel/mm/", 15) == 0 ? NOT_SIMULATED : NOT_MEMORY;
	return true;
}

static bool boot_setting(struct real_setting *r)
{
	if (strcmp(r->name, "transparent_hugepage") == 0)
		return hugepage_setting(r);
	if (strcmp(r->name, "kernelcore") == 0 || strcmp(r->name, "movablecore") == 0 ||
	    strcmp(r->name, "hugepages") == 0 || strcmp(r->name, "default_hugepagesz") == 0) {
		str_addf(&r->key, "linux.%s", r->name);
		str_add(&r->text, r->value);
		return true;
	}
	/* behind the word that names a size */
	if (strcmp(r->name, "hugepages of 1G") == 0 || strcmp(r->name, "hugepages of 2M") == 0) {
		str_addf(&r->key, "linux.hugepages_%s", r->name + strlen("hugepages of "));
		str_add(&r->text, r->value);
		return true;
	}
	r->why_not = strncmp(r->name, "hugepages", 9) == 0 ? NOT_SIMULATED : NOT_MEMORY;
	return true;
}

bool linux_real_setting(struct real_setting *r)
{
	if (strcmp(r->place, "sysctl") == 0)
		return sysctl_setting(r);
	if (strcmp(r->place, "sysfs") == 0)
		return sysfs_setting(r);
	return boot_setting(r);
}
