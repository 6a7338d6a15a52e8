/* probes.h - for the modules of the rigs: functions of ours at the kernel's own tracepoints */
#ifndef MMSIM_GUEST_PROBES_H
#define MMSIM_GUEST_PROBES_H

#include <linux/string.h>
#include <linux/tracepoint.h>

struct probe {
	const char *name;
	void *probe;
	struct tracepoint *at; /* found by the name; not exported to modules */
};

struct probes {
	struct probe *v;
	int n;
};

static void probes_find(struct tracepoint *at, void *data)
{
	const struct probes *p = data;
	int i;

	for (i = 0; i < p->n; i++)
		if (!strcmp(at->name, p->v[i].name))
			p->v[i].at = at;
}

/* 0; -ENOENT: this kernel has not all of them. */
static int probes_register(struct probe *v, int n)
{
	struct probes p = { v, n };
	int i;

	for_each_kernel_tracepoint(probes_find, &p);
	for (i = 0; i < n; i++)
		if (!v[i].at || tracepoint_probe_register(v[i].at, v[i].probe, NULL))
			return -ENOENT;
	return 0;
}
#endif
