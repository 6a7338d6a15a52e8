/*
 * sysctl_text.c - the counters of vm.stats.vm in three forms
 */
#include "models/freebsd/sysctl_text.h"

#include <inttypes.h>
#include <string.h>

#include "models/freebsd/freebsd.h"
#include "models/freebsd/model_list.h"
#include "models/freebsd/vm/swap_pager.h"

static const struct metric_object *vmstat_kind(void)
{
	return freebsd_metrics_model.metrics[0];
}

/* sysctl vm.stats.vm vm: what begins with sim_ the kernel does not have. */
static void sysctl_show(struct sim *s, struct str *out)
{
	const struct metric_object *kind = vmstat_kind();
	const struct tunable_class *vm = freebsd_metrics_model.tunables[0];
	const void *stat = kind->stat(s, 0);

	for (int i = 0; i < kind->nr_rows; i++) {
		const char *name = kind->rows[i].name;
		bool of_objects = strncmp(name, "object_", 7) == 0;

		if (strncmp(name, "sim_", 4) != 0)
			str_addf(out, "vm.stats.%s%s: %" PRId64 "\n",
				 of_objects ? "object." : "vm.", of_objects ? name + 7 : name,
				 metric_value(stat, &kind->rows[i]));
	}
	for (int i = 0; i < vm->nr_rows; i++) {
		struct tunable_ref ref = { .class = vm, .row = &vm->rows[i] };
		int64_t value;

		tunable_read(s, &ref, &value);
		str_addf(out, "vm.%s: %" PRId64 "\n", vm->rows[i].name, value);
	}
}

static const struct {
	const char *name, *text;
} vmstat_lines[] = {
	{ "v_forks", " fork() calls" },
	{ "v_swapin", "swap pager pageins" },
	{ "v_swappgsin", "swap pager pages paged in" },
	{ "v_swapout", "swap pager pageouts" },
	{ "v_swappgsout", "swap pager pages paged out" },
	{ "v_vnodein", "vnode pager pageins" },
	{ "v_vnodepgsin", "vnode pager pages paged in" },
	{ "v_vnodeout", "vnode pager pageouts" },
	{ "v_vnodepgsout", "vnode pager pages paged out" },
	{ "v_pdwakeups", "page daemon wakeups" },
	{ "v_pdpages", "pages examined by the page daemon" },
	{ "v_reactivated", "pages reactivated" },
	{ "v_cow_faults", "copy-on-write faults" },
	{ "v_cow_optim", "copy-on-write optimized faults" },
	{ "v_zfod", "zero fill pages zeroed" },
	{ "v_ozfod", "zero fill pages prezeroed" },
	{ "v_intrans", "intransit blocking page faults" },
	{ "v_vm_faults", "total VM faults taken" },
	{ "v_tcached", "pages cached" },
	{ "v_tfree", "pages freed" },
	{ "v_dfree", "pages freed by daemon" },
	{ "v_pfree", "pages freed by exiting processes" },
	{ "v_active_count", "pages active" },
	{ "v_inactive_count", "pages inactive" },
	{ "v_cache_count", "pages in VM cache" },
	{ "v_wire_count", "pages wired down" },
	{ "v_free_count", "pages free" },
};

static void vmstat_s_show(struct sim *s, struct str *out)
{
	const struct metric_object *kind = vmstat_kind();
	const void *stat = kind->stat(s, 0);

	for (size_t i = 0; i < ARRAY_LEN(vmstat_lines); i++)
		for (int k = 0; k < kind->nr_rows; k++)
			if (strcmp(kind->rows[k].name, vmstat_lines[i].name) == 0)
				str_addf(out, "%9" PRId64 " %s\n",
					 metric_value(stat, &kind->rows[k]), vmstat_lines[i].text);
	str_addf(out, "%9d bytes per page\n", FREEBSD_PAGE_SIZE);
}

static void swap_line(struct str *out, const char *name, uint64_t pages, uint64_t used)
{
	const uint64_t kib = FREEBSD_PAGE_SIZE / 1024;

	str_addf(out, "%-15s %10" PRIu64 " %8" PRIu64 " %8" PRIu64 " %5" PRIu64 "%%\n", name,
		 pages * kib, used * kib, (pages - used) * kib,
		 pages ? (used * 100 + pages / 2) / pages : 0);
}

static void swapinfo_show(struct sim *s, struct str *out)
{
	const struct freebsd_vm *vm = freebsd_vm(s);
	const struct swap_pager *sw = vm->swap;
	uint64_t used = 0;

	str_addf(out, "%-15s %10s %8s %8s %8s\n", "Device", "1K-blocks", "Used", "Avail",
		 "Capacity");
	LIST_FOR_EACH (pos, &sw->swtailq) {
		const struct swdevt *sp = LIST_ENTRY(pos, struct swdevt, link);
		char *name = str_format("/dev/%s", vm->machine->disks[sp->disk].name);

		swap_line(out, name, sp->npages, sp->used);
		used += sp->used;
		sim_free(name);
	}
	if (sw->nswapdev > 1)
		swap_line(out, "Total", sw->npages, used);
}

const struct proc_file freebsd_procfs[NR_FREEBSD_PROCFS] = {
	{ .path = "sysctl",
	  .show = sysctl_show,
	  .meaning = "counters and tunables, as sysctl vm.stats.vm vm prints them" },
	{ .path = "vmstat-s", .show = vmstat_s_show, .meaning = "sums, as vmstat -s prints them" },
	{ .path = "swapinfo",
	  .show = swapinfo_show,
	  .meaning = "devices of swap, as swapinfo -k prints them" },
};
