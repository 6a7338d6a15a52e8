/*
 * real_setting.c - what a setting of a real system is in a scenario
 */
#include <string.h>

#include "models/linux/procfs/procfs.h"
#include "models/linux/storage/blk.h"
#include "models/linux/real_setting.h"
#include "models/linux/tunables.h"

#define NOT_MEMORY    "not memory"
#define NOT_SIMULATED "not simulated"

/* Files of /proc/sys/vm that have no effect here. */
static const char *const other_sysctls[] = {
	"admin_reserve_kbytes",     "compact_memory",      "drop_caches",
	"hugetlb_optimize_vmemmap", "hugetlb_shm_group",   "laptop_mode",
	"legacy_va_layout",         "max_map_count",       "memory_failure_early_kill",
	"memory_failure_recovery",  "mmap_min_addr",       "mmap_rnd_bits",
	"mmap_rnd_compat_bits",     "nr_hugepages",        "nr_hugepages_mempolicy",
	"nr_overcommit_hugepages",  "numa_zonelist_order", "stat_refresh",
	"unprivileged_userfaultfd",
};

static bool in_class(const struct tunable_class *class, const char *name)
{
	for (int i = 0; i < class->nr_rows; i++)
		if (strcmp(class->rows[i].name, name) == 0)
			return true;
	return false;
}

static bool sysctl_setting(struct real_setting *r)
{
	const char *name = r->name + 3;

	if (strncmp(r->name, "vm.", 3) != 0) {
		r->why_not = NOT_MEMORY;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(other_sysctls); i++) {
		if (strcmp(name, other_sysctls[i]) == 0) {
			r->why_not = NOT_SIMULATED;
			return true;
		}
	}
	if (strcmp(name, "page-cluster") == 0)
		name = "page_cluster";
	str_addf(&r->key, "vm.%s", name);
	str_add(&r->text, r->value);
	return in_class(&vm_tunables, name);
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

/* What follows /sys/block/: DISK/queue/FILE. */
static bool queue_setting(struct real_setting *r, const char *path)
{
	size_t len = strcspn(path, "/");
	const char *file = path + len + strlen("/queue/");
	const char *value = r->value;

	if (strncmp(path + len, "/queue/", strlen("/queue/")) != 0 ||
	    !in_class(&queue_tunables, file)) {
		r->why_not = NOT_SIMULATED;
		return true;
	}
	if (strcmp(file, "scheduler") == 0) {
		if (strcmp(value, "none") != 0 && strcmp(value, "mq-deadline") != 0) {
			r->why_not = "an I/O scheduler that is not simulated";
			return true;
		}
		value = strcmp(value, "none") == 0 ? "0" : "1";
	}
	str_addf(&r->key, "queue.%.*s.%s", (int)len, path, file);
	str_add(&r->text, value);
	return true;
}

static bool sysfs_setting(struct real_setting *r)
{
	static const char block[] = "/sys/block/", thp[] = "/sys/kernel/mm/transparent_hugepage/";

	if (strncmp(r->name, block, sizeof(block) - 1) == 0)
		return queue_setting(r, r->name + sizeof(block) - 1);
	if (strncmp(r->name, thp, sizeof(thp) - 1) == 0 &&
	    strcmp(r->name + sizeof(thp) - 1, "enabled") == 0)
		return hugepage_setting(r);
	r->why_not = strncmp(r->name, "/sys/kernel/mm/", 15) == 0 ? NOT_SIMULATED : NOT_MEMORY;
	return true;
}

static bool boot_setting(struct real_setting *r)
{
	if (strcmp(r->name, "transparent_hugepage") == 0)
		return hugepage_setting(r);
	if (strcmp(r->name, "kernelcore") == 0 || strcmp(r->name, "movablecore") == 0) {
		str_addf(&r->key, "linux.%s", r->name);
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
