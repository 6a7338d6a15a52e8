/*
 * script.c - a random machine, and random steps
 *
 *	script KIND SEED
 *
 * What the lines are is told by tests/guest/topology/run.  The same seed gives the
 * same script everywhere.
 */
#include "script.h"

#include <stdio.h>
#include <string.h>

/* Limits: of zones and lists of CPUs. Weights of steps: limits, dirty, others, CPUs, blocks. */
const struct kind kinds[] = {
	{ "shape", 128, 20480, 0, 8, 1, false, false, false, 0, 3, 3, 1, 1, 0, 0 },
	{ "edges", 128, 5120, 0, 4, 1, false, false, false, 0, 2, 3, 1, 0, 0, 0 },
	{ "settings", 160, 6144, 0, 2, 1, false, false, false, 10, 30, 4, 3, 3, 0, 0 },
	{ "dirty", 128, 6144, 0, 2, 1, false, false, false, 10, 30, 1, 8, 0, 0, 0 },
	{ "reserve", 2560, 8192, 0, 3, 1, false, true, false, 8, 20, 1, 0, 0, 0, 0 },
	{ "pcp", 256, 6144, 0, 4, 2, false, false, false, 8, 20, 4, 0, 0, 3, 0 },
	{ "distances", 512, 6144, 2, 8, 1, true, false, false, 0, 3, 1, 0, 0, 1, 1 },
	{ "movable", 256, 12288, 0, 4, 1, false, true, false, 1, 4, 3, 1, 0, 0, 1 },
	{ "hotplug", 512, 8192, 0, 4, 2, true, true, false, 6, 16, 2, 1, 0, 2, 6 },
	{ "command-line", 256, 8192, 0, 4, 1, false, true, true, 0, 4, 2, 1, 0, 0, 0 },
	{ "all", 128, 12288, 0, 8, 1, true, true, true, 4, 20, 4, 2, 1, 2, 3 },
	{ 0 }
};

int low_megabytes(const struct machine *m)
{
	if (strcmp(m->type, "q35") == 0)
		return m->megabytes >= 2816 ? 2048 : m->megabytes;
	return m->megabytes >= 3584 ? 3072 : m->megabytes;
}

/* --- memory and nodes --- */

/* Sizes where something changes: huge pages, the hole below 4 GiB, a memory block more. */
static int edge_megabytes(const struct kind *k)
{
	static const int edges[] = {
		256, 512, 768, 1024, 2048, 2816, 3072, 3584, 4096, 4608, 5120
	};
	int mb = edges[below(sizeof(edges) / sizeof(*edges))];

	mb += (int)below(5) - 2;
	return mb < k->least_mb ? k->least_mb : mb > k->most_mb ? k->most_mb : mb;
}

static int any_megabytes(const struct kind *k)
{
	int mb;

	if (strcmp(k->name, "edges") == 0)
		return edge_megabytes(k);
	/* each size from the least to twice as much is as likely as those up to twice that */
	do
		mb = (int)any_size((uint64_t)k->most_mb);
	while (mb < k->least_mb);
	if (!once_in(4))
		mb = mb / 64 * 64;
	return mb < k->least_mb ? k->least_mb : mb;
}

/* Shares memory and CPUs out among nodes, in whole blocks mostly: others the kernel takes for a
 * fault. */
static void make_nodes(struct machine *m, int nr)
{
	int unit = once_in(8) ? 32 : BLOCK_MB, units = m->megabytes / unit;
	bool with_memory[MOST_NODES];
	int last = 0;

	if (units < nr)
		return;
	m->nr_nodes = nr;
	for (int i = 0; i < nr; i++) {
		with_memory[i] = i == 0 || !once_in(6);
		last = with_memory[i] ? i : last;
	}
	for (int i = 0; i < nr; i++) {
		int most = units - (nr - i - 1);

		m->nodes[i].megabytes = 0;
		if (!with_memory[i])
			continue;
		if (i == last)
			m->nodes[i].megabytes = units * unit;
		else if (once_in(2) && units / (nr - i) > 0)
			m->nodes[i].megabytes = units / (nr - i) * unit;
		else
			m->nodes[i].megabytes = (int)between(1, (uint64_t)most) * unit;
		units -= m->nodes[i].megabytes / unit;
	}
	m->megabytes = 0;
	for (int i = 0; i < nr; i++)
		m->megabytes += m->nodes[i].megabytes;
	for (int i = 0; i < nr; i++) { /* CPUs alone must be, the rest is chance */
		m->nodes[i].cpus = m->nodes[i].megabytes == 0;
		m->cpus -= m->nodes[i].cpus;
	}
	for (; m->cpus > 0; m->cpus--)
		m->nodes[below((uint64_t)nr)].cpus++;
	m->cpus = 0;
	for (int i = 0; i < nr; i++)
		m->cpus += m->nodes[i].cpus;
}

static void make_machine(const struct kind *k, struct machine *m)
{
	int nr = (int)between((uint64_t)k->least_nodes, (uint64_t)k->most_nodes);

	*m = (struct machine){ .type = once_in(3) ? "q35" : "pc" };
	m->megabytes = any_megabytes(k);
	m->cpus = k->least_cpus;
	if (!once_in(3))
		m->cpus += (int)below((uint64_t)(MOST_CPUS - k->least_cpus + 1));
	if (nr > 1 || (nr == 1 && k->least_nodes))
		make_nodes(m, nr);
}

/* A list of CPUs, first to last, as QEMU takes it. */
static void write_nodes(const struct machine *m)
{
	int cpu = 0;

	for (int i = 0; i < m->nr_nodes; i++) {
		const struct node *n = &m->nodes[i];

		printf("node %d%s ", n->megabytes, n->megabytes ? "M" : "");
		if (!n->cpus)
			printf("-\n");
		else if (n->cpus == 1)
			printf("%d\n", cpu);
		else
			printf("%d-%d\n", cpu, cpu + n->cpus - 1);
		cpu += n->cpus;
	}
}

static void write_distances(const struct machine *m)
{
	bool symmetric = once_in(2), few = once_in(2);
	int to[MOST_NODES][MOST_NODES];

	for (int i = 0; i < m->nr_nodes; i++)
		for (int k = 0; k < m->nr_nodes; k++) {
			to[i][k] = few ? 10 + 5 * (int)between(1, 4) : (int)between(11, 60);
			if (symmetric && k < i)
				to[i][k] = to[k][i];
		}
	for (int i = 0; i < m->nr_nodes; i++)
		for (int k = 0; k < m->nr_nodes; k++)
			if (i != k)
				printf("distance %d %d %d\n", i, k, to[i][k]);
}

/* --- the command line --- */

static void write_amount(const char *name, const struct machine *m)
{
	if (once_in(3))
		printf(" %s=%d%%", name, (int)between(1, 99));
	else if (once_in(3))
		printf(" %s=%dK", name, (int)between(1024, (uint64_t)m->megabytes * 1024));
	else
		printf(" %s=%dM", name, (int)between(1, (uint64_t)m->megabytes * 9 / 8));
}

static void write_movable(const struct machine *m)
{
	if (once_in(4))
		return;
	if (once_in(10))
		printf(" kernelcore=mirror");
	else if (!once_in(3))
		write_amount("kernelcore", m);
	else if (once_in(2))
		printf(" kernelcore=%dM", (int)between(1, (uint64_t)m->megabytes / 2));
	if (once_in(2))
		write_amount("movablecore", m);
	if (once_in(8))
		printf(" movable_node");
}

static void write_fake_nodes(const struct machine *m)
{
	bool uniform = once_in(3); /* of each node so many */

	if (once_in(3))
		printf(" numa=fake=%dM", (int)between(32, (uint64_t)m->megabytes));
	else
		printf(" numa=fake=%d%s", (int)between(1, MOST_NODES), uniform ? "U" : "");
}

static void write_words(const struct machine *m)
{
	static const char *const huge[] = { "never", "madvise", "always" };

	if (once_in(3))
		printf(" mem=%dM", (int)between((uint64_t)m->megabytes / 2 + 128,
						(uint64_t)m->megabytes + 256));
	if (once_in(3)) {
		printf(" memmap=%dK", (int)any_size(65536));
		printf("$%dK", (int)between(65536, (uint64_t)m->megabytes * 1024 - 65536));
	}
	if (once_in(3))
		printf(" transparent_hugepage=%s", huge[below(3)]);
	if (once_in(4))
		printf(" numa=off");
	else if (once_in(3))
		write_fake_nodes(m);
	if (once_in(6) && m->megabytes > 3072)
		printf(" hugepagesz=1G hugepages=%d",
		       (int)between(1, (uint64_t)m->megabytes / 2048));
	else if (once_in(4))
		printf(" hugepages=%d", (int)between(1, (uint64_t)m->megabytes / 16));
	if (once_in(4))
		printf(" hashdist=%d", (int)below(2));
	if (once_in(4))
		printf(" cgroup_disable=memory");
	if (once_in(4))
		printf(" crashkernel=%dM", (int)between(16, 64));
	if (once_in(4))
		printf(" init_on_alloc=0");
}

static void write_command_line(const struct kind *k, const struct machine *m)
{
	printf("command_line console=ttyS0 panic=-1 loglevel=4 nokaslr no_timer_check");
	if (!k->command_line && !k->movable && once_in(5))
		printf(" transparent_hugepage=never");
	if (k->movable)
		write_movable(m);
	if (k->command_line)
		write_words(m);
	printf("\n");
}

int main(int argc, char **argv)
{
	const struct kind *k;
	struct machine m;

	if (argc != 3) {
		fprintf(stderr, "script KIND SEED\n");
		return 2;
	}
	k = row_named(kinds, sizeof(*kinds), argv[1]);
	/* another kind with the same seed is to be another machine */
	chance_begin(spread(number("seed", argv[2], UINT64_MAX) + ((uint64_t)(k - kinds) << 40)));
	make_machine(k, &m);
	printf("machine %s %dM %d %s\n", m.type, m.megabytes, m.cpus,
	       once_in(4) ? "bzimage" : "pvh");
	write_nodes(&m);
	if (k->distances && m.nr_nodes > 1 && !once_in(4))
		write_distances(&m);
	write_command_line(k, &m);
	for (int n = (int)between((uint64_t)k->least_steps, (uint64_t)k->most_steps); n > 0; n--)
		write_step(k, &m);
	return 0;
}
